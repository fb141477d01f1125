//! What an account's functions remember outside of conversations: properties, in sessions, in namespaces.
//!
//! A namespace can give its properties a time to live; what is over is not there any more, whoever looks. Values are JSON,
//! kept as it was sent. Names are the functions' own, bounded and otherwise free.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::decider::Decider;
use crate::limits;

/// Namespaces that every account has.
pub const BUILT_IN: [&str; 5] = ["faas", "consumer", "custom", "operational", "conversation"];

/// Everything that is remembered in one account.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Contexts {
    namespaces: BTreeMap<String, Namespace>,
    bytes: usize,
}

/// Sessions under one name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Namespace {
    /// When it was made.
    pub created_at: Timestamp,
    /// How long its properties are there after they were set; `None`: until they are removed.
    pub time_to_live: Option<Duration>,
    sessions: BTreeMap<String, BTreeMap<String, Property>>,
}

/// A value and when it ends.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Property {
    json: String,
    expires_at: Option<Timestamp>,
}

/// What someone wants of the memory.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are those of the state, and documented there")]
pub enum Command {
    /// Make a namespace.
    CreateNamespace { name: String, time_to_live: Option<Duration> },
    /// Forget a namespace with all that is in it.
    DeleteNamespace { name: String },
    /// Give properties of a session values; others stay.
    SetProperties { namespace: String, session: String, properties: BTreeMap<String, String> },
    /// Forget a property.
    DeleteProperty { namespace: String, session: String, property: String },
    /// Forget a session with all its properties.
    DeleteSession { namespace: String, session: String },
}

/// What happened to the memory. Recorded for ever: variants and fields are only ever added.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[expect(missing_docs, reason = "the fields are those of the state, and documented there")]
pub enum Event {
    /// A namespace was made.
    NamespaceCreated { name: String, ttl_seconds: Option<u64>, at: Timestamp },
    /// A namespace was forgotten.
    NamespaceDeleted { name: String },
    /// Properties were given values.
    PropertiesSet { namespace: String, session: String, properties: BTreeMap<String, String>, at: Timestamp },
    /// A property was forgotten.
    PropertyDeleted { namespace: String, session: String, property: String },
    /// A session was forgotten.
    SessionDeleted { namespace: String, session: String },
}

/// An expected refusal.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the fields are what the message names")]
pub enum Rejection {
    /// No such namespace, session or property.
    #[error("there is no {what} \"{name}\"")]
    Unknown { what: &'static str, name: String },
    /// The namespace is there already.
    #[error("there is a namespace \"{0}\" already")]
    NamespaceExists(String),
    /// The namespace is part of every account.
    #[error("the namespace \"{0}\" is built in and stays")]
    NamespaceBuiltIn(String),
    /// A name that is none.
    #[error("a name of a {what} has 1 to {max} characters and no \"/\"", max = limits::CONTEXT_NAME_CHARS_MAX)]
    NameInvalid { what: &'static str },
    /// A value that is too long.
    #[error("the value of \"{property}\" has more than {max} bytes as JSON", max = limits::CONTEXT_VALUE_BYTES_MAX)]
    ValueTooLong { property: String },
    /// A time to live of nothing.
    #[error("a time to live is at least one second")]
    TimeToLiveInvalid,
    /// Something is full.
    #[error("there is room for {max} {what}; remove what nobody needs")]
    Full { what: &'static str, max: usize },
}

impl Rejection {
    /// The stable code that clients can rely on.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unknown { .. } => "context.unknown",
            Self::NamespaceExists(_) => "context.namespace_exists",
            Self::NamespaceBuiltIn(_) => "context.namespace_built_in",
            Self::NameInvalid { .. } => "context.name_invalid",
            Self::ValueTooLong { .. } => "context.value_too_long",
            Self::TimeToLiveInvalid => "context.ttl_invalid",
            Self::Full { .. } => "context.full",
        }
    }
}

impl Contexts {
    /// The namespaces that were made, by name.
    pub fn namespaces(&self) -> impl Iterator<Item = (&str, &Namespace)> {
        self.namespaces.iter().map(|(name, namespace)| (name.as_str(), namespace))
    }

    /// Whether there is such a namespace, made or built in.
    pub fn has(&self, namespace: &str) -> bool {
        BUILT_IN.contains(&namespace) || self.namespaces.contains_key(namespace)
    }

    /// The sessions of a namespace that have a property at `now`.
    pub fn sessions(&self, namespace: &str, now: Timestamp) -> Vec<&str> {
        let sessions = self.namespaces.get(namespace).into_iter().flat_map(|known| &known.sessions);
        let alive =
            sessions.filter(|(_, properties)| properties.values().any(|property| property.there(now)));
        alive.map(|(session, _)| session.as_str()).collect()
    }

    /// The properties of a session that are there at `now`, as JSON.
    pub fn properties(&self, namespace: &str, session: &str, now: Timestamp) -> BTreeMap<&str, &str> {
        let properties = self.session(namespace, session).into_iter().flatten();
        let there = properties.filter(|(_, property)| property.there(now));
        there.map(|(name, property)| (name.as_str(), property.json.as_str())).collect()
    }

    fn session(&self, namespace: &str, session: &str) -> Option<&BTreeMap<String, Property>> {
        self.namespaces.get(namespace)?.sessions.get(session)
    }
}

impl Property {
    fn there(&self, now: Timestamp) -> bool {
        self.expires_at.is_none_or(|expires_at| now < expires_at)
    }
}

/// The machine of an account's memory. Its context is the time.
#[derive(Debug, Clone, Copy)]
pub enum ContextMachine {}

impl Decider for ContextMachine {
    type State = Contexts;
    type Command = Command;
    type Event = Event;
    type Context<'a> = Timestamp;
    type Rejection = Rejection;

    fn initial() -> Contexts {
        Contexts::default()
    }

    fn decide(state: &Contexts, command: Command, now: &Timestamp) -> Result<Vec<Event>, Rejection> {
        match command {
            Command::CreateNamespace { name, time_to_live } => create(state, name, time_to_live, *now),
            Command::DeleteNamespace { name } => {
                if BUILT_IN.contains(&name.as_str()) {
                    return Err(Rejection::NamespaceBuiltIn(name));
                }
                known(state, &name)?;
                Ok(vec![Event::NamespaceDeleted { name }])
            }
            Command::SetProperties { namespace, session, properties } => {
                set(state, namespace, session, properties, *now)
            }
            Command::DeleteProperty { namespace, session, property } => {
                known(state, &namespace)?;
                if !state.properties(&namespace, &session, *now).contains_key(property.as_str()) {
                    return Err(Rejection::Unknown { what: "property", name: property });
                }
                Ok(vec![Event::PropertyDeleted { namespace, session, property }])
            }
            Command::DeleteSession { namespace, session } => {
                known(state, &namespace)?;
                if state.session(&namespace, &session).is_none() {
                    return Err(Rejection::Unknown { what: "session", name: session });
                }
                Ok(vec![Event::SessionDeleted { namespace, session }])
            }
        }
    }

    fn evolve(mut state: Contexts, event: &Event) -> Contexts {
        match event {
            Event::NamespaceCreated { name, ttl_seconds, at } => {
                let time_to_live = ttl_seconds.map(Duration::from_secs);
                state.namespaces.entry(name.clone()).or_insert_with(|| Namespace::made(*at, time_to_live));
            }
            Event::NamespaceDeleted { name } => {
                if let Some(gone) = state.namespaces.remove(name) {
                    let bytes: usize = gone.sessions.values().map(weight).sum();
                    state.bytes = state.bytes.saturating_sub(bytes);
                }
            }
            Event::PropertiesSet { namespace, session, properties, at } => {
                put(&mut state, (namespace, session), properties, *at);
            }
            Event::PropertyDeleted { namespace, session, property } => {
                remove(&mut state, namespace, session, |name, _| name != property);
            }
            Event::SessionDeleted { namespace, session } => {
                remove(&mut state, namespace, session, |_, _| false);
            }
        }
        state
    }
}

impl Namespace {
    const fn made(created_at: Timestamp, time_to_live: Option<Duration>) -> Self {
        Self { created_at, time_to_live, sessions: BTreeMap::new() }
    }
}

fn create(
    state: &Contexts,
    name: String,
    time_to_live: Option<Duration>,
    at: Timestamp,
) -> Result<Vec<Event>, Rejection> {
    let name = named("namespace", name)?;
    if BUILT_IN.contains(&name.as_str()) {
        return Err(Rejection::NamespaceBuiltIn(name));
    }
    if state.namespaces.contains_key(&name) {
        return Err(Rejection::NamespaceExists(name));
    }
    if state.namespaces.len() >= limits::CONTEXT_NAMESPACES_MAX {
        return Err(Rejection::Full { what: "namespaces", max: limits::CONTEXT_NAMESPACES_MAX });
    }
    if time_to_live.is_some_and(|time| time.as_secs() == 0) {
        return Err(Rejection::TimeToLiveInvalid);
    }
    Ok(vec![Event::NamespaceCreated { name, ttl_seconds: time_to_live.map(|time| time.as_secs()), at }])
}

fn set(
    state: &Contexts,
    namespace: String,
    session: String,
    properties: BTreeMap<String, String>,
    at: Timestamp,
) -> Result<Vec<Event>, Rejection> {
    known(state, &namespace)?;
    let session = named("session", session)?;
    for (property, json) in &properties {
        named("property", property.clone())?;
        if json.len() > limits::CONTEXT_VALUE_BYTES_MAX {
            return Err(Rejection::ValueTooLong { property: property.clone() });
        }
    }
    let more: usize = properties.iter().map(|(name, json)| name.len() + json.len()).sum();
    if state.bytes + session.len() + more > limits::CONTEXT_BYTES_MAX {
        return Err(Rejection::Full { what: "bytes", max: limits::CONTEXT_BYTES_MAX });
    }
    let changes = !properties.is_empty();
    Ok(changes.then_some(Event::PropertiesSet { namespace, session, properties, at }).into_iter().collect())
}

fn known(state: &Contexts, namespace: &str) -> Result<(), Rejection> {
    if state.has(namespace) {
        Ok(())
    } else {
        Err(Rejection::Unknown { what: "namespace", name: namespace.to_owned() })
    }
}

fn named(what: &'static str, name: String) -> Result<String, Rejection> {
    let fits = (1..=limits::CONTEXT_NAME_CHARS_MAX).contains(&name.chars().count()) && !name.contains('/');
    if fits { Ok(name) } else { Err(Rejection::NameInvalid { what }) }
}

/// Puts values in, and takes what is over out of the same session.
fn put(state: &mut Contexts, place: (&str, &str), properties: &BTreeMap<String, String>, at: Timestamp) {
    let (namespace, session) = place;
    remove(state, namespace, session, |name, property| property.there(at) && !properties.contains_key(name));
    let added: usize = properties.iter().map(|(name, json)| name.len() + json.len()).sum();
    let known = state.namespaces.entry(namespace.to_owned()).or_insert_with(|| Namespace::made(at, None));
    let expires_at = known.time_to_live.and_then(|time| at.checked_add(time).ok());
    let values = known.sessions.entry(session.to_owned()).or_default();
    for (name, json) in properties {
        values.insert(name.clone(), Property { json: json.clone(), expires_at });
    }
    state.bytes += added;
}

/// Leaves only the properties of a session that are wanted, and no session without any.
fn remove(state: &mut Contexts, namespace: &str, session: &str, wanted: impl Fn(&String, &Property) -> bool) {
    let Some(known) = state.namespaces.get_mut(namespace) else { return };
    let Some(values) = known.sessions.get_mut(session) else { return };
    let before = weight(values);
    values.retain(|name, property| wanted(name, property));
    let after = weight(values);
    if values.is_empty() {
        known.sessions.remove(session);
    }
    state.bytes = state.bytes.saturating_sub(before - after);
}

fn weight(values: &BTreeMap<String, Property>) -> usize {
    values.iter().map(|(name, property)| name.len() + property.json.len()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn apply(state: Contexts, command: Command, now: Timestamp) -> Contexts {
        let events = ContextMachine::decide(&state, command, &now).unwrap();
        for event in &events {
            let stored = serde_json::to_string(event).unwrap();
            assert_eq!(serde_json::from_str::<Event>(&stored).unwrap(), *event);
        }
        events.iter().fold(state, ContextMachine::evolve)
    }

    fn refused(state: &Contexts, command: Command) -> &'static str {
        ContextMachine::decide(state, command, &at(0)).unwrap_err().code()
    }

    fn values(pairs: &[(&str, &str)]) -> Command {
        let properties = pairs.iter().map(|(name, json)| ((*name).to_owned(), (*json).to_owned())).collect();
        Command::SetProperties { namespace: "short".to_owned(), session: "s".to_owned(), properties }
    }

    fn short() -> Contexts {
        let time_to_live = Some(Duration::from_secs(10));
        let create = Command::CreateNamespace { name: "short".to_owned(), time_to_live };
        apply(Contexts::default(), create, at(0))
    }

    #[test]
    fn a_property_is_there_until_its_time_is_over_and_setting_it_begins_anew() {
        let state = apply(short(), values(&[("a", "1"), ("b", "2")]), at(0));
        assert_eq!(state.properties("short", "s", at(9)).len(), 2);
        let state = apply(state, values(&[("a", "3")]), at(5));
        assert_eq!(state.properties("short", "s", at(12)), BTreeMap::from([("a", "3")]));
        assert_eq!(state.sessions("short", at(12)), ["s"]);
        assert!(state.sessions("short", at(15)).is_empty());
    }

    #[test]
    fn what_is_removed_gives_its_room_back() {
        let state = apply(short(), values(&[("a", "1"), ("b", "22")]), at(0));
        assert_eq!(state.bytes, 5);
        let place = || ("short".to_owned(), "s".to_owned());
        let (namespace, session) = place();
        let state =
            apply(state, Command::DeleteProperty { namespace, session, property: "a".to_owned() }, at(1));
        assert_eq!(state.bytes, 3);
        let (namespace, session) = place();
        let emptied = apply(state.clone(), Command::DeleteSession { namespace, session }, at(1));
        assert_eq!(emptied.bytes, 0);
        let emptied = apply(state, Command::DeleteNamespace { name: "short".to_owned() }, at(1));
        assert_eq!((emptied.bytes, emptied.has("short")), (0, false));
    }

    #[test]
    fn built_in_namespaces_are_there_and_stay() {
        let state = Contexts::default();
        let (namespace, session) = ("conversation".to_owned(), "c-1".to_owned());
        let properties = BTreeMap::from([("vip".to_owned(), "true".to_owned())]);
        let state = apply(state, Command::SetProperties { namespace, session, properties }, at(0));
        assert_eq!(state.properties("conversation", "c-1", at(1_000_000)).len(), 1);
        let name = || "conversation".to_owned();
        assert_eq!(refused(&state, Command::DeleteNamespace { name: name() }), "context.namespace_built_in");
        let create = Command::CreateNamespace { name: name(), time_to_live: None };
        assert_eq!(refused(&state, create), "context.namespace_built_in");
    }

    #[test]
    fn what_is_not_there_or_too_much_is_refused() {
        let state = short();
        let long = "x".repeat(limits::CONTEXT_VALUE_BYTES_MAX + 1);
        assert_eq!(refused(&state, values(&[("a", &long)])), "context.value_too_long");
        assert_eq!(refused(&state, values(&[("", "1")])), "context.name_invalid");
        let unknown = Command::DeleteNamespace { name: "x".to_owned() };
        assert_eq!(refused(&state, unknown), "context.unknown");
        let again = Command::CreateNamespace { name: "short".to_owned(), time_to_live: None };
        assert_eq!(refused(&state, again), "context.namespace_exists");
        let nothing = Command::CreateNamespace { name: "n".to_owned(), time_to_live: Some(Duration::ZERO) };
        assert_eq!(refused(&state, nothing), "context.ttl_invalid");
    }
}
