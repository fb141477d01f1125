//! What LivePerson's clients meet: TLS with the development authority, and where services are.

use std::process::Command;

use serde_json::Value;

use crate::support::Server;

/// What a client gets that trusts nobody but the development authority; `None` if it does not get through.
fn get(folder: &std::path::Path, url: &str) -> Option<Value> {
    let authority = folder.join(".convoke/dev-ca.pem");
    let output = Command::new("curl")
        .args(["--silent", "--show-error", "--noproxy", "*", "--cacert"])
        .arg(authority)
        .arg(url)
        .output()
        .unwrap();
    output.status.success().then(|| serde_json::from_slice(&output.stdout).unwrap())
}

fn address(printed: &str, scheme: &str) -> String {
    let start = printed.find(scheme).unwrap();
    printed[start..].split_whitespace().next().unwrap().to_owned()
}

#[test]
fn a_client_that_trusts_the_development_authority_finds_the_services() {
    let folder = tempfile::tempdir().unwrap();
    let arguments =
        ["dev", "--listen", "127.0.0.1:0", "--tls-listen", "127.0.0.1:0", "--publish", "msgHist=h.test"];
    let server = Server::start(folder.path(), &arguments, "CONVOKE_TOKEN");
    assert!(server.printed.contains("dev-ca.pem"), "{}", server.printed);
    let tls = address(&server.printed, "https://localhost");
    for path in ["service/baseURI.json?version=1.0", "service/baseURI?version=1.0"] {
        let all = get(folder.path(), &format!("{tls}/api/account/demo/{path}")).unwrap();
        let entries = all["baseURIs"].as_array().unwrap();
        let found = |service: &str| {
            entries.iter().find(|entry| entry["service"] == service).unwrap()["baseURI"].clone()
        };
        assert_eq!(found("faasGW"), tls.trim_start_matches("https://"));
        assert_eq!(found("msgHist"), "h.test");
    }
    let one = get(folder.path(), &format!("{tls}/api/account/demo/service/msgHist/baseURI.json")).unwrap();
    assert_eq!(one, serde_json::json!({"account": "demo", "service": "msgHist", "baseURI": "h.test"}));
    assert!(server.stop().success());
}

#[test]
fn the_development_authority_vouches_for_no_other_name() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(
        folder.path(),
        &[
            "dev",
            "--listen",
            "127.0.0.1:0",
            "--tls-listen",
            "127.0.0.1:0",
            "--publish",
            "msgHist=example.com",
        ],
        "CONVOKE_TOKEN",
    );
    let port = address(&server.printed, "https://localhost").rsplit_once(':').unwrap().1.to_owned();
    let output = Command::new("curl")
        .args(["--silent", "--noproxy", "*", "--connect-to", &format!("::127.0.0.1:{port}"), "--cacert"])
        .arg(folder.path().join(".convoke/dev-ca.pem"))
        .arg("https://example.com/api/account/demo/service/baseURI.json")
        .output()
        .unwrap();
    assert_eq!(
        output.status.code(),
        Some(60),
        "the name is in the certificate, and outside of what the authority may sign"
    );
    assert!(server.stop().success());
}

#[test]
fn a_plain_listener_says_where_services_are_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let arguments =
        ["dev", "--listen", "127.0.0.1:0", "--tls-listen", "127.0.0.1:0", "--csds-listen", &free.to_string()];
    let server = Server::start(folder.path(), &arguments, "CONVOKE_TOKEN");
    let found = get(folder.path(), &format!("http://{free}/api/account/demo/service/baseURI.json"));
    assert!(found.unwrap()["baseURIs"].as_array().unwrap().len() > 10);
    let other = get(folder.path(), &format!("http://{free}/healthz")).unwrap();
    assert_eq!(other["code"], "request.not_found");
    assert!(server.stop().success());
}
