//! Every error that leaves the house has a code, and every code a section in `docs/reference/errors.md`.
//!
//! The convention: a type whose name ends with `Error`, `ErrorCode`, `Problem` or `Rejection` tells its code in a method
//! `code` (`ErrorCode` may call it `as_str`), and each string literal there is a code: `area.what_is_wrong`, lower case.
//! A section is a heading `## area.what_is_wrong` (backticks allowed). Sections without a code are found too.

use std::collections::BTreeMap;

use crate::source::Source;
use crate::tidy::{Finding, Report};
use crate::tree::Tree;

const PAGE: &str = "docs/reference/errors.md";
const TYPES: [&str; 4] = ["Error", "ErrorCode", "Problem", "Rejection"];

/// One finding per code without a section, section without a code, and code of another form.
pub(super) fn check(tree: &Tree) -> Report {
    let mut report = Report::default();
    let mut codes: BTreeMap<String, (&Source, usize)> = BTreeMap::new();
    let ours =
        tree.sources.iter().filter(|source| source.path.starts_with("crates/") && !source.is_test_file());
    for source in ours {
        for (offset, code) in codes_of(source) {
            if !is_code(&code) {
                let remedy = "write it as `area.what_is_wrong`, in lower case";
                report.findings.push(Finding::at(
                    source,
                    offset,
                    format!("`{code}` is not an error code"),
                    remedy,
                ));
            }
            codes.entry(code).or_insert((source, offset));
        }
        report.findings.extend(unseen(source));
    }
    let sections = sections(tree.text(PAGE).unwrap_or_default());
    if codes.is_empty() && sections.is_empty() {
        report.skipped.push("no error codes yet".to_owned());
    }
    for (code, (source, offset)) in &codes {
        if !sections.contains_key(code) {
            let wrong = format!("the error code `{code}` is not documented");
            report.findings.push(Finding::at(
                source,
                *offset,
                wrong,
                format!("add a section `## {code}` to {PAGE}"),
            ));
        }
    }
    for (code, line) in sections.iter().filter(|(code, _)| !codes.contains_key(*code)) {
        let wrong = format!("no error has the code `{code}`");
        report.findings.push(Finding::new(PAGE, *line, wrong, "remove the section, or correct the code"));
    }
    report
}

/// The codes of a file and where they stand.
fn codes_of(source: &Source) -> Vec<(usize, String)> {
    let impls = source.impls();
    let mut codes = Vec::new();
    for function in source.functions() {
        let owner =
            impls.iter().find(|(_, span)| span.contains(&function.span.start)).map_or("", |(name, _)| name);
        let tells = function.name == "code" || (function.name == "as_str" && owner == "ErrorCode");
        if tells && !source.in_test(function.span.start) && TYPES.iter().any(|suffix| owner.ends_with(suffix))
        {
            let inside = source.literals.iter().filter(|literal| function.span.contains(&literal.offset));
            codes.extend(inside.map(|literal| (literal.offset, literal.text.clone())));
        }
    }
    codes
}

/// An `ErrorCode` whose codes this rule cannot see would make it silent.
fn unseen(source: &Source) -> Option<Finding> {
    let offset = source.words("ErrorCode").find(|at| source.code[..*at].trim_end().ends_with("enum"))?;
    codes_of(source).is_empty().then(|| {
        let remedy = "tell each code as a literal in a method `code` beside it";
        Finding::at(source, offset, "the codes of `ErrorCode` cannot be seen", remedy)
    })
}

fn is_code(text: &str) -> bool {
    let part = |part: &str| {
        part.starts_with(|c: char| c.is_ascii_lowercase())
            && part.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
    };
    text.contains('.') && text.split('.').all(part)
}

/// The sections of the page that are about a code, with their lines. Other headings have no dot in them.
fn sections(page: &str) -> BTreeMap<String, usize> {
    let headings = page.lines().enumerate().filter_map(|(index, line)| {
        let heading = line.strip_prefix("## ")?.trim().trim_matches('`');
        is_code(heading).then(|| (heading.to_owned(), index + 1))
    });
    headings.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const CODE: &str = "impl DeployError {\n    pub fn code(&self) -> &'static str {\n        match self {\n            \
                        Self::A => \"function.not_found\",\n            Self::B => \"function.syntax\",\n        }\n    }\n}\n\
                        impl Colour { fn code(&self) -> &'static str { \"red\" } }\n";

    fn wrongs(code: &str, page: &str) -> Vec<String> {
        let tree = Tree::of(&[("crates/x/src/a.rs", code), (PAGE, page)]);
        check(&tree).findings.into_iter().map(|finding| finding.wrong).collect()
    }

    #[test]
    fn documented_codes_are_accepted() {
        assert_eq!(
            wrongs(CODE, "# Errors\n\n## How to read\n\n## function.not_found\n\n## `function.syntax`\n"),
            [""; 0]
        );
    }

    #[test]
    fn a_code_without_a_section_and_a_section_without_a_code_are_found() {
        assert_eq!(
            wrongs(CODE, "## function.not_found\n## function.gone\n"),
            ["the error code `function.syntax` is not documented", "no error has the code `function.gone`"]
        );
    }

    #[test]
    fn a_code_of_another_form_is_found() {
        let code = "impl ErrorCode { fn as_str(self) -> &'static str { \"NotFound\" } }";
        assert_eq!(wrongs(code, "")[0], "`NotFound` is not an error code");
    }

    #[test]
    fn an_error_code_type_that_hides_its_codes_is_found() {
        assert_eq!(wrongs("pub enum ErrorCode { A }", ""), ["the codes of `ErrorCode` cannot be seen"]);
    }
}
