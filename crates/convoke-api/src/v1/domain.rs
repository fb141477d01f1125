//! The domain allow-list: which hosts functions may call, one by one, and where a URL leads.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::settings::EgressMode;

/// The hosts that functions may call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Domains {
    /// Whether the list counts.
    pub mode: EgressMode,
    /// The domains, exact or with one leading wildcard.
    #[schema(example = json!(["api.example.com", "*.example.org"]))]
    pub items: Vec<String>,
}

/// Asks where a URL leads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CheckDomain {
    /// An `http` or `https` URL; a host alone is taken as `https`.
    #[schema(example = "https://api.example.com/v1")]
    pub url: String,
}

/// Where a URL leads, hop by hop.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DomainCheck {
    /// Whether a function that requests it gets an answer.
    pub permitted: bool,
    /// The requests, in their order.
    pub hops: Vec<Hop>,
    /// What has to be added to the allow-list.
    pub add: Vec<String>,
}

/// One request of a chain of redirects.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Hop {
    /// Where, without its query.
    pub url: String,
    /// Whether the allow-list names the host.
    pub permitted: bool,
    /// The HTTP status, if there was an answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// Why there was none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}
