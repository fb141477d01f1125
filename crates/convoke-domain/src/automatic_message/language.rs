//! A language tag: the part of BCP 47 that browsers and phones send, however they write it.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// A language such as `en` or `en-US`. Kept as RFC 5646 §2.1.1 writes it, so that `en_us` is the same language, and functions
/// read what they know from browsers.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Language(Arc<str>);

/// A text that is no language tag.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is not a language; use a tag such as \"en\" or \"en-US\"")]
pub struct LanguageError(pub String);

/// Longest tag in bytes: language, script, region and one variant (BCP 47 asks for at least 35).
const TAG_BYTES_MAX: usize = 35;

impl Language {
    /// English, the language of the default texts.
    pub fn english() -> Self {
        Self("en".into())
    }

    /// The tag.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The language without script, region and variants.
    #[must_use]
    pub fn primary(&self) -> Self {
        match self.0.split_once('-') {
            Some((primary, _)) => Self(primary.into()),
            None => self.clone(),
        }
    }
}

impl FromStr for Language {
    type Err = LanguageError;

    fn from_str(text: &str) -> Result<Self, LanguageError> {
        let tag = text.replace('_', "-");
        let mut subtags = tag.split('-');
        let primary = subtags.next().unwrap_or_default();
        let good = tag.len() <= TAG_BYTES_MAX
            && (2..=3).contains(&primary.len())
            && primary.bytes().all(|byte| byte.is_ascii_alphabetic())
            && subtags.all(|subtag| {
                (1..=8).contains(&subtag.len()) && subtag.bytes().all(|byte| byte.is_ascii_alphanumeric())
            });
        if good { Ok(Self(canonical(&tag).into())) } else { Err(LanguageError(text.to_owned())) }
    }
}

/// The tag as it is usually written: scripts begin with a capital, regions are capitals, all else is small. After a single
/// letter, which begins an extension, everything is small.
fn canonical(tag: &str) -> String {
    let mut written = tag.to_ascii_lowercase();
    let mut begin = tag.find('-').map_or(tag.len(), |hyphen| hyphen + 1);
    while begin < tag.len() {
        let end = tag[begin..].find('-').map_or(tag.len(), |hyphen| begin + hyphen);
        match end - begin {
            1 => break,
            2 => written[begin..end].make_ascii_uppercase(),
            4 => written[begin..=begin].make_ascii_uppercase(),
            _ => {}
        }
        begin = end + 1;
    }
    written
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for Language {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Language {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_compare_without_regard_to_case_and_separator() {
        let language = "en_US".parse::<Language>().unwrap();
        assert_eq!(language, "EN-us".parse().unwrap());
        assert_eq!(language.primary(), Language::english());
        assert_eq!(serde_json::to_string(&language).unwrap(), "\"en-US\"");
    }

    #[test]
    fn tags_are_written_as_people_know_them() {
        for (given, written) in [
            ("de-at", "de-AT"),
            ("DE", "de"),
            ("zh_hans_cn", "zh-Hans-CN"),
            ("es-419", "es-419"),
            ("sl-ROZAJ", "sl-rozaj"),
            ("de-1994", "de-1994"),
            ("en-u-ca-buddhist", "en-u-ca-buddhist"),
        ] {
            let parsed = given.parse::<Language>().ok();
            assert_eq!(parsed.as_ref().map_or("", Language::as_str), written, "{given}");
        }
    }

    #[test]
    fn what_is_no_tag_is_refused() {
        for text in [
            "",
            "e",
            "english",
            "en-",
            "en--us",
            "en us",
            "e1",
            "en-abcdefghi",
            "zh-Hans-CN-x-a-b-c-d-e-f-g-h-i-j-k-l-m",
        ] {
            assert!(text.parse::<Language>().is_err(), "{text}");
        }
    }
}
