//! The command line from outside: exit codes, and errors that say what to do.

use crate::support::{Dev, Server, all, convoke};

#[test]
fn exit_codes_tell_a_refusal_from_a_wrong_command_line() {
    let dev = Dev::start();
    let unknown = format!("conv_{}", "0".repeat(32));
    let refused = dev.run(&["conversation", "show", &unknown]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(all(&refused).contains("conversation.not_found"), "{}", all(&refused));
    assert_eq!(dev.run(&["conversation", "show", "nonsense"]).status.code(), Some(2));
    assert_eq!(dev.run(&["conversation", "transfer", &unknown]).status.code(), Some(2));
}

#[test]
fn without_a_server_it_says_how_to_get_one() {
    let folder = tempfile::tempdir().unwrap();
    let output = convoke(folder.path(), &["function", "list"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(all(&output).contains("convoke dev") && all(&output).contains("CONVOKE_URL"), "{}", all(&output));
}

#[test]
fn a_function_that_does_not_load_is_refused_with_its_place() {
    let dev = Dev::start();
    dev.ok(&["function", "new", "mine", "--template", "greeting"]);
    std::fs::write(dev.path().join("functions/mine/index.js"), "function lambda() {\n  return (;\n}\n")
        .unwrap();
    let refused = dev.run(&["function", "push", "mine"]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(
        all(&refused).contains("function.syntax") && all(&refused).contains("line 2"),
        "{}",
        all(&refused)
    );
}

#[test]
fn a_second_function_for_the_same_skill_is_refused_by_name() {
    let dev = Dev::start();
    dev.ok(&["function", "new", "mine", "--template", "new-conversation", "--skill", "123456"]);
    let refused = dev.run(&["function", "push", "mine"]);
    assert_eq!(refused.status.code(), Some(1));
    let said = all(&refused);
    assert!(said.contains("new_conversation") && said.contains("123456"), "{said}");
}

#[test]
fn a_failing_test_run_is_a_failure_of_the_command() {
    let dev = Dev::start();
    dev.ok(&["function", "new", "mine", "--template", "greeting"]);
    let source = "async function lambda() {\n  throw new TypeError(\"no kettle\");\n}\n";
    std::fs::write(dev.path().join("functions/mine/index.js"), source).unwrap();
    dev.ok(&["function", "push", "mine"]);
    let failed = dev.run(&["function", "test", "mine"]);
    assert_eq!(failed.status.code(), Some(1));
    let said = all(&failed);
    assert!(said.contains("function.threw") && said.contains("no kettle") && said.contains(":2:"), "{said}");
}

#[test]
fn a_function_goes_back_to_an_earlier_version_and_away() {
    let dev = Dev::start();
    dev.ok(&["function", "new", "mine", "--template", "greeting"]);
    for text in ["one", "two"] {
        let source = format!("async function lambda() {{ return \"{text}\"; }}");
        std::fs::write(dev.path().join("functions/mine/index.js"), source).unwrap();
        dev.ok(&["function", "push", "mine"]);
        dev.ok(&["function", "deploy", "mine"]);
    }
    assert!(dev.ok(&["function", "invoke", "mine"]).contains("two"));
    dev.ok(&["function", "rollback", "mine", "1"]);
    assert!(dev.ok(&["function", "invoke", "mine"]).contains("one"));
    let still_deployed = dev.run(&["function", "delete", "mine"]);
    assert!(all(&still_deployed).contains("function.still_deployed"), "{}", all(&still_deployed));
    dev.ok(&["function", "undeploy", "mine"]);
    dev.ok(&["function", "delete", "mine"]);
    assert!(!dev.ok(&["function", "list"]).contains("mine"));
}

#[test]
fn participants_come_and_go_and_times_to_respond_change() {
    let dev = Dev::start();
    let id = dev.ok(&["conversation", "open", "--consumer", "ada", "--text", "Hello", "-o", "id"]);
    dev.ok(&["conversation", "accept", &id]);
    dev.ok(&["conversation", "join", &id, "--as", "manager"]);
    dev.ok(&["conversation", "join", &id, "--as", "manager", "--consumer", "ben"]);
    let shown = dev.json(&["conversation", "show", &id]);
    let roles: Vec<&str> =
        shown["participants"].as_array().unwrap().iter().map(|one| one["role"].as_str().unwrap()).collect();
    for role in ["consumer", "assigned_agent", "manager"] {
        assert!(roles.contains(&role), "{roles:?}");
    }
    dev.ok(&["conversation", "leave", &id, "--as", "manager", "--consumer", "ben"]);
    dev.ok(&["conversation", "leave", &id, "--as", "manager"]);
    dev.ok(&["conversation", "ttr", &id, "custom", "--seconds", "900"]);
    dev.ok(&["conversation", "step-up", &id, "--identity", "crm-1"]);
    let codes = dev.ok(&["conversation", "explain", &id]);
    for code in [
        "CONSUMER_JOINED_CONVERSATION",
        "CONSUMER_LEFT_CONVERSATION",
        "AGENT_UPDATED_RESPONSE_TIME",
        "CONSUMER_STEP_UP",
    ] {
        assert!(codes.contains(code), "{code} is not in {codes}");
    }
}

#[test]
fn the_bot_is_switched_and_the_clock_moved() {
    let dev = Dev::start();
    dev.ok(&["bot", "off"]);
    let id = dev.ok(&["conversation", "open", "--consumer", "ada", "--text", "Hello", "-o", "id"]);
    assert!(dev.ok(&["conversation", "explain", &id]).contains("Controller Bot is off"));
    dev.ok(&["bot", "on"]);
    let before = dev.json(&["clock", "show"])["now"].as_str().unwrap().to_owned();
    let after = dev.json(&["clock", "advance", "86400"])["now"].as_str().unwrap().to_owned();
    assert!(after > before);
    assert!(dev.ok(&["skill", "list"]).contains("Workshop"));
    assert!(dev.ok(&["events", "--codes"]).contains("CONSUMER_STEP_UP"));
}

#[test]
fn serve_stays_on_this_machine_and_tells_the_operators_token_once() {
    let folder = tempfile::tempdir().unwrap();
    let beyond = convoke(folder.path(), &["serve", "--listen", "0.0.0.0:0"]);
    assert_eq!(beyond.status.code(), Some(1));
    assert!(all(&beyond).contains("--behind-proxy"), "{}", all(&beyond));

    let arguments = ["serve", "--listen", "127.0.0.1:0", "--log", "warn"];
    let server = Server::start(folder.path(), &arguments, "listens on");
    let token =
        server.printed.lines().find(|line| line.trim().starts_with("cvo_")).unwrap().trim().to_owned();
    let url =
        server.printed.lines().find_map(|line| line.strip_prefix("Convoke listens on ")).unwrap().to_owned();
    let operator = |arguments: &[&str]| {
        let connection = ["--url", &url, "--token", &token];
        convoke(folder.path(), &[arguments, &connection].concat())
    };
    let none = all(&operator(&["account", "list"]));
    assert!(none.contains("No accounts yet"), "there is a demo account: {none}");
    assert!(operator(&["account", "create", "acme"]).status.success());
    assert!(all(&operator(&["account", "list"])).contains("acme"));
    let moved = operator(&["clock", "advance", "60"]);
    assert_eq!(moved.status.code(), Some(1), "{}", all(&moved));
    assert!(server.stop().success());

    let again = Server::start(folder.path(), &arguments, "listens on");
    assert!(!again.printed.contains("cvo_"), "{}", again.printed);
    assert!(again.stop().success());
}

#[test]
fn dev_stays_on_this_machine_and_keeps_its_credentials_to_its_user() {
    use std::os::unix::fs::PermissionsExt;
    let dev = Dev::start();
    for file in ["cli.json", "master.key"] {
        let mode = std::fs::metadata(dev.path().join(".convoke").join(file)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{file}");
    }
    let folder = tempfile::tempdir().unwrap();
    let beyond = convoke(folder.path(), &["dev", "--listen", "0.0.0.0:0"]);
    assert_eq!(beyond.status.code(), Some(1));
}

#[test]
fn generated_documents_are_whole() {
    let folder = tempfile::tempdir().unwrap();
    let openapi = convoke(folder.path(), &["openapi"]);
    let document: serde_json::Value = serde_json::from_slice(&openapi.stdout).unwrap();
    assert!(document["paths"].as_object().unwrap().len() > 30);
    let help = all(&convoke(folder.path(), &["help-markdown"]));
    assert!(help.starts_with("# Command line"), "{help}");
}
