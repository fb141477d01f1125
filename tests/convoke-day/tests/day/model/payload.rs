//! What a function must be told of a change: the payload as the contracts write it (functions §8.2, messaging §5.2).

use convoke_domain::id::SkillId;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::World;
use super::case::{CONSUMER, CONTROLLER, Case, Closer, Facts, Person};
use super::timing::{deadline, seconds};
use crate::center::Wait;
use crate::journal::Response;

/// `{general, start, mid, end, idle, routing, participantChange, ttr}`; all sections, always.
pub(super) fn payload(
    case: &Case<'_>,
    code: &'static str,
    before: Option<&Facts>,
    after: &Facts,
    by: Person,
) -> Value {
    let world = case.world();
    let old = before.unwrap_or(after);
    let idle = world.center.idle_of(&after.skill);
    let silence = time(idle.consumer);
    json!({
        "general": general(case, code, before, after, by),
        "start": { "firstConversation": after.first_ever },
        "mid": { "openedInOffHours": after.opened_off },
        "end": { "closeReason": close_reason(after) },
        "idle": {
            "lastConsumerMsgTs": stamp(after.talk.consumer),
            "agentNonResponsive": time(idle.agent),
            "consumerNonResponsive": silence.clone(),
            "consumserNonResponsive": silence,
            "convNotTakenTime": time(idle.queue),
        },
        "routing": { "oldSkillId": skill(&old.skill), "newSkillId": skill(&after.skill) },
        "participantChange": {
            "oldParticipants": before.map_or_else(|| json!([]), |before| people(before, world)),
            "newParticipants": people(after, world),
        },
        "ttr": { "oldTtr": ttr(old, world), "newTtr": ttr(after, world) },
    })
}

fn general(case: &Case<'_>, code: &'static str, before: Option<&Facts>, after: &Facts, by: Person) -> Value {
    let world = case.world();
    let conversation = case.id.to_string();
    let opening = &after.opening;
    let state = |open: bool| if open { "OPEN" } else { "CLOSE" };
    let (number, pid) = names(by, world);
    json!({
        "cbotEventType": code,
        "type": "UPSERT",
        "convId": conversation.clone(),
        "dialogId": conversation,
        "sessionId": opening.session,
        "startTs": after.opened_at.as_millisecond(),
        "effectiveTTR": deadline(after, world).map_or(-1, Timestamp::as_millisecond),
        "oldConvState": state(before.is_some_and(|before| before.closed.is_none())),
        "newConvState": state(after.closed.is_none()),
        "contextType": opening.context,
        "contexttype": opening.context,
        "campaignInfo": {
            "id": opening.campaign,
            "engagementId": opening.engagement,
            "engangementId": opening.engagement,
        },
        "clientLanguage": opening.language.unwrap_or_default(),
        "clientFeatures": ["AUTO_MESSAGES"],
        "inOffHours": !world.calendar(&after.skill).is_on(case.now),
        "visitorId": opening.visitor,
        "originatorId": number,
        "originatorPid": pid,
        "originatorMetadata": { "id": wire_id(by, world), "role": role(by, before, after) },
        "serverTimestamp": case.now.as_millisecond(),
        "clientIpAdress": opening.address,
        "manualETTR": after.promise.map_or_else(String::new, |at| at.as_millisecond().to_string()),
        "lastMessageComposer": after.talk.last.map_or("", |(_, role)| role),
        "lastMessageTs": stamp(after.talk.last.map(|(at, _)| at)),
        "lastAgentMsgTs": stamp(after.talk.brand),
        "backToQueueTs": stamp(after.back_to_queue_at),
    })
}

fn stamp(at: Option<Timestamp>) -> i64 {
    at.map_or(0, Timestamp::as_millisecond)
}

fn skill(id: &SkillId) -> &str {
    id.as_str()
}

fn close_reason(facts: &Facts) -> &'static str {
    match facts.closed {
        None => "",
        Some((Closer::Agent, _)) => "AGENT",
        Some((Closer::Consumer, _)) => "CONSUMER",
        Some((Closer::Function | Closer::Time, _)) => "SYSTEM",
    }
}

/// In the largest unit that divides it; 0 for a timer that is off.
fn time(wait: Wait) -> Value {
    let seconds = if wait.on { wait.seconds } else { 0 };
    if seconds > 0 && seconds.is_multiple_of(3_600) {
        json!({ "time": seconds / 3_600, "timeUnits": "HOURS" })
    } else if seconds > 0 && seconds.is_multiple_of(60) {
        json!({ "time": seconds / 60, "timeUnits": "MINUTES" })
    } else {
        json!({ "time": seconds, "timeUnits": "SECONDS" })
    }
}

fn ttr(facts: &Facts, world: &World) -> Value {
    let kind = match facts.ttr {
        Response::Urgent => "URGENT",
        Response::Normal => "NORMAL",
        Response::Prioritized => "PRIORITIZED",
        Response::Custom(_) => "CUSTOM",
    };
    json!({ "ttrType": kind, "value": seconds(facts, world) })
}

fn people(facts: &Facts, world: &World) -> Value {
    let listed =
        facts.people.iter().map(|(person, role)| json!({ "id": wire_id(*person, world), "role": role }));
    listed.collect::<Vec<_>>().into()
}

fn wire_id(person: Person, world: &World) -> String {
    let account = &world.center.account;
    match person {
        Person::Consumer(consumer) => consumer.to_string(),
        Person::User(user) => format!("{account}.{user}"),
        Person::ControllerBot | Person::Nobody => format!("{account}.controller"),
    }
}

/// Number and participant id of whoever caused it.
fn names(by: Person, world: &World) -> (u64, String) {
    match by {
        Person::Consumer(consumer) => (consumer.number(), consumer.to_string()),
        Person::User(user) => (user.number(), crate::center::pid(user).to_string()),
        Person::ControllerBot => (0, wire_id(by, world)),
        Person::Nobody => (0, String::new()),
    }
}

/// In which role: the one they have, or had; else the usual one.
fn role(by: Person, before: Option<&Facts>, after: &Facts) -> &'static str {
    let has = |facts: &Facts| facts.people.get(&by).copied();
    let usual = match by {
        Person::Consumer(_) => CONSUMER,
        Person::User(_) => "AGENT",
        Person::ControllerBot | Person::Nobody => CONTROLLER,
    };
    has(after).or_else(|| before.and_then(has)).unwrap_or(usual)
}
