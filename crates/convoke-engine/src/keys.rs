//! Keys at rest: one master key per installation wraps one data key per consumer; destroying a consumer's key erases
//! what they wrote. Sealing is ChaCha20-Poly1305 with the record's place as associated data, so that a sealed text
//! cannot be moved to another place of the log.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{ChaCha20Poly1305, Key, Nonce};
use convoke_domain::account::SealedValue;

use crate::ports::Entropy;

const KEY_BYTES: usize = 32;
const NONCE_BYTES: usize = 12;

/// Why something sealed could not be opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a sealed value does not open: the key is another one, or the value was changed")]
pub struct SealBroken;

/// The installation's key. Its `Debug` form shows nothing.
#[derive(Clone)]
pub struct MasterKey(Cipher);

/// One consumer's key.
#[derive(Clone)]
pub struct DataKey(Cipher);

#[derive(Clone)]
struct Cipher(ChaCha20Poly1305);

impl MasterKey {
    /// The key with these bytes.
    pub fn new(bytes: [u8; KEY_BYTES]) -> Self {
        Self(Cipher::new(bytes))
    }

    /// A new data key, and the form of it that is stored.
    pub fn new_data_key(&self, entropy: &dyn Entropy, owner: &[u8]) -> (DataKey, Vec<u8>) {
        let mut bytes = [0; KEY_BYTES];
        entropy.fill(&mut bytes);
        let wrapped = self.0.seal(entropy, owner, &bytes);
        (DataKey(Cipher::new(bytes)), wrapped)
    }

    /// The data key from its stored form.
    ///
    /// # Errors
    /// If it was wrapped by another master key, for another owner, or changed.
    pub fn unwrap(&self, owner: &[u8], wrapped: &[u8]) -> Result<DataKey, SealBroken> {
        let bytes = self.0.open(owner, wrapped)?;
        Ok(DataKey(Cipher::new(bytes.try_into().map_err(|_| SealBroken)?)))
    }

    /// Seals a small secret of the installation itself.
    pub fn seal(&self, entropy: &dyn Entropy, place: &[u8], plain: &[u8]) -> Vec<u8> {
        self.0.seal(entropy, place, plain)
    }

    /// Opens what it sealed for `place`.
    ///
    /// # Errors
    /// If it was sealed with another key, for another place, or changed.
    pub fn open(&self, place: &[u8], sealed: &[u8]) -> Result<Vec<u8>, SealBroken> {
        self.0.open(place, sealed)
    }

    /// Seals a secret of an account as its settings keep it.
    pub(crate) fn seal_value(&self, entropy: &dyn Entropy, place: &str, plain: &[u8]) -> SealedValue {
        SealedValue::new(&STANDARD.encode(self.seal(entropy, place.as_bytes(), plain)))
    }

    /// Opens a secret of an account that it sealed for `place`.
    ///
    /// # Errors
    /// If it was sealed with another key, for another place, or changed.
    pub(crate) fn open_value(&self, place: &str, sealed: &SealedValue) -> Result<Vec<u8>, SealBroken> {
        let sealed = STANDARD.decode(sealed.as_str()).map_err(|_| SealBroken)?;
        self.open(place.as_bytes(), &sealed)
    }
}

impl DataKey {
    /// The key with these bytes, which are kept somewhere else.
    pub fn new(bytes: [u8; KEY_BYTES]) -> Self {
        Self(Cipher::new(bytes))
    }

    /// Seals `plain` for `place`.
    pub fn seal(&self, entropy: &dyn Entropy, place: &[u8], plain: &[u8]) -> Vec<u8> {
        self.0.seal(entropy, place, plain)
    }

    /// Opens what was sealed for `place`.
    ///
    /// # Errors
    /// If it was sealed with another key, for another place, or changed.
    pub fn open(&self, place: &[u8], sealed: &[u8]) -> Result<Vec<u8>, SealBroken> {
        self.0.open(place, sealed)
    }
}

impl Cipher {
    fn new(bytes: [u8; KEY_BYTES]) -> Self {
        Self(ChaCha20Poly1305::new(&Key::from(bytes)))
    }

    fn seal(&self, entropy: &dyn Entropy, place: &[u8], plain: &[u8]) -> Vec<u8> {
        let mut nonce = [0; NONCE_BYTES];
        entropy.fill(&mut nonce);
        let sealed = self
            .0
            .encrypt(&Nonce::from(nonce), Payload { msg: plain, aad: place })
            .expect("a record is far below the cipher's limit");
        [&nonce[..], &sealed].concat()
    }

    fn open(&self, place: &[u8], sealed: &[u8]) -> Result<Vec<u8>, SealBroken> {
        let (nonce, sealed) = sealed.split_first_chunk::<NONCE_BYTES>().ok_or(SealBroken)?;
        self.0.decrypt(&Nonce::from(*nonce), Payload { msg: sealed, aad: place }).map_err(|_| SealBroken)
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MasterKey(…)")
    }
}

impl fmt::Debug for DataKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DataKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::SeededEntropy;

    #[test]
    fn a_sealed_text_opens_only_at_its_own_place_and_with_its_own_key() {
        let entropy = SeededEntropy::new(1);
        let master = MasterKey::new([7; 32]);
        let (key, wrapped) = master.new_data_key(&entropy, b"acme/ada");
        let sealed = key.seal(&entropy, b"conversation 1, event 2", b"my card number");

        let again = master.unwrap(b"acme/ada", &wrapped).unwrap();
        assert_eq!(again.open(b"conversation 1, event 2", &sealed).unwrap(), b"my card number");
        assert_eq!(again.open(b"conversation 1, event 3", &sealed), Err(SealBroken));
        assert!(master.unwrap(b"acme/bob", &wrapped).is_err());
        assert!(MasterKey::new([8; 32]).unwrap(b"acme/ada", &wrapped).is_err());
    }

    #[test]
    fn a_key_never_shows_itself() {
        assert_eq!(format!("{:?}", MasterKey::new([7; 32])), "MasterKey(…)");
    }
}
