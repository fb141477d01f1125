//! Automatic messages as the configuration service tells them (messaging contract §5.3): one object for each text of the
//! account and of its skills. Sources differ on the shape: both are read, the live one is written.

use std::collections::BTreeMap;
use std::time::Duration;

use convoke_domain::account::{Account, Command, IdleTimer};
use convoke_domain::automatic_message::{AutomaticMessage, AutomaticMessages, Language};
use convoke_domain::id::SkillId;
use convoke_domain::state_change::CbotEventType;
use serde_json::{Map, Value, json};

/// Ids hold a code and a skill: a code's place times this, and one more than the skill's number.
const SKILLS_OF_CODE: u64 = 100_000_000_000;

/// Whose a text is, and for what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// For what.
    pub code: CbotEventType,
    /// The skill that has it instead of the account's.
    pub skill: Option<SkillId>,
}

impl Place {
    /// The place with this id; `None` if the account has no such skill.
    pub fn of_id(account: &Account, id: u64) -> Option<Self> {
        let place = usize::try_from(id / SKILLS_OF_CODE).ok()?.checked_sub(1)?;
        let code = *CbotEventType::ALL.get(place)?;
        let skill = match id % SKILLS_OF_CODE {
            0 => None,
            skill => Some(account.skills.keys().find(|known| number(known) == Some(skill - 1))?.clone()),
        };
        Some(Self { code, skill })
    }

    fn id(&self) -> u64 {
        let place = CbotEventType::ALL.iter().position(|code| *code == self.code).unwrap_or(0) as u64 + 1;
        place * SKILLS_OF_CODE + self.skill.as_ref().and_then(number).map_or(0, |skill| skill + 1)
    }

    /// The text that is there.
    pub fn text<'a>(&self, account: &'a Account) -> Option<&'a AutomaticMessage> {
        let messages = match &self.skill {
            Some(skill) => account.skill_messages.get(skill)?,
            None => &account.automatic_messages,
        };
        messages.get(self.code)
    }
}

fn number(skill: &SkillId) -> Option<u64> {
    skill.as_str().parse().ok()
}

/// Every text of the account and of its skills.
pub fn all(account: &Account) -> Vec<(Place, &AutomaticMessage)> {
    let of = |skill: Option<&SkillId>, messages: &'_ AutomaticMessages| {
        let codes: Vec<CbotEventType> = messages.entries.keys().copied().collect();
        let skill = skill.cloned();
        codes.into_iter().map(move |code| Place { code, skill: skill.clone() }).collect::<Vec<_>>()
    };
    let mut places = of(None, &account.automatic_messages);
    for (skill, messages) in &account.skill_messages {
        places.extend(of(Some(skill), messages));
    }
    let with_text = places.into_iter().map(|place| {
        let text = place.text(account);
        (place, text)
    });
    with_text.filter_map(|(place, text)| Some((place, text?))).collect()
}

/// What a new account has.
pub fn defaults() -> Vec<Value> {
    let defaults = AutomaticMessages::defaults();
    let told = defaults.entries.iter().map(|(code, message)| {
        let place = Place { code: *code, skill: None };
        json!({
            "id": place.id(),
            "messageEventId": code.code(),
            "enabled": message.enabled,
            "data": texts(message, &Language::english(), None),
        })
    });
    told.collect()
}

/// A text as it is told; `language` alone, if one is named.
pub fn told(
    account: &Account,
    place: &Place,
    message: &AutomaticMessage,
    language: Option<&Language>,
) -> Value {
    let contexts = match &place.skill {
        Some(skill) => json!({"SKILL": [{"skillId": skill, "enabled": message.enabled}]}),
        None => json!({"ACCOUNT": [{"id": account.id}]}),
    };
    json!({
        "id": place.id(),
        "messageEventId": place.code.code(),
        "templateId": place.id() / SKILLS_OF_CODE,
        "enabled": message.enabled,
        "deleted": false,
        "data": texts(message, &account.default_language, language),
        "attributes": attributes(account, place),
        "contexts": contexts,
    })
}

fn texts(message: &AutomaticMessage, default: &Language, only: Option<&Language>) -> Vec<Value> {
    let wanted = message.texts.iter().filter(|(language, _)| only.is_none_or(|only| only == *language));
    let told = wanted
        .map(|(language, text)| json!({"msg": text, "lang": language, "isDefault": language == default}));
    told.collect()
}

/// The idle timer that a text goes with.
fn attributes(account: &Account, place: &Place) -> Value {
    match timer(account, place) {
        Some(timer) => json!({"timer": timer.time.as_secs().to_string(), "timerUnit": "SECONDS"}),
        None => json!({}),
    }
}

fn timer(account: &Account, place: &Place) -> Option<IdleTimer> {
    account.idle_of(place.skill.as_ref()).of_code(place.code)
}

/// A field that is wrong, and why.
pub type Wrong = (&'static str, String);

/// Where a text is to be, as its body says.
///
/// # Errors
/// The first field that is missing or wrong.
pub fn place_of(body: &Map<String, Value>) -> Result<Place, Wrong> {
    let code = body.get("messageEventId").and_then(Value::as_str).unwrap_or_default();
    let code = code.parse().map_err(|_| ("messageEventId", format!("{code} is not known")))?;
    let skills = body.get("contexts").and_then(|contexts| contexts.get("SKILL"));
    let skills = skills.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let skill = match skills {
        [] => None,
        [one] => Some(one.get("skillId").unwrap_or(one)),
        _ => return Err(("contexts", "one text is of the account or of one skill".to_owned())),
    };
    let text = |skill: &Value| skill.as_str().map_or_else(|| skill.to_string(), str::to_owned);
    let skill = skill.map(|skill| text(skill).parse()).transpose();
    Ok(Place { code, skill: skill.map_err(|error| ("contexts", format!("{error}")))? })
}

/// What sets a text at a place, and the time of the idle timer that it goes with, if the body has another one.
///
/// # Errors
/// The first field that is missing or wrong.
pub fn command_of(account: &Account, place: Place, body: &Map<String, Value>) -> Result<Command, Wrong> {
    let message = message_of(account, body)?;
    let wanted = seconds(body.get("attributes"))?.map(Duration::from_secs);
    let changed = timer(account, &place).and_then(|timer| wanted.filter(|wanted| *wanted != timer.time));
    let Place { code, skill } = place;
    Ok(match changed {
        Some(time) => Command::SetIdleMessage { code, skill, message, time },
        None => Command::SetAutomaticMessage { code, skill, message },
    })
}

fn message_of(account: &Account, body: &Map<String, Value>) -> Result<AutomaticMessage, Wrong> {
    let data = body.get("data").and_then(Value::as_array).ok_or(("data", "is missing".to_owned()))?;
    let mut texts = BTreeMap::new();
    for one in data {
        let language = one["lang"].as_str().map_or_else(|| Ok(account.default_language.clone()), str::parse);
        let language: Language = language.map_err(|error| ("data.lang", error.to_string()))?;
        let text = one["msg"].as_str().ok_or(("data.msg", "is missing".to_owned()))?;
        texts.insert(language, text.to_owned());
    }
    let enabled = body.get("enabled").and_then(Value::as_bool).unwrap_or(true);
    Ok(AutomaticMessage { enabled, texts })
}

/// The timer of the attributes, in either shape.
fn seconds(attributes: Option<&Value>) -> Result<Option<u64>, Wrong> {
    let attributes = match attributes {
        Some(Value::Array(list)) => list.first(),
        other => other,
    };
    let Some(timer) = attributes.and_then(|attributes| attributes.get("timer")) else { return Ok(None) };
    let number = timer.as_u64().or_else(|| timer.as_str()?.parse().ok());
    let number = number.ok_or(("attributes.timer", "expected a number".to_owned()))?;
    let unit = attributes.and_then(|attributes| attributes.get("timerUnit")).and_then(Value::as_str);
    let factor = match unit.unwrap_or("SECONDS").to_ascii_uppercase().as_str() {
        "SECONDS" => 1,
        "MINUTES" => 60,
        "HOURS" => 3600,
        _ => return Err(("attributes.timerUnit", "expected SECONDS, MINUTES or HOURS".to_owned())),
    };
    Ok(Some(number.saturating_mul(factor)))
}
