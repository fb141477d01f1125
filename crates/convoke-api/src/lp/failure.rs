//! Everything that can go wrong on the functions planes, in the words of each generation (functions contract §6.3).
//!
//! Clients decide by status and by the beginning of the code what happened: a function that failed is a 901 and never a
//! server's error, because those are sent again.

use convoke_domain::account::Generation;
use serde_json::{Value, json};

use super::invocation::Log;
use crate::problem::Problem;

/// The status of a failure of customer code.
pub const FUNCTION_FAILED: u16 = 901;

/// A failure on its way to a client.
#[derive(Debug, Clone, PartialEq)]
pub struct Failure {
    /// The HTTP status.
    pub status: u16,
    v1: String,
    v2: String,
    message: String,
    logs: Vec<Log>,
}

/// Which plane tells of a failure: both have codes of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Plane {
    /// Invoking functions.
    Gateway,
    /// Managing functions.
    Management,
}

impl Failure {
    /// A failure with a code for each generation.
    pub fn new(status: u16, v1: &str, v2: &str, message: impl Into<String>) -> Self {
        let code = |code: &str| {
            if code.starts_with("com.") { code.to_owned() } else { format!("com.liveperson.faas.{code}") }
        };
        Self { status, v1: code(v1), v2: code(v2), message: message.into(), logs: Vec::new() }
    }

    /// A function that was run and failed, with what it logged.
    pub fn of_function(code: &str, detail: &str, logs: Vec<Log>) -> Self {
        let (v1, v2) = function_codes(code, detail);
        let message = detail.lines().next().filter(|line| !line.is_empty()).unwrap_or("The function failed");
        Self { logs, ..Self::new(FUNCTION_FAILED, v1, v2, message) }
    }

    /// A refusal of our own, told by `plane`.
    pub fn of_problem(plane: Plane, problem: &Problem) -> Self {
        let message = match problem.errors.as_slice() {
            [error] if !problem.detail.contains(&error.message) => {
                format!("{} ({})", problem.detail, error.message)
            }
            _ => problem.detail.clone(),
        };
        match plane {
            Plane::Gateway => gateway(problem, message),
            Plane::Management => management(problem, message),
        }
    }

    /// Its body for a client of this generation.
    pub fn body(&self, generation: Generation) -> Value {
        let mut body = match generation {
            Generation::V1 => json!({"errorCode": self.v1, "errorMsg": self.message}),
            Generation::V2 => json!({"code": self.v2, "message": self.message}),
        };
        if !self.logs.is_empty() {
            body["errorLogs"] = json!(self.logs);
        }
        body
    }
}

/// The codes of a run that failed: a fault of the language is told apart from an error that the function raised.
fn function_codes(code: &str, detail: &str) -> (&'static str, &'static str) {
    const RUNTIME: (&str, &str) =
        ("handler.runtime-exception", "com.customer.faas.function.js-runtime-error");
    const TIME: (&str, &str) =
        ("handler.executiontime-exceeded", "com.customer.faas.function.execution-exceeded");
    const FAULTS: [&str; 5] = ["TypeError", "ReferenceError", "SyntaxError", "RangeError", "EvalError"];
    match code {
        "function.timed_out" | "function.cpu_exhausted" | "function.never_completes" => TIME,
        "function.threw" if !FAULTS.iter().any(|fault| detail.starts_with(fault)) => {
            ("handler.custom-failure", "com.customer.faas.function.threw-error")
        }
        _ => RUNTIME,
    }
}

fn gateway(problem: &Problem, message: String) -> Failure {
    match problem.code.as_str() {
        "function.not_deployed" => Failure::new(404, "es.notdeployed", "function.not-found", message),
        "function.unknown" => Failure::new(404, "es.missinglambda", "function.not-found", message),
        // Nothing ran, so the client may well try again.
        "function.host_unavailable" | "node.busy" | "node.stopping" => {
            Failure::new(503, "es.unavailable", "evg.general", message)
        }
        _ => match problem.status {
            400 | 413 | 415 | 422 => Failure::new(400, "es.badinput", "evg.invalid", message),
            status => Failure::new(status, "es.general", "evg.general", message),
        },
    }
}

fn management(problem: &Problem, message: String) -> Failure {
    match problem.code.as_str() {
        "function.unknown" => Failure::new(404, "fm.general", "function.not-found", message),
        "function.no_lambda" | "function.no_callback" => {
            Failure::new(400, "fm.contract-error", "fm.validation.interface-wrong", message)
        }
        "node.busy" | "node.stopping" | "storage.unavailable" => {
            Failure::new(503, "fm.unavailable", "fm.unavailable", message)
        }
        code => match (code.split_once('.'), problem.status) {
            // A fault in the code: the tools look for these words.
            (Some(("function", what)), 422) => {
                Failure::new(400, "fm.contract-error", &validation(what), message)
            }
            (Some((_, what)), 400 | 409 | 413) => {
                Failure::new(problem.status, "fm.general", &validation(what), message)
            }
            _ => Failure::new(problem.status, "fm.general", "fm.general", message),
        },
    }
}

fn validation(what: &str) -> String {
    format!("fm.validation.{}", what.replace('_', "-"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform_error::PlatformError;

    fn codes(failure: &Failure) -> (u16, String, String) {
        let text = |value: Value, key: &str| value[key].as_str().unwrap().to_owned();
        let v1 = text(failure.body(Generation::V1), "errorCode");
        (failure.status, v1, text(failure.body(Generation::V2), "code"))
    }

    #[track_caller]
    fn of_function(code: &str, detail: &str, v1: &str, v2: &str) {
        let failure = Failure::of_function(code, detail, Vec::new());
        let expected =
            (901, format!("com.liveperson.faas.handler.{v1}"), format!("com.customer.faas.function.{v2}"));
        assert_eq!(codes(&failure), expected, "{code} {detail}");
    }

    #[test]
    fn what_customer_code_does_wrong_is_told_by_its_kind() {
        of_function("function.threw", "Error: no stock\n  at lambda", "custom-failure", "threw-error");
        of_function("function.threw", "no stock", "custom-failure", "threw-error");
        of_function(
            "function.threw",
            "TypeError: x is not a function",
            "runtime-exception",
            "js-runtime-error",
        );
        of_function("function.out_of_memory", "", "runtime-exception", "js-runtime-error");
        for code in ["function.timed_out", "function.cpu_exhausted", "function.never_completes"] {
            of_function(code, "", "executiontime-exceeded", "execution-exceeded");
        }
    }

    #[test]
    fn the_gateway_tells_an_undeployed_function_from_an_unknown_one_where_the_generation_does() {
        let told = |code| codes(&Failure::of_problem(Plane::Gateway, &Problem::of_code(code, "x")));
        let code = |code: &str| format!("com.liveperson.faas.{code}");
        assert_eq!(told("function.not_deployed"), (404, code("es.notdeployed"), code("function.not-found")));
        assert_eq!(told("function.unknown"), (404, code("es.missinglambda"), code("function.not-found")));
        assert_eq!(told("request.invalid"), (400, code("es.badinput"), code("evg.invalid")));
        assert_eq!(told("node.busy").0, 503);
    }

    #[test]
    fn a_fault_in_the_code_has_the_words_that_tools_look_for() {
        let problem = Problem::plain(PlatformError::NoLambda);
        let (status, v1, v2) = codes(&Failure::of_problem(Plane::Management, &problem));
        assert_eq!(status, 400);
        assert!(v1.contains("contract-error") && v2.ends_with("fm.validation.interface-wrong"), "{v1} {v2}");
        let problem = Problem::plain(PlatformError::Syntax);
        let (_, v1, v2) = codes(&Failure::of_problem(Plane::Management, &problem));
        assert!(v1.contains("contract-error") && v2.ends_with("fm.validation.syntax"), "{v1} {v2}");
    }

    #[test]
    fn strict_clients_get_no_key_that_they_do_not_know() {
        let failure = Failure::new(404, "es.general", "evg.general", "gone");
        assert_eq!(failure.body(Generation::V1).as_object().unwrap().len(), 2);
        assert_eq!(failure.body(Generation::V2).as_object().unwrap().len(), 2);
    }
}
