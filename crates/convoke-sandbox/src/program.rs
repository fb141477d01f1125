//! From source to program: checked, evaluated once, kept as the pages of memory that it changed.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use jiff::Timestamp;

use crate::execution::{Ending, Thrown};
use crate::guest::meter::Meter;
use crate::guest::state::State;
use crate::guest::{Delta, Guest, Sourced};
use crate::lane::Pace;
use crate::limits::{LOAD_CPU_MAX, MEMORY_BYTES_DEFAULT, SOURCE_BYTES_MAX, WALL_DEFAULT};
use crate::pool::Sandbox;
use crate::source::{Compiled, NotCompiled, ONE_TEXT, Source, compile};
use crate::stack;

/// The clock while a top level is evaluated at deployment. Who reads it is evaluated again per invocation.
const LOADED_AT: Timestamp = Timestamp::constant(1_767_225_600, 0);

/// Verdicts of the guest on a source; see `glue.c`.
const TAKES_CALLBACK: i32 = 1;
const USED_RANDOM: i32 = 2;
const SYNTAX: i32 = -1;
const NO_LAMBDA: i32 = -3;
const WAITS: i32 = -4;

/// How `lambda` gives its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Two or more parameters: the callback decides, the return value is ignored.
    V1,
    /// It returns, or resolves to, its answer.
    V2,
}

/// Why a source is not a program.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProgramError {
    /// It has more bytes than [`SOURCE_BYTES_MAX`].
    #[error("the source has {bytes} bytes, {SOURCE_BYTES_MAX} are allowed")]
    TooLarge {
        /// Its size in bytes.
        bytes: usize,
    },
    /// It does not parse.
    #[error("{message} ({}line {line}, column {column})", file.as_ref().map(|file| format!("{file}, ")).unwrap_or_default())]
    Syntax {
        /// The file, for a source of several.
        file: Option<String>,
        /// From 1.
        line: u32,
        /// From 1.
        column: u32,
        /// What the parser says.
        message: String,
    },
    /// It has no function `lambda`, under that name or exported.
    #[error("there is no function `lambda`: define it or export it")]
    NoLambda,
    /// It requires or imports a module that does not exist here.
    #[error("{message}")]
    ModuleNotAvailable {
        /// Which one, and what to use instead.
        message: String,
    },
    /// Its top level threw.
    #[error("the top level threw {}: {}", .0.name, .0.message)]
    TopLevelThrew(Thrown),
    /// Its top level awaits something that only the host could answer.
    #[error("the top level awaits an operation; move it into `lambda`")]
    TopLevelWaits,
    /// Its top level exceeded a limit; the ending names it.
    #[error("the top level ended as {}", .0.code())]
    TopLevelLimit(Ending),
    /// The host has no room now.
    #[error("the host cannot evaluate it now: {0}")]
    HostUnavailable(String),
}

/// A function ready to run. Cheap to clone.
#[derive(Clone)]
pub struct Program {
    pub(crate) inner: Arc<Prepared>,
}

pub(crate) struct Prepared {
    pub(crate) source: Arc<Compiled>,
    /// JSON object.
    pub(crate) environment: String,
    form: Form,
    pub(crate) start: Start,
    /// How long its runs are.
    pub(crate) pace: Pace,
}

/// How a run of it begins.
pub(crate) enum Start {
    /// From what the top level left behind.
    Restored(Delta),
    /// By evaluating the top level, whose outcome may differ from run to run.
    Evaluated,
}

impl std::fmt::Debug for Program {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Program")
            .field("form", &self.form())
            .field("size", &self.size())
            .finish_non_exhaustive()
    }
}

impl Program {
    /// How it answers.
    pub fn form(&self) -> Form {
        self.inner.form
    }

    /// Whether its top level runs anew in every invocation, because it read the clock, randomness or the host.
    pub fn evaluates_per_invocation(&self) -> bool {
        matches!(self.inner.start, Start::Evaluated)
    }

    /// Memory that it occupies in this process, in bytes.
    pub fn size(&self) -> usize {
        let delta = match &self.inner.start {
            Start::Restored(delta) => delta.size(),
            Start::Evaluated => 0,
        };
        delta + self.inner.source.size() + self.inner.environment.len()
    }
}

impl Prepared {
    pub(crate) fn sourced(&self) -> Sourced<'_> {
        let (name, text, is_module) = self.source.entry();
        Sourced { name, text, is_module, environment: &self.environment }
    }
}

impl Sandbox {
    /// Evaluates a source in a new instance, with these environment variables in `process.env`, on the calling thread:
    /// below a millisecond for honest sources without libraries, at most [`LOAD_CPU_MAX`] for others.
    ///
    /// # Errors
    /// If it does not parse, has no `lambda`, or its top level fails.
    pub fn prepare(
        &self,
        source: &Source,
        environment: &BTreeMap<String, String>,
    ) -> Result<Program, ProgramError> {
        if source.bytes() > SOURCE_BYTES_MAX {
            return Err(ProgramError::TooLarge { bytes: source.bytes() });
        }
        let compiled = Arc::new(compile(source).map_err(not_compiled)?);
        let environment = serde_json::json!(environment).to_string();
        let mut prepared = Prepared {
            source: Arc::clone(&compiled),
            environment,
            form: Form::V2,
            start: Start::Evaluated,
            pace: Pace::default(),
        };
        let _active = self.shared.activity();
        let _slot = self.shared.admission.try_acquire().map_err(|_| busy())?;
        let meter = Arc::new(Meter::new(LOAD_CPU_MAX, Instant::now() + WALL_DEFAULT));
        let mut state = State::new(meter, Arc::clone(&self.shared.memory), MEMORY_BYTES_DEFAULT, 0);
        state.source = Some(compiled);
        let mut guest = Guest::new(&self.shared.workshop, state).map_err(|error| unavailable(&error))?;
        let verdict = match guest.load(&prepared.sourced(), LOADED_AT) {
            Ok(verdict) => verdict,
            Err(fault) => return Err(ProgramError::TopLevelLimit(fault.ending(guest.state()))),
        };
        if verdict < 0 {
            return Err(refusal(verdict, guest.state()));
        }
        prepared.form = if verdict & TAKES_CALLBACK == 0 { Form::V2 } else { Form::V1 };
        if verdict & USED_RANDOM == 0 && !guest.state().observed && !guest.state().random.used() {
            let delta = guest.delta(&self.shared.workshop).ok_or_else(|| {
                ProgramError::TopLevelLimit(Ending::Crashed { why: "the engine is not at rest".into() })
            })?;
            prepared.start = Start::Restored(delta);
        }
        Ok(Program { inner: Arc::new(prepared) })
    }
}

fn not_compiled(why: NotCompiled) -> ProgramError {
    match why {
        NotCompiled::Syntax { file, line, column, message } => {
            let file = (file != ONE_TEXT).then_some(file);
            ProgramError::Syntax { file, line, column, message: format!("SyntaxError: {message}") }
        }
        NotCompiled::NoThread(why) => ProgramError::HostUnavailable(why),
    }
}

fn busy() -> ProgramError {
    ProgramError::HostUnavailable("too many invocations are in flight".into())
}

fn unavailable(error: &wasmtime::Error) -> ProgramError {
    ProgramError::HostUnavailable(format!("{error:#}"))
}

/// What a verdict below zero means.
pub(crate) fn refusal(verdict: i32, state: &State) -> ProgramError {
    let thrown = state.refusal.clone().unwrap_or_default();
    if thrown.name == "ModuleNotAvailable" {
        return ProgramError::ModuleNotAvailable { message: thrown.message };
    }
    match verdict {
        SYNTAX => {
            let place = stack::place(&thrown.stack);
            let (file, line, column) = place.unwrap_or((ONE_TEXT.to_owned(), 1, 1));
            let file = (file != ONE_TEXT).then_some(file);
            let message = format!("{}: {}", thrown.name, thrown.message);
            ProgramError::Syntax { file, line, column, message }
        }
        NO_LAMBDA => ProgramError::NoLambda,
        WAITS => ProgramError::TopLevelWaits,
        _ => {
            let ending = state.ending_of(thrown);
            if let Ending::Threw(thrown) = ending {
                ProgramError::TopLevelThrew(thrown)
            } else {
                ProgramError::TopLevelLimit(ending)
            }
        }
    }
}
