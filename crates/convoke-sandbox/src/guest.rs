//! The instance: the only part that names Wasmtime and the guest's exports.
//!
//! An [`Image`] is the base image, loaded once for runs and once for preparing programs. A [`Guest`] is one instance of
//! it: restored, entered, dropped. While it awaits nothing of it is on any stack: it is its memory, its stack pointer and
//! its [`State`].

mod delta;
mod imports;
pub(crate) mod meter;
pub(crate) mod state;
mod tunables;

use std::sync::Arc;

use jiff::Timestamp;
use wasmtime::{
    Config, Enabled, Engine, InstanceAllocationStrategy, InstancePre, Memory, Module, ModuleExport,
    PoolingAllocationConfig, Store, Trap, TypedFunc, UpdateDeadline,
};

pub(crate) use self::delta::Delta;
use self::state::State;
use crate::execution::Ending;
use crate::limits::MEMORY_BYTES_MAX;
use crate::pool::SandboxError;

/// The base image, compiled by this crate's build script for this target.
static BASE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/base.cwasm"));
/// What the base image is made of, as a hash.
pub(crate) const IMAGE_HASH: &str = env!("CONVOKE_IMAGE_HASH");

const WASM_PAGE: usize = 65536;
/// Memory that a slot keeps mapped between two instances, in bytes: what a small function dirties.
const KEEP_RESIDENT: usize = 512 * 1024;
/// Native stack of one entry, in bytes: the guest's own and as much again for host functions.
const ENTRY_STACK_BYTES: usize = 2 * tunables::WASM_STACK_BYTES;
/// Epochs until an entry is looked at again: between one and two milliseconds.
const SLICE: u64 = 2;

/// Why the host ended an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Stop {
    /// Its processor time is used up.
    #[error("processor time exhausted")]
    Cpu,
    /// Its wall time has passed.
    #[error("wall time passed")]
    Wall,
    /// It named memory that it does not have, or called with what the prelude never sends.
    #[error("the guest broke its contract")]
    BadPointer,
}

/// What an entry failed with.
#[derive(Debug)]
pub(crate) enum Fault {
    Stopped(Stop),
    StackExhausted,
    Crashed(String),
}

impl From<wasmtime::Error> for Fault {
    fn from(error: wasmtime::Error) -> Self {
        if let Some(stop) = error.downcast_ref::<Stop>() {
            return Self::Stopped(*stop);
        }
        match error.downcast_ref::<Trap>() {
            Some(Trap::StackOverflow) => Self::StackExhausted,
            _ => Self::Crashed(format!("{error:#}")),
        }
    }
}

impl Fault {
    /// The ending that this fault means, given what else the host saw.
    pub(crate) fn ending(self, state: &State) -> Ending {
        match self {
            Self::Stopped(Stop::Cpu) => Ending::CpuExhausted,
            Self::Stopped(Stop::Wall) => Ending::TimedOut,
            _ if state.starved > 0 => {
                Ending::HostUnavailable { why: "the host has no memory left for it now".into() }
            }
            _ if state.denied > 0 => Ending::OutOfMemory,
            Self::StackExhausted => Ending::StackExhausted,
            Self::Stopped(Stop::BadPointer) => Ending::Crashed { why: Stop::BadPointer.to_string() },
            Self::Crashed(why) => Ending::Crashed { why },
        }
    }
}

/// The loaded base image.
pub(crate) struct Image {
    engine: Engine,
    instances: InstancePre<State>,
    exports: Exports,
    /// The memory of a new instance, to compare with; and where its stack rests.
    base: Vec<u8>,
    rest: i32,
}

/// The guest's exports by place: looking them up by name costs as much as a small function.
struct Exports {
    memory: ModuleExport,
    stack: ModuleExport,
    alloc: ModuleExport,
    load: ModuleExport,
    invoke: ModuleExport,
    settle: ModuleExport,
}

impl Image {
    /// Loads the image for runs: this many at once, in slots that are used again.
    pub(crate) fn for_runs(instances_max: u32) -> Result<Self, SandboxError> {
        Self::load(&pooled(instances_max))
    }

    /// Loads the image for preparing programs, each in memory of its own. Who prepares compares all of an instance with
    /// all of the image, and a page that was read once stays mapped in a slot: ending a later run would cost half as
    /// much again.
    pub(crate) fn for_programs(state: State) -> Result<Self, SandboxError> {
        let mut image = Self::load(&tunables::agreed())?;
        image.observe(state)?;
        Ok(image)
    }

    #[expect(
        unsafe_code,
        reason = "the loader trusts the code it is given; this is our own build's, embedded"
    )]
    fn load(config: &Config) -> Result<Self, SandboxError> {
        let engine = Engine::new(config).map_err(SandboxError::from_engine)?;
        // SAFETY: `BASE` was produced by `Engine::precompile_module` in this crate's build script, from the same version.
        let module = unsafe { Module::deserialize(&engine, BASE) }.map_err(SandboxError::from_engine)?;
        let export =
            |name: &'static str| module.get_export_index(name).ok_or(SandboxError::Image { missing: name });
        let exports = Exports {
            memory: export("memory")?,
            stack: export("__stack_pointer")?,
            alloc: export("convoke_alloc")?,
            load: export("convoke_load")?,
            invoke: export("convoke_invoke")?,
            settle: export("convoke_settle")?,
        };
        let linker = imports::linker(&engine).map_err(SandboxError::from_engine)?;
        let instances = linker.instantiate_pre(&module).map_err(SandboxError::from_engine)?;
        Ok(Self { engine, instances, exports, base: Vec::new(), rest: 0 })
    }

    /// Reads what a new instance looks like; deltas are against this.
    fn observe(&mut self, state: State) -> Result<(), SandboxError> {
        let mut guest = Guest::new(self, state).map_err(SandboxError::from_engine)?;
        let (base, rest) = (guest.memory.data(&guest.store).to_vec(), guest.rest(&self.exports));
        (self.base, self.rest) = (base, rest.ok_or(SandboxError::Image { missing: "__stack_pointer" })?);
        Ok(())
    }

    /// The engine, whose epoch somebody must advance.
    pub(crate) fn engine(&self) -> &Engine {
        &self.engine
    }
}

fn pooled(instances_max: u32) -> Config {
    let mut pool = PoolingAllocationConfig::new();
    pool.total_memories(instances_max)
        .total_core_instances(instances_max)
        .total_tables(instances_max)
        .total_stacks(instances_max)
        .max_memories_per_module(1)
        .max_tables_per_module(1)
        .max_memory_size(MEMORY_BYTES_MAX)
        .max_unused_warm_slots(instances_max)
        .linear_memory_keep_resident(KEEP_RESIDENT)
        .table_keep_resident(KEEP_RESIDENT)
        .pagemap_scan(Enabled::Auto);
    let mut config = tunables::agreed();
    config.async_stack_size(ENTRY_STACK_BYTES);
    config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
    config
}

/// Text and length of a source, its name, whether it is a module, text and length of its environment, seed.
type Loading = (i32, i32, i32, i32, i32, i32, i64);

/// One instance.
pub(crate) struct Guest {
    store: Store<State>,
    memory: Memory,
    alloc: TypedFunc<i32, i32>,
    load: TypedFunc<Loading, i32>,
    invoke: TypedFunc<(i32, i32, i64), ()>,
    settle: TypedFunc<(i32, i32, i32, i32, i64), ()>,
    instance: wasmtime::Instance,
}

impl Guest {
    /// A new instance of the base image.
    pub(crate) fn new(image: &Image, state: State) -> wasmtime::Result<Self> {
        let mut store = Store::new(&image.engine, state);
        store.limiter(|state| state);
        store.set_epoch_deadline(SLICE);
        store.epoch_deadline_callback(|context| {
            let state = context.data();
            state.meter.check()?;
            Ok(if state.synchronous { UpdateDeadline::Continue(1) } else { UpdateDeadline::Yield(1) })
        });
        let instance = image.instances.instantiate(&mut store)?;
        let exports = &image.exports;
        let missing = || wasmtime::Error::msg("an export of the image has another kind");
        let memory =
            instance.get_module_export(&mut store, &exports.memory).and_then(wasmtime::Extern::into_memory);
        let memory = memory.ok_or_else(missing)?;
        let mut function = |export| {
            instance
                .get_module_export(&mut store, export)
                .and_then(wasmtime::Extern::into_func)
                .ok_or_else(missing)
        };
        let (alloc, load) = (function(&exports.alloc)?, function(&exports.load)?);
        let (invoke, settle) = (function(&exports.invoke)?, function(&exports.settle)?);
        let (alloc, load) = (alloc.typed(&store)?, load.typed(&store)?);
        let (invoke, settle) = (invoke.typed(&store)?, settle.typed(&store)?);
        store.data_mut().memory = Some(memory);
        Ok(Self { store, memory, alloc, load, invoke, settle, instance })
    }

    fn restore(&mut self, delta: &Delta) -> Result<(), Fault> {
        let missing = delta.memory_bytes().saturating_sub(self.memory.data_size(&self.store));
        if missing > 0 {
            self.memory.grow(&mut self.store, (missing.div_ceil(WASM_PAGE)) as u64)?;
        }
        delta.apply(self.memory.data_mut(&mut self.store));
        Ok(())
    }

    /// What is different from a new instance; `None` if it is not at rest.
    pub(crate) fn delta(&mut self, image: &Image) -> Option<Delta> {
        let rest = self.rest(&image.exports)?;
        if rest != image.rest {
            return None;
        }
        // Below the resting stack pointer is what finished calls left behind.
        let first = usize::try_from(rest).ok()?;
        Some(Delta::between(&image.base, self.memory.data(&self.store), first))
    }

    fn rest(&mut self, exports: &Exports) -> Option<i32> {
        self.instance
            .get_module_export(&mut self.store, &exports.stack)?
            .into_global()?
            .get(&mut self.store)
            .i32()
    }

    /// The host's side of it.
    pub(crate) fn state(&self) -> &State {
        self.store.data()
    }

    /// The host's side of it, to change.
    pub(crate) fn state_mut(&mut self) -> &mut State {
        self.store.data_mut()
    }

    /// Linear memory now, in bytes. It never shrinks, so this is its peak.
    pub(crate) fn memory_bytes(&self) -> usize {
        self.memory.data_size(&self.store)
    }

    /// Evaluates a source on the calling thread; gives the guest's verdict (see `glue.c`).
    pub(crate) fn load(&mut self, source: &Sourced<'_>, now: Timestamp) -> Result<i32, Fault> {
        let arguments = self.sourced(source, now)?;
        let meter = Arc::clone(&self.state().meter);
        self.state_mut().synchronous = true;
        let done = meter.charge(|| self.load.call(&mut self.store, arguments));
        self.state_mut().synchronous = false;
        Ok(done?)
    }

    /// The same, giving way to others.
    pub(crate) async fn load_in_turns(&mut self, source: &Sourced<'_>, now: Timestamp) -> Result<i32, Fault> {
        let arguments = self.sourced(source, now)?;
        let meter = Arc::clone(&self.state().meter);
        let entry = self.load.call_async(&mut self.store, arguments);
        Ok(meter.drive(entry).await.map_err(Fault::Stopped)??)
    }

    fn sourced(&mut self, source: &Sourced<'_>, now: Timestamp) -> Result<Loading, Fault> {
        let seed = self.enter(now);
        let text = self.put(source.text)?;
        let name = self.put(source.name)?;
        let environment = self.put(source.environment)?;
        Ok((
            text,
            len(source.text)?,
            name,
            i32::from(source.is_module),
            environment,
            len(source.environment)?,
            seed,
        ))
    }

    /// Calls the lambda with a JSON text, in a new instance after making it what `delta` was taken from.
    pub(crate) async fn invoke(
        &mut self,
        delta: Option<&Delta>,
        input: &str,
        now: Timestamp,
    ) -> Result<(), Fault> {
        let meter = Arc::clone(&self.state().meter);
        let entry = async {
            if let Some(delta) = delta {
                self.restore(delta)?;
            }
            let seed = self.enter(now);
            let at = self.place(input)?;
            Ok(self.invoke.call_async(&mut self.store, (at, len(input)?, seed)).await?)
        };
        meter.drive(entry).await.map_err(Fault::Stopped)?
    }

    /// Gives an operation its answer.
    pub(crate) async fn settle(&mut self, id: i32, answer: &Settled, now: Timestamp) -> Result<(), Fault> {
        let seed = self.enter(now);
        let at = self.put(&answer.text)?;
        let meter = Arc::clone(&self.state().meter);
        let arguments = (id, i32::from(answer.fulfilled), at, len(&answer.text)?, seed);
        let entry = self.settle.call_async(&mut self.store, arguments);
        Ok(meter.drive(entry).await.map_err(Fault::Stopped)??)
    }

    /// Prepares an entry: the clock it sees, and its seed.
    fn enter(&mut self, now: Timestamp) -> i64 {
        self.store.set_epoch_deadline(SLICE);
        let state = self.store.data_mut();
        state.now = now;
        state.random.next_entry().cast_signed()
    }

    /// Copies a text into the guest, charged by itself: for what is put there before an entry begins.
    fn put(&mut self, text: &str) -> Result<i32, Fault> {
        let meter = Arc::clone(&self.state().meter);
        meter.charge(|| self.place(text))
    }

    /// Copies a text into the guest; the entry that is given it frees it.
    fn place(&mut self, text: &str) -> Result<i32, Fault> {
        self.state_mut().synchronous = true;
        let at = self.alloc.call(&mut self.store, len(text)?);
        self.state_mut().synchronous = false;
        let at = at?;
        let start = usize::try_from(at.cast_unsigned()).map_err(|_| Fault::Stopped(Stop::BadPointer))?;
        if at == 0 {
            // The allocator is out of memory: its refused growth was counted, and decides the ending.
            return Err(Fault::Crashed("no memory for the input".into()));
        }
        self.memory
            .write(&mut self.store, start, text.as_bytes())
            .map_err(|_| Fault::Stopped(Stop::BadPointer))?;
        Ok(at)
    }
}

fn len(text: &str) -> Result<i32, Fault> {
    i32::try_from(text.len()).map_err(|_| Fault::Crashed("a text of 2 GiB".into()))
}

/// A source and what is present when its top level runs.
pub(crate) struct Sourced<'a> {
    /// Its name in stacks.
    pub(crate) name: &'a str,
    pub(crate) text: &'a str,
    pub(crate) is_module: bool,
    /// JSON object of environment variables.
    pub(crate) environment: &'a str,
}

/// The answer of an operation.
#[derive(Debug)]
pub(crate) struct Settled {
    pub(crate) fulfilled: bool,
    /// JSON.
    pub(crate) text: String,
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::time::{Duration, Instant};

    use super::*;
    use crate::guest::meter::Meter;
    use crate::program::Start;
    use crate::{Sandbox, SandboxSettings, Source};

    const PAGE: usize = 4096;

    /// Pages of the image that one invocation of this function writes to: each costs it a fault and two copies.
    async fn pages_written(text: &str) -> usize {
        let settings = SandboxSettings { instances_max: 2, ..SandboxSettings::default() };
        let sandbox = Sandbox::new(settings).unwrap();
        let program = sandbox.prepare(&Source::new(text), &BTreeMap::new()).unwrap();
        let meter = Arc::new(Meter::new(Duration::from_secs(10), Instant::now() + Duration::from_mins(1)));
        let state = State::new(meter, Arc::clone(&sandbox.shared.memory), MEMORY_BYTES_MAX, 1);
        let mut guest = Guest::new(&sandbox.shared.image, state).unwrap();
        let Start::Restored(delta) = &program.inner.start else { panic!("its top level reads nothing") };
        let input = r#"{"headers":[],"payload":{"name":"Ada"}}"#;
        guest.invoke(Some(delta), input, Timestamp::UNIX_EPOCH).await.unwrap();
        let (before, after) = (&sandbox.shared.workshop.base, guest.memory.data(&guest.store));
        let differs = |n: usize| before.get(n * PAGE..(n + 1) * PAGE) != after.get(n * PAGE..(n + 1) * PAGE);
        (0..before.len() / PAGE).filter(|n| differs(*n)).count()
    }

    #[tokio::test]
    async fn an_invocation_writes_to_few_pages_of_the_image() {
        let calls_back = "function lambda(input, callback) { callback(null, { type: 'systemMessage', text: `Hello ${input.payload.name}` }); }";
        let returns =
            "const lambda = async ({ payload }) => [{ type: 'systemMessage', text: payload.name.trim() }];";
        for text in [calls_back, returns] {
            let pages = pages_written(text).await;
            assert!(pages < 20, "{pages} pages: what functions write to lies together no longer");
        }
    }
}
