//! What a client asks, done: reads at once, writes as soon as they are durable.
//!
//! A write is put before its conversation's writer in the order in which requests came, before the next one is looked at;
//! only its answer is waited for beside others. So pipelined requests are decided in their order, and a conversation that
//! waits for its function holds up nobody else's.

mod answers;
mod brand;
mod files;
mod lines;
mod opening;
mod people;
mod routing;
mod subscribing;

use std::sync::Arc;

use convoke_api::lp::messaging::{Ask, Dialect, Refused, Request, changes};
use convoke_api::problem::Problem;
use convoke_domain::conversation::{Conversation, Rejection};
use convoke_domain::id::{ConversationId, DialogId};
use convoke_engine::{EngineError, Written};
use futures_util::future::BoxFuture;
use serde_json::json;

use super::end::End;
use super::names::{AGENTS, CONSUMERS, Names};
use super::session::{Session, Side};
use crate::problem::ApiError;

/// A request whose answer is not there yet.
pub(super) type Under = BoxFuture<'static, Answered>;

/// What came of a request.
pub(super) enum Answered {
    /// A write that is answered with a text.
    Done { id: String, result: Result<Written, EngineError> },
    /// Something was published.
    Published { id: String, conversation: ConversationId, result: Result<Written, EngineError> },
    /// An offer was accepted, or not.
    Taken { id: String, result: Result<Written, EngineError> },
    /// A conversation was opened, or not.
    Opened { id: String, result: Result<ConversationId, EngineError> },
}

impl Session {
    /// Does what a request asks, or begins to.
    pub(super) async fn ask(&mut self, request: Request) -> Result<(), End> {
        self.refresh();
        let id = request.id.clone();
        let done = match Ask::read(&request) {
            Ok(ask) if self.is_other_sides(&ask) => Err(Asked::No(Refused::other_side(&request.kind))),
            Ok(ask) => self.do_it(&id, ask).await,
            Err(refused) => Err(Asked::No(refused)),
        };
        match done {
            Ok(()) => Ok(()),
            Err(Asked::No(refused)) => {
                self.refuse(&id, &refused);
                Ok(())
            }
            Err(Asked::End(end)) => Err(end),
        }
    }

    /// Whether only the other side of a conversation asks this.
    fn is_other_sides(&self, ask: &Ask) -> bool {
        let agents = match ask {
            Ask::SetAgentState(_)
            | Ask::SubscribeAgentsState(_)
            | Ask::SubscribeRoutingTasks
            | Ask::UpdateRoutingTasks(_)
            | Ask::UpdateRing(_)
            | Ask::GetBrands
            | Ask::GetBrand
            | Ask::SetBrand(_)
            | Ask::OpenAgain(..) => true,
            Ask::InitConnection | Ask::SetProfile(_) | Ask::Open(_) => false,
            Ask::GetClock
            | Ask::SubscribeConversations(_)
            | Ask::UpdateConversations(..)
            | Ask::Unsubscribe(_)
            | Ask::QueryMessages(_)
            | Ask::SubscribeMessages(..)
            | Ask::Publish(_)
            | Ask::GetProfile(_)
            | Ask::UploadFile(_)
            | Ask::DownloadFile(_)
            | Ask::Update(..) => return false,
        };
        agents != matches!(self.side, Side::Agent(_))
    }

    async fn do_it(&mut self, id: &str, ask: Ask) -> Result<(), Asked> {
        match ask {
            Ask::GetClock => {
                let body = json!({"currentTime": self.server.handle.now().as_millisecond()});
                self.respond(id, 200, self.names().clock, &body);
            }
            // It is known already.
            Ask::InitConnection => self.respond(id, 200, self.names().text, &json!("OK")),
            Ask::SetAgentState(word) => self.set_availability(id, &word)?,
            Ask::SubscribeAgentsState(agent) => self.subscribe_presences(id, agent)?,
            Ask::SubscribeRoutingTasks => self.subscribe_offers(id),
            Ask::UpdateRoutingTasks(subscription) => {
                if self.offers.as_ref() != Some(&subscription) {
                    return Err(no_subscription().into());
                }
                self.subscribe_offers(id);
            }
            Ask::UpdateRing(answer) => self.answer_ring(id, &answer)?,
            Ask::SubscribeConversations(body) => {
                let filter = self.filter(&body)?;
                let subscription = self.subscriptions.begin(filter)?;
                self.begin_subscription(id, &subscription).await?;
            }
            Ask::UpdateConversations(subscription, body) => {
                let filter = self.filter(&body)?;
                self.subscriptions.update(&subscription, filter)?;
                self.begin_subscription(id, &subscription).await?;
            }
            Ask::Unsubscribe(subscription) => {
                self.subscriptions.end(&subscription)?;
                self.look_at_interest();
                self.respond(id, 200, self.names().text, &json!("OK"));
            }
            Ask::QueryMessages(query) => self.query(id, query).await?,
            Ask::SubscribeMessages(dialog, from) => self.subscribe_messages(id, dialog, from).await?,
            Ask::Publish(publish) => self.publish(id, publish).await?,
            Ask::GetProfile(of) => self.profile(id, of).await?,
            Ask::SetProfile(profile) => self.set_profile(id, &profile).await?,
            Ask::GetBrands => self.brands(id),
            Ask::GetBrand => self.brand(id),
            Ask::SetBrand(profile) => self.set_brand(id, &profile).await?,
            Ask::UploadFile(upload) => self.upload_file(id, upload).await?,
            Ask::DownloadFile(path) => self.download_file(id, &path)?,
            Ask::OpenAgain(consumer, before) => self.open_again(id, consumer, before).await?,
            Ask::Open(opening) => self.open(id, *opening).await?,
            Ask::Update(conversation, fields) => {
                let state = self.state(conversation).await?;
                let account = &self.tenant.view.account;
                let action = changes(Some(&fields), &state, account, self.participant())?;
                let asked = self.command(conversation, action)?;
                self.later(id, asked, |id, result| Answered::Done { id, result });
            }
        }
        Ok(())
    }

    /// The state of a conversation that this side may know of; otherwise as if there were none.
    async fn state(&mut self, conversation: ConversationId) -> Result<Arc<Conversation>, Asked> {
        let state = self.server.handle.conversation(self.tenant.id(), conversation).await?;
        if self.sees(&state) { Ok(state) } else { Err(EngineError::from(Rejection::NotFound).into()) }
    }

    /// The same of a dialog's conversation; there has to be such a dialog.
    async fn state_with(&mut self, dialog: DialogId) -> Result<Arc<Conversation>, Asked> {
        let state = self.state(dialog.conversation).await?;
        if state.has_dialog(dialog.ordinal) { Ok(state) } else { Err(Refused::no_such_dialog().into()) }
    }

    fn names(&self) -> &'static Names {
        match self.dialect {
            Dialect::Agent { .. } => &AGENTS,
            Dialect::Consumer => &CONSUMERS,
        }
    }
}

/// Why a request was not done.
enum Asked {
    /// It is refused.
    No(Refused),
    /// The socket ends.
    End(End),
}

impl From<Refused> for Asked {
    fn from(refused: Refused) -> Self {
        Self::No(refused)
    }
}

impl From<EngineError> for Asked {
    fn from(error: EngineError) -> Self {
        Self::No(refusal(error))
    }
}

impl From<ApiError> for Asked {
    fn from(error: ApiError) -> Self {
        Self::No(Refused::of_problem(&error.into_problem()))
    }
}

impl From<End> for Asked {
    fn from(end: End) -> Self {
        Self::End(end)
    }
}

fn refusal(error: EngineError) -> Refused {
    let problem: Problem = ApiError::from(error).into_problem();
    Refused::of_problem(&problem)
}

fn no_subscription() -> Refused {
    Refused::not_found("subscription.unknown", "this connection has no such subscription")
}
