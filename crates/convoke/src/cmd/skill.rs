//! `convoke skill`: queues and competences.

use anyhow::Result;
use clap::{ArgAction, Args, Subcommand};
use convoke_api::v1::list::List;
use convoke_api::v1::skill::{DefineSkill, Skill as View};
use convoke_domain::id::{SkillId, WorkingHoursId};

use super::Context;
use crate::client::Api;
use crate::connection::Persona;
use crate::render::{Answer, Table};

/// See and define skills
#[derive(Debug, Subcommand)]
pub(crate) enum Skill {
    /// List the skills, and whether each is staffed now
    List,
    /// Define a skill, or change one: what is left out stays
    Set(Set),
}

/// Defines one.
#[derive(Debug, Args)]
#[command(after_help = "Example: convoke skill set 345678 --name \"Billing\" --hours 1")]
pub(crate) struct Set {
    /// Its id: 1 to 10 digits
    id: SkillId,
    /// Its name, unique in the account
    #[arg(long)]
    name: Option<String>,
    /// The working hours it is staffed in
    #[arg(long, value_name = "ID", conflicts_with = "always")]
    hours: Option<WorkingHoursId>,
    /// It is always staffed
    #[arg(long)]
    always: bool,
    /// Whether conversations can be routed to it
    #[arg(long, action = ArgAction::Set, value_name = "BOOL")]
    enabled: Option<bool>,
    /// Whether its consumers are asked what they think afterwards [default: as the account says]
    #[arg(long, action = ArgAction::Set, value_name = "BOOL")]
    survey: Option<bool>,
}

impl Skill {
    pub(crate) async fn run(self, context: &Context) -> Result<Answer> {
        let api = context.client.speak_as(Persona::Admin)?;
        match self {
            Self::List => {
                let skills: List<View> = api.get(&["skills"]).await?;
                Answer::new(&skills.items, table(&skills.items))
            }
            Self::Set(set) => set.run(&api).await,
        }
    }
}

impl Set {
    async fn run(self, api: &Api<'_>) -> Result<Answer> {
        let skills: List<View> = api.get(&["skills"]).await?;
        let present = skills.items.into_iter().find(|skill| skill.id == self.id).map(|skill| skill.settings);
        let mut settings = present.unwrap_or_else(|| DefineSkill {
            name: self.id.to_string(),
            enabled: true,
            working_hours: None,
            special_occasions: None,
            ttr: None,
            idle: convoke_api::v1::idle::IdleOverrides::default(),
            survey: None,
        });
        if let Some(name) = self.name {
            settings.name = name;
        }
        if let Some(enabled) = self.enabled {
            settings.enabled = enabled;
        }
        if let Some(survey) = self.survey {
            settings.survey = Some(survey);
        }
        if self.always {
            settings.working_hours = None;
        }
        if let Some(hours) = self.hours {
            settings.working_hours = Some(hours);
        }
        let skill: View = api.put(&["skills", self.id.as_str()], &settings).await?;
        Ok(Answer::new(&skill, table(std::slice::from_ref(&skill)))?.with_id(&skill.id))
    }
}

fn table(skills: &[View]) -> String {
    let mut table = Table::new(&["skill", "name", "enabled", "hours", "staffed now", "changes"]);
    for skill in skills {
        let yes = |yes: bool| if yes { "yes" } else { "no" }.to_owned();
        let hours = skill.settings.working_hours.as_ref().map_or("always", WorkingHoursId::as_str);
        let changes = skill.staffed_changes_at.map_or_else(|| "-".to_owned(), |at| at.to_string());
        let name = skill.settings.name.clone();
        let row = [skill.id.to_string(), name, yes(skill.settings.enabled), hours.to_owned()];
        table.row(row.into_iter().chain([yes(skill.staffed), changes]));
    }
    table.text("No skills yet: `convoke skill set` defines one.")
}
