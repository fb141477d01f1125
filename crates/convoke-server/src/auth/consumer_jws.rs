//! Tokens by which a connector speaks for one of its consumers: the ConsumerJWS of the identity plane (messaging contract
//! §3.1). Alone it opens nothing: it is shown together with the token of the application that asked for it.

use convoke_domain::id::{AccountId, ConsumerId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::signer::TokenSigner;
use crate::limits;

const ISSUER: &str = "https://idp.liveperson.net/consumer";

#[derive(Serialize, Deserialize)]
struct Claims {
    iss: String,
    account_id: String,
    ext_consumer_id: String,
    lp_consumer_id: String,
    /// The application that it is for.
    azp: String,
    iat: i64,
    exp: i64,
}

impl TokenSigner {
    /// A token by which the application `client` speaks for a consumer, whom it knows as `name`.
    pub(crate) fn consumer_jws(
        &self,
        account: &AccountId,
        client: &str,
        (name, consumer): (&str, ConsumerId),
        now: Timestamp,
    ) -> String {
        let iat = now.as_second();
        let claims = Claims {
            iss: ISSUER.to_owned(),
            account_id: account.to_string(),
            ext_consumer_id: name.to_owned(),
            lp_consumer_id: consumer.to_string(),
            azp: client.to_owned(),
            iat,
            exp: iat + limits::CONSUMER_JWS_LIFE.as_secs().cast_signed(),
        };
        self.sign(&json!(claims))
    }

    /// The consumer for whom this application of this account speaks, if `token` is ours and not over.
    pub(crate) fn on_behalf_of(
        &self,
        token: &str,
        account: &AccountId,
        client: &str,
        now: Timestamp,
    ) -> Option<ConsumerId> {
        let claims: Claims = self.claims(token)?;
        let counts = claims.iss == ISSUER
            && now.as_second() < claims.exp
            && claims.account_id == account.as_str()
            && claims.azp == client;
        claims.lp_consumer_id.parse().ok().filter(|_| counts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::Purpose;
    use crate::testing::signer;

    #[test]
    fn a_connectors_token_is_good_for_its_own_application_and_account_and_for_nothing_else() {
        let (acme, other): (AccountId, AccountId) = ("acme".parse().unwrap(), "other".parse().unwrap());
        let now: Timestamp = "2026-03-03T10:00:00Z".parse().unwrap();
        let consumer = ConsumerId::from_bits(7);
        let token = signer().consumer_jws(&acme, "client-1", ("+49 1", consumer), now);
        assert_eq!(signer().on_behalf_of(&token, &acme, "client-1", now), Some(consumer));
        let end = now + limits::CONSUMER_JWS_LIFE;
        assert_eq!(signer().on_behalf_of(&token, &acme, "client-1", end), None);
        assert_eq!(signer().on_behalf_of(&token, &acme, "client-2", now), None);
        assert_eq!(signer().on_behalf_of(&token, &other, "client-1", now), None);
        assert_eq!(signer().consumer_of(&token, Purpose::Connection, now), None);
        assert_eq!(signer().verify(&token, now), None);
    }
}
