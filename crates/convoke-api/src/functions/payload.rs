//! The input of a function on a messaging event: `{ headers, payload: { general, start, … }, timestamp }`.
//!
//! Names, types and misspellings are the published contract's (functions contract §8.2, messaging contract §5.2): all
//! eight sections are always there and never null, a time that never happened is 0, and a key that the contract misspells
//! is there twice. `schema/controllerbot-payload.schema.json` says the same by hand and tests compare the two. What a
//! field means is decided in `convoke_domain::conversation::payload`; this module only spells it.
//!
//! Ids are opaque to functions. A conversation, a dialog and a consumer have the text that our API knows them by; those who
//! work for the brand are `account.userId`, the only form on the agent wire (messaging contract §2), with their
//! participant id as `originatorPid`; the Controller Bot is `account.controller`.

mod party;

use std::time::Duration;

use convoke_domain::conversation::payload::{CloseReason, General, Idle, Payload, TtrValue};
use convoke_domain::id::{AccountId, DialogId, UserId};
use jiff::Timestamp;
use serde::{Serialize, Serializer};
use uuid::Uuid;

pub use self::party::role_word;
use self::party::{
    OriginatorPid, Participants, WireParticipant, originator, originator_number, originator_pid,
};
use crate::limits;

/// The JSON that a function receives for `payload`, in one pass.
///
/// `users` knows the participant id (pid) of those who work for the brand; `at` is when the invocation was asked for.
///
/// # Panics
/// Never: all keys are texts and all values are plain.
pub fn input_json(
    account: &AccountId,
    payload: &Payload,
    users: impl Fn(UserId) -> Option<Uuid>,
    at: Timestamp,
) -> String {
    let input = EventInput::new(account, payload, users, at);
    serde_json::to_string(&input).expect("texts, numbers and lists always have a JSON form")
}

/// What a function receives. Serialize it; nothing else is to be done with it.
#[derive(Debug, Clone, Serialize)]
pub struct EventInput<'a> {
    headers: [Header; 0],
    payload: Sections<'a>,
    timestamp: i64,
}

#[derive(Debug, Clone, Serialize)]
struct Header {
    key: String,
    value: String,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct Sections<'a> {
    general: GeneralSection<'a>,
    start: StartSection,
    mid: MidSection,
    end: EndSection,
    idle: IdleSection,
    routing: RoutingSection<'a>,
    participant_change: ParticipantChangeSection<'a>,
    ttr: TtrSection,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct GeneralSection<'a> {
    cbot_event_type: &'static str,
    r#type: &'static str,
    conv_id: DialogId,
    dialog_id: DialogId,
    session_id: u64,
    start_ts: i64,
    #[serde(rename = "effectiveTTR")]
    effective_ttr: i64,
    old_conv_state: &'static str,
    new_conv_state: &'static str,
    context_type: &'a str,
    #[serde(rename = "contexttype")]
    context_type_as_documented: &'a str,
    campaign_info: CampaignInfo,
    client_language: &'a str,
    client_features: &'a [String],
    in_off_hours: bool,
    visitor_id: u64,
    originator_id: u64,
    originator_pid: OriginatorPid<'a>,
    originator_metadata: WireParticipant<'a>,
    server_timestamp: i64,
    #[serde(rename = "clientIpAdress")]
    client_ip: &'a str,
    #[serde(rename = "manualETTR")]
    manual_ettr: DigitsOrEmpty,
    last_message_composer: &'static str,
    last_message_ts: i64,
    last_agent_msg_ts: i64,
    back_to_queue_ts: i64,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct CampaignInfo {
    id: u64,
    engagement_id: u64,
    #[serde(rename = "engangementId")]
    engagement_id_as_documented: u64,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct StartSection {
    first_conversation: bool,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct MidSection {
    opened_in_off_hours: bool,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct EndSection {
    close_reason: &'static str,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct IdleSection {
    last_consumer_msg_ts: i64,
    agent_non_responsive: IdleTime,
    consumer_non_responsive: IdleTime,
    #[serde(rename = "consumserNonResponsive")]
    consumer_non_responsive_as_documented: IdleTime,
    conv_not_taken_time: IdleTime,
}

#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "camelCase")]
struct IdleTime {
    time: u64,
    time_units: &'static str,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct RoutingSection<'a> {
    old_skill_id: &'a str,
    new_skill_id: &'a str,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct ParticipantChangeSection<'a> {
    old_participants: Participants<'a>,
    new_participants: Participants<'a>,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct TtrSection {
    old_ttr: WireTtr,
    new_ttr: WireTtr,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct WireTtr {
    ttr_type: &'static str,
    value: u64,
}

impl<'a> EventInput<'a> {
    /// The input for `payload`; see [`input_json`].
    pub fn new(
        account: &'a AccountId,
        payload: &'a Payload,
        users: impl Fn(UserId) -> Option<Uuid>,
        at: Timestamp,
    ) -> Self {
        let sections = Sections {
            general: general(account, &payload.general, users),
            start: StartSection { first_conversation: payload.first_conversation },
            mid: MidSection { opened_in_off_hours: payload.opened_in_off_hours },
            end: EndSection { close_reason: payload.closed_by.map_or("", close_reason) },
            idle: idle(&payload.idle),
            routing: RoutingSection {
                old_skill_id: payload.routing.old.as_str(),
                new_skill_id: payload.routing.new.as_str(),
            },
            participant_change: ParticipantChangeSection {
                old_participants: Participants { account, listed: &payload.participants.old },
                new_participants: Participants { account, listed: &payload.participants.new },
            },
            ttr: TtrSection { old_ttr: ttr(payload.ttr.old), new_ttr: ttr(payload.ttr.new) },
        };
        Self { headers: [], payload: sections, timestamp: at.as_millisecond() }
    }
}

fn general<'a>(
    account: &'a AccountId,
    general: &'a General,
    users: impl Fn(UserId) -> Option<Uuid>,
) -> GeneralSection<'a> {
    GeneralSection {
        cbot_event_type: general.code.code(),
        r#type: "UPSERT",
        conv_id: DialogId { conversation: general.conversation, ordinal: 0 },
        dialog_id: DialogId { conversation: general.conversation, ordinal: general.dialog },
        session_id: exact(general.session),
        start_ts: general.started_at.as_millisecond(),
        effective_ttr: general.deadline.map_or(-1, Timestamp::as_millisecond),
        old_conv_state: conversation_state(general.open.old),
        new_conv_state: conversation_state(general.open.new),
        context_type: &general.context_type,
        context_type_as_documented: &general.context_type,
        campaign_info: CampaignInfo {
            id: exact(general.campaign),
            engagement_id: exact(general.engagement),
            engagement_id_as_documented: exact(general.engagement),
        },
        client_language: general.language.as_ref().map_or("", |language| language.as_str()),
        client_features: &general.features,
        in_off_hours: general.in_off_hours,
        visitor_id: exact(general.visitor),
        originator_id: originator_number(general.originator),
        originator_pid: originator_pid(account, general.originator, users),
        originator_metadata: originator(account, general.originator, general.originator_role),
        server_timestamp: general.at.as_millisecond(),
        client_ip: general.client_ip.reveal().unwrap_or_default(),
        manual_ettr: DigitsOrEmpty(general.manual_deadline),
        last_message_composer: general.last_composer.map_or("", role_word),
        last_message_ts: happened(general.last_line_at),
        last_agent_msg_ts: happened(general.last_brand_line_at),
        back_to_queue_ts: happened(general.back_to_queue_at),
    }
}

fn idle(idle: &Idle) -> IdleSection {
    let consumer = idle_time(idle.consumer);
    IdleSection {
        last_consumer_msg_ts: happened(idle.last_consumer_line_at),
        agent_non_responsive: idle_time(idle.agent),
        consumer_non_responsive: consumer,
        consumer_non_responsive_as_documented: consumer,
        conv_not_taken_time: idle_time(idle.queue),
    }
}

/// A time in the largest unit that says it exactly.
fn idle_time(time: Duration) -> IdleTime {
    match time.as_secs() {
        seconds if seconds > 0 && seconds % 3_600 == 0 => {
            IdleTime { time: seconds / 3_600, time_units: "HOURS" }
        }
        seconds if seconds > 0 && seconds % 60 == 0 => IdleTime { time: seconds / 60, time_units: "MINUTES" },
        seconds => IdleTime { time: seconds, time_units: "SECONDS" },
    }
}

fn ttr(value: TtrValue) -> WireTtr {
    WireTtr { ttr_type: value.ttr.wire_name(), value: value.value.as_secs() }
}

fn happened(at: Option<Timestamp>) -> i64 {
    at.map_or(0, Timestamp::as_millisecond)
}

/// A number that JavaScript holds exactly. The edge refuses larger ones; one that came another way is worse than none,
/// because it would name somebody else.
const fn exact(number: u64) -> u64 {
    if number > limits::EXACT_NUMBER_MAX { 0 } else { number }
}

const fn conversation_state(open: bool) -> &'static str {
    if open { "OPEN" } else { "CLOSE" }
}

const fn close_reason(reason: CloseReason) -> &'static str {
    match reason {
        CloseReason::Agent => "AGENT",
        CloseReason::Consumer => "CONSUMER",
        CloseReason::System => "SYSTEM",
    }
}

/// A time as a text of digits, which the contract wants here; empty if there is none.
#[derive(Debug, Clone, Copy)]
struct DigitsOrEmpty(Option<Timestamp>);

impl Serialize for DigitsOrEmpty {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Some(at) => serializer.collect_str(&at.as_millisecond()),
            None => serializer.serialize_str(""),
        }
    }
}
