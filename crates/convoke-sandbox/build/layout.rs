//! Which blocks of the image lie together: those that functions as people write them write to.
//!
//! Most of what a function writes to the image are reference counts: a few bytes each, spread over all of it. A page costs
//! an invocation a fault and two copies, whether one byte of it changes or all. So the image is made twice: the first time
//! to see which blocks change when a few functions run on it, the second time with those in one place. Both times the engine
//! asks for the same blocks in the same order, so a block's number names it.

use std::collections::{BTreeMap, BTreeSet};

use wasmtime::Module;

use crate::Result;
use crate::image::{Guest, Inputs};

/// Most blocks that an image may have; the present one has a third of them.
const BLOCKS_MAX: usize = 200_000;
/// A block's header lies before it, in bytes.
const HEADER: usize = 8;

/// What there is to know for the second time.
pub(crate) struct Together {
    /// Numbers of the blocks that lie together, ascending.
    pub(crate) numbers: Vec<u32>,
    /// How many blocks the engine asks for.
    pub(crate) asked: usize,
}

/// Makes an image, runs each of the usual functions on it, and tells which blocks changed.
pub(crate) fn learn(module: &Module, inputs: &Inputs) -> Result<Together> {
    let mut guest = Guest::start(module)?;
    let table = guest.put(&vec![0; 8 * BLOCKS_MAX])?;
    guest.call::<_, ()>("convoke_learn", (table, i32::try_from(BLOCKS_MAX)?))?;
    let image = guest.seal(&inputs.prelude)?;
    let asked = guest.asked()?;
    if asked > BLOCKS_MAX {
        return Err(format!("the image has {asked} blocks: raise BLOCKS_MAX").into());
    }
    let blocks = blocks(&image, usize::try_from(table)?, asked);
    let rest = guest.rest()?;
    let mut numbers = BTreeSet::new();
    for (name, text) in &inputs.usual {
        let mut guest = Guest::new(module)?;
        guest.become_like(&image, rest)?;
        run(&mut guest, text, &inputs.payload).map_err(|error| format!("{name}: {error}"))?;
        numbers.extend(changed(&image, guest.memory()).filter_map(|at| number_at(&blocks, at)));
    }
    Ok(Together { numbers: numbers.into_iter().collect(), asked })
}

/// Number and size of each block, by address. Where one was given back and its place taken, the later one stays.
fn blocks(image: &[u8], table: usize, asked: usize) -> BTreeMap<usize, (u32, usize)> {
    let word = |at: usize| -> usize {
        let bytes = image.get(at..at + 4).and_then(|bytes| bytes.try_into().ok());
        bytes.map(u32::from_le_bytes).and_then(|word| usize::try_from(word).ok()).unwrap_or_default()
    };
    let entry = |number: u32| {
        let at = table + 8 * number as usize;
        (word(at), (number, word(at + 4)))
    };
    (0..u32::try_from(asked).unwrap_or_default()).map(entry).collect()
}

/// Loads a function and calls it, and answers its first operations, as the host does.
fn run(guest: &mut Guest, text: &str, payload: &str) -> Result<()> {
    let arguments = (
        guest.put(text.as_bytes())?,
        i32::try_from(text.len())?,
        guest.put(b"lambda.js")?,
        0,
        guest.put(b"{}")?,
        2,
        1_i64,
    );
    if guest.call::<_, i32>("convoke_load", arguments)? < 0 {
        return Err(format!("it does not load: {}", guest.said()).into());
    }
    let arguments = (guest.put(payload.as_bytes())?, i32::try_from(payload.len())?, 1_i64);
    guest.call::<_, ()>("convoke_invoke", arguments)?;
    for operation in 1..=2 {
        let arguments = (operation, 1, guest.put(b"null")?, 4, 1_i64);
        guest.call::<_, ()>("convoke_settle", arguments)?;
    }
    Ok(())
}

/// Addresses of the words that are different.
fn changed<'a>(before: &'a [u8], after: &'a [u8]) -> impl Iterator<Item = usize> + 'a {
    let words = before.chunks(4).zip(after.chunks(4)).enumerate();
    words.filter(|(_, (old, new))| old != new).map(|(index, _)| index * 4)
}

/// The block that an address belongs to, as its content or as its header.
fn number_at(blocks: &BTreeMap<usize, (u32, usize)>, at: usize) -> Option<u32> {
    let last_until = |address: usize| blocks.range(..=address).next_back();
    let (start, (number, size)) = last_until(at)?;
    if at < start + size {
        return Some(*number);
    }
    let (start, (number, _)) = last_until(at + HEADER)?;
    (at < *start).then_some(*number)
}
