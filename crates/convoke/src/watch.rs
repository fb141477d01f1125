//! The folder `functions/` beside a `convoke dev`: what is saved there answers a moment later.
//!
//! It is looked at every 300 ms instead of being notified: a few hundred files cost nothing, and it works on every kind of
//! volume and with every editor's way to save. A function is taken when two looks in a row see the same, so that half
//! written files are not. Leaves out: where a function lies in its folder ([`crate::folder`]), and what is allowed.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::{Context as _, Result};
use convoke_api::v1::function::{Deployed, FunctionDetail, FunctionState};
use convoke_api::v1::run::{FunctionRun, TestFunction, Which};
use convoke_domain::id::InvocationId;

use crate::client::{Api, Client, problem, refused_with};
use crate::cmd::function::push;
use crate::connection::{Connection, DevConnection, Persona};
use crate::folder::{FunctionConfig, FunctionFolder};
use crate::limits::{WATCH_EVERY, WATCHED_FUNCTIONS_MAX};
use crate::render::{self, Printer};

/// The files of a function: when each was last written, and how long it is.
type Stamp = BTreeMap<PathBuf, (SystemTime, u64)>;

/// A folder with functions, as it was last seen.
#[derive(Debug)]
struct Watched {
    base: PathBuf,
    seen: BTreeMap<String, Stamp>,
    taken: BTreeMap<String, Stamp>,
}

/// What there is to do.
#[derive(Debug, PartialEq, Eq)]
enum News {
    /// This function is new or was changed.
    Saved(String),
    /// Its folder is gone.
    Gone(String),
}

/// What is done with a function that was saved, besides deploying it.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct OnSave {
    /// Whether to run it once, without any call to another host.
    pub(crate) run: bool,
    /// The invocation on whose recorded input; else its own sample, or that of its event.
    pub(crate) recorded: Option<InvocationId>,
}

/// Deploys what is saved in `base` until dropped.
pub(crate) async fn run(
    base: &Path,
    connection: DevConnection,
    on_save: OnSave,
    printer: Printer,
) -> Result<()> {
    let client = Client::new(Connection::from(connection))?;
    let api = client.speak_as(Persona::Admin)?;
    let mut watched = Watched { base: base.to_owned(), seen: BTreeMap::new(), taken: BTreeMap::new() };
    let mut every = tokio::time::interval(WATCH_EVERY);
    every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        every.tick().await;
        for news in watched.look() {
            let told = match news {
                News::Saved(name) => taken(&api, base, &name, on_save, printer).await,
                News::Gone(name) => Some(format!(
                    "{name}: its folder is gone; what is deployed still answers. `convoke function undeploy {name}` ends that"
                )),
            };
            if let Some(told) = told {
                printer.line(&told)?;
            }
        }
    }
}

/// Sends a function to the server and lets it answer; what came of it, in a line or two.
async fn taken(api: &Api<'_>, base: &Path, name: &str, on_save: OnSave, printer: Printer) -> Option<String> {
    let style = printer.style;
    match deployed(api, base, name).await {
        Ok(None) => None,
        Ok(Some(deployed)) => {
            let version = deployed.function.deployed.as_ref().map_or(0, |deployment| deployment.version);
            let mut text = format!("{name}: {}", style.green(&format!("deployed as version {version}")));
            for warning in &deployed.warnings {
                let _ = write!(text, "\n  {} ({})", warning.message, warning.code);
            }
            if on_save.run {
                let ran = match tried(api, base, name, on_save.recorded).await {
                    Ok(run) => render::function_run(&run, style),
                    Err(error) => format!("{}: {error:#}", style.red("not run")),
                };
                let _ = write!(text, "\n  {}", ran.replace('\n', "\n  "));
            }
            Some(text)
        }
        Err(error) => {
            let mut text = format!("{name}: {}: {error:#}", style.red("not deployed"));
            for field in problem(&error).map(|problem| problem.errors.as_slice()).unwrap_or_default() {
                let _ = write!(text, "\n  {}: {}", field.field, field.message);
            }
            Some(text)
        }
    }
}

/// Saves the draft and deploys it; `None` if just that answers already.
async fn deployed(api: &Api<'_>, base: &Path, name: &str) -> Result<Option<Deployed>> {
    let folder = FunctionFolder::of(base, name)?;
    let (source, config) = (folder.source()?, folder.config()?);
    let present: Result<FunctionDetail> = api.get(&["functions", name]).await;
    match present {
        Ok(present) if is_the_same(&present, &source, &config) => return Ok(None),
        Ok(_) => {}
        Err(error) if refused_with(&error, "function.unknown") => {}
        Err(error) => return Err(error),
    }
    push(api, name, &source, &config).await?;
    let path = ["functions", name, "deploy"];
    api.post(&path, &()).await.map(Some).context("it is saved as a draft")
}

/// Runs what answers now, once, without acting on anything and without the network.
async fn tried(
    api: &Api<'_>,
    base: &Path,
    name: &str,
    recorded: Option<InvocationId>,
) -> Result<FunctionRun> {
    let input = match recorded {
        Some(_) => None,
        None => FunctionFolder::of(base, name)?.sample()?,
    };
    let test =
        TestFunction { input, recorded, code: Which::Deployed, network: false, ..TestFunction::default() };
    api.post(&["functions", name, "test"], &test).await
}

fn is_the_same(present: &FunctionDetail, source: &str, config: &FunctionConfig) -> bool {
    let FunctionDetail { function, draft } = present;
    function.state == FunctionState::Productive
        && function.event == config.event
        && function.skills == config.skills
        && function.description == config.description
        && draft.source == source
        && draft.environment == config.environment
        && draft.settings == config.settings.unwrap_or_default()
}

impl Watched {
    /// What was saved or removed, once it is at rest.
    fn look(&mut self) -> Vec<News> {
        let now = stamps(&self.base);
        let mut news = Vec::new();
        for (name, stamp) in &now {
            if self.seen.get(name) == Some(stamp) && self.taken.get(name) != Some(stamp) {
                self.taken.insert(name.clone(), stamp.clone());
                news.push(News::Saved(name.clone()));
            }
        }
        let gone = |name: &&String| !now.contains_key(*name) && !self.seen.contains_key(*name);
        let gone: Vec<String> = self.taken.keys().filter(gone).cloned().collect();
        for name in gone {
            self.taken.remove(&name);
            news.push(News::Gone(name));
        }
        self.seen = now;
        news
    }
}

/// The functions in a folder. What cannot be read is not there.
fn stamps(base: &Path) -> BTreeMap<String, Stamp> {
    let Ok(entries) = std::fs::read_dir(base) else { return BTreeMap::new() };
    let folders = entries.filter_map(Result::ok).filter(|entry| entry.path().is_dir());
    let named = folders.filter_map(|entry| Some((entry.file_name().into_string().ok()?, entry.path())));
    let functions = named.filter(|(name, _)| !name.starts_with('.')).map(|(name, path)| (name, stamp(&path)));
    // A folder without code is none yet: it is being made.
    functions.filter(|(_, stamp)| !stamp.is_empty()).take(WATCHED_FUNCTIONS_MAX).collect()
}

fn stamp(folder: &Path) -> Stamp {
    let of = |path: PathBuf| {
        let metadata = std::fs::metadata(&path).ok()?;
        Some((path, (metadata.modified().ok()?, metadata.len())))
    };
    FunctionFolder::files(folder).into_iter().filter_map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Desk {
        folder: tempfile::TempDir,
        watched: Watched,
    }

    impl Desk {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let base = folder.path().to_owned();
            Self { folder, watched: Watched { base, seen: BTreeMap::new(), taken: BTreeMap::new() } }
        }

        fn save(&self, name: &str, file: &str, text: &str) {
            let folder = self.folder.path().join(name);
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(folder.join(file), text).unwrap();
        }
    }

    fn saved(name: &str) -> News {
        News::Saved(name.to_owned())
    }

    #[test]
    fn a_function_is_taken_once_it_is_whole_and_at_rest() {
        let mut desk = Desk::new();
        desk.save("hello", "index.js", "function");
        assert_eq!(desk.watched.look(), []);
        desk.save("hello", "config.json", "{}");
        assert_eq!(desk.watched.look(), [], "seen for the first time");
        assert_eq!(desk.watched.look(), [saved("hello")]);
        assert_eq!(desk.watched.look(), [], "and not again");
    }

    #[test]
    fn a_file_that_is_still_being_written_waits() {
        let mut desk = Desk::new();
        desk.save("hello", "config.json", "{}");
        for text in ["f", "fu", "fun"] {
            desk.save("hello", "index.js", text);
            assert_eq!(desk.watched.look(), []);
        }
        assert_eq!(desk.watched.look(), [saved("hello")]);
        desk.save("hello", "index.js", "function");
        desk.watched.look();
        assert_eq!(desk.watched.look(), [saved("hello")]);
    }

    #[test]
    fn other_files_and_hidden_folders_are_nothing() {
        let mut desk = Desk::new();
        desk.save(".git", "index.js", "x");
        desk.save(".git", "config.json", "x");
        std::fs::write(desk.folder.path().join("README.md"), "x").unwrap();
        desk.watched.look();
        assert_eq!(desk.watched.look(), []);
    }

    #[test]
    fn a_folder_that_is_gone_is_told_once() {
        let mut desk = Desk::new();
        desk.save("hello", "index.js", "x");
        desk.save("hello", "config.json", "{}");
        desk.watched.look();
        desk.watched.look();
        std::fs::remove_dir_all(desk.folder.path().join("hello")).unwrap();
        let news: Vec<News> = (0..4).flat_map(|_| desk.watched.look()).collect();
        assert_eq!(news, [News::Gone("hello".to_owned())]);
    }
}
