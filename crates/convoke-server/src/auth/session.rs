//! What a session of a tool shows besides its token: a cookie, and a csrf that belongs to it.
//!
//! Both are derived from the token's id with the installation's key, so nothing is kept of them, and neither helps to guess
//! the token.

use std::fmt::Write as _;

use convoke_domain::id::{AccountId, TokenId};
use hmac::{Hmac, Mac as _};
use sha2::Sha256;
use subtle::ConstantTimeEq as _;

/// Proof of a session.
pub(crate) struct SessionProof {
    /// What a browser or a tool keeps as a cookie.
    pub(crate) cookie: String,
    /// What has to be sent with it.
    pub(crate) csrf: String,
}

/// Makes and checks proofs.
pub(super) struct SessionProofs(Hmac<Sha256>);

impl SessionProofs {
    pub(super) fn new(key: &[u8; 32]) -> Self {
        Self(Hmac::new_from_slice(key).expect("HMAC takes keys of any length"))
    }

    pub(super) fn of(&self, account: &AccountId, token: TokenId) -> SessionProof {
        let id = token.uuid().simple().to_string();
        let cookie = format!("{id}.{}", self.mac("cookie", account, token));
        SessionProof { cookie, csrf: self.mac("csrf", account, token) }
    }

    /// The token whose session `cookie` and `csrf` prove.
    pub(super) fn verify(&self, account: &AccountId, cookie: &str, csrf: &str) -> Option<TokenId> {
        let (id, _) = cookie.split_once('.')?;
        let token = TokenId::from_bits(u128::from_str_radix(id, 16).ok().filter(|_| id.len() == 32)?);
        let known = self.of(account, token);
        let same =
            known.cookie.as_bytes().ct_eq(cookie.as_bytes()) & known.csrf.as_bytes().ct_eq(csrf.as_bytes());
        bool::from(same).then_some(token)
    }

    fn mac(&self, what: &str, account: &AccountId, token: TokenId) -> String {
        let mut mac = self.0.clone();
        mac.update(format!("session {what} of {account} {token}").as_bytes());
        mac.finalize().into_bytes().iter().fold(String::with_capacity(64), |mut text, byte| {
            write!(text, "{byte:02x}").expect("writing to a string cannot fail");
            text
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proof_holds_for_its_session_only() {
        let proofs = SessionProofs::new(&[7; 32]);
        let account: AccountId = "acme".parse().unwrap();
        let token = TokenId::from_bits(5);
        let SessionProof { cookie, csrf } = proofs.of(&account, token);
        assert_eq!(proofs.verify(&account, &cookie, &csrf), Some(token));
        assert_eq!(proofs.verify(&"other".parse().unwrap(), &cookie, &csrf), None);
        assert_eq!(proofs.verify(&account, &cookie, "x"), None);
        assert_eq!(proofs.verify(&account, &format!("{cookie}0"), &csrf), None);
        assert_eq!(proofs.verify(&account, &csrf, &csrf), None);
        assert_eq!(SessionProofs::new(&[8; 32]).verify(&account, &cookie, &csrf), None);
    }
}
