//! Surveys after conversations: their functions are told once each, also after a crash, and nobody waits for ever.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use convoke_domain::account::{Command as AccountCommand, PostSurvey};
use convoke_domain::automatic_message::Language;
use convoke_domain::conversation::{
    Action, Actor, Closer, Event, InSurvey, NewLine, Origin, Rating, RatingStatus, Recorded,
};
use convoke_domain::function::{EventBinding, FunctionSettings, OtherEvent};
use convoke_domain::id::{ConsumerId, ConversationId, InvocationId};
use convoke_domain::limits::SURVEY_EXPIRY;
use convoke_engine::Opening;
use convoke_engine::ports::{Ending, Job};
use serde_json::Value;

use crate::kit::{Center, account, agent, elapse};

/// What functions were told: the invocation and the whole input.
type Told = Arc<Mutex<Vec<(String, Value)>>>;

/// A center that asks consumers afterwards.
async fn asking() -> Center {
    let center = Center::open().await;
    let english: Language = "en".parse().unwrap();
    let survey = PostSurvey { enabled: true, question: [(english, "How were we?".to_owned())].into() };
    center.configure(AccountCommand::SetSurvey { survey }).await;
    center
}

/// Deploys a function on an event of surveys that notes what it is told, and takes its time.
async fn listen(center: &Center, event: OtherEvent, takes: Duration) -> Told {
    let told = Told::default();
    let notes = Arc::clone(&told);
    let script = move |job: &Job| {
        let input = serde_json::from_str(&job.input).unwrap();
        notes.lock().unwrap().push((job.invocation.to_string(), input));
        (takes, Ending::Returned(None))
    };
    let binding = Some(EventBinding::Other(event));
    let id = center.create(event.event_id(), binding, &["1"], FunctionSettings::default(), script).await;
    center.handle.deploy(&account(), &convoke_domain::account::Actor::System, id).await.unwrap();
    told
}

/// A conversation of a client that shows surveys, served and closed by the agent.
async fn asked(center: &Center) -> (ConversationId, ConsumerId) {
    let origin = Origin { features: vec!["MULTI_DIALOG".to_owned()], campaign: 3, ..Origin::default() };
    let first_line = Some(NewLine { text: "hi".to_owned(), key: None, extra: None });
    let opening = Opening { origin, first_line, ..Opening::default() };
    let opened = center.handle.open(&account(), opening).await.unwrap();
    center.accept(opened.conversation).await.unwrap();
    center.act(opened.conversation, Actor::User(agent()), Action::CloseMain).await.unwrap();
    (opened.conversation, opened.consumer)
}

fn place(log: &[Recorded], wanted: impl Fn(&Event) -> bool) -> u64 {
    log.iter().find(|recorded| wanted(&recorded.event)).unwrap().seq.number()
}

async fn heard(told: &Told, count: usize) -> Vec<(String, Value)> {
    loop {
        let so_far = told.lock().unwrap().clone();
        if so_far.len() >= count {
            return so_far;
        }
        elapse(Duration::from_millis(1)).await;
    }
}

/// Waits until no row is left that says that a function has to be told.
async fn all_told(center: &Center) {
    while !center.handle.store().facts(&account(), "survey-event/", None, 1).await.unwrap().is_empty() {
        elapse(Duration::from_millis(1)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn functions_are_told_when_a_survey_begins_and_when_it_ends() {
    let center = asking().await;
    let began = listen(&center, OtherEvent::SurveyStarted, Duration::ZERO).await;
    let ended = listen(&center, OtherEvent::SurveyEnded, Duration::ZERO).await;
    let (id, consumer) = asked(&center).await;
    let (invocation, input) = heard(&began, 1).await.remove(0);
    let log = center.log(id).await;
    let opened = place(&log, |event| matches!(event, Event::SurveyOpened { .. }));
    let trigger = convoke_domain::sequence::EventSeq::new(opened).unwrap();
    assert_eq!(invocation, InvocationId::Triggered { conversation: id, trigger }.to_string());
    let payload = &input["payload"];
    assert_eq!(payload["conversationId"], id.to_string());
    assert_eq!((&payload["accountId"], &payload["skillId"]), (&"acme".into(), &"1".into()));
    assert_eq!((&payload["surveyId"], &payload["surveyRevision"]), (&1.into(), &1.into()));
    assert_eq!((&payload["closeReason"], &payload["state"]), (&"AGENT".into(), &"CLOSE".into()));
    assert_eq!(payload["lastContentEventNotification"]["event"]["message"], "How were we?");
    assert_eq!((&payload["lastQuestionId"], &payload["effectiveTTR"]), (&"csat".into(), &(-1).into()));
    assert_eq!(payload["campaignInfo"]["campaignId"], 3);
    let states = |payload: &Value| -> Vec<String> {
        let dialogs = payload["dialogs"].as_array().unwrap().iter();
        dialogs.map(|dialog| format!("{} {}", dialog["dialogType"], dialog["state"])).collect()
    };
    assert_eq!(states(payload), [r#""MAIN" "CLOSE""#, r#""POST_SURVEY" "OPEN""#]);

    let say = NewLine { text: "good".to_owned(), key: None, extra: None };
    center.act(id, Actor::Consumer(consumer), Action::InSurvey(InSurvey::Publish(say))).await.unwrap();
    let rating = Rating { rate: Some(5), resolved: None, status: RatingStatus::Filled };
    center.act(id, Actor::Consumer(consumer), Action::Rate { rating }).await.unwrap();
    let (_, input) = heard(&ended, 1).await.remove(0);
    let payload = &input["payload"];
    assert_eq!(payload["lastContentEventNotification"]["event"]["message"], "good");
    assert_eq!(states(payload), [r#""MAIN" "CLOSE""#, r#""POST_SURVEY" "CLOSE""#]);
    all_told(&center).await;
    assert_eq!((began.lock().unwrap().len(), ended.lock().unwrap().len()), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn functions_of_other_skills_are_not_told() {
    let center = asking().await;
    let began = listen(&center, OtherEvent::SurveyStarted, Duration::ZERO).await;
    let transfer = Action::Transfer { skill: Some("2".parse().unwrap()), agent: None };
    let origin = Origin { features: vec!["MULTI_DIALOG".to_owned()], ..Origin::default() };
    let opened = center.handle.open(&account(), Opening { origin, ..Opening::default() }).await.unwrap();
    center.act(opened.conversation, Actor::System, transfer).await.unwrap();
    let close = Action::CloseMain;
    center.act(opened.conversation, Actor::Consumer(opened.consumer), close).await.unwrap();
    all_told(&center).await;
    assert!(began.lock().unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn what_a_crash_interrupts_is_told_again_under_the_same_name() {
    let center = asking().await;
    let began = listen(&center, OtherEvent::SurveyStarted, Duration::from_secs(20)).await;
    asked(&center).await;
    let first = heard(&began, 1).await;
    let center = center.crash().await;
    let both = heard(&began, 2).await;
    assert_eq!(both[1].0, first[0].0, "the same invocation");
    assert_eq!(both[1].1["payload"], first[0].1["payload"], "of the same state");
    all_told(&center).await;
    let center = center.crash().await;
    all_told(&center).await;
    assert_eq!(began.lock().unwrap().len(), 2, "what was told is not told again");
}

#[tokio::test(start_paused = true)]
async fn a_survey_goes_on_after_a_restart_and_expires_by_the_engines_clock() {
    let center = asking().await;
    let (id, consumer) = asked(&center).await;
    let center = center.crash().await;
    let state = center.handle.conversation(&account(), id).await.unwrap();
    assert!(!state.is_open() && state.open_survey().is_some());
    let say = NewLine { text: "later".to_owned(), key: None, extra: None };
    center.act(id, Actor::Consumer(consumer), Action::InSurvey(InSurvey::Publish(say))).await.unwrap();
    center.clock.advance(SURVEY_EXPIRY / 2);
    let center = center.crash().await;
    assert!(center.handle.conversation(&account(), id).await.unwrap().open_survey().is_some());
    center.clock.advance(SURVEY_EXPIRY / 2);
    let log = center
        .until(id, |log| log.iter().any(|recorded| matches!(recorded.event, Event::SurveyClosed { .. })))
        .await;
    let by = log.iter().find_map(|recorded| match recorded.event {
        Event::SurveyClosed { by } => Some(by),
        _ => None,
    });
    assert_eq!(by, Some(Closer::AutoClose));
    assert!(center.handle.conversation(&account(), id).await.unwrap().is_over());
}

#[tokio::test(start_paused = true)]
async fn lists_have_a_conversation_as_open_until_its_survey_is_over() {
    let center = asking().await;
    let (id, consumer) = asked(&center).await;
    let listed = async || {
        let filter = convoke_engine::ListFilter { open: Some(true), ..Default::default() };
        let rows = center.handle.conversations(&account(), &filter, None, 10).await.unwrap();
        rows.iter().any(|row| row.conversation == id)
    };
    assert!(listed().await);
    center.act(id, Actor::Consumer(consumer), Action::InSurvey(InSurvey::Close)).await.unwrap();
    assert!(!listed().await);
}
