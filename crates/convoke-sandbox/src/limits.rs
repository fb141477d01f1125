//! Every bound of a run, with its unit and its reason.

use std::time::Duration;

/// Memory of one invocation unless the function says otherwise, in bytes.
pub const MEMORY_BYTES_DEFAULT: usize = 64 * 1024 * 1024;
/// Most memory a function may ask for, in bytes: what the contract's smallest size offers.
pub const MEMORY_BYTES_MAX: usize = 256 * 1024 * 1024;
/// Processor time of one invocation: thousands of times what a command-returning function needs.
pub const CPU_DEFAULT: Duration = Duration::from_secs(2);
/// Processor time after which a run counts as long and makes way for others: ten times a usual run, and what a neighbour
/// may have to wait for each.
pub const SHORT_RUN: Duration = Duration::from_millis(1);
/// Processor time of a run from which on the next run of the same program is taken for long before it begins: more than
/// the two slices within which one may still end where it began.
pub const LONG_RUN: Duration = Duration::from_millis(4);
/// Wall time of one invocation, as the contract has it.
pub const WALL_DEFAULT: Duration = Duration::from_secs(30);
/// How long an instance may run on after its answer: real sources call out without awaiting.
pub const AFTER_ANSWER_MAX: Duration = Duration::from_secs(5);
/// Largest result, in bytes of JSON: far above any list of commands, far below what would hurt a log.
pub const RESULT_BYTES_MAX: usize = 256 * 1024;
/// Log entries kept of one invocation, beside the mark that more were written; a person reads no more.
pub const LOG_ENTRIES_MAX: usize = 1_000;
/// Log bytes kept of one invocation.
pub const LOG_BYTES_MAX: usize = 256 * 1024;
/// Operations outstanding at once: more parallel calls than any upstream would welcome from one function.
pub const OPERATIONS_OUTSTANDING_MAX: usize = 256;
/// Operations of one invocation in all: bounds what a timer loop can make the host record.
pub const OPERATIONS_MAX: u32 = 10_000;
/// Arguments of one operation, in bytes: a request body and its headers.
pub const OPERATION_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Input of one host function, in bytes: hashing it takes about 20 ms, during which nothing can interrupt.
pub const COMPUTE_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Random bytes given at once, as `crypto.getRandomValues` has it.
pub const RANDOM_BYTES_MAX: usize = 65_536;
/// Source of one function, in characters, as the contract has it.
pub const SOURCE_CHARACTERS_MAX: usize = 100_000;
/// Files of one function: a project of this size is a library, which belongs into a package.
pub const SOURCE_FILES_MAX: usize = 100;
/// Path of a file of a function, in bytes.
pub const SOURCE_PATH_BYTES_MAX: usize = 200;
/// Findings reported of one source: who has more begins with the first ones.
pub const DIAGNOSTICS_MAX: usize = 50;
/// What an inspected run tells of itself, in bytes of JSON: a thousand statements and what could be seen at one.
pub const INSPECTION_BYTES_MAX: usize = 256 * 1024;
/// Secrets hidden in what one run says, counted in texts: more than any account has for one function.
pub const SECRETS_HIDDEN_MAX: usize = 256;
/// Source of one function, in bytes: the contract's 100,000 characters at four bytes each.
pub const SOURCE_BYTES_MAX: usize = 400_000;
/// Input of one invocation, in bytes of JSON.
pub const INPUT_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Text of an error's message and stack, in bytes each; beyond, it is cut.
pub const THROWN_BYTES_MAX: usize = 16 * 1024;
/// Answers kept for replay, in bytes; beyond, the recording says that it is incomplete.
pub const RECORDING_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Processor time of a function's top level at deployment.
pub const LOAD_CPU_MAX: Duration = Duration::from_secs(1);

/// What one run may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RunLimits {
    /// Processor time, over all entries.
    pub cpu: Duration,
    /// Wall time from admission to the answer.
    pub wall: Duration,
    /// Linear memory, in bytes; at most [`MEMORY_BYTES_MAX`].
    pub memory_bytes: usize,
    /// Result, in bytes of JSON.
    pub result_bytes: usize,
    /// How long the instance may run on after its answer.
    pub after_answer: Duration,
}

impl Default for RunLimits {
    fn default() -> Self {
        Self {
            cpu: CPU_DEFAULT,
            wall: WALL_DEFAULT,
            memory_bytes: MEMORY_BYTES_DEFAULT,
            result_bytes: RESULT_BYTES_MAX,
            after_answer: AFTER_ANSWER_MAX,
        }
    }
}
