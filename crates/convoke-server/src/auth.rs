//! Who asks: tokens in, callers out.
//!
//! Five kinds of tokens, told apart by how they begin. `cvk_` speaks for a user or a program of one account; the account
//! keeps its hash. `cvc_` speaks for one consumer; nothing keeps it, it is signed; `cvw_` is the same for one whom only the consumer window knows, `cvi_` for one whom the window knows from the brand. `cvo_` speaks for the operator of the
//! installation. What is a JWT speaks for an application that asked the sentinel plane for it. Every comparison of a secret takes the same time wherever it fails. What a caller may do is said in
//! [`crate::access`]. Tokens go by the real time: moving the engine's clock does not end them.

mod app_key;
mod attempts;
mod consumer_jws;
mod consumer_jwt;
mod consumer_token;
mod file_urls;
mod login;
mod oauth1;
mod password;
mod secret;
mod session;
mod signer;
mod visits;

use std::sync::Arc;

use convoke_api::lp::messaging::FilePath;
use convoke_domain::account::{Actor, Principal};
use convoke_domain::id::{AccountId, ConsumerId, TokenId};
use convoke_engine::Handle;
use convoke_engine::ports::{Clock, SystemClock};
use jiff::Timestamp;
use subtle::ConstantTimeEq;

pub(crate) use app_key::NewAppKey;
pub(crate) use attempts::Attempts;
pub(crate) use consumer_jwt::{ConsumerBearer, Purpose};
pub(crate) use file_urls::Permit;
pub use login::{LoginError, NewSession, VerifiedClient, VerifiedUser};
#[cfg(test)]
pub(crate) use oauth1::tests::header as signed_header;
pub(crate) use oauth1::{Signed, SignedRequest};
pub use password::{PasswordUnfit, hash_password};
pub use secret::NewToken;
pub(crate) use secret::{ClientSecret, WebhookSecret, hex};
pub(crate) use session::SessionProof;
pub use signer::{SigningKeyInvalid, TokenSigner};
pub(crate) use visits::Visits;

use crate::caller::{Caller, Identity};
use crate::limits;
use consumer_token::{ConsumerTokens, GivenBy};
use session::SessionProofs;
use signer::Bearer;

/// Checks tokens, and makes those of consumers.
pub struct Auth {
    consumers: ConsumerTokens,
    operator_sha256: Option<[u8; 32]>,
    time: Arc<dyn Clock>,
    logins: login::Logins,
    sessions: SessionProofs,
    file_urls: file_urls::FileUrls,
    signer: Arc<TokenSigner>,
    /// Since when signatures are remembered.
    started_at: Timestamp,
    seen: app_key::Seen,
}

/// Which of the window's tokens: of whom the brand knows, or of anybody.
const fn by_window(known: bool) -> GivenBy {
    if known { GivenBy::WindowKnown } else { GivenBy::Window }
}

impl Auth {
    /// Checks tokens by the real time. `consumer_key` signs the tokens of consumers and turns the names that a brand
    /// gives them into ids, so it stays the same for an installation's life; without an `operator_token` there is no
    /// operator. `signer` signs the tokens of applications.
    pub fn new(consumer_key: &[u8; 32], operator_token: Option<&str>, signer: Arc<TokenSigner>) -> Self {
        Self {
            consumers: ConsumerTokens::new(consumer_key),
            operator_sha256: operator_token.map(secret::sha256),
            time: Arc::new(SystemClock),
            started_at: SystemClock.now(),
            seen: app_key::Seen::default(),
            logins: login::Logins::default(),
            sessions: SessionProofs::new(consumer_key),
            file_urls: file_urls::FileUrls::new(consumer_key),
            signer,
        }
    }

    /// The same with an operator of whose token only the SHA-256 is known.
    #[must_use]
    pub fn with_operator_sha256(mut self, sha256: [u8; 32]) -> Self {
        self.operator_sha256 = Some(sha256);
        self
    }

    /// The same by another time.
    #[must_use]
    pub fn with_time(mut self, time: Arc<dyn Clock>) -> Self {
        self.started_at = time.now();
        self.time = time;
        self
    }

    /// The time that tokens go by.
    pub(crate) fn now(&self) -> Timestamp {
        self.time.now()
    }

    /// A token for a consumer, and when it ends.
    pub fn consumer_token(&self, account: &AccountId, consumer: ConsumerId) -> (String, Timestamp) {
        self.signed(GivenBy::Brand, account, consumer)
    }

    fn signed(&self, by: GivenBy, account: &AccountId, consumer: ConsumerId) -> (String, Timestamp) {
        let expires_at = self.now() + limits::CONSUMER_TOKEN_LIFE;
        // To the second, as the token says it.
        let expires_at = Timestamp::from_second(expires_at.as_second()).unwrap_or(expires_at);
        (self.consumers.sign(by, account, consumer, expires_at), expires_at)
    }

    /// A token of the consumer window for a consumer, and when it ends; `known` if the brand said who they are.
    pub(crate) fn window_token(
        &self,
        account: &AccountId,
        consumer: ConsumerId,
        known: bool,
    ) -> (String, Timestamp) {
        self.signed(by_window(known), account, consumer)
    }

    /// The consumer whom the window of `account` knows by this token, given for the same `known`.
    pub(crate) fn window_consumer(
        &self,
        account: &AccountId,
        token: &str,
        known: bool,
    ) -> Option<ConsumerId> {
        if token.len() > limits::TOKEN_BYTES_MAX {
            return None;
        }
        let (own, consumer) = self.consumers.verify(by_window(known), token, self.now())?;
        (own == *account).then_some(consumer)
    }

    /// Whom the brand's `id_token` names, and whether it still counts by itself.
    pub(crate) fn identified(&self, account: &AccountId, id_token: &str) -> Option<(ConsumerId, bool)> {
        if id_token.len() > limits::TOKEN_BYTES_MAX {
            return None;
        }
        // Whose it is can be read as long as the key is the same; whether it counts is a matter of time.
        let bearer = self.signer.consumer_of(id_token, Purpose::Exchange, Timestamp::UNIX_EPOCH)?;
        let ours = bearer.authenticated && bearer.account == *account;
        ours.then_some((bearer.consumer, self.now() < bearer.ends_at))
    }

    /// What the session of a token shows besides it.
    pub(crate) fn session_proof(&self, account: &AccountId, token: TokenId) -> SessionProof {
        self.sessions.of(account, token)
    }

    /// The token whose session a cookie and its csrf prove; whether it still counts, the account knows.
    pub(crate) fn proved_session(&self, account: &AccountId, cookie: &str, csrf: &str) -> Option<TokenId> {
        self.sessions.verify(account, cookie, csrf)
    }

    /// The signature of a file's address, and the second at which it ends.
    pub(crate) fn file_signature(&self, permit: Permit, path: &FilePath) -> (String, i64) {
        self.file_urls.sign(permit, path, self.now())
    }

    /// Whether a signature of a file's address permits this now.
    pub(crate) fn permits(&self, permit: Permit, path: &FilePath, signature: (&str, i64)) -> bool {
        self.file_urls.verify(permit, path, signature, self.now())
    }

    /// Signs the tokens of applications.
    pub(crate) fn signer(&self) -> &TokenSigner {
        &self.signer
    }

    /// The consumer whom `account` calls `name`: always the same one.
    pub fn consumer_named(&self, account: &AccountId, name: &str) -> ConsumerId {
        self.consumers.named(account, name)
    }

    /// Who speaks with `token`; `None` if it is not one that counts.
    pub(crate) fn caller(&self, handle: &Handle, token: &str) -> Option<Caller> {
        if token.len() > limits::TOKEN_BYTES_MAX {
            return None;
        }
        if token.starts_with("cvo_") {
            let expected = self.operator_sha256?;
            let same: bool = secret::sha256(token).ct_eq(&expected).into();
            return same.then_some(Caller::new(None, Identity::Operator));
        }
        if token.starts_with("cvc_") {
            let (account, consumer) = self.consumers.verify(GivenBy::Brand, token, self.now())?;
            handle.account(&account)?;
            return Some(Caller::new(Some(account), Identity::Consumer(consumer)));
        }
        if let Some(by) =
            [GivenBy::Window, GivenBy::WindowKnown].into_iter().find(|by| token.starts_with(by.prefix()))
        {
            let (account, consumer) = self.consumers.verify(by, token, self.now())?;
            // Where the window is switched off, nobody came through it.
            handle.account(&account).filter(|view| view.account.window.enabled)?;
            let caller = Caller::new(Some(account), Identity::Consumer(consumer));
            return Some(Caller { by_window: true, known: by == GivenBy::WindowKnown, ..caller });
        }
        if token.starts_with("eyJ") {
            return self.application(handle, token).or_else(|| self.consumer(handle, token));
        }
        self.staff(handle, token)
    }

    /// The application with a token that the sentinel plane gave out, with the roles that it has now.
    fn application(&self, handle: &Handle, token: &str) -> Option<Caller> {
        let Bearer { account, client } = self.signer.verify(token, self.now())?;
        let client = client.parse().ok()?;
        let roles = handle.account(&account)?.account.clients.get(&client)?.roles.clone();
        Some(Caller::new(Some(account), Identity::Client { client, roles }))
    }

    /// The consumer with a token of the identity plane.
    fn consumer(&self, handle: &Handle, token: &str) -> Option<Caller> {
        let bearer = self.signer.consumer_of(token, Purpose::Connection, self.now())?;
        handle.account(&bearer.account)?;
        Some(Caller::new(Some(bearer.account), Identity::Consumer(bearer.consumer)))
    }

    fn staff(&self, handle: &Handle, token: &str) -> Option<Caller> {
        let (account, id) = secret::parts(token)?;
        let view = handle.account(&account)?;
        let known = view.account.tokens.get(&id)?;
        let shown = secret::hex(&secret::sha256(token));
        let same: bool = shown.as_bytes().ct_eq(known.sha256.as_bytes()).into();
        if !same {
            return None;
        }
        let Actor::Principal { principal, roles, .. } = view.account.actor_of(&shown, self.now())? else {
            return None;
        };
        let identity = match principal {
            Principal::User(user) => Identity::User { user, token: id, roles },
            Principal::Client(client) => Identity::Client { client, roles },
            Principal::Application => Identity::Application { token: id, roles },
            Principal::Consumer(consumer) => Identity::Consumer(consumer),
        };
        Some(Caller::new(Some(account), identity))
    }
}
