//! The size of our own files and functions, crate by crate, next to the budgets that we hold ourselves to.
//!
//! Counted without tests: `#[cfg(test)]` items, `tests/`, `benches/` and `examples/` are left out.

use std::collections::BTreeMap;
use std::io::Write;

use anyhow::Result;

use crate::source::Source;
use crate::tree::Tree;

/// What was counted, over one crate or all of them.
#[derive(Default)]
struct Count {
    /// Lines of each file.
    files: Vec<usize>,
    /// Lines of each function.
    functions: Vec<usize>,
    /// Files that open with `//!`.
    opened: usize,
    tests: usize,
}

/// Lines of a function that no longer fits a screen.
const FUNCTION_LINES_MAX: usize = 70;

impl Count {
    fn add(&mut self, source: &Source) {
        self.tests +=
            source.functions().iter().filter(|function| is_test(source, function.span.start)).count();
        if source.is_test_file() || source.path.contains("/benches/") || source.path.contains("/examples/") {
            return;
        }
        self.files.push(source.lines_without_tests());
        self.opened += usize::from(source.text.starts_with("//!"));
        let shipped = source.functions().into_iter().filter(|function| !source.in_test(function.span.start));
        self.functions.extend(
            shipped.map(|function| source.line(function.span.end - 1) + 1 - source.line(function.span.start)),
        );
    }

    fn row(&self, name: &str) -> String {
        let files = &self.files;
        let functions = &self.functions;
        let long = functions.iter().filter(|lines| **lines > FUNCTION_LINES_MAX).count();
        format!(
            "| {name} | {} | {} | {} / {} / {} | {} % | {} / {} | {long} | {} |",
            files.len(),
            files.iter().sum::<usize>(),
            share(files, 50),
            share(files, 90),
            share(files, 100),
            (self.opened * 100).checked_div(files.len()).unwrap_or(100),
            share(functions, 50),
            share(functions, 90),
            self.tests,
        )
    }
}

/// Whether `#[test]`, or `#[tokio::test]`, stands right before this function.
fn is_test(source: &Source, start: usize) -> bool {
    let before = &source.code[..start];
    let attributes = &before[before.rfind(['}', ';', '{']).map_or(0, |end| end + 1)..];
    attributes.contains("#[test]") || attributes.contains("::test]") || attributes.contains("::test(")
}

/// The value that `percent` of the values do not exceed.
fn share(values: &[usize], percent: usize) -> usize {
    let mut sorted = values.to_vec();
    sorted.sort_unstable();
    let rank = (sorted.len() * percent).div_ceil(100).saturating_sub(1);
    sorted.get(rank).copied().unwrap_or_default()
}

/// Prints the table.
pub(crate) fn run(tree: &Tree, out: &mut dyn Write) -> Result<()> {
    let mut crates: BTreeMap<&str, Count> = BTreeMap::new();
    let mut total = Count::default();
    for source in &tree.sources {
        let mut parts = source.path.split('/');
        let first = parts.next().unwrap_or_default();
        let name = if first == "xtask" { first } else { parts.next().unwrap_or(first) };
        crates.entry(name).or_default().add(source);
        total.add(source);
    }
    writeln!(
        out,
        "| crate | files | lines | file median / p90 / max | `//!` | fn median / p90 | fns > 70 | tests |"
    )?;
    writeln!(out, "|---|---|---|---|---|---|---|---|")?;
    for (name, count) in &crates {
        writeln!(out, "{}", count.row(name))?;
    }
    writeln!(out, "{}", total.row("all"))?;
    writeln!(out, "| budget | | | 200 / 500 / 600 | 100 % | – / 30 | 0 | |")?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_values_of_the_list() {
        let values: Vec<usize> = (1..=10).rev().collect();
        assert_eq!((share(&values, 50), share(&values, 90), share(&values, 100)), (5, 9, 10));
        assert_eq!(share(&[], 50), 0);
    }

    #[test]
    fn the_table_counts_code_without_tests() {
        let body = "    x();\n".repeat(70);
        let code = format!(
            "//! A.\nfn long() {{\n{body}}}\n#[cfg(test)]\nmod tests {{\n    #[test]\n    fn a() {{}}\n}}\n"
        );
        let tree = Tree::of(&[
            ("crates/x/src/a.rs", &code),
            ("crates/x/tests/b.rs", "#[tokio::test]\nasync fn b() {}\n"),
        ]);
        let mut out = Vec::new();
        run(&tree, &mut out).expect("a list of bytes takes everything");
        let text = String::from_utf8(out).expect("the table is text");
        assert!(text.contains("| x | 1 | 73 | 73 / 73 / 73 | 100 % | 72 / 72 | 1 | 2 |"), "{text}");
    }
}
