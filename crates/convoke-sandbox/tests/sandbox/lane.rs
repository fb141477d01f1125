//! Where runs execute: short ones on their caller's thread, long ones on threads of the lane, to their end.

use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use convoke_sandbox::{Ending, Execution, Program, Sandbox};

use crate::support::{NOW, given, program, sandbox};

/// Names of threads, in the order in which a run entered its guest.
type Places = Arc<Mutex<Vec<String>>>;

fn place() -> String {
    thread::current().name().unwrap_or_default().to_owned()
}

/// Runs a source; the clock is asked on the thread that enters the guest.
async fn placed(sandbox: &Sandbox, source: &str) -> (Execution, Vec<String>) {
    placed_again(sandbox, &program(sandbox, source), "{}").await
}

/// Runs a program that may have run before.
async fn placed_again(sandbox: &Sandbox, program: &Program, input: &str) -> (Execution, Vec<String>) {
    let places = Places::default();
    let mut run = given(input);
    let noted = Arc::clone(&places);
    run.clock = Arc::new(move || {
        noted.lock().unwrap().push(place());
        NOW
    });
    let execution = sandbox.run(program, run).await;
    let places = places.lock().unwrap().clone();
    (execution, places)
}

#[tokio::test]
async fn a_short_run_stays_on_its_callers_thread() {
    let waits = "async function lambda() { await new Promise((done) => setTimeout(done, 1)); return 1; }";
    let (execution, places) = placed(&sandbox(), waits).await;
    assert!(matches!(execution.ending, Ending::Returned { .. }), "{:?}", execution.ending);
    assert_eq!(places, vec![place(), place()]);
}

#[tokio::test]
async fn a_long_run_goes_on_in_the_lane_and_answers_as_others_do() {
    let works = r"
      async function lambda() {
        let sum = 0;
        for (let n = 0; n < 1000000; n++) sum += n;
        await new Promise((done) => setTimeout(done, 1));
        return sum;
      }
    ";
    let (execution, places) = placed(&sandbox(), works).await;
    assert_eq!(execution.ending, Ending::Returned { json: Some("499999500000".into()) });
    assert_eq!(places[0], place());
    assert_eq!(places[1..], ["sandbox-lane"]);
    assert!(execution.usage.cpu > Duration::from_millis(2), "{:?}", execution.usage);
}

#[tokio::test]
async fn a_program_whose_last_run_was_long_begins_in_the_lane_until_one_was_short() {
    let sandbox = sandbox();
    let counts = r"
      async function lambda(input) {
        let sum = 0;
        for (let n = 0; n < input.upTo; n++) sum += n;
        await new Promise((done) => setTimeout(done, 1));
        return sum;
      }
    ";
    let counts = program(&sandbox, counts);
    let (long, short) = (r#"{"upTo":2000000}"#, r#"{"upTo":1}"#);
    placed_again(&sandbox, &counts, long).await;
    let (_, places) = placed_again(&sandbox, &counts, short).await;
    assert_eq!(places[1..], ["sandbox-lane"]);
    let (_, places) = placed_again(&sandbox, &counts, short).await;
    assert_eq!(places[1..], [place()]);
}

#[tokio::test]
async fn who_gives_up_a_long_run_ends_it() {
    let sandbox = sandbox();
    let endless = program(&sandbox, "function lambda() { for (;;) {} }");
    let (told, mut ended) = tokio::sync::oneshot::channel::<()>();
    let mut run = given("{}");
    // Goes with the run, whether or not it is called.
    run.answered = Some(Box::new(move |_| drop(told)));
    run.limits.cpu = Duration::from_secs(20);
    let given_up = tokio::time::timeout(Duration::from_millis(100), sandbox.run(&endless, run)).await;
    assert!(given_up.is_err() && ended.try_recv().is_err());
    let gone = tokio::time::timeout(Duration::from_secs(5), ended).await;
    assert!(gone.is_ok(), "the run is still there");
}
