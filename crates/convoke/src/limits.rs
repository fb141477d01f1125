//! Every bound of the binary, with its unit and its reason.

use std::time::Duration;

/// Prepared functions kept in memory: as many as the engine expects to be in use at once.
pub(crate) const PROGRAMS_MAX: usize = 2_048;

/// Bytes that prepared functions may take together. Honest ones take 200 KiB each; one that fills its memory at its top
/// level must not push all others out of the machine.
pub(crate) const PROGRAM_BYTES_MAX: usize = 512 * 1024 * 1024;

/// Folders within folders that code of a function may lie in: deeper ones are no code that people write.
pub(crate) const FOLDER_DEPTH_MAX: usize = 8;

/// Functions whose share of outbound requests is remembered. Forgetting one only refills its bucket.
pub(crate) const RATES_MAX: usize = 4_096;

/// How long a webhook's receiver may take to connect and to answer (messaging contract §3.2).
pub(crate) const POST_TIME_MAX: Duration = Duration::from_secs(5);

/// How long a stopping server waits for requests under way and for what the engine still does.
pub(crate) const SHUTDOWN_TIME_MAX: Duration = Duration::from_secs(15);

/// How long a command waits for one answer of the server. Above a function's wall time, because `test` and `invoke`
/// wait for one.
pub(crate) const REQUEST_TIME_MAX: Duration = Duration::from_secs(75);

/// How long a command waits for a connection: the server is near, or the address is wrong.
pub(crate) const CONNECT_TIME_MAX: Duration = Duration::from_secs(5);

/// How long `explain` waits until nothing is undecided: all attempts of one trigger, and some.
pub(crate) const EXPLAIN_TIME_MAX: Duration = Duration::from_secs(90);

/// One line of a live feed, in bytes: far above the largest event, far below what would hurt.
pub(crate) const FEED_LINE_BYTES_MAX: usize = 4 * 1024 * 1024;

/// How often a broken live feed is taken up again without anything arriving in between.
pub(crate) const FEED_RETRIES_MAX: u32 = 5;

/// A file that a command reads: a function's source, payload or configuration. Bytes.
pub(crate) const FILE_BYTES_MAX: u64 = 4 * 1024 * 1024;

/// What is typed or piped in as a password or a secret's value, in bytes: the longest value, each character up to four.
pub(crate) const TYPED_BYTES_MAX: u64 = 64 * 1024 + 2;

/// Pages that a listing command asks for. At some hundred rows each, more than anybody reads.
pub(crate) const PAGES_MAX: usize = 1_000;

/// How often `convoke dev` looks at the folder of functions: as soon as one has looked from the editor to the page, what was
/// saved answers.
pub(crate) const WATCH_EVERY: Duration = Duration::from_millis(300);

/// Functions that `convoke dev` watches: as many as an account may have.
pub(crate) const WATCHED_FUNCTIONS_MAX: usize = 500;

/// How long the server's certificate of `convoke dev` is valid: longer than anybody leaves one running. Days.
pub(crate) const DEV_CERTIFICATE_DAYS: i64 = 30;

/// TLS listeners of one process: one for each of a machine's addresses, and some.
pub(crate) const LISTENERS_MAX: usize = 16;

/// Keys that a function lists at once if it does not say how many.
pub(crate) const KEYS_LISTED_USUAL: usize = 100;

/// Longest answer to a question with two answers. Bytes.
pub(crate) const ANSWER_BYTES_MAX: u64 = 64;
