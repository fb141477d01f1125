//! The demo account of `convoke dev`: skills, users, hours, texts, one deployed function for each event.
//!
//! Made once per data directory, in steps that can be repeated: the tokens come last, so a set-up that was cut off goes on
//! at the next start, and one that is done is left as its user has changed it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use anyhow::{Context, Result};
use convoke_domain::account::{
    AccessToken, Account, Actor, Command, ConsumerWindow, Principal, Skill, TokenKind, User, UserRole,
};
use convoke_domain::automatic_message::Language;
use convoke_domain::function::{self, Draft, EventBinding, FunctionSettings};
use convoke_domain::hours::{Weekday, WeeklyInterval, WorkingHours, Zone};
use convoke_domain::id::{AccountId, FunctionId, SkillId, UserId, WorkingHoursId};
use convoke_domain::state_change::{CbotEventType, StateChangeEvent};
use convoke_engine::Handle;
use convoke_server::{NewToken, Templates};
use jiff::civil::time;
use uuid::Uuid;

use crate::connection::{Persona, Token};
use crate::secrets::sha256_hex;

const ACCOUNT: &str = "demo";
/// The default skill, and the one that examples transfer to.
const SERVICE: &str = "123456";
/// A skill with working hours.
const SALES: &str = "234567";
/// A skill without demo functions: for one's own.
const WORKSHOP: &str = "654321";
const OFFICE_HOURS: &str = "1";

/// How long tokens of the demo count, and how long before their end they are renewed.
const TOKEN_LIFE: Duration = Duration::from_hours(24 * 365);
const TOKEN_RENEWED_BEFORE: Duration = Duration::from_hours(24 * 30);

/// Who can be played.
const CAST: [Part; 3] = [
    Part {
        persona: Persona::Agent,
        user: 4711,
        login: "grace",
        nickname: "Grace",
        roles: &[UserRole::Agent],
    },
    Part {
        persona: Persona::Manager,
        user: 4712,
        login: "margaret",
        nickname: "Margaret",
        roles: &[UserRole::AgentManager],
    },
    Part {
        persona: Persona::Admin,
        user: 4713,
        login: "alan",
        nickname: "Alan",
        roles: &[
            UserRole::Administrator,
            UserRole::FaasAdmin,
            UserRole::FaasDeveloper,
            UserRole::FaasInvocation,
            UserRole::AgentManager,
        ],
    },
];

struct Part {
    persona: Persona,
    user: u64,
    login: &'static str,
    nickname: &'static str,
    roles: &'static [UserRole],
}

/// The demo account, ready to be used.
#[derive(Debug, Clone)]
pub(crate) struct DemoAccount {
    /// Its id.
    pub(crate) account: AccountId,
    /// Who each persona is.
    pub(crate) users: BTreeMap<Persona, UserId>,
    /// A token for each.
    pub(crate) tokens: BTreeMap<Persona, Token>,
}

/// Makes the demo account, or finds it; `known` are the tokens of the last start.
pub(crate) async fn set_up(handle: &Handle, known: &BTreeMap<Persona, Token>) -> Result<DemoAccount> {
    let demo = Demo { handle, account: id(ACCOUNT) };
    let done = handle.account(&demo.account).is_some_and(|view| !view.account.tokens.is_empty());
    if !done {
        demo.settings().await.context("cannot set the demo account up")?;
        demo.functions().await.context("cannot deploy the demo functions")?;
        demo.configure(Command::SwitchControllerBot { enabled: true }).await?;
    }
    let mut tokens = BTreeMap::new();
    for part in &CAST {
        let token = match known.get(&part.persona) {
            Some(token) if demo.still_counts(token) => token.clone(),
            Some(_) | None => demo.issue(part).await?,
        };
        tokens.insert(part.persona, token);
    }
    let users = CAST.iter().map(|part| (part.persona, user(part.user))).collect();
    Ok(DemoAccount { account: demo.account, users, tokens })
}

struct Demo<'a> {
    handle: &'a Handle,
    account: AccountId,
}

impl Demo<'_> {
    async fn configure(&self, command: Command) -> Result<()> {
        self.handle.configure(&self.account, &Actor::System, command).await?;
        Ok(())
    }

    async fn settings(&self) -> Result<()> {
        if self.handle.account(&self.account).is_none() {
            let name = "Demo".to_owned();
            let default_language = Language::english();
            self.configure(Command::Create { id: self.account.clone(), name, default_language }).await?;
        }
        self.configure(Command::DefineWorkingHours { hours: office_hours()? }).await?;
        for (skill, name, hours) in
            [(SERVICE, "Service", None), (SALES, "Sales", Some(OFFICE_HOURS)), (WORKSHOP, "Workshop", None)]
        {
            let working_hours = hours.map(id::<WorkingHoursId>);
            let skill_settings = Skill { working_hours, ..Skill::named(name) };
            self.configure(Command::DefineSkill { id: id(skill), skill: skill_settings }).await?;
        }
        self.configure(Command::SetDefaultSkill { skill: Some(id(SERVICE)) }).await?;
        // Anybody on this machine may try the consumer window, on our own pages.
        let window = ConsumerWindow { enabled: true, ..ConsumerWindow::default() };
        self.configure(Command::SetWindow { window }).await?;
        for part in &CAST {
            self.configure(Command::DefineUser { id: user(part.user), user: part.user() }).await?;
        }
        for (code, language, text) in TEXTS {
            let account = self.present()?;
            let mut message =
                account.automatic_messages.get(code).cloned().context("every code has a text")?;
            message.texts.insert(language.parse()?, text.to_owned());
            self.configure(Command::SetAutomaticMessage { code, skill: None, message }).await?;
        }
        Ok(())
    }

    async fn functions(&self) -> Result<()> {
        let templates = Templates::built_in();
        for event in StateChangeEvent::ALL {
            let event = EventBinding::StateChange(event);
            let template = templates.for_event(event).context("every event has a template")?;
            let name = template.id.replace('-', "_");
            let view = self.handle.account(&self.account).context("the account was made before")?;
            let function = if let Some((present, _)) = view.functions.by_name(&name) {
                present
            } else {
                {
                    let new = FunctionId::from_bits(self.handle.entropy().bits());
                    let create = function::Command::Create {
                        id: new,
                        name,
                        description: template.description.clone(),
                        event: Some(event),
                        skills: BTreeSet::from([id(SERVICE), id(SALES)]),
                        draft: Draft {
                            source: template.source.as_str().into(),
                            environment: BTreeMap::new(),
                            settings: FunctionSettings::default(),
                        },
                    };
                    self.handle.change_functions(&self.account, &Actor::System, create).await?;
                    new
                }
            };
            self.handle.deploy(&self.account, &Actor::System, function).await?;
        }
        Ok(())
    }

    fn present(&self) -> Result<Account> {
        let view = self.handle.account(&self.account).context("the account was made before")?;
        Ok(view.account.clone())
    }

    /// Whether a token of an earlier start can be used on.
    fn still_counts(&self, token: &Token) -> bool {
        let Some(view) = self.handle.account(&self.account) else { return false };
        let later = self.handle.now() + TOKEN_RENEWED_BEFORE;
        view.account.actor_of(&sha256_hex(&token.0), later).is_some()
    }

    /// Makes a token for a part, in place of its earlier ones.
    async fn issue(&self, part: &Part) -> Result<Token> {
        let name = format!("convoke dev: {}", part.login);
        let present = self.present()?;
        let earlier = present.tokens.iter().filter(|(_, token)| token.name == name).map(|(&id, _)| id);
        for id in earlier {
            self.configure(Command::RevokeToken { id }).await?;
        }
        let new = NewToken::generate(&self.account, self.handle.entropy());
        let at = self.handle.now();
        let token = AccessToken {
            kind: TokenKind::Key,
            name,
            sha256: new.sha256,
            principal: Principal::User(user(part.user)),
            roles: part.roles.iter().copied().collect(),
            expires_at: at + TOKEN_LIFE,
        };
        self.configure(Command::IssueToken { id: new.id, token, at }).await?;
        Ok(Token(new.text))
    }
}

impl Part {
    fn user(&self) -> User {
        User {
            login_name: self.login.to_owned(),
            nickname: self.nickname.to_owned(),
            // The same in every demo, so that examples can name them.
            pid: Uuid::from_u128(0xC0_4B0C_E000_0000_0000_0000_0000 + u128::from(self.user)),
            skills: [SERVICE, SALES, WORKSHOP].map(id::<SkillId>).into(),
            roles: self.roles.iter().copied().collect(),
            enabled: true,
            load_max: None,
        }
    }
}

/// Texts in a second language, so that it can be seen how one is chosen.
const TEXTS: [(CbotEventType, &str, &str); 3] = [
    (
        CbotEventType::ConsumerOpenNewConversation,
        "de",
        "Danke für Ihre Nachricht. Sie hören innerhalb von {expectedResponseTime} von uns.",
    ),
    (CbotEventType::YouAreConnectedTo, "de", "Sie sprechen jetzt mit {agentNickname}."),
    (
        CbotEventType::ConsumerSendMessageOnOffHours,
        "de",
        "Unser Team ist heute nicht mehr da. Ihre Nachricht bleibt erhalten, wir melden uns.",
    ),
];

fn office_hours() -> Result<WorkingHours> {
    let zone: Zone = "Europe/Berlin".parse()?;
    let days = Weekday::ALL.into_iter().take(5);
    let week = days.map(|day| WeeklyInterval { day, from: time(8, 0, 0, 0), to: time(18, 0, 0, 0) });
    Ok(WorkingHours::new(id(OFFICE_HOURS), "Office hours".to_owned(), zone, week.collect())?)
}

fn id<T: std::str::FromStr<Err: std::fmt::Debug>>(text: &str) -> T {
    text.parse().expect("the ids of the demo are well formed")
}

fn user(number: u64) -> UserId {
    UserId::new(number).expect("the users of the demo are well numbered")
}
