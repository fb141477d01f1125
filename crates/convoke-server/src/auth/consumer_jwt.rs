//! Tokens of consumers as the messaging protocol has them: JWTs of the identity plane (messaging contract §2.1).
//!
//! They are signed with the installation's own key, like those of applications, and told apart by their issuer. Windows
//! read the consumer's id from `sub`; nothing else in them is theirs to trust.

use convoke_domain::id::{AccountId, ConsumerId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::signer::TokenSigner;
use crate::limits;

/// Who issues them, as clients expect it.
const ISSUER: &str = "https://idp.liveperson.net";

/// A consumer who showed such a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ConsumerBearer {
    /// Of which account.
    pub(crate) account: AccountId,
    /// Who.
    pub(crate) consumer: ConsumerId,
    /// Whether the brand knows who they are.
    pub(crate) authenticated: bool,
    /// When the token ends.
    pub(crate) ends_at: Timestamp,
}

#[derive(Serialize, Deserialize)]
struct Claims {
    sub: String,
    aud: String,
    iss: String,
    exp: i64,
    iat: i64,
    #[serde(rename = "lp.ext")]
    ext: Ext,
    /// Whether it is good for a connection, or only to be exchanged for one that is.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    exchange: bool,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct Ext {
    sub: String,
    iss: String,
    authenticated: bool,
    lp_sdes: Vec<serde_json::Value>,
}

/// What a token is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// A connection.
    Connection,
    /// To be exchanged for one that is for a connection.
    Exchange,
}

impl TokenSigner {
    /// A token for a consumer.
    pub(crate) fn consumer_jwt(
        &self,
        account: &AccountId,
        consumer: ConsumerId,
        authenticated: bool,
        purpose: Purpose,
        now: Timestamp,
    ) -> String {
        let life = match purpose {
            Purpose::Connection => limits::CONSUMER_JWT_LIFE,
            Purpose::Exchange => limits::EXCHANGED_JWT_LIFE,
        };
        let iat = now.as_second();
        let ext =
            Ext { sub: consumer.to_string(), iss: ISSUER.to_owned(), authenticated, lp_sdes: Vec::new() };
        let claims = Claims {
            sub: consumer.to_string(),
            aud: format!("acc:{account}"),
            iss: ISSUER.to_owned(),
            exp: iat + life.as_secs().cast_signed(),
            iat,
            ext,
            exchange: purpose == Purpose::Exchange,
        };
        self.sign(&json!(claims))
    }

    /// The consumer who shows `token`, if it is ours, for this purpose, and not over.
    pub(crate) fn consumer_of(
        &self,
        token: &str,
        purpose: Purpose,
        now: Timestamp,
    ) -> Option<ConsumerBearer> {
        let claims: Claims = self.claims(token)?;
        let counts = claims.iss == ISSUER
            && now.as_second() < claims.exp
            && claims.exchange == (purpose == Purpose::Exchange);
        counts.then_some(ConsumerBearer {
            account: claims.aud.strip_prefix("acc:")?.parse().ok()?,
            consumer: claims.sub.parse().ok()?,
            authenticated: claims.ext.authenticated,
            ends_at: Timestamp::from_second(claims.exp).ok()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::signer;

    fn now() -> Timestamp {
        "2026-03-03T10:00:00Z".parse().unwrap()
    }

    #[test]
    fn a_token_names_its_consumer_until_it_ends_and_for_its_purpose_only() {
        let (account, consumer) = ("acme".parse().unwrap(), ConsumerId::from_bits(7));
        let token = signer().consumer_jwt(&account, consumer, true, Purpose::Connection, now());
        let bearer = signer().consumer_of(&token, Purpose::Connection, now()).unwrap();
        assert_eq!(
            (bearer.account, bearer.consumer, bearer.authenticated),
            (account.clone(), consumer, true)
        );
        assert_eq!(signer().consumer_of(&token, Purpose::Connection, bearer.ends_at), None);
        assert_eq!(signer().consumer_of(&token, Purpose::Exchange, now()), None);
        let (application, _) = signer().issue(&account, "client-1", now());
        assert_eq!(signer().consumer_of(&application, Purpose::Connection, now()), None);
        assert_eq!(signer().verify(&token, now()), None);
    }
}
