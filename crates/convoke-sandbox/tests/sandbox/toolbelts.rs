//! The clients of both toolbelts, one behaviour at a time.

use std::collections::BTreeMap;
use std::sync::Arc;

use convoke_domain::allow_list::DomainAllowList;
use convoke_sandbox::platform::{PlatformRequest, PlatformResponse};
use convoke_sandbox::{Execution, Grant, Source};
use serde_json::{Value, json};

use crate::fake_platform::{FakePlatform, Route};
use crate::support::{given, json, sandbox};

/// Runs the body of an async function after `head`, as the function `f-1` of the account `le1`.
async fn run_after(platform: &Arc<FakePlatform>, head: &str, body: &str) -> Execution {
    let sandbox = sandbox();
    let environment: BTreeMap<String, String> =
        [("BRAND_ID", "le1"), ("LAMBDA_UUID", "f-1")].map(|(k, v)| (k.to_owned(), v.to_owned())).into();
    let source = format!("{head}\nasync function lambda(input) {{ {body}\n}}");
    let program = sandbox.prepare(&Source::new(source), &environment).unwrap();
    let mut run = given("{}");
    run.grant = Grant::to(DomainAllowList::Any).with_platform(Arc::clone(platform) as Arc<_>);
    sandbox.run(&program, run).await
}

const V1: &str = "const { Toolbelt, ErrorCodes, LpServices, SecretError } = require('lp-faas-toolbelt');
const said = (run) => Promise.resolve().then(run).then((value) => value, (e) => [e.name, e.component, e.code, e.message].join('|'));";
const V2: &str = "import { Toolbelt, ErrorCodes, LpServices } from 'core-functions-toolbelt';
const said = (run) => Promise.resolve().then(run).then((value) => value, (e) => [e.name, e.component, e.code, e.message].join('|'));";

async fn v1(platform: &Arc<FakePlatform>, body: &str) -> Value {
    json(run_after(platform, V1, body).await)
}

async fn v2(platform: &Arc<FakePlatform>, body: &str) -> Value {
    json(run_after(platform, V2, body).await)
}

/// Answers requests whose path begins so.
fn route(path: &'static str, status: u16, body: Value) -> Route {
    Box::new(move |request: &PlatformRequest| {
        request.path.starts_with(path).then(|| PlatformResponse::json(status, &body))
    })
}

fn code(said: &Value) -> &str {
    said.as_str().and_then(|said| said.split('|').nth(2)).unwrap_or_default()
}

#[tokio::test]
async fn a_secret_is_read_and_updated_by_name() {
    let platform = FakePlatform::with(&[("apiKey", json!("k-123456")), ("app", json!({ "id": 7 }))], vec![]);
    let body = "const client = Toolbelt.SecretClient();
        const read = [await client.readSecret('apiKey'), await client.readSecret('app')];
        const updated = await client.updateSecret({ key: 'apiKey', value: 'k-654321' });
        return [read, updated, await client.readSecret('apiKey'), client.getUsedSecrets()];";
    assert_eq!(
        v1(&platform, body).await,
        json!([
            [{ "key": "apiKey", "value": "k-123456" }, { "key": "app", "value": { "id": 7 } }],
            { "key": "apiKey", "value": "k-654321" },
            { "key": "apiKey", "value": "k-654321" },
            ["apiKey", "app"]
        ])
    );
    assert_eq!(platform.secret("apiKey"), json!("k-654321"));
}

#[tokio::test]
async fn each_failure_of_a_secret_has_the_contracts_code() {
    let platform = FakePlatform::start();
    let body = "const { readSecret, updateSecret } = Toolbelt.SecretClient();
        const c = Toolbelt.SecretClient();
        return Promise.all([
            said(() => c.readSecret('none')), said(() => c.readSecret('forbidden')), said(() => c.readSecret('broken')), said(() => c.readSecret('stale')),
            said(() => c.readSecret('no such/key')), said(() => c.updateSecret({ key: 'none', value: 'x' })), said(() => c.updateSecret({ key: 'none', value: 'x'.repeat(10001) })),
        ]);";
    let said = v1(&platform, body).await;
    let codes: Vec<_> = said.as_array().unwrap().iter().map(code).collect();
    let expected = [
        "not-found",
        "forbidden",
        "op-failed",
        "auth-failed",
        "invalid-format",
        "not-found",
        "invalid-format",
    ];
    assert_eq!(codes, expected.map(|code| format!("com.liveperson.faas.secret.{code}")));
    assert_eq!(
        said[0],
        "SecretError|SecretClient|com.liveperson.faas.secret.not-found|There is no Secret none for this account"
    );
}

#[tokio::test]
async fn without_a_platform_each_client_fails_by_a_code_of_the_contract() {
    let sandbox = sandbox();
    let body = "return Promise.all([
        said(() => Toolbelt.SecretClient().readSecret('a')), said(() => Toolbelt.CsdsClient().get('msgHist')), said(() => Toolbelt.LpClient()('msgHist', '/x')),
        said(() => Toolbelt.ConversationUtil().getConversationById('c')), said(() => Toolbelt.SDEUtil().addSDEs([{}], 'v', 's')),
        said(() => Toolbelt.ContextServiceClient('k').getListOfNamespaces()), said(() => Toolbelt.OrchestratorClient().invoke([{ uuid: 'u', retries: 0 }])),
        said(() => Toolbelt.GDPRUtil().replaceConversationFiles({ conversationHistoryRecords: [{ messageRecords: [{ type: 'HOSTED_FILE', messageData: { file: { relativePath: '/a' } } }] }] }, {})),
    ]);";
    let program = sandbox
        .prepare(&Source::new(format!("{V2}\nasync function lambda() {{ {body} }}")), &BTreeMap::new())
        .unwrap();
    let said = json(sandbox.run(&program, given("{}")).await);
    let codes: Vec<_> = said.as_array().unwrap().iter().map(code).collect();
    let expected = [
        "com.liveperson.faas.handler.no-sa-token",
        "com.liveperson.faas.csds.op-failed",
        "com.liveperson.faas.handler.no-sa-token",
        "com.liveperson.faas.conversation-util-general",
        "com.liveperson.faas.sdes-util-general",
        "com.liveperson.context-service-sdk.unknown",
        "com.liveperson.faas.orchestrator-fn-general",
        "com.liveperson.faas.gdpr-util.auth-failed",
    ];
    assert_eq!(codes, expected, "{said}");
}

#[tokio::test]
async fn the_second_generation_keeps_a_secret_and_does_not_wait_for_ever() {
    let platform = FakePlatform::with(&[("a", json!("aaaa"))], vec![]);
    let body = "const c = Toolbelt.SecretClient({ cache: { ttl: 60 } });
        await c.readSecret('a'); await c.readSecret('a'); await c.readSecret('a', { useCache: false });
        return said(() => c.readSecret('slow', { timeout: 20 }));";
    let said = v2(&platform, body).await;
    assert_eq!(code(&said), "com.liveperson.faas.secret.op-timed-out");
    assert_eq!(platform.reads(), 3, "one of four reads came from the cache");
}

#[tokio::test]
async fn a_secret_shows_in_no_log_no_error_and_no_recording() {
    let platform = FakePlatform::with(
        &[("apiKey", json!("k-123456")), ("app", json!({ "secret": "s\"quoted\"" }))],
        vec![route("/echo", 200, json!({ "you said": "k-123456" }))],
    );
    let body = "const c = Toolbelt.SecretClient();
        const { value } = await c.readSecret('apiKey'); const app = await c.readSecret('app');
        console.info('key is ' + value, { value }, app); console.error(new Error(value));
        await fetch('https://x.liveperson.net/echo');
        throw new Error('cannot log in with ' + value);";
    let execution = run_after(&platform, V1, body).await;
    let all = format!("{:?}{:?}{:?}", execution.ending, execution.logs, execution.recording);
    assert!(!all.contains("k-123456") && !all.contains("quoted"), "{all}");
    assert_eq!(execution.logs[0].message, "key is [secret apiKey]");
    assert_eq!(execution.recording.entries[0].answer, r#"{"key":"apiKey","version":1}"#);
    let calls: Vec<_> =
        execution.calls.iter().map(|call| (call.method.as_str(), call.host.as_str())).collect();
    assert_eq!(calls, [("secret.read", "apiKey"), ("secret.read", "app"), ("GET", "x.liveperson.net")]);
}

#[tokio::test]
async fn a_service_is_asked_in_the_manner_of_request_promise() {
    let platform = FakePlatform::with(
        &[
            ("key", json!({ "consumerKey": "a", "consumerSecret": "b", "token": "c", "tokenSecret": "d" })),
            ("bad", json!("{}")),
        ],
        vec![route("/api/account/le1/none", 404, json!({ "error": "no" }))],
    );
    let body = "const lp = Toolbelt.LpClient();
        const skills = await lp(LpServices.ACCOUNT_CONFIG_READ_ONLY, '/api/account/le1/skills?v=2.0', { json: true, appKeySecretName: 'key' });
        const post = await lp('msgHist', '/search', { method: 'POST', json: true, body: { a: 1 }, resolveWithFullResponse: true, qs: { limit: 5 } });
        const none = await lp('msgHist', '/api/account/le1/none', { json: true }).catch((e) => [e.name, e.statusCode, e.error, e.message]);
        return [skills, post.statusCode, post.headers['content-type'], post.body.path, none,
            await said(() => lp('msgHist', '/x', { appKeySecretName: 'gone' })), await said(() => lp('msgHist', '/x', { appKeySecretName: 'bad' }))];";
    let said = v1(&platform, body).await;
    assert_eq!(
        said[0],
        json!({ "target": "accountConfigReadOnly", "method": "GET", "path": "/api/account/le1/skills?v=2.0" })
    );
    assert_eq!(
        (&said[1], &said[2], &said[3]),
        (&json!(200), &json!("application/json"), &json!("/search?limit=5"))
    );
    assert_eq!(said[4], json!(["StatusCodeError", 404, { "error": "no" }, "404 - {\"error\":\"no\"}"]));
    assert_eq!(code(&said[5]), "com.liveperson.faas.lp-client.get-credentials-failure");
    assert_eq!(code(&said[6]), "com.liveperson.faas.lp-client.credentials-wrong-format");
    let seen = platform.requests();
    assert_eq!(seen[1].body.as_ref(), br#"{"a":1}"#);
    for (name, value) in
        [("LP-URL", "le1"), ("User-Agent", "LP-Lambda-f-1"), ("Content-Type", "application/json")]
    {
        assert!(seen[1].headers.contains(&(name.into(), value.into())), "{name} in {:?}", seen[1].headers);
    }
}

#[tokio::test]
async fn the_second_generations_client_answers_with_a_response_and_tries_once_more_on_401() {
    let platform = FakePlatform::with(&[], vec![route("/denied", 401, json!({}))]);
    let body = "const lp = Toolbelt.LpClient();
        const found = await lp(LpServices.MSG_HIST, '/x', { method: 'POST', body: { a: 1 }, headers: { 'X-Mine': '1' } });
        const denied = await lp(LpServices.AUDITLOG, '/denied');
        return [found instanceof Response, found.ok, (await found.json()).target, denied.status];";
    assert_eq!(v2(&platform, body).await, json!([true, true, "msgHist", 401]));
    let seen = platform.requests();
    assert_eq!(
        seen.iter().map(|request| request.target.name()).collect::<Vec<_>>(),
        ["msgHist", "auditLog", "auditLog"]
    );
    assert!(seen[0].headers.iter().any(|(name, _)| name == "x-request-id"), "{:?}", seen[0].headers);
}

#[tokio::test]
async fn a_conversation_is_found_and_searched_for_words() {
    let record = json!({ "messageRecords": [
        { "type": "TEXT_PLAIN", "messageData": { "msg": { "text": "I want to Cancel" } }, "timeL": 5, "sentBy": "Consumer" },
        { "type": "HOSTED_FILE", "messageData": { "file": { "caption": "my bill", "relativePath": "/f/1.png" } }, "timeL": 6, "sentBy": "Agent" },
        { "type": "RICH_CONTENT", "messageData": {}, "timeL": 7, "sentBy": "Agent" },
    ]});
    let routes: Vec<Route> = vec![Box::new(move |request: &PlatformRequest| {
        let asked: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        match asked["conversationId"].as_str()? {
            "none" => Some(PlatformResponse::json(
                200,
                &json!({ "_metadata": {}, "conversationHistoryRecords": [] }),
            )),
            "odd" => Some(PlatformResponse::json(502, &json!("no"))),
            _ => Some(PlatformResponse::json(
                200,
                &json!({ "_metadata": { "count": 1 }, "conversationHistoryRecords": [record] }),
            )),
        }
    })];
    let platform = FakePlatform::with(&[], routes);
    let body = "const util = Toolbelt.ConversationUtil();
        const conversation = await util.getConversationById('c-1', ['messageRecords']);
        return [conversation._metadata, util.scanConversationForKeywords(conversation, ['cancel', 'bill']),
            await said(() => util.getConversationById('none')), await said(() => util.getConversationById('odd')), await said(() => util.getConversationById(''))];";
    let said = v1(&platform, body).await;
    assert_eq!(said[0], json!({ "count": 1 }));
    assert_eq!(
        said[1],
        json!([
            { "message": "I want to Cancel", "sentTimestamp": 5, "sentBy": "Consumer", "tag": "keywordRef:cancel" },
            { "message": "my bill", "sentTimestamp": 6, "sentBy": "Agent", "tag": "keywordRef:bill" }
        ])
    );
    assert_eq!(code(&said[2]), "com.liveperson.faas.conversation-util.conversation.not-found");
    assert_eq!(code(&said[3]), "com.liveperson.faas.conversation-util.unexpected-response");
    assert_eq!(code(&said[4]), "com.liveperson.faas.conversation-util-general");
    let seen = &platform.requests()[0];
    assert_eq!(
        seen.path,
        "/messaging_history/api/account/le1/conversations/conversation/search?v=2&company=lp&source=FaaS_Toolbelt"
    );
    assert_eq!(seen.body.as_ref(), br#"{"conversationId":"c-1","contentToRetrieve":["messageRecords"]}"#);
}

#[tokio::test]
async fn engagement_attributes_are_set_and_read_in_order() {
    let platform =
        FakePlatform::with(&[], vec![route("/api/account/le1/monitoring/visitors/bad", 400, json!({}))]);
    let body = "const util = Toolbelt.SDEUtil();
        await util.addSDEs([{ type: 'ctmrinfo' }], 'v1', 's1');
        const conversation = { conversationHistoryRecords: [{ sdes: { events: [{ serverTimeStamp: 2 }, { serverTimeStamp: 1 }] } }] };
        return [util.getSDEsFromConv(conversation), await said(() => util.addSDEs([], 'v', 's')), await said(() => util.addSDEs([{}], 'bad', 's')), await said(() => util.getSDEsFromConv({}))];";
    let said = v1(&platform, body).await;
    assert_eq!(
        said[0],
        json!({ "sdes": { "events": [{ "serverTimeStamp": 1 }, { "serverTimeStamp": 2 }] }, "unAuthSdes": { "events": [] } })
    );
    assert_eq!(code(&said[1]), "com.liveperson.faas.sdes-util-general");
    assert_eq!(code(&said[2]), "com.liveperson.faas.sdes-util.unexpected-response");
    assert_eq!(code(&said[3]), "com.liveperson.faas.sdes-util-general");
    let seen = &platform.requests()[0];
    assert_eq!((seen.method.as_str(), seen.target.name()), ("PUT", "smt"));
    assert_eq!(seen.path, "/api/account/le1/monitoring/visitors/v1/visits/current/events?v=1&sid=s1");
}

#[tokio::test]
async fn files_of_a_conversation_are_replaced_with_a_token() {
    let routes: Vec<Route> = vec![
        Box::new(|request: &PlatformRequest| {
            let known = request.headers.contains(&("X-Auth-User".into(), "u".into()));
            (request.path == "/auth/v1.0").then(|| PlatformResponse {
                headers: vec![("x-auth-token".into(), "t-1".into())],
                ..PlatformResponse::empty(if known { 200 } else { 401 })
            })
        }),
        route("/broken", 500, json!("no")),
    ];
    let platform = FakePlatform::with(&[], routes);
    let body = "const util = Toolbelt.GDPRUtil();
        const file = (relativePath) => ({ type: 'HOSTED_FILE', messageData: { file: { relativePath } } });
        const conversation = { conversationHistoryRecords: [{ messageRecords: [file('/a/1.png'), file('/a/2.jpg'), { type: 'TEXT_PLAIN' }] }] };
        const replaced = await util.replaceConversationFiles(conversation, { username: 'u', password: 'p' }, (path) => path.endsWith('png'));
        return [replaced, await said(() => util.replaceConversationFiles(conversation, { username: 'x', password: 'p' })),
            await said(() => util.replaceConversationFiles({ conversationHistoryRecords: [{ messageRecords: [file('/broken')] }] }, { username: 'u', password: 'p' }))];";
    let said = v1(&platform, body).await;
    assert_eq!(said[0], json!(["/a/1.png"]));
    assert_eq!(code(&said[1]), "com.liveperson.faas.gdpr-util.auth-failed");
    assert_eq!(code(&said[2]), "com.liveperson.faas.gdpr-util.replace-file-failed");
    let put = &platform.requests()[1];
    assert_eq!((put.method.as_str(), put.path.as_str()), ("PUT", "/a/1.png"));
    assert!(put.body.starts_with(b"\x89PNG") && put.headers.contains(&("x-auth-token".into(), "t-1".into())));
}

#[tokio::test]
async fn the_context_service_has_namespaces_sessions_and_properties() {
    let routes: Vec<Route> = vec![
        Box::new(|request: &PlatformRequest| (request.method != "GET").then(|| PlatformResponse::empty(204))),
        route("/v1/account/le1/ns/__default__/properties/gone", 404, json!({})),
        route("/v1/account/le1/ns/__default__/properties/a", 200, json!({ "deep": 1 })),
        route("/v1/account/le1/ns/__default__/properties", 200, json!({ "a": { "deep": 1 } })),
        route("/v1/account/le1/ns/session-ids", 200, json!(["__default__", "s 1"])),
        route("/v1/account/le1/locked/session-ids", 403, json!({})),
        route("/v1/account/le1/down/session-ids", 503, json!({})),
        route("/v1/account/le1/slow/session-ids", 504, json!({})),
        route("/v1/account/le1", 200, json!([{ "name": "ns", "createdAt": 0, "ttlSecond": 60 }])),
    ];
    let platform = FakePlatform::with(&[], routes);
    let body = "const c = Toolbelt.ContextServiceClient({ accountId: 'le1', apiKey: 'k' });
        const namespace = await c.createNamespace('ns', { ttl: 60 });
        const set = await c.setPropertiesInNamespace('ns', { a: { deep: 1 } });
        await c.updatePropertiesInNamespace('ns', { b: 2 }); await c.deletePropertyInSession('ns', 'b'); await c.deleteSession('ns', 's 1'); await c.deleteNamespace('ns');
        return [[namespace.name, namespace.createdAt instanceof Date, namespace.ttlSecond], set, await c.getPropertyInSession('ns', 'a'), await c.getSelectedPropertiesInSession('ns', ['a', 'gone']),
            await c.getListOfSessions('ns'), await said(() => c.getPropertyInSession('ns', 'gone')), await said(() => c.getListOfSessions('locked')), await said(() => c.getListOfSessions('down')),
            await said(() => c.createNamespace('')), await said(() => c.createNamespace('conversation')), await said(() => c.getListOfSessions('slow'))];";
    let said = v1(&platform, body).await;
    assert_eq!(said[0], json!(["ns", true, 60]));
    assert_eq!((&said[1], &said[2]), (&json!({ "a": { "deep": 1 } }), &json!({ "deep": 1 })));
    assert_eq!((&said[3], &said[4]), (&json!({ "a": { "deep": 1 } }), &json!(["__default__", "s 1"])));
    let codes: Vec<_> =
        (5..11).map(|i| code(&said[i]).trim_start_matches("com.liveperson.context-service-sdk.")).collect();
    assert_eq!(
        codes,
        [
            "data.does-not-exist",
            "authorization.invalid",
            "internal-server-error",
            "parameter.invalid",
            "parameter.invalid",
            "response-timeout"
        ]
    );
    let asked: Vec<_> = platform.requests().iter().map(|r| format!("{} {}", r.method, r.path)).collect();
    assert_eq!(asked[0], "POST /v1/account/le1?ttlSecond=60");
    assert!(asked.contains(&"PATCH /v1/account/le1/ns/__default__/properties".into()), "{asked:?}");
    assert!(asked.contains(&"DELETE /v1/account/le1/ns/s%201/properties/".into()), "{asked:?}");
}

#[tokio::test]
async fn other_functions_are_invoked_with_retries_and_a_strategy_for_errors() {
    let calls = std::sync::atomic::AtomicU32::new(0);
    let routes: Vec<Route> = vec![Box::new(move |request: &PlatformRequest| {
        let busy = request.path.contains("/lambdas/busy/")
            && calls.fetch_add(1, std::sync::atomic::Ordering::Relaxed) == 0;
        let status = if busy {
            429
        } else if request.path.contains("/lambdas/fails/") {
            901
        } else {
            200
        };
        Some(PlatformResponse::json(status, &json!({ "result": status })))
    })];
    let platform = FakePlatform::with(&[], routes);
    let body = "const c = Toolbelt.OrchestratorClient();
        const answers = await c.invoke([{ uuid: 'busy', payload: { a: 1 }, headers: { x: '1' } }, { uuid: 'fails', payload: {} }], 5000, { errorStrategy: 'ContinueOnError', invokeParallel: true });
        return [answers.map(({ uuid, statusCode, body, error }) => [uuid, statusCode, body, error?.code]), await said(() => c.invoke([{ uuid: 'fails', payload: {} }], 5000))];";
    let said = v2(&platform, body).await;
    assert_eq!(
        said[0],
        json!([
            ["busy", 200, { "result": 200 }, null],
            ["fails", 901, { "result": 901 }, "com.liveperson.faas.orchestrator-fn.invoke.status-code-error"]
        ])
    );
    assert_eq!(code(&said[1]), "com.liveperson.faas.orchestrator-fn.invoke.status-code-error");
    let first = &platform.requests()[0];
    assert_eq!(first.path, "/api/account/le1/lambdas/busy/invoke?v=1&externalSystem=f-1_le1}");
    let sent: Value = serde_json::from_slice(&first.body).unwrap();
    assert_eq!(
        (&sent["payload"], &sent["headers"]),
        (&json!({ "a": 1 }), &json!([{ "key": "x", "value": "1" }]))
    );
    assert_eq!(platform.requests().len(), 4, "busy is asked again, a function's own failure is not");
}

#[tokio::test]
async fn domains_are_looked_up_by_service() {
    let platform = FakePlatform::start();
    let body = "const c = Toolbelt.CsdsClient(); return [await c.get('msgHist'), (await c.getAll())[0], await said(() => c.get('none'))];";
    let said = v2(&platform, body).await;
    assert_eq!(said[0], "va.msghist.liveperson.net");
    assert_eq!(
        said[1],
        json!({ "account": "le1", "service": "msgHist", "baseURI": "va.msghist.liveperson.net" })
    );
    assert_eq!(code(&said[2]), "com.liveperson.faas.csds.domain.not-found");
}

#[tokio::test]
async fn certificates_of_the_platform_are_used_through_its_gateway() {
    let platform = FakePlatform::with(&[], vec![route("/mtls/account/le1", 200, json!({ "ok": true }))]);
    let body = "const c = Toolbelt.LPMtlsClient();
        return c.post('https://bank.example.com/pay', { Authorization: 'Bearer x', 'X-A': '1' }, { amount: 1 }, { json: true });";
    let answer = v2(&platform, body).await;
    assert_eq!((&answer["statusCode"], &answer["body"]), (&json!(200), &json!({ "ok": true })));
    let seen = &platform.requests()[0];
    assert_eq!((seen.target.name(), seen.body.as_ref()), ("mtlsGateway", br#"{"amount":1}"#.as_slice()));
    for (name, value) in [
        ("LP-forward-url", "https://bank.example.com/pay"),
        ("LP-service-name", "FAAS"),
        ("LP-authorization-override", "Bearer x"),
    ] {
        assert!(seen.headers.contains(&(name.into(), value.into())), "{name} in {:?}", seen.headers);
    }
    assert!(!seen.headers.iter().any(|(name, _)| name == "Authorization"));
}

#[tokio::test]
async fn replaced_built_ins_change_no_request_of_a_toolbelt() {
    let platform = FakePlatform::with(&[("apiKey", json!("k-123456"))], vec![]);
    let body = "Object.prototype.toJSON = () => 'polluted'; Array.prototype.toJSON = () => 'polluted'; Object.prototype.key = 'other'; Object.prototype.service = 'other';
        JSON.stringify = () => '{\"key\":\"other\"}'; JSON.parse = () => ({ value: 'wrong' }); Promise.prototype.then = function () { throw new Error('no'); }; Map.prototype.get = () => 'wrong';
        const { value } = await Toolbelt.SecretClient().readSecret('apiKey');
        await Toolbelt.LpClient()('msgHist', '/x', { simple: false });
        return value;";
    let execution = run_after(&platform, V1, body).await;
    assert_eq!(platform.requests().len(), 1);
    assert_eq!(platform.requests()[0].target.name(), "msgHist");
    assert_eq!(execution.calls[0].host, "apiKey");
}

#[tokio::test]
async fn a_function_reaches_the_secrets_of_its_own_platform_only() {
    let (mine, others) = (
        FakePlatform::with(&[("shared-name", json!("mine-1"))], vec![]),
        FakePlatform::with(&[("shared-name", json!("others-1")), ("only-there", json!("others-2"))], vec![]),
    );
    let body = "const c = Toolbelt.SecretClient(); return [(await c.readSecret('shared-name')).value, await said(() => c.readSecret('only-there'))];";
    let said = v1(&mine, body).await;
    assert_eq!((said[0].as_str(), code(&said[1])), (Some("mine-1"), "com.liveperson.faas.secret.not-found"));
    assert_eq!(others.reads(), 0);
}

#[tokio::test]
async fn key_values_are_read_written_listed_and_deleted() {
    let platform = FakePlatform::start();
    let body = "const { keyValues } = require('convoke'); const orders = keyValues('orders');
        const none = await orders.get('a');
        const first = await orders.set('a', { n: 1 }, { version: 0, ttl: 60 });
        const again = await said(() => orders.set('a', { n: 2 }, { version: 0 }));
        await orders.set('b', [1]); await orders.set('c', null); await orders.delete('c');
        return [none === undefined, first, again, await orders.get('a'), (await orders.list({ after: 'a' })).map((entry) => entry.key)];";
    let said = v2(&platform, body).await;
    assert_eq!((&said[0], &said[1]), (&json!(true), &json!({ "version": 1 })));
    assert_eq!(code(&said[2]), "key_value.version_conflict");
    assert_eq!(said[3], json!({ "key": "a", "value": { "n": 1 }, "version": 1 }));
    assert_eq!(said[4], json!(["b"]));
}

#[tokio::test]
async fn what_is_no_key_no_value_and_no_time_is_refused_by_name() {
    let platform = FakePlatform::start();
    let body = "const { keyValues, KeyValueError } = require('convoke'); const orders = keyValues('orders');
        const codes = [() => orders.get(7), () => orders.set('a', undefined), () => orders.set('a', 1, { ttl: 0.5 }), () => keyValues()]
            .map(async (run) => { try { await run(); } catch (error) { return [error instanceof KeyValueError, error.code]; } });
        return Promise.all(codes);";
    let said = v1(&platform, body).await;
    let expected = ["key_invalid", "value_too_long", "ttl_invalid", "namespace_invalid"];
    assert_eq!(said, json!(expected.map(|code| (true, format!("key_value.{code}")))));
}
