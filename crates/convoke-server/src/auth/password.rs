//! Passwords: hashed with Argon2id, compared in the same time wherever they differ.
//!
//! Hashing costs 19 MiB and some tens of milliseconds by intent, so it happens aside and only so often at once.

use argon2::Argon2;
use argon2::password_hash::{PasswordHash as Parsed, PasswordHasher, PasswordVerifier, SaltString};
use convoke_domain::account::PasswordHash;
use convoke_engine::ports::Entropy;
use tokio::sync::Semaphore;

use crate::limits::{PASSWORD_CHARS_MAX, PASSWORD_CHARS_MIN, PASSWORDS_AT_ONCE};

const SALT_BYTES: usize = 16;

/// What nobody's password hashes to: whoever tries an unknown login name waits as long as for a known one.
const NOBODYS: &str = "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5cy1zYWx0LWhlcmU$\
                       AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Why a text is no password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a password has {PASSWORD_CHARS_MIN} to {PASSWORD_CHARS_MAX} characters")]
pub struct PasswordUnfit;

/// Hashes and compares, a few at once.
#[derive(Debug)]
pub(super) struct Passwords {
    permits: Semaphore,
}

impl Default for Passwords {
    fn default() -> Self {
        Self { permits: Semaphore::new(PASSWORDS_AT_ONCE) }
    }
}

impl Passwords {
    /// Whether this is the password; `None` is nobody's, and takes as long.
    pub(super) async fn is(&self, password: &str, hash: Option<&PasswordHash>) -> bool {
        if password.chars().count() > PASSWORD_CHARS_MAX {
            return false;
        }
        // The semaphore is never closed.
        let Ok(_permit) = self.permits.acquire().await else { return false };
        let known = hash.is_some();
        let hash = hash.map_or(NOBODYS, PasswordHash::as_str).to_owned();
        let password = password.to_owned();
        let same = tokio::task::spawn_blocking(move || {
            Parsed::new(&hash)
                .is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
        });
        same.await.unwrap_or(false) && known
    }
}

/// What a new password hashes to.
///
/// # Errors
/// If it is too short or too long.
pub fn hash_password(password: &str, entropy: &dyn Entropy) -> Result<PasswordHash, PasswordUnfit> {
    if !(PASSWORD_CHARS_MIN..=PASSWORD_CHARS_MAX).contains(&password.chars().count()) {
        return Err(PasswordUnfit);
    }
    let mut salt = [0; SALT_BYTES];
    entropy.fill(&mut salt);
    let salt = SaltString::encode_b64(&salt).map_err(|_| PasswordUnfit)?;
    let hash = Argon2::default().hash_password(password.as_bytes(), &salt).map_err(|_| PasswordUnfit)?;
    Ok(PasswordHash::new(&hash.to_string()))
}

#[cfg(test)]
mod tests {
    use convoke_engine::ports::SeededEntropy;

    use super::*;

    #[tokio::test]
    async fn only_the_password_itself_is_it() {
        let passwords = Passwords::default();
        let hash = hash_password("correct horse battery", &SeededEntropy::new(1)).unwrap();
        assert!(passwords.is("correct horse battery", Some(&hash)).await);
        assert!(!passwords.is("correct horse batterz", Some(&hash)).await);
        assert!(!passwords.is("", Some(&hash)).await);
        assert!(!passwords.is("correct horse battery", None).await);
        assert!(!hash.as_str().contains("horse"));
    }

    #[test]
    fn nobodys_hash_costs_what_a_real_one_costs() {
        let real = hash_password("correct horse battery", &SeededEntropy::new(1)).unwrap();
        let parameters = |text: &str| text.split('$').take(4).collect::<Vec<_>>().join("$");
        assert_eq!(parameters(NOBODYS), parameters(real.as_str()));
        assert!(Parsed::new(NOBODYS).is_ok());
    }

    #[test]
    fn two_users_with_one_password_have_two_hashes() {
        let entropy = SeededEntropy::new(1);
        let [one, two] = [(); 2].map(|()| hash_password("correct horse battery", &entropy).unwrap());
        assert_ne!(one, two);
    }

    #[test]
    fn short_and_endless_passwords_are_refused() {
        for unfit in ["short", &"x".repeat(PASSWORD_CHARS_MAX + 1)] {
            assert!(hash_password(unfit, &SeededEntropy::new(1)).is_err());
        }
    }
}
