//! The model: a run log in memory, for tests and for nodes without a data directory. It keeps the newest runs only.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use convoke_domain::id::{AccountId, FunctionId, InvocationId};
use jiff::Timestamp;

use super::{
    Durations, Figure, Gap, KeptAnswer, NewRun, RecordingRow, RunBatch, RunFilter, RunPlace, RunRetention,
    RunSource, RunState, RunStore, StoredRun, day_begin, next_number, slot, slot_begin,
};
use crate::limits::{MEMORY_RECORDINGS_MAX, MEMORY_RUNS_MAX, PAGE_ROWS_MAX};
use crate::{BoxFuture, StoreError};

/// A run log in memory.
#[derive(Debug, Default)]
pub struct MemoryRuns(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    last: u64,
    accounts: BTreeMap<AccountId, Account>,
}

#[derive(Debug, Default)]
struct Account {
    key: Option<Vec<u8>>,
    runs: VecDeque<StoredRun>,
    figures: BTreeMap<(i64, FunctionId), Figure>,
    answers: BTreeMap<(FunctionId, String), KeptAnswer>,
    gaps: Vec<Gap>,
    /// By the number of their run.
    recordings: BTreeMap<u64, Vec<u8>>,
}

impl MemoryRuns {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn of<T>(&self, account: &AccountId, read: impl FnOnce(&Account) -> T) -> T {
        let mut state = self.lock();
        read(state.accounts.entry(account.clone()).or_default())
    }
}

impl State {
    fn keep(&mut self, batch: RunBatch, now: Timestamp) -> u64 {
        let RunBatch { runs, mut recordings, answers, keys, gaps } = batch;
        for (account, key) in keys {
            self.account(&account).key.get_or_insert(key);
        }
        for (place, run) in runs.into_iter().enumerate() {
            self.last = next_number(self.last, now);
            let number = self.last;
            let account = self.account(&run.account.clone());
            account.keep(StoredRun { number, run });
            if let Some(sealed) = recordings.remove(&place) {
                account.record(number, sealed);
            }
        }
        for answer in answers {
            let name = (answer.function, answer.request.clone());
            self.account(&answer.account.clone()).answers.entry(name).or_insert(answer);
        }
        for gap in gaps {
            self.account(&gap.account.clone()).gaps.push(gap);
        }
        self.last
    }

    fn account(&mut self, account: &AccountId) -> &mut Account {
        self.accounts.entry(account.clone()).or_default()
    }

    fn prune(&mut self, retention: &RunRetention) -> u64 {
        let mut dropped = 0;
        for (id, account) in &mut self.accounts {
            if let Some(day) = retention.first_days.get(id) {
                dropped += account.drop_before(day_begin(*day));
            }
            if let Some(day) = retention.first_figure_days.get(id).or_else(|| retention.first_days.get(id)) {
                account.drop_figures_before(day_begin(*day));
            }
            if let Some(day) = retention.first_recording_days.get(id) {
                account.drop_recordings_before(day_begin(*day));
            }
            if let Some(since) = retention.answers_since {
                account.answers.retain(|_, answer| answer.called_at >= since);
            }
        }
        dropped
    }
}

impl Account {
    fn keep(&mut self, stored: StoredRun) {
        self.count(&stored.run);
        if self.runs.len() >= MEMORY_RUNS_MAX {
            self.runs.pop_front();
        }
        self.runs.push_back(stored);
    }

    fn record(&mut self, number: u64, sealed: Vec<u8>) {
        if self.recordings.len() >= MEMORY_RECORDINGS_MAX {
            self.recordings.pop_first();
        }
        self.recordings.insert(number, sealed);
    }

    /// What was recorded of an invocation's attempts, each with its run; the last of each attempt.
    fn recorded(&self, invocation: InvocationId) -> BTreeMap<u8, (&NewRun, &Vec<u8>)> {
        let runs = self.runs.iter().filter(|stored| stored.run.invocation == invocation);
        let recorded = runs.filter_map(|stored| Some((&stored.run, self.recordings.get(&stored.number)?)));
        recorded.map(|(run, sealed)| (run.attempt, (run, sealed))).collect()
    }

    fn recordings(&self, invocation: InvocationId) -> Vec<RecordingRow> {
        let recorded = self.recorded(invocation).into_iter();
        recorded.map(|(attempt, (run, sealed))| (attempt, run.began_at, sealed.len() as u64)).collect()
    }

    fn drop_recordings_before(&mut self, first: i64) {
        self.recordings.retain(|number, _| i64::try_from(*number).unwrap_or(i64::MAX) >= first);
    }

    fn count(&mut self, run: &NewRun) {
        if run.source == RunSource::Test {
            return;
        }
        let slot = slot(run.began_at);
        let figure = self.figures.entry((slot, run.function)).or_insert_with(|| Figure {
            function: run.function,
            from: slot_begin(slot),
            counts: BTreeMap::new(),
            durations: Durations::default(),
            cpu: Duration::ZERO,
        });
        figure.count(run);
    }

    fn drop_figures_before(&mut self, first: i64) {
        self.figures.retain(|_, figure| figure.from.as_microsecond() >= first);
    }

    fn drop_before(&mut self, first: i64) -> u64 {
        let before = self.runs.len();
        self.runs.retain(|stored| i64::try_from(stored.number).unwrap_or(i64::MAX) >= first);
        self.gaps.retain(|gap| gap.at.as_microsecond() >= first);
        self.drop_recordings_before(first);
        (before - self.runs.len()) as u64
    }

    fn page(&self, filter: &RunFilter, place: RunPlace, max_rows: usize) -> Vec<StoredRun> {
        let wanted = self.runs.iter().filter(|stored| filter.wants(&stored.run));
        let rows: Vec<&StoredRun> = match place {
            RunPlace::Before(before) => wanted
                .rev()
                .filter(|stored| before.is_none_or(|before| stored.number < before))
                .take(max_rows)
                .collect(),
            RunPlace::After(after) => wanted.filter(|stored| stored.number > after).take(max_rows).collect(),
        };
        rows.into_iter().cloned().collect()
    }
}

impl Figure {
    /// Counts a run.
    pub(super) fn count(&mut self, run: &NewRun) {
        *self.counts.entry(run.state).or_default() += 1;
        if run.state != RunState::Unknown {
            self.durations.add(run.answered_after);
        }
        self.cpu += run.cpu;
    }
}

impl RunStore for MemoryRuns {
    fn keep(&self, batch: RunBatch, now: Timestamp) -> BoxFuture<'_, Result<u64, StoreError>> {
        Box::pin(async move { Ok(self.lock().keep(batch, now)) })
    }

    fn runs(
        &self,
        account: &AccountId,
        filter: &RunFilter,
        place: RunPlace,
        max_rows: usize,
    ) -> BoxFuture<'_, Result<Vec<StoredRun>, StoreError>> {
        let page = self.of(account, |account| account.page(filter, place, max_rows.min(PAGE_ROWS_MAX)));
        Box::pin(std::future::ready(Ok(page)))
    }

    fn missing(
        &self,
        account: &AccountId,
        from: Timestamp,
        until: Timestamp,
    ) -> BoxFuture<'_, Result<u64, StoreError>> {
        let missing = self.of(account, |account| {
            account.gaps.iter().filter(|gap| gap.at >= from && gap.at < until).map(|gap| gap.runs).sum()
        });
        Box::pin(std::future::ready(Ok(missing)))
    }

    fn figures(
        &self,
        account: &AccountId,
        function: Option<FunctionId>,
        from: Timestamp,
        until: Timestamp,
    ) -> BoxFuture<'_, Result<Vec<Figure>, StoreError>> {
        let figures = self.of(account, |account| {
            let within = account.figures.values().filter(|figure| figure.from >= from && figure.from < until);
            let wanted = |figure: &&Figure| function.is_none_or(|function| figure.function == function);
            within.filter(wanted).cloned().collect()
        });
        Box::pin(std::future::ready(Ok(figures)))
    }

    fn answer(
        &self,
        account: &AccountId,
        function: FunctionId,
        request: &str,
    ) -> BoxFuture<'_, Result<Option<KeptAnswer>, StoreError>> {
        let name = (function, request.to_owned());
        let answer = self.of(account, |account| account.answers.get(&name).cloned());
        Box::pin(std::future::ready(Ok(answer)))
    }

    fn recordings(
        &self,
        account: &AccountId,
        invocation: InvocationId,
    ) -> BoxFuture<'_, Result<Vec<RecordingRow>, StoreError>> {
        let rows = self.of(account, |account| account.recordings(invocation));
        Box::pin(std::future::ready(Ok(rows)))
    }

    fn recording(
        &self,
        account: &AccountId,
        invocation: InvocationId,
        attempt: u8,
    ) -> BoxFuture<'_, Result<Option<Vec<u8>>, StoreError>> {
        let found = self.of(account, |account| {
            account.recorded(invocation).get(&attempt).map(|(_, sealed)| (*sealed).clone())
        });
        Box::pin(std::future::ready(Ok(found)))
    }

    fn account_key(&self, account: &AccountId) -> BoxFuture<'_, Result<Option<Vec<u8>>, StoreError>> {
        let key = self.of(account, |account| account.key.clone());
        Box::pin(std::future::ready(Ok(key)))
    }

    fn prune(&self, retention: RunRetention) -> BoxFuture<'_, Result<u64, StoreError>> {
        let dropped = self.lock().prune(&retention);
        Box::pin(std::future::ready(Ok(dropped)))
    }
}
