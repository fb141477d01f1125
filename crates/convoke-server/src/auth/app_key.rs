//! Logging in with an app key: with all of it, or with a signature that only its secrets can make.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use convoke_api::lp::login::BotLogin;
use convoke_domain::id::{AccountId, AppKeyId};
use convoke_engine::ports::Entropy;
use convoke_engine::{AppKeySecrets, Handle};
use subtle::ConstantTimeEq;

use super::login::{LoginError, VerifiedUser, tried};
use super::oauth1::{Signed, SignedRequest};
use super::{Auth, hex};
use crate::limits;

const RANDOM_BYTES: usize = 32;

/// What a new app key consists of, besides its id. It is shown once.
pub(crate) struct NewAppKey {
    /// What names the user's half of it.
    pub(crate) access_token: String,
    /// Its secrets.
    pub(crate) secrets: AppKeySecrets,
}

impl NewAppKey {
    /// A new key. All of it is hexadecimal, so that no client has to escape anything.
    pub(crate) fn generate(entropy: &dyn Entropy) -> Self {
        let text = || {
            let mut bytes = [0; RANDOM_BYTES];
            entropy.fill(&mut bytes);
            hex(&bytes)
        };
        let secrets = AppKeySecrets { secret: text(), access_token_secret: text() };
        Self { access_token: text(), secrets }
    }
}

/// Signatures that were seen, so that none counts twice.
#[derive(Debug, Default)]
pub(super) struct Seen(Mutex<BTreeMap<AppKeyId, BTreeSet<(i64, String)>>>);

impl Seen {
    /// Notes a signature that is right. Those that are too old to count anyway are forgotten.
    fn note(&self, key: AppKeyId, signed: &Signed, now: i64) -> Result<(), LoginError> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let of_key = all.entry(key).or_default();
        of_key.retain(|(at, _)| now.saturating_sub(*at) <= limits::SIGNATURE_AGE_MAX_SECONDS);
        if of_key.len() >= limits::SIGNATURES_REMEMBERED_MAX {
            return Err(LoginError::TooMany);
        }
        let new = of_key.insert((signed.timestamp, signed.nonce.clone()));
        if new { Ok(()) } else { Err(LoginError::Refused) }
    }
}

/// An app key that there is, with its secrets and its user.
struct Known {
    id: AppKeyId,
    access_token: String,
    secrets: AppKeySecrets,
    login_name: String,
    user: VerifiedUser,
}

impl Auth {
    /// The user of an app key, of which everything is shown.
    ///
    /// # Errors
    /// See [`LoginError`].
    pub fn verify_bot(
        &self,
        handle: &Handle,
        account: &str,
        bot: &BotLogin,
        address: Option<IpAddr>,
    ) -> Result<VerifiedUser, LoginError> {
        let tried = tried(account, &bot.app_key);
        self.logins.may_try(&tried, address)?;
        let known = known(handle, account, &bot.app_key).filter(|known| {
            let AppKeySecrets { secret, access_token_secret } = &known.secrets;
            // All are compared, whichever is wrong.
            let same = secret.as_bytes().ct_eq(bot.secret.as_bytes())
                & access_token_secret.as_bytes().ct_eq(bot.access_token_secret.as_bytes())
                & known.access_token.as_bytes().ct_eq(bot.access_token.as_bytes());
            bool::from(same) && known.login_name == bot.username
        });
        known.map(|known| known.user).ok_or_else(|| self.logins.refused(tried, address))
    }

    /// The user of an app key with which a request is signed, once: a signature that was seen, or that is older than this
    /// server, does not count. A `username` that is sent along has to be the user's.
    ///
    /// # Errors
    /// See [`LoginError`].
    pub(crate) fn verify_signed(
        &self,
        handle: &Handle,
        account: &str,
        (signed, request): (&Signed, &SignedRequest<'_>),
        username: Option<&str>,
        address: Option<IpAddr>,
    ) -> Result<VerifiedUser, LoginError> {
        let tried = tried(account, &signed.consumer_key);
        self.logins.may_try(&tried, address)?;
        let now = self.now().as_second();
        // What was seen before a restart is not known any more: nothing from before counts.
        let oldest = (now - limits::SIGNATURE_AGE_MAX_SECONDS).max(self.started_at.as_second());
        let timely = (oldest..=now + limits::SIGNATURE_AGE_MAX_SECONDS).contains(&signed.timestamp);
        let known = known(handle, account, &signed.consumer_key).filter(|known| {
            let fits = signed.fits(request, &known.secrets);
            fits && timely
                && signed.token == known.access_token
                && username.is_none_or(|name| name == known.login_name)
        });
        let Some(known) = known else { return Err(self.logins.refused(tried, address)) };
        match self.seen.note(known.id, signed, now) {
            Ok(()) => Ok(known.user),
            Err(LoginError::Refused) => Err(self.logins.refused(tried, address)),
            Err(LoginError::TooMany) => Err(LoginError::TooMany),
        }
    }
}

/// The key with this id, if it is there and its user may log in.
fn known(handle: &Handle, account: &str, key: &str) -> Option<Known> {
    let (account, id): (AccountId, AppKeyId) = (account.parse().ok()?, key.parse().ok()?);
    let view = handle.account(&account)?;
    let key = view.account.app_keys.get(&id)?;
    let user = view.account.user(key.user).filter(|user| user.enabled)?;
    let secrets = handle.app_key_secrets(&account, id);
    let secrets =
        secrets.inspect_err(|failure| tracing::error!(%failure, "an app key cannot be used")).ok()?;
    Some(Known {
        id,
        access_token: key.access_token.clone(),
        secrets,
        login_name: user.login_name.clone(),
        user: VerifiedUser { user: key.user, roles: user.roles.clone() },
    })
}
