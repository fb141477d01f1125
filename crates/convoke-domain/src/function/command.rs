//! What someone wants of an account's functions.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Draft, EventBinding, VersionNumber};
use crate::account::{Account, Actor};
use crate::id::{DeploymentId, FunctionId, SkillId};

/// What the shell captures for a decision.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// The time.
    pub now: Timestamp,
    /// Who gives the command.
    pub actor: &'a Actor,
    /// The account's settings: which skills there are.
    pub account: &'a Account,
}

/// What someone wants of an account's functions. A command that changes nothing is a no-op.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are those of the state, and documented there")]
pub enum Command {
    /// Create a function with its first draft.
    Create {
        id: FunctionId,
        name: String,
        description: String,
        event: Option<EventBinding>,
        skills: BTreeSet<SkillId>,
        draft: Draft,
    },
    /// Save the draft.
    SaveDraft { id: FunctionId, draft: Draft },
    /// Choose the skills in whose conversations it answers.
    SetSkills { id: FunctionId, skills: BTreeSet<SkillId> },
    /// Say what it is for.
    SetDescription { id: FunctionId, description: String },
    /// Let the draft answer. Freezes a version if the draft changed since the last.
    Deploy { id: FunctionId, deployment: DeploymentId, check: SourceCheck },
    /// Let a kept version answer; the draft stays as it is.
    Rollback { id: FunctionId, deployment: DeploymentId, version: VersionNumber },
    /// Stop answering.
    Undeploy { id: FunctionId },
    /// Remove a function that is not deployed.
    Delete { id: FunctionId },
}

/// What the engine found out about a draft.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceCheck {
    /// Which draft it looked at.
    pub draft_revision: u64,
    /// The SHA-256 of a source that can run (64 lower-case hexadecimal digits), or why it cannot.
    pub result: Result<String, DeploymentFailure>,
}

/// Why a version could not be made of a draft.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeploymentFailure {
    /// How far it came.
    pub stage: DeploymentStage,
    /// What is wrong.
    pub problem: SourceProblem,
}

/// What a deployment consists of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeploymentStage {
    /// Reading the source: syntax, modules, `lambda`.
    Build,
    /// Evaluating its top level, for the image that invocations begin with.
    Deploy,
}

/// Why a source cannot run.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[error("{message}")]
pub struct SourceProblem {
    /// Stable code, for instance `function.syntax`.
    pub code: String,
    /// A sentence for its author.
    pub message: String,
    /// Where, from 1, if known.
    pub line: Option<u32>,
    /// Where in the line, from 1, if known.
    pub column: Option<u32>,
}
