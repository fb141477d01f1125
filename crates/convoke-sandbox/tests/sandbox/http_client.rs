//! The HTTP client of the first toolbelt and what is built on it, against a real server on this machine.

use std::net::SocketAddr;

use serde_json::{Value, json};

use crate::fetch::{Names, Server, run, sandbox};
use crate::support::json;

#[expect(clippy::unnecessary_wraps, reason = "what a test server answers with; `None` would be silence")]
fn http(status: &str, headers: &str, body: &str) -> Option<Vec<u8>> {
    let length = body.len();
    Some(
        format!("HTTP/1.1 {status}\r\n{headers}content-length: {length}\r\nconnection: close\r\n\r\n{body}")
            .into_bytes(),
    )
}

fn answer(request: &str, _: SocketAddr) -> Option<Vec<u8>> {
    let path = request.split(' ').nth(1).unwrap();
    match path.split('?').next().unwrap() {
        "/json" => http(
            "200 OK",
            "content-type: application/json\r\nx-a: 1\r\nset-cookie: a=1\r\nset-cookie: b=2\r\n",
            r#"{"ok":true}"#,
        ),
        "/echo" => http("201 Created", "", request),
        "/hop" => http("302 Found", "location: /json\r\n", ""),
        "/silent" => None,
        _ => http("404 Not Found", "", r#"{"error":"none"}"#),
    }
}

/// Runs the body with `client` and `base` at hand.
async fn with_client(body: &str) -> (Value, Vec<String>) {
    let server = Server::answering(answer).await;
    let (sandbox, _) = sandbox(true, vec![], Names::default());
    let body = format!(
        "const {{ Toolbelt }} = require('lp-faas-toolbelt'); const client = Toolbelt.HTTPClient(); const base = 'http://api.shop.test:{}';
         const said = (run) => Promise.resolve().then(run).then((value) => value, (e) => [e.name, e.statusCode ?? e.cause?.code, e.message]);
         {body}",
        server.address.port()
    );
    let execution = run(&sandbox, &body, &["*.shop.test"]).await;
    (json(execution), server.requests())
}

#[tokio::test]
async fn a_body_is_the_answer_and_options_are_those_of_request() {
    let body = "return [await client(base + '/json'), await client({ uri: base + '/json', json: true }), (await client(base + '/json', { resolveWithFullResponse: true, json: true })), await client({ url: '/json', baseUrl: base, transform: (body, response) => response.statusCode })];";
    let (said, seen) = with_client(body).await;
    assert_eq!(
        (&said[0], &said[1], &said[3]),
        (&json!("{\"ok\":true}"), &json!({ "ok": true }), &json!(200))
    );
    assert_eq!((&said[2]["statusCode"], &said[2]["body"]), (&json!(200), &json!({ "ok": true })));
    assert_eq!(
        (&said[2]["headers"]["x-a"], &said[2]["headers"]["set-cookie"]),
        (&json!("1"), &json!(["a=1", "b=2"]))
    );
    let first = seen[0].to_ascii_lowercase();
    assert!(first.contains("\r\nuser-agent: lp-lambda-\r\n") && first.contains("\r\nlp-url: "), "{first}");
    assert!(seen[1].contains("accept: application/json"), "{}", seen[1]);
}

#[tokio::test]
async fn bodies_forms_queries_and_credentials_are_sent_as_request_sends_them() {
    let body = "const echo = (options) => client(base + '/echo', { method: 'POST', ...options });
        return [await echo({ json: true, body: { a: 'ü' }, qs: { q: 'a b', list: [1, 2] } }), await echo({ form: { a: '1 2', b: { c: 'x&y' } } }), await echo({ body: 'plain', headers: { 'X-Mine': 'yes', 'User-Agent': 'mine' } }),
          await echo({ json: { direct: 1 }, auth: { user: 'u', pass: 'p' } }), await echo({ formData: { field: 'value' }, auth: { bearer: 'tok' } }), await client.put(base + '/echo', { body: 'put' })];";
    let (said, _) = with_client(body).await;
    let sent = |i: usize| said[i].as_str().unwrap();
    assert!(
        sent(0).starts_with("POST /echo?q=a%20b&list%5B0%5D=1&list%5B1%5D=2 ")
            && sent(0).ends_with(r#"{"a":"ü"}"#),
        "{}",
        sent(0)
    );
    assert!(sent(0).contains("content-type: application/json\r\n"), "{}", sent(0));
    assert!(
        sent(1).contains("content-type: application/x-www-form-urlencoded\r\n")
            && sent(1).ends_with("a=1%202&b%5Bc%5D=x%26y"),
        "{}",
        sent(1)
    );
    assert!(
        sent(2).contains("x-mine: yes")
            && sent(2).contains("user-agent: mine")
            && sent(2).ends_with("\r\n\r\nplain"),
        "{}",
        sent(2)
    );
    assert!(
        sent(3).contains("authorization: Basic dTpw") && sent(3).ends_with(r#"{"direct":1}"#),
        "{}",
        sent(3)
    );
    assert!(
        sent(4).contains("authorization: Bearer tok")
            && sent(4).contains("multipart/form-data; boundary=")
            && sent(4).contains("name=\"field\"\r\n\r\nvalue\r\n"),
        "{}",
        sent(4)
    );
    assert!(sent(5).starts_with("PUT /echo "), "{}", sent(5));
}

#[tokio::test]
async fn failures_are_errors_of_request_promise() {
    let body = "return [await said(() => client(base + '/none', { json: true })), await client(base + '/none', { simple: false }), await said(() => client('https://evil.test/')), await said(() => client(base + '/silent', { timeout: 50 })), await said(() => client({})),
        await client(base + '/hop', { json: true }), await said(() => client.post(base + '/hop')), await new Promise((resolve) => client(base + '/json', (error, response, body) => resolve([error, body])))];";
    let (said, _) = with_client(body).await;
    assert_eq!(said[0], json!(["StatusCodeError", 404, "404 - {\"error\":\"none\"}"]));
    assert_eq!(said[1], json!("{\"error\":\"none\"}"));
    assert_eq!((&said[2][0], &said[2][1]), (&json!("RequestError"), &json!("host_not_allowed")));
    assert_eq!(said[3], json!(["RequestError", "ESOCKETTIMEDOUT", "Error: ESOCKETTIMEDOUT"]));
    assert_eq!(said[4][0], json!("RequestError"));
    assert_eq!(
        (&said[5], &said[6][1]),
        (&json!({ "ok": true }), &json!(302)),
        "only reading follows redirects"
    );
    assert_eq!(said[7], json!([null, "{\"ok\":true}"]));
}

fn salesforce(request: &str, address: SocketAddr) -> Option<Vec<u8>> {
    let path = request.split(' ').nth(1).unwrap();
    let base = format!("http://login.shop.test:{}", address.port());
    let reply = |body: &str| http("200 OK", "content-type: application/json\r\n", body);
    if path.starts_with("/services/Soap/u/") {
        let wrong = !request.contains("<password>pw</password>");
        if wrong {
            return http(
                "500 Server Error",
                "content-type: text/xml\r\n",
                "<Envelope><Body><Fault><faultstring>INVALID_LOGIN</faultstring></Fault></Body></Envelope>",
            );
        }
        let body = format!(
            "<Envelope><Body><loginResponse><result><serverUrl>{base}/services/Soap/u/42.0/00D</serverUrl><sessionId>s-1</sessionId><userId>005</userId><organizationId>00D</organizationId></result></loginResponse></Body></Envelope>"
        );
        return http("200 OK", "content-type: text/xml\r\n", &body);
    }
    if !request.contains("authorization: Bearer s-1") {
        return http("401 Unauthorized", "", "[]");
    }
    if path.contains("/query?q=SELECT%20Name%20FROM%20Account") {
        return reply(
            r#"{"totalSize":1,"done":true,"records":[{"attributes":{"type":"Account"},"Name":"Acme"}]}"#,
        );
    }
    if path.ends_with("/sobjects/Account") && request.starts_with("POST") {
        return http(
            "201 Created",
            "content-type: application/json\r\n",
            r#"{"id":"001","success":true,"errors":[]}"#,
        );
    }
    http(
        "404 Not Found",
        "content-type: application/json\r\n",
        r#"[{"errorCode":"NOT_FOUND","message":"no"}]"#,
    )
}

#[tokio::test]
async fn salesforce_is_logged_in_to_queried_and_written_to() {
    let server = Server::answering(salesforce).await;
    let (sandbox, _) = sandbox(true, vec![], Names::default());
    let body = format!(
        "const {{ Toolbelt }} = require('lp-faas-toolbelt'); const con = Toolbelt.SFClient().connectToSalesforce({{ loginUrl: 'http://login.shop.test:{}' }});
         const failed = await new Promise((resolve) => con.login('u', 'wrong', (error) => resolve(error.message)));
         const user = await con.login('u', 'pw');
         const found = await new Promise((resolve, reject) => con.query('SELECT Name FROM Account', (error, result) => error ? reject(error) : resolve(result)));
         const made = await con.sobject('Account').create({{ Name: 'New' }});
         return [failed, user.id, found.totalSize, found.records[0].Name, made.id, made.success];",
        server.address.port()
    );
    let execution = run(&sandbox, &body, &["*.shop.test"]).await;
    assert_eq!(json(execution), json!(["INVALID_LOGIN", "005", 1, "Acme", "001", true]));
    let created = server.requests().pop().unwrap();
    assert!(created.ends_with(r#"{"Name":"New"}"#), "{created}");
}
