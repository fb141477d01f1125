//! The conversations that one live connection follows.
//!
//! A conversation has at most one feed per connection: following it again goes on from the new place. A feed is read only
//! when the client can be written to.

use std::collections::BTreeMap;

use convoke_api::v1::live::LiveMessage;
use convoke_domain::id::ConversationId;
use futures_util::stream::{BoxStream, SelectAll};
use futures_util::{StreamExt as _, stream};
use tokio_util::sync::CancellationToken;

use super::refused;
use crate::feed::{Feed, Next, Over};
use crate::limits;
use crate::problem::ApiError;

/// All feeds of a connection.
#[derive(Default)]
pub(super) struct Follows {
    feeds: SelectAll<BoxStream<'static, Heard>>,
    places: BTreeMap<ConversationId, Place>,
    begun: u64,
}

/// One following of a conversation, from the request on.
#[derive(Clone)]
pub(super) struct Place {
    pub(super) conversation: ConversationId,
    number: u64,
    stop: CancellationToken,
}

/// What a feed says, and which one.
pub(super) struct Heard {
    place: Place,
    news: Result<Next, Over>,
}

impl Follows {
    /// Makes room for a conversation; an earlier following of it ends. `None` if there are too many.
    pub(super) fn begin(&mut self, conversation: ConversationId) -> Option<Place> {
        self.stop(conversation);
        if self.places.len() >= limits::LIVE_FOLLOWED_MAX {
            return None;
        }
        self.begun += 1;
        let place = Place { conversation, number: self.begun, stop: CancellationToken::new() };
        self.places.insert(conversation, place.clone());
        Some(place)
    }

    /// No more of this conversation.
    pub(super) fn stop(&mut self, conversation: ConversationId) {
        if let Some(place) = self.places.remove(&conversation) {
            place.stop.cancel();
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.feeds.is_empty()
    }

    /// What one of them says; `None` if there is none.
    pub(super) async fn next(&mut self) -> Option<Heard> {
        self.feeds.next().await
    }

    /// A conversation is followed from now on.
    pub(super) fn followed(&mut self, id: String, place: Place, feed: Feed) -> LiveMessage {
        let conversation = place.conversation;
        self.feeds.push(news(feed, place));
        LiveMessage::Following { id, conversation }
    }

    /// A conversation may not be followed after all.
    pub(super) fn not_followed(&mut self, id: String, place: &Place, error: ApiError) -> LiveMessage {
        self.forget(place);
        refused(Some(id), error)
    }

    /// What the client is told; `None` if its token does not count any more.
    pub(super) fn heard(&mut self, Heard { place, news }: Heard) -> Option<LiveMessage> {
        let conversation = place.conversation;
        if !matches!(news, Ok(Next::Event(_))) {
            self.forget(&place);
        }
        match news {
            Ok(Next::Event(event)) => Some(LiveMessage::Event { conversation, event }),
            Ok(Next::Behind { after }) => Some(LiveMessage::Resync { conversation, after }),
            Err(Over::NotAdmitted) => None,
            Err(over @ (Over::Left | Over::Failed(_))) => {
                Some(LiveMessage::Ended { conversation, problem: Box::new(over.error().into_problem()) })
            }
        }
    }

    /// The place is given up, unless the conversation is followed anew by now.
    fn forget(&mut self, place: &Place) {
        if self.places.get(&place.conversation).is_some_and(|now| now.number == place.number) {
            self.places.remove(&place.conversation);
        }
    }
}

/// A feed until it is over, or stopped.
fn news(feed: Feed, place: Place) -> BoxStream<'static, Heard> {
    let stop = place.stop.clone();
    let news = stream::unfold(Some((feed, place)), |feed| async move {
        let (mut feed, place) = feed?;
        let news = feed.next().await;
        let goes_on = matches!(news, Ok(Next::Event(_)));
        let heard = Heard { place: place.clone(), news };
        Some((heard, goes_on.then_some((feed, place))))
    });
    news.take_until(stop.cancelled_owned()).boxed()
}
