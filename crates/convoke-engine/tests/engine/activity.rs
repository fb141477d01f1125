//! Who changed what: kept for as long as the account wants, and no longer.

use std::time::Duration;

use convoke_domain::account::Command as AccountCommand;
use convoke_domain::function::FunctionSettings;
use convoke_domain::sequence::EventSeq;
use convoke_domain::state_change::StateChangeEvent;
use convoke_engine::ports::Ending;
use convoke_store::{Store as _, StreamId};

use super::kit::{Center, account};

fn streams() -> [StreamId; 2] {
    [StreamId::Account(account()), StreamId::Functions(account())]
}

/// The entries of settings and of functions that are kept from a place on.
async fn kept(center: &Center, from: u64) -> [Vec<u64>; 2] {
    let from = EventSeq::new(from).unwrap();
    let settings =
        center.handle.settings_history(&account(), from, 1_000, |_, _, entry| Some(entry.seq.number())).await;
    let code = center
        .handle
        .functions_history(&account(), from, 1_000, |_, _, entry| Some(entry.seq.number()))
        .await;
    [settings.unwrap(), code.unwrap()]
}

async fn rename(center: &Center, name: &str) {
    center.configure(AccountCommand::Rename { name: name.to_owned() }).await;
}

/// A center whose activity is all older than its account keeps it, and the last entries of both streams.
async fn with_old_activity() -> (Center, [u64; 2]) {
    let center = Center::open().await;
    let returns = |_: &convoke_engine::ports::Job| (Duration::ZERO, Ending::Returned(None));
    center.deploy(StateChangeEvent::NewConversation, FunctionSettings::default(), returns).await;
    center.configure(AccountCommand::SetActivityDays { days: 7 }).await;
    let heads = kept(&center, 1).await.map(|entries| *entries.last().unwrap());
    center.clock.advance(Duration::from_hours(24 * 8));
    while kept(&center, 1).await.iter().any(|entries| !entries.is_empty()) {
        tokio::task::yield_now().await;
    }
    (center, heads)
}

#[tokio::test(start_paused = true)]
async fn old_activity_is_forgotten_and_everything_is_as_it_was_after_a_restart() {
    let (center, heads) = with_old_activity().await;
    let before = center.handle.account(&account()).unwrap();
    assert!(!before.functions.functions.is_empty() && !before.account.skills.is_empty());
    for stream in streams() {
        let words = async || {
            let records = center.store.read(&stream, EventSeq::FIRST, 1_000).await.unwrap();
            records.iter().map(|record| record.body.len()).sum::<usize>()
        };
        // They are taken away a moment after they are not shown any more.
        while words().await > 0 {
            tokio::task::yield_now().await;
        }
    }
    let center = center.crash().await;
    let after = center.handle.account(&account()).unwrap();
    assert_eq!((&after.account, &after.functions), (&before.account, &before.functions));
    let (settings, code) = center.handle.history_heads(&account()).await;
    assert_eq!([settings, code].map(|head| head.unwrap().number()), heads);
    rename(&center, "Acme & Sons").await;
    assert_eq!(kept(&center, 1).await, [vec![heads[0] + 1], vec![]], "it goes on where it was");
    assert_eq!(center.crash().await.handle.account(&account()).unwrap().account.name, "Acme & Sons");
}

#[tokio::test(start_paused = true)]
async fn what_is_young_enough_stays_and_is_read_from_any_place() {
    let (center, [head, _]) = with_old_activity().await;
    for name in ["one", "two", "three"] {
        rename(&center, name).await;
        center.clock.advance(Duration::from_hours(24));
    }
    assert_eq!(kept(&center, 1).await[0], [head + 1, head + 2, head + 3]);
    assert_eq!(kept(&center, head + 2).await[0], [head + 2, head + 3]);
    let id = account();
    let names = center.handle.settings_history(&id, EventSeq::FIRST, 10, |before, after, _| {
        Some((before.as_ref()?.name.clone(), after.as_ref()?.name.clone()))
    });
    assert_eq!(names.await.unwrap()[0], ("Acme".to_owned(), "one".to_owned()), "also what it was before");
    // The first of them is a week old, then the second.
    for left in [2, 1, 0] {
        center.clock.advance(Duration::from_hours(24 * if left == 2 { 5 } else { 1 }));
        while kept(&center, 1).await[0].len() > left {
            tokio::task::yield_now().await;
        }
        assert_eq!(kept(&center, 1).await[0].len(), left);
    }
    let center = center.crash().await;
    assert_eq!(center.handle.account(&account()).unwrap().account.name, "three");
}
