//! Logging in as the tools do it (functions contract §3.1).

use serde::{Deserialize, Serialize};

/// Who wants to log in: a person, or a bot's user (messaging contract §1.2).
#[derive(Deserialize)]
#[serde(untagged)]
pub enum Login {
    /// With a password.
    Person {
        /// The login name.
        username: String,
        /// The password.
        password: String,
    },
    /// With the keys of a program and of its user.
    Bot(BotLogin),
}

/// How a bot's user proves itself.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BotLogin {
    /// The login name.
    pub username: String,
    /// The program: the id of a client of the account.
    pub app_key: String,
    /// The client's secret.
    pub secret: String,
    /// The name of the user's access token; not a secret, and not looked at.
    #[serde(rename = "accessToken")]
    pub access_token: String,
    /// The access token itself.
    pub access_token_secret: String,
}

/// A session that began.
#[derive(Serialize)]
pub struct Session {
    /// The token for all other planes.
    pub bearer: String,
    /// What a refresh has to show besides the session.
    pub csrf: String,
    /// The session, which a refresh shows as a cookie.
    #[serde(rename = "sessionId")]
    pub session_id: String,
    /// Who logged in.
    pub config: Config,
}

/// Who logged in.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Config {
    /// The user's number, as a text.
    pub user_id: String,
    /// The user's id on the messaging sockets.
    pub user_pid: String,
    /// The login name.
    pub login_name: String,
}

/// What a refresh and a logout show besides the cookie.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Refresh {
    /// As the login gave it.
    pub csrf: String,
}

/// A session that goes on.
#[derive(Serialize)]
pub struct Refreshed {
    /// As the login gave it.
    pub csrf: String,
    /// As the login gave it.
    #[serde(rename = "sessionId")]
    pub session_id: String,
}
