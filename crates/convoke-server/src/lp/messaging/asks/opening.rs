//! Opening a conversation.

use convoke_api::lp::messaging::Refused;
use convoke_domain::conversation::{Action, Command};
use convoke_domain::id::{ConsumerId, ConversationId};
use convoke_domain::ttr::Ttr;
use convoke_engine::{EngineError, Opening};
use futures_util::FutureExt as _;

use super::{Answered, Asked};
use crate::limits;
use crate::lp::messaging::session::{Session, Side};
use crate::openings::Opening as BeingOpened;
use crate::problem::ApiError;

impl Session {
    pub(super) async fn open(
        &mut self,
        id: &str,
        opening: convoke_api::lp::messaging::Opening,
    ) -> Result<(), Asked> {
        let Side::Consumer { consumer, authenticated, features } = &self.side else { return Ok(()) };
        let room = self.room(*consumer)?;
        let address = self.peer.map(|peer| peer.0.ip().to_string());
        let mut described = opening.open;
        described.features.clone_from(features);
        let origin = described.origin(address.as_deref()).map_err(ApiError::from)?;
        let request = Opening {
            consumer: Some(*consumer),
            authenticated: *authenticated,
            skill: described.skill,
            origin,
            first_line: None,
        };
        self.begin_opening(id, request, opening.ttr, room).await;
        Ok(())
    }

    /// An agent writes again to whom they know from another conversation, for the same skill.
    pub(super) async fn open_again(
        &mut self,
        id: &str,
        consumer: ConsumerId,
        before: ConversationId,
    ) -> Result<(), Asked> {
        let before = self.state(before).await?;
        if before.consumer != consumer {
            return Err(Refused::not_found("conversation.not_found", "it is of another consumer").into());
        }
        let room = self.room(consumer)?;
        let mut origin = convoke_domain::conversation::Origin::clone(&before.origin);
        "ProactiveContext".clone_into(&mut origin.context_type);
        let request = Opening {
            consumer: Some(consumer),
            authenticated: before.authenticated,
            skill: Some(before.skill.clone()),
            origin,
            first_line: None,
        };
        self.begin_opening(id, request, None, room).await;
        Ok(())
    }

    fn room(&self, consumer: ConsumerId) -> Result<BeingOpened, Refused> {
        let most = limits::OPEN_OF_CONSUMER_MAX;
        let (openings, account) = (&self.server.openings, self.tenant.id());
        let room = BeingOpened::of(openings, &self.follower, account, consumer, most);
        room.ok_or_else(|| Refused::too_many(format!("a consumer has at most {most} open conversations")))
    }

    async fn begin_opening(&mut self, id: &str, request: Opening, ttr: Option<Ttr>, room: BeingOpened) {
        let (handle, account, by) = (self.server.handle.clone(), self.tenant.id().clone(), self.actor());
        let opened = room.decided_by(async move {
            let conversation = handle.open(&account, request).await?.conversation;
            if let Some(ttr) = ttr {
                let command = Command { by, cause: None, action: Action::SetTtr { ttr } };
                handle.command(&account, conversation, command).await?;
            }
            Ok::<_, EngineError>(conversation)
        });
        let id = id.to_owned();
        let answered = opened
            .map(|result| Answered::Opened { id, result: result.unwrap_or(Err(EngineError::Stopping)) });
        self.put_under_way(answered.boxed()).await;
    }
}
