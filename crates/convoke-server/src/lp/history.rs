//! `msgHist`: conversations with all that was said in them, by id and by what they have in common.

use axum::Json;
use axum::extract::State;
use convoke_api::lp::history::{Filters, Search, found, record, served_by};
use convoke_domain::conversation::{Conversation, Recorded, Rejection};
use convoke_domain::id::{ConsumerId, ConversationId, SkillId, UserId};
use convoke_domain::sequence::EventSeq;
use convoke_engine::{EngineError, ListFilter, ListRow};
use serde_json::Value;

use super::failure::{Answer, PlaneError};
use super::request::{Asked, Sent, parse};
use crate::caller::Tenant;
use crate::http::read;
use crate::limits;
use crate::problem::ApiError;
use crate::server::Shared;

/// The conversation with this id; no record if there is none in the account.
pub(super) async fn search(State(server): State<Shared>, tenant: Tenant, sent: Sent) -> Answer<Json<Value>> {
    let read = sent.bytes().and_then(|bytes| parse::<Search>(&bytes));
    let search = read.map_err(PlaneError::gateway)?;
    let Ok(id) = search.conversation_id.parse::<ConversationId>() else {
        return Ok(Json(found(&[], 0, false)));
    };
    let Some((conversation, events)) = whole(&server, &tenant, id).await? else {
        return Ok(Json(found(&[], 0, false)));
    };
    let record = record(&tenant.view.account, &conversation, &events, &search.content_to_retrieve);
    Ok(Json(found(&[record], 1, false)))
}

/// The conversations that match, a page of them.
pub(super) async fn search_all(
    State(server): State<Shared>,
    tenant: Tenant,
    asked: Asked,
    sent: Sent,
) -> Answer<Json<Value>> {
    let filters = sent.json::<Filters>().map_err(PlaneError::gateway)?;
    page(&server, &tenant, &asked, filters).await
}

/// The conversations of one consumer that match, a page of them.
pub(super) async fn search_of_consumer(
    State(server): State<Shared>,
    tenant: Tenant,
    asked: Asked,
    sent: Sent,
) -> Answer<Json<Value>> {
    let filters = sent.json::<Filters>().map_err(PlaneError::gateway)?;
    if filters.consumer.is_none() {
        return Err(PlaneError::gateway(ApiError::field("consumer", "say whose conversations")));
    }
    page(&server, &tenant, &asked, filters).await
}

/// What is looked for, understood.
struct Wanted {
    list: ListFilter,
    skills: Vec<SkillId>,
    agents: Vec<UserId>,
    filters: Filters,
}

impl Wanted {
    /// `None` if nothing can match: somebody who is nobody of the account.
    fn read(tenant: &Tenant, filters: Filters) -> Result<Option<Self>, ApiError> {
        let status: Vec<&str> = filters.status.iter().map(String::as_str).collect();
        let open = match status.as_slice() {
            [] => None,
            all if all.iter().all(|word| *word == "OPEN") => Some(true),
            all if all.iter().all(|word| *word == "CLOSE") => Some(false),
            all if all.iter().all(|word| matches!(*word, "OPEN" | "CLOSE")) => None,
            _ => return Err(ApiError::field("status", "expected OPEN or CLOSE")),
        };
        let skills = filters.skill_ids.iter().map(|skill| skill.parse());
        let skills: Result<Vec<SkillId>, _> = skills.collect();
        let skills = skills.map_err(|error| ApiError::field("skillIds", error))?;
        let account = &tenant.view.account;
        let agents = filters.agent_ids.iter().filter_map(|text| account.agent_by_text(text));
        let agents: Vec<UserId> = agents.map(|(user, _)| user).collect();
        let consumer = filters.consumer.as_ref().map(|text| text.parse::<ConsumerId>());
        let nobody = (!filters.agent_ids.is_empty() && agents.is_empty())
            || consumer.as_ref().is_some_and(Result::is_err);
        let list = ListFilter { open, skill: None, consumer: consumer.and_then(Result::ok) };
        Ok((!nobody).then_some(Self { list, skills, agents, filters }))
    }

    /// Whether a conversation matches, as far as its row in the list says.
    fn has(&self, row: &ListRow) -> bool {
        let skill = row.summary.skill.as_ref();
        self.filters.start.is_none_or(|start| start.has(row.summary.opened_at))
            && (self.skills.is_empty() || skill.is_some_and(|skill| self.skills.contains(skill)))
    }
}

async fn page(server: &Shared, tenant: &Tenant, asked: &Asked, filters: Filters) -> Answer<Json<Value>> {
    let number = |name, usual: usize, most: usize| {
        asked
            .parsed::<usize>(name)
            .map(|number| number.unwrap_or(usual).min(most))
            .map_err(PlaneError::gateway)
    };
    let most = limits::SEARCH_PAGE_MAX;
    let offset = number("offset", 0, limits::SEARCHED_CONVERSATIONS_MAX)?;
    let (limit, ascending) = (number("limit", most, most)?, asked.get("sort") == Some("start:asc"));
    let Some(wanted) = Wanted::read(tenant, filters).map_err(PlaneError::gateway)? else {
        return Ok(Json(found(&[], 0, false)));
    };
    let (mut rows, partial) = matching(server, tenant, &wanted).await?;
    rows.sort_by_key(|row| (row.summary.opened_at, row.conversation));
    if !ascending {
        rows.reverse();
    }
    let mut records = Vec::new();
    for row in rows.iter().skip(offset).take(limit) {
        // One that retention took meanwhile is left out.
        if let Some((conversation, events)) = whole(server, tenant, row.conversation).await? {
            let wanted = &wanted.filters.content_to_retrieve;
            records.push(record(&tenant.view.account, &conversation, &events, wanted));
        }
    }
    Ok(Json(found(&records, rows.len(), partial)))
}

/// Conversations that match, of those that changed last; and whether there are more than are looked at.
async fn matching(server: &Shared, tenant: &Tenant, wanted: &Wanted) -> Answer<(Vec<ListRow>, bool)> {
    let (mut rows, mut before, mut seen) = (Vec::new(), None, 0);
    let mut left = limits::SEARCHED_EVENTS_MAX;
    while seen < limits::SEARCHED_CONVERSATIONS_MAX {
        let some = server.handle.conversations(tenant.id(), &wanted.list, before, limits::SEARCHED_AT_ONCE);
        let some = some.await.map_err(PlaneError::gateway)?;
        let Some(last) = some.last() else { return Ok((rows, false)) };
        before = Some(last.place());
        seen += some.len();
        for row in some.into_iter().filter(|row| wanted.has(row)) {
            let found = match wanted.agents.as_slice() {
                [] => Some(true),
                agents => served(server, tenant, row.conversation, agents, &mut left).await?,
            };
            match found {
                Some(true) => rows.push(row),
                Some(false) => {}
                None => return Ok((rows, true)),
            }
        }
    }
    Ok((rows, true))
}

/// Whether one of these agents takes or took part in a conversation; `None` if too much was read to find it out. What is
/// read is taken from what is `left`.
async fn served(
    server: &Shared,
    tenant: &Tenant,
    id: ConversationId,
    agents: &[UserId],
    left: &mut usize,
) -> Answer<Option<bool>> {
    let mut from = EventSeq::FIRST;
    while *left > 0 {
        let events = server.handle.events(tenant.id(), id, from).await.map_err(PlaneError::gateway)?;
        let Some(last) = events.last() else { return Ok(Some(false)) };
        if served_by(&events, agents) {
            return Ok(Some(true));
        }
        from = last.seq.next();
        *left = left.saturating_sub(events.len().max(limits::SEARCHED_EVENTS_OF_READ));
    }
    Ok(None)
}

/// A conversation with what happened in it; `None` if there is none in the account.
async fn whole(
    server: &Shared,
    tenant: &Tenant,
    id: ConversationId,
) -> Answer<Option<(std::sync::Arc<Conversation>, Vec<Recorded>)>> {
    let conversation = match server.handle.conversation(tenant.id(), id).await {
        Ok(conversation) => conversation,
        Err(EngineError::Conversation(Rejection::NotFound)) => return Ok(None),
        Err(error) => return Err(PlaneError::gateway(error)),
    };
    let events = read(server, tenant, id, EventSeq::FIRST, limits::EXPLAINED_EVENTS_MAX).await;
    Ok(Some((conversation, events.map_err(PlaneError::gateway)?)))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use axum::http::Method;
    use convoke_domain::account::UserRole;
    use convoke_engine::Opening;
    use serde_json::{Value, json};

    use crate::limits;
    use crate::testing::{ACME, Kit, OTHER, Reply, WORKSHOP};

    async fn search(kit: &Kit, account: &str, query: &str, body: Value) -> Reply {
        let token = kit.token(account, &[UserRole::AgentManager]).await;
        let path = format!("/messaging_history/api/account/{account}/conversations/{query}");
        kit.raw(Method::POST, &path, &token, body).await
    }

    fn ids(found: &Value) -> Vec<String> {
        let records = found["conversationHistoryRecords"].as_array().unwrap();
        records.iter().map(|record| record["info"]["conversationId"].as_str().unwrap().to_owned()).collect()
    }

    /// Three conversations of two consumers, an hour apart: the first closed, the second taken, the third of the workshop.
    async fn furnished() -> (Kit, [String; 3]) {
        let kit = Kit::new().await;
        let mut opened = Vec::new();
        for (consumer, skill) in [(7, json!(null)), (8, json!(null)), (7, json!(WORKSHOP))] {
            let body = if skill.is_null() { json!({}) } else { json!({"skill": skill}) };
            let made = kit.post("/conversations", &kit.consumer(ACME, consumer), body).await.ok(201);
            opened.push(made["id"].as_str().unwrap().to_owned());
            kit.clock.advance(Duration::from_hours(1));
        }
        let agent = kit.token(ACME, &[UserRole::Agent]).await;
        kit.post(&format!("/conversations/{}/accept", opened[1]), &agent, Value::Null).await.ok(200);
        kit.post(&format!("/conversations/{}/close", opened[0]), &kit.consumer(ACME, 7), Value::Null)
            .await
            .ok(200);
        (kit, opened.try_into().unwrap())
    }

    #[tokio::test]
    async fn conversations_are_found_by_state_skill_agent_and_time() {
        let (kit, [closed, taken, workshop]) = furnished().await;
        // When the first one was opened.
        let noon = kit.handle.now().as_millisecond() - 3 * 3_600_000;
        for (filters, expected) in [
            (json!({}), vec![&workshop, &taken, &closed]),
            (json!({"status": ["OPEN"]}), vec![&workshop, &taken]),
            (json!({"status": ["CLOSE"]}), vec![&closed]),
            (json!({"status": ["OPEN", "CLOSE"], "skillIds": [WORKSHOP]}), vec![&workshop]),
            (json!({"agentIds": ["4711"]}), vec![&taken]),
            (json!({"agentIds": ["nobody"]}), vec![]),
            (json!({"start": {"from": noon + 1, "to": noon + 3_600_000}}), vec![&taken]),
        ] {
            let found = search(&kit, ACME, "search?limit=50", filters.clone()).await.ok(200);
            assert_eq!(ids(&found).iter().collect::<Vec<_>>(), expected, "{filters}");
            assert_eq!(found["_metadata"]["count"], expected.len());
            assert_eq!(found["_metadata"]["shardsStatusResult"]["partialResult"], false);
        }
        let pages = search(&kit, ACME, "search?limit=1&offset=1&sort=start:asc", json!({})).await.ok(200);
        assert_eq!((ids(&pages), &pages["_metadata"]["count"]), (vec![taken], &json!(3)));
        let elsewhere = search(&kit, OTHER, "search", json!({})).await.ok(200);
        assert_eq!(ids(&elsewhere), Vec::<String>::new());
    }

    #[tokio::test]
    async fn a_search_by_agent_says_so_when_it_did_not_look_at_all() {
        let (kit, [.., workshop]) = furnished().await;
        let account = ACME.parse().unwrap();
        // More than is read in search of an agent, and fewer than are looked through otherwise.
        let many = limits::SEARCHED_EVENTS_MAX / limits::SEARCHED_EVENTS_OF_READ;
        for _ in 0..many {
            kit.handle.open(&account, Opening::default()).await.unwrap();
        }
        kit.clock.advance(Duration::from_hours(1));
        let agent = kit.token(ACME, &[UserRole::Agent]).await;
        kit.post(&format!("/conversations/{workshop}/accept"), &agent, Value::Null).await.ok(200);
        let partial = |found: &Value| found["_metadata"]["shardsStatusResult"]["partialResult"].clone();
        let found = search(&kit, ACME, "search", json!({"agentIds": ["4711"]})).await.ok(200);
        assert_eq!((ids(&found), partial(&found)), (vec![workshop], json!(true)), "the last one to change");
        let found = search(&kit, ACME, "search", json!({"status": ["OPEN"]})).await.ok(200);
        assert_eq!((&found["_metadata"]["count"], partial(&found)), (&json!(many + 2), json!(false)));
    }

    #[tokio::test]
    async fn the_conversations_of_a_consumer_are_theirs_alone() {
        let (kit, [closed, _, workshop]) = furnished().await;
        let consumer = convoke_domain::id::ConsumerId::from_bits(7).to_string();
        let found = search(&kit, ACME, "consumer/search", json!({"consumer": consumer})).await.ok(200);
        assert_eq!(ids(&found), [workshop, closed.clone()]);
        let only = json!({"consumer": consumer, "status": ["CLOSE"], "contentToRetrieve": ["info"]});
        let found = search(&kit, ACME, "consumer/search", only).await.ok(200);
        assert_eq!(ids(&found), [closed]);
        assert_eq!(found["conversationHistoryRecords"][0].as_object().unwrap().len(), 1);
        let nobody = search(&kit, ACME, "consumer/search", json!({"consumer": "ada"})).await.ok(200);
        assert_eq!(ids(&nobody), Vec::<String>::new());
    }

    #[tokio::test]
    async fn a_search_that_would_find_something_else_is_refused() {
        let kit = Kit::new().await;
        for (query, body) in [
            ("search", json!({"keyword": "kettle"})),
            ("search", json!({"status": ["LOCKED"]})),
            ("search", json!({"skillIds": ["sales"]})),
            ("search?limit=many", json!({})),
            ("consumer/search", json!({})),
        ] {
            assert_eq!(search(&kit, ACME, query, body.clone()).await.status, 400, "{query} {body}");
        }
        let invoker = kit.token(ACME, &[UserRole::FaasInvocation]).await;
        let path = format!("/messaging_history/api/account/{ACME}/conversations/search");
        assert_eq!(kit.raw(Method::POST, &path, &invoker, json!({})).await.status, 403);
    }
}
