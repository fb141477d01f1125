//! `kill -9` in a loop: whatever was acknowledged is there, every answer is applied once and whole, no trigger is lost.
//!
//! The test starts itself as a child process on a real database directory, with functions that answer differently on
//! each run. A round ends when the child is killed at a chosen moment; the parent then opens the same directory, looks,
//! lets the triggers that were left be answered, and looks again.

#![expect(
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "a test that finds something else than it expects stops there"
)]

mod child;
mod host;
mod verify;

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use host::Moment;
use verify::Verdicts;

const ROUNDS: u32 = 52;

/// The child's half: does nothing unless a round started it.
#[test]
fn kill_child() {
    if let Some(round) = child::Round::from_environment() {
        child::run(&round);
    }
}

#[test]
fn kill_nine_loses_nothing_and_applies_every_answer_once() {
    let dir = tempfile::tempdir().unwrap();
    let mut totals = Verdicts::default();
    let mut moments: BTreeMap<Moment, u32> = BTreeMap::new();
    for round in 0..ROUNDS {
        let moment = Moment::ALL[round as usize % Moment::ALL.len()];
        *moments.entry(moment).or_default() += 1;
        let told = run_child(dir.path(), round, moment);
        assert!(told.acknowledged.len() >= 500, "round {round}: {} acknowledged", told.acknowledged.len());
        let verdicts = verify::after_the_kill(dir.path(), round, &told);
        assert!(verdicts.unsettled >= 50, "round {round}: {} unsettled at the kill", verdicts.unsettled);
        totals.add(&verdicts);
    }
    eprintln!("killed {ROUNDS} times: {moments:?}; {totals:?}");
    assert!(totals.run_again > 0, "some functions were running when the process died");
}

/// What the child said before it died.
#[derive(Debug, Default)]
struct Told {
    /// Conversation and text of each acknowledged line.
    acknowledged: Vec<(String, String)>,
    /// Invocations that had begun.
    begun: Vec<String>,
    /// Answers that were given.
    answered: Vec<String>,
}

fn run_child(dir: &Path, round: u32, moment: Moment) -> Told {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["kill_child", "--exact", "--nocapture"])
        .envs(child::environment(dir, round, moment))
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .unwrap();
    let mut told = Told::default();
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        let Ok(line) = line else { break };
        let mut words = line.split_whitespace();
        match (words.next(), words.next(), words.next()) {
            (Some("acknowledged"), Some(conversation), Some(text)) => {
                told.acknowledged.push((conversation.to_owned(), text.to_owned()));
            }
            (Some("begun"), Some(invocation), None) => told.begun.push(invocation.to_owned()),
            (Some("answered"), Some(answer), None) => told.answered.push(answer.to_owned()),
            _ => {}
        }
    }
    let status = child.wait().unwrap();
    assert!(!status.success(), "round {round}: the child was killed, it did not end: {status}");
    told
}
