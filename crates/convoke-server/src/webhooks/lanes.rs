//! The lanes of one webhook: which conversations have something to tell it, and when each is tried next.
//!
//! A lane is one conversation: what it has to tell is told in order, one letter after the other. It leaves memory when
//! nothing is left; the store knows what there is.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use convoke_domain::id::ConversationId;
use convoke_engine::Letter;
use jiff::{SignedDuration, Timestamp};

use crate::limits;

/// The lanes of one webhook.
#[derive(Default)]
pub(super) struct Lanes {
    all: BTreeMap<ConversationId, Lane>,
    due: BTreeSet<(Timestamp, ConversationId)>,
    running: usize,
    look: Look,
    /// Something came for which there was no room.
    missed: bool,
}

/// How far the store was looked through for letters.
#[derive(Debug, Default, PartialEq, Eq)]
enum Look {
    /// To the end.
    #[default]
    Done,
    /// To this letter, or not at all.
    After(Option<Letter>),
}

#[derive(Default)]
struct Lane {
    /// `None` while it is being worked on.
    due: Option<Timestamp>,
    /// Something came while it was being worked on.
    again: bool,
    attempts: u32,
    failure: Option<Failure>,
}

/// Why a letter was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    /// A stable name.
    pub(crate) reason: &'static str,
    /// The status of the answer, if there was one.
    pub(crate) status: Option<u16>,
}

/// How working on a lane ended.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum End {
    /// Everything is told.
    Drained,
    /// The webhook is off or gone.
    Off,
    /// A letter was not taken, as many times in a row.
    Failed { failure: Failure, attempts: u32, retry_at: Timestamp },
    /// Its letters cannot be read or written now.
    Broken,
}

/// What a webhook still has to be told.
#[derive(Debug, Default)]
pub(crate) struct Waiting {
    /// Conversations with something to tell.
    pub(crate) conversations: usize,
    /// Those whose last letter was not taken, the next one to be tried first.
    pub(crate) failing: Vec<Failing>,
}

/// A conversation whose letter was not taken.
#[derive(Debug)]
pub(crate) struct Failing {
    pub(crate) conversation: ConversationId,
    pub(crate) attempts: u32,
    pub(crate) failure: Failure,
    pub(crate) next_attempt: Timestamp,
}

/// How long after so many failed attempts the next one comes: 2, 4, 8 … seconds, five minutes at most.
pub(super) fn back_off(attempts: u32) -> SignedDuration {
    let seconds = 1_u64.checked_shl(attempts).unwrap_or(u64::MAX);
    SignedDuration::try_from(Duration::from_secs(seconds).min(limits::BACK_OFF_MAX))
        .unwrap_or(SignedDuration::MAX)
}

impl Lanes {
    /// A conversation has something to tell.
    pub(super) fn add(&mut self, conversation: ConversationId, now: Timestamp) {
        if let Some(lane) = self.all.get_mut(&conversation) {
            // One that was not taken comes first, at its time.
            lane.again = lane.again || lane.due.is_none();
        } else if self.all.len() >= limits::LANES_MAX {
            self.missed = true;
        } else {
            self.all.insert(conversation, Lane { due: Some(now), ..Lane::default() });
            self.due.insert((now, conversation));
        }
    }

    /// The store is looked through from the beginning.
    pub(super) fn look_again(&mut self) {
        if self.look == Look::Done {
            self.look = Look::After(None);
        } else {
            self.missed = true;
        }
    }

    /// Forgets everything that is known in memory, and looks.
    pub(super) fn begin_anew(&mut self) {
        *self = Self { look: Look::After(None), ..Self::default() };
    }

    /// Whether letters have to be looked for.
    pub(super) fn has_to_look(&self) -> bool {
        let unknown = self.look != Look::Done || self.missed;
        unknown && self.all.len() < limits::LANES_MAX / 2
    }

    /// From where on letters have to be looked for now; `None` if all are known or there is no room.
    #[expect(
        clippy::option_option,
        reason = "nothing to look for, and looking from the beginning, are two things"
    )]
    pub(super) fn looking_after(&mut self) -> Option<Option<Letter>> {
        if self.look == Look::Done && self.missed && self.all.len() < limits::LANES_MAX / 2 {
            self.missed = false;
            self.look = Look::After(None);
        }
        match self.look {
            Look::After(after) if self.all.len() < limits::LANES_MAX => Some(after),
            Look::After(_) | Look::Done => None,
        }
    }

    /// Takes in the next letters that were found; none means that there are no more.
    pub(super) fn found(&mut self, page: &[Letter], now: Timestamp) {
        self.look = page.last().map_or(Look::Done, |last| Look::After(Some(*last)));
        for letter in page {
            self.add(letter.conversation, now);
        }
    }

    /// The next conversation that is due, with how often its letter was tried. It is being worked on from here on.
    pub(super) fn start(&mut self, now: Timestamp) -> Option<(ConversationId, u32)> {
        if self.running >= limits::DELIVERIES_OF_WEBHOOK_MAX {
            return None;
        }
        let (due, conversation) = self.due.first().copied().filter(|(due, _)| *due <= now)?;
        self.due.remove(&(due, conversation));
        let lane = self.all.get_mut(&conversation)?;
        lane.due = None;
        lane.again = false;
        self.running += 1;
        Some((conversation, lane.attempts))
    }

    /// Working on a lane ended.
    pub(super) fn ended(&mut self, conversation: ConversationId, end: End, now: Timestamp) {
        let Some(lane) = self.all.get_mut(&conversation).filter(|lane| lane.due.is_none()) else { return };
        self.running = self.running.saturating_sub(1);
        let due = match end {
            End::Drained if lane.again => {
                *lane = Lane::default();
                now
            }
            End::Drained | End::Off => {
                self.all.remove(&conversation);
                return;
            }
            End::Failed { failure, attempts, retry_at } => {
                lane.attempts = attempts;
                lane.failure = Some(failure);
                retry_at
            }
            End::Broken => now.saturating_add(back_off(1)).unwrap_or(Timestamp::MAX),
        };
        lane.due = Some(due);
        self.due.insert((due, conversation));
    }

    /// When to look again at the latest.
    pub(super) fn next_due(&self) -> Option<Timestamp> {
        let room = self.running < limits::DELIVERIES_OF_WEBHOOK_MAX;
        self.due.first().map(|(due, _)| *due).filter(|_| room)
    }

    /// Whether nothing is known to be told.
    pub(super) fn is_idle(&self) -> bool {
        self.all.is_empty() && self.look == Look::Done && !self.missed
    }

    /// What is to be told.
    pub(super) fn waiting(&self) -> Waiting {
        let failing = self.due.iter().filter_map(|(due, conversation)| {
            let lane = self.all.get(conversation)?;
            Some(Failing {
                conversation: *conversation,
                attempts: lane.attempts,
                failure: lane.failure.clone()?,
                next_attempt: *due,
            })
        });
        Waiting { conversations: self.all.len(), failing: failing.take(limits::FAILING_SHOWN_MAX).collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: ConversationId = ConversationId::from_bits(1);
    const TWO: ConversationId = ConversationId::from_bits(2);

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).unwrap()
    }

    fn failed(attempts: u32, retry_at: Timestamp) -> End {
        End::Failed { failure: Failure { reason: "timed_out", status: None }, attempts, retry_at }
    }

    #[test]
    fn the_wait_doubles_up_to_five_minutes() {
        let waits: Vec<i64> = [1, 2, 3, 8, 9, 63, 64, u32::MAX].map(|n| back_off(n).as_secs()).into();
        assert_eq!(waits, [2, 4, 8, 256, 300, 300, 300, 300]);
    }

    #[test]
    fn a_conversation_that_fails_waits_alone_and_what_comes_does_not_wake_it() {
        let mut lanes = Lanes::default();
        lanes.add(ONE, at(0));
        assert_eq!(lanes.start(at(0)), Some((ONE, 0)));
        lanes.ended(ONE, failed(1, at(2)), at(0));
        lanes.add(ONE, at(1));
        lanes.add(TWO, at(1));
        assert_eq!(lanes.start(at(1)), Some((TWO, 0)), "the other one goes on");
        assert_eq!(lanes.start(at(1)), None);
        assert_eq!(lanes.next_due(), Some(at(2)));
        assert_eq!(lanes.start(at(2)), Some((ONE, 1)));
    }

    #[test]
    fn what_comes_while_a_lane_is_worked_on_is_not_missed() {
        let mut lanes = Lanes::default();
        lanes.add(ONE, at(0));
        lanes.start(at(0));
        lanes.add(ONE, at(0));
        lanes.ended(ONE, End::Drained, at(1));
        assert_eq!(lanes.start(at(1)), Some((ONE, 0)), "it may have come after the last look");
        lanes.ended(ONE, End::Drained, at(1));
        assert!(lanes.is_idle());
    }

    #[test]
    fn a_webhook_is_told_of_a_bounded_number_of_conversations_at_once() {
        let mut lanes = Lanes::default();
        for bits in 0..20 {
            lanes.add(ConversationId::from_bits(bits), at(0));
        }
        let begun = std::iter::from_fn(|| lanes.start(at(0))).count();
        assert_eq!(begun, limits::DELIVERIES_OF_WEBHOOK_MAX);
        assert_eq!(lanes.next_due(), None, "an ending wakes it, not the time");
    }

    #[test]
    fn what_there_was_no_room_for_is_looked_for_when_there_is() {
        let mut lanes = Lanes::default();
        for bits in 0..=limits::LANES_MAX {
            lanes.add(ConversationId::from_bits(bits as u128), at(0));
        }
        assert!(!lanes.has_to_look() && lanes.looking_after().is_none(), "there is no room yet");
        while lanes.all.len() >= limits::LANES_MAX / 2 {
            let (conversation, _) = lanes.start(at(0)).unwrap();
            lanes.ended(conversation, End::Drained, at(0));
        }
        assert!(lanes.has_to_look());
        assert_eq!(lanes.looking_after(), Some(None));
        lanes.found(&[], at(0));
        assert_eq!(lanes.looking_after(), None);
    }
}
