//! Runs one untrusted JavaScript function once, within limits, able to touch only what it was given.
//!
//! ```text
//! source ──prepare──▶ Program ──run──▶ Execution { ending, logs, calls, usage, recording }
//!              (memory delta)   │
//!                               ├─ a new WebAssembly instance per run: base image, copied on write, plus the delta
//!                               ├─ while it awaits, it is only memory; operations are data, done by the host
//!                               └─ the host alone reaches the network, through the egress guard
//! ```
//!
//! Promises: no state passes from one run to another, not even of the same program; whatever the source does, the run ends
//! within its limits with a named [`Ending`] and the process is unharmed; a run can be replayed from its [`Recording`].
//! Leaves out: which function runs when, retries, storing anything, and confinement of the process itself.

pub mod egress;
mod execution;
mod grant;
mod guest;
mod host;
mod identity;
mod lane;
pub mod limits;
mod modules;
mod pem;
pub mod platform;
mod pool;
mod program;
mod recording;
mod run;
mod source;
mod stack;
mod validate;

pub use execution::{Ending, Execution, Inspection, Level, LogEntry, OutboundCall, Thrown, Usage};
pub use grant::Grant;
pub use identity::Identity;
pub use limits::RunLimits;
pub use pool::{Sandbox, SandboxError, SandboxSettings};
pub use program::{Form, Program, ProgramError};
pub use recording::{RecordedEntry, Recording};
pub use run::{Answered, Clock, Run};
pub use source::{Source, SourceError};
pub use validate::{Diagnostic, validate};
