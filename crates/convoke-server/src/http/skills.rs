//! Skills.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use convoke_api::v1::list::List;
use convoke_api::v1::skill::{DefineSkill, Skill};
use convoke_domain::account::{Command, Rejection};
use convoke_domain::id::SkillId;

use super::removal::Removal;
use crate::caller::Tenant;
use crate::extract::{Body, Params};
use crate::problem::Answer;
use crate::server::Shared;

/// The skills, and whether each is staffed now.
#[utoipa::path(get, path = "/api/v1/accounts/{account}/skills", tag = "skills",
    responses((status = 200, body = List<Skill>)))]
pub(super) async fn list(State(server): State<Shared>, tenant: Tenant) -> Json<List<Skill>> {
    let account = &tenant.view.account;
    let now = server.handle.now();
    Json(account.skills.keys().filter_map(|id| Skill::of(account, id, now)).collect())
}

/// A skill.
#[utoipa::path(get, path = "/api/v1/accounts/{account}/skills/{skill}", tag = "skills",
    responses((status = 200, body = Skill)))]
pub(super) async fn get(State(server): State<Shared>, tenant: Tenant, params: Params) -> Answer<Json<Skill>> {
    let id: SkillId = params.get("skill")?;
    let skill = Skill::of(&tenant.view.account, &id, server.handle.now());
    Ok(Json(skill.ok_or(Rejection::SkillUnknown(id))?))
}

/// Defines a skill, or replaces it.
#[utoipa::path(put, path = "/api/v1/accounts/{account}/skills/{skill}", tag = "skills", request_body = DefineSkill,
    responses((status = 200, body = Skill)))]
pub(super) async fn define(
    State(server): State<Shared>,
    tenant: Tenant,
    params: Params,
    Body(define): Body<DefineSkill>,
) -> Answer<Json<Skill>> {
    let id: SkillId = params.get("skill")?;
    let view = server.configure(&tenant, define.into_command(id.clone())).await?;
    let skill = Skill::of(&view.account, &id, server.handle.now());
    Ok(Json(skill.ok_or(Rejection::SkillUnknown(id))?))
}

/// Removes a skill that nobody serves and that is not the default.
#[utoipa::path(delete, path = "/api/v1/accounts/{account}/skills/{skill}", tag = "skills",
    responses((status = 204)))]
pub(super) async fn remove(removal: Removal) -> Answer<StatusCode> {
    removal.of("skill", |id| Command::RemoveSkill { id }).await
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::{ACME, Kit, SKILL};
    use convoke_domain::account::UserRole;

    #[tokio::test]
    async fn a_skill_is_defined_read_and_removed() {
        let kit = Kit::new().await;
        let token = kit.admin().await;
        let defined = kit.put("/skills/77", &token, json!({"name": "Night"})).await.ok(200);
        assert_eq!((&defined["id"], &defined["staffed"]), (&json!("77"), &json!(true)));
        assert_eq!(kit.get("/skills/77", &token).await.ok(200), defined);
        kit.delete("/skills/77", &token).await.ok(204);
        kit.get("/skills/77", &token).await.fails(404, "skill.unknown");
        kit.delete("/skills/77", &token).await.fails(404, "skill.unknown");
    }

    #[tokio::test]
    async fn a_skill_that_is_needed_stays_and_a_name_is_given_once() {
        let kit = Kit::new().await;
        let token = kit.admin().await;
        let reply = kit.delete(&format!("/skills/{SKILL}"), &token).await;
        assert_eq!(reply.status, 409, "{}", reply.text);
        kit.put("/skills/77", &token, json!({"name": "Sales"})).await.fails(409, "skill.name_taken");
        let problem = kit.put("/skills/blue", &token, json!({"name": "Blue"})).await;
        assert_eq!(problem.fails(400, "request.invalid")["errors"][0]["field"], "skill");
    }

    #[tokio::test]
    async fn agents_read_skills_and_define_none() {
        let kit = Kit::new().await;
        let token = kit.token(ACME, &[UserRole::Agent]).await;
        assert_eq!(kit.get("/skills", &token).await.ok(200)["items"].as_array().unwrap().len(), 2);
        let problem =
            kit.put("/skills/77", &token, json!({"name": "Night"})).await.fails(403, "auth.forbidden");
        assert!(problem["detail"].as_str().unwrap().contains("administrator"));
    }
}
