//! Secrets: names and versions come back, values never.

use std::fmt;

use convoke_domain::account::Secret as Domain;
use convoke_domain::id::SecretName;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::author::Stamp;

/// A new value of a secret. Its `Debug` form shows nothing.
#[derive(Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SetSecret {
    /// A text, or any other JSON, as functions get it. At most 16,384 characters.
    #[schema(value_type = Object)]
    pub value: Value,
}

impl fmt::Debug for SetSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SetSecret(…)")
    }
}

/// A secret, as far as it is shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Secret {
    /// Its name.
    #[schema(value_type = String, example = "order_api_key")]
    pub name: SecretName,
    /// How often it was set, from 1.
    pub version: u32,
    /// When it was last set, and by whom.
    pub updated: Stamp,
}

impl Secret {
    /// The secret `name` of an account.
    pub fn of(name: &SecretName, secret: &Domain) -> Self {
        Self { name: name.clone(), version: secret.version, updated: secret.updated.into() }
    }
}
