//! The contact center of the simulation in plain words: skills and when they are staffed, agents, times, texts, functions.
//!
//! Both sides read it: the engine is furnished with it, and the reference model judges by it. So it names nothing of the
//! engine's rules; it says what the people who run the center decided.

use std::collections::{BTreeMap, BTreeSet};

use convoke_domain::id::{AccountId, SkillId, UserId};
use jiff::civil::{DateTime, Time, Weekday, date, time};
use jiff::{SignedDuration, Timestamp};

/// Everything that was decided about the center.
#[derive(Debug, Clone)]
pub(crate) struct Center {
    pub(crate) account: AccountId,
    pub(crate) skills: BTreeMap<SkillId, Skill>,
    pub(crate) agents: Vec<Agent>,
    pub(crate) ttr: ResponseTimes,
    pub(crate) idle: IdleTimes,
    pub(crate) auto_close: SignedDuration,
    /// Codes of which the account has an automatic message; it has an empty hand for all others.
    pub(crate) texts: BTreeSet<&'static str>,
    pub(crate) functions: Vec<Function>,
    pub(crate) bot_on: bool,
}

#[derive(Debug, Clone)]
pub(crate) struct Skill {
    pub(crate) name: &'static str,
    /// When it is staffed; without hours always.
    pub(crate) hours: Option<Hours>,
    pub(crate) occasions: Vec<Occasion>,
    pub(crate) ttr: Option<ResponseTimes>,
    pub(crate) idle: Option<IdleTimes>,
}

#[derive(Debug, Clone)]
pub(crate) struct Hours {
    pub(crate) zone: &'static str,
    /// Day on which it begins, from, to; at or before `from` means on the next day.
    pub(crate) week: Vec<(Weekday, Time, Time)>,
}

/// An exception to the hours, in the zone of the hours.
#[derive(Debug, Clone)]
pub(crate) struct Occasion {
    pub(crate) name: &'static str,
    pub(crate) from: DateTime,
    pub(crate) to: DateTime,
    pub(crate) working: bool,
}

/// Seconds of each time to respond.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ResponseTimes {
    pub(crate) urgent: u64,
    pub(crate) normal: u64,
    pub(crate) prioritized: u64,
}

/// The three idle timers; one without a time is off.
#[derive(Debug, Clone, Copy)]
pub(crate) struct IdleTimes {
    pub(crate) queue: Wait,
    pub(crate) agent: Wait,
    pub(crate) consumer: Wait,
}

/// How long somebody is waited for, and how often that is said.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wait {
    pub(crate) on: bool,
    pub(crate) seconds: u64,
    pub(crate) repeat: u8,
}

#[derive(Debug, Clone)]
pub(crate) struct Agent {
    pub(crate) id: UserId,
    pub(crate) name: String,
    pub(crate) skills: BTreeSet<SkillId>,
    pub(crate) manager: bool,
    /// When they come and go.
    pub(crate) shifts: Vec<(Timestamp, Timestamp)>,
}

/// A deployed function: what it does is data, so that both sides know it.
#[derive(Debug, Clone)]
pub(crate) struct Function {
    pub(crate) name: &'static str,
    pub(crate) event: &'static str,
    /// The skills that it answers for; none means all.
    pub(crate) skills: BTreeSet<SkillId>,
    pub(crate) does: Does,
}

#[derive(Debug, Clone)]
pub(crate) enum Does {
    /// The first that fits; if none does, it returns nothing.
    Answer(Vec<Reaction>),
    /// It throws, however often it is tried.
    Throw,
}

/// What a function returns when a change is like this.
#[derive(Debug, Clone)]
pub(crate) struct Reaction {
    pub(crate) code: Option<&'static str>,
    pub(crate) skill: Option<SkillId>,
    pub(crate) campaign: Option<u64>,
    pub(crate) returns: Vec<Returned>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Returned {
    Say(&'static str),
    Transfer(SkillId),
    Close,
}

/// Something that the people who run the center change while it goes on.
#[derive(Debug, Clone)]
pub(crate) enum Change {
    SwitchBot(bool),
    /// One more exception for a skill.
    Declare(SkillId, Occasion),
    /// Another idle timer for conversations of skills without timers of their own.
    SetIdle(IdleTimes),
}

/// How a run of a function ends.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Ends<'f> {
    Threw,
    /// It returned `undefined`.
    WithNothing,
    WithCommands(&'f [Returned]),
}

impl Function {
    /// What it returns, or that it throws.
    pub(crate) fn ends(&self, code: &str, skill: &SkillId, campaign: u64) -> Ends<'_> {
        let Does::Answer(reactions) = &self.does else { return Ends::Threw };
        let fits = |reaction: &&Reaction| {
            reaction.code.is_none_or(|wanted| wanted == code)
                && reaction.skill.as_ref().is_none_or(|wanted| wanted == skill)
                && reaction.campaign.is_none_or(|wanted| wanted == campaign)
        };
        let reaction = reactions.iter().find(fits);
        reaction.map_or(Ends::WithNothing, |reaction| Ends::WithCommands(&reaction.returns))
    }
}

impl Center {
    pub(crate) fn apply(&mut self, change: &Change) {
        match change {
            Change::SwitchBot(on) => self.bot_on = *on,
            Change::Declare(skill, occasion) => {
                if let Some(skill) = self.skills.get_mut(skill) {
                    skill.occasions.push(occasion.clone());
                }
            }
            Change::SetIdle(idle) => self.idle = *idle,
        }
    }

    pub(crate) fn idle_of(&self, skill: &SkillId) -> IdleTimes {
        self.skills.get(skill).and_then(|skill| skill.idle).unwrap_or(self.idle)
    }

    pub(crate) fn ttr_of(&self, skill: &SkillId) -> ResponseTimes {
        self.skills.get(skill).and_then(|skill| skill.ttr).unwrap_or(self.ttr)
    }

    pub(crate) fn agent(&self, id: UserId) -> Option<&Agent> {
        self.agents.iter().find(|agent| agent.id == id)
    }

    pub(crate) fn serving(&self, skill: &SkillId) -> Vec<UserId> {
        self.agents.iter().filter(|agent| agent.skills.contains(skill)).map(|agent| agent.id).collect()
    }

    pub(crate) fn managers(&self) -> Vec<UserId> {
        self.agents.iter().filter(|agent| agent.manager).map(|agent| agent.id).collect()
    }

    /// The center of the simulation: five skills in two time zones, twenty agents, two managers.
    pub(crate) fn of_the_simulation() -> Self {
        Self {
            account: id("acme"),
            skills: skills(),
            agents: agents(),
            ttr: ResponseTimes { urgent: 300, normal: 1_200, prioritized: 600 },
            idle: IdleTimes {
                queue: Wait { on: true, seconds: 300, repeat: 2 },
                agent: Wait { on: true, seconds: 240, repeat: 3 },
                consumer: Wait { on: true, seconds: 900, repeat: 2 },
            },
            auto_close: SignedDuration::from_hours(6),
            texts: TEXTS.into_iter().collect(),
            functions: functions(),
            bot_on: true,
        }
    }
}

/// An id of the simulation, which is written down right.
pub(crate) fn id<T: std::str::FromStr>(text: &str) -> T
where
    T::Err: std::fmt::Debug,
{
    text.parse().expect("the ids of the simulation are well-formed")
}

/// The participant id of an agent.
pub(crate) fn pid(user: UserId) -> uuid::Uuid {
    uuid::Uuid::from_u128(0xA6E0_0000 + u128::from(user.number()))
}

pub(crate) const ORDERS: &str = "1";
pub(crate) const RETURNS: &str = "2";
pub(crate) const NIGHT: &str = "3";
pub(crate) const OVERSEAS: &str = "4";
pub(crate) const ALWAYS: &str = "5";

const BERLIN: &str = "Europe/Berlin";
const NEW_YORK: &str = "America/New_York";

const WORKDAYS: [Weekday; 5] =
    [Weekday::Monday, Weekday::Tuesday, Weekday::Wednesday, Weekday::Thursday, Weekday::Friday];

/// All codes with an automatic message of the account: none for the ends and the step-up, and on purpose none for a
/// colleague who leaves.
const TEXTS: [&str; 15] = [
    "CONSUMER_OPEN_NEW_CONVERSATION",
    "CONSUMER_OPEN_NEW_CONVERSATION_FIRST_TIME",
    "CONSUMER_OPEN_NEW_CONVERSATION_OFF_HOURS",
    "CONSUMER_OPEN_NEW_CONVERSATION_FIRST_TIME_OFF_HOURS",
    "YOU_ARE_CONNECTED_TO",
    "BACK_TO_QUEUE",
    "ANOTHER_AGENT_JOINED_CONVERSATION",
    "ENGAGEMENT_TRANSFERED",
    "CONSUMER_ASKED_URGENT_RESPONSE_TIME",
    "CONSUMER_CANCELED_URGENT_RESPONSE_TIME",
    "AGENT_UPDATED_RESPONSE_TIME",
    "CONSUMER_SEND_MESSAGE_ON_OFFHOURS",
    "CONSUMER_NON_RESPONSIVE",
    "AGENT_NON_RESPONSIVE",
    "CONV_AWAITING_IN_QUEUE",
];

fn week(days: &[Weekday], from: Time, to: Time) -> Vec<(Weekday, Time, Time)> {
    days.iter().map(|day| (*day, from, to)).collect()
}

fn skills() -> BTreeMap<SkillId, Skill> {
    let wait = |seconds, repeat| Wait { on: true, seconds, repeat };
    let orders = Skill {
        name: "Orders",
        hours: Some(Hours { zone: BERLIN, week: week(&WORKDAYS, time(8, 0, 0, 0), time(18, 0, 0, 0)) }),
        occasions: Vec::new(),
        ttr: None,
        idle: None,
    };
    let mut mornings = week(&WORKDAYS, time(9, 0, 0, 0), time(12, 30, 0, 0));
    mornings.extend(week(&WORKDAYS, time(13, 30, 0, 0), time(17, 30, 0, 0)));
    mornings.push((Weekday::Saturday, time(9, 0, 0, 0), time(12, 0, 0, 0)));
    let returns = Skill {
        name: "Returns",
        hours: Some(Hours { zone: BERLIN, week: mornings }),
        occasions: vec![Occasion {
            name: "Staff meeting",
            from: date(2026, 3, 27).at(15, 0, 0, 0),
            to: date(2026, 3, 27).at(16, 0, 0, 0),
            working: false,
        }],
        ttr: Some(ResponseTimes { urgent: 240, normal: 1_800, prioritized: 900 }),
        idle: Some(IdleTimes {
            queue: wait(420, 3),
            agent: Wait { on: false, seconds: 600, repeat: 1 },
            consumer: wait(360, 3),
        }),
    };
    let every_day = [&WORKDAYS[..], &[Weekday::Saturday, Weekday::Sunday]].concat();
    let night = Skill {
        name: "Night",
        hours: Some(Hours { zone: BERLIN, week: week(&every_day, time(20, 0, 0, 0), time(4, 30, 0, 0)) }),
        occasions: Vec::new(),
        ttr: None,
        idle: Some(IdleTimes { queue: wait(615, 1), agent: wait(333, 2), consumer: wait(1_800, 1) }),
    };
    let overseas = Skill {
        name: "Overseas",
        hours: Some(Hours { zone: NEW_YORK, week: week(&WORKDAYS, time(9, 0, 0, 0), time(17, 0, 0, 0)) }),
        occasions: vec![
            Occasion {
                name: "Long Saturday",
                from: date(2026, 3, 28).at(10, 0, 0, 0),
                to: date(2026, 3, 28).at(14, 0, 0, 0),
                working: true,
            },
            Occasion {
                name: "Company holiday",
                from: date(2026, 3, 30).at(0, 0, 0, 0),
                to: date(2026, 3, 31).at(0, 0, 0, 0),
                working: false,
            },
        ],
        ttr: None,
        idle: None,
    };
    let always = Skill {
        name: "Always",
        hours: None,
        occasions: Vec::new(),
        ttr: Some(ResponseTimes { urgent: 120, normal: 600, prioritized: 300 }),
        idle: Some(IdleTimes { queue: wait(90, 4), agent: wait(120, 2), consumer: wait(480, 2) }),
    };
    [(ORDERS, orders), (RETURNS, returns), (NIGHT, night), (OVERSEAS, overseas), (ALWAYS, always)]
        .into_iter()
        .map(|(number, skill)| (id(number), skill))
        .collect()
}

/// Twenty agents and two managers: office days, nights, and the hours of another continent.
fn agents() -> Vec<Agent> {
    let mut agents = Vec::new();
    for number in 1..=22_u64 {
        let (skills, from, hours): (&[&str], i64, i64) = match number {
            1..=5 => (&[ORDERS, ALWAYS], 7, 10),
            6..=9 => (&[RETURNS, ORDERS], 7, 10),
            10..=12 => (&[ORDERS, RETURNS, ALWAYS], 9, 9),
            13..=16 => (&[OVERSEAS, ALWAYS], 13, 9),
            17..=20 => (&[NIGHT, ALWAYS, RETURNS], 18, 10),
            _ => (&[ORDERS, RETURNS, NIGHT, OVERSEAS, ALWAYS], 6, 14),
        };
        // Nobody comes on the minute.
        let late = SignedDuration::from_secs(i64::try_from(number * 137 % 900).unwrap_or_default());
        let shifts = (0..7).filter(|day| number > 12 || !matches!(day, 1 | 2)).map(|day| {
            let from = START + SignedDuration::from_hours(24 * day + from) + late;
            (from, from + SignedDuration::from_hours(hours))
        });
        agents.push(Agent {
            id: UserId::new(number).expect("numbers of agents are not 0"),
            name: format!("Agent {number}"),
            skills: skills.iter().map(|skill| id(skill)).collect(),
            manager: number > 20,
            shifts: shifts.collect(),
        });
    }
    agents
}

/// Friday, 27 March 2026, midnight UTC. The clocks of Europe change on Sunday.
pub(crate) const START: Timestamp = Timestamp::constant(1_774_569_600, 0);

/// Seven days later.
pub(crate) const END: Timestamp = Timestamp::constant(1_774_569_600 + 7 * 86_400, 0);

/// Campaigns that functions know.
pub(crate) const TO_RETURNS: u64 = 7;
pub(crate) const CLOSE_WHEN_SILENT: u64 = 3;
pub(crate) const TO_THE_NIGHT: u64 = 5;
pub(crate) const BACK_AND_FORTH: u64 = 13;

fn functions() -> Vec<Function> {
    use Returned::{Close, Say, Transfer};
    let on = |name, event, skills: &[&str], does| Function {
        name,
        event,
        skills: skills.iter().map(|skill| id(skill)).collect(),
        does,
    };
    let when = |code, skill: Option<&str>, campaign, returns: &[Returned]| Reaction {
        code,
        skill: skill.map(id),
        campaign,
        returns: returns.to_vec(),
    };
    vec![
        on(
            "welcome",
            "controllerbot_messaging_new_conversation",
            &[ORDERS, ALWAYS],
            Does::Answer(vec![
                when(
                    None,
                    Some(ORDERS),
                    Some(TO_RETURNS),
                    &[Say("Returns will help you."), Transfer(id(RETURNS))],
                ),
                when(None, None, Some(TO_THE_NIGHT), &[Say("Welcome."), Say("Only the first counts.")]),
            ]),
        ),
        on(
            "silence",
            "controllerbot_messaging_conversation_idle",
            &[],
            Does::Answer(vec![
                when(Some("CONSUMER_NON_RESPONSIVE"), None, Some(CLOSE_WHEN_SILENT), &[Say("Bye."), Close]),
                when(Some("CONV_AWAITING_IN_QUEUE"), Some(RETURNS), None, &[Transfer(id(ALWAYS))]),
                when(Some("AGENT_NON_RESPONSIVE"), None, None, &[]),
            ]),
        ),
        on(
            "bounce",
            "controllerbot_messaging_conversation_routing",
            &[NIGHT, OVERSEAS],
            Does::Answer(vec![
                when(None, Some(NIGHT), Some(BACK_AND_FORTH), &[Transfer(id(OVERSEAS))]),
                when(None, Some(OVERSEAS), Some(BACK_AND_FORTH), &[Transfer(id(NIGHT)), Say("Again.")]),
            ]),
        ),
        on(
            "evening",
            "controllerbot_messaging_mid_conversation_msg",
            &[ORDERS],
            Does::Answer(vec![when(None, None, Some(TO_THE_NIGHT), &[Transfer(id(NIGHT))])]),
        ),
        on(
            "company",
            "controllerbot_messaging_participants_change",
            &[RETURNS],
            Does::Answer(vec![when(Some("YOU_ARE_CONNECTED_TO"), None, None, &[Say("Here we are.")])]),
        ),
        on(
            "known",
            "controllerbot_messaging_consumer_step_up",
            &[],
            Does::Answer(vec![when(None, None, None, &[Say("Nice to know you.")])]),
        ),
        on("archive", "controllerbot_messaging_conversation_end", &[OVERSEAS, ALWAYS], Does::Throw),
    ]
}
