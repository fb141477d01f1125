//! An account's settings that have no module of their own.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use convoke_domain::account::{
    Account, Command, ConsumerWindow as DomainWindow, Egress as DomainEgress, PostSurvey as DomainSurvey,
    RunLogSettings as DomainRunLog,
};
use convoke_domain::automatic_message::Language;
use convoke_domain::id::SkillId;
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

use super::idle::IdleTimers;
use super::ttr::TtrSettings;

mirror! {
    /// What happens to an answer that the conversation has overtaken.
    FencePolicy = convoke_domain::account::FencePolicy {
        /// Its overtaken commands are dropped and shown so.
        Fence,
        /// All its commands are applied.
        Apply,
    }
}

mirror! {
    /// Which generation of the functions planes the account's clients are told to speak.
    Generation = convoke_domain::account::Generation {
        /// With lambdas and callbacks; what the common tools speak.
        V1,
        /// With functions and manifests.
        V2,
    }
}

mirror! {
    /// Whether functions may call anywhere.
    EgressMode = convoke_domain::account::EgressMode {
        /// Only the listed domains.
        Listed,
        /// Any public address.
        Any,
    }
}

/// Where the functions of an account may call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Egress {
    /// Whether the list counts.
    pub mode: EgressMode,
    /// Domains in lower case, exact or with one leading wildcard.
    #[serde(default)]
    #[schema(example = json!(["api.example.com", "*.example.org"]))]
    pub domains: BTreeSet<String>,
}

/// Where the consumer window may be.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ConsumerWindow {
    /// Whether there is one: whether somebody whom nobody knows may open conversations.
    pub enabled: bool,
    /// The origins of the pages it may be on, as browsers write them; the installation's own pages may always have it.
    #[schema(example = json!(["https://shop.example"]))]
    pub origins: BTreeSet<String>,
}

impl From<&DomainWindow> for ConsumerWindow {
    fn from(window: &DomainWindow) -> Self {
        Self { enabled: window.enabled, origins: window.origins.clone() }
    }
}

impl From<ConsumerWindow> for DomainWindow {
    fn from(ConsumerWindow { enabled, origins }: ConsumerWindow) -> Self {
        Self { enabled, origins }
    }
}

/// What consumers are asked after a conversation.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct PostSurvey {
    /// Whether they are, unless a skill says otherwise. Only those are asked whose client can show it.
    pub enabled: bool,
    /// The line that opens the survey, by language; without one for a consumer's language there is none.
    #[schema(value_type = std::collections::BTreeMap<String, String>, example = json!({"en": "How were we?"}))]
    pub question: BTreeMap<Language, String>,
}

impl From<&DomainSurvey> for PostSurvey {
    fn from(survey: &DomainSurvey) -> Self {
        Self { enabled: survey.enabled, question: survey.question.clone() }
    }
}

impl From<PostSurvey> for DomainSurvey {
    fn from(PostSurvey { enabled, question }: PostSurvey) -> Self {
        Self { enabled, question }
    }
}

/// What is kept of the runs of functions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RunLogSettings {
    /// For how many days, from 1 to 365.
    pub days: u16,
    /// Whether lines of the level debug are kept.
    #[serde(default)]
    pub keep_debug: bool,
    /// Whether tests are kept.
    #[serde(default)]
    pub keep_tests: bool,
    /// For how many days recordings are kept, up to 365 and never longer than the rest; 0: there are none. Left out, 7.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recording_days: Option<u16>,
    /// For how many days figures are kept, from 1 to 365: they may outlive the runs that they were made of. Left out, as long
    /// as these.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub figure_days: Option<u16>,
}

impl From<DomainRunLog> for RunLogSettings {
    fn from(
        DomainRunLog { days, keep_debug, keep_tests, recording_days, figure_days }: DomainRunLog,
    ) -> Self {
        Self { days, keep_debug, keep_tests, recording_days: Some(recording_days), figure_days }
    }
}

impl From<RunLogSettings> for DomainRunLog {
    fn from(
        RunLogSettings { days, keep_debug, keep_tests, recording_days, figure_days }: RunLogSettings,
    ) -> Self {
        let recording_days = recording_days.unwrap_or(DomainRunLog::default().recording_days);
        Self { days, keep_debug, keep_tests, recording_days, figure_days }
    }
}

/// What an account is set to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Settings {
    /// The name that people know the account by.
    pub name: String,
    /// Whether the Controller Bot acts.
    pub controller_bot_enabled: bool,
    /// The language of last resort for automatic messages.
    #[schema(value_type = String)]
    pub default_language: Language,
    /// The skill of conversations that are opened without one.
    #[schema(value_type = Option<String>)]
    pub default_skill: Option<SkillId>,
    /// How long each time to respond is, unless a skill says otherwise.
    pub ttr: TtrSettings,
    /// The idle timers, unless a skill says otherwise.
    pub idle: IdleTimers,
    /// How long a conversation may lie still until it is closed.
    pub auto_close_seconds: u64,
    /// Whether a new conversation soon after an auto-close fires.
    pub fire_after_autoclose: bool,
    /// What happens to overtaken answers, unless a function says otherwise.
    pub fence_policy: FencePolicy,
    /// Which generation of the functions planes its clients are told to speak.
    pub generation: Generation,
    /// Where the consumer window may be.
    pub window: ConsumerWindow,
    /// What consumers are asked after a conversation.
    pub survey: PostSurvey,
    /// Where functions may call.
    pub egress: Egress,
    /// What is kept of the runs of functions.
    pub run_log: RunLogSettings,
    /// For how many days it is kept who changed what.
    pub activity_days: u16,
}

impl From<&Account> for Settings {
    fn from(account: &Account) -> Self {
        Self {
            name: account.name.clone(),
            controller_bot_enabled: account.controller_bot_enabled,
            default_language: account.default_language.clone(),
            default_skill: account.default_skill.clone(),
            ttr: account.ttr.into(),
            idle: account.idle.into(),
            auto_close_seconds: account.auto_close.as_secs(),
            fire_after_autoclose: account.fire_after_autoclose,
            fence_policy: account.fence_policy.into(),
            generation: account.generation.into(),
            window: (&account.window).into(),
            survey: (&account.survey).into(),
            egress: Egress { mode: account.egress.mode.into(), domains: account.egress.domains.clone() },
            run_log: account.run_log.into(),
            activity_days: account.activity_days,
        }
    }
}

/// Changes of an account's settings; what is left out stays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct UpdateSettings {
    /// The name that people know the account by.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Whether the Controller Bot acts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub controller_bot_enabled: Option<bool>,
    /// The language of last resort for automatic messages.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub default_language: Option<Language>,
    /// The skill of conversations that are opened without one; `null` for none.
    #[serde(deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub default_skill: Option<Option<SkillId>>,
    /// How long each time to respond is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ttr: Option<TtrSettings>,
    /// The idle timers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub idle: Option<IdleTimers>,
    /// How long a conversation may lie still, from 25 minutes to 90 days.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auto_close_seconds: Option<u64>,
    /// Whether a new conversation soon after an auto-close fires.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fire_after_autoclose: Option<bool>,
    /// What happens to overtaken answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fence_policy: Option<FencePolicy>,
    /// Which generation of the functions planes its clients are told to speak.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub generation: Option<Generation>,
    /// Where the consumer window may be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub window: Option<ConsumerWindow>,
    /// What consumers are asked after a conversation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub survey: Option<PostSurvey>,
    /// Where functions may call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub egress: Option<Egress>,
    /// What is kept of the runs of functions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run_log: Option<RunLogSettings>,
    /// For how many days it is kept who changed what, from 7 to 3,650. What is older is forgotten.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub activity_days: Option<u16>,
}

/// Tells `null` from a field that is left out.
#[expect(clippy::option_option, reason = "left out, null and a skill are three different wishes")]
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<SkillId>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

impl UpdateSettings {
    /// One command for each setting that is there, in their order. Each is decided for itself: the first that is refused
    /// ends the update, and those before it stay.
    pub fn into_commands(self) -> Vec<Command> {
        let after = self.auto_close_seconds.map(Duration::from_secs);
        let egress =
            self.egress.map(|egress| DomainEgress { mode: egress.mode.into(), domains: egress.domains });
        let commands = [
            self.name.map(|name| Command::Rename { name }),
            self.default_language.map(|language| Command::SetDefaultLanguage { language }),
            self.default_skill.map(|skill| Command::SetDefaultSkill { skill }),
            self.ttr.map(|ttr| Command::SetTtr { ttr: ttr.into() }),
            self.idle.map(|idle| Command::SetIdleTimers { idle: idle.into() }),
            after.map(|after| Command::SetAutoClose { after }),
            self.fire_after_autoclose.map(|fire| Command::SetFireAfterAutoclose { fire }),
            self.fence_policy.map(|policy| Command::SetFencePolicy { policy: policy.into() }),
            self.generation.map(|generation| Command::SetGeneration { generation: generation.into() }),
            self.window.map(|window| Command::SetWindow { window: window.into() }),
            self.survey.map(|survey| Command::SetSurvey { survey: survey.into() }),
            egress.map(|egress| Command::SetEgress { egress }),
            self.run_log.map(|run_log| Command::SetRunLog { run_log: run_log.into() }),
            self.activity_days.map(|days| Command::SetActivityDays { days }),
            self.controller_bot_enabled.map(|enabled| Command::SwitchControllerBot { enabled }),
        ];
        commands.into_iter().flatten().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn null_takes_the_default_skill_away_and_absence_leaves_it() {
        let commands = |json| serde_json::from_str::<UpdateSettings>(json).unwrap().into_commands();
        assert_eq!(commands("{}"), []);
        assert_eq!(commands(r#"{"default_skill":null}"#), [Command::SetDefaultSkill { skill: None }]);
        let skill = Some("123456".parse().unwrap());
        assert_eq!(commands(r#"{"default_skill":"123456"}"#), [Command::SetDefaultSkill { skill }]);
    }
}
