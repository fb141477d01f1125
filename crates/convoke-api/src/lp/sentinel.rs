//! Tokens for applications (functions contract §2.6).

use serde::{Deserialize, Serialize};

/// What a token request says, wherever it says it: in its body, or in the query as older clients do.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct TokenRequest {
    /// `client_credentials`.
    pub grant_type: Option<String>,
    /// The application.
    pub client_id: Option<String>,
    /// Its secret.
    pub client_secret: Option<String>,
    /// What it wants the token for.
    pub scope: Option<String>,
}

/// A token as the first form gives it. Strict clients accept no other keys.
#[derive(Serialize)]
pub struct Token {
    /// The token.
    pub access_token: String,
    /// `Bearer`.
    pub token_type: &'static str,
}

/// A token as the second form gives it: all values are texts.
#[derive(Serialize)]
pub struct TokenV2 {
    /// The token.
    pub access_token: String,
    /// `Bearer`.
    pub token_type: &'static str,
    /// How long it counts, in seconds.
    pub expires_in: String,
}

/// Why there is no token (RFC 6749 §5.2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Refusal {
    /// `invalid_client`, `unsupported_grant_type` and the like.
    pub error: &'static str,
    /// What to do about it.
    pub error_description: &'static str,
}

/// What a token says. The issuer's names, not ours.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// The account.
    pub aud: String,
    /// The application.
    pub azp: String,
    /// What it may be used for.
    pub scope: String,
    /// Who issued it.
    pub iss: String,
    /// When it ends, in seconds since 1970.
    pub exp: i64,
    /// When it was issued, in seconds since 1970.
    pub iat: i64,
}
