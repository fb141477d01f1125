//! What we hold ourselves to, on a machine of two processors, and why. Figures that are not named here are shown without
//! a mark: they explain the others.

/// What is expected of one figure.
#[derive(Debug)]
pub(crate) struct Expected {
    /// The figure, by its full name.
    figure: &'static str,
    /// Its bound.
    pub(crate) bound: Bound,
    /// Where the bound comes from.
    pub(crate) why: &'static str,
}

/// On which side of a value a figure should be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Bound {
    /// Less is better.
    AtMost(f64),
    /// More is better.
    AtLeast(f64),
}

use Bound::{AtLeast, AtMost};

/// What is expected of the figure with this full name, if anything is.
pub(crate) fn expected(figure: &str) -> Option<&'static Expected> {
    EXPECTED.iter().find(|expected| expected.figure == figure)
}

const fn line(figure: &'static str, bound: Bound, why: &'static str) -> Expected {
    Expected { figure, bound, why }
}

const FRESH: &str = "at most 40 µs: then a fresh instance costs less than the two durable writes of an event";
const TRANSCRIPT: &str =
    "at most 2 ms: an interpreter without JIT takes 1.5 ms for 18 KB, and its start must not add to it";
const DIGEST: &str =
    "at most 60 ms: an interpreter without JIT takes 50 ms; who hashes much uses the host's `crypto`";
const PER_THREAD: &str = "at least 20,000 per second and thread: sandboxes are not what limits events";
const MANY: &str = "at most 80 µs: many functions may cost cold caches, and no more";
const APPLIED_P50: &str = "at most 2 ms: nobody waits for it";
const APPLIED_P99: &str = "at most 15 ms: one checkpoint of the store in the way";
const DURABLE: &str =
    "at least 15,000 per second (the goal is 25,000): a well-tuned bot without any isolation reaches 13,000";
const CPU: &str = "at most 65 µs: what 25,000 events per second leave of two processors";
const WAITING: &str = "at most 250 KiB: then 5,000 functions that wait for somebody take 1.2 GiB";
const FAN_OUT: &str = "at most 20 ms: a conversation is as quick as its people";
const SOCKETS: &str = "at most 64 KiB: 5,000 people who are connected take 320 MiB";
const STORE: &str = "at least 50,000 per second: the log alone takes three times what events need";
const DEPLOY: &str = "below 200 ms: a change acts at once";
const START: &str = "at most 500 ms: a restart is shorter than a client's first retry";
const RECOVERY: &str = "at most 5 s: a killed node with 100,000 conversations is back before people notice";
const SIZE: &str = "at most 64 MiB: it is copied to a server in seconds";

const EXPECTED: &[Expected] = &[
    line("fresh.trivial_v1_p50_us", AtMost(40.0), FRESH),
    line("fresh.trivial_v2_p50_us", AtMost(40.0), FRESH),
    line("fresh.transcript_v1_p50_us", AtMost(2_000.0), TRANSCRIPT),
    line("fresh.transcript_v2_p50_us", AtMost(2_000.0), TRANSCRIPT),
    line("fresh.digest_v1_p50_us", AtMost(60_000.0), DIGEST),
    line("fresh.digest_v2_p50_us", AtMost(60_000.0), DIGEST),
    line("throughput.one_thread_per_s", AtLeast(20_000.0), PER_THREAD),
    line("throughput.two_threads_per_s", AtLeast(40_000.0), PER_THREAD),
    line("turns.functions_1000_p50_us", AtMost(80.0), MANY),
    line("waiting.in_flight_1000_kib", AtMost(250.0), WAITING),
    line("waiting.in_flight_5000_kib", AtMost(250.0), WAITING),
    line("open-loop.in_process_p50_ms", AtMost(2.0), APPLIED_P50),
    line("open-loop.in_process_p99_ms", AtMost(15.0), APPLIED_P99),
    line("open-loop.websocket_p50_ms", AtMost(2.0), APPLIED_P50),
    line("open-loop.websocket_p99_ms", AtMost(15.0), APPLIED_P99),
    line("closed-loop.in_process_best_per_s", AtLeast(15_000.0), DURABLE),
    line("closed-loop.in_process_best_cpu_us_per_event", AtMost(65.0), CPU),
    line("fan-out.to_agent_p99_ms", AtMost(20.0), FAN_OUT),
    line("sockets.each_kib", AtMost(64.0), SOCKETS),
    line("store.writers_512_steps_per_s", AtLeast(50_000.0), STORE),
    line("deploy.effective_max_ms", AtMost(200.0), DEPLOY),
    line("start.empty_ms", AtMost(500.0), START),
    line("recovery.ready_s", AtMost(5.0), RECOVERY),
    line("size.stripped_mib", AtMost(64.0), SIZE),
];
