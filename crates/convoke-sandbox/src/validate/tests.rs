//! Findings by source.

use super::*;

fn found(source: &str) -> Vec<(&'static str, u32, u32)> {
    of(&Source::new(source))
}

fn of(source: &Source) -> Vec<(&'static str, u32, u32)> {
    validate(source).into_iter().map(|finding| (finding.code, finding.line, finding.column)).collect()
}

fn of_files(files: &[(&str, &str)]) -> Vec<(&'static str, u32, u32)> {
    of(&Source::of_files(files.iter().map(|(path, text)| ((*path).to_owned(), (*text).into())).collect())
        .unwrap())
}

#[test]
fn sources_as_developers_write_them_have_no_findings() {
    let sources = [
        "function lambda(input, callback) { callback(null, 'hi'); }",
        "async function lambda(input) { return input.payload; }",
        "const lambda = async (input) => input;",
        "let lambda; lambda = function (input, cb) { setTimeout(cb, 1); };",
        "exports.lambda = (input, callback) => callback();",
        "module.exports = { lambda(input) { return 1; } };",
        "module.exports.lambda = async function () {};",
        "Object.assign(exports, { lambda: () => 1 });",
        "export default async function (input) { return 1; }",
        "const f = () => 1; export { f as lambda };",
        "import { Toolbelt } from 'core-functions-toolbelt'; import _ from 'lodash'; export const lambda = () => _.get(Toolbelt, 'x');",
        "const get = require('lodash/get'), crypto = require('node:crypto'); function lambda(input, callback) { return helper(callback); }",
        "function lambda(input, callback) { arguments[1](null); }",
        "function require(x) { return x; } function lambda() { return require('anything'); }",
        "function lambda() { const local = { eval() {} }; return local.eval('1'); }",
    ];
    for source in sources {
        assert_eq!(found(source), [], "{source}");
    }
}

#[test]
fn each_mistake_has_its_code_and_place() {
    let cases = [
        ("function lambda( { ", "function.syntax", 1, 20),
        ("const a = 1;\nconst a = 2;\nfunction lambda() {}", "function.syntax", 1, 7),
        ("function handler(input) {}", "function.no_lambda", 1, 1),
        ("async function lambda(input,\n  callback) { return 1; }", "function.callback_unused", 2, 3),
        ("function lambda() {\n  return eval('1');\n}", "function.eval_not_allowed", 2, 10),
        ("const f = new Function('return 1'); function lambda() {}", "function.eval_not_allowed", 1, 11),
        ("function lambda() { return Function('x'); }", "function.eval_not_allowed", 1, 28),
        ("const fs = require('fs');\nfunction lambda() {}", "function.module_not_available", 1, 20),
        (
            "import axios from 'axios';\nexport const lambda = () => 1;",
            "function.module_not_available",
            1,
            19,
        ),
        ("function lambda() { return import('left-pad'); }", "function.module_not_available", 1, 35),
        ("const a = require('./a'); function lambda() {}", "function.module_not_available", 1, 19),
    ];
    for (source, code, line, column) in cases {
        assert_eq!(found(source), [(code, line, column)], "{source}");
    }
}

#[test]
fn a_module_that_is_not_there_comes_with_what_to_use() {
    let message = |source| validate(&Source::new(source)).remove(0).message;
    assert_eq!(
        message("require('https'); function lambda() {}"),
        "the module \"https\" is not available here; use fetch"
    );
    assert!(message("require('left-pad'); function lambda() {}").contains("lodash, lp-faas-toolbelt, luxon"));
}

#[test]
fn the_length_is_counted_in_characters() {
    let lambda = "function lambda() {} //";
    let filled = |count: usize| format!("{lambda}{}", "ü".repeat(count - lambda.len()));
    assert_eq!(found(&filled(SOURCE_CHARACTERS_MAX)), []);
    assert_eq!(found(&filled(SOURCE_CHARACTERS_MAX + 1)), [("function.source_too_long", 1, 1)]);
}

#[test]
fn several_files_are_checked_each_by_its_path() {
    let good = [
        (
            "index.ts",
            "import { a } from './lib/a';\nimport type { T } from './types';\nexport async function lambda(input: T): Promise<number> { return a; }",
        ),
        ("lib/a.ts", "export const a: number = 1;"),
        ("types.ts", "export interface T { payload: unknown }"),
    ];
    assert_eq!(of_files(&good), []);
    let files = [
        ("index.js", "const a = require('./a');\nexports.lambda = () => a;"),
        ("a.js", "module.exports = (;"),
    ];
    let source =
        Source::of_files(files.iter().map(|(path, text)| ((*path).to_owned(), (*text).into())).collect())
            .unwrap();
    let findings = validate(&source);
    assert_eq!((findings[0].file.as_deref(), findings[0].code), (Some("a.js"), "function.syntax"));
}

/// Each nests at every character or nearly so; the walk over it must come back, whatever it finds.
#[test]
fn sources_that_nest_as_deeply_as_they_can_are_read_without_harm() {
    let whole = |unit: &str| unit.repeat(SOURCE_CHARACTERS_MAX / unit.len() - 1);
    let units = [
        "[",
        "(",
        "{",
        "!",
        "-",
        "- ",
        "a=>",
        "a?",
        "a?b:",
        "a+",
        "`${",
        "new ",
        "if(1)",
        "f(",
        "a[",
        "x=",
        "x??",
        "function f(){",
        "class A{x=",
        "()=>{",
        "label:",
        "for(;;)",
        "await ",
        "{a:",
        "a.",
        "a,",
        "<T>",
        "a&&",
        "/(",
    ];
    for unit in units {
        let _ = found(&whole(unit));
        let _ = of_files(&[("index.ts", &whole(unit))]);
        let _ = found(&format!("{}1", whole(unit)));
        let _ = crate::source::compile(&Source::new(whole(unit)));
    }
}
