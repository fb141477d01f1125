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
