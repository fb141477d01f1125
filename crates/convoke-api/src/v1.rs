//! The native HTTP API, version 1: one module per noun.
//!
//! Names are snake case, ids are texts, times are RFC 3339 in UTC, durations are numbers whose field ends with the unit.
//! Requests refuse fields they do not know. A request turns into the domain's commands by `into_…`; a response is made
//! from the domain's state by `From` or `of`.

#[macro_use]
mod mirror;

pub mod account;
pub mod activity;
pub mod app_key;
pub mod author;
pub mod automatic_message;
pub mod board;
pub mod bot;
pub mod client;
pub mod clock;
pub mod cloud_event;
pub mod consumer;
pub mod consumer_access;
pub mod controller_bot;
pub mod conversation;
pub mod demo;
pub mod diff;
pub mod domain;
pub mod event;
pub mod event_kind;
pub mod explain;
pub mod function;
pub mod function_call;
pub mod health;
pub mod idle;
pub mod list;
pub mod live;
pub mod metrics;
pub mod participant;
pub mod recording;
pub mod run;
pub mod run_log;
pub mod schedule;
pub mod schemas;
pub mod secret;
pub mod session;
pub mod settings;
pub mod skill;
pub mod special_occasions;
pub mod template;
pub mod token;
pub mod ttr;
pub mod unanswered;
pub mod user;
pub mod webhook;
pub mod window;
pub mod working_hours;

#[cfg(test)]
mod tests;
