//! What a live connection does at its account's board: what it is told, and what somebody does there in person.

use convoke_api::platform_error::PlatformError;
use convoke_api::v1::live::{Ask, LiveMessage};
use convoke_engine::{Accepting, News, OfferId};

use super::asks::Answered;
use super::{Connection, End, as_frame, refused};
use crate::board::Seat;
use crate::guard::still_admitted;
use crate::problem::Answer;

/// What changed at the board; never anything without a place at it.
pub(super) async fn news(seat: Option<&Seat>) -> News {
    match seat {
        Some(seat) => seat.news().await,
        None => std::future::pending().await,
    }
}

impl Connection {
    /// Takes in what came of a request, and gives what is said about it.
    pub(super) fn answered(&mut self, answered: Answered) -> LiveMessage {
        match answered {
            Answered::Say(message) => message,
            Answered::Followed { id, place, feed } => self.follows.followed(id, place, *feed),
            Answered::NotFollowed { id, place, error } => self.follows.not_followed(id, &place, error),
            Answered::Seated { id, seat, board } => {
                // The old place is given up after the new one is taken: an agent with two is not gone in between.
                self.seat = Some(*seat);
                self.told.clear();
                LiveMessage::Board { id, board }
            }
        }
    }

    /// Tells what changed at the board, with the names that are known by now.
    pub(super) fn on_news(&mut self, news: News) -> Result<Option<axum::extract::ws::Message>, End> {
        if let Some(view) = self.server.handle.account(self.tenant.id()) {
            self.tenant.view = view;
        }
        if let Some(seat) = &mut self.seat {
            self.told = seat.told(news, &self.tenant);
        }
        // Most news of an account are nothing to most of its agents: those are not worth looking at the token.
        if !self.told.is_empty() && !still_admitted(&self.server, &self.token, &self.tenant.caller) {
            return Err(End::NotAdmitted);
        }
        Ok(self.told.pop_front().as_ref().map(as_frame))
    }

    /// Does what is done at once, and only by somebody at the board.
    pub(super) fn say_in_person(&self, id: String, ask: &Ask) -> LiveMessage {
        let done = self.at_the_board().and_then(|seat| match ask {
            Ask::SetAvailability(set) => {
                seat.set_availability(set.availability);
                Ok(())
            }
            Ask::RejectOffer(named) => seat.reject(&OfferId::named(&named.offer)),
            Ask::Typing { conversation, typing } => {
                if let Some(told) = seat.tell_typing(*conversation, typing.typing) {
                    self.server.chat_letters.tell(self.tenant.id(), &told);
                }
                Ok(())
            }
            Ask::Ping
            | Ask::Follow { .. }
            | Ask::Unfollow { .. }
            | Ask::Open(_)
            | Ask::Board(_)
            | Ask::AcceptOffer(_)
            | Ask::Act { .. } => Ok(()),
        });
        match done {
            Ok(()) => LiveMessage::Done { id },
            Err(error) => refused(Some(id), error),
        }
    }

    /// Begins to accept an offer.
    pub(super) fn begin_accept(&self, offer: &OfferId) -> Answer<Accepting> {
        self.at_the_board()?.accept(offer)
    }

    fn at_the_board(&self) -> Answer<&Seat> {
        self.seat.as_ref().ok_or_else(|| PlatformError::BoardNeeded.into())
    }
}
