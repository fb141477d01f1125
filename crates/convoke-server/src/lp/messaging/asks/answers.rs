//! Writes that are under way, and what is told when they are done.

use convoke_api::lp::messaging::Refused;
use convoke_domain::conversation::{Action, Command};
use convoke_domain::id::ConversationId;
use convoke_engine::{EngineError, Written};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use serde_json::json;

use super::{Answered, Under, refusal};
use crate::limits;
use crate::lp::messaging::end::{End, failed};
use crate::lp::messaging::session::Session;

/// A command that was put before its writer.
pub(super) enum Begun {
    Over(Result<Written, EngineError>),
    Waits(BoxFuture<'static, Result<Written, EngineError>>),
}

impl Session {
    /// Begins what is not answered at once: its first step is taken before the next request is looked at.
    pub(super) async fn put_under_way(&mut self, mut under: Under) {
        match (&mut under).now_or_never() {
            Some(answered) => drop(self.on_answered(answered).await),
            None => self.under_way.push(under),
        }
    }

    /// A command of this side, put before its conversation's writer.
    pub(super) fn command(&self, conversation: ConversationId, action: Action) -> Result<Begun, Refused> {
        if self.under_way.len() >= limits::LIVE_REQUESTS_MAX {
            let most = limits::LIVE_REQUESTS_MAX;
            return Err(Refused::too_many(format!("at most {most} requests may be under way")));
        }
        let (handle, account) = (self.server.handle.clone(), self.tenant.id().clone());
        let command = Command { by: self.actor(), cause: None, action };
        let mut asked = async move { handle.command(&account, conversation, command).await }.boxed();
        Ok(match (&mut asked).now_or_never() {
            Some(result) => Begun::Over(result),
            None => Begun::Waits(asked),
        })
    }

    pub(super) fn later(
        &mut self,
        id: &str,
        begun: Begun,
        answered: impl FnOnce(String, Result<Written, EngineError>) -> Answered + Send + 'static,
    ) {
        let id = id.to_owned();
        self.under_way.push(match begun {
            Begun::Over(result) => std::future::ready(answered(id, result)).boxed(),
            Begun::Waits(asked) => asked.map(move |result| answered(id, result)).boxed(),
        });
    }

    /// Tells what came of a request.
    pub(in crate::lp::messaging) async fn on_answered(&mut self, answered: Answered) -> Result<(), End> {
        match answered {
            Answered::Done { id, result } => match result {
                Ok(_) => self.respond(&id, 200, self.names().text, &json!("OK")),
                Err(error) => self.refuse(&id, &refusal(error)),
            },
            Answered::Taken { id, result } => match result {
                Ok(_) => self.respond(&id, 202, self.names().text, &json!("OK")),
                Err(error) => self.refuse(&id, &refusal(error)),
            },
            Answered::Opened { id, result } => match result {
                Ok(conversation) => {
                    let body = json!({"conversationId": conversation.to_string()});
                    self.respond(&id, 200, self.names().opened, &body);
                }
                Err(error) => self.refuse(&id, &refusal(error)),
            },
            Answered::Published { id, conversation, result } => match result {
                Ok(written) => {
                    let sequence = self.sequence(conversation, written).await.map_err(failed)?;
                    self.respond(&id, 200, self.names().published, &json!({"sequence": sequence}));
                }
                Err(error) => self.refuse(&id, &refusal(error)),
            },
        }
        Ok(())
    }
}
