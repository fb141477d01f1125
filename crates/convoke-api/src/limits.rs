//! Every bound of the contract that the domain does not have already, with its unit and its reason.

/// Longest id in an answer of a function. The longest that exist are `account.userId` and a UUID; a longer one is no id,
/// and it would be quoted in the record. Bytes.
pub const ANSWER_ID_BYTES_MAX: usize = 64;

/// Longest piece of somebody's text that is quoted in a reason: enough to recognise it. Characters.
pub const QUOTED_CHARS_MAX: usize = 40;

/// Largest number that JavaScript holds exactly: payloads carry visitor, session, campaign and engagement as numbers.
pub const EXACT_NUMBER_MAX: u64 = (1 << 53) - 1;

/// Longest text about where a consumer comes from. These are words of protocols, not of people. Bytes.
pub const ORIGIN_TEXT_BYTES_MAX: usize = 100;

/// Most features of a consumer's client; the ones there are fit several times. They are in every payload.
pub const FEATURES_MAX: usize = 50;

/// Longest identity that a brand gives a consumer. Bytes.
pub const IDENTITY_BYTES_MAX: usize = 100;

/// Items of a page if the request does not say.
pub const PAGE_ITEMS_USUAL: u16 = 50;

/// Most items of a page: a screenful several times over, and an answer that is written at once.
pub const PAGE_ITEMS_MAX: u16 = 200;

/// Longest piece of a line in a sentence about it: the rest is in the line. Characters.
pub const DESCRIBED_CHARS_MAX: usize = 160;

/// Longest id of a request over a live connection: a UUID fits, and so does a counter with a prefix. Bytes.
pub const LIVE_ID_BYTES_MAX: usize = 64;

/// Longest metadata of a line: what bots say about themselves has some hundred bytes. Bytes of JSON.
pub const LINE_METADATA_BYTES_MAX: usize = 4 * 1024;

/// Longest attribute of a CloudEvent that comes in: addresses and ids. Bytes.
pub const CLOUD_EVENT_ATTRIBUTE_BYTES_MAX: usize = 2 * 1024;

/// Largest file that somebody sends: a photograph of a telephone, or a scan of some pages. Bytes.
pub const FILE_BYTES_MAX: u64 = 10 * 1024 * 1024;

/// Longest text of a profile: a name, an address of a picture. Bytes.
pub const PROFILE_TEXT_BYTES_MAX: usize = 1024;

/// Largest profile: its texts and what a brand says about an identity, far below what a fact may have. Bytes of JSON.
pub const PROFILE_BYTES_MAX: usize = 16 * 1024;
