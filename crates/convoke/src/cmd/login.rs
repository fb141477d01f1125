//! `convoke login` and `logout`: a session that later commands use.

use anyhow::{Context as _, Result};
use clap::Args;
use convoke_api::v1::session::{LogIn, OpenedSession};
use reqwest::Method;
use serde_json::Value;

use crate::cli::Global;
use crate::client::Client;
use crate::connection::{Connection, Persona, SavedSession, Token};
use crate::render::Answer;
use crate::typed::{self, Hidden};

/// Logs in.
#[derive(Debug, Args)]
#[command(after_help = "\
The password is read from standard input, or asked for. The session is kept in the user's configuration folder, readable \
by its owner only, and ends by itself after twelve hours. A development server in this folder or a parent comes before \
it, and so do CONVOKE_URL and CONVOKE_TOKEN.

Examples:
  convoke login grace --url https://convoke.example.com --account acme
  convoke login grace < password.txt")]
pub(crate) struct Login {
    /// The login name
    name: String,
}

/// Logs out.
#[derive(Debug, Args)]
pub(crate) struct Logout;

impl Login {
    pub(crate) async fn run(self, global: &Global) -> Result<Answer> {
        let (url, account) = Connection::to_log_in(&global.connection)?;
        let Hidden(password) = typed::hidden(&format!("Password of {}: ", self.name))?;
        let body = LogIn { account: account.to_string(), login_name: self.name, password };
        let client = Client::new(Connection::without_token(url.clone()))?;
        let opened: OpenedSession = client.anonymous(Method::POST, &["session"], &body).await?;
        let saved = SavedSession { url, account, token: Token(opened.secret) };
        saved.write()?;
        let until = opened.session.expires_at.map_or_else(String::new, |at| format!(" until {at}"));
        let text = format!("Logged in to {} as {}{until}.", saved.account, body.login_name);
        Ok(Answer::new(&opened.session, text)?.with_id(&opened.user))
    }
}

impl Logout {
    pub(crate) async fn run(self) -> Result<Answer> {
        let saved = SavedSession::read()?.context("nobody is logged in")?;
        let client = Client::new(Connection::from(saved.clone()))?;
        let ended: Result<Value> =
            client.speak_as(Persona::Admin)?.server(Method::DELETE, &["session"], None::<&()>).await;
        // A session that the server knows no longer is as good as ended.
        let ended = match ended {
            Err(error) if crate::client::refused_with(&error, "auth.required") => Ok(Value::Null),
            ended => ended,
        };
        ended?;
        SavedSession::remove()?;
        Answer::new(&saved.account, format!("Logged out of {}.", saved.account))
    }
}
