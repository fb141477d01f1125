//! The platform's codes, as clients of both generations get them from faasGW and faasUI.

use std::collections::BTreeSet;

use anyhow::Result;
use futures_util::future::join_all;
use reqwest::Method;
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpListener;

use super::site::{Ask, FLOODED, Site, V1, V2};

const NOBODY: &str = "00000000-0000-0000-0000-000000000009";
const INPUT: &str = r#"{"timestamp":0,"headers":[],"payload":{}}"#;
/// More than a burst and everything that comes back while they arrive.
const FLOOD: usize = 600;

/// What one request has to be answered with.
type Expected = (u16, &'static str);

/// Asks in the words of both generations, and notes the codes.
struct Provoking<'a> {
    site: &'a Site,
    seen: BTreeSet<String>,
}

impl Provoking<'_> {
    async fn both(
        &mut self,
        why: &str,
        ask: impl Fn() -> Ask<'static>,
        v1: Expected,
        v2: Expected,
    ) -> Result<()> {
        self.one(why, V1, ask(), v1).await?;
        self.one(why, V2, ask(), v2).await
    }

    async fn one(&mut self, why: &str, host: &str, ask: Ask<'_>, expected: Expected) -> Result<()> {
        let answered = self.site.ask(host, Some(self.site.token()), ask).await?;
        self.note(why, answered, expected);
        Ok(())
    }

    fn note(&mut self, why: &str, (status, code): (u16, String), expected: Expected) {
        let whole = if expected.1.starts_with("com.") {
            expected.1.to_owned()
        } else {
            format!("com.liveperson.faas.{}", expected.1)
        };
        assert_eq!((status, &code), (expected.0, &whole), "{why}");
        self.seen.insert(code);
    }

    /// Calls a function of this source in both generations.
    async fn call(&mut self, name: &str, source: &str, v1: &'static str, v2: &'static str) -> Result<()> {
        let path = self.site.deploy(name, source, 64).await.map(|uuid| invoke(&uuid))?;
        self.one(name, V1, Ask(Method::POST, &path, INPUT), (901, v1)).await?;
        self.one(name, V2, Ask(Method::POST, &path, INPUT), (901, v2)).await
    }
}

fn invoke(uuid: &str) -> String {
    format!("/lambdas/{uuid}/invoke?v=1&skillId=&externalSystem=test")
}

/// Everything that needs nothing but a request.
pub(super) async fn provoke(site: &Site) -> Result<BTreeSet<String>> {
    let mut all = Provoking { site, seen: BTreeSet::new() };
    let none = invoke(NOBODY);
    all.one("unknown", V1, Ask(Method::POST, &none, INPUT), (404, "es.missinglambda")).await?;
    all.one("unknown", V2, Ask(Method::POST, &none, INPUT), (404, "function.not-found")).await?;
    let draft = site.save("draft", "function lambda(input, callback) { callback(); }", 64).await?;
    let path = invoke(&draft);
    all.one("not deployed", V1, Ask(Method::POST, &path, INPUT), (404, "es.notdeployed")).await?;
    all.one("not deployed", V2, Ask(Method::POST, &path, INPUT), (404, "function.not-found")).await?;
    functions_that_fail(&mut all).await?;
    bad_input(&mut all).await?;
    management(&mut all, &draft).await?;
    without_token(&mut all).await?;
    no_memory_left(&mut all).await?;
    Ok(all.seen)
}

async fn functions_that_fail(all: &mut Provoking<'_>) -> Result<()> {
    let (v1, v2) = ("handler.custom-failure", "com.customer.faas.function.threw-error");
    all.call("throws", "async function lambda() { throw new Error('no stock'); }", v1, v2).await?;
    all.call("calls_back", "function lambda(input, callback) { callback(new Error('no stock')); }", v1, v2)
        .await?;
    let (v1, v2) = ("handler.runtime-exception", "com.customer.faas.function.js-runtime-error");
    all.call("type_error", "async function lambda(input) { return input.payload.none.deep; }", v1, v2)
        .await?;
    all.call("hungry", "async function lambda() { return new Uint8Array(100e6).length; }", v1, v2).await?;
    let (v1, v2) = ("handler.executiontime-exceeded", "com.customer.faas.function.execution-exceeded");
    all.call("computes", "async function lambda() { for (;;); }", v1, v2).await?;
    all.call("silent", "async function lambda() { await new Promise(() => {}); }", v1, v2).await
}

async fn bad_input(all: &mut Provoking<'_>) -> Result<()> {
    let uuid = all.site.deploy("fine", "async function lambda() { return 1; }", 64).await?;
    let path = invoke(&uuid);
    for broken in ["{", "7", r#"{"headers":"none"}"#] {
        all.one(broken, V1, Ask(Method::POST, &path, broken), (400, "es.badinput")).await?;
        all.one(broken, V2, Ask(Method::POST, &path, broken), (400, "evg.invalid")).await?;
    }
    let event = "/events/controllerbot_messaging_ttr/isImplemented?skillId=%00";
    let ask = || Ask(Method::GET, event, "");
    all.both("no skill", ask, (400, "es.badinput"), (400, "evg.invalid")).await
}

async fn management(all: &mut Provoking<'_>, draft: &str) -> Result<()> {
    let unchanged = format!("/functions/{draft}/manifest");
    let same = r#"{"code":"function lambda(input, callback) { callback(); }"}"#;
    all.one("unchanged", V2, Ask(Method::PUT, &unchanged, same), (400, "function.unchanged")).await?;
    let wrong = r#"{"code":"function lamda() {}"}"#;
    all.one("no lambda", V2, Ask(Method::PUT, &unchanged, wrong), (400, "fm.validation.interface-wrong"))
        .await?;
    let none = format!("/functions/{NOBODY}");
    all.one("unknown", V2, Ask(Method::GET, &none, ""), (404, "function.not-found")).await?;
    let none = format!("/lambdas/{NOBODY}");
    all.one("unknown", V1, Ask(Method::GET, &none, ""), (404, "fm.general")).await?;
    all.one("no state", V1, Ask(Method::GET, "/lambdas?state=productive", ""), (400, "fm.general")).await
}

/// Neither plane says anything to somebody without a token, or with one that is none.
async fn without_token(all: &mut Provoking<'_>) -> Result<()> {
    let path = invoke(NOBODY);
    for (host, code) in [(V1, "es.general"), (V2, "evg.general")] {
        for token in [None, Some("none")] {
            let answered = all.site.ask(host, token, Ask(Method::POST, &path, INPUT)).await?;
            all.note("no token", answered, (401, code));
        }
    }
    let answered = all.site.ask(V1, None, Ask(Method::GET, "/lambdas", "")).await?;
    all.note("no token", answered, (401, "fm.general"));
    // Clients of management know a token that does not count by 403.
    let answered = all.site.ask(V1, Some("none"), Ask(Method::GET, "/lambdas", "")).await?;
    all.note("a wrong token", answered, (403, "fm.general"));
    Ok(())
}

/// One function has all the memory of the node and waits; the next one finds none, which is nobody's fault but the host's.
async fn no_memory_left(all: &mut Provoking<'_>) -> Result<()> {
    let upstream = TcpListener::bind("127.0.0.1:0").await?;
    let address = upstream.local_addr()?;
    let holds = format!(
        "async function lambda() {{ globalThis.kept = new Uint8Array(180e6).fill(1); await fetch('http://{address}/'); return kept.length; }}"
    );
    let (holder, next) = (
        all.site.deploy("holds", &holds, 256).await?,
        all.site
            .deploy(
                "finds_none",
                "async function lambda() { return new Uint8Array(180e6).fill(1).length; }",
                256,
            )
            .await?,
    );
    let (holder, next) = (invoke(&holder), invoke(&next));
    let site = all.site;
    let holding = site.ask(V1, Some(site.token()), Ask(Method::POST, &holder, INPUT));
    let asking = async {
        let (mut connection, _) = upstream.accept().await?;
        all.one("no memory", V1, Ask(Method::POST, &next, INPUT), (503, "es.unavailable")).await?;
        all.one("no memory", V2, Ask(Method::POST, &next, INPUT), (503, "evg.general")).await?;
        // Whatever it asked: the connection ends, and the function goes on.
        let _ = connection.read(&mut [0; 1024]).await?;
        Ok::<_, anyhow::Error>(())
    };
    let (held, asked) = tokio::join!(holding, asking);
    asked?;
    assert_eq!(held?.0, 901, "its own request failed in the end");
    Ok(())
}

/// More calls than an account may make are refused by name, and say when to come back.
pub(super) async fn flood(site: &Site) -> Result<BTreeSet<String>> {
    let mut seen = BTreeSet::new();
    let path = invoke(NOBODY);
    for (host, code) in [(V1, "com.liveperson.faas.es.general"), (V2, "com.liveperson.faas.evg.general")] {
        let call = || site.ask_of(FLOODED, host, Some(site.token()), Ask(Method::POST, &path, INPUT));
        let asked = (0..FLOOD).map(|_| call());
        let answers = join_all(asked).await.into_iter().collect::<Result<Vec<_>>>()?;
        let refused: BTreeSet<_> = answers.into_iter().filter(|(status, _)| *status == 429).collect();
        assert_eq!(refused, [(429, code.to_owned())].into(), "some of {FLOOD} calls at once are too many");
        seen.insert(code.to_owned());
    }
    Ok(seen)
}

/// Management while nothing can be stored.
pub(super) async fn provoke_without_storage(site: &Site) -> Result<BTreeSet<String>> {
    let mut all = Provoking { site, seen: BTreeSet::new() };
    let lambda =
        r#"{"name":"late","description":"d","implementation":{"code":"async function lambda() {}"}}"#;
    all.one("full disk", V1, Ask(Method::POST, "/lambdas", lambda), (503, "fm.unavailable")).await?;
    Ok(all.seen)
}
