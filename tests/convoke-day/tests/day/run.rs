//! One run of the simulation: moves the clock from one instant to the next, lets people act on a real engine, and writes down
//! what they did.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use convoke_domain::conversation::{Command, NewLine, Origin, PrivateText, Recorded};
use convoke_domain::id::{ConversationId, UserId};
use convoke_engine::keys::MasterKey;
use convoke_engine::ports::{Ports, SeededEntropy};
use convoke_engine::{
    Availability, Engine, Follower, Following, Handle, Offer, OfferId, OfferState, Opening as EngineOpening,
    Settings,
};
use convoke_store::runs::MemoryRuns;
use futures_util::FutureExt as _;
use jiff::Timestamp;

use crate::center::{Center, Change, END, START};
use crate::clock::SteppingClock;
use crate::dice::Dice;
use crate::firing::Firing;
use crate::functions::PlannedHost;
use crate::furnish;
use crate::journal::{Deed, Entry, Journal, What, Who};
use crate::observed::{self, Names};
use crate::people::{self, Presence, Visitor, Wish};
use crate::sense;
use crate::witness::Witnessed;

/// Conversations of one run.
pub(crate) const CONVERSATIONS: usize = 2_000;

/// How many of them are opened by consumers who were never here.
const NEWCOMERS: usize = 1_650;

/// Monotonic time in which the engine ends all that it has to do at one instant: the longest wait of a held write, and
/// the attempts of a function that throws.
const ALL_DONE: Duration = Duration::from_secs(4);

/// What a run came to.
pub(crate) struct Run {
    pub(crate) center: Center,
    pub(crate) journal: Journal,
    /// What the engine recorded of each conversation.
    pub(crate) recorded: BTreeMap<ConversationId, Vec<Recorded>>,
    names: Names,
    pub(crate) rings: Vec<Ring>,
    /// Every step that was stored, in the order of the store.
    pub(crate) log: String,
}

/// An offer as it was told.
#[derive(Debug, Clone)]
pub(crate) struct Ring {
    pub(crate) told_at: Timestamp,
    pub(crate) offer: Offer,
}

/// Lets monotonic time go by, which stands still unless everybody waits for it.
pub(crate) async fn pass(time: Duration) {
    let never = std::future::pending::<()>();
    // It ends in no other way.
    let _ = tokio::time::timeout(time, never).await;
}

/// Something that is to happen at a certain time.
enum Plan {
    Arrives(Visitor),
    Wishes(ConversationId, Wish),
    Answers(UserId, OfferId, bool),
    Is(UserId, Presence),
    Manages(Change),
}

/// What is known of a conversation besides its state.
struct Talk {
    dice: Dice,
    visitor: Visitor,
    assigned: Option<UserId>,
    open: bool,
    brand_lines: usize,
}

struct Simulation {
    center: Center,
    handle: Handle,
    clock: Arc<SteppingClock>,
    observer: Follower,
    connected: BTreeMap<UserId, Follower>,
    dice: Dice,
    seed: u64,
    plans: BTreeMap<(Timestamp, usize), Plan>,
    planned: usize,
    talks: BTreeMap<ConversationId, Talk>,
    opened: Vec<ConversationId>,
    journal: Journal,
    rings: Vec<Ring>,
}

/// Runs the whole simulation on a new engine. The current runtime must have one thread and a paused clock.
///
/// # Errors
/// If the engine refuses something that makes sense, or fails.
pub(crate) async fn run(seed: u64) -> Result<Run> {
    let center = Center::of_the_simulation();
    let (clock, witness) = (Arc::new(SteppingClock::standing(START)), Arc::new(Witnessed::default()));
    let ports = Ports {
        store: Arc::clone(&witness) as _,
        runs: Arc::new(MemoryRuns::default()),
        sandbox: Arc::new(PlannedHost::new(center.functions.clone())),
        clock: Arc::clone(&clock) as _,
        entropy: Arc::new(SeededEntropy::new(seed)),
        master_key: MasterKey::new([3; 32]),
    };
    // One shard: the order of several on one thread would be as fixed, but says nothing more.
    let settings = Settings { shards: NonZeroUsize::MIN, ..Settings::default() };
    let engine = Engine::start(ports, settings).await?;
    let handle = engine.handle();
    furnish::furnish(&handle, &center).await?;
    let looks_on = Following::Agent(UserId::new(99).context("a number")?);
    let (observer, _) = handle.at_board(&center.account, looks_on).await?;
    observer.look_at(true, [], []);
    let mut simulation = Simulation {
        center: center.clone(),
        handle,
        clock,
        observer,
        connected: BTreeMap::new(),
        dice: Dice::new(seed, 0),
        seed,
        plans: BTreeMap::new(),
        planned: 0,
        talks: BTreeMap::new(),
        opened: Vec::new(),
        journal: Vec::new(),
        rings: Vec::new(),
    };
    simulation.begin();
    simulation.go_on().await?;
    let recorded = simulation.recorded().await?;
    let view = simulation.handle.account(&center.account).context("the account is there")?;
    let names = observed::names(&view.functions);
    let Simulation { journal, rings, .. } = simulation;
    drop(engine);
    Ok(Run { center, journal, recorded, names, rings, log: witness.watcher.take_log() })
}

impl Run {
    /// What fired in a conversation.
    ///
    /// # Errors
    /// If its log makes no sense.
    pub(crate) fn fired(&self, conversation: ConversationId) -> Result<Vec<Firing>> {
        let events = self.recorded.get(&conversation).context("no such conversation")?;
        observed::firings(&self.center.account, events, &self.names)
    }
}

impl Simulation {
    fn begin(&mut self) {
        for (at, visitor) in people::arrivals(&mut self.dice, NEWCOMERS) {
            self.plan(at, Plan::Arrives(visitor));
        }
        let agents = self.center.agents.clone();
        for agent in agents.iter().filter(|agent| !agent.manager) {
            for (at, presence) in people::shifts(&mut self.dice, agent) {
                self.plan(at, Plan::Is(agent.id, presence));
            }
        }
        for (at, change) in people::changes() {
            self.plan(at, Plan::Manages(change));
        }
    }

    fn plan(&mut self, at: Timestamp, plan: Plan) {
        self.planned += 1;
        self.plans.insert((at, self.planned), plan);
    }

    fn plan_wishes(&mut self, conversation: ConversationId, wishes: people::Wishes) {
        for (at, wish) in wishes {
            self.plan(at, Plan::Wishes(conversation, wish));
        }
    }

    /// From instant to instant: first what the engine does by itself, then what people do.
    async fn go_on(&mut self) -> Result<()> {
        self.settle().await;
        loop {
            let planned = self.plans.keys().next().map(|(at, _)| *at);
            let awaited = self.clock.next_awaited();
            let Some(next) = [planned, awaited].into_iter().flatten().min().filter(|next| *next <= END)
            else {
                return Ok(());
            };
            let now = self.handle.now();
            ensure!(awaited.is_none_or(|awaited| awaited > now), "somebody waits for what is past");
            if next > now {
                self.clock.go_to(next);
                self.settle().await;
            }
            while let Some(entry) = self.plans.first_entry().filter(|entry| entry.key().0 <= next) {
                let plan = entry.remove();
                self.carry_out(plan).await?;
                self.settle().await;
            }
        }
    }

    /// Lets the engine end what it does at this instant, and hears of it.
    async fn settle(&mut self) {
        loop {
            pass(ALL_DONE).await;
            if !self.hear() {
                return;
            }
        }
    }

    /// Takes in all news; whether there were some.
    fn hear(&mut self) -> bool {
        let mut offers = Vec::new();
        for follower in self.connected.values() {
            while let Some(news) = follower.news().now_or_never() {
                offers.extend(news.offers);
            }
        }
        let mut moved = BTreeSet::new();
        while let Some(news) = self.observer.news().now_or_never() {
            moved.extend(news.conversations);
        }
        // Each agent hears of their own: what ended at this instant did so before what began.
        offers.sort_by_key(Offer::is_open);
        let some = !offers.is_empty() || !moved.is_empty();
        for offer in offers {
            self.rings(offer);
        }
        for conversation in moved {
            self.moved(conversation);
        }
        some
    }

    fn rings(&mut self, offer: Offer) {
        let now = self.handle.now();
        if offer.is_open()
            && let Some((at, accepts)) = people::to_ring(&mut self.dice, now)
        {
            self.plan(at, Plan::Answers(offer.agent, offer.id.clone(), accepts));
        }
        self.rings.push(Ring { told_at: now, offer });
    }

    /// A conversation is another one than before: somebody may intend something because of that.
    fn moved(&mut self, conversation: ConversationId) {
        let now = self.handle.now();
        let Some(card) = self.observer.card(conversation) else { return };
        let Some(talk) = self.talks.get_mut(&conversation) else { return };
        let assigned = card.state.assigned_agent();
        let taken = assigned.is_some() && talk.assigned != assigned;
        let ended = std::mem::replace(&mut talk.open, card.state.is_open()) && !card.state.is_open();
        talk.assigned = assigned;
        if taken {
            let wishes = people::after_assignment(&mut talk.dice, now);
            self.plan_wishes(conversation, wishes);
        } else if ended {
            let authenticated = talk.visitor.authenticated || card.state.authenticated;
            let visitor = Visitor { consumer: Some(card.state.consumer), authenticated };
            if let Some((at, visitor)) = people::after_end(&mut talk.dice, now, visitor) {
                self.plan(at, Plan::Arrives(visitor));
            }
        }
    }

    async fn carry_out(&mut self, plan: Plan) -> Result<()> {
        match plan {
            Plan::Arrives(visitor) => self.open(visitor).await,
            Plan::Wishes(conversation, wish) => self.wish(conversation, wish).await,
            Plan::Answers(agent, offer, accepts) => self.answer(agent, &offer, accepts).await,
            Plan::Is(agent, presence) => self.is(agent, presence).await,
            Plan::Manages(change) => {
                self.center.apply(&change);
                furnish::change(&self.handle, &self.center, &change).await?;
                self.note(What::Changed(change));
                Ok(())
            }
        }
    }

    fn note(&mut self, what: What) {
        self.journal.push(Entry { at: self.handle.now(), what });
    }

    async fn open(&mut self, visitor: Visitor) -> Result<()> {
        if self.opened.len() >= CONVERSATIONS {
            return Ok(());
        }
        let mut dice = Dice::new(self.seed, 1 + self.opened.len() as u64);
        let opening = people::opening(&mut dice, visitor.authenticated);
        let origin = Origin {
            context_type: opening.context.to_owned(),
            visitor: opening.visitor,
            session: opening.session,
            campaign: opening.campaign,
            engagement: opening.engagement,
            language: opening.language.map(crate::center::id),
            features: vec!["AUTO_MESSAGES".to_owned()],
            client_ip: PrivateText::new(opening.address),
        };
        let first_line =
            opening.first_line.then(|| NewLine { text: "hello".to_owned(), key: None, extra: None });
        let skill = Some(opening.skill.clone());
        let (consumer, authenticated) = (visitor.consumer, opening.authenticated);
        let asked = EngineOpening { consumer, authenticated, skill, origin, first_line };
        let opened = self.handle.open(&self.center.account, asked).await?;
        let (conversation, by) = (opened.conversation, Who::Consumer(opened.consumer));
        self.note(What::Did { conversation, by, deed: Deed::Open(opening) });
        let wishes = people::after_opening(&mut dice, self.handle.now());
        let talk = Talk { dice, visitor, assigned: None, open: true, brand_lines: 0 };
        self.talks.insert(conversation, talk);
        self.opened.push(conversation);
        self.plan_wishes(conversation, wishes);
        Ok(())
    }

    async fn wish(&mut self, conversation: ConversationId, wish: Wish) -> Result<()> {
        let now = self.handle.now();
        // What the board has forgotten was closed long ago.
        let Some(card) = self.observer.card(conversation) else { return Ok(()) };
        let Some(talk) = self.talks.get_mut(&conversation) else { return Ok(()) };
        let key = self.planned as u64;
        let Some((by, deed)) = sense::deed(&wish, &card.state, &self.center, now, &mut talk.dice, key) else {
            return Ok(());
        };
        self.does(conversation, by, deed.clone()).await?;
        let talk = self.talks.get_mut(&conversation).context("it was there just now")?;
        let wishes = match (&deed, by, &wish) {
            (Deed::Write { .. }, Who::Consumer(_), Wish::Again { .. }) => Vec::new(),
            (Deed::Write { key: Some(key) }, Who::Consumer(consumer), _) => {
                let mut wishes = people::after_consumer_line(&mut talk.dice, now);
                if talk.dice.chance(8) {
                    let friend = consumer != card.state.consumer;
                    wishes
                        .push((now + jiff::SignedDuration::from_secs(3), Wish::Again { key: *key, friend }));
                }
                wishes
            }
            (Deed::Write { .. }, Who::User(_), _) => {
                talk.brand_lines += 1;
                people::after_brand_line(&mut talk.dice, now, talk.brand_lines)
            }
            _ => Vec::new(),
        };
        self.plan_wishes(conversation, wishes);
        Ok(())
    }

    /// Nothing that makes sense may be refused.
    async fn does(&mut self, conversation: ConversationId, by: Who, deed: Deed) -> Result<()> {
        let (actor, action) = sense::action(by, &deed).context("no deed for the engine")?;
        let command = Command { by: actor, cause: None, action };
        let done = self.handle.command(&self.center.account, conversation, command).await;
        done.with_context(|| format!("{deed:?} by {by:?} in {conversation} was refused"))?;
        self.note(What::Did { conversation, by, deed });
        Ok(())
    }

    async fn answer(&mut self, agent: UserId, offer: &OfferId, accepts: bool) -> Result<()> {
        let Some(follower) = self.connected.get(&agent) else { return Ok(()) };
        if !accepts {
            // Over by now, or not: there is nothing to be done about it.
            let _ = follower.reject(offer);
            return Ok(());
        }
        let Ok(accepting) = follower.accept(offer) else { return Ok(()) };
        self.does(accepting.conversation(), Who::User(agent), Deed::Accept).await?;
        accepting.taken();
        Ok(())
    }

    async fn is(&mut self, agent: UserId, presence: Presence) -> Result<()> {
        match presence {
            Presence::Comes => {
                let who = Following::Agent(agent);
                let (mut follower, _) = self.handle.at_board(&self.center.account, who).await?;
                follower.listen_to_offers();
                follower.set_availability(Availability::Online);
                self.connected.insert(agent, follower);
                self.note(What::Back(agent));
            }
            Presence::Pauses | Presence::GoesOn => {
                let pauses = matches!(presence, Presence::Pauses);
                let availability = if pauses { Availability::Away } else { Availability::Online };
                if let Some(follower) = self.connected.get(&agent) {
                    follower.set_availability(availability);
                }
            }
            Presence::Breaks | Presence::Goes => {
                if let Some(follower) = self.connected.remove(&agent) {
                    // Nobody is there to be told that these are void.
                    let void = follower.offers_to(agent).into_iter();
                    let told_at = self.handle.now();
                    self.rings.extend(void.map(|mut offer| {
                        offer.state = OfferState::Cancelled;
                        Ring { told_at, offer }
                    }));
                    self.note(What::Gone(agent));
                }
            }
        }
        Ok(())
    }

    /// What the engine recorded of each conversation.
    async fn recorded(&self) -> Result<BTreeMap<ConversationId, Vec<Recorded>>> {
        let mut recorded = BTreeMap::new();
        for conversation in &self.opened {
            let events = observed::log(&self.handle, &self.center.account, *conversation).await?;
            recorded.insert(*conversation, events);
        }
        Ok(recorded)
    }
}
