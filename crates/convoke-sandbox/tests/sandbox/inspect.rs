//! What an inspected run tells of itself.

use std::collections::BTreeMap;

use convoke_sandbox::{Ending, Execution, Inspection, Source};
use serde_json::json;

use crate::support::{given, sandbox};

async fn inspect(source: Source) -> Execution {
    let sandbox = sandbox();
    let program = sandbox.prepare(&source.inspected(), &BTreeMap::new()).unwrap();
    sandbox.run(&program, given(r#"{"payload":{"n":2}}"#)).await
}

#[tokio::test]
async fn a_thrown_error_comes_with_its_line_and_what_could_be_seen_there() {
    let source = "const rate = 3;\nfunction price(count) {\n  const total = count * rate;\n  if (total > 5) {\n    const why = 'too much';\n    throw new Error(why);\n  }\n  return total;\n}\nasync function lambda(input) {\n  const { n } = input.payload;\n  let later;\n  return price(n);\n}\n";
    let execution = inspect(Source::new(source)).await;
    let Ending::Threw(thrown) = execution.ending else { panic!("it did not throw") };
    assert!(thrown.stack.starts_with("at price (lambda.js:6:"), "{}", thrown.stack);
    let Inspection { at, locals, trace, statements } = execution.inspection.unwrap();
    assert_eq!(at, Some(("lambda.js".into(), 6)));
    assert_eq!(serde_json::to_value(locals).unwrap(), json!({ "count": 2, "total": 6, "why": "too much" }));
    let lines: Vec<u32> = trace.into_iter().map(|(_, line)| line).collect();
    assert_eq!((lines.as_slice(), statements), ([1, 11, 12, 13, 3, 4, 5, 6].as_slice(), 8));
}

#[tokio::test]
async fn a_run_that_answers_has_a_trace_and_answers_the_same() {
    let source = "exports.lambda = (input, callback) => {\n  const double = (n) => n * 2;\n  switch (input.payload.n) {\n    case 2: callback(null, double(2)); break;\n    default: callback(null, 0);\n  }\n};\n";
    let execution = inspect(Source::new(source)).await;
    assert_eq!(execution.ending, Ending::Returned { json: Some("4".into()) });
    let inspection = execution.inspection.unwrap();
    assert_eq!(inspection.at, None);
    assert_eq!(inspection.trace.last(), Some(&("lambda.js".to_owned(), 4)));
}

#[tokio::test]
async fn typescript_and_several_files_are_told_by_the_authors_lines() {
    let files = [
        (
            "index.ts",
            "import { half } from './half';\ninterface Input {\n  payload: { n: number };\n}\nexport async function lambda(input: Input): Promise<number> {\n  const n: number = input.payload.n;\n  return half(n);\n}\n",
        ),
        (
            "half.ts",
            "export function half(n: number): number {\n  const left: number = n / 2;\n  throw new Error('no');\n}\n",
        ),
    ];
    let source =
        Source::of_files(files.iter().map(|(path, text)| ((*path).to_owned(), (*text).into())).collect());
    let inspection = inspect(source.unwrap()).await.inspection.unwrap();
    assert_eq!(inspection.at, Some(("half.ts".into(), 3)));
    assert_eq!(serde_json::to_value(inspection.locals).unwrap(), json!({ "n": 2, "left": 1 }));
}

#[tokio::test]
async fn a_plain_run_tells_nothing() {
    let execution = crate::support::run("function lambda() { return 1 }", "{}").await;
    assert_eq!(execution.inspection, None);
}
