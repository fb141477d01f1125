//! What a command causes. Refuses, or records; never performs anything.

use crate::account::{Account, User};
use crate::conversation::command::{Action, Command, InSurvey, NewLine, Open, Rejection};
use crate::conversation::commit::{By, Commit, Context};
use crate::conversation::event::{
    Actor, Closer, Event, Line, ParticipantId, PrivateText, Recorded, Role, Timer,
};
use crate::conversation::field;
use crate::conversation::line::{Audience, LineExtra};
use crate::conversation::settle;
use crate::conversation::state::Conversation;
use crate::conversation::survey;
use crate::conversation::timers;
use crate::id::{ConversationId, DialogId, SkillId, UserId};
use crate::limits;
use crate::sequence::EventSeq;
use crate::ttr::Ttr;

/// What a command caused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// The events, in order; empty if nothing had to happen.
    pub events: Vec<Recorded>,
    /// The state after them.
    pub after: Option<Conversation>,
    /// What the asker is told.
    pub reply: Reply,
}

/// What the asker of a command is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reply {
    /// It is done.
    Done,
    /// The line has this place.
    Line(EventSeq),
    /// This key was used before: the line has this place.
    Duplicate(EventSeq),
}

/// Decides `command` on the conversation `id`.
///
/// # Errors
/// The rule that refuses it; then nothing happened.
pub fn decide(
    id: ConversationId,
    state: Option<&Conversation>,
    command: Command,
    context: &Context<'_>,
) -> Result<Decision, Rejection> {
    let by = if matches!(command.action, Action::TimerDue { .. }) {
        // Nobody does it: the time has come.
        By::SYSTEM
    } else {
        By { actor: command.by, cause: command.cause }
    };
    let waiting = state.map_or(0, |state| state.lane.len());
    let settles = matches!(command.action, Action::Settle(_));
    let mut commit = Commit::new(id, state, context);
    let reply = act(&mut commit, by, command.action)?;
    if !settles {
        commit.complete_change(state, 0, by);
    }
    // Otherwise the head may be running: whoever runs it settles it, whatever is deployed by now.
    if settles || waiting == 0 {
        settle::settle_what_nothing_answers(&mut commit);
    }
    let (events, after) = commit.into_parts();
    let waits = after.as_ref().map_or(0, |state| state.lane.len());
    if !settles && waits > limits::LANE_MAX && waits > waiting {
        return Err(Rejection::Busy);
    }
    Ok(Decision { events, after, reply })
}

fn act(commit: &mut Commit<'_>, by: By, action: Action) -> Result<Reply, Rejection> {
    match action {
        Action::Open(open) => return open_conversation(commit, by, open),
        Action::Publish(line) => return publish(commit, by, DialogId::MAIN, line),
        Action::Join { participant, role } => join(commit, by, participant, role)?,
        Action::Leave { participant } => leave(commit, by, participant)?,
        Action::Accept { agent } => accept(commit, by, agent)?,
        Action::Transfer { skill, agent } => {
            brand_side_only(open_state(commit)?, by)?;
            for event in transfer(commit.state()?, commit.context.account, skill, agent)? {
                commit.push(by, event);
            }
        }
        Action::SetTtr { ttr } => set_ttr(commit, by, ttr)?,
        Action::SetManualDeadline { deadline } => {
            let state = open_state(commit)?;
            brand_side_only(state, by)?;
            if deadline.is_some_and(|deadline| deadline <= commit.context.now) {
                return Err(Rejection::DeadlineInThePast);
            }
            if state.manual_deadline != deadline {
                commit.push(by, Event::ManualDeadlineSet { deadline });
            }
        }
        Action::HandOver { from, skill, agent } => hand_over(commit, by, from, skill, agent)?,
        Action::Receive { receipt, lines } => field::receive(commit, by, DialogId::MAIN, receipt, lines)?,
        Action::Note { note } => field::note(commit, by, note)?,
        Action::Rate { rating } => field::rate(commit, by, rating)?,
        Action::SetDelay { delay } => field::set_delay(commit, by, delay)?,
        Action::Together(actions) => together(commit, by, actions)?,
        Action::StepUp { identity } => step_up(commit, by, identity)?,
        Action::Close => close(commit, by)?,
        Action::CloseMain => survey::close_main(commit, by)?,
        Action::InSurvey(InSurvey::Publish(line)) => return publish(commit, by, DialogId::SURVEY, line),
        Action::InSurvey(InSurvey::Receive { receipt, lines }) => {
            field::receive(commit, by, DialogId::SURVEY, receipt, lines)?;
        }
        Action::InSurvey(InSurvey::Close) => survey::close(commit, by)?,
        Action::TimerDue { timer } => timer_due(commit, timer)?,
        Action::Settle(settlement) => settle::settle(commit, settlement)?,
    }
    Ok(Reply::Done)
}

/// Makes several changes as one: the first refusal refuses all of them.
fn together(commit: &mut Commit<'_>, by: By, actions: Vec<Action>) -> Result<(), Rejection> {
    if actions.len() > limits::CHANGES_TOGETHER_MAX || !actions.iter().all(is_part) {
        return Err(Rejection::NotTogether);
    }
    for action in actions {
        act(commit, by, action)?;
    }
    Ok(())
}

/// Whether it can be a part of several changes: what has an answer of its own, or is nobody's act, is not.
const fn is_part(action: &Action) -> bool {
    match action {
        Action::Join { .. }
        | Action::Leave { .. }
        | Action::Accept { .. }
        | Action::Transfer { .. }
        | Action::HandOver { .. }
        | Action::SetTtr { .. }
        | Action::SetManualDeadline { .. }
        | Action::SetDelay { .. }
        | Action::Note { .. }
        | Action::Rate { .. }
        | Action::InSurvey(InSurvey::Close)
        | Action::Close
        | Action::CloseMain => true,
        Action::Open(_)
        | Action::Publish(_)
        | Action::InSurvey(InSurvey::Publish(_) | InSurvey::Receive { .. })
        | Action::Receive { .. }
        | Action::Together(_)
        | Action::StepUp { .. }
        | Action::TimerDue { .. }
        | Action::Settle(_) => false,
    }
}

/// The state, if lines are welcome.
pub(crate) fn open_state<'c>(commit: &'c Commit<'_>) -> Result<&'c Conversation, Rejection> {
    let state = commit.state()?;
    if state.is_open() { Ok(state) } else { Err(Rejection::Closed) }
}

fn open_conversation(commit: &mut Commit<'_>, by: By, open: Open) -> Result<Reply, Rejection> {
    if commit.state().is_ok() {
        return Err(Rejection::AlreadyOpen);
    }
    if matches!(by.actor, Actor::Consumer(consumer) if consumer != open.consumer) {
        return Err(Rejection::NotAllowed { role: Role::Consumer });
    }
    let account = commit.context.account;
    let skill = open.skill.or_else(|| account.default_skill.clone()).ok_or(Rejection::NoDefaultSkill)?;
    let skill = known_skill(account, skill)?;
    if let Some(line) = &open.first_line {
        check_text(&line.text)?;
    }
    let in_off_hours = !account.hours_of(Some(&skill)).is_on(commit.context.now);
    let event = Event::Opened {
        consumer: open.consumer,
        skill,
        authenticated: open.authenticated,
        in_off_hours,
        first_conversation: commit.context.history.opened == 0,
        origin: open.origin.into(),
    };
    commit.push(by, event);
    match open.first_line {
        Some(line) => {
            publish(commit, By { actor: Actor::Consumer(open.consumer), ..by }, DialogId::MAIN, line)
        }
        None => Ok(Reply::Done),
    }
}

fn publish(commit: &mut Commit<'_>, by: By, dialog: u8, line: NewLine) -> Result<Reply, Rejection> {
    check_text(&line.text)?;
    let state = commit.state()?;
    let author = by.actor.participant().ok_or(Rejection::NotAParticipant)?;
    let role = state.role_of(author).ok_or(Rejection::NotAParticipant)?;
    if let Some(key) = &line.key
        && let Some(seen) = state.keys.iter().find(|seen| seen.key == *key && seen.author == author)
    {
        return Ok(Reply::Duplicate(seen.line));
    }
    let private = line.extra.as_ref().is_some_and(|extra| extra.audience == Audience::BrandSide);
    let (wire_sequence, may_write) = if dialog == DialogId::MAIN {
        let may_write = role != Role::Reader && (!private || role.is_brand_side());
        (open_state(commit)?.next_wire_sequence, may_write)
    } else {
        (survey::open(commit)?.next_wire_sequence, survey::takes_part(role) && !private)
    };
    if !may_write {
        return Err(Rejection::NotAllowed { role });
    }
    let event = Event::LinePublished(Line {
        dialog,
        wire_sequence,
        author,
        role,
        text: PrivateText::new(line.text),
        in_off_hours: commit.in_off_hours(),
        key: line.key,
        provenance: None,
        extra: line.extra.filter(|extra| *extra != LineExtra::default()).map(Into::into),
    });
    Ok(Reply::Line(commit.push(by, event)))
}

/// Checks a text that is to be published.
pub(crate) fn check_text(text: &str) -> Result<(), Rejection> {
    if text.trim().is_empty() {
        Err(Rejection::EmptyLine)
    } else if text.len() > limits::LINE_BYTES_MAX {
        Err(Rejection::LineTooLong { bytes: text.len() })
    } else {
        Ok(())
    }
}

fn join(commit: &mut Commit<'_>, by: By, participant: ParticipantId, role: Role) -> Result<(), Rejection> {
    let state = open_state(commit)?;
    let joinable = match (participant, role) {
        (ParticipantId::Consumer(_), Role::Consumer) => {
            // A consumer never lets itself into somebody else's conversation.
            brand_side_only(state, by)?;
            true
        }
        (ParticipantId::User(user), Role::Agent | Role::Manager | Role::Reader | Role::BrandBot) => {
            if by.actor != Actor::User(user) {
                brand_side_only(state, by)?;
            }
            serving(commit.context.account, user)?;
            true
        }
        _ => false,
    };
    if !joinable {
        return Err(Rejection::RoleNotJoinable { role });
    }
    match state.role_of(participant) {
        Some(present) if present == role => return Ok(()),
        // Changing the assigned agent's role would leave the conversation without one unnoticed: they leave first.
        Some(Role::AssignedAgent) => return Err(Rejection::AlreadyAssigned),
        None if state.participants.len() >= limits::PARTICIPANTS_MAX => {
            return Err(Rejection::TooManyParticipants);
        }
        Some(_) | None => {}
    }
    commit.push(by, Event::ParticipantJoined { participant, role });
    Ok(())
}

fn leave(commit: &mut Commit<'_>, by: By, participant: ParticipantId) -> Result<(), Rejection> {
    let state = open_state(commit)?;
    let role = state.role_of(participant).ok_or(Rejection::NoSuchParticipant)?;
    if role == Role::Controller {
        return Err(Rejection::NotAllowed { role });
    }
    if by.actor.participant() != Some(participant) {
        brand_side_only(state, by)?;
    }
    commit.push(by, Event::ParticipantLeft { participant, role });
    Ok(())
}

fn accept(commit: &mut Commit<'_>, by: By, agent: UserId) -> Result<(), Rejection> {
    let state = open_state(commit)?;
    if by.actor != Actor::User(agent) {
        brand_side_only(state, by)?;
    }
    agent_with_skill(commit.context.account, agent, &state.skill)?;
    match state.assigned_agent() {
        Some(present) if present == agent => return Ok(()),
        Some(_) => return Err(Rejection::AlreadyAssigned),
        None => {}
    }
    commit.push(
        by,
        Event::ParticipantJoined { participant: ParticipantId::User(agent), role: Role::AssignedAgent },
    );
    Ok(())
}

/// The events that move `state` to a skill or an agent; none if it is there already (DESIGN §3.6).
pub(crate) fn transfer(
    state: &Conversation,
    account: &Account,
    skill: Option<SkillId>,
    agent: Option<UserId>,
) -> Result<Vec<Event>, Rejection> {
    let target = match skill {
        // Where it is already it may stay, though the skill was disabled meanwhile.
        Some(skill) if skill != state.skill => known_skill(account, skill)?,
        Some(_) | None => state.skill.clone(),
    };
    if let Some(agent) = agent {
        agent_with_skill(account, agent, &target)?;
    }
    let new_skill = target != state.skill;
    let served_by = state.assigned_agent();
    let new_agent =
        agent.is_some_and(|agent| served_by != Some(agent) && state.suggested_agent != Some(agent));
    if !new_skill && !new_agent {
        return Ok(Vec::new());
    }
    let mut events = Vec::with_capacity(3);
    if let Some(present) = served_by {
        let participant = ParticipantId::User(present);
        events.push(Event::ParticipantLeft { participant, role: Role::AssignedAgent });
    }
    if new_skill {
        events.push(Event::SkillChanged { from: state.skill.clone(), to: target });
    }
    events.extend(agent.map(|agent| Event::AgentSuggested { agent }));
    Ok(events)
}

/// The present agent gives it away. Whoever asks knows who serves it: if that is another one by now, nothing happens.
fn hand_over(
    commit: &mut Commit<'_>,
    by: By,
    from: UserId,
    skill: Option<SkillId>,
    agent: Option<UserId>,
) -> Result<(), Rejection> {
    let state = open_state(commit)?;
    brand_side_only(state, by)?;
    if state.assigned_agent() != Some(from) {
        return Err(Rejection::NoSuchParticipant);
    }
    let events = transfer(state, commit.context.account, skill, agent)?;
    if events.is_empty() {
        return leave(commit, by, ParticipantId::User(from));
    }
    for event in events {
        commit.push(by, event);
    }
    Ok(())
}

fn set_ttr(commit: &mut Commit<'_>, by: By, ttr: Ttr) -> Result<(), Rejection> {
    let state = open_state(commit)?;
    match by.actor {
        Actor::Consumer(_) => {
            participant_role(state, by)?;
            if !matches!(ttr, Ttr::Urgent | Ttr::Normal) {
                return Err(Rejection::TtrNotForConsumers);
            }
            if ttr == Ttr::Normal && state.ttr != Ttr::Urgent {
                // There is no mark to take back, and what an agent set stays.
                return Ok(());
            }
        }
        Actor::User(_) | Actor::ControllerBot | Actor::System => brand_side_only(state, by)?,
    }
    if state.ttr != ttr {
        let from = state.ttr;
        commit.push(by, Event::TtrChanged { from, to: ttr });
    }
    Ok(())
}

fn step_up(commit: &mut Commit<'_>, by: By, identity: PrivateText) -> Result<(), Rejection> {
    let state = open_state(commit)?;
    let consumer = state.consumer;
    if by.actor != Actor::Consumer(consumer) && by.actor != Actor::System {
        return Err(
            participant_role(state, by).map_or_else(|error| error, |role| Rejection::NotAllowed { role })
        );
    }
    if state.authenticated {
        return Err(Rejection::AlreadyAuthenticated);
    }
    commit.push(by, Event::SteppedUp { consumer, identity });
    Ok(())
}

/// Closes whatever of it is open.
fn close(commit: &mut Commit<'_>, by: By) -> Result<(), Rejection> {
    if commit.state()?.survey.is_some() {
        return survey::close(commit, by);
    }
    let closer = closer(open_state(commit)?, by)?;
    commit.push(by, Event::Closed { by: closer });
    Ok(())
}

pub(crate) fn closer(state: &Conversation, by: By) -> Result<Closer, Rejection> {
    Ok(match by.actor {
        Actor::Consumer(consumer) => {
            participant_role(state, by)?;
            Closer::Consumer(consumer)
        }
        Actor::User(user) => {
            brand_side_only(state, by)?;
            Closer::Agent(user)
        }
        Actor::ControllerBot => Closer::ControllerBot,
        Actor::System => Closer::Operator,
    })
}

fn timer_due(commit: &mut Commit<'_>, timer: Timer) -> Result<(), Rejection> {
    let state = commit.state()?;
    let account = commit.context.account;
    let due = timers::due(state, timer, account).filter(|due| *due <= commit.context.now);
    let (Some(_), Some(base)) = (due, timers::base(state, timer)) else {
        // It came due before its base moved: the shell arms it again.
        return Ok(());
    };
    let event = match timer {
        Timer::AutoClose => Event::Closed { by: Closer::AutoClose },
        Timer::SurveyExpiry => Event::SurveyClosed { by: Closer::AutoClose },
        Timer::AwaitingInQueue | Timer::AgentNonResponsive | Timer::ConsumerNonResponsive => {
            Event::IdleFired { timer, base, count: state.fired_since(timer, base).saturating_add(1) }
        }
    };
    commit.push(By::SYSTEM, event);
    Ok(())
}

pub(crate) fn participant_role(state: &Conversation, by: By) -> Result<Role, Rejection> {
    by.actor
        .participant()
        .and_then(|participant| state.role_of(participant))
        .ok_or(Rejection::NotAParticipant)
}

/// Lets pass who works for the brand in this conversation: agents, managers, bots, the Controller Bot, operators.
pub(crate) fn brand_side_only(state: &Conversation, by: By) -> Result<(), Rejection> {
    if by.actor == Actor::System {
        return Ok(());
    }
    let role = participant_role(state, by)?;
    if role == Role::Controller || role.is_brand_side() {
        Ok(())
    } else {
        Err(Rejection::NotAllowed { role })
    }
}

fn known_skill(account: &Account, skill: SkillId) -> Result<SkillId, Rejection> {
    match account.skill(&skill) {
        None => Err(Rejection::UnknownSkill { skill: skill.to_string() }),
        Some(known) if !known.enabled => Err(Rejection::SkillDisabled { skill }),
        Some(_) => Ok(skill),
    }
}

fn agent_with_skill(account: &Account, agent: UserId, skill: &SkillId) -> Result<(), Rejection> {
    let user = serving(account, agent)?;
    if user.skills.contains(skill) {
        Ok(())
    } else {
        Err(Rejection::AgentLacksSkill { agent, skill: skill.clone() })
    }
}

/// Someone who may take part in conversations.
fn serving(account: &Account, agent: UserId) -> Result<&User, Rejection> {
    account
        .user(agent)
        .filter(|user| user.serves())
        .ok_or_else(|| Rejection::UnknownAgent { agent: agent.to_string() })
}
