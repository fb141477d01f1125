//! Functions that are closures: from the source and the input to how it ended.

use std::sync::Arc;
use std::time::Duration;

use convoke_domain::account::Egress;
use convoke_domain::invocation::AttemptFailure;
use convoke_engine::ports::{
    Answered, BoxFuture, Checked, EgressHop, Ending, Failure, FunctionHost, Job, LoadError, LogLine, Post,
    PostError, ProgramSource, RunReport,
};
use convoke_engine::{RECORDING_FORMAT, RecordedAnswer, Recording};

type Script = dyn Fn(&Job) -> Ending + Send + Sync;
type Receiver = dyn Fn(&Post) -> Result<u16, PostError> + Send + Sync;

/// Answers at once with what its script says.
pub(crate) struct ScriptedHost {
    script: Arc<Script>,
    receiver: Arc<Receiver>,
    ends: bool,
    /// What is posted to a URL with this in it is never answered.
    silent_at: Option<String>,
}

impl ScriptedHost {
    /// Every function returns `undefined`.
    pub(crate) fn silent() -> Self {
        Self::new(|_| Ending::Returned(None))
    }

    /// Every function ends as `script` says.
    pub(crate) fn new(script: impl Fn(&Job) -> Ending + Send + Sync + 'static) -> Self {
        Self { script: Arc::new(script), receiver: Arc::new(|_| Ok(204)), ends: true, silent_at: None }
    }

    /// Every function runs on and on.
    pub(crate) fn endless() -> Self {
        Self { ends: false, ..Self::silent() }
    }

    /// Whatever is posted, `receiver` answers.
    pub(crate) fn receiving(
        receiver: impl Fn(&Post) -> Result<u16, PostError> + Send + Sync + 'static,
    ) -> Self {
        Self { receiver: Arc::new(receiver), ..Self::silent() }
    }

    /// The same, but what is posted to a URL with `part` in it is never answered.
    pub(crate) fn never_answering_at(self, part: &str) -> Self {
        Self { silent_at: Some(part.to_owned()), ..self }
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

    /// Every URL leads on to the second host.
    fn trace<'a>(&'a self, egress: &'a Egress, url: &'a str) -> BoxFuture<'a, Vec<EgressHop>> {
        let first = url.split('/').nth(2).unwrap_or_default();
        let second = "second.example.com";
        let hops = [(url.to_owned(), first, 302), (format!("https://{second}/b"), second, 200)];
        let told = hops.into_iter().map(|(url, host, status)| EgressHop {
            url,
            host: host.to_owned(),
            permitted: egress.domains.contains(host),
            status: Some(status),
            error: None,
        });
        Box::pin(std::future::ready(told.collect()))
    }

    fn post<'a>(&'a self, _: &'a Egress, post: Post) -> BoxFuture<'a, Result<u16, PostError>> {
        if self.silent_at.as_ref().is_some_and(|part| post.url.contains(part)) {
            return Box::pin(std::future::pending());
        }
        Box::pin(std::future::ready((self.receiver)(&post)))
    }

    fn run(&self, job: Job, answered: Answered) -> BoxFuture<'_, RunReport> {
        if !self.ends {
            return Box::pin(std::future::pending());
        }
        answered((self.script)(&job));
        let line = LogLine {
            level: "info",
            message: "ran".to_owned(),
            extras: vec!["{\"deep\":1}".to_owned()],
            at: job.now,
        };
        let recording = Some(recorded(&job));
        let wall = Duration::from_millis(2);
        let report = RunReport { logs: vec![line], wall, recording, ..RunReport::default() };
        Box::pin(std::future::ready(report))
    }
}

/// As if the function had read a secret.
fn recorded(job: &Job) -> Recording {
    let answer = RecordedAnswer {
        at: job.now,
        operation: 1,
        name: "secret.read".to_owned(),
        fulfilled: true,
        answer: r#"{"key":"apiKey","version":1}"#.to_owned(),
    };
    Recording {
        format: RECORDING_FORMAT,
        image: "none".to_owned(),
        started: job.now,
        seed: format!("{:032x}", job.seed),
        input: Arc::clone(&job.input),
        answers: vec![answer],
        complete: true,
    }
}
