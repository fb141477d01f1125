//! `convoke serve`: the server, without anything of a demo.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;

use crate::compose::{self, Node, Operator};
use crate::config::ServeSettings;
use crate::render::Printer;
use crate::{files, logging, secrets};

/// Runs the server.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  convoke serve --data /var/lib/convoke
  convoke serve --config /etc/convoke.toml
  convoke serve --listen 0.0.0.0:8080 --behind-proxy

Settings are taken from flags, then variables, then the file, whose keys are the flags with _ for -.
At the first start the operator's token is printed, once. The data directory gets a master.key unless \
CONVOKE_MASTER_KEY is set; without it, what consumers wrote cannot be read: keep a copy elsewhere.")]
pub(crate) struct Serve {
    /// A TOML file with settings
    #[arg(long, env = "CONVOKE_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(flatten)]
    settings: ServeSettings,
}

impl Serve {
    /// Runs until the process is asked to end.
    pub(crate) async fn run(self) -> Result<()> {
        let config = self.settings.resolve(self.config.as_deref())?;
        logging::start(config.log_format, &config.log)?;
        let entropy = compose::entropy();
        files::private_dir(&config.data)?;
        let master_key = secrets::master_key(&config.data, &entropy)?;
        let node = Node::start(&config.node, master_key).await?;
        let operator = secrets::operator_token(&config.data, &entropy)?;
        let printer = Printer::new();
        if let Some(token) = &operator.new {
            printer.line(&format!("The operator's token, shown this once:\n  {token}"))?;
        }
        let mut running = node.serve(&Operator::Hash(operator.sha256), None);
        if let Some(url) = running.operators() {
            printer.line(&format!("Metrics are at {url}/metrics"))?;
        }
        printer.line(&format!("Convoke listens on {}", running.url()))?;
        let ended = running.until_asked_to_end().await;
        running.stop().await;
        ended
    }
}
