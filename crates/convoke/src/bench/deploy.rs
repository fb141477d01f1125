//! How soon a deployed version answers.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use convoke_domain::account::Actor;
use convoke_domain::function::Command;
use convoke_domain::invocation::FunctionRef;

use super::center::{Center, account, draft, source};
use super::report::{Figures, milliseconds, percentile};
use super::rig::Rig;

const TIMES: usize = 50;

pub(crate) fn ask(rig: &mut Rig) -> Result<Figures> {
    let times = rig.scale.times(TIMES);
    let center = rig.center()?;
    let (mut asked, mut effective) = (Vec::with_capacity(times), Vec::with_capacity(times));
    for turn in 0..times {
        let (acknowledged, answered) = center.on_engine(deploy(center, turn))?;
        asked.push(acknowledged);
        effective.push(answered);
    }
    asked.sort();
    effective.sort();
    let mut figures = Figures::default();
    for (name, taken) in [("asked", &asked), ("effective", &effective)] {
        figures.set(format!("{name}_p50_ms"), milliseconds(percentile(taken, 50)));
        figures.set(format!("{name}_max_ms"), milliseconds(percentile(taken, 100)));
    }
    Ok(figures)
}

/// Deploys another source for the first skill, and causes an event there. From asking until the deployment is
/// acknowledged, and until the new version has answered.
async fn deploy(center: &Center, turn: usize) -> Result<(Duration, Duration)> {
    let (handle, account) = (&center.handle, account()?);
    let function = *center.functions.first().context("there are functions")?;
    let edited = format!("{}\n// {turn}", source(0));
    let edit = Command::SaveDraft { id: function, draft: draft(&edited, turn) };
    handle.change_functions(&account, &Actor::System, edit).await?;
    let began = Instant::now();
    let view = handle.deploy(&account, &Actor::System, function).await?.view;
    let acknowledged = began.elapsed();
    let settled = center.in_process.consumer(0)?.lock().await.settled().await?;
    let answered = began.elapsed();
    let newest = view.functions.get(function).and_then(|function| function.deployed.as_ref());
    let version = newest.context("it is deployed")?.version;
    ensure!(
        settled.function == Some(FunctionRef { function, version }),
        "another version answered: {settled:?}"
    );
    Ok((acknowledged, answered))
}
