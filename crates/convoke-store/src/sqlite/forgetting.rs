//! Forgetting what old records of an account's streams say, in their places: they lose their bodies and nothing else.

use rusqlite::{Connection, OptionalExtension, params};

use super::apply::number;
use super::heads::Heads;
use super::log::{RowId, Table, Walk};
use crate::record::{self, Mark, Place};
use crate::{StoreError, StreamId};
use convoke_domain::sequence::EventSeq;

/// A row that loses its body.
pub(super) struct Forgotten {
    place: Place,
    mark: Mark,
}

/// The records of a stream that end at `through` or before and still say something. Whatever is before one that says
/// nothing any more was forgotten with it.
pub(super) fn find(
    connection: &Connection,
    heads: &Heads,
    stream: &StreamId,
    through: EventSeq,
) -> Result<Vec<Forgotten>, StoreError> {
    let Some(head) = heads.find(stream).filter(|_| stream.conversation().is_none()) else {
        return Ok(Vec::new());
    };
    let later = connection
        .prepare_cached("SELECT seq FROM waypoint WHERE stream = ? AND first > ? ORDER BY first LIMIT 1")?
        .query_row(params![head.id, number(through)], |row| row.get(0).map(RowId))
        .optional()?;
    let walk = Walk { connection, stream, days: &heads.days };
    let (mut next, mut found) = (later.unwrap_or(head.last), Vec::new());
    while next != RowId::NONE {
        let row = walk.row(next)?;
        next = RowId(row.place.prev);
        if row.place.events == 0 || row.place.head() > Some(through) {
            continue;
        }
        if row.body.is_empty() {
            break;
        }
        found.push(Forgotten { place: row.place, mark: row.mark });
    }
    Ok(found)
}

/// Takes their bodies away, in the transaction that `connection` has begun.
pub(super) fn blank(
    connection: &Connection,
    stream: &StreamId,
    rows: &[Forgotten],
) -> Result<(), StoreError> {
    let table = Table::Account.name();
    let mut statement = connection.prepare_cached(&format!("UPDATE {table} SET body = ? WHERE seq = ?"))?;
    for Forgotten { place, mark } in rows {
        statement.execute(params![record::seal(stream, *place, mark, &[]), place.seq])?;
    }
    Ok(())
}
