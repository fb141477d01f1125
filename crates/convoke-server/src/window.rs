//! On which pages the consumer window may be.
//!
//! The page's origin is what browsers say truthfully and pages cannot change. Programs can say what they want: against
//! them helps that everything of the window is counted, see [`crate::auth::Visits`], and that a consumer sees nothing but
//! their own conversations.

use axum::http::HeaderMap;
use axum::http::header::{HOST, ORIGIN};
use convoke_domain::account::Account;

use crate::caller::Caller;
use crate::server::Shared;

/// Whether a page with these headers may have the window of this account: it is listed, or one of our own.
pub(crate) fn may_be_on(account: &Account, headers: &HeaderMap) -> bool {
    let listed = origin(headers).is_some_and(|origin| account.window.allows(origin));
    listed || (account.window.enabled && is_ours(headers))
}

/// Whether a caller's token counts where it is shown: those of the window only on pages that may have it.
pub(crate) fn counts(server: &Shared, caller: &Caller, headers: &HeaderMap) -> bool {
    if !caller.by_window {
        return true;
    }
    let view = caller.account.as_ref().and_then(|account| server.handle.account(account));
    view.is_some_and(|view| may_be_on(&view.account, headers))
}

/// The origin that the browser says the page has.
pub(crate) fn origin(headers: &HeaderMap) -> Option<&str> {
    headers.get(ORIGIN)?.to_str().ok()
}

fn is_ours(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    match origin(headers) {
        Some(origin) => origin.split_once("://").map(|(_, host)| host) == text(HOST.as_str()),
        // Browsers say no origin when a page reads from its own server.
        None => text("sec-fetch-site") == Some("same-origin"),
    }
}
