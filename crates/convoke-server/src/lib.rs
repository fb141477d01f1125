//! Puts the engine on the network: the native HTTP API, and the pages in which people work.
//!
//! ```text
//!  connection ──▶ serve ──▶ layers: id, log, time, panics, headers
//!                             └──▶ guard: token, account, roles (access: one table)
//!                                    ├──▶ http: one module per noun ──▶ convoke_engine::Handle
//!                                    └──▶ live: the same over one WebSocket
//!  outbox ──▶ webhooks: letters about conversations, written, signed and posted
//! ```
//!
//! [`routers`] makes the routes, [`serve`] puts them on a listener, [`openapi`] describes them. Nothing here decides a rule:
//! requests become commands of the domain (`convoke-api` converts), answers are made from its state. It promises that
//! whatever is sent is answered, bounded, and refused with a stable code; that an account never sees another; and that no
//! text that a person wrote, and no secret, gets into a log.

mod access;
mod assets;
mod auth;
mod board;
mod caller;
mod cookie;
mod csv;
mod extract;
mod feed;
mod files;
mod forwarded;
mod guard;
mod http;
mod layers;
mod limits;
mod live;
mod lp;
mod openapi;
mod openings;
mod operator;
mod problem;
mod seats;
mod serve;
mod server;
pub mod templates;
mod tls;
mod webhooks;
mod window;

#[cfg(test)]
mod every_limit;
#[cfg(test)]
mod every_route;
#[cfg(test)]
mod testing;

pub use auth::{
    Auth, LoginError, NewSession, NewToken, PasswordUnfit, SigningKeyInvalid, TokenSigner, VerifiedClient,
    VerifiedUser, hash_password,
};
pub use caller::{FunctionPrincipal, Peer};
pub use http::{Routers, routers};
pub use lp::{InProcess, Published};
pub use openapi::openapi;
pub use serve::{Endpoint, serve};
pub use server::{Demo, Planes, Server};
pub use templates::Templates;
pub use tls::{Tls, TlsError};
pub use webhooks::Deliveries;
