//! The simulation against the reference model.

use std::collections::{BTreeMap, BTreeSet};

use convoke_engine::OfferState;
use jiff::SignedDuration;

use crate::center::END;
use crate::faults::Fault;
use crate::firing::first_difference;
use crate::journal::{Deed, What};
use crate::model::predict;
use crate::run::{CONVERSATIONS, Run, run};

/// The day that is usually run.
const SEED: u64 = 20_260_327;
/// Another one, so that what only the usual day does not show is seen early.
const OTHER_SEED: u64 = 5;
/// How many days are run where many are.
const USUAL_DAYS: u64 = 20;

fn seed() -> u64 {
    std::env::var("CONVOKE_DAY_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(SEED)
}

/// A run of a day on a runtime with one thread, whose time goes by only when everybody waits for it.
fn a_day(seed: u64) -> Run {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    runtime.block_on(run(seed)).unwrap_or_else(|error| panic!("seed {seed}: {error:#}"))
}

/// The first difference between what the rules say, misunderstood or not, and what happened; else how many events there were.
fn compare(day: &Run, fault: Option<Fault>) -> Result<usize, String> {
    let mut events = 0;
    for (conversation, due) in predict(&day.center, &day.journal, END, fault) {
        let fired = day.fired(conversation).unwrap();
        match first_difference(conversation, &due, &fired) {
            Some(difference) => return Err(difference),
            None => events += fired.len(),
        }
    }
    Ok(events)
}

#[test]
fn every_event_fires_exactly_when_the_rules_say_and_each_misunderstood_rule_is_found() {
    let day = a_day(seed());
    let events = compare(&day, None).unwrap_or_else(|difference| panic!("seed {}:\n{difference}", seed()));
    assert_eq!(day.recorded.len(), CONVERSATIONS);
    println!("{CONVERSATIONS} conversations, {} deeds, {events} events", day.journal.len());
    everything_occurs(&day);
    rings_are_right(&day);
    let unseen = Fault::ALL.iter().filter(|(fault, _)| compare(&day, Some(*fault)).is_ok());
    let unseen: Vec<&str> = unseen.map(|(_, says)| *says).collect();
    assert!(unseen.is_empty(), "nobody would notice that {unseen:#?}");
}

#[test]
fn another_day_fires_as_the_rules_say_too() {
    holds(OTHER_SEED).unwrap_or_else(|difference| panic!("{difference}"));
}

#[test]
#[ignore = "many days take many minutes; `cargo xt days` runs them"]
fn many_days_fire_as_the_rules_say() {
    let days = std::env::var("CONVOKE_DAYS").ok().and_then(|days| days.parse().ok()).unwrap_or(USUAL_DAYS);
    let mut differences = Vec::new();
    for seed in 1..=days {
        match holds(seed) {
            Ok(events) => println!("seed {seed}: {events} events as the rules say"),
            Err(difference) => differences.push(difference),
        }
    }
    assert!(
        differences.is_empty(),
        "{} of {days} days differ:\n{}",
        differences.len(),
        differences.join("\n")
    );
}

/// Runs a day and holds it against the rules; gives how many events there were. Whether everything occurs is for the usual
/// day: chance leaves something out of some of the others.
fn holds(seed: u64) -> Result<usize, String> {
    let day = a_day(seed);
    rings_are_right(&day);
    compare(&day, None).map_err(|difference| format!("seed {seed}:\n{difference}"))
}

/// The day has all that the rules are about: otherwise that nothing differs says nothing.
fn everything_occurs(day: &Run) {
    let mut codes: BTreeMap<String, usize> = BTreeMap::new();
    let mut unfired: BTreeSet<String> = BTreeSet::new();
    let mut deepest = 0;
    for firing in day.recorded.keys().flat_map(|conversation| day.fired(*conversation).unwrap()) {
        let fact = |name: &str| firing.facts.get(name);
        unfired.extend(fact("fired").filter(|fired| *fired != "yes").map(ToString::to_string));
        deepest = deepest.max(fact("depth").and_then(serde_json::Value::as_u64).unwrap_or_default());
        *codes.entry(firing.code).or_default() += 1;
    }
    for code in convoke_domain::state_change::CbotEventType::ALL {
        let told = code.code() != "CONSUMER_OPEN_NEW_CONVERSATION_AFTER_AUTOCLOSE";
        assert_eq!(codes.contains_key(code.code()), told, "{code}");
    }
    assert_eq!(unfired.len(), 3, "{unfired:?}");
    assert_eq!(deepest, 8);
}

/// One agent at a time, for 72 seconds, with the skill; what nobody answers expires to the millisecond.
fn rings_are_right(day: &Run) {
    let mut open: BTreeMap<_, _> = BTreeMap::new();
    let mut ends: BTreeMap<&str, usize> = BTreeMap::new();
    for ring in &day.rings {
        let offer = &ring.offer;
        assert_eq!(offer.expires_at.duration_since(offer.offered_at), SignedDuration::from_secs(72));
        let agent = day.center.agent(offer.agent).unwrap();
        assert!(agent.skills.contains(&offer.skill), "{} was offered what they cannot do", agent.name);
        match offer.state {
            OfferState::Waiting => {
                assert_eq!(offer.offered_at, ring.told_at);
                let before = open.insert(offer.conversation, offer.id.clone());
                assert_eq!(before, None, "{} rings twice", offer.conversation);
            }
            state => {
                if state == OfferState::Expired {
                    assert_eq!(ring.told_at, offer.expires_at);
                }
                *ends
                    .entry(match state {
                        OfferState::Accepted => "accepted",
                        OfferState::Rejected => "rejected",
                        OfferState::Expired => "expired",
                        OfferState::Cancelled | OfferState::Waiting => "cancelled",
                    })
                    .or_default() += 1;
                open.retain(|_, id| *id != offer.id);
            }
        }
    }
    assert_eq!(ends.len(), 4, "{ends:?}");
    let taken =
        day.journal.iter().filter(|entry| matches!(&entry.what, What::Did { deed: Deed::Accept, .. }));
    assert_eq!(ends["accepted"], taken.count());
}

#[test]
fn the_same_seed_gives_the_same_log_byte_for_byte() {
    let (one, other) = (a_day(seed()), a_day(seed()));
    let differs = one.log.lines().zip(other.log.lines()).enumerate().find(|(_, (one, other))| one != other);
    if let Some((place, (one, other))) = differs {
        panic!("step {place} is\n{one}\nand\n{other}");
    }
    assert_eq!(one.log.len(), other.log.len());
    assert!(one.log.lines().count() > 20 * CONVERSATIONS, "a log of {} steps", one.log.lines().count());
}

#[test]
fn the_reference_model_shares_only_ids_with_the_domain() {
    let sources = [
        include_str!("model.rs"),
        include_str!("model/answer.rs"),
        include_str!("model/case.rs"),
        include_str!("model/hours.rs"),
        include_str!("model/payload.rs"),
        include_str!("model/timing.rs"),
        include_str!("center.rs"),
        include_str!("journal.rs"),
    ];
    for line in sources.iter().flat_map(|source| source.lines()) {
        let code = line.split("//").next().unwrap_or_default();
        for other in ["convoke_engine", "convoke_api", "convoke_store", "observed", "sense"] {
            assert!(!code.contains(&format!("{other}::")), "{line}");
        }
        for after in code.split("convoke_domain::").skip(1) {
            assert!(after.starts_with("id::"), "{line}");
        }
    }
}
