//! A brand with people, hours and functions, a clock that is moved by hand, and one conversation: so that a rule reads
//! as a sentence. It promises that whatever a test does, the log has no gaps and replays to the live state.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use convoke_domain::account::{Account, Author, FencePolicy, Skill, Stamp, User, UserRole};
use convoke_domain::automatic_message::{AutomaticMessage, Language};
use convoke_domain::conversation::{
    Action, Actor, Cause, Command, CommandKey, ConsumerHistory, Context, Conversation, Decision, Event,
    Failed, Line, NewLine, Open, Origin, ParticipantId, Recorded, Rejection, Reply, Role, Settled,
    Settlement, Settling, Timer, Triggered, UnfiredReason, decide, replay, timers,
};
use convoke_domain::function::{
    Bindings, Deployment, Draft, EventBinding, Function, FunctionSettings, Functions, Version, VersionNumber,
};
use convoke_domain::hours::{Weekday, WeeklyInterval, WorkingHours, Zone};
use convoke_domain::id::{
    ConsumerId, ConversationId, DeploymentId, FunctionId, InvocationId, SkillId, UserId,
};
use convoke_domain::invocation::{Answer, CommandFate, Fate, FunctionRef, MessageFate, Returned};
use convoke_domain::sequence::EventSeq;
use convoke_domain::state_change::{CbotEventType, StateChangeEvent};
use convoke_domain::ttr::Ttr;
use jiff::{SignedDuration, Timestamp};

/// The consumer who opens conversations.
pub(crate) const CONSUMER: ConsumerId = ConsumerId::from_bits(7);
/// A friend of theirs.
pub(crate) const FRIEND: ConsumerId = ConsumerId::from_bits(8);
/// The conversation.
pub(crate) const CONVERSATION: ConversationId = ConversationId::from_bits(1);
/// Staffed from 09:00 to 17:00 UTC, Monday to Friday; the default skill.
pub(crate) const SALES: &str = "100";
/// Always staffed.
pub(crate) const NIGHT: &str = "200";
/// Takes no conversations.
pub(crate) const DISABLED: &str = "300";
/// A Monday noon.
pub(crate) const NOON: &str = "2026-06-08T12:00:00Z";
/// An agent with both skills.
pub(crate) const ANNA: u64 = 1;
/// Another agent with both skills.
pub(crate) const BEN: u64 = 2;
/// A manager with both skills.
pub(crate) const MARA: u64 = 3;
/// An agent for sales only.
pub(crate) const SAM: u64 = 4;
/// A developer, who serves nobody.
pub(crate) const DEV: u64 = 5;
/// An agent who was disabled.
pub(crate) const GONE: u64 = 6;

/// A skill by its id.
pub(crate) fn skill(id: &str) -> SkillId {
    id.parse().expect("the test names a skill id")
}

/// A user by their number.
pub(crate) fn user(number: u64) -> UserId {
    UserId::new(number).expect("the test names a user id")
}

/// An agent, a manager or a bot as an actor.
pub(crate) fn by(number: u64) -> Actor {
    Actor::User(user(number))
}

/// The consumer as an actor.
pub(crate) fn consumer() -> Actor {
    Actor::Consumer(CONSUMER)
}

/// An instant.
pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().expect("the test names an instant")
}

/// Minutes.
pub(crate) fn minutes(count: u64) -> Duration {
    Duration::from_mins(count)
}

/// A text to be written.
pub(crate) fn line(text: &str) -> NewLine {
    NewLine { text: text.to_owned(), key: None, extra: None }
}

/// A brand, a clock and a conversation.
pub(crate) struct World {
    pub(crate) account: Account,
    pub(crate) functions: Functions,
    pub(crate) history: ConsumerHistory,
    pub(crate) now: Timestamp,
    pub(crate) state: Option<Conversation>,
    pub(crate) log: Vec<Recorded>,
}

impl World {
    /// A brand whose Controller Bot is on, with people and hours and without functions, at Monday noon. The consumer
    /// has written to it before.
    pub(crate) fn new() -> Self {
        Self {
            account: account(),
            functions: Functions::default(),
            history: ConsumerHistory { opened: 3, auto_closed_at: None },
            now: at(NOON),
            state: None,
            log: Vec::new(),
        }
    }

    /// The same with an open conversation of which all triggers are settled.
    pub(crate) fn open() -> Self {
        let mut world = Self::new();
        world.opens();
        world
    }

    /// The same, served by Anna.
    pub(crate) fn served() -> Self {
        let mut world = Self::open();
        world.accepts(ANNA);
        world
    }

    /// Deploys a function for `event` in all conversations.
    pub(crate) fn with_function(mut self, event: StateChangeEvent) -> Self {
        self.deploy(event, &[]);
        self
    }

    /// Deploys a function for `event` in conversations with these skills, none meaning all.
    pub(crate) fn deploy(&mut self, event: StateChangeEvent, skills: &[&str]) -> FunctionId {
        let id = FunctionId::from_bits(self.functions.functions.len() as u128 + 1);
        self.functions.functions.insert(id, function(event, skills));
        id
    }

    /// Takes all deployments back.
    pub(crate) fn undeploy(&mut self) {
        self.functions = Functions::default();
    }

    /// Moves the clock on.
    pub(crate) fn after(&mut self, time: Duration) -> &mut Self {
        self.now = self.now.checked_add(time).expect("tests stay within time");
        self
    }

    /// Moves the clock to an instant.
    pub(crate) fn at(&mut self, text: &str) -> &mut Self {
        self.now = at(text);
        self
    }

    /// What a command causes, not yet recorded.
    pub(crate) fn decided(&self, command: Command) -> Result<Decision, Rejection> {
        let bindings = Bindings::of(&self.functions);
        let context =
            Context { now: self.now, account: &self.account, functions: &bindings, history: self.history };
        decide(CONVERSATION, self.state.as_ref(), command, &context)
    }

    /// Lets a command happen. Checks what holds for every commit.
    pub(crate) fn try_do(&mut self, command: Command) -> Result<Commit, Rejection> {
        let decision = self.decided(command)?;
        let mut expected = EventSeq::after(self.state.as_ref().map(|state| state.head));
        for recorded in &decision.events {
            assert_eq!(recorded.seq, expected, "a gap in the log");
            expected = expected.next();
        }
        let live = replay(CONVERSATION, self.state.take(), &decision.events);
        assert_eq!(live, decision.after, "the events do not lead to the decided state");
        self.state = decision.after;
        self.log.extend(decision.events.iter().cloned());
        Ok(Commit { events: decision.events, reply: decision.reply })
    }

    /// Lets `actor` do something that the rules allow.
    pub(crate) fn when(&mut self, actor: Actor, action: Action) -> Commit {
        let command = Command { by: actor, cause: None, action };
        self.try_do(command).unwrap_or_else(|refusal| panic!("the rules allow it, but: {refusal}"))
    }

    /// Why the rules refuse it.
    pub(crate) fn refused(&mut self, actor: Actor, action: Action) -> Rejection {
        match self.try_do(Command { by: actor, cause: None, action }) {
            Err(refusal) => refusal,
            Ok(commit) => panic!("the rules refuse it, but it caused {:?}", commit.events),
        }
    }

    /// The conversation.
    pub(crate) fn state(&self) -> &Conversation {
        self.state.as_ref().expect("the test opened a conversation")
    }

    /// The consumer opens a conversation without a line.
    pub(crate) fn opens(&mut self) -> Commit {
        self.when(consumer(), Action::Open(opening()))
    }

    /// The consumer writes.
    pub(crate) fn consumer_writes(&mut self) -> Commit {
        self.when(consumer(), Action::Publish(line("hello?")))
    }

    /// Someone of the brand writes.
    pub(crate) fn writes(&mut self, who: u64) -> Commit {
        self.when(by(who), Action::Publish(line("good day")))
    }

    /// An agent takes the conversation.
    pub(crate) fn accepts(&mut self, who: u64) -> Commit {
        self.when(by(who), Action::Accept { agent: user(who) })
    }

    /// Someone of the brand joins.
    pub(crate) fn joins(&mut self, who: u64, role: Role) -> Commit {
        self.when(by(who), Action::Join { participant: ParticipantId::User(user(who)), role })
    }

    /// Someone of the brand leaves.
    pub(crate) fn leaves(&mut self, who: u64) -> Commit {
        self.when(by(who), Action::Leave { participant: ParticipantId::User(user(who)) })
    }

    /// An operator moves the conversation.
    pub(crate) fn transfers(&mut self, to: Option<&str>, agent: Option<u64>) -> Commit {
        self.when(Actor::System, Action::Transfer { skill: to.map(skill), agent: agent.map(user) })
    }

    /// Someone sets the time to respond.
    pub(crate) fn sets_ttr(&mut self, who: Actor, ttr: Ttr) -> Commit {
        self.when(who, Action::SetTtr { ttr })
    }

    /// A timer is looked at.
    pub(crate) fn timer(&mut self, timer: Timer) -> Commit {
        self.when(Actor::System, Action::TimerDue { timer })
    }

    /// When a timer is due.
    pub(crate) fn due(&self, timer: Timer) -> Option<Timestamp> {
        timers::due(self.state(), timer, &self.account)
    }

    /// How long from now a timer is due.
    pub(crate) fn due_in(&self, timer: Timer) -> Option<SignedDuration> {
        self.due(timer).map(|due| due.duration_since(self.now))
    }

    /// The oldest unsettled trigger.
    pub(crate) fn head(&self) -> EventSeq {
        self.state().lane.front().expect("a trigger waits for its function").trigger
    }

    /// The function of the lane's head answers.
    pub(crate) fn answers(&mut self, answer: Answer) -> Commit {
        self.ran(Ok(answer), None)
    }

    /// The function of the lane's head returns commands.
    pub(crate) fn returns(&mut self, commands: Vec<Returned>) -> Commit {
        self.answers(Answer::Commands(commands))
    }

    /// The function of the lane's head sends a text.
    pub(crate) fn says(&mut self, text: &str) -> Commit {
        self.returns(vec![message(text)])
    }

    /// The last attempt of the function of the lane's head failed.
    pub(crate) fn fails(&mut self) -> Commit {
        let detail = convoke_domain::conversation::PrivateText::new("no such property");
        self.ran(Err(Failed { code: "function.threw".to_owned(), detail }), None)
    }

    /// The function of the lane's head ended.
    pub(crate) fn ran(&mut self, result: Result<Answer, Failed>, policy: Option<FencePolicy>) -> Commit {
        let settlement = Settlement { trigger: self.head(), result: ran(result, policy) };
        self.when(Actor::System, Action::Settle(settlement))
    }

    /// `command` as a platform call of the invocation that answers the lane's head.
    pub(crate) fn as_own(&self, command: Command) -> Command {
        let depth = self.state().lane.front().map_or(0, |entry| entry.depth) + 1;
        let invocation = InvocationId::Triggered { conversation: CONVERSATION, trigger: self.head() };
        Command { cause: Some(Cause { invocation, command: None, depth }), ..command }
    }

    /// Does something as a platform call of the invocation that answers the lane's head.
    pub(crate) fn own_call(&mut self, actor: Actor, action: Action) -> Commit {
        let command = self.as_own(Command { by: actor, cause: None, action });
        self.try_do(command).unwrap_or_else(|refusal| panic!("the rules allow it, but: {refusal}"))
    }

    /// Puts a text for `code` into the account, or into one skill.
    pub(crate) fn has_text(&mut self, code: CbotEventType, text: &str) {
        self.account.automatic_messages.entries.insert(code, text_of(text));
    }
}

/// An enabled English text.
pub(crate) fn text_of(text: &str) -> AutomaticMessage {
    AutomaticMessage { enabled: true, texts: BTreeMap::from([(Language::english(), text.to_owned())]) }
}

/// An opening without a line.
pub(crate) fn opening() -> Open {
    Open {
        id: CONVERSATION,
        consumer: CONSUMER,
        authenticated: false,
        skill: None,
        origin: Origin::default(),
        first_line: None,
    }
}

/// The same with a first line.
pub(crate) fn opening_with(text: &str) -> Open {
    Open { first_line: Some(line(text)), ..opening() }
}

/// A text with a client's key.
pub(crate) fn keyed(text: &str, key: &str) -> NewLine {
    NewLine { text: text.to_owned(), key: CommandKey::new(key), extra: None }
}

/// The version that runs in tests.
pub(crate) fn function_ref() -> FunctionRef {
    FunctionRef { function: FunctionId::from_bits(1), version: VersionNumber::FIRST }
}

/// A function that ended after two attempts.
pub(crate) fn ran(result: Result<Answer, Failed>, fence_policy: Option<FencePolicy>) -> Settling {
    Settling::Ran { function: function_ref(), fence_policy, attempts: 2, result }
}

/// A returned `systemMessage`.
pub(crate) fn message(text: &str) -> Returned {
    Returned::Message(text.to_owned())
}

/// A returned `transfer`.
pub(crate) fn transfer(skill: Option<&str>, agent: Option<&str>) -> Returned {
    Returned::Transfer { skill: skill.map(str::to_owned), agent: agent.map(str::to_owned) }
}

fn account() -> Account {
    let mut account =
        Account::new("demo".parse().expect("an account id"), "Demo".to_owned(), Language::english());
    account.controller_bot_enabled = true;
    account.default_skill = Some(skill(SALES));
    let hours_id: convoke_domain::id::WorkingHoursId = "1".parse().expect("a working hours id");
    let office = [Weekday::Monday, Weekday::Tuesday, Weekday::Wednesday, Weekday::Thursday, Weekday::Friday];
    let week = office.map(|day| WeeklyInterval {
        day,
        from: "09:00".parse().expect("a time"),
        to: "17:00".parse().expect("a time"),
    });
    let hours = WorkingHours::new(hours_id.clone(), "office".to_owned(), Zone::utc(), week.to_vec());
    account.working_hours.insert(hours_id.clone(), hours.expect("good working hours"));
    account.skills = BTreeMap::from([
        (skill(SALES), Skill { working_hours: Some(hours_id), ..Skill::named("Sales") }),
        (skill(NIGHT), Skill::named("Night")),
        (skill(DISABLED), Skill { enabled: false, ..Skill::named("Disabled") }),
    ]);
    for (number, name, role, skills) in [
        (ANNA, "Anna", UserRole::Agent, &[SALES, NIGHT][..]),
        (BEN, "Ben", UserRole::Agent, &[SALES, NIGHT]),
        (MARA, "Mara", UserRole::AgentManager, &[SALES, NIGHT]),
        (SAM, "Sam", UserRole::Agent, &[SALES]),
        (DEV, "Dev", UserRole::FaasDeveloper, &[SALES, NIGHT]),
        (GONE, "Gone", UserRole::Agent, &[SALES, NIGHT]),
    ] {
        let someone = User {
            login_name: name.to_lowercase(),
            nickname: name.to_owned(),
            pid: uuid::Uuid::from_u128(u128::from(number)),
            skills: skills.iter().map(|id| skill(id)).collect(),
            roles: BTreeSet::from([role]),
            enabled: number != GONE,
            load_max: None,
        };
        account.users.insert(user(number), someone);
    }
    account
}

fn function(event: StateChangeEvent, skills: &[&str]) -> Function {
    let (source, settings) = ("function lambda() {}", FunctionSettings::default());
    let version = Version {
        source: source.into(),
        environment: BTreeMap::new(),
        settings,
        source_sha256: String::new(),
        created_at: at(NOON),
        created_by: Author::System,
    };
    Function {
        name: format!("{event:?}"),
        description: String::new(),
        event: Some(EventBinding::StateChange(event)),
        skills: skills.iter().map(|id| skill(id)).collect(),
        draft: Draft { source: source.into(), environment: BTreeMap::new(), settings },
        draft_revision: 1,
        versions: BTreeMap::from([(VersionNumber::FIRST, version)]),
        last_version: Some(VersionNumber::FIRST),
        deployed: Some(Deployment {
            id: DeploymentId::from_bits(1),
            version: VersionNumber::FIRST,
            at: at(NOON),
        }),
        deployments: VecDeque::new(),
        created: Stamp::default(),
        updated: Stamp::default(),
    }
}

/// What one command caused.
#[derive(Debug)]
pub(crate) struct Commit {
    pub(crate) events: Vec<Recorded>,
    pub(crate) reply: Reply,
}

impl Commit {
    /// The codes that fired, in order.
    pub(crate) fn codes(&self) -> Vec<CbotEventType> {
        self.triggers().map(|triggered| triggered.code).collect()
    }

    /// The firings.
    pub(crate) fn triggers(&self) -> impl Iterator<Item = &Triggered> {
        self.events.iter().filter_map(|recorded| {
            if let Event::Triggered(triggered) = &recorded.event { Some(triggered) } else { None }
        })
    }

    /// The only firing.
    pub(crate) fn trigger(&self) -> &Triggered {
        let mut all = self.triggers();
        match (all.next(), all.next()) {
            (Some(only), None) => only,
            (first, second) => panic!("one event fires, but there are {first:?} and {second:?}"),
        }
    }

    /// What fired nothing, and why.
    pub(crate) fn unfired(&self) -> Vec<(CbotEventType, UnfiredReason)> {
        let unfired = self.events.iter().filter_map(|recorded| {
            if let Event::Unfired { code, reason, .. } = &recorded.event {
                Some((*code, *reason))
            } else {
                None
            }
        });
        unfired.collect()
    }

    /// What was settled.
    pub(crate) fn settled(&self) -> Vec<&Settled> {
        let settled = self.events.iter().filter_map(|recorded| {
            if let Event::Settled(settled) = &recorded.event { Some(settled) } else { None }
        });
        settled.collect()
    }

    /// The only settle.
    pub(crate) fn settle(&self) -> &Settled {
        match self.settled()[..] {
            [only] => only,
            ref all => panic!("one trigger is settled, but there are {all:?}"),
        }
    }

    /// What became of the message of the only settle.
    pub(crate) fn message(&self) -> &MessageFate {
        &self.settle().message
    }

    /// What became of the returned commands of the first settle.
    pub(crate) fn fates(&self) -> Vec<(u16, &Fate)> {
        self.settled()[0].commands.iter().map(|CommandFate { index, fate, .. }| (*index, fate)).collect()
    }

    /// The lines, with the place of each.
    pub(crate) fn lines(&self) -> Vec<(EventSeq, &Line)> {
        let lines = self.events.iter().filter_map(|recorded| {
            if let Event::LinePublished(line) = &recorded.event { Some((recorded.seq, line)) } else { None }
        });
        lines.collect()
    }

    /// The texts of the lines.
    pub(crate) fn texts(&self) -> Vec<&str> {
        self.lines().into_iter().filter_map(|(_, line)| line.text.reveal()).collect()
    }

    /// The kind of each event, in the words of the stored form.
    pub(crate) fn kinds(&self) -> Vec<String> {
        self.events.iter().map(|recorded| kind(&recorded.event)).collect()
    }
}

/// The kind of an event, in the word of the stored form.
pub(crate) fn kind(event: &Event) -> String {
    let stored = serde_json::to_value(event).expect("events serialize");
    stored["type"].as_str().expect("events are told apart by their type").to_owned()
}

/// A fate in one word: its code if it is a rejection.
pub(crate) fn code(fate: &Fate) -> String {
    match fate {
        Fate::Applied => "applied".to_owned(),
        Fate::Ignored => "ignored".to_owned(),
        Fate::NoChange => "no change".to_owned(),
        Fate::Rejected { code, .. } => code.clone(),
        Fate::Fenced { reason } => format!("fenced: {reason:?}"),
    }
}
