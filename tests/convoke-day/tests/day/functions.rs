//! The functions of the center: they get the input that a sandbox would get, and answer with the JSON that a script would.

use std::time::Duration;

use convoke_domain::id::SkillId;
use convoke_domain::invocation::AttemptFailure;
use convoke_engine::ports::{
    Answered, BoxFuture, Checked, Ending, Failure, FunctionHost, Job, LoadError, ProgramSource, RunReport,
};
use serde_json::{Value, json};

use crate::center::{Ends, Function, Returned};
use crate::run::pass;

/// How long a function takes: less than the hold, so that it is answered before anything else happens.
const TAKES: Duration = Duration::from_millis(20);

/// Runs the functions of a center; the source of each is its name.
pub(crate) struct PlannedHost {
    functions: Vec<Function>,
}

impl PlannedHost {
    pub(crate) const fn new(functions: Vec<Function>) -> Self {
        Self { functions }
    }

    fn answer(&self, job: &Job) -> Ending {
        let thrown = |detail: &str| {
            let kind = AttemptFailure::Threw;
            Ending::Failed(Failure { code: "function.threw", detail: detail.to_owned(), kind })
        };
        let Some(function) = self.functions.iter().find(|function| *function.name == *job.program.source)
        else {
            return thrown("no such function");
        };
        let Ok(input) = serde_json::from_str::<Value>(&job.input) else { return thrown("no input") };
        let payload = &input["payload"];
        let code = payload["general"]["cbotEventType"].as_str().unwrap_or_default();
        let campaign = payload["general"]["campaignInfo"]["id"].as_u64().unwrap_or_default();
        let skill = payload["routing"]["newSkillId"].as_str().and_then(|skill| skill.parse::<SkillId>().ok());
        let Some(skill) = skill else { return thrown("no skill") };
        match function.ends(code, &skill, campaign) {
            Ends::Threw => thrown("it always does"),
            Ends::WithNothing => Ending::Returned(None),
            Ends::WithCommands(returned) => {
                let commands: Vec<Value> = returned.iter().map(command).collect();
                Ending::Returned(Some(Value::from(commands).to_string()))
            }
        }
    }
}

fn command(returned: &Returned) -> Value {
    match returned {
        Returned::Say(text) => json!({ "type": "systemMessage", "text": text }),
        Returned::Transfer(skill) => json!({ "type": "transfer", "skillId": skill.as_str() }),
        Returned::Close => json!({ "type": "closeConversation" }),
    }
}

impl FunctionHost for PlannedHost {
    fn check(&self, _program: &ProgramSource) -> Result<Checked, LoadError> {
        Ok(Checked { evaluates_per_invocation: false })
    }

    fn run(&self, job: Job, answered: Answered) -> BoxFuture<'_, RunReport> {
        Box::pin(async move {
            pass(TAKES).await;
            answered(self.answer(&job));
            RunReport::default()
        })
    }
}
