//! Whether there is a `lambda`, and whether one that takes a callback can give its answer.

#![expect(clippy::wildcard_enum_match_arm, reason = "the tree is oxc's; most of its kinds mean nothing here")]

use oxc_ast::ast::{
    AssignmentTarget, BindingPattern, Declaration, ExportDefaultDeclarationKind, ExportSpecifier, Expression,
    FormalParameters, Function, ModuleExportName, Program, Statement,
};
use oxc_semantic::Semantic;
use oxc_span::GetSpan;

use super::{Finding, SourceProblem};

/// The name by which a function begins.
const NAME: &str = "lambda";

/// What was found of it.
enum Found<'p, 'a> {
    /// Nothing.
    No,
    /// It is there, but its parameters are not known here.
    Somehow,
    /// With these parameters.
    With(&'p FormalParameters<'a>),
}

pub(super) fn check(program: &Program<'_>, semantic: &Semantic<'_>) -> Vec<Finding> {
    let found = program.body.iter().map(of_statement).find(|found| !matches!(found, Found::No));
    match found {
        None | Some(Found::No) => vec![Finding::new(
            0,
            SourceProblem::NoLambda,
            "there is no function `lambda`: define `function lambda(input, callback)` or `async function lambda(input)`, or export it",
        )],
        Some(Found::Somehow) => Vec::new(),
        Some(Found::With(parameters)) => unused_callback(parameters, semantic).into_iter().collect(),
    }
}

/// A callback that nothing refers to is never called, and the function never completes.
fn unused_callback(parameters: &FormalParameters<'_>, semantic: &Semantic<'_>) -> Option<Finding> {
    let callback = parameters.items.get(1)?;
    let BindingPattern::BindingIdentifier(name) = &callback.pattern else { return None };
    let scoping = semantic.scoping();
    let by_arguments = scoping.root_unresolved_references().keys().any(|name| name.as_str() == "arguments");
    (scoping.symbol_is_unused(name.symbol_id()) && !by_arguments).then(|| {
        let message = format!(
            "the callback `{0}` is never used, so the function never answers: call `{0}`, or take one parameter and return the answer",
            name.name
        );
        Finding::new(callback.span().start, SourceProblem::CallbackUnused, message)
    })
}

fn of_statement<'p, 'a>(statement: &'p Statement<'a>) -> Found<'p, 'a> {
    match statement {
        Statement::FunctionDeclaration(function) => of_function(function),
        Statement::VariableDeclaration(variables) => of_variables(variables),
        Statement::ExportDeclaration(export) => match &export.declaration {
            Declaration::FunctionDeclaration(function) => of_function(function),
            Declaration::VariableDeclaration(variables) => of_variables(variables),
            _ => Found::No,
        },
        Statement::ExportNamedDeclaration(export) => of_exported(&export.specifiers),
        Statement::ExportFromDeclaration(export) => of_exported(&export.specifiers),
        Statement::ExportDefaultDeclaration(export) => match &export.declaration {
            ExportDefaultDeclarationKind::FunctionDeclaration(function) => Found::With(&function.params),
            ExportDefaultDeclarationKind::ArrowFunctionExpression(function) => Found::With(&function.params),
            _ => Found::Somehow,
        },
        Statement::ExportAllDeclaration(_) => Found::Somehow,
        Statement::ImportDeclaration(import) => {
            let locals = import.specifiers.iter().flatten();
            let named = locals.into_iter().any(|specifier| specifier.local().name == NAME);
            if named { Found::Somehow } else { Found::No }
        }
        Statement::ExpressionStatement(statement) => of_expression(&statement.expression),
        _ => Found::No,
    }
}

fn of_exported<'p, 'a>(specifiers: &[ExportSpecifier<'a>]) -> Found<'p, 'a> {
    if specifiers.iter().any(|specifier| is_answer(&specifier.exported)) { Found::Somehow } else { Found::No }
}

fn is_answer(name: &ModuleExportName<'_>) -> bool {
    matches!(name.name().as_str(), NAME | "default")
}

fn of_function<'p, 'a>(function: &'p Function<'a>) -> Found<'p, 'a> {
    match &function.id {
        Some(id) if id.name == NAME => Found::With(&function.params),
        _ => Found::No,
    }
}

fn of_variables<'p, 'a>(variables: &'p oxc_ast::ast::VariableDeclaration<'a>) -> Found<'p, 'a> {
    for variable in &variables.declarations {
        let names = variable.id.get_binding_identifiers();
        if names.iter().any(|name| name.name == NAME) {
            return variable.init.as_ref().map_or(Found::Somehow, of_value);
        }
    }
    Found::No
}

fn of_value<'p, 'a>(value: &'p Expression<'a>) -> Found<'p, 'a> {
    match value {
        Expression::FunctionExpression(function) => Found::With(&function.params),
        Expression::ArrowFunctionExpression(function) => Found::With(&function.params),
        _ => Found::Somehow,
    }
}

/// `exports.lambda = …`, `module.exports = …`, `lambda = …`, and whatever else is done with `exports`.
fn of_expression<'p, 'a>(expression: &'p Expression<'a>) -> Found<'p, 'a> {
    match expression {
        Expression::AssignmentExpression(assignment) => match &assignment.left {
            AssignmentTarget::AssignmentTargetIdentifier(name) if name.name == NAME => {
                of_value(&assignment.right)
            }
            AssignmentTarget::StaticMemberExpression(member) => {
                let name = member.property.name.as_str();
                if matches!(name, NAME | "default" | "exports") {
                    of_value(&assignment.right)
                } else {
                    Found::No
                }
            }
            AssignmentTarget::ComputedMemberExpression(_) => Found::Somehow,
            _ => Found::No,
        },
        // `Object.assign(exports, …)` and the like.
        Expression::CallExpression(call) if !call.arguments.is_empty() => {
            let first = call.arguments[0].as_expression();
            let exports = first.is_some_and(|first| match first {
                Expression::Identifier(name) => name.name == "exports",
                Expression::StaticMemberExpression(member) => member.property.name == "exports",
                _ => false,
            });
            if exports { Found::Somehow } else { Found::No }
        }
        _ => Found::No,
    }
}
