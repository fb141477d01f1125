//! What the guest may call: six functions of ours and five stubs of a system interface.
//!
//! The guest is hostile. Every pointer and length is checked here, and only here; a bad one ends the instance.

use wasmtime::{Caller, Engine, Linker, Result};

use super::Stop;
use super::state::State;
use crate::execution::{Ending, Level};
use crate::host;
use crate::limits::COMPUTE_BYTES_MAX;
use crate::stack;

/// The system interface's "bad file descriptor": there are none.
const BAD_DESCRIPTOR: i32 = 8;

const RETURNED: i32 = 0;
const UNDEFINED: i32 = 1;
const THREW: i32 = 2;
const INVALID: i32 = 3;
const REFUSED: i32 = 4;
const INSPECTED: i32 = 5;

pub(crate) fn linker(engine: &Engine) -> Result<Linker<State>> {
    let mut linker = Linker::new(engine);
    let convoke = "convoke";
    linker.func_wrap(convoke, "answer", answer)?;
    linker.func_wrap(convoke, "log", log)?;
    linker.func_wrap(convoke, "operate", operate)?;
    linker.func_wrap(convoke, "compute", compute)?;
    let system = "wasi_snapshot_preview1";
    linker.func_wrap(system, "clock_time_get", clock)?;
    linker.func_wrap(system, "fd_close", |_: i32| BAD_DESCRIPTOR)?;
    linker.func_wrap(system, "fd_fdstat_get", |_: i32, _: i32| BAD_DESCRIPTOR)?;
    linker.func_wrap(system, "fd_seek", |_: i32, _: i64, _: i32, _: i32| BAD_DESCRIPTOR)?;
    linker.func_wrap(system, "fd_write", |_: i32, _: i32, _: i32, _: i32| BAD_DESCRIPTOR)?;
    Ok(linker)
}

/// The instance's memory and the host's state for it, at once.
fn parts<'a>(caller: &'a mut Caller<'_, State>) -> Result<(&'a mut [u8], &'a mut State)> {
    let memory = caller.data().memory.ok_or(Stop::BadPointer)?;
    Ok(memory.data_and_store_mut(caller))
}

/// A piece of the guest's memory. Addresses are 32 bits without a sign.
fn piece(memory: &[u8], at: i32, len: i32) -> Result<&[u8]> {
    let at = usize::try_from(at.cast_unsigned()).map_err(|_| Stop::BadPointer)?;
    let len = usize::try_from(len.cast_unsigned()).map_err(|_| Stop::BadPointer)?;
    let end = at.checked_add(len).ok_or(Stop::BadPointer)?;
    Ok(memory.get(at..end).ok_or(Stop::BadPointer)?)
}

fn answer(mut caller: Caller<'_, State>, kind: i32, at: i32, len: i32) -> Result<()> {
    let (memory, state) = parts(&mut caller)?;
    if state.ending.is_some() {
        return Ok(());
    }
    let bytes = piece(memory, at, len)?;
    if kind == INSPECTED {
        state.inspect(bytes);
        return Ok(());
    }
    let ending = match kind {
        RETURNED if bytes.len() > state.result_bytes_max => Ending::ResultTooLarge { bytes: bytes.len() },
        RETURNED => match std::str::from_utf8(bytes) {
            Ok(json) if serde_json::from_str::<serde::de::IgnoredAny>(json).is_ok() => {
                Ending::Returned { json: Some(json.to_owned()) }
            }
            _ => Ending::ResultInvalid { why: "it is not JSON".into() },
        },
        UNDEFINED => Ending::Returned { json: None },
        THREW => state.ending_of(state.thrown(bytes)),
        INVALID => Ending::ResultInvalid { why: stack::cut(String::from_utf8_lossy(bytes).into_owned()) },
        REFUSED => {
            state.refusal = Some(state.thrown(bytes));
            return Ok(());
        }
        _ => return Err(Stop::BadPointer.into()),
    };
    state.decide(ending);
    Ok(())
}

fn log(mut caller: Caller<'_, State>, level: i32, at: i32, len: i32) -> Result<()> {
    let (memory, state) = parts(&mut caller)?;
    let level = match level {
        0 => Level::Debug,
        1 => Level::Info,
        2 => Level::Warn,
        _ => Level::Error,
    };
    state.logs.write(level, piece(memory, at, len)?, state.now);
    Ok(())
}

fn operate(
    mut caller: Caller<'_, State>,
    id: i32,
    name: i32,
    name_len: i32,
    at: i32,
    len: i32,
) -> Result<i32> {
    let (memory, state) = parts(&mut caller)?;
    let name = String::from_utf8_lossy(piece(memory, name, name_len)?);
    let arguments = String::from_utf8_lossy(piece(memory, at, len)?);
    Ok(state.request(id, &name, &arguments))
}

/// Runs a host function: its answer goes to `out`, if there is room; else only its size is told. Below zero: an error text.
#[expect(clippy::too_many_arguments, reason = "the shape of the guest's import")]
fn compute(
    mut caller: Caller<'_, State>,
    function: i32,
    text: i32,
    text_len: i32,
    bytes: i32,
    len: i32,
    out: i32,
    room: i32,
) -> Result<i32> {
    let (memory, state) = parts(&mut caller)?;
    let text = String::from_utf8_lossy(piece(memory, text, text_len)?);
    let bytes = piece(memory, bytes, len)?;
    piece(memory, out, room)?;
    let answer = if text.len() + bytes.len() > COMPUTE_BYTES_MAX {
        Err("the input is too large".to_owned())
    } else {
        host::compute(state, function, &text, bytes)
    };
    let (bytes, sign) = match answer {
        Ok(bytes) => (bytes, 1),
        Err(words) => (words.into_bytes(), -1),
    };
    let size = i32::try_from(bytes.len()).map_err(|_| Stop::BadPointer)?;
    let room = usize::try_from(room.cast_unsigned()).map_err(|_| Stop::BadPointer)?;
    let fits = bytes.len().min(room);
    if sign < 0 || fits == bytes.len() {
        let start = usize::try_from(out.cast_unsigned()).map_err(|_| Stop::BadPointer)?;
        memory[start..start + fits].copy_from_slice(&bytes[..fits]);
    }
    Ok(if sign < 0 { -size.max(1) } else { size })
}

/// The clock stands still during an entry: it shows the time that the entry was given.
fn clock(mut caller: Caller<'_, State>, _: i32, _: i64, at: i32) -> Result<i32> {
    let (memory, state) = parts(&mut caller)?;
    state.observed = true;
    let nanos = u64::try_from(state.now.as_nanosecond()).unwrap_or_default();
    piece(memory, at, 8)?;
    let start = usize::try_from(at.cast_unsigned()).map_err(|_| Stop::BadPointer)?;
    memory[start..start + 8].copy_from_slice(&nanos.to_le_bytes());
    Ok(0)
}
