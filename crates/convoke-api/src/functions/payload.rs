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
mod words;

use std::time::Duration;

use convoke_domain::conversation::payload::{CloseReason, General, Idle, Payload, TtrValue};
use convoke_domain::id::{AccountId, DialogId, UserId};
use jiff::Timestamp;
use serde::{Serialize, Serializer};
use utoipa::ToSchema;
use uuid::Uuid;

pub use self::party::role_word;
use self::party::{
    OriginatorPid, Participants, WireParticipant, originator, originator_number, originator_pid,
};
use crate::limits;

/// How conversations are told.
const UPSERT: &str = "UPSERT";
/// Where there is no word to say.
const NOBODY: &str = "";
const SECONDS: &str = "SECONDS";
const MINUTES: &str = "MINUTES";
const HOURS: &str = "HOURS";
/// The units of configured times.
const TIME_UNITS: [&str; 3] = [SECONDS, MINUTES, HOURS];

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

/// What a function on a change of a conversation receives. Serialize it; nothing else is to be done with it.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EventInput<'a> {
    /// Headers of the invocation; often empty.
    #[schema(value_type = Vec<Header>)]
    headers: [Header; 0],
    /// What happened. All eight sections are always there; what did not change carries the present value on both sides,
    /// and a time that never happened is 0.
    payload: Sections<'a>,
    /// When the invocation was asked for: milliseconds since 1970-01-01 UTC.
    #[schema(minimum = 1)]
    timestamp: i64,
}

/// A header of an invocation.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Header {
    /// Its name.
    #[schema(min_length = 1)]
    key: String,
    /// Its value.
    value: String,
}

/// A change of a conversation.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Payload)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Sections<'a> {
    /// What is true of the conversation whatever the event.
    general: GeneralSection<'a>,
    /// About a new conversation.
    start: StartSection,
    /// About a line in off-hours.
    mid: MidSection,
    /// About the end.
    end: EndSection,
    /// About silence.
    idle: IdleSection,
    /// The skill before and after; both the present skill if it did not change.
    routing: RoutingSection<'a>,
    /// The participants before and after; the same lists if nobody joined or left.
    participant_change: ParticipantChangeSection<'a>,
    /// The time to respond before and after; the same if it did not change.
    ttr: TtrSection,
}

/// What is true of the conversation whatever the event.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = General)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct GeneralSection<'a> {
    /// What exactly happened.
    #[schema(value_type = words::EventCode)]
    cbot_event_type: &'static str,
    /// How conversations are told; always the same word.
    #[schema(value_type = words::ChangeType)]
    r#type: &'static str,
    /// The conversation.
    #[schema(value_type = String, min_length = 1, max_length = 64)]
    conv_id: DialogId,
    /// Its dialog in which it happened.
    #[schema(value_type = String, min_length = 1, max_length = 64)]
    dialog_id: DialogId,
    /// The consumer's session; 0 where there is none.
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    session_id: u64,
    /// When the conversation was opened.
    #[schema(minimum = 1)]
    start_ts: i64,
    /// The deadline of the next answer, in milliseconds since 1970-01-01 UTC; -1 when nothing is due.
    #[serde(rename = "effectiveTTR")]
    #[schema(minimum = -1)]
    effective_ttr: i64,
    /// Whether it was open before. For a new conversation CLOSE: there was none.
    #[schema(value_type = words::ConversationState)]
    old_conv_state: &'static str,
    /// Whether it is open.
    #[schema(value_type = words::ConversationState)]
    new_conv_state: &'static str,
    /// Where the consumer writes from, for example `CustomContext`; empty if unknown.
    context_type: &'a str,
    /// The same as contextType, spelt as in the contract's table.
    #[serde(rename = "contexttype")]
    context_type_as_documented: &'a str,
    /// The campaign that led the consumer here.
    campaign_info: CampaignInfo,
    /// A language tag, for example en-US; empty if unknown.
    client_language: &'a str,
    #[schema(schema_with = words::features)]
    client_features: &'a [String],
    /// Whether the conversation's skill is off shift at this change.
    in_off_hours: bool,
    /// The consumer, as a number.
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    visitor_id: u64,
    /// Number of the one who caused the change.
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    originator_id: u64,
    /// Participant id of the one who caused the change; empty if nobody did, as when a timer ran out.
    #[schema(value_type = String, max_length = 64)]
    originator_pid: OriginatorPid<'a>,
    /// The one who caused the change; the Controller Bot where it was the platform.
    originator_metadata: WireParticipant<'a>,
    /// When the change was recorded.
    #[schema(minimum = 1)]
    server_timestamp: i64,
    /// The consumer's address (their spelling); empty if unknown.
    #[serde(rename = "clientIpAdress")]
    client_ip: &'a str,
    /// The deadline that an agent set, as digits of milliseconds since 1970-01-01 UTC; empty if none.
    #[serde(rename = "manualETTR")]
    #[schema(value_type = String, pattern = "^[0-9]*$")]
    manual_ettr: DigitsOrEmpty,
    /// Role of the one who wrote the last line; empty before the first.
    #[schema(value_type = words::Composer)]
    last_message_composer: &'static str,
    /// When the last line was written; 0 if there is none.
    #[schema(minimum = 0)]
    last_message_ts: i64,
    /// When the brand wrote last; 0 if it never did.
    #[schema(minimum = 0)]
    last_agent_msg_ts: i64,
    /// When the conversation went back to the queue; 0 if it never did.
    #[schema(minimum = 0)]
    back_to_queue_ts: i64,
}

/// The campaign that led the consumer here.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct CampaignInfo {
    /// The campaign; 0 where there is none.
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    id: u64,
    /// The engagement; 0 where there is none.
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    engagement_id: u64,
    /// The same as engagementId, spelt as in the contract's table.
    #[serde(rename = "engangementId")]
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    engagement_id_as_documented: u64,
}

/// About a new conversation.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Start)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct StartSection {
    /// Whether it is this consumer's first conversation ever.
    first_conversation: bool,
}

/// About a line in off-hours.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Mid)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct MidSection {
    /// Whether the conversation was opened in off-hours, too.
    opened_in_off_hours: bool,
}

/// About the end.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = End)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct EndSection {
    /// Who closed it; empty while it is open.
    #[schema(value_type = words::CloseReasonWord)]
    close_reason: &'static str,
}

/// About silence.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Idle)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct IdleSection {
    /// When the consumer wrote last; 0 if they never did.
    #[schema(minimum = 0)]
    last_consumer_msg_ts: i64,
    /// After which silence of the agent the event fires.
    agent_non_responsive: IdleTime,
    /// After which silence of the consumer the event fires.
    consumer_non_responsive: IdleTime,
    /// The same as consumerNonResponsive, spelt as in the contract's table.
    #[serde(rename = "consumserNonResponsive")]
    consumer_non_responsive_as_documented: IdleTime,
    /// After which wait in the queue the event fires.
    conv_not_taken_time: IdleTime,
}

/// A configured time; time 0 where the timer is off.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct IdleTime {
    /// How many of the unit.
    #[schema(minimum = 0)]
    time: u64,
    /// The unit.
    #[schema(value_type = words::TimeUnit)]
    time_units: &'static str,
}

/// The skill before and after; both the present skill if it did not change.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Routing)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct RoutingSection<'a> {
    /// The skill before: up to ten digits, or -1 for none.
    #[schema(pattern = "^(-1|[0-9]{1,10})$")]
    old_skill_id: &'a str,
    /// The skill after.
    #[schema(pattern = "^(-1|[0-9]{1,10})$")]
    new_skill_id: &'a str,
}

/// The participants before and after; the same lists if nobody joined or left.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = ParticipantChange)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ParticipantChangeSection<'a> {
    /// Who took part before.
    #[schema(value_type = Vec<WireParticipant<'static>>, max_items = 64)]
    old_participants: Participants<'a>,
    /// Who takes part.
    #[schema(value_type = Vec<WireParticipant<'static>>, max_items = 64)]
    new_participants: Participants<'a>,
}

/// The time to respond before and after; the same if it did not change.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = TtrChange)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct TtrSection {
    /// The time to respond before.
    old_ttr: WireTtr,
    /// The time to respond after.
    new_ttr: WireTtr,
}

/// A time to respond.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = TtrValue)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct WireTtr {
    /// Its kind.
    #[schema(value_type = words::TtrType)]
    ttr_type: &'static str,
    /// How long it is, in seconds.
    #[schema(minimum = 0)]
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
        r#type: UPSERT,
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
            IdleTime { time: seconds / 3_600, time_units: HOURS }
        }
        seconds if seconds > 0 && seconds % 60 == 0 => IdleTime { time: seconds / 60, time_units: MINUTES },
        seconds => IdleTime { time: seconds, time_units: SECONDS },
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

pub(super) const fn close_reason(reason: CloseReason) -> &'static str {
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
