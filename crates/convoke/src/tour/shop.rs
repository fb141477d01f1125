//! The shop that the tour plays in: its account, made through the API as any other.

use std::collections::BTreeMap;

use anyhow::Result;
use convoke_api::v1::token::IssuedToken;
use jiff::SignedDuration;
use reqwest::Method;
use serde_json::{Value, json};

use crate::client::Client;
use crate::connection::{Persona, Token};

pub(super) const ACCOUNT: &str = "kettles";
/// The counter, staffed in office hours.
pub(super) const COUNTER: &str = "100";
/// Repairs, always staffed; the skill that examples transfer to.
pub(super) const REPAIRS: &str = "123456";
/// A skill of its own for the function that does everything at once.
pub(super) const EXPRESS: &str = "200";
pub(super) const AGENT: u64 = 4711;

/// Makes the account; gives the tokens of those who work in it.
pub(super) async fn open(owner: &Client) -> Result<BTreeMap<Persona, Token>> {
    let operator = owner.speak_as(Persona::Operator)?;
    let account = json!({ "id": ACCOUNT, "name": "The kettle shop" });
    let _: Value = operator.server(Method::POST, &["accounts"], Some(&account)).await?;
    let days = ["monday", "tuesday", "wednesday", "thursday", "friday"];
    let week: Vec<Value> =
        days.iter().map(|day| json!({ "day": day, "from": "09:00", "to": "17:00" })).collect();
    let hours = json!({ "name": "Office hours", "time_zone": "UTC", "week": week });
    let _: Value = operator.put(&["working-hours", "1"], &hours).await?;
    for (skill, settings) in [
        (COUNTER, json!({ "name": "Counter", "working_hours": "1" })),
        (REPAIRS, json!({ "name": "Repairs" })),
        (EXPRESS, json!({ "name": "Express" })),
    ] {
        let _: Value = operator.put(&["skills", skill], &settings).await?;
    }
    let minutes = |minutes: u64| json!({ "enabled": true, "time_seconds": minutes * 60, "repeat": 1 });
    let settings = json!({
        "default_skill": COUNTER,
        "idle": {
            "awaiting_in_queue": minutes(5),
            "agent_non_responsive": minutes(5),
            "consumer_non_responsive": minutes(10),
        },
    });
    let _: Value = operator.put(&["settings"], &settings).await?;
    let mut tokens = BTreeMap::new();
    for (persona, number, login, nickname, roles) in [
        (Persona::Agent, AGENT, "nora", "Nora", vec!["agent"]),
        (Persona::Manager, 4712, "mia", "Mia", vec!["agent_manager"]),
        (Persona::Admin, 4713, "dana", "Dana", vec!["administrator", "faas_developer", "faas_invocation"]),
    ] {
        let user = json!({
            "login_name": login,
            "nickname": nickname,
            "skills": [COUNTER, REPAIRS, EXPRESS],
            "roles": roles,
        });
        let id = number.to_string();
        let _: Value = operator.put(&["users", &id], &user).await?;
        let clock: Value = operator.server(Method::GET, &["clock"], None::<&()>).await?;
        let now: jiff::Timestamp = serde_json::from_value(clock["now"].clone())?;
        let token = json!({
            "name": "tour",
            "principal": { "kind": "user", "id": id },
            "roles": roles,
            "expires_at": now + SignedDuration::from_hours(24 * 90),
        });
        let issued: IssuedToken = operator.post(&["tokens"], &token).await?;
        tokens.insert(persona, Token(issued.secret));
    }
    let _: Value = operator.put(&["controller-bot"], &json!({ "enabled": true })).await?;
    Ok(tokens)
}
