//! Figures about an account and its functions (functions contract §3.3).

use serde::Serialize;

/// What an account may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LimitCounts {
    /// Functions.
    pub limit_total_lambdas: usize,
    /// Deployed ones.
    pub limit_deployed_lambdas: usize,
    /// Fair use; nothing refuses beyond it.
    pub invocation_limit_per_month: u64,
}

/// What an account has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct LambdaCounts {
    /// Functions.
    pub total: usize,
    /// Deployed ones.
    pub deployed: usize,
}

/// Invocations in a time, as the first generation gives them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct InvocationCounts {
    /// Those that answered.
    pub successful_invocations: u64,
    /// Those that did not.
    pub unsuccessful_invocations: u64,
}

/// The same as the second generation gives them, in an array of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct InvocationCountsV2 {
    /// Those that answered.
    pub successful_invocations: u64,
    /// Those that did not.
    pub failed_invocations: u64,
}

/// A function's invocations by time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct InvocationReport<S> {
    /// The function's name.
    pub name: String,
    /// The function.
    #[serde(rename = "lambdaUUID")]
    pub lambda_uuid: String,
    /// One row for each span, none left out.
    #[serde(rename = "invocationStatistics")]
    pub invocation_statistics: Vec<S>,
}

/// How invocations of one span ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Outcomes {
    /// Nobody knows.
    pub unknown: u64,
    /// With an answer.
    pub succeeded: u64,
    /// By a fault of the function.
    pub coding_failure: u64,
    /// By a fault of ours.
    pub platform_failure: u64,
    /// Too late.
    pub timeout: u64,
}

/// One span as the first generation gives it, misspelling included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub struct Span {
    #[serde(rename = "from")]
    from: i64,
    #[serde(rename = "to")]
    to: i64,
    unkown: u64,
    succeeded: u64,
    coding_failure: u64,
    platform_failure: u64,
    timeout: u64,
}

/// One span as the second generation gives it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub struct SpanV2 {
    #[serde(rename = "from")]
    from: i64,
    #[serde(rename = "to")]
    to: i64,
    unknown: u64,
    succeeded: u64,
    coding_failure: u64,
    platform_failure: u64,
    timeout: u64,
}

impl Span {
    /// The span from `from` to `to`, in milliseconds since 1970.
    pub const fn of(from: i64, to: i64, outcomes: Outcomes) -> Self {
        let Outcomes { unknown, succeeded, coding_failure, platform_failure, timeout } = outcomes;
        Self { from, to, unkown: unknown, succeeded, coding_failure, platform_failure, timeout }
    }
}

impl SpanV2 {
    /// The span from `from` to `to`, in milliseconds since 1970.
    pub const fn of(from: i64, to: i64, outcomes: Outcomes) -> Self {
        let Outcomes { unknown, succeeded, coding_failure, platform_failure, timeout } = outcomes;
        Self { from, to, unknown, succeeded, coding_failure, platform_failure, timeout }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_generation_keeps_its_misspelling() {
        let outcomes =
            Outcomes { unknown: 1, succeeded: 2, coding_failure: 3, platform_failure: 4, timeout: 5 };
        assert_eq!(
            serde_json::to_string(&Span::of(10, 20, outcomes)).unwrap(),
            r#"{"from":10,"to":20,"UNKOWN":1,"SUCCEEDED":2,"CODING_FAILURE":3,"PLATFORM_FAILURE":4,"TIMEOUT":5}"#
        );
        assert!(serde_json::to_string(&SpanV2::of(10, 20, outcomes)).unwrap().contains("\"UNKNOWN\":1"));
    }
}
