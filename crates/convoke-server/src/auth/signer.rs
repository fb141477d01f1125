//! Tokens of applications: JWTs that the sentinel plane issues, signed with the installation's own key (RS256).
//!
//! Whoever holds one is an application of the account that is its audience. What it may do is looked up when it is shown,
//! not written into it, so taking a role away counts at once.

use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    KeyPair as _, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RsaKeyPair, UnparsedPublicKey,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use convoke_api::lp::sentinel::Claims;
use convoke_domain::id::AccountId;
use jiff::Timestamp;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::secret;
use crate::limits;

const ALGORITHM: &str = "RS256";
const ISSUER: &str = "Sentinel";
/// What applications may be used for.
const SCOPE: &str = "faas.lambda.invoke";

/// Signs and checks tokens of applications.
pub struct TokenSigner {
    pair: RsaKeyPair,
    key_id: String,
}

/// A key that no token can be signed with.
#[derive(Debug, thiserror::Error)]
#[error("this is no RSA key in PKCS #8 form of at least 2048 bits")]
pub struct SigningKeyInvalid;

/// An application that showed a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Bearer {
    pub(crate) account: AccountId,
    pub(crate) client: String,
}

impl TokenSigner {
    /// Makes a new key, in PKCS #8 form.
    ///
    /// # Panics
    /// Never on a machine that has entropy.
    pub fn generate() -> Vec<u8> {
        let pair = RsaKeyPair::generate(KeySize::Rsa2048).expect("the operating system has entropy");
        let der: Pkcs8V1Der<'_> = pair.as_der().expect("a key that was just made can be written");
        der.as_ref().to_vec()
    }

    /// A signer with this key, in PKCS #8 form.
    ///
    /// # Errors
    /// If it is no such key.
    pub fn new(pkcs8: &[u8]) -> Result<Self, SigningKeyInvalid> {
        let pair = RsaKeyPair::from_pkcs8(pkcs8).map_err(|_| SigningKeyInvalid)?;
        let hash = secret::hex(&secret::sha256_of(pair.public_key().as_ref()));
        Ok(Self { pair, key_id: hash[..16].to_owned() })
    }

    /// A token for an application of an account, and how long it counts.
    pub(crate) fn issue(&self, account: &AccountId, client: &str, now: Timestamp) -> (String, i64) {
        let life = limits::APPLICATION_TOKEN_LIFE.as_secs().cast_signed();
        let iat = now.as_second();
        let claims = Claims {
            aud: account.to_string(),
            azp: client.to_owned(),
            scope: SCOPE.to_owned(),
            iss: ISSUER.to_owned(),
            exp: iat + life,
            iat,
        };
        (self.sign(&json!(claims)), life)
    }

    /// A token with these claims.
    pub(super) fn sign(&self, claims: &Value) -> String {
        let header = json!({"alg": ALGORITHM, "typ": "JWT", "kid": self.key_id});
        let encoded = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", encoded(&header), encoded(claims));
        let mut signature = vec![0; self.pair.public_modulus_len()];
        self.pair
            .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), signed.as_bytes(), &mut signature)
            .expect("a key that was loaded can sign");
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    /// The application that shows `token`; `None` if it is not ours, or over.
    pub(crate) fn verify(&self, token: &str, now: Timestamp) -> Option<Bearer> {
        let claims: Claims = self.claims(token)?;
        let counts = claims.iss == ISSUER && now.as_second() < claims.exp;
        counts.then_some(Bearer { account: claims.aud.parse().ok()?, client: claims.azp })
    }

    /// The claims of a token, if it is ours. Whether they still count is for the caller to see.
    pub(super) fn claims<T: DeserializeOwned>(&self, token: &str) -> Option<T> {
        let (signed, signature) = token.rsplit_once('.')?;
        let (header, claims) = signed.split_once('.')?;
        let header: Header = part(header)?;
        // The header is the sender's: it names one of our keys and its algorithm, or nothing is looked at.
        if header.alg != ALGORITHM || header.kid != self.key_id {
            return None;
        }
        let key = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, self.pair.public_key().as_ref());
        key.verify(signed.as_bytes(), &URL_SAFE_NO_PAD.decode(signature).ok()?).ok()?;
        part(claims)
    }

    /// The public key as a JSON Web Key Set.
    pub(crate) fn key_set(&self) -> Value {
        let public = self.pair.public_key();
        let number = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        json!({"keys": [{
            "kty": "RSA",
            "use": "sig",
            "alg": ALGORITHM,
            "kid": self.key_id,
            "n": number(public.modulus().big_endian_without_leading_zero()),
            "e": number(public.exponent().big_endian_without_leading_zero()),
        }]})
    }
}

/// What is read of a token's header.
#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: String,
}

/// A part of a token: JSON in base64.
fn part<T: DeserializeOwned>(text: &str) -> Option<T> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use super::*;

    // Two keys are enough for all tests here; making one takes a while.
    static OURS: LazyLock<TokenSigner> = LazyLock::new(made);
    static THEIRS: LazyLock<TokenSigner> = LazyLock::new(made);

    fn made() -> TokenSigner {
        TokenSigner::new(&TokenSigner::generate()).unwrap()
    }

    fn now() -> Timestamp {
        "2026-03-03T10:00:00Z".parse().unwrap()
    }

    fn issued() -> String {
        OURS.issue(&"acme".parse().unwrap(), "client-1", now()).0
    }

    #[test]
    fn a_token_names_its_account_and_application_until_it_ends() {
        let expected = Bearer { account: "acme".parse().unwrap(), client: "client-1".to_owned() };
        assert_eq!(OURS.verify(&issued(), now()), Some(expected));
        let end = now() + limits::APPLICATION_TOKEN_LIFE;
        assert_eq!(OURS.verify(&issued(), end), None);
    }

    #[test]
    fn clients_can_read_when_it_ends_and_that_is_an_hour_away_at_least() {
        let claims: Claims =
            serde_json::from_slice(&URL_SAFE_NO_PAD.decode(issued().split('.').nth(1).unwrap()).unwrap())
                .unwrap();
        assert!(claims.exp - claims.iat >= 3600);
        assert_eq!((claims.iss.as_str(), claims.scope.as_str()), (ISSUER, SCOPE));
    }

    #[test]
    fn what_another_key_signed_or_somebody_changed_is_no_token() {
        let token = issued();
        assert_eq!(THEIRS.verify(&token, now()), None);
        let [header, claims, signature] = token.split('.').collect::<Vec<_>>()[..] else { panic!() };
        let other = URL_SAFE_NO_PAD.encode(
            String::from_utf8(URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap().replace("acme", "other"),
        );
        let none = URL_SAFE_NO_PAD.encode(json!({"alg": "none", "kid": OURS.key_id}).to_string());
        for wrong in [
            format!("{header}.{other}.{signature}"),
            format!("{none}.{claims}."),
            format!("{header}.{claims}."),
            "eyJ.x.y".to_owned(),
        ] {
            assert_eq!(OURS.verify(&wrong, now()), None, "{wrong}");
        }
    }

    #[test]
    fn the_public_key_is_told_under_the_name_that_tokens_use() {
        let header: Header = part(issued().split('.').next().unwrap()).unwrap();
        assert_eq!(OURS.key_set()["keys"][0]["kid"], header.kid);
    }
}
