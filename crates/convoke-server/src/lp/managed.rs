//! What both generations of management share: who did something in words, and changes of functions.

use std::sync::Arc;

use convoke_domain::account::{Account, Author};
use convoke_domain::decider::Decider as _;
use convoke_domain::function::{Command, Context, Function, FunctionMachine};
use convoke_domain::id::FunctionId;
use convoke_engine::AccountView;
use convoke_engine::ports::ProgramSource;

use super::failure::{Answer, PlaneError};
use super::request::Asked;
use crate::caller::Tenant;
use crate::http::functions::change;
use crate::server::Shared;

/// Says who somebody is, in the words that people of this account know them by.
pub(super) fn names(account: &Account) -> impl Fn(&Author) -> String {
    |author| match author {
        Author::System => "system".to_owned(),
        Author::Operator => "operator".to_owned(),
        Author::Function(function) => function.to_string(),
        Author::Consumer(consumer) => consumer.to_string(),
        Author::User(user) => {
            account.user(*user).map_or_else(|| user.to_string(), |user| user.login_name.clone())
        }
        Author::Client(client) => {
            account.clients.get(client).map_or_else(|| client.to_string(), |client| client.name.clone())
        }
        Author::Token(token) => {
            account.tokens.get(token).map_or_else(|| token.to_string(), |token| token.name.clone())
        }
    }
}

/// The functions that a request lists: by state, event and name, where it names them.
///
/// # Errors
/// For a state that there is not.
pub(super) fn listed<'a>(
    tenant: &'a Tenant,
    asked: &Asked,
    name_parameter: &str,
) -> Answer<Vec<(FunctionId, &'a Function)>> {
    const STATES: [&str; 6] =
        ["Draft", "Productive", "Modified", "Marked Undeployed", "Build Error", "Deploy Error"];
    let states: Vec<&str> = asked.all("state").collect();
    if let Some(wrong) = states.iter().find(|state| !STATES.contains(state)) {
        let detail = format!("\"{wrong}\" is no state; there are {}", STATES.join(", "));
        return Err(PlaneError::management(crate::problem::ApiError::field("state", detail)));
    }
    let (event, name) = (asked.get("eventId"), asked.get(name_parameter));
    let functions = tenant.view.functions.functions.iter();
    let wanted = functions.filter(|(_, function)| {
        let state = convoke_api::lp::lambda::state(function.state());
        (states.is_empty() || states.contains(&state))
            && event.is_none_or(|part| function.event.is_some_and(|event| event.event_id().contains(part)))
            && name.is_none_or(|part| function.name.contains(part))
    });
    Ok(wanted.map(|(id, function)| (*id, function)).collect())
}

/// What a request does to a function came to.
pub(super) enum Changed {
    /// It is as it was.
    Unchanged,
    /// The account with the function as it is now.
    To(Arc<AccountView>),
}

/// Applies changes of one function: all of them, or, if one is refused, none.
///
/// # Errors
/// The first rule that refuses one, or what is wrong with the code.
pub(super) async fn apply(server: &Shared, tenant: &Tenant, commands: Vec<Command>) -> Answer<Changed> {
    let actor = tenant.caller.account_actor();
    let context = Context { now: server.handle.now(), actor: &actor, account: &tenant.view.account };
    let mut state = tenant.view.functions.clone();
    let mut any = false;
    for command in &commands {
        let events =
            FunctionMachine::decide(&state, command.clone(), &context).map_err(PlaneError::management)?;
        any |= !events.is_empty();
        state = events.iter().fold(state, FunctionMachine::evolve);
    }
    if !any {
        return Ok(Changed::Unchanged);
    }
    loads(server, &commands).await?;
    let mut view = Arc::clone(&tenant.view);
    for command in commands {
        view = change(server, tenant, command).await.map_err(PlaneError::management)?;
    }
    Ok(Changed::To(view))
}

/// Refuses code that could not be deployed: the tools tell their users so when it is saved.
async fn loads(server: &Shared, commands: &[Command]) -> Answer<()> {
    for command in commands {
        let (Command::Create { draft, .. } | Command::SaveDraft { draft, .. }) = command else { continue };
        let environment = Arc::new(draft.environment.clone());
        let program = ProgramSource { source: Arc::clone(&draft.source), environment };
        let problems = server.handle.problems(program).await.map_err(PlaneError::management)?;
        if let Some(first) = problems.into_iter().next() {
            return Err(PlaneError::management(first));
        }
    }
    Ok(())
}
