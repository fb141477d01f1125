//! `convoke types`: TypeScript declarations of what functions receive, may return and can use.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use clap::Args;
use convoke_api::functions::typescript::declarations;

use crate::render::Answer;

const TOOLBELT_V1: &str = include_str!("../../types/lp-faas-toolbelt.d.ts");
const MODULE: &str = include_str!("../../types/convoke-module.d.ts");
const TOOLBELT_V2: &str = include_str!("../../types/core-functions-toolbelt.d.ts");

/// Writes them.
#[derive(Debug, Args)]
#[command(after_help = "\
Use them in JavaScript by comments above the function:
  /** @typedef {import('../../types/convoke').NewConversationInput} Input */
  /** @type {import('../../types/convoke').Lambda<Input>} */

Examples:
  convoke types
  convoke types --print")]
pub(crate) struct Types {
    /// The folder to write into
    #[arg(long, default_value = "types", value_name = "DIR")]
    folder: PathBuf,
    /// Print the declarations of events and commands instead
    #[arg(long)]
    print: bool,
}

impl Types {
    pub(crate) fn run(&self) -> Result<Answer> {
        if self.print {
            let text = declarations();
            return Answer::new(&text, text.clone());
        }
        let written = write(&self.folder)?;
        Answer::new(&written, written.join("\n"))
    }
}

/// Writes all declarations into a folder and gives back where.
pub(super) fn write(folder: &Path) -> Result<Vec<String>> {
    std::fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
    let files = [
        ("convoke.d.ts", declarations()),
        ("convoke-module.d.ts", MODULE.to_owned()),
        ("lp-faas-toolbelt.d.ts", TOOLBELT_V1.to_owned()),
        ("core-functions-toolbelt.d.ts", TOOLBELT_V2.to_owned()),
    ];
    let mut written = Vec::new();
    for (file, text) in files {
        let path = folder.join(file);
        std::fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
        written.push(path.display().to_string());
    }
    Ok(written)
}
