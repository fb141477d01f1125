//! One word per thing: each type that `GLOSSARY.md` names exists in our crates.
//!
//! The table's column "in code" holds names in backticks. `Name` is a public struct, enum, trait or alias, or an id made
//! by an id macro; `Name::Variant` also needs the variant; `module::Name` needs a file of that module. A row that says
//! "(later)" is about a capability to come: its types must not exist yet, so that the mark is taken off in time.

use std::path::Path;

use crate::source::{Source, words};
use crate::tidy::{Finding, Report};
use crate::tree::Tree;

const GLOSSARY: &str = "GLOSSARY.md";

/// One finding per name without a type.
pub(super) fn check(tree: &Tree) -> Report {
    let mut report = Report::default();
    let Some(text) = tree.text(GLOSSARY) else {
        report.skipped.push(format!("no {GLOSSARY} yet"));
        return report;
    };
    let mut column = None;
    let mut seen = 0_usize;
    for (index, line) in text.lines().enumerate() {
        let cells: Vec<&str> = line.trim().trim_matches('|').split('|').map(str::trim).collect();
        if !line.trim_start().starts_with('|') {
            column = None;
        } else if let Some(at) = cells.iter().position(|cell| cell.eq_ignore_ascii_case("in code")) {
            column = Some(at);
        } else if let Some(cell) = column.and_then(|at: usize| cells.get(at)) {
            let later = line.contains("(later)");
            for name in cell.split('`').skip(1).step_by(2) {
                seen += 1;
                if let Some((wrong, remedy)) = judge(tree, name, later) {
                    report.findings.push(Finding::new(GLOSSARY, index + 1, wrong, remedy));
                }
            }
        }
    }
    if seen == 0 {
        let wrong = "no table with a column \"in code\"";
        report.findings.push(Finding::new(GLOSSARY, 1, wrong, "give each term its type there, in backticks"));
    }
    report
}

fn judge(tree: &Tree, name: &str, later: bool) -> Option<(String, &'static str)> {
    let exists = exists(tree, name);
    if later {
        return exists.then(|| (format!("`{name}` exists by now"), "take \"(later)\" off its row"));
    }
    (!exists).then(|| {
        (format!("there is no type `{name}`"), "name the type as it is in code, or mark the row \"(later)\"")
    })
}

fn exists(tree: &Tree, name: &str) -> bool {
    let parts: Vec<&str> = name.split("::").collect();
    let Some(at) = parts.iter().position(|part| part.starts_with(char::is_uppercase)) else { return false };
    let (modules, rest) = parts.split_at(at);
    tree.sources.iter().filter(|source| source.path.starts_with("crates/") && !source.is_test_file()).any(
        |source| {
            let placed = modules.last().is_none_or(|module| in_module(&source.path, module));
            placed
                && declared(source, rest[0])
                    .is_some_and(|body| rest[1..].iter().all(|part| words(body, part).next().is_some()))
        },
    )
}

/// Whether the file is `module.rs` or lies in the folder of that module.
fn in_module(path: &str, module: &str) -> bool {
    let stem = Path::new(path).file_stem();
    stem.is_some_and(|stem| stem == module) || path.split('/').any(|part| part == module)
}

/// The code of the type's declaration, if this file declares it.
fn declared<'a>(source: &'a Source, name: &'a str) -> Option<&'a str> {
    source.words(name).find_map(|at| {
        let before = source.code[..at].trim_end();
        let keyword = ["struct", "enum", "trait", "type"].iter().find(|keyword| before.ends_with(**keyword));
        let line = &before[before.rfind(['\n', ';', '}']).map_or(0, |end| end + 1)..];
        let public = keyword.is_some() && words(line, "pub").next().is_some();
        // `id!(ConversationId, "conv")`: the macro writes the declaration.
        let made = ["id!(", "id! {"].iter().any(|call| before.ends_with(call))
            && source.after(at + name.len()).starts_with(',');
        let rest = &source.code[at..];
        (public || made).then(|| &rest[..body_end(rest)])
    })
}

/// Where the declaration ends: at its matching brace, or its first semicolon.
fn body_end(rest: &str) -> usize {
    let mut depth = 0_usize;
    for (at, c) in rest.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth <= 1 => return at,
            '}' => depth -= 1,
            ';' if depth == 0 => return at,
            _ => {}
        }
    }
    rest.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    const CODE: &str = "pub struct Account;\npub enum Role { Consumer, Agent }\nstruct Hidden;\n\
                        pub(crate) struct Lane { x: u8 }\nid!(\n    /// An id.\n    SkillId,\n    \"skill\"\n);\n";

    fn wrongs(rows: &str) -> Vec<String> {
        let glossary = format!("# Words\n\n| term | in code |\n|---|---|\n{rows}");
        let tree = Tree::of(&[(GLOSSARY, &glossary), ("crates/x/src/dispatch.rs", CODE)]);
        check(&tree).findings.into_iter().map(|finding| finding.wrong).collect()
    }

    #[test]
    fn types_that_exist_are_accepted() {
        let rows = "| a | `Account` |\n| b | `Role::Consumer`, `Role::Agent` |\n| c | `dispatch::Lane` |\n| d | `SkillId` |\n| e | – |\n";
        assert_eq!(wrongs(rows), [""; 0]);
    }

    #[test]
    fn a_type_variant_or_module_that_does_not_exist_is_found() {
        let rows = "| a | `Acount`, `Hidden` |\n| b | `Role::Manager` |\n| c | `shard::Lane` |\n";
        assert_eq!(
            wrongs(rows),
            [
                "there is no type `Acount`",
                "there is no type `Hidden`",
                "there is no type `Role::Manager`",
                "there is no type `shard::Lane`",
            ]
        );
    }

    #[test]
    fn a_later_type_may_be_missing_and_must_not_exist() {
        assert_eq!(
            wrongs("| a (later) | `Campaign` |\n| b (later) | `Account` |\n"),
            ["`Account` exists by now"]
        );
    }

    #[test]
    fn a_glossary_without_its_table_is_found() {
        let report = check(&Tree::of(&[(GLOSSARY, "# Words\n")]));
        assert_eq!(report.findings.len(), 1);
    }
}
