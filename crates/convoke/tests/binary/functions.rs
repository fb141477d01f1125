//! Developing functions from the command line: folders, differences, credentials, what functions may know and call.

use std::io::Write;
use std::process::Stdio;

use crate::support::{Dev, all, command};

#[test]
fn a_function_is_pulled_in_every_layout_and_pushed_back_unchanged() {
    let dev = Dev::start();
    dev.ok(&["function", "new", "mine", "--template", "new-conversation", "--skill", "654321"]);
    dev.ok(&["function", "push", "mine"]);
    let before = dev.json(&["function", "list"]);
    for form in ["native", "v1", "v2"] {
        dev.ok(&["function", "pull", "mine", "--form", form, "--folder", form]);
        let config = std::fs::read_to_string(dev.path().join(form).join("mine/config.json")).unwrap();
        assert_eq!(config.contains("environmentVariables"), form != "native", "{config}");
        dev.ok(&["function", "push", "mine", "--folder", form]);
        let said = dev.ok(&["function", "diff", "mine", "--folder", form]);
        assert!(said.contains("are the same"), "{form}: {said}");
    }
    assert_eq!(dev.json(&["function", "list"]), before, "what is the same is not saved again");
}

#[test]
fn differences_are_shown_between_folder_draft_and_versions() {
    let dev = Dev::start();
    dev.ok(&["function", "new", "mine", "--template", "greeting"]);
    let write = |text: &str| {
        let source = format!("async function lambda() {{\n  return \"{text}\";\n}}\n");
        std::fs::write(dev.path().join("functions/mine/index.js"), source).unwrap();
    };
    for text in ["one", "two"] {
        write(text);
        dev.ok(&["function", "push", "mine"]);
        dev.ok(&["function", "deploy", "mine"]);
    }
    write("three");
    let local = dev.ok(&["function", "diff", "mine"]);
    assert!(local.contains("-  return \"two\";\n+  return \"three\";"), "{local}");
    let versions = dev.ok(&["function", "diff", "mine", "--from", "1", "--to", "2"]);
    assert!(versions.contains("-  return \"one\";\n+  return \"two\";"), "{versions}");
    let activity = dev.ok(&["activity", "--functions", "--last", "4"]);
    assert!(activity.contains("draft saved mine") && activity.contains("+  return \"two\";"), "{activity}");
    let refused = dev.run(&["function", "pull", "mine"]);
    assert!(all(&refused).contains("--force"), "{}", all(&refused));
    dev.ok(&["function", "pull", "mine", "--version", "1", "--force"]);
    let pulled = std::fs::read_to_string(dev.path().join("functions/mine/index.js")).unwrap();
    assert!(pulled.contains("one"), "{pulled}");
}

#[test]
fn a_secret_goes_in_and_never_comes_out() {
    let dev = Dev::start();
    let set = dev.with_input(&["secret", "set", "order_key"], "s3cr3t-in-no-file\n");
    assert!(set.status.success(), "{}", all(&set));
    let listed = dev.json(&["secret", "list"]);
    assert_eq!((&listed[0]["name"], &listed[0]["version"]), (&"order_key".into(), &1.into()));
    dev.ok(&["activity", "--last", "1"]);
    let files = std::fs::read_dir(dev.path().join(".convoke")).unwrap().map(|entry| entry.unwrap().path());
    for file in files.filter(|path| path.is_file()) {
        let bytes = std::fs::read(file).unwrap();
        assert!(!bytes.windows(6).any(|window| window == b"s3cr3t"));
    }
    dev.ok(&["secret", "delete", "order_key"]);
}

#[test]
fn a_user_gets_a_password_logs_in_and_may_only_what_the_role_says() {
    let dev = Dev::start();
    dev.ok(&["user", "set", "4720", "--login", "ada", "--role", "faas-developer"]);
    let password = "correct horse battery\n";
    assert!(dev.with_input(&["user", "password", "4720"], password).status.success());
    let url = dev.url();
    let elsewhere = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str], input: &str| {
        let mut child = command(elsewhere.path(), arguments)
            .env("XDG_CONFIG_HOME", elsewhere.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        child.wait_with_output().unwrap()
    };
    let log_in = ["login", "ada", "--url", &url, "--account", "demo"];
    let wrong = run(&log_in, "wrong horse battery\n");
    assert!(all(&wrong).contains("auth.login_failed"), "{}", all(&wrong));
    let logged_in = run(&log_in, password);
    assert!(logged_in.status.success(), "{}", all(&logged_in));
    assert!(all(&run(&["function", "list"], "")).contains("Productive"));
    assert!(all(&run(&["secret", "set", "x"], "value")).contains("auth.forbidden"));
    assert!(all(&run(&["user", "whoami"], "")).contains("faas-developer"));
    let one_line = run(&["user", "password", "4720"], "a wholly other one\n");
    assert!(all(&one_line).contains("two lines"), "{}", all(&one_line));
    let changed = run(&["user", "password", "4720"], &format!("{password}a wholly other one\n"));
    assert!(changed.status.success(), "{}", all(&changed));
    assert!(!run(&log_in, password).status.success(), "the old one counts no longer");
    assert!(run(&log_in, "a wholly other one\n").status.success());
    assert!(run(&["logout"], "").status.success());
    assert!(all(&run(&["function", "list"], "")).contains("convoke login"));
}

#[test]
fn clients_and_domains_are_made_and_taken_away() {
    let dev = Dev::start();
    let client = dev.json(&["client", "create", "orders"]);
    assert!(client["secret"].as_str().unwrap().starts_with("cvs_"));
    let id = client["id"].as_str().unwrap();
    assert!(dev.ok(&["client", "list"]).contains(id));
    dev.ok(&["client", "renew", id]);
    dev.ok(&["client", "remove", id]);
    dev.ok(&["domain", "add", "api.example.com"]);
    assert!(dev.ok(&["domain", "list"]).contains("api.example.com"));
    // Loopback is nobody's to call, whatever the list says.
    let check = dev.json(&["domain", "check", &dev.url()]);
    assert_eq!((&check["permitted"], &check["add"]), (&false.into(), &serde_json::json!([])));
    dev.ok(&["domain", "remove", "api.example.com"]);
}

#[test]
fn a_new_folder_has_what_an_editor_needs() {
    let folder = tempfile::tempdir().unwrap();
    let offline = |arguments: &[&str]| {
        let output = crate::support::convoke(folder.path(), arguments);
        assert!(output.status.success(), "{arguments:?}: {}", all(&output));
        String::from_utf8(output.stdout).unwrap()
    };
    offline(&["init", "shop"]);
    for file in ["functions/hello/index.js", "types/convoke.d.ts", "jsconfig.json", ".gitignore"] {
        assert!(folder.path().join("shop").join(file).is_file(), "{file}");
    }
    assert!(offline(&["types", "--print"]).contains("export interface General {"));
    assert!(
        offline(&["event", "schema", "controllerbot_messaging_ttr"]).contains("AGENT_UPDATED_RESPONSE_TIME")
    );
    assert!(offline(&["event", "sample", "controllerbot_messaging_ttr"]).contains("cbotEventType"));
    assert!(offline(&["completion", "bash"]).contains("rollback"));
}
