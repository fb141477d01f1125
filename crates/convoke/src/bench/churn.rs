//! Conversations that come and go.

use std::time::{Duration, Instant};

use anyhow::Result;
use convoke_domain::conversation::{Action, Actor, Command};
use tokio::task::JoinSet;

use super::center::{Center, FUNCTIONS, open, skill};
use super::report::Figures;
use super::rig::Rig;

/// Consumers at once, each of whom opens the next conversation when the last one is closed.
const WIDTH: usize = 256;
const TIME: Duration = Duration::from_secs(5);

pub(crate) fn ask(rig: &mut Rig) -> Result<Figures> {
    let time = rig.scale.time(TIME);
    let center = rig.center()?;
    let began = Instant::now();
    let count = center.generator.block_on(all(center, began + time))?;
    let mut figures = Figures::default();
    figures.set("opened_and_closed_per_s", count as f64 / began.elapsed().as_secs_f64());
    Ok(figures)
}

async fn all(center: &Center, until: Instant) -> Result<usize> {
    let mut consumers: JoinSet<Result<usize>> = JoinSet::new();
    for nth in 0..WIDTH {
        let (handle, skill) = (center.handle.clone(), skill(nth % FUNCTIONS)?);
        consumers.spawn(async move {
            let mut count = 0;
            while Instant::now() < until {
                let target = open(&handle, skill.clone()).await?;
                let by = Actor::Consumer(target.consumer);
                let close = Command { by, cause: None, action: Action::Close };
                handle.command(&target.account, target.conversation, close).await?;
                count += 1;
            }
            Ok(count)
        });
    }
    let mut sum = 0;
    while let Some(count) = consumers.join_next().await {
        sum += count??;
    }
    Ok(sum)
}
