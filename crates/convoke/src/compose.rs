//! The composition root: the only place that names concrete parts. A node is a store, a sandbox, an engine over both, and
//! a server in front.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result};
use clap::builder::PossibleValuesParser;
use convoke_api::v1::template::Template;
use convoke_domain::function::EventBinding;
use convoke_engine::keys::MasterKey;
use convoke_engine::ports::{Clock, Entropy, MovableClock, Ports, SystemClock, SystemEntropy};
use convoke_engine::{Engine, FileStore, Handle, MemoryFiles, Settings};
use convoke_sandbox::egress::EgressSettings;
use convoke_sandbox::{Sandbox, SandboxSettings};
use convoke_server::{Auth, Demo, Endpoint, Published, Routers, Server, Templates, Tls, TokenSigner};
use convoke_store::files::DiskFiles;
use convoke_store::runs::{MemoryRuns, RunStore, SqliteRuns};
use convoke_store::{MemoryStore, SqliteStore, Store, StoreError};
use serde::Serialize as _;
use serde_json::Serializer;
use serde_json::ser::PrettyFormatter;
use sha2::{Digest, Sha256};
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{info, warn};

use crate::certificates;
use crate::config::{Certificate, NodeConfig, Place, PlanesConfig};
use crate::host::SandboxHost;
use crate::limits::SHUTDOWN_TIME_MAX;
use crate::platform::PlatformSeat;
use crate::secrets;

/// The conversations' log and the run log; kept until both can be closed.
type Stores = (Arc<dyn Store>, Arc<dyn RunStore>);

/// A node whose engine runs and whose address is taken, before it serves.
pub(crate) struct Node {
    listener: TcpListener,
    address: SocketAddr,
    behind_proxy: bool,
    operators: Option<TcpListener>,
    planes: Planes,
    signer: Arc<TokenSigner>,
    platform: PlatformSeat,
    engine: Engine,
    stores: Stores,
    movable_clock: Option<Arc<MovableClock>>,
    file_store: Arc<dyn FileStore>,
    master_key: [u8; 32],
    asked_to_end: AskedToEnd,
}

/// A node that serves.
pub(crate) struct Running {
    address: SocketAddr,
    operators: Option<SocketAddr>,
    planes: Where,
    platform: PlatformSeat,
    engine: Engine,
    stores: Stores,
    stopping: CancellationToken,
    serving: JoinHandle<std::io::Result<()>>,
    asked_to_end: AskedToEnd,
}

/// The listeners of LivePerson's clients, with what they prove themselves with.
struct Planes {
    tls: Option<Tls>,
    listeners: Vec<TcpListener>,
    csds: Option<TcpListener>,
    found: Where,
    published: Published,
}

/// Where LivePerson's clients find a node.
#[derive(Debug, Clone, Default)]
pub(crate) struct Where {
    /// Addresses where TLS is spoken.
    pub(crate) tls: Vec<SocketAddr>,
    /// The address where only CSDS is spoken.
    pub(crate) csds: Option<SocketAddr>,
    /// The certificate of the development authority, which clients have to trust.
    pub(crate) authority: Option<PathBuf>,
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

/// Where the files of conversations are kept.
fn file_store(data: Option<&Path>) -> Arc<dyn FileStore> {
    match data {
        Some(data) => Arc::new(DiskFiles::new(data)),
        None => Arc::new(MemoryFiles::default()),
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
        let (store, runs) = open_stores(config.data.as_deref()).await?;
        let listener = bind(config.listen).await?;
        let address = listener.local_addr().context("the listener has no address")?;
        let operators = match config.operator_listen {
            Some(address) => Some(bind(address).await?),
            None => None,
        };
        let planes = Planes::take(&config.planes).await?;
        let signer = Arc::new(token_signer(config.data.clone()).await?);
        let movable_clock = config.movable_clock.then(|| Arc::new(MovableClock::running()));
        let clock: Arc<dyn Clock> = match &movable_clock {
            Some(movable) => Arc::clone(movable) as Arc<dyn Clock>,
            None => Arc::new(SystemClock),
        };
        let own = std::iter::once(address).chain(planes.found.tls.iter().copied()).chain(planes.found.csds);
        let own = own.chain(operators.as_ref().and_then(|listener| listener.local_addr().ok()));
        let settings = sandbox_settings(config, own.collect());
        let sandbox = tokio::task::spawn_blocking(|| Sandbox::new(settings)).await??;
        let platform = PlatformSeat::default();
        let host = SandboxHost::new(sandbox, Arc::clone(&clock), platform.clone());
        let ports = Ports {
            store: Arc::clone(&store),
            runs: Arc::clone(&runs),
            sandbox: Arc::new(host),
            clock,
            entropy: Arc::new(SystemEntropy),
            master_key: MasterKey::new(master_key),
        };
        let mut settings = Settings::default();
        if let Some(shards) = config.shards {
            settings.shards = shards;
        }
        if let Some(calls) = config.calls_per_second {
            settings.calls_per_second = calls;
        }
        let engine = Engine::start(ports, settings).await.context("cannot start on the stored data")?;
        let asked_to_end = AskedToEnd::listen()?;
        let stores = (store, runs);
        Ok(Self {
            listener,
            address,
            behind_proxy: config.behind_proxy,
            operators,
            planes,
            signer,
            platform,
            engine,
            stores,
            movable_clock,
            file_store: file_store(config.data.as_deref()),
            master_key,
            asked_to_end,
        })
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
        let Self {
            listener,
            address,
            behind_proxy,
            operators,
            planes,
            signer,
            platform,
            engine,
            stores,
            movable_clock,
            file_store,
            master_key,
            asked_to_end,
        } = self;
        let consumer_key = derived(&master_key, "consumer tokens");
        let auth = match operator {
            Operator::Token(token) => Auth::new(&consumer_key, Some(token), signer),
            Operator::Hash(sha256) => Auth::new(&consumer_key, None, signer).with_operator_sha256(*sha256),
        };
        let stopping = CancellationToken::new();
        let routers = convoke_server::routers(Server {
            handle: engine.handle(),
            auth,
            file_store,
            templates: Templates::built_in(),
            movable_clock,
            demo,
            planes: convoke_server::Planes { published: planes.published.clone() },
            stopping: stopping.clone(),
        });
        platform.take(routers.in_process.clone(), engine.handle());
        let router = routers.everything.clone();
        let plain = Endpoint { listener, tls: None, router, behind_proxy };
        let found = planes.found.clone();
        let operators_address = operators.as_ref().and_then(|listener| listener.local_addr().ok());
        let router = routers.operators.clone();
        let asked = operators.map(|listener| Endpoint { listener, tls: None, router, behind_proxy: false });
        let endpoints = planes.endpoints(&routers).chain([plain]).chain(asked).collect();
        let tasks = TaskTracker::new();
        let (deliveries, ending) = (routers.deliveries, stopping.clone());
        let served = async move {
            let served = convoke_server::serve(endpoints, ending.clone()).await;
            // Whatever ended it: without a server nothing is delivered.
            ending.cancel();
            served
        };
        let serving = tasks.spawn(async move { tokio::join!(served, deliveries.run()).0 });
        Running {
            address,
            operators: operators_address,
            planes: found,
            platform,
            engine,
            stores,
            stopping,
            serving,
            asked_to_end,
        }
    }
}

impl Running {
    /// Where it is found.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Where the operator's tools read metrics and health, if anywhere.
    pub(crate) fn operators(&self) -> Option<String> {
        self.operators.map(|address| format!("http://{address}"))
    }

    /// Where LivePerson's clients find it.
    pub(crate) fn planes(&self) -> &Where {
        &self.planes
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
        let Self { platform, engine, stores, stopping, serving, .. } = self;
        info!("stopping");
        stopping.cancel();
        if !serving.is_finished()
            && let Ok(Err(error)) = serving.await
        {
            warn!(%error, "the server ended badly");
        }
        platform.leave();
        if tokio::time::timeout(SHUTDOWN_TIME_MAX, engine.stop()).await.is_err() {
            // Nothing is lost: what was not settled is taken up again at the next start.
            warn!("some functions did not end in time; they run again at the next start");
        }
        // Closing writes back what opening would otherwise have to replay.
        let closed = tokio::task::spawn_blocking(move || drop(stores)).await;
        if let Err(error) = closed {
            warn!(%error, "the store did not close");
        }
        info!("stopped");
    }
}

/// The conversations' log first: it takes the directory.
async fn open_stores(data: Option<&Path>) -> Result<(Arc<dyn Store>, Arc<dyn RunStore>)> {
    let Some(dir) = data.map(Path::to_owned) else {
        return Ok((Arc::new(MemoryStore::default()), Arc::new(MemoryRuns::default())));
    };
    let opened = tokio::task::spawn_blocking(move || -> Result<_, StoreError> {
        Ok((SqliteStore::open(&dir)?, SqliteRuns::open(&dir)?))
    });
    let (store, runs) = opened.await??;
    Ok((Arc::new(store), Arc::new(runs)))
}

impl Planes {
    /// Takes the addresses.
    async fn take(config: &PlanesConfig) -> Result<Self> {
        let mut listeners = Vec::with_capacity(config.listen.len());
        let mut found = Where::default();
        for place in &config.listen {
            let listener = bind(*place).await?;
            found.tls.push(listener.local_addr()?);
            listeners.push(listener);
        }
        let csds = match config.csds_listen {
            Some(address) => Some(bind(address).await?),
            None => None,
        };
        found.csds = csds.as_ref().map(TcpListener::local_addr).transpose()?;
        let port = found.tls.first().map_or(443, SocketAddr::port);
        let published = published(config, port)?;
        let tls = match &config.certificate {
            Certificate::None => None,
            Certificate::Files { certificate, key } => Some(certificates::from_files(certificate, key)?),
            Certificate::Development(data) => {
                let made = certificates::dev_certificate(data, &published.hosts())?;
                found.authority = Some(made.authority);
                Some(made.tls)
            }
        };
        Ok(Self { tls, listeners, csds, found, published })
    }

    fn endpoints(self, routers: &Routers) -> impl Iterator<Item = Endpoint> + use<> {
        let (tls, everything) = (self.tls, routers.everything.clone());
        let secured = self.listeners.into_iter().map(move |listener| Endpoint {
            listener,
            tls: tls.clone(),
            router: everything.clone(),
            behind_proxy: false,
        });
        let csds = routers.csds.clone();
        secured.chain(self.csds.map(|listener| Endpoint {
            listener,
            tls: None,
            router: csds,
            behind_proxy: false,
        }))
    }
}

async fn bind(place: impl Into<Place>) -> Result<TcpListener> {
    let Place { address, or_any_port } = place.into();
    let mut bound = TcpListener::bind(address).await;
    if or_any_port && bound.as_ref().is_err_and(|error| error.kind() == ErrorKind::AddrInUse) {
        bound = TcpListener::bind((address.ip(), 0)).await;
    }
    bound.with_context(|| format!("cannot listen on {address}"))
}

/// Where clients are told to find services, when TLS is on `port`.
fn published(config: &PlanesConfig, port: u16) -> Result<Published> {
    let mut published = Published::at(&config.public_host, port);
    for entry in &config.publish {
        let parts = entry.split_once('=').filter(|(service, host)| !service.is_empty() && !host.is_empty());
        let (service, host) = parts.with_context(|| {
            format!("\"{entry}\" says no host: write SERVICE=HOST, as in msgHist=history.example.com")
        })?;
        let (service, hosts) = match service.strip_suffix("@v2") {
            Some(service) => (service, &mut published.of_service_v2),
            None => (service, &mut published.of_service),
        };
        hosts.insert(service.to_owned(), host.to_owned());
    }
    Ok(published)
}

/// The signer of applications' tokens. Making its key takes a while.
async fn token_signer(data: Option<PathBuf>) -> Result<TokenSigner> {
    let made = tokio::task::spawn_blocking(move || match data {
        Some(data) => secrets::token_signer(&data),
        None => Ok(TokenSigner::new(&TokenSigner::generate())?),
    });
    made.await?
}

fn sandbox_settings(config: &NodeConfig, own_listeners: Vec<SocketAddr>) -> SandboxSettings {
    let memory = usize::try_from(config.function_memory_mib_max).unwrap_or(usize::MAX);
    SandboxSettings {
        instances_max: config.functions_max,
        memory_bytes_max: memory.saturating_mul(1024 * 1024),
        egress: EgressSettings {
            allow_private: config.allow_private_egress,
            own_listeners,
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

/// The description of the HTTP API as JSON, in alphabetical order, so that a change of it reads as one. Its lines begin
/// with one space per level: two would be a fifth of the whole.
pub(crate) fn openapi() -> Result<String> {
    let mut document = serde_json::to_value(convoke_server::openapi())?;
    document.sort_all_objects();
    let mut text = Vec::new();
    document.serialize(&mut Serializer::with_formatter(&mut text, PrettyFormatter::with_indent(b" ")))?;
    Ok(String::from_utf8(text)?)
}

/// The template for an event, if there is one.
pub(crate) fn template_for(event: EventBinding) -> Option<Template> {
    Templates::built_in().for_event(event).cloned()
}

/// What a command line may say for a template.
pub(crate) fn template_ids() -> PossibleValuesParser {
    PossibleValuesParser::new(Templates::built_in().iter().map(|template| template.id.clone()))
}

/// The built-in template with this id.
pub(crate) fn template(id: &str) -> Result<Template> {
    let templates = Templates::built_in();
    templates.get(id).cloned().with_context(|| {
        let known: Vec<&str> = templates.iter().map(|template| template.id.as_str()).collect();
        format!("there is no template \"{id}\"; there are {}", known.join(", "))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn another_port_does_only_where_nobody_asked_for_one() {
        let taken = bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
        let address = taken.local_addr().unwrap();
        let other = bind(Place { address, or_any_port: true }).await.unwrap();
        assert_ne!(other.local_addr().unwrap().port(), address.port());
        let error = bind(address).await.unwrap_err();
        assert!(error.to_string().contains(&address.to_string()), "{error}");
    }
}
