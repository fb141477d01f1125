//! Answers of operations: what the guest gets, what the records keep, and HTTP bodies on their way in and out as JSON.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::hidden::Learned;
use crate::guest::Settled;

/// An answered operation.
pub(crate) struct Done {
    pub(crate) settled: Settled,
    /// What the recording keeps in place of the answer, where that is confidential.
    pub(crate) recorded: Option<String>,
    /// A secret that the guest knows from now on.
    pub(crate) learned: Option<Learned>,
    pub(crate) status: Option<u16>,
    pub(crate) error: Option<String>,
}

impl Done {
    /// It worked.
    pub(crate) fn fulfilled(text: String) -> Self {
        let settled = Settled { fulfilled: true, text };
        Self { settled, recorded: None, learned: None, status: None, error: None }
    }

    /// It failed; the guest sees words and a code, the records the code.
    pub(crate) fn rejected(code: &str, words: &str) -> Self {
        let text = serde_json::json!({ "message": words, "code": code }).to_string();
        Self {
            settled: Settled { fulfilled: false, text },
            recorded: None,
            learned: None,
            status: None,
            error: Some(code.to_owned()),
        }
    }
}

/// A body as the prelude describes it: text, or bytes in base64.
#[derive(Deserialize, Default)]
pub(crate) struct Body {
    text: Option<String>,
    base64: Option<String>,
}

impl Body {
    /// Its bytes, or `None` if what should be base64 is not.
    pub(crate) fn bytes(self) -> Option<Bytes> {
        match (self.text, self.base64) {
            (Some(text), _) => Some(Bytes::from(text)),
            (None, Some(base64)) => STANDARD.decode(base64).ok().map(Bytes::from),
            (None, None) => Some(Bytes::new()),
        }
    }
}

/// An HTTP answer as the prelude reads it.
#[derive(Serialize)]
pub(crate) struct Answer<'a> {
    pub(crate) status: u16,
    #[serde(rename = "statusText")]
    pub(crate) status_text: &'a str,
    pub(crate) url: &'a str,
    pub(crate) redirected: bool,
    pub(crate) headers: Vec<(&'a str, String)>,
    #[serde(skip)]
    pub(crate) body: &'a [u8],
}

#[derive(Serialize)]
struct Whole<'a> {
    #[serde(flatten)]
    head: &'a Answer<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    base64: Option<String>,
}

impl Answer<'_> {
    /// The answer for the guest.
    pub(crate) fn done(&self) -> Done {
        let text = std::str::from_utf8(self.body).ok();
        let base64 = text.is_none().then(|| STANDARD.encode(self.body));
        let whole = serde_json::to_string(&Whole { head: self, text, base64 });
        let whole = whole.expect("texts and numbers are always JSON");
        Done { status: Some(self.status), ..Done::fulfilled(whole) }
    }
}
