//! What consumers think of how they were served.

use axum::Json;
use axum::extract::State;
use convoke_api::v1::conversation::{RateConversation, Written};
use convoke_api::v1::live::Act;

use super::perform;
use crate::caller::Tenant;
use crate::extract::{MaybeBody, Params};
use crate::problem::Answer;
use crate::server::Shared;

/// Says what the consumer thinks of the conversation, or that they do not say; a survey about it ends. Consumers only, also
/// after the close.
#[utoipa::path(put, path = "/api/v1/accounts/{account}/conversations/{conversation}/rating",
    tag = "conversations", request_body = RateConversation, responses((status = 200, body = Written)))]
pub(super) async fn rate(
    State(server): State<Shared>,
    tenant: Tenant,
    params: Params,
    MaybeBody(rating): MaybeBody<RateConversation>,
) -> Answer<Json<Written>> {
    perform(&server, &tenant, params.get("conversation")?, Act::Rate(rating)).await.map(Json)
}

#[cfg(test)]
mod tests {
    use convoke_domain::account::UserRole;
    use serde_json::{Value, json};

    use crate::testing::{ACME, Kit};

    /// A conversation of consumer 7, served by the agent, in an account that asks afterwards.
    async fn served(kit: &Kit) -> (String, String, String) {
        let survey = json!({"survey": {"enabled": true, "question": {"en": "How were we?"}}});
        kit.put("/settings", &kit.admin().await, survey).await.ok(200);
        let consumer = kit.consumer(ACME, 7);
        let opened =
            kit.post("/conversations", &consumer, json!({"features": ["MULTI_DIALOG"]})).await.ok(201);
        let path = format!("/conversations/{}", opened["id"].as_str().unwrap());
        let agent = kit.token(ACME, &[UserRole::Agent]).await;
        kit.post(&format!("{path}/accept"), &agent, Value::Null).await.ok(200);
        (path, agent, consumer)
    }

    #[tokio::test]
    async fn the_consumer_is_asked_after_the_close_and_says_it_once() {
        let kit = Kit::new().await;
        let (path, agent, consumer) = served(&kit).await;
        kit.post(&format!("{path}/close"), &agent, Value::Null).await.ok(200);
        let asked = kit.get(&path, &consumer).await.ok(200);
        assert_eq!((&asked["open"], &asked["survey"]["open"]), (&json!(false), &json!(true)));
        let rating = format!("{path}/rating");
        kit.put(&rating, &agent, json!({"rate": 5})).await.fails(403, "participant.role_not_allowed");
        kit.put(&rating, &kit.consumer(ACME, 8), json!({"rate": 5}))
            .await
            .fails(404, "conversation.not_found");
        for rate in [0, 6] {
            kit.put(&rating, &consumer, json!({"rate": rate})).await.fails(400, "rating.out_of_range");
        }
        kit.put(&rating, &consumer, json!({"rate": 4})).await.ok(200);
        let over = kit.get(&path, &agent).await.ok(200);
        assert_eq!(over["survey"]["open"], false);
        assert_eq!(over["rating"], json!({"rate": 4, "status": "filled"}));
        let events = kit.get(&format!("{path}/events"), &consumer).await.ok(200);
        let kinds: Vec<&str> =
            events["items"].as_array().unwrap().iter().map(|event| event["type"].as_str().unwrap()).collect();
        let end = kinds.iter().position(|kind| *kind == "closed").unwrap();
        let expected =
            ["closed", "survey_opened", "line_published", "deadline_moved", "rated", "survey_closed"];
        assert_eq!(kinds[end..], expected);
    }

    #[tokio::test]
    async fn whoever_does_not_say_ends_the_survey_too() {
        let kit = Kit::new().await;
        let (path, _, consumer) = served(&kit).await;
        kit.post(&format!("{path}/close"), &consumer, Value::Null).await.ok(200);
        kit.put(&format!("{path}/rating"), &consumer, Value::Null).await.ok(200);
        let over = kit.get(&path, &consumer).await.ok(200);
        assert_eq!((&over["survey"]["open"], &over["rating"]["status"]), (&json!(false), &json!("skipped")));
    }

    #[tokio::test]
    async fn an_overseer_closes_without_asking() {
        let kit = Kit::new().await;
        let (path, _, consumer) = served(&kit).await;
        kit.post(&format!("{path}/close"), &kit.operator, Value::Null).await.ok(200);
        assert_eq!(kit.get(&path, &consumer).await.ok(200).get("survey"), None);
    }
}
