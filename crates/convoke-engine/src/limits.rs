//! Every bound of the engine, with its unit and its reason.

use std::time::Duration;

/// Commands that may wait for one shard. Some milliseconds of work: whoever finds it full is told that it is busy.
pub(crate) const MAILBOX_MAX: usize = 4 * 1024;

/// Steps of one shard that may be between decision and durability. More would only grow the group commit's latency.
pub(crate) const IN_FLIGHT_MAX: usize = 4 * 1024;

/// Steps in one group commit. Beyond this a bigger batch saves nothing and the first step of it waits longer.
pub(crate) const BATCH_MAX: usize = 1024;

/// Conversations that one shard keeps in memory. About 2 KiB each when quiet.
pub(crate) const RESIDENTS_MAX: usize = 100_000;

/// Conversations dropped from memory at once when there are too many, so that the scan for quiet ones is rare.
pub(crate) const EVICTION_BATCH: usize = 1_000;

/// Writes that may wait for one conversation's hold (DESIGN §4, Hold).
pub(crate) const HELD_MAX: usize = 64;

/// Longest wait of a write for holds, however many follow each other (DESIGN §4, Hold).
pub(crate) const HELD_TIME_MAX: Duration = Duration::from_secs(2);

/// All waits and attempts of one trigger together (DESIGN §3.8).
pub(crate) const TRIGGER_TIME_MAX: Duration = Duration::from_mins(1);

/// Functions of one account that may run or wait for their operations at once: one account cannot take all slots.
pub(crate) const ACCOUNT_INVOCATIONS_MAX: usize = 512;

/// Events that may wait for one subscriber. A slower one is told to read from the log and goes on from there.
pub(crate) const SUBSCRIBER_BACKLOG_MAX: usize = 256;

/// Subscribers of one conversation.
pub(crate) const SUBSCRIBERS_MAX: usize = 256;

/// Records read from the store at once.
pub(crate) const READ_RECORDS_MAX: usize = 500;

/// Invocation records kept in memory per account, newest first.
pub(crate) const INVOCATIONS_KEPT_MAX: usize = 1_000;

/// Consumers whose history and key one shard remembers.
pub(crate) const CONSUMERS_REMEMBERED_MAX: usize = 50_000;

/// Attempts to set a secret that others set at the same time.
pub(crate) const SECRET_ATTEMPTS_MAX: u32 = 3;

/// Timers taken from the index at once, so that a flood of due ones does not starve what else there is to do.
pub(crate) const TIMERS_AT_ONCE: usize = 256;

/// Conversations whose timers are looked at at once after an account's settings moved them: enough to fill group commits,
/// few enough that a hundred thousand conversations do not push what people do out of the shards.
pub(crate) const REARM_AT_ONCE: usize = 64;

/// How far before a change of settings something may have been decided that is not durable yet: a group commit takes
/// milliseconds.
pub(crate) const REARM_OVERLAP: Duration = Duration::from_secs(10);
