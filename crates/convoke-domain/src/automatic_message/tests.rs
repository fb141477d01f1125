//! Which automatic message goes out, by table.

use std::time::Duration;

use super::*;
use crate::account::Skill;
use crate::hours::{WorkingHours, Zone};
use crate::limits;
use crate::state_change::CbotEventType as Code;

fn language(tag: &str) -> Language {
    tag.parse().unwrap()
}

fn skill() -> SkillId {
    "7".parse().unwrap()
}

fn message(enabled: bool, texts: &[(&str, &str)]) -> AutomaticMessage {
    let texts = texts.iter().map(|&(tag, text)| (language(tag), text.to_owned())).collect();
    AutomaticMessage { enabled, texts }
}

/// An account with a skill and no texts at all.
fn silent_account() -> Account {
    let mut account = Account::new("demo".parse().unwrap(), "Demo".to_owned(), language("en"));
    account.automatic_messages = AutomaticMessages::default();
    account.skills.insert(skill(), Skill::named("Sales"));
    account
}

fn with(code: Code, entry: AutomaticMessage) -> Account {
    let mut account = silent_account();
    account.automatic_messages.entries.insert(code, entry);
    account
}

fn at_skill(mut account: Account, code: Code, entry: AutomaticMessage) -> Account {
    account.skill_messages.entry(skill()).or_default().entries.insert(code, entry);
    account
}

const FACTS: MacroFacts<'_> = MacroFacts { now: Timestamp::UNIX_EPOCH, deadline: None, agent_nickname: None };

fn sent(account: &Account, code: Code, tag: Option<&str>) -> Result<String, NoMessage> {
    let tag = tag.map(language);
    automatic_message(account, code, Some(&skill()), tag.as_ref(), FACTS)
}

fn due_in(text: &str, tag: &str, left: Duration) -> Result<String, NoMessage> {
    let account = with(Code::BackToQueue, message(true, &[(tag, text)]));
    let deadline = Timestamp::UNIX_EPOCH.checked_add(left).ok();
    let facts = MacroFacts { deadline, ..FACTS };
    automatic_message(&account, Code::BackToQueue, None, Some(&language(tag)), facts)
}

#[test]
fn the_skills_own_entry_counts_else_the_accounts() {
    let account = with(Code::BackToQueue, message(true, &[("en", "account")]));
    assert_eq!(sent(&account, Code::BackToQueue, None), Ok("account".to_owned()));
    let account = at_skill(account, Code::BackToQueue, message(true, &[("en", "skill")]));
    assert_eq!(sent(&account, Code::BackToQueue, None), Ok("skill".to_owned()));
    let elsewhere = automatic_message(&account, Code::BackToQueue, Some(&"8".parse().unwrap()), None, FACTS);
    assert_eq!(elsewhere, Ok("account".to_owned()));
}

#[test]
fn a_message_disabled_at_the_skill_is_not_sent_whatever_the_account_has() {
    let account = with(Code::BackToQueue, message(true, &[("en", "account")]));
    let account = at_skill(account, Code::BackToQueue, message(false, &[("en", "skill")]));
    assert_eq!(sent(&account, Code::BackToQueue, None), Err(NoMessage::Disabled));
    let account = with(Code::BackToQueue, message(false, &[("en", "account")]));
    assert_eq!(sent(&account, Code::BackToQueue, None), Err(NoMessage::Disabled));
    let account = at_skill(account, Code::BackToQueue, message(true, &[("en", "skill")]));
    assert_eq!(sent(&account, Code::BackToQueue, None), Ok("skill".to_owned()));
}

#[test]
fn the_language_is_the_conversations_then_its_primary_subtag_then_the_default() {
    let texts = [("de-at", "Servus"), ("de", "Hallo"), ("en", "Hello"), ("fr", "Bonjour")];
    let account = with(Code::BackToQueue, message(true, &texts));
    for (tag, text) in
        [("de-AT", "Servus"), ("de_CH", "Hallo"), ("de", "Hallo"), ("fr-CA", "Bonjour"), ("it", "Hello")]
    {
        assert_eq!(sent(&account, Code::BackToQueue, Some(tag)), Ok(text.to_owned()), "{tag}");
    }
    assert_eq!(sent(&account, Code::BackToQueue, None), Ok("Hello".to_owned()));
    let french = with(Code::BackToQueue, message(true, &[("fr", "Bonjour")]));
    assert_eq!(sent(&french, Code::BackToQueue, Some("de")), Err(NoMessage::NoText));
}

#[test]
fn a_welcome_variant_without_a_text_falls_back_to_the_welcome_of_the_same_shift_state() {
    let mut account = with(Code::ConsumerOpenNewConversation, message(true, &[("en", "day")]));
    let night = message(true, &[("en", "night")]);
    account.automatic_messages.entries.insert(Code::ConsumerOpenNewConversationOffHours, night);
    let first = Code::ConsumerOpenNewConversationFirstTime;
    let first_at_night = Code::ConsumerOpenNewConversationFirstTimeOffHours;
    let after_autoclose = Code::ConsumerOpenNewConversationAfterAutoclose;
    assert_eq!(sent(&account, first, None), Ok("day".to_owned()));
    assert_eq!(sent(&account, first_at_night, None), Ok("night".to_owned()));
    assert_eq!(sent(&account, after_autoclose, None), Ok("day".to_owned()));

    let never = WorkingHours::new("1".parse().unwrap(), "Never".to_owned(), Zone::utc(), vec![]).unwrap();
    account.working_hours.insert(never.id().clone(), never.clone());
    account.skills.get_mut(&skill()).unwrap().working_hours = Some(never.id().clone());
    assert_eq!(sent(&account, after_autoclose, None), Ok("night".to_owned()));

    let disabled = at_skill(account, first, message(false, &[]));
    assert_eq!(sent(&disabled, first, None), Err(NoMessage::Disabled), "disabled is not without a text");
}

#[test]
fn other_codes_have_no_fallback() {
    let account = with(Code::ConsumerOpenNewConversation, message(true, &[("en", "day")]));
    for &code in Code::ALL {
        if code.event() != crate::state_change::StateChangeEvent::NewConversation {
            assert_eq!(sent(&account, code, None), Err(NoMessage::NoText), "{code}");
        }
    }
}

#[test]
fn a_new_account_speaks_on_every_code_of_the_table_but_not_on_end_and_step_up() {
    let account = Account::new("demo".parse().unwrap(), "Demo".to_owned(), language("en-GB"));
    let facts = MacroFacts {
        now: Timestamp::UNIX_EPOCH,
        deadline: Some("1970-01-01T00:20:00Z".parse().unwrap()),
        agent_nickname: Some("Ada"),
    };
    let silent: Vec<_> = Code::ALL
        .iter()
        .filter(|&&code| automatic_message(&account, code, None, None, facts).is_err())
        .map(|code| code.code())
        .collect();
    assert_eq!(
        silent,
        [
            "CONSUMER_STEP_UP",
            "CONSUMER_JOINED_CONVERSATION",
            "CONSUMER_LEFT_CONVERSATION",
            "AGENT_END_CONVERSATION",
            "CONSUMER_END_CONVERSATION",
            "SYSTEM_END_CONVERSATION"
        ]
    );
    assert!(account.automatic_messages.entries.values().all(|entry| entry.check().is_ok()));
    let accepted = automatic_message(&account, Code::YouAreConnectedTo, None, None, facts);
    assert_eq!(accepted, Ok("You are now talking to Ada.".to_owned()));
}

#[test]
fn the_expected_response_time_has_its_two_largest_units_and_is_not_rounded() {
    for (seconds, text) in [
        (1, "1 second"),
        (59, "59 seconds"),
        (60, "1 minute"),
        (119, "1 minute 59 seconds"),
        (1_200, "20 minutes"),
        (3_600 + 59, "1 hour"),
        (2 * 3_600 + 1_859, "2 hours 30 minutes"),
        (86_400, "1 day"),
        (2 * 86_400 + 23 * 3_600 + 3_599, "2 days 23 hours"),
        (40 * 86_400 + 7_199, "40 days 1 hour"),
    ] {
        let left = Duration::from_secs(seconds);
        assert_eq!(due_in("{expectedResponseTime}", "en-us", left), Ok(text.to_owned()), "{seconds}");
    }
    let left = Duration::from_secs(2 * 3_600 + 1_859);
    assert_eq!(due_in("In {expectedResponseTime}.", "de", left), Ok("In 2 h 30 min.".to_owned()));
}

#[test]
fn a_message_that_names_a_time_that_is_over_is_skipped() {
    assert_eq!(due_in("In {expectedResponseTime}", "en", Duration::ZERO), Err(NoMessage::Overdue));
    assert_eq!(due_in("Soon", "en", Duration::ZERO), Ok("Soon".to_owned()));
    let account = with(Code::BackToQueue, message(true, &[("en", "In {expectedResponseTime}")]));
    assert_eq!(sent(&account, Code::BackToQueue, None), Err(NoMessage::NoDeadline));
    let account = with(Code::BackToQueue, message(true, &[("en", "{agentNickname}")]));
    assert_eq!(sent(&account, Code::BackToQueue, None), Err(NoMessage::NoAgent));
}

#[test]
fn what_a_macro_stands_for_is_never_read_as_a_macro() {
    let account = with(Code::BackToQueue, message(true, &[("en", "{{agentNickname} {other} {")]));
    let facts = MacroFacts { agent_nickname: Some("{agentNickname}"), ..FACTS };
    let text = automatic_message(&account, Code::BackToQueue, None, None, facts);
    assert_eq!(text, Ok("{{agentNickname} {other} {".to_owned()));
}

#[test]
fn texts_that_cannot_be_are_refused() {
    let english = || language("en");
    for text in ["a < b", "a > b", "a \\ b"] {
        assert_eq!(message(true, &[("en", text)]).check(), Err(TextError::Character(english())));
    }
    assert_eq!(message(true, &[("en", " \n")]).check(), Err(TextError::Empty(english())));
    let longest = "ü".repeat(limits::AUTOMATIC_TEXT_CHARS_MAX);
    assert_eq!(message(true, &[("en", &longest)]).check(), Ok(()));
    assert_eq!(message(true, &[("en", &format!("{longest}!"))]).check(), Err(TextError::TooLong(english())));
    let mut many = message(true, &[]);
    many.texts = (0..=limits::AUTOMATIC_LANGUAGES_MAX)
        .map(|number| (language(&format!("en-x-{number}")), "text".to_owned()))
        .collect();
    assert_eq!(many.check(), Err(TextError::TooManyLanguages));
}
