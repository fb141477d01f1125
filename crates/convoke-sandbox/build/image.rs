//! The base image: the engine, started, with the prelude evaluated, frozen and compiled.
//!
//! Nothing of this machine or this moment gets in: the clock stands at a fixed time and there is no entropy.

use std::fs;
use std::path::Path;

use wasmtime::{Caller, Config, Engine, Extern, Instance, Linker, Memory, Module, OptLevel, Store};

use crate::{Result, tunables, wasm};

/// The time on the clock while an image is made, in nanoseconds since 1970: 2026-01-01T00:00:00Z.
const FROZEN_AT: u64 = 1_767_225_600_000_000_000;

/// The prelude's files in the order of their names, which is the order of their evaluation.
pub(crate) fn read_prelude(directory: &Path) -> Result<Vec<(String, String)>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        if path.extension().is_some_and(|kind| kind == "js") {
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            files.push((name, fs::read_to_string(&path)?));
        }
    }
    files.sort();
    Ok(files)
}

/// Machine code of the base image for any machine of this target.
pub(crate) fn compile(engine_wasm: &[u8], prelude: &[(String, String)], target: &str) -> Result<Vec<u8>> {
    let mut once = Config::new();
    once.cranelift_opt_level(OptLevel::None);
    let memory = snapshot(&Engine::new(&once)?, engine_wasm, prelude)?;
    let image = wasm::with_memory(engine_wasm, &memory)?;
    let mut config = tunables::agreed();
    // Naming the target keeps what this machine's processor can do beyond it out of the code.
    config.target(target)?;
    Ok(Engine::new(&config)?.precompile_module(&image)?)
}

/// What the guest said while its image was made: only failures.
#[derive(Default)]
struct Said(Vec<String>);

fn snapshot(engine: &Engine, engine_wasm: &[u8], prelude: &[(String, String)]) -> Result<Vec<u8>> {
    let module = Module::new(engine, engine_wasm)?;
    let mut store = Store::new(engine, Said::default());
    let instance = linker(engine)?.instantiate(&mut store, &module)?;
    if instance.get_func(&mut store, "_initialize").is_some() {
        instance.get_typed_func::<(), ()>(&mut store, "_initialize")?.call(&mut store, ())?;
    }
    let memory = instance.get_memory(&mut store, "memory").ok_or("the engine exports no memory")?;
    let start = instance.get_typed_func::<(), i32>(&mut store, "convoke_start")?;
    if start.call(&mut store, ())? != 0 {
        return Err("the engine does not start".into());
    }
    let evaluate = instance.get_typed_func::<(i32, i32, i32), i32>(&mut store, "convoke_prelude")?;
    for (name, text) in prelude {
        let source = put(&mut store, &instance, memory, text)?;
        let label = put(&mut store, &instance, memory, &format!("convoke:{name}"))?;
        if evaluate.call(&mut store, (source, i32::try_from(text.len())?, label))? != 0 {
            return Err(format!("prelude file {name}: {}", store.data().0.join("\n")).into());
        }
    }
    let seal = instance.get_typed_func::<(), i32>(&mut store, "convoke_seal")?;
    if seal.call(&mut store, ())? != 0 {
        return Err("the prelude does not provide every entry".into());
    }
    let rest = instance
        .get_global(&mut store, "__stack_pointer")
        .and_then(|global| global.get(&mut store).i32())
        .and_then(|rest| usize::try_from(rest).ok())
        .ok_or("the engine exports no stack pointer")?;
    let mut bytes = memory.data(&store).to_vec();
    // Below the resting stack pointer is what finished calls left behind.
    bytes[..rest].fill(0);
    Ok(bytes)
}

/// Copies a text and a final zero into the guest.
fn put(store: &mut Store<Said>, instance: &Instance, memory: Memory, text: &str) -> Result<i32> {
    let alloc = instance.get_typed_func::<i32, i32>(&mut *store, "convoke_alloc")?;
    let at = alloc.call(&mut *store, i32::try_from(text.len())?)?;
    memory.write(&mut *store, usize::try_from(at)?, text.as_bytes())?;
    Ok(at)
}

/// What the guest imports, offering nothing but a frozen clock.
fn linker(engine: &Engine) -> Result<Linker<Said>> {
    let mut linker = Linker::new(engine);
    let convoke = "convoke";
    linker.func_wrap(convoke, "answer", |mut caller: Caller<'_, Said>, _: i32, at: i32, len: i32| {
        let text = read(&mut caller, at, len);
        caller.data_mut().0.push(text);
    })?;
    linker.func_wrap(convoke, "log", |mut caller: Caller<'_, Said>, _: i32, at: i32, len: i32| {
        let text = read(&mut caller, at, len);
        caller.data_mut().0.push(text);
    })?;
    linker.func_wrap(convoke, "operate", |_: i32, _: i32, _: i32, _: i32, _: i32| -> i32 { 3 })?;
    linker.func_wrap(
        convoke,
        "compute",
        |_: i32, _: i32, _: i32, _: i32, _: i32, _: i32, _: i32| -> i32 { -1 },
    )?;
    let wasi = "wasi_snapshot_preview1";
    linker.func_wrap(
        wasi,
        "clock_time_get",
        |mut caller: Caller<'_, Said>, _: i32, _: i64, at: i32| -> i32 {
            let (Some(Extern::Memory(memory)), Ok(at)) = (caller.get_export("memory"), usize::try_from(at))
            else {
                return 28;
            };
            i32::from(memory.write(&mut caller, at, &FROZEN_AT.to_le_bytes()).is_err()) * 28
        },
    )?;
    linker.func_wrap(wasi, "fd_close", |_: i32| -> i32 { 8 })?;
    linker.func_wrap(wasi, "fd_fdstat_get", |_: i32, _: i32| -> i32 { 8 })?;
    linker.func_wrap(wasi, "fd_seek", |_: i32, _: i64, _: i32, _: i32| -> i32 { 8 })?;
    linker.func_wrap(wasi, "fd_write", |_: i32, _: i32, _: i32, _: i32| -> i32 { 8 })?;
    Ok(linker)
}

fn read(caller: &mut Caller<'_, Said>, at: i32, len: i32) -> String {
    let Some(Extern::Memory(memory)) = caller.get_export("memory") else { return String::new() };
    let (Ok(at), Ok(len)) = (usize::try_from(at), usize::try_from(len)) else { return String::new() };
    memory
        .data(&caller)
        .get(at..at.saturating_add(len))
        .map(|text| String::from_utf8_lossy(text).into_owned())
        .unwrap_or_default()
}
