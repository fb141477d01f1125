//! A conversation as it is told when it changes (messaging contract §1.7): always the whole present state.

use std::collections::BTreeMap;

use convoke_domain::account::Account;
use convoke_domain::conversation::{Closer, Conversation, ParticipantId, Recorded, Role, Stage};
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::event::message_of;
use super::{Dialect, old_id_of, pid_of, role_word};

/// What happened to a conversation, as a subscription sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Changed {
    /// It is, or is still, what the subscription is about.
    Matches,
    /// It is not any more.
    Gone,
}

/// A conversation as a subscriber is told about it; `last_line` is the last line that they see.
pub fn change(
    dialect: Dialect,
    changed: Changed,
    state: &Conversation,
    last_line: Option<&Recorded>,
    account: &Account,
) -> Value {
    let kind = match changed {
        Changed::Matches => "UPSERT",
        Changed::Gone => "DELETE",
    };
    let mut result = json!({
        "convId": state.id.to_string(),
        "effectiveTTR": state.deadline.map_or(-1, Timestamp::as_millisecond),
        "lastUpdateTime": last_update(state).as_millisecond(),
        "conversationDetails": details(dialect, state, account),
    });
    if let Some(line) = last_line.and_then(|line| message_of(dialect, line, state.id, account)) {
        result["lastContentEventNotification"] = line;
    }
    json!({"type": kind, "result": result})
}

/// When something last happened in it that is told.
pub(super) fn last_update(state: &Conversation) -> Timestamp {
    state.talk.last_line_at.map_or(state.changed_at, |line| line.max(state.changed_at))
}

fn details(dialect: Dialect, state: &Conversation, account: &Account) -> Value {
    let (word, closed) = stage(state);
    let mut details = json!({
        "convId": state.id.to_string(),
        "skillId": state.skill,
        "dialogs": [dialog(dialect, state, account)],
        "brandId": account.id,
        "state": word,
        "stage": word,
        "startTs": state.opened_at.as_millisecond(),
        "metaDataLastUpdateTs": state.changed_at.as_millisecond(),
        "firstConversation": state.first_conversation,
        "ttr": {
            "ttrType": state.ttr.wire_name(),
            "value": state.ttr.duration(&account.ttr_of(Some(&state.skill))).as_secs(),
        },
        "context": context(state),
        "conversationHandlerDetails": {"accountId": account.id, "skillId": state.skill},
    });
    if let Some((by, at)) = closed {
        details["closeReason"] = json!(close_reason(by));
        details["endTs"] = json!(at.as_millisecond());
    }
    if let Some(deadline) = state.manual_deadline {
        details["manualETTR"] = json!(deadline.as_millisecond());
    }
    if let Some(delay) = state.delay {
        details["delay"] = json!({"type": delay.kind.wire_name(), "tillWhen": delay.until.as_millisecond()});
    }
    if let Some(rate) = state.rating.and_then(|rating| rating.rate) {
        details["csatRate"] = json!(rate);
    }
    let origin = &state.origin;
    if origin.campaign != 0 || origin.engagement != 0 {
        details["campaignInfo"] = json!({"campaignId": origin.campaign, "engagementId": origin.engagement});
    }
    match dialect {
        Dialect::Agent { .. } => {
            let by_role = |id: fn(&Account, ParticipantId) -> String| {
                let mut by_role: BTreeMap<&str, Vec<String>> = BTreeMap::new();
                for (participant, role) in &state.participants {
                    by_role.entry(role_word(*role)).or_default().push(id(account, *participant));
                }
                by_role
            };
            details["participants"] = json!(by_role(old_id_of));
            details["participantsPId"] = json!(by_role(pid_of));
            details["note"] = json!(state.note.reveal().unwrap_or_default());
        }
        Dialect::Consumer => {
            let known = seen_by_consumers(state);
            let participants = known.map(
                |(participant, role)| json!({"id": pid_of(account, participant), "role": role_word(role)}),
            );
            details["participants"] = participants.collect();
        }
    }
    details
}

/// Those whom a consumer knows of: nobody who only reads.
fn seen_by_consumers(state: &Conversation) -> impl Iterator<Item = (ParticipantId, Role)> {
    let all = state.participants.iter().map(|(participant, role)| (*participant, *role));
    all.filter(|(_, role)| *role != Role::Reader)
}

fn dialog(dialect: Dialect, state: &Conversation, account: &Account) -> Value {
    let (word, closed) = stage(state);
    let known: Vec<(ParticipantId, Role)> = match dialect {
        Dialect::Agent { .. } => state.participants.iter().map(|(who, role)| (*who, *role)).collect(),
        Dialect::Consumer => seen_by_consumers(state).collect(),
    };
    let participant = |participant: ParticipantId, role: Role, suggested: bool| {
        let id = match dialect {
            Dialect::Agent { .. } => old_id_of(account, participant),
            Dialect::Consumer => pid_of(account, participant),
        };
        let mut details = json!({"id": id, "role": role_word(role)});
        if dialect != (Dialect::Agent { suggestions: false }) {
            details["state"] = json!(if suggested { "SUGGESTED" } else { "ACTIVE" });
        }
        details
    };
    let mut participants: Vec<Value> =
        known.into_iter().map(|(who, role)| participant(who, role, false)).collect();
    if dialect == (Dialect::Agent { suggestions: true })
        && let Some(agent) = state.suggested_agent
    {
        participants.push(participant(ParticipantId::User(agent), Role::AssignedAgent, true));
    }
    let mut dialog = json!({
        "dialogId": state.id.to_string(),
        "participantsDetails": participants,
        "dialogType": "MAIN",
        "channelType": "MESSAGING",
        "metaData": {},
        "state": word,
        "creationTs": state.opened_at.as_millisecond(),
        "metaDataLastUpdateTs": state.changed_at.as_millisecond(),
    });
    if let Some((by, at)) = closed {
        dialog["endTs"] = json!(at.as_millisecond());
        dialog["closedBy"] = json!(closed_by(by));
        dialog["closedCause"] = json!("");
    }
    dialog
}

fn stage(state: &Conversation) -> (&'static str, Option<(Closer, Timestamp)>) {
    match state.stage {
        Stage::Open => ("OPEN", None),
        Stage::Closed { by, at } => ("CLOSE", Some((by, at))),
    }
}

const fn close_reason(by: Closer) -> &'static str {
    match by {
        Closer::Agent(_) => "AGENT",
        Closer::Consumer(_) => "CONSUMER",
        Closer::AutoClose => "TIMEOUT",
        Closer::ControllerBot | Closer::Operator => "SYSTEM",
    }
}

const fn closed_by(by: Closer) -> &'static str {
    match by {
        Closer::Agent(_) => "AGENT",
        Closer::Consumer(_) => "CONSUMER",
        Closer::AutoClose | Closer::ControllerBot | Closer::Operator => "SYSTEM",
    }
}

fn context(state: &Conversation) -> Value {
    let origin = &state.origin;
    let kind = if origin.context_type.is_empty() { "CustomContext" } else { origin.context_type.as_str() };
    let mut context = Map::new();
    context.insert("type".to_owned(), json!(kind));
    context.insert("clientProperties".to_owned(), json!({"features": origin.features}));
    if let Some(language) = &origin.language {
        context.insert("lang".to_owned(), json!(language));
    }
    for (name, number) in [("visitorId", origin.visitor), ("sessionId", origin.session)] {
        if number != 0 {
            context.insert(name.to_owned(), json!(number.to_string()));
        }
    }
    Value::Object(context)
}
