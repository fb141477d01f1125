//! Deployments: the one that answers, and what is remembered of the last ones.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{DeploymentFailure, VersionNumber};
use crate::account::Stamp;
use crate::id::DeploymentId;

/// A version made to answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deployment {
    /// Its id.
    pub id: DeploymentId,
    /// What answers.
    pub version: VersionNumber,
    /// Since when.
    pub at: Timestamp,
}

/// What is remembered of a deployment, successful or not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeploymentRecord {
    /// Its id.
    pub id: DeploymentId,
    /// Who asked for it, and when.
    pub asked: Stamp,
    /// What came of it.
    pub result: DeploymentResult,
}

/// What came of a deployment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "result", rename_all = "snake_case")]
pub enum DeploymentResult {
    /// This version answered.
    Successful {
        /// Which.
        version: VersionNumber,
        /// When it ceased to: undeployed, or another one took its place.
        ended: Option<Stamp>,
    },
    /// This draft could not be made a version; what answered before went on answering.
    Failed {
        /// Which.
        draft_revision: u64,
        /// Why.
        failure: DeploymentFailure,
    },
}
