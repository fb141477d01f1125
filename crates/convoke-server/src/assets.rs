//! The files of the pages, built into the program. Knows how browsers may keep them, not what is in them.

use axum::http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, IF_NONE_MATCH, VARY,
};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use convoke_api::platform_error::PlatformError;

use crate::problem::ApiError;

/// A file as the build made it.
struct Page {
    name: &'static str,
    plain: &'static [u8],
    /// Compressed; absent where that makes nothing smaller.
    brotli: Option<&'static [u8]>,
}

include!(concat!(env!("OUT_DIR"), "/pages.rs"));

/// The file with this name in the form that the browser likes best, or 404.
pub(crate) fn file(name: &str, asked: &HeaderMap) -> Response {
    let Some(page) = PAGES.iter().find(|page| page.name == name) else {
        return ApiError::from(PlatformError::NotFound).into_response();
    };
    let keep = [(CONTENT_TYPE, kind(name)), (CACHE_CONTROL, keeping(name)), (VARY, "accept-encoding")];
    let tag = format!("\"{}-{}\"", env!("CONVOKE_PAGES_KEY"), page.plain.len());
    if asked.get(IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == tag.as_bytes()) {
        return (StatusCode::NOT_MODIFIED, keep, [(ETAG, tag)]).into_response();
    }
    match page.brotli.filter(|_| takes_brotli(asked)) {
        Some(bytes) => (keep, [(ETAG, tag)], [(CONTENT_ENCODING, "br")], bytes).into_response(),
        None => (keep, [(ETAG, tag)], page.plain).into_response(),
    }
}

fn takes_brotli(asked: &HeaderMap) -> bool {
    let accepted = asked.get(ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
    accepted.split(',').any(|coding| {
        let (name, quality) = coding.split_once(';').unwrap_or((coding, ""));
        name.trim().eq_ignore_ascii_case("br") && !matches!(quality.trim(), "q=0" | "q=0.0")
    })
}

/// Names of bundled files change with what is in them; all others are looked at again with each visit.
fn keeping(name: &str) -> &'static str {
    if name.starts_with("assets/") { "public, max-age=31536000, immutable" } else { "no-cache" }
}

fn kind(name: &str) -> &'static str {
    match name.rsplit_once('.').map(|(_, extension)| extension) {
        Some("html") => "text/html; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("ttf") => "font/ttf",
        Some(_) | None => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asking(encoding: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(ACCEPT_ENCODING, encoding.parse().unwrap())])
    }

    #[test]
    fn every_file_is_found_by_its_name() {
        for page in PAGES {
            assert_eq!(file(page.name, &HeaderMap::new()).status(), 200, "{}", page.name);
        }
        assert_eq!(file("nothing.js", &HeaderMap::new()).status(), 404);
    }

    #[test]
    fn browsers_get_what_they_can_read() {
        let compressed =
            |encoding| file("index.html", &asking(encoding)).headers().get(CONTENT_ENCODING).is_some();
        assert!(compressed("gzip, deflate, br"));
        assert!(compressed("br;q=1.0"));
        for other in ["", "gzip", "br;q=0", "brotli"] {
            assert!(!compressed(other), "{other}");
        }
    }

    #[test]
    fn a_known_page_is_not_sent_again() {
        let first = file("index.html", &HeaderMap::new());
        let known = HeaderMap::from_iter([(IF_NONE_MATCH, first.headers()[ETAG].clone())]);
        assert_eq!(file("index.html", &known).status(), 304);
    }
}
