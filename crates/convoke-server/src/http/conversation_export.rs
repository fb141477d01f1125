//! Conversations taken along: whole as JSON, or their lines as a table. Bounded, with a place to go on from.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use convoke_api::v1::conversation::{
    Conversation, ExportConversations, ExportFormat, ExportedConversation, PlaceInList,
};
use convoke_api::v1::event::{ConversationEvent, Event};
use convoke_api::v1::list::List;
use convoke_domain::id::ConversationId;
use convoke_domain::sequence::EventSeq;
use convoke_engine::{ListFilter, ListRow};

use super::consumers::consumer;
use super::conversations::{page, place, read, visible};
use crate::caller::Tenant;
use crate::csv;
use crate::extract::Query;
use crate::limits;
use crate::problem::Answer;
use crate::server::Shared;

const NEXT: HeaderName = HeaderName::from_static("convoke-next");
const COLUMNS: [&str; 8] = ["conversation", "skill", "seq", "at", "author", "role", "private", "line"];

/// Conversations with all that happened in them, the latest change first: as JSON, or their lines as a table whose cells are
/// separated by semicolons. The header `convoke-next`, if there is one, is what to send as `after` for those that follow.
#[utoipa::path(get, path = "/api/v1/accounts/{account}/conversations/export", tag = "conversations",
    params(ExportConversations), responses((status = 200, body = List<ExportedConversation>)))]
pub(super) async fn export(
    State(server): State<Shared>,
    tenant: Tenant,
    Query(wanted): Query<ExportConversations>,
) -> Answer<Response> {
    let (rows, mut next) = rows(&server, &tenant, &wanted).await?;
    let mut exported: Vec<ExportedConversation> = Vec::with_capacity(rows.len());
    let mut events = 0;
    for (at, row) in rows.iter().enumerate() {
        if at > 0 && events >= limits::EXPORTED_EVENTS_MAX {
            next = rows.get(at - 1).map(place);
            break;
        }
        let one = whole(&server, &tenant, row.conversation).await?;
        events += one.events.len();
        exported.push(one);
    }
    let mut response = match wanted.format {
        ExportFormat::Json => Json(List { items: exported }).into_response(),
        ExportFormat::Csv => table(&exported).into_response(),
    };
    if wanted.format == ExportFormat::Csv {
        let kind = HeaderValue::from_static("text/csv; charset=utf-8");
        response.headers_mut().insert(header::CONTENT_TYPE, kind);
    }
    if let Some(next) = next.and_then(|next| HeaderValue::from_str(&next.to_string()).ok()) {
        response.headers_mut().insert(NEXT, next);
    }
    Ok(response)
}

/// The conversations that are exported, and where those begin that follow.
async fn rows(
    server: &Shared,
    tenant: &Tenant,
    wanted: &ExportConversations,
) -> Answer<(Vec<ListRow>, Option<PlaceInList>)> {
    let most = wanted.limit();
    let named = wanted.consumer.as_ref().map(|named| consumer(server, tenant.id(), Some(named)));
    let filter = ListFilter { open: wanted.open, skill: wanted.skill.clone(), consumer: named };
    let (mut rows, next) = page(server, tenant, &filter, wanted.after, most).await?;
    let listed = rows.len();
    if let Some(from) = wanted.changed_from {
        rows.retain(|row| row.summary.changed_at >= from);
    }
    // After one that changed before, all did.
    let next = next.filter(|_| rows.len() == listed);
    Ok((rows, next))
}

async fn whole(server: &Shared, tenant: &Tenant, id: ConversationId) -> Answer<ExportedConversation> {
    let state = visible(server, tenant, id).await?;
    let most = limits::EXPORTED_EVENTS_MAX;
    let mut events = read(server, tenant, id, EventSeq::FIRST, most + 1).await?;
    let events_truncated = events.len() > most;
    events.truncate(most);
    let (viewer, names) = (tenant.caller.viewer(), tenant.names());
    let events = events.iter().filter_map(|event| ConversationEvent::of(event, viewer, &names)).collect();
    Ok(ExportedConversation {
        conversation: Conversation::of(&state, viewer, &names),
        events,
        events_truncated,
    })
}

fn table(exported: &[ExportedConversation]) -> String {
    let mut table = csv::table(&COLUMNS);
    for ExportedConversation { conversation, events, .. } in exported {
        for event in events {
            let Event::LinePublished { author, role, line, private, .. } = &event.event else { continue };
            let word = |value: serde_json::Result<serde_json::Value>| {
                value.ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
            };
            let author = author.id.clone().unwrap_or_else(|| word(serde_json::to_value(author.kind)));
            csv::add_row(
                &mut table,
                &[
                    conversation.id.to_string(),
                    conversation.skill.to_string(),
                    event.seq.to_string(),
                    event.at.to_string(),
                    author,
                    word(serde_json::to_value(role)),
                    private.to_string(),
                    line.clone().unwrap_or_default(),
                ],
            );
        }
    }
    table
}

#[cfg(test)]
mod tests {
    use axum::http::header;
    use convoke_domain::account::UserRole;
    use serde_json::{Value, json};

    use crate::testing::{ACME, Kit};

    async fn kit() -> Kit {
        let kit = Kit::new().await;
        let admin = kit.admin().await;
        kit.put("/controller-bot", &admin, json!({"enabled": false})).await.ok(200);
        for (consumer, line) in [(7, "=1+1; \"quoted\""), (8, "two"), (9, "three")] {
            let open = json!({"line": {"text": line}});
            kit.post("/conversations", &kit.consumer(ACME, consumer), open).await.ok(201);
            kit.clock.advance(std::time::Duration::from_mins(1));
        }
        kit
    }

    #[tokio::test]
    async fn conversations_are_exported_whole_and_page_by_page() {
        let kit = kit().await;
        let admin = kit.admin().await;
        let first = kit.get("/conversations/export?limit=2", &admin).await;
        let items = first.ok(200)["items"].as_array().unwrap().clone();
        assert_eq!(items.len(), 2);
        assert_eq!(items[0]["events"][0]["type"], "opened");
        assert!(items[0]["events"].as_array().unwrap().iter().any(|event| event["line"] == "three"));
        let next = first.headers["convoke-next"].to_str().unwrap().to_owned();
        let second = kit.get(&format!("/conversations/export?limit=2&after={next}"), &admin).await;
        assert_eq!(second.ok(200)["items"].as_array().unwrap().len(), 1);
        assert!(!second.headers.contains_key("convoke-next"));
        let late = kit.get("/conversations/export?changed_from=2026-03-03T10:01:30Z", &admin).await.ok(200);
        assert_eq!(late["items"].as_array().unwrap().len(), 1);
    }

    #[tokio::test]
    async fn a_table_has_one_row_for_each_line_and_no_formulas() {
        let kit = kit().await;
        let table = kit.get("/conversations/export?format=csv", &kit.admin().await).await;
        assert_eq!(table.headers[header::CONTENT_TYPE], "text/csv; charset=utf-8");
        let rows: Vec<&str> = table.text.lines().collect();
        assert_eq!((rows.len(), rows[0]), (4, "conversation;skill;seq;at;author;role;private;line"));
        assert!(rows[3].ends_with(r#";consumer;false;"'=1+1; ""quoted""""#), "{}", rows[3]);
        kit.get("/conversations/export?format=xml", &kit.admin().await).await.fails(400, "request.invalid");
    }

    #[tokio::test]
    async fn an_export_is_for_staff_and_of_their_own_account() {
        let kit = kit().await;
        kit.get("/conversations/export", &kit.consumer(ACME, 7)).await.fails(403, "auth.forbidden");
        let invoker = kit.token(ACME, &[UserRole::FaasInvocation]).await;
        kit.get("/conversations/export", &invoker).await.fails(403, "auth.forbidden");
        let other = kit.token(crate::testing::OTHER, &[UserRole::Administrator]).await;
        let path = format!("/api/v1/accounts/{}/conversations/export", crate::testing::OTHER);
        let exported = kit.raw(axum::http::Method::GET, &path, &other, Value::Null).await.ok(200);
        assert_eq!(exported["items"], json!([]));
    }
}
