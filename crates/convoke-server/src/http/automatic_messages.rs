//! Automatic messages: what is sent for a change when no function supplied a message.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use convoke_api::v1::automatic_message::{AutomaticMessage, SetAutomaticMessage};
use convoke_api::v1::list::List;
use convoke_domain::account::Command;
use convoke_domain::id::SkillId;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::caller::Tenant;
use crate::extract::{Body, Params, Query};
use crate::problem::Answer;
use crate::server::Shared;

/// Whose messages.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Of {
    /// Those that this skill has instead of the account's.
    #[param(value_type = Option<String>)]
    skill: Option<SkillId>,
}

/// The account's texts and those of skills, or of one skill only.
#[utoipa::path(get, path = "/api/v1/accounts/{account}/automatic-messages", tag = "automatic messages", params(Of),
    responses((status = 200, body = List<AutomaticMessage>)))]
pub(super) async fn list(tenant: Tenant, Query(of): Query<Of>) -> Json<List<AutomaticMessage>> {
    let all = AutomaticMessage::all(&tenant.view.account);
    Json(all.filter(|message| of.skill.is_none() || message.skill == of.skill).collect())
}

/// Sets the text for a code: of the account, or of one skill.
#[utoipa::path(put, path = "/api/v1/accounts/{account}/automatic-messages/{code}", tag = "automatic messages",
    params(Of), request_body = SetAutomaticMessage, responses((status = 200, body = AutomaticMessage)))]
pub(super) async fn set(
    State(server): State<Shared>,
    tenant: Tenant,
    params: Params,
    Query(of): Query<Of>,
    Body(settings): Body<SetAutomaticMessage>,
) -> Answer<Json<AutomaticMessage>> {
    let code = params.get("code")?;
    server.configure(&tenant, settings.clone().into_command(code, of.skill.clone())).await?;
    Ok(Json(AutomaticMessage { code, skill: of.skill, settings }))
}

/// Removes the text for a code: the skill goes back to the account's; the account has none then.
#[utoipa::path(delete, path = "/api/v1/accounts/{account}/automatic-messages/{code}", tag = "automatic messages",
    params(Of), responses((status = 204)))]
pub(super) async fn clear(
    State(server): State<Shared>,
    tenant: Tenant,
    params: Params,
    Query(of): Query<Of>,
) -> Answer<StatusCode> {
    let command = Command::ClearAutomaticMessage { code: params.get("code")?, skill: of.skill };
    server.configure(&tenant, command).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::{Kit, SKILL};

    #[tokio::test]
    async fn a_skill_has_a_text_of_its_own_until_it_is_removed() {
        let kit = Kit::new().await;
        let token = kit.admin().await;
        let path = format!("/automatic-messages/YOU_ARE_CONNECTED_TO?skill={SKILL}");
        let set = kit.put(&path, &token, json!({"texts": {"en": "Sales is here"}})).await.ok(200);
        assert_eq!((&set["skill"], &set["enabled"]), (&json!(SKILL), &json!(true)));
        let of_skill = format!("/automatic-messages?skill={SKILL}");
        assert_eq!(kit.get(&of_skill, &token).await.ok(200)["items"], json!([set]));
        kit.delete(&path, &token).await.ok(204);
        assert_eq!(kit.get(&of_skill, &token).await.ok(200)["items"], json!([]));
        assert!(kit.get("/automatic-messages", &token).await.ok(200)["items"].as_array().unwrap().len() > 10);
    }

    #[tokio::test]
    async fn texts_codes_and_skills_are_checked() {
        let kit = Kit::new().await;
        let token = kit.admin().await;
        let set = |path: &'static str, text: &str| kit.put(path, &token, json!({"texts": {"en": text}}));
        set("/automatic-messages/YOU_ARE_CONNECTED_TO", "<b>")
            .await
            .fails(400, "automatic_message.text_invalid");
        set("/automatic-messages/HELLO", "hi").await.fails(400, "request.invalid");
        set("/automatic-messages/YOU_ARE_CONNECTED_TO?skill=99", "hi").await.fails(404, "skill.unknown");
        set("/automatic-messages/YOU_ARE_CONNECTED_TO?skil=99", "hi").await.fails(400, "request.invalid");
    }
}
