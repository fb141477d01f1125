//! Every bound of the engine, with its unit and its reason.

use std::time::Duration;

use jiff::SignedDuration;

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

/// Attempts and answers that may wait for the run log. Some seconds of a busy node; what comes beyond is not kept.
pub(crate) const RUN_QUEUE_MAX: usize = 8 * 1024;

/// Attempts written at once. A larger batch would keep readers waiting for the one writer.
pub(crate) const RUN_BATCH_MAX: usize = 1024;

/// How long the run log waits for more before it writes: a page of an index is written once for all of them, and the
/// conversations' log waits less often for the disk. Whoever reads it does not wait; whoever follows it is
/// told so much later.
pub(crate) const RUN_LINGER: Duration = Duration::from_millis(250);

/// Recordings that may wait for the run log together. Some thousand usual ones; beyond it runs are kept without. Bytes.
pub(crate) const RECORDINGS_WAITING_BYTES_MAX: usize = 64 * 1024 * 1024;

/// A recording before it is packed: its input, its answers and as much again for how they are written. Bytes.
pub(crate) const RECORDING_UNPACKED_BYTES_MAX: u32 = 64 * 1024 * 1024;

/// Accounts whose secrets the run log knows at once, to take them out of what it keeps: 100 KiB each if they have many.
pub(crate) const SECRETS_KNOWN_ACCOUNTS_MAX: usize = 1_000;

/// Texts in the secrets of one account that the run log looks for: as many secrets as an account can have, of some fields each.
pub(crate) const SECRETS_KNOWN_TEXTS_MAX: usize = 4_000;

/// Keys of consumers that the run log remembers, 100 bytes each.
pub(crate) const RUN_KEYS_MAX: usize = 20_000;

/// Runs that a follower reads at once.
pub(crate) const RUNS_FOLLOWED_AT_ONCE: usize = 100;

/// How often old days of the run log are dropped. Days are whole, so more often would change little.
pub(crate) const RUN_PRUNE_EVERY: SignedDuration = SignedDuration::from_hours(1);

/// How large the run log may become before its oldest days are dropped early. Bytes.
pub(crate) const RUN_LOG_BYTES_MAX: u64 = 4 * 1024 * 1024 * 1024;

/// Consumers whose history and key one shard remembers.
pub(crate) const CONSUMERS_REMEMBERED_MAX: usize = 50_000;

/// Attempts to set a secret that others set at the same time.
pub(crate) const SECRET_ATTEMPTS_MAX: u32 = 3;

/// Letters just written that wait to be noticed by whoever delivers, about 100 bytes each. Beyond, they are found in the
/// store.
pub(crate) const LETTER_NEWS_MAX: usize = 50_000;

/// Dead letters of one webhook. Somebody has to look at them one day; who does not for that long has lost interest in the
/// oldest.
pub(crate) const DEAD_LETTERS_MAX: usize = 10_000;

/// Rows of letters removed by one step, below the bound of a step.
pub(crate) const LETTERS_DROPPED_AT_ONCE: usize = 200;

/// Events of surveys of one account that are told to functions at once; its permits bound how many run.
pub(crate) const SURVEY_EVENTS_AT_ONCE: usize = 64;

/// Timers taken from the index at once, so that a flood of due ones does not starve what else there is to do.
pub(crate) const TIMERS_AT_ONCE: usize = 256;

/// Conversations whose timers are looked at at once after an account's settings moved them: enough to fill group commits,
/// few enough that a hundred thousand conversations do not push what people do out of the shards.
pub(crate) const REARM_AT_ONCE: usize = 64;

/// How far before a change of settings something may have been decided that is not durable yet: a group commit takes
/// milliseconds.
pub(crate) const REARM_OVERLAP: Duration = Duration::from_secs(10);

/// Seconds of an account's allowance of calls that may come at once: a burst, not a flood.
pub(crate) const CALL_BURST_SECONDS: u32 = 2;

/// Accounts whose allowance is remembered before those that are whole again are dropped.
pub(crate) const ALLOWANCES_MAX: usize = 10_000;

/// Longest wait of a call for a permit. Its client waits 35 seconds at most, and the function needs up to 30 of them.
pub(crate) const CALL_WAIT_MAX: Duration = Duration::from_secs(5);

/// How long the answer of a named call is remembered: a client that retries later than that has lost interest.
pub(crate) const REMEMBERED_FOR: SignedDuration = SignedDuration::from_hours(24);

/// Named calls of one account remembered in memory: more than may be running, about 200 bytes each.
pub(crate) const REMEMBERED_CALLS_MAX: usize = 50_000;

/// Their answers together. Bytes.
pub(crate) const REMEMBERED_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Longest request id: a UUID is 36, some clients put words in front. Bytes.
pub(crate) const REQUEST_ID_BYTES_MAX: usize = 128;

/// Closed conversations of one account that its board still knows, for those who have to be told of the end and of the
/// last line after it. About 2 KiB each.
pub(crate) const BOARD_CLOSED_MAX: usize = 2_000;

/// Steps of one conversation that its card keeps for followers; who is further behind reads the log.
pub(crate) const CARD_STEPS_MAX: usize = 16;

/// Chat states that wait for one follower. They are worth nothing a moment later, so the oldest go first.
pub(crate) const CHAT_STATES_MAX: usize = 64;

/// Offers that wait for one follower: those of a full load several times over. The oldest ended ones go first.
pub(crate) const OFFERS_WAITING_MAX: usize = 256;

/// How long an agent has to accept an offer (messaging contract §1.7, `ringExpiration`).
pub(crate) const OFFER_TIME: SignedDuration = SignedDuration::from_secs(72);

/// How long an agent whose last connection broke keeps their conversations. A reconnect takes seconds, a restart of a
/// program or a laptop that changes networks up to a minute.
pub(crate) const LOST_AGENT_GRACE: SignedDuration = SignedDuration::from_mins(1);

/// How long a conversation that waits without a deadline stands behind those with one. From then on it is the more urgent
/// one, so that nobody waits for ever.
pub(crate) const WAIT_WITHOUT_DEADLINE: SignedDuration = SignedDuration::from_hours(1);

/// Conversations of one agent that are given back at once, so that a bot with hundreds of them does not fill a mailbox.
pub(crate) const GIVEN_BACK_AT_ONCE: usize = 64;

/// Waiting conversations that one look of routing goes through: more than any team takes at once.
pub(crate) const LOOKED_AT_ONCE: usize = 10_000;

/// How long a write of a key waits for another invocation that has written it: most answer within milliseconds, and the
/// function that waits has a deadline of its own.
pub(crate) const KEY_WAIT_MAX: Duration = Duration::from_secs(2);

/// Values that are over and are forgotten with one settle, so that it stays one small step.
pub(crate) const EXPIRED_KEYS_AT_ONCE: usize = 64;

/// How often a consumer's profile is sealed anew because their key was made meanwhile. A key is made once.
pub(crate) const PROFILE_ATTEMPTS_MAX: usize = 3;

/// Rows of who was there when a conversation ended, in one step: more agents than ever take part, far below what a step may
/// hold.
pub(crate) const CLOSED_ROWS_OF_STEP_MAX: usize = 64;

/// How often old activity is forgotten. Days are whole, so more often would change little.
pub(crate) const ACTIVITY_PRUNE_EVERY: SignedDuration = SignedDuration::from_hours(1);

/// Records of activity that are forgotten in one step: each can be a function's whole source.
pub(crate) const ACTIVITY_FORGOTTEN_AT_ONCE: usize = 200;

/// Largest state that stands for old activity, unpacked: sources pack to a fifth, and a snapshot has 16 MiB. Bytes.
pub(crate) const ACTIVITY_BASE_UNPACKED_BYTES_MAX: u32 = 512 * 1024 * 1024;

/// How often activity is read anew because what it began with was forgotten meanwhile. Each time an hour's work was done.
pub(crate) const ACTIVITY_READS_MAX: usize = 8;
