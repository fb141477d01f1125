//! Who may ask what: every route of the API in one table, read by the guard before any handler runs.
//!
//! Least privilege: a role is in a row only if its holders need the route for their own work. The operator may do
//! everything and is in no row. The rules of accounts, functions and conversations still have the last word: they know,
//! for instance, who takes part in a conversation.

use axum::http::Method;
use convoke_domain::account::UserRole::{
    self, Administrator, Agent, AgentManager, FaasAdmin, FaasDeveloper, FaasInvocation,
};

/// Who may use a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Who {
    /// Everybody, without a token.
    Anyone,
    /// The operator only.
    Operator,
    /// Staff with one of these roles.
    Staff(&'static [UserRole]),
    /// Staff with one of these roles, and consumers for their own conversations.
    StaffAndConsumers(&'static [UserRole]),
}

/// One route.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) method: Method,
    pub(crate) path: &'static str,
    pub(crate) who: Who,
}

use Who::{Anyone, Operator, Staff, StaffAndConsumers};

const EVERY_ROLE: &[UserRole] =
    &[Administrator, FaasAdmin, FaasDeveloper, FaasInvocation, Agent, AgentManager];
const ADMINISTRATION: &[UserRole] = &[Administrator];
/// Settings that developers and managers have to know, not change.
const SETTINGS_READ: &[UserRole] = &[Administrator, AgentManager, FaasAdmin, FaasDeveloper];
/// Where functions may call is the functions administrator's; the account's rules tell the settings apart.
const SETTINGS_WRITE: &[UserRole] = &[Administrator, FaasAdmin];
/// What everybody needs who handles conversations or functions: names of skills, events.
const CATALOGUE: &[UserRole] = EVERY_ROLE;
const USERS_READ: &[UserRole] = &[Administrator, AgentManager];
/// Functions contract §6.4.
const FUNCTIONS_READ: &[UserRole] = &[Administrator, FaasAdmin, FaasDeveloper, FaasInvocation];
/// Who reads functions, and what they log.
pub(crate) const FUNCTIONS_CODE: &[UserRole] = &[Administrator, FaasAdmin, FaasDeveloper];
const FUNCTIONS_WRITE: &[UserRole] = &[Administrator, FaasDeveloper];
const FUNCTIONS_INVOKE: &[UserRole] = &[Administrator, FaasDeveloper, FaasInvocation];
const SECRETS_READ: &[UserRole] = &[Administrator, FaasAdmin, FaasDeveloper];
const SECRETS_WRITE: &[UserRole] = &[Administrator, FaasAdmin];
const DOMAINS_READ: &[UserRole] = &[Administrator, FaasAdmin, FaasDeveloper];
const DOMAINS_WRITE: &[UserRole] = &[Administrator, FaasAdmin];
/// Logs can quote consumers; invokers, which are programs, do not read them.
const RUNS_READ: &[UserRole] = &[Administrator, FaasAdmin, FaasDeveloper];
/// Addresses of webhooks, and what became of letters; not their content.
const WEBHOOKS_READ: &[UserRole] = &[Administrator, FaasAdmin, FaasDeveloper];
/// Dead letters show what they would say.
const DEAD_LETTERS: &[UserRole] = &[Administrator, FaasDeveloper];
const SCHEDULES_WRITE: &[UserRole] = &[Administrator, FaasAdmin, FaasDeveloper];
const CONVERSATIONS: &[UserRole] = &[Administrator, AgentManager, Agent];
/// Taking what is offered, in person.
pub(crate) const IN_PERSON: Who = Staff(&[AgentManager, Agent]);
/// Developers look at what their functions did.
const CONVERSATIONS_READ: &[UserRole] = &[Administrator, AgentManager, Agent, FaasDeveloper];
/// What functions ran on: whoever writes them.
const RECORDINGS: &[UserRole] = &[Administrator, FaasDeveloper];
/// Opening for a consumer: staff, and programs of the brand.
const CONSUMERS: &[UserRole] = &[Administrator, AgentManager, Agent];

macro_rules! rows {
    ($($method:ident $path:literal => $who:expr,)*) => {
        &[$(Row { method: Method::$method, path: $path, who: $who },)*]
    };
}

/// Every route of the API.
pub(crate) const TABLE: &[Row] = rows! {
    GET "/healthz" => Anyone,
    GET "/readyz" => Anyone,
    GET "/api/v1/openapi.json" => Anyone,
    // Only where there is a demo, and only for this machine: the handler sees to it.
    POST "/api/v1/demo/session" => Anyone,
    POST "/api/v1/demo/clock" => Anyone,
    // Who comes to log in has no token yet.
    POST "/api/v1/session" => Anyone,
    POST "/api/v1/session/cookie" => Anyone,
    // Whether there is a window, and on which pages, the handler sees to.
    POST "/api/v1/accounts/{account}/window" => Anyone,
    GET "/api/v1/session" => StaffAndConsumers(EVERY_ROLE),
    DELETE "/api/v1/session" => Staff(EVERY_ROLE),
    GET "/api/v1/events/{event}/schema" => Staff(EVERY_ROLE),
    GET "/api/v1/clock" => Operator,
    POST "/api/v1/clock/advance" => Operator,
    POST "/api/v1/accounts" => Operator,
    // Everybody sees their own; the operator sees all.
    GET "/api/v1/accounts" => Staff(EVERY_ROLE),
    GET "/api/v1/accounts/{account}" => Staff(EVERY_ROLE),
    GET "/api/v1/accounts/{account}/settings" => Staff(SETTINGS_READ),
    PUT "/api/v1/accounts/{account}/settings" => Staff(SETTINGS_WRITE),
    PUT "/api/v1/accounts/{account}/controller-bot" => Staff(ADMINISTRATION),
    GET "/api/v1/accounts/{account}/activity" => Staff(ADMINISTRATION),
    GET "/api/v1/accounts/{account}/activity/functions" => Staff(FUNCTIONS_CODE),
    GET "/api/v1/accounts/{account}/skills" => Staff(CATALOGUE),
    GET "/api/v1/accounts/{account}/skills/{skill}" => Staff(CATALOGUE),
    PUT "/api/v1/accounts/{account}/skills/{skill}" => Staff(ADMINISTRATION),
    DELETE "/api/v1/accounts/{account}/skills/{skill}" => Staff(ADMINISTRATION),
    GET "/api/v1/accounts/{account}/working-hours" => Staff(SETTINGS_READ),
    PUT "/api/v1/accounts/{account}/working-hours/{hours}" => Staff(ADMINISTRATION),
    DELETE "/api/v1/accounts/{account}/working-hours/{hours}" => Staff(ADMINISTRATION),
    GET "/api/v1/accounts/{account}/special-occasions" => Staff(SETTINGS_READ),
    PUT "/api/v1/accounts/{account}/special-occasions/{occasions}" => Staff(ADMINISTRATION),
    DELETE "/api/v1/accounts/{account}/special-occasions/{occasions}" => Staff(ADMINISTRATION),
    GET "/api/v1/accounts/{account}/automatic-messages" => Staff(SETTINGS_READ),
    PUT "/api/v1/accounts/{account}/automatic-messages/{code}" => Staff(ADMINISTRATION),
    DELETE "/api/v1/accounts/{account}/automatic-messages/{code}" => Staff(ADMINISTRATION),
    GET "/api/v1/accounts/{account}/users" => Staff(USERS_READ),
    PUT "/api/v1/accounts/{account}/users/{user}" => Staff(ADMINISTRATION),
    DELETE "/api/v1/accounts/{account}/users/{user}" => Staff(ADMINISTRATION),
    // Everybody may change their own; the account's rules see to it.
    PUT "/api/v1/accounts/{account}/users/{user}/password" => Staff(EVERY_ROLE),
    GET "/api/v1/accounts/{account}/secrets" => Staff(SECRETS_READ),
    PUT "/api/v1/accounts/{account}/secrets/{secret}" => Staff(SECRETS_WRITE),
    DELETE "/api/v1/accounts/{account}/secrets/{secret}" => Staff(SECRETS_WRITE),
    GET "/api/v1/accounts/{account}/domains" => Staff(DOMAINS_READ),
    PUT "/api/v1/accounts/{account}/domains/{domain}" => Staff(DOMAINS_WRITE),
    DELETE "/api/v1/accounts/{account}/domains/{domain}" => Staff(DOMAINS_WRITE),
    // It sends requests to hosts that are not listed yet.
    POST "/api/v1/accounts/{account}/domain-checks" => Staff(DOMAINS_WRITE),
    GET "/api/v1/accounts/{account}/clients" => Staff(ADMINISTRATION),
    POST "/api/v1/accounts/{account}/clients" => Staff(ADMINISTRATION),
    POST "/api/v1/accounts/{account}/clients/{client}/secret" => Staff(ADMINISTRATION),
    DELETE "/api/v1/accounts/{account}/clients/{client}" => Staff(ADMINISTRATION),
    GET "/api/v1/accounts/{account}/app-keys" => Staff(ADMINISTRATION),
    POST "/api/v1/accounts/{account}/app-keys" => Staff(ADMINISTRATION),
    DELETE "/api/v1/accounts/{account}/app-keys/{key}" => Staff(ADMINISTRATION),
    GET "/api/v1/accounts/{account}/tokens" => Staff(ADMINISTRATION),
    POST "/api/v1/accounts/{account}/tokens" => Staff(ADMINISTRATION),
    // Everybody may end their own; the account's rules see to it.
    DELETE "/api/v1/accounts/{account}/tokens/{token}" => Staff(EVERY_ROLE),
    GET "/api/v1/accounts/{account}/events" => Staff(CATALOGUE),
    GET "/api/v1/accounts/{account}/templates" => Staff(FUNCTIONS_READ),
    GET "/api/v1/accounts/{account}/templates/{template}" => Staff(FUNCTIONS_READ),
    GET "/api/v1/accounts/{account}/functions" => Staff(FUNCTIONS_READ),
    POST "/api/v1/accounts/{account}/functions" => Staff(FUNCTIONS_WRITE),
    GET "/api/v1/accounts/{account}/functions/{function}" => Staff(FUNCTIONS_READ),
    PUT "/api/v1/accounts/{account}/functions/{function}" => Staff(FUNCTIONS_WRITE),
    DELETE "/api/v1/accounts/{account}/functions/{function}" => Staff(FUNCTIONS_WRITE),
    GET "/api/v1/accounts/{account}/functions/{function}/versions" => Staff(FUNCTIONS_CODE),
    GET "/api/v1/accounts/{account}/functions/{function}/deployments" => Staff(FUNCTIONS_CODE),
    GET "/api/v1/accounts/{account}/functions/{function}/diff" => Staff(FUNCTIONS_CODE),
    POST "/api/v1/accounts/{account}/functions/{function}/test" => Staff(FUNCTIONS_WRITE),
    POST "/api/v1/accounts/{account}/functions/{function}/deploy" => Staff(FUNCTIONS_WRITE),
    POST "/api/v1/accounts/{account}/functions/{function}/undeploy" => Staff(FUNCTIONS_WRITE),
    POST "/api/v1/accounts/{account}/functions/{function}/rollback" => Staff(FUNCTIONS_WRITE),
    POST "/api/v1/accounts/{account}/functions/{function}/invoke" => Staff(FUNCTIONS_INVOKE),
    POST "/api/v1/accounts/{account}/events" => Staff(FUNCTIONS_INVOKE),
    POST "/api/v1/accounts/{account}/events/{event}/invoke" => Staff(FUNCTIONS_INVOKE),
    GET "/api/v1/accounts/{account}/events/{event}/implemented" => Staff(FUNCTIONS_INVOKE),
    GET "/api/v1/accounts/{account}/invocations" => Staff(RUNS_READ),
    GET "/api/v1/accounts/{account}/invocations/{invocation}" => Staff(RUNS_READ),
    GET "/api/v1/accounts/{account}/unanswered" => Staff(RUNS_READ),
    // An input is what people wrote, and what a function was told of it.
    GET "/api/v1/accounts/{account}/invocations/{invocation}/recordings" => Staff(RECORDINGS),
    GET "/api/v1/accounts/{account}/invocations/{invocation}/recordings/{attempt}" => Staff(RECORDINGS),
    GET "/api/v1/accounts/{account}/logs" => Staff(RUNS_READ),
    GET "/api/v1/accounts/{account}/logs/export" => Staff(RUNS_READ),
    GET "/api/v1/accounts/{account}/logs/follow" => Staff(RUNS_READ),
    GET "/api/v1/accounts/{account}/metrics" => Staff(FUNCTIONS_READ),
    GET "/api/v1/accounts/{account}/functions/{function}/metrics" => Staff(FUNCTIONS_READ),
    GET "/api/v1/accounts/{account}/schedules" => Staff(FUNCTIONS_READ),
    POST "/api/v1/accounts/{account}/schedules" => Staff(SCHEDULES_WRITE),
    GET "/api/v1/accounts/{account}/schedules/{schedule}" => Staff(FUNCTIONS_READ),
    PUT "/api/v1/accounts/{account}/schedules/{schedule}" => Staff(SCHEDULES_WRITE),
    DELETE "/api/v1/accounts/{account}/schedules/{schedule}" => Staff(SCHEDULES_WRITE),
    POST "/api/v1/accounts/{account}/schedules/{schedule}/pause" => Staff(SCHEDULES_WRITE),
    POST "/api/v1/accounts/{account}/schedules/{schedule}/resume" => Staff(SCHEDULES_WRITE),
    GET "/api/v1/accounts/{account}/webhooks" => Staff(WEBHOOKS_READ),
    POST "/api/v1/accounts/{account}/webhooks" => Staff(ADMINISTRATION),
    GET "/api/v1/accounts/{account}/webhooks/{webhook}" => Staff(WEBHOOKS_READ),
    PUT "/api/v1/accounts/{account}/webhooks/{webhook}" => Staff(ADMINISTRATION),
    DELETE "/api/v1/accounts/{account}/webhooks/{webhook}" => Staff(ADMINISTRATION),
    POST "/api/v1/accounts/{account}/webhooks/{webhook}/secret" => Staff(ADMINISTRATION),
    POST "/api/v1/accounts/{account}/webhooks/{webhook}/test" => Staff(DEAD_LETTERS),
    GET "/api/v1/accounts/{account}/webhooks/{webhook}/deliveries" => Staff(WEBHOOKS_READ),
    GET "/api/v1/accounts/{account}/webhooks/{webhook}/dead-letters" => Staff(WEBHOOKS_READ),
    GET "/api/v1/accounts/{account}/webhooks/{webhook}/dead-letters/{letter}" => Staff(DEAD_LETTERS),
    POST "/api/v1/accounts/{account}/webhooks/{webhook}/dead-letters/{letter}/redeliver" => Staff(DEAD_LETTERS),
    POST "/api/v1/accounts/{account}/webhooks/{webhook}/redeliver" => Staff(DEAD_LETTERS),
    POST "/api/v1/accounts/{account}/consumers" => Staff(CONSUMERS),
    DELETE "/api/v1/accounts/{account}/consumers/{consumer}" => Staff(ADMINISTRATION),
    GET "/api/v1/accounts/{account}/conversations" => StaffAndConsumers(CONVERSATIONS_READ),
    POST "/api/v1/accounts/{account}/conversations" => StaffAndConsumers(CONSUMERS),
    GET "/api/v1/accounts/{account}/conversations/export" => Staff(CONVERSATIONS_READ),
    GET "/api/v1/accounts/{account}/conversations/{conversation}" => StaffAndConsumers(CONVERSATIONS_READ),
    POST "/api/v1/accounts/{account}/conversations/{conversation}/lines" => StaffAndConsumers(CONVERSATIONS),
    POST "/api/v1/accounts/{account}/conversations/{conversation}/participants" => StaffAndConsumers(CONVERSATIONS),
    DELETE "/api/v1/accounts/{account}/conversations/{conversation}/participants/{participant}"
        => StaffAndConsumers(CONVERSATIONS),
    POST "/api/v1/accounts/{account}/conversations/{conversation}/accept" => Staff(CONVERSATIONS),
    POST "/api/v1/accounts/{account}/conversations/{conversation}/transfer" => Staff(CONVERSATIONS),
    // Who a consumer is, the brand says: not the consumer's own token.
    POST "/api/v1/accounts/{account}/conversations/{conversation}/step-up" => Staff(CONSUMERS),
    POST "/api/v1/accounts/{account}/conversations/{conversation}/close" => StaffAndConsumers(CONVERSATIONS),
    PUT "/api/v1/accounts/{account}/conversations/{conversation}/ttr" => StaffAndConsumers(CONVERSATIONS),
    PUT "/api/v1/accounts/{account}/conversations/{conversation}/manual-deadline" => Staff(CONVERSATIONS),
    PUT "/api/v1/accounts/{account}/conversations/{conversation}/note" => Staff(CONVERSATIONS),
    POST "/api/v1/accounts/{account}/conversations/{conversation}/receipts" => StaffAndConsumers(CONVERSATIONS),
    PUT "/api/v1/accounts/{account}/conversations/{conversation}/rating" => StaffAndConsumers(CONVERSATIONS),
    GET "/api/v1/accounts/{account}/conversations/{conversation}/events" => StaffAndConsumers(CONVERSATIONS_READ),
    GET "/api/v1/accounts/{account}/conversations/{conversation}/explain" => Staff(CONVERSATIONS_READ),
    GET "/api/v1/accounts/{account}/conversations/{conversation}/follow" => StaffAndConsumers(CONVERSATIONS_READ),
    GET "/api/v1/accounts/{account}/board" => StaffAndConsumers(CONVERSATIONS),
    // What is asked over the connection needs what its own route needs.
    GET "/api/v1/accounts/{account}/live" => StaffAndConsumers(CONVERSATIONS_READ),
};

/// Who may use this route; `None` if it is not in the table. `HEAD` is a `GET` without its body.
pub(crate) fn who(method: &Method, path: &str) -> Option<Who> {
    let method = if *method == Method::HEAD { &Method::GET } else { method };
    TABLE.iter().find(|row| row.path == path && row.method == *method).map(|row| row.who)
}

/// The methods of this path, as the header `Allow` lists them; `None` if the path is not in the table.
pub(crate) fn allowed(path: &str) -> Option<String> {
    let methods: Vec<&str> =
        TABLE.iter().filter(|row| row.path == path).map(|row| row.method.as_str()).collect();
    (!methods.is_empty()).then(|| methods.join(", "))
}

/// What a caller lacks, in words.
pub(crate) fn needed(who: Who) -> String {
    let roles = |roles: &[UserRole]| roles.iter().map(|role| role.title()).collect::<Vec<_>>().join(", ");
    match who {
        Anyone => "nothing".to_owned(),
        Operator => "the operator's token".to_owned(),
        Staff(some) => format!("one of the roles {}", roles(some)),
        StaffAndConsumers(some) => format!("a consumer's token, or one of the roles {}", roles(some)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The permissions of the functions contract §6.4: what one does, by which route, and who may: the functions
    /// administrator (A), developer (D), invoker (I).
    const CONTRACT: &[(&str, &str, &str)] = &[
        ("read functions", "GET /functions", "ADI"),
        ("read a function", "GET /functions/{function}", "ADI"),
        ("create a function", "POST /functions", "D"),
        ("edit a function", "PUT /functions/{function}", "D"),
        ("delete a function", "DELETE /functions/{function}", "D"),
        ("deploy", "POST /functions/{function}/deploy", "D"),
        ("undeploy", "POST /functions/{function}/undeploy", "D"),
        ("roll back", "POST /functions/{function}/rollback", "D"),
        ("invoke", "POST /functions/{function}/invoke", "DI"),
        ("read the allow-list", "GET /domains", "AD"),
        ("add to the allow-list", "PUT /domains/{domain}", "A"),
        ("remove from the allow-list", "DELETE /domains/{domain}", "A"),
        ("read the names of secrets", "GET /secrets", "AD"),
        ("set a secret", "PUT /secrets/{secret}", "A"),
        ("delete a secret", "DELETE /secrets/{secret}", "A"),
        ("create a schedule", "POST /schedules", "AD"),
        ("edit a schedule", "PUT /schedules/{schedule}", "AD"),
        ("delete a schedule", "DELETE /schedules/{schedule}", "AD"),
        ("read schedules", "GET /schedules", "ADI"),
        ("read reports", "GET /metrics", "ADI"),
        // The second generation's: what is logged can quote people.
        ("read logs", "GET /logs", "AD"),
    ];

    #[test]
    fn the_functions_roles_may_what_the_contract_says() {
        for (what, route, may) in CONTRACT {
            let (method, path) = route.split_once(' ').unwrap();
            let path = format!("/api/v1/accounts/{{account}}{path}");
            let Some(Who::Staff(roles)) = who(&method.parse().unwrap(), &path) else { panic!("no {route}") };
            for (letter, role) in [('A', FaasAdmin), ('D', FaasDeveloper), ('I', FaasInvocation)] {
                assert_eq!(roles.contains(&role), may.contains(letter), "{what}: {role:?}");
            }
        }
    }

    #[test]
    fn agents_come_to_no_functions_and_no_settings() {
        let allowed = ["/functions", "/secrets", "/domains", "/clients", "/settings", "/activity"];
        for row in TABLE.iter().filter(|row| allowed.iter().any(|part| row.path.contains(part))) {
            if let Staff(roles) | StaffAndConsumers(roles) = row.who {
                assert!(!roles.contains(&Agent), "{} {}", row.method, row.path);
            }
        }
    }
}
