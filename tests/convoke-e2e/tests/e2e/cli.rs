//! What the main commands print, as a whole: whoever changes a word sees it here.
//!
//! Ids, addresses and times are replaced, because they differ. `CONVOKE_UPDATE=1` writes the page anew.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context as _, Result};
use convoke_e2e::server::{Dev, all};

const PAGE: &str = "tests/e2e/cli.txt";

/// Commands in their order; `{id}` is the conversation that the first opens.
const COMMANDS: [&str; 13] = [
    "function new hello --template greeting",
    "function push hello",
    "function test hello",
    "function deploy hello",
    "function invoke hello",
    "function list",
    "conversation say {id} --as consumer --text Anybody?",
    "conversation accept {id}",
    "conversation say {id} Yes. --as agent",
    "conversation show {id}",
    "conversation close {id} --as consumer",
    "conversation explain {id}",
    "conversation show conv_00000000000000000000000000000000",
];

/// The text with everything that differs from run to run replaced.
fn steady(text: &str) -> String {
    let mut steady = String::new();
    for line in text.lines() {
        let words: Vec<String> = line.split(' ').map(word).collect();
        writeln!(steady, "{}", words.join(" ").trim_end()).expect("a string takes everything");
    }
    steady
}

fn word(word: &str) -> String {
    let bare = word.trim_matches(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    let replaced = match bare.split_once('_') {
        Some((kind, id)) if id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
            format!("{kind}_…")
        }
        _ if is_time(bare) => "…".to_owned(),
        _ if is_measured(bare) => "…".to_owned(),
        _ => return word.to_owned(),
    };
    word.replace(bare, &replaced)
}

/// Numbers with a decimal point: how long something took, how much it needed.
fn is_measured(word: &str) -> bool {
    word.split_once('.').is_some_and(|(whole, part)| {
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        digits(whole) && digits(part)
    })
}

/// Dates and times of day.
fn is_time(word: &str) -> bool {
    let digits = word.bytes().filter(u8::is_ascii_digit).count();
    let marks = word.bytes().filter(|byte| matches!(byte, b'-' | b':' | b'.' | b'T' | b'Z')).count();
    digits >= 4 && marks >= 2 && digits + marks == word.len()
}

#[test]
fn the_main_commands_print_what_the_page_shows() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let mut dev = Dev::start(folder.path(), &[])?;
    let open =
        ["conversation", "open", "--consumer", "ada", "--skill", "654321", "--text", "Hello", "-o", "id"];
    let id = dev.ok(&open)?;
    let mut printed = String::new();
    for command in COMMANDS {
        let arguments: Vec<String> = command.split(' ').map(|word| word.replace("{id}", &id)).collect();
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let output = dev.run(&arguments)?;
        let code = output.status.code().context("it ended by itself")?;
        write!(printed, "$ convoke {command}\n{}[{code}]\n\n", steady(&all(&output)))?;
    }
    dev.stop()?;
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(PAGE);
    if std::env::var_os("CONVOKE_UPDATE").is_some() {
        std::fs::write(&path, &printed)?;
    }
    let page = std::fs::read_to_string(&path).unwrap_or_default();
    for (number, (shown, said)) in page.lines().zip(printed.lines()).enumerate() {
        assert_eq!(shown, said, "line {} of {PAGE}; CONVOKE_UPDATE=1 writes it anew", number + 1);
    }
    assert_eq!(page.lines().count(), printed.lines().count(), "{PAGE}; CONVOKE_UPDATE=1 writes it anew");
    Ok(())
}
