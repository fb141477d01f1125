//! The cookie in which our own pages keep their token.
//!
//! Scripts cannot read it, and it counts only for requests that the browser says come from our own origin: a page of
//! somebody else's that gets a browser to ask us, over HTTP or a WebSocket, is a stranger. Programs send their token in
//! `Authorization`; for them nothing changes.

use std::time::Duration;

use axum::http::HeaderMap;
use axum::http::header::{COOKIE, HOST, ORIGIN};

// The prefix makes browsers refuse it from anybody but this host, and over anything but TLS or this machine.
const NAME: &str = "__Host-convoke";
const BOUND: &str = "Path=/; HttpOnly; Secure; SameSite=Strict";

/// The value of `Set-Cookie` that keeps a token.
pub(crate) fn kept(token: &str, life: Duration) -> String {
    format!("{NAME}={token}; Max-Age={}; {BOUND}", life.as_secs())
}

/// The value of `Set-Cookie` that makes a browser forget it.
pub(crate) fn forgotten() -> String {
    format!("{NAME}=; Max-Age=0; {BOUND}")
}

/// The token in the cookie, if the request comes from our own pages.
pub(crate) fn token(headers: &HeaderMap) -> Option<&str> {
    let cookies = headers.get_all(COOKIE).into_iter().filter_map(|value| value.to_str().ok());
    let mut pairs = cookies.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, _)| *name == NAME).map(|(_, value)| value).filter(|_| is_ours(headers))
}

/// Whether the browser says that one of our pages asks. A browser that says nothing is not believed.
fn is_ours(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(site) = text("sec-fetch-site") {
        return site == "same-origin";
    }
    let origin = text(ORIGIN.as_str()).and_then(|origin| origin.split_once("://")).map(|(_, host)| host);
    origin.is_some() && origin == text(HOST.as_str())
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderName;

    use super::*;

    fn from(headers: &[(&'static str, &str)]) -> Option<String> {
        let cookie = [("cookie", "theme=dark; __Host-convoke=cvk_demo.x; other=1")];
        let headers = headers.iter().chain(&cookie);
        let map =
            headers.map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap())).collect();
        token(&map).map(str::to_owned)
    }

    #[test]
    fn only_our_own_pages_have_a_token() {
        assert_eq!(from(&[("sec-fetch-site", "same-origin")]).as_deref(), Some("cvk_demo.x"));
        // A browser too old to say more, over a WebSocket for instance.
        assert!(from(&[("host", "a.example"), ("origin", "https://a.example")]).is_some());
        for site in ["cross-site", "same-site", "none"] {
            assert_eq!(from(&[("sec-fetch-site", site)]), None, "{site}");
        }
        assert_eq!(from(&[("host", "a.example"), ("origin", "https://b.example")]), None);
        assert_eq!(from(&[("host", "a.example")]), None);
        assert_eq!(from(&[]), None);
    }
}
