//! The scenes, in the order of a day.

use anyhow::{Context, Result};
use convoke_api::v1::event::{Event, Fate, MessageFateType};
use convoke_api::v1::explain::{ChangeStatus, ExplainedChange};
use convoke_domain::id::ConversationId;
use convoke_domain::state_change::{CbotEventType as Code, StateChangeEvent};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan, Zoned};
use serde_json::json;

use super::shop::{COUNTER, EXPRESS, REPAIRS};
use super::stage::{Play, Stage, last, spoken_by};
use crate::connection::Persona;

/// All of them.
pub(super) async fn play(stage: &mut Stage) -> Result<()> {
    until_monday_morning(stage).await?;
    let ada = new_conversation(stage).await?;
    participants(stage, ada).await?;
    urgent(stage, ada).await?;
    step_up(stage, ada).await?;
    routing(stage, ada).await?;
    end(stage, ada).await?;
    idle(stage).await?;
    everything_at_once(stage).await?;
    a_function_that_fails(stage).await?;
    bot_off_and_on(stage).await?;
    off_hours(stage).await
}

/// Moves the clock to where the counter has just opened.
async fn until_monday_morning(stage: &Stage) -> Result<()> {
    let now = stage.now().await?.to_zoned(TimeZone::UTC);
    let days = 7 - i64::from(now.weekday().to_monday_zero_offset());
    let monday = now.date().checked_add(days.days())?.at(9, 15, 0, 0).to_zoned(TimeZone::UTC)?;
    stage.say("The clock is moved to the next Monday, a quarter past nine.")?;
    stage.advance(until(&now, &monday)).await
}

/// The whole seconds after which it is `then`, or just after.
fn until(now: &Zoned, then: &Zoned) -> SignedDuration {
    SignedDuration::from_secs(now.duration_until(then).as_secs() + 1)
}

/// How long it is until this time of the same day.
fn until_time(now: &Timestamp, hour: i8, minute: i8) -> Result<SignedDuration> {
    let now = now.to_zoned(TimeZone::UTC);
    let then = now.date().at(hour, minute, 0, 0).to_zoned(TimeZone::UTC)?;
    Ok(until(&now, &then))
}

async fn new_conversation(stage: &mut Stage) -> Result<ConversationId> {
    stage.scene(
        "A consumer opens a conversation",
        "It is Ada's first time. The function `greet` may speak for the shop.",
    )?;
    let greet = Play {
        name: "greet",
        event: StateChangeEvent::NewConversation.event_id(),
        skills: &[COUNTER],
        source: r#"
function lambda(input, callback) {
  const first = input.payload.start.firstConversation;
  callback(null, { type: "systemMessage", text: first ? "Welcome to the kettle shop!" : "Welcome back!" });
}"#,
    };
    stage.deploy(&greet).await?;
    stage.show_code(greet.source)?;
    let ada = stage.opens("ada", COUNTER, "My kettle whistles off-key").await?;
    let explained = stage.tell(ada).await?;
    let change = last(&explained, Code::ConsumerOpenNewConversationFirstTime);
    spoke(stage, change, "greet")?;
    Ok(ada)
}

async fn participants(stage: &mut Stage, ada: ConversationId) -> Result<()> {
    stage.scene(
        "An agent joins",
        "Nora takes the conversation from the queue; Mia, the manager, has a look.",
    )?;
    let introduce = Play {
        name: "introduce",
        event: StateChangeEvent::ParticipantsChange.event_id(),
        skills: &[],
        source: r#"
async function lambda({ payload }) {
  if (payload.general.cbotEventType === "YOU_ARE_CONNECTED_TO") {
    return { type: "systemMessage", text: "Nora has perfect pitch. You are in good hands." };
  }
  return [];
}"#,
    };
    stage.deploy(&introduce).await?;
    stage.act(ada, Persona::Agent, "accept", &json!({})).await?;
    let explained = stage.tell(ada).await?;
    spoke(stage, last(&explained, Code::YouAreConnectedTo), "introduce")?;
    stage
        .act(ada, Persona::Manager, "participants", &json!({ "participant": "4712", "role": "manager" }))
        .await?;
    let explained = stage.tell(ada).await?;
    let quiet =
        last(&explained, Code::AnotherAgentJoinedConversation).and_then(|change| change.settled.as_ref());
    let quiet = quiet.is_some_and(|settled| settled.message.r#type == MessageFateType::Suppressed);
    stage.check(quiet, "an empty list says nothing, not even the automatic message")
}

async fn urgent(stage: &mut Stage, ada: ConversationId) -> Result<()> {
    stage.scene("It becomes urgent", "Ada marks the conversation as urgent. Twice, but once is enough.")?;
    let hurry = Play {
        name: "hurry",
        event: StateChangeEvent::Ttr.event_id(),
        skills: &[],
        source: r#"
function lambda(input, callback) {
  const { oldTtr, newTtr } = input.payload.ttr;
  console.info("time to respond", oldTtr.ttrType, newTtr.ttrType);
  callback(null, { type: "systemMessage", text: "We hurry: " + newTtr.value / 60 + " minutes instead of " + oldTtr.value / 60 + "." });
}"#,
    };
    stage.deploy(&hurry).await?;
    stage.set_ttr(ada, Persona::Consumer, "urgent").await?;
    stage.set_ttr(ada, Persona::Consumer, "urgent").await?;
    let explained = stage.tell(ada).await?;
    spoke(stage, last(&explained, Code::ConsumerAskedUrgentResponseTime), "hurry")?;
    let times =
        explained.changes.iter().filter(|change| change.code == Code::ConsumerAskedUrgentResponseTime);
    stage.check_same(&times.count(), &1, "marking it twice fired once")
}

async fn step_up(stage: &mut Stage, ada: ConversationId) -> Result<()> {
    stage.scene("The consumer logs in", "The shop's login vouches for Ada.")?;
    let recognize = Play {
        name: "recognize",
        event: StateChangeEvent::ConsumerStepUp.event_id(),
        skills: &[],
        source: r#"
async function lambda() {
  return { type: "systemMessage", text: "Good to see you again, Ada. We have your order at hand." };
}"#,
    };
    stage.deploy(&recognize).await?;
    stage.act(ada, Persona::Admin, "step-up", &json!({ "identity": "customer-1815" })).await?;
    let explained = stage.tell(ada).await?;
    spoke(stage, last(&explained, Code::ConsumerStepUp), "recognize")
}

async fn routing(stage: &mut Stage, ada: ConversationId) -> Result<()> {
    stage.scene("It goes to another team", "Nora transfers the conversation to Repairs.")?;
    let announce = Play {
        name: "announce",
        event: StateChangeEvent::ConversationRouting.event_id(),
        skills: &[],
        source: r#"
function lambda(input, callback) {
  const { oldSkillId, newSkillId } = input.payload.routing;
  callback(null, { type: "systemMessage", text: "From desk " + oldSkillId + " to desk " + newSkillId + "." });
}"#,
    };
    stage.deploy(&announce).await?;
    stage.says(ada, Persona::Agent, "That is one for our repair shop.").await?;
    stage.act(ada, Persona::Agent, "transfer", &json!({ "skill": REPAIRS })).await?;
    let explained = stage.tell(ada).await?;
    spoke(stage, last(&explained, Code::EngagementTransferred), "announce")?;
    let alone = last(&explained, Code::BackToQueue).is_none();
    stage.check(alone, "that Nora left with it belongs to the routing, and is no event of its own")
}

async fn end(stage: &mut Stage, ada: ConversationId) -> Result<()> {
    stage.scene("It ends", "Ada closes the conversation. One last message may follow.")?;
    let farewell = Play {
        name: "farewell",
        event: StateChangeEvent::ConversationEnd.event_id(),
        skills: &[],
        source: r#"
function lambda(input, callback) {
  callback(null, { type: "systemMessage", text: "Goodbye, and happy tea!" });
}"#,
    };
    stage.deploy(&farewell).await?;
    stage.act(ada, Persona::Consumer, "close", &json!({})).await?;
    let explained = stage.tell(ada).await?;
    spoke(stage, last(&explained, Code::ConsumerEndConversation), "farewell")
}

async fn idle(stage: &mut Stage) -> Result<()> {
    stage.scene(
        "Nobody answers",
        "Ben waits in the queue, then for Nora; then Nora waits for Ben. The clock is moved.",
    )?;
    let patience = Play {
        name: "patience",
        event: StateChangeEvent::ConversationIdle.event_id(),
        skills: &[],
        source: r#"
const TEXTS = {
  CONV_AWAITING_IN_QUEUE: "Five minutes already. Somebody is coming.",
  AGENT_NON_RESPONSIVE: "Nora is looking for the right screwdriver.",
  CONSUMER_NON_RESPONSIVE: "Are you still there? The tea is getting cold.",
};
async function lambda({ payload }) {
  return { type: "systemMessage", text: TEXTS[payload.general.cbotEventType] };
}"#,
    };
    stage.deploy(&patience).await?;
    let ben = stage.opens("ben", REPAIRS, "My kettle does not whistle at all").await?;
    stage.tell(ben).await?;
    let minutes = SignedDuration::from_mins;
    let explained = stage.advance_until(ben, minutes(5), Code::ConvAwaitingInQueue).await?;
    spoke(stage, last(&explained, Code::ConvAwaitingInQueue), "patience")?;
    stage.act(ben, Persona::Agent, "accept", &json!({})).await?;
    stage.tell(ben).await?;
    let explained = stage.advance_until(ben, minutes(5), Code::AgentNonResponsive).await?;
    spoke(stage, last(&explained, Code::AgentNonResponsive), "patience")?;
    stage.says(ben, Persona::Agent, "Does it steam?").await?;
    let explained = stage.advance_until(ben, minutes(10), Code::ConsumerNonResponsive).await?;
    spoke(stage, last(&explained, Code::ConsumerNonResponsive), "patience")?;
    stage.act(ben, Persona::Agent, "close", &json!({})).await?;
    let explained = stage.tell(ben).await?;
    spoke(stage, last(&explained, Code::AgentEndConversation), "farewell")
}

/// The function of this scene, word for word.
const THREE_COMMANDS: &str = r#"
function lambda(input, callback) { callback(null, [{type:"systemMessage",text:"your message"},{type:"transfer",skillId:"123456"},{type:"closeConversation"}]); }
"#;

async fn everything_at_once(stage: &mut Stage) -> Result<()> {
    stage.scene(
        "Message, transfer, close",
        "One answer with all three commands, and each causes what it should.",
    )?;
    let express = Play {
        name: "express",
        event: StateChangeEvent::NewConversation.event_id(),
        skills: &[EXPRESS],
        source: THREE_COMMANDS,
    };
    stage.deploy(&express).await?;
    stage.show_code(express.source)?;
    let cleo = stage.opens("cleo", EXPRESS, "Where do I send my kettle?").await?;
    let explained = stage.tell(cleo).await?;
    let first = explained.changes.first().and_then(|change| change.settled.as_ref());
    let applied = first
        .map_or(0, |settled| settled.commands.iter().filter(|command| command.fate == Fate::Applied).count());
    stage.check_same(&applied, &3, "all three commands were applied")?;
    let order: Vec<&str> =
        stage.events(cleo, 1).await?.iter().filter_map(|event| step(&event.event)).collect();
    stage.check_same(
        &order.join(", "),
        &"message, routing, end".to_owned(),
        "the message came first, then the routing, then the end",
    )?;
    let caused = explained.changes.iter().filter(|change| change.cause.is_some()).map(|change| change.event);
    let caused: Vec<String> = caused.map(|event| event.to_string()).collect();
    let expected = [StateChangeEvent::ConversationRouting, StateChangeEvent::ConversationEnd];
    stage.check_same(
        &caused.join(", "),
        &expected.map(StateChangeEvent::event_id).join(", "),
        "routing and end fired events of their own, caused by the function",
    )
}

/// Whether an event is what one of the three commands does.
fn step(event: &Event) -> Option<&'static str> {
    if matches!(event, Event::LinePublished { line, .. } if line.as_deref() == Some("your message")) {
        Some("message")
    } else if matches!(event, Event::SkillChanged { .. }) {
        Some("routing")
    } else {
        matches!(event, Event::Closed { .. }).then_some("end")
    }
}

async fn a_function_that_fails(stage: &mut Stage) -> Result<()> {
    stage.scene(
        "A function fails",
        "Version 2 of `greet` has a mistake. It is tried again, then the shop's own text is sent.",
    )?;
    let broken = Play {
        name: "greet",
        event: StateChangeEvent::NewConversation.event_id(),
        skills: &[COUNTER],
        source: r#"
async function lambda({ payload }) {
  return { type: "systemMessage", text: payload.general.consumerName.toUpperCase() };
}"#,
    };
    stage.deploy(&broken).await?;
    let dora = stage.opens("dora", COUNTER, "Do you sell teapots?").await?;
    let explained = stage.tell(dora).await?;
    let change = explained.changes.first().context("the conversation was opened")?;
    let settled = change.settled.as_ref();
    stage.check_same(&settled.map_or(0, |settled| settled.attempts), &4, "it was attempted four times")?;
    let automatic = settled.is_some_and(|settled| settled.message.r#type == MessageFateType::Automatic);
    stage.check(automatic, "the automatic message was sent")?;
    let where_it_failed = settled.and_then(|settled| settled.outcome.detail.as_deref()).unwrap_or_default();
    stage.check(where_it_failed.contains("lambda.js:2"), "its error names the line in its file")?;
    let developer = stage.staff(Persona::Admin)?;
    let _: serde_json::Value =
        developer.post(&["functions", "greet", "rollback"], &json!({ "version": 1 })).await?;
    stage.say("   Back to version 1, without an edit.")?;
    let emil = stage.opens("emil", COUNTER, "Hello?").await?;
    let explained = stage.tell(emil).await?;
    spoke(stage, last(&explained, Code::ConsumerOpenNewConversationFirstTime), "greet")
}

async fn bot_off_and_on(stage: &mut Stage) -> Result<()> {
    stage.scene(
        "The Controller Bot is switched off, and on",
        "While it is off, nothing is invoked and nothing is sent, and the record says so.",
    )?;
    stage.switch_bot(false).await?;
    let fay = stage.opens("fay", COUNTER, "Anybody there?").await?;
    let explained = stage.tell(fay).await?;
    let change = explained.changes.first().context("the conversation was opened")?;
    let off = matches!(change.status, ChangeStatus::Unfired | ChangeStatus::NotInvoked);
    stage.check(
        off && change.text.contains("Controller Bot is off"),
        "no function ran, because the Controller Bot is off",
    )?;
    let lines = lines_of_the_bot(stage, fay).await?;
    stage.check_same(&lines, &0, "nothing was sent")?;
    stage.switch_bot(true).await?;
    let fay = stage.opens("fay", COUNTER, "Hello again!").await?;
    let explained = stage.tell(fay).await?;
    spoke(stage, last(&explained, Code::ConsumerOpenNewConversation), "greet")
}

async fn lines_of_the_bot(stage: &Stage, id: ConversationId) -> Result<usize> {
    let events = stage.events(id, 1).await?;
    let by_bot = |event: &Event| matches!(event, Event::LinePublished { provenance: Some(_), .. });
    Ok(events.iter().filter(|event| by_bot(&event.event)).count())
}

async fn off_hours(stage: &mut Stage) -> Result<()> {
    stage.scene(
        "The shop has closed",
        "Gus begins two minutes before the counter closes. At six he writes again.",
    )?;
    let night = Play {
        name: "night",
        event: StateChangeEvent::OffHoursLine.event_id(),
        skills: &[],
        source: r#"
async function lambda({ payload }) {
  const opened = payload.mid.openedInOffHours ? "after hours" : "in office hours";
  return { type: "systemMessage", text: "You began " + opened + ". We go on tomorrow at nine." };
}"#,
    };
    stage.deploy(&night).await?;
    stage.advance(until_time(&stage.now().await?, 16, 58)?).await?;
    let gus = stage.opens("gus", COUNTER, "Can you hold a red one for me?").await?;
    stage.tell(gus).await?;
    stage.advance(until_time(&stage.now().await?, 18, 0)?).await?;
    stage.says(gus, Persona::Consumer, "Or a blue one?").await?;
    let explained = stage.tell(gus).await?;
    spoke(stage, last(&explained, Code::ConsumerSendMessageOnOffHours), "night")
}

/// Checks that a change happened, and that this function's message was sent for it.
fn spoke(stage: &mut Stage, change: Option<&ExplainedChange>, function: &str) -> Result<()> {
    let Some(change) = change else {
        return stage.check(false, &format!("the event for `{function}` fired"));
    };
    let by = spoken_by(Some(change)).unwrap_or_default();
    let what = format!("{} fired ({}), and `{function}` spoke", change.title, change.code.code());
    stage.check_same(&by, &function.to_owned(), &what)
}
