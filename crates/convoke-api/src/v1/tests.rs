//! Requests become commands, states become views, and the two agree.

use convoke_domain::account::{Account, Command, Skill as DomainSkill};
use convoke_domain::automatic_message::Language;
use convoke_domain::conversation::Action;
use jiff::Timestamp;
use serde_json::json;

use super::conversation::{
    ListConversations, OpenConversation, PlaceInList, PublishLine, SetTtr, TransferConversation,
};
use super::function::CreateFunction;
use super::skill::{DefineSkill, Skill};
use super::working_hours::{DefineWorkingHours, WorkingHours};
use crate::body::parse_body;
use crate::problem::{Invalid, Problem};

fn body<T: serde::de::DeserializeOwned>(json: &serde_json::Value) -> Result<T, Invalid> {
    parse_body(json.to_string().as_bytes())
}

#[test]
fn working_hours_come_back_as_they_were_defined() {
    let request = json!({ "name": "Office", "time_zone": "Europe/Berlin",
        "week": [{ "day": "monday", "from": "08:00", "to": "18:00:00" }] });
    let define: DefineWorkingHours = body(&request).unwrap();
    let Ok(Command::DefineWorkingHours { hours }) = define.into_command("7".parse().unwrap()) else {
        panic!("these hours are usable")
    };
    let view = serde_json::to_value(WorkingHours::from(&hours)).unwrap();
    assert_eq!(view["id"], "7");
    assert_eq!(view["time_zone"], "Europe/Berlin");
    assert_eq!(view["week"], json!([{ "day": "monday", "from": "08:00:00", "to": "18:00:00" }]));
    let again: WorkingHours = serde_json::from_value(view).unwrap();
    assert_eq!(again.settings.name, "Office");
}

#[test]
fn an_unknown_time_zone_is_named_with_its_field() {
    let define: DefineWorkingHours =
        body(&json!({ "name": "Office", "time_zone": "Mars/Olympus", "week": [] })).unwrap();
    let invalid = define.into_command("7".parse().unwrap()).unwrap_err();
    assert_eq!(invalid.errors[0].field, "time_zone");
    assert!(invalid.to_string().contains("Mars/Olympus"), "{invalid}");
}

#[test]
fn a_wrong_id_and_an_unknown_field_are_named() {
    let problem = Problem::from(body::<OpenConversation>(&json!({ "skill": "sales" })).unwrap_err());
    assert_eq!((problem.code.as_str(), problem.errors[0].field.as_str()), ("request.invalid", "skill"));
    assert!(problem.detail.contains("a skill id of 1 to 10 digits"), "{problem}");
    let problem = Problem::from(body::<PublishLine>(&json!({ "text": "hi", "txet": 1 })).unwrap_err());
    assert!(problem.detail.contains("txet"), "{problem}");
}

#[test]
fn numbers_that_javascript_cannot_hold_are_refused() {
    let open: OpenConversation = body(&json!({ "visitor": 9_007_199_254_740_992_u64 })).unwrap();
    assert_eq!(open.origin(None).unwrap_err().errors[0].field, "visitor");
    let open: OpenConversation = body(&json!({ "visitor": 9_007_199_254_740_991_u64 })).unwrap();
    assert_eq!(open.origin(Some("203.0.113.17")).unwrap().client_ip.reveal(), Some("203.0.113.17"));
}

#[test]
fn a_transfer_needs_somewhere_to_go() {
    assert!(TransferConversation::default().into_action().is_err());
    let transfer: TransferConversation = body(&json!({ "skill": "123456" })).unwrap();
    let skill = Some("123456".parse().unwrap());
    assert_eq!(transfer.into_action(), Ok(Action::Transfer { skill, agent: None }));
}

#[test]
fn a_custom_time_to_respond_has_its_bounds() {
    let set: SetTtr = body(&json!({ "ttr": { "type": "custom", "seconds": 0 } })).unwrap();
    assert_eq!(set.into_action().unwrap_err().errors[0].field, "ttr.seconds");
    let set: SetTtr = body(&json!({ "ttr": { "type": "urgent" } })).unwrap();
    assert!(set.into_action().is_ok());
}

#[test]
fn a_key_has_its_bounds() {
    let line = PublishLine { text: "hi".to_owned(), key: Some("k".repeat(65)), private: false };
    assert_eq!(line.into_action().unwrap_err().errors[0].field, "key");
}

#[test]
fn a_skill_shows_whether_it_is_staffed() {
    let mut account = Account::new("demo".parse().unwrap(), "Demo".to_owned(), Language::english());
    account.skills.insert("1".parse().unwrap(), DomainSkill::named("Sales"));
    let skill = Skill::of(&account, &"1".parse().unwrap(), Timestamp::UNIX_EPOCH).unwrap();
    assert!(skill.staffed && skill.staffed_changes_at.is_none());
    let value = serde_json::to_value(&skill).unwrap();
    let define: DefineSkill = serde_json::from_value(json!({ "name": value["name"] })).unwrap();
    assert_eq!(define, skill.settings);
    assert_eq!(serde_json::from_value::<Skill>(value).unwrap(), skill);
}

#[test]
fn a_function_needs_a_source_or_a_template() {
    let create: CreateFunction = body(&json!({ "name": "f" })).unwrap();
    let id = convoke_domain::id::FunctionId::from_bits(1);
    assert_eq!(create.clone().into_command(id, None).unwrap_err().errors[0].field, "source");
    let create = CreateFunction { template: Some("nope".to_owned()), ..create };
    assert_eq!(create.into_command(id, None).unwrap_err().errors[0].field, "template");
}

#[test]
fn a_place_in_a_list_reads_back() {
    let place = PlaceInList {
        changed_at: Timestamp::from_microsecond(1_772_532_000_000_001).unwrap(),
        conversation: convoke_domain::id::ConversationId::from_bits(5),
    };
    assert_eq!(place.to_string().parse(), Ok(place));
    assert!("yesterday".parse::<PlaceInList>().is_err());
    assert_eq!(ListConversations { limit: Some(9_999), ..Default::default() }.limit(), 200);
}
