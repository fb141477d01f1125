//! The activity streams: who changed which setting or function, and what is different since.

use axum::Json;
use axum::extract::State;
use convoke_api::v1::activity::{Activity, Entry};
use convoke_api::v1::list::Page;
use convoke_domain::sequence::EventSeq;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::caller::Tenant;
use crate::extract::Query;
use crate::problem::Answer;
use crate::server::Shared;

/// Entries in one answer: a screenful several times over.
const ENTRIES_MAX: usize = 200;

/// Which part of a stream.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Part {
    /// The first entry, from 1.
    from: Option<u64>,
    /// In its place: only the last so many entries, at most 200.
    last: Option<u64>,
}

impl Part {
    /// Where it begins in a stream that ends with `head`.
    fn first(&self, head: Option<EventSeq>) -> EventSeq {
        let from = match self.last {
            Some(last) => head.map(|head| (head.number() + 1).saturating_sub(last)),
            None => self.from,
        };
        from.and_then(EventSeq::new).unwrap_or(EventSeq::FIRST)
    }
}

/// Who changed which setting, oldest first, with what is different since. Credentials and secrets are named, not shown.
#[utoipa::path(get, path = "/api/v1/accounts/{account}/activity", tag = "activity", params(Part),
    responses((status = 200, body = Page<Activity>)))]
pub(super) async fn settings(
    State(server): State<Shared>,
    tenant: Tenant,
    Query(part): Query<Part>,
) -> Answer<Json<Page<Activity>>> {
    let (head, _) = server.handle.history_heads(tenant.id()).await;
    let telling = server.handle.settings_history(
        tenant.id(),
        part.first(head),
        ENTRIES_MAX + 1,
        |before, after, entry| {
            let entry = Entry { seq: entry.seq, at: entry.at, by: &entry.by, event: &entry.event };
            Some(Activity::of_settings(&entry, before.as_ref(), after.as_ref()))
        },
    );
    Ok(Json(page(telling.await?)))
}

/// Who changed which function, oldest first, with what is different since.
#[utoipa::path(get, path = "/api/v1/accounts/{account}/activity/functions", tag = "activity", params(Part),
    responses((status = 200, body = Page<Activity>)))]
pub(super) async fn functions(
    State(server): State<Shared>,
    tenant: Tenant,
    Query(part): Query<Part>,
) -> Answer<Json<Page<Activity>>> {
    let (_, head) = server.handle.history_heads(tenant.id()).await;
    let telling = server.handle.functions_history(
        tenant.id(),
        part.first(head),
        ENTRIES_MAX + 1,
        |before, after, entry| {
            let entry = Entry { seq: entry.seq, at: entry.at, by: &entry.by, event: &entry.event };
            Some(Activity::of_functions(&entry, before, after))
        },
    );
    Ok(Json(page(telling.await?)))
}

fn page(mut items: Vec<Activity>) -> Page<Activity> {
    let next = items.get(ENTRIES_MAX).map(|entry| entry.seq.to_string());
    items.truncate(ENTRIES_MAX);
    Page { items, next }
}

#[cfg(test)]
mod tests {
    use convoke_domain::account::UserRole;
    use serde_json::{Value, json};

    use crate::testing::{ACME, Kit, until};

    #[tokio::test]
    async fn the_controller_bot_is_switched_and_the_activity_says_by_whom() {
        let kit = Kit::new().await;
        let token = kit.admin().await;
        let off = kit.put("/controller-bot", &token, json!({"enabled": false})).await.ok(200);
        assert_eq!(off, json!({"enabled": false}));
        let activity = kit.get("/activity?from=3", &token).await.ok(200);
        let last = activity["items"].as_array().unwrap().last().unwrap();
        assert_eq!(last["change"], "controller_bot_switched");
        assert_eq!(last["by"]["principal"], json!({"kind": "user", "id": "4711"}));
        assert!(!activity.to_string().contains("sha256"));
    }

    #[tokio::test]
    async fn a_changed_setting_says_what_it_was() {
        let kit = Kit::new().await;
        let token = kit.admin().await;
        kit.put("/settings", &token, json!({"name": "Acme & Sons"})).await.ok(200);
        let last = kit.get("/activity?last=1", &token).await.ok(200);
        let items = last["items"].as_array().unwrap();
        assert_eq!(items.len(), 1);
        assert_eq!(items[0]["changes"], json!([{"field": "name", "before": "acme", "after": "Acme & Sons"}]));
    }

    /// An account with something of every kind.
    async fn furnished() -> Kit {
        let kit = Kit::new().await;
        let by = &kit.admin().await;
        let closed = json!({"name": "Move", "from": "2026-03-03T09:00:00", "to": "2026-03-03T12:00:00", "working": false});
        let occasions = json!({"name": "Days off", "time_zone": "Etc/UTC", "occasions": [closed]});
        let text = json!({"texts": {"en": "Sales is here"}});
        let replies = [
            kit.put("/special-occasions/1", by, occasions).await,
            kit.put("/automatic-messages/YOU_ARE_CONNECTED_TO?skill=2", by, text).await,
            kit.put("/users/4712/password", by, json!({"password": "correct horse battery staple"})).await,
            kit.post("/clients", by, json!({"name": "orders"})).await,
            kit.post("/app-keys", by, json!({"name": "echo bot", "user": "4712"})).await,
            kit.put("/secrets/order_key", by, json!({"value": "secret"})).await,
            kit.post("/webhooks", by, json!({"name": "CRM", "url": "https://crm.example.com"})).await,
        ];
        for reply in replies {
            assert!(reply.status.is_success(), "{}", reply.text);
        }
        kit.put("/settings", by, json!({"activity_days": 7})).await.ok(200);
        let developer = kit.token(ACME, &[UserRole::FaasDeveloper]).await;
        kit.post("/functions", &developer, json!({"name": "f", "source": "one\n"})).await.ok(201);
        kit.post("/functions/f/deploy", &developer, Value::Null).await.ok(200);
        kit
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn old_activity_is_forgotten_and_what_is_left_is_told_from_any_place() {
        let kit = furnished().await;
        let count =
            async |path: &str| kit.get(path, &kit.operator).await.ok(200)["items"].as_array().unwrap().len();
        let before = count("/activity").await;
        assert!(before > 15 && count("/activity/functions").await == 3);
        kit.clock.advance(std::time::Duration::from_hours(24 * 8));
        until(async || count("/activity").await == 0 && count("/activity/functions").await == 0).await;
        let by = &kit.token(ACME, &[UserRole::Administrator, UserRole::FaasDeveloper]).await;
        kit.put("/settings", by, json!({"name": "Acme & Sons"})).await.ok(200);
        kit.put("/functions/f", by, json!({"source": "two\n"})).await.ok(200);
        for place in ["from=1", "from=3", "last=1"] {
            let told = kit.get(&format!("/activity?{place}"), by).await.ok(200);
            let items = told["items"].as_array().unwrap();
            assert!(items[0]["seq"].as_u64().unwrap() > before as u64, "places stay: {told}");
            let was = json!([{"field": "name", "before": "acme", "after": "Acme & Sons"}]);
            assert_eq!(items.last().unwrap()["changes"], was, "also of what was forgotten");
        }
        let told = kit.get("/activity/functions", by).await.ok(200);
        assert!(told["items"][0]["source"]["unified"].as_str().unwrap().contains("-one\n+two\n"));
        assert_eq!(told["items"][0]["seq"], 4, "places stay");
        kit.put("/settings", by, json!({"activity_days": 6})).await.fails(400, "activity.days_out_of_range");
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_changed_function_says_by_whom_and_how_its_source_differs() {
        let kit = Kit::new().await;
        let token = kit.token(ACME, &[UserRole::FaasDeveloper]).await;
        kit.post("/functions", &token, json!({"name": "f", "source": "one\n"})).await.ok(201);
        kit.put("/functions/f", &token, json!({"source": "two\n"})).await.ok(200);
        kit.post("/functions/f/deploy", &token, Value::Null).await.ok(200);
        let told = kit.get("/activity/functions", &token).await.ok(200);
        let items = told["items"].as_array().unwrap();
        let kinds: Vec<&str> = items.iter().map(|item| item["change"].as_str().unwrap()).collect();
        assert_eq!(kinds, ["created", "draft_saved", "version_frozen", "deployed"]);
        assert!(items[1]["source"]["unified"].as_str().unwrap().contains("-one\n+two\n"));
        assert_eq!(items[1]["by"]["principal"], json!({"kind": "user", "id": "4711"}));
        assert_eq!(items[3]["changes"][0], json!({"field": "deployed_version", "after": 1}));
        kit.get("/activity", &token).await.fails(403, "auth.forbidden");
    }
}
