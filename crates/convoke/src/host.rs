//! Functions in the sandbox: the engine's port over `convoke_sandbox`.
//!
//! Promises: a version is prepared once and kept while it is used; whatever happens, the engine learns once how an
//! attempt ended. Leaves out: what an answer means, retries, and which version runs.

mod cache;
mod convert;
mod post;
mod trace;

use std::sync::{Arc, Mutex, PoisonError};

use convoke_domain::account::Egress;
use convoke_domain::id::{AccountId, FunctionId};
use convoke_domain::invocation::FunctionRef;
use convoke_engine::ports::{
    Answered, BoxFuture, Checked, Clock, EgressHop, Ending, FunctionHost, Job, LoadError, Post, PostError,
    ProgramSource, RunReport,
};
use convoke_sandbox::egress::RateLimit;
use convoke_sandbox::{Grant, Identity, Program, ProgramError, Run, Sandbox, Source};
use sha2::{Digest, Sha256};
use tokio::sync::OnceCell;

use crate::limits::{PROGRAM_BYTES_MAX, PROGRAMS_MAX, RATES_MAX};
use crate::platform::PlatformSeat;
use cache::Cache;

/// Runs functions in a [`Sandbox`].
pub(crate) struct SandboxHost {
    sandbox: Sandbox,
    clock: Arc<dyn Clock>,
    platform: PlatformSeat,
    programs: Mutex<Cache<ProgramKey, Prepared>>,
    rates: Mutex<Cache<RateKey, Arc<RateLimit>>>,
}

/// A program, or the place where it will be: whoever needs it meanwhile waits instead of preparing it again.
type Prepared = Arc<OnceCell<Program>>;

/// What a program is found by. A deployed version never changes, so its number saves hashing its source.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum ProgramKey {
    Version(FunctionRef),
    /// SHA-256 of source and environment.
    Content([u8; 32]),
}

/// Whose outbound requests are counted together.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum RateKey {
    Function(FunctionId),
    /// All tests of drafts of one account.
    Drafts(AccountId),
}

impl SandboxHost {
    /// A host over `sandbox`, whose functions see the time of `clock` and the platform of `platform`.
    pub(crate) fn new(sandbox: Sandbox, clock: Arc<dyn Clock>, platform: PlatformSeat) -> Self {
        Self {
            sandbox,
            clock,
            platform,
            programs: Mutex::new(Cache::new(PROGRAMS_MAX, PROGRAM_BYTES_MAX)),
            rates: Mutex::new(Cache::new(RATES_MAX, usize::MAX)),
        }
    }

    /// The program of a deployed version, if it was prepared before.
    fn prepared(&self, function: FunctionRef) -> Option<Program> {
        let mut programs = self.programs.lock().unwrap_or_else(PoisonError::into_inner);
        programs.get(&ProgramKey::Version(function))?.get().cloned()
    }

    /// The place of a program, made if there is none.
    fn place(&self, function: Option<FunctionRef>, source: &ProgramSource) -> (ProgramKey, Prepared) {
        let key = function.map_or_else(|| ProgramKey::Content(content_hash(source)), ProgramKey::Version);
        let mut programs = self.programs.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(place) = programs.get(&key) {
            return (key, place);
        }
        let place = Prepared::default();
        programs.insert(key.clone(), Arc::clone(&place), 0);
        (key, place)
    }

    fn weigh(&self, key: &ProgramKey, program: &Program) {
        let mut programs = self.programs.lock().unwrap_or_else(PoisonError::into_inner);
        programs.weigh(key, program.size());
    }

    async fn program(&self, job: &Job) -> Result<Program, ProgramError> {
        if job.inspected {
            // Not kept: it is slower than the plain one, and tests are rare.
            let source = identified(job.account.as_str(), job.function, &job.program);
            return prepare_aside(&self.sandbox, &source, Source::inspected).await;
        }
        if let Some(program) = job.function.and_then(|function| self.prepared(function)) {
            return Ok(program);
        }
        let source = identified(job.account.as_str(), job.function, &job.program);
        let (key, place) = self.place(job.function, &source);
        if let Some(program) = place.get() {
            return Ok(program.clone());
        }
        let program = place.get_or_try_init(|| prepare_aside(&self.sandbox, &source, |plain| plain)).await?;
        self.weigh(&key, program);
        Ok(program.clone())
    }

    fn rate(&self, job: &Job) -> Arc<RateLimit> {
        let key = match job.function {
            Some(function) => RateKey::Function(function.function),
            None => RateKey::Drafts(job.account.clone()),
        };
        let mut rates = self.rates.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(rate) = rates.get(&key) {
            return rate;
        }
        let rate = Arc::new(RateLimit::default());
        rates.insert(key, Arc::clone(&rate), 0);
        rate
    }

    async fn attempt(&self, job: Job, answered: Answered) -> RunReport {
        let answered = Once::new(answered);
        let program = match self.program(&job).await {
            Ok(program) => program,
            Err(error) => {
                answered.tell(Ending::Failed(convert::load_failure(&error)));
                return RunReport::default();
            }
        };
        let clock = Arc::clone(&self.clock);
        let early = answered.clone();
        let run = Run {
            input: Arc::clone(&job.input),
            limits: convert::limits(&job.settings),
            seed: job.seed,
            clock: Arc::new(move || clock.now()),
            grant: Grant {
                domains: Arc::new(convert::domains(&job.egress)),
                rate: self.rate(&job),
                platform: Some(self.platform.for_run(&job)),
            },
            trace: job.invocation.to_string().into(),
            answered: Some(Box::new(move |ending| early.tell(convert::ending(ending)))),
        };
        let execution = self.sandbox.run(&program, run).await;
        // A run that was turned away before it began may not have told.
        answered.tell(convert::ending(&execution.ending));
        convert::report(execution)
    }
}

impl FunctionHost for SandboxHost {
    fn check(&self, source: &ProgramSource) -> Result<Checked, LoadError> {
        if let Some(finding) =
            convoke_sandbox::validate(&Source::new(Arc::clone(&source.source))).into_iter().next()
        {
            return Err(convert::finding(finding));
        }
        // Not kept: a program has the names of its account and function in it, which nobody knows yet.
        let ProgramSource { source, environment } = identified(NO_ACCOUNT, None, source);
        let program =
            self.sandbox.prepare(&Source::new(source), &environment).map_err(convert::load_error)?;
        Ok(Checked { evaluates_per_invocation: program.evaluates_per_invocation() })
    }

    fn problems(&self, program: &ProgramSource) -> Vec<LoadError> {
        let found = convoke_sandbox::validate(&Source::new(Arc::clone(&program.source)));
        if found.is_empty() {
            // What only shows when it is evaluated.
            return self.check(program).err().into_iter().collect();
        }
        found.into_iter().map(convert::finding).collect()
    }

    fn trace<'a>(&'a self, egress: &'a Egress, url: &'a str) -> BoxFuture<'a, Vec<EgressHop>> {
        Box::pin(trace::trace(&self.sandbox, egress, url))
    }

    fn post<'a>(&'a self, egress: &'a Egress, post: Post) -> BoxFuture<'a, Result<u16, PostError>> {
        Box::pin(post::post(&self.sandbox, egress, post))
    }

    fn run(&self, job: Job, answered: Answered) -> BoxFuture<'_, RunReport> {
        Box::pin(self.attempt(job, answered))
    }
}

/// Something that is told once, by whoever comes first.
#[derive(Clone)]
struct Once(Arc<Mutex<Option<Answered>>>);

impl Once {
    fn new(answered: Answered) -> Self {
        Self(Arc::new(Mutex::new(Some(answered))))
    }

    fn tell(&self, ending: Ending) {
        let first = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(answered) = first {
            answered(ending);
        }
    }
}

/// The account of a source that is only checked: its top level finds every variable, with a value that means nobody.
const NO_ACCOUNT: &str = "0";

/// A source with the platform's variables beside the author's.
fn identified(account: &str, function: Option<FunctionRef>, source: &ProgramSource) -> ProgramSource {
    let function = function.map(|function| function.function.uuid()).unwrap_or_default();
    let mut environment = (*source.environment).clone();
    Identity { account: account.to_owned(), function: function.to_string() }.add_to(&mut environment);
    ProgramSource { source: Arc::clone(&source.source), environment: Arc::new(environment) }
}

/// Prepares on a thread where computing for a second keeps nobody waiting.
async fn prepare_aside(
    sandbox: &Sandbox,
    source: &ProgramSource,
    form: fn(Source) -> Source,
) -> Result<Program, ProgramError> {
    let (sandbox, program) = (sandbox.clone(), source.clone());
    let preparing = tokio::task::spawn_blocking(move || {
        sandbox.prepare(&form(Source::new(program.source)), &program.environment)
    });
    preparing.await.unwrap_or_else(|error| Err(ProgramError::HostUnavailable(error.to_string())))
}

fn content_hash(source: &ProgramSource) -> [u8; 32] {
    let mut hash = Sha256::new();
    let mut add = |text: &str| {
        // With its length first, so that no two pairs of texts look like one.
        hash.update(text.len().to_le_bytes());
        hash.update(text);
    };
    add(&source.source);
    for (name, value) in &*source.environment {
        add(name);
        add(value);
    }
    hash.finalize().into()
}

#[cfg(test)]
mod tests;
