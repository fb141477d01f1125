//! From what the author wrote to what the engine takes: types are stripped, and it is found out what is a module.
//!
//! JavaScript passes untouched, so its positions are exact; TypeScript brings a map from the engine's positions to the author's.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use oxc_allocator::Allocator;
use oxc_ast::ast::Program;
use oxc_codegen::{Codegen, CodegenOptions, CodegenReturn};
use oxc_diagnostics::OxcDiagnostic;
use oxc_parser::Parser;
use oxc_semantic::SemanticBuilder;
use oxc_span::SourceType;
use oxc_transformer::{TransformOptions, Transformer};

use super::inspect::instrument;
use super::{Source, with_deep_stack};
use crate::limits::SOURCE_CHARACTERS_MAX;

/// What the engine does with a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Evaluates it as an ES module.
    Module,
    /// Evaluates it with `require`, `module` and `exports`.
    Script,
    /// Parses it.
    Json,
}

/// A source that the engine takes.
#[derive(Debug)]
pub(crate) struct Compiled {
    source: Source,
    files: BTreeMap<String, File>,
}

#[derive(Debug)]
struct File {
    text: Arc<str>,
    kind: Kind,
    /// Engine's line and column, author's line and column; in order, all from 0. Empty: they are equal.
    positions: Vec<[(u32, u32); 2]>,
}

/// Why a source does not compile.
#[derive(Debug)]
pub(crate) enum NotCompiled {
    /// It does not parse.
    Syntax { file: String, line: u32, column: u32, message: String },
    /// There is no thread for it.
    NoThread(String),
}

/// Compiles every file.
pub(crate) fn compile(source: &Source) -> Result<Compiled, NotCompiled> {
    let characters = source.bytes().min(SOURCE_CHARACTERS_MAX * 4);
    let compiling = || {
        source
            .files()
            .map(|(path, text)| Ok((path.to_owned(), file(source, path, text)?)))
            .collect::<Result<BTreeMap<_, _>, NotCompiled>>()
    };
    let files = with_deep_stack(characters, compiling)
        .map_err(|error| NotCompiled::NoThread(error.to_string()))??;
    Ok(Compiled { source: source.clone(), files })
}

impl Compiled {
    /// The file in which the function begins: path, text, and whether it is a module.
    pub(crate) fn entry(&self) -> (&str, &str, bool) {
        let path = self.source.entry();
        let file = &self.files[path];
        (path, &file.text, file.kind == Kind::Module)
    }

    /// The file that `asked` means in the file `from`: path, text, kind.
    pub(crate) fn find(&self, from: &str, asked: &str) -> Option<(&str, &str, Kind)> {
        let (path, file) = self.files.get_key_value(self.source.resolve(from, asked)?)?;
        Some((path, &file.text, file.kind))
    }

    /// Whether the author wrote a file of this name.
    pub(crate) fn has(&self, path: &str) -> bool {
        self.files.contains_key(path)
    }

    /// Where the author wrote what the engine finds at this line and column (from 1).
    pub(crate) fn authored(&self, path: &str, line: u32, column: u32) -> (u32, u32) {
        let positions = self.files.get(path).map(|file| file.positions.as_slice()).unwrap_or_default();
        let sought = (line.saturating_sub(1), column.saturating_sub(1));
        let after = positions.partition_point(|[engine, _]| *engine <= sought);
        match after.checked_sub(1).and_then(|at| positions.get(at)) {
            Some([_, (line, column)]) => (line + 1, column + 1),
            None => (line, column),
        }
    }

    /// Memory that it occupies, in bytes.
    pub(crate) fn size(&self) -> usize {
        let one = |file: &File| file.text.len() + size_of_val(file.positions.as_slice());
        self.source.bytes() + self.files.values().map(one).sum::<usize>()
    }
}

fn file(source: &Source, path: &str, text: &str) -> Result<File, NotCompiled> {
    if is_json(path) {
        return Ok(File { text: text.into(), kind: Kind::Json, positions: Vec::new() });
    }
    let told = source.inspected.then(|| instrument(path, text, kind_of(path)));
    let text = told.as_deref().unwrap_or(text);
    let plain = |kind| File { text: text.into(), kind, positions: Vec::new() };
    let allocator = Allocator::default();
    let parsed = Parser::new(&allocator, text, kind_of(path)).parse();
    if let Some(error) = parsed.diagnostics.errors().next() {
        let (line, column) = place(text, error);
        return Err(NotCompiled::Syntax {
            file: path.to_owned(),
            line,
            column,
            message: error.message.to_string(),
        });
    }
    if is(path, "ts") {
        return strip(path, &allocator, parsed.program);
    }
    Ok(plain(if parsed.program.source_type.is_module() { Kind::Module } else { Kind::Script }))
}

/// Whether a file is data, not code.
pub(crate) fn is_json(path: &str) -> bool {
    is(path, "json")
}

fn is(path: &str, ending: &str) -> bool {
    Path::new(path).extension().is_some_and(|found| found == ending)
}

/// How a file is to be read.
pub(crate) fn kind_of(path: &str) -> SourceType {
    match Path::new(path).extension().and_then(|ending| ending.to_str()) {
        Some("ts") => SourceType::ts().with_unambiguous(true),
        Some("mjs") => SourceType::mjs(),
        Some("cjs") => SourceType::script(),
        _ => SourceType::unambiguous(),
    }
}

/// Removes the types.
fn strip<'a>(path: &str, allocator: &'a Allocator, mut program: Program<'a>) -> Result<File, NotCompiled> {
    let text = program.source_text;
    let wrong = |error: &OxcDiagnostic| {
        let (line, column) = place(text, error);
        NotCompiled::Syntax { file: path.to_owned(), line, column, message: error.message.to_string() }
    };
    let built = SemanticBuilder::new().with_excess_capacity(2.0).with_enum_eval(true).build(&program);
    if let Some(error) = built.diagnostics.errors().next() {
        return Err(wrong(error));
    }
    let scoping = built.semantic.into_scoping();
    let options = TransformOptions::default();
    let transformed =
        Transformer::new(allocator, Path::new(path), &options).build_with_scoping(scoping, &mut program);
    if let Some(error) = transformed.diagnostics.errors().next() {
        return Err(wrong(error));
    }
    let is_module = program.source_type.is_module();
    let mapped = CodegenOptions { source_map_path: Some(path.into()), ..CodegenOptions::default() };
    let CodegenReturn { code, map, .. } = Codegen::new().with_options(mapped).build(&program);
    let mut positions = Vec::new();
    if let Some(map) = map {
        positions.extend(map.get_tokens().map(|token| {
            [(token.get_dst_line(), token.get_dst_col()), (token.get_src_line(), token.get_src_col())]
        }));
    }
    positions.sort_unstable();
    Ok(File { text: code.into(), kind: if is_module { Kind::Module } else { Kind::Script }, positions })
}

/// Line and column (from 1) of an error.
pub(crate) fn place(text: &str, error: &OxcDiagnostic) -> (u32, u32) {
    position(text, error.labels.first().map_or(0, |label| label.offset() as usize))
}

/// Line and column (from 1, in characters) of a byte.
pub(crate) fn position(text: &str, at: usize) -> (u32, u32) {
    let before = &text[..text.floor_char_boundary(at.min(text.len()))];
    let start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX).saturating_add(1);
    (number(before.matches('\n').count()), number(before[start..].chars().count()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compiled(path: &str, text: &str) -> Compiled {
        compile(&Source::of_files([(path.to_owned(), text.into())].into()).unwrap()).unwrap()
    }

    #[test]
    fn types_are_stripped_and_positions_lead_back() {
        let source = "interface A {\n  b: number;\n}\nenum E { X = 2 }\nconst f = (a: A): number => a.b!;\nexport const lambda = () => { throw new Error(`${f({ b: E.X })}`); };\n";
        let compiled = compiled("index.ts", source);
        let (path, text, is_module) = compiled.entry();
        assert!(is_module && !text.contains("interface") && !text.contains(": number"), "{text}");
        let line = text.lines().position(|line| line.contains("throw")).unwrap();
        let column = text.lines().nth(line).unwrap().find("throw").unwrap();
        let engine = (u32::try_from(line).unwrap() + 1, u32::try_from(column).unwrap() + 1);
        assert_eq!(compiled.authored(path, engine.0, engine.1), (6, 31));
    }

    #[test]
    fn a_module_is_told_from_a_script_by_its_syntax_only() {
        assert!(compiled("index.js", "export const a = 1").entry().2);
        assert!(!compiled("index.js", "const a = `\nimport x\nexport y`; /*\nimport z */").entry().2);
    }

    #[test]
    fn a_syntax_error_has_its_place_in_characters() {
        let source = Source::new("// üü\nconst ü = ];");
        let Err(NotCompiled::Syntax { line, column, .. }) = compile(&source) else { panic!("it parses") };
        assert_eq!((line, column), (2, 11));
    }
}
