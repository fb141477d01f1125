//! Every schema of the native API in one list, for the `OpenAPI` document.
//!
//! Paths are the server's: it knows who may ask for what. This document has the words.

use utoipa::OpenApi;

use super::{
    account, activity, app_key, automatic_message, board, bot, client, clock, cloud_event, consumer,
    conversation, domain, event, explain, function, function_call, health, idle, list, live, metrics,
    participant, recording, run, run_log, schedule, secret, session, settings, skill, special_occasions,
    template, token, ttr, unanswered, user, webhook, window, working_hours,
};
use crate::problem;

/// The schemas of the native API.
#[derive(Debug, OpenApi)]
#[openapi(components(schemas(
    problem::Problem,
    account::CreateAccount,
    list::List<account::Account>,
    settings::Settings,
    settings::UpdateSettings,
    skill::DefineSkill,
    list::List<skill::Skill>,
    working_hours::DefineWorkingHours,
    list::List<working_hours::WorkingHours>,
    special_occasions::DefineSpecialOccasions,
    list::List<special_occasions::SpecialOccasions>,
    automatic_message::SetAutomaticMessage,
    list::List<automatic_message::AutomaticMessage>,
    ttr::Ttr,
    idle::IdleTimers,
    user::DefineUser,
    list::List<user::User>,
    token::IssueToken,
    token::IssuedToken,
    session::LogIn,
    session::OpenedSession,
    session::Session,
    client::CreateClient,
    client::IssuedClient,
    list::List<client::Client>,
    app_key::IssueAppKey,
    app_key::IssuedAppKey,
    list::List<app_key::AppKey>,
    list::List<conversation::ExportedConversation>,
    conversation::ExportFormat,
    cloud_event::CloudEventAnswer,
    webhook::DefineWebhook,
    webhook::IssuedWebhook,
    list::List<webhook::ListedWebhook>,
    webhook::TestDelivery,
    webhook::Deliveries,
    list::Page<webhook::DeadLetter>,
    webhook::InspectedDeadLetter,
    webhook::Redelivered,
    user::SetPassword,
    list::List<token::Token>,
    function::CreateFunction,
    function::SaveDraft,
    function::UpdateFunction,
    function::Rollback,
    function::Deployed,
    function::FunctionDetail,
    function::SavedFunction,
    function::FunctionDiff,
    list::List<function::DeploymentRecord>,
    secret::SetSecret,
    list::List<secret::Secret>,
    domain::Domains,
    domain::CheckDomain,
    domain::DomainCheck,
    activity::Activity,
    list::List<function::Function>,
    list::List<function::Version>,
    list::List<template::Template>,
    run::TestFunction,
    run::FunctionRun,
    list::List<run::FunctionRun>,
    function_call::InvokeEvent,
    function_call::Implemented,
    list::List<recording::RecordingSummary>,
    recording::Recording,
    run_log::RunLogPage<run_log::Attempt>,
    run_log::RunLogPage<run_log::LoggedLine>,
    metrics::AccountMetrics,
    metrics::FunctionHistory,
    schedule::DefineSchedule,
    list::List<schedule::Schedule>,
    bot::BotPlan,
    conversation::OpenConversation,
    conversation::OpenedConversation,
    conversation::PublishLine,
    conversation::Written,
    conversation::JoinConversation,
    conversation::AcceptConversation,
    conversation::TransferConversation,
    conversation::SetTtr,
    conversation::SetDeadline,
    conversation::StepUp,
    conversation::SetNote,
    conversation::ReceiveLines,
    conversation::RateConversation,
    list::Page<unanswered::UnansweredChange>,
    window::OpenWindow,
    window::WindowSession,
    board::Board,
    board::SetAvailability,
    board::NameOffer,
    board::Typing,
    board::SeeBoard,
    conversation::Conversation,
    list::Page<conversation::ConversationSummary>,
    live::LiveRequest,
    live::LiveMessage,
    live::Follow,
    live::LeaveConversation,
    list::List<event::ConversationEvent>,
    participant::Party,
    explain::Explanation,
    consumer::CreateConsumer,
    consumer::Consumer,
    consumer::ErasedConsumer,
    clock::Clock,
    clock::AdvanceClock,
    health::Health,
)))]
pub struct Schemas;

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;

    use super::*;

    fn references(value: &Value, found: &mut BTreeSet<String>) {
        match value {
            Value::Object(object) => {
                if let Some(Value::String(target)) = object.get("$ref") {
                    found.insert(target.clone());
                }
                object.values().for_each(|value| references(value, found));
            }
            Value::Array(list) => list.iter().for_each(|value| references(value, found)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }

    #[test]
    fn every_referenced_schema_is_there() {
        let document = serde_json::to_value(Schemas::openapi()).unwrap();
        let mut targets = BTreeSet::new();
        references(&document, &mut targets);
        assert!(targets.len() > 20, "the search found only {targets:?}");
        for target in targets {
            let pointer = target.trim_start_matches('#');
            assert!(document.pointer(pointer).is_some(), "{target} is referenced and not there");
        }
    }

    #[test]
    fn every_schema_says_what_it_is() {
        let document = serde_json::to_value(Schemas::openapi()).unwrap();
        for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
            let described = schema.get("description").is_some();
            assert!(described, "{name} has no description");
        }
    }
}
