//! `convoke init`: a folder to write functions in.

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use clap::Args;

use crate::compose;
use crate::folder::FunctionFolder;
use crate::render::Answer;

/// What editors need to know of the folder: functions are checked against the declarations.
const JSCONFIG: &str = r#"{
  "compilerOptions": {
    "checkJs": true,
    "module": "commonjs",
    "moduleResolution": "node",
    "target": "es2022",
    "lib": ["es2022", "dom"],
    "noEmit": true
  },
  "include": ["functions", "types"]
}
"#;

/// The development server's data and saved credentials are nobody else's.
const IGNORED: &str = ".convoke/\nnode_modules/\n";

/// Makes it.
#[derive(Debug, Args)]
#[command(after_help = "Example: convoke init shop-functions && cd shop-functions && convoke dev")]
pub(crate) struct Init {
    /// The folder, which is made if there is none
    #[arg(default_value = ".", value_name = "DIR")]
    folder: PathBuf,
}

impl Init {
    pub(crate) fn run(&self) -> Result<Answer> {
        std::fs::create_dir_all(self.folder.join("functions"))
            .with_context(|| format!("cannot create {}", self.folder.display()))?;
        let mut made = Vec::new();
        for (file, text) in [("jsconfig.json", JSCONFIG), (".gitignore", IGNORED)] {
            let path = self.folder.join(file);
            if !path.exists() {
                std::fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
                made.push(path.display().to_string());
            }
        }
        made.extend(super::types::write(&self.folder.join("types"))?);
        let hello = FunctionFolder::of(&self.folder.join("functions"), "hello")?;
        if !hello.path().exists() {
            hello.create(&compose::template("greeting")?, std::collections::BTreeSet::new())?;
            made.push(hello.path().display().to_string());
        }
        Answer::new(&made, made.join("\n"))
    }
}
