//! Where services are: the answer that every client asks for first (functions contract §1).

use serde::Serialize;

/// All services of an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BaseUris {
    /// One entry for each.
    #[serde(rename = "baseURIs")]
    pub base_uris: Vec<BaseUri>,
}

/// One service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BaseUri {
    /// The account.
    pub account: String,
    /// The service's name.
    pub service: String,
    /// Its host, without a scheme.
    #[serde(rename = "baseURI")]
    pub base_uri: String,
}
