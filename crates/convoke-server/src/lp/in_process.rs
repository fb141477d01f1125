//! The planes as functions reach them: in process, as the function's own principal, whatever credentials it shows.
//!
//! What there is not is answered with 501 and counted: sources call services that nobody has here.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::Response;
use axum::http::header::AUTHORIZATION;
use axum::response::IntoResponse as _;
use convoke_api::platform_error::PlatformError;
use convoke_api::problem::Problem;
use tower::ServiceExt as _;
use tracing::info;

use crate::caller::{Caller, FunctionPrincipal, Identity};
use crate::limits::{PLATFORM_ANSWER_BYTES_MAX, UNANSWERED_SERVICES_MAX};
use crate::lp::Published;
use crate::problem::ApiError;
use crate::server::Shared;

/// Answers requests of running functions. Cheap to clone.
#[derive(Clone)]
pub struct InProcess {
    router: Router,
    server: Shared,
}

/// The service that a request is for, by name or host; for the count.
#[derive(Debug, Clone)]
struct Target(String);

impl InProcess {
    pub(crate) fn new(server: &Shared) -> Self {
        let router = super::routes(server).fallback(not_here).with_state(server.clone());
        Self { router, server: server.clone() }
    }

    /// Answers one request of a function to a service of the platform, named or by its host.
    pub async fn request(
        &self,
        by: FunctionPrincipal,
        target: &str,
        request: axum::http::Request<Bytes>,
    ) -> Response<Bytes> {
        let mut request: Request = request.map(Body::from);
        // The function is who it is: what it shows would only say less.
        request.headers_mut().remove(AUTHORIZATION);
        let caller = Caller::new(Some(by.account.clone()), Identity::Function(by));
        request.extensions_mut().insert(caller);
        request.extensions_mut().insert(Target(target.to_owned()));
        let response = match self.router.clone().oneshot(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        };
        let (parts, body) = response.into_parts();
        match axum::body::to_bytes(body, PLATFORM_ANSWER_BYTES_MAX).await {
            Ok(body) => Response::from_parts(parts, body),
            Err(_) => Response::from_parts(parts, Bytes::new()),
        }
    }

    /// Where services are published.
    pub fn published(&self) -> &Published {
        &self.server.planes.published
    }

    /// The generation that an account's clients speak.
    pub fn generation(&self, account: &convoke_domain::id::AccountId) -> convoke_domain::account::Generation {
        self.server.handle.account(account).map(|view| view.account.generation).unwrap_or_default()
    }
}

async fn not_here(State(server): State<Shared>, request: Request) -> axum::response::Response {
    let target = request.extensions().get::<Target>().map(|target| target.0.clone()).unwrap_or_default();
    let times = server.unanswered.count(&target);
    info!(service = target, times, "a function asked for a service that there is not");
    let detail = format!(
        "there is no such path of {target} here; the list of services that functions can use has those that are"
    );
    ApiError::from(Problem::new(PlatformError::NotEmulated, detail)).into_response()
}

/// How often functions asked for what there is not, by service.
#[derive(Debug, Default)]
pub(crate) struct Unanswered(Mutex<BTreeMap<String, u64>>);

impl Unanswered {
    /// Counts once more, and says how often it was.
    pub(crate) fn count(&self, service: &str) -> u64 {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = counts.contains_key(service) || counts.len() < UNANSWERED_SERVICES_MAX;
        let count = counts.entry(if known { service.to_owned() } else { String::new() }).or_default();
        *count += 1;
        *count
    }
}
