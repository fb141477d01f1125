//! What is kept: over a restart, in a backup, and for one process at a time.

use crate::support::{Dev, Server, all, convoke};

const TEXT: &str = "Hello, my kettle is broken";

fn open(dev: &Dev) -> String {
    dev.ok(&["conversation", "open", "--consumer", "ada", "--skill", "123456", "--text", TEXT, "-o", "id"])
}

/// The explanation without what is only remembered: how long each attempt took, and what it logged.
fn explained(dev: &Dev, conversation: &str) -> serde_json::Value {
    let mut explanation = dev.json(&["conversation", "explain", conversation]);
    for change in explanation["changes"].as_array_mut().unwrap() {
        change.as_object_mut().unwrap().remove("attempts");
    }
    explanation
}

#[test]
fn a_restart_keeps_conversations_functions_credentials_and_settings() {
    let mut dev = Dev::start();
    let conversation = open(&dev);
    dev.ok(&["function", "new", "mine", "--template", "greeting"]);
    dev.ok(&["function", "push", "mine"]);
    dev.ok(&["function", "deploy", "mine"]);
    dev.ok(&["message", "set", "YOU_ARE_CONNECTED_TO", "--text", "Here is {agentNickname}."]);
    let explained = explained(&dev, &conversation);
    let token = |dev: &Dev| {
        let text = std::fs::read_to_string(dev.path().join(".convoke/cli.json")).unwrap();
        serde_json::from_str::<serde_json::Value>(&text).unwrap()["tokens"].clone()
    };
    let tokens = token(&dev);

    dev.restart();

    assert_eq!(token(&dev), tokens);
    assert_eq!(self::explained(&dev, &conversation), explained);
    assert!(dev.ok(&["function", "list"]).contains("mine"));
    assert!(dev.ok(&["message", "list"]).contains("Here is {agentNickname}."));
    let functions = dev.json(&["function", "list"]);
    assert_eq!(functions.as_array().unwrap().len(), 9, "the demo was not set up twice");
    dev.ok(&["conversation", "say", &conversation, "--as", "consumer", "--text", "Still there?"]);
    dev.ok(&["conversation", "close", &conversation, "--as", "consumer"]);
    let told = dev.ok(&["conversation", "follow", &conversation]);
    assert!(told.contains(TEXT) && told.contains("Still there?"), "{told}");
}

#[test]
fn a_name_stays_the_same_consumer_over_a_restart() {
    let mut dev = Dev::start();
    let consumer = |dev: &Dev| {
        let opened = dev.json(&["conversation", "open", "--consumer", "ada"]);
        opened["consumer"].as_str().unwrap().to_owned()
    };
    let first = consumer(&dev);
    dev.restart();
    assert_eq!(consumer(&dev), first);
    let other = dev.json(&["conversation", "open", "--consumer", "ben"]);
    assert_ne!(other["consumer"], first);
}

#[test]
fn a_second_process_on_the_same_directory_is_refused() {
    let dev = Dev::start();
    for arguments in
        [&["dev", "--listen", "127.0.0.1:0"][..], &["serve", "--data", ".convoke", "--listen", "127.0.0.1:0"]]
    {
        let second = dev.run(arguments);
        assert_eq!(second.status.code(), Some(1));
        assert!(all(&second).contains("in use by process"), "{}", all(&second));
    }
    open(&dev);
}

#[test]
fn a_backup_of_a_running_server_is_sound_and_starts() {
    let mut dev = Dev::start();
    let conversation = open(&dev);
    dev.ok(&["conversation", "explain", &conversation]);
    dev.ok(&["backup", "copy/.convoke", "--with-key"]);
    let again = dev.run(&["backup", "copy/.convoke"]);
    assert!(all(&again).contains("exists already"), "{}", all(&again));
    for data in [".convoke", "copy/.convoke"] {
        let report = dev.json(&["doctor", "--data", data]);
        assert_eq!(report["sound"], true, "{report}");
        assert!(report["records"].as_u64().unwrap() > 10);
    }
    dev.stop();

    let folder = dev.path().join("copy");
    let restored = Server::start(&folder, &["dev", "--listen", "127.0.0.1:0"], "ready");
    let told =
        convoke(&folder, &["conversation", "say", &conversation, "--as", "consumer", "--text", "And now?"]);
    assert!(told.status.success(), "{}", all(&told));
    let events = convoke(&folder, &["conversation", "close", &conversation, "--as", "consumer"]);
    assert!(events.status.success(), "{}", all(&events));
    let told = all(&convoke(&folder, &["conversation", "follow", &conversation]));
    assert!(told.contains(TEXT), "{told}");
    let explained = all(&convoke(&folder, &["conversation", "explain", &conversation]));
    assert!(explained.contains(" ms"), "what the runs took is in the copy, too: {explained}");
    assert!(restored.stop().success());
}

#[test]
fn data_without_its_master_key_is_not_started_with_a_new_one() {
    let mut dev = Dev::start();
    dev.stop();
    std::fs::remove_file(dev.path().join(".convoke/master.key")).unwrap();
    let started = dev.run(&["dev", "--listen", "127.0.0.1:0"]);
    assert_eq!(started.status.code(), Some(1));
    assert!(all(&started).contains("put it back"), "{}", all(&started));
}

#[test]
fn what_an_erased_consumer_wrote_is_gone() {
    let dev = Dev::start();
    let conversation = open(&dev);
    dev.ok(&["conversation", "close", &conversation, "--as", "consumer"]);
    dev.ok(&["conversation", "explain", &conversation]);
    dev.ok(&["consumer", "erase", "ada", "--yes"]);
    let told = dev.ok(&["conversation", "follow", &conversation]);
    assert!(told.contains("(erased)") && !told.contains(TEXT), "{told}");
}
