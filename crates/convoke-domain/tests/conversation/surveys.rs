//! The survey after a conversation: when there is one, what is said in it, and how it ends.

use std::collections::BTreeMap;

use convoke_domain::automatic_message::Language;
use convoke_domain::conversation::{
    Action, Actor, Audience, Closer, Conversation, Event, InSurvey, LineExtra, NewLine, Open, Origin,
    ParticipantId, Rating, RatingStatus, Receipt, Rejection, Reply, Role, Timer,
};
use convoke_domain::id::DialogId;
use convoke_domain::invocation::Returned;
use convoke_domain::limits;
use convoke_domain::state_change::CbotEventType as Code;
use convoke_domain::state_change::StateChangeEvent;
use jiff::SignedDuration;

use crate::kit::*;

/// The same brand, which asks its consumers afterwards.
fn asking() -> World {
    let mut world = World::new();
    world.account.survey.enabled = true;
    world.account.survey_revision = 4;
    world
}

/// An opening by a client that shows surveys.
fn showing() -> Action {
    let features = vec!["AUTO_MESSAGES".to_owned(), "MULTI_DIALOG".to_owned()];
    Action::Open(Open { origin: Origin { features, ..Origin::default() }, ..opening() })
}

/// Anna has served the consumer, whose client shows surveys.
fn served() -> World {
    let mut world = asking();
    world.when(consumer(), showing());
    world.accepts(ANNA);
    world
}

/// The same, and she has closed it.
fn asked() -> World {
    let mut world = served();
    world.when(by(ANNA), Action::CloseMain);
    world
}

fn says(text: &str) -> Action {
    Action::InSurvey(InSurvey::Publish(line(text)))
}

fn rating(rate: Option<u8>, status: RatingStatus) -> Action {
    Action::Rate { rating: Rating { rate, resolved: None, status } }
}

fn is_asked(state: &Conversation) -> bool {
    state.open_survey().is_some()
}

#[test]
fn the_close_fires_the_end_once_and_the_survey_follows() {
    let mut world = served();
    let commit = world.when(by(ANNA), Action::CloseMain);
    assert_eq!(commit.codes(), [Code::AgentEndConversation]);
    assert_eq!(commit.kinds()[..2], ["closed", "survey_opened"]);
    let state = world.state();
    assert!(!state.is_open() && is_asked(state) && !state.is_over());
    assert_eq!(state.survey.map(|survey| survey.revision), Some(4));
    let payload = &commit.trigger().payload;
    assert!(payload.general.open.old && !payload.general.open.new, "whether or not a survey follows");
    let end = world.when(consumer(), Action::InSurvey(InSurvey::Close));
    assert_eq!(end.codes(), [] as [Code; 0]);
    assert!(world.state().is_over());
}

#[test]
fn nobody_is_asked_where_nothing_is_switched_on_or_shown_or_was_answered_before() {
    let closes = |mut world: World, opening: Action| {
        world.when(consumer(), opening);
        world.accepts(ANNA);
        world
    };
    let off = closes(World::new(), showing());
    let plain_client = closes(asking(), Action::Open(opening()));
    let mut skill_off = asking();
    skill_off.account.skills.get_mut(&skill(SALES)).unwrap().survey = Some(false);
    let mut rated = served();
    rated.when(consumer(), rating(Some(5), RatingStatus::Filled));
    for mut world in [off, plain_client, closes(skill_off, showing()), rated] {
        world.when(by(ANNA), Action::CloseMain);
        assert!(world.state().is_over());
        assert_eq!(world.refused(consumer(), says("fine")), Rejection::NoSuchDialog);
    }
    let mut skill_on = World::new();
    skill_on.account.skills.get_mut(&skill(SALES)).unwrap().survey = Some(true);
    let mut skill_on = closes(skill_on, showing());
    skill_on.when(consumer(), Action::CloseMain);
    assert!(is_asked(skill_on.state()), "the skill asks though the account does not");
}

#[test]
fn nobody_is_asked_after_the_system_closed_it() {
    for actor in [Actor::System, Actor::ControllerBot] {
        let mut world = served();
        world.when(actor, Action::CloseMain);
        assert!(world.state().is_over(), "{actor:?}");
    }
    let mut world = served();
    world.account.auto_close = minutes(30);
    world.writes(ANNA);
    world.after(minutes(30)).timer(Timer::AutoClose);
    assert!(world.state().is_over());
    let mut world = served().with_function(StateChangeEvent::Ttr);
    world.sets_ttr(consumer(), convoke_domain::ttr::Ttr::Urgent);
    world.returns(vec![Returned::Close]);
    assert!(world.state().is_over(), "a function's closeConversation");
}

#[test]
fn closing_everything_asks_nobody_and_ends_a_survey_that_is_open() {
    let mut world = served();
    world.when(consumer(), Action::Close);
    assert!(world.state().is_over() && world.state().survey.is_none());
    let mut world = asked();
    world.when(by(ANNA), Action::Close);
    let closed = world.state().survey.and_then(|survey| survey.closed);
    assert_eq!(closed.map(|closed| closed.by), Some(Closer::Agent(user(ANNA))));
    assert!(world.state().is_over());
    assert_eq!(world.refused(by(ANNA), Action::Close), Rejection::Closed);
}

#[test]
fn lines_of_a_survey_count_for_themselves_and_take_nobodys_turn() {
    let mut world = served();
    world.consumer_writes();
    world.writes(ANNA);
    world.when(by(ANNA), Action::CloseMain);
    let before = world.state().clone();
    let first = world.when(consumer(), says("it was fine"));
    let second = world.after(minutes(1)).when(consumer(), says("really"));
    let sequences: Vec<_> = [&first, &second].map(|commit| commit.lines()[0].1.wire_sequence).into();
    assert_eq!(sequences, [0, 1]);
    assert_eq!(first.lines()[0].1.dialog, DialogId::SURVEY);
    let after = world.state();
    assert_eq!((after.talk, after.deadline), (before.talk, before.deadline));
    assert_eq!((after.next_wire_sequence, after.changed_at), (before.next_wire_sequence, before.changed_at));
    let read = InSurvey::Receive { receipt: Receipt::Read, lines: vec![0] };
    world.when(consumer(), Action::InSurvey(read));
    assert_eq!(world.state().survey.map(|survey| survey.next_wire_sequence), Some(3));
}

#[test]
fn a_line_of_a_survey_in_off_hours_fires_nothing() {
    let mut world = asked();
    world.at("2026-06-08T22:00:00Z");
    let commit = world.when(consumer(), says("still awake"));
    assert_eq!((commit.codes(), commit.lines()[0].1.in_off_hours), (vec![], true));
}

#[test]
fn a_retry_in_a_survey_is_the_same_line() {
    let mut world = asked();
    let say = Action::InSurvey(InSurvey::Publish(keyed("fine", "1")));
    let Reply::Line(place) = world.when(consumer(), say.clone()).reply else { panic!("a line has a place") };
    assert_eq!(world.when(consumer(), say).reply, Reply::Duplicate(place));
}

#[test]
fn whoever_served_is_out_of_the_survey() {
    let mut world = asked();
    let refusal = Rejection::NotAllowed { role: Role::AssignedAgent };
    assert_eq!(world.refused(by(ANNA), says("was I good?")), refusal);
    let read = InSurvey::Receive { receipt: Receipt::Read, lines: vec![0] };
    assert_eq!(world.refused(by(ANNA), Action::InSurvey(read)), refusal);
    assert_eq!(world.refused(by(BEN), says("hi")), Rejection::NotAParticipant);
    assert_eq!(world.refused(Actor::Consumer(FRIEND), says("hi")), Rejection::NotAParticipant);
    let extra = Some(LineExtra { audience: Audience::BrandSide, ..LineExtra::default() });
    let hidden = Action::InSurvey(InSurvey::Publish(NewLine { extra, ..line("psst") }));
    assert_eq!(world.refused(consumer(), hidden), Rejection::NotAllowed { role: Role::Consumer });
    for action in [
        Action::Publish(line("one more thing")),
        Action::Accept { agent: user(BEN) },
        Action::Join { participant: ParticipantId::User(user(MARA)), role: Role::Manager },
        Action::CloseMain,
    ] {
        assert_eq!(world.refused(by(ANNA), action.clone()), Rejection::Closed, "{action:?}");
    }
}

#[test]
fn each_rating_ends_the_survey_and_a_wrong_one_does_not() {
    for (rate, status) in [
        (Some(1), RatingStatus::Filled),
        (Some(5), RatingStatus::Filled),
        (None, RatingStatus::PartiallyFilled),
        (None, RatingStatus::Skipped),
    ] {
        let mut world = asked();
        let commit = world.when(consumer(), rating(rate, status));
        assert_eq!(commit.kinds(), ["rated", "survey_closed"]);
        assert!(world.state().is_over());
        assert_eq!(world.refused(consumer(), says("and")), Rejection::Closed);
    }
    let mut world = asked();
    for rate in [0, 6] {
        let refusal = world.refused(consumer(), rating(Some(rate), RatingStatus::Filled));
        assert_eq!(refusal, Rejection::RateOutOfRange);
    }
    assert!(is_asked(world.state()));
}

#[test]
fn a_rating_and_a_close_in_one_request_are_one_end() {
    for close in [Action::InSurvey(InSurvey::Close), Action::Close] {
        let mut world = asked();
        let both = Action::Together(vec![rating(Some(3), RatingStatus::Filled), close]);
        assert_eq!(world.when(consumer(), both).kinds(), ["rated", "survey_closed"]);
    }
    let mut world = served();
    let both = Action::Together(vec![rating(Some(3), RatingStatus::Filled), Action::CloseMain]);
    world.when(consumer(), both);
    assert!(world.state().is_over(), "there is nothing left to ask");
}

#[test]
fn a_survey_expires_after_a_week_whatever_is_said_in_it() {
    let mut world = asked();
    let week = SignedDuration::try_from(limits::SURVEY_EXPIRY).unwrap();
    assert_eq!(world.due_in(Timer::SurveyExpiry), Some(week));
    for timer in [Timer::AwaitingInQueue, Timer::AgentNonResponsive, Timer::ConsumerNonResponsive] {
        assert_eq!(world.due(timer), None);
    }
    world.after(minutes(60 * 24)).when(consumer(), says("I am thinking"));
    assert_eq!(world.due_in(Timer::SurveyExpiry), Some(week - SignedDuration::from_hours(24)));
    assert!(world.timer(Timer::SurveyExpiry).events.is_empty(), "too early");
    let commit = world.after(limits::SURVEY_EXPIRY).timer(Timer::SurveyExpiry);
    assert_eq!(commit.kinds(), ["survey_closed"]);
    let closed = world.state().survey.and_then(|survey| survey.closed);
    assert_eq!(closed.map(|closed| closed.by), Some(Closer::AutoClose));
    assert_eq!(world.due(Timer::SurveyExpiry), None);
    assert!(world.timer(Timer::SurveyExpiry).events.is_empty());
}

#[test]
fn the_question_opens_it_in_the_language_of_the_conversation() {
    let mut world = asking();
    let language = |text: &str| text.parse::<Language>().unwrap();
    let texts = [("en", "How were we?"), ("de", "Wie waren wir?")];
    world.account.survey.question = BTreeMap::from(texts.map(|(tag, text)| (language(tag), text.to_owned())));
    let features = vec!["MULTI_DIALOG".to_owned()];
    let origin = Origin { features, language: Some(language("de-AT")), ..Origin::default() };
    world.when(consumer(), Action::Open(Open { origin, ..opening() }));
    world.accepts(ANNA);
    let commit = world.when(by(ANNA), Action::CloseMain);
    let lines = commit.lines();
    let (_, question) = lines.first().expect("the question is a line");
    assert_eq!(question.text.reveal(), Some("Wie waren wir?"));
    assert_eq!((question.dialog, question.wire_sequence), (DialogId::SURVEY, 0));
    assert_eq!((question.author, question.role), (ParticipantId::ControllerBot, Role::Controller));
}

#[test]
fn the_last_message_of_the_end_belongs_to_the_main_dialog() {
    let mut world = served().with_function(StateChangeEvent::ConversationEnd);
    world.writes(ANNA);
    world.when(by(ANNA), Action::CloseMain);
    let next = world.state().next_wire_sequence;
    world.when(consumer(), says("thanks"));
    let commit = world.says("good bye");
    assert_eq!(commit.texts(), ["good bye"], "what is said in the survey fences nothing");
    assert_eq!((commit.lines()[0].1.dialog, commit.lines()[0].1.wire_sequence), (DialogId::MAIN, next));
}

#[test]
fn what_happens_in_a_survey_is_read_back_with_the_state() {
    let mut world = asked();
    world.when(consumer(), says("fine"));
    world.when(consumer(), rating(Some(4), RatingStatus::Filled));
    let stored = serde_json::to_string(world.state()).unwrap();
    assert_eq!(&serde_json::from_str::<Conversation>(&stored).unwrap(), world.state());
    let ended = world.log.iter().filter(|recorded| matches!(recorded.event, Event::SurveyClosed { .. }));
    assert_eq!(ended.count(), 1);
}
