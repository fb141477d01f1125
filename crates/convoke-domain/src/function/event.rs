//! What happened to an account's functions. Recorded for ever: variants and fields are only ever added.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{DeploymentFailure, Draft, EventBinding, VersionNumber};
use crate::account::{Author, Stamp};
use crate::id::{DeploymentId, FunctionId, SkillId};

/// A recorded change of an account's functions. The shell records with it who did it and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[expect(missing_docs, reason = "the fields are those of the state, and documented there")]
pub enum Event {
    /// A function was created.
    Created {
        id: FunctionId,
        name: String,
        description: String,
        event: Option<EventBinding>,
        skills: BTreeSet<SkillId>,
        draft: Draft,
        #[serde(default)]
        stamp: Stamp,
    },
    /// Its draft was saved.
    DraftSaved {
        id: FunctionId,
        draft: Draft,
        #[serde(default)]
        stamp: Stamp,
    },
    /// Its skills were chosen.
    SkillsSet {
        id: FunctionId,
        skills: BTreeSet<SkillId>,
        #[serde(default)]
        stamp: Stamp,
    },
    /// Its description was changed.
    DescriptionSet {
        id: FunctionId,
        description: String,
        #[serde(default)]
        stamp: Stamp,
    },
    /// The draft of that moment became this version.
    VersionFrozen {
        id: FunctionId,
        version: VersionNumber,
        source_sha256: String,
        at: Timestamp,
        #[serde(default)]
        by: Author,
    },
    /// A version answers from now on.
    Deployed {
        id: FunctionId,
        deployment: DeploymentId,
        version: VersionNumber,
        at: Timestamp,
        #[serde(default)]
        by: Author,
    },
    /// The draft could not be deployed; nothing else changed.
    DeploymentFailed {
        id: FunctionId,
        deployment: DeploymentId,
        draft_revision: u64,
        failure: DeploymentFailure,
        stamp: Stamp,
    },
    /// It does not answer any more.
    Undeployed {
        id: FunctionId,
        #[serde(default)]
        stamp: Stamp,
    },
    /// It was removed.
    Deleted { id: FunctionId },
}
