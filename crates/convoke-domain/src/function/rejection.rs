//! Why an account's functions refuse a command. Each has a stable code and says what to do.

use crate::function::{EventBinding, VersionNumber};
use crate::id::{FunctionId, SkillId};
use crate::limits;

/// An expected refusal.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the fields are what the message names")]
pub enum Rejection {
    /// The actor lacks the role.
    #[error("this needs the role {needs}; ask someone who has it")]
    RoleMissing { needs: &'static str },
    /// No such function.
    #[error("there is no function {0} in this account")]
    FunctionUnknown(FunctionId),
    /// The id is in use.
    #[error("there is a function {0} already")]
    FunctionExists(FunctionId),
    /// The account is full.
    #[error("an account has at most {} functions; delete those that nobody needs", limits::FUNCTIONS_MAX)]
    TooManyFunctions,
    /// An unusable name.
    #[error("\"{0}\" is not a function name; use 1 to {max} letters, digits and \"_\"", max = limits::FUNCTION_NAME_CHARS_MAX)]
    NameInvalid(String),
    /// Another function has the name.
    #[error("there is a function \"{0}\" already; choose another name")]
    NameTaken(String),
    /// An unusable description.
    #[error("a description has at most {} characters", limits::FUNCTION_DESCRIPTION_CHARS_MAX)]
    DescriptionTooLong,
    /// No such skill.
    #[error("there is no skill {0} in this account; `convoke skill list` shows those that are")]
    SkillUnknown(SkillId),
    /// Too many skills.
    #[error("a function has at most {} skills; leave them out to answer in all", limits::FUNCTION_SKILLS_MAX)]
    TooManySkills,
    /// Another function of the event has some of the skills.
    #[error("\"{name}\" answers {event} in {} already; take them from one of the two", skills(shared))]
    SkillsOverlap { other: FunctionId, name: String, event: EventBinding, shared: Vec<SkillId> },
    /// One of the two would answer in all skills.
    #[error(
        "\"{name}\" answers {event} in {} already, and an event has either one function for all skills or functions \
         with skills of their own",
        skills(theirs)
    )]
    DefaultBesideSkilled { other: FunctionId, name: String, event: EventBinding, theirs: Vec<SkillId> },
    /// The event has its number of functions.
    #[error("{event} has {max} functions, the most it can have; delete one of them first")]
    EventFull { event: EventBinding, max: usize },
    /// Nothing to run.
    #[error("the source is empty; begin with a template")]
    SourceEmpty,
    /// Too much to run.
    #[error("the source has {chars} characters; at most {} are possible", limits::SOURCE_CHARS_MAX)]
    SourceTooLong { chars: usize },
    /// The check looked at an earlier draft.
    #[error("the draft was saved again while it was checked; deploy once more")]
    DraftChanged,
    /// An unusable name of a variable.
    #[error(
        "\"{0}\" is not a variable name; use 1 to {max} letters, digits and \"_\", not beginning with a digit",
        max = limits::ENVIRONMENT_NAME_CHARS_MAX
    )]
    VariableInvalid(String),
    /// The platform sets this one.
    #[error("the variable {0} is reserved for the platform; choose another name")]
    VariableReserved(String),
    /// An unusable value.
    #[error(
        "the value of {0} has more than {max} characters; keep it as a secret", max = limits::ENVIRONMENT_VALUE_CHARS_MAX
    )]
    VariableTooLong(String),
    /// Too many variables.
    #[error("a function has at most {} environment variables", limits::ENVIRONMENT_MAX)]
    TooManyVariables,
    /// A setting out of its bounds.
    #[error("{setting} is from {min} to {max}")]
    SettingOutOfRange { setting: &'static str, min: u32, max: u32 },
    /// No such version, or not any more.
    #[error("version {version} is not kept; the kept ones are {}", numbers(kept))]
    VersionUnknown { version: VersionNumber, kept: Vec<VersionNumber> },
    /// Not deployed.
    #[error("\"{0}\" is not deployed")]
    NotDeployed(String),
    /// Deployed.
    #[error("\"{0}\" is deployed; undeploy it first")]
    StillDeployed(String),
}

impl Rejection {
    /// The stable code that clients can rely on.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::RoleMissing { .. } => "role.missing",
            Self::FunctionUnknown(_) => "function.unknown",
            Self::FunctionExists(_) => "function.exists",
            Self::TooManyFunctions => "function.too_many",
            Self::NameInvalid(_) => "function.name_invalid",
            Self::NameTaken(_) => "function.name_taken",
            Self::DescriptionTooLong => "function.description_too_long",
            Self::SkillUnknown(_) => "skill.unknown",
            Self::TooManySkills => "function.too_many_skills",
            Self::SkillsOverlap { .. } => "function.skills_overlap",
            Self::DefaultBesideSkilled { .. } => "function.default_beside_skilled",
            Self::EventFull { .. } => "function.event_full",
            Self::SourceEmpty => "function.source_empty",
            Self::SourceTooLong { .. } => "function.source_too_long",
            Self::DraftChanged => "function.draft_changed",
            Self::VariableInvalid(_) => "function.variable_invalid",
            Self::VariableReserved(_) => "function.variable_reserved",
            Self::VariableTooLong(_) => "function.variable_too_long",
            Self::TooManyVariables => "function.too_many_variables",
            Self::SettingOutOfRange { .. } => "function.setting_out_of_range",
            Self::VersionUnknown { .. } => "function.version_unknown",
            Self::NotDeployed(_) => "function.not_deployed",
            Self::StillDeployed(_) => "function.still_deployed",
        }
    }
}

/// Skills as a phrase. A long list is cut; the others show up when these are solved.
fn skills(skills: &[SkillId]) -> String {
    const SHOWN: usize = 10;
    let shown: Vec<&str> = skills.iter().take(SHOWN).map(SkillId::as_str).collect();
    match (skills.len(), shown.join(", ")) {
        (0, _) => "all skills".to_owned(),
        (1, shown) => format!("skill {shown}"),
        (..=SHOWN, shown) => format!("skills {shown}"),
        (count, shown) => format!("skills {shown} and {} more", count - SHOWN),
    }
}

fn numbers(versions: &[VersionNumber]) -> String {
    let numbers: Vec<String> = versions.iter().map(ToString::to_string).collect();
    if numbers.is_empty() { "none".to_owned() } else { numbers.join(", ") }
}
