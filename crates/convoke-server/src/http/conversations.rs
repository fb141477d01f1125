//! Conversations: opened, listed, read, explained.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use convoke_api::platform_error::PlatformError;
use convoke_api::problem::Problem;
use convoke_api::v1::conversation::{
    Conversation, ConversationSummary, ListConversations, OpenConversation, OpenedConversation, PlaceInList,
    PublishLine, Written,
};
use convoke_api::v1::event::ConversationEvent;
use convoke_api::v1::explain::Explanation;
use convoke_api::v1::list::Page;
use convoke_domain::conversation::{Conversation as ConversationState, Recorded, Rejection};
use convoke_domain::id::{ConsumerId, ConversationId};
use convoke_domain::sequence::EventSeq;
use convoke_engine::{Following, ListFilter, ListPlace, ListRow, Opening};
use serde::Deserialize;
use std::sync::Arc;
use utoipa::IntoParams;

use super::consumers::consumer;
use super::run_log::explained_attempts;
use crate::caller::{Peer, Tenant};
use crate::extract::{MaybeBody, Params, Query};
use crate::limits;
use crate::openings::Opening as BeingOpened;
use crate::problem::{Answer, ApiError};
use crate::server::Shared;

/// Conversations, latest change first. Consumers see their own.
#[utoipa::path(get, path = "/api/v1/accounts/{account}/conversations", tag = "conversations",
    params(ListConversations), responses((status = 200, body = Page<ConversationSummary>)))]
pub(super) async fn list(
    State(server): State<Shared>,
    tenant: Tenant,
    Query(list): Query<ListConversations>,
) -> Answer<Json<Page<ConversationSummary>>> {
    let most = list.limit();
    let named = list.consumer.as_ref().map(|named| consumer(&server, tenant.id(), Some(named)));
    let filter =
        ListFilter { open: list.open, skill: list.skill, consumer: tenant.caller.consumer().or(named) };
    let (rows, next) = page(&server, &tenant, &filter, list.after, most).await?;
    let next = next.map(|place| place.to_string());
    Ok(Json(Page { items: rows.into_iter().map(summary).collect(), next }))
}

/// A page of the list of conversations that begins after a place, and the place that the next one begins after.
pub(super) async fn page(
    server: &Shared,
    tenant: &Tenant,
    filter: &ListFilter,
    after: Option<PlaceInList>,
    most: usize,
) -> Answer<(Vec<ListRow>, Option<PlaceInList>)> {
    let after =
        after.map(|place| ListPlace { changed_at: place.changed_at, conversation: place.conversation });
    // One more than asked for tells whether there is a next page.
    let mut rows = server.handle.conversations(tenant.id(), filter, after, most + 1).await?;
    let more = rows.len() > most;
    rows.truncate(most);
    let next = rows.last().filter(|_| more).map(place);
    Ok((rows, next))
}

/// Where a row is in the list.
pub(super) fn place(row: &ListRow) -> PlaceInList {
    let ListPlace { changed_at, conversation } = row.place();
    PlaceInList { changed_at, conversation }
}

fn summary(row: ListRow) -> ConversationSummary {
    ConversationSummary {
        id: row.conversation,
        consumer: row.summary.consumer,
        skill: row.summary.skill,
        open: row.summary.open,
        opened_at: row.summary.opened_at,
        changed_at: row.summary.changed_at,
    }
}

/// Opens a conversation: for the consumer whose token it is, or by staff for a consumer they name.
#[utoipa::path(post, path = "/api/v1/accounts/{account}/conversations", tag = "conversations",
    request_body = OpenConversation, responses((status = 201, body = OpenedConversation)))]
pub(super) async fn open(
    State(server): State<Shared>,
    tenant: Tenant,
    peer: Option<Peer>,
    MaybeBody(open): MaybeBody<OpenConversation>,
) -> Answer<(StatusCode, Json<OpenedConversation>)> {
    let opened = open_for(&server, &tenant, peer, open).await?;
    Ok((StatusCode::CREATED, Json(opened)))
}

/// Opens a conversation in the caller's name: what HTTP and live connections have in common.
pub(crate) async fn open_for(
    server: &Shared,
    tenant: &Tenant,
    peer: Option<Peer>,
    open: OpenConversation,
) -> Answer<OpenedConversation> {
    let own = tenant.caller.consumer();
    let named = open.consumer.as_ref().map(|named| consumer(server, tenant.id(), Some(named)));
    if own.is_some() && (named.is_some_and(|named| Some(named) != own) || open.authenticated) {
        let detail = "a consumer's token opens for that consumer, and the brand says who is authenticated";
        return Err(Problem::new(PlatformError::Forbidden, detail).into());
    }
    if open.line.as_ref().is_some_and(|line| line.private) {
        return Err(ApiError::field("line.private", "a conversation begins with a line that everybody sees"));
    }
    let room = match own.filter(|_| tenant.caller.by_window) {
        Some(consumer) => Some(room_by_window(server, tenant, consumer, peer).await?),
        None => None,
    };
    let address = peer.filter(|_| own.is_some()).map(|peer| peer.0.ip().to_string());
    let opening = Opening {
        consumer: own.or(named),
        authenticated: open.authenticated || tenant.caller.known,
        origin: open.origin(address.as_deref())?,
        first_line: open.line.map(PublishLine::into_line).transpose()?,
        skill: open.skill,
    };
    let (handle, account) = (server.handle.clone(), tenant.id().clone());
    let opened = async move { handle.open(&account, opening).await };
    let opened = match room {
        None => opened.await?,
        Some(room) => room.decided_by(opened).await.map_err(|_| PlatformError::Internal)??,
    };
    let head = opened.written.head.map_or(0, EventSeq::number);
    let written = Written::of(head, opened.written.reply);
    Ok(OpenedConversation { id: opened.conversation, consumer: opened.consumer, written })
}

/// Room for one more open conversation of somebody whom nobody knows.
async fn room_by_window(
    server: &Shared,
    tenant: &Tenant,
    consumer: ConsumerId,
    peer: Option<Peer>,
) -> Answer<BeingOpened> {
    let most = limits::WINDOW_OPEN_MAX;
    let (board, _) = server.handle.at_board(tenant.id(), Following::Consumer(consumer)).await?;
    let Some(room) = BeingOpened::of(&server.openings, &board, tenant.id(), consumer, most) else {
        let detail = format!("at most {most} conversations are open at once");
        return Err(Problem::new(PlatformError::TooManyRequests, detail).into());
    };
    server.visits.opening(peer.map(|peer| peer.0.ip()))?;
    Ok(room)
}

/// A conversation as it is now, and as this token may see it.
#[utoipa::path(get, path = "/api/v1/accounts/{account}/conversations/{conversation}", tag = "conversations",
    responses((status = 200, body = Conversation)))]
pub(super) async fn get(
    State(server): State<Shared>,
    tenant: Tenant,
    params: Params,
) -> Answer<Json<Conversation>> {
    let state = visible(&server, &tenant, params.get("conversation")?).await?;
    Ok(Json(Conversation::of(&state, tenant.caller.viewer(), &tenant.names())))
}

/// Which events.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Events {
    /// The first, from 1.
    from: Option<u64>,
    /// How many at most, hidden ones included; up to 1,000, 200 if left out.
    limit: Option<u16>,
}

/// What happened in a conversation, oldest first, as this token may see it.
#[utoipa::path(get, path = "/api/v1/accounts/{account}/conversations/{conversation}/events", tag = "conversations",
    params(Events), responses((status = 200, body = Page<ConversationEvent>)))]
pub(super) async fn events(
    State(server): State<Shared>,
    tenant: Tenant,
    params: Params,
    Query(wanted): Query<Events>,
) -> Answer<Json<Page<ConversationEvent>>> {
    let id: ConversationId = params.get("conversation")?;
    visible(&server, &tenant, id).await?;
    let from = wanted.from.and_then(EventSeq::new).unwrap_or(EventSeq::FIRST);
    let most = usize::from(wanted.limit.unwrap_or(limits::EVENTS_USUAL).clamp(1, limits::EVENTS_MAX));
    let read = read(&server, &tenant, id, from, most + 1).await?;
    let next = read.get(most).map(|event| event.seq.to_string());
    let (viewer, names) = (tenant.caller.viewer(), tenant.names());
    let shown = read.iter().take(most).filter_map(|event| ConversationEvent::of(event, viewer, &names));
    Ok(Json(Page { items: shown.collect(), next }))
}

/// Why something happened in a conversation, or why nothing did.
#[utoipa::path(get, path = "/api/v1/accounts/{account}/conversations/{conversation}/explain", tag = "conversations",
    responses((status = 200, body = Explanation)))]
pub(super) async fn explain(
    State(server): State<Shared>,
    tenant: Tenant,
    params: Params,
) -> Answer<Json<Explanation>> {
    let id: ConversationId = params.get("conversation")?;
    visible(&server, &tenant, id).await?;
    let events = read(&server, &tenant, id, EventSeq::FIRST, limits::EXPLAINED_EVENTS_MAX).await?;
    let explanation = Explanation::of(id, &events, &tenant.names());
    let attempts = explained_attempts(&server, &tenant, id).await?;
    let of_it = |invocation| attempts.get(&invocation).cloned().unwrap_or_default();
    Ok(Json(explanation.with_attempts(of_it)))
}

/// The conversation, if this caller may see it; otherwise as if there were none.
pub(crate) async fn visible(
    server: &Shared,
    tenant: &Tenant,
    id: ConversationId,
) -> Answer<Arc<ConversationState>> {
    let state = server.handle.conversation(tenant.id(), id).await?;
    let own = tenant.caller.consumer().is_none_or(|consumer| takes_part(&state, consumer));
    if own { Ok(state) } else { Err(Rejection::NotFound.into()) }
}

fn takes_part(state: &ConversationState, consumer: ConsumerId) -> bool {
    use convoke_domain::conversation::ParticipantId;
    state.consumer == consumer || state.role_of(ParticipantId::Consumer(consumer)).is_some()
}

/// At most `most` events from `from`.
pub(crate) async fn read(
    server: &Shared,
    tenant: &Tenant,
    id: ConversationId,
    mut from: EventSeq,
    most: usize,
) -> Answer<Vec<Recorded>> {
    let mut events: Vec<Recorded> = Vec::new();
    while events.len() < most {
        let page = server.handle.events(tenant.id(), id, from).await?;
        let Some(last) = page.last() else { break };
        from = last.seq.next();
        events.extend(page);
    }
    events.truncate(most);
    Ok(events)
}

#[cfg(test)]
mod tests {
    use convoke_domain::account::UserRole;
    use convoke_engine::ports::Ending;
    use serde_json::{Value, json};

    use crate::testing::{ACME, Kit, ScriptedHost, WORKSHOP, until};

    #[tokio::test]
    async fn a_consumer_opens_a_conversation_and_is_greeted() {
        let kit = Kit::new().await;
        let token = kit.consumer(ACME, 7);
        let open = json!({"line": {"text": "my kettle is broken", "key": "k1"}, "language": "en-US"});
        let opened = kit.post("/conversations", &token, open).await.ok(201);
        let path = format!("/conversations/{}", opened["id"].as_str().unwrap());
        let events = kit.get(&format!("{path}/events"), &token).await.ok(200);
        let kinds: Vec<&Value> =
            events["items"].as_array().unwrap().iter().map(|event| &event["type"]).collect();
        assert!(kinds.iter().filter(|kind| **kind == "line_published").count() >= 2, "{kinds:?}");
        assert_eq!(kit.get(&path, &token).await.ok(200)["open"], true);
    }

    #[tokio::test]
    async fn consumers_never_see_triggers_settles_and_where_a_line_comes_from() {
        let kit = Kit::new().await;
        let path = kit.open().await;
        let staff = kit.get(&format!("{path}/events"), &kit.admin().await).await;
        for word in ["triggered", "settled", "provenance", "cbotEventType"].iter().take(3) {
            assert!(staff.text.contains(word), "{word}");
        }
        let consumer = kit.get(&format!("{path}/events"), &kit.consumer(ACME, 7)).await;
        for word in ["triggered", "settled", "provenance", "cause", "controllerbot_"] {
            assert!(!consumer.text.contains(word), "{word}: {}", consumer.text);
        }
        kit.get(&format!("{path}/explain"), &kit.consumer(ACME, 7)).await.fails(403, "auth.forbidden");
    }

    #[tokio::test]
    async fn a_consumer_sees_nobody_elses_conversation() {
        let kit = Kit::new().await;
        let path = kit.open().await;
        let stranger = kit.consumer(ACME, 8);
        let unknown = kit.get("/conversations/conv_00000000000000000000000000000001", &stranger).await;
        let unknown = unknown.fails(404, "conversation.not_found");
        for below in ["", "/events", "/follow"] {
            let reply = kit.get(&format!("{path}{below}"), &stranger).await;
            assert_eq!(reply.fails(404, "conversation.not_found"), unknown);
        }
        kit.post(&format!("{path}/lines"), &stranger, json!({"text": "hi"}))
            .await
            .fails(404, "conversation.not_found");
        kit.post(&format!("{path}/close"), &stranger, Value::Null).await.fails(404, "conversation.not_found");
        let list = kit.get("/conversations?consumer=cons_00000000000000000000000000000007", &stranger).await;
        assert_eq!(list.ok(200)["items"], json!([]));
    }

    #[tokio::test]
    async fn a_consumer_opens_only_as_themselves() {
        let kit = Kit::new().await;
        let token = kit.consumer(ACME, 7);
        kit.post("/conversations", &token, json!({"consumer": "ada"})).await.fails(403, "auth.forbidden");
        kit.post("/conversations", &token, json!({"authenticated": true})).await.fails(403, "auth.forbidden");
        let staff = kit.token(ACME, &[UserRole::Agent]).await;
        kit.post("/conversations", &staff, json!({"consumer": "ada", "authenticated": true})).await.ok(201);
    }

    #[tokio::test]
    async fn lists_are_paged_and_filtered() {
        let kit = Kit::new().await;
        let token = kit.admin().await;
        for name in ["a", "b", "c"] {
            kit.post("/conversations", &token, json!({"consumer": name})).await.ok(201);
            kit.clock.advance(std::time::Duration::from_secs(1));
        }
        kit.post("/conversations", &token, json!({"consumer": "a", "skill": WORKSHOP})).await.ok(201);
        let mut seen = Vec::new();
        let mut path = "/conversations?limit=3".to_owned();
        loop {
            let page = kit.get(&path, &token).await.ok(200);
            seen.extend(page["items"].as_array().unwrap().iter().map(|item| item["id"].to_string()));
            let Some(next) = page["next"].as_str() else { break };
            path = format!("/conversations?limit=3&after={next}");
        }
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), 4);
        let workshop = kit.get(&format!("/conversations?skill={WORKSHOP}"), &token).await.ok(200);
        assert_eq!(workshop["items"].as_array().unwrap().len(), 1);
        let ada = kit.get("/conversations?consumer=a&open=true", &token).await.ok(200);
        assert_eq!(ada["items"].as_array().unwrap().len(), 2);
        kit.get("/conversations?open=perhaps", &token).await.fails(400, "request.invalid");
    }

    #[tokio::test]
    async fn events_are_paged_from_any_place() {
        let kit = Kit::new().await;
        let path = kit.open().await;
        let token = kit.admin().await;
        let all = kit.get(&format!("{path}/events"), &token).await.ok(200)["items"].clone();
        let first = kit.get(&format!("{path}/events?limit=2"), &token).await.ok(200);
        assert_eq!(first["next"], "3");
        let rest = kit.get(&format!("{path}/events?from=3"), &token).await.ok(200);
        assert_eq!(rest["items"].as_array().unwrap().len(), all.as_array().unwrap().len() - 2);
        assert!(rest["next"].is_null());
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn what_a_function_did_is_explained() {
        let commands = r#"[{"type":"systemMessage","text":"hello"},{"type":"transfer","skillId":"2"}]"#;
        let kit = Kit::with(ScriptedHost::new(move |_| Ending::Returned(Some(commands.to_owned())))).await;
        let token = kit.admin().await;
        kit.post("/functions", &token, json!({"name": "greet", "template": "new-conversation"}))
            .await
            .ok(201);
        kit.post("/functions/greet/deploy", &token, Value::Null).await.ok(200);
        let path = format!("{}/explain", kit.open().await);
        until(|| async { kit.get(&path, &token).await.ok(200)["undecided"] == false }).await;
        let explained = kit.get(&path, &token).await.ok(200);
        let new = &explained["changes"][0];
        assert_eq!(new["settled"]["function"]["name"], "greet");
        let fates: Vec<&Value> =
            new["settled"]["commands"].as_array().unwrap().iter().map(|c| &c["fate"]).collect();
        assert_eq!(fates, ["applied", "applied"]);
        // The transfer was a change of its own.
        assert_eq!(explained["changes"][1]["code"], "ENGAGEMENT_TRANSFERED");
        assert_eq!(explained["changes"][1]["cause"]["invocation"], new["invocation"]);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn developers_see_what_each_attempt_logged_and_others_how_long_it_took() {
        let kit = Kit::with(ScriptedHost::silent()).await;
        let developer = kit.token(ACME, &[UserRole::FaasDeveloper]).await;
        kit.post("/functions", &developer, json!({"name": "greet", "template": "new-conversation"}))
            .await
            .ok(201);
        kit.post("/functions/greet/deploy", &developer, Value::Null).await.ok(200);
        let path = format!("{}/explain", kit.open().await);
        let attempt =
            async |token: &str| kit.get(&path, token).await.ok(200)["changes"][0]["attempts"][0].clone();
        until(|| async { attempt(&developer).await != Value::Null }).await;
        let seen = attempt(&developer).await;
        assert_eq!((&seen["attempt"], &seen["usage"]["wall_ms"]), (&json!(1), &json!(2.0)));
        assert_eq!(seen["logs"][0]["message"], "ran");
        let agent = attempt(&kit.token(ACME, &[UserRole::Agent]).await).await;
        assert_eq!((&agent["attempt"], agent.get("logs")), (&json!(1), None));
    }

    #[tokio::test]
    async fn skills_and_ids_are_checked_when_opening() {
        let kit = Kit::new().await;
        let token = kit.consumer(ACME, 7);
        kit.post("/conversations", &token, json!({"skill": "99"})).await.fails(404, "skill.unknown");
        kit.post("/conversations", &token, json!({"line": {"text": " "}})).await.fails(400, "line.empty");
        let long = "x".repeat(8 * 1024 + 1);
        kit.post("/conversations", &token, json!({"line": {"text": long}})).await.fails(413, "line.too_long");
        let problem = kit.get("/conversations/conv_7", &token).await.fails(400, "request.invalid");
        assert_eq!(problem["errors"][0]["field"], "conversation");
        let none = kit.get("/conversations", &token).await.ok(200);
        assert_eq!(none["items"], json!([]));
    }
}
