//! The composition root: the only place that names concrete parts. A node is a store, a sandbox, an engine over both, and
//! a server in front.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result};
use convoke_api::v1::template::Template;
use convoke_domain::function::EventBinding;
use convoke_engine::keys::MasterKey;
use convoke_engine::ports::{Clock, Entropy, MovableClock, Ports, SystemClock, SystemEntropy};
use convoke_engine::{Engine, Handle, Settings};
use convoke_sandbox::egress::EgressSettings;
use convoke_sandbox::{Sandbox, SandboxSettings};
use convoke_server::{Auth, Demo, Server, Templates};
use convoke_store::{MemoryStore, SqliteStore, Store};
use serde_json::Value;
use sha2::{Digest, Sha256};
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{info, warn};

use crate::config::NodeConfig;
use crate::host::SandboxHost;
use crate::limits::SHUTDOWN_TIME_MAX;

/// A node whose engine runs and whose address is taken, before it serves.
pub(crate) struct Node {
    listener: TcpListener,
    address: SocketAddr,
    engine: Engine,
    store: Arc<dyn Store>,
    movable_clock: Option<Arc<MovableClock>>,
    master_key: [u8; 32],
    asked_to_end: AskedToEnd,
}

/// A node that serves.
pub(crate) struct Running {
    address: SocketAddr,
    engine: Engine,
    store: Arc<dyn Store>,
    stopping: CancellationToken,
    serving: JoinHandle<std::io::Result<()>>,
    asked_to_end: AskedToEnd,
}

/// The signals that ask a process to end. Listened to from before anybody is told that it runs, so that whoever asks at
/// once is heard.
struct AskedToEnd {
    terminate: Signal,
    interrupt: Signal,
}

impl AskedToEnd {
    fn listen() -> Result<Self> {
        let listen = |kind| signal(kind).context("cannot listen for signals");
        Ok(Self { terminate: listen(SignalKind::terminate())?, interrupt: listen(SignalKind::interrupt())? })
    }
}

/// Who may come in besides the users of accounts.
pub(crate) enum Operator<'a> {
    /// Whoever has this token.
    Token(&'a str),
    /// Whoever has the token with this SHA-256.
    Hash([u8; 32]),
}

impl Node {
    /// Opens the store, takes the address, and starts the engine on what is there.
    pub(crate) async fn start(config: &NodeConfig, master_key: [u8; 32]) -> Result<Self> {
        // The store first: a second process on the same directory should learn of that, not of a port.
        let store = open_store(config.data.as_deref()).await?;
        let listener = TcpListener::bind(config.listen).await;
        let listener = listener.with_context(|| format!("cannot listen on {}", config.listen))?;
        let address = listener.local_addr().context("the listener has no address")?;
        let movable_clock = config.movable_clock.then(|| Arc::new(MovableClock::running()));
        let clock: Arc<dyn Clock> = match &movable_clock {
            Some(movable) => Arc::clone(movable) as Arc<dyn Clock>,
            None => Arc::new(SystemClock),
        };
        let settings = sandbox_settings(config, address);
        let sandbox = tokio::task::spawn_blocking(|| Sandbox::new(settings)).await??;
        let host = SandboxHost::new(sandbox, Arc::clone(&clock));
        let ports = Ports {
            store: Arc::clone(&store),
            sandbox: Arc::new(host),
            clock,
            entropy: Arc::new(SystemEntropy),
            master_key: MasterKey::new(master_key),
        };
        let mut settings = Settings::default();
        if let Some(shards) = config.shards {
            settings.shards = shards;
        }
        let engine = Engine::start(ports, settings).await.context("cannot start on the stored data")?;
        let asked_to_end = AskedToEnd::listen()?;
        Ok(Self { listener, address, engine, store, movable_clock, master_key, asked_to_end })
    }

    /// The engine.
    pub(crate) fn handle(&self) -> Handle {
        self.engine.handle()
    }

    /// Where it will be found.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Begins to serve.
    pub(crate) fn serve(self, operator: &Operator<'_>, demo: Option<Demo>) -> Running {
        let Self { listener, address, engine, store, movable_clock, master_key, asked_to_end } = self;
        let consumer_key = derived(&master_key, "consumer tokens");
        let auth = match operator {
            Operator::Token(token) => Auth::new(&consumer_key, Some(token)),
            Operator::Hash(sha256) => Auth::new(&consumer_key, None).with_operator_sha256(*sha256),
        };
        let stopping = CancellationToken::new();
        let router = convoke_server::router(Server {
            handle: engine.handle(),
            auth,
            templates: Templates::built_in(),
            movable_clock,
            demo,
            stopping: stopping.clone(),
        });
        let tasks = TaskTracker::new();
        let serving = tasks.spawn(convoke_server::serve(listener, router, stopping.clone()));
        Running { address, engine, store, stopping, serving, asked_to_end }
    }
}

impl Running {
    /// Where it is found.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Completes when the operating system asks the process to end, or serving fails.
    pub(crate) async fn until_asked_to_end(&mut self) -> Result<()> {
        tokio::select! {
            _ = self.asked_to_end.interrupt.recv() => Ok(()),
            _ = self.asked_to_end.terminate.recv() => Ok(()),
            ended = &mut self.serving => {
                let ended = ended.context("the server died")?;
                ended.context("the server stopped")
            }
        }
    }

    /// Takes nothing more, lets what is under way end, and gives the data directory free.
    pub(crate) async fn stop(self) {
        let Self { engine, store, stopping, serving, .. } = self;
        info!("stopping");
        stopping.cancel();
        if !serving.is_finished()
            && let Ok(Err(error)) = serving.await
        {
            warn!(%error, "the server ended badly");
        }
        if tokio::time::timeout(SHUTDOWN_TIME_MAX, engine.stop()).await.is_err() {
            // Nothing is lost: what was not settled is taken up again at the next start.
            warn!("some functions did not end in time; they run again at the next start");
        }
        // Closing writes back what opening would otherwise have to replay.
        let closed = tokio::task::spawn_blocking(move || drop(store)).await;
        if let Err(error) = closed {
            warn!(%error, "the store did not close");
        }
        info!("stopped");
    }
}

async fn open_store(data: Option<&Path>) -> Result<Arc<dyn Store>> {
    let Some(dir) = data.map(Path::to_owned) else { return Ok(Arc::new(MemoryStore::default())) };
    let opened = tokio::task::spawn_blocking(move || SqliteStore::open(&dir)).await?;
    Ok(Arc::new(opened?))
}

fn sandbox_settings(config: &NodeConfig, address: SocketAddr) -> SandboxSettings {
    let memory = usize::try_from(config.function_memory_mib_max).unwrap_or(usize::MAX);
    SandboxSettings {
        instances_max: config.functions_max,
        memory_bytes_max: memory.saturating_mul(1024 * 1024),
        egress: EgressSettings {
            allow_private: config.allow_private_egress,
            own_listeners: vec![address],
            ..EgressSettings::default()
        },
        ..SandboxSettings::default()
    }
}

/// A key for one purpose, from the master key.
fn derived(master_key: &[u8; 32], purpose: &str) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(b"convoke key for ");
    hash.update(purpose);
    hash.update([0]);
    hash.update(master_key);
    hash.finalize().into()
}

/// The system's entropy.
pub(crate) fn entropy() -> impl Entropy {
    SystemEntropy
}

/// The description of the HTTP API.
pub(crate) fn openapi() -> Result<Value> {
    Ok(serde_json::to_value(convoke_server::openapi())?)
}

/// The template for an event, if there is one.
pub(crate) fn template_for(event: EventBinding) -> Option<Template> {
    Templates::built_in().for_event(event).cloned()
}

/// The built-in template with this id.
pub(crate) fn template(id: &str) -> Result<Template> {
    let templates = Templates::built_in();
    templates.get(id).cloned().with_context(|| {
        let known: Vec<&str> = templates.iter().map(|template| template.id.as_str()).collect();
        format!("there is no template \"{id}\"; there are {}", known.join(", "))
    })
}
