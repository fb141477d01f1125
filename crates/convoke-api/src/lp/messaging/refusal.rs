//! Why a request is not done (messaging contract §1.9): a status as of HTTP, and a number that names the reason.

use serde_json::{Value, json};

use crate::problem::Problem;

/// A request that is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// The status, which is the response's code.
    pub status: u16,
    /// What follows the status in `errorCode`.
    number: u16,
    title: String,
    details: String,
}

impl Refused {
    /// A field that has to be there.
    pub fn missing(field: &str) -> Self {
        Self::new(400, 1, "request.invalid", format!("{field} is missing"))
    }

    /// A field that is not as it has to be.
    pub fn invalid(field: &str, why: impl std::fmt::Display) -> Self {
        Self::new(400, 2, "request.invalid", format!("{field}: {why}"))
    }

    /// A request that nobody here understands.
    pub fn unknown(kind: &str) -> Self {
        let kind: String = kind.chars().take(crate::limits::QUOTED_CHARS_MAX).collect();
        Self::new(501, 1, "request.unsupported", format!("{kind} is not supported"))
    }

    /// A request of the other side.
    pub fn other_side(kind: &str) -> Self {
        Self::new(403, 1, "request.other_side", format!("{kind} is not for this side of a conversation"))
    }

    /// Somebody who did not say yet who they are, or whose token is none.
    pub fn not_known(details: &str) -> Self {
        Self::new(401, 3, "auth.required", details.to_owned())
    }

    /// A token of a connector that is missing or does not count; the number says which (messaging contract §1.9).
    pub fn token(number: u16, details: &str) -> Self {
        Self::new(401, number, "auth.required", details.to_owned())
    }

    /// Something that this caller may not.
    pub fn forbidden(details: &str) -> Self {
        Self::new(403, 1, "auth.forbidden", details.to_owned())
    }

    /// The server cannot do it now.
    pub fn unavailable() -> Self {
        Self::new(503, 1, "storage.unavailable", "this cannot be done now; try again in a moment".to_owned())
    }

    /// A refusal that was told already, from its status and body.
    pub fn told(status: u16, body: &Value) -> Self {
        let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
        let number = text("errorCode").parse::<u32>().ok().and_then(|code| u16::try_from(code % 100).ok());
        Self { status, number: number.unwrap_or_default(), title: text("title"), details: text("details") }
    }

    /// What an offer, a subscription or a dialog is called that there is not.
    pub fn not_found(code: &str, details: impl Into<String>) -> Self {
        Self::new(404, 1, code, details.into())
    }

    /// A dialog that the conversation does not have.
    pub fn no_such_dialog() -> Self {
        Self::not_found("dialog.unknown", "the conversation has no such dialog")
    }

    /// What cannot be any more.
    pub fn over(code: &str, details: impl Into<String>) -> Self {
        Self::new(409, 1, code, details.into())
    }

    /// More than may be.
    pub fn too_many(details: impl Into<String>) -> Self {
        Self::new(429, 1, "request.too_many", details.into())
    }

    /// What the rules or the server refuse.
    pub fn of_problem(problem: &Problem) -> Self {
        // A line that comes too late is the sender's mistake (messaging contract §6).
        let status = if problem.code == "conversation.closed" { 400 } else { problem.status };
        Self::new(status, 10, &problem.code, problem.detail.clone())
    }

    fn new(status: u16, number: u16, title: &str, details: String) -> Self {
        Self { status, number, title: title.to_owned(), details }
    }

    /// The body of the response.
    pub fn body(&self) -> Value {
        let code = u32::from(self.status) * 100 + u32::from(self.number);
        json!({"title": self.title, "details": self.details, "errorCode": code.to_string()})
    }
}
