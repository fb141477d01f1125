//! How long a node takes from start to ready on many conversations, some with unsettled triggers.

use std::path::Path;
use std::time::Instant;

use anyhow::Result;
use convoke_domain::account::{Actor as AccountActor, Command as AccountCommand, Skill};
use convoke_engine::Opening;
use tokio::task::JoinSet;

use super::center::{account, start};
use super::report::Figures;

/// Writers at once while the conversations are made.
const WRITERS: usize = 256;

pub(crate) async fn measure(dir: &Path, conversations: usize) -> Result<Figures> {
    let engine = start(dir).await?;
    let handle = engine.handle();
    let (id, system) = (account()?, AccountActor::System);
    let create =
        AccountCommand::Create { id: id.clone(), name: "Bench".to_owned(), default_language: "en".parse()? };
    handle.configure(&id, &system, create).await?;
    let skill: convoke_domain::id::SkillId = "1".parse()?;
    let define = AccountCommand::DefineSkill { id: skill.clone(), skill: Skill::named("One") };
    handle.configure(&id, &system, define).await?;
    let began = Instant::now();
    let mut writers: JoinSet<Result<()>> = JoinSet::new();
    for _ in 0..WRITERS {
        let (handle, skill) = (handle.clone(), skill.clone());
        writers.spawn(async move {
            for _ in 0..conversations / WRITERS {
                let opening = Opening { skill: Some(skill.clone()), ..Opening::default() };
                handle.open(&account()?, opening).await?;
            }
            Ok(())
        });
    }
    while let Some(done) = writers.join_next().await {
        done??;
    }
    let opened_in = began.elapsed();
    drop(handle);
    engine.stop().await;

    let began = Instant::now();
    let engine = start(dir).await?;
    let ready_in = began.elapsed();
    engine.stop().await;
    Ok(Figures::from([
        ("conversations", (conversations / WRITERS * WRITERS) as f64),
        ("opened_per_s", (conversations / WRITERS * WRITERS) as f64 / opened_in.as_secs_f64()),
        ("ready_s", ready_in.as_secs_f64()),
    ]))
}
