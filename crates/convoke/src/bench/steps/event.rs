//! One event taken through all its steps by hand, so that each can be repeated alone on what the others made.

use std::collections::BTreeMap;
use std::sync::{Arc, mpsc};

use anyhow::{Context as _, Result, anyhow, bail};
use convoke_api::functions::{input_json, parse_answer};
use convoke_domain::controller::select;
use convoke_domain::conversation::{
    Action, Actor, Command, ConsumerHistory, Context, Conversation, Decision, LaneEntry, Settlement,
    Settling, decide,
};
use convoke_domain::function::Binding;
use convoke_domain::id::InvocationId;
use convoke_domain::invocation::FunctionRef;
use convoke_domain::ttr::Ttr;
use convoke_engine::key_values::Transaction;
use convoke_engine::keys::{DataKey, MasterKey};
use convoke_engine::ports::{Ending, FunctionHost as _, Job, ProgramSource, SystemEntropy};
use convoke_engine::{AccountView, Handle, stored_form};
use jiff::Timestamp;

use crate::bench::center::{FUNCTIONS, MASTER_KEY, skill};
use crate::bench::transport::{Target, toggle};
use crate::host::SandboxHost;

/// A conversation before its next event.
pub(super) struct Seen {
    view: Arc<AccountView>,
    state: Arc<Conversation>,
    command: Command,
    now: Timestamp,
}

/// One conversation of each function, in their order, as it is now.
pub(super) async fn seen(handle: &Handle, targets: &[Target]) -> Result<Vec<Seen>> {
    let mut by_skill = BTreeMap::new();
    for target in targets {
        let state = handle.conversation(&target.account, target.conversation).await?;
        let view = handle.account(&target.account).context("the account exists")?;
        let command = toggle(target.consumer, state.ttr != Ttr::Urgent);
        let skill = state.skill.clone();
        by_skill.entry(skill).or_insert(Seen { view, state, command, now: handle.now() });
    }
    let of = |nth| by_skill.remove(&skill(nth)?).context("every skill has conversations");
    (0..FUNCTIONS).map(of).collect()
}

/// An event, with what each step made of it.
pub(super) struct Followed<'a> {
    seen: &'a Seen,
    /// What the event caused.
    pub(super) fired: Decision,
    after: Conversation,
    entry: LaneEntry,
    /// What the sandbox is asked for.
    pub(super) job: Job,
    /// What the function answered.
    pub(super) answer: String,
    settle: Command,
    /// What the answer caused.
    pub(super) settled: Decision,
    key: DataKey,
}

impl<'a> Followed<'a> {
    /// Takes an event through all its steps.
    pub(super) async fn through(host: &SandboxHost, seen: &'a Seen) -> Result<Self> {
        let fired = seen.decide(&seen.state, &seen.command)?;
        let after = fired.after.clone().context("it is still there")?;
        let entry = after.lane.front().context("it fires")?.clone();
        let account = &seen.view.account;
        let binding = select(entry.event, &entry.skill, account, &seen.view.bindings).cloned();
        let binding = binding.map_err(|none| anyhow!("no function answers: {none:?}"))?;
        let job = seen.job(&entry, &binding, &after)?;
        let answer = run(host, job.clone()).await?;
        let settle = settle(&entry, &binding, &answer);
        let settled = seen.decide(&after, &settle)?;
        let (key, _wrapped) = MasterKey::new(MASTER_KEY).new_data_key(&SystemEntropy, &[]);
        Ok(Self { seen, fired, after, entry, job, answer, settle, settled, key })
    }

    /// Decides the event.
    pub(super) fn decide_event(&self) -> Result<Decision> {
        self.seen.decide(&self.seen.state, &self.seen.command)
    }

    /// Makes the function's input.
    pub(super) fn input(&self) -> Arc<str> {
        self.seen.input(&self.entry)
    }

    /// Decides the answer.
    pub(super) fn decide_settle(&self) -> Result<Decision> {
        self.seen.decide(&self.after, &self.settle)
    }

    /// Makes the stored form of a decision.
    pub(super) fn encode(&self, decision: &Decision) -> Vec<u8> {
        let Conversation { id, consumer, .. } = self.after;
        stored_form(id, consumer, &decision.events, &self.key, &SystemEntropy)
    }
}

impl Seen {
    fn decide(&self, state: &Conversation, command: &Command) -> Result<Decision> {
        let context = Context {
            now: self.now,
            account: &self.view.account,
            functions: &self.view.bindings,
            history: ConsumerHistory::default(),
        };
        decide(state.id, Some(state), command.clone(), &context).context("the rules refuse it")
    }

    fn input(&self, entry: &LaneEntry) -> Arc<str> {
        let account = &self.view.account;
        let pid = |user| account.user(user).map(|user| user.pid);
        input_json(&account.id, &entry.payload, pid, self.now).into()
    }

    fn job(&self, entry: &LaneEntry, binding: &Binding, after: &Conversation) -> Result<Job> {
        let function = self.view.functions.get(binding.function).context("the function is there")?;
        let version = function.versions.get(&binding.version).context("the version is there")?;
        Ok(Job {
            account: self.view.account.id.clone(),
            function: Some(FunctionRef { function: binding.function, version: binding.version }),
            program: ProgramSource {
                source: Arc::clone(&version.source),
                environment: Arc::new(version.environment.clone()),
            },
            settings: version.settings,
            invocation: InvocationId::Triggered { conversation: after.id, trigger: entry.trigger },
            depth: 0,
            input: self.input(entry),
            now: self.now,
            seed: 0,
            egress: Arc::new(self.view.account.egress.clone()),
            inspected: false,
            live: true,
            key_values: Transaction::of_nobody(&self.view.account.id),
        })
    }
}

fn settle(entry: &LaneEntry, binding: &Binding, answer: &str) -> Command {
    let result = Settling::Ran {
        function: FunctionRef { function: binding.function, version: binding.version },
        fence_policy: binding.settings.fence_policy,
        attempts: 1,
        result: Ok(parse_answer(Some(answer))),
    };
    let settlement = Settlement { trigger: entry.trigger, result };
    Command { by: Actor::ControllerBot, cause: None, action: Action::Settle(settlement) }
}

/// Runs a function until nothing of it goes on; its answer.
pub(super) async fn run(host: &SandboxHost, job: Job) -> Result<String> {
    let (tell, told) = mpsc::sync_channel(1);
    let answered = Box::new(move |ending| {
        // The receiver lives until the run is over.
        let _ = tell.send(ending);
    });
    host.run(job, answered).await;
    match told.try_recv()? {
        Ending::Returned(json) => Ok(json.unwrap_or_else(|| "null".to_owned())),
        Ending::Failed(failure) => bail!("a function of the center failed: {failure:?}"),
    }
}
