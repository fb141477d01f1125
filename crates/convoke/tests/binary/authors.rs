//! What helps the author of a function: all mistakes at once, several files, a look inside a run, runs without network.

use crate::support::{Dev, all};

/// A folder of a function that is only called, with these files.
fn project(files: &[(&str, &str)]) -> Dev {
    let dev = Dev::start();
    dev.ok(&["function", "new", "mine", "--template", "greeting"]);
    let folder = dev.path().join("functions/mine");
    std::fs::remove_file(folder.join("index.js")).unwrap();
    for (path, text) in files {
        let path = folder.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    dev
}

#[test]
fn every_mistake_of_a_source_is_told_at_once() {
    let source =
        "const child = require('child_process');\nfunction lambda(input, callback) {\n  eval('1');\n}\n";
    let dev = project(&[("index.js", source)]);
    let said = all(&dev.run(&["function", "push", "mine"]));
    for part in ["line 1", "function.module_not_available", "line 3", "function.eval_not_allowed"] {
        assert!(said.contains(part), "{part} is not in {said}");
    }
}

#[test]
fn a_function_of_several_typescript_files_is_pushed_run_and_pulled() {
    let index = "import { greet } from './lib/words';\nexport const lambda = async (): Promise<string> => greet('Ada');\n";
    let words = "export const greet = (name: string): string => `Hello ${name}`;\n";
    let mut dev = project(&[("index.ts", index), ("lib/words.ts", words)]);
    dev.ok(&["function", "push", "mine"]);
    dev.ok(&["function", "deploy", "mine"]);
    assert!(dev.ok(&["function", "invoke", "mine"]).contains("Hello Ada"));
    dev.ok(&["function", "pull", "mine", "--folder", "copies"]);
    assert_eq!(std::fs::read_to_string(dev.path().join("copies/mine/lib/words.ts")).unwrap(), words);
    dev.restart();
    assert!(dev.ok(&["function", "invoke", "mine"]).contains("Hello Ada"));
}

#[test]
fn an_inspected_test_shows_its_way_and_what_could_be_seen_where_it_threw() {
    let source = "async function lambda(input) {\n  const count = 3;\n  const name = 'kettle';\n  throw new Error(name + count);\n}\n";
    let dev = project(&[("index.js", source)]);
    dev.ok(&["function", "push", "mine"]);
    let plain = all(&dev.run(&["function", "test", "mine"]));
    assert!(!plain.contains("count = 3"), "{plain}");
    let said = all(&dev.run(&["function", "test", "mine", "--inspect"]));
    for part in ["lambda.js:2", "threw at lambda.js:4", "count = 3", "name = \"kettle\""] {
        assert!(said.contains(part), "{part} is not in {said}");
    }
}

#[test]
fn a_test_without_network_refuses_calls_and_lists_them() {
    let source = "async function lambda() {\n  try { await fetch('https://crm.example.com/customers'); } catch (error) { return 'refused'; }\n}\n";
    let dev = project(&[("index.js", source)]);
    dev.ok(&["domain", "add", "crm.example.com"]);
    dev.ok(&["function", "push", "mine"]);
    let said = dev.ok(&["function", "test", "mine", "--no-network"]);
    assert!(said.contains("refused") && said.contains("crm.example.com"), "{said}");
}

/// A function that says its secret wherever it can, but in its answer, which is its own.
const TELLTALE: &str = r"
const { Toolbelt } = require('lp-faas-toolbelt');
async function lambda(input) {
  const { value } = await Toolbelt.SecretClient().readSecret('order_key');
  console.info(`the key is ${value}`, { key: value });
  if (input.payload?.fail) throw new Error(`not with ${value}`);
  return { length: value.length };
}
";

#[test]
fn a_secret_is_in_no_log_error_inspection_or_file_even_if_its_function_tells_it() {
    const VALUE: &str = "s3cr3t-of-the-orders-desk";
    let mut dev = project(&[("index.js", TELLTALE)]);
    assert!(dev.with_input(&["secret", "set", "order_key"], VALUE).status.success());
    dev.ok(&["function", "push", "mine"]);
    dev.ok(&["function", "deploy", "mine"]);
    std::fs::write(dev.path().join("fail.json"), r#"{"fail": true}"#).unwrap();
    let mut said = String::new();
    for arguments in [
        &["function", "test", "mine"][..],
        &["function", "test", "mine", "--inspect"],
        &["function", "test", "mine", "--inspect", "--payload", "fail.json"],
        &["function", "invoke", "mine"],
        &["function", "invoke", "mine", "--payload", "fail.json"],
        &["logs", "mine"],
        &["metrics", "mine"],
        &["activity"],
        &["secret", "list"],
    ] {
        let output = dev.run(arguments);
        assert!(!all(&output).contains("secret.unknown"), "{arguments:?}: {}", all(&output));
        said.push_str(&all(&output));
    }
    assert!(said.contains("the key is"), "it ran and read its secret: {said}");
    assert!(said.contains("called secret.read order_key: done"), "{said}");
    assert!(!said.contains(VALUE), "{said}");
    dev.stop();
    let data = std::fs::read_dir(dev.path().join(".convoke")).unwrap().map(|entry| entry.unwrap().path());
    for file in data.filter(|path| path.is_file()) {
        let bytes = std::fs::read(&file).unwrap();
        assert!(!bytes.windows(VALUE.len()).any(|part| part == VALUE.as_bytes()), "{}", file.display());
    }
}
