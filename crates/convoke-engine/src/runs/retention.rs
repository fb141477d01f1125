//! Dropping old days of the run log, once an hour.

use std::sync::Arc;

use convoke_domain::account::RunLogSettings;
use convoke_store::runs::{RunRetention, RunStore};
use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;

use crate::directory::Directory;
use crate::limits;
use crate::ports::Clock;

/// Keeps the run log within the accounts' days and its own room, until the engine stops.
pub(crate) async fn keep_within(
    store: Arc<dyn RunStore>,
    directory: Arc<Directory>,
    clock: Arc<dyn Clock>,
    mut stopping: watch::Receiver<bool>,
) {
    loop {
        let now = clock.now();
        if let Err(error) = store.prune(retention(&directory, now)).await {
            tracing::warn!(%error, "old runs are not dropped");
        }
        let next = now.checked_add(limits::RUN_PRUNE_EVERY).unwrap_or(Timestamp::MAX);
        tokio::select! {
            () = clock.wait_until(next) => {}
            _ = stopping.changed() => return,
        }
    }
}

fn retention(directory: &Directory, now: Timestamp) -> RunRetention {
    let all = directory.all();
    let first_days = |days: fn(RunLogSettings) -> u16| {
        let first = all.iter().filter_map(|view| {
            let days = SignedDuration::from_hours(24 * i64::from(days(view.account.run_log)));
            let first = now.checked_sub(days).ok()?.to_zoned(jiff::tz::TimeZone::UTC).date();
            Some((view.account.id.clone(), first))
        });
        first.collect()
    };
    RunRetention {
        first_days: first_days(|settings| settings.days),
        first_recording_days: first_days(|settings| settings.recording_days),
        first_figure_days: first_days(|settings| settings.figure_days.unwrap_or(settings.days)),
        answers_since: now.checked_sub(limits::REMEMBERED_FOR).ok(),
        bytes_max: Some(limits::RUN_LOG_BYTES_MAX),
    }
}
