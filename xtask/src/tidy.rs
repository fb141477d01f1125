//! Our own rules, those that no lint of the compiler knows. One module per rule, each tested on seeded bad input.
//!
//! A finding says where, what is wrong and what to do. A rule whose subject does not exist yet says that it was skipped.

mod channels;
mod documents;
mod domain;
mod edges;
mod error_codes;
mod file_length;
mod file_names;
mod file_size;
mod glossary;
mod licences;
mod machine_paths;
mod opening;
mod origins;
mod statics;
mod test_habits;

use std::fmt;
use std::io::Write;

use anyhow::Result;

use crate::graph::Graph;
use crate::source::Source;
use crate::tree::Tree;

/// What the rules look at.
pub(crate) struct Project {
    pub(crate) tree: Tree,
    pub(crate) graph: Graph,
}

/// One breach of one rule.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Finding {
    path: String,
    /// Counted from 1; 1 also stands for the whole file.
    line: usize,
    wrong: String,
    remedy: String,
}

impl Finding {
    fn new(path: &str, line: usize, wrong: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { path: path.to_owned(), line, wrong: wrong.into(), remedy: remedy.into() }
    }

    fn at(source: &Source, offset: usize, wrong: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::new(&source.path, source.line(offset), wrong, remedy)
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}; {}", self.path, self.line, self.wrong, self.remedy)
    }
}

/// What a rule came to.
#[derive(Default)]
pub(crate) struct Report {
    findings: Vec<Finding>,
    /// What could not be looked at, and why.
    skipped: Vec<String>,
}

impl From<Vec<Finding>> for Report {
    fn from(findings: Vec<Finding>) -> Self {
        Self { findings, skipped: Vec::new() }
    }
}

/// A rule: what it is reported under, and how it looks.
type Rule = (&'static str, fn(&Project) -> Report);

const RULES: &[Rule] = &[
    ("dependency edges", |project| edges::check(&project.graph).into()),
    ("domain", |project| domain::check(project).into()),
    ("origins", |project| origins::check(project).into()),
    ("licences", |project| licences::check(project).into()),
    ("opening", |project| opening::check(&project.tree).into()),
    ("file length", |project| file_length::check(&project.tree).into()),
    ("file names", |project| file_names::check(&project.tree).into()),
    ("file size", |project| file_size::check(&project.tree).into()),
    ("machine paths", |project| machine_paths::check(&project.tree).into()),
    ("test habits", |project| test_habits::check(&project.tree).into()),
    ("channels", |project| channels::check(&project.tree).into()),
    ("statics", |project| statics::check(&project.tree).into()),
    ("documents", |project| documents::check(&project.tree)),
    ("glossary", |project| glossary::check(&project.tree)),
    ("error codes", |project| error_codes::check(&project.tree)),
];

/// Applies every rule and prints what they found. True when they found nothing.
pub(crate) fn run(project: &Project, out: &mut dyn Write) -> Result<bool> {
    let mut found = 0;
    for (name, rule) in RULES {
        let mut report = rule(project);
        report.findings.sort();
        found += report.findings.len();
        for finding in &report.findings {
            writeln!(out, "{finding}  [{name}]")?;
        }
        for reason in &report.skipped {
            writeln!(out, "skipped: {reason}  [{name}]")?;
        }
    }
    let files = project.tree.files.len();
    writeln!(
        out,
        "tidy: {} rules over {files} files and {} packages, {found} findings",
        RULES.len(),
        project.graph.packages.len()
    )?;
    Ok(found == 0)
}
