//! Which hosts an account's functions may call.
//!
//! A pattern is an exact host name or one leading wildcard (`*.example.com`, which does not cover `example.com` itself). The
//! list only names; resolving a host and judging its address is the egress guard's, which asks here first.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Longest host name of the domain name system, in bytes.
pub const HOST_BYTES_MAX: usize = 253;
/// Patterns in one account's list: more than an integration landscape has, few enough to compare one by one.
pub const PATTERNS_MAX: usize = 500;

/// Why a text is not a pattern.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected {expected}")]
pub struct DomainPatternError {
    /// What a valid pattern looks like, as a noun phrase.
    pub expected: &'static str,
}

/// A host, or every host below a domain.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum DomainPattern {
    /// This host only, in lower case.
    Exact(String),
    /// Every host whose name ends with this domain after a dot; the domain itself is not covered.
    Below(String),
}

impl DomainPattern {
    /// Reads `api.example.com` or `*.example.com`, in any case.
    ///
    /// # Errors
    /// If it is neither, has a wildcard elsewhere, a port, a path, or a label that host names cannot have.
    pub fn parse(text: &str) -> Result<Self, DomainPatternError> {
        let text = text.trim().to_ascii_lowercase();
        let (domain, wildcard) = match text.strip_prefix("*.") {
            Some(domain) => (domain, true),
            None => (text.as_str(), false),
        };
        if domain.contains('*') {
            return Err(DomainPatternError {
                expected: "a wildcard only as the whole first label, as in *.example.com",
            });
        }
        if !is_host(domain) {
            return Err(DomainPatternError { expected: "a host name without scheme, port or path" });
        }
        if wildcard && !domain.contains('.') {
            return Err(DomainPatternError {
                expected: "a wildcard below at least two labels, as in *.example.com",
            });
        }
        Ok(if wildcard { Self::Below(domain.to_owned()) } else { Self::Exact(domain.to_owned()) })
    }

    /// Whether `host` (in any case, a final dot ignored) is covered.
    pub fn covers(&self, host: &str) -> bool {
        let host = host.strip_suffix('.').unwrap_or(host);
        match self {
            Self::Exact(exact) => host.eq_ignore_ascii_case(exact),
            Self::Below(domain) => {
                let Some(start) = host.len().checked_sub(domain.len()) else { return false };
                start > 1
                    && host.is_char_boundary(start)
                    && host[start..].eq_ignore_ascii_case(domain)
                    && host.as_bytes()[start - 1] == b'.'
            }
        }
    }
}

impl fmt::Display for DomainPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exact(host) => f.write_str(host),
            Self::Below(domain) => write!(f, "*.{domain}"),
        }
    }
}

impl FromStr for DomainPattern {
    type Err = DomainPatternError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl TryFrom<String> for DomainPattern {
    type Error = DomainPatternError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<DomainPattern> for String {
    fn from(pattern: DomainPattern) -> Self {
        pattern.to_string()
    }
}

fn is_host(text: &str) -> bool {
    let label_is_fine = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
    };
    !text.is_empty() && text.len() <= HOST_BYTES_MAX && text.split('.').all(label_is_fine)
}

/// The hosts that functions of an account may call. New accounts list; an empty list permits none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "mode", content = "patterns")]
pub enum DomainAllowList {
    /// Hosts covered by one of these patterns.
    Listed(Vec<DomainPattern>),
    /// Every host; the guard still judges addresses.
    Any,
}

impl Default for DomainAllowList {
    fn default() -> Self {
        Self::Listed(Vec::new())
    }
}

impl DomainAllowList {
    /// Whether functions may call this host, as far as its name says.
    pub fn permits(&self, host: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Listed(patterns) => patterns.iter().any(|pattern| pattern.covers(host)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(text: &str) -> DomainPattern {
        DomainPattern::parse(text).unwrap()
    }

    #[test]
    fn an_exact_pattern_covers_its_host_in_any_case_and_nothing_else() {
        let exact = pattern("API.Example.com");
        assert!(exact.covers("api.example.com") && exact.covers("API.EXAMPLE.COM."));
        assert!(!exact.covers("xapi.example.com") && !exact.covers("api.example.com.evil.net"));
    }

    #[test]
    fn a_wildcard_covers_hosts_below_the_domain_but_not_the_domain() {
        let below = pattern("*.example.com");
        assert!(below.covers("a.example.com") && below.covers("a.b.example.com"));
        assert!(
            !below.covers("example.com") && !below.covers(".example.com") && !below.covers("badexample.com")
        );
        assert!(!below.covers("ü.com") && !below.covers(""));
    }

    #[test]
    fn what_is_not_a_host_is_refused() {
        for text in [
            "",
            "*",
            "*.com",
            "a.*.com",
            "*a.com",
            "https://a.com",
            "a.com:443",
            "a.com/x",
            "a..com",
            "-a.com",
            "**.a.com",
        ] {
            assert!(DomainPattern::parse(text).is_err(), "{text}");
        }
        assert!(DomainPattern::parse(&format!("{}.com", "a".repeat(64))).is_err());
    }

    #[test]
    fn an_empty_list_permits_nothing_and_any_permits_all() {
        assert!(!DomainAllowList::default().permits("example.com"));
        assert!(DomainAllowList::Any.permits("example.com"));
        assert!(DomainAllowList::Listed(vec![pattern("a.com"), pattern("*.b.com")]).permits("x.b.com"));
    }

    #[test]
    fn patterns_travel_as_their_text_and_are_checked_on_the_way_in() {
        let list = DomainAllowList::Listed(vec![pattern("*.b.com")]);
        let json = serde_json::to_string(&list).unwrap();
        assert_eq!(json, r#"{"mode":"listed","patterns":["*.b.com"]}"#);
        assert_eq!(serde_json::from_str::<DomainAllowList>(&json).unwrap(), list);
        assert!(serde_json::from_str::<DomainPattern>(r#""a b""#).is_err());
    }
}
