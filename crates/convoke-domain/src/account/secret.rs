//! Secrets of an account: what functions read by name and nobody reads back. Values arrive sealed and stay sealed.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::command::{Actor, Context};
use super::{Account, Event, Rejection, Stamp, UserRole};
use crate::id::SecretName;
use crate::limits;

/// A value that the shell has sealed. Only the shell, with the installation's key, can open it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SealedValue(Arc<str>);

impl SealedValue {
    /// The sealed value with this text.
    pub fn new(text: &str) -> Self {
        Self(text.into())
    }

    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SealedValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealedValue(…)")
    }
}

/// A secret as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Secret {
    /// Its value, sealed for its name and version.
    pub sealed: SealedValue,
    /// How often it was set, from 1.
    pub version: u32,
    /// Who set it, and when.
    pub updated: Stamp,
}

/// Names that only the platform gives (functions contract §6.2).
const RESERVED_PREFIXES: [&str; 2] = ["LIVEPERSON_DEFAULT_", "lp-faas-"];

/// A function may give a new value to a secret that people made; everything else is for people with the role.
pub(super) fn authorize(
    account: &Account,
    name: &SecretName,
    context: &Context<'_>,
) -> Result<(), Rejection> {
    const SECRETS: &[UserRole] = &[UserRole::Operator, UserRole::Administrator, UserRole::FaasAdmin];
    let reserved = RESERVED_PREFIXES.iter().any(|prefix| name.as_str().starts_with(prefix));
    if reserved && *context.actor != Actor::System {
        return Err(Rejection::SecretReserved(name.clone()));
    }
    match context.actor {
        Actor::Function { .. } if account.secrets.contains_key(name) => Ok(()),
        Actor::Function { .. } => Err(Rejection::SecretUnknown(name.clone())),
        Actor::System | Actor::Principal { .. } if context.actor.has_any(SECRETS) => Ok(()),
        Actor::System | Actor::Principal { .. } => {
            Err(Rejection::RoleMissing { needs: "functions administrator" })
        }
    }
}

/// A new value.
pub(super) fn set(
    account: &Account,
    name: SecretName,
    secret: (SealedValue, u32),
    chars: usize,
    context: &Context<'_>,
) -> Result<Event, Rejection> {
    let (sealed, version) = secret;
    if chars > limits::SECRET_VALUE_CHARS_MAX {
        return Err(Rejection::SecretTooLong { name, chars });
    }
    let present = account.secrets.get(&name);
    if present.is_none() && account.secrets.len() >= limits::SECRETS_MAX {
        return Err(Rejection::TooMany { what: "secrets", max: limits::SECRETS_MAX });
    }
    // The value is sealed for one version; somebody else's may have come first.
    if version != present.map_or(1, |secret| secret.version.saturating_add(1)) {
        return Err(Rejection::SecretChanged(name));
    }
    let updated = Stamp::new(context.now, context.actor);
    Ok(Event::SecretSet { name, secret: Secret { sealed, version, updated } })
}

/// Forgets a secret.
pub(super) fn remove(account: &Account, name: SecretName, context: &Context<'_>) -> Result<Event, Rejection> {
    if let Actor::Function { .. } = context.actor {
        return Err(Rejection::RoleMissing { needs: "functions administrator" });
    }
    if account.secrets.contains_key(&name) {
        Ok(Event::SecretRemoved { name })
    } else {
        Err(Rejection::SecretUnknown(name))
    }
}
