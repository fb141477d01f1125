//! A thread that owns a connection and does what it is told, in order.

use std::thread::JoinHandle;

use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use crate::limits::RUN_JOBS_MAX;
use crate::{StoreError, sqlite};

type Job = Box<dyn FnOnce(&mut Connection) + Send>;

/// The way to the thread. Dropping it lets the thread finish what it was told, and waits for that.
#[derive(Debug)]
pub(super) struct Worker {
    jobs: Option<mpsc::Sender<Job>>,
    thread: Option<JoinHandle<()>>,
}

impl Worker {
    /// Starts a thread on `connection`.
    pub(super) fn start(
        name: &str,
        mut connection: Connection,
        at: &std::path::Path,
    ) -> Result<Self, StoreError> {
        let (jobs, mut receiver) = mpsc::channel::<Job>(RUN_JOBS_MAX);
        let thread = std::thread::Builder::new().name(name.to_owned()).spawn(move || {
            while let Some(job) = receiver.blocking_recv() {
                job(&mut connection);
            }
        });
        let thread = thread.map_err(sqlite::io_error("start a thread for", at))?;
        Ok(Self { jobs: Some(jobs), thread: Some(thread) })
    }

    /// Does something on the thread.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let closed = || StoreError::Failed { reason: "the run log is closed".to_owned() };
        let (reply, answer) = oneshot::channel();
        let job: Job = Box::new(move |connection| {
            // Whoever asked may have gone.
            let _ = reply.send(work(connection));
        });
        let jobs = self.jobs.as_ref().ok_or_else(closed)?;
        jobs.send(job).await.map_err(|_| closed())?;
        answer.await.map_err(|_| closed())?
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            // A thread that died has nothing left to finish.
            let _ = thread.join();
        }
    }
}
