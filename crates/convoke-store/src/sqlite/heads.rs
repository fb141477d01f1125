//! The heads of all streams, in memory: what every commit is decided against, and what lists and recovery answer from.
//!
//! The writer's thread is the only one that changes them, after a commit is durable; readers share them. About 150
//! bytes per stream, and as much again while a conversation is open.

use std::collections::{BTreeSet, HashMap};

use convoke_domain::id::{AccountId, ConsumerId, ConversationId, SkillId};
use convoke_domain::sequence::EventSeq;

use super::log::RowId;
use crate::query::micros;
use crate::record::Mark;
use crate::{ListFilter, ListPlace, ListRow, StreamId, Summary};

/// A stream's name with its account as a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct StreamKey {
    pub(super) account: u32,
    pub(super) kind: u8,
    /// Big-endian, so that keys sort as conversations do; zeros for account streams.
    pub(super) conversation: [u8; 16],
}

impl StreamKey {
    /// The key of `stream` in account number `account`.
    pub(super) fn new(account: u32, stream: &StreamId) -> Self {
        let (kind, bits) = match stream {
            StreamId::Account(_) => (0, 0),
            StreamId::Functions(_) => (1, 0),
            StreamId::Conversation { conversation, .. } => (2, conversation.bits()),
            StreamId::Context(_) => (3, 0),
            StreamId::KeyValues(_) => (4, 0),
            StreamId::Outbox(_) => (5, 0),
        };
        Self { account, kind, conversation: bits.to_be_bytes() }
    }

    /// The name that this key stands for; `None` for a kind that does not exist.
    pub(super) fn stream(self, account: AccountId) -> Option<StreamId> {
        match self.kind {
            0 => Some(StreamId::Account(account)),
            1 => Some(StreamId::Functions(account)),
            2 => Some(StreamId::Conversation { account, conversation: self.conversation() }),
            3 => Some(StreamId::Context(account)),
            4 => Some(StreamId::KeyValues(account)),
            5 => Some(StreamId::Outbox(account)),
            _ => None,
        }
    }

    fn conversation(self) -> ConversationId {
        ConversationId::from_bits(u128::from_be_bytes(self.conversation))
    }
}

/// What lists know of a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Listed {
    /// No step gave a summary.
    Never,
    /// It is open and listed from memory.
    Open(Box<Summary>),
    /// It is closed and listed from the table.
    Closed,
}

/// Where a stream stands.
#[derive(Debug, Clone)]
pub(super) struct Head {
    /// The number of its row in `stream`.
    pub(super) id: i64,
    /// Its last event.
    pub(super) seq: EventSeq,
    /// Its last row in the log.
    pub(super) last: RowId,
    /// Its rows that hold events.
    pub(super) records: i64,
    /// Its last settled trigger.
    pub(super) cursor: Option<EventSeq>,
    /// Whether unsettled triggers remain.
    pub(super) pending: bool,
    /// What lists know of it.
    pub(super) listed: Listed,
    /// Whether its row in `stream` is behind.
    pub(super) dirty: bool,
}

impl Head {
    /// Takes over what a log row says.
    pub(super) fn note(&mut self, mark: &Mark) {
        self.pending = mark.pending;
        self.cursor = mark.cursor.or(self.cursor);
        match &mark.summary {
            None => {}
            Some(summary) if summary.open => self.listed = Listed::Open(Box::new(summary.clone())),
            Some(_) => self.listed = Listed::Closed,
        }
    }

    /// The mark that brings this head back, with [`Head::closed`].
    pub(super) fn mark(&self) -> Mark {
        let summary = match &self.listed {
            Listed::Open(summary) => Some(summary.as_ref().clone()),
            Listed::Never | Listed::Closed => None,
        };
        Mark { pending: self.pending, cursor: self.cursor, summary }
    }

    /// Whether lists show it as closed.
    pub(super) fn closed(&self) -> bool {
        self.listed == Listed::Closed
    }

    fn open_summary(&self) -> Option<&Summary> {
        match &self.listed {
            Listed::Open(summary) => Some(summary),
            Listed::Never | Listed::Closed => None,
        }
    }
}

/// An entry of the list of open conversations: account, facet, when it changed, conversation. There is one for each way
/// to find it, so that a page is one run of entries. Big-endian bytes, which compare in one go: every step moves one.
type ListKey = [u8; 45];

/// By what open conversations are found: a kind, and the skill's digits or the consumer's bits.
#[derive(Debug, Clone, Copy)]
struct Facet([u8; 17]);

impl Facet {
    const ALL: Self = Self([0; 17]);

    fn skill(skill: &SkillId) -> Self {
        let mut bytes = [0; 17];
        bytes[0] = 1;
        // A skill id has at most ten digits, none of them a zero byte, so padding keeps them apart.
        for (place, digit) in bytes[1..].iter_mut().zip(skill.as_str().bytes()) {
            *place = digit;
        }
        Self(bytes)
    }

    fn consumer(consumer: ConsumerId) -> Self {
        let mut bytes = [0; 17];
        bytes[0] = 2;
        bytes[1..].copy_from_slice(&consumer.bits().to_be_bytes());
        Self(bytes)
    }
}

fn list_key(account: u32, facet: Facet, changed: i64, conversation: [u8; 16]) -> ListKey {
    let mut key = [0; 45];
    key[..4].copy_from_slice(&account.to_be_bytes());
    key[4..21].copy_from_slice(&facet.0);
    // With the sign turned around, the bytes sort as the numbers do.
    key[21..29].copy_from_slice(&(changed ^ i64::MIN).to_be_bytes());
    key[29..].copy_from_slice(&conversation);
    key
}

/// The heads of all streams.
#[derive(Debug, Default)]
pub(super) struct Heads {
    by_key: HashMap<StreamKey, Head>,
    pending: BTreeSet<StreamKey>,
    open: BTreeSet<ListKey>,
    open_count: u64,
    accounts: Accounts,
    /// Days that have a log table.
    pub(super) days: BTreeSet<i64>,
    /// Grows whenever conversations closed, so that a list can tell that one moved from memory to the table.
    pub(super) closings: u64,
    /// Grows whenever retention moved or removed rows.
    pub(super) drops: u64,
}

/// Accounts and their numbers, which are never reused.
#[derive(Debug, Clone, Default)]
pub(super) struct Accounts {
    numbers: HashMap<AccountId, u32>,
    names: Vec<AccountId>,
}

impl Accounts {
    /// The number of an account.
    pub(super) fn number(&self, account: &AccountId) -> Option<u32> {
        self.numbers.get(account).copied()
    }

    /// The account with a number.
    pub(super) fn name(&self, number: u32) -> Option<&AccountId> {
        self.names.get(usize::try_from(number).ok()?)
    }

    /// Adds an account under the next number.
    pub(super) fn add(&mut self, account: AccountId) -> u32 {
        let number = u32::try_from(self.names.len()).expect("there are fewer than four billion accounts");
        self.numbers.insert(account.clone(), number);
        self.names.push(account);
        number
    }

    /// All accounts, in the order of their numbers.
    pub(super) fn names(&self) -> &[AccountId] {
        &self.names
    }
}

impl Heads {
    /// Accounts and their numbers.
    pub(super) fn accounts(&self) -> &Accounts {
        &self.accounts
    }

    /// Adds an account under the next number.
    pub(super) fn add_account(&mut self, account: AccountId) {
        self.accounts.add(account);
    }

    /// The key of a stream, if its account is known.
    pub(super) fn key(&self, stream: &StreamId) -> Option<StreamKey> {
        Some(StreamKey::new(self.accounts.number(stream.account())?, stream))
    }

    /// The name of a stream.
    pub(super) fn name(&self, key: StreamKey) -> Option<StreamId> {
        key.stream(self.accounts.name(key.account)?.clone())
    }

    /// Where a stream stands.
    pub(super) fn get(&self, key: StreamKey) -> Option<&Head> {
        self.by_key.get(&key)
    }

    /// Where a stream stands, by its name.
    pub(super) fn find(&self, stream: &StreamId) -> Option<&Head> {
        self.get(self.key(stream)?)
    }

    /// How many streams there are, how many are pending, how many are open.
    pub(super) fn counts(&self) -> (u64, u64, u64) {
        (self.by_key.len() as u64, self.pending.len() as u64, self.open_count)
    }

    /// Makes room for this many streams.
    pub(super) fn reserve(&mut self, streams: usize) {
        self.by_key.reserve(streams);
    }

    /// Sets where a stream stands, without the lists; [`Heads::index`] makes those at the end of an opening.
    pub(super) fn load(&mut self, key: StreamKey, head: Head) {
        self.by_key.insert(key, head);
    }

    /// Where a stream stands, to move it on during an opening.
    pub(super) fn get_mut(&mut self, key: StreamKey) -> Option<&mut Head> {
        self.by_key.get_mut(&key)
    }

    /// Makes the lists of these streams, all at once: sorted input builds a tree many times faster.
    pub(super) fn index(&mut self, keys: &[StreamKey]) {
        let heads = || keys.iter().filter_map(|key| Some((*key, self.by_key.get(key)?)));
        let pending: Vec<StreamKey> = heads().filter(|(_, head)| head.pending).map(|(key, _)| key).collect();
        let open = || heads().filter_map(|(key, head)| Some((key, head.open_summary()?)));
        let (count, entries) = (open().count(), open().flat_map(|(key, summary)| list_keys(key, summary)));
        let entries: Vec<ListKey> = entries.collect();
        self.pending = pending.into_iter().collect();
        self.open = entries.into_iter().collect();
        self.open_count = count as u64;
    }

    /// Sets where a stream stands.
    pub(super) fn put(&mut self, key: StreamKey, head: Head) {
        if head.pending {
            self.pending.insert(key);
        }
        self.list(key, &head);
        let pending = head.pending;
        let closed = head.closed();
        if let Some(before) = self.by_key.insert(key, head) {
            if before.pending && !pending {
                self.pending.remove(&key);
            }
            self.closings += u64::from(closed && !before.closed());
            self.unlist(key, &before);
        } else {
            self.closings += u64::from(closed);
        }
    }

    /// Forgets a stream.
    pub(super) fn remove(&mut self, key: StreamKey) {
        if let Some(head) = self.by_key.remove(&key) {
            self.pending.remove(&key);
            self.unlist(key, &head);
        }
    }

    fn list(&mut self, key: StreamKey, head: &Head) {
        if let Some(summary) = head.open_summary() {
            self.open_count += 1;
            self.open.extend(list_keys(key, summary));
        }
    }

    /// Takes the list entries of a former head away, unless the present one has the same.
    fn unlist(&mut self, key: StreamKey, before: &Head) {
        let Some(summary) = before.open_summary() else { return };
        self.open_count -= 1;
        let present = self.by_key.get(&key).and_then(Head::open_summary);
        let present: Vec<ListKey> =
            present.map(|summary| list_keys(key, summary).collect()).unwrap_or_default();
        for entry in list_keys(key, summary).filter(|entry| !present.contains(entry)) {
            self.open.remove(&entry);
        }
    }

    /// Streams with unsettled triggers after `after`, in the order of their keys.
    pub(super) fn pending_after(&self, after: Option<StreamKey>, max_rows: usize) -> Vec<StreamId> {
        let from = after.map_or(std::ops::Bound::Unbounded, std::ops::Bound::Excluded);
        let keys = self.pending.range((from, std::ops::Bound::Unbounded));
        keys.filter_map(|key| self.name(*key)).take(max_rows).collect()
    }

    /// Open conversations of an account that the filter shows, latest change first.
    pub(super) fn open_before(
        &self,
        account: u32,
        filter: &ListFilter,
        before: Option<ListPlace>,
        max_rows: usize,
    ) -> Vec<ListRow> {
        let facet = match (&filter.consumer, &filter.skill) {
            (Some(consumer), _) => Facet::consumer(*consumer),
            (None, Some(skill)) => Facet::skill(skill),
            (None, None) => Facet::ALL,
        };
        let key = |changed, conversation| list_key(account, facet, changed, conversation);
        let low = key(i64::MIN, [0; 16]);
        let keys = match before {
            // A page begins strictly after the last row of the one before.
            Some(place) => {
                self.open.range(low..key(micros(place.changed_at), place.conversation.bits().to_be_bytes()))
            }
            None => self.open.range(low..=key(i64::MAX, [u8::MAX; 16])),
        };
        let rows = keys.rev().filter_map(|entry| {
            let conversation = entry[29..].try_into().expect("the key ends with sixteen bytes");
            let key = StreamKey { account, kind: 2, conversation };
            let summary = self.by_key.get(&key).and_then(Head::open_summary)?.clone();
            filter.shows(&summary).then(|| ListRow { conversation: key.conversation(), summary })
        });
        rows.take(max_rows).collect()
    }
}

fn list_keys(key: StreamKey, summary: &Summary) -> impl Iterator<Item = ListKey> + use<> {
    let facets =
        [Some(Facet::ALL), summary.skill.as_ref().map(Facet::skill), summary.consumer.map(Facet::consumer)];
    let changed = micros(summary.changed_at);
    let StreamKey { account, conversation, .. } = key;
    facets.into_iter().flatten().map(move |facet| list_key(account, facet, changed, conversation))
}
