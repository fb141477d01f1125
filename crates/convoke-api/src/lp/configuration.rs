//! Account configuration as the read-only service tells it: users, skills, groups, profiles, hours.

use convoke_domain::account::{Account, Skill, User, UserRole};
use convoke_domain::hours::{SpecialOccasions, Weekday, WeeklyInterval, WorkingHours};
use convoke_domain::id::{SkillId, UserId};
use jiff::ToSpan as _;
use jiff::civil::{Date, DateTime, Time};
use serde_json::{Value, json};

/// The users.
pub fn users(account: &Account) -> Value {
    account.users.iter().map(|(&id, known)| user(account, id, known)).collect()
}

/// A user.
pub fn user(account: &Account, id: UserId, user: &User) -> Value {
    let skill = |skill: &SkillId| json!({"id": number(skill.as_str()), "name": account.skill(skill).map(|skill| &skill.name)});
    json!({
        "id": id.number(),
        "pid": user.pid.to_string(),
        "deleted": false,
        "loginName": user.login_name,
        "fullName": user.nickname,
        "nickname": user.nickname,
        "isEnabled": user.enabled,
        "userTypeId": 1,
        "skillIds": user.skills.iter().map(|skill| number(skill.as_str())).collect::<Vec<_>>(),
        "skills": user.skills.iter().map(skill).collect::<Vec<_>>(),
        "profileIds": user.roles.iter().map(|role| profile_id(*role)).collect::<Vec<_>>(),
        "profiles": user.roles.iter().map(|role| profile(*role)).collect::<Vec<_>>(),
        "memberOf": {"agentGroupId": GROUP, "assignmentDate": null},
        "managerOf": [],
    })
}

/// What a user shows to consumers: what pages put beside their lines.
pub fn shown(user: &User) -> Value {
    json!({
        "nickname": user.nickname,
        "fullName": user.nickname,
        "pictureUrl": null,
        "employeeId": "",
        "pid": user.pid.to_string(),
    })
}

/// The skills.
pub fn skills(account: &Account) -> Value {
    account.skills.iter().map(|(id, known)| skill(account, id, known)).collect()
}

/// A skill.
pub fn skill(account: &Account, id: &SkillId, skill: &Skill) -> Value {
    json!({
        "id": number(id.as_str()),
        "name": skill.name,
        "description": "",
        "deleted": false,
        "canTransfer": skill.enabled,
        "skillOrder": 0,
        "isDefault": account.default_skill.as_ref() == Some(id),
        "workingHoursId": skill.working_hours.as_ref().map(|hours| number(hours.as_str())),
        "specialOccasionId": skill.special_occasions.as_ref().map(|occasions| number(occasions.as_str())),
    })
}

const GROUP: i64 = -1;

/// The agent groups: everybody is in one.
pub fn agent_groups() -> Value {
    json!([{"id": GROUP, "name": "Main Group", "description": "", "isEnabled": true, "deleted": false}])
}

/// The profiles: what a user may do.
pub fn profiles() -> Value {
    UserRole::ALL.iter().filter(|role| **role != UserRole::Operator).map(|role| profile(*role)).collect()
}

fn profile(role: UserRole) -> Value {
    json!({"id": profile_id(role), "name": role.title(), "roleTypeName": role.title(), "isEnabled": true, "deleted": false})
}

fn profile_id(role: UserRole) -> usize {
    UserRole::ALL.iter().position(|known| *known == role).unwrap_or_default()
}

/// The working hours, each interval a weekly event.
pub fn working_hours(account: &Account) -> Value {
    account.working_hours.values().map(hours).collect()
}

fn hours(hours: &WorkingHours) -> Value {
    let events = hours.week().iter().flat_map(|interval| split(*interval)).map(|(day, from, to)| {
        let zone = hours.zone().name();
        json!({
            "start": {"dateTime": from.to_string(), "timeZone": zone},
            "end": {"dateTime": to.to_string(), "timeZone": zone},
            "recurrence": [format!("RRULE:FREQ=WEEKLY;BYDAY={}", DAYS[day as usize])],
        })
    });
    json!({
        "id": number(hours.id().as_str()),
        "name": hours.name(),
        "description": "",
        "isDefault": false,
        "deleted": false,
        "events": events.collect::<Vec<_>>(),
    })
}

const DAYS: [&str; 7] = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"];

/// An interval in a week like any other; one that goes over midnight is two.
fn split(interval: WeeklyInterval) -> Vec<(Weekday, DateTime, DateTime)> {
    const MONDAY: Date = jiff::civil::date(2024, 1, 1);
    let date = |day: Weekday| MONDAY.saturating_add((day as i64).days());
    let begin = date(interval.day).to_datetime(interval.from);
    if !interval.ends_next_day() {
        return vec![(interval.day, begin, date(interval.day).to_datetime(interval.to))];
    }
    let next = Weekday::ALL[(interval.day as usize + 1) % Weekday::ALL.len()];
    let midnight = date(interval.day).saturating_add(1.day()).to_datetime(Time::midnight());
    let mut parts = vec![(interval.day, begin, midnight)];
    if interval.to != Time::midnight() {
        parts.push((next, date(next).to_datetime(Time::midnight()), date(next).to_datetime(interval.to)));
    }
    parts
}

/// The special occasions.
pub fn special_occasions(account: &Account) -> Value {
    account.special_occasions.values().map(occasions).collect()
}

fn occasions(occasions: &SpecialOccasions) -> Value {
    let zone = occasions.zone().name();
    let events = occasions.occasions().iter().map(|occasion| {
        json!({
            "start": {"dateTime": occasion.from.to_string(), "timeZone": zone},
            "end": {"dateTime": occasion.to.to_string(), "timeZone": zone},
            "meta": {"working": occasion.working, "name": occasion.name},
        })
    });
    json!({
        "id": number(occasions.id().as_str()),
        "name": occasions.name(),
        "description": "",
        "deleted": false,
        "events": events.collect::<Vec<_>>(),
    })
}

/// Ids of digits are numbers on this wire.
fn number(id: &str) -> Value {
    id.parse::<u64>().map_or_else(|_| Value::from(id), Value::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(hour: i8) -> Time {
        jiff::civil::time(hour, 0, 0, 0)
    }

    #[test]
    fn hours_over_midnight_are_told_as_two_intervals() {
        let night = WeeklyInterval { day: Weekday::Sunday, from: at(22), to: at(6) };
        let told: Vec<String> = split(night)
            .iter()
            .map(|(day, from, to)| format!("{} {from} {to}", DAYS[*day as usize]))
            .collect();
        assert_eq!(
            told,
            ["SU 2024-01-07T22:00:00 2024-01-08T00:00:00", "MO 2024-01-01T00:00:00 2024-01-01T06:00:00"]
        );
        let evening = WeeklyInterval { day: Weekday::Monday, from: at(18), to: at(0) };
        assert_eq!(split(evening).len(), 1);
    }
}
