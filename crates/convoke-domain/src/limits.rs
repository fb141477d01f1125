//! Every bound of the domain, with its unit and its reason.

use std::time::Duration;

/// Longest line. A human never types more; a program that does is a mistake. Bytes of UTF-8.
pub const LINE_BYTES_MAX: usize = 8 * 1024;

/// Deepest chain of causes: a command's own change may fire another event, and that one's function another. Deeper
/// than any sensible set of functions, small enough to end a loop within a second.
pub const CAUSE_DEPTH_MAX: u8 = 8;

/// Most unsettled triggers of one conversation. Each waits for a function; a conversation with more is flooded, and
/// further commands that fire events are refused as busy.
pub const LANE_MAX: usize = 64;

/// Most participants of one conversation, readers included.
pub const PARTICIPANTS_MAX: usize = 64;

/// Client message keys remembered per conversation, so that a retried publish is the same line. A client retries
/// within seconds; nobody writes this many lines meanwhile.
pub const COMMAND_KEYS_MAX: usize = 128;

/// Longest client message key. Bytes.
pub const COMMAND_KEY_BYTES_MAX: usize = 64;

/// How long after an auto-close a new conversation of an authenticated consumer does not fire (DESIGN §2).
pub const AFTER_AUTOCLOSE: Duration = Duration::from_hours(48);

/// Most firings of one idle timer for one base (DESIGN §2).
pub const IDLE_REPEAT_MAX: u8 = 10;

/// Commands of one answer that are recorded; the rest are counted. Only the first of each type acts.
pub const ANSWER_COMMANDS_MAX: usize = 16;

/// Characters of a wrong id that a rejection quotes: more than any right one has.
pub const QUOTED_CHARS_MAX: usize = 64;

/// Characters of the reason for which a returned command is rejected: a sentence or two.
pub const REASON_CHARS_MAX: usize = 300;

/// How far every question about hours looks ahead or back. A year with its holidays, and some; who has no staff for
/// longer is closed.
pub const HOURS_HORIZON: Duration = Duration::from_hours(400 * 24);

/// Most intervals of one week of working hours: one per hour is finer than any shift plan.
pub const WEEKLY_INTERVALS_MAX: usize = 168;

/// Most special occasions of one set: several years of holidays.
pub const OCCASIONS_MAX: usize = 500;

/// Longest special occasion without staff (messaging contract §5.5).
pub const OFF_OCCASION_MAX: Duration = Duration::from_hours(30 * 24);

/// Longest name of a skill, a user, working hours and the like, in characters: it has to fit a list on a page.
pub const NAME_CHARS_MAX: usize = 100;

/// Longest time to respond. Staffed time only, so this is months by the calendar.
pub const TTR_MAX: Duration = Duration::from_hours(30 * 24);

/// Shortest idle time (messaging contract §5.4).
pub const IDLE_TIME_MIN: Duration = Duration::from_secs(15);

/// Longest idle time: beyond the longest auto-close nobody waits.
pub const IDLE_TIME_MAX: Duration = Duration::from_hours(90 * 24);

/// Shortest auto-close (messaging contract §5.5).
pub const AUTO_CLOSE_MIN: Duration = Duration::from_mins(25);

/// Longest auto-close, and the default (messaging contract §5.5).
pub const AUTO_CLOSE_MAX: Duration = Duration::from_hours(90 * 24);

/// How long a survey waits for its consumer until it closes by itself (messaging contract §5.5).
pub const SURVEY_EXPIRY: Duration = Duration::from_hours(7 * 24);

/// Longest text of an automatic message, in characters: two screens of a phone.
pub const AUTOMATIC_TEXT_CHARS_MAX: usize = 2_000;

/// Most languages of one automatic message: more than the languages of the European Union twice over.
pub const AUTOMATIC_LANGUAGES_MAX: usize = 64;

/// Most skills of one account. The account is one state in memory; larger brands have a few hundred.
pub const SKILLS_MAX: usize = 2_000;

/// Most users of one account. The account is one state in memory; larger brands have several thousand.
pub const USERS_MAX: usize = 20_000;

/// Conversations that a user serves at once before no more are offered, if nothing else is set: a practised one manages as
/// many.
pub const USER_LOAD_USUAL: u16 = 10;

/// Most that can be set instead: a bot serves hundreds, and gives all of them back at once when it disappears.
pub const USER_LOAD_MAX: u16 = 1_000;

/// Most working hours of one account, and most sets of special occasions: one per skill is the finest use.
pub const HOURS_MAX: usize = 2_000;

/// Most access tokens of one account: one per user and some for applications.
pub const TOKENS_MAX: usize = 25_000;

/// Longest life of an access token: what lives longer is forgotten.
pub const TOKEN_LIFE_MAX: Duration = Duration::from_hours(366 * 24);

/// Sessions of one user: every device of a person several times over; a further login ends the oldest.
pub const USER_SESSIONS_MAX: usize = 20;

/// Expired tokens that are forgotten when a new one is issued, so that one issue stays one small step.
pub const EXPIRED_TOKENS_AT_ONCE: usize = 64;

/// Most clients (programs with OAuth credentials) of one account: one for each integration, with room.
pub const CLIENTS_MAX: usize = 200;

/// Most app keys of one account: one for each of many bots, and a second one while it is replaced.
pub const APP_KEYS_MAX: usize = 200;

/// Most secrets of one account: several for each function that there can be.
pub const SECRETS_MAX: usize = 500;

/// Most webhooks of one account: one for each system that wants to know. Each costs a row per step of a conversation.
pub const WEBHOOKS_MAX: usize = 20;

/// Longest address of a webhook. Bytes.
pub const WEBHOOK_URL_BYTES_MAX: usize = 2_048;

/// Shortest time for which a letter is tried (messaging contract §3.2).
pub const WEBHOOK_RETENTION_MIN: Duration = Duration::from_secs(2);

/// Longest time for which a letter is tried (messaging contract §3.2); a weekend without anybody to look.
pub const WEBHOOK_RETENTION_MAX: Duration = Duration::from_hours(3 * 24);

/// Longest value of a secret, in characters; what is no text counts as its JSON (functions contract §6.2).
pub const SECRET_VALUE_CHARS_MAX: usize = 16_384;

/// Most domains that an account's functions may call.
pub const DOMAINS_MAX: usize = 500;

/// Most origins on whose pages the consumer window may be: a brand's sites in all countries. They are in one header.
pub const WINDOW_ORIGINS_MAX: usize = 100;

/// Longest origin: a host name has up to 253 bytes. Bytes.
pub const WINDOW_ORIGIN_BYTES_MAX: usize = 270;

/// Most functions of one account. LivePerson has 50; a state in memory with their sources bears more.
pub const FUNCTIONS_MAX: usize = 200;

/// Longest function name, in characters (functions contract §6.2).
pub const FUNCTION_NAME_CHARS_MAX: usize = 50;

/// Longest function description, in characters (functions contract §6.2).
pub const FUNCTION_DESCRIPTION_CHARS_MAX: usize = 200;

/// Longest source of a function, in characters (functions contract §6.2).
pub const SOURCE_CHARS_MAX: usize = 100_000;

/// Most skills of one function (functions contract §6.2).
pub const FUNCTION_SKILLS_MAX: usize = 500;

/// Most environment variables of one function (functions contract §6.2).
pub const ENVIRONMENT_MAX: usize = 512;

/// Longest name of an environment variable, in characters (functions contract §6.2).
pub const ENVIRONMENT_NAME_CHARS_MAX: usize = 200;

/// Longest value of an environment variable, in characters (functions contract §6.2).
pub const ENVIRONMENT_VALUE_CHARS_MAX: usize = 1_024;

/// Versions kept of one function (functions contract §6.2).
pub const VERSIONS_KEPT: usize = 10;

/// Deployments remembered of one function, failed ones among them (functions contract §6.2).
pub const DEPLOYMENTS_KEPT: usize = 5;

/// Most schedules of one account (functions contract §6.2).
pub const SCHEDULES_MAX: usize = 50;

/// Longest cron expression, in characters (functions contract §4.2).
pub const CRON_CHARS_MAX: usize = 120;

/// Longest description of a schedule, in characters (functions contract §4.2).
pub const SCHEDULE_DESCRIPTION_CHARS_MAX: usize = 200;

/// Longest input of a schedule, in characters of JSON (functions contract §6.2).
pub const SCHEDULE_INPUT_CHARS_MAX: usize = 15_000;

/// How many days are looked at for the next due time: 29 February comes within eight years.
pub const SCHEDULE_DAYS_MAX: usize = 366 * 8 + 2;

/// How late a schedule may fire before its due time counts as missed: a busy moment is no outage.
pub const SCHEDULE_GRACE: Duration = Duration::from_mins(1);

/// Least and most days that the run log of an account is kept.
pub const RUN_LOG_DAYS: std::ops::RangeInclusive<u16> = 1..=365;

/// Least and most days that it is kept who changed what: at least long enough to notice a change over a weekend and ask who
/// made it, at most as long as records of trade are kept.
pub const ACTIVITY_DAYS: std::ops::RangeInclusive<u16> = 7..=3_650;

/// Longest hold of a conversation for a function. Longer, and people feel that their line hangs.
pub const HOLD_MS_MAX: u32 = 2_000;

/// Longest wall time of one attempt (DESIGN §3.8).
pub const WALL_MS_MAX: u32 = 30_000;

/// Most CPU time of one attempt (DESIGN §3.8).
pub const CPU_MS_MAX: u32 = 2_000;

/// Least wall and CPU time of one attempt: less, and a busy machine alone would fail it.
pub const BUDGET_MS_MIN: u32 = 50;

/// Most memory of one invocation, in MiB (DESIGN §5).
pub const MEMORY_MIB_MAX: u32 = 256;

/// Least memory of one invocation, in MiB: the engine and its libraries need most of this.
pub const MEMORY_MIB_MIN: u32 = 16;

/// Namespaces that an account's functions can make. Each is a purpose of its own; people keep them apart by name.
pub const CONTEXT_NAMESPACES_MAX: usize = 100;

/// Longest name of a namespace, a session or a property. Conversation ids fit several times. Characters.
pub const CONTEXT_NAME_CHARS_MAX: usize = 200;

/// Longest value of a property, as JSON: state that a function goes on from, not documents. Bytes.
pub const CONTEXT_VALUE_BYTES_MAX: usize = 16 * 1024;

/// All that the functions of one account can remember: it is in memory, too. Names and values, bytes.
pub const CONTEXT_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Lines that one receipt names: a client that was away tells of one screenful at once, and of a long night in some.
pub const RECEIVED_LINES_MAX: usize = 1_000;

/// Changes of a conversation that are made as one: a transfer has three, a form with everything about ten.
pub const CHANGES_TOGETHER_MAX: usize = 16;

/// Longest name of a namespace of key-values. It is part of a small row's name, as is the key. Bytes.
pub const KEY_VALUE_NAMESPACE_BYTES_MAX: usize = 40;

/// Longest key in such a namespace: conversation ids and e-mail addresses fit. Bytes.
pub const KEY_VALUE_KEY_BYTES_MAX: usize = 128;

/// Longest value, as JSON: what a function decides by, not documents. Bytes.
pub const KEY_VALUE_BYTES_MAX: usize = 16 * 1024;

/// Longest time to live of a value: what shall stay longer has none.
pub const KEY_VALUE_TTL_MAX: Duration = Duration::from_hours(10 * 366 * 24);

/// Keys that one invocation writes: they are durable in one step, with everything else that it causes.
pub const KEY_VALUE_WRITES_MAX: usize = 64;

/// Keys that are listed at once.
pub const KEY_VALUE_LISTED_MAX: usize = 1_000;

/// All that the functions of one account keep as key-values: it is in memory, too. Names and values, bytes.
pub const KEY_VALUES_BYTES_MAX: usize = 16 * 1024 * 1024;
