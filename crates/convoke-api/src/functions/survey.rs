//! What a function is told of the survey after a conversation, when it begins and when it ends (functions contract §8.3).
//!
//! The state is that after the commit that opened or closed it. Ids are those of the other payloads; a number that is not
//! known is 0, a text empty.

use convoke_domain::account::Account;
use convoke_domain::conversation::{
    Audience, Conversation, Event, Line, LineForm, ParticipantId, Recorded, Role,
};
use convoke_domain::id::DialogId;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::other_events::{
    ContentEvent, ContentEventBody, Survey, SurveyCampaign, SurveyContext, SurveyParticipant, SurveyTtr,
};
use super::payload::{close_reason, role_word};
use crate::lp::messaging::{Dialect, dialogs, old_id, pid_of};

/// There is one survey per account; what it asks changes with its revision.
const SURVEY: u64 = 1;

/// What the question that opens a survey is called.
const QUESTION: &str = "csat";

/// The JSON that a function receives for the survey of `state`, of which `events` is the whole log so far; `at` is when
/// the invocation was asked for.
pub fn survey_input_json(
    account: &Account,
    state: &Conversation,
    events: &[Recorded],
    at: Timestamp,
) -> String {
    let payload = payload(account, state, events);
    json!({"headers": [], "payload": payload, "timestamp": at.as_millisecond()}).to_string()
}

fn payload(account: &Account, state: &Conversation, events: &[Recorded]) -> Survey {
    let lines = || {
        events.iter().rev().filter_map(|recorded| {
            let Event::LinePublished(line) = &recorded.event else { return None };
            (line.audience() == Audience::All).then_some((recorded, line))
        })
    };
    let asked = lines().any(|(_, line)| line.dialog == DialogId::SURVEY && line.role == Role::Controller);
    let origin = &state.origin;
    Survey {
        conversation_id: state.id.to_string(),
        account_id: account.id.to_string(),
        survey_id: SURVEY,
        survey_revision: state.survey.map_or(0, |survey| survey.revision.into()),
        skill_id: state.skill.to_string(),
        effective_ttr: state.deadline.map_or(-1, Timestamp::as_millisecond),
        last_content_event_notification: lines()
            .next()
            .map_or_else(nothing_said, |(recorded, line)| content_event(account, recorded, line)),
        campaign_info: SurveyCampaign { campaign_id: origin.campaign, engagement_id: origin.engagement },
        close_reason: state.closed().map_or("", |(by, _)| close_reason(by.into())).to_owned(),
        context: SurveyContext {
            client_properties: object(json!({"features": origin.features})),
            interaction_context_id: String::new(),
            lang: origin.language.as_ref().map(ToString::to_string).unwrap_or_default(),
            session_id: known(origin.session),
            r#type: origin.context_type.clone(),
            visitor_id: known(origin.visitor),
        },
        dialogs: dialogs(Dialect::Consumer, state, account).into_iter().map(object).collect(),
        first_conversation: state.first_conversation,
        participants: participants(account, state),
        state: if state.is_open() { "OPEN" } else { "CLOSE" }.to_owned(),
        start_ts: state.opened_at.as_millisecond(),
        ttr: SurveyTtr {
            ttr_type: state.ttr.wire_name().to_owned(),
            value: state.ttr.duration(&account.ttr_of(Some(&state.skill))).as_secs(),
        },
        last_question_id: if asked { QUESTION.to_owned() } else { String::new() },
    }
}

fn participants(account: &Account, state: &Conversation) -> Vec<SurveyParticipant> {
    let listed = state.participants.iter().map(|(who, role)| SurveyParticipant {
        id: participant_id(account, *who),
        role: role_word(*role).to_owned(),
    });
    listed.collect()
}

fn participant_id(account: &Account, who: ParticipantId) -> String {
    match who {
        ParticipantId::Consumer(consumer) => consumer.to_string(),
        ParticipantId::User(user) => old_id(account, user),
        ParticipantId::ControllerBot => format!("{}.controller", account.id),
    }
}

fn content_event(account: &Account, recorded: &Recorded, line: &Line) -> ContentEvent {
    let text = line.text.reveal().unwrap_or_default();
    let plain = |content_type: &str| ContentEventBody {
        content_type: content_type.to_owned(),
        message: text.to_owned(),
        r#type: "ContentEvent".to_owned(),
    };
    let event = match line.extra.as_ref().map_or(LineForm::Text, |extra| extra.form) {
        LineForm::Text => plain("text/plain"),
        LineForm::Html => plain("text/html"),
        LineForm::Object => {
            let sent: Value = serde_json::from_str(text).unwrap_or_default();
            let word = |name: &str| sent[name].as_str().map(str::to_owned);
            let usual = plain("application/json");
            ContentEventBody {
                content_type: word("contentType").unwrap_or(usual.content_type),
                r#type: word("type").unwrap_or(usual.r#type),
                message: usual.message,
            }
        }
    };
    ContentEvent {
        originator_id: match line.author {
            ParticipantId::Consumer(consumer) => consumer.number(),
            ParticipantId::User(user) => user.number(),
            ParticipantId::ControllerBot => 0,
        },
        originator_pid: match line.author {
            ParticipantId::User(_) => pid_of(account, line.author),
            ParticipantId::Consumer(_) | ParticipantId::ControllerBot => participant_id(account, line.author),
        },
        sequence: line.wire_sequence.into(),
        server_timestamp: recorded.at.as_millisecond(),
        event,
        originator_client_properties: Map::new(),
    }
}

fn nothing_said() -> ContentEvent {
    ContentEvent {
        originator_id: 0,
        originator_pid: String::new(),
        sequence: 0,
        server_timestamp: 0,
        event: ContentEventBody {
            content_type: String::new(),
            message: String::new(),
            r#type: String::new(),
        },
        originator_client_properties: Map::new(),
    }
}

/// A number as text; empty if it is not known.
fn known(number: u64) -> String {
    if number == 0 { String::new() } else { number.to_string() }
}

fn object(value: Value) -> Map<String, Value> {
    if let Value::Object(object) = value { object } else { Map::new() }
}
