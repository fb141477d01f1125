//! Every bound of the server, with its unit and its reason.

use std::time::Duration;

use jiff::SignedDuration;

/// Largest body of a request. A line has 8 KiB, and the largest settings, a full week plan or 500 special occasions, fit
/// several times. Bytes.
pub(crate) const BODY_BYTES_MAX: usize = 128 * 1024;

/// Largest body that carries a function or its input: 100,000 characters of source, 512 variables of 1,024 characters,
/// each character up to six bytes when JSON escapes it. Bytes.
pub(crate) const FUNCTION_BODY_BYTES_MAX: usize = 4 * 1024 * 1024;

/// How long a body may take to arrive: 4 MiB over a slow line.
pub(crate) const BODY_TIME_MAX: Duration = Duration::from_secs(30);

/// How long the head of a request may take to arrive. Idle connections are closed after it, too.
pub(crate) const HEAD_TIME_MAX: Duration = Duration::from_secs(15);

/// Largest head of a request: the longest token and path fit thirty times. Bytes.
pub(crate) const HEAD_BYTES_MAX: usize = 16 * 1024;

/// Most headers of a request. Browsers send about twenty.
pub(crate) const HEADERS_MAX: usize = 64;

/// How long a request may be worked on: the longest run of a function, its queueing, and some.
pub(crate) const ANSWER_TIME_MAX: Duration = Duration::from_secs(75);

/// Open connections of one listener. Each costs about 20 KiB; one more waits in the operating system's queue.
pub(crate) const CONNECTIONS_MAX: usize = 8 * 1024;

/// How long requests that are under way may take when the server stops.
pub(crate) const SHUTDOWN_TIME_MAX: Duration = Duration::from_secs(10);

/// How long the server waits after an accept that failed, as when file descriptors run out, before it tries again.
pub(crate) const ACCEPT_RETRY: Duration = Duration::from_millis(100);

/// Silence of a followed conversation after which a comment is sent: proxies close what is silent for a minute.
pub(crate) const HEARTBEAT: Duration = Duration::from_secs(15);

/// How long a consumer's token is valid. The page and the clients ask for a new one with each visit.
pub(crate) const CONSUMER_TOKEN_LIFE: Duration = Duration::from_hours(24 * 30);

/// How long an application's token is valid. Clients fetch a new one half an hour before the end, so shorter ones would be
/// fetched for each call.
pub(crate) const APPLICATION_TOKEN_LIFE: Duration = Duration::from_hours(1);

/// How long a TLS handshake may take: two round trips over a slow line.
pub(crate) const HANDSHAKE_TIME_MAX: Duration = Duration::from_secs(10);

/// Engagement attributes that are remembered of one visitor: a long visit with a purchase has some dozen.
pub(crate) const VISITOR_ATTRIBUTES_MAX: usize = 50;

/// Largest answer of the platform to a function, as large as one from any other host. Bytes.
pub(crate) const PLATFORM_ANSWER_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Services whose missing answers are counted apart: all that sources are known to call, twice over.
pub(crate) const UNANSWERED_SERVICES_MAX: usize = 64;

/// Refused tokens that one address may show at once. A program with an old token notices long before.
pub(crate) const REFUSED_TOKENS_MAX: u32 = 50;

/// How long it takes until an address may show one refused token more.
pub(crate) const REFUSED_TOKEN_REFILL: Duration = Duration::from_secs(2);

/// Failed logins that one address may have at once. An office behind one address forgets some passwords in a morning.
pub(crate) const FAILED_LOGINS_OF_ADDRESS_MAX: u32 = 30;

/// Failed logins with one login name or client id at once, wherever they come from: people mistype a few times.
pub(crate) const FAILED_LOGINS_OF_NAME_MAX: u32 = 10;

/// How long it takes until one failed login more is possible: 1,440 guesses a day at most, of which none is worth it.
pub(crate) const FAILED_LOGIN_REFILL: Duration = Duration::from_mins(1);

/// How far the time of a signed login may be from ours, either way. The clocks of two machines that nobody looks after; and
/// for as long a signature is remembered. Seconds.
pub(crate) const SIGNATURE_AGE_MAX_SECONDS: i64 = 300;

/// Signatures of one app key that are remembered: a bot logs in again after it broke off, and not three times a second for
/// five minutes.
pub(crate) const SIGNATURES_REMEMBERED_MAX: usize = 1_000;

/// Longest nonce of a signature. Clients send 32 characters at most. Bytes.
pub(crate) const NONCE_BYTES_MAX: usize = 64;

/// Longest header with a signature: seven parameters, of which the longest has 64 characters. Bytes.
pub(crate) const SIGNED_HEADER_BYTES_MAX: usize = 2_048;

/// Characters of a tried name that are remembered: real ones are not longer.
pub(crate) const TRIED_NAME_CHARS_MAX: usize = 100;

/// Passwords that are hashed at once: each takes 19 MiB and most of a core.
pub(crate) const PASSWORDS_AT_ONCE: usize = 4;

/// Shortest password, in characters: what is shorter can be guessed.
pub(crate) const PASSWORD_CHARS_MIN: usize = 12;

/// Longest password, in characters: sentences fit; longer ones would only cost time.
pub(crate) const PASSWORD_CHARS_MAX: usize = 128;

/// How long a login counts: a working day with what comes after it.
pub(crate) const SESSION_LIFE: Duration = Duration::from_hours(12);

/// Addresses, and login names, whose refused attempts are counted; beyond them the one that was quiet for
/// longest is forgotten.
pub(crate) const REFUSED_ADDRESSES_MAX: usize = 10_000;

/// Longest token that is looked at. Those of users have up to 150, those of applications up to 900. Bytes.
pub(crate) const TOKEN_BYTES_MAX: usize = 2 * 1024;

/// Events of a conversation in one answer if the request does not say.
pub(crate) const EVENTS_USUAL: u16 = 200;

/// Most events of a conversation in one answer.
pub(crate) const EVENTS_MAX: u16 = 1_000;

/// Conversations that one page looks into for changes without an answer: each is read.
pub(crate) const UNANSWERED_CONVERSATIONS: usize = 25;

/// Events of each of them that are looked at, the last ones: more than most conversations have.
pub(crate) const UNANSWERED_EVENTS: usize = 500;

/// Events of a conversation that are explained at once. Longer ones are read by `events`.
pub(crate) const EXPLAINED_EVENTS_MAX: usize = 20_000;

/// Largest frame of a live connection that is answered; as the body of a request. Bytes.
pub(crate) const LIVE_FRAME_BYTES_MAX: usize = BODY_BYTES_MAX;

/// Largest frame that is read at all, so that one somewhat too large is refused with a reason and not with a broken
/// connection. Bytes.
pub(crate) const LIVE_FRAME_BYTES_READ_MAX: usize = 2 * LIVE_FRAME_BYTES_MAX;
/// What a connection keeps to read into, in bytes: a frame of ordinary size. It is there for as long as the connection, and
/// thousands are; the library's own choice is 128 KiB each.
pub(crate) const LIVE_READ_BUFFER_BYTES: usize = 4 * 1024;

/// Conversations that a board shows at first; what is due first is among them. Nobody reads more of a queue.
pub(crate) const BOARD_CARDS_MAX: usize = 500;

/// Open conversations that are looked at to find those: a whole team's queue at its worst.
pub(crate) const BOARD_LOOKED_AT_MAX: usize = 10_000;

/// Requests of one live connection that may be under way. A busy agent has a few; a program that has more gains nothing
/// but a queue.
pub(crate) const LIVE_REQUESTS_MAX: usize = 256;

/// Conversations that one live connection follows. An agent has tens; a brand's program may want all of a small team.
pub(crate) const LIVE_FOLLOWED_MAX: usize = 1_000;

/// Messages written to a live connection before it is listened to again.
pub(crate) const LIVE_BATCH_MAX: usize = 64;

/// Silence of a client after which it is pinged: proxies close what is silent for a minute.
pub(crate) const LIVE_PING: Duration = Duration::from_secs(20);

/// Silence of a client, pongs included, after which it is taken to be gone: three pings.
pub(crate) const LIVE_SILENCE_MAX: Duration = Duration::from_mins(1);

/// How long a client may take to read what was written to it before it is taken to be gone.
pub(crate) const LIVE_WRITE_TIME_MAX: Duration = Duration::from_secs(20);
/// Runs in one answer if the request does not say.
pub(crate) const RUNS_USUAL: u16 = 50;

/// Most runs in one answer. Each can have 256 KiB of logs, most have a few lines.
pub(crate) const RUNS_MAX: usize = 500;

/// Most log lines of an export (functions contract §3.3).
pub(crate) const EXPORTED_LINES_MAX: usize = 500;

/// Longest time that figures are given for: the month that clients ask for, and a day.
pub(crate) const METRICS_TIME_MAX: SignedDuration = SignedDuration::from_hours(31 * 24);

/// Most parts of a function's figures: a month by the hour.
pub(crate) const METRICS_BUCKETS_MAX: i64 = 1_000;

/// Answers from which on a function can be called often slow: fewer say little.
pub(crate) const OFTEN_SLOW_RUNS_MIN: u64 = 20;

/// How long a consumer's JWT is good for connections. Windows fetch a new one with each visit.
pub(crate) const CONSUMER_JWT_LIFE: Duration = Duration::from_hours(1);

/// How long a JWT that is only good to be exchanged counts (messaging contract §2.1).
pub(crate) const EXCHANGED_JWT_LIFE: Duration = Duration::from_mins(10);

/// How long a consumer's connection may wait before it says who it is (messaging contract §2.2: some seconds).
pub(crate) const INIT_TIME_MAX: Duration = Duration::from_secs(10);

/// Requests that may come before a consumer's connection has said who it is. A window sends two or three.
pub(crate) const REQUESTS_BEFORE_INIT_MAX: usize = 16;

/// Subscriptions of one connection to conversations: an agent's desk has some, each view of it one.
pub(crate) const SUBSCRIPTIONS_MAX: usize = 32;

/// Conversations of the first notification of a subscription (messaging contract §1.7).
pub(crate) const SNAPSHOT_MAX: usize = 1_000;

/// Messages of one notification to a consumer: a screenful several times over, well below a frame's bound.
pub(crate) const MESSAGES_AT_ONCE: usize = 100;

/// Most messages in one answer to a query.
pub(crate) const QUERIED_MESSAGES_MAX: usize = 1_000;

/// Conversations whose messages one connection gets: an agent's day. Closed ones are forgotten first.
pub(crate) const DIALOGS_MAX: usize = 2_000;

/// Open conversations of one consumer: one in each shop of a brand. A program that opens more is not a person.
pub(crate) const OPEN_OF_CONSUMER_MAX: usize = 20;

/// Conversations of one consumer that are not over: open ones, and those whose survey waits for its week. That is ten a day
/// of which none is answered; each is in memory.
pub(crate) const PRESENT_OF_CONSUMER_MAX: usize = 70;

/// Features that a consumer's client declares; the contract lists ten.
pub(crate) const CLIENT_FEATURES_MAX: usize = 50;

/// Longest name of a callback that a page gives. Bytes.
pub(crate) const CALLBACK_BYTES_MAX: usize = 64;

/// How long after its end an anonymous identity can be gone on with (messaging contract §2.1).
pub(crate) const ANONYMOUS_EXTENDED: Duration = Duration::from_hours(24);

/// New identities that the consumer window gives to one address at once: an office that opens a page together.
pub(crate) const WINDOW_NEWCOMERS_MAX: u32 = 60;

/// How long it takes until the window gives an address one identity more. Who comes back keeps theirs.
pub(crate) const WINDOW_NEWCOMER_REFILL: Duration = Duration::from_secs(5);

/// Conversations that come through the window from one address at once: people of one office who write about one thing.
pub(crate) const WINDOW_OPENINGS_MAX: u32 = 30;

/// How long it takes until one conversation more may come from an address: each can run functions and takes an agent's time.
pub(crate) const WINDOW_OPENING_REFILL: Duration = Duration::from_secs(20);

/// What one consumer of the window writes and does at once: somebody in a hurry who sends each sentence by itself.
pub(crate) const WINDOW_ACTS_MAX: u32 = 30;

/// How long it takes until one line more is taken. Nobody types faster for long.
pub(crate) const WINDOW_ACT_REFILL: Duration = Duration::from_secs(1);

/// Open conversations of one consumer of the window: it shows one, and another tab may have begun one meanwhile.
pub(crate) const WINDOW_OPEN_MAX: usize = 3;

/// Events between a publish and the end of its step, at most: its deadline, its triggers, and what is settled at once.
pub(crate) const EVENTS_OF_STEP: u64 = 40;

/// Letters posted at once, all webhooks together: each is a connection and a body in memory.
pub(crate) const DELIVERIES_AT_ONCE: usize = 128;

/// Letters posted at once to one webhook: what a small receiver takes without falling behind.
pub(crate) const DELIVERIES_OF_WEBHOOK_MAX: usize = 8;

/// Conversations of one webhook that are known in memory to have letters, about 150 bytes each. The store knows the
/// others.
pub(crate) const LANES_MAX: usize = 10_000;

/// Letters read at once when looking for conversations that have some.
pub(crate) const LETTERS_FOUND_AT_ONCE: usize = 500;

/// Letters of one conversation read at once.
pub(crate) const LETTERS_AT_ONCE: usize = 32;

/// Longest wait between two attempts to deliver (messaging contract §3.2).
pub(crate) const BACK_OFF_MAX: Duration = Duration::from_mins(5);

/// Failing conversations shown of one webhook: what a person looks at.
pub(crate) const FAILING_SHOWN_MAX: usize = 100;

/// Dead letters on one page.
pub(crate) const DEAD_LETTERS_SHOWN: usize = 100;

/// Dead letters that one request has delivered again.
pub(crate) const REDELIVERED_AT_ONCE: usize = 1_000;

/// How long a connector speaks for a consumer by one token, in which it asks for it: as long as its own token.
pub(crate) const CONSUMER_JWS_LIFE: Duration = Duration::from_hours(1);

/// Requests of one body of a connector: a profile and an opening, and some.
pub(crate) const CONNECTOR_REQUESTS_MAX: usize = 8;

/// Events of one export of conversations: some hundred conversations, and an answer that is written at once.
pub(crate) const EXPORTED_EVENTS_MAX: usize = 20_000;

/// How long the address of a file can be used: a file on its way over a slow line, or a page that was just opened.
pub(crate) const FILE_URL_LIFE: Duration = Duration::from_mins(5);

/// Files that are sent or fetched at once. Each is in memory twice, sealed and open: 320 MiB at most.
pub(crate) const FILES_AT_ONCE_MAX: usize = 16;

/// Those of one account: a quarter, so that others have room beside one that is busy.
pub(crate) const FILES_AT_ONCE_OF_ACCOUNT_MAX: usize = 4;

/// How long the bytes of a file are kept in memory for who fetches it: the largest over a line of one megabit per second,
/// and some. Who takes longer begins again.
pub(crate) const FILE_FETCH_TIME_MAX: Duration = Duration::from_mins(2);

/// Bytes of a file that are handed on at once: few enough to be no matter beside the file, and many in a packet.
pub(crate) const FILE_PART_BYTES: usize = 64 * 1024;

/// Most bytes of all files of one account: a thousand of the largest, so that one account does not fill the disk of all.
pub(crate) const FILES_OF_ACCOUNT_BYTES_MAX: u64 = 10 * 1024 * 1024 * 1024;

/// Most bytes of the files of one consumer: twenty of the largest, which is more than a claim with all its photographs
/// has, and a fiftieth of what the account may.
pub(crate) const FILES_OF_CONSUMER_BYTES_MAX: u64 = 200 * 1024 * 1024;

/// Conversations of one answer of the history: each is told with all that was said in it.
pub(crate) const SEARCH_PAGE_MAX: usize = 50;

/// Conversations that one search of the history looks at, those that changed last: a busy day of one account.
pub(crate) const SEARCHED_CONVERSATIONS_MAX: usize = 5_000;

/// What a search by agents may read of them, in events: who served a conversation is only in those. Some hundred
/// conversations, which is a moment's work and an agent's week.
pub(crate) const SEARCHED_EVENTS_MAX: usize = 20_000;

/// What each read counts for at least, in events: a short conversation costs as much as this many.
pub(crate) const SEARCHED_EVENTS_OF_READ: usize = 20;

/// Of them at once, so that no read of the list is long.
pub(crate) const SEARCHED_AT_ONCE: usize = 500;

/// Agents of one subscription whose closed conversations are looked up one by one: a team.
pub(crate) const SNAPSHOT_AGENTS_MAX: usize = 20;

/// Chat states that wait to be told to webhooks: a second of many people who type at once. More are worth nothing later.
pub(crate) const CHAT_LETTERS_MAX: usize = 256;

/// Those of one account: a busy floor.
pub(crate) const CHAT_LETTERS_OF_ACCOUNT_MAX: usize = 64;

/// Chat states that are told at once, over all webhooks: each is a connection and a small body in memory. Many accounts
/// whose receivers do not answer leave room for others.
pub(crate) const CHAT_DELIVERIES_AT_ONCE: usize = 256;

/// Those of one account: a receiver that does not answer holds up as many for some seconds, and nobody else's.
pub(crate) const CHAT_DELIVERIES_OF_ACCOUNT_MAX: usize = 16;
