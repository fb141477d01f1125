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
    /// The same; and pages of consumers, without a token, as far as the handler lets them.
    RolesFunctionsAndPages(&'static [UserRole]),
    /// Staff and applications, by generation: the first one's, the second one's.
    ByGeneration(&'static [UserRole], &'static [UserRole]),
}

impl Who {
    /// The roles that may; `None` if nobody needs one.
    pub(super) const fn roles(self, generation: Generation) -> Option<&'static [UserRole]> {
        match (self, generation) {
            (Self::Anyone, _) => None,
            (
                Self::Roles(roles) | Self::RolesAndFunctions(roles) | Self::RolesFunctionsAndPages(roles),
                _,
            )
            | (Self::ByGeneration(roles, _), Generation::V1)
            | (Self::ByGeneration(_, roles), Generation::V2) => Some(roles),
        }
    }
}

use Plane::{Gateway, Management};
use Who::{Anyone, ByGeneration, Roles, RolesAndFunctions, RolesFunctionsAndPages};

const READ: &[UserRole] = &[Administrator, FaasAdmin, FaasDeveloper, FaasInvocation];
const LOGS_V2: &[UserRole] = &[Administrator, FaasAdmin, FaasDeveloper];
const SCHEDULE: &[UserRole] = &[Administrator, FaasAdmin, FaasDeveloper];
const DEVELOP: &[UserRole] = &[Administrator, FaasDeveloper];
const INVOKE: &[UserRole] = &[Administrator, FaasDeveloper, FaasInvocation];
/// Developers look at what their functions did.
const CONVERSATIONS: &[UserRole] = &[Administrator, AgentManager, Agent, FaasDeveloper];
const SETTINGS: &[UserRole] = &[Administrator, AgentManager, FaasAdmin, FaasDeveloper];
const SETTINGS_WRITE: &[UserRole] = &[Administrator];
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
    // The address itself is what lets one in.
    Gateway BOTH GET "/v1/files/{account}/{owner}/{name}" => Anyone,
    Gateway BOTH PUT "/v1/files/{account}/{owner}/{name}" => Anyone,
    Gateway BOTH OPTIONS "/v1/files/{account}/{owner}/{name}" => Anyone,
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
    Management V1 GET "/api/account/{account}/logs/export" => ByGeneration(READ, LOGS_V2),
    Management V2 GET "/api/account/{account}/functions/{function}/logs/export" => Roles(LOGS_V2),
    Management BOTH GET "/api/account/{account}/reports/invocationCounts" => ByGeneration(READ, LOGS_V2),
    Management BOTH GET "/api/account/{account}/reports/invocations/{function}" => ByGeneration(READ, LOGS_V2),
    Management BOTH GET "/api/account/{account}/schedules" => ByGeneration(READ, SCHEDULE),
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
    Gateway BOTH POST "/messaging_history/api/account/{account}/conversations/search"
        => RolesAndFunctions(CONVERSATIONS),
    Gateway BOTH POST "/messaging_history/api/account/{account}/conversations/consumer/search"
        => RolesAndFunctions(CONVERSATIONS),
    Gateway BOTH GET "/api/account/{account}/configuration/engagement-window/unified-auto-messages"
        => RolesAndFunctions(SETTINGS),
    Gateway BOTH POST "/api/account/{account}/configuration/engagement-window/unified-auto-messages"
        => Roles(SETTINGS_WRITE),
    Gateway BOTH GET "/api/account/{account}/configuration/engagement-window/unified-auto-messages/{id}"
        => RolesAndFunctions(SETTINGS),
    Gateway BOTH PUT "/api/account/{account}/configuration/engagement-window/unified-auto-messages/{id}"
        => Roles(SETTINGS_WRITE),
    Gateway BOTH DELETE "/api/account/{account}/configuration/engagement-window/unified-auto-messages/{id}"
        => Roles(SETTINGS_WRITE),
    Gateway BOTH POST "/api/account/{account}/configuration/engagement-window/unified-auto-messages/{id}"
        => Roles(SETTINGS_WRITE),
    // The same for everybody, and of no account.
    Gateway BOTH GET "/api/account/{account}/configuration/engagement-window/unified-auto-messages-defaults" => Anyone,
    Gateway BOTH GET "/api/account/{account}/skills/{skill}/shift-status-skill" => RolesAndFunctions(SETTINGS),
    Gateway BOTH GET "/api/account/{account}/configuration/le-users/users" => RolesAndFunctions(SETTINGS),
    Gateway BOTH GET "/api/account/{account}/configuration/le-users/users/{user}" => RolesFunctionsAndPages(SETTINGS),
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

#[cfg(test)]
mod tests {
    use super::*;

    /// The functions contract's matrix (§6.4) as far as it has routes: what, the generation, by which route, and who may: the
    /// functions administrator (A), developer (D), invoker (I). Without routes are, in both, secrets and allow-lists (but for
    /// adding to them in the first), deleting, and in the second alerting; e-mail reports are not here.
    const CONTRACT: &[(&str, Generation, &str, &str)] = &[
        ("read functions", Generation::V1, "GET /lambdas", "ADI"),
        ("read functions", Generation::V1, "GET /lambdas/", "ADI"),
        ("read a function", Generation::V1, "GET /lambdas/{function}", "ADI"),
        ("create a function", Generation::V1, "POST /lambdas", "D"),
        ("edit a function", Generation::V1, "PUT /lambdas/{function}", "D"),
        ("read functions", Generation::V2, "GET /functions", "ADI"),
        ("read a function", Generation::V2, "GET /functions/{function}", "ADI"),
        ("create a function", Generation::V2, "POST /functions", "D"),
        ("edit a function", Generation::V2, "PUT /functions/{function}", "D"),
        ("edit its code", Generation::V2, "PUT /functions/{function}/manifest", "D"),
        ("deploy", Generation::V1, "POST /deployments/{function}", "D"),
        ("deploy", Generation::V2, "PATCH /deployments/{function}", "D"),
        ("undeploy", Generation::V1, "DELETE /deployments/{function}", "D"),
        ("undeploy", Generation::V2, "DELETE /deployments/{function}", "D"),
        ("read deployments", Generation::V2, "GET /deployments", "ADI"),
        ("invoke", Generation::V1, "POST /lambdas/{function}/invoke", "DI"),
        ("invoke", Generation::V2, "POST /lambdas/{function}/invoke", "DI"),
        ("invoke by event", Generation::V1, "POST /events/{event}/invoke", "DI"),
        ("try a draft", Generation::V2, "POST /functions/{function}/test", "DI"),
        ("add to the allow-list", Generation::V1, "POST /proxy-settings", "A"),
        ("create a schedule", Generation::V1, "POST /schedules", "AD"),
        ("create a schedule", Generation::V2, "POST /schedules", "AD"),
        ("read schedules", Generation::V1, "GET /schedules", "ADI"),
        ("read schedules", Generation::V2, "GET /schedules", "AD"),
        ("read logs", Generation::V1, "GET /logs/export", "ADI"),
        ("read logs", Generation::V2, "GET /functions/{function}/logs/export", "AD"),
        ("read reports", Generation::V1, "GET /reports/invocationCounts", "ADI"),
        ("read reports", Generation::V1, "GET /reports/invocations/{function}", "ADI"),
        ("read reports", Generation::V2, "GET /reports/invocationCounts", "AD"),
        ("read reports", Generation::V2, "GET /reports/invocations/{function}", "AD"),
    ];

    #[test]
    fn the_functions_roles_may_what_the_contract_says() {
        for (what, generation, route, may) in CONTRACT {
            let (method, path) = route.split_once(' ').unwrap();
            let path = format!("/api/account/{{account}}{path}");
            let row = row(&method.parse().unwrap(), &path).unwrap_or_else(|| panic!("no {route}"));
            assert!(row.generation.is_none_or(|own| own == *generation), "{what}: {route}");
            let roles = row.who.roles(*generation).unwrap();
            for (letter, role) in [('A', FaasAdmin), ('D', FaasDeveloper), ('I', FaasInvocation)] {
                assert_eq!(roles.contains(&role), may.contains(letter), "{what} ({generation:?}): {role:?}");
            }
        }
    }

    #[test]
    fn every_route_that_needs_a_functions_role_is_in_the_contracts_matrix_or_of_another_matter() {
        // What is read beside functions, and what functions themselves ask for.
        let others = [
            "/events",
            "/runtimes",
            "/reports/l",
            "/count",
            "/configuration/",
            "/v1/account",
            "/monitoring/",
            "/messaging_history/",
            "/shift-status-skill",
        ];
        for row in TABLE.iter().filter(|row| row.who.roles(Generation::V1).is_some()) {
            let route = format!("{} {}", row.method, row.path.trim_start_matches("/api/account/{account}"));
            let known = CONTRACT.iter().any(|(_, _, known, _)| *known == route);
            // The first generation's clients write some paths with a slash more, the second one's deploy with both methods.
            let twin = ["POST /lambdas/", "PATCH /deployments/{function}", "POST /deployments/{function}"]
                .contains(&route.as_str());
            assert!(
                known || twin || others.iter().any(|part| row.path.contains(part)),
                "{route} is in no matrix"
            );
        }
    }
}
