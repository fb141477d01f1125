//! The settings of one account and the questions that the other machines ask of them.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    AccessToken, Actor, AppKey, Client, ConsumerWindow, IdleOverrides, IdleTimers, PasswordHash, PostSurvey,
    Principal, Secret, User, Webhook,
};
use crate::automatic_message::{AutomaticMessage, AutomaticMessages, Language};
use crate::hours::{Hours, SpecialOccasions, WorkingHours, seconds};
use crate::id::{
    AccountId, AppKeyId, ClientId, SecretName, SkillId, SpecialOccasionsId, TokenId, UserId, WebhookId,
    WorkingHoursId,
};
use crate::limits;
use crate::state_change::CbotEventType;
use crate::ttr::TtrSettings;

/// A brand's tenant: its settings. Functions are kept apart, in [`crate::function::Functions`].
///
/// It is stored where old activity is forgotten, so a field that is new here needs a default for what was stored before it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// Its id, for ever.
    pub id: AccountId,
    /// The name that people gave it.
    pub name: String,
    /// Whether the Controller Bot acts. Off in a new account.
    pub controller_bot_enabled: bool,
    /// The language of last resort for automatic messages.
    pub default_language: Language,
    /// The skill of conversations that are opened without one.
    pub default_skill: Option<SkillId>,
    /// The skills.
    pub skills: BTreeMap<SkillId, Skill>,
    /// The working hours that skills refer to.
    pub working_hours: BTreeMap<WorkingHoursId, WorkingHours>,
    /// The special occasions that skills refer to.
    pub special_occasions: BTreeMap<SpecialOccasionsId, SpecialOccasions>,
    /// Those who work for the brand.
    pub users: BTreeMap<UserId, User>,
    /// How long each time to respond is, unless a skill says otherwise.
    pub ttr: TtrSettings,
    /// The idle timers, unless a skill says otherwise.
    pub idle: IdleTimers,
    /// The automatic messages, unless a skill says otherwise.
    pub automatic_messages: AutomaticMessages,
    /// What skills say otherwise; a skill without any has no entry.
    pub skill_messages: BTreeMap<SkillId, AutomaticMessages>,
    /// How long a conversation may lie still until it is closed, whole seconds.
    #[serde(with = "seconds")]
    pub auto_close: Duration,
    /// What consumers are asked after a conversation.
    #[serde(default)]
    pub survey: PostSurvey,
    /// How often that was changed.
    #[serde(default)]
    pub survey_revision: u32,
    /// Whether a new conversation soon after an auto-close fires as `…_AFTER_AUTOCLOSE` instead of not at all.
    pub fire_after_autoclose: bool,
    /// What happens to an answer that the conversation has overtaken, unless a function says otherwise.
    pub fence_policy: FencePolicy,
    /// Which generation of the functions planes its clients are told to speak.
    #[serde(default)]
    pub generation: Generation,
    /// Where the consumer window may be.
    #[serde(default)]
    pub window: ConsumerWindow,
    /// Where functions may call.
    pub egress: Egress,
    /// What is kept of the runs of functions.
    #[serde(default)]
    pub run_log: RunLogSettings,
    /// For how many days it is kept who changed what.
    #[serde(default = "activity_days")]
    pub activity_days: u16,
    /// The access tokens, expired ones included until they are revoked or replaced.
    pub tokens: BTreeMap<TokenId, AccessToken>,
    /// What passwords hash to; a user without one cannot log in.
    #[serde(default)]
    pub passwords: BTreeMap<UserId, PasswordHash>,
    /// Programs that ask for tokens with a secret of their own.
    #[serde(default)]
    pub clients: BTreeMap<ClientId, Client>,
    /// What bots' users log in with.
    #[serde(default)]
    pub app_keys: BTreeMap<AppKeyId, AppKey>,
    /// What functions read by name.
    #[serde(default)]
    pub secrets: BTreeMap<SecretName, Secret>,
    /// Where its conversations are told to.
    #[serde(default)]
    pub webhooks: BTreeMap<WebhookId, Webhook>,
}

/// A named queue and competence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Skill {
    /// Its name, unique in the account.
    pub name: String,
    /// Whether conversations can be routed to it.
    pub enabled: bool,
    /// When it is staffed; `None`: always.
    pub working_hours: Option<WorkingHoursId>,
    /// Exceptions to that.
    pub special_occasions: Option<SpecialOccasionsId>,
    /// Times to respond instead of the account's.
    pub ttr: Option<TtrSettings>,
    /// Idle timers instead of the account's.
    pub idle: IdleOverrides,
    /// Whether its consumers are asked afterwards, instead of what the account says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub survey: Option<bool>,
}

impl Skill {
    /// A skill with nothing of its own: always staffed, the account's settings.
    pub fn named(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            enabled: true,
            working_hours: None,
            special_occasions: None,
            ttr: None,
            idle: IdleOverrides::default(),
            survey: None,
        }
    }
}

/// What happens to an answer that the conversation has overtaken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FencePolicy {
    /// Its overtaken commands are dropped and shown so.
    #[default]
    Fence,
    /// All its commands are applied.
    Apply,
}

/// What is kept of the runs of functions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunLogSettings {
    /// For how many days.
    pub days: u16,
    /// Whether lines of the level debug are kept.
    pub keep_debug: bool,
    /// Whether tests are kept.
    pub keep_tests: bool,
    /// For how many days recordings are kept, from which a run can be repeated; 0: there are none.
    #[serde(default = "recording_days")]
    pub recording_days: u16,
    /// For how many days figures are kept: how often functions ran, how that came out, how long it took. `None`: as long as
    /// runs. Nothing in them is about a person, so they may outlive what was logged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub figure_days: Option<u16>,
}

/// Long enough to answer for the year that an audit asks about.
const fn activity_days() -> u16 {
    365
}

/// Long enough to look into what happened last week, short enough not to become an archive of what people wrote.
const fn recording_days() -> u16 {
    7
}

impl Default for RunLogSettings {
    /// As the functions contract §6.2 has it.
    fn default() -> Self {
        Self {
            days: 30,
            keep_debug: false,
            keep_tests: false,
            recording_days: recording_days(),
            figure_days: None,
        }
    }
}

/// A generation of the functions planes. Clients tell them apart by the host names that they are given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Generation {
    /// With lambdas and callbacks; what the common tools speak.
    #[default]
    V1,
    /// With functions and manifests.
    V2,
}

/// Where the functions of an account may call.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Egress {
    /// Whether the list counts.
    pub mode: EgressMode,
    /// Domains, exact or with one leading wildcard, in lower case.
    pub domains: BTreeSet<String>,
}

/// Whether functions may call anywhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EgressMode {
    /// Only the listed domains.
    #[default]
    Listed,
    /// Any public address.
    Any,
}

impl Account {
    /// A new account: Controller Bot off, no skills, default settings and texts.
    pub fn new(id: AccountId, name: String, default_language: Language) -> Self {
        Self {
            id,
            name,
            controller_bot_enabled: false,
            default_language,
            default_skill: None,
            skills: BTreeMap::new(),
            working_hours: BTreeMap::new(),
            special_occasions: BTreeMap::new(),
            users: BTreeMap::new(),
            ttr: TtrSettings::default(),
            idle: IdleTimers::default(),
            automatic_messages: AutomaticMessages::defaults(),
            skill_messages: BTreeMap::new(),
            auto_close: limits::AUTO_CLOSE_MAX,
            survey: PostSurvey::default(),
            survey_revision: 0,
            fire_after_autoclose: false,
            fence_policy: FencePolicy::default(),
            generation: Generation::default(),
            window: ConsumerWindow::default(),
            egress: Egress::default(),
            run_log: RunLogSettings::default(),
            activity_days: activity_days(),
            tokens: BTreeMap::new(),
            passwords: BTreeMap::new(),
            clients: BTreeMap::new(),
            app_keys: BTreeMap::new(),
            secrets: BTreeMap::new(),
            webhooks: BTreeMap::new(),
        }
    }

    /// The skill with this id.
    pub fn skill(&self, skill: &SkillId) -> Option<&Skill> {
        self.skills.get(skill)
    }

    /// Whether there is such a skill, enabled or not.
    pub fn skill_exists(&self, skill: &SkillId) -> bool {
        self.skills.contains_key(skill)
    }

    /// Whether conversations can be routed to this skill.
    pub fn skill_enabled(&self, skill: &SkillId) -> bool {
        self.skills.get(skill).is_some_and(|skill| skill.enabled)
    }

    /// When this skill is staffed. Without a skill, or with one that is gone: always.
    pub fn hours_of(&self, skill: Option<&SkillId>) -> Hours<'_> {
        self.settings_of(skill).map_or(Hours::ALWAYS, |skill| {
            Hours::new(
                skill.working_hours.as_ref().and_then(|id| self.working_hours.get(id)),
                skill.special_occasions.as_ref().and_then(|id| self.special_occasions.get(id)),
            )
        })
    }

    /// How long the times to respond of this skill are.
    pub fn ttr_of(&self, skill: Option<&SkillId>) -> TtrSettings {
        self.settings_of(skill).and_then(|skill| skill.ttr).unwrap_or(self.ttr)
    }

    /// The idle timers of this skill.
    pub fn idle_of(&self, skill: Option<&SkillId>) -> IdleTimers {
        self.settings_of(skill).map_or(self.idle, |skill| skill.idle.over(&self.idle))
    }

    /// Whether consumers of this skill are asked what they think after a conversation.
    pub fn asks_afterwards(&self, skill: &SkillId) -> bool {
        self.skills.get(skill).and_then(|skill| skill.survey).unwrap_or(self.survey.enabled)
    }

    /// The entry that counts for this code: the skill's own, else the account's.
    pub fn automatic_message_for(
        &self,
        code: CbotEventType,
        skill: Option<&SkillId>,
    ) -> Option<&AutomaticMessage> {
        let own = skill.and_then(|skill| self.skill_messages.get(skill)).and_then(|own| own.get(code));
        own.or_else(|| self.automatic_messages.get(code))
    }

    /// The user with this id.
    pub fn user(&self, user: UserId) -> Option<&User> {
        self.users.get(&user)
    }

    /// The user who logs in with this name.
    pub fn user_by_login(&self, login_name: &str) -> Option<(UserId, &User)> {
        let mut all = self.users.iter();
        all.find(|(_, user)| user.login_name == login_name).map(|(&id, user)| (id, user))
    }

    /// The user that a text names: `123`, `account.123` or a pid, as callback commands and the wire write them.
    pub fn agent_by_text(&self, text: &str) -> Option<(UserId, &User)> {
        let number = match text.split_once('.') {
            Some((account, number)) if account == self.id.as_str() => number,
            Some(_) => return None,
            None => text,
        };
        if let Ok(id) = number.parse::<UserId>() {
            return self.users.get(&id).map(|user| (id, user));
        }
        let pid = crate::id::Pid::try_parse(text).ok()?;
        self.users.iter().find(|(_, user)| user.pid == pid).map(|(&id, user)| (id, user))
    }

    /// The token whose secret has this SHA-256, expired or not.
    pub fn token_by_sha256(&self, sha256: &str) -> Option<(TokenId, &AccessToken)> {
        self.tokens.iter().find(|(_, token)| token.sha256 == sha256).map(|(&id, token)| (id, token))
    }

    /// Who speaks with the token of this hash at `now`; `None` if it is unknown or expired, or its user gone or
    /// disabled. The roles are those that the token allows and its user still has.
    pub fn actor_of(&self, sha256: &str, now: Timestamp) -> Option<Actor> {
        let (id, token) = self.token_by_sha256(sha256).filter(|(_, token)| now < token.expires_at)?;
        let roles = match token.principal {
            Principal::User(user) => {
                let user = self.users.get(&user).filter(|user| user.enabled)?;
                token.roles.intersection(&user.roles).copied().collect()
            }
            Principal::Client(client) => {
                let client = self.clients.get(&client)?;
                token.roles.intersection(&client.roles).copied().collect()
            }
            Principal::Consumer(_) | Principal::Application => token.roles.clone(),
        };
        Some(Actor::Principal { principal: token.principal, token: Some(id), roles })
    }

    fn settings_of(&self, skill: Option<&SkillId>) -> Option<&Skill> {
        skill.and_then(|skill| self.skills.get(skill))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What was stored of an account when accounts began to be stored. It never grows.
    const FIRST_FORM: [&str; 18] = [
        "id",
        "name",
        "controller_bot_enabled",
        "default_language",
        "default_skill",
        "skills",
        "working_hours",
        "special_occasions",
        "users",
        "ttr",
        "idle",
        "automatic_messages",
        "skill_messages",
        "auto_close",
        "fire_after_autoclose",
        "fence_policy",
        "egress",
        "tokens",
    ];

    #[test]
    fn an_account_that_was_stored_earlier_is_read_with_defaults_for_what_is_new() {
        let account = Account::new("acme".parse().unwrap(), "Acme".to_owned(), Language::english());
        let mut stored = serde_json::to_value(&account).unwrap();
        let fields = stored.as_object_mut().unwrap();
        fields.retain(|name, _| FIRST_FORM.contains(&name.as_str()));
        assert_eq!(fields.len(), FIRST_FORM.len());
        assert_eq!(serde_json::from_value::<Account>(stored).unwrap(), account);
    }
}
