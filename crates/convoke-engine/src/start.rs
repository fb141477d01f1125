//! Starting and stopping: every loop is begun here and ended here.

use std::num::{NonZeroU32, NonZeroUsize};
use std::sync::Arc;

use convoke_domain::conversation::{Action, Actor, Command};
use convoke_store::runs::RunStore;
use convoke_store::{StoreError, StreamId};
use jiff::Timestamp;
use tokio::sync::{mpsc, watch};
use tokio_util::task::TaskTracker;

use crate::board::Boards;
use crate::calls::{Allowances, Remembered};
use crate::contexts::ContextBook;
use crate::directory::Directory;
use crate::handle::{Handle, Inner};
use crate::invoke::{Invoker, Permits};
use crate::key_values::KeyValueBook;
use crate::meters::Meters;
use crate::outbox::Outbox;
use crate::ports::Ports;
use crate::runs::{self, RunLog};
use crate::shard::{Shard, Shared, ToShard, Write};
use crate::timers::{TimerIndex, by_name};
use crate::{activity, committer, limits, rearm, routing, schedules, surveys};

/// How the engine is sized.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// Writers; one per core is enough.
    pub shards: NonZeroUsize,
    /// Calls of functions that clients of one account may make per second; a burst of twice as many is taken.
    pub calls_per_second: NonZeroU32,
}

/// A thousand clients that each call every other second.
const CALLS_PER_SECOND: NonZeroU32 = NonZeroU32::new(500).expect("500 is not zero");

impl Default for Settings {
    fn default() -> Self {
        Self {
            shards: std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN),
            calls_per_second: CALLS_PER_SECOND,
        }
    }
}

/// Why the engine did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The log cannot be read.
    #[error("{0}")]
    Store(#[from] StoreError),
}

/// A running engine.
pub struct Engine {
    handle: Handle,
    tasks: TaskTracker,
    stop: tokio::sync::watch::Sender<bool>,
}

impl Engine {
    /// Starts everything on what is in the store.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub async fn start(ports: Ports, settings: Settings) -> Result<Self, StartError> {
        let shards = settings.shards.get();
        let tasks = TaskTracker::new();
        let (to_committer, pending) = mpsc::channel(limits::IN_FLIGHT_MAX * shards);
        // As many verdicts as there can be steps in flight, so that the committer never waits for a shard.
        let verdicts = std::iter::repeat_with(|| mpsc::channel(limits::IN_FLIGHT_MAX * 2)).take(shards);
        let (to_shards, verdicts): (Vec<_>, Vec<_>) = verdicts.unzip();
        let meters = Arc::<Meters>::default();
        tasks.spawn(committer::run(Arc::clone(&ports.store), Arc::clone(&meters), pending, to_shards));

        let directory =
            Directory::load(Arc::clone(&ports.store), Arc::clone(&ports.clock), to_committer.clone()).await?;
        let directory = Arc::new(directory);
        let runs = RunLog::start(run_log_parts(&ports, &directory), &tasks).await?;
        let timers = Arc::new(TimerIndex::default());
        arm(&ports, &timers).await?;
        let boards = Arc::new(Boards::new(Arc::clone(&ports.clock)));
        let key_values = KeyValueBook::new(&ports, to_committer.clone());
        let invoker = Arc::new(Invoker {
            host: ports.sandbox,
            clock: Arc::clone(&ports.clock),
            entropy: Arc::clone(&ports.entropy),
            permits: Permits::default(),
            runs,
            key_values,
            meters,
            allowances: Allowances::new(settings.calls_per_second),
            remembered: Remembered::default(),
            tasks: tasks.clone(),
        });
        let outbox = Arc::new(Outbox::new(Arc::clone(&ports.store), to_committer.clone()));
        let shared = Arc::new(Shared {
            store: Arc::clone(&ports.store),
            clock: Arc::clone(&ports.clock),
            entropy: Arc::clone(&ports.entropy),
            master_key: ports.master_key.clone(),
            directory,
            timers: Arc::clone(&timers),
            invoker: Arc::clone(&invoker),
            boards: Arc::clone(&boards),
            outbox: Arc::clone(&outbox),
            tasks: tasks.clone(),
        });
        let mut mailboxes = Vec::with_capacity(shards);
        for (index, verdicts) in verdicts.into_iter().enumerate() {
            let (mailbox, messages) = mpsc::channel(limits::MAILBOX_MAX);
            let own = (mailbox.downgrade(), messages);
            tasks.spawn(Shard::new(index, Arc::clone(&shared), own, verdicts, to_committer.clone()).run());
            mailboxes.push(mailbox);
        }
        let contexts = ContextBook::new(Arc::clone(&ports.store), to_committer);
        let handle = Handle {
            inner: Arc::new(Inner {
                store: ports.store,
                clock: ports.clock,
                entropy: ports.entropy,
                master_key: ports.master_key,
                directory: Arc::clone(&shared.directory),
                contexts,
                outbox,
                boards,
                invoker,
                shards: mailboxes,
            }),
        };
        wake(&handle).await?;
        routing::roll::call(&handle).await?;
        let (stop, stopping) = watch::channel(false);
        spawn_loops(&tasks, &handle, timers, ports.runs, &stopping);
        Ok(Self { handle, tasks, stop })
    }

    /// A handle on it.
    pub fn handle(&self) -> Handle {
        self.handle.clone()
    }

    /// Stops firing timers, lets what is under way end, and returns when all of it is durable. All other handles have
    /// to be gone: as long as somebody can ask, somebody answers.
    pub async fn stop(self) {
        let Self { handle, tasks, stop } = self;
        // Nobody listens only if the timers have stopped already.
        let _ = stop.send(true);
        drop(handle);
        tasks.close();
        tasks.wait().await;
    }
}

/// What goes on by itself for as long as the engine runs.
fn spawn_loops(
    tasks: &TaskTracker,
    handle: &Handle,
    timers: Arc<TimerIndex>,
    runs: Arc<dyn RunStore>,
    stopping: &watch::Receiver<bool>,
) {
    tasks.spawn(fire(handle.clone(), timers, stopping.clone()));
    tasks.spawn(rearm::run(handle.clone(), stopping.clone()));
    tasks.spawn(routing::run::run(handle.clone(), stopping.clone()));
    tasks.spawn(schedules::run(handle.clone(), stopping.clone()));
    tasks.spawn(surveys::run(handle.clone(), stopping.clone()));
    let (directory, clock) = (Arc::clone(&handle.inner.directory), Arc::clone(&handle.inner.clock));
    tasks.spawn(activity::keep_within(Arc::clone(&directory), Arc::clone(&clock), stopping.clone()));
    tasks.spawn(runs::keep_within(runs, directory, clock, stopping.clone()));
}

fn run_log_parts(ports: &Ports, directory: &Arc<Directory>) -> runs::Parts {
    runs::Parts {
        store: Arc::clone(&ports.store),
        runs: Arc::clone(&ports.runs),
        clock: Arc::clone(&ports.clock),
        entropy: Arc::clone(&ports.entropy),
        master_key: ports.master_key.clone(),
        directory: Arc::clone(directory),
    }
}

/// Arms every timer that the store knows.
async fn arm(ports: &Ports, timers: &TimerIndex) -> Result<(), StoreError> {
    let mut after = None;
    loop {
        let page = ports.store.timers_due(Timestamp::MAX, after.as_ref(), usize::MAX).await?;
        for timer in &page {
            if let (StreamId::Conversation { account, conversation }, Some(name)) =
                (&timer.stream, by_name(&timer.name))
            {
                timers.set(account, *conversation, name, timer.due);
            }
        }
        match page.into_iter().next_back() {
            Some(last) => after = Some(last),
            None => return Ok(()),
        }
    }
}

/// Wakes every conversation that was left with unsettled triggers: their functions run, or run again.
async fn wake(handle: &Handle) -> Result<(), StoreError> {
    let mut after = None;
    loop {
        let page = handle.store().recover(after.as_ref(), usize::MAX).await?;
        for stream in &page {
            if let StreamId::Conversation { account, conversation } = stream {
                let wake = ToShard::Wake { account: account.clone(), conversation: *conversation };
                // Shards run until the last handle is gone, and this is one.
                let _ = handle.shard(*conversation).send(wake).await;
            }
        }
        match page.into_iter().next_back() {
            Some(last) => after = Some(last),
            None => return Ok(()),
        }
    }
}

/// Hands due timers to their conversations, until the engine stops.
async fn fire(handle: Handle, timers: Arc<TimerIndex>, mut stopping: tokio::sync::watch::Receiver<bool>) {
    loop {
        let due = tokio::select! {
            due = timers.due(&handle.inner.clock) => due,
            _ = stopping.changed() => return,
        };
        for due in due {
            let action = Action::TimerDue { timer: due.timer };
            let command = Command { by: Actor::System, cause: None, action };
            let write = Write::new(due.account, due.conversation, command);
            if handle.shard(due.conversation).send(ToShard::Write(Box::new(write))).await.is_err() {
                return;
            }
        }
    }
}
