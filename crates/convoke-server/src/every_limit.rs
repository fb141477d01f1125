//! Every limit of what a client sends, at its edge: exactly at the limit it works, one above it is refused by name.
//!
//! Leaves out: limits inside functions, which the sandbox's tests hold, and those of time and number of connections.

use axum::body::Body;
use axum::http::{Method, Request, header};
use convoke_domain::account::{Actor, Command, Skill};
use convoke_domain::id::SkillId;
use convoke_domain::limits as domain;
use serde_json::{Value, json};

use crate::limits;
use crate::testing::{ACME, Kit, Reply, ScriptedHost};

/// A limit of one request: its name, how much is allowed, the request of a size, and what one more is told.
struct Limit {
    what: &'static str,
    most: usize,
    ask: fn(usize) -> (Method, String, Value),
    refused: (u16, &'static str),
}

fn text(length: usize) -> String {
    "x".repeat(length)
}

/// A name that no other size has, so that sizes do not meet as duplicates.
fn function(name: &str, rest: &Value) -> (Method, String, Value) {
    let mut body = json!({"name": name, "source": "1"});
    for (field, value) in rest.as_object().into_iter().flatten() {
        body[field] = value.clone();
    }
    (Method::POST, "/functions".to_owned(), body)
}

fn named(what: &str, length: usize, rest: &Value) -> (Method, String, Value) {
    function(&format!("{what}_{length}"), rest)
}

fn environment(count: usize, name: usize, value: usize) -> Value {
    let variables =
        (0..count).map(|number| (format!("V{number:0>width$}", width = name - 1), text(value).into()));
    json!({"environment": variables.collect::<serde_json::Map<_, _>>()})
}

fn schedule(fields: &Value) -> (Method, String, Value) {
    let mut body = json!({"function": "called", "cron": "0 0 * * *"});
    for (field, value) in fields.as_object().into_iter().flatten() {
        body[field] = value.clone();
    }
    (Method::POST, "/schedules".to_owned(), body)
}

const SINGLE: &[Limit] = &[
    Limit {
        what: "name of a function",
        most: domain::FUNCTION_NAME_CHARS_MAX,
        ask: |length| function(&text(length), &json!({})),
        refused: (400, "function.name_invalid"),
    },
    Limit {
        what: "description of a function",
        most: domain::FUNCTION_DESCRIPTION_CHARS_MAX,
        ask: |length| named("described", length, &json!({"description": text(length)})),
        refused: (400, "function.description_too_long"),
    },
    Limit {
        what: "source of a function",
        most: domain::SOURCE_CHARS_MAX,
        ask: |length| named("long", length, &json!({"source": text(length)})),
        refused: (413, "function.source_too_long"),
    },
    Limit {
        what: "variables of a function",
        most: domain::ENVIRONMENT_MAX,
        ask: |count| named("many", count, &environment(count, 8, 1)),
        refused: (400, "function.too_many_variables"),
    },
    Limit {
        what: "name of a variable",
        most: domain::ENVIRONMENT_NAME_CHARS_MAX,
        ask: |length| named("name", length, &environment(1, length, 1)),
        refused: (400, "function.variable_invalid"),
    },
    Limit {
        what: "value of a variable",
        most: domain::ENVIRONMENT_VALUE_CHARS_MAX,
        ask: |length| named("value", length, &environment(1, 8, length)),
        refused: (400, "function.variable_too_long"),
    },
    Limit {
        what: "skills of a function",
        most: domain::FUNCTION_SKILLS_MAX,
        ask: |count| {
            let skills: Vec<String> = (0..count).map(|number| format!("9{number:05}")).collect();
            named("skilled", count, &json!({"skills": skills, "event": "controllerbot_messaging_ttr"}))
        },
        refused: (400, "function.too_many_skills"),
    },
    Limit {
        what: "wall time of a function",
        most: domain::WALL_MS_MAX as usize,
        ask: |most| named("wall", most, &json!({"settings": settings("wall_ms", most)})),
        refused: (400, "function.setting_out_of_range"),
    },
    Limit {
        what: "processor time of a function",
        most: domain::CPU_MS_MAX as usize,
        ask: |most| named("cpu", most, &json!({"settings": settings("cpu_ms", most)})),
        refused: (400, "function.setting_out_of_range"),
    },
    Limit {
        what: "memory of a function",
        most: domain::MEMORY_MIB_MAX as usize,
        ask: |most| named("memory", most, &json!({"settings": settings("memory_mib", most)})),
        refused: (400, "function.setting_out_of_range"),
    },
    Limit {
        what: "hold of a function",
        most: domain::HOLD_MS_MAX as usize,
        ask: |most| named("hold", most, &json!({"settings": settings("hold_ms", most)})),
        refused: (400, "function.setting_out_of_range"),
    },
    Limit {
        what: "value of a secret",
        most: domain::SECRET_VALUE_CHARS_MAX,
        ask: |length| (Method::PUT, "/secrets/long".to_owned(), json!({"value": text(length)})),
        refused: (400, "secret.value_too_long"),
    },
    Limit {
        what: "name of a secret",
        most: 100,
        ask: |length| (Method::PUT, format!("/secrets/{}", text(length)), json!({"value": "x"})),
        refused: (400, "request.invalid"),
    },
    Limit {
        what: "cron expression",
        most: domain::CRON_CHARS_MAX,
        ask: |length| schedule(&json!({"cron": format!("{}0 0 * * *", " ".repeat(length - 9))})),
        refused: (400, "request.invalid"),
    },
    Limit {
        what: "description of a schedule",
        most: domain::SCHEDULE_DESCRIPTION_CHARS_MAX,
        ask: |length| schedule(&json!({"description": text(length)})),
        refused: (400, "schedule.description_too_long"),
    },
    Limit {
        what: "name of a skill",
        most: domain::NAME_CHARS_MAX,
        ask: |length| (Method::PUT, "/skills/77".to_owned(), json!({"name": text(length)})),
        refused: (400, "name.invalid"),
    },
    Limit {
        what: "days of the run log",
        most: 365,
        ask: |days| (Method::PUT, "/settings".to_owned(), json!({"run_log": {"days": days}})),
        refused: (400, "run_log.days_out_of_range"),
    },
    Limit {
        what: "days of recordings",
        most: 365,
        ask: |days| {
            (Method::PUT, "/settings".to_owned(), json!({"run_log": {"days": 365, "recording_days": days}}))
        },
        refused: (400, "run_log.days_out_of_range"),
    },
    Limit {
        what: "days of figures",
        most: 365,
        ask: |days| {
            (Method::PUT, "/settings".to_owned(), json!({"run_log": {"days": 30, "figure_days": days}}))
        },
        refused: (400, "run_log.days_out_of_range"),
    },
    Limit {
        what: "days of activity",
        most: 3_650,
        ask: |days| (Method::PUT, "/settings".to_owned(), json!({"activity_days": days})),
        refused: (400, "activity.days_out_of_range"),
    },
    Limit {
        what: "auto-close",
        most: 90 * 24 * 3_600,
        ask: |seconds| (Method::PUT, "/settings".to_owned(), json!({"auto_close_seconds": seconds})),
        refused: (400, "auto_close.out_of_range"),
    },
    Limit {
        what: "text of an automatic message",
        most: domain::AUTOMATIC_TEXT_CHARS_MAX,
        ask: |length| {
            let path = "/automatic-messages/BACK_TO_QUEUE".to_owned();
            (Method::PUT, path, json!({"texts": {"en": text(length)}}))
        },
        refused: (400, "automatic_message.text_invalid"),
    },
];

fn settings(which: &str, most: usize) -> Value {
    let mut settings = json!({"hold_ms": 250, "wall_ms": 30_000, "cpu_ms": 2_000, "memory_mib": 64});
    settings[which] = json!(most);
    settings
}

/// A server with one function that is deployed, and as many skills as a function may have, and one more.
async fn kit() -> (Kit, String) {
    let kit = Kit::with(ScriptedHost::echo()).await;
    let account = ACME.parse().unwrap();
    for number in 0..=domain::FUNCTION_SKILLS_MAX {
        let id: SkillId = format!("9{number:05}").parse().unwrap();
        let skill = Skill::named(format!("Skill {number}"));
        kit.handle.configure(&account, &Actor::System, Command::DefineSkill { id, skill }).await.unwrap();
    }
    let token = kit.admin().await;
    kit.post("/functions", &token, json!({"name": "called", "source": "1"})).await.ok(201);
    kit.post("/functions/called/deploy", &token, Value::Null).await.ok(200);
    (kit, token)
}

fn refused(reply: &Reply, what: &str, expected: (u16, &str)) {
    let problem = reply.json();
    assert_eq!(
        (reply.status.as_u16(), problem["code"].as_str()),
        (expected.0, Some(expected.1)),
        "one more {what}: {problem}"
    );
}

#[tokio::test]
async fn exactly_as_much_as_is_allowed_is_taken_and_one_more_is_refused_by_name() {
    let (kit, token) = kit().await;
    for Limit { what, most, ask, refused: expected } in SINGLE {
        let send = async |size: usize| {
            let (method, path, body) = ask(size);
            kit.send(method, &path, &token, body).await
        };
        let fits = send(*most).await;
        assert!(fits.status.is_success(), "{what} of {most}: {} {}", fits.status, fits.text);
        refused(&send(most + 1).await, what, *expected);
    }
}

#[tokio::test]
async fn an_account_holds_as_many_things_as_it_may_and_not_one_more() {
    let (kit, token) = kit().await;
    let fill = async |what: &str,
                      there: usize,
                      most: usize,
                      ask: &dyn Fn(usize) -> (Method, String, Value),
                      code: &str| {
        for number in there..most {
            let (method, path, body) = ask(number);
            let fits = kit.send(method, &path, &token, body).await;
            assert!(fits.status.is_success(), "{what} {number}: {}", fits.text);
        }
        let (method, path, body) = ask(most);
        refused(&kit.send(method, &path, &token, body).await, what, (409, code));
    };
    let function = |number: usize| function(&format!("f{number}"), &json!({}));
    fill("functions", 1, domain::FUNCTIONS_MAX, &function, "function.too_many").await;
    let schedule = |_: usize| schedule(&json!({}));
    fill("schedules", 0, domain::SCHEDULES_MAX, &schedule, "schedule.too_many").await;
    let secret = |number: usize| (Method::PUT, format!("/secrets/s{number}"), json!({"value": "x"}));
    fill("secrets", 0, domain::SECRETS_MAX, &secret, "limit.reached").await;
    let host = |number: usize| (Method::PUT, format!("/domains/h{number}.example.com"), Value::Null);
    fill("domains", 0, domain::DOMAINS_MAX, &host, "limit.reached").await;
    let client = |number: usize| {
        (Method::POST, "/clients".to_owned(), json!({"name": format!("c{number}"), "roles": []}))
    };
    fill("clients", 0, domain::CLIENTS_MAX, &client, "limit.reached").await;
}

#[tokio::test]
async fn a_line_of_a_conversation_is_as_long_as_it_may_be_and_not_longer() {
    let kit = Kit::new().await;
    let (path, consumer) = (kit.open().await, kit.consumer(ACME, 7));
    let say = async |length: usize| {
        kit.post(&format!("{path}/lines"), &consumer, json!({"text": text(length)})).await
    };
    say(domain::LINE_BYTES_MAX).await.ok(201);
    refused(&say(domain::LINE_BYTES_MAX + 1).await, "line", (413, "line.too_long"));
}

#[tokio::test]
async fn a_body_is_as_large_as_its_route_allows_and_not_larger() {
    let (kit, token) = kit().await;
    let send = async |path: &str, json: &str, bytes: usize| {
        // White space after the value belongs to the body, and to no field that has a limit of its own.
        let body = format!("{json}{}", " ".repeat(bytes - json.len()));
        let request = Request::post(format!("/api/v1/accounts/{ACME}{path}"))
            .header(header::AUTHORIZATION, format!("Bearer {token}"))
            .header(header::CONTENT_TYPE, "application/json");
        kit.request(request.body(Body::from(body)).unwrap()).await
    };
    for (path, json, most) in [
        ("/domain-checks", r#"{"url":"first.example.com"}"#, limits::BODY_BYTES_MAX),
        ("/functions/called/invoke", "{}", limits::FUNCTION_BODY_BYTES_MAX),
    ] {
        assert!(send(path, json, most).await.status.is_success(), "{path}");
        refused(&send(path, json, most + 1).await, path, (413, "request.too_large"));
    }
}

#[tokio::test]
async fn what_functions_remember_is_bounded_by_name_size_and_number() {
    let (kit, token) = kit().await;
    let ask = async |method: Method, path: &str, body: Value| {
        kit.raw(method, &format!("/v1/account/{ACME}{path}"), &token, body).await
    };
    // The context service's words are those of the functions planes.
    let told = |reply: &Reply, status: u16| {
        assert_eq!(reply.status.as_u16(), status, "{}", reply.text);
        reply.json()["errorCode"].as_str().unwrap().to_owned()
    };
    for number in 0..domain::CONTEXT_NAMESPACES_MAX {
        ask(Method::POST, "", json!({"name": format!("n{number}")})).await.ok(204);
    }
    let full = ask(Method::POST, "", json!({"name": "one_more"})).await;
    assert_eq!(told(&full, 409), "com.liveperson.faas.es.general");
    let set = async |session: &str, name: &str, value: usize| {
        let properties = json!({name: text(value)});
        ask(Method::PATCH, &format!("/custom/{session}/properties"), properties).await
    };
    let (name, value) = (domain::CONTEXT_NAME_CHARS_MAX, domain::CONTEXT_VALUE_BYTES_MAX);
    // Two of the bytes are the quotes of the text.
    set(&text(name), &text(name), value - 2).await.ok(204);
    assert_eq!(told(&set("s", "p", value - 1).await, 400), "com.liveperson.faas.es.badinput");
    assert_eq!(told(&set("s", &text(name + 1), 1).await, 400), "com.liveperson.faas.es.badinput");
    assert_eq!(told(&set(&text(name + 1), "p", 1).await, 400), "com.liveperson.faas.es.badinput");
}

#[tokio::test]
async fn a_request_id_is_as_long_as_it_may_be_and_not_longer() {
    let (kit, token) = kit().await;
    let call = async |length: usize| {
        let request = Request::post(format!("/api/v1/accounts/{ACME}/functions/called/invoke"))
            .header(header::AUTHORIZATION, format!("Bearer {token}"))
            .header("x-request-id", text(length));
        kit.request(request.body(Body::empty()).unwrap()).await
    };
    assert!(call(128).await.status.is_success());
    refused(&call(129).await, "request id", (400, "request.invalid"));
}
