//! The routes: one module per noun, each handler with its own words for the document.

mod accounts;
mod activity;
mod app_keys;
mod automatic_messages;
mod board;
mod clients;
mod clock;
mod cloud_events;
mod consumers;
mod conversation_export;
mod conversation_writes;
mod conversations;
mod demo;
mod domains;
mod follow;
mod function_calls;
mod function_runs;
pub(crate) mod functions;
mod health;
mod hours;
mod live;
mod metrics;
mod page;
mod ratings;
mod receipts;
mod recordings;
mod removal;
mod run_log;
mod schedules;
mod secrets;
mod sessions;
mod skills;
mod tokens;
mod unanswered;
mod users;
mod webhooks;
mod window;

pub(crate) use conversation_writes::perform;
pub(crate) use conversations::{open_for, read, visible};
pub(crate) use health::{healthz, readyz};

use axum::Router;
use axum::body::Bytes;
use axum::middleware::{from_fn_with_state, map_response};
use axum::response::{IntoResponse, Response};
use convoke_api::platform_error::PlatformError;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::guard::guard;
use crate::layers::around;
use crate::lp::{self, InProcess};
use crate::openapi::finished;
use crate::operator;
use crate::problem::ApiError;
use crate::server::{Server, Shared};
use crate::webhooks::Deliveries;

/// What a server answers, by who can reach it.
pub struct Routers {
    /// For listeners: the API, the planes, the pages, and an answer to everything else.
    pub everything: Router,
    /// Only where services are, for a listener without TLS: some clients ask that way, and it is no secret.
    pub csds: Router,
    /// For a listener of the operator's tools: metrics and health, without a token.
    pub operators: Router,
    /// For functions while they run.
    pub in_process: InProcess,
    /// What delivers to webhooks; nothing is delivered unless it runs.
    pub deliveries: Deliveries,
}

/// All routes of a server.
///
/// # Panics
/// Never: the description is plain data.
pub fn routers(server: Server) -> Routers {
    let (api, document) = api().split_for_parts();
    let document = serde_json::to_vec(&finished(document)).expect("a document is plain data");
    let shared = Shared::new(server, Bytes::from(document));
    let api = api.route_layer(from_fn_with_state(shared.clone(), guard));
    let everything = api.merge(lp::routes(&shared)).merge(page::routes());
    Routers {
        everything: surrounded(everything.fallback(page::anything_else), &shared),
        csds: surrounded(lp::csds_routes().fallback(nothing_here), &shared),
        operators: surrounded(operator::routes(&shared).fallback(nothing_here), &shared),
        in_process: InProcess::new(&shared),
        deliveries: Deliveries::new(&shared),
    }
}

fn surrounded(routes: Router<Shared>, shared: &Shared) -> Router {
    routes
        .layer(map_response(say_not_allowed))
        .layer(from_fn_with_state(shared.clone(), around))
        .with_state(shared.clone())
}

/// The API's routes with their description.
pub(crate) fn api() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(health::healthz))
        .routes(routes!(health::readyz))
        .routes(routes!(health::document))
        .routes(routes!(demo::session))
        .routes(routes!(demo::advance))
        .routes(routes!(sessions::open, sessions::get, sessions::close))
        .routes(routes!(sessions::open_in_cookie))
        .routes(routes!(clock::get))
        .routes(routes!(clock::advance))
        .merge(settings())
        .merge(code())
        .merge(runs())
        .merge(conversing())
}

fn settings() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(accounts::list, accounts::create))
        .routes(routes!(accounts::get))
        .routes(routes!(accounts::settings, accounts::update_settings))
        .routes(routes!(accounts::switch_controller_bot))
        .routes(routes!(activity::settings))
        .routes(routes!(activity::functions))
        .routes(routes!(skills::list))
        .routes(routes!(skills::get, skills::define, skills::remove))
        .routes(routes!(hours::list))
        .routes(routes!(hours::define, hours::remove))
        .routes(routes!(hours::list_occasions))
        .routes(routes!(hours::define_occasions, hours::remove_occasions))
        .routes(routes!(automatic_messages::list))
        .routes(routes!(automatic_messages::set, automatic_messages::clear))
        .routes(routes!(users::list))
        .routes(routes!(users::define, users::remove))
        .routes(routes!(users::set_password))
        .routes(routes!(secrets::list))
        .routes(routes!(secrets::set, secrets::remove))
        .routes(routes!(domains::list))
        .routes(routes!(domains::add, domains::remove))
        .routes(routes!(domains::check))
        .routes(routes!(clients::list, clients::create))
        .routes(routes!(clients::renew))
        .routes(routes!(clients::remove))
        .routes(routes!(app_keys::list, app_keys::issue))
        .routes(routes!(app_keys::revoke))
        .routes(routes!(tokens::list, tokens::issue))
        .routes(routes!(tokens::revoke))
        .routes(routes!(webhooks::list, webhooks::create))
        .routes(routes!(webhooks::get, webhooks::define, webhooks::remove))
        .routes(routes!(webhooks::renew))
        .routes(routes!(webhooks::test))
        .routes(routes!(webhooks::deliveries))
        .routes(routes!(webhooks::dead_letters))
        .routes(routes!(webhooks::dead_letter))
        .routes(routes!(webhooks::redeliver))
        .routes(routes!(webhooks::redeliver_all))
}

fn code() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(functions::events, cloud_events::fire))
        .routes(routes!(functions::event_schema))
        .routes(routes!(functions::templates))
        .routes(routes!(functions::template))
        .routes(routes!(functions::list, functions::create))
        .routes(routes!(functions::get, functions::save, functions::delete))
        .routes(routes!(functions::versions))
        .routes(routes!(functions::deployments))
        .routes(routes!(functions::diff))
        .routes(routes!(functions::deploy))
        .routes(routes!(functions::undeploy))
        .routes(routes!(functions::rollback))
        .routes(routes!(function_runs::test))
        .routes(routes!(function_calls::invoke))
        .routes(routes!(function_calls::invoke_event))
        .routes(routes!(function_calls::implemented))
}

fn runs() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(run_log::list))
        .routes(routes!(run_log::get))
        .routes(routes!(unanswered::list))
        .routes(routes!(recordings::list))
        .routes(routes!(recordings::get))
        .routes(routes!(run_log::logs))
        .routes(routes!(run_log::export))
        .routes(routes!(run_log::follow))
        .routes(routes!(metrics::account))
        .routes(routes!(metrics::function))
        .routes(routes!(schedules::list, schedules::create))
        .routes(routes!(schedules::get, schedules::update, schedules::delete))
        .routes(routes!(schedules::pause))
        .routes(routes!(schedules::resume))
}

fn conversing() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(consumers::create))
        .routes(routes!(consumers::erase))
        .routes(routes!(window::open))
        .routes(routes!(conversations::list, conversations::open))
        .routes(routes!(conversation_export::export))
        .routes(routes!(conversations::get))
        .routes(routes!(conversations::events))
        .routes(routes!(conversations::explain))
        .routes(routes!(follow::follow))
        .routes(routes!(board::get))
        .routes(routes!(live::live))
        .routes(routes!(conversation_writes::publish))
        .routes(routes!(conversation_writes::join))
        .routes(routes!(conversation_writes::leave))
        .routes(routes!(conversation_writes::accept))
        .routes(routes!(conversation_writes::transfer))
        .routes(routes!(conversation_writes::step_up))
        .routes(routes!(conversation_writes::close))
        .routes(routes!(conversation_writes::set_ttr))
        .routes(routes!(conversation_writes::set_manual_deadline))
        .routes(routes!(conversation_writes::set_note))
        .routes(routes!(receipts::receive))
        .routes(routes!(ratings::rate))
}

async fn nothing_here() -> ApiError {
    PlatformError::NotFound.into()
}

/// What the router itself says about a wrong method has no body: it gets one.
async fn say_not_allowed(response: Response) -> Response {
    let bare = response.status() == axum::http::StatusCode::METHOD_NOT_ALLOWED
        && !response.headers().contains_key(axum::http::header::CONTENT_TYPE);
    if !bare {
        return response;
    }
    let mut said = ApiError::from(PlatformError::MethodNotAllowed).into_response();
    if let Some(allowed) = response.headers().get(axum::http::header::ALLOW) {
        said.headers_mut().insert(axum::http::header::ALLOW, allowed.clone());
    }
    said
}
