//! What happened to an account. Recorded for ever: variants and fields are only ever added.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{
    AccessToken, AppKey, Client, ConsumerWindow, Egress, FencePolicy, Generation, IdleTimers, PasswordHash,
    PostSurvey, RunLogSettings, Secret, Skill, User, Webhook,
};
use crate::automatic_message::{AutomaticMessage, Language};
use crate::hours::{SpecialOccasions, WorkingHours, seconds};
use crate::id::{
    AccountId, AppKeyId, ClientId, SecretName, SkillId, SpecialOccasionsId, TokenId, UserId, WebhookId,
    WorkingHoursId,
};
use crate::state_change::CbotEventType;
use crate::ttr::TtrSettings;

/// A recorded change of an account. The shell records with it who did it and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[expect(missing_docs, reason = "the fields are those of the state, and documented there")]
pub enum Event {
    /// The account was opened.
    Created { id: AccountId, name: String, default_language: Language },
    /// It has another name.
    Renamed { name: String },
    /// The language of last resort was chosen.
    DefaultLanguageSet { language: Language },
    /// The Controller Bot was switched.
    ControllerBotSwitched { enabled: bool },
    /// A skill was created or replaced.
    SkillDefined { id: SkillId, skill: Skill },
    /// A skill was removed, with its automatic messages.
    SkillRemoved { id: SkillId },
    /// The default skill was chosen.
    DefaultSkillSet { skill: Option<SkillId> },
    /// Working hours were created or replaced.
    WorkingHoursDefined { hours: WorkingHours },
    /// Working hours were removed.
    WorkingHoursRemoved { id: WorkingHoursId },
    /// Special occasions were created or replaced.
    SpecialOccasionsDefined { occasions: SpecialOccasions },
    /// Special occasions were removed.
    SpecialOccasionsRemoved { id: SpecialOccasionsId },
    /// A user was created or replaced.
    UserDefined { id: UserId, user: User },
    /// A user was removed, and their tokens with them.
    UserRemoved { id: UserId },
    /// An automatic message was set.
    AutomaticMessageSet { code: CbotEventType, skill: Option<SkillId>, message: AutomaticMessage },
    /// An automatic message was removed.
    AutomaticMessageCleared { code: CbotEventType, skill: Option<SkillId> },
    /// The times to respond were set.
    TtrSet { ttr: TtrSettings },
    /// The idle timers were set.
    IdleTimersSet { idle: IdleTimers },
    /// The auto-close was set, in whole seconds.
    AutoCloseSet {
        #[serde(with = "seconds")]
        after: Duration,
    },
    /// It was chosen whether a new conversation soon after an auto-close fires.
    FireAfterAutocloseSet { fire: bool },
    /// The fence policy was chosen.
    FencePolicySet { policy: FencePolicy },
    /// It was set what is kept of the runs of functions.
    RunLogSet { run_log: RunLogSettings },
    /// It was set for how many days it is kept who changed what.
    ActivityDaysSet { days: u16 },
    /// The generation of the functions planes was chosen.
    GenerationSet { generation: Generation },
    /// It was set where the consumer window may be.
    WindowSet { window: ConsumerWindow },
    /// It was set what consumers are asked after a conversation.
    SurveySet { survey: PostSurvey },
    /// It was set where functions may call.
    EgressSet { egress: Egress },
    /// Functions may call a domain.
    DomainAdded { domain: String },
    /// They may not any longer.
    DomainRemoved { domain: String },
    /// A token was issued.
    TokenIssued { id: TokenId, token: AccessToken },
    /// A token was ended.
    TokenRevoked { id: TokenId },
    /// A user has another password, or none; their sessions ended.
    PasswordSet { user: UserId, hash: Option<PasswordHash> },
    /// A client was created or changed.
    ClientDefined { id: ClientId, client: Client },
    /// A client was removed, and its tokens with it.
    ClientRemoved { id: ClientId },
    /// A secret has another value.
    SecretSet { name: SecretName, secret: Secret },
    /// A secret was forgotten.
    SecretRemoved { name: SecretName },
    /// A user was given a key to log in with.
    AppKeyIssued { id: AppKeyId, key: AppKey },
    /// A key was revoked, and its user's sessions ended.
    AppKeyRevoked { id: AppKeyId },
    /// A webhook was created or changed.
    WebhookDefined { id: WebhookId, webhook: Webhook },
    /// A webhook was removed; what it was not told yet it never will be.
    WebhookRemoved { id: WebhookId },
}
