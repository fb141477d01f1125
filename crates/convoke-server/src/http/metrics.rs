//! Figures of functions, from the five-minute rows of the run log.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use convoke_api::v1::metrics::{
    AccountMetrics, AnswerTimes, FunctionHistory, FunctionMetrics, MetricsBucket, MetricsQuery, RunCounts,
};
use convoke_domain::id::FunctionId;
use convoke_engine::{Durations, Figure, RunState};
use jiff::{SignedDuration, Timestamp};

use super::function_runs::millis;
use super::functions::find;
use crate::caller::Tenant;
use crate::extract::{Params, Query};
use crate::limits::{METRICS_BUCKETS_MAX, METRICS_TIME_MAX, OFTEN_SLOW_RUNS_MIN};
use crate::problem::{Answer, ApiError};
use crate::server::Shared;

const BUCKETS: [u32; 3] = [300, 3_600, 86_400];

/// How the functions of an account did.
#[utoipa::path(get, path = "/api/v1/accounts/{account}/metrics", tag = "runs",
    params(MetricsQuery), responses((status = 200, body = AccountMetrics)))]
pub(super) async fn account(
    State(server): State<Shared>,
    tenant: Tenant,
    Query(query): Query<MetricsQuery>,
) -> Answer<Json<AccountMetrics>> {
    let time = Time::of(&server, query)?;
    let figures = server.handle.figures(tenant.id(), None, time.from, time.until).await?;
    let mut by_function: BTreeMap<FunctionId, Sum> = BTreeMap::new();
    let mut all = Sum::default();
    for figure in &figures {
        by_function.entry(figure.function).or_default().add(figure);
        all.add(figure);
    }
    let mut functions: Vec<FunctionMetrics> =
        by_function.into_iter().map(|(id, sum)| sum.metrics(&tenant, id)).collect();
    functions.sort_by(|a, b| (&a.name, a.function).cmp(&(&b.name, b.function)));
    let Time { from, until, .. } = time;
    Ok(Json(AccountMetrics { from, until, counts: all.counts, functions, buckets: time.buckets(&figures) }))
}

/// How a function did over time.
#[utoipa::path(get, path = "/api/v1/accounts/{account}/functions/{function}/metrics", tag = "runs",
    params(MetricsQuery), responses((status = 200, body = FunctionHistory)))]
pub(super) async fn function(
    State(server): State<Shared>,
    tenant: Tenant,
    params: Params,
    Query(query): Query<MetricsQuery>,
) -> Answer<Json<FunctionHistory>> {
    let (id, _) = find(&tenant, &params)?;
    let time = Time::of(&server, query)?;
    let figures = server.handle.figures(tenant.id(), Some(id), time.from, time.until).await?;
    let mut all = Sum::default();
    for figure in &figures {
        all.add(figure);
    }
    Ok(Json(FunctionHistory {
        from: time.from,
        until: time.until,
        metrics: all.metrics(&tenant, id),
        buckets: time.buckets(&figures),
    }))
}

/// A span of time, and how long its parts are.
struct Time {
    from: Timestamp,
    until: Timestamp,
    bucket: SignedDuration,
}

impl Time {
    fn of(server: &Shared, query: MetricsQuery) -> Answer<Self> {
        let until = query.until.unwrap_or_else(|| server.handle.now());
        let day = SignedDuration::from_hours(24);
        let from = query.from.unwrap_or_else(|| until.checked_sub(day).unwrap_or(Timestamp::MIN));
        let seconds = query.bucket_seconds.unwrap_or(3_600);
        let span = until.duration_since(from);
        if !(SignedDuration::ZERO..=METRICS_TIME_MAX).contains(&span) {
            return Err(ApiError::field("from", "expected a time up to 31 days before `until`"));
        }
        if !BUCKETS.contains(&seconds) {
            return Err(ApiError::field("bucket_seconds", "expected 300, 3600 or 86400"));
        }
        let bucket = SignedDuration::from_secs(seconds.into());
        if span.as_secs() / bucket.as_secs() >= METRICS_BUCKETS_MAX {
            let detail = format!("the time has more than {METRICS_BUCKETS_MAX} parts; choose longer ones");
            return Err(ApiError::field("bucket_seconds", detail));
        }
        Ok(Self { from, until, bucket })
    }

    /// The figures of each part.
    fn buckets(&self, figures: &[Figure]) -> Vec<MetricsBucket> {
        let mut parts = self.parts();
        for figure in figures {
            let part = parts.iter_mut().find(|(from, until, _)| (*from..*until).contains(&figure.from));
            if let Some((_, _, sum)) = part {
                sum.add(figure);
            }
        }
        let buckets = parts.into_iter().map(|(from, until, sum)| MetricsBucket {
            from,
            until,
            counts: sum.counts,
            answer_times: answer_times(&sum.durations),
        });
        buckets.collect()
    }

    /// The parts, from whole five minutes on, so that each row of figures lies in one.
    fn parts(&self) -> Vec<(Timestamp, Timestamp, Sum)> {
        let mut parts = Vec::new();
        let mut from = self.from;
        while from < self.until {
            let until = from.checked_add(self.bucket).unwrap_or(Timestamp::MAX).min(self.until);
            parts.push((from, until, Sum::default()));
            from = until;
        }
        parts
    }
}

/// Figures added up.
#[derive(Default)]
struct Sum {
    counts: RunCounts,
    durations: Durations,
    cpu: Duration,
}

impl Sum {
    fn add(&mut self, figure: &Figure) {
        let count = |state| figure.counts.get(&state).copied().unwrap_or(0);
        self.counts.succeeded += count(RunState::Succeeded);
        self.counts.coding_failure += count(RunState::CodingFailure);
        self.counts.platform_failure += count(RunState::PlatformFailure);
        self.counts.timed_out += count(RunState::TimedOut);
        self.counts.unknown += count(RunState::Unknown);
        self.durations.merge(&figure.durations);
        self.cpu += figure.cpu;
    }

    fn metrics(&self, tenant: &Tenant, function: FunctionId) -> FunctionMetrics {
        let slow = self.durations.slower_than_a_second();
        FunctionMetrics {
            function,
            name: tenant.view.functions.get(function).map(|function| function.name.clone()),
            counts: self.counts,
            answer_times: answer_times(&self.durations),
            cpu_ms: millis(self.cpu),
            often_slow: self.durations.count() >= OFTEN_SLOW_RUNS_MIN && slow * 20 > self.durations.count(),
        }
    }
}

fn answer_times(durations: &Durations) -> Option<AnswerTimes> {
    Some(AnswerTimes {
        p50_ms: millis(durations.quantile(0.5)?),
        p95_ms: millis(durations.quantile(0.95)?),
        p99_ms: millis(durations.quantile(0.99)?),
    })
}
