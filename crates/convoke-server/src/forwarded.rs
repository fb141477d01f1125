//! Where a request came from, when a reverse proxy passes on what others send.
//!
//! A proxy adds the address that it saw to `X-Forwarded-For`. Only the last one counts: whatever stands before it, the
//! client itself may have written. Where the operator did not say that there is a proxy, nothing of it counts.

use std::net::{IpAddr, SocketAddr};

use axum::http::HeaderMap;

const FORWARDED_FOR: &str = "x-forwarded-for";

/// The address that the proxy says a request came from; `None` if it says none that can be read.
pub(crate) fn client(headers: &HeaderMap) -> Option<SocketAddr> {
    let said = headers.get_all(FORWARDED_FOR).iter().next_back()?.to_str().ok()?;
    let last = said.rsplit(',').next()?.trim();
    // Some proxies add the port.
    last.parse().ok().or_else(|| Some(SocketAddr::new(address(last)?, 0)))
}

fn address(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']'));
    bare.unwrap_or(text).parse().ok()
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn said(lines: &[&'static str]) -> Option<String> {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(FORWARDED_FOR, HeaderValue::from_static(line));
        }
        client(&headers).map(|address| address.ip().to_string())
    }

    #[test]
    fn the_last_address_counts_because_the_proxy_wrote_it() {
        assert_eq!(said(&["192.0.2.1"]).as_deref(), Some("192.0.2.1"));
        assert_eq!(said(&["10.0.0.1, 192.0.2.1"]).as_deref(), Some("192.0.2.1"));
        assert_eq!(said(&["10.0.0.1", "192.0.2.2,192.0.2.1"]).as_deref(), Some("192.0.2.1"));
    }

    #[test]
    fn ports_and_brackets_do_not_matter() {
        for text in ["2001:db8::1", "[2001:db8::1]", "[2001:db8::1]:443"] {
            assert_eq!(said(&[text]).as_deref(), Some("2001:db8::1"), "{text}");
        }
        assert_eq!(said(&["192.0.2.1:5000"]).as_deref(), Some("192.0.2.1"));
    }

    #[test]
    fn what_is_no_address_is_none() {
        for text in ["", "unknown", "192.0.2.1,", "_hidden", "example.com"] {
            assert_eq!(said(&[text]), None, "{text}");
        }
        assert_eq!(said(&[]), None);
    }
}
