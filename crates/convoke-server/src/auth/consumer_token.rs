//! Tokens of consumers: signed, not stored, because there are as many consumers as there are customers.
//!
//! `cvc_<account>.<consumer>.<end in Unix seconds>.<HMAC-SHA256 of all that, base64url>`, and `cvw_…` for those of the
//! consumer window, which anybody is given and which are good for less; `cvi_…` if the brand knows who it is.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use convoke_domain::id::{AccountId, ConsumerId};
use hmac::{Hmac, Mac};
use jiff::Timestamp;
use sha2::Sha256;
use uuid::Uuid;

/// What a token was given for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum GivenBy {
    /// The brand, or whoever it asked.
    Brand,
    /// The consumer window, to anybody.
    Window,
    /// The consumer window, to somebody whom the brand knows.
    WindowKnown,
}

impl GivenBy {
    pub(super) const fn prefix(self) -> &'static str {
        match self {
            Self::Brand => "cvc_",
            Self::Window => "cvw_",
            Self::WindowKnown => "cvi_",
        }
    }
}

const CONSUMER_DIGITS: usize = 32;

/// Signs and checks. One key does both, and names consumers; what it signs begins with what it is for.
pub(super) struct ConsumerTokens {
    mac: Hmac<Sha256>,
}

impl ConsumerTokens {
    pub(super) fn new(key: &[u8; 32]) -> Self {
        Self { mac: Hmac::new_from_slice(key).expect("HMAC takes keys of any length") }
    }

    pub(super) fn sign(
        &self,
        by: GivenBy,
        account: &AccountId,
        consumer: ConsumerId,
        expires_at: Timestamp,
    ) -> String {
        let prefix = by.prefix();
        let claims = format!("{prefix}{account}.{}.{}", consumer.uuid().simple(), expires_at.as_second());
        let mac = self.keyed(&claims).finalize().into_bytes();
        format!("{claims}.{}", URL_SAFE_NO_PAD.encode(mac))
    }

    /// Whom a token given like this speaks for; `None` if it is not ours or has ended.
    pub(super) fn verify(&self, by: GivenBy, token: &str, now: Timestamp) -> Option<(AccountId, ConsumerId)> {
        let (claims, mac) = token.rsplit_once('.')?;
        let mac = URL_SAFE_NO_PAD.decode(mac).ok()?;
        // In constant time.
        self.keyed(claims).verify_slice(&mac).ok()?;
        let mut parts = claims.strip_prefix(by.prefix())?.split('.');
        let (account, consumer, end) = (parts.next()?, parts.next()?, parts.next()?);
        let consumer = Some(consumer).filter(|text| text.len() == CONSUMER_DIGITS)?;
        let consumer = ConsumerId::from_bits(Uuid::try_parse(consumer).ok()?.as_u128());
        let valid = now.as_second() < end.parse().ok()? && parts.next().is_none();
        valid.then_some((account.parse().ok()?, consumer))
    }

    /// The consumer with this name. Keyed, so that an id does not give away whose it is.
    pub(super) fn named(&self, account: &AccountId, name: &str) -> ConsumerId {
        let mac = self.keyed(&format!("consumer {account}.{name}")).finalize().into_bytes();
        let (bits, _) = mac.split_first_chunk().expect("a SHA-256 has 32 bytes");
        ConsumerId::from_bits(u128::from_be_bytes(*bits))
    }

    fn keyed(&self, text: &str) -> Hmac<Sha256> {
        let mut mac = self.mac.clone();
        mac.update(text.as_bytes());
        mac
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn a_token_counts_until_its_end_and_only_with_its_own_key() {
        let tokens = ConsumerTokens::new(&[1; 32]);
        let account: AccountId = "demo".parse().unwrap();
        let consumer = ConsumerId::from_bits(7);
        let token = tokens.sign(GivenBy::Brand, &account, consumer, at(100));
        assert_eq!(tokens.verify(GivenBy::Brand, &token, at(99)), Some((account, consumer)));
        assert_eq!(tokens.verify(GivenBy::Brand, &token, at(100)), None);
        assert_eq!(tokens.verify(GivenBy::Window, &token, at(99)), None);
        assert_eq!(ConsumerTokens::new(&[2; 32]).verify(GivenBy::Brand, &token, at(99)), None);
    }

    #[test]
    fn a_token_that_was_changed_anywhere_does_not_count() {
        let tokens = ConsumerTokens::new(&[1; 32]);
        let token = tokens.sign(GivenBy::Brand, &"demo".parse().unwrap(), ConsumerId::from_bits(7), at(100));
        for place in 0..token.len() - 1 {
            let mut changed = token.clone().into_bytes();
            changed[place] = if changed[place] == b'A' { b'B' } else { b'A' };
            assert_eq!(
                tokens.verify(GivenBy::Brand, &String::from_utf8(changed).unwrap(), at(1)),
                None,
                "{place}"
            );
        }
    }

    #[test]
    fn a_name_is_always_the_same_consumer_of_its_account_and_no_other() {
        let tokens = ConsumerTokens::new(&[1; 32]);
        let [demo, other]: [AccountId; 2] = ["demo", "other"].map(|id| id.parse().unwrap());
        assert_eq!(tokens.named(&demo, "ada"), tokens.named(&demo, "ada"));
        assert_ne!(tokens.named(&demo, "ada"), tokens.named(&demo, "bob"));
        assert_ne!(tokens.named(&demo, "ada"), tokens.named(&other, "ada"));
    }
}
