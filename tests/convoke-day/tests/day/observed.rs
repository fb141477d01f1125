//! What the engine recorded, in the words of both sides: its durable log of a conversation, read as firings.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use convoke_api::functions::payload::input_json;
use convoke_domain::conversation::{Cause, Event, Recorded, Settled, Triggered, UnfiredReason};
use convoke_domain::function::Functions;
use convoke_domain::id::{AccountId, ConversationId, FunctionId, InvocationId};
use convoke_domain::invocation::{MessageFate, NotInvoked, Outcome, Silence};
use convoke_domain::sequence::EventSeq;
use convoke_engine::Handle;
use serde_json::Value;

use crate::center::pid;
use crate::firing::Firing;

/// All events of a conversation, as they are durable.
pub(crate) async fn log(handle: &Handle, account: &AccountId, id: ConversationId) -> Result<Vec<Recorded>> {
    let mut events: Vec<Recorded> = Vec::new();
    loop {
        let from = events.last().map_or(EventSeq::FIRST, |last| last.seq.next());
        let more = handle.events(account, id, from).await?;
        if more.is_empty() {
            return Ok(events);
        }
        events.extend(more);
    }
}

/// The firings of a conversation.
pub(crate) fn firings(account: &AccountId, events: &[Recorded], names: &Names) -> Result<Vec<Firing>> {
    let mut firings: Vec<Firing> = Vec::new();
    let mut places: BTreeMap<EventSeq, usize> = BTreeMap::new();
    for recorded in events {
        match &recorded.event {
            Event::Triggered(triggered) => {
                let mut firing = begun(recorded, triggered.code.code(), &firings, &places);
                triggered_facts(&mut firing, account, triggered)?;
                places.insert(recorded.seq, firings.len());
                firings.push(firing);
            }
            Event::Unfired { code, reason, .. } => {
                let mut firing = begun(recorded, code.code(), &firings, &places);
                let why = match reason {
                    UnfiredReason::ControllerBotOff => "controller_bot_off",
                    UnfiredReason::AfterAutoclose => "after_autoclose",
                    UnfiredReason::CauseDepth => "cause_depth",
                };
                firing.facts.insert("fired".to_owned(), format!("no: {why}").into());
                firings.push(firing);
            }
            Event::Settled(settled) => {
                let firing = places.get(&settled.trigger).and_then(|place| firings.get_mut(*place));
                settled_facts(firing.context("a trigger is settled that never fired")?, settled, names)?;
            }
            _ => {}
        }
    }
    Ok(firings)
}

fn begun(recorded: &Recorded, code: &str, firings: &[Firing], places: &BTreeMap<EventSeq, usize>) -> Firing {
    let mut firing = Firing { at: recorded.at, code: code.to_owned(), facts: BTreeMap::new() };
    let event = match &recorded.event {
        Event::Triggered(triggered) => triggered.event.event_id(),
        Event::Unfired { event, .. } => event.event_id(),
        _ => "",
    };
    firing.facts.insert("event".to_owned(), event.into());
    if let Some(Cause { invocation: InvocationId::Triggered { trigger, .. }, .. }) = recorded.cause {
        let cause = places.get(&trigger).and_then(|place| firings.get(*place));
        firing.facts.insert("cause".to_owned(), cause.map_or("unknown", |cause| &cause.code).into());
    }
    firing
}

fn triggered_facts(firing: &mut Firing, account: &AccountId, triggered: &Triggered) -> Result<()> {
    let users = |user| Some(pid(user));
    let input = input_json(account, &triggered.payload, users, triggered.payload.general.at);
    let input: Value = serde_json::from_str(&input)?;
    firing.facts.insert("fired".to_owned(), "yes".into());
    firing.facts.insert("depth".to_owned(), triggered.depth.into());
    firing.spread("", &input["payload"]);
    Ok(())
}

fn settled_facts(firing: &mut Firing, settled: &Settled, names: &Names) -> Result<()> {
    let name =
        settled.function.and_then(|function| names.get(&function.function)).map_or("?", String::as_str);
    let answer = match &settled.outcome {
        Outcome::NotInvoked { reason: NotInvoked::NoneDeployed } => "not invoked: none_deployed".to_owned(),
        Outcome::NotInvoked { reason: NotInvoked::OtherSkill } => "not invoked: other_skill".to_owned(),
        Outcome::NotInvoked { reason: NotInvoked::ControllerBotOff } => {
            "not invoked: controller_bot_off".to_owned()
        }
        Outcome::Answered => format!("{name} answered"),
        Outcome::Dropped => format!("{name} dropped"),
        Outcome::Failed { .. } => format!("{name} failed"),
    };
    let message = match &settled.message {
        MessageFate::Sent { .. } => "sent",
        MessageFate::Automatic { .. } => "automatic",
        MessageFate::Suppressed => "suppressed",
        MessageFate::None { reason: Silence::AlreadyTold } => "none: already_told",
        MessageFate::None { reason: Silence::NoText } => "none: no_text",
        MessageFate::None { .. } => "none: another reason",
        MessageFate::Fenced { .. } => "fenced",
        MessageFate::Closed => "closed",
    };
    let twice = firing.facts.insert("answer".to_owned(), answer.into()).is_some();
    anyhow::ensure!(!twice, "a trigger is settled twice");
    firing.facts.insert("message".to_owned(), message.into());
    Ok(())
}

/// The functions by their ids.
pub(crate) type Names = BTreeMap<FunctionId, String>;

/// The names of the functions of an account.
pub(crate) fn names(functions: &Functions) -> Names {
    functions.functions.iter().map(|(id, function)| (*id, function.name.clone())).collect()
}
