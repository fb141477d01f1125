//! A conversation as one caller may follow it, whatever the transport: what they may see, and until when.
//!
//! The token is looked at again before every event: one that was revoked ends the feed, and so does leaving, for a consumer
//! who did not open the conversation.

use convoke_api::v1::event::ConversationEvent;
use convoke_domain::conversation::{Event, ParticipantId, Recorded, Rejection};
use convoke_domain::id::{ConsumerId, ConversationId};
use convoke_domain::sequence::EventSeq;
use convoke_engine::{EngineError, Subscription};

use crate::caller::Tenant;
use crate::guard::still_admitted;
use crate::http::visible;
use crate::problem::Answer;
use crate::server::Shared;

/// What a caller sees of a conversation, event by event.
pub(crate) struct Feed {
    server: Shared,
    tenant: Tenant,
    token: String,
    subscription: Subscription,
    /// The consumer who follows, if they only joined: they see nothing after they left.
    guest: Option<ConsumerId>,
    /// The last event that was looked at, shown or not.
    seen: u64,
    over: bool,
}

/// What comes next.
pub(crate) enum Next {
    /// An event that the caller may see.
    Event(Box<ConversationEvent>),
    /// The caller is slower than the conversation; the next call goes on from the log.
    Behind {
        /// The last event that was looked at.
        after: u64,
    },
}

/// Why nothing comes any more.
pub(crate) enum Over {
    /// The token does not count any more, or not for as much.
    NotAdmitted,
    /// The caller left the conversation.
    Left,
    /// It cannot be read.
    Failed(EngineError),
}

impl Feed {
    /// Follows a conversation that the caller may see, from after a place on.
    pub(crate) async fn begin(
        server: &Shared,
        tenant: &Tenant,
        token: &str,
        conversation: ConversationId,
        after: u64,
    ) -> Answer<Self> {
        let opener = visible(server, tenant, conversation).await?.consumer;
        let place = EventSeq::new(after);
        let subscription = server.handle.follow(tenant.id(), conversation, place).await?;
        let guest = tenant.caller.consumer().filter(|consumer| *consumer != opener);
        let (server, tenant, token) = (server.clone(), tenant.clone(), token.to_owned());
        Ok(Self { server, tenant, token, subscription, guest, seen: after, over: false })
    }

    /// What comes next; waits for it.
    pub(crate) async fn next(&mut self) -> Result<Next, Over> {
        loop {
            if self.over {
                return Err(Over::Left);
            }
            let Some(recorded) = self.subscription.next_or_behind().await.map_err(Over::Failed)? else {
                return Ok(Next::Behind { after: self.seen });
            };
            if !still_admitted(&self.server, &self.token, &self.tenant.caller) {
                return Err(Over::NotAdmitted);
            }
            self.seen = recorded.seq.number();
            self.over = self.guest.is_some_and(|guest| left(&recorded, guest));
            if let Some(event) = self.shown(&recorded) {
                return Ok(Next::Event(Box::new(event)));
            }
        }
    }

    fn shown(&mut self, recorded: &Recorded) -> Option<ConversationEvent> {
        if let Some(view) = self.server.handle.account(self.tenant.id()) {
            // Names may have changed since.
            self.tenant.view = view;
        }
        ConversationEvent::of(recorded, self.tenant.caller.viewer(), &self.tenant.names())
    }
}

impl Over {
    /// What a follower is told, if the connection goes on without this conversation.
    pub(crate) fn error(self) -> crate::problem::ApiError {
        match self {
            Self::NotAdmitted => convoke_api::platform_error::PlatformError::AuthRequired.into(),
            Self::Left => Rejection::NotFound.into(),
            Self::Failed(error) => error.into(),
        }
    }
}

fn left(recorded: &Recorded, guest: ConsumerId) -> bool {
    matches!(&recorded.event, Event::ParticipantLeft { participant, .. } if *participant == ParticipantId::Consumer(guest))
}
