//! Where scenes are played: the server, the people, and what is printed and checked.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::net::SocketAddr;
use std::path::Path;

use anyhow::{Context, Result};
use convoke_api::v1::clock::{AdvanceClock, Clock};
use convoke_api::v1::consumer::ConsumerRef;
use convoke_api::v1::conversation::{OpenConversation, OpenedConversation, PublishLine, Written};
use convoke_api::v1::event::{ConversationEvent, Event};
use convoke_api::v1::explain::{ExplainedChange, Explanation};
use convoke_api::v1::list::Page;
use convoke_domain::id::{AccountId, ConversationId, SkillId};
use convoke_domain::state_change::CbotEventType;
use convoke_server::NewToken;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use reqwest::Method;
use serde::Serialize;
use serde_json::{Value, json};

use super::shop;
use crate::client::{Api, Client};
use crate::cmd::conversation::decided;
use crate::cmd::function;
use crate::compose::{self, Node, Operator, Running};
use crate::config::NodeConfig;
use crate::connection::{Connection, DevConnection, Persona, Token};
use crate::files;
use crate::folder::FunctionConfig;
use crate::limits::PAGES_MAX;
use crate::render::{self, Printer};
use crate::secrets;

/// See the module.
pub(super) struct Stage {
    running: Running,
    client: Client,
    printer: Printer,
    /// Up to where each conversation was told.
    told: BTreeMap<ConversationId, u64>,
    scene: u32,
    checks: u32,
    missed: u32,
}

/// A function as scenes deploy them.
pub(super) struct Play<'a> {
    pub(super) name: &'a str,
    pub(super) event: &'a str,
    /// The skills that it answers for; none means all.
    pub(super) skills: &'a [&'a str],
    pub(super) source: &'a str,
}

impl Stage {
    /// Starts the server on an empty directory and opens the shop.
    pub(super) async fn open(dir: &Path, printer: Printer) -> Result<Self> {
        let entropy = compose::entropy();
        let data = dir.join("data");
        files::private_dir(&data)?;
        let key = secrets::master_key(&data, &entropy)?;
        let listen = SocketAddr::from(([127, 0, 0, 1], 0));
        let config = NodeConfig { movable_clock: true, ..NodeConfig::usual(Some(data), listen) };
        let operator = Token(NewToken::operator(&entropy));
        let running = Node::start(&config, key).await?.serve(&Operator::Token(&operator.0), None);
        let account: AccountId = shop::ACCOUNT.parse()?;
        let mut connection = DevConnection {
            url: running.url(),
            account,
            users: BTreeMap::new(),
            tokens: BTreeMap::from([(Persona::Operator, operator)]),
        };
        printer.line(&format!(
            "A server of its own listens on {}, its data is in a temporary folder.",
            running.url()
        ))?;
        let owner = Client::new(Connection::from(connection.clone()))?;
        connection.tokens.extend(shop::open(&owner).await?);
        let client = Client::new(Connection::from(connection))?;
        let told = BTreeMap::new();
        Ok(Self { running, client, printer, told, scene: 0, checks: 0, missed: 0 })
    }

    /// Ends the server; gives the number of checks, and of those that did not hold.
    pub(super) async fn close(self) -> (u32, u32) {
        let Self { running, client, checks, missed, .. } = self;
        // Its connections would be waited for.
        drop(client);
        running.stop().await;
        (checks, missed)
    }

    /// Begins a scene.
    pub(super) fn scene(&mut self, title: &str, about: &str) -> Result<()> {
        self.scene += 1;
        let style = self.printer.style;
        let line = "─".repeat(76_usize.saturating_sub(title.chars().count()));
        let heading = format!("{}. {title} {}", self.scene, style.dim(&line));
        self.say(&format!("\n{}\n   {about}\n", style.bold(&heading)))
    }

    /// Prints something as it is.
    pub(super) fn say(&self, text: &str) -> Result<()> {
        Ok(self.printer.line(text)?)
    }

    /// Shows a function's code.
    pub(super) fn show_code(&self, source: &str) -> Result<()> {
        let style = self.printer.style;
        let lines = source.trim().lines().map(|line| format!("   {} {}", style.dim("│"), style.blue(line)));
        self.say(&lines.collect::<Vec<_>>().join("\n"))
    }

    /// Checks something that should be so.
    pub(super) fn check(&mut self, holds: bool, what: &str) -> Result<()> {
        let style = self.printer.style;
        self.checks += 1;
        if holds {
            return self.say(&format!("   {} {what}", style.green("✓")));
        }
        self.missed += 1;
        self.say(&format!("   {} {}", style.red("✗"), style.red(&format!("not so: {what}"))))
    }

    /// Checks that two things are the same, and shows them if not.
    pub(super) fn check_same<T: PartialEq + Display>(
        &mut self,
        found: &T,
        expected: &T,
        what: &str,
    ) -> Result<()> {
        let holds = found == expected;
        self.check(holds, what)?;
        if holds { Ok(()) } else { self.say(&format!("     expected {expected}\n     found    {found}")) }
    }

    /// Pushes and deploys a function.
    pub(super) async fn deploy(&self, play: &Play<'_>) -> Result<()> {
        let developer = self.client.speak_as(Persona::Admin)?;
        let skills: Result<_, _> = play.skills.iter().map(|skill| skill.parse::<SkillId>()).collect();
        let config =
            FunctionConfig { event: Some(play.event.parse()?), skills: skills?, ..FunctionConfig::default() };
        function::push(&developer, play.name, play.source.trim(), &config).await?;
        function::deploy(&developer, play.name).await?;
        Ok(())
    }

    /// The API of someone who works in the shop.
    pub(super) fn staff(&self, persona: Persona) -> Result<Api<'_>> {
        self.client.speak_as(persona)
    }

    /// A consumer opens a conversation with a first line.
    pub(super) async fn opens(&self, name: &str, skill: &str, text: &str) -> Result<ConversationId> {
        let (_, consumer) = self.client.consumer(Some(ConsumerRef::Name(name.to_owned()))).await?;
        let open = OpenConversation {
            skill: Some(skill.parse()?),
            line: Some(PublishLine { text: text.to_owned(), key: None, private: false }),
            ..OpenConversation::default()
        };
        let opened: OpenedConversation = consumer.post(&["conversations"], &open).await?;
        Ok(opened.id)
    }

    /// Somebody asks something of a conversation.
    pub(super) async fn act(
        &self,
        id: ConversationId,
        persona: Persona,
        part: &str,
        body: &(impl Serialize + Sync),
    ) -> Result<Written> {
        let api = self.client.in_conversation(id, persona).await?;
        api.post(&["conversations", &id.to_string(), part], body).await
    }

    /// Somebody sets the time to respond.
    pub(super) async fn set_ttr(&self, id: ConversationId, persona: Persona, ttr: &str) -> Result<Written> {
        let api = self.client.in_conversation(id, persona).await?;
        api.put(&["conversations", &id.to_string(), "ttr"], &json!({ "ttr": { "type": ttr } })).await
    }

    /// Somebody writes a line.
    pub(super) async fn says(&self, id: ConversationId, persona: Persona, text: &str) -> Result<Written> {
        self.act(id, persona, "lines", &json!({ "text": text })).await
    }

    /// Switches the Controller Bot.
    pub(super) async fn switch_bot(&self, enabled: bool) -> Result<()> {
        let admin = self.client.speak_as(Persona::Admin)?;
        let _: Value = admin.put(&["controller-bot"], &json!({ "enabled": enabled })).await?;
        Ok(())
    }

    /// Waits until everything in a conversation is decided, tells what is new, and explains it all.
    pub(super) async fn tell(&mut self, id: ConversationId) -> Result<Explanation> {
        let manager = self.client.speak_as(Persona::Manager)?;
        let explanation = decided(&manager, id).await?;
        let style = self.printer.style;
        let mut told = self.told.get(&id).copied().unwrap_or(0);
        for event in self.events(id, told + 1).await? {
            told = event.seq;
            if worth_telling(&event.event) {
                let time = event.at.to_zoned(TimeZone::UTC).strftime("%a %H:%M:%S").to_string();
                self.say(&format!("   {}", render::event_line(&event, &time, style)))?;
            }
        }
        self.told.insert(id, told);
        Ok(explanation)
    }

    /// The events of a conversation from `from` on.
    pub(super) async fn events(&self, id: ConversationId, from: u64) -> Result<Vec<ConversationEvent>> {
        let manager = self.client.speak_as(Persona::Manager)?;
        let mut events: Vec<ConversationEvent> = Vec::new();
        let mut from = from;
        for _ in 0..PAGES_MAX {
            let query = [("from", from.to_string())];
            let path = ["conversations", &id.to_string(), "events"];
            let page: Page<ConversationEvent> = manager.find(&path, &query).await?;
            let Some(last) = page.items.last() else { break };
            from = last.seq + 1;
            events.extend(page.items);
        }
        Ok(events)
    }

    /// What time it is in the shop.
    pub(super) async fn now(&self) -> Result<Timestamp> {
        let operator = self.client.speak_as(Persona::Operator)?;
        let clock: Clock = operator.server(Method::GET, &["clock"], None::<&()>).await?;
        Ok(clock.now)
    }

    /// Lets time pass.
    pub(super) async fn advance(&self, by: SignedDuration) -> Result<()> {
        let seconds = u32::try_from(by.as_secs()).context("time only goes forward")?;
        let operator = self.client.speak_as(Persona::Operator)?;
        let body = AdvanceClock { seconds };
        let _: Clock = operator.server(Method::POST, &["clock", "advance"], Some(&body)).await?;
        Ok(())
    }

    /// Lets time pass, and waits until that made `code` happen in a conversation.
    pub(super) async fn advance_until(
        &mut self,
        id: ConversationId,
        by: SignedDuration,
        code: CbotEventType,
    ) -> Result<Explanation> {
        let seen = self.told.get(&id).copied().unwrap_or(0);
        let manager = self.client.speak_as(Persona::Manager)?;
        let mut feed = manager.follow(id, seen).await?;
        self.advance(by).await?;
        let happened = async {
            loop {
                if let Event::Triggered { code: fired, .. } = feed.next().await?.event
                    && fired == code
                {
                    return anyhow::Ok(());
                }
            }
        };
        // Timers fire at once; whoever waits longer waits in vain.
        let happened = tokio::time::timeout(std::time::Duration::from_secs(20), happened).await;
        drop(feed);
        match happened {
            Ok(happened) => happened?,
            Err(_) => self.check(false, &format!("{} fired", code.code()))?,
        }
        self.tell(id).await
    }
}

/// What a listener wants to hear; deadlines and the like are in `explain`.
fn worth_telling(event: &Event) -> bool {
    !matches!(event, Event::DeadlineMoved { .. } | Event::ManualDeadlineSet { .. } | Event::Opened { .. })
}

/// The last change with this code.
pub(super) fn last(explanation: &Explanation, code: CbotEventType) -> Option<&ExplainedChange> {
    explanation.changes.iter().rev().find(|change| change.code == code)
}

/// Which function answered a change, and whether its message was sent.
pub(super) fn spoken_by(change: Option<&ExplainedChange>) -> Option<String> {
    use convoke_api::v1::event::MessageFateType;
    let settled = change?.settled.as_ref()?;
    let sent = settled.message.r#type == MessageFateType::Sent;
    sent.then(|| settled.function.as_ref()?.name.clone()).flatten()
}
