//! What changes a conversation.

use anyhow::{Context, Result, bail};
use clap::{Args, ValueEnum};
use convoke_api::v1::consumer::ConsumerRef;
use convoke_api::v1::conversation::{
    AcceptConversation, JoinConversation, OpenConversation, OpenedConversation, PublishLine,
    SetTtr as SetTtrRequest, StepUp as StepUpRequest, TransferConversation, Written,
};
use convoke_api::v1::participant::{ParticipantRef, Role};
use convoke_api::v1::ttr::Ttr;
use convoke_domain::automatic_message::Language;
use convoke_domain::conversation::ParticipantId;
use convoke_domain::id::{ConversationId, SkillId, UserId};
use serde::Serialize;
use serde_json::Value;

use crate::client::{Api, Client};
use crate::connection::Persona;
use crate::render::Answer;

/// In which conversation, and as whom.
#[derive(Debug, Args)]
struct Acting<const DEFAULT: char> {
    /// The conversation
    #[arg(value_name = "CONVERSATION")]
    id: ConversationId,
    /// As whom
    #[arg(long = "as", value_enum, value_name = "WHO")]
    persona: Option<Persona>,
}

impl<const DEFAULT: char> Acting<DEFAULT> {
    /// As whom it is done.
    fn persona(&self) -> Persona {
        let usual = match DEFAULT {
            'c' => Persona::Consumer,
            'm' => Persona::Manager,
            _ => Persona::Agent,
        };
        self.persona.unwrap_or(usual)
    }

    async fn api<'a>(&self, client: &'a Client) -> Result<Api<'a>> {
        client.in_conversation(self.id, self.persona()).await
    }

    /// Posts to a part of the conversation.
    async fn post(&self, client: &Client, part: &str, body: &(impl Serialize + Sync)) -> Result<Written> {
        self.api(client).await?.post(&["conversations", &self.id.to_string(), part], body).await
    }

    fn answer(&self, written: &Written, text: &str) -> Result<Answer> {
        Ok(Answer::new(written, text)?.with_id(&self.id))
    }
}

/// Opens a conversation.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  convoke conversation open --text \"Hello\"
  convoke conversation open --consumer ada --skill 654321 --text \"Hello, my kettle is broken\" -o id")]
pub(crate) struct Open {
    /// Who opens it: an id, or a name of your own that stays the same consumer [default: a new consumer]
    #[arg(long, value_name = "WHO")]
    consumer: Option<ConsumerRef>,
    /// The skill [default: the account's default skill]
    #[arg(long, value_name = "ID")]
    skill: Option<SkillId>,
    /// What the consumer writes first
    #[arg(long)]
    text: Option<String>,
    /// Language of the conversation, for instance en-US
    #[arg(long, value_name = "TAG")]
    language: Option<Language>,
    /// The consumer is known by an identity of the brand
    #[arg(long)]
    authenticated: bool,
}

impl Open {
    pub(crate) async fn run(self, client: &Client) -> Result<Answer> {
        let mut open = OpenConversation {
            consumer: None,
            authenticated: self.authenticated,
            skill: self.skill,
            line: self.text.map(|text| PublishLine { text, key: None, private: false }),
            language: self.language,
            ..OpenConversation::default()
        };
        let opened: OpenedConversation = if self.authenticated {
            // That somebody is known is for the brand to say, not for them.
            open.consumer = self.consumer;
            client.speak_as(Persona::Admin)?.post(&["conversations"], &open).await?
        } else {
            let (_, api) = client.consumer(self.consumer).await?;
            api.post(&["conversations"], &open).await?
        };
        let text = format!("Opened {} by {}.", opened.id, opened.consumer);
        Ok(Answer::new(&opened, text)?.with_id(&opened.id))
    }
}

/// Writes a line.
#[derive(Debug, Args)]
#[command(after_help = "\
Example: convoke conversation say conv_… --as agent \"Which model is it?\"")]
pub(crate) struct Say {
    #[command(flatten)]
    acting: Acting<'c'>,
    /// What to write; `--text` says it too
    #[arg(value_name = "TEXT", required_unless_present = "named")]
    text: Option<String>,
    #[arg(long = "text", value_name = "TEXT", conflicts_with = "text", hide = true)]
    named: Option<String>,
    /// A key of your own: the same key again is the same line
    #[arg(long)]
    key: Option<String>,
}

impl Say {
    pub(crate) async fn run(self, client: &Client) -> Result<Answer> {
        let text = self.text.or(self.named).unwrap_or_default();
        let line = PublishLine { text, key: self.key, private: false };
        let written = self.acting.post(client, "lines", &line).await?;
        let place = written.line.unwrap_or(written.seq);
        let text = if written.duplicate {
            format!("This line was written before, as event {place}.")
        } else {
            format!("Written as event {place}.")
        };
        self.acting.answer(&written, &text)
    }
}

/// Accepts.
#[derive(Debug, Args)]
#[command(after_help = "Example: convoke conversation accept conv_… --as agent")]
pub(crate) struct Accept {
    #[command(flatten)]
    acting: Acting<'a'>,
    /// The agent who serves it [default: whoever asks]
    #[arg(long, value_name = "USER")]
    agent: Option<UserId>,
}

impl Accept {
    pub(crate) async fn run(self, client: &Client) -> Result<Answer> {
        let written = self.acting.post(client, "accept", &AcceptConversation { agent: self.agent }).await?;
        self.acting.answer(&written, "Accepted.")
    }
}

/// Who joins or leaves.
#[derive(Debug, Args)]
#[group(multiple = false)]
struct Whom {
    /// A user of the account, by number
    #[arg(long, value_name = "USER")]
    user: Option<UserId>,
    /// A consumer: an id, or a name of your own that stays the same consumer
    #[arg(long, value_name = "WHO")]
    consumer: Option<ConsumerRef>,
}

impl Whom {
    /// The participant that is named, else whoever speaks.
    async fn participant(
        &self,
        client: &Client,
        id: ConversationId,
        persona: Persona,
    ) -> Result<ParticipantRef> {
        let participant = match (self.user, self.consumer.clone()) {
            (Some(user), _) => ParticipantId::User(user),
            (None, Some(ConsumerRef::Id(consumer))) => ParticipantId::Consumer(consumer),
            (None, Some(name)) => ParticipantId::Consumer(client.consumer(Some(name)).await?.0),
            (None, None) if persona == Persona::Consumer => ParticipantId::Consumer(client.opener(id).await?),
            (None, None) => {
                let user = client.user(persona);
                ParticipantId::User(user.context("say who with --user NUMBER or --consumer WHO")?)
            }
        };
        Ok(ParticipantRef(participant))
    }
}

/// As what somebody joins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum JoinRole {
    Consumer,
    Agent,
    Manager,
    Reader,
    BrandBot,
}

impl From<JoinRole> for Role {
    fn from(role: JoinRole) -> Self {
        match role {
            JoinRole::Consumer => Self::Consumer,
            JoinRole::Agent => Self::Agent,
            JoinRole::Manager => Self::Manager,
            JoinRole::Reader => Self::Reader,
            JoinRole::BrandBot => Self::BrandBot,
        }
    }
}

/// Joins.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  convoke conversation join conv_… --as manager
  convoke conversation join conv_… --as manager --consumer ben")]
pub(crate) struct Join {
    #[command(flatten)]
    acting: Acting<'m'>,
    #[command(flatten)]
    whom: Whom,
    /// As what [default: consumer for a consumer, else manager or agent as you speak]
    #[arg(long, value_enum)]
    role: Option<JoinRole>,
}

impl Join {
    pub(crate) async fn run(self, client: &Client) -> Result<Answer> {
        let usual = match (&self.whom.consumer, self.acting.persona) {
            (Some(_), _) | (None, Some(Persona::Consumer)) => Role::Consumer,
            (None, Some(Persona::Agent)) => Role::Agent,
            (None, Some(Persona::Manager | Persona::Admin | Persona::Operator) | None) => Role::Manager,
        };
        let role = self.role.map_or(usual, Role::from);
        let participant = self.whom.participant(client, self.acting.id, self.acting.persona()).await?;
        let written =
            self.acting.post(client, "participants", &JoinConversation { participant, role }).await?;
        self.acting.answer(&written, "Joined.")
    }
}

/// Leaves.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  convoke conversation leave conv_… --as agent
  convoke conversation leave conv_… --as manager --consumer ben")]
pub(crate) struct Leave {
    #[command(flatten)]
    acting: Acting<'a'>,
    #[command(flatten)]
    whom: Whom,
}

impl Leave {
    pub(crate) async fn run(self, client: &Client) -> Result<Answer> {
        let participant =
            self.whom.participant(client, self.acting.id, self.acting.persona()).await?.to_string();
        let api = self.acting.api(client).await?;
        let path = ["conversations", &self.acting.id.to_string(), "participants", &participant];
        let written: Written = api.delete(&path).await?;
        self.acting.answer(&written, "Left.")
    }
}

/// Transfers.
#[derive(Debug, Args)]
#[command(after_help = "Example: convoke conversation transfer conv_… --as agent --skill 123456")]
pub(crate) struct Transfer {
    #[command(flatten)]
    acting: Acting<'a'>,
    /// To this skill
    #[arg(long, value_name = "ID", required_unless_present = "agent")]
    skill: Option<SkillId>,
    /// To this agent first, who has to have the skill
    #[arg(long, value_name = "USER")]
    agent: Option<UserId>,
}

impl Transfer {
    pub(crate) async fn run(self, client: &Client) -> Result<Answer> {
        let transfer = TransferConversation { skill: self.skill, agent: self.agent };
        let written = self.acting.post(client, "transfer", &transfer).await?;
        self.acting.answer(&written, "Transferred.")
    }
}

/// The kinds of times to respond.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum TtrKind {
    Urgent,
    Normal,
    Prioritized,
    Custom,
}

/// Sets the time to respond.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  convoke conversation ttr conv_… urgent --as consumer
  convoke conversation ttr conv_… custom --seconds 900 --as agent")]
pub(crate) struct SetTtr {
    #[command(flatten)]
    acting: Acting<'a'>,
    /// How soon; consumers choose urgent or normal
    #[arg(value_enum)]
    ttr: TtrKind,
    /// The time of a custom one
    #[arg(long, required_if_eq("ttr", "custom"))]
    seconds: Option<u64>,
}

impl SetTtr {
    pub(crate) async fn run(self, client: &Client) -> Result<Answer> {
        let ttr = match (self.ttr, self.seconds) {
            (TtrKind::Urgent, None) => Ttr::Urgent,
            (TtrKind::Normal, None) => Ttr::Normal,
            (TtrKind::Prioritized, None) => Ttr::Prioritized,
            (TtrKind::Custom, Some(seconds)) => Ttr::Custom { seconds },
            (_, _) => {
                bail!("--seconds belongs to `custom`; the others are set for the account and its skills")
            }
        };
        let api = self.acting.api(client).await?;
        let path = ["conversations", &self.acting.id.to_string(), "ttr"];
        let written: Written = api.put(&path, &SetTtrRequest { ttr }).await?;
        self.acting.answer(&written, "Set.")
    }
}

/// Steps up.
#[derive(Debug, Args)]
#[command(after_help = "Example: convoke conversation step-up conv_… --identity crm-1815")]
pub(crate) struct StepUp {
    /// The conversation
    #[arg(value_name = "CONVERSATION")]
    id: ConversationId,
    /// The brand's own id of the person
    #[arg(long)]
    identity: String,
}

impl StepUp {
    pub(crate) async fn run(self, client: &Client) -> Result<Answer> {
        // Who somebody is, the brand's own login says: never the consumer.
        let api = client.speak_as(Persona::Admin)?;
        let path = ["conversations", &self.id.to_string(), "step-up"];
        let written: Written = api.post(&path, &StepUpRequest { identity: self.identity }).await?;
        Ok(Answer::new(&written, "Authenticated.")?.with_id(&self.id))
    }
}

/// Closes.
#[derive(Debug, Args)]
#[command(after_help = "Example: convoke conversation close conv_… --as consumer")]
pub(crate) struct Close {
    #[command(flatten)]
    acting: Acting<'a'>,
}

impl Close {
    pub(crate) async fn run(self, client: &Client) -> Result<Answer> {
        let written = self.acting.post(client, "close", &Value::Object(serde_json::Map::new())).await?;
        self.acting.answer(&written, "Closed.")
    }
}
