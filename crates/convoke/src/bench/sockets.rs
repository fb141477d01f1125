//! What connected people cost: consumers over TLS who have a conversation open and are silent.

use std::net::SocketAddr;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result};
use convoke_api::v1::conversation::OpenConversation;
use convoke_api::v1::live::{Ask, LiveMessage};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use serde::{Deserialize, Serialize};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::center::{OPERATOR, account, make_account, make_skill, skill, start_secured};
use super::children;
use super::report::Figures;
use super::rig::{Rig, engine_runtime, generator_runtime};
use super::transport::{Door, Live, refused};
use crate::render::Printer;

/// Consumers that are connected.
const CONSUMERS: usize = 5_000;
/// Those that connect at once.
const CONNECTING: usize = 64;
/// Those that connect before it counts, so that what the first ones set up is nobody's.
const FIRST: usize = 200;

/// Where the measured process is found.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Listening {
    url: String,
    tls: SocketAddr,
    authority: PathBuf,
    process: u32,
}

pub(crate) fn ask(rig: &mut Rig) -> Result<Figures> {
    let (count, dir) = (rig.scale.times(CONSUMERS), rig.scratch()?);
    let generator = generator_runtime()?;
    children::listening(dir.path(), |server| {
        generator.block_on(async {
            let door = Door::at(server.url.clone(), OPERATOR);
            let connector = connector(&server.authority)?;
            let first = connect(&door, server, &connector, 0..FIRST).await?;
            let before = children::private_bytes(server.process)?;
            let connected = connect(&door, server, &connector, FIRST..FIRST + count).await?;
            let after = children::private_bytes(server.process)?;
            let mut figures = Figures::default();
            figures.set("connected", connected.len() as f64);
            figures.set("each_kib", after.saturating_sub(before) as f64 / connected.len() as f64 / 1024.0);
            drop((first, connected));
            Ok(figures)
        })
    })
}

/// Listens with TLS in `dir`, and says where.
pub(crate) fn listen(dir: &Path) -> Result<()> {
    let engine = engine_runtime()?;
    let (running, handle) = engine.block_on(start_secured(dir))?;
    engine.block_on(async {
        make_account(&handle).await?;
        make_skill(&handle, 0).await.map(drop)
    })?;
    let planes = running.planes();
    let listening = Listening {
        url: running.url(),
        tls: *planes.tls.first().context("there is a TLS listener")?,
        authority: planes.authority.clone().context("there is an authority")?,
        process: std::process::id(),
    };
    Printer::new().line(&serde_json::to_string(&listening)?)?;
    children::until_left()
}

type Connected = Live<TlsStream<TcpStream>>;

fn connector(authority: &Path) -> Result<TlsConnector> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(authority)?)?;
    let config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}

/// Connects these consumers, each of whom opens a conversation and follows it.
async fn connect(
    door: &Door,
    server: &Listening,
    connector: &TlsConnector,
    numbers: Range<usize>,
) -> Result<Vec<Connected>> {
    let (mut connected, mut waiting) = (Vec::with_capacity(numbers.len()), numbers);
    while !waiting.is_empty() {
        let mut connecting = JoinSet::new();
        for number in waiting.by_ref().take(CONNECTING) {
            let token = door.consumer(&account()?, &format!("consumer {number}")).await?;
            connecting.spawn(window(server.tls, connector.clone(), token));
        }
        while let Some(window) = connecting.join_next().await {
            connected.push(window??);
        }
    }
    Ok(connected)
}

async fn window(address: SocketAddr, connector: TlsConnector, token: String) -> Result<Connected> {
    let stream = connector.connect(ServerName::try_from("localhost")?, TcpStream::connect(address).await?);
    let mut live = Live::open(stream.await?, "localhost", &account()?, &token).await?;
    let asked = live
        .ask(Ask::Open(OpenConversation { skill: Some(skill(0)?), ..OpenConversation::default() }))
        .await?;
    let opened = loop {
        let message = live.next().await?;
        if let LiveMessage::Opened { id, opened } = &message
            && *id == asked
        {
            break opened.id;
        }
        refused(message)?;
    };
    live.follow(opened, 0).await?;
    Ok(live)
}
