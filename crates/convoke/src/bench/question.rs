//! What is asked, in the order it is asked and shown, and how each answer is found.

use anyhow::Result;
use clap::ValueEnum;

use super::report::Figures;
use super::rig::Rig;
use super::{
    churn, closed_loop, deploy, fan_out, fresh, open_loop, recovery, size, sockets, start, steps, store,
    throughput, turns, waiting,
};

/// One question. Its name begins the names of its figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(crate) enum Question {
    /// How long one invocation takes
    Fresh,
    /// Invocations per second on one and on two threads
    Throughput,
    /// Invocations when 1, 100 and 1,000 functions take turns
    Turns,
    /// Memory of an invocation that waits
    Waiting,
    /// Latency from event to applied command at 2,000 events per second
    OpenLoop,
    /// Most durable events per second
    ClosedLoop,
    /// How soon agents see what consumers write
    FanOut,
    /// Conversations opened and closed per second
    Churn,
    /// Memory of a connected consumer
    Sockets,
    /// Processor time of an event, step by step
    Steps,
    /// Steps that the store alone makes durable per second
    Store,
    /// How soon a deployed version answers
    Deploy,
    /// How long the server takes to start
    Start,
    /// Opening 100,000 conversations, and starting again after a kill
    Recovery,
    /// Size of the program
    Size,
}

impl Question {
    /// Those of `only`, or all, in our order.
    pub(crate) fn chosen(only: &[Self]) -> Vec<Self> {
        let wanted = |question: &Self| only.is_empty() || only.contains(question);
        Self::value_variants().iter().copied().filter(wanted).collect()
    }

    /// As `--only` has it.
    pub(crate) fn name(self) -> String {
        self.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
    }

    /// Finds the answer once.
    pub(crate) fn ask(self, rig: &mut Rig) -> Result<Figures> {
        match self {
            Self::Fresh => fresh::ask(rig),
            Self::Throughput => throughput::ask(rig),
            Self::Turns => turns::ask(rig),
            Self::Waiting => waiting::ask(),
            Self::OpenLoop => open_loop::ask(rig),
            Self::ClosedLoop => closed_loop::ask(rig),
            Self::FanOut => fan_out::ask(rig),
            Self::Churn => churn::ask(rig),
            Self::Sockets => sockets::ask(rig),
            Self::Steps => steps::ask(rig),
            Self::Store => store::ask(rig),
            Self::Deploy => deploy::ask(rig),
            Self::Start => start::ask(rig),
            Self::Recovery => recovery::ask(rig),
            Self::Size => size::ask(rig),
        }
    }

    /// How it is measured, in a sentence or two.
    pub(crate) fn how(self) -> &'static str {
        match self {
            Self::Fresh => {
                "One thread, one invocation after the other, each in a fresh instance: from asking the sandbox until \
                 the instance is gone. v1 answers by callback, v2 by returning; transcript reads 18 KB of JSON, digest \
                 computes SHA-256 of 64 KB in plain JavaScript. cpu is the thread's processor time: where it is far \
                 below the wall time, the machine was busy with something else."
            }
            Self::Throughput => {
                "The trivial v1 function in fresh instances, back to back, on threads that share one sandbox."
            }
            Self::Turns => {
                "One thread, the trivial v1 function in 1, 100 and 1,000 sources that differ, one after the other: \
                 nothing stays in a cache from run to run when there are many."
            }
            Self::Waiting => {
                "Private memory (smaps_rollup) that 1,000 and 5,000 invocations add which all await a timer at the \
                 same time, divided by their number; each figure in a process of its own."
            }
            Self::OpenLoop => {
                "2,000 times a second a consumer marks or unmarks a conversation as urgent, whether or not the last \
                 ones were answered. Each fires TTR, whose function (50 of 4 to 10 KB, one per skill) runs in a fresh \
                 instance and whose message is applied. Latency is from the moment the event was due to the moment a \
                 subscriber saw the durable settle, in the same process and over a WebSocket per consumer. The generator \
                 has a thread of its own; its processor time is shown apart."
            }
            Self::ClosedLoop => {
                "The same events, but each conversation sends its next one as soon as the last is answered; 64, 256 \
                 and in process 1,024 conversations at once. An event is two durable writes and one fresh instance. \
                 Processor time is that of the whole process, the generator's included, per event."
            }
            Self::FanOut => {
                "1,000 times a second a consumer writes a line, in one of 400 conversations; 20 agents follow 20 of them \
                 each, over a WebSocket. Latency is from the moment a line was \
                 due to the moment its agent had it; it is durable before."
            }
            Self::Churn => {
                "256 consumers open a conversation, and close it when it is open, again and again. Each is two \
                 acknowledged writes and an event that no function answers."
            }
            Self::Sockets => {
                "5,000 consumers connect over TLS, open a conversation each and follow it. Private memory \
                 (smaps_rollup) that they add to the server's process, divided by their number; conversations and \
                 all. The first 200 do not count."
            }
            Self::Steps => {
                "Processor time per event in a closed loop of 256 conversations, by thread; and beside it what each \
                 step of the engine costs alone, called in a loop on events of that very run. What the engine's threads \
                 used beyond the sum of the steps is `rest`: queues, wake-ups, bookkeeping, cold caches."
            }
            Self::Store => {
                "The SQLite store alone: records of 1 KB on random ones of 100,000 conversations, with cursors, list \
                 rows and now and then a timer, from 64 and 512 writers who each wait until their last step is durable."
            }
            Self::Deploy => {
                "A changed source is deployed while the center is running, and an event follows at once. `asked` is \
                 until the deployment is acknowledged, `effective` until the new version's message is applied."
            }
            Self::Start => {
                "From starting `convoke serve` on an empty directory until it says that it listens."
            }
            Self::Recovery => {
                "A process opens 100,000 conversations, 256 at a time, and is killed (SIGKILL) while 500 functions are \
                 still to answer. Then `convoke serve` is started on what is left: until it says that it listens."
            }
            Self::Size => "The running program's file, and the same after `strip`.",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_guide_explains_every_question() {
        let guide = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/guides/benchmarks.md");
        let guide = std::fs::read_to_string(guide).unwrap();
        for question in Question::chosen(&[]) {
            assert!(guide.contains(&format!("| `{}` |", question.name())), "{}", question.name());
        }
    }

    #[test]
    fn only_what_was_asked_for_is_asked_in_our_order() {
        assert_eq!(Question::chosen(&[Question::Size, Question::Fresh]), [Question::Fresh, Question::Size]);
        assert_eq!(Question::chosen(&[]).len(), Question::value_variants().len());
    }
}
