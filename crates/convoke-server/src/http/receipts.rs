//! What became of lines: received, read.

use axum::Json;
use convoke_api::v1::conversation::{ReceiveLines, Written};
use convoke_api::v1::live::Act;

use super::conversation_writes::Writing;
use crate::extract::Body;
use crate::problem::Answer;

/// Tells what became of lines of others: received, read. Whoever takes part may.
#[utoipa::path(post, path = "/api/v1/accounts/{account}/conversations/{conversation}/receipts",
    tag = "conversations", request_body = ReceiveLines, responses((status = 200, body = Written)))]
pub(super) async fn receive(write: Writing, Body(received): Body<ReceiveLines>) -> Answer<Json<Written>> {
    write.act(Act::Receive(received)).await
}

#[cfg(test)]
mod tests {
    use convoke_domain::account::UserRole;
    use serde_json::{Value, json};

    use crate::testing::{ACME, Kit};

    /// The events of a conversation of one kind, as the bearer of a token sees them.
    async fn events(kit: &Kit, path: &str, token: &str, kind: &str) -> Vec<Value> {
        let page = kit.get(&format!("{path}/events"), token).await.ok(200);
        page["items"].as_array().unwrap().iter().filter(|event| event["type"] == kind).cloned().collect()
    }

    #[tokio::test]
    async fn what_was_read_is_told_to_everybody_by_those_who_take_part() {
        let kit = Kit::new().await;
        let path = kit.open().await;
        let (consumer, agent) = (kit.consumer(ACME, 7), kit.token(ACME, &[UserRole::Agent]).await);
        kit.post(&format!("{path}/lines"), &consumer, json!({"text": "hello"})).await.ok(201);
        let said = events(&kit, &path, &agent, "line_published").await;
        let line = said.iter().find(|event| event["line"] == "hello").unwrap()["sequence"].clone();
        let receipts = format!("{path}/receipts");
        let read = json!({"receipt": "read", "lines": [line]});
        kit.post(&receipts, &agent, read.clone()).await.fails(403, "participant.not_in_conversation");
        kit.post(&format!("{path}/accept"), &agent, Value::Null).await.ok(200);
        kit.post(&receipts, &agent, read).await.ok(200);
        let seen = events(&kit, &path, &consumer, "lines_received").await;
        assert_eq!((&seen[0]["receipt"], &seen[0]["lines"]), (&json!("read"), &json!([line])));
        assert_eq!(seen[0]["receiver"]["kind"], "user");
        kit.post(&receipts, &agent, json!({"receipt": "eaten", "lines": [0]}))
            .await
            .fails(400, "request.invalid");
    }

    #[tokio::test]
    async fn a_private_line_is_for_the_brand_and_only_the_brand_writes_one() {
        let kit = Kit::new().await;
        let path = kit.open().await;
        let (consumer, agent) = (kit.consumer(ACME, 7), kit.token(ACME, &[UserRole::Agent]).await);
        kit.post(&format!("{path}/accept"), &agent, Value::Null).await.ok(200);
        let private = json!({"text": "he is angry", "private": true});
        let lines = format!("{path}/lines");
        kit.post(&lines, &agent, private.clone()).await.ok(201);
        let said = events(&kit, &path, &agent, "line_published").await;
        assert_eq!(said.last().unwrap()["private"], true);
        let heard = events(&kit, &path, &consumer, "line_published").await;
        assert!(heard.iter().all(|event| event["line"] != "he is angry"), "{heard:?}");
        kit.post(&lines, &consumer, private.clone()).await.fails(403, "participant.role_not_allowed");
        let open = json!({"line": private});
        kit.post("/conversations", &consumer, open).await.fails(400, "request.invalid");
    }
}
