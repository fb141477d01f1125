//! The consumer window: whether pages may give anybody a new, anonymous identity, and which pages.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Event, Rejection};
use crate::limits;

/// Where the consumer window may be. Off in a new account.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ConsumerWindow {
    /// Whether there is one: whether somebody whom nobody knows may open conversations.
    pub enabled: bool,
    /// The origins of the pages it may be on, as browsers write them; the installation's own pages may always have it.
    pub origins: BTreeSet<String>,
}

impl ConsumerWindow {
    /// Whether a page of this origin may have it.
    pub fn allows(&self, origin: &str) -> bool {
        self.enabled && self.origins.contains(origin)
    }
}

pub(super) fn set_window(window: ConsumerWindow) -> Result<Event, Rejection> {
    if window.origins.len() > limits::WINDOW_ORIGINS_MAX {
        return Err(Rejection::TooMany { what: "origins", max: limits::WINDOW_ORIGINS_MAX });
    }
    match window.origins.iter().find(|origin| !is_origin(origin)) {
        Some(origin) => Err(Rejection::OriginInvalid(origin.clone())),
        None => Ok(Event::WindowSet { window }),
    }
}

/// Whether a browser would send this as an `Origin`: what is listed is compared with that, byte by byte.
fn is_origin(origin: &str) -> bool {
    let Some((scheme, rest)) = origin.split_once("://") else { return false };
    let (host, port) = match rest.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        Some(_) | None => (rest, None),
    };
    let usual = if scheme == "https" { "443" } else { "80" };
    let port_fits = port.is_none_or(|port| {
        port != usual && port.parse::<u16>().is_ok_and(|number| number.to_string() == port)
    });
    matches!(scheme, "https" | "http")
        && origin.len() <= limits::WINDOW_ORIGIN_BYTES_MAX
        && is_host(host)
        && port_fits
}

/// A name in lower case, or an address; in brackets if it has colons.
fn is_host(host: &str) -> bool {
    if let Some(inner) = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return inner.parse::<std::net::Ipv6Addr>().is_ok_and(|address| address.to_string() == inner);
    }
    let label = |label: &str| {
        let word =
            |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-' || byte == b'_';
        !label.is_empty() && label.bytes().all(word)
    };
    host.split('.').all(label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_what_browsers_send() {
        for origin in
            ["https://shop.example", "http://localhost:8080", "https://10.0.0.1:8443", "http://[::1]:9"]
        {
            assert!(is_origin(origin), "{origin}");
        }
        for other in [
            "",
            "*",
            "null",
            "shop.example",
            "https://",
            "https://Shop.example",
            "https://shop.example/",
            "https://shop.example:443",
            "http://shop.example:80",
            "https://shop.example:0443",
            "ftp://shop.example",
            "https://*.example",
            "https://a@shop.example",
            "https://shop..example",
            "https://shop.example:99999",
            "http://[::1",
            "https://shop.example?x",
            " https://shop.example",
        ] {
            assert!(!is_origin(other), "{other}");
        }
    }

    #[test]
    fn a_window_that_is_off_is_on_no_page() {
        let origins = BTreeSet::from(["https://shop.example".to_owned()]);
        let mut window = ConsumerWindow { enabled: true, origins };
        assert!(window.allows("https://shop.example") && !window.allows("https://other.example"));
        window.enabled = false;
        assert!(!window.allows("https://shop.example"));
    }

    #[test]
    fn wrong_and_too_many_origins_are_refused() {
        let with = |origins: Vec<String>| {
            set_window(ConsumerWindow { enabled: true, origins: origins.into_iter().collect() })
        };
        assert_eq!(with(vec!["*".to_owned()]), Err(Rejection::OriginInvalid("*".to_owned())));
        let many =
            (0..=limits::WINDOW_ORIGINS_MAX).map(|number| format!("https://a{number}.example")).collect();
        assert!(matches!(with(many), Err(Rejection::TooMany { .. })));
    }
}
