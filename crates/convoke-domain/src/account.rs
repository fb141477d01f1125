//! An account's settings: what the machines read, and the machine that changes them.
//!
//! ```text
//!  Command ──decide──▶ Event ──evolve──▶ Account ──▶ hours_of · ttr_of · idle_of · automatic_message_for · …
//! ```
//!
//! Every accepted change is an entry of the activity stream: the shell records each event with who and when. The
//! account's functions are a machine of their own, [`crate::function`].

mod app_key;
mod author;
mod client;
mod command;
mod credentials;
mod decide;
mod event;
mod evolve;
mod idle;
mod password;
mod rejection;
mod secret;
pub mod secret_text;
mod state;
mod survey;
mod token;
mod user;
mod webhook;
mod window;

pub use self::app_key::AppKey;
pub use self::author::{Author, Stamp};
pub use self::client::Client;
pub use self::command::{Actor, Command, Context};
pub use self::decide::AccountMachine;
pub use self::event::Event;
pub use self::idle::{IdleOverrides, IdleTimer, IdleTimers};
pub use self::password::PasswordHash;
pub use self::rejection::Rejection;
pub use self::secret::{SealedValue, Secret};
pub use self::state::{Account, Egress, EgressMode, FencePolicy, Generation, RunLogSettings, Skill};
pub use self::survey::PostSurvey;
pub use self::token::{AccessToken, Principal, TokenKind};
pub use self::user::{User, UserRole};
pub use self::webhook::{Webhook, WebhookForm, WebhookPlan, WebhookSignature, WebhookTopic};
pub use self::window::ConsumerWindow;

#[cfg(test)]
mod credential_tests;
#[cfg(test)]
mod tests;
