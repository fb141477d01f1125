//! What comes of an event: a trigger that a function answers, or the record of why nothing fired; and what the answer
//! causes in turn (DESIGN §3, §4).

use convoke_domain::id::SkillId;
use serde_json::Value;

use super::case::{CONTROLLER, Case, Change, Closer, Facts, Person};
use super::payload::payload;
use crate::center::{Ends, Returned};
use crate::faults::Fault;
use crate::firing::Firing;

/// Deepest chain of causes.
const DEPTH_MAX: u8 = 8;

/// A trigger that waits for its answer.
pub(super) struct Pending {
    /// Its place among the firings.
    place: usize,
    code: &'static str,
    skill: SkillId,
    depth: u8,
    /// What others did since.
    skill_changed: bool,
    agent_changed: bool,
}

/// The event id that carries a code (functions contract §8.1).
fn event_of(code: &str) -> &'static str {
    match code {
        "CONSUMER_STEP_UP" => "controllerbot_messaging_consumer_step_up",
        "ENGAGEMENT_TRANSFERED" => "controllerbot_messaging_conversation_routing",
        "CONSUMER_SEND_MESSAGE_ON_OFFHOURS" => "controllerbot_messaging_mid_conversation_msg",
        "CONV_AWAITING_IN_QUEUE" | "AGENT_NON_RESPONSIVE" | "CONSUMER_NON_RESPONSIVE" => {
            "controllerbot_messaging_conversation_idle"
        }
        "AGENT_UPDATED_RESPONSE_TIME"
        | "CONSUMER_ASKED_URGENT_RESPONSE_TIME"
        | "CONSUMER_CANCELED_URGENT_RESPONSE_TIME" => "controllerbot_messaging_ttr",
        code if code.ends_with("_END_CONVERSATION") => "controllerbot_messaging_conversation_end",
        code if code.starts_with("CONSUMER_OPEN_NEW_CONVERSATION") => {
            "controllerbot_messaging_new_conversation"
        }
        _ => "controllerbot_messaging_participants_change",
    }
}

const END_EVENT: &str = "controllerbot_messaging_conversation_end";

/// What a function returned.
enum Answer {
    NotInvoked(&'static str),
    Returned(&'static str, Option<Vec<Returned>>),
    Threw(&'static str),
}

impl Case<'_> {
    /// Records an event, and whether it fired.
    pub(super) fn fire(
        &mut self,
        code: &'static str,
        before: Option<&Facts>,
        after: &Facts,
        change: Change,
        silent: bool,
    ) {
        let world = self.world();
        let depth = change.cause.map_or(0, |(_, depth)| depth);
        let mut firing =
            Firing { at: self.now, code: code.to_owned(), facts: std::collections::BTreeMap::new() };
        firing.facts.insert("event".to_owned(), event_of(code).into());
        if let Some((cause, _)) = change.cause.filter(|_| !world.has(Fault::CausesAreForgotten)) {
            firing.facts.insert("cause".to_owned(), cause.into());
        }
        let deepest = DEPTH_MAX + u8::from(world.has(Fault::DepthOneMore));
        let why = if !world.center.bot_on && !world.has(Fault::BotOffStillFires) {
            Some("controller_bot_off")
        } else if silent {
            Some("after_autoclose")
        } else {
            (depth > deepest).then_some("cause_depth")
        };
        if let Some(why) = why {
            firing.facts.insert("fired".to_owned(), format!("no: {why}").into());
            self.firings.push(firing);
            return;
        }
        firing.facts.insert("fired".to_owned(), "yes".into());
        firing.facts.insert("depth".to_owned(), depth.into());
        firing.spread("", &payload(self, code, before, after, change.by.unwrap_or(Person::Nobody)));
        self.lane.push_back(Pending {
            place: self.firings.len(),
            code,
            skill: after.skill.clone(),
            depth,
            skill_changed: false,
            agent_changed: false,
        });
        self.firings.push(firing);
    }

    /// What waits for its answer was overtaken by what changed since `before`.
    pub(super) fn note_overtaken(&mut self, before: &Facts) {
        let Some(after) = &self.facts else { return };
        let skill = before.skill != after.skill;
        let agent = before.assigned() != after.assigned();
        for pending in &mut self.lane {
            pending.skill_changed |= skill;
            pending.agent_changed |= agent;
        }
    }

    /// Answers what waits, one after the other, and what comes of that.
    pub(super) fn settle_all(&mut self) {
        while let Some(pending) = self.lane.pop_front() {
            self.settle(&pending);
        }
    }

    fn settle(&mut self, pending: &Pending) {
        let answer = self.ask(pending);
        let (said, returned) = match &answer {
            Answer::NotInvoked(why) => (format!("not invoked: {why}"), None),
            Answer::Threw(name) => (format!("{name} failed"), None),
            Answer::Returned(name, returned) => (format!("{name} answered"), returned.clone()),
        };
        let message = self.message(pending, returned.as_deref());
        let Some(facts) = &self.facts else { return };
        let open = facts.closed.is_none();
        let commands = returned.unwrap_or_default();
        let transfer = commands.iter().find_map(|command| match command {
            Returned::Transfer(skill) => Some(skill),
            Returned::Say(_) | Returned::Close => None,
        });
        let goes = transfer.filter(|_| open && !pending.skill_changed && !pending.agent_changed);
        let closes = open && commands.contains(&Returned::Close) && !pending.agent_changed;
        self.note(pending, "answer", said);
        self.note(pending, "message", message.to_owned());
        let sends = matches!(message, "sent" | "automatic");
        let now = self.now;
        let cause = Some((pending.code, pending.depth.saturating_add(1)));
        let change = Change { by: Some(Person::ControllerBot), cause, ..Change::default() };
        self.change_unanswered(change, |facts, world| {
            if sends {
                if world.has(Fault::AutomaticLinesAreAnswers) {
                    facts.brand_writes(CONTROLLER, now);
                }
                facts.talk.last = Some((now, CONTROLLER));
                if message == "automatic" && pending.code == "CONSUMER_SEND_MESSAGE_ON_OFFHOURS" {
                    facts.told_off_hours_at = Some(now);
                }
            }
            if let Some(skill) = goes {
                facts.transfer(Some(skill), None, now, world);
            }
            if closes {
                facts.closed = Some((Closer::Function, now));
            }
        });
    }

    fn note(&mut self, pending: &Pending, name: &str, value: impl Into<Value>) {
        if let Some(firing) = self.firings.get_mut(pending.place) {
            firing.facts.insert(name.to_owned(), value.into());
        }
    }

    fn ask(&self, pending: &Pending) -> Answer {
        let event = event_of(pending.code);
        let Some(facts) = &self.facts else { return Answer::NotInvoked("none_deployed") };
        let mut of_event =
            self.world().center.functions.iter().filter(|function| function.event == event).peekable();
        if of_event.peek().is_none() {
            return Answer::NotInvoked("none_deployed");
        }
        let serves = |skills: &std::collections::BTreeSet<SkillId>| {
            skills.is_empty() || skills.contains(&pending.skill)
        };
        let Some(function) = of_event.find(|function| serves(&function.skills)) else {
            return Answer::NotInvoked("other_skill");
        };
        match function.ends(pending.code, &pending.skill, facts.opening.campaign) {
            Ends::Threw => Answer::Threw(function.name),
            Ends::WithNothing => Answer::Returned(function.name, None),
            Ends::WithCommands(returned) => Answer::Returned(function.name, Some(returned.to_vec())),
        }
    }

    /// Which message is sent, or why none (DESIGN §3.3, §3.4).
    fn message(&self, pending: &Pending, returned: Option<&[Returned]>) -> &'static str {
        let Some(facts) = &self.facts else { return "none" };
        if returned.is_some_and(<[Returned]>::is_empty) {
            return "suppressed";
        }
        if facts.closed.is_some() && event_of(pending.code) != END_EVENT {
            return "closed";
        }
        let says = returned.is_some_and(|all| all.iter().any(|command| matches!(command, Returned::Say(_))));
        if says {
            return "sent";
        }
        let world = self.world();
        if pending.code == "CONSUMER_SEND_MESSAGE_ON_OFFHOURS"
            && !world.has(Fault::OffHoursMessageForEachLine)
        {
            let since = world.calendar(&pending.skill).off_since(self.now);
            if facts.told_off_hours_at.is_some_and(|told| since.is_none_or(|since| told >= since)) {
                return "none: already_told";
            }
        }
        if world.center.texts.contains(pending.code) { "automatic" } else { "none: no_text" }
    }
}
