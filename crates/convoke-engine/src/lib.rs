//! Drives the machines and performs their effects.
//!
//! ```text
//!        Handle ───────────▶ shard: one writer per conversation ──▶ committer ──▶ Store
//!          │                   ▲       │ durable                       │
//!          │ settings          │       ├──▶ subscribers                │
//!          ▼                   │       ├──▶ timers ──(due)──▶ shard    │
//!      directory ◀─────────────┼───────┴──▶ invoke ──▶ sandbox         │
//!                              └───────────────(answer, verdict)◀──────┘
//! ```
//!
//! [`Engine::start`] loads the accounts, arms the timers, wakes every conversation that was left with unsettled
//! triggers, and hands out a [`Handle`]. Nothing here decides a rule (that is `convoke-domain`) or knows a wire.

mod activity;
mod app_keys;
mod board;
mod calls;
mod closed;
mod committer;
mod contexts;
mod directory;
mod ending;
mod error;
mod functions;
mod handle;
mod invoke;
pub mod key_values;
pub mod keys;
mod limits;
mod meters;
mod outbox;
mod packed;
pub mod ports;
mod profiles;
mod rearm;
mod recordings;
mod routing;
mod runs;
mod schedules;
mod secrets;
mod shard;
mod start;
mod stored;
mod subscription;
mod surveys;
mod timers;
mod webhooks;

pub use app_keys::AppKeySecrets;
pub use board::{Accepting, CardView, ChatState, Follower, Following, News};
pub use calls::{
    Allowance, Call, CallAnswer, CallEnding, CallError, CallFrom, Called, Request, RequestId, Until,
};
pub use directory::{AccountView, Activity};
pub use ending::FailureClass;
pub use error::EngineError;
pub use functions::{Deployed, Trial, Tried, Which};
pub use handle::{Handle, Opened, Opening};
pub use outbox::{DeadLetter, DeadLetterId, Death, Letter, LetterNews};
pub use recordings::{RECORDING_FORMAT, Recorded, RecordedAnswer, Recording};
pub use routing::{Availability, Offer, OfferId, OfferRefused, OfferState, Presence};
pub use runs::{Run, RunBody, RunCall, RunFollower, RunLine, RunPage};
pub use secrets::SecretValue;
pub use shard::Written;
pub use start::{Engine, Settings, StartError};
pub use stored::{DecodeError, encode as stored_form};
pub use subscription::Subscription;
// What the handle takes and gives in the store's own words.
pub use convoke_store::files::{FileError, FileOwner, FilePlace, FileRoom, FileStore, MemoryFiles};
pub use convoke_store::runs::{
    Durations, Figure, Levels, LogLevel, NewRun, RunFilter, RunPlace, RunSource, RunState,
};
pub use convoke_store::{Health as StoreHealth, ListFilter, ListPlace, ListRow};
