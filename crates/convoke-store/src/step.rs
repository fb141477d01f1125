//! The one write of the storage: a step, all of it or none, and the reasons for which it is refused.

use std::fmt;
use std::num::NonZeroU16;
use std::str::FromStr;
use std::sync::Arc;

use convoke_domain::id::{ConsumerId, IdError, SkillId};
use convoke_domain::sequence::EventSeq;
use jiff::Timestamp;

use crate::limits;
use crate::stream::{Epoch, StreamId};

/// One decision about one stream: its events and everything that must be true together with them.
///
/// A stream that has no record yet, and gets none by this step, can only be given facts and a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The stream it is about.
    pub stream: StreamId,
    /// The term of ownership that the decision was made in.
    pub epoch: Epoch,
    /// The head that the decision was made on; `None` for a stream without events. Checked for every step.
    pub expect: Option<EventSeq>,
    /// The events of this step as one record; `None` if there are only side rows.
    pub record: Option<NewRecord>,
    /// Moves the cursor: the last trigger whose answer is settled.
    pub cursor: Option<CursorMove>,
    /// Whether unsettled triggers remain after this step; replaces what was known.
    pub pending: bool,
    /// Timers of this stream.
    pub timers: Vec<TimerOp>,
    /// Small rows of the account, such as a consumer's history.
    pub facts: Vec<FactOp>,
    /// A consumer's first data key, durable together with the first record that needs it.
    pub key: Option<WrappedKey>,
    /// What lists show of this conversation; `None` keeps what they show.
    pub summary: Option<Summary>,
    /// The state after this step, so that loading need not read what came before.
    pub snapshot: Option<Vec<u8>>,
}

impl Step {
    /// A step on `stream` at `expect` that changes nothing yet; the fields are public.
    pub const fn new(stream: StreamId, epoch: Epoch, expect: Option<EventSeq>) -> Self {
        Self {
            stream,
            epoch,
            expect,
            record: None,
            cursor: None,
            pending: false,
            timers: Vec::new(),
            facts: Vec::new(),
            key: None,
            summary: None,
            snapshot: None,
        }
    }

    /// The head of the stream once this step is accepted.
    pub fn head_after(&self) -> Option<EventSeq> {
        match &self.record {
            None => self.expect,
            Some(record) => {
                let before = self.expect.map_or(0, EventSeq::number);
                EventSeq::new(before.saturating_add(u64::from(record.events.get())))
            }
        }
    }

    /// The bytes that this step adds, roughly; groups of commits are bounded by it.
    pub(crate) fn weight(&self) -> usize {
        let facts = self.facts.iter().map(|fact| fact.value.as_ref().map_or(0, Vec::len)).sum::<usize>();
        self.record.as_ref().map_or(0, |record| record.body.len())
            + self.snapshot.as_ref().map_or(0, Vec::len)
            + facts
    }

    /// Whether the step is well-formed, whatever is stored. Every engine asks this first (promise 4).
    ///
    /// # Errors
    ///
    /// [`Reject::Invalid`], naming the first rule that is broken.
    pub fn check(&self) -> Result<(), Reject> {
        self.check_sizes()?;
        let head = self.head_after();
        if let Some(cursor) = self.cursor
            && (Some(cursor.to) <= cursor.from || Some(cursor.to) > head)
        {
            return Err(Reject::Invalid("the cursor moves forwards, and not past the head"));
        }
        if head.is_none()
            && (self.pending || !self.timers.is_empty() || self.summary.is_some() || self.snapshot.is_some())
        {
            return Err(Reject::Invalid("a stream without records has only facts and keys"));
        }
        if self.summary.is_some() && self.stream.conversation().is_none() {
            return Err(Reject::Invalid("only conversations have a summary"));
        }
        Ok(())
    }

    fn check_sizes(&self) -> Result<(), Reject> {
        let broken =
            if self.record.as_ref().is_some_and(|record| record.body.len() > limits::RECORD_BYTES_MAX) {
                "the record is larger than 4 MiB"
            } else if self
                .snapshot
                .as_ref()
                .is_some_and(|snapshot| snapshot.len() > limits::SNAPSHOT_BYTES_MAX)
            {
                "the snapshot is larger than 16 MiB"
            } else if self.key.as_ref().is_some_and(|key| {
                key.wrapped.is_empty() || key.wrapped.len() > limits::WRAPPED_KEY_BYTES_MAX
            }) {
                "a wrapped key has 1 to 1,024 bytes"
            } else if self.timers.len() > limits::STEP_ROWS_MAX || self.facts.len() > limits::STEP_ROWS_MAX {
                "the step has more than 256 timers or facts"
            } else if self.facts.iter().any(|fact| {
                fact.key.is_empty()
                    || fact.key.len() > limits::FACT_KEY_BYTES_MAX
                    || fact.value.as_ref().is_some_and(|value| value.len() > limits::FACT_VALUE_BYTES_MAX)
            }) {
                "a fact has a key of 1 to 200 bytes and a value of at most 64 KiB"
            } else {
                return Ok(());
            };
        Err(Reject::Invalid(broken))
    }
}

/// The events of one step, encoded (and sealed, where they hold a person's words) by the engine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRecord {
    /// How many events the body holds; each takes one place in the stream.
    pub events: NonZeroU16,
    /// When they happened. Its UTC day decides when retention drops them; a clock that steps back does not move a
    /// record to an earlier day than its stream's last one.
    pub at: Timestamp,
    /// The events; opaque to the storage.
    pub body: Vec<u8>,
}

/// A move of the cursor, refused if the cursor is not where the decision saw it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CursorMove {
    /// Where it was; `None` before the first settled trigger.
    pub from: Option<EventSeq>,
    /// Where it goes: later than `from`, at most the new head.
    pub to: EventSeq,
}

/// The name of a timer within its stream: 1 to 64 printable ASCII characters, such as `idle.agent`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TimerName(Arc<str>);

impl TimerName {
    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TimerName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for TimerName {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let fits = (1..=limits::TIMER_NAME_BYTES_MAX).contains(&text.len());
        if fits && text.bytes().all(|byte| byte.is_ascii_graphic()) {
            Ok(Self(text.into()))
        } else {
            Err(IdError { expected: "a timer name of 1 to 64 printable ASCII characters" })
        }
    }
}

/// A change of one of the stream's timers. A timer that fired is cancelled by the step that handles it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TimerOp {
    /// Sets it, or moves it if it is set.
    Set {
        /// Which timer.
        name: TimerName,
        /// When it is due; kept to the microsecond.
        due: Timestamp,
    },
    /// Cancels it; no matter if it was not set.
    Cancel {
        /// Which timer.
        name: TimerName,
    },
}

/// A change of one small row of the stream's account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FactOp {
    /// Its name within the account, 1 to 200 bytes.
    pub key: String,
    /// Its value, at most 64 KiB; `None` removes it.
    pub value: Option<Vec<u8>>,
}

/// A consumer's data key, already wrapped by the installation's master key.
#[derive(Clone, PartialEq, Eq)]
pub struct WrappedKey {
    /// Whose key it is.
    pub consumer: ConsumerId,
    /// The wrapped key, 1 to 1,024 bytes; opaque to the storage.
    pub wrapped: Vec<u8>,
}

impl fmt::Debug for WrappedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WrappedKey {{ consumer: {}, .. }}", self.consumer)
    }
}

/// What lists of conversations show and filter by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// Whether the conversation is open. Closed ones end with their retention.
    pub open: bool,
    /// When it was opened; kept to the microsecond.
    pub opened_at: Timestamp,
    /// When it last changed; kept to the microsecond. Lists are ordered by it, latest first.
    pub changed_at: Timestamp,
    /// The skill it is routed to.
    pub skill: Option<SkillId>,
    /// Its consumer.
    pub consumer: Option<ConsumerId>,
}

/// Why a step was not stored. Nothing of a refused step is stored, and its neighbours do not notice.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Reject {
    /// Someone else appended first: decide again on the new head.
    #[error("the stream's head is {}, not the expected one: load it and decide again", Head(*.actual))]
    Conflict {
        /// The head as it is.
        actual: Option<EventSeq>,
    },
    /// The step's epoch is not the present one: another owner writes now; drop all state of the partition.
    #[error("another owner writes this partition now: drop its state")]
    Fenced,
    /// The trigger was settled already: drop the answer.
    #[error("the trigger is already settled: drop the answer")]
    CursorMoved,
    /// The consumer has a key already: records must be sealed with that one.
    #[error("the consumer has a key already: read it and seal with it")]
    KeyExists,
    /// The step breaks a rule that does not depend on what is stored: a mistake of the caller.
    #[error("the step is malformed: {0}")]
    Invalid(&'static str),
    /// The storage failed; whether the step is stored is known only after a restart. Stop acknowledging.
    #[error("the storage is unavailable: {0}")]
    Unavailable(String),
}

struct Head(Option<EventSeq>);

impl fmt::Display for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            None => f.write_str("empty"),
            Some(head) => head.fmt(f),
        }
    }
}
