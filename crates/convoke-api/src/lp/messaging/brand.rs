//! The old brand profile (messaging contract §1.5): an account's times to respond. What belongs to one conversation, a custom
//! time and a delay, has its place in the profile and no value.

use std::time::Duration;

use convoke_domain::account::{Account, Command};
use convoke_domain::ttr::TtrSettings;
use serde_json::{Map, Value, json};

use super::envelope::Body;
use super::refusal::Refused;

/// What a conversation has of its own.
const OF_CONVERSATIONS: [&str; 3] = ["ttrCustom", "delayType", "tillWhen"];

/// The profile of an account; times in seconds.
pub fn brand(account: &Account) -> Value {
    json!({
        "brandId": account.id,
        "name": account.name,
        "ttrUrgent": account.ttr.urgent.as_secs(),
        "ttrNormal": account.ttr.normal.as_secs(),
        "ttrCustom": null,
        "delayType": null,
        "tillWhen": null,
    })
}

/// What sets the times of a profile; those that it leaves out stay.
///
/// # Errors
/// A time that is no number, or a value that only a conversation has.
pub fn set_brand(account: &Account, profile: &Map<String, Value>) -> Result<Command, Refused> {
    let body = Body(profile);
    if let Some(field) = OF_CONVERSATIONS.into_iter().find(|field| body.get(field).is_some()) {
        return Err(Refused::invalid(field, "a conversation has it, and no account"));
    }
    let time = |field: &'static str, present: Duration| {
        // What is less than nothing is out of range, as what is too much is.
        let seconds = body.number(field)?.map(|seconds| u64::try_from(seconds).unwrap_or_default());
        Ok::<_, Refused>(seconds.map_or(present, Duration::from_secs))
    };
    let TtrSettings { urgent, normal, prioritized } = account.ttr;
    let (urgent, normal) = (time("ttrUrgent", urgent)?, time("ttrNormal", normal)?);
    Ok(Command::SetTtr { ttr: TtrSettings { urgent, normal, prioritized } })
}
