//! What is asked (messaging contract §1.5, §2.3). The same names are understood from both sides, with and without the mark
//! of the older dialect.

use std::str::FromStr;

use convoke_domain::automatic_message::Language;
use convoke_domain::id::{ConsumerId, ConversationId, DialogId, SkillId};
use convoke_domain::ttr::Ttr;
use serde_json::{Map, Value};

use super::envelope::{Body, Request, number};
use super::event::Published;
use super::file::{self, FilePath, Upload};
use super::refusal::Refused;
use crate::v1::conversation::OpenConversation;

/// What is asked.
#[derive(Debug, Clone, PartialEq)]
pub enum Ask {
    /// What time it is.
    GetClock,
    /// Who the consumer is.
    InitConnection,
    /// Whether the agent takes conversations: the wire's own word.
    SetAgentState(String),
    /// To be told of agents' presence: of this one, or of the caller's own.
    SubscribeAgentsState(Option<String>),
    /// To be told of offers.
    SubscribeRoutingTasks,
    /// The same, for a subscription that there is.
    UpdateRoutingTasks(String),
    /// An answer to an offer.
    UpdateRing(RingAnswer),
    /// To be told of conversations; the body says of which.
    SubscribeConversations(Map<String, Value>),
    /// Of others from now on.
    UpdateConversations(String, Map<String, Value>),
    /// Of none any more.
    Unsubscribe(String),
    /// Lines that were written.
    QueryMessages(Query),
    /// To be told of a dialog's lines, from a sequence on.
    SubscribeMessages(DialogId, u32),
    /// To publish something.
    Publish(Publish),
    /// Who somebody is; without a name, the caller.
    GetProfile(Option<String>),
    /// What the caller's own profile says from now on.
    SetProfile(Map<String, Value>),
    /// The account's times to respond, as a list of one profile.
    GetBrands,
    /// The same, alone.
    GetBrand,
    /// Other times to respond.
    SetBrand(Map<String, Value>),
    /// Where to send a file.
    UploadFile(Upload),
    /// Where to get a file.
    DownloadFile(FilePath),
    /// A new conversation.
    Open(Box<Opening>),
    /// A new conversation with the consumer of this one, asked for by an agent.
    OpenAgain(ConsumerId, ConversationId),
    /// To change a conversation.
    Update(ConversationId, Value),
}

/// An answer to an offer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RingAnswer {
    /// Which offer.
    pub ring: String,
    /// Whether the agent takes it.
    pub accepted: bool,
}

/// Which lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Query {
    /// Of which dialog.
    pub dialog: DialogId,
    /// Most lines.
    pub most: Option<usize>,
    /// From this sequence on.
    pub from: u32,
    /// Before this sequence.
    pub before: Option<u32>,
}

/// What to publish, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Publish {
    /// Where.
    pub dialog: DialogId,
    /// What.
    pub published: Published,
}

/// How a consumer opens a conversation.
#[derive(Debug, Clone, PartialEq)]
pub struct Opening {
    /// Skill, language and where the consumer comes from.
    pub open: OpenConversation,
    /// The time to respond, if it is not as usual.
    pub ttr: Option<Ttr>,
}

impl Ask {
    /// What a request asks.
    ///
    /// # Errors
    /// A type that is not known, or a field that is missing or wrong.
    pub fn read(request: &Request) -> Result<Self, Refused> {
        let body = request.body();
        Ok(match request.kind.as_str() {
            "GetClock" => Self::GetClock,
            "InitConnection" => Self::InitConnection,
            "routing.SetAgentState" => Self::SetAgentState(body.needed("availability")?),
            "routing.SubscribeAgentsState" => Self::SubscribeAgentsState(body.text("agentId")),
            "routing.SubscribeRoutingTasks" => Self::SubscribeRoutingTasks,
            "routing.UpdateRoutingTaskSubscription" => {
                Self::UpdateRoutingTasks(body.needed("subscriptionId")?)
            }
            "routing.UpdateRingState" => Self::UpdateRing(ring(body)?),
            "aam.SubscribeExConversations" | "cqm.SubscribeExConversations" => {
                Self::SubscribeConversations(request.body.clone())
            }
            "aam.UpdateExConversationSubscription" | "cqm.UpdateExConversationSubscription" => {
                Self::UpdateConversations(body.needed("subscriptionId")?, request.body.clone())
            }
            "aam.UnsubscribeExConversations" | "cqm.UnsubscribeExConversations" => {
                Self::Unsubscribe(body.needed("subscriptionId")?)
            }
            "ms.QueryMessages" => Self::QueryMessages(query(body)?),
            "ms.SubscribeMessagingEvents" => {
                Self::SubscribeMessages(dialog(body)?, sequence(body, "fromSeq")?.unwrap_or(0))
            }
            "ms.PublishEvent" => Self::Publish(Publish {
                dialog: dialog(body)?,
                published: Published::read(body, &request.metadata)?,
            }),
            "userprofile.GetUserProfile" => Self::GetProfile(
                request.text.clone().or_else(|| body.text("userId")).filter(|id| !id.is_empty()),
            ),
            "userprofile.SetUserProfile" => Self::SetProfile(request.body.clone()),
            "brandprofile.GetBrands" => Self::GetBrands,
            "brandprofile.GetBrandProfile" => Self::GetBrand,
            "brandprofile.SetBrandProfile" => Self::SetBrand(request.body.clone()),
            "ms.GenerateURLForUploadFile" => Self::UploadFile(file::upload(body)?),
            "ms.GenerateURLForDownloadFile" => Self::DownloadFile(file::path(body)?),
            "cm.ConsumerRequestConversation" => Self::Open(Box::new(opening(body)?)),
            "cm.AgentRequestConversation" => open_again(body)?,
            "cm.UpdateConversationField" => {
                let fields = body.get("conversationField").cloned().unwrap_or(Value::Null);
                Self::Update(conversation(body)?, fields)
            }
            other => return Err(Refused::unknown(other)),
        })
    }
}

fn ring(body: Body<'_>) -> Result<RingAnswer, Refused> {
    let accepted = match body.needed("ringState")?.as_str() {
        "ACCEPTED" => true,
        "REJECTED" => false,
        other => return Err(Refused::invalid("ringState", format!("{other} is none of ACCEPTED, REJECTED"))),
    };
    Ok(RingAnswer { ring: body.needed("ringId")?, accepted })
}

/// The conversation that a request names, by itself or by one of its dialogs.
fn conversation(body: Body<'_>) -> Result<ConversationId, Refused> {
    let text = body.text("conversationId").or_else(|| body.text("dialogId"));
    named(&text.ok_or(Refused::missing("dialogId"))?).map(|dialog| dialog.conversation)
}

/// The dialog that a request names; without one the main one of the conversation that it names.
fn dialog(body: Body<'_>) -> Result<DialogId, Refused> {
    let (of, text) = (body.text("conversationId"), body.text("dialogId"));
    let dialog = named(&text.or_else(|| of.clone()).ok_or(Refused::missing("dialogId"))?)?;
    match of.map(|of| named(&of)).transpose()? {
        Some(of) if of.conversation != dialog.conversation => Err(Refused::no_such_dialog()),
        Some(_) | None => Ok(dialog),
    }
}

fn named(text: &str) -> Result<DialogId, Refused> {
    let unknown = |_| Refused::not_found("conversation.not_found", "there is no such conversation");
    DialogId::from_str(text).map_err(unknown)
}

fn sequence(body: Body<'_>, name: &'static str) -> Result<Option<u32>, Refused> {
    // Clients say "from the beginning" with -1, too.
    Ok(body.number(name)?.map(|number| u32::try_from(number.max(0)).unwrap_or(u32::MAX)))
}

fn query(body: Body<'_>) -> Result<Query, Refused> {
    let most = body.number("maxQuantity")?.filter(|most| *most > 0);
    Ok(Query {
        dialog: dialog(body)?,
        most: most.and_then(|most| usize::try_from(most).ok()),
        from: sequence(body, "newerThanSequence")?.unwrap_or(0),
        before: sequence(body, "olderThanSequence")?,
    })
}

fn opening(body: Body<'_>) -> Result<Opening, Refused> {
    let skill = body.text("skillId").filter(|skill| skill != "-1");
    let skill = skill.map(|text| text.parse::<SkillId>()).transpose();
    let context = body.object("conversationContext");
    let in_context = |name: &str| context.and_then(|context| context.text(name));
    let language = in_context("lang").map(|text| text.parse::<Language>()).transpose();
    let campaign = body.object("campaignInfo");
    let of_campaign = |name: &str| campaign.and_then(|campaign| number(campaign.get(name)));
    let ttr = body.text("ttrDefName").map(|name| Ttr::from_wire(&name, None)).transpose();
    let open = OpenConversation {
        skill: skill.map_err(|error| Refused::invalid("skillId", error))?,
        language: language.map_err(|error| Refused::invalid("conversationContext.lang", error))?,
        context_type: in_context("type").unwrap_or_default(),
        // Visitors of the brand's pages are numbered by some and named by others; only numbers are kept.
        visitor: whole(in_context("visitorId")),
        session: whole(in_context("sessionId")),
        campaign: of_campaign("campaignId").and_then(|id| u64::try_from(id).ok()).unwrap_or(0),
        engagement: of_campaign("engagementId").and_then(|id| u64::try_from(id).ok()).unwrap_or(0),
        ..OpenConversation::default()
    };
    let ttr = ttr.map_err(|error| Refused::invalid("ttrDefName", error))?.filter(|ttr| *ttr != Ttr::Normal);
    Ok(Opening { open, ttr })
}

fn open_again(body: Body<'_>) -> Result<Ask, Refused> {
    let consumer = body.needed("consumerId")?.parse();
    let consumer = consumer.map_err(|error| Refused::invalid("consumerId", error))?;
    let context = body.object("conversationContext").ok_or(Refused::missing("conversationContext"))?;
    let before = context.needed("originConversationId")?.parse();
    let unknown = |_| Refused::not_found("conversation.not_found", "there is no such conversation");
    Ok(Ask::OpenAgain(consumer, before.map_err(unknown)?))
}

fn whole(text: Option<String>) -> u64 {
    let number = text.and_then(|text| text.parse().ok()).unwrap_or(0);
    if number <= crate::limits::EXACT_NUMBER_MAX { number } else { 0 }
}
