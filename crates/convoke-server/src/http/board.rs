//! What is going on in an account, once. Over a live connection it is told as it changes: see [`crate::live`].

use axum::Json;
use axum::extract::State;
use convoke_api::v1::board::{Board, SeeBoard};

use crate::board::Seat;
use crate::caller::Tenant;
use crate::extract::Query;
use crate::problem::Answer;
use crate::server::Shared;

/// Open conversations that concern the caller, what is due first comes first, open offers, and who is there.
#[utoipa::path(get, path = "/api/v1/accounts/{account}/board", tag = "conversations",
    params(SeeBoard), responses((status = 200, body = Board)))]
pub(super) async fn get(
    State(server): State<Shared>,
    tenant: Tenant,
    Query(see): Query<SeeBoard>,
) -> Answer<Json<Board>> {
    let mut seat = Seat::take(&server, &tenant, see.all, false).await?;
    Ok(Json(seat.board(&tenant, server.handle.now())))
}

#[cfg(test)]
mod tests {
    use convoke_domain::account::UserRole;
    use serde_json::{Value, json};

    use crate::testing::{ACME, Kit, WORKSHOP};

    fn ids(board: &Value) -> Vec<&Value> {
        board["conversations"].as_array().unwrap().iter().map(|card| &card["conversation"]["id"]).collect()
    }

    #[tokio::test]
    async fn the_board_shows_agents_what_waits_and_what_they_serve_by_deadline() {
        let kit = Kit::new().await;
        let agent = kit.token(ACME, &[UserRole::Agent]).await;
        let consumer = kit.consumer(ACME, 7);
        let open = json!({"line": {"text": "hello"}, "skill": WORKSHOP});
        let calm = kit.post("/conversations", &consumer, open.clone()).await.ok(201)["id"].clone();
        let urgent = kit.post("/conversations", &consumer, open).await.ok(201)["id"].clone();
        let path = format!("/conversations/{}", urgent.as_str().unwrap());
        kit.put(&format!("{path}/ttr"), &consumer, json!({"ttr": {"type": "urgent"}})).await.ok(200);
        let board = kit.get("/board", &agent).await.ok(200);
        assert_eq!(ids(&board), [&urgent, &calm]);
        assert_eq!(board["conversations"][0]["last_line"]["line"], "hello");
        assert_eq!(board["agents"][0]["availability"], "offline");
        kit.post(&format!("{path}/accept"), &agent, Value::Null).await.ok(200);
        let board = kit.get("/board", &agent).await.ok(200);
        assert_eq!(board["conversations"][0]["conversation"]["assigned_agent"], "4711");
        // Looking is not being there: what they serve stays theirs when they go.
        kit.clock.advance(std::time::Duration::from_mins(5));
        assert_eq!(kit.get(&path, &agent).await.ok(200)["assigned_agent"], "4711");
    }

    #[tokio::test]
    async fn consumers_see_their_own_conversations_and_nothing_of_the_brand() {
        let kit = Kit::new().await;
        let own = kit.open().await;
        kit.post("/conversations", &kit.consumer(ACME, 8), json!({})).await.ok(201);
        let board = kit.get("/board", &kit.consumer(ACME, 7)).await.ok(200);
        assert_eq!(ids(&board), [&json!(own.replace("/conversations/", ""))]);
        assert_eq!((&board["agents"], &board["offers"]), (&json!([]), &json!([])));
    }

    #[tokio::test]
    async fn only_who_oversees_sees_what_others_serve() {
        let kit = Kit::new().await;
        let path = kit.open().await;
        kit.post(&format!("{path}/accept"), &kit.operator, json!({"agent": "4712"})).await.ok(200);
        let agent = kit.token(ACME, &[UserRole::Agent]).await;
        assert_eq!(ids(&kit.get("/board", &agent).await.ok(200)).len(), 0);
        kit.get("/board?all=true", &agent).await.fails(403, "auth.forbidden");
        let manager = kit.token(ACME, &[UserRole::AgentManager]).await;
        assert_eq!(ids(&kit.get("/board", &manager).await.ok(200)).len(), 0);
        assert_eq!(ids(&kit.get("/board?all=true", &manager).await.ok(200)).len(), 1);
    }
}
