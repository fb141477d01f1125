//! `convoke completion`: what the shell completes.

use anyhow::Result;
use clap::{Args, CommandFactory};
use clap_complete::Shell;

/// Prints it.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  convoke completion bash > ~/.local/share/bash-completion/completions/convoke
  convoke completion zsh > \"${fpath[1]}/_convoke\"")]
pub(crate) struct Completion {
    /// The shell
    shell: Shell,
}

impl Completion {
    pub(crate) fn run(&self) -> Result<String> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut crate::cli::Cli::command(), "convoke", &mut script);
        Ok(String::from_utf8(script)?)
    }
}
