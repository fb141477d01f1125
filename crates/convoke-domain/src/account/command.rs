//! What someone wants of an account, and who that is.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    AccessToken, ConsumerWindow, Egress, FencePolicy, Generation, IdleTimers, PasswordHash, PostSurvey,
    Principal, RunLogSettings, SealedValue, Skill, User, UserRole, WebhookPlan,
};
use crate::automatic_message::{AutomaticMessage, Language};
use crate::hours::{SpecialOccasions, WorkingHours};
use crate::id::{
    AccountId, AppKeyId, ClientId, FunctionId, SecretName, SkillId, SpecialOccasionsId, TokenId, UserId,
    WebhookId, WorkingHoursId,
};
use crate::state_change::CbotEventType;
use crate::ttr::TtrSettings;

/// Who gives a command, as the shell has authenticated them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "actor", rename_all = "snake_case")]
pub enum Actor {
    /// The platform itself: a login that succeeded, the demo account. May do everything.
    System,
    /// The holder of a token.
    Principal {
        /// In whose name.
        principal: Principal,
        /// The token, where there is one.
        token: Option<TokenId>,
        /// What the token allows.
        roles: BTreeSet<UserRole>,
    },
    /// A function of the account, while it runs. It has no roles.
    Function {
        /// Which.
        function: FunctionId,
    },
}

impl Actor {
    /// Whether the actor has one of these roles.
    pub fn has_any(&self, wanted: &[UserRole]) -> bool {
        match self {
            Self::System => true,
            Self::Principal { roles, .. } => wanted.iter().any(|role| roles.contains(role)),
            Self::Function { .. } => false,
        }
    }

    /// Whether the actor is this principal; applications are told apart by their tokens.
    pub fn is(&self, other: Principal) -> bool {
        match self {
            Self::System | Self::Function { .. } => false,
            Self::Principal { principal, .. } => *principal == other && other != Principal::Application,
        }
    }
}

/// What the shell captures for a decision.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// The time.
    pub now: Timestamp,
    /// Who gives the command.
    pub actor: &'a Actor,
}

/// What someone wants of an account. `Define…` creates or replaces; a command that changes nothing is a no-op.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are those of the state, and documented there")]
pub enum Command {
    /// Open the account. Operators only.
    Create { id: AccountId, name: String, default_language: Language },
    /// Give it another name.
    Rename { name: String },
    /// Choose the language of last resort.
    SetDefaultLanguage { language: Language },
    /// Switch the Controller Bot on or off.
    SwitchControllerBot { enabled: bool },
    /// Define a skill.
    DefineSkill { id: SkillId, skill: Skill },
    /// Remove a skill that nobody serves and that is not the default.
    RemoveSkill { id: SkillId },
    /// Choose the skill of conversations that are opened without one.
    SetDefaultSkill { skill: Option<SkillId> },
    /// Define working hours.
    DefineWorkingHours { hours: WorkingHours },
    /// Remove working hours that no skill uses.
    RemoveWorkingHours { id: WorkingHoursId },
    /// Define a set of special occasions.
    DefineSpecialOccasions { occasions: SpecialOccasions },
    /// Remove a set that no skill uses.
    RemoveSpecialOccasions { id: SpecialOccasionsId },
    /// Define someone who works for the brand.
    DefineUser { id: UserId, user: User },
    /// Remove them, and revoke their tokens.
    RemoveUser { id: UserId },
    /// Set the automatic message for a code: of a skill, or of the account.
    SetAutomaticMessage { code: CbotEventType, skill: Option<SkillId>, message: AutomaticMessage },
    /// Set the automatic message for the code of an idle timer, and after which time it is sent: of a skill, or of the
    /// account.
    SetIdleMessage { code: CbotEventType, skill: Option<SkillId>, message: AutomaticMessage, time: Duration },
    /// Remove that entry: the skill goes back to the account's; at the account there is none then.
    ClearAutomaticMessage { code: CbotEventType, skill: Option<SkillId> },
    /// Set the times to respond.
    SetTtr { ttr: TtrSettings },
    /// Set the idle timers.
    SetIdleTimers { idle: IdleTimers },
    /// Set how long a conversation may lie still.
    SetAutoClose { after: Duration },
    /// Choose whether a new conversation soon after an auto-close fires.
    SetFireAfterAutoclose { fire: bool },
    /// Choose what happens to overtaken answers.
    SetFencePolicy { policy: FencePolicy },
    /// Set what is kept of the runs of functions.
    SetRunLog { run_log: RunLogSettings },
    /// Set for how many days it is kept who changed what.
    SetActivityDays { days: u16 },
    /// Choose which generation of the functions planes its clients are told to speak.
    SetGeneration { generation: Generation },
    /// Set where the consumer window may be.
    SetWindow { window: ConsumerWindow },
    /// Set what consumers are asked after a conversation.
    SetSurvey { survey: PostSurvey },
    /// Set where functions may call.
    SetEgress { egress: Egress },
    /// Let functions call a domain.
    AddDomain { domain: String },
    /// Let them call it no longer.
    RemoveDomain { domain: String },
    /// Record a token that the shell has made `at` this time. Tokens go by the real time, whatever the engine's clock says.
    IssueToken { id: TokenId, token: AccessToken, at: Timestamp },
    /// End a token.
    RevokeToken { id: TokenId },
    /// Record what a user's password hashes to, or that they have none; their sessions end.
    SetPassword { user: UserId, hash: Option<PasswordHash> },
    /// Define a program that asks for tokens with a secret of its own.
    DefineClient { id: ClientId, name: String, roles: BTreeSet<UserRole>, secret_sha256: String },
    /// Remove it; its tokens end.
    RemoveClient { id: ClientId },
    /// Give a secret a value of so many characters, sealed for this version.
    SetSecret { name: SecretName, sealed: SealedValue, version: u32, chars: usize },
    /// Forget a secret.
    RemoveSecret { name: SecretName },
    /// Give a user a key to log in with; `sealed` holds its secrets.
    IssueAppKey { id: AppKeyId, name: String, user: UserId, access_token: String, sealed: SealedValue },
    /// Revoke it; its user's sessions end.
    RevokeAppKey { id: AppKeyId },
    /// Define a webhook; `sealed` is its new secret, without which it keeps the one that it has.
    DefineWebhook { id: WebhookId, plan: WebhookPlan, sealed: Option<SealedValue> },
    /// Remove a webhook.
    RemoveWebhook { id: WebhookId },
}
