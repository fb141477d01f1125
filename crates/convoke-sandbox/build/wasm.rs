//! What the engine's WebAssembly must not contain, and putting a memory image into it.

use wasmparser::{Operator, Parser, Payload};

use crate::Result;

const SECTION_CUSTOM: u8 = 0;
const SECTION_MEMORY: u8 = 5;
const SECTION_START: u8 = 8;
const SECTION_DATA: u8 = 11;
const SECTION_DATA_COUNT: u8 = 12;
/// Grain of the image, in bytes: the host's page, so that restoring maps or copies whole pages.
const PAGE: usize = 4096;
const WASM_PAGE: usize = 65536;

/// Fails unless an instance is its memory and one global (the stack pointer): a second mutable global or a writable
/// table would be state that images, deltas and stored invocations do not carry.
pub(crate) fn check(wasm: &[u8]) -> Result<()> {
    let mut mutable = 0;
    for payload in Parser::new(0).parse_all(wasm) {
        let payload = payload?;
        if let Payload::GlobalSection(globals) = payload {
            for global in globals {
                mutable += usize::from(global?.ty.mutable);
            }
        } else if let Payload::CodeSectionEntry(body) = payload {
            for operator in body.get_operators_reader()? {
                refuse_table_write(&operator?)?;
            }
        } else if let Payload::MemorySection(memories) = payload
            && memories.count() != 1
        {
            return Err("not one memory".into());
        }
    }
    if mutable == 1 {
        Ok(())
    } else {
        Err(format!("{mutable} mutable globals in the engine, expected one").into())
    }
}

fn refuse_table_write(operator: &Operator<'_>) -> Result<()> {
    let writes = matches!(
        operator,
        Operator::TableSet { .. }
            | Operator::TableGrow { .. }
            | Operator::TableFill { .. }
            | Operator::TableCopy { .. }
            | Operator::TableInit { .. }
            | Operator::ElemDrop { .. }
    );
    if writes { Err(format!("the engine writes to its table: {operator:?}").into()) } else { Ok(()) }
}

/// The same code whose memory begins as `memory`.
pub(crate) fn with_memory(wasm: &[u8], memory: &[u8]) -> Result<Vec<u8>> {
    let mut out = b"\0asm\x01\0\0\0".to_vec();
    for payload in Parser::new(0).parse_all(wasm) {
        let Some((id, range)) = payload?.as_section() else { continue };
        match id {
            SECTION_CUSTOM | SECTION_START | SECTION_DATA | SECTION_DATA_COUNT => {}
            SECTION_MEMORY => {
                let mut limits = vec![1, 0];
                unsigned(&mut limits, memory.len() / WASM_PAGE);
                section(&mut out, SECTION_MEMORY, &limits);
            }
            _ => section(&mut out, id, &wasm[range]),
        }
    }
    section(&mut out, SECTION_DATA, &data(memory));
    Ok(out)
}

/// One active segment per run of pages that are not all zero.
fn data(memory: &[u8]) -> Vec<u8> {
    let mut runs: Vec<(usize, usize)> = Vec::new();
    for (index, page) in memory.chunks(PAGE).enumerate() {
        if page.iter().all(|byte| *byte == 0) {
            continue;
        }
        let start = index * PAGE;
        match runs.last_mut() {
            Some(run) if run.1 == start => run.1 = start + PAGE,
            _ => runs.push((start, start + PAGE)),
        }
    }
    let mut out = Vec::new();
    unsigned(&mut out, runs.len());
    for (start, end) in runs {
        out.extend([0, 0x41]);
        signed(&mut out, start);
        out.push(0x0b);
        unsigned(&mut out, end - start);
        out.extend_from_slice(&memory[start..end]);
    }
    out
}

fn section(out: &mut Vec<u8>, id: u8, content: &[u8]) {
    out.push(id);
    unsigned(out, content.len());
    out.extend_from_slice(content);
}

/// LEB128.
fn unsigned(out: &mut Vec<u8>, mut value: usize) {
    loop {
        let byte = u8::try_from(value & 0x7f).unwrap_or_default();
        value >>= 7;
        if value == 0 {
            out.push(byte);
            return;
        }
        out.push(byte | 0x80);
    }
}

/// Signed LEB128 of a number that is not negative.
fn signed(out: &mut Vec<u8>, mut value: usize) {
    loop {
        let byte = u8::try_from(value & 0x7f).unwrap_or_default();
        value >>= 7;
        if value == 0 && byte & 0x40 == 0 {
            out.push(byte);
            return;
        }
        out.push(byte | 0x80);
    }
}
