//! What `convoke serve` is told: defaults, overridden by a TOML file, by `CONVOKE_…` variables, by flags, in this order.

use std::net::SocketAddr;
use std::num::{NonZeroU32, NonZeroUsize};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use clap::{Args, ValueEnum};
use serde::Deserialize;

use crate::files;
use crate::limits::LISTENERS_MAX;

/// What can be set by flag, by variable, and in the file.
#[derive(Debug, Clone, Default, Args, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct ServeSettings {
    /// Where the data is kept [default: ./data]
    #[arg(long, env = "CONVOKE_DATA", value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    /// Address to listen on; port 0 takes a free one [default: 127.0.0.1:8080]
    #[arg(long, env = "CONVOKE_LISTEN", value_name = "ADDR:PORT")]
    pub(crate) listen: Option<SocketAddr>,
    /// Addresses to listen on with TLS, with commas between them; port 0 takes a free one [default: 127.0.0.1:8443 where
    /// there is a certificate]
    #[arg(long, env = "CONVOKE_TLS_LISTEN", value_delimiter = ',', value_name = "ADDR:PORT")]
    pub(crate) tls_listen: Option<Vec<SocketAddr>>,
    /// Certificate for TLS, in PEM form, its issuers after it
    #[arg(long, env = "CONVOKE_TLS_CERT", value_name = "FILE")]
    pub(crate) tls_cert: Option<PathBuf>,
    /// Its private key, in PEM form
    #[arg(long, env = "CONVOKE_TLS_KEY", value_name = "FILE")]
    pub(crate) tls_key: Option<PathBuf>,
    /// Name under which clients reach this server with TLS [default: localhost]
    #[arg(long, env = "CONVOKE_PUBLIC_HOST", value_name = "HOST")]
    pub(crate) public_host: Option<String>,
    /// Address to listen on without TLS for the question where services are, and nothing else [default: none]
    #[arg(long, env = "CONVOKE_CSDS_LISTEN", value_name = "ADDR:PORT")]
    pub(crate) csds_listen: Option<SocketAddr>,
    /// Address to listen on for metrics and health, without tokens: for the operator's tools only [default: none]
    #[arg(long, env = "CONVOKE_OPERATOR_LISTEN", value_name = "ADDR:PORT")]
    pub(crate) operator_listen: Option<SocketAddr>,
    /// Where clients are told to find a service, as SERVICE=HOST; SERVICE@v2=HOST for accounts of the second generation
    #[arg(long, env = "CONVOKE_PUBLISH", value_delimiter = ',', value_name = "SERVICE=HOST")]
    pub(crate) publish: Option<Vec<String>>,
    /// A reverse proxy on the way ends TLS, so that listening beyond this machine is safe; who asks is told by the last
    /// address in its `X-Forwarded-For`
    #[arg(long, env = "CONVOKE_BEHIND_PROXY", num_args = 0..=1, default_missing_value = "true", value_name = "BOOL")]
    pub(crate) behind_proxy: Option<bool>,
    /// How to write the log [default: json]
    #[arg(long, env = "CONVOKE_LOG_FORMAT", value_name = "FORMAT")]
    pub(crate) log_format: Option<LogFormat>,
    /// What to log, for instance `info,convoke_engine=debug` [default: info]
    #[arg(long, env = "CONVOKE_LOG", value_name = "FILTER")]
    pub(crate) log: Option<String>,
    /// Threads that decide conversations [default: one per processor]
    #[arg(long, env = "CONVOKE_SHARDS", value_name = "N")]
    pub(crate) shards: Option<NonZeroUsize>,
    /// Functions in flight at once, waiting ones included [default: 1000]
    #[arg(long, env = "CONVOKE_FUNCTIONS_MAX", value_name = "N", value_parser = clap::value_parser!(u32).range(1..=50_000))]
    pub(crate) functions_max: Option<u32>,
    /// Memory that all functions in flight may take together [default: 2048]
    #[arg(long, env = "CONVOKE_FUNCTION_MEMORY_MIB_MAX", value_name = "MIB", value_parser = clap::value_parser!(u32).range(256..=1_048_576))]
    pub(crate) function_memory_mib_max: Option<u32>,
    /// Calls of functions that clients of one account may make per second; twice as many at once are let in [default: 500]
    #[arg(long, env = "CONVOKE_CALLS_PER_SECOND", value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(crate) calls_per_second: Option<u32>,
    /// Functions may call loopback and private addresses. For closed networks only
    #[arg(long, env = "CONVOKE_ALLOW_PRIVATE_EGRESS", num_args = 0..=1, default_missing_value = "true", value_name = "BOOL")]
    pub(crate) allow_private_egress: Option<bool>,
}

/// How the log is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LogFormat {
    /// One JSON object per line
    Json,
    /// Lines for people
    Human,
}

/// What a node runs with.
#[derive(Debug, Clone)]
pub(crate) struct NodeConfig {
    /// Where the data is kept; `None`: nowhere, it is gone when the process ends.
    pub(crate) data: Option<PathBuf>,
    pub(crate) listen: Place,
    /// Whether a reverse proxy passes on all that comes to `listen`, and says where it came from.
    pub(crate) behind_proxy: bool,
    /// Where the operator's tools read metrics and health.
    pub(crate) operator_listen: Option<SocketAddr>,
    /// What is spoken with TLS, and what clients are told about it.
    pub(crate) planes: PlanesConfig,
    pub(crate) shards: Option<NonZeroUsize>,
    pub(crate) functions_max: u32,
    pub(crate) function_memory_mib_max: u32,
    /// Calls of functions that clients of one account may make per second; `None`: as many as the engine lets in by itself.
    pub(crate) calls_per_second: Option<NonZeroU32>,
    pub(crate) allow_private_egress: bool,
    /// Whether the clock can be moved.
    pub(crate) movable_clock: bool,
}

/// Where LivePerson's clients reach a node.
#[derive(Debug, Clone)]
pub(crate) struct PlanesConfig {
    /// Where TLS is spoken.
    pub(crate) listen: Vec<Place>,
    pub(crate) certificate: Certificate,
    /// The name under which clients reach it.
    pub(crate) public_host: String,
    /// Where only CSDS is spoken, without TLS.
    pub(crate) csds_listen: Option<SocketAddr>,
    /// Where single services are published: `SERVICE=HOST`, `SERVICE@v2=HOST`.
    pub(crate) publish: Vec<String>,
}

/// An address to listen on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) address: SocketAddr,
    /// Whether another port will do if this one is taken.
    pub(crate) or_any_port: bool,
}

impl Place {
    /// The usual port of this machine, or another: nobody asked for it.
    pub(crate) fn usual(port: u16) -> Self {
        Self { address: SocketAddr::from(([127, 0, 0, 1], port)), or_any_port: true }
    }
}

impl From<SocketAddr> for Place {
    fn from(address: SocketAddr) -> Self {
        Self { address, or_any_port: false }
    }
}

/// What a TLS listener proves itself with.
#[derive(Debug, Clone)]
pub(crate) enum Certificate {
    /// Nothing: there are no TLS listeners.
    None,
    /// One of the development authority in this directory.
    Development(PathBuf),
    /// The one in these files.
    Files { certificate: PathBuf, key: PathBuf },
}

impl PlanesConfig {
    /// No TLS.
    pub(crate) fn none() -> Self {
        Self {
            listen: Vec::new(),
            certificate: Certificate::None,
            public_host: "localhost".to_owned(),
            csds_listen: None,
            publish: Vec::new(),
        }
    }
}

/// What `serve` runs with.
#[derive(Debug, Clone)]
pub(crate) struct ServeConfig {
    pub(crate) node: NodeConfig,
    /// The data directory, which `serve` always has.
    pub(crate) data: PathBuf,
    pub(crate) log_format: LogFormat,
    pub(crate) log: String,
}

impl NodeConfig {
    /// Functions as `serve` sizes them when nothing is said, on this address.
    pub(crate) fn usual(data: Option<PathBuf>, listen: impl Into<Place>) -> Self {
        Self {
            data,
            listen: listen.into(),
            behind_proxy: false,
            operator_listen: None,
            planes: PlanesConfig::none(),
            shards: None,
            functions_max: 1_000,
            function_memory_mib_max: 2_048,
            calls_per_second: None,
            allow_private_egress: false,
            movable_clock: false,
        }
    }
}

impl ServeSettings {
    /// These settings over those of `file`, over the defaults; checked.
    pub(crate) fn resolve(self, file: Option<&Path>) -> Result<ServeConfig> {
        let base = match file {
            Some(path) => {
                parse(&files::read(path)?).with_context(|| format!("{} is wrong", path.display()))?
            }
            None => Self::default(),
        };
        self.over(base).check()
    }

    /// Each setting from `self`, else from `base`.
    fn over(self, base: Self) -> Self {
        Self {
            data: self.data.or(base.data),
            listen: self.listen.or(base.listen),
            tls_listen: self.tls_listen.or(base.tls_listen),
            tls_cert: self.tls_cert.or(base.tls_cert),
            tls_key: self.tls_key.or(base.tls_key),
            public_host: self.public_host.or(base.public_host),
            csds_listen: self.csds_listen.or(base.csds_listen),
            operator_listen: self.operator_listen.or(base.operator_listen),
            publish: self.publish.or(base.publish),
            behind_proxy: self.behind_proxy.or(base.behind_proxy),
            log_format: self.log_format.or(base.log_format),
            log: self.log.or(base.log),
            shards: self.shards.or(base.shards),
            functions_max: self.functions_max.or(base.functions_max),
            function_memory_mib_max: self.function_memory_mib_max.or(base.function_memory_mib_max),
            calls_per_second: self.calls_per_second.or(base.calls_per_second),
            allow_private_egress: self.allow_private_egress.or(base.allow_private_egress),
        }
    }

    fn check(self) -> Result<ServeConfig> {
        let data = self.data.unwrap_or_else(|| PathBuf::from("data"));
        let listen = self.listen.unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 8080)));
        let behind_proxy = self.behind_proxy.unwrap_or(false);
        ensure!(
            listen.ip().is_loopback() || behind_proxy,
            "plain HTTP beyond this machine would show tokens to the network: listen on 127.0.0.1, or put a reverse \
             proxy with TLS in front and say so with --behind-proxy"
        );
        let planes = planes(self.tls_listen, self.tls_cert.zip(self.tls_key))?;
        let planes = PlanesConfig {
            public_host: self.public_host.unwrap_or(planes.public_host),
            csds_listen: self.csds_listen,
            publish: self.publish.unwrap_or_default(),
            ..planes
        };
        let usual = NodeConfig::usual(Some(data.clone()), listen);
        let node = NodeConfig {
            planes,
            behind_proxy,
            operator_listen: self.operator_listen,
            shards: self.shards,
            functions_max: self.functions_max.unwrap_or(usual.functions_max),
            function_memory_mib_max: self.function_memory_mib_max.unwrap_or(usual.function_memory_mib_max),
            calls_per_second: self.calls_per_second.map(calls_per_second).transpose()?,
            allow_private_egress: self.allow_private_egress.unwrap_or(usual.allow_private_egress),
            ..usual
        };
        ensure!((1..=50_000).contains(&node.functions_max), "functions_max must be 1 to 50000");
        let memory = 256..=1_048_576;
        ensure!(
            memory.contains(&node.function_memory_mib_max),
            "function_memory_mib_max must be 256 to 1048576"
        );
        let log_format = self.log_format.unwrap_or(LogFormat::Json);
        Ok(ServeConfig { node, data, log_format, log: self.log.unwrap_or_else(|| "info".to_owned()) })
    }
}

/// A file says what no flag may.
fn calls_per_second(calls: u32) -> Result<NonZeroU32> {
    ensure!((1..=100_000).contains(&calls), "calls_per_second must be 1 to 100000");
    NonZeroU32::new(calls).context("calls_per_second is not 0")
}

/// Where TLS is spoken, and with what.
fn planes(listen: Option<Vec<SocketAddr>>, files: Option<(PathBuf, PathBuf)>) -> Result<PlanesConfig> {
    let Some((certificate, key)) = files else {
        ensure!(
            listen.is_none_or(|listen| listen.is_empty()),
            "TLS needs a certificate: name it with --tls-cert and its key with --tls-key"
        );
        return Ok(PlanesConfig::none());
    };
    let listen = listen.unwrap_or_else(|| vec![SocketAddr::from(([127, 0, 0, 1], 8443))]);
    ensure!(listen.len() <= LISTENERS_MAX, "there are at most {LISTENERS_MAX} TLS listeners");
    let listen = listen.into_iter().map(Place::from).collect();
    Ok(PlanesConfig { listen, certificate: Certificate::Files { certificate, key }, ..PlanesConfig::none() })
}

fn parse(text: &str) -> Result<ServeSettings> {
    Ok(toml::from_str(text)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flag_counts_more_than_the_file_and_the_file_more_than_the_default() {
        let file = parse("listen = \"127.0.0.1:9000\"\nfunctions_max = 7\n").unwrap();
        let flags = ServeSettings { functions_max: Some(9), ..ServeSettings::default() };
        let config = flags.over(file).check().unwrap();
        assert_eq!((config.node.listen.address.port(), config.node.functions_max), (9000, 9));
        assert_eq!(config.node.function_memory_mib_max, 2_048);
    }

    #[test]
    fn plain_http_beyond_this_machine_needs_a_proxy() {
        let beyond = ServeSettings { listen: "0.0.0.0:8080".parse().ok(), ..ServeSettings::default() };
        let error = beyond.clone().check().unwrap_err();
        assert!(error.to_string().contains("--behind-proxy"), "{error}");
        assert!(ServeSettings { behind_proxy: Some(true), ..beyond }.check().is_ok());
    }

    #[test]
    fn an_unknown_setting_is_named() {
        let error = parse("lisen = \"127.0.0.1:9000\"").unwrap_err();
        assert!(format!("{error:#}").contains("lisen"), "{error:#}");
    }

    #[test]
    fn bounds_hold_for_the_file_too() {
        assert!(parse("functions_max = 0").unwrap().check().is_err());
        assert!(parse("calls_per_second = 0").unwrap().check().is_err());
        let calls = parse("calls_per_second = 7").unwrap().check().unwrap().node.calls_per_second;
        assert_eq!(calls.map(NonZeroU32::get), Some(7));
    }
}
