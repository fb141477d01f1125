//! The last deployments of a function, and what was wrong with a source.

use convoke_domain::function::{
    DeploymentRecord as DomainRecord, DeploymentResult, SourceProblem as DomainProblem,
};
use convoke_domain::id::DeploymentId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::v1::author::Stamp;

mirror! {
    /// What a deployment consists of.
    DeploymentStage = convoke_domain::function::DeploymentStage {
        /// Reading the source: syntax, modules, `lambda`.
        Build,
        /// Evaluating its top level, for the image that invocations begin with.
        Deploy,
    }
}

/// Why a source cannot run, for its author.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SourceProblem {
    /// The stable code; see the reference of error codes.
    #[schema(example = "function.syntax")]
    pub code: String,
    /// What is wrong and what to do.
    pub message: String,
    /// Line in the source, from 1, if it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// Column in that line, from 1, if it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<u32>,
}

impl From<&DomainProblem> for SourceProblem {
    fn from(problem: &DomainProblem) -> Self {
        Self {
            code: problem.code.clone(),
            message: problem.message.clone(),
            line: problem.line,
            column: problem.column,
        }
    }
}

/// A deployment, successful or not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DeploymentRecord {
    /// Its id.
    #[schema(value_type = String)]
    pub id: DeploymentId,
    /// Who asked for it, and when.
    pub asked: Stamp,
    /// What came of it.
    #[serde(flatten)]
    pub outcome: DeploymentOutcome,
}

/// What came of a deployment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum DeploymentOutcome {
    /// A version answered.
    Successful {
        /// Which.
        version: u32,
        /// When it ceased to; absent for the one that answers.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        ended: Option<Stamp>,
    },
    /// A draft could not be deployed; what answered before went on answering.
    Failed {
        /// Which draft, by its revision.
        draft_revision: u64,
        /// How far it came.
        stage: DeploymentStage,
        /// What was wrong.
        problem: SourceProblem,
    },
}

impl From<&DomainRecord> for DeploymentRecord {
    fn from(record: &DomainRecord) -> Self {
        let outcome = match &record.result {
            DeploymentResult::Successful { version, ended } => {
                DeploymentOutcome::Successful { version: version.number(), ended: ended.map(Into::into) }
            }
            DeploymentResult::Failed { draft_revision, failure } => DeploymentOutcome::Failed {
                draft_revision: *draft_revision,
                stage: failure.stage.into(),
                problem: (&failure.problem).into(),
            },
        };
        Self { id: record.id, asked: record.asked.into(), outcome }
    }
}
