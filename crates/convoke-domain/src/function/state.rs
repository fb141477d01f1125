//! The functions of one account, and what is true of each.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Deployment, DeploymentFailure, DeploymentRecord, DeploymentResult, DeploymentStage};
use crate::account::{Author, FencePolicy, Stamp};
use crate::id::{FunctionId, SkillId};
use crate::limits;
use crate::state_change::StateChangeEvent;

/// All functions of one account.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Functions {
    /// The functions; deleted ones are gone.
    pub functions: BTreeMap<FunctionId, Function>,
}

/// A named piece of customer JavaScript for one kind of event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Function {
    /// Letters, digits and `_`; unique in the account without regard to case.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// What it answers, for ever; `None`: only calls, tests and schedules.
    pub event: Option<EventBinding>,
    /// The skills in whose conversations it answers; none means all. Takes effect without a deployment.
    pub skills: BTreeSet<SkillId>,
    /// What is being edited.
    pub draft: Draft,
    /// How often the draft was saved, from 1: a check of the draft names what it checked.
    pub draft_revision: u64,
    /// The last frozen copies, the deployed one among them.
    pub versions: BTreeMap<VersionNumber, Version>,
    /// The highest version number ever given.
    pub last_version: Option<VersionNumber>,
    /// What answers now.
    pub deployed: Option<Deployment>,
    /// The last deployments, oldest first.
    #[serde(default)]
    pub deployments: VecDeque<DeploymentRecord>,
    /// When it was created, and by whom.
    #[serde(default)]
    pub created: Stamp,
    /// When draft, description or skills were last changed, and by whom.
    #[serde(default)]
    pub updated: Stamp,
}

/// What runs: source, environment and settings. Frozen, it is a version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Draft {
    /// JavaScript or TypeScript.
    pub source: Arc<str>,
    /// Environment variables, present when the top level runs.
    pub environment: BTreeMap<String, String>,
    /// Hold, fence and budgets.
    pub settings: FunctionSettings,
}

/// How a function runs. Numbers end with their unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct FunctionSettings {
    /// How long writes to the conversation wait for the answer, 0 to [`limits::HOLD_MS_MAX`].
    pub hold_ms: u32,
    /// What happens to an overtaken answer; `None`: what the account says.
    pub fence_policy: Option<FencePolicy>,
    /// Wall time of one attempt, up to [`limits::WALL_MS_MAX`].
    pub wall_ms: u32,
    /// CPU time of one attempt, up to [`limits::CPU_MS_MAX`].
    pub cpu_ms: u32,
    /// Memory of one invocation, up to [`limits::MEMORY_MIB_MAX`].
    pub memory_mib: u32,
}

impl Default for FunctionSettings {
    fn default() -> Self {
        Self {
            hold_ms: 250,
            fence_policy: None,
            wall_ms: limits::WALL_MS_MAX,
            cpu_ms: limits::CPU_MS_MAX,
            memory_mib: 64,
        }
    }
}

/// Number of a version within its function, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct VersionNumber(NonZeroU32);

impl VersionNumber {
    /// The first version.
    pub const FIRST: Self = Self(NonZeroU32::MIN);

    /// The version with this number; `None` for 0.
    pub const fn new(number: u32) -> Option<Self> {
        match NonZeroU32::new(number) {
            Some(number) => Some(Self(number)),
            None => None,
        }
    }

    /// Its number.
    pub const fn number(self) -> u32 {
        self.0.get()
    }

    /// The version after `last`, where `None` means there was none.
    pub const fn after(last: Option<Self>) -> Self {
        match last {
            None => Self::FIRST,
            Some(Self(last)) => Self(last.saturating_add(1)),
        }
    }
}

impl fmt::Display for VersionNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A frozen copy of a draft. Never changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Version {
    /// As the draft was.
    pub source: Arc<str>,
    /// As the draft was.
    pub environment: BTreeMap<String, String>,
    /// As the draft was.
    pub settings: FunctionSettings,
    /// SHA-256 of the source, as the engine computed it when it checked it.
    pub source_sha256: String,
    /// When it was frozen.
    pub created_at: Timestamp,
    /// By whom.
    #[serde(default)]
    pub created_by: Author,
}

impl Version {
    /// Whether it is a copy of `draft`.
    pub fn is_copy_of(&self, draft: &Draft) -> bool {
        self.source == draft.source
            && self.environment == draft.environment
            && self.settings == draft.settings
    }
}

/// Where a function is in its life (functions contract §6.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FunctionState {
    /// Not deployed.
    Draft,
    /// Deployed as it is being edited.
    Productive,
    /// Deployed, with saved edits that are not.
    Modified,
    /// The draft was to be deployed, and its source cannot be read. What was deployed before answers on.
    BuildError,
    /// The draft was to be deployed, and its top level failed. What was deployed before answers on.
    DeployError,
}

impl Function {
    /// Where it is in its life.
    pub fn state(&self) -> FunctionState {
        if let Some(failure) = self.failure() {
            return match failure.stage {
                DeploymentStage::Build => FunctionState::BuildError,
                DeploymentStage::Deploy => FunctionState::DeployError,
            };
        }
        match self.deployed_version() {
            None => FunctionState::Draft,
            Some((_, version)) if version.is_copy_of(&self.draft) => FunctionState::Productive,
            Some(_) => FunctionState::Modified,
        }
    }

    /// Why the last deployment failed; `None` if it did not, or the draft was saved since.
    pub fn failure(&self) -> Option<&DeploymentFailure> {
        match &self.deployments.back()?.result {
            DeploymentResult::Failed { draft_revision, failure }
                if *draft_revision == self.draft_revision =>
            {
                Some(failure)
            }
            DeploymentResult::Failed { .. } | DeploymentResult::Successful { .. } => None,
        }
    }

    /// The deployment and the version that answers now.
    pub fn deployed_version(&self) -> Option<(&Deployment, &Version)> {
        let deployment = self.deployed.as_ref()?;
        self.versions.get(&deployment.version).map(|version| (deployment, version))
    }

    /// Whether it answers conversations with this skill, if deployed.
    pub fn answers(&self, skill: Option<&SkillId>) -> bool {
        self.skills.is_empty() || skill.is_some_and(|skill| self.skills.contains(skill))
    }
}

impl Functions {
    /// The function with this id.
    pub fn get(&self, function: FunctionId) -> Option<&Function> {
        self.functions.get(&function)
    }

    /// The function with this name, without regard to case.
    pub fn by_name(&self, name: &str) -> Option<(FunctionId, &Function)> {
        let mut all = self.functions.iter();
        all.find(|(_, function)| function.name.eq_ignore_ascii_case(name))
            .map(|(&id, function)| (id, function))
    }

    /// The function deployed for `event` in conversations with `skill`. [`super::Bindings`] answers the same faster.
    pub fn selected(
        &self,
        event: StateChangeEvent,
        skill: Option<&SkillId>,
    ) -> Option<(FunctionId, &Function)> {
        let bound = self.functions.iter().filter(|(_, function)| {
            function.event == Some(EventBinding::StateChange(event)) && function.deployed.is_some()
        });
        bound.map(|(&id, function)| (id, function)).find(|(_, function)| function.answers(skill))
    }

    /// The functions that name this skill, deployed or not.
    pub fn with_skill<'a>(&'a self, skill: &'a SkillId) -> impl Iterator<Item = (FunctionId, &'a Function)> {
        self.functions
            .iter()
            .filter(|(_, function)| function.skills.contains(skill))
            .map(|(&id, function)| (id, function))
    }
}

/// The kind of event that a function answers. Its text form is the event id that clients know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EventBinding {
    /// A change of a conversation.
    StateChange(StateChangeEvent),
    /// Another event of the functions contract.
    Other(OtherEvent),
}

/// How many functions may be bound to one event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BindingRule {
    /// One for all skills, or several with disjoint skills.
    DisjointSkills,
    /// At most so many, whatever their skills.
    AtMost(usize),
}

/// The events of the functions contract §8 that are no change of a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OtherEvent {
    /// A chat survey was answered.
    ChatSurveyTranscript,
    /// An agent typed a command.
    ConversationalCommand,
    /// A survey dialog began.
    SurveyStarted,
    /// A survey dialog ended.
    SurveyEnded,
    /// A bot of another vendor is asked.
    BotIntegration,
    /// Before a bot of another vendor is asked.
    BotPreHook,
    /// After it answered.
    BotPostHook,
    /// After it failed.
    BotErrorHook,
}

impl OtherEvent {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::ChatSurveyTranscript,
        Self::ConversationalCommand,
        Self::SurveyStarted,
        Self::SurveyEnded,
        Self::BotIntegration,
        Self::BotPreHook,
        Self::BotPostHook,
        Self::BotErrorHook,
    ];

    /// The event id that clients know.
    pub const fn event_id(self) -> &'static str {
        match self {
            Self::ChatSurveyTranscript => "denver_post_survey_email_transcript",
            Self::ConversationalCommand => "conversational_command",
            Self::SurveyStarted => "surveybot_messaging_survey_started",
            Self::SurveyEnded => "surveybot_messaging_survey_ended",
            Self::BotIntegration => "bot_connectors_custom_integration",
            Self::BotPreHook => "bot_connectors_pre_hook",
            Self::BotPostHook => "bot_connectors_post_hook",
            Self::BotErrorHook => "bot_connectors_error_hook",
        }
    }

    /// How many functions may be bound to it.
    pub const fn rule(self) -> BindingRule {
        match self {
            Self::ChatSurveyTranscript => BindingRule::AtMost(10),
            Self::ConversationalCommand => BindingRule::AtMost(30),
            Self::SurveyStarted | Self::SurveyEnded => BindingRule::DisjointSkills,
            Self::BotIntegration | Self::BotPreHook | Self::BotPostHook | Self::BotErrorHook => {
                BindingRule::AtMost(15)
            }
        }
    }
}

impl EventBinding {
    /// The event id that clients know.
    pub const fn event_id(self) -> &'static str {
        match self {
            Self::StateChange(event) => event.event_id(),
            Self::Other(event) => event.event_id(),
        }
    }

    /// How many functions may be bound to it.
    pub const fn rule(self) -> BindingRule {
        match self {
            Self::StateChange(_) => BindingRule::DisjointSkills,
            Self::Other(event) => event.rule(),
        }
    }
}

/// A text that is no event id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is not an event id; one is \"controllerbot_messaging_new_conversation\"")]
pub struct UnknownBinding(pub String);

impl FromStr for EventBinding {
    type Err = UnknownBinding;

    fn from_str(text: &str) -> Result<Self, UnknownBinding> {
        let other = || OtherEvent::ALL.into_iter().find(|event| event.event_id() == text).map(Self::Other);
        let change = text.parse().ok().map(Self::StateChange);
        change.or_else(other).ok_or_else(|| UnknownBinding(text.to_owned()))
    }
}

impl fmt::Display for EventBinding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.event_id())
    }
}

impl Serialize for EventBinding {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.event_id())
    }
}

impl<'de> Deserialize<'de> for EventBinding {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}
