//! What a source must not use: modules that are not there, and code made from text.

use oxc_ast::ast::{
    Argument, CallExpression, ExportAllDeclaration, ExportFromDeclaration, Expression, IdentifierReference,
    ImportDeclaration, ImportExpression, NewExpression, Program, StringLiteral,
};
use oxc_ast_visit::{Visit, walk};
use oxc_semantic::Semantic;

use super::{Finding, SourceProblem};
use crate::modules;
use crate::source::{Source, is_relative};

pub(super) fn check(
    source: &Source,
    path: &str,
    program: &Program<'_>,
    semantic: &Semantic<'_>,
) -> Vec<Finding> {
    let mut uses = Uses { source, path, semantic, findings: Vec::new() };
    uses.visit_program(program);
    uses.findings
}

struct Uses<'s> {
    source: &'s Source,
    path: &'s str,
    semantic: &'s Semantic<'s>,
    findings: Vec<Finding>,
}

impl Uses<'_> {
    /// Whether a name means the global of this name, not something that the source declares.
    fn is_global(&self, callee: &Expression<'_>, name: &str) -> bool {
        matches!(callee, Expression::Identifier(identifier) if identifier.name == name && self.is_unbound(identifier))
    }

    fn is_unbound(&self, identifier: &IdentifierReference<'_>) -> bool {
        let reference = self.semantic.scoping().get_reference(identifier.reference_id());
        reference.symbol_id().is_none()
    }

    fn code_from_text(&mut self, at: u32, what: &str) {
        let message = format!("{what} is not allowed: code comes from deployments only");
        self.findings.push(Finding::new(at, SourceProblem::EvalNotAllowed, message));
    }

    fn module(&mut self, name: &StringLiteral<'_>) {
        let (asked, at) = (name.value.as_str(), name.span.start);
        if is_relative(asked) {
            if self.source.resolve(self.path, asked).is_none() {
                let message = format!("there is no file \"{asked}\" beside {}", self.path);
                self.findings.push(Finding::new(at, SourceProblem::ModuleNotAvailable, message));
            }
        } else if !modules::exists(asked) {
            self.findings.push(Finding::new(at, SourceProblem::ModuleNotAvailable, modules::advice(asked)));
        }
    }
}

impl<'a> Visit<'a> for Uses<'_> {
    fn visit_call_expression(&mut self, call: &CallExpression<'a>) {
        let at = call.span.start;
        if self.is_global(&call.callee, "eval") {
            self.code_from_text(at, "`eval`");
        } else if self.is_global(&call.callee, "Function") {
            self.code_from_text(at, "`Function`");
        } else if self.is_global(&call.callee, "require")
            && let Some(Argument::StringLiteral(name)) = call.arguments.first()
        {
            self.module(name);
        }
        walk::walk_call_expression(self, call);
    }

    fn visit_new_expression(&mut self, made: &NewExpression<'a>) {
        if self.is_global(&made.callee, "Function") {
            self.code_from_text(made.span.start, "`new Function`");
        }
        walk::walk_new_expression(self, made);
    }

    fn visit_import_declaration(&mut self, import: &ImportDeclaration<'a>) {
        if !import.import_kind.is_type() {
            self.module(&import.source);
        }
    }

    fn visit_export_from_declaration(&mut self, export: &ExportFromDeclaration<'a>) {
        if !export.export_kind.is_type() {
            self.module(&export.source);
        }
    }

    fn visit_export_all_declaration(&mut self, export: &ExportAllDeclaration<'a>) {
        self.module(&export.source);
    }

    fn visit_import_expression(&mut self, import: &ImportExpression<'a>) {
        if let Expression::StringLiteral(name) = &import.source {
            self.module(name);
        }
        walk::walk_import_expression(self, import);
    }
}
