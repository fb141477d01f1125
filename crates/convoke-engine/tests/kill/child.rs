//! A round: opens conversations and writes lines until the process is killed.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};

use convoke_domain::account::{Actor as AccountActor, Command as AccountCommand, Skill};
use convoke_domain::conversation::{Action, Actor, Command, NewLine};
use convoke_domain::function::{Command as FunctionCommand, Draft, EventBinding, FunctionSettings};
use convoke_domain::id::{AccountId, FunctionId, SkillId};
use convoke_domain::state_change::StateChangeEvent;
use convoke_engine::keys::MasterKey;
use convoke_engine::ports::{Ports, SystemClock, SystemEntropy};
use convoke_engine::{Engine, Handle, Opening, Settings};
use convoke_store::runs::SqliteRuns;
use convoke_store::{SqliteStore, Watched};

use crate::host::{Killer, Moment, RandomAnswers, tell};

/// Conversations of each kind in a round, and lines in each.
const CONVERSATIONS: usize = 60;
const LINES: usize = 10;

/// What the parent wants of a child.
pub(crate) struct Round {
    dir: PathBuf,
    number: u32,
    moment: Moment,
}

const DIR: &str = "CONVOKE_KILL_DIR";
const NUMBER: &str = "CONVOKE_KILL_ROUND";
const MOMENT: &str = "CONVOKE_KILL_MOMENT";

pub(crate) fn environment(dir: &Path, number: u32, moment: Moment) -> [(&'static str, String); 3] {
    let dir = dir.to_str().unwrap().to_owned();
    [(DIR, dir), (NUMBER, number.to_string()), (MOMENT, moment.word().to_owned())]
}

impl Round {
    pub(crate) fn from_environment() -> Option<Self> {
        Some(Self {
            dir: std::env::var(DIR).ok()?.into(),
            number: std::env::var(NUMBER).ok()?.parse().ok()?,
            moment: Moment::by_word(&std::env::var(MOMENT).ok()?)?,
        })
    }
}

pub(crate) fn account() -> AccountId {
    "acme".parse().unwrap()
}

fn skill(id: &str) -> SkillId {
    id.parse().unwrap()
}

/// Starts an engine on `dir`; with a moment, one that dies.
pub(crate) async fn start(dir: &Path, moment: Option<Moment>) -> (Engine, Arc<RandomAnswers>, Arc<Killer>) {
    let killer = Arc::new(Killer { moment, ripe: AtomicBool::new(false) });
    let host = Arc::new(RandomAnswers { killer: Arc::clone(&killer), runs: AtomicU32::new(0) });
    let inner = SqliteStore::open(dir).unwrap();
    let ports = Ports {
        store: Arc::new(Watched { store: inner, watcher: Arc::clone(&killer) }),
        runs: Arc::new(SqliteRuns::open(dir).unwrap()),
        sandbox: Arc::clone(&host) as _,
        clock: Arc::new(SystemClock),
        entropy: Arc::new(SystemEntropy),
        master_key: MasterKey::new([9; 32]),
    };
    let settings = Settings { shards: NonZeroUsize::new(2).unwrap(), ..Settings::default() };
    (Engine::start(ports, settings).await.unwrap(), host, killer)
}

pub(crate) fn run(round: &Round) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let (engine, _, killer) = start(&round.dir, Some(round.moment)).await;
        let handle = engine.handle();
        if round.number == 0 {
            furnish(&handle).await;
        }
        let acknowledged = Arc::new(AtomicUsize::new(0));
        let mut writers = tokio::task::JoinSet::new();
        for nth in 0..CONVERSATIONS * 2 {
            let writer = Writer {
                handle: handle.clone(),
                acknowledged: Arc::clone(&acknowledged),
                round: round.number,
            };
            writers.spawn(writer.write(nth));
        }
        writers.join_all().await;
        killer.ripe.store(true, Ordering::SeqCst);
        // From here on every further trigger brings the end nearer; one of them is it.
        loop {
            let writer = Writer {
                handle: handle.clone(),
                acknowledged: Arc::clone(&acknowledged),
                round: round.number,
            };
            writer.write(0).await;
        }
    });
}

async fn furnish(handle: &Handle) {
    let system = AccountActor::System;
    let configure = async |command| handle.configure(&account(), &system, command).await.unwrap();
    let default_language = "en".parse().unwrap();
    configure(AccountCommand::Create { id: account(), name: "Acme".to_owned(), default_language }).await;
    configure(AccountCommand::SwitchControllerBot { enabled: true }).await;
    for id in ["1", "2", "3"] {
        configure(AccountCommand::DefineSkill { id: skill(id), skill: Skill::named(format!("Skill {id}")) })
            .await;
    }
    let settings = FunctionSettings { hold_ms: 0, ..FunctionSettings::default() };
    let id = FunctionId::from_bits(1);
    let create = FunctionCommand::Create {
        id,
        name: "answer".to_owned(),
        description: String::new(),
        event: Some(EventBinding::StateChange(StateChangeEvent::NewConversation)),
        skills: BTreeSet::new(),
        draft: Draft { source: "answers".into(), environment: BTreeMap::new(), settings },
    };
    handle.change_functions(&account(), &system, create).await.unwrap();
    handle.deploy(&account(), &system, id).await.unwrap();
}

/// Opens a conversation and writes its lines, telling the parent of each acknowledgement.
struct Writer {
    handle: Handle,
    acknowledged: Arc<AtomicUsize>,
    round: u32,
}

impl Writer {
    async fn write(self, nth: usize) {
        let skill = Some(skill(if nth.is_multiple_of(2) { "1" } else { "3" }));
        let opened = self.handle.open(&account(), Opening { skill, ..Opening::default() }).await.unwrap();
        for line in 0..LINES {
            let text = format!("line-{}-{nth}-{line}", self.round);
            let action = Action::Publish(NewLine { text: text.clone(), key: None, extra: None });
            let command = Command { by: Actor::Consumer(opened.consumer), cause: None, action };
            self.handle.command(&account(), opened.conversation, command).await.unwrap();
            self.acknowledged.fetch_add(1, Ordering::Relaxed);
            tell(&format!("acknowledged {} {text}", opened.conversation));
        }
    }
}
