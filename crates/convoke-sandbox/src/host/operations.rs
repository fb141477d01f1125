//! The operations of one run that are under way.

use std::collections::BTreeMap;
use std::time::Instant;

use futures_util::future::{AbortHandle, Abortable};
use futures_util::stream::{FuturesUnordered, StreamExt};

use super::answer::Done;
use super::hidden::Learned;
use super::time::Timers;
use super::{fetch, platform};
use crate::egress::Egress;
use crate::execution::OutboundCall;
use crate::grant::Grant;
use crate::guest::Settled;
use crate::guest::state::Operation;

type Asking<'a> = std::pin::Pin<Box<dyn Future<Output = (i32, Option<Done>)> + Send + 'a>>;

/// An operation that has its answer.
pub(crate) struct Ready {
    pub(crate) id: i32,
    pub(crate) operation: Operation,
    pub(crate) settled: Settled,
    /// What the recording keeps in place of the answer.
    pub(crate) recorded: Option<String>,
    /// A secret that the guest knows from now on.
    pub(crate) learned: Option<Learned>,
}

/// A call under way: how to stop it, and what to say of it if it is.
struct Open {
    operation: Operation,
    stop: AbortHandle,
    began: Instant,
    call: OutboundCall,
}

/// What is under way, and the calls that were made.
pub(crate) struct Operations<'a> {
    egress: &'a Egress,
    grant: Grant,
    timers: Timers,
    asking: FuturesUnordered<Asking<'a>>,
    open: BTreeMap<i32, Open>,
    calls: Vec<OutboundCall>,
}

impl<'a> Operations<'a> {
    pub(crate) fn new(egress: &'a Egress, grant: Grant) -> Self {
        Self {
            egress,
            grant,
            timers: Timers::default(),
            asking: FuturesUnordered::new(),
            open: BTreeMap::new(),
            calls: Vec::new(),
        }
    }

    /// Begins an operation. Whatever is wrong with its arguments is its answer.
    pub(crate) fn start(&mut self, id: i32, operation: Operation, arguments: &str, now: Instant) {
        match operation {
            Operation::Timer => self.timers.set(id, arguments, now),
            Operation::Fetch | Operation::Mtls => {
                let (call, asking) = fetch::begin(self.egress, self.grant.clone(), arguments);
                self.ask(id, operation, call, asking, now);
            }
            Operation::Platform
            | Operation::SecretRead
            | Operation::SecretUpdate
            | Operation::CsdsGet
            | Operation::CsdsAll
            | Operation::KeyValueGet
            | Operation::KeyValueList
            | Operation::KeyValueWrite => {
                let (call, asking) = platform::begin(operation, self.grant.platform.clone(), arguments);
                self.ask(id, operation, call, asking, now);
            }
        }
    }

    fn ask(
        &mut self,
        id: i32,
        operation: Operation,
        call: OutboundCall,
        asking: impl Future<Output = Done> + Send + 'a,
        now: Instant,
    ) {
        let (stop, registration) = AbortHandle::new_pair();
        self.open.insert(id, Open { operation, stop, began: now, call });
        let asking = Abortable::new(asking, registration);
        self.asking.push(Box::pin(async move { (id, asking.await.ok()) }));
    }

    /// Stops an operation, if it is still under way.
    pub(crate) fn cancel(&mut self, id: i32, now: Instant) {
        self.timers.cancel(id);
        self.close(id, now, "aborted");
    }

    /// The next answer, or `None` once `deadline` has passed.
    pub(crate) async fn next(&mut self, deadline: Instant) -> Option<Ready> {
        loop {
            let now = Instant::now();
            if now >= deadline {
                return None;
            }
            if let Some(id) = self.timers.take(now) {
                let settled = Settled { fulfilled: true, text: String::new() };
                let operation = Operation::Timer;
                return Some(Ready { id, operation, settled, recorded: None, learned: None });
            }
            let wake = self.timers.next().map_or(deadline, |due| due.min(deadline));
            let answered = if self.asking.is_empty() {
                tokio::time::sleep_until(wake.into()).await;
                continue;
            } else {
                tokio::time::timeout_at(wake.into(), self.asking.next()).await
            };
            // An aborted call has nothing to say any more.
            if let Ok(Some((id, Some(done)))) = answered
                && let Some(open) = self.open.remove(&id)
            {
                return Some(self.answered(id, open, done));
            }
        }
    }

    fn answered(&mut self, id: i32, open: Open, done: Done) -> Ready {
        let Open { operation, began, mut call, .. } = open;
        let Done { settled, recorded, learned, status, error } = done;
        call.duration = began.elapsed();
        call.status = status;
        call.error = error;
        self.calls.push(call);
        Ready { id, operation, settled, recorded, learned }
    }

    /// The calls that were made; those still under way end here.
    pub(crate) fn finish(&mut self, now: Instant) -> Vec<OutboundCall> {
        for id in self.open.keys().copied().collect::<Vec<_>>() {
            self.close(id, now, "unfinished");
        }
        std::mem::take(&mut self.calls)
    }

    fn close(&mut self, id: i32, now: Instant, error: &str) {
        if let Some(Open { stop, began, mut call, .. }) = self.open.remove(&id) {
            stop.abort();
            call.duration = now.saturating_duration_since(began);
            call.error = Some(error.to_owned());
            self.calls.push(call);
        }
    }
}
