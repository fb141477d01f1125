//! The measured contact center: a node as `convoke serve` runs it, one account, fifty skills with a realistic function
//! each, and conversations to act in.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;

use anyhow::{Context, Result};
use convoke_domain::account::{Actor, Command as AccountCommand, Skill};
use convoke_domain::function::{Command as FunctionCommand, Draft, EventBinding, FunctionSettings};
use convoke_domain::id::{AccountId, FunctionId, SkillId};
use convoke_domain::state_change::StateChangeEvent;
use convoke_engine::{Handle, Opening};
use tempfile::TempDir;
use tokio::runtime::{Handle as Threads, Runtime};
use tokio::task::JoinSet;

use super::fleet::Fleet;
use super::transport::{Door, InProcess, OverWebSocket, Target};
use crate::compose::{Node, Operator, Running};
use crate::config::{Certificate, NodeConfig};

/// Wraps the consumers' keys of what is measured: no secret, nothing of it lasts.
pub(crate) const MASTER_KEY: [u8; 32] = [1; 32];

/// Functions, and skills: one each.
pub(crate) const FUNCTIONS: usize = 50;
/// Wherever there is room.
const ANY_PORT: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);
/// The operator's token of what is measured: no secret either.
pub(crate) const OPERATOR: &str = "cvo_bench";
/// Conversations in process. At 2,000 events per second each has one per second, as a lively one has.
const IN_PROCESS: usize = 2_000;
/// Conversations over a WebSocket each; both its ends count for the open files of one process, often 1,024.
const OVER_WEBSOCKET: usize = 400;
/// Conversations opened at once.
const OPENERS: usize = 64;

/// Sources of 4 to 10 KB as contact centers write them; their environment makes ten variants of each.
pub(crate) const SOURCES: [(&str, &str); 5] = [
    ("brand_voice", include_str!("../../../../examples/functions/realistic/brand-voice.js")),
    ("crm_record", include_str!("../../../../examples/functions/realistic/crm-record.js")),
    ("holiday_calendar", include_str!("../../../../examples/functions/realistic/holiday-calendar.js")),
    ("idle_policy", include_str!("../../../../examples/functions/realistic/idle-policy.js")),
    ("routing_matrix", include_str!("../../../../examples/functions/realistic/routing-matrix.js")),
];

pub(crate) struct Center {
    running: Running,
    pub(crate) handle: Handle,
    pub(crate) functions: Vec<FunctionId>,
    pub(crate) targets: Vec<Target>,
    pub(crate) in_process: Fleet<InProcess>,
    /// Conversations for consumers over a WebSocket each.
    pub(crate) connected: Vec<Target>,
    pub(crate) door: Door,
    pub(crate) generator: Threads,
    engine: Threads,
    _dir: TempDir,
}

impl Center {
    /// Starts it in `dir` on the threads of `engine`; events come from those of `generator`.
    pub(crate) fn open(dir: TempDir, engine: &Runtime, generator: Threads) -> Result<Self> {
        let (running, handle) = engine.block_on(start(dir.path()))?;
        let functions = engine.block_on(furnish(&handle))?;
        let targets = engine.block_on(open_conversations(&handle, IN_PROCESS))?;
        let consumers = engine.block_on(follow(&handle, &targets))?;
        let in_process = Fleet::new(consumers, generator.clone())?;
        let connected = engine.block_on(open_conversations(&handle, OVER_WEBSOCKET))?;
        let door = Door::at(running.url(), OPERATOR);
        let engine = engine.handle().clone();
        Ok(Self {
            running,
            handle,
            functions,
            targets,
            in_process,
            connected,
            door,
            generator,
            engine,
            _dir: dir,
        })
    }

    /// Consumers over a WebSocket each. They live as long as a question: the server leaves a client that does not answer
    /// whether it is there, and between questions nobody does.
    pub(crate) fn over_websocket(&self) -> Result<Fleet<OverWebSocket>> {
        let mut consumers = Vec::with_capacity(self.connected.len());
        for target in &self.connected {
            let state = self.on_engine(self.handle.conversation(&target.account, target.conversation))?;
            let connecting = OverWebSocket::connect(&self.door, target, &state);
            consumers.push(self.generator.block_on(connecting).context("connecting a consumer")?);
        }
        Fleet::new(consumers, self.generator.clone())
    }

    /// Runs `work` where the engine runs.
    pub(crate) fn on_engine<T>(&self, work: impl Future<Output = T>) -> T {
        self.engine.block_on(work)
    }

    /// Ends it and removes its data.
    pub(crate) fn close(self, engine: &Runtime) {
        let Self { running, handle, in_process, .. } = self;
        drop((handle, in_process));
        engine.block_on(running.stop());
    }
}

/// Starts a node as `convoke serve` does, on a free port of this machine.
pub(crate) async fn start(dir: &Path) -> Result<(Running, Handle)> {
    serve(&NodeConfig::usual(Some(dir.to_owned()), ANY_PORT)).await
}

/// The same with a TLS listener, whose certificate is the development authority's.
pub(crate) async fn start_secured(dir: &Path) -> Result<(Running, Handle)> {
    let mut config = NodeConfig::usual(Some(dir.to_owned()), ANY_PORT);
    config.planes.listen = vec![ANY_PORT.into()];
    config.planes.certificate = Certificate::Development(dir.to_owned());
    serve(&config).await
}

async fn serve(config: &NodeConfig) -> Result<(Running, Handle)> {
    let node = Node::start(config, MASTER_KEY).await?;
    let handle = node.handle();
    Ok((node.serve(&Operator::Token(OPERATOR), None), handle))
}

/// The account.
pub(crate) fn account() -> Result<AccountId> {
    Ok("bench".parse()?)
}

/// Makes the account, with the Controller Bot on.
pub(crate) async fn make_account(handle: &Handle) -> Result<()> {
    let create =
        AccountCommand::Create { id: account()?, name: "Bench".to_owned(), default_language: "en".parse()? };
    configure(handle, create).await?;
    configure(handle, AccountCommand::SwitchControllerBot { enabled: true }).await
}

/// Makes a skill.
pub(crate) async fn make_skill(handle: &Handle, nth: usize) -> Result<SkillId> {
    let id = skill(nth)?;
    let define = AccountCommand::DefineSkill { id: id.clone(), skill: Skill::named(format!("Skill {nth}")) };
    configure(handle, define).await?;
    Ok(id)
}

/// Makes a skill and a function that answers TTR in it.
pub(crate) async fn make_function(handle: &Handle, nth: usize, source: &str) -> Result<FunctionId> {
    let skill = make_skill(handle, nth).await?;
    let function = FunctionId::from_bits(handle.entropy().bits());
    let create = FunctionCommand::Create {
        id: function,
        name: format!("bench_{nth}"),
        description: String::new(),
        event: Some(EventBinding::StateChange(StateChangeEvent::Ttr)),
        skills: BTreeSet::from([skill]),
        draft: draft(source, nth / SOURCES.len()),
    };
    handle.change_functions(&account()?, &Actor::System, create).await?;
    handle.deploy(&account()?, &Actor::System, function).await?;
    Ok(function)
}

/// What is being edited, in one of its variants.
pub(crate) fn draft(source: &str, variant: usize) -> Draft {
    let environment = BTreeMap::from([("VARIANT".to_owned(), variant.to_string())]);
    Draft { source: source.into(), environment, settings: FunctionSettings::default() }
}

/// The source of function `nth`.
pub(crate) fn source(nth: usize) -> &'static str {
    SOURCES[nth % SOURCES.len()].1
}

async fn furnish(handle: &Handle) -> Result<Vec<FunctionId>> {
    make_account(handle).await?;
    let mut functions = Vec::with_capacity(FUNCTIONS);
    for nth in 0..FUNCTIONS {
        functions.push(make_function(handle, nth, source(nth)).await?);
    }
    Ok(functions)
}

/// Opens conversations, some at a time, over as many skills as there are functions: the nth has the skill of function
/// `nth % FUNCTIONS`.
async fn open_conversations(handle: &Handle, count: usize) -> Result<Vec<Target>> {
    let mut targets = Vec::with_capacity(count);
    while targets.len() < count {
        let mut opening = JoinSet::new();
        for nth in targets.len()..count.min(targets.len() + OPENERS) {
            let (handle, skill) = (handle.clone(), skill(nth % FUNCTIONS)?);
            opening.spawn(async move { open(&handle, skill).await.map(|opened| (nth, opened)) });
        }
        let mut some = Vec::with_capacity(OPENERS);
        while let Some(opened) = opening.join_next().await {
            some.push(opened??);
        }
        some.sort_by_key(|(nth, _)| *nth);
        targets.extend(some.into_iter().map(|(_, opened)| opened));
    }
    Ok(targets)
}

/// Opens a conversation of a new consumer.
pub(crate) async fn open(handle: &Handle, skill: SkillId) -> Result<Target> {
    let account = account()?;
    let opened = handle.open(&account, Opening { skill: Some(skill), ..Opening::default() }).await?;
    Ok(Target { account, conversation: opened.conversation, consumer: opened.consumer })
}

async fn follow(handle: &Handle, targets: &[Target]) -> Result<Vec<InProcess>> {
    let mut consumers = Vec::with_capacity(targets.len());
    for target in targets {
        let consumer = InProcess::follow(handle.clone(), target.clone()).await;
        consumers.push(consumer.context("following a conversation")?);
    }
    Ok(consumers)
}

async fn configure(handle: &Handle, command: AccountCommand) -> Result<()> {
    handle.configure(&account()?, &Actor::System, command).await?;
    Ok(())
}

/// The skill of function `nth`.
pub(crate) fn skill(nth: usize) -> Result<SkillId> {
    Ok((1_000 + nth).to_string().parse()?)
}
