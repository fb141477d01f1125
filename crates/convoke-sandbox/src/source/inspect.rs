//! A source that tells where it is: before each statement it names its line and what can be seen there.
//!
//! For inspected runs only. Promises: lines stay lines, so stacks are true but for columns; what is seen is read when it is
//! asked for, so an inspected run does what the plain one does. Leaves out: statements that are no statements of a block.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use oxc_allocator::{Allocator, Vec as ArenaVec};
use oxc_ast::ast::{BlockStatement, FunctionBody, Program, Statement, SwitchCase};
use oxc_ast_visit::{Visit, walk};
use oxc_parser::Parser;
use oxc_semantic::{ScopeFlags, ScopeId, Scoping, SemanticBuilder};
use oxc_span::{GetSpan, SourceType};

use super::position;

/// Variables named at one place: more fill no screen.
const NAMES_MAX: usize = 50;

/// The same source, telling where it is.
pub(super) fn instrument(path: &str, text: &str, kind: SourceType) -> String {
    let allocator = Allocator::default();
    let parsed = Parser::new(&allocator, text, kind).parse();
    let built = SemanticBuilder::new().build(&parsed.program);
    let scoping = built.semantic.scoping();
    let mut places =
        Places { path, text, scoping, scope: scoping.root_scope_id(), insertions: BTreeMap::new() };
    places.visit_program(&parsed.program);
    let mut out = String::with_capacity(text.len() * 2);
    let mut from = 0;
    for (at, told) in places.insertions {
        out.push_str(&text[from..at]);
        out.push_str(&told);
        from = at;
    }
    out.push_str(&text[from..]);
    out
}

struct Places<'s> {
    path: &'s str,
    text: &'s str,
    scoping: &'s Scoping,
    scope: ScopeId,
    insertions: BTreeMap<usize, String>,
}

impl Places<'_> {
    fn tell<'a>(&mut self, statements: &ArenaVec<'a, Statement<'a>>) {
        for statement in statements {
            let is_told = !matches!(
                statement,
                Statement::FunctionDeclaration(_)
                    | Statement::ImportDeclaration(_)
                    | Statement::ExportDeclaration(_)
                    | Statement::ExportNamedDeclaration(_)
                    | Statement::ExportFromDeclaration(_)
                    | Statement::ExportDefaultDeclaration(_)
                    | Statement::ExportAllDeclaration(_)
                    | Statement::EmptyStatement(_)
            );
            if is_told {
                let at = statement.span().start as usize;
                let (line, _) = position(self.text, at);
                let told = format!("__convokeAt({:?},{line},{{{}}});", self.path, self.visible());
                self.insertions.insert(at, told);
            }
        }
    }

    /// `get a(){return a},…` for what can be seen here, innermost first, without what the whole file sees.
    fn visible(&self) -> String {
        let mut names: Vec<&str> = Vec::new();
        for scope in self.scoping.scope_ancestors(self.scope) {
            if self.scoping.scope_flags(scope).contains(ScopeFlags::Top) {
                break;
            }
            for name in self.scoping.get_bindings(scope).keys() {
                let name = name.as_str();
                if !names.contains(&name) && name != "arguments" && names.len() < NAMES_MAX {
                    names.push(name);
                }
            }
        }
        names.iter().fold(String::new(), |mut out, name| {
            // Writing to a string cannot fail.
            let _ = write!(out, "get {name}(){{return {name}}},");
            out
        })
    }
}

impl<'a> Visit<'a> for Places<'_> {
    fn enter_scope(&mut self, _: ScopeFlags, scope: &std::cell::Cell<Option<ScopeId>>) {
        self.scope = scope.get().unwrap_or(self.scope);
    }

    fn leave_scope(&mut self) {
        self.scope = self.scoping.scope_parent_id(self.scope).unwrap_or(self.scope);
    }

    fn visit_program(&mut self, program: &Program<'a>) {
        self.tell(&program.body);
        walk::walk_program(self, program);
    }

    fn visit_function_body(&mut self, body: &FunctionBody<'a>) {
        self.tell(&body.statements);
        walk::walk_function_body(self, body);
    }

    fn visit_block_statement(&mut self, block: &BlockStatement<'a>) {
        if let Some(scope) = block.scope_id.get() {
            let outer = std::mem::replace(&mut self.scope, scope);
            self.tell(&block.body);
            self.scope = outer;
        }
        walk::walk_block_statement(self, block);
    }

    fn visit_switch_case(&mut self, case: &SwitchCase<'a>) {
        self.tell(&case.consequent);
        walk::walk_switch_case(self, case);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> String {
        instrument("lambda.js", text, SourceType::unambiguous())
    }

    #[test]
    fn each_statement_of_a_block_is_told_with_what_can_be_seen() {
        let source = "const top = 1;\nfunction lambda(input) {\n  const a = 1;\n  if (a) { let b = 2; return b; }\n}\n";
        let told = told(source);
        let lines: Vec<_> = told.lines().collect();
        assert_eq!(lines[0], "__convokeAt(\"lambda.js\",1,{});const top = 1;");
        assert!(lines[1].starts_with("function lambda(input) {"), "{told}");
        assert!(
            lines[2].contains("get input(){return input}") && lines[2].contains("get a(){return a}"),
            "{told}"
        );
        assert!(lines[3].contains("get b(){return b}"), "{told}");
        assert_eq!(told.lines().count(), source.lines().count());
    }
}
