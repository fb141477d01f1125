//! Brings the center of the simulation into an engine: the same decisions in the domain's words.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use anyhow::Result;
use convoke_domain::account::{
    Actor, Command, IdleOverrides, IdleTimer, IdleTimers, Skill as DomainSkill, User, UserRole,
};
use convoke_domain::automatic_message::AutomaticMessage;
use convoke_domain::function::{Command as FunctionCommand, Draft, EventBinding, FunctionSettings};
use convoke_domain::hours::{
    Occasion as DomainOccasion, SpecialOccasions, Weekday, WeeklyInterval, WorkingHours, Zone,
};
use convoke_domain::id::{FunctionId, SkillId};
use convoke_domain::state_change::CbotEventType;
use convoke_domain::ttr::TtrSettings;
use convoke_engine::Handle;
use jiff::civil;

use crate::center::{Center, Change, IdleTimes, ResponseTimes, Skill, Wait, id, pid};

/// Everything that the center begins with.
pub(crate) async fn furnish(handle: &Handle, center: &Center) -> Result<()> {
    let name = "Acme".to_owned();
    let create = Command::Create { id: center.account.clone(), name, default_language: id("en") };
    configure(handle, center, create).await?;
    configure(handle, center, Command::SwitchControllerBot { enabled: center.bot_on }).await?;
    configure(handle, center, Command::SetTtr { ttr: ttr(center.ttr) }).await?;
    configure(handle, center, Command::SetIdleTimers { idle: idle(center.idle) }).await?;
    configure(handle, center, Command::SetAutoClose { after: center.auto_close.unsigned_abs() }).await?;
    for (number, skill) in &center.skills {
        if let Some(hours) = hours(number, skill)? {
            configure(handle, center, Command::DefineWorkingHours { hours }).await?;
            let occasions = occasions(number, skill)?;
            configure(handle, center, Command::DefineSpecialOccasions { occasions }).await?;
        }
        let define = Command::DefineSkill { id: number.clone(), skill: domain_skill(number, skill) };
        configure(handle, center, define).await?;
    }
    for agent in &center.agents {
        let roles = if agent.manager { UserRole::AgentManager } else { UserRole::Agent };
        let user = User {
            login_name: format!("agent{}", agent.id),
            nickname: agent.name.clone(),
            pid: pid(agent.id),
            skills: agent.skills.clone(),
            roles: BTreeSet::from([roles]),
            enabled: true,
            load_max: None,
        };
        configure(handle, center, Command::DefineUser { id: agent.id, user }).await?;
    }
    texts(handle, center).await?;
    functions(handle, center).await
}

/// A change while it goes on.
pub(crate) async fn change(handle: &Handle, center: &Center, change: &Change) -> Result<()> {
    let command = match change {
        Change::SwitchBot(enabled) => Command::SwitchControllerBot { enabled: *enabled },
        Change::SetIdle(times) => Command::SetIdleTimers { idle: idle(*times) },
        Change::Declare(number, _) => {
            let Some(skill) = center.skills.get(number) else { return Ok(()) };
            Command::DefineSpecialOccasions { occasions: occasions(number, skill)? }
        }
    };
    configure(handle, center, command).await
}

async fn configure(handle: &Handle, center: &Center, command: Command) -> Result<()> {
    handle.configure(&center.account, &Actor::System, command).await?;
    Ok(())
}

/// Plain texts instead of the ones that a new account has: they name no times and nobody.
async fn texts(handle: &Handle, center: &Center) -> Result<()> {
    for code in CbotEventType::ALL {
        let (code, skill) = (*code, None);
        let command = if center.texts.contains(code.code()) {
            let texts = BTreeMap::from([(id("en"), format!("About {code}."))]);
            Command::SetAutomaticMessage { code, skill, message: AutomaticMessage { enabled: true, texts } }
        } else {
            Command::ClearAutomaticMessage { code, skill }
        };
        configure(handle, center, command).await?;
    }
    Ok(())
}

async fn functions(handle: &Handle, center: &Center) -> Result<()> {
    for function in &center.functions {
        let id = FunctionId::from_bits(handle.entropy().bits());
        let create = FunctionCommand::Create {
            id,
            name: function.name.to_owned(),
            description: String::new(),
            event: Some(EventBinding::StateChange(function.event.parse()?)),
            skills: function.skills.clone(),
            draft: Draft {
                source: function.name.into(),
                environment: BTreeMap::new(),
                settings: FunctionSettings::default(),
            },
        };
        handle.change_functions(&center.account, &Actor::System, create).await?;
        handle.deploy(&center.account, &Actor::System, id).await?;
    }
    Ok(())
}

fn domain_skill(number: &SkillId, skill: &Skill) -> DomainSkill {
    DomainSkill {
        working_hours: skill.hours.as_ref().map(|_| id(number.as_str())),
        special_occasions: skill.hours.as_ref().map(|_| id(number.as_str())),
        ttr: skill.ttr.map(ttr),
        idle: skill.idle.map_or_else(IdleOverrides::default, |times| IdleOverrides {
            awaiting_in_queue: Some(timer(times.queue)),
            agent_non_responsive: Some(timer(times.agent)),
            consumer_non_responsive: Some(timer(times.consumer)),
        }),
        ..DomainSkill::named(skill.name)
    }
}

fn hours(number: &SkillId, skill: &Skill) -> Result<Option<WorkingHours>> {
    let Some(hours) = &skill.hours else { return Ok(None) };
    let interval = |(day, from, to): &(civil::Weekday, civil::Time, civil::Time)| WeeklyInterval {
        day: Weekday::ALL[usize::from(day.to_monday_zero_offset().unsigned_abs())],
        from: *from,
        to: *to,
    };
    let week = hours.week.iter().map(interval).collect();
    Ok(Some(WorkingHours::new(id(number.as_str()), skill.name.to_owned(), id(hours.zone), week)?))
}

fn occasions(number: &SkillId, skill: &Skill) -> Result<SpecialOccasions> {
    let zone: Zone = skill.hours.as_ref().map_or_else(Zone::utc, |hours| id(hours.zone));
    let occasions = skill.occasions.iter().map(|occasion| DomainOccasion {
        name: occasion.name.to_owned(),
        from: occasion.from,
        to: occasion.to,
        working: occasion.working,
    });
    Ok(SpecialOccasions::new(id(number.as_str()), skill.name.to_owned(), zone, occasions.collect())?)
}

fn ttr(times: ResponseTimes) -> TtrSettings {
    TtrSettings {
        urgent: Duration::from_secs(times.urgent),
        normal: Duration::from_secs(times.normal),
        prioritized: Duration::from_secs(times.prioritized),
    }
}

fn idle(times: IdleTimes) -> IdleTimers {
    IdleTimers {
        awaiting_in_queue: timer(times.queue),
        agent_non_responsive: timer(times.agent),
        consumer_non_responsive: timer(times.consumer),
    }
}

fn timer(wait: Wait) -> IdleTimer {
    IdleTimer { enabled: wait.on, time: Duration::from_secs(wait.seconds), repeat: wait.repeat }
}
