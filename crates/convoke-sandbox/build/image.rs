//! The base image: the engine, started, with the prelude evaluated, frozen and compiled.
//!
//! Nothing of this machine or this moment gets in: the clock stands at a fixed time and there is no entropy.

use std::fs;
use std::path::Path;

use wasmtime::{
    Caller, Config, Engine, Extern, Global, Instance, Linker, Memory, Module, OptLevel, Store, Val,
    WasmParams, WasmResults,
};

use crate::{Result, layout, tunables, wasm};

const WASM_PAGE: usize = 65536;
/// The time on the clock while an image is made, in nanoseconds since 1970: 2026-01-01T00:00:00Z.
const FROZEN_AT: u64 = 1_767_225_600_000_000_000;

/// A directory's JavaScript files in the order of their names, in which a prelude's are evaluated.
pub(crate) fn read_scripts(directory: &Path) -> Result<Vec<(String, String)>> {
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
pub(crate) fn compile(engine_wasm: &[u8], inputs: &Inputs, target: &str) -> Result<Vec<u8>> {
    let mut once = Config::new();
    once.cranelift_opt_level(OptLevel::None);
    let module = Module::new(&Engine::new(&once)?, engine_wasm)?;
    let together = layout::learn(&module, inputs)?;
    let mut guest = Guest::start(&module)?;
    guest.place(&together.numbers)?;
    let memory = guest.seal(&inputs.prelude)?;
    if guest.asked()? != together.asked {
        return Err(
            "the engine asked for other blocks while they were placed than while they were learned".into()
        );
    }
    let image = wasm::with_memory(engine_wasm, &memory)?;
    let mut config = tunables::agreed();
    // Naming the target keeps what this machine's processor can do beyond it out of the code.
    config.target(target)?;
    Ok(Engine::new(&config)?.precompile_module(&image)?)
}

/// What an image is made of beside the engine.
pub(crate) struct Inputs {
    /// The prelude's files, by name.
    pub(crate) prelude: Vec<(String, String)>,
    /// Functions as people write them, by name.
    pub(crate) usual: Vec<(String, String)>,
    /// What those are called with, as JSON.
    pub(crate) payload: String,
}

/// What the guest said while its image was made: only failures.
#[derive(Default)]
pub(crate) struct Said(Vec<String>);

/// An instance while an image is made.
pub(crate) struct Guest {
    store: Store<Said>,
    instance: Instance,
    memory: Memory,
}

impl Guest {
    /// A new one whose memory is as the module has it.
    pub(crate) fn new(module: &Module) -> Result<Self> {
        let mut store = Store::new(module.engine(), Said::default());
        let instance = linker(module.engine())?.instantiate(&mut store, module)?;
        let memory = instance.get_memory(&mut store, "memory").ok_or("the engine exports no memory")?;
        Ok(Self { store, instance, memory })
    }

    /// A new one, initialised.
    pub(crate) fn start(module: &Module) -> Result<Self> {
        let mut guest = Self::new(module)?;
        if guest.instance.get_func(&mut guest.store, "_initialize").is_some() {
            guest.call::<_, ()>("_initialize", ())?;
        }
        Ok(guest)
    }

    /// Decides which blocks lie together, by the numbers in which they are asked for, ascending.
    fn place(&mut self, numbers: &[u32]) -> Result<()> {
        let bytes: Vec<u8> = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
        let table = self.put(&bytes)?;
        self.call("convoke_place", (table, i32::try_from(numbers.len())?))
    }

    /// Evaluates the prelude; the memory that an image begins with.
    pub(crate) fn seal(&mut self, prelude: &[(String, String)]) -> Result<Vec<u8>> {
        if self.call::<_, i32>("convoke_start", ())? != 0 {
            return Err("the engine does not start".into());
        }
        for (name, text) in prelude {
            let arguments = (
                self.put(text.as_bytes())?,
                i32::try_from(text.len())?,
                self.put(format!("convoke:{name}").as_bytes())?,
            );
            if self.call::<_, i32>("convoke_prelude", arguments)? != 0 {
                return Err(format!("prelude file {name}: {}", self.said()).into());
            }
        }
        if self.call::<_, i32>("convoke_seal", ())? != 0 {
            return Err("the prelude does not provide every entry".into());
        }
        let rest = usize::try_from(self.rest()?)?;
        let mut bytes = self.memory().to_vec();
        // Below the resting stack pointer is what finished calls left behind.
        bytes[..rest].fill(0);
        Ok(bytes)
    }

    /// How many blocks the engine asked for until it was sealed.
    pub(crate) fn asked(&mut self) -> Result<usize> {
        Ok(usize::try_from(self.call::<_, i32>("convoke_asked", ())?)?)
    }

    /// Calls an export.
    pub(crate) fn call<A: WasmParams, R: WasmResults>(&mut self, name: &str, arguments: A) -> Result<R> {
        let export = self.instance.get_typed_func::<A, R>(&mut self.store, name)?;
        Ok(export.call(&mut self.store, arguments)?)
    }

    /// Copies bytes and a final zero into it.
    pub(crate) fn put(&mut self, bytes: &[u8]) -> Result<i32> {
        let at: i32 = self.call("convoke_alloc", i32::try_from(bytes.len())?)?;
        self.memory.write(&mut self.store, usize::try_from(at)?, bytes)?;
        Ok(at)
    }

    /// Its memory.
    pub(crate) fn memory(&self) -> &[u8] {
        self.memory.data(&self.store)
    }

    /// Makes its memory, and where its stack rests, those of another one.
    pub(crate) fn become_like(&mut self, memory: &[u8], rest: i32) -> Result<()> {
        let missing = memory.len().saturating_sub(self.memory.data_size(&self.store)) / WASM_PAGE;
        self.memory.grow(&mut self.store, missing as u64)?;
        self.memory.write(&mut self.store, 0, memory)?;
        Ok(self.stack()?.set(&mut self.store, Val::I32(rest))?)
    }

    /// Where its stack rests.
    pub(crate) fn rest(&mut self) -> Result<i32> {
        let stack = self.stack()?;
        stack.get(&mut self.store).i32().ok_or_else(|| "the stack pointer is no number".into())
    }

    fn stack(&mut self) -> Result<Global> {
        let stack = self.instance.get_global(&mut self.store, "__stack_pointer");
        stack.ok_or_else(|| "the engine exports no stack pointer".into())
    }

    /// What it said.
    pub(crate) fn said(&self) -> String {
        self.store.data().0.join("\n")
    }
}

/// What the guest imports: a frozen clock, and a host that takes every operation and computes nothing.
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
    linker.func_wrap(convoke, "operate", |_: i32, _: i32, _: i32, _: i32, _: i32| -> i32 { 0 })?;
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
