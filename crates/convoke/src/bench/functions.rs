//! The functions that are run alone, and what they are given.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::{Result, ensure};
use convoke_sandbox::{Ending, Grant, Program, Run, RunLimits, Sandbox, Source};
use jiff::Timestamp;
use serde_json::json;

/// How a function answers. It decides the image that the function runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Generation {
    /// By a callback.
    V1,
    /// By returning.
    V2,
}

impl Generation {
    /// Both.
    pub(crate) const ALL: [Self; 2] = [Self::V1, Self::V2];

    /// As figures have it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::V1 => "v1",
            Self::V2 => "v2",
        }
    }

    fn lambda(self) -> &'static str {
        match self {
            Self::V1 => "function lambda(input, callback) { callback(null, answer(input)); }",
            Self::V2 => "async function lambda(input) { return answer(input); }",
        }
    }
}

/// What a function computes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Workload {
    /// Three commands.
    Trivial,
    /// A transcript of 18 KB, masked and formatted.
    Transcript,
    /// SHA-256 of 64 KB in plain JavaScript.
    Digest,
}

impl Workload {
    /// As figures have it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Trivial => "trivial",
            Self::Transcript => "transcript",
            Self::Digest => "digest",
        }
    }

    fn source(self) -> &'static str {
        match self {
            Self::Trivial => include_str!("functions/trivial.js"),
            Self::Transcript => include_str!("functions/transcript.js"),
            Self::Digest => include_str!("functions/digest.js"),
        }
    }

    /// What it is given.
    pub(crate) fn input(self) -> Arc<str> {
        match self {
            Self::Trivial | Self::Digest => {
                json!({ "headers": [], "payload": { "name": "Ada" }, "timestamp": 0 }).to_string().into()
            }
            Self::Transcript => transcript().into(),
        }
    }
}

/// A workload as a program of that generation.
pub(crate) fn program(sandbox: &Sandbox, workload: Workload, generation: Generation) -> Result<Program> {
    numbered(sandbox, workload, generation, 0)
}

/// The same with a number in its source, so that two of them are two programs.
pub(crate) fn numbered(
    sandbox: &Sandbox,
    workload: Workload,
    generation: Generation,
    number: usize,
) -> Result<Program> {
    let text = format!("const number = {number};\n{}\n{}", workload.source(), generation.lambda());
    prepared(sandbox, &text)
}

/// The program that awaits a timer for longer than anybody measures.
pub(crate) fn waiting(sandbox: &Sandbox) -> Result<Program> {
    prepared(sandbox, include_str!("functions/waiting.js"))
}

fn prepared(sandbox: &Sandbox, text: &str) -> Result<Program> {
    Ok(sandbox.prepare(&Source::new(text), &BTreeMap::new())?)
}

/// One run of a program with nothing to reach.
pub(crate) fn run(input: &Arc<str>, seed: usize) -> Run {
    Run {
        input: Arc::clone(input),
        limits: RunLimits::default(),
        seed: seed as u128,
        clock: Arc::new(|| Timestamp::UNIX_EPOCH),
        grant: Grant::nothing(),
        answered: None,
    }
}

/// Runs a program once, which has to answer.
pub(crate) async fn answered(
    sandbox: &Sandbox,
    program: &Program,
    input: &Arc<str>,
    seed: usize,
) -> Result<String> {
    let ending = sandbox.run(program, run(input, seed)).await.ending;
    let Ending::Returned { json: Some(json) } = ending else { anyhow::bail!("it ended as {ending:?}") };
    ensure!(!json.is_empty(), "it answered nothing");
    Ok(json)
}

/// 18 KB of conversation, the same each time.
fn transcript() -> String {
    let line = |n: i64| {
        let card = if n % 10 == 3 { format!(" 4111 1111 1111 {}", 1000 + n) } else { String::new() };
        let from = if n % 2 == 0 { "consumer" } else { "agent" };
        let text = format!("please check my order, thanks for waiting{card}");
        json!({ "at": 1_700_000_000_000 + n * 7919, "from": from, "text": text })
    };
    let lines: Vec<_> = (0..200).map(line).collect();
    json!({ "headers": [], "payload": { "lines": lines }, "timestamp": 0 }).to_string()
}

#[cfg(test)]
mod tests {
    use convoke_sandbox::SandboxSettings;
    use sha2::{Digest, Sha256};

    use super::*;
    use crate::secrets::hex;

    async fn answers(workload: Workload) -> String {
        let sandbox =
            Sandbox::new(SandboxSettings { instances_max: 4, ..SandboxSettings::default() }).unwrap();
        let mut answers = Vec::new();
        for generation in Generation::ALL {
            let program = program(&sandbox, workload, generation).unwrap();
            answers.push(answered(&sandbox, &program, &workload.input(), 1).await.unwrap());
        }
        assert_eq!(answers[0], answers[1], "both generations compute the same");
        answers.remove(0)
    }

    #[tokio::test]
    async fn the_digest_is_sha_256() {
        let expected = hex(&Sha256::digest(vec![b'a'; 65_536]));
        assert_eq!(answers(Workload::Digest).await, format!("\"{expected}\""));
    }

    #[tokio::test]
    async fn the_transcript_has_18_kilobytes_and_its_card_numbers_are_masked() {
        assert!((17_000..19_000).contains(&Workload::Transcript.input().len()));
        let answer = answers(Workload::Transcript).await;
        assert!(answer.contains(r#""masked":20"#) && !answer.contains("4111"), "{answer}");
    }

    #[tokio::test]
    async fn the_trivial_one_gives_three_commands() {
        let answer: serde_json::Value = serde_json::from_str(&answers(Workload::Trivial).await).unwrap();
        assert_eq!(answer.as_array().unwrap().len(), 3);
    }
}
