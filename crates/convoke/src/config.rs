//! What `convoke serve` is told: defaults, overridden by a TOML file, by `CONVOKE_…` variables, by flags, in this order.

use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use clap::{Args, ValueEnum};
use serde::Deserialize;

use crate::files;

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
    /// A reverse proxy on the way ends TLS, so that listening beyond this machine is safe
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
    pub(crate) listen: SocketAddr,
    pub(crate) shards: Option<NonZeroUsize>,
    pub(crate) functions_max: u32,
    pub(crate) function_memory_mib_max: u32,
    pub(crate) allow_private_egress: bool,
    /// Whether the clock can be moved.
    pub(crate) movable_clock: bool,
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
    pub(crate) fn usual(data: Option<PathBuf>, listen: SocketAddr) -> Self {
        Self {
            data,
            listen,
            shards: None,
            functions_max: 1_000,
            function_memory_mib_max: 2_048,
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
            behind_proxy: self.behind_proxy.or(base.behind_proxy),
            log_format: self.log_format.or(base.log_format),
            log: self.log.or(base.log),
            shards: self.shards.or(base.shards),
            functions_max: self.functions_max.or(base.functions_max),
            function_memory_mib_max: self.function_memory_mib_max.or(base.function_memory_mib_max),
            allow_private_egress: self.allow_private_egress.or(base.allow_private_egress),
        }
    }

    fn check(self) -> Result<ServeConfig> {
        let data = self.data.unwrap_or_else(|| PathBuf::from("data"));
        let listen = self.listen.unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 8080)));
        ensure!(
            listen.ip().is_loopback() || self.behind_proxy.unwrap_or(false),
            "plain HTTP beyond this machine would show tokens to the network: listen on 127.0.0.1, or put a reverse \
             proxy with TLS in front and say so with --behind-proxy"
        );
        let usual = NodeConfig::usual(Some(data.clone()), listen);
        let node = NodeConfig {
            shards: self.shards,
            functions_max: self.functions_max.unwrap_or(usual.functions_max),
            function_memory_mib_max: self.function_memory_mib_max.unwrap_or(usual.function_memory_mib_max),
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
        assert_eq!((config.node.listen.port(), config.node.functions_max), (9000, 9));
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
    }
}
