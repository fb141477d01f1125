//! Functions that answer differently on each run, and a storage that dies at a chosen moment.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use convoke_engine::key_values::Writing;
use convoke_engine::ports::{
    Answered, BoxFuture, Checked, Ending, FunctionHost, Job, LoadError, ProgramSource, RunReport,
};
use convoke_store::{Step, Watcher};

/// When the process dies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Moment {
    /// When a function is about to run.
    BeforeRun,
    /// While it runs.
    DuringRun,
    /// When it has answered and nothing of the answer is written.
    BeforeAppend,
    /// When its answer is durable and nobody knows.
    BeforeAck,
}

impl Moment {
    pub(crate) const ALL: [Self; 4] = [Self::BeforeRun, Self::DuringRun, Self::BeforeAppend, Self::BeforeAck];

    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::BeforeRun => "before_run",
            Self::DuringRun => "during_run",
            Self::BeforeAppend => "before_append",
            Self::BeforeAck => "before_ack",
        }
    }

    pub(crate) fn by_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|moment| moment.word() == word)
    }
}

/// Kills this process with signal 9, once the round is ripe.
#[derive(Debug)]
pub(crate) struct Killer {
    pub(crate) moment: Option<Moment>,
    pub(crate) ripe: AtomicBool,
}

impl Killer {
    pub(crate) fn at(&self, moment: Moment) {
        if self.moment == Some(moment) && self.ripe.load(Ordering::SeqCst) {
            let pid = std::process::id().to_string();
            std::process::Command::new("kill").args(["-9", &pid]).status().unwrap();
        }
    }
}

/// Says something to the parent; a line is whole or not there.
pub(crate) fn tell(line: &str) {
    let mut out = std::io::stdout().lock();
    out.write_all(format!("{line}\n").as_bytes()).unwrap();
    out.flush().unwrap();
}

/// Answers with a number of its own on each run: a message that says it, and a transfer that depends on it.
pub(crate) struct RandomAnswers {
    pub(crate) killer: Arc<Killer>,
    pub(crate) runs: AtomicU32,
}

impl FunctionHost for RandomAnswers {
    fn check(&self, _program: &ProgramSource) -> Result<Checked, LoadError> {
        Ok(Checked { evaluates_per_invocation: false })
    }

    fn run(&self, job: Job, answered: Answered) -> BoxFuture<'_, RunReport> {
        Box::pin(async move {
            self.killer.at(Moment::BeforeRun);
            tell(&format!("begun {}", job.invocation));
            self.runs.fetch_add(1, Ordering::Relaxed);
            // In a conversation that says so, the answer takes longer than the round.
            let slow = self.killer.moment.is_some() && is_slow(&job);
            let takes = if slow { Duration::from_secs(50) } else { Duration::from_millis(2) };
            let work = std::future::pending::<()>();
            assert!(tokio::time::timeout(takes, work).await.is_err(), "a function takes its time");
            self.killer.at(Moment::DuringRun);
            let number = RandomState::new().build_hasher().finish() % 1_000_000_000;
            let writing = Writing { json: Some(number.to_string()), time_to_live: None, version: None };
            let kept = job.key_values.write(KEPT, &job.invocation.to_string(), writing).await;
            kept.unwrap();
            answered(Ending::Returned(Some(answer(number))));
            RunReport::default()
        })
    }
}

/// Where each run keeps its number, under the id of its invocation.
pub(crate) const KEPT: &str = "numbers";

/// Half of the conversations are opened in skill 3, whose function is slow.
fn is_slow(job: &Job) -> bool {
    job.input.contains(r#""newSkillId":"3""#)
}

fn answer(number: u64) -> String {
    let skill = skill_of(number);
    format!(
        r#"[{{"type":"systemMessage","text":"answer-{number}"}},{{"type":"transfer","skillId":"{skill}"}}]"#
    )
}

/// Where the answer with this number transfers to.
pub(crate) fn skill_of(number: u64) -> &'static str {
    if number.is_multiple_of(2) { "1" } else { "2" }
}

/// Dies before or after a settle is written.
impl Watcher for Killer {
    type Seen = bool;

    fn before(&self, batch: &[Step]) -> bool {
        let settles = batch.iter().any(|step| step.cursor.is_some());
        if settles {
            self.at(Moment::BeforeAppend);
        }
        settles
    }

    fn after(&self, settles: bool) {
        if settles {
            self.at(Moment::BeforeAck);
        }
    }
}
