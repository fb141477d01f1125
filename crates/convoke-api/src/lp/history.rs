//! A conversation as the history service tells it (functions contract §7.4): made anew from its events.
//!
//! Leaves out what there is no such thing of here: scores, surveys as forms, co-browsing, intents. Their lists are empty;
//! what was said in the survey after a conversation is among the lines, in its own dialog.

use std::collections::{BTreeMap, BTreeSet};

use convoke_domain::account::Account;
use convoke_domain::conversation::{Actor, Closer, Conversation, Event, Line, ParticipantId, Recorded, Role};
use convoke_domain::id::{DialogId, SkillId, UserId};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// Which conversation, and what of it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Search {
    /// Its id.
    pub conversation_id: String,
    /// The content types; none means all.
    pub content_to_retrieve: Vec<String>,
}

/// Content types without anything here.
const EMPTY: [&str; 11] = [
    "interactions",
    "messageScores",
    "messageStatuses",
    "conversationSurveys",
    "coBrowseSessions",
    "intents",
    "uniqueIntents",
    "latestAgentSurvey",
    "previouslySubmittedAgentSurveys",
    "sdes",
    "unAuthSdes",
];

/// A conversation with the content types that are wanted; none means all.
pub fn record(
    account: &Account,
    conversation: &Conversation,
    events: &[Recorded],
    wanted: &[String],
) -> Value {
    let history = History { account, conversation, events };
    history.record(|content| wanted.is_empty() || wanted.iter().any(|name| name == content))
}

/// The answer with these conversations, of `count` that match. It is partial if not all were looked at.
pub fn found(records: &[Value], count: usize, partial: bool) -> Value {
    let metadata = json!({"count": count, "shardsStatusResult": {"partialResult": partial}});
    json!({"_metadata": metadata, "conversationHistoryRecords": records})
}

/// Which conversations. A filter that is not known here is refused: without it, others would be found.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct Filters {
    /// When they were opened.
    pub start: Option<Between>,
    /// `OPEN` or `CLOSE`; both if there is none.
    pub status: Vec<String>,
    /// The skills that they are for; all if there is none.
    pub skill_ids: Vec<String>,
    /// Who takes or took part for the brand; anybody if there is none.
    pub agent_ids: Vec<String>,
    /// Whose they are.
    pub consumer: Option<String>,
    /// The content types; none means all.
    pub content_to_retrieve: Vec<String>,
}

/// A span of time, both ends included, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct Between {
    /// Not before.
    pub from: i64,
    /// Not after.
    pub to: i64,
}

impl Between {
    /// Whether it was then.
    pub fn has(self, at: Timestamp) -> bool {
        (self.from..=self.to).contains(&at.as_millisecond())
    }
}

/// Whether one of these users takes or took part for the brand.
pub fn served_by(events: &[Recorded], users: &[UserId]) -> bool {
    events.iter().any(|recorded| {
        let Event::ParticipantJoined { participant: ParticipantId::User(user), .. } = recorded.event else {
            return false;
        };
        users.contains(&user)
    })
}

struct History<'a> {
    account: &'a Account,
    conversation: &'a Conversation,
    events: &'a [Recorded],
}

impl History<'_> {
    fn record(&self, wanted: impl Fn(&str) -> bool) -> Value {
        let mut record = Map::new();
        let mut add = |content: &str, value: &dyn Fn() -> Value| {
            if wanted(content) {
                record.insert(content.to_owned(), value());
            }
        };
        add("info", &|| self.info());
        add("campaign", &|| self.campaign());
        add("messageRecords", &|| self.lines());
        add("agentParticipants", &|| self.agents(|_| true));
        add("agentParticipantsActive", &|| self.agents(|user| self.takes_part(user)));
        add("agentParticipantsLeave", &|| self.agents(|user| !self.takes_part(user)));
        add("consumerParticipants", &|| self.consumers());
        add("transfers", &|| self.transfers());
        add("skillChanges", &|| self.skill_changes());
        add("dialogs", &|| self.dialogs());
        add("responseTime", &|| self.response_time());
        add("summary", &|| json!({"text": ""}));
        add(
            "monitoring",
            &|| json!({"ipAddress": self.conversation.origin.client_ip.reveal().unwrap_or_default()}),
        );
        for content in EMPTY {
            let empty = if content.ends_with("des") { json!({"events": []}) } else { json!([]) };
            add(content, &|| empty.clone());
        }
        Value::Object(record)
    }

    fn info(&self) -> Value {
        let conversation = self.conversation;
        let latest_agent = self.users().last().copied();
        let mut info = json!({
            "brandId": self.account.id,
            "conversationId": conversation.id.to_string(),
            "latestSkillId": skill_number(&conversation.skill),
            "latestSkillName": self.skill_name(&conversation.skill),
            "latestAgentId": latest_agent.map(|user| user.to_string()),
            "latestAgentNickname": latest_agent.and_then(|user| self.account.user(user)).map(|user| &user.nickname),
            "source": "APP",
            "firstConversation": conversation.first_conversation,
            "status": if conversation.is_over() { "CLOSE" } else { "OPEN" },
            "ended": conversation.is_over(),
        });
        put_time(&mut info, "startTime", conversation.opened_at);
        if let Some(at) = conversation.ended_at() {
            put_time(&mut info, "endTime", at);
            let duration = at.duration_since(conversation.opened_at).as_millis();
            info["duration"] = json!(i64::try_from(duration).unwrap_or(i64::MAX));
        }
        if let Some((by, _)) = conversation.closed() {
            info["closeReason"] = json!(close_reason(by));
            info["closeReasonDescription"] = json!(close_reason(by));
        }
        info
    }

    fn campaign(&self) -> Value {
        let origin = &self.conversation.origin;
        json!({"campaignId": origin.campaign, "campaignEngagementId": origin.engagement})
    }

    fn lines(&self) -> Value {
        let lines = self.events.iter().filter_map(|recorded| {
            let Event::LinePublished(line) = &recorded.event else { return None };
            Some(self.line(recorded, line))
        });
        Value::Array(lines.collect())
    }

    fn line(&self, recorded: &Recorded, line: &Line) -> Value {
        let dialog = DialogId { conversation: self.conversation.id, ordinal: line.dialog };
        let mut record = json!({
            "type": "TEXT_PLAIN",
            "messageData": {"msg": {"text": line.text.reveal().unwrap_or_default()}},
            "messageId": format!("ams::dialog:{dialog}::msg:{}", line.wire_sequence),
            "audience": "ALL",
            "seq": line.wire_sequence,
            "dialogId": dialog.to_string(),
            "participantId": self.participant(line.author),
            "source": "APP",
            "sentBy": sent_by(line.role),
        });
        put_time(&mut record, "time", recorded.at);
        record
    }

    /// The users who took part, each once, in the order in which they came.
    fn users(&self) -> Vec<UserId> {
        let mut seen = BTreeSet::new();
        let joined = self.events.iter().filter_map(|recorded| {
            let Event::ParticipantJoined { participant: ParticipantId::User(user), .. } = recorded.event
            else {
                return None;
            };
            Some(user)
        });
        joined.filter(|user| seen.insert(*user)).collect()
    }

    fn takes_part(&self, user: UserId) -> bool {
        self.conversation.is_open() && self.conversation.participants.contains_key(&ParticipantId::User(user))
    }

    fn agents(&self, wanted: impl Fn(UserId) -> bool) -> Value {
        let mut first: BTreeMap<UserId, (Timestamp, Role)> = BTreeMap::new();
        for recorded in self.events {
            if let Event::ParticipantJoined { participant: ParticipantId::User(user), role } = &recorded.event
            {
                first.entry(*user).or_insert((recorded.at, *role));
            }
        }
        let chosen = self.users().into_iter().filter(|user| wanted(*user));
        let agents = chosen.filter_map(|user| {
            let (at, role) = first.get(&user)?;
            let known = self.account.user(user);
            let mut agent = json!({
                "agentId": user.to_string(),
                "agentPid": known.map(|known| known.pid.to_string()),
                "agentLoginName": known.map(|known| &known.login_name),
                "agentNickname": known.map(|known| &known.nickname),
                "agentFullName": known.map(|known| &known.nickname),
                "userType": "1",
                "userTypeName": "Human",
                "role": role_word(*role),
                "dialogId": self.conversation.id.to_string(),
            });
            put_time(&mut agent, "time", *at);
            Some(agent)
        });
        Value::Array(agents.collect())
    }

    fn consumers(&self) -> Value {
        let conversation = self.conversation;
        let mut consumer = json!({
            "participantId": conversation.consumer.to_string(),
            "consumerName": "Visitor",
            "dialogId": conversation.id.to_string(),
        });
        put_time(&mut consumer, "time", conversation.opened_at);
        json!([consumer])
    }

    fn transfers(&self) -> Value {
        let transfers = self.events.iter().filter_map(|recorded| {
            let Event::SkillChanged { from, to } = &recorded.event else { return None };
            let mut transfer = json!({
                "reason": "Skill",
                "sourceSkillId": skill_number(from),
                "sourceSkillName": self.skill_name(from),
                "targetSkillId": skill_number(to),
                "targetSkillName": self.skill_name(to),
                "by": actor_word(recorded.by),
                "dialogId": self.conversation.id.to_string(),
            });
            put_time(&mut transfer, "time", recorded.at);
            Some(transfer)
        });
        Value::Array(transfers.collect())
    }

    fn skill_changes(&self) -> Value {
        let changes = self.events.iter().filter_map(|recorded| {
            let (Event::Opened { skill, .. } | Event::SkillChanged { to: skill, .. }) = &recorded.event
            else {
                return None;
            };
            Some((recorded.at, skill))
        });
        let changes = changes.map(|(at, skill)| {
            let mut change = json!({"skillId": skill_number(skill), "skillName": self.skill_name(skill)});
            put_time(&mut change, "startTime", at);
            change
        });
        Value::Array(changes.collect())
    }

    fn dialogs(&self) -> Value {
        let main = self.dialog(DialogId::MAIN, self.conversation.opened_at, self.conversation.closed());
        let survey = self.conversation.survey.map(|survey| {
            let closed = survey.closed.map(|closed| (closed.by, closed.at));
            self.dialog(DialogId::SURVEY, survey.opened_at, closed)
        });
        std::iter::once(main).chain(survey).collect()
    }

    fn dialog(&self, ordinal: u8, opened_at: Timestamp, closed: Option<(Closer, Timestamp)>) -> Value {
        let mut dialog = json!({
            "dialogId": DialogId { conversation: self.conversation.id, ordinal }.to_string(),
            "dialogType": if ordinal == DialogId::MAIN { "MAIN" } else { "POST_SURVEY" },
            "dialogChannelType": "MESSAGING",
            "status": if closed.is_some() { "CLOSE" } else { "OPEN" },
            "skillId": skill_number(&self.conversation.skill),
            "skillName": self.skill_name(&self.conversation.skill),
        });
        put_time(&mut dialog, "startTime", opened_at);
        if let Some((by, at)) = closed {
            put_time(&mut dialog, "endTime", at);
            dialog["closeReason"] = json!(close_reason(by));
        }
        dialog
    }

    fn response_time(&self) -> Value {
        match self.conversation.deadline {
            Some(deadline) => json!({"latestEffectiveResponseDueTime": deadline.as_millisecond()}),
            None => json!({}),
        }
    }

    fn participant(&self, participant: ParticipantId) -> String {
        match participant {
            ParticipantId::Consumer(consumer) => consumer.to_string(),
            ParticipantId::User(user) => {
                self.account.user(user).map_or_else(|| user.to_string(), |user| user.pid.to_string())
            }
            ParticipantId::ControllerBot => "controller-bot".to_owned(),
        }
    }

    fn skill_name(&self, skill: &SkillId) -> Option<&str> {
        self.account.skill(skill).map(|skill| skill.name.as_str())
    }
}

/// A time in both forms that readers look for: text, and milliseconds under the name with an `L`.
fn put_time(record: &mut Value, name: &str, at: Timestamp) {
    record[name] = json!(at.strftime("%Y-%m-%d %H:%M:%S%.3f+0000").to_string());
    record[format!("{name}L")] = json!(at.as_millisecond());
}

/// Skill ids are numbers here.
fn skill_number(skill: &SkillId) -> Value {
    skill.as_str().parse::<u64>().map_or_else(|_| json!(skill), Value::from)
}

const fn sent_by(role: Role) -> &'static str {
    match role {
        Role::Consumer => "Consumer",
        Role::AssignedAgent | Role::Agent | Role::Manager | Role::Reader | Role::BrandBot => "Agent",
        Role::Controller => "Controller",
    }
}

const fn role_word(role: Role) -> &'static str {
    match role {
        Role::Consumer => "CONSUMER",
        Role::AssignedAgent => "ASSIGNED_AGENT",
        Role::Agent => "AGENT",
        Role::Manager => "MANAGER",
        Role::Reader => "READER",
        Role::Controller => "CONTROLLER",
        Role::BrandBot => "BRAND_BOT",
    }
}

const fn actor_word(actor: Actor) -> &'static str {
    match actor {
        Actor::Consumer(_) => "Consumer",
        Actor::User(_) => "Agent",
        Actor::ControllerBot => "Controller",
        Actor::System => "System",
    }
}

const fn close_reason(by: Closer) -> &'static str {
    match by {
        Closer::Agent(_) => "AGENT",
        Closer::Consumer(_) => "CONSUMER",
        Closer::ControllerBot | Closer::AutoClose | Closer::Operator => "SYSTEM",
    }
}
