//! Secrets of access tokens: made here, kept nowhere, recognized by their hash.
//!
//! `cvk_<account>.<base64url of the token's id and 32 random bytes>`: account and id lead to the one hash that it is
//! compared with, so that checking a token takes the same time in an account of any size.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use convoke_domain::id::{AccountId, TokenId};
use convoke_engine::ports::Entropy;
use sha2::{Digest, Sha256};

const PREFIX: &str = "cvk_";
const OPERATOR_PREFIX: &str = "cvo_";
const CLIENT_PREFIX: &str = "cvs_";
const WEBHOOK_PREFIX: &str = "cvw_";
const ID_BYTES: usize = 16;
const RANDOM_BYTES: usize = 32;

/// A new token. Its `Debug` form does not exist: the text is shown once, to whoever asked for it.
pub struct NewToken {
    /// Its id, as the account names it.
    pub id: TokenId,
    /// What its holder sends.
    pub text: String,
    /// SHA-256 of the text, 64 lower-case hexadecimal digits: what the account keeps.
    pub sha256: String,
}

impl NewToken {
    /// A new token of `account`.
    ///
    /// # Panics
    /// Never: an id fits into the bytes of which it is the beginning.
    pub fn generate(account: &AccountId, entropy: &dyn Entropy) -> Self {
        let mut bytes = [0; ID_BYTES + RANDOM_BYTES];
        entropy.fill(&mut bytes);
        let (id, _) = bytes.split_first_chunk().expect("an id and the random bytes");
        let text = format!("{PREFIX}{account}.{}", URL_SAFE_NO_PAD.encode(bytes));
        Self { id: TokenId::from_bits(u128::from_be_bytes(*id)), sha256: hex(&sha256(&text)), text }
    }

    /// A new token for the operator of an installation; its text is what [`super::Auth::new`] takes.
    pub fn operator(entropy: &dyn Entropy) -> String {
        let mut bytes = [0; RANDOM_BYTES];
        entropy.fill(&mut bytes);
        format!("{OPERATOR_PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes))
    }
}

/// A new secret of a client. Its `Debug` form does not exist: the text is shown once, to whoever asked for it.
pub(crate) struct ClientSecret {
    /// What the client sends with its id.
    pub(crate) text: String,
    /// SHA-256 of the text, 64 lower-case hexadecimal digits: what the account keeps.
    pub(crate) sha256: String,
}

impl ClientSecret {
    /// A new secret.
    pub(crate) fn generate(entropy: &dyn Entropy) -> Self {
        let mut bytes = [0; RANDOM_BYTES];
        entropy.fill(&mut bytes);
        let text = format!("{CLIENT_PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes));
        Self { sha256: hex(&sha256(&text)), text }
    }
}

/// A new secret that a webhook's letters are signed with. Its `Debug` form does not exist: the text is shown once, and
/// kept sealed.
pub(crate) struct WebhookSecret {
    /// What the receiver checks signatures with.
    pub(crate) text: String,
}

impl WebhookSecret {
    /// A new secret.
    pub(crate) fn generate(entropy: &dyn Entropy) -> Self {
        let mut bytes = [0; RANDOM_BYTES];
        entropy.fill(&mut bytes);
        Self { text: format!("{WEBHOOK_PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes)) }
    }
}

/// The account and the id in the text of a token.
pub(super) fn parts(text: &str) -> Option<(AccountId, TokenId)> {
    let (account, secret) = text.strip_prefix(PREFIX)?.split_once('.')?;
    let bytes = URL_SAFE_NO_PAD.decode(secret).ok()?;
    let (id, random) = bytes.split_first_chunk::<ID_BYTES>()?;
    let id = TokenId::from_bits(u128::from_be_bytes(*id));
    (random.len() == RANDOM_BYTES).then_some((account.parse().ok()?, id))
}

pub(super) fn sha256(text: &str) -> [u8; 32] {
    sha256_of(text.as_bytes())
}

pub(super) fn sha256_of(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        write!(text, "{byte:02x}").expect("writing to a string cannot fail");
        text
    })
}

#[cfg(test)]
mod tests {
    use convoke_engine::ports::SeededEntropy;

    use super::*;

    #[test]
    fn a_token_leads_to_its_account_and_id_and_to_its_hash() {
        let account: AccountId = "demo_1".parse().unwrap();
        let token = NewToken::generate(&account, &SeededEntropy::new(1));
        assert_eq!(parts(&token.text), Some((account, token.id)));
        assert_eq!(token.sha256, hex(&sha256(&token.text)));
        assert!(token.text.len() < 100, "{}", token.text.len());
    }

    #[test]
    fn what_is_cut_or_lengthened_is_no_token() {
        let token = NewToken::generate(&"demo".parse().unwrap(), &SeededEntropy::new(1)).text;
        for wrong in ["", "cvk_", "cvk_demo", "cvk_demo.", "cvk_.AAAA", &token[..token.len() - 4]] {
            assert_eq!(parts(wrong), None, "{wrong}");
        }
        assert_eq!(parts(&format!("{token}AAAA")), None);
    }
}
