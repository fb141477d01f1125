//! Errors on the wire: problem documents (RFC 9457) with our stable codes.

use convoke_domain::{account, conversation, function};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::error_code::ErrorCode;
use crate::platform_error::PlatformError;

/// The media type of a [`Problem`].
pub const MEDIA_TYPE: &str = "application/problem+json";

/// What went wrong, as `application/problem+json` (RFC 9457).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Problem {
    /// Names the kind of problem: `urn:convoke:error:` and the code.
    #[schema(example = "urn:convoke:error:conversation.closed")]
    pub r#type: String,
    /// The stable code to match on; see the reference of error codes.
    #[schema(example = "conversation.closed")]
    pub code: String,
    /// A few words, the same for every case of this code.
    #[schema(example = "The conversation is closed")]
    pub title: String,
    /// The HTTP status.
    #[schema(example = 409)]
    pub status: u16,
    /// What is wrong in this very case, and what to do.
    #[schema(example = "the conversation is closed; open a new one")]
    pub detail: String,
    /// The fields that are wrong, if it is about fields.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
}

/// A field of a request that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FieldError {
    /// Path of the field, for instance `week[2].from`; empty for the whole body.
    #[schema(example = "week[2].from")]
    pub field: String,
    /// What is wrong with it.
    pub message: String,
}

impl FieldError {
    /// A wrong field.
    pub fn new(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self { field: field.into(), message: message.into() }
    }
}

impl Problem {
    /// A problem with this code; `detail` says what to do about this case.
    pub fn new(code: impl Into<ErrorCode>, detail: impl Into<String>) -> Self {
        let code = code.into();
        Self {
            r#type: format!("urn:convoke:error:{code}"),
            code: code.code().to_owned(),
            title: code.title().to_owned(),
            status: code.status(),
            detail: detail.into(),
            errors: Vec::new(),
        }
    }

    /// A problem with a code in text form, as machines and runs tell it. One that is not registered is ours to repair and
    /// becomes `node.internal` with the same detail.
    pub fn of_code(code: &str, detail: impl Into<String>) -> Self {
        let code = ErrorCode::find(code).unwrap_or_else(|| PlatformError::Internal.into());
        Self::new(code, detail)
    }

    /// A problem with the general advice of its code as the detail.
    pub fn plain(code: impl Into<ErrorCode>) -> Self {
        let code = code.into();
        Self::new(code, code.advice())
    }

    /// A request with wrong fields.
    pub fn invalid(errors: Vec<FieldError>) -> Self {
        let detail = match errors.as_slice() {
            [FieldError { field, message }] if field.is_empty() => message.clone(),
            [FieldError { field, message }] => format!("{field}: {message}"),
            several => format!("{} fields are not usable", several.len()),
        };
        Self { errors, ..Self::new(PlatformError::RequestInvalid, detail) }
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({})", self.detail, self.code)
    }
}

impl std::error::Error for Problem {}

impl From<conversation::Rejection> for Problem {
    fn from(rejection: conversation::Rejection) -> Self {
        Self::of_code(rejection.code(), rejection.to_string())
    }
}

impl From<account::Rejection> for Problem {
    fn from(rejection: account::Rejection) -> Self {
        Self::of_code(rejection.code(), rejection.to_string())
    }
}

impl From<function::Rejection> for Problem {
    fn from(rejection: function::Rejection) -> Self {
        Self::of_code(rejection.code(), rejection.to_string())
    }
}

/// A request whose fields were read and do not make sense: what `TryFrom` of the native API fails with.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", Problem::invalid(errors.clone()).detail)]
pub struct Invalid {
    /// The fields, in their order.
    pub errors: Vec<FieldError>,
}

impl Invalid {
    /// One wrong field.
    pub fn field(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self { errors: vec![FieldError::new(field, message)] }
    }
}

impl From<Invalid> for Problem {
    fn from(invalid: Invalid) -> Self {
        Self::invalid(invalid.errors)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rejection_keeps_its_code_and_says_what_to_do() {
        let problem = Problem::from(conversation::Rejection::Closed);
        assert_eq!((problem.code.as_str(), problem.status), ("conversation.closed", 409));
        assert_eq!(problem.r#type, "urn:convoke:error:conversation.closed");
        assert!(problem.detail.contains("open a new one"), "{problem}");
    }

    #[test]
    fn one_wrong_field_is_named_in_the_detail() {
        let problem = Problem::from(Invalid::field("week[0].from", "no such time"));
        assert_eq!(problem.detail, "week[0].from: no such time");
        assert_eq!(problem.errors.len(), 1);
    }

    #[test]
    fn a_code_that_nobody_registered_is_our_failure() {
        assert_eq!(Problem::of_code("made.up", "x").code, "node.internal");
    }
}
