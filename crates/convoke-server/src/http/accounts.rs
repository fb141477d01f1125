//! Accounts and their settings.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use convoke_api::v1::account::{Account, CreateAccount};
use convoke_api::v1::activity::Activity;
use convoke_api::v1::controller_bot::ControllerBot;
use convoke_api::v1::list::{List, Page};
use convoke_api::v1::settings::{Settings, UpdateSettings};
use convoke_domain::account::{AccountMachine, Context};
use convoke_domain::decider::Decider;
use convoke_domain::sequence::EventSeq;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::caller::{Caller, Tenant};
use crate::extract::{Body, Query};
use crate::problem::Answer;
use crate::server::Shared;

/// Entries of the activity stream in one answer: a screenful several times over.
const ACTIVITY_MAX: usize = 200;

/// The accounts that the token can act in: its own, or all for the operator.
#[utoipa::path(get, path = "/api/v1/accounts", tag = "accounts", responses((status = 200, body = List<Account>)))]
pub(super) async fn list(State(server): State<Shared>, caller: Caller) -> Json<List<Account>> {
    let accounts = server.handle.accounts();
    let own = |id| caller.account.as_ref().is_none_or(|own| own == id);
    Json(accounts.iter().filter(|view| own(&view.account.id)).map(|view| (&view.account).into()).collect())
}

/// Opens an account: the Controller Bot is off, and there are no skills.
#[utoipa::path(post, path = "/api/v1/accounts", tag = "accounts", request_body = CreateAccount,
    responses((status = 201, body = Account)))]
pub(super) async fn create(
    State(server): State<Shared>,
    caller: Caller,
    Body(create): Body<CreateAccount>,
) -> Answer<(StatusCode, Json<Account>)> {
    let id = create.id.clone();
    let view = server.handle.configure(&id, &caller.account_actor(), create.into_command()).await?;
    Ok((StatusCode::CREATED, Json((&view.account).into())))
}

/// An account.
#[utoipa::path(get, path = "/api/v1/accounts/{account}", tag = "accounts", responses((status = 200, body = Account)))]
pub(super) async fn get(tenant: Tenant) -> Json<Account> {
    Json((&tenant.view.account).into())
}

/// What the account is set to.
#[utoipa::path(get, path = "/api/v1/accounts/{account}/settings", tag = "accounts",
    responses((status = 200, body = Settings)))]
pub(super) async fn settings(tenant: Tenant) -> Json<Settings> {
    Json((&tenant.view.account).into())
}

/// Changes settings. All of them, or, if one is refused, none.
#[utoipa::path(put, path = "/api/v1/accounts/{account}/settings", tag = "accounts", request_body = UpdateSettings,
    responses((status = 200, body = Settings)))]
pub(super) async fn update_settings(
    State(server): State<Shared>,
    tenant: Tenant,
    Body(update): Body<UpdateSettings>,
) -> Answer<Json<Settings>> {
    let commands = update.into_commands();
    let actor = tenant.caller.account_actor();
    let context = Context { now: server.handle.now(), actor: &actor };
    let mut state = Some(tenant.view.account.clone());
    for command in &commands {
        let events = AccountMachine::decide(&state, command.clone(), &context)?;
        state = events.iter().fold(state, AccountMachine::evolve);
    }
    let mut view = tenant.view.clone();
    for command in commands {
        view = server.configure(&tenant, command).await?;
    }
    Ok(Json((&view.account).into()))
}

/// Switches the Controller Bot on or off, for the whole account and at once.
#[utoipa::path(put, path = "/api/v1/accounts/{account}/controller-bot", tag = "accounts",
    request_body = ControllerBot, responses((status = 200, body = ControllerBot)))]
pub(super) async fn switch_controller_bot(
    State(server): State<Shared>,
    tenant: Tenant,
    Body(switch): Body<ControllerBot>,
) -> Answer<Json<ControllerBot>> {
    let view = server.configure(&tenant, switch.into_command()).await?;
    Ok(Json(ControllerBot { enabled: view.account.controller_bot_enabled }))
}

/// Where a list begins.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct From {
    /// The first entry, from 1.
    from: Option<u64>,
}

/// Who changed which setting, oldest first.
#[utoipa::path(get, path = "/api/v1/accounts/{account}/activity", tag = "accounts", params(From),
    responses((status = 200, body = Page<Activity>)))]
pub(super) async fn activity(
    State(server): State<Shared>,
    tenant: Tenant,
    Query(From { from }): Query<From>,
) -> Answer<Json<Page<Activity>>> {
    let from = from.and_then(EventSeq::new).unwrap_or(EventSeq::FIRST);
    let entries = server.handle.activity(tenant.id(), from).await?;
    let next = entries.get(ACTIVITY_MAX).map(|entry| entry.seq.to_string());
    let shown = entries.iter().take(ACTIVITY_MAX);
    let items = shown.map(|entry| Activity::of(entry.seq, entry.at, &entry.by, &entry.event)).collect();
    Ok(Json(Page { items, next }))
}
