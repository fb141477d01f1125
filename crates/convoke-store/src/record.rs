//! The stored form of a record: a versioned envelope with a checksum, and the mark that lets a log rebuild its heads.
//!
//! ```text
//! byte 0      format (1)
//! bytes 1-4   CRC-32 over everything that places the record (stream, seq, prev, first, events) and all that follows
//! byte 5      length of the mark
//! then        the mark, then the body
//! ```
//!
//! The body is opaque. A change of this layout takes a new format number, and the old one stays readable.

use convoke_domain::id::ConsumerId;
use convoke_domain::sequence::EventSeq;

use crate::query;
use crate::step::Summary;
use crate::stream::StreamId;

/// The present format of the envelope.
pub const FORMAT: u8 = 1;

/// Format, checksum and length of the mark.
const PREFIX_BYTES: usize = 6;

/// A record as it was appended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredRecord {
    /// The place of its first event.
    pub first: EventSeq,
    /// How many events the body holds.
    pub events: u16,
    /// The events, as the engine encoded them.
    pub body: Vec<u8>,
}

impl StoredRecord {
    /// The place of its last event.
    pub fn last(&self) -> EventSeq {
        last_of(self.first, self.events)
    }
}

fn last_of(first: EventSeq, events: u16) -> EventSeq {
    EventSeq::new(first.number() + u64::from(events) - 1).unwrap_or(first)
}

/// Where a row stands: what the checksum binds its content to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    /// Its number in the log.
    pub(crate) seq: i64,
    /// The number of the stream's previous row, 0 for none.
    pub(crate) prev: i64,
    /// The place of its first event, or of the next one if it has none.
    pub(crate) first: EventSeq,
    /// How many events it holds; 0 if it only carries a mark.
    pub(crate) events: u16,
}

impl Place {
    /// The head of the stream after this row.
    pub(crate) fn head(self) -> Option<EventSeq> {
        EventSeq::new(self.first.number() + u64::from(self.events) - 1)
    }
}

/// What a step says of its stream besides the events: enough to rebuild the stream's head from the log alone.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Mark {
    /// Whether unsettled triggers remain.
    pub(crate) pending: bool,
    /// Where the cursor is, if the step moved it.
    pub(crate) cursor: Option<EventSeq>,
    /// What lists show, if the step said so.
    pub(crate) summary: Option<Summary>,
}

const PENDING: u8 = 1;
const CURSOR: u8 = 1 << 1;
const SUMMARY: u8 = 1 << 2;
const OPEN: u8 = 1 << 3;
const SKILL: u8 = 1 << 4;
const CONSUMER: u8 = 1 << 5;

impl Mark {
    /// The mark as bytes, at most 70.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut bytes = vec![u8::from(self.pending) * PENDING];
        if let Some(cursor) = self.cursor {
            bytes[0] |= CURSOR;
            bytes.extend_from_slice(&cursor.number().to_le_bytes());
        }
        if let Some(summary) = &self.summary {
            bytes[0] |= SUMMARY | (u8::from(summary.open) * OPEN);
            bytes.extend_from_slice(&query::micros(summary.opened_at).to_le_bytes());
            bytes.extend_from_slice(&query::micros(summary.changed_at).to_le_bytes());
            if let Some(skill) = &summary.skill {
                bytes[0] |= SKILL;
                let text = skill.as_str().as_bytes();
                bytes.push(u8::try_from(text.len()).expect("a skill id has at most 10 digits"));
                bytes.extend_from_slice(text);
            }
            if let Some(consumer) = summary.consumer {
                bytes[0] |= CONSUMER;
                bytes.extend_from_slice(&consumer.bits().to_le_bytes());
            }
        }
        bytes
    }

    /// Reads a mark back; `None` if the bytes are not one.
    pub(crate) fn decode(bytes: &[u8]) -> Option<Self> {
        let mut reader = Reader(bytes);
        let flags = reader.array::<1>()?[0];
        let cursor = match flags & CURSOR {
            0 => None,
            _ => Some(EventSeq::new(u64::from_le_bytes(reader.array()?))?),
        };
        let summary = match flags & SUMMARY {
            0 => None,
            _ => Some(Self::decode_summary(flags, &mut reader)?),
        };
        reader.0.is_empty().then_some(Self { pending: flags & PENDING != 0, cursor, summary })
    }

    fn decode_summary(flags: u8, reader: &mut Reader<'_>) -> Option<Summary> {
        let opened_at = query::time(i64::from_le_bytes(reader.array()?));
        let changed_at = query::time(i64::from_le_bytes(reader.array()?));
        let skill = if flags & SKILL == 0 {
            None
        } else {
            let length = usize::from(reader.array::<1>()?[0]);
            Some(std::str::from_utf8(reader.take(length)?).ok()?.parse().ok()?)
        };
        let consumer = match flags & CONSUMER {
            0 => None,
            _ => Some(ConsumerId::from_bits(u128::from_le_bytes(reader.array()?))),
        };
        Some(Summary { open: flags & OPEN != 0, opened_at, changed_at, skill, consumer })
    }
}

/// Takes bytes off the front of a slice, never more than there are.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.try_into().ok()
    }
}

/// What is wrong with a stored envelope.
pub(crate) type Damage = &'static str;

/// Wraps mark and body for the row at `place` of `stream`.
pub(crate) fn seal(stream: &StreamId, place: Place, mark: &Mark, body: &[u8]) -> Vec<u8> {
    let mark = mark.encode();
    let mut bytes = Vec::with_capacity(PREFIX_BYTES + mark.len() + body.len());
    bytes.extend_from_slice(&[FORMAT, 0, 0, 0, 0]);
    bytes.push(u8::try_from(mark.len()).expect("a mark has at most 70 bytes"));
    bytes.extend_from_slice(&mark);
    bytes.extend_from_slice(body);
    let crc = checksum(stream, place, &bytes[5..]);
    bytes[1..5].copy_from_slice(&crc.to_le_bytes());
    bytes
}

/// Checks an envelope against its place and takes it apart.
pub(crate) fn open<'a>(stream: &StreamId, place: Place, bytes: &'a [u8]) -> Result<(Mark, &'a [u8]), Damage> {
    let (prefix, rest) = bytes.split_at_checked(PREFIX_BYTES).ok_or("it is cut off")?;
    if prefix[0] != FORMAT {
        return Err("its format is unknown");
    }
    let crc = u32::from_le_bytes(prefix[1..5].try_into().expect("the slice has four bytes"));
    if crc != checksum(stream, place, &bytes[5..]) {
        return Err("its checksum does not match");
    }
    let (mark, body) = rest.split_at_checked(usize::from(prefix[5])).ok_or("it is cut off")?;
    Ok((Mark::decode(mark).ok_or("its mark is unreadable")?, body))
}

fn checksum(stream: &StreamId, place: Place, content: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    let kind = match stream {
        StreamId::Account(_) => 0_u8,
        StreamId::Functions(_) => 1,
        StreamId::Conversation { .. } => 2,
        StreamId::Context(_) => 3,
        StreamId::KeyValues(_) => 4,
        StreamId::Outbox(_) => 5,
    };
    hasher.update(&[kind]);
    hasher.update(stream.account().as_str().as_bytes());
    if let Some(conversation) = stream.conversation() {
        hasher.update(&conversation.bits().to_le_bytes());
    }
    hasher.update(&place.seq.to_le_bytes());
    hasher.update(&place.prev.to_le_bytes());
    hasher.update(&place.first.number().to_le_bytes());
    hasher.update(&place.events.to_le_bytes());
    hasher.update(content);
    hasher.finalize()
}

/// Wraps a value that has no place in a log (a snapshot) with format and checksum.
pub(crate) fn seal_snapshot(stream: &StreamId, at: EventSeq, body: &[u8]) -> Vec<u8> {
    seal(stream, snapshot_place(at), &Mark::default(), body)
}

/// Checks and unwraps what [`seal_snapshot`] made.
pub(crate) fn open_snapshot<'a>(
    stream: &StreamId,
    at: EventSeq,
    bytes: &'a [u8],
) -> Result<&'a [u8], Damage> {
    open(stream, snapshot_place(at), bytes).map(|(_, body)| body)
}

const fn snapshot_place(at: EventSeq) -> Place {
    Place { seq: 0, prev: 0, first: at, events: 0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use convoke_domain::id::{AccountId, ConversationId};
    use jiff::Timestamp;

    fn stream() -> StreamId {
        let account: AccountId = "le1".parse().unwrap();
        StreamId::Conversation { account, conversation: ConversationId::from_bits(7) }
    }

    const PLACE: Place = Place { seq: 9, prev: 4, first: EventSeq::FIRST, events: 2 };

    fn mark() -> Mark {
        let at = Timestamp::from_microsecond(1_700_000_000_000_001).unwrap();
        Mark {
            pending: true,
            cursor: EventSeq::new(3),
            summary: Some(Summary {
                open: true,
                opened_at: at,
                changed_at: at,
                skill: Some("1234567890".parse().unwrap()),
                consumer: Some(ConsumerId::from_bits(u128::MAX)),
            }),
        }
    }

    #[test]
    fn what_is_sealed_opens_unchanged() {
        let bytes = seal(&stream(), PLACE, &mark(), b"two events");
        assert_eq!(open(&stream(), PLACE, &bytes), Ok((mark(), &b"two events"[..])));
    }

    #[test]
    fn the_stored_form_of_format_1_never_changes() {
        let bytes = seal(&stream(), PLACE, &Mark { summary: None, ..mark() }, b"ab");
        assert_eq!(bytes, [1, 143, 146, 156, 81, 9, 3, 3, 0, 0, 0, 0, 0, 0, 0, b'a', b'b']);
    }

    #[test]
    fn every_changed_bit_is_noticed() {
        let bytes = seal(&stream(), PLACE, &mark(), b"body");
        for bit in 0..bytes.len() * 8 {
            let mut damaged = bytes.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            assert!(open(&stream(), PLACE, &damaged).is_err(), "bit {bit}");
        }
        for length in 0..bytes.len() {
            assert!(open(&stream(), PLACE, &bytes[..length]).is_err(), "cut to {length}");
        }
    }

    #[test]
    fn a_record_in_another_place_is_noticed() {
        let bytes = seal(&stream(), PLACE, &mark(), b"body");
        let elsewhere = StreamId::Account("le1".parse().unwrap());
        assert!(open(&elsewhere, PLACE, &bytes).is_err());
        for place in [
            Place { seq: 10, ..PLACE },
            Place { prev: 5, ..PLACE },
            Place { first: EventSeq::FIRST.next(), ..PLACE },
            Place { events: 3, ..PLACE },
        ] {
            assert!(open(&stream(), place, &bytes).is_err());
        }
    }
}
