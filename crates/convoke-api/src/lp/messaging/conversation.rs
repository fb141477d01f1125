//! A conversation as it is told when it changes (messaging contract §1.7): always the whole present state.

use std::collections::BTreeMap;

use convoke_domain::account::Account;
use convoke_domain::conversation::survey::takes_part;
use convoke_domain::conversation::{Closer, Conversation, ParticipantId, Recorded, Role, Survey};
use convoke_domain::id::DialogId;
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
    let in_survey = state.survey.and_then(|survey| survey.last_line_at);
    let lines = state.talk.last_line_at.into_iter().chain(in_survey);
    lines.fold(state.changed_at, Timestamp::max)
}

fn details(dialect: Dialect, state: &Conversation, account: &Account) -> Value {
    let closed = state.closed();
    let ended = state.ended_at();
    let mut details = json!({
        "convId": state.id.to_string(),
        "skillId": state.skill,
        "dialogs": dialogs(dialect, state, account),
        "brandId": account.id,
        "state": open_or_closed(closed.is_none()),
        "stage": open_or_closed(ended.is_none()),
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
    if let Some((by, _)) = closed {
        details["closeReason"] = json!(close_reason(by));
    }
    if let Some(at) = ended {
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

/// The dialogs of a conversation: the main one, and the survey after it if there is or was one.
pub fn dialogs(dialect: Dialect, state: &Conversation, account: &Account) -> Vec<Value> {
    let main = main_dialog(dialect, state, account);
    let survey = state.survey.as_ref().map(|survey| survey_dialog(dialect, state, survey, account));
    std::iter::once(main).chain(survey).collect()
}

fn main_dialog(dialect: Dialect, state: &Conversation, account: &Account) -> Value {
    let mut participants = participants(dialect, state, account, |_| true);
    if dialect == (Dialect::Agent { suggestions: true })
        && let Some(agent) = state.suggested_agent
    {
        participants.push(participant(
            dialect,
            account,
            ParticipantId::User(agent),
            Role::AssignedAgent,
            true,
        ));
    }
    // The survey changed the conversation after its close, but not this dialog.
    let closed = state.closed();
    let changed_at = closed.filter(|_| state.survey.is_some()).map_or(state.changed_at, |(_, at)| at);
    dialog(state, DialogId::MAIN, &participants, (state.opened_at, changed_at), closed)
}

/// Whoever served is out of it.
fn survey_dialog(dialect: Dialect, state: &Conversation, survey: &Survey, account: &Account) -> Value {
    let participants = participants(dialect, state, account, takes_part);
    let closed = survey.closed.map(|closed| (closed.by, closed.at));
    let changed_at = closed.map_or(survey.opened_at, |(_, at)| at);
    dialog(state, DialogId::SURVEY, &participants, (survey.opened_at, changed_at), closed)
}

fn dialog(
    state: &Conversation,
    ordinal: u8,
    participants: &[Value],
    (opened_at, changed_at): (Timestamp, Timestamp),
    closed: Option<(Closer, Timestamp)>,
) -> Value {
    let is_main = ordinal == DialogId::MAIN;
    let mut dialog = json!({
        "dialogId": DialogId { conversation: state.id, ordinal }.to_string(),
        "participantsDetails": participants,
        "dialogType": if is_main { "MAIN" } else { "POST_SURVEY" },
        "channelType": "MESSAGING",
        "metaData": {},
        "state": open_or_closed(closed.is_none()),
        "creationTs": opened_at.as_millisecond(),
        "metaDataLastUpdateTs": changed_at.as_millisecond(),
    });
    if let Some((by, at)) = closed {
        dialog["endTs"] = json!(at.as_millisecond());
        dialog["closedBy"] = json!(closed_by(by));
        // A survey that nobody answered says so.
        dialog["closedCause"] = json!(if !is_main && by == Closer::AutoClose { "TIMEOUT" } else { "" });
    }
    dialog
}

/// Those in a dialog whom this side knows of.
fn participants(
    dialect: Dialect,
    state: &Conversation,
    account: &Account,
    takes_part: impl Fn(Role) -> bool,
) -> Vec<Value> {
    let told = |who, role| participant(dialect, account, who, role, false);
    match dialect {
        Dialect::Agent { .. } => {
            let all = state.participants.iter().filter(|(_, role)| takes_part(**role));
            all.map(|(who, role)| told(*who, *role)).collect()
        }
        Dialect::Consumer => {
            let known = seen_by_consumers(state).filter(|(_, role)| takes_part(*role));
            known.map(|(who, role)| told(who, role)).collect()
        }
    }
}

fn participant(
    dialect: Dialect,
    account: &Account,
    participant: ParticipantId,
    role: Role,
    suggested: bool,
) -> Value {
    let id = match dialect {
        Dialect::Agent { .. } => old_id_of(account, participant),
        Dialect::Consumer => pid_of(account, participant),
    };
    let mut details = json!({"id": id, "role": role_word(role)});
    if dialect != (Dialect::Agent { suggestions: false }) {
        details["state"] = json!(if suggested { "SUGGESTED" } else { "ACTIVE" });
    }
    details
}

const fn open_or_closed(open: bool) -> &'static str {
    if open { "OPEN" } else { "CLOSE" }
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
