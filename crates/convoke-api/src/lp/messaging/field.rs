//! What `conversationField` changes (messaging contract §1.6): several variants, made as one change.
//!
//! The three compounds of the contract name one agent's leaving and what comes next; they become one act, so that the
//! conversation is never seen in between.

use convoke_domain::account::Account;
use convoke_domain::conversation::{
    Action, Conversation, Delay, DelayKind, InSurvey, ParticipantId, Rating, RatingStatus, Role,
};
use convoke_domain::id::{DialogId, SkillId, UserId};
use convoke_domain::ttr::Ttr;
use serde_json::Value;

use super::envelope::{Body, list};
use super::refusal::Refused;
use super::{event, participant_named, role_named};

/// What an update of a conversation's fields asks for, in the conversation's present state.
///
/// # Errors
/// A field that is missing, not known, or names somebody who is not there.
pub fn changes(
    fields: Option<&Value>,
    state: &Conversation,
    account: &Account,
    own: ParticipantId,
) -> Result<Action, Refused> {
    let fields = list(fields.cloned());
    if fields.is_empty() {
        return Err(Refused::missing("conversationField"));
    }
    let mut plan = Plan::default();
    for field in &fields {
        let field =
            field.as_object().ok_or_else(|| Refused::invalid("conversationField", "expected objects"))?;
        plan.read(Body(field), state, account, own)?;
    }
    plan.into_action(state)
}

/// What the fields say together.
#[derive(Default)]
struct Plan {
    /// The assigned agent leaves.
    from: Option<UserId>,
    skill: Option<Target>,
    suggested: Option<UserId>,
    first: Vec<Action>,
    last: Vec<Action>,
}

/// The skill that a conversation is to wait for.
enum Target {
    /// This one.
    Skill(SkillId),
    /// None in particular (`-1`): the one it has, since every conversation here has one.
    Present,
}

impl Plan {
    fn read(
        &mut self,
        field: Body<'_>,
        state: &Conversation,
        account: &Account,
        own: ParticipantId,
    ) -> Result<(), Refused> {
        match field.needed("field")?.as_str() {
            "ParticipantsChange" => self.participants(field, state, account, own)?,
            "Skill" => {
                let skill = field.needed("skill")?;
                let none = skill == "-1";
                let parsed = skill.parse().map_err(|error| Refused::invalid("skill", error));
                self.skill = Some(if none { Target::Present } else { Target::Skill(parsed?) });
            }
            "ConversationStateField" => {
                closed(field.text("conversationState").as_deref(), "conversationState")?;
                self.last.push(Action::Close);
            }
            "DialogChange" => self.dialog(field, state)?,
            "TTRField" => self.first.push(ttr(field)?),
            "ManualETTR" => {
                let at = field.number("time")?.filter(|at| *at > 0);
                let deadline = at.map(|at| event::time(at, "time")).transpose()?;
                self.first.push(Action::SetManualDeadline { deadline });
            }
            "DelayField" => self.first.push(delay(field)?),
            "CSATRate" => self.first.push(rating(field)?),
            "Note" | "TopicField" => {
                self.first.push(Action::Note { note: field.text("note").unwrap_or_default() });
            }
            other => return Err(Refused::unknown(other)),
        }
        Ok(())
    }

    fn participants(
        &mut self,
        field: Body<'_>,
        state: &Conversation,
        account: &Account,
        own: ParticipantId,
    ) -> Result<(), Refused> {
        let (kind, role) = (field.needed("type")?, field.needed("role")?);
        let role =
            role_named(&role).ok_or_else(|| Refused::invalid("role", format!("{role} is not known")))?;
        let named =
            match field.text("userId") {
                Some(text) => Some(participant_named(account, &text).ok_or_else(|| {
                    Refused::not_found("agent.unknown", "userId names nobody of this account")
                })?),
                None => None,
            };
        match kind.as_str() {
            "REMOVE" => self.remove(role, named, state),
            "SUGGEST" => {
                let Some(ParticipantId::User(agent)) = named else { return Err(Refused::missing("userId")) };
                self.suggested = Some(agent);
                Ok(())
            }
            "ADD" | "UPDATE" => {
                let participant = named.unwrap_or(own);
                self.first.push(match (role, participant) {
                    (Role::AssignedAgent, ParticipantId::User(agent)) => Action::Accept { agent },
                    _ => Action::Join { participant, role },
                });
                Ok(())
            }
            other => {
                Err(Refused::invalid("type", format!("{other} is none of ADD, REMOVE, UPDATE, SUGGEST")))
            }
        }
    }

    /// Who leaves: whoever has the role, and is named if somebody is. The SDK names the caller where nobody is named.
    fn remove(
        &mut self,
        role: Role,
        named: Option<ParticipantId>,
        state: &Conversation,
    ) -> Result<(), Refused> {
        let holders = || state.participants.iter().filter(|(_, held)| **held == role).map(|(who, _)| *who);
        let by_name = named.filter(|named| holders().any(|holder| holder == *named));
        let leaves =
            by_name.or_else(|| holders().next().filter(|_| role == Role::AssignedAgent || named.is_none()));
        let Some(leaves) = leaves else {
            let details = "nobody who is named takes part in this role";
            return Err(Refused::not_found("participant.unknown", details));
        };
        match leaves {
            ParticipantId::User(agent) if role == Role::AssignedAgent => self.from = Some(agent),
            ParticipantId::User(_) | ParticipantId::Consumer(_) | ParticipantId::ControllerBot => {
                self.last.push(Action::Leave { participant: leaves });
            }
        }
        Ok(())
    }

    /// A dialog is closed. A survey may follow the main one.
    fn dialog(&mut self, field: Body<'_>, state: &Conversation) -> Result<(), Refused> {
        if field.text("type").is_some_and(|kind| kind != "UPDATE") {
            return Err(Refused::unknown("DialogChange with another type than UPDATE"));
        }
        let dialog = field.object("dialog").ok_or(Refused::missing("dialog"))?;
        closed(dialog.text("state").as_deref(), "dialog.state")?;
        let named = dialog.text("dialogId").or_else(|| field.text("dialogId"));
        let named = match named {
            Some(named) => named.parse().map_err(|_| Refused::no_such_dialog())?,
            None => DialogId::main(state.id),
        };
        if named.conversation != state.id || !state.has_dialog(named.ordinal) {
            return Err(Refused::no_such_dialog());
        }
        self.last.push(match named.ordinal {
            DialogId::MAIN => Action::CloseMain,
            _ => Action::InSurvey(InSurvey::Close),
        });
        Ok(())
    }

    fn into_action(self, state: &Conversation) -> Result<Action, Refused> {
        let skill = self.skill.map(|target| match target {
            Target::Skill(skill) => skill,
            Target::Present => state.skill.clone(),
        });
        let mut actions = self.first;
        match (self.from, skill, self.suggested) {
            (None, None, None) => {}
            (Some(from), skill, agent) => actions.push(Action::HandOver { from, skill, agent }),
            (None, skill, agent) => actions.push(Action::Transfer { skill, agent }),
        }
        actions.extend(self.last);
        if actions.len() == 1
            && let Some(only) = actions.pop()
        {
            return Ok(only);
        }
        if actions.is_empty() {
            Err(Refused::missing("conversationField"))
        } else {
            Ok(Action::Together(actions))
        }
    }
}

/// The only state that anybody sets.
fn closed(state: Option<&str>, field: &str) -> Result<(), Refused> {
    match state {
        Some("CLOSE") => Ok(()),
        Some(_) => Err(Refused::invalid(field, "can only become CLOSE")),
        None => Err(Refused::missing(field)),
    }
}

fn ttr(field: Body<'_>) -> Result<Action, Refused> {
    let name = field.needed("ttrType")?;
    let value = field.number("value")?.and_then(|value| u64::try_from(value).ok());
    let ttr = Ttr::from_wire(&name, value).map_err(|error| Refused::invalid("ttrType", error))?;
    Ok(Action::SetTtr { ttr })
}

fn delay(field: Body<'_>) -> Result<Action, Refused> {
    let Some(until) = field.number("tillWhen")?.filter(|until| *until > 0) else {
        return Ok(Action::SetDelay { delay: None });
    };
    let kind = field.needed("type")?;
    let kind = DelayKind::from_wire(&kind)
        .ok_or_else(|| Refused::invalid("type", format!("{kind} is not known")))?;
    Ok(Action::SetDelay { delay: Some(Delay { kind, until: event::time(until, "tillWhen")? }) })
}

fn rating(field: Body<'_>) -> Result<Action, Refused> {
    let rate = field.number("csatRate")?;
    let rate = rate.map(|rate| u8::try_from(rate).map_err(|_| Refused::invalid("csatRate", "from 1 to 5")));
    let resolved = field.get("csatResolutionConfirmation").and_then(Value::as_bool);
    let rate = rate.transpose()?;
    let status = match field.text("status") {
        Some(word) => RatingStatus::from_wire(&word)
            .ok_or_else(|| Refused::invalid("status", format!("{word} is not known")))?,
        None if rate.is_some() => RatingStatus::Filled,
        None => RatingStatus::Skipped,
    };
    Ok(Action::Rate { rating: Rating { rate, resolved, status } })
}
