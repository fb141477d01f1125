//! Where the server is and who is asking: `.convoke/cli.json` of a `convoke dev` in this or a parent folder, or the
//! variables `CONVOKE_URL` and `CONVOKE_TOKEN`.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};
use clap::{Args, ValueEnum};
use convoke_domain::id::{AccountId, UserId};
use serde::{Deserialize, Serialize};

use crate::files;

/// The folder that `convoke dev` keeps its data in.
pub(crate) const DEV_FOLDER: &str = ".convoke";
const FILE: &str = "cli.json";

/// As whom a command speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Persona {
    /// The customer of the conversation
    Consumer,
    /// The demo agent
    Agent,
    /// The demo manager
    Manager,
    /// The administrator and developer of the account
    Admin,
    /// Who runs the installation
    #[value(hide = true)]
    Operator,
}

/// A bearer token. Its `Debug` form shows nothing.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Token(pub(crate) String);

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

/// What `convoke dev` tells the commands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct DevConnection {
    /// The server's address.
    pub(crate) url: String,
    /// The demo account.
    pub(crate) account: AccountId,
    /// Who each persona is.
    #[serde(default)]
    pub(crate) users: BTreeMap<Persona, UserId>,
    /// A token for each persona but the consumer, whose tokens are made when they are needed.
    pub(crate) tokens: BTreeMap<Persona, Token>,
}

/// How a command finds its server.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct ConnectionArgs {
    /// The server's address, for instance `http://127.0.0.1:8080`
    #[arg(long, global = true, env = "CONVOKE_URL", value_name = "URL", help_heading = "Connection")]
    pub(crate) url: Option<String>,
    /// The token to speak with
    #[arg(
        long,
        global = true,
        env = "CONVOKE_TOKEN",
        value_name = "TOKEN",
        hide_env_values = true,
        help_heading = "Connection"
    )]
    pub(crate) token: Option<String>,
    /// The account, if the token does not say
    #[arg(long, global = true, env = "CONVOKE_ACCOUNT", value_name = "ID", help_heading = "Connection")]
    pub(crate) account: Option<AccountId>,
}

/// A server and the means to speak to it.
#[derive(Debug, Clone)]
pub(crate) struct Connection {
    /// The server's address, without a slash at its end.
    pub(crate) url: String,
    /// The account, if it is known already.
    pub(crate) account: Option<AccountId>,
    users: BTreeMap<Persona, UserId>,
    tokens: Tokens,
}

#[derive(Debug, Clone)]
enum Tokens {
    /// One, whoever is meant.
    One(Token),
    /// Those of a development server.
    Dev(BTreeMap<Persona, Token>),
}

impl Connection {
    /// The connection that these arguments, the environment or the nearest `.convoke` name.
    pub(crate) fn find(args: &ConnectionArgs) -> Result<Self> {
        let here = std::env::current_dir().context("cannot tell the current folder")?;
        match (&args.url, &args.token) {
            (Some(url), Some(token)) => Ok(Self {
                url: url.trim_end_matches('/').to_owned(),
                account: args.account.clone(),
                users: BTreeMap::new(),
                tokens: Tokens::One(Token(token.clone())),
            }),
            (Some(url), None) => {
                let session =
                    SavedSession::read()?.filter(|session| session.url == url.trim_end_matches('/'));
                session.map(Self::from).ok_or_else(|| {
                    anyhow!(
                        "CONVOKE_URL names a server, but there is no token: set CONVOKE_TOKEN, pass --token, or \
                         `convoke login`"
                    )
                })
            }
            (None, token) => {
                let dev = DevConnection::nearest(&here)?.map(Self::from);
                let session = || Ok::<_, anyhow::Error>(SavedSession::read()?.map(Self::from));
                let found = dev.map_or_else(session, |dev| Ok(Some(dev)))?;
                let mut connection = found.ok_or_else(no_server)?;
                if let Some(token) = token {
                    connection.tokens = Tokens::One(Token(token.clone()));
                    connection.users.clear();
                }
                connection.account = args.account.clone().or(connection.account);
                Ok(connection)
            }
        }
    }

    /// The server and the account to log in to.
    pub(crate) fn to_log_in(args: &ConnectionArgs) -> Result<(String, AccountId)> {
        let here = std::env::current_dir().context("cannot tell the current folder")?;
        let dev = DevConnection::nearest(&here)?;
        let url = args.url.clone().or_else(|| dev.as_ref().map(|dev| dev.url.clone()));
        let account = args.account.clone().or_else(|| dev.map(|dev| dev.account));
        let url = url.context("name the server with --url or CONVOKE_URL")?;
        let account = account.context("name the account with --account or CONVOKE_ACCOUNT")?;
        Ok((url.trim_end_matches('/').to_owned(), account))
    }

    /// A server to which nobody speaks yet.
    pub(crate) fn without_token(url: String) -> Self {
        Self { url, account: None, users: BTreeMap::new(), tokens: Tokens::Dev(BTreeMap::new()) }
    }

    /// The user that `persona` is, if that is known.
    pub(crate) fn user(&self, persona: Persona) -> Option<UserId> {
        self.users.get(&persona).copied()
    }

    /// The token with which `persona` speaks; `None` if it has to be made first, as a consumer's.
    pub(crate) fn token(&self, persona: Persona) -> Result<&Token> {
        match &self.tokens {
            Tokens::One(token) => Ok(token),
            Tokens::Dev(tokens) => {
                tokens.get(&persona).ok_or_else(|| anyhow!("there is no token for {persona:?} in {FILE}"))
            }
        }
    }
}

impl From<DevConnection> for Connection {
    fn from(dev: DevConnection) -> Self {
        Self { url: dev.url, account: Some(dev.account), users: dev.users, tokens: Tokens::Dev(dev.tokens) }
    }
}

fn no_server() -> anyhow::Error {
    anyhow!(
        "no server found: start `convoke dev` in this folder or a parent, set CONVOKE_URL and CONVOKE_TOKEN, or \
         `convoke login`"
    )
}

/// The session of the last login, kept for later commands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SavedSession {
    /// The server's address.
    pub(crate) url: String,
    /// The account.
    pub(crate) account: AccountId,
    /// The session's token.
    pub(crate) token: Token,
}

impl From<SavedSession> for Connection {
    fn from(session: SavedSession) -> Self {
        let SavedSession { url, account, token } = session;
        Self { url, account: Some(account), users: BTreeMap::new(), tokens: Tokens::One(token) }
    }
}

impl SavedSession {
    /// In the user's configuration folder.
    fn path() -> Result<PathBuf> {
        let set = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let folder = set("XDG_CONFIG_HOME").or_else(|| set("HOME").map(|home| home.join(".config")));
        let folder = folder.context("neither XDG_CONFIG_HOME nor HOME says where to keep the session")?;
        Ok(folder.join("convoke").join("session.json"))
    }

    /// The one that was kept, if there is one.
    pub(crate) fn read() -> Result<Option<Self>> {
        // Without a place for it there is none.
        let Ok(path) = Self::path() else { return Ok(None) };
        let Some(text) = files::read_if_there(&path)? else { return Ok(None) };
        let read = serde_json::from_str(&text);
        read.map(Some).with_context(|| format!("{} is damaged; log in again", path.display()))
    }

    /// Keeps it, readable by its owner only.
    pub(crate) fn write(&self) -> Result<()> {
        let path = Self::path()?;
        files::private_dir(path.parent().context("a file lies in a folder")?)?;
        let text = serde_json::to_string_pretty(self).context("a session is always JSON")?;
        files::write_private(&path, text.as_bytes())
    }

    /// Forgets it.
    pub(crate) fn remove() -> Result<()> {
        let path = Self::path()?;
        std::fs::remove_file(&path).with_context(|| format!("cannot remove {}", path.display()))
    }
}

impl DevConnection {
    /// Where it lies in a data directory.
    pub(crate) fn path(data: &Path) -> PathBuf {
        data.join(FILE)
    }

    /// That of `folder` or the nearest parent that has one.
    fn nearest(folder: &Path) -> Result<Option<Self>> {
        for folder in folder.ancestors() {
            if let Some(found) = Self::read(&folder.join(DEV_FOLDER))? {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    /// That of a data directory.
    pub(crate) fn read(data: &Path) -> Result<Option<Self>> {
        let path = Self::path(data);
        let Some(text) = files::read_if_there(&path)? else { return Ok(None) };
        let read = serde_json::from_str(&text);
        read.map(Some).with_context(|| format!("{} is damaged; `convoke dev` writes it anew", path.display()))
    }

    /// Writes it for the commands, readable by the owner only.
    pub(crate) fn write(&self, data: &Path) -> Result<()> {
        let text = serde_json::to_string_pretty(self).context("a connection is always JSON")?;
        files::write_private(&Self::path(data), text.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dev(url: &str) -> DevConnection {
        DevConnection {
            url: url.to_owned(),
            account: "demo".parse().unwrap(),
            users: BTreeMap::new(),
            tokens: BTreeMap::from([(Persona::Agent, Token("secret".to_owned()))]),
        }
    }

    #[test]
    fn the_nearest_development_server_counts() {
        let dir = tempfile::tempdir().unwrap();
        let inner = dir.path().join("a/b");
        for (folder, url) in [(dir.path(), "http://outer"), (&dir.path().join("a"), "http://inner")] {
            let data = folder.join(DEV_FOLDER);
            files::private_dir(&data).unwrap();
            dev(url).write(&data).unwrap();
        }
        std::fs::create_dir_all(&inner).unwrap();
        assert_eq!(DevConnection::nearest(&inner).unwrap().unwrap().url, "http://inner");
        assert_eq!(DevConnection::nearest(dir.path()).unwrap().unwrap(), dev("http://outer"));
    }

    #[test]
    fn a_given_server_needs_a_token_and_takes_it_for_everybody() {
        let mut args = ConnectionArgs { url: Some("http://there/".to_owned()), ..ConnectionArgs::default() };
        assert!(Connection::find(&args).unwrap_err().to_string().contains("CONVOKE_TOKEN"));
        args.token = Some("t".to_owned());
        let connection = Connection::find(&args).unwrap();
        assert_eq!(connection.url, "http://there");
        assert_eq!(connection.token(Persona::Agent).unwrap(), connection.token(Persona::Admin).unwrap());
    }

    #[test]
    fn tokens_stay_out_of_logs() {
        assert!(!format!("{:?}", dev("http://x")).contains("secret"));
    }
}
