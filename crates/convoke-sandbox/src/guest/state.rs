//! What the host keeps for one instance: all of it plain data, none of it known to the guest.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use jiff::Timestamp;
use wasmtime::{Memory, ResourceLimiter};

use super::meter::Meter;
use crate::execution::{Ending, Inspection, Thrown};
use crate::host::console::LogBook;
use crate::host::hidden::Hidden;
use crate::host::random::Random;
use crate::limits::{INSPECTION_BYTES_MAX, OPERATION_BYTES_MAX, OPERATIONS_MAX, OPERATIONS_OUTSTANDING_MAX};
use crate::run::Answered;
use crate::source::Compiled;
use crate::stack;

/// Largest table a guest may ask for, in elements; ours never grows.
const TABLE_ELEMENTS_MAX: usize = 20_000;

/// Something the guest asked the host to do.
#[derive(Debug)]
pub(crate) enum Request {
    /// Do this and settle it.
    Start { id: i32, name: Operation, arguments: String },
    /// Forget that.
    Cancel { id: i32 },
}

/// The operations that exist. All are transient: their answers are not awaited across a restart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operation {
    Timer,
    Fetch,
    Platform,
    SecretRead,
    SecretUpdate,
    CsdsGet,
    CsdsAll,
    Mtls,
    KeyValueGet,
    KeyValueList,
    KeyValueWrite,
}

impl Operation {
    fn parse(name: &str) -> Option<Self> {
        match name {
            "timer" => Some(Self::Timer),
            "fetch" => Some(Self::Fetch),
            "platform" => Some(Self::Platform),
            "secret.read" => Some(Self::SecretRead),
            "secret.update" => Some(Self::SecretUpdate),
            "csds.get" => Some(Self::CsdsGet),
            "csds.all" => Some(Self::CsdsAll),
            "mtls" => Some(Self::Mtls),
            "kv.get" => Some(Self::KeyValueGet),
            "kv.list" => Some(Self::KeyValueList),
            "kv.write" => Some(Self::KeyValueWrite),
            _ => None,
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Timer => "timer",
            Self::Fetch => "fetch",
            Self::Platform => "platform",
            Self::SecretRead => "secret.read",
            Self::SecretUpdate => "secret.update",
            Self::CsdsGet => "csds.get",
            Self::CsdsAll => "csds.all",
            Self::Mtls => "mtls",
            Self::KeyValueGet => "kv.get",
            Self::KeyValueList => "kv.list",
            Self::KeyValueWrite => "kv.write",
        }
    }
}

/// One instance's state outside its memory.
pub(crate) struct State {
    pub(crate) memory: Option<Memory>,
    /// What the program's author wrote: other files to require, names and positions in stacks.
    pub(crate) source: Option<Arc<Compiled>>,
    /// What `console.getTraceId` gives.
    pub(crate) trace: Arc<str>,
    pub(crate) meter: Arc<Meter>,
    /// True while the host waits for the guest without an executor: then an epoch must not yield.
    pub(crate) synchronous: bool,
    /// The clock during this entry, and whether the guest looked at it.
    pub(crate) now: Timestamp,
    pub(crate) observed: bool,
    pub(crate) random: Random,
    pub(crate) logs: LogBook,
    /// Secrets that the guest knows, which nothing that it says shall show.
    pub(crate) hidden: Hidden,
    pub(crate) requests: Vec<Request>,
    pub(crate) outstanding: BTreeSet<i32>,
    pub(crate) operations: u32,
    /// What the guest said of a source that does not load.
    pub(crate) refusal: Option<Thrown>,
    pub(crate) ending: Option<Ending>,
    pub(crate) inspection: Option<Inspection>,
    pub(crate) answered: Option<Answered>,
    pub(crate) result_bytes_max: usize,
    memory_bytes_max: usize,
    /// How often growth was refused because of the invocation's own limit, and of the process's.
    pub(crate) denied: u32,
    pub(crate) starved: u32,
    budget: Arc<MemoryBudget>,
    grown: usize,
}

/// Why the guest cannot have an operation; the prelude knows the words.
const REFUSED_TOO_MANY: i32 = 1;
const REFUSED_TOO_LARGE: i32 = 2;
const REFUSED_UNKNOWN: i32 = 3;

impl State {
    pub(crate) fn new(
        meter: Arc<Meter>,
        budget: Arc<MemoryBudget>,
        memory_bytes_max: usize,
        seed: u128,
    ) -> Self {
        Self {
            memory: None,
            source: None,
            trace: "".into(),
            meter,
            synchronous: false,
            now: Timestamp::UNIX_EPOCH,
            observed: false,
            random: Random::new(seed),
            logs: LogBook::default(),
            hidden: Hidden::default(),
            requests: Vec::new(),
            outstanding: BTreeSet::new(),
            operations: 0,
            refusal: None,
            ending: None,
            inspection: None,
            answered: None,
            result_bytes_max: crate::limits::RESULT_BYTES_MAX,
            memory_bytes_max,
            denied: 0,
            starved: 0,
            budget,
            grown: 0,
        }
    }

    /// Decides the ending, if nothing has yet.
    pub(crate) fn decide(&mut self, mut ending: Ending) {
        if self.ending.is_none() {
            if let Ending::Threw(thrown) = &mut ending {
                self.hidden.clean(&mut thrown.message);
                self.hidden.clean(&mut thrown.stack);
            }
            if let Some(answered) = self.answered.take() {
                answered(&ending);
            }
            self.ending = Some(ending);
        }
    }

    /// An error as the author sees it, from the guest's description.
    pub(crate) fn thrown(&self, described: &[u8]) -> Thrown {
        stack::thrown(&String::from_utf8_lossy(described), self.source.as_deref())
    }

    /// Keeps what an inspected run tells of itself, without what is hidden.
    pub(crate) fn inspect(&mut self, json: &[u8]) {
        if self.ending.is_some() || json.len() > INSPECTION_BYTES_MAX {
            return;
        }
        let mut inspection: Inspection = serde_json::from_slice(json).unwrap_or_default();
        inspection.locals.values_mut().for_each(|value| self.hidden.clean_value(value));
        self.inspection = Some(inspection);
    }

    /// The ending of a thrown error, by what the host saw rather than by what the guest says.
    pub(crate) fn ending_of(&self, thrown: Thrown) -> Ending {
        if self.starved > 0 {
            Ending::HostUnavailable { why: "the host has no memory left for it now".into() }
        } else if self.denied > 0 {
            Ending::OutOfMemory
        } else if stack::is_stack_exhausted(&thrown) {
            Ending::StackExhausted
        } else {
            Ending::Threw(thrown)
        }
    }

    /// Takes an operation in, or says why not.
    pub(crate) fn request(&mut self, id: i32, name: &str, arguments: &str) -> i32 {
        self.observed = true;
        if name == "cancel" {
            if self.outstanding.remove(&id) {
                self.requests.push(Request::Cancel { id });
            }
            return 0;
        }
        let Some(operation) = Operation::parse(name) else { return REFUSED_UNKNOWN };
        if arguments.len() > OPERATION_BYTES_MAX {
            return REFUSED_TOO_LARGE;
        }
        if self.outstanding.len() >= OPERATIONS_OUTSTANDING_MAX || self.operations >= OPERATIONS_MAX {
            return REFUSED_TOO_MANY;
        }
        if !self.outstanding.insert(id) {
            return REFUSED_UNKNOWN;
        }
        self.operations += 1;
        self.requests.push(Request::Start { id, name: operation, arguments: arguments.to_owned() });
        0
    }
}

impl Drop for State {
    fn drop(&mut self) {
        self.budget.give_back(self.grown);
    }
}

impl ResourceLimiter for State {
    fn memory_growing(&mut self, current: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        if desired > self.memory_bytes_max {
            self.denied += 1;
            return Ok(false);
        }
        // A new instance's memory is the image, mapped and shared until it is written to: not growth.
        let more = if current == 0 { 0 } else { desired.saturating_sub(current) };
        if !self.budget.take(more) {
            self.starved += 1;
            return Ok(false);
        }
        self.grown += more;
        Ok(true)
    }

    fn table_growing(&mut self, _: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        Ok(desired <= TABLE_ELEMENTS_MAX)
    }
}

/// Memory that all instances together may grow by, in bytes.
pub(crate) struct MemoryBudget {
    used: AtomicUsize,
    max: usize,
}

impl MemoryBudget {
    pub(crate) fn new(max: usize) -> Self {
        Self { used: AtomicUsize::new(0), max }
    }

    fn take(&self, bytes: usize) -> bool {
        let added = |used: usize| used.checked_add(bytes).filter(|used| *used <= self.max);
        self.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, added).is_ok()
    }

    fn give_back(&self, bytes: usize) {
        self.used.fetch_sub(bytes, Ordering::Relaxed);
    }
}
