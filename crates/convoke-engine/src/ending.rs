//! How an attempt ended, in the classes that callers and figures tell apart.

use convoke_domain::invocation::AttemptFailure;

use crate::ports::Failure;

/// What kind of failure it was: whose fault, and whether a caller should try again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FailureClass {
    /// The function reported an error of its own.
    Threw,
    /// Its code is at fault: a wrong type, an unknown name, a recursion without end, no answer at all.
    RuntimeError,
    /// It took too long, in waiting or in computing.
    TimedOut,
    /// It asked for more than it may have.
    LimitReached,
    /// It did not run, or the platform failed it: not its fault, and worth another try.
    Unavailable,
}

/// The errors that the language itself throws.
const LANGUAGE_ERRORS: [&str; 6] =
    ["EvalError", "RangeError", "ReferenceError", "SyntaxError", "TypeError", "URIError"];

impl Failure {
    /// What kind of failure it was.
    pub fn class(&self) -> FailureClass {
        match self.code {
            "function.threw" if self.thrown_by_the_language() => FailureClass::RuntimeError,
            "function.threw" => FailureClass::Threw,
            "function.timed_out" | "function.cpu_exhausted" => FailureClass::TimedOut,
            "function.out_of_memory" | "function.result_too_large" => FailureClass::LimitReached,
            "function.crashed"
            | "function.host_unavailable"
            | "function.host_busy"
            | "storage.unavailable"
            | "function.version_gone" => FailureClass::Unavailable,
            _ => FailureClass::RuntimeError,
        }
    }

    /// It answered, and what it wrote cannot be kept: then the answer does not count either.
    pub(crate) fn not_kept(why: &str) -> Self {
        let detail = format!("what it keeps cannot be stored: {why}");
        Self { code: "storage.unavailable", detail, kind: AttemptFailure::HostUnavailable }
    }

    /// The detail of a throw begins with the name of what was thrown.
    fn thrown_by_the_language(&self) -> bool {
        let name = self.detail.split([':', '\n']).next().unwrap_or_default();
        LANGUAGE_ERRORS.contains(&name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn class(code: &'static str, detail: &str) -> FailureClass {
        Failure { code, detail: detail.to_owned(), kind: AttemptFailure::Final }.class()
    }

    #[test]
    fn an_error_of_the_authors_is_told_from_one_of_the_language() {
        assert_eq!(class("function.threw", "Error: no\nat lambda"), FailureClass::Threw);
        assert_eq!(class("function.threw", "TypeErrors are fine"), FailureClass::Threw);
        assert_eq!(class("function.threw", "TypeError: x is undefined"), FailureClass::RuntimeError);
        assert_eq!(class("function.threw", "RangeError"), FailureClass::RuntimeError);
    }

    #[test]
    fn waiting_and_computing_too_long_are_both_time_and_a_missing_sandbox_is_nobodys_code() {
        assert_eq!(class("function.cpu_exhausted", ""), FailureClass::TimedOut);
        assert_eq!(class("function.out_of_memory", ""), FailureClass::LimitReached);
        assert_eq!(class("function.never_completes", ""), FailureClass::RuntimeError);
        assert_eq!(class("function.host_unavailable", ""), FailureClass::Unavailable);
    }
}
