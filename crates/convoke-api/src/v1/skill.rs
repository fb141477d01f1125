//! Skills.

use convoke_domain::account::{Account, Command, Skill as Domain};
use convoke_domain::hours::Shift;
use convoke_domain::id::{SkillId, SpecialOccasionsId, WorkingHoursId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::idle::IdleOverrides;
use super::ttr::TtrSettings;

/// What a skill is set to. Defining one that exists replaces it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DefineSkill {
    /// Its name, unique in the account.
    #[schema(example = "Workshop")]
    pub name: String,
    /// Whether conversations can be routed to it; yes if left out.
    #[serde(default = "yes")]
    pub enabled: bool,
    /// When it is staffed; always if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "1")]
    pub working_hours: Option<WorkingHoursId>,
    /// Exceptions to that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub special_occasions: Option<SpecialOccasionsId>,
    /// Times to respond instead of the account's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ttr: Option<TtrSettings>,
    /// Idle timers instead of the account's.
    #[serde(default)]
    pub idle: IdleOverrides,
    /// Whether its consumers are asked what they think after a conversation, instead of what the account says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub survey: Option<bool>,
}

const fn yes() -> bool {
    true
}

impl DefineSkill {
    /// The command that defines the skill `id` so.
    pub fn into_command(self, id: SkillId) -> Command {
        let skill = Domain {
            name: self.name,
            enabled: self.enabled,
            working_hours: self.working_hours,
            special_occasions: self.special_occasions,
            ttr: self.ttr.map(Into::into),
            idle: self.idle.into(),
            survey: self.survey,
        };
        Command::DefineSkill { id, skill }
    }
}

/// A named queue and competence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Skill {
    /// Its id.
    #[schema(value_type = String, example = "123456")]
    pub id: SkillId,
    /// What it is set to.
    #[serde(flatten)]
    pub settings: DefineSkill,
    /// Whether it is staffed now.
    pub staffed: bool,
    /// Until when that stays so; absent if for longer than a year.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub staffed_changes_at: Option<Timestamp>,
}

impl Skill {
    /// The skill `id` of `account` as it is at `now`.
    pub fn of(account: &Account, id: &SkillId, now: Timestamp) -> Option<Self> {
        let skill = account.skill(id)?;
        let shift = account.hours_of(Some(id)).shift(now);
        let settings = DefineSkill {
            name: skill.name.clone(),
            enabled: skill.enabled,
            working_hours: skill.working_hours.clone(),
            special_occasions: skill.special_occasions.clone(),
            ttr: skill.ttr.map(Into::into),
            idle: skill.idle.into(),
            survey: skill.survey,
        };
        let staffed_changes_at = match shift {
            Shift::On { until } | Shift::Off { until, .. } => until,
        };
        Some(Self { id: id.clone(), settings, staffed: shift.is_on(), staffed_changes_at })
    }
}
