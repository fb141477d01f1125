//! Why an account refuses a command. Each has a stable code and says what to do.

use crate::automatic_message::TextError;
use crate::id::{
    AppKeyId, ClientId, SecretName, SkillId, SpecialOccasionsId, TokenId, UserId, WebhookId, WorkingHoursId,
};
use crate::limits;
use crate::state_change::CbotEventType;
use crate::ttr::TtrError;

/// An expected refusal.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the fields are what the message names")]
pub enum Rejection {
    /// The actor lacks the role.
    #[error("this needs the role {needs}; ask someone who has it")]
    RoleMissing { needs: &'static str },
    /// The actor cannot give this role away.
    #[error("only an operator can make someone an operator")]
    RoleNotGrantable,
    /// No such account.
    #[error("there is no such account")]
    AccountUnknown,
    /// The account is there already.
    #[error("there is such an account already; choose another id")]
    AccountExists,
    /// An unusable name.
    #[error("{what} has 1 to {max} characters and no line breaks", max = limits::NAME_CHARS_MAX)]
    NameInvalid { what: &'static str },
    /// A nickname that would break automatic messages.
    #[error("a nickname may not contain \"<\", \">\" or \"\\\": consumers see it in automatic messages")]
    NicknameCharacter,
    /// No such skill.
    #[error("there is no skill {0} in this account; `convoke skill list` shows those that are")]
    SkillUnknown(SkillId),
    /// Another skill has the name.
    #[error("skill {other} is named \"{name}\" already; choose another name")]
    SkillNameTaken { name: String, other: SkillId },
    /// Somebody serves the skill.
    #[error("skill {skill} is still served by user {user}; take it from its users first")]
    SkillServed { skill: SkillId, user: UserId },
    /// The skill is the default.
    #[error("skill {0} is the account's default and must stay enabled; choose another default first")]
    SkillIsDefault(SkillId),
    /// The skill is disabled.
    #[error("skill {0} is disabled; enable it first")]
    SkillDisabled(SkillId),
    /// No such working hours.
    #[error("there are no working hours {0} in this account; define them first")]
    WorkingHoursUnknown(WorkingHoursId),
    /// A skill uses them.
    #[error("working hours {hours} are used by skill {skill}; give the skill others first")]
    WorkingHoursInUse { hours: WorkingHoursId, skill: SkillId },
    /// No such special occasions.
    #[error("there are no special occasions {0} in this account; define them first")]
    SpecialOccasionsUnknown(SpecialOccasionsId),
    /// A skill uses them.
    #[error("special occasions {occasions} are used by skill {skill}; give the skill others first")]
    SpecialOccasionsInUse { occasions: SpecialOccasionsId, skill: SkillId },
    /// No such user.
    #[error("there is no user {0} in this account")]
    UserUnknown(UserId),
    /// Another user has the login name.
    #[error("user {other} logs in as \"{name}\" already; choose another login name")]
    LoginNameTaken { name: String, other: UserId },
    /// Another user has the participant id.
    #[error("user {other} has this participant id already; choose another")]
    PidTaken { other: UserId },
    /// Nobody serves as many conversations at once.
    #[error("a user serves at most {} conversations at once", limits::USER_LOAD_MAX)]
    LoadTooHigh,
    /// An unusable text.
    #[error(transparent)]
    Text(#[from] TextError),
    /// An unusable time to respond.
    #[error(transparent)]
    Ttr(#[from] TtrError),
    /// A time for a message that no idle timer sends.
    #[error("{code} is sent by no idle timer: leave its time out", code = .0.code())]
    NoIdleTimer(CbotEventType),
    /// An unusable idle timer.
    #[error(
        "an idle time is whole seconds from {} seconds to {} days, and repeats 1 to {} times",
        limits::IDLE_TIME_MIN.as_secs(), limits::IDLE_TIME_MAX.as_secs() / 86_400, limits::IDLE_REPEAT_MAX
    )]
    IdleOutOfRange,
    /// An unusable auto-close.
    #[error(
        "the auto-close is whole seconds from {} minutes to {} days, and cannot be switched off",
        limits::AUTO_CLOSE_MIN.as_secs() / 60, limits::AUTO_CLOSE_MAX.as_secs() / 86_400
    )]
    AutoCloseOutOfRange,
    /// A run log that is kept for too short or too long.
    #[error(
        "the run log is kept for {} to {} days",
        limits::RUN_LOG_DAYS.start(), limits::RUN_LOG_DAYS.end()
    )]
    RunLogDaysOutOfRange,
    /// Activity is kept for fewer or more days than it may be.
    #[error("activity is kept for {} to {} days", limits::ACTIVITY_DAYS.start(), limits::ACTIVITY_DAYS.end())]
    ActivityDaysOutOfRange,
    /// An unusable domain.
    #[error("\"{0}\" is not a domain; write it in lower case like \"api.example.com\" or \"*.example.com\"")]
    DomainInvalid(String),
    /// No such domain.
    #[error("\"{0}\" is not on the allow-list; `convoke domain list` shows what is")]
    DomainUnknown(String),
    /// No such client.
    #[error("there is no client {0} in this account")]
    ClientUnknown(ClientId),
    /// No such secret.
    #[error(
        "there is no secret \"{0}\" in this account; an administrator makes one with `convoke secret set`"
    )]
    SecretUnknown(SecretName),
    /// A name that only the platform gives.
    #[error("the secret name \"{0}\" is reserved for the platform; choose another")]
    SecretReserved(SecretName),
    /// An unusable value.
    #[error(
        "the value of \"{name}\" has {chars} characters; at most {} are possible",
        limits::SECRET_VALUE_CHARS_MAX
    )]
    SecretTooLong { name: SecretName, chars: usize },
    /// Somebody else set it meanwhile.
    #[error("the secret \"{0}\" was set by somebody else meanwhile; set it once more")]
    SecretChanged(SecretName),
    /// A hash of the wrong form.
    #[error("a token is recorded by the SHA-256 of its secret: 64 lower-case hexadecimal digits")]
    TokenHashInvalid,
    /// The id or the secret is in use.
    #[error("token {0} has this id or secret already; make a new one")]
    TokenTaken(TokenId),
    /// A token that never is valid, or too long.
    #[error("a token ends in the future, at most {} days from now", limits::TOKEN_LIFE_MAX.as_secs() / 86_400)]
    TokenExpiryInvalid,
    /// A token that may more than its principal.
    #[error("a token allows at most what its holder may; remove the other roles")]
    TokenRolesExceed,
    /// No such token.
    #[error("there is no token {0} in this account")]
    TokenUnknown(TokenId),
    /// Something that is no origin.
    #[error("\"{0}\" is no origin; write it as browsers do, like `https://shop.example`, without a path")]
    OriginInvalid(String),
    /// No such app key.
    #[error("there is no app key {0} in this account; `convoke app-key list` shows those that are")]
    AppKeyUnknown(AppKeyId),
    /// No such webhook.
    #[error("there is no webhook {0} in this account; `convoke webhook list` shows those that are")]
    WebhookUnknown(WebhookId),
    /// An unusable address.
    #[error(
        "a webhook's URL begins with https:// or http:// and a host, and has at most {} characters without spaces",
        limits::WEBHOOK_URL_BYTES_MAX
    )]
    WebhookUrlInvalid,
    /// Nothing to tell, or what its form has no words for.
    #[error("a webhook is told of at least one kind of event, and only of those that its form has words for")]
    WebhookTopicsInvalid,
    /// Letters that are tried for too short or too long.
    #[error(
        "a webhook's letters are tried for whole seconds, from {} seconds to {} days",
        limits::WEBHOOK_RETENTION_MIN.as_secs(), limits::WEBHOOK_RETENTION_MAX.as_secs() / 86_400
    )]
    WebhookRetentionOutOfRange,
    /// A list is full.
    #[error("an account has at most {max} {what}; remove those that nobody needs")]
    TooMany { what: &'static str, max: usize },
}

impl Rejection {
    /// The stable code that clients can rely on.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::RoleMissing { .. } => "role.missing",
            Self::RoleNotGrantable => "role.not_grantable",
            Self::AccountUnknown => "account.unknown",
            Self::AccountExists => "account.exists",
            Self::NameInvalid { .. } => "name.invalid",
            Self::NicknameCharacter => "user.nickname_invalid",
            Self::SkillUnknown(_) => "skill.unknown",
            Self::SkillNameTaken { .. } => "skill.name_taken",
            Self::SkillServed { .. } => "skill.served",
            Self::SkillIsDefault(_) => "skill.is_default",
            Self::SkillDisabled(_) => "skill.disabled",
            Self::WorkingHoursUnknown(_) => "working_hours.unknown",
            Self::WorkingHoursInUse { .. } => "working_hours.in_use",
            Self::SpecialOccasionsUnknown(_) => "special_occasions.unknown",
            Self::SpecialOccasionsInUse { .. } => "special_occasions.in_use",
            Self::UserUnknown(_) => "user.unknown",
            Self::LoginNameTaken { .. } => "user.login_name_taken",
            Self::PidTaken { .. } => "user.pid_taken",
            Self::LoadTooHigh => "user.load_too_high",
            Self::Text(_) => "automatic_message.text_invalid",
            Self::Ttr(_) => "ttr.out_of_range",
            Self::NoIdleTimer(_) => "idle.no_timer",
            Self::IdleOutOfRange => "idle.out_of_range",
            Self::AutoCloseOutOfRange => "auto_close.out_of_range",
            Self::RunLogDaysOutOfRange => "run_log.days_out_of_range",
            Self::ActivityDaysOutOfRange => "activity.days_out_of_range",
            Self::DomainInvalid(_) => "domain.invalid",
            Self::DomainUnknown(_) => "domain.unknown",
            Self::ClientUnknown(_) => "client.unknown",
            Self::SecretUnknown(_) => "secret.unknown",
            Self::SecretReserved(_) => "secret.name_reserved",
            Self::SecretTooLong { .. } => "secret.value_too_long",
            Self::SecretChanged(_) => "secret.changed",
            Self::TokenHashInvalid => "token.hash_invalid",
            Self::TokenTaken(_) => "token.taken",
            Self::TokenExpiryInvalid => "token.expiry_invalid",
            Self::TokenRolesExceed => "token.roles_exceed",
            Self::TokenUnknown(_) => "token.unknown",
            Self::OriginInvalid(_) => "window.origin_invalid",
            Self::AppKeyUnknown(_) => "app_key.unknown",
            Self::WebhookUnknown(_) => "webhook.unknown",
            Self::WebhookUrlInvalid => "webhook.url_invalid",
            Self::WebhookTopicsInvalid => "webhook.topics_invalid",
            Self::WebhookRetentionOutOfRange => "webhook.retention_out_of_range",
            Self::TooMany { .. } => "limit.reached",
        }
    }
}
