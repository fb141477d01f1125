//! A contact center in memory, with functions that are closures: what tests of the engine stand on.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use convoke_domain::account::{Actor as AccountActor, Command as AccountCommand, Skill, User, UserRole};
use convoke_domain::conversation::{Action, Actor, Command, Event, NewLine, Recorded, Role};
use convoke_domain::function::{Command as FunctionCommand, Draft, EventBinding, FunctionSettings};
use convoke_domain::id::{AccountId, ConsumerId, ConversationId, FunctionId, SkillId, UserId};
use convoke_domain::invocation::AttemptFailure;
use convoke_domain::sequence::EventSeq;
use convoke_domain::state_change::StateChangeEvent;
use convoke_engine::keys::MasterKey;
use convoke_engine::ports::{
    Answered, BoxFuture, Checked, Ending, Failure, FunctionHost, Job, LoadError, MovableClock, Ports,
    ProgramSource, RunReport, SeededEntropy,
};
use convoke_engine::{Engine, EngineError, Handle, Opening, Settings, Written};
use convoke_store::runs::{MemoryRuns, RunStore};
use convoke_store::{MemoryStore, Store};

/// What a function does: how long it takes, and how it ends.
pub(crate) type Script = dyn Fn(&Job) -> (Duration, Ending) + Send + Sync;

/// What a function does with the key-values of its account.
pub(crate) type Keeps = dyn Fn(Job) -> BoxFuture<'static, ()> + Send + Sync;

/// Runs closures in place of JavaScript; a function's source names its closure.
#[derive(Default)]
pub(crate) struct ScriptedHost {
    scripts: Mutex<BTreeMap<String, Arc<Script>>>,
    /// What every run does with key-values before it answers.
    pub(crate) keeps: Mutex<Option<Arc<Keeps>>>,
    runs: Mutex<Vec<String>>,
}

impl ScriptedHost {
    pub(crate) fn runs(&self) -> usize {
        self.runs.lock().unwrap().len()
    }
}

impl FunctionHost for ScriptedHost {
    fn check(&self, _program: &ProgramSource) -> Result<Checked, LoadError> {
        Ok(Checked { evaluates_per_invocation: false })
    }

    fn run(&self, job: Job, answered: Answered) -> BoxFuture<'_, RunReport> {
        Box::pin(async move {
            let script = Arc::clone(&self.scripts.lock().unwrap()[&*job.program.source]);
            self.runs.lock().unwrap().push(job.invocation.to_string());
            let (takes, ending) = script(&job);
            if !takes.is_zero() {
                elapse(takes).await;
            }
            let keeps = self.keeps.lock().unwrap().clone();
            if let Some(keeps) = keeps {
                keeps(job.clone()).await;
            }
            answered(ending);
            RunReport::default()
        })
    }
}

/// A node with one account: skills 1 and 2, agent 7 with both.
pub(crate) struct Center {
    /// Runs as long as the center does.
    _engine: Engine,
    pub(crate) handle: Handle,
    pub(crate) host: Arc<ScriptedHost>,
    pub(crate) clock: Arc<MovableClock>,
    pub(crate) store: Arc<MemoryStore>,
    runs: Arc<MemoryRuns>,
    seed: u64,
}

pub(crate) const AGENT: u64 = 7;

pub(crate) fn account() -> AccountId {
    "acme".parse().unwrap()
}

pub(crate) fn skill(text: &str) -> SkillId {
    text.parse().unwrap()
}

pub(crate) fn agent() -> UserId {
    UserId::new(AGENT).unwrap()
}

impl Center {
    pub(crate) async fn open() -> Self {
        let clock = Arc::new(MovableClock::standing("2026-03-02T10:00:00Z".parse().unwrap()));
        let center =
            Self::start(Arc::new(MemoryStore::new()), Arc::default(), Arc::default(), clock, 1).await;
        center.furnish().await;
        center
    }

    async fn start(
        store: Arc<MemoryStore>,
        runs: Arc<MemoryRuns>,
        host: Arc<ScriptedHost>,
        clock: Arc<MovableClock>,
        seed: u64,
    ) -> Self {
        let ports = Ports {
            store: Arc::clone(&store) as Arc<dyn Store>,
            runs: Arc::clone(&runs) as Arc<dyn RunStore>,
            sandbox: Arc::clone(&host) as Arc<dyn FunctionHost>,
            clock: Arc::clone(&clock) as _,
            entropy: Arc::new(SeededEntropy::new(seed)),
            master_key: MasterKey::new([3; 32]),
        };
        let engine = Engine::start(ports, Settings { shards: NonZeroUsize::MIN, ..Settings::default() })
            .await
            .unwrap();
        let handle = engine.handle();
        Self { _engine: engine, handle, host, clock, store, runs, seed }
    }

    /// The process dies here; another one starts on what was durable.
    pub(crate) async fn crash(self) -> Self {
        let store = Arc::new(self.store.restart());
        Self::start(store, self.runs, self.host, self.clock, self.seed + 1).await
    }

    async fn furnish(&self) {
        let create = AccountCommand::Create {
            id: account(),
            name: "Acme".to_owned(),
            default_language: "en".parse().unwrap(),
        };
        self.configure(create).await;
        self.configure(AccountCommand::SwitchControllerBot { enabled: true }).await;
        for id in ["1", "2"] {
            let skill_named = Skill::named(format!("Skill {id}"));
            self.configure(AccountCommand::DefineSkill { id: skill(id), skill: skill_named }).await;
        }
        self.configure(AccountCommand::SetDefaultSkill { skill: Some(skill("1")) }).await;
        let user = User {
            login_name: "kim".to_owned(),
            nickname: "Kim".to_owned(),
            pid: uuid::Uuid::from_u128(7),
            skills: BTreeSet::from([skill("1"), skill("2")]),
            roles: BTreeSet::from([UserRole::Agent]),
            enabled: true,
            load_max: None,
        };
        self.configure(AccountCommand::DefineUser { id: agent(), user }).await;
    }

    pub(crate) async fn configure(&self, command: AccountCommand) {
        self.handle.configure(&account(), &AccountActor::System, command).await.unwrap();
    }

    /// Deploys a function on `event` that does what `script` says.
    pub(crate) async fn deploy(
        &self,
        event: StateChangeEvent,
        settings: FunctionSettings,
        script: impl Fn(&Job) -> (Duration, Ending) + Send + Sync + 'static,
    ) -> FunctionId {
        let name = event.event_id().trim_start_matches("controllerbot_").to_owned();
        let binding = Some(EventBinding::StateChange(event));
        let id = self.create(&name, binding, &[], settings, script).await;
        self.handle.deploy(&account(), &AccountActor::System, id).await.unwrap();
        id
    }

    /// Deploys a new version of a function, which does what `script` says.
    pub(crate) async fn redeploy(
        &self,
        id: FunctionId,
        name: &str,
        script: impl Fn(&Job) -> (Duration, Ending) + Send + Sync + 'static,
    ) {
        self.host.scripts.lock().unwrap().insert(name.to_owned(), Arc::new(script));
        let settings = FunctionSettings::default();
        let draft = Draft { source: name.into(), environment: BTreeMap::new(), settings };
        let save = FunctionCommand::SaveDraft { id, draft };
        self.handle.change_functions(&account(), &AccountActor::System, save).await.unwrap();
        self.handle.deploy(&account(), &AccountActor::System, id).await.unwrap();
    }

    /// Makes a function that does what `script` says, without deploying it.
    pub(crate) async fn create(
        &self,
        name: &str,
        event: Option<EventBinding>,
        skills: &[&str],
        settings: FunctionSettings,
        script: impl Fn(&Job) -> (Duration, Ending) + Send + Sync + 'static,
    ) -> FunctionId {
        self.host.scripts.lock().unwrap().insert(name.to_owned(), Arc::new(script));
        let id = FunctionId::from_bits(self.handle.entropy().bits());
        let create = FunctionCommand::Create {
            id,
            name: name.to_owned(),
            description: String::new(),
            event,
            skills: skills.iter().map(|text| skill(text)).collect(),
            draft: Draft { source: name.into(), environment: BTreeMap::new(), settings },
        };
        self.change_functions(create).await;
        id
    }

    pub(crate) async fn change_functions(&self, command: FunctionCommand) {
        self.handle.change_functions(&account(), &AccountActor::System, command).await.unwrap();
    }

    /// A consumer opens a conversation with a line.
    pub(crate) async fn conversation(&self, text: &str) -> (ConversationId, ConsumerId) {
        let first_line = Some(NewLine { text: text.to_owned(), key: None, extra: None });
        let opened =
            self.handle.open(&account(), Opening { first_line, ..Opening::default() }).await.unwrap();
        (opened.conversation, opened.consumer)
    }

    pub(crate) async fn act(
        &self,
        id: ConversationId,
        by: Actor,
        action: Action,
    ) -> Result<Written, EngineError> {
        self.handle.command(&account(), id, Command { by, cause: None, action }).await
    }

    pub(crate) async fn say(
        &self,
        id: ConversationId,
        by: Actor,
        text: &str,
    ) -> Result<Written, EngineError> {
        self.act(id, by, Action::Publish(NewLine { text: text.to_owned(), key: None, extra: None })).await
    }

    pub(crate) async fn accept(&self, id: ConversationId) -> Result<Written, EngineError> {
        self.act(id, Actor::User(agent()), Action::Accept { agent: agent() }).await
    }

    /// Everything that is durable of a conversation.
    pub(crate) async fn log(&self, id: ConversationId) -> Vec<Recorded> {
        self.handle.events(&account(), id, EventSeq::FIRST).await.unwrap()
    }

    /// Follows the conversation until `enough` of its events have been seen.
    pub(crate) async fn until(
        &self,
        id: ConversationId,
        enough: impl Fn(&[Recorded]) -> bool,
    ) -> Vec<Recorded> {
        let mut following = self.handle.follow(&account(), id, None).await.unwrap();
        let mut seen = Vec::new();
        while !enough(&seen) {
            seen.push(following.next().await.unwrap());
        }
        seen
    }

    /// Waits until no trigger is unsettled, and returns the whole log.
    pub(crate) async fn quiet(&self, id: ConversationId) -> Vec<Recorded> {
        let mut following = self.handle.follow(&account(), id, None).await.unwrap();
        let mut seen = Vec::new();
        loop {
            let state = self.handle.conversation(&account(), id).await.unwrap();
            let enough = state.lane.is_empty();
            while seen.last().is_none_or(|last: &Recorded| last.seq < state.head) {
                seen.push(following.next().await.unwrap());
            }
            if enough {
                return seen;
            }
            seen.push(following.next().await.unwrap());
        }
    }
}

/// The texts of a log, with who wrote them.
pub(crate) fn lines(events: &[Recorded]) -> Vec<(Role, String)> {
    events
        .iter()
        .filter_map(|recorded| match &recorded.event {
            Event::LinePublished(line) => Some((line.role, line.text.reveal().unwrap_or("…").to_owned())),
            _ => None,
        })
        .collect()
}

/// Lets time go by; the clock of these tests is paused, so it is moved.
pub(crate) async fn elapse(time: Duration) {
    let never = std::future::pending::<()>();
    assert!(tokio::time::timeout(time, never).await.is_err(), "nothing ends what never does");
}

/// Answers with a message, at once.
pub(crate) fn message(text: &str) -> (Duration, Ending) {
    after(Duration::ZERO, text)
}

/// Answers with a message after a while.
pub(crate) fn after(takes: Duration, text: &str) -> (Duration, Ending) {
    let json = serde_json::json!([{ "type": "systemMessage", "text": text }]);
    (takes, Ending::Returned(Some(json.to_string())))
}

/// Throws.
pub(crate) fn throw(message: &str) -> (Duration, Ending) {
    let kind = AttemptFailure::Threw;
    (Duration::ZERO, Ending::Failed(Failure { code: "function.threw", detail: message.to_owned(), kind }))
}
