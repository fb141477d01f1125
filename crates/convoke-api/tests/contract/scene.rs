//! A demo account and a conversation in it, driven by the real machine, whose payloads tests read.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use convoke_api::functions::{input_json, parse_answer};
use convoke_domain::account::{Account, Author, IdleTimer, Skill, Stamp, User, UserRole};
use convoke_domain::automatic_message::Language;
use convoke_domain::conversation::{
    Action, Actor, Command, ConsumerHistory, Context, Conversation, Event, NewLine, Open, Origin,
    PrivateText, Recorded, Timer, Triggered, decide,
};
use convoke_domain::conversation::{Failed, Settlement, Settling};
use convoke_domain::function::{
    Bindings, Deployment, Draft, EventBinding, Function, FunctionSettings, Functions, Version, VersionNumber,
};
use convoke_domain::hours::{Weekday, WeeklyInterval, WorkingHours, Zone};
use convoke_domain::id::{
    ConsumerId, ConversationId, DeploymentId, FunctionId, SkillId, UserId, WorkingHoursId,
};
use convoke_domain::invocation::FunctionRef;
use convoke_domain::state_change::{CbotEventType, StateChangeEvent};
use jiff::civil::time;
use jiff::{Timestamp, ToSpan};
use serde_json::Value;
use uuid::Uuid;

/// Serves both skills.
pub(crate) const AGENT: UserId = UserId::new(4711).unwrap();
/// Helps out.
pub(crate) const HELPER: UserId = UserId::new(4712).unwrap();

/// The consumer who writes.
pub(crate) fn consumer() -> ConsumerId {
    ConsumerId::from_bits(0x2a91_b07c_5e8d_4f13_962c_4d0a_b1e7_f355)
}

/// The participant id of a user.
pub(crate) fn pid(user: UserId) -> Uuid {
    Uuid::from_u128(u128::from(user.number()) << 64 | 0x8000_0000_0000_0000)
}

/// A conversation and everything that happened in it.
pub(crate) struct Scene {
    pub(crate) account: Account,
    pub(crate) now: Timestamp,
    pub(crate) events: Vec<Recorded>,
    pub(crate) functions: Functions,
    state: Option<Conversation>,
}

impl Scene {
    /// A Tuesday at ten: a consumer writes for the first time.
    pub(crate) fn open() -> Self {
        let mut scene = Self::before();
        scene.opens();
        scene
    }

    /// Before anything happened.
    pub(crate) fn before() -> Self {
        Self {
            account: account(),
            now: "2026-03-03T10:00:00Z".parse().unwrap(),
            events: Vec::new(),
            functions: Functions::default(),
            state: None,
        }
    }

    /// A consumer writes for the first time.
    pub(crate) fn opens(&mut self) {
        let open = Open {
            id: conversation(),
            consumer: consumer(),
            authenticated: false,
            skill: Some("123456".parse().unwrap()),
            origin: Origin {
                context_type: "CustomContext".to_owned(),
                visitor: 3_462_408_050_307_925,
                session: 81_520_337,
                campaign: 300,
                engagement: 9_001,
                language: Some("en-US".parse().unwrap()),
                features: vec!["RICH_CONTENT".to_owned()],
                client_ip: PrivateText::new("203.0.113.17"),
            },
            first_line: None,
        };
        self.does(Actor::Consumer(consumer()), Action::Open(open));
    }

    /// Somebody does something, a second later.
    pub(crate) fn does(&mut self, by: Actor, action: Action) {
        self.now = self.now.checked_add(1.second()).unwrap();
        let functions = Bindings::of(&self.functions);
        let history = ConsumerHistory::default();
        let context = Context { now: self.now, account: &self.account, functions: &functions, history };
        let command = Command { by, cause: None, action };
        let decision = decide(conversation(), self.state.as_ref(), command, &context).unwrap();
        self.state = decision.after;
        self.events.extend(decision.events);
    }

    /// Somebody writes.
    pub(crate) fn writes(&mut self, by: Actor, text: &str) {
        self.does(by, Action::Publish(NewLine { text: text.to_owned(), key: None, extra: None }));
    }

    /// A timer comes due after so many minutes.
    pub(crate) fn timer_after(&mut self, minutes: i64, timer: Timer) {
        self.now = self.now.checked_add(minutes.minutes()).unwrap();
        self.does(Actor::System, Action::TimerDue { timer });
    }

    /// Time passes.
    pub(crate) fn later_hours(&mut self, hours: i64) {
        self.now = self.now.checked_add(hours.hours()).unwrap();
    }

    /// A function that is deployed for `event`, for all skills.
    pub(crate) fn deploys(&mut self, name: &str, event: StateChangeEvent) -> FunctionRef {
        let id = FunctionId::from_bits(self.functions.functions.len() as u128 + 1);
        let version = VersionNumber::FIRST;
        let draft =
            Draft { source: "".into(), environment: BTreeMap::new(), settings: FunctionSettings::default() };
        let frozen = Version {
            source: draft.source.clone(),
            environment: draft.environment.clone(),
            settings: draft.settings,
            source_sha256: "0".repeat(64),
            created_at: self.now,
            created_by: Author::System,
        };
        let function = Function {
            name: name.to_owned(),
            description: String::new(),
            event: Some(EventBinding::StateChange(event)),
            skills: BTreeSet::new(),
            draft,
            draft_revision: 1,
            versions: BTreeMap::from([(version, frozen)]),
            last_version: Some(version),
            deployed: Some(Deployment { id: DeploymentId::from_bits(1), version, at: self.now }),
            deployments: VecDeque::new(),
            created: Stamp::default(),
            updated: Stamp::default(),
        };
        self.functions.functions.insert(id, function);
        FunctionRef { function: id, version }
    }

    /// The oldest trigger gets this answer.
    pub(crate) fn answers(&mut self, function: FunctionRef, attempts: u8, result: Result<&str, Failed>) {
        let trigger = self.state.as_ref().unwrap().lane.front().unwrap().trigger;
        let result = result.map(|json| parse_answer(Some(json)));
        let result = Settling::Ran { function, fence_policy: None, attempts, result };
        self.does(Actor::ControllerBot, Action::Settle(Settlement { trigger, result }));
    }

    /// The conversation as it is.
    pub(crate) fn state(&self) -> &Conversation {
        self.state.as_ref().unwrap()
    }

    /// What fired, in order.
    pub(crate) fn triggered(&self) -> Vec<Triggered> {
        let fired = |recorded: &Recorded| {
            if let Event::Triggered(triggered) = &recorded.event { Some(triggered.clone()) } else { None }
        };
        self.events.iter().filter_map(fired).collect()
    }

    /// What functions would have received, in order.
    pub(crate) fn payloads(&self) -> Vec<(CbotEventType, Value)> {
        let input = |triggered: &Triggered| {
            input_json(&self.account.id, &triggered.payload, |user| Some(pid(user)), self.now)
        };
        let parsed = |triggered: &Triggered| serde_json::from_str(&input(triggered)).unwrap();
        self.triggered().iter().map(|triggered| (triggered.code, parsed(triggered))).collect()
    }
}

/// The conversation's id.
pub(crate) fn conversation() -> ConversationId {
    ConversationId::for_consumer(consumer(), 0x00C0_FFEE)
}

/// Two skills with office hours, two users, the Controller Bot on.
fn account() -> Account {
    let mut account =
        Account::new("demo".parse().unwrap(), "Demo".to_owned(), "en".parse::<Language>().unwrap());
    account.controller_bot_enabled = true;
    let hours: WorkingHoursId = "1".parse().unwrap();
    let office =
        Weekday::ALL.map(|day| WeeklyInterval { day, from: time(8, 0, 0, 0), to: time(18, 0, 0, 0) });
    let office = WorkingHours::new(hours.clone(), "Office".to_owned(), Zone::utc(), office.to_vec()).unwrap();
    account.working_hours.insert(hours.clone(), office);
    let skills: BTreeSet<SkillId> = ["123456", "654321"].iter().map(|id| id.parse().unwrap()).collect();
    for id in &skills {
        let skill = Skill { working_hours: Some(hours.clone()), ..Skill::named(format!("Skill {id}")) };
        account.skills.insert(id.clone(), skill);
    }
    for (user, name) in [(AGENT, "grace"), (HELPER, "alan")] {
        account.users.insert(
            user,
            User {
                login_name: name.to_owned(),
                nickname: name.to_owned(),
                pid: pid(user),
                skills: skills.clone(),
                roles: BTreeSet::from([UserRole::Agent, UserRole::AgentManager]),
                enabled: true,
                load_max: None,
            },
        );
    }
    let timer = |seconds| IdleTimer { enabled: true, time: Duration::from_secs(seconds), repeat: 1 };
    account.idle.awaiting_in_queue = timer(90);
    account.idle.agent_non_responsive = timer(3_600);
    account
}
