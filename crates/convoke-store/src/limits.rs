//! Every bound of the storage, with its unit and its reason. Nothing here is configurable: an operator who needs other
//! numbers has found a mistake in them.

use std::time::Duration;

/// One step's encoded events. A line is at most a few kilobytes; a deployment's source is the largest thing. Bytes.
pub const RECORD_BYTES_MAX: usize = 4 * 1024 * 1024;

/// A state snapshot. Larger than any record, since it may hold what several of them said. Bytes.
pub const SNAPSHOT_BYTES_MAX: usize = 16 * 1024 * 1024;

/// The name of a fact. Long enough for a kind and two ids. Bytes.
pub const FACT_KEY_BYTES_MAX: usize = 200;

/// The value of a fact: a small row, not a document. Bytes.
pub const FACT_VALUE_BYTES_MAX: usize = 64 * 1024;

/// The name of a timer: a kind and at most one id. Bytes.
pub const TIMER_NAME_BYTES_MAX: usize = 64;

/// A wrapped data key: 32 bytes, a nonce, a tag, and room for the envelope of a key service. Bytes.
pub const WRAPPED_KEY_BYTES_MAX: usize = 1024;

/// Timer operations and fact operations of one step, each. A step is one decision about one stream.
pub const STEP_ROWS_MAX: usize = 256;

/// Rows that one page of a query returns at most; a larger wish is cut to it. Keeps a reader's turn short.
pub const PAGE_ROWS_MAX: usize = 1000;

/// Commit calls that wait for the writer. When it is full, callers wait, which is how the disk slows intake down.
pub(crate) const COMMIT_QUEUE_MAX: usize = 1024;

/// Steps that share one durable write. More would only add latency: the cost of a sync is long amortised.
pub(crate) const GROUP_STEPS_MAX: usize = 2048;

/// Bytes that share one durable write, so that a few large steps do not make everyone wait. Bytes.
pub(crate) const GROUP_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Reads that wait for a reader thread; when it is full, callers wait.
pub(crate) const READ_QUEUE_MAX: usize = 1024;

/// Reader threads. Reads are short and mostly from the page cache; two keep a slow one from blocking the others.
pub(crate) const READERS: usize = 2;

/// Of all heads that changed since they were last written back, one part in this many is written per commit: the
/// replay after a crash stays about this many commits long, and the writes of a busy conversation coalesce.
pub(crate) const WRITE_BACK_PARTS: usize = 256;

/// Heads written back per commit at least, so that a quiet store soon has none left.
pub(crate) const WRITE_BACK_MIN: usize = 4;

/// Every so many records of a stream its place is noted, so that reading from the middle costs a bounded walk.
pub(crate) const WAYPOINT_RECORDS: u64 = 64;

/// How often the second connection moves the write-ahead log into the database.
pub(crate) const CHECKPOINT_EVERY: Duration = Duration::from_millis(250);

/// From this length of the write-ahead log on, the writer itself waits for a checkpoint, so that the log starts over:
/// 128 MiB. Pages of 4 KiB.
pub(crate) const WAL_RESTART_PAGES: i64 = 32 * 1024;

/// How long a connection waits for another one of this process before it gives up.
pub(crate) const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// How long an erasure keeps commits waiting for reads to end. Ordinary reads take milliseconds.
pub(crate) const ERASE_PATIENCE: Duration = Duration::from_millis(500);

/// How long letting the write-ahead log start over keeps commits waiting for reads to end.
pub(crate) const RESTART_PATIENCE: Duration = Duration::from_millis(20);

/// The database's name in the data directory.
pub const DATABASE_FILE: &str = "convoke.db";

/// The lock's name in the data directory; it holds the number of the owning process.
pub const LOCK_FILE: &str = "LOCK";

/// The run log's name in the data directory.
pub const RUNS_FILE: &str = "runs.db";

/// Jobs that wait for a thread of the run log; when it is full, callers wait.
pub(crate) const RUN_JOBS_MAX: usize = 64;

/// Pages of the run log's write-ahead log from which on they are moved into the database: about one batch of a busy node.
/// A commit that meets this on the disk waits for what is being moved, so little at a time is better. Pages of 4 KiB.
pub(crate) const RUNS_WAL_PAGES: u32 = 512;

/// How long a run may take from its begin until it is stored: its trigger's minute, what goes on after, and the batch.
/// Bounds how far a search by time has to look.
pub(crate) const RUN_TIME_MAX: Duration = Duration::from_mins(3);

/// The grain of figures. Seconds.
pub const FIGURE_SECONDS: i64 = 300;

/// Runs that the model in memory keeps of each account.
pub(crate) const MEMORY_RUNS_MAX: usize = 10_000;

/// Rows dropped at once.
pub(crate) const PRUNE_ROWS: usize = 5_000;

/// Recordings dropped at once. They are larger than rows.
pub(crate) const PRUNE_RECORDINGS: usize = 500;

/// Recordings that the model in memory keeps of each account.
pub(crate) const MEMORY_RECORDINGS_MAX: usize = 1_000;

/// Where sealed files are in a data directory.
pub const FILES_FOLDER: &str = "files";

/// The least that a file counts for in what its account and its owner may have: a block of the disk, which it takes
/// however small it is. So the number of files is bounded too. Bytes.
pub const FILE_COUNTED_MIN: u64 = 4 * 1024;
