//! An account's functions: drafts, immutable versions, deployments, and which function answers which event.
//!
//! ```text
//!  create ─▶ draft ──deploy──▶ version n, deployed ──undeploy──▶ draft
//!              ▲ save            │  ▲
//!              └─────────────────┘  └── rollback to a kept version
//! ```
//!
//! All functions of an account are one machine, because one function per event and skill is a rule between them.
//! Whether a source is acceptable is found out by the engine before; its result is part of the command.

mod binding;
mod command;
mod decide;
mod deployment;
mod event;
mod evolve;
mod rejection;
mod state;

pub use self::binding::{Binding, Bindings, NoFunction};
pub use self::command::{Command, Context, DeploymentFailure, DeploymentStage, SourceCheck, SourceProblem};
pub use self::decide::{DeployWarning, FunctionMachine, deploy_warning};
pub use self::deployment::{Deployment, DeploymentRecord, DeploymentResult};
pub use self::event::Event;
pub use self::rejection::Rejection;
pub use self::state::{
    BindingRule, Draft, EventBinding, Function, FunctionSettings, FunctionState, Functions, OtherEvent,
    UnknownBinding, Version, VersionNumber,
};

#[cfg(test)]
mod tests;
