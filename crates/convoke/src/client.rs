//! The native HTTP API as the commands use it.
//!
//! Promises: every refusal of the server arrives as its problem document; every request ends within a bound. Leaves out:
//! where the server is ([`crate::connection`]) and how answers look ([`crate::render`]).

mod feed;

use std::fmt;

use anyhow::{Context, Result, bail};
use convoke_api::problem::Problem;
use convoke_api::v1::account::Account;
use convoke_api::v1::consumer::{ConsumerRef, CreateConsumer};
use convoke_api::v1::consumer_access::ConsumerAccess;
use convoke_api::v1::conversation::Conversation;
use convoke_api::v1::list::List;
use convoke_domain::id::{AccountId, ConsumerId, ConversationId, UserId};
use reqwest::{Method, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::OnceCell;
use url::Url;

use crate::connection::{Connection, Persona, Token};
use crate::limits::{CONNECT_TIME_MAX, REQUEST_TIME_MAX};
pub(crate) use feed::Feed;

/// A server, and everybody as whom we may speak to it.
pub(crate) struct Client {
    http: reqwest::Client,
    connection: Connection,
    base: Url,
    account: OnceCell<AccountId>,
}

/// The API as one caller may use it.
pub(crate) struct Api<'a> {
    client: &'a Client,
    token: Token,
}

/// Why a request came to nothing.
#[derive(Debug)]
pub(crate) enum ClientError {
    /// The server said no, and why.
    Refused(Problem),
    /// There was no answer.
    Unreachable {
        /// Where the server was expected.
        url: String,
        /// What happened.
        source: reqwest::Error,
    },
    /// Something answered that is not this API.
    Foreign {
        /// Where.
        url: String,
        /// The status.
        status: StatusCode,
    },
}

impl fmt::Display for ClientError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(problem) => problem.fmt(f),
            Self::Unreachable { url, source } if source.is_timeout() => {
                write!(f, "the server at {url} did not answer in time")
            }
            Self::Unreachable { url, .. } => {
                write!(f, "nobody answers at {url}: is the server running? `convoke dev` starts one")
            }
            Self::Foreign { url, status } => {
                write!(f, "what answers at {url} (status {status}) is no Convoke server: check CONVOKE_URL")
            }
        }
    }
}

impl std::error::Error for ClientError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Unreachable { source, .. } => Some(source),
            Self::Refused(_) | Self::Foreign { .. } => None,
        }
    }
}

impl Client {
    /// A client for this connection.
    pub(crate) fn new(connection: Connection) -> Result<Self> {
        let base: Url =
            connection.url.parse().with_context(|| format!("\"{}\" is no URL", connection.url))?;
        if base.cannot_be_a_base() || !matches!(base.scheme(), "http" | "https") {
            bail!("\"{}\" is no http or https URL", connection.url);
        }
        // Never through a proxy of the environment: the server is named, and its tokens are for it alone.
        let http = reqwest::Client::builder().connect_timeout(CONNECT_TIME_MAX).no_proxy();
        let account = OnceCell::new_with(connection.account.clone());
        Ok(Self { http: http.build()?, connection, base, account })
    }

    /// The API as `persona`. For a consumer, [`Self::consumer`] is needed.
    pub(crate) fn speak_as(&self, persona: Persona) -> Result<Api<'_>> {
        Ok(Api { client: self, token: self.connection.token(persona)?.clone() })
    }

    /// Asks something that needs no token.
    pub(crate) async fn anonymous<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &[&str],
        body: &(impl Serialize + Sync),
    ) -> Result<T> {
        self.send(method, self.url(path), None, Some(body)).await
    }

    /// The user that `persona` is, if that is known.
    pub(crate) fn user(&self, persona: Persona) -> Option<UserId> {
        self.connection.user(persona)
    }

    /// The API as a consumer, named by id or by a name of one's own.
    pub(crate) async fn consumer(&self, name: Option<ConsumerRef>) -> Result<(ConsumerId, Api<'_>)> {
        let admin = self.speak_as(Persona::Admin)?;
        let made: ConsumerAccess = admin.post(&["consumers"], &CreateConsumer { name }).await?;
        Ok((made.consumer, Api { client: self, token: Token(made.token) }))
    }

    /// The API as `persona` in a conversation; the consumer is the one who opened it.
    pub(crate) async fn in_conversation(&self, id: ConversationId, persona: Persona) -> Result<Api<'_>> {
        if persona != Persona::Consumer {
            return self.speak_as(persona);
        }
        Ok(self.consumer(Some(ConsumerRef::Id(self.opener(id).await?))).await?.1)
    }

    /// The consumer who opened a conversation.
    pub(crate) async fn opener(&self, id: ConversationId) -> Result<ConsumerId> {
        let admin = self.speak_as(Persona::Admin)?;
        let conversation: Conversation = admin.get(&["conversations", &id.to_string()]).await?;
        Ok(conversation.consumer)
    }

    /// The account: the one that was named, or the only one that the token sees.
    async fn account(&self, token: &Token) -> Result<&AccountId> {
        let find = || async {
            let url = self.url(&["accounts"]);
            let accounts: List<Account> = self.send(Method::GET, url, Some(token), None::<&()>).await?;
            match accounts.items.as_slice() {
                [only] => Ok(only.id.clone()),
                [] => bail!("there is no account yet; the operator makes one with `convoke account create`"),
                several => {
                    let ids: Vec<&str> = several.iter().map(|account| account.id.as_str()).collect();
                    bail!("name the account with --account or CONVOKE_ACCOUNT: {}", ids.join(", "))
                }
            }
        };
        self.account.get_or_try_init(find).await
    }

    /// An address below `/api/v1`.
    fn url(&self, path: &[&str]) -> Url {
        let mut url = self.base.clone();
        let mut segments = url.path_segments_mut().expect("checked when the client was made");
        segments.pop_if_empty().extend(["api", "v1"]).extend(path);
        drop(segments);
        url
    }

    async fn send<T: DeserializeOwned>(
        &self,
        method: Method,
        url: Url,
        token: Option<&Token>,
        body: Option<&(impl Serialize + Sync)>,
    ) -> Result<T> {
        let mut request = self.http.request(method, url.clone()).timeout(REQUEST_TIME_MAX);
        if let Some(token) = token {
            request = request.bearer_auth(&token.0);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        let answer = self.checked(&url, request.send().await).await?;
        let status = answer.status();
        let bytes = answer.bytes().await.map_err(|source| self.unreachable(source))?;
        // An answer without a body reads as `null`.
        let json = if bytes.is_empty() { b"null".as_slice() } else { &bytes };
        serde_json::from_slice(json).with_context(|| {
            format!("the server answered {status} with something unexpected; is it another version?")
        })
    }

    /// The answer, unless it is a refusal.
    async fn checked(
        &self,
        url: &Url,
        answer: reqwest::Result<reqwest::Response>,
    ) -> Result<reqwest::Response, ClientError> {
        let answer = answer.map_err(|source| self.unreachable(source))?;
        let status = answer.status();
        if status.is_success() {
            return Ok(answer);
        }
        let body = answer.bytes().await.map_err(|source| self.unreachable(source))?;
        match serde_json::from_slice(&body) {
            Ok(problem) => Err(ClientError::Refused(problem)),
            Err(_) => Err(ClientError::Foreign { url: url.origin().ascii_serialization(), status }),
        }
    }

    fn unreachable(&self, source: reqwest::Error) -> ClientError {
        ClientError::Unreachable { url: self.connection.url.clone(), source: source.without_url() }
    }
}

impl Api<'_> {
    /// Reads something of the account.
    pub(crate) async fn get<T: DeserializeOwned>(&self, path: &[&str]) -> Result<T> {
        self.find(path, &[]).await
    }

    /// Reads something of the account with a query.
    pub(crate) async fn find<T: DeserializeOwned>(
        &self,
        path: &[&str],
        query: &[(&str, String)],
    ) -> Result<T> {
        let url = with_query(self.url(path).await?, query);
        self.client.send(Method::GET, url, Some(&self.token), None::<&()>).await
    }

    /// Asks for something in the account.
    pub(crate) async fn post<T: DeserializeOwned>(
        &self,
        path: &[&str],
        body: &(impl Serialize + Sync),
    ) -> Result<T> {
        self.client.send(Method::POST, self.url(path).await?, Some(&self.token), Some(body)).await
    }

    /// Sets something in the account.
    pub(crate) async fn put<T: DeserializeOwned>(
        &self,
        path: &[&str],
        body: &(impl Serialize + Sync),
    ) -> Result<T> {
        self.client.send(Method::PUT, self.url(path).await?, Some(&self.token), Some(body)).await
    }

    /// Sets something in the account, with a query.
    pub(crate) async fn put_at<T: DeserializeOwned>(
        &self,
        path: &[&str],
        query: &[(&str, String)],
        body: &(impl Serialize + Sync),
    ) -> Result<T> {
        let url = with_query(self.url(path).await?, query);
        self.client.send(Method::PUT, url, Some(&self.token), Some(body)).await
    }

    /// Removes something of the account.
    pub(crate) async fn delete<T: DeserializeOwned>(&self, path: &[&str]) -> Result<T> {
        self.client.send(Method::DELETE, self.url(path).await?, Some(&self.token), None::<&()>).await
    }

    /// Asks something of the server that belongs to no account.
    pub(crate) async fn server<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &[&str],
        body: Option<&(impl Serialize + Sync)>,
    ) -> Result<T> {
        self.client.send(method, self.client.url(path), Some(&self.token), body).await
    }

    /// Follows a conversation from after `after` on.
    pub(crate) async fn follow(&self, conversation: ConversationId, after: u64) -> Result<Feed<'_>> {
        let url = self.url(&["conversations", &conversation.to_string(), "follow"]).await?;
        Ok(Feed::new(self.client, url, self.token.clone(), after))
    }

    async fn url(&self, path: &[&str]) -> Result<Url> {
        let account = self.client.account(&self.token).await?;
        Ok(self.client.url(&[&["accounts", account.as_str()], path].concat()))
    }
}

fn with_query(mut url: Url, query: &[(&str, String)]) -> Url {
    if !query.is_empty() {
        url.query_pairs_mut().extend_pairs(query);
    }
    url
}

/// The problem behind an error, if the server refused.
pub(crate) fn problem(error: &anyhow::Error) -> Option<&Problem> {
    match error.downcast_ref::<ClientError>() {
        Some(ClientError::Refused(problem)) => Some(problem),
        Some(ClientError::Unreachable { .. } | ClientError::Foreign { .. }) | None => None,
    }
}

/// Whether the server refused with this code.
pub(crate) fn refused_with(error: &anyhow::Error, code: &str) -> bool {
    problem(error).is_some_and(|problem| problem.code == code)
}
