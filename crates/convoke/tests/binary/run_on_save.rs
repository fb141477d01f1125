//! `convoke dev --run-on-save`: what is saved is deployed, run, and shown, as an author sees it.

use std::io::{BufRead as _, BufReader, Lines};
use std::path::Path;
use std::process::{Child, ChildStdout, Stdio};

use crate::support::{all, command, convoke};

/// A server whose folder is being worked in.
struct Desk<'a> {
    folder: &'a Path,
    server: Child,
    printed: Lines<BufReader<ChildStdout>>,
}

impl<'a> Desk<'a> {
    fn open(folder: &'a Path, arguments: &[&str]) -> Self {
        std::fs::create_dir_all(folder.join("functions")).unwrap();
        let dev = ["dev", "--listen", "127.0.0.1:0", "--tls-listen", "127.0.0.1:0", "--run-on-save"];
        let mut server = command(folder, &[&dev, arguments].concat()).stdout(Stdio::piped()).spawn().unwrap();
        let printed = BufReader::new(server.stdout.take().unwrap()).lines();
        let mut desk = Self { folder, server, printed };
        desk.until("is watched");
        desk
    }

    /// Makes the function that the tests work on, and waits until it was run.
    fn begin(&mut self) -> String {
        let made = convoke(self.folder, &["function", "new", "hello"]);
        assert!(made.status.success(), "{}", all(&made));
        self.until("of computing")
    }

    /// What is printed until a line with `word`, with that line.
    fn until(&mut self, word: &str) -> String {
        let mut text = String::new();
        loop {
            let line =
                self.printed.next().unwrap_or_else(|| panic!("it ended before it said {word}: {text}"));
            text.push_str(&line.unwrap());
            text.push('\n');
            if text.lines().next_back().is_some_and(|line| line.contains(word)) {
                return text;
            }
        }
    }

    fn save(&self, source: &str) {
        std::fs::write(self.folder.join("functions/hello/index.js"), source).unwrap();
    }
}

impl Drop for Desk<'_> {
    fn drop(&mut self) {
        // A test that failed leaves nothing running.
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

#[test]
fn what_is_saved_runs_on_its_sample_and_shows_what_came_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut desk = Desk::open(folder.path(), &[]);
    let said = desk.begin();
    assert!(said.contains("hello: deployed as version 1") && said.contains("Hello, Ada!"), "{said}");

    desk.save(
        "async function lambda(input) { console.info('greeting'); return `Servus, ${input.payload.name}!`; }",
    );
    let said = desk.until("of computing");
    assert!(said.contains("deployed as version 2"), "{said}");
    assert!(said.contains("Servus, Ada!") && said.contains("greeting"), "{said}");
}

#[test]
fn a_mistake_is_shown_with_its_place_and_the_last_version_stays() {
    let folder = tempfile::tempdir().unwrap();
    let mut desk = Desk::open(folder.path(), &[]);
    desk.begin();
    desk.save("async function lambda() {\n  return (;\n}\n");
    desk.until("not deployed");
    let still = convoke(folder.path(), &["invoke", "hello"]);
    assert!(all(&still).contains("Hello, stranger!"), "{}", all(&still));
}

#[test]
fn calls_to_other_hosts_are_listed_and_not_made() {
    let folder = tempfile::tempdir().unwrap();
    let mut desk = Desk::open(folder.path(), &[]);
    desk.begin();
    desk.save("async function lambda() { return (await fetch('https://orders.example.com/7')).status; }");
    let said = desk.until("of computing");
    assert!(said.contains("orders.example.com") && said.contains("not_allowed"), "{said}");
}

#[test]
fn a_recorded_input_takes_the_place_of_the_sample() {
    let folder = tempfile::tempdir().unwrap();
    let mut desk = Desk::open(folder.path(), &[]);
    desk.begin();
    std::fs::write(folder.path().join("other.json"), r#"{"name": "Grace", "language": "it"}"#).unwrap();
    let called = convoke(folder.path(), &["invoke", "hello", "--payload", "other.json", "-o", "id"]);
    let invocation = String::from_utf8(called.stdout).unwrap().trim().to_owned();
    // Asked for, so that it is written before the server ends.
    let shown = convoke(folder.path(), &["invocation", "recordings", &invocation]);
    assert!(shown.status.success(), "{}", all(&shown));
    drop(desk);
    let mut again = Desk::open(folder.path(), &["--recorded", &invocation]);
    again.save("async function lambda(input) { return `Ciao, ${input.payload.name}!`; }");
    let said = again.until("of computing");
    assert!(said.contains("Ciao, Grace!"), "{said}");
}
