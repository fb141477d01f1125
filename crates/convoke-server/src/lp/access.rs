//! Who may ask what on the planes: every route in one table, read by the guard before any handler runs.
//!
//! The roles are the matrix of the functions contract (§6.4). What belongs to one generation only is said so here, and is
//! told in that generation's words whatever host it was asked of.

use axum::http::Method;
use convoke_api::lp::failure::Plane;
use convoke_domain::account::Generation;
use convoke_domain::account::UserRole::{
    self, Administrator, Agent, AgentManager, FaasAdmin, FaasDeveloper, FaasInvocation,
};

/// One route.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) method: Method,
    pub(super) path: &'static str,
    pub(super) who: Who,
    /// The generation that has it, if only one does.
    pub(super) generation: Option<Generation>,
    /// Whose words a refusal has.
    pub(super) plane: Plane,
}

/// Who may use a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Who {
    /// Everybody, without a token.
    Anyone,
    /// Staff and applications with one of these roles.
    Roles(&'static [UserRole]),
    /// The same, and functions of the account while they run.
    RolesAndFunctions(&'static [UserRole]),
}

use Plane::{Gateway, Management};
use Who::{Anyone, Roles, RolesAndFunctions};

const READ: &[UserRole] = &[Administrator, FaasAdmin, FaasDeveloper, FaasInvocation];
const LOGS_V2: &[UserRole] = &[Administrator, FaasAdmin, FaasDeveloper];
const SCHEDULE: &[UserRole] = &[Administrator, FaasAdmin, FaasDeveloper];
const DEVELOP: &[UserRole] = &[Administrator, FaasDeveloper];
const INVOKE: &[UserRole] = &[Administrator, FaasDeveloper, FaasInvocation];
/// Developers look at what their functions did.
const CONVERSATIONS: &[UserRole] = &[Administrator, AgentManager, Agent, FaasDeveloper];
const SETTINGS: &[UserRole] = &[Administrator, AgentManager, FaasAdmin, FaasDeveloper];
const MEMORY: &[UserRole] = &[Administrator, FaasDeveloper];
const ALLOW: &[UserRole] = &[Administrator, FaasAdmin];

const BOTH: Option<Generation> = None;
const V1: Option<Generation> = Some(Generation::V1);
const V2: Option<Generation> = Some(Generation::V2);

macro_rules! rows {
    ($($plane:ident $generation:ident $method:ident $path:literal => $who:expr,)*) => {
        &[$(Row {
            method: Method::$method,
            path: $path,
            who: $who,
            generation: $generation,
            plane: $plane,
        },)*]
    };
}

/// Every route of the planes.
pub(super) const TABLE: &[Row] = rows! {
    Gateway BOTH GET "/api/account/{account}/service/baseURI.json" => Anyone,
    Gateway BOTH GET "/api/account/{account}/service/baseURI" => Anyone,
    Gateway BOTH GET "/api/account/{account}/service/{service}/baseURI.json" => Anyone,
    Gateway BOTH GET "/api/account/{account}/service/{service}/baseURI" => Anyone,
    Gateway BOTH POST "/api/account/{account}/login" => Anyone,
    Gateway BOTH POST "/api/account/{account}/refresh" => Anyone,
    Gateway BOTH POST "/api/account/{account}/logout" => Anyone,
    Gateway BOTH POST "/sentinel/api/account/{account}/app/token" => Anyone,
    Gateway BOTH POST "/sentinel/api/v2/account/{account}/app/token" => Anyone,
    Gateway BOTH GET "/sentinel/.well-known/jwks.json" => Anyone,
    Gateway BOTH POST "/api/account/{account}/signup" => Anyone,
    Gateway BOTH GET "/api/account/{account}/signup.jsonp" => Anyone,
    Gateway BOTH POST "/api/account/{account}/anonymous/authorize" => Anyone,
    Gateway BOTH POST "/api/account/{account}/authenticate" => Anyone,
    Gateway BOTH POST "/api/account/{account}/app/{connector}/authenticate" => Anyone,
    // Two tokens, whose refusals have numbers of their own: the handlers see to it.
    Gateway BOTH POST "/api/account/{account}/consumer" => Anyone,
    Gateway BOTH POST "/api/account/{account}/messaging/consumer/conversation" => Anyone,
    Gateway BOTH POST "/api/account/{account}/messaging/consumer/conversation/send" => Anyone,
    Gateway BOTH GET "/ws_api/account/{account}/messaging/brand/{bearer}" => Anyone,
    Gateway BOTH GET "/ws_api/account/{account}/messaging/consumer" => Anyone,
    Gateway BOTH POST "/api/account/{account}/lambdas/{function}/invoke" => RolesAndFunctions(INVOKE),
    Gateway BOTH POST "/api/account/{account}/events/{event}/invoke" => RolesAndFunctions(INVOKE),
    Gateway BOTH GET "/api/account/{account}/events/{event}/isImplemented" => RolesAndFunctions(INVOKE),
    Management V1 GET "/api/account/{account}/lambdas" => Roles(READ),
    Management V1 GET "/api/account/{account}/lambdas/" => Roles(READ),
    Management V1 POST "/api/account/{account}/lambdas" => Roles(DEVELOP),
    Management V1 POST "/api/account/{account}/lambdas/" => Roles(DEVELOP),
    Management V1 GET "/api/account/{account}/lambdas/{function}" => Roles(READ),
    Management V1 PUT "/api/account/{account}/lambdas/{function}" => Roles(DEVELOP),
    Management V1 GET "/api/account/{account}/runtimes" => Roles(READ),
    Management V1 GET "/api/account/{account}/reports/limitCounts" => Roles(READ),
    Management V1 GET "/api/account/{account}/reports/lambdaCounts" => Roles(READ),
    Management V1 POST "/api/account/{account}/proxy-settings" => Roles(ALLOW),
    Management V2 GET "/api/account/{account}/functions" => Roles(READ),
    Management V2 POST "/api/account/{account}/functions" => Roles(DEVELOP),
    Management V2 GET "/api/account/{account}/functions/count" => Roles(READ),
    Management V2 GET "/api/account/{account}/functions/{function}" => Roles(READ),
    Management V2 PUT "/api/account/{account}/functions/{function}" => Roles(DEVELOP),
    Management V2 PUT "/api/account/{account}/functions/{function}/manifest" => Roles(DEVELOP),
    Management V2 POST "/api/account/{account}/functions/{function}/test" => Roles(INVOKE),
    Management V2 GET "/api/account/{account}/deployments" => Roles(READ),
    Management V2 GET "/api/account/{account}/deployments/count" => Roles(READ),
    Management BOTH POST "/api/account/{account}/deployments/{function}" => Roles(DEVELOP),
    Management BOTH PATCH "/api/account/{account}/deployments/{function}" => Roles(DEVELOP),
    Management BOTH DELETE "/api/account/{account}/deployments/{function}" => Roles(DEVELOP),
    Management BOTH GET "/api/account/{account}/events" => Roles(READ),
    Management V1 GET "/api/account/{account}/logs/export" => Roles(READ),
    Management V2 GET "/api/account/{account}/functions/{function}/logs/export" => Roles(LOGS_V2),
    Management BOTH GET "/api/account/{account}/reports/invocationCounts" => Roles(READ),
    Management BOTH GET "/api/account/{account}/reports/invocations/{function}" => Roles(READ),
    Management BOTH GET "/api/account/{account}/schedules" => Roles(READ),
    Management BOTH POST "/api/account/{account}/schedules" => Roles(SCHEDULE),
    Gateway BOTH GET "/v1/account/{account}" => RolesAndFunctions(MEMORY),
    Gateway BOTH POST "/v1/account/{account}" => RolesAndFunctions(MEMORY),
    Gateway BOTH DELETE "/v1/account/{account}/{namespace}" => RolesAndFunctions(MEMORY),
    Gateway BOTH GET "/v1/account/{account}/{namespace}/session-ids" => RolesAndFunctions(MEMORY),
    Gateway BOTH GET "/v1/account/{account}/{namespace}/{session}/properties" => RolesAndFunctions(MEMORY),
    Gateway BOTH PATCH "/v1/account/{account}/{namespace}/{session}/properties" => RolesAndFunctions(MEMORY),
    Gateway BOTH DELETE "/v1/account/{account}/{namespace}/{session}/properties" => RolesAndFunctions(MEMORY),
    Gateway BOTH GET "/v1/account/{account}/{namespace}/{session}/properties/" => RolesAndFunctions(MEMORY),
    Gateway BOTH PATCH "/v1/account/{account}/{namespace}/{session}/properties/" => RolesAndFunctions(MEMORY),
    Gateway BOTH DELETE "/v1/account/{account}/{namespace}/{session}/properties/" => RolesAndFunctions(MEMORY),
    Gateway BOTH GET "/v1/account/{account}/{namespace}/{session}/properties/{property}"
        => RolesAndFunctions(MEMORY),
    Gateway BOTH DELETE "/v1/account/{account}/{namespace}/{session}/properties/{property}"
        => RolesAndFunctions(MEMORY),
    Gateway BOTH PUT "/api/account/{account}/monitoring/visitors/{visitor}/visits/current/events"
        => RolesAndFunctions(MEMORY),
    Gateway BOTH POST "/messaging_history/api/account/{account}/conversations/conversation/search"
        => RolesAndFunctions(CONVERSATIONS),
    Gateway BOTH GET "/api/account/{account}/configuration/le-users/users" => RolesAndFunctions(SETTINGS),
    Gateway BOTH GET "/api/account/{account}/configuration/le-users/users/{user}" => RolesAndFunctions(SETTINGS),
    Gateway BOTH GET "/api/account/{account}/configuration/le-users/skills" => RolesAndFunctions(SETTINGS),
    Gateway BOTH GET "/api/account/{account}/configuration/le-users/skills/{skill}" => RolesAndFunctions(SETTINGS),
    Gateway BOTH GET "/api/account/{account}/configuration/le-users/agentGroups" => RolesAndFunctions(SETTINGS),
    Gateway BOTH GET "/api/account/{account}/configuration/le-users/profiles" => RolesAndFunctions(SETTINGS),
    Gateway BOTH GET "/api/account/{account}/configuration/ac-common/workinghours" => RolesAndFunctions(SETTINGS),
    Gateway BOTH GET "/api/account/{account}/configuration/ac-common/specialoccasion" => RolesAndFunctions(SETTINGS),
};

/// The row of this route. `HEAD` is a `GET` without its body.
pub(super) fn row(method: &Method, path: &str) -> Option<&'static Row> {
    let method = if *method == Method::HEAD { &Method::GET } else { method };
    TABLE.iter().find(|row| row.path == path && row.method == *method)
}
