//! Functions that are closures: from the source and the input to how it ended.

use std::sync::Arc;
use std::time::Duration;

use convoke_domain::invocation::AttemptFailure;
use convoke_engine::ports::{
    Answered, BoxFuture, Checked, Ending, Failure, FunctionHost, Job, LoadError, LogLine, ProgramSource,
    RunReport,
};

type Script = dyn Fn(&Job) -> Ending + Send + Sync;

/// Answers at once with what its script says.
pub(crate) struct ScriptedHost(Arc<Script>);

impl ScriptedHost {
    /// Every function returns `undefined`.
    pub(crate) fn silent() -> Self {
        Self::new(|_| Ending::Returned(None))
    }

    /// Every function ends as `script` says.
    pub(crate) fn new(script: impl Fn(&Job) -> Ending + Send + Sync + 'static) -> Self {
        Self(Arc::new(script))
    }

    /// Every function returns its own source, which the tests write as JSON. `throw` throws.
    pub(crate) fn echo() -> Self {
        Self::new(|job| match &*job.program.source {
            "throw" => Ending::Failed(Failure {
                code: "function.threw",
                detail: "Error: no".to_owned(),
                kind: AttemptFailure::Threw,
            }),
            source => Ending::Returned(Some(source.to_owned())),
        })
    }
}

impl FunctionHost for ScriptedHost {
    fn check(&self, program: &ProgramSource) -> Result<Checked, LoadError> {
        if &*program.source == "(" {
            return Err(LoadError {
                code: "function.syntax",
                message: "SyntaxError: unexpected end".to_owned(),
                line: Some(1),
                column: Some(2),
            });
        }
        Ok(Checked { evaluates_per_invocation: false })
    }

    fn run(&self, job: Job, answered: Answered) -> BoxFuture<'_, RunReport> {
        answered((self.0)(&job));
        let line = LogLine {
            level: "info",
            message: "ran".to_owned(),
            extras: vec!["{\"deep\":1}".to_owned()],
            at: job.now,
        };
        let report = RunReport { logs: vec![line], wall: Duration::from_millis(2), ..RunReport::default() };
        Box::pin(std::future::ready(report))
    }
}
