//! Changes to which no function ran, of a whole account, with the reason.
//!
//! They are in the conversations and nowhere else, so they are looked for there: in those that changed last, by the index
//! that also lists conversations, some at a time, and in the last events of each.

use std::cmp::Reverse;

use axum::Json;
use axum::extract::State;
use convoke_api::v1::explain::Explanation;
use convoke_api::v1::list::Page;
use convoke_api::v1::unanswered::{ListUnanswered, UnansweredChange};
use convoke_domain::id::ConversationId;
use convoke_domain::sequence::EventSeq;
use convoke_engine::ListFilter;

use super::conversations::{page, read, visible};
use crate::caller::Tenant;
use crate::extract::Query;
use crate::limits::{UNANSWERED_CONVERSATIONS, UNANSWERED_EVENTS};
use crate::problem::Answer;
use crate::server::Shared;

/// Changes on which no function ran, with the reason: those of the 25 conversations that changed last, the latest first.
/// `next` leads to the conversations before; a page can be empty and have one. Of a long conversation the last 500 events
/// are looked at.
#[utoipa::path(get, path = "/api/v1/accounts/{account}/unanswered", tag = "runs",
    params(ListUnanswered), responses((status = 200, body = Page<UnansweredChange>)))]
pub(super) async fn list(
    State(server): State<Shared>,
    tenant: Tenant,
    Query(wanted): Query<ListUnanswered>,
) -> Answer<Json<Page<UnansweredChange>>> {
    let (conversations, next) = if let Some(one) = wanted.conversation {
        (vec![one], None)
    } else {
        let all = ListFilter::default();
        let (rows, next) = page(&server, &tenant, &all, wanted.after, UNANSWERED_CONVERSATIONS).await?;
        (rows.into_iter().map(|row| row.conversation).collect(), next)
    };
    let mut items = Vec::new();
    for conversation in conversations {
        items.extend(unanswered(&server, &tenant, conversation).await?);
    }
    items.retain(|change| wanted.event.is_none_or(|event| change.event == event));
    items.sort_by_key(|change| Reverse((change.at, change.seq)));
    Ok(Json(Page { items, next: next.map(|place| place.to_string()) }))
}

async fn unanswered(server: &Shared, tenant: &Tenant, id: ConversationId) -> Answer<Vec<UnansweredChange>> {
    let head = visible(server, tenant, id).await?.head.number();
    let from = EventSeq::new(head.saturating_sub(UNANSWERED_EVENTS as u64)).unwrap_or(EventSeq::FIRST);
    let events = read(server, tenant, id, from, UNANSWERED_EVENTS + 1).await?;
    let changes = Explanation::of(id, &events, &tenant.names()).changes;
    Ok(changes.into_iter().filter_map(|change| UnansweredChange::of(id, change)).collect())
}

#[cfg(test)]
mod tests {
    use convoke_domain::account::UserRole;
    use serde_json::{Value, json};

    use crate::limits::UNANSWERED_CONVERSATIONS;
    use crate::testing::{ACME, Kit, ScriptedHost, until};

    const NEW: &str = "controllerbot_messaging_new_conversation";

    async fn items(kit: &Kit, token: &str, query: &str) -> Vec<Value> {
        let page = kit.get(&format!("/unanswered{query}"), token).await.ok(200);
        page["items"].as_array().unwrap().clone()
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn it_is_said_where_nothing_ran_and_why() {
        let kit = Kit::with(ScriptedHost::echo()).await;
        let token = kit.admin().await;
        let create = json!({"name": "greet", "source": "[]", "event": NEW});
        kit.post("/functions", &token, create).await.ok(201);
        let silent = kit.open().await;
        let open = async || items(&kit, &token, "").await;
        until(async || open().await.len() == 1).await;
        let found = open().await.remove(0);
        assert_eq!((&found["status"], &found["event"]), (&json!("not_invoked"), &json!(NEW)));
        assert_eq!(found["reason"], "no function ran: none is deployed for this event");
        assert_eq!(format!("/conversations/{}", found["conversation"].as_str().unwrap()), silent);
        assert!(found["message"].is_string(), "{found}");

        // Where a function answers, there is nothing to say.
        kit.post("/functions/greet/deploy", &token, Value::Null).await.ok(200);
        kit.post("/conversations", &token, json!({"consumer": "ada"})).await.ok(201);
        kit.put("/controller-bot", &token, json!({"enabled": false})).await.ok(200);
        kit.clock.advance(std::time::Duration::from_secs(1));
        kit.post("/conversations", &token, json!({"consumer": "bob"})).await.ok(201);
        until(async || open().await.len() == 2).await;
        let latest = open().await.remove(0);
        assert_eq!(latest["status"], "unfired");
        assert_eq!(latest["reason"], "not fired: the account's Controller Bot is off");

        assert_eq!(items(&kit, &token, "?event=controllerbot_messaging_ttr").await, Vec::<Value>::new());
        assert_eq!(items(&kit, &token, &format!("?event={NEW}")).await.len(), 2);
        let one = silent.replace("/conversations/", "");
        assert_eq!(items(&kit, &token, &format!("?conversation={one}")).await.len(), 1);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_page_looks_into_some_conversations_and_the_next_into_the_others() {
        let kit = Kit::new().await;
        let token = kit.admin().await;
        kit.put("/controller-bot", &token, json!({"enabled": false})).await.ok(200);
        for count in 0..=UNANSWERED_CONVERSATIONS {
            kit.clock.advance(std::time::Duration::from_secs(1));
            kit.post("/conversations", &token, json!({"consumer": format!("c{count}")})).await.ok(201);
        }
        let first = kit.get("/unanswered", &token).await.ok(200);
        assert_eq!(first["items"].as_array().unwrap().len(), UNANSWERED_CONVERSATIONS);
        let rest = format!("/unanswered?after={}", first["next"].as_str().unwrap());
        let second = kit.get(&rest, &token).await.ok(200);
        assert_eq!((second["items"].as_array().unwrap().len(), &second["next"]), (1, &Value::Null));
        assert!(first["items"][0]["at"].as_str() > second["items"][0]["at"].as_str());
    }

    #[tokio::test]
    async fn it_is_for_those_who_read_runs_and_of_their_own_account() {
        let kit = Kit::new().await;
        kit.open().await;
        for role in [UserRole::Agent, UserRole::FaasInvocation] {
            kit.get("/unanswered", &kit.token(ACME, &[role]).await).await.fails(403, "auth.forbidden");
        }
        let unknown = "/unanswered?conversation=conv_00000000000000000000000000000001";
        kit.get(unknown, &kit.admin().await).await.fails(404, "conversation.not_found");
    }
}
