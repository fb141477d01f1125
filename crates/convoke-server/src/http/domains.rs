//! The domain allow-list, one by one, and where a URL leads.

use std::collections::BTreeSet;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use convoke_api::v1::domain::{CheckDomain, DomainCheck, Domains, Hop};
use convoke_domain::account::{Account, Command};

use super::removal::Removal;
use crate::caller::Tenant;
use crate::extract::{Body, Params};
use crate::problem::{Answer, ApiError};
use crate::server::Shared;

/// Longest URL that is looked at: servers refuse longer ones. Bytes.
const URL_BYTES_MAX: usize = 8 * 1024;

/// The hosts that functions may call.
#[utoipa::path(get, path = "/api/v1/accounts/{account}/domains", tag = "domains",
    responses((status = 200, body = Domains)))]
pub(super) async fn list(tenant: Tenant) -> Json<Domains> {
    Json(domains(&tenant.view.account))
}

/// Lets functions call a domain, at once.
#[utoipa::path(put, path = "/api/v1/accounts/{account}/domains/{domain}", tag = "domains",
    responses((status = 200, body = Domains)))]
pub(super) async fn add(
    State(server): State<Shared>,
    tenant: Tenant,
    params: Params,
) -> Answer<Json<Domains>> {
    let domain = params.text("domain").to_owned();
    let view = server.configure(&tenant, Command::AddDomain { domain }).await?;
    Ok(Json(domains(&view.account)))
}

/// Lets functions call a domain no longer, at once.
#[utoipa::path(delete, path = "/api/v1/accounts/{account}/domains/{domain}", tag = "domains",
    responses((status = 204)))]
pub(super) async fn remove(removal: Removal) -> Answer<StatusCode> {
    removal.of("domain", |domain| Command::RemoveDomain { domain }).await
}

/// Requests a URL and follows its redirects, and says for each hop whether functions are let through, and what to add to
/// the allow-list.
#[utoipa::path(post, path = "/api/v1/accounts/{account}/domain-checks", tag = "domains", request_body = CheckDomain,
    responses((status = 200, body = DomainCheck)))]
pub(super) async fn check(
    State(server): State<Shared>,
    tenant: Tenant,
    Body(check): Body<CheckDomain>,
) -> Answer<Json<DomainCheck>> {
    if check.url.len() > URL_BYTES_MAX {
        return Err(ApiError::field("url", format!("a URL has at most {URL_BYTES_MAX} bytes")));
    }
    let url = if check.url.contains("://") { check.url } else { format!("https://{}", check.url) };
    let hops = server.handle.trace_redirects(tenant.id(), &url).await?;
    let missing = hops.iter().filter(|hop| !hop.permitted && !hop.host.is_empty());
    let add: BTreeSet<String> = missing.map(|hop| hop.host.clone()).collect();
    let permitted = hops.iter().all(|hop| hop.permitted && hop.error.is_none());
    let hops = hops.into_iter().map(|hop| Hop {
        url: hop.url,
        permitted: hop.permitted,
        status: hop.status,
        error: hop.error,
    });
    Ok(Json(DomainCheck { permitted, hops: hops.collect(), add: add.into_iter().collect() }))
}

fn domains(account: &Account) -> Domains {
    let egress = &account.egress;
    Domains { mode: egress.mode.into(), items: egress.domains.iter().cloned().collect() }
}

#[cfg(test)]
mod tests {
    use convoke_domain::account::UserRole;
    use serde_json::{Value, json};

    use crate::testing::{ACME, Kit};

    #[tokio::test]
    async fn domains_are_added_and_removed_one_by_one() {
        let kit = Kit::new().await;
        let admin = kit.token(ACME, &[UserRole::FaasAdmin]).await;
        kit.put("/domains/api.example.com", &admin, Value::Null).await.ok(200);
        let listed = kit.put("/domains/*.example.org", &admin, Value::Null).await.ok(200);
        assert_eq!(listed, json!({"mode": "listed", "items": ["*.example.org", "api.example.com"]}));
        kit.put("/domains/API.example.com", &admin, Value::Null).await.fails(400, "domain.invalid");
        kit.delete("/domains/api.example.com", &admin).await.ok(204);
        kit.delete("/domains/api.example.com", &admin).await.fails(404, "domain.unknown");
        let developer = kit.token(ACME, &[UserRole::FaasDeveloper]).await;
        assert_eq!(kit.get("/domains", &developer).await.ok(200)["items"], json!(["*.example.org"]));
    }

    #[tokio::test]
    async fn a_check_says_hop_by_hop_what_is_missing() {
        let kit = Kit::new().await;
        let admin = kit.token(ACME, &[UserRole::FaasAdmin]).await;
        kit.put("/domains/first.example.com", &admin, Value::Null).await.ok(200);
        let check = kit.post("/domain-checks", &admin, json!({"url": "first.example.com/a"})).await.ok(200);
        assert_eq!((&check["permitted"], &check["add"]), (&json!(false), &json!(["second.example.com"])));
        assert_eq!(check["hops"][0]["url"], "https://first.example.com/a");
        assert_eq!(
            (&check["hops"][0]["status"], &check["hops"][1]["permitted"]),
            (&json!(302), &json!(false))
        );
        kit.put("/domains/second.example.com", &admin, Value::Null).await.ok(200);
        let check = kit.post("/domain-checks", &admin, json!({"url": "first.example.com/a"})).await.ok(200);
        assert_eq!(check["permitted"], true);
    }
}
