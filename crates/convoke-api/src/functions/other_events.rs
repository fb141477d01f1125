//! What functions on events receive that are no change of a conversation (functions contract §8.3): payloads that other
//! systems send, as types for their schema and declarations. Their names and misspellings are the contract's.

use convoke_domain::function::OtherEvent;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};

/// The schema of a payload, and of the parts that it refers to.
pub(super) struct Described {
    /// Its name in declarations.
    pub(super) name: String,
    /// Its schema.
    pub(super) schema: RefOr<Schema>,
    /// The parts, by their names.
    pub(super) parts: Vec<(String, RefOr<Schema>)>,
}

/// The schema of the payload of an event.
pub(super) fn payload(event: OtherEvent) -> Described {
    match event {
        OtherEvent::ChatSurveyTranscript => described::<ChatSurvey>(),
        OtherEvent::ConversationalCommand => described::<ConversationalCommand>(),
        OtherEvent::SurveyStarted | OtherEvent::SurveyEnded => described::<Survey>(),
        OtherEvent::BotIntegration => described::<BotIntegration>(),
        OtherEvent::BotPreHook | OtherEvent::BotPostHook => bot_hook(),
        OtherEvent::BotErrorHook => described::<BotErrorHook>(),
    }
}

/// The request to a bot before it is sent, or its response before it is used: the vendor says what is in it.
fn bot_hook() -> Described {
    let about = "The request to a bot before it is sent, or its response before it is used.";
    let object = ObjectBuilder::new().schema_type(Type::Object).description(Some(about)).build();
    Described { name: "BotHook".to_owned(), schema: RefOr::T(object.into()), parts: Vec::new() }
}

fn described<T: ToSchema>() -> Described {
    let mut parts = Vec::new();
    T::schemas(&mut parts);
    Described { name: T::name().into_owned(), schema: T::schema(), parts }
}

/// A chat survey that was answered.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChatSurvey {
    /// How satisfied the visitor was, 1 to 5.
    #[schema(minimum = 1, maximum = 5)]
    pub csat_rank: u8,
    /// Name of the skill.
    pub skill_name: String,
    /// Name of the agent.
    pub agent_name: String,
    /// What was asked and answered.
    pub question_with_answers: Vec<QuestionWithAnswer>,
}

/// A question and what was answered.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct QuestionWithAnswer {
    /// The question.
    pub question: String,
    /// The answer.
    pub answer: String,
}

/// A command that an agent typed. Its function has the command's name.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConversationalCommand {
    /// The conversation in which it was typed.
    pub conversation_id: String,
    /// The words after the command.
    pub arguments: Vec<String>,
}

/// A survey dialog that begins or ends.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Survey {
    /// The conversation.
    pub conversation_id: String,
    /// The account.
    pub account_id: String,
    /// The survey.
    pub survey_id: u64,
    /// Its revision.
    pub survey_revision: u64,
    /// The skill.
    pub skill_id: String,
    /// The deadline of the next answer, in milliseconds since 1970-01-01 UTC.
    #[serde(rename = "effectiveTTR")]
    pub effective_ttr: i64,
    /// The last line.
    pub last_content_event_notification: ContentEvent,
    /// The campaign that led the consumer here.
    pub campaign_info: SurveyCampaign,
    /// Who closed the conversation.
    pub close_reason: String,
    /// Where the consumer writes from.
    pub context: SurveyContext,
    /// The dialogs of the conversation.
    #[schema(value_type = Vec<Object>)]
    pub dialogs: Vec<Map<String, Value>>,
    /// Whether it is the consumer's first conversation.
    pub first_conversation: bool,
    /// Who takes part.
    pub participants: Vec<SurveyParticipant>,
    /// Whether the conversation is open.
    pub state: String,
    /// When the conversation was opened, in milliseconds since 1970-01-01 UTC.
    pub start_ts: i64,
    /// The time to respond.
    pub ttr: SurveyTtr,
    /// The question that was asked last.
    pub last_question_id: String,
}

/// A line as the messaging service tells it.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ContentEvent {
    /// Number of the one who wrote.
    pub originator_id: u64,
    /// Participant id of the one who wrote.
    #[serde(rename = "originatorPId")]
    pub originator_pid: String,
    /// Place in the dialog.
    pub sequence: u64,
    /// When, in milliseconds since 1970-01-01 UTC.
    pub server_timestamp: i64,
    /// What was written.
    pub event: ContentEventBody,
    /// What is known of the writer's client.
    #[schema(value_type = Object)]
    pub originator_client_properties: Map<String, Value>,
}

/// What was written.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ContentEventBody {
    /// Media type.
    pub content_type: String,
    /// The text.
    pub message: String,
    /// Kind of event.
    pub r#type: String,
}

/// The campaign that led the consumer here.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SurveyCampaign {
    /// The campaign.
    pub campaign_id: u64,
    /// The engagement.
    pub engagement_id: u64,
}

/// Where the consumer writes from.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SurveyContext {
    /// What is known of the consumer's client.
    #[schema(value_type = Object)]
    pub client_properties: Map<String, Value>,
    /// The interaction.
    pub interaction_context_id: String,
    /// A language tag.
    pub lang: String,
    /// The session.
    pub session_id: String,
    /// Kind of context.
    pub r#type: String,
    /// The consumer.
    pub visitor_id: String,
}

/// Somebody who takes part.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct SurveyParticipant {
    /// Their id.
    pub id: String,
    /// What they are.
    pub role: String,
}

/// A time to respond.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SurveyTtr {
    /// Its kind.
    pub ttr_type: String,
    /// How long it is, in seconds.
    pub value: u64,
}

/// What a bot of another vendor is asked.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BotIntegration {
    /// What the consumer wrote.
    pub message: String,
    /// The conversation.
    pub conv_id: String,
    /// What is known of it.
    pub context: BotContext,
    /// The event that begins the talk, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Object, required = false)]
    pub event: Option<Map<String, Value>>,
}

/// What is known of a conversation with a bot.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BotContext {
    /// The event.
    #[schema(value_type = Object)]
    pub lp_event: Map<String, Value>,
    /// The engagement attributes.
    #[schema(value_type = Object)]
    pub lp_sdes: Map<String, Value>,
}

/// A bot that failed, with the vendor's own request and response beside.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct BotErrorHook {
    /// What went wrong.
    pub error: BotError,
    /// The vendor.
    pub vendor: String,
}

/// What went wrong with a bot.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BotError {
    /// The id of the failure.
    pub error_id: String,
    /// Its name.
    pub name: String,
}
