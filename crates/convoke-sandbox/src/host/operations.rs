//! The operations of one run that are under way.

use std::collections::BTreeMap;
use std::time::Instant;

use futures_util::future::{AbortHandle, Abortable};
use futures_util::stream::{FuturesUnordered, StreamExt};

use super::fetch::{self, Fetched};
use super::time::Timers;
use crate::egress::Egress;
use crate::execution::OutboundCall;
use crate::grant::Grant;
use crate::guest::Settled;
use crate::guest::state::Operation;

type Fetching<'a> = std::pin::Pin<Box<dyn Future<Output = (i32, Option<Fetched>)> + Send + 'a>>;

/// An operation that has its answer.
pub(crate) struct Ready {
    pub(crate) id: i32,
    pub(crate) operation: Operation,
    pub(crate) settled: Settled,
}

/// What is under way, and the calls that were made.
pub(crate) struct Operations<'a> {
    egress: &'a Egress,
    grant: Grant,
    timers: Timers,
    fetching: FuturesUnordered<Fetching<'a>>,
    /// Requests under way: how to stop them, and what to say of them if they are.
    open: BTreeMap<i32, (AbortHandle, Instant, OutboundCall)>,
    calls: Vec<OutboundCall>,
}

impl<'a> Operations<'a> {
    pub(crate) fn new(egress: &'a Egress, grant: Grant) -> Self {
        Self {
            egress,
            grant,
            timers: Timers::default(),
            fetching: FuturesUnordered::new(),
            open: BTreeMap::new(),
            calls: Vec::new(),
        }
    }

    /// Begins an operation. Whatever is wrong with its arguments is its answer.
    pub(crate) fn start(&mut self, id: i32, operation: Operation, arguments: &str, now: Instant) {
        match operation {
            Operation::Timer => self.timers.set(id, arguments, now),
            Operation::Fetch => {
                let (call, request) = fetch::begin(self.egress, self.grant.clone(), arguments);
                let (handle, registration) = AbortHandle::new_pair();
                self.open.insert(id, (handle, now, call));
                let request = Abortable::new(request, registration);
                self.fetching.push(Box::pin(async move { (id, request.await.ok()) }));
            }
        }
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
                return Some(Ready { id, operation: Operation::Timer, settled });
            }
            let wake = self.timers.next().map_or(deadline, |due| due.min(deadline));
            let fetched = if self.fetching.is_empty() {
                tokio::time::sleep_until(wake.into()).await;
                continue;
            } else {
                tokio::time::timeout_at(wake.into(), self.fetching.next()).await
            };
            // An aborted request has nothing to say any more.
            if let Ok(Some((id, Some(fetched)))) = fetched
                && let Some((_, began, mut call)) = self.open.remove(&id)
            {
                call.duration = began.elapsed();
                call.status = fetched.status;
                call.error = fetched.error;
                self.calls.push(call);
                return Some(Ready { id, operation: Operation::Fetch, settled: fetched.settled });
            }
        }
    }

    /// The calls that were made; those still under way end here.
    pub(crate) fn finish(&mut self, now: Instant) -> Vec<OutboundCall> {
        for id in self.open.keys().copied().collect::<Vec<_>>() {
            self.close(id, now, "unfinished");
        }
        std::mem::take(&mut self.calls)
    }

    fn close(&mut self, id: i32, now: Instant, error: &str) {
        if let Some((handle, began, mut call)) = self.open.remove(&id) {
            handle.abort();
            call.duration = now.saturating_duration_since(began);
            call.error = Some(error.to_owned());
            self.calls.push(call);
        }
    }
}
