//! The toolbelts' codes, as functions get them from the real platform.

use std::collections::BTreeSet;
use std::net::TcpListener;

use anyhow::{Context as _, Result};
use convoke_e2e::server::Process;
use reqwest::Method;
use serde_json::{Value, json};

use super::site::Site;

/// Tells by which code something fails.
const SAID: &str = "
const v1 = require('lp-faas-toolbelt'), v2 = require('core-functions-toolbelt');
const said = async (run) => { try { await run(); return 'it did not fail'; } catch (error) { return error.code ?? String(error); } };
// What the platform answers at once comes too late for the shortest of times if the function computes meanwhile.
const late = async (run) => {
  const busy = v1.Toolbelt.SecretClient().readSecret('known').then(() => { for (let i = 0; i < 1e6; i++); });
  const asked = run();
  asked.catch(() => {});
  await busy;
  return asked;
};
";

/// Each line: the code's end, and what provokes it. `A` and `B` are the toolbelts of the generations.
const LINES: &[(&str, &str)] = &[
    ("secret.not-found", "A.SecretClient().readSecret('none')"),
    ("secret.invalid-format", "A.SecretClient().readSecret('no such/key')"),
    ("secret.invalid-format", "A.SecretClient().updateSecret({ key: 'known', value: 'x'.repeat(10001) })"),
    (
        "secret.op-timed-out",
        "late(() => B.SecretClient().readSecret('known', { useCache: false, timeout: 1 }))",
    ),
    ("csds.domain.not-found", "B.CsdsClient().get('none')"),
    ("mtls.missing-conf", "A.MTLSClient({})"),
    ("mtls.invalid-cert", "A.MTLSClient({ cert: 'none', key: KEY })"),
    (
        "mtls.invalid-cert",
        "A.MTLSClient({ cert: '-----BEGIN CERTIFICATE-----\\nnone\\n-----END CERTIFICATE-----', key: KEY }).get(TARGET)",
    ),
    ("mtls.invalid-key", "A.MTLSClient({ cert: CERT, key: 'none' })"),
    ("mtls.invalid-request", "A.MTLSClient({ cert: CERT, key: KEY }).get('no url')"),
    ("mtls.general-issue", "A.MTLSClient({ cert: CERT, key: KEY }).get(CLOSED)"),
    (
        "mtls.request-timeout",
        "late(() => A.MTLSClient({ cert: CERT, key: KEY, ca: CERT }).get(TARGET, { timeout: 1 }))",
    ),
    ("mtls.remote-threw", "A.MTLSClient({ cert: CERT, key: KEY, ca: CERT }).get(TARGET)"),
    (
        "lp-mtls.get-credentials-failure",
        "B.LPMtlsClient().get('https://x.test', {}, undefined, { appKeySecretName: 'none' })",
    ),
    (
        "lp-mtls.credentials-wrong-format",
        "B.LPMtlsClient().get('https://x.test', {}, undefined, { appKeySecretName: 'known' })",
    ),
    ("lp-client.get-credentials-failure", "A.LpClient()('msgHist', '/x', { appKeySecretName: 'none' })"),
    ("lp-client.credentials-wrong-format", "B.LpClient()('msgHist', '/x', { appKeySecretName: 'known' })"),
    ("oauth2.general-issue", "late(() => B.LpClient()('msgHist', '/x', { timeout: 1 }))"),
    ("conversation-util-general", "A.ConversationUtil().getConversationById('')"),
    ("conversation-util.conversation.not-found", "A.ConversationUtil().getConversationById('none')"),
    ("conversation-util.unexpected-response", "A.ConversationUtil().getConversationById({ no: 'id' })"),
    ("gdpr-util-general", "A.GDPRUtil().replaceConversationFiles()"),
    (
        "gdpr-util.auth-failed",
        "A.GDPRUtil().replaceConversationFiles(FILES, { username: 'u', password: 'p' })",
    ),
    ("sdes-util-general", "A.SDEUtil().addSDEs([], 'v', 's')"),
    ("sdes-util.unexpected-response", "A.SDEUtil().addSDEs('text', 'v', 's')"),
    ("orchestrator-fn-general", "A.OrchestratorClient().invoke([])"),
    (
        "orchestrator-fn.invoke.timeout",
        "late(() => B.OrchestratorClient().invoke([{ uuid: 'none', payload: {} }], 5000, { timeout: 1 }))",
    ),
    (
        "orchestrator-fn.invoke.status-code-error",
        "B.OrchestratorClient().invoke([{ uuid: 'none', payload: {} }])",
    ),
    ("context.parameter.invalid", "B.ContextServiceClient('k').createNamespace('conversation')"),
    ("context.data.does-not-exist", "B.ContextServiceClient('k').getPropertyInSession('custom', 'none')"),
    (
        "context.unknown",
        "(async () => { const c = B.ContextServiceClient('k'); await c.createNamespace('twice'); await c.createNamespace('twice'); })()",
    ),
];

/// The code with this end.
fn whole(end: &str) -> String {
    match end.strip_prefix("context.") {
        Some(end) => format!("com.liveperson.context-service-sdk.{end}"),
        None => format!("com.liveperson.faas.{end}"),
    }
}

/// Everything that a function can do wrong while all is well, and what a draft may not.
pub(super) async fn provoke(site: &Site) -> Result<BTreeSet<String>> {
    let folder = tempfile::tempdir()?;
    let listen = ["dev", "--listen", "127.0.0.1:0", "--tls-listen", "127.0.0.1:0"];
    let remote = Process::start(folder.path(), &listen, "CONVOKE_TOKEN")?;
    site.native(Method::PUT, "/secrets/known", &json!({"value": "{}"})).await?;
    let source = source(folder.path(), &remote_url(&remote)?)?;
    site.deploy("everything", &source, 64).await?;
    let seen = run(site, "everything").await?;
    for ((end, how), code) in LINES.iter().zip(&seen) {
        assert_eq!(code, &whole(end), "{how}");
    }
    assert_eq!(seen.len(), LINES.len());
    assert!(remote.stop()?.success());
    let mut seen: BTreeSet<String> = seen.into_iter().collect();
    seen.insert(a_draft_changes_no_secret(site).await?);
    Ok(seen)
}

async fn a_draft_changes_no_secret(site: &Site) -> Result<String> {
    let body =
        "return [await said(() => v1.Toolbelt.SecretClient().updateSecret({ key: 'known', value: 'x' }))];";
    site.save("draft_of_secrets", &format!("{SAID} async function lambda() {{ {body} }}"), 64).await?;
    let tried = site.native(Method::POST, "/functions/draft_of_secrets/test", &json!({"input": {}})).await?;
    let code = tried["result"][0].as_str().context("it says a code")?.to_owned();
    assert_eq!(code, whole("secret.forbidden"), "{tried}");
    Ok(code)
}

/// What a function gets of the platform while nothing can be stored.
pub(super) async fn provoke_without_storage(site: &Site) -> Result<BTreeSet<String>> {
    let seen: BTreeSet<String> = run(site, "stores").await?.into_iter().collect();
    assert_eq!(seen, [whole("secret.op-failed"), whole("context.internal-server-error")].into());
    Ok(seen)
}

async fn run(site: &Site, name: &str) -> Result<Vec<String>> {
    if name == "everything" {
        // Deployed while that is still possible.
        let body = "return [await said(() => v1.Toolbelt.SecretClient().updateSecret({ key: 'known', value: 'x' })),
            await said(() => v2.Toolbelt.ContextServiceClient('k').setPropertiesInNamespace('custom', { a: 1 }))];";
        site.deploy("stores", &format!("{SAID} async function lambda() {{ {body} }}"), 64).await?;
    }
    let ran = site.native(Method::POST, &format!("/functions/{name}/invoke"), &json!({"input": {}})).await?;
    let codes: Option<Vec<String>> = serde_json::from_value(ran["result"].clone()).ok();
    codes.with_context(|| format!("it tells codes: {ran}"))
}

fn remote_url(remote: &Process) -> Result<String> {
    let at = remote.printed.find("https://localhost").context("it says where TLS is spoken")?;
    let address = remote.printed[at..].split_whitespace().next().unwrap_or_default();
    Ok(format!("{}/no/such/path", address.trim_end_matches('/')))
}

fn source(folder: &std::path::Path, url: &str) -> Result<String> {
    let read = |name: &str| std::fs::read_to_string(folder.join(".convoke").join(name));
    let (certificate, key) = (read("dev-ca.pem")?, read("dev-ca.key")?);
    // Nobody listens there any more.
    let closed = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
    let text = |text: &str| Value::from(text).to_string();
    let lines = LINES.iter().map(|(_, how)| format!("  await said(() => {how}),\n"));
    Ok(format!(
        "{SAID}
const A = v1.Toolbelt, B = v2.Toolbelt, CERT = {}, KEY = {}, TARGET = {}, CLOSED = {};
const FILES = {{ conversationHistoryRecords: [{{ messageRecords: [{{ type: 'HOSTED_FILE', messageData: {{ file: {{ relativePath: '/a' }} }} }}] }}] }};
async function lambda() {{ return [\n{}]; }}",
        text(&certificate),
        text(&key),
        text(url),
        text(&format!("https://{closed}/")),
        lines.collect::<String>(),
    ))
}
