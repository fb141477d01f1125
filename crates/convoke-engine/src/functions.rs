//! Deploying and trying functions: what the management surfaces ask of the engine besides settings.

use std::sync::Arc;

use convoke_api::functions::parse_answer;
use convoke_domain::account::{Actor, Egress};
use convoke_domain::function::{
    self, Command, DeploymentFailure, DeploymentStage, Function, FunctionSettings, SourceCheck, SourceProblem,
};
use convoke_domain::id::{AccountId, DeploymentId, FunctionId, InvocationId};
use convoke_domain::invocation::{Answer, FunctionRef};
use convoke_store::runs::RunSource;
use sha2::{Digest, Sha256};

use crate::directory::AccountView;
use crate::error::EngineError;
use crate::handle::Handle;
use crate::invoke::Attempt;
use crate::ports::{Checked, EgressHop, Ending, Job, LoadError, ProgramSource, RunReport};

/// A function that was deployed.
#[derive(Debug, Clone)]
pub struct Deployed {
    /// The account with it.
    pub view: Arc<AccountView>,
    /// What was found out about its source.
    pub checked: Checked,
    /// Whether the account's Controller Bot is off, so that nothing will run.
    pub controller_bot_off: bool,
}

/// Which code of a function to run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// What is being edited.
    Draft,
    /// What answers now.
    Deployed,
}

/// A test of a function.
#[derive(Debug, Clone)]
pub struct Trial {
    /// Which code.
    pub which: Which,
    /// The whole input, as JSON.
    pub input: Arc<str>,
    /// Whether to look at the run while it goes on.
    pub inspected: bool,
    /// Whether it may call other hosts and change things of the platform as the account's functions may, or neither.
    pub network: bool,
}

/// What came of a call or a test; nothing of it was carried out.
#[derive(Debug, Clone)]
pub struct Tried {
    /// The invocation's id.
    pub invocation: InvocationId,
    /// How it ended.
    pub ending: Ending,
    /// What the Controller Bot would understand of it, if it answered.
    pub answer: Option<Answer>,
    /// What it logged, called and used.
    pub report: Arc<RunReport>,
}

impl Handle {
    /// What keeps a source from being deployed, in the order of its places; nothing if it can be.
    ///
    /// # Errors
    /// If the engine stops meanwhile.
    pub async fn problems(&self, program: ProgramSource) -> Result<Vec<LoadError>, EngineError> {
        // Evaluating a top level can take a second.
        let host = Arc::clone(&self.inner.invoker.host);
        let looking = tokio::task::spawn_blocking(move || host.problems(&program));
        looking.await.map_err(|_| EngineError::Stopping)
    }

    /// Follows the redirects of `url` and says what the account's functions may call of it.
    ///
    /// # Errors
    /// If there is no such account.
    pub async fn trace_redirects(
        &self,
        account: &AccountId,
        url: &str,
    ) -> Result<Vec<EgressHop>, EngineError> {
        let view = self.account(account).ok_or(unknown_account())?;
        Ok(self.inner.invoker.host.trace(&view.account.egress, url).await)
    }

    /// Lets the draft of a function answer from now on. A draft that cannot is recorded as a failed deployment.
    ///
    /// # Errors
    /// What is wrong with the source, the rule that refuses it, or a failure.
    pub async fn deploy(
        &self,
        account: &AccountId,
        by: &Actor,
        id: FunctionId,
    ) -> Result<Deployed, EngineError> {
        let view = self.account(account).ok_or(unknown_account())?;
        let function =
            view.functions.get(id).ok_or(EngineError::Function(function::Rejection::FunctionUnknown(id)))?;
        let program = program(&function.draft.source, &function.draft.environment);
        // A top level may use up its CPU budget, so it is not evaluated where others wait.
        let (host, source) = (Arc::clone(&self.inner.invoker.host), program.clone());
        let checked = tokio::task::spawn_blocking(move || host.check(&source)).await;
        let checked = checked.map_err(|_| EngineError::Stopping)?;
        let result = match &checked {
            Ok(_) => Ok(sha256_hex(program.source.as_bytes())),
            Err(error) => Err(failure(error)),
        };
        let check = SourceCheck { draft_revision: function.draft_revision, result };
        let deployment = DeploymentId::from_bits(self.entropy().bits());
        let view = self.change_functions(account, by, Command::Deploy { id, deployment, check }).await?;
        let checked = checked.map_err(EngineError::Source)?;
        let controller_bot_off = !view.account.controller_bot_enabled;
        Ok(Deployed { view, checked, controller_bot_off })
    }

    /// Runs a function once on `input`, a whole input as JSON, without acting on any conversation.
    ///
    /// # Errors
    /// If there is no such function, or it is not deployed and the deployed one was asked for.
    pub async fn try_function(
        &self,
        account: &AccountId,
        id: FunctionId,
        trial: Trial,
    ) -> Result<Tried, EngineError> {
        let view = self.account(account).ok_or(unknown_account())?;
        let function =
            view.functions.get(id).ok_or(EngineError::Function(function::Rejection::FunctionUnknown(id)))?;
        let (program, settings, version) = code(id, function, trial.which)?;
        let invocation = self.new_invocation();
        let job = Job {
            account: account.clone(),
            function: version,
            program,
            settings,
            invocation,
            depth: 0,
            input: trial.input,
            now: self.now(),
            seed: self.entropy().bits(),
            egress: Arc::new(if trial.network { view.account.egress.clone() } else { Egress::default() }),
            inspected: trial.inspected,
            live: trial.network,
            // It sees what is kept and what it writes itself; nothing of that becomes true.
            key_values: self.inner.invoker.key_values.begin(account, false),
        };
        let invoker = &self.inner.invoker;
        let permit = invoker.permits.acquire(account).await;
        let (answered, answer) = tokio::sync::oneshot::channel();
        let on_answer = Box::new(move |ending| {
            // This very function waits for it, unless the caller went away.
            let _ = answered.send(ending);
        });
        let attempt = Attempt::direct(id, RunSource::Test);
        let report = invoker.observe(job, attempt, permit, on_answer).await;
        let ending = answer.await.map_err(|_| EngineError::Stopping)?;
        let answer = match &ending {
            Ending::Returned(json) => Some(parse_answer(json.as_deref())),
            Ending::Failed(_) => None,
        };
        Ok(Tried { invocation, ending, answer, report })
    }
}

fn code(
    id: FunctionId,
    function: &Function,
    which: Which,
) -> Result<(ProgramSource, FunctionSettings, Option<FunctionRef>), EngineError> {
    match which {
        Which::Draft => {
            let draft = &function.draft;
            Ok((program(&draft.source, &draft.environment), draft.settings, None))
        }
        Which::Deployed => {
            let (deployment, version) = function.deployed_version().ok_or_else(|| {
                EngineError::Function(function::Rejection::NotDeployed(function.name.clone()))
            })?;
            let named = FunctionRef { function: id, version: deployment.version };
            Ok((program(&version.source, &version.environment), version.settings, Some(named)))
        }
    }
}

/// What is recorded of a source that cannot be deployed.
fn failure(error: &LoadError) -> DeploymentFailure {
    // Whoever evaluates a top level has read the whole source before.
    let stage = match error.code {
        "function.does_not_load" | "function.host_unavailable" => DeploymentStage::Deploy,
        _ => DeploymentStage::Build,
    };
    let problem = SourceProblem {
        code: error.code.to_owned(),
        message: error.message.clone(),
        line: error.line,
        column: error.column,
    };
    DeploymentFailure { stage, problem }
}

fn program(source: &Arc<str>, environment: &std::collections::BTreeMap<String, String>) -> ProgramSource {
    ProgramSource { source: Arc::clone(source), environment: Arc::new(environment.clone()) }
}

fn unknown_account() -> EngineError {
    EngineError::Account(convoke_domain::account::Rejection::AccountUnknown)
}

fn sha256_hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::with_capacity(64), |mut text, byte| {
        use std::fmt::Write as _;
        write!(text, "{byte:02x}").expect("writing to a string cannot fail");
        text
    })
}
