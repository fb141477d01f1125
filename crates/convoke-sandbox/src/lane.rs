//! Where long runs go on: few threads of their own.
//!
//! Promises: a run begins on its caller's thread, where nearly all end, without a change of threads. One that has used the
//! processor for longer moves here for good and takes turns with others like it; one whose program was long the last time
//! is here from the start. It ends here too, so that giving back what it has made of its memory holds nobody up.
//! Leaves out: how much a run may use.

use std::future::{Future, pending, poll_fn};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;
use std::time::Duration;
use std::{io, panic};

use tokio::runtime::{Builder, Runtime};
use tokio::task::AbortHandle;

use crate::guest::meter::Meter;
use crate::limits::{LONG_RUN, SHORT_RUN};

/// A run that can move from one thread to another.
pub(crate) type Movable<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// The threads for long runs.
pub(crate) struct Lane {
    /// Always there until it is dropped.
    runtime: Option<Runtime>,
}

impl Lane {
    /// So many long runs may use a processor at once.
    pub(crate) fn new(threads: usize) -> io::Result<Self> {
        let mut builder = Builder::new_multi_thread();
        builder.worker_threads(threads.max(1)).thread_name("sandbox-lane").enable_all();
        Ok(Self { runtime: Some(builder.build()?) })
    }

    /// Drives a run to its end: here, as long as it is short, then in the lane; or there at once, if its `pace` is known.
    pub(crate) async fn drive<T: Send + 'static>(
        &self,
        pace: &Pace,
        meter: &Meter,
        mut run: Movable<T>,
    ) -> T {
        if let (true, Some(runtime)) = (pace.is_long(), &self.runtime) {
            return finish(runtime, run).await;
        }
        let short = poll_fn(|cx| match run.as_mut().poll(cx) {
            Poll::Ready(done) => Poll::Ready(Some(done)),
            Poll::Pending if meter.used() >= SHORT_RUN => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        });
        match (short.await, &self.runtime) {
            (Some(done), _) => done,
            (None, Some(runtime)) => finish(runtime, run).await,
            (None, None) => run.await,
        }
    }
}

/// How long the last run of a program was: the best guess for its next one.
#[derive(Debug, Default)]
pub(crate) struct Pace {
    long: AtomicBool,
}

impl Pace {
    /// Takes note of a finished run.
    pub(crate) fn note(&self, used: Duration) {
        let long = used >= LONG_RUN;
        // Nearly always it is known already: then the other processors keep their copy.
        if self.is_long() != long {
            self.long.store(long, Ordering::Relaxed);
        }
    }

    fn is_long(&self) -> bool {
        self.long.load(Ordering::Relaxed)
    }
}

async fn finish<T: Send + 'static>(runtime: &Runtime, run: Movable<T>) -> T {
    let running = runtime.spawn(run);
    // Whoever gives up waiting gives up the run.
    let _given_up = Abort(running.abort_handle());
    match running.await {
        Ok(done) => done,
        Err(error) if error.is_panic() => panic::resume_unwind(error.into_panic()),
        // Only the line above aborts it, and then nobody is here.
        Err(_) => pending().await,
    }
}

/// Ends a task when dropped.
struct Abort(AbortHandle);

impl Drop for Abort {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Drop for Lane {
    fn drop(&mut self) {
        // The last run may hold the sandbox, so this may be one of the threads: it cannot wait for them.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
