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
    /// With all of an app key.
    Bot(BotLogin),
    /// With a signature in the header; the name may be missing.
    Signed {
        /// The login name.
        #[serde(default)]
        username: Option<String>,
    },
}

/// How a bot's user proves itself.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BotLogin {
    /// The login name.
    pub username: String,
    /// The id of the app key.
    pub app_key: String,
    /// The program's secret.
    pub secret: String,
    /// What names the user's half of the key.
    #[serde(rename = "accessToken")]
    pub access_token: String,
    /// The user's secret.
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
