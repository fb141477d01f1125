//! The measured installation: one account, fifty skills with a realistic function each, conversations to act in.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use convoke_domain::account::{Actor as AccountActor, Command as AccountCommand, Skill};
use convoke_domain::conversation::{Action, Actor, Command};
use convoke_domain::function::{Command as FunctionCommand, Draft, EventBinding, FunctionSettings};
use convoke_domain::id::{AccountId, ConsumerId, ConversationId, FunctionId, SkillId};
use convoke_domain::state_change::StateChangeEvent;
use convoke_domain::ttr::Ttr;
use convoke_engine::keys::MasterKey;
use convoke_engine::ports::{Clock, Ports, SystemClock, SystemEntropy};
use convoke_engine::{Engine, Handle, Opening, Settings, Written};
use convoke_sandbox::{Sandbox, SandboxSettings};
use convoke_store::SqliteStore;

use crate::host::SandboxHost;
use crate::platform::PlatformSeat;

/// Functions, and skills: one each.
const FUNCTIONS: usize = 50;
/// Conversations to act in; each takes one event at a time.
const CONVERSATIONS: usize = 2_000;

/// Sources of 4 to 10 KB as contact centers write them; their environment makes ten variants of each.
const SOURCES: [&str; 5] = [
    include_str!("../../../../examples/functions/realistic/brand-voice.js"),
    include_str!("../../../../examples/functions/realistic/crm-record.js"),
    include_str!("../../../../examples/functions/realistic/holiday-calendar.js"),
    include_str!("../../../../examples/functions/realistic/idle-policy.js"),
    include_str!("../../../../examples/functions/realistic/routing-matrix.js"),
];

pub(crate) struct Center {
    engine: Engine,
    pub(crate) handle: Handle,
    pub(crate) conversations: Vec<Target>,
    pub(crate) started_in: Duration,
}

/// A conversation to act in.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Target {
    pub(crate) conversation: ConversationId,
    pub(crate) consumer: ConsumerId,
}

pub(crate) fn account() -> Result<AccountId> {
    Ok("bench".parse()?)
}

/// Starts an engine on `dir` with the real store and the real sandbox.
pub(crate) async fn start(dir: &Path) -> Result<Engine> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let sandbox = Sandbox::new(SandboxSettings::default())?;
    let ports = Ports {
        store: Arc::new(SqliteStore::open(dir)?),
        sandbox: Arc::new(SandboxHost::new(sandbox, Arc::clone(&clock), PlatformSeat::default())),
        clock,
        entropy: Arc::new(SystemEntropy),
        master_key: MasterKey::new([1; 32]),
    };
    Ok(Engine::start(ports, Settings::default()).await?)
}

impl Center {
    pub(crate) async fn open(dir: &Path) -> Result<Self> {
        let began = Instant::now();
        let engine = start(dir).await?;
        let started_in = began.elapsed();
        let handle = engine.handle();
        furnish(&handle).await?;
        let mut conversations = Vec::with_capacity(CONVERSATIONS);
        for nth in 0..CONVERSATIONS {
            let skill = Some(skill(nth % FUNCTIONS)?);
            let opened = handle.open(&account()?, Opening { skill, ..Opening::default() }).await?;
            conversations.push(Target { conversation: opened.conversation, consumer: opened.consumer });
        }
        Ok(Self { engine, handle, conversations, started_in })
    }

    pub(crate) async fn close(self) {
        let Self { engine, handle, .. } = self;
        drop(handle);
        engine.stop().await;
    }
}

/// Marks or unmarks a conversation as urgent.
pub(crate) async fn toggle(handle: &Handle, target: Target, urgent: bool) -> Result<Written> {
    let ttr = if urgent { Ttr::Urgent } else { Ttr::Normal };
    let command =
        Command { by: Actor::Consumer(target.consumer), cause: None, action: Action::SetTtr { ttr } };
    Ok(handle.command(&account()?, target.conversation, command).await?)
}

fn skill(nth: usize) -> Result<SkillId> {
    Ok((1_000 + nth).to_string().parse()?)
}

async fn furnish(handle: &Handle) -> Result<()> {
    let (id, system) = (account()?, AccountActor::System);
    let create =
        AccountCommand::Create { id: id.clone(), name: "Bench".to_owned(), default_language: "en".parse()? };
    handle.configure(&id, &system, create).await?;
    handle.configure(&id, &system, AccountCommand::SwitchControllerBot { enabled: true }).await?;
    for nth in 0..FUNCTIONS {
        let define =
            AccountCommand::DefineSkill { id: skill(nth)?, skill: Skill::named(format!("Skill {nth}")) };
        handle.configure(&id, &system, define).await?;
    }
    for nth in 0..FUNCTIONS {
        let function = FunctionId::from_bits(handle.entropy().bits());
        let source = SOURCES.get(nth % SOURCES.len()).context("there are sources")?;
        let environment = BTreeMap::from([("VARIANT".to_owned(), (nth / SOURCES.len()).to_string())]);
        let create = FunctionCommand::Create {
            id: function,
            name: format!("bench_{nth}"),
            description: String::new(),
            event: Some(EventBinding::StateChange(StateChangeEvent::Ttr)),
            skills: BTreeSet::from([skill(nth)?]),
            draft: Draft { source: (*source).into(), environment, settings: FunctionSettings::default() },
        };
        handle.change_functions(&id, &system, create).await?;
        handle.deploy(&id, &system, function).await?;
    }
    Ok(())
}
