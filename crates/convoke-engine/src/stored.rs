//! The stored form of a conversation's events: what everybody may know in the open, what people wrote sealed with the
//! consumer's key.
//!
//! ```text
//! 16 bytes  the consumer whose key seals the private part
//!  4 bytes  length of the open part, little endian
//!    …      the open part: the events as JSON, with every private text taken out
//!    …      the private part: those texts in order, as JSON, sealed; empty if there are none
//! ```
//!
//! The storage puts format number and checksum around it. A consumer whose key was erased leaves the open part: order,
//! causes and fates stay, the words are gone.

use std::sync::Arc;

use convoke_domain::conversation::{PrivateText, Recorded};
use convoke_domain::id::{ConsumerId, ConversationId};
use convoke_domain::sequence::EventSeq;

use crate::keys::DataKey;
use crate::ports::Entropy;

const CONSUMER_BYTES: usize = 16;
const LENGTH_BYTES: usize = 4;

/// A step with a trigger and its payload, so that its buffer is allocated once. Bytes.
const BODY_BYTES_USUAL: usize = 2 * 1024;

/// Why a stored record cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// It is too short, or its lengths do not fit.
    #[error("a stored record of {conversation} is cut off")]
    CutOff {
        /// The conversation.
        conversation: ConversationId,
    },
    /// The open part is no list of events.
    #[error("a stored record of {conversation} cannot be read: {source}")]
    Malformed {
        /// The conversation.
        conversation: ConversationId,
        /// What the reader says.
        source: serde_json::Error,
    },
}

/// The stored form of `events`, which follow each other in `conversation`.
///
/// # Panics
/// If they have more than 4 GiB, which no bound of an event allows.
pub fn encode(
    conversation: ConversationId,
    consumer: ConsumerId,
    events: &[Recorded],
    key: &DataKey,
    entropy: &dyn Entropy,
) -> Vec<u8> {
    let first = events.first().map_or(0, |event| event.seq.number());
    let texts: Vec<Option<&str>> =
        events.iter().filter_map(|recorded| recorded.event.private_text()).map(PrivateText::reveal).collect();
    let mut body = Vec::with_capacity(BODY_BYTES_USUAL);
    body.extend_from_slice(&consumer.bits().to_le_bytes());
    body.extend_from_slice(&[0; LENGTH_BYTES]);
    serde_json::to_writer(&mut body, events).expect("events serialize into memory");
    let open =
        u32::try_from(body.len() - CONSUMER_BYTES - LENGTH_BYTES).expect("a record is far below 4 GiB");
    body[CONSUMER_BYTES..CONSUMER_BYTES + LENGTH_BYTES].copy_from_slice(&open.to_le_bytes());
    if texts.iter().any(Option::is_some) {
        let private = serde_json::to_vec(&texts).expect("texts serialize into memory");
        body.extend_from_slice(&key.seal(entropy, &place(conversation, first), &private));
    }
    body
}

/// The consumer whose key seals a record.
pub(crate) fn consumer(body: &[u8]) -> Option<ConsumerId> {
    let bits = body.first_chunk::<CONSUMER_BYTES>()?;
    Some(ConsumerId::from_bits(u128::from_le_bytes(*bits)))
}

/// The events of a stored record; without the key that sealed them their private texts are erased ones.
pub(crate) fn decode(
    conversation: ConversationId,
    first: EventSeq,
    body: &[u8],
    key: Option<&DataKey>,
) -> Result<Vec<Recorded>, DecodeError> {
    let cut_off = || DecodeError::CutOff { conversation };
    let rest = body.get(CONSUMER_BYTES..).ok_or_else(cut_off)?;
    let (open, rest) = rest.split_first_chunk::<LENGTH_BYTES>().ok_or_else(cut_off)?;
    let open = usize::try_from(u32::from_le_bytes(*open)).map_err(|_| cut_off())?;
    let (open, private) = rest.split_at_checked(open).ok_or_else(cut_off)?;
    let mut events: Vec<Recorded> =
        serde_json::from_slice(open).map_err(|source| DecodeError::Malformed { conversation, source })?;
    // The storage's checksum says that the record is whole. A private part that does not open was sealed with a key that
    // is destroyed: the consumer was erased, came back, and has another one since.
    let place = place(conversation, first.number());
    let private = key.filter(|_| !private.is_empty()).and_then(|key| key.open(&place, private).ok());
    if let Some(private) = private {
        let texts: Vec<Option<Arc<str>>> = serde_json::from_slice(&private)
            .map_err(|source| DecodeError::Malformed { conversation, source })?;
        let mut texts = texts.into_iter();
        for text in events.iter_mut().filter_map(|recorded| recorded.event.private_text_mut()) {
            text.restore(texts.next().flatten());
        }
    }
    Ok(events)
}

/// Associated data: a sealed part opens only at its own place of its own conversation.
fn place(conversation: ConversationId, first: u64) -> [u8; 24] {
    let mut place = [0; 24];
    place[..16].copy_from_slice(&conversation.bits().to_le_bytes());
    place[16..].copy_from_slice(&first.to_le_bytes());
    place
}
