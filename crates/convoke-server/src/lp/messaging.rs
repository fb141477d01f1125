//! The sockets of agents, bots and consumers, in the messaging protocol's dialects (messaging contract §1, §2).
//!
//! ```text
//!  door: who is it? ──▶ session ──▶ asks: one request ──▶ engine
//!                          ▲ │
//!     board: what changed ─┘ └──▶ subscriptions, dialogs, offers ──▶ frames
//! ```
//!
//! One task serves one socket, and writes wait for the client, so nothing piles up for one who does not read: the board
//! only remembers *which* conversations changed, and they are told as they are by then. Lines are told from the log, after
//! the last one that was told, so none is missed or told twice. It promises that each request is answered exactly once,
//! in the dialect of the socket, and that what cannot be done is refused with a code.

mod asks;
mod consumer_door;
mod dialogs;
mod door;
mod end;
mod names;
mod offers;
mod session;
mod subscriptions;
mod telling;
#[cfg(test)]
mod tests;

pub(super) use consumer_door::features;
pub(super) use door::{agent, consumer};
pub(super) use session::{Session, Side};
