//! The guide is executed: every command runs against a development server, and prints what the guide shows.

use std::process::Command;

use crate::support::{CONVOKE, Dev, all, repository};

/// A command of the guide, and what it shows of its output.
#[derive(Debug, PartialEq, Eq)]
struct Step {
    line: usize,
    command: String,
    shows: Vec<String>,
}

/// The steps of all `console` blocks.
fn steps(guide: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let mut inside = false;
    for (number, line) in guide.lines().enumerate() {
        if line.starts_with("```") {
            inside = line == "```console";
        } else if let Some(command) = line.strip_prefix("$ ").filter(|_| inside) {
            steps.push(Step { line: number + 1, command: command.to_owned(), shows: Vec::new() });
        } else if inside {
            steps.last_mut().expect("a block begins with a command").shows.push(line.to_owned());
        }
    }
    steps
}

/// Whether `output` has lines in this order in which the parts of each shown line, divided by `…`, follow each other.
fn shows(output: &str, shown: &[String]) -> Result<(), String> {
    let mut lines = output.lines();
    for wanted in shown {
        if !lines.any(|line| has_parts(line, wanted)) {
            return Err(wanted.clone());
        }
    }
    Ok(())
}

fn has_parts(line: &str, wanted: &str) -> bool {
    let mut rest = Some(line);
    for part in wanted.split('…') {
        rest = rest.and_then(|rest| rest.split_once(part)).map(|(_, after)| after);
    }
    rest.is_some()
}

#[test]
fn every_step_of_the_guide_does_what_it_says() {
    let guide = std::fs::read_to_string(repository().join("docs/guides/functions-for-messaging.md")).unwrap();
    let steps = steps(&guide);
    assert!(steps.len() > 20, "the guide has {} steps", steps.len());
    let dev = Dev::start();
    let bin = std::path::Path::new(CONVOKE).parent().unwrap();
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());
    for Step { line, command, shows: shown } in steps {
        let output = Command::new("sh")
            .args(["-c", &command])
            .current_dir(dev.path())
            .env("PATH", &path)
            .output()
            .unwrap();
        assert!(output.status.success(), "line {line}: {command}\n{}", all(&output));
        if let Err(missing) = shows(&String::from_utf8_lossy(&output.stdout), &shown) {
            panic!("line {line}: {command}\ndoes not show \"{missing}\" in its place:\n{}", all(&output));
        }
    }
}

#[test]
fn what_a_guide_shows_is_found_in_its_order_only() {
    let shown = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(shows("a Draft\nb  Productive", &shown("a\nb…Productive")), Ok(()));
    assert!(shows("b\na", &shown("a\nb")).is_err());
    assert!(shows("b\nProductive", &shown("b…Productive")).is_err());
    let steps = steps("```sh\n$ not this\n```\n```console\n$ this\nshown\n```\n");
    assert_eq!(steps, [Step { line: 5, command: "this".to_owned(), shows: vec!["shown".to_owned()] }]);
}
