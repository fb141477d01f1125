//! The stored form of the answers of named calls.

use std::sync::Arc;

use convoke_api::error_code::ErrorCode;
use convoke_domain::id::{FunctionId, InvocationId};
use convoke_domain::invocation::{AttemptFailure, FunctionRef};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::calls::{CallAnswer, CallEnding, RequestId};
use crate::error::EngineError;
use crate::ports::Failure;

#[derive(Serialize, Deserialize)]
struct Stored {
    invocation: InvocationId,
    function: FunctionRef,
    called_at: Timestamp,
    #[serde(flatten)]
    ending: StoredEnding,
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "ending", rename_all = "snake_case")]
enum StoredEnding {
    Returned { json: Option<Arc<str>> },
    Failed { code: String, detail: String },
}

/// Where an answer belongs: sealed, it opens nowhere else.
pub(super) fn place(function: FunctionId, request: &RequestId) -> String {
    format!("answer/{function}/{request}")
}

/// The stored form of an answer.
pub(super) fn encode(answer: &CallAnswer) -> Result<Vec<u8>, EngineError> {
    let ending = match &answer.ending {
        CallEnding::Returned(json) => StoredEnding::Returned { json: json.clone() },
        CallEnding::Failed { failure, .. } => {
            StoredEnding::Failed { code: failure.code.to_owned(), detail: failure.detail.clone() }
        }
    };
    let CallAnswer { invocation, function, called_at, .. } = *answer;
    serde_json::to_vec(&Stored { invocation, function, called_at, ending }).map_err(EngineError::malformed)
}

/// The answer of a stored form.
pub(super) fn decode(bytes: &[u8]) -> Result<CallAnswer, EngineError> {
    let Stored { invocation, function, called_at, ending } =
        serde_json::from_slice(bytes).map_err(EngineError::malformed)?;
    let ending = match ending {
        StoredEnding::Returned { json } => CallEnding::Returned(json),
        StoredEnding::Failed { code, detail } => {
            // Codes are never taken back, so what is not known any more cannot be.
            let code = ErrorCode::find(&code).map_or("function.crashed", ErrorCode::code);
            let failure = Failure { code, detail, kind: AttemptFailure::Final };
            CallEnding::Failed { class: failure.class(), failure }
        }
    };
    Ok(CallAnswer { invocation, function, called_at, ending })
}
