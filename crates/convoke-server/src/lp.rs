//! LivePerson's planes: what its clients, tools, bots and function libraries call, so that they work as they are.
//!
//! ``text
//!  Host, path, account ──▶ guard: row of the table, token, account, roles, generation
//!                             └──▶ one file per plane ──▶ the same engine as the native API
//! ``
//!
//! Promises: fields, shapes and misspellings of the contract, in the generation that the caller speaks; failures in that
//! generation's words; roles as the contract's matrix has them. A function's own requests come in here too, in process,
//! through [`crate::InProcess`], and reach only what the table opens to functions. Leaves out: rules, which are the domain's,
//! and our own API, which is in [`crate::http`].

mod access;
mod configuration;
mod connector;
mod context;
mod csds;
mod deployments;
mod failure;
mod files;
mod functions;
mod gateway;
mod generation;
mod guard;
mod history;
mod idp;
mod in_process;
mod lambdas;
mod login;
mod logs;
mod managed;
mod messaging;
mod reports;
mod request;
mod schedules;
mod sentinel;
mod unified_messages;
mod visitors;

#[cfg(test)]
mod tests;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{delete, get, post, put};

use crate::server::Shared;
pub use csds::Published;
pub(crate) use csds::routes as csds_routes;
pub use in_process::InProcess;
pub(crate) use in_process::Unanswered;

/// The routes of all planes.
pub(crate) fn routes(shared: &Shared) -> Router<Shared> {
    csds::routes()
        .merge(identities())
        .merge(gateway())
        .merge(first_generation())
        .merge(second_generation())
        .merge(both_generations())
        .merge(account_data())
        .merge(memory())
        .merge(messaging_plane())
        .route_layer(from_fn_with_state(shared.clone(), guard::guard))
}

/// Who one is: `agentVep` and sentinel.
fn identities() -> Router<Shared> {
    Router::new()
        .route("/api/account/{account}/login", post(login::login))
        .route("/api/account/{account}/refresh", post(login::refresh))
        .route("/api/account/{account}/logout", post(login::logout))
        .route("/sentinel/api/account/{account}/app/token", post(sentinel::token))
        .route("/sentinel/api/v2/account/{account}/app/token", post(sentinel::token_v2))
        .route("/sentinel/.well-known/jwks.json", get(sentinel::key_set))
}

/// Consumers' identities, and the sockets of both sides: `idp` and `asyncMessagingEnt`.
fn messaging_plane() -> Router<Shared> {
    Router::new()
        .route("/api/account/{account}/signup", post(idp::signup))
        .route("/api/account/{account}/signup.jsonp", get(idp::signup_jsonp))
        .route("/api/account/{account}/anonymous/authorize", post(idp::authorize))
        .route("/api/account/{account}/authenticate", post(idp::authenticate))
        .route("/api/account/{account}/app/{connector}/authenticate", post(idp::authenticate))
        .route("/api/account/{account}/consumer", post(connector::consumer))
        .route("/api/account/{account}/messaging/consumer/conversation", post(connector::open))
        .route("/api/account/{account}/messaging/consumer/conversation/send", post(connector::send))
        .route(
            "/v1/files/{account}/{owner}/{name}",
            get(files::download).put(files::upload).options(files::preflight),
        )
        .route("/ws_api/account/{account}/messaging/brand/{bearer}", get(messaging::agent))
        .route("/ws_api/account/{account}/messaging/consumer", get(messaging::consumer))
}

/// Invoking functions: `faasGW`.
fn gateway() -> Router<Shared> {
    Router::new()
        .route("/api/account/{account}/lambdas/{function}/invoke", post(gateway::invoke))
        .route("/api/account/{account}/events/{event}/invoke", post(gateway::invoke_event))
        .route("/api/account/{account}/events/{event}/isImplemented", get(gateway::is_implemented))
}

/// Managing functions with the first generation's paths: `faasUI`.
fn first_generation() -> Router<Shared> {
    let list = || get(lambdas::list).post(lambdas::create);
    Router::new()
        .route("/api/account/{account}/lambdas", list())
        .route("/api/account/{account}/lambdas/", list())
        .route("/api/account/{account}/lambdas/{function}", get(lambdas::get).put(lambdas::save))
        .route("/api/account/{account}/runtimes", get(lambdas::runtimes))
        .route("/api/account/{account}/reports/limitCounts", get(reports::limit_counts))
        .route("/api/account/{account}/reports/lambdaCounts", get(reports::lambda_counts))
        .route("/api/account/{account}/logs/export", get(logs::export))
        .route("/api/account/{account}/proxy-settings", post(lambdas::allow_domain))
}

/// Managing functions with the second generation's paths: `faasUI`.
fn second_generation() -> Router<Shared> {
    Router::new()
        .route("/api/account/{account}/functions", get(functions::list).post(functions::create))
        .route("/api/account/{account}/functions/count", get(functions::count))
        .route("/api/account/{account}/functions/{function}", get(functions::get).put(functions::save))
        .route("/api/account/{account}/functions/{function}/manifest", put(functions::save_manifest))
        .route("/api/account/{account}/functions/{function}/test", post(functions::test))
        .route("/api/account/{account}/functions/{function}/logs/export", get(logs::export_of))
        .route("/api/account/{account}/deployments", get(deployments::list))
        .route("/api/account/{account}/deployments/count", get(deployments::count))
}

/// Managing functions with paths that both have.
fn both_generations() -> Router<Shared> {
    let deploy = post(deployments::deploy).patch(deployments::deploy).delete(deployments::undeploy);
    Router::new()
        .route("/api/account/{account}/deployments/{function}", deploy)
        .route("/api/account/{account}/events", get(functions::events))
        .route("/api/account/{account}/reports/invocationCounts", get(reports::invocation_counts))
        .route("/api/account/{account}/reports/invocations/{function}", get(reports::invocations))
        .route("/api/account/{account}/schedules", get(schedules::list).post(schedules::create))
}

/// What there is to know of conversations and settings: `msgHist` and `accountConfigReadOnly`.
fn account_data() -> Router<Shared> {
    Router::new()
        .route(
            "/messaging_history/api/account/{account}/conversations/conversation/search",
            post(history::search),
        )
        .route("/messaging_history/api/account/{account}/conversations/search", post(history::search_all))
        .route(
            "/messaging_history/api/account/{account}/conversations/consumer/search",
            post(history::search_of_consumer),
        )
        .route("/api/account/{account}/configuration/le-users/users", get(configuration::users))
        .route("/api/account/{account}/configuration/le-users/users/{user}", get(configuration::user))
        .route("/api/account/{account}/configuration/le-users/skills", get(configuration::skills))
        .route("/api/account/{account}/configuration/le-users/skills/{skill}", get(configuration::skill))
        .merge(automatic_messages())
        .route(
            "/api/account/{account}/skills/{skill}/shift-status-skill",
            get(unified_messages::shift_status),
        )
        .route("/api/account/{account}/configuration/le-users/agentGroups", get(configuration::agent_groups))
        .route("/api/account/{account}/configuration/le-users/profiles", get(configuration::profiles))
        .route(
            "/api/account/{account}/configuration/ac-common/workinghours",
            get(configuration::working_hours),
        )
        .route(
            "/api/account/{account}/configuration/ac-common/specialoccasion",
            get(configuration::special_occasions),
        )
}

/// What is sent without a function: `accountConfigReadWrite`.
fn automatic_messages() -> Router<Shared> {
    let one = get(unified_messages::get)
        .put(unified_messages::set)
        .delete(unified_messages::remove)
        .post(unified_messages::other_method);
    Router::new()
        .route(
            "/api/account/{account}/configuration/engagement-window/unified-auto-messages",
            get(unified_messages::list).post(unified_messages::create),
        )
        .route("/api/account/{account}/configuration/engagement-window/unified-auto-messages/{id}", one)
        .route(
            "/api/account/{account}/configuration/engagement-window/unified-auto-messages-defaults",
            get(unified_messages::defaults),
        )
}

/// What functions remember: `mavenContext` and smt.
fn memory() -> Router<Shared> {
    let properties = || get(context::properties).patch(context::set).delete(context::delete_session);
    Router::new()
        .route("/v1/account/{account}", get(context::namespaces).post(context::create))
        .route("/v1/account/{account}/{namespace}", delete(context::delete))
        .route("/v1/account/{account}/{namespace}/session-ids", get(context::sessions))
        .route("/v1/account/{account}/{namespace}/{session}/properties", properties())
        .route("/v1/account/{account}/{namespace}/{session}/properties/", properties())
        .route(
            "/v1/account/{account}/{namespace}/{session}/properties/{property}",
            get(context::property).delete(context::delete_property),
        )
        .route(
            "/api/account/{account}/monitoring/visitors/{visitor}/visits/current/events",
            put(visitors::add),
        )
}
