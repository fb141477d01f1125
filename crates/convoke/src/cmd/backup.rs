//! `convoke backup`: a copy of a data directory, also while its server runs.

use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use clap::Args;
use serde_json::json;

use crate::connection::DEV_FOLDER;
use crate::files;
use crate::render::{Answer, note};
use crate::secrets::MASTER_KEY_FILE;

/// Copies a data directory.
#[derive(Debug, Args)]
#[command(after_help = "\
Example: convoke backup --data /var/lib/convoke /backups/2026-03-03

To restore, start the server on the copy. Without the master key of the original it reads nothing that consumers \
wrote: keep that file apart from the copies, or add it with --with-key.")]
pub(crate) struct Backup {
    /// A new or empty directory for the copy
    #[arg(value_name = "TO")]
    to: PathBuf,
    /// The data directory
    #[arg(long, env = "CONVOKE_DATA", default_value = DEV_FOLDER, value_name = "DIR")]
    data: PathBuf,
    /// Copy the master key, too: whoever has the copy can then read everything in it
    #[arg(long)]
    with_key: bool,
}

impl Backup {
    pub(crate) fn run(self) -> Result<Answer> {
        let bytes = convoke_store::sqlite::backup(&self.data, &self.to)?;
        let of_files = convoke_store::files::copy(&self.data, &self.to);
        let bytes = bytes + of_files.context("the log was copied, files were not")?;
        if self.with_key {
            let key = self.data.join(MASTER_KEY_FILE);
            ensure!(key.exists(), "there is no {}: it was given by a variable", key.display());
            let text = files::read(&key)?;
            files::write_private(&self.to.join(MASTER_KEY_FILE), text.as_bytes())
                .context("the data was copied, its key was not")?;
        } else {
            note(&format!("The master key is not in the copy: keep {MASTER_KEY_FILE} of the original safe."));
        }
        let to = self.to.display().to_string();
        let text = format!("Copied {bytes} bytes to {to}.");
        Ok(Answer::new(&json!({ "to": to, "bytes": bytes, "with_key": self.with_key }), text)?.with_id(&to))
    }
}
