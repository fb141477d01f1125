//! The secrets of an installation: the master key, and the operator's token.
//!
//! The key wraps what protects each consumer's words, so data without its key is unreadable: a new key is only made for a
//! new directory. Of the operator's token only the hash is kept.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context, Result, bail};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use convoke_engine::ports::Entropy;
use convoke_server::{NewToken, TokenSigner};
use convoke_store::limits::DATABASE_FILE;
use sha2::{Digest, Sha256};

use crate::files;

/// The variable that gives the master key instead of the file.
pub(crate) const MASTER_KEY_VARIABLE: &str = "CONVOKE_MASTER_KEY";
/// The file of the data directory with the master key.
pub(crate) const MASTER_KEY_FILE: &str = "master.key";
/// The file of the data directory with the key that signs the tokens of applications.
const SIGNING_KEY_FILE: &str = "signing.key";
const OPERATOR_FILE: &str = "operator.sha256";

/// The master key: from the environment, else from the data directory, where a new one is made if the directory is new.
pub(crate) fn master_key(data: &Path, entropy: &dyn Entropy) -> Result<[u8; 32]> {
    if let Some(text) = std::env::var_os(MASTER_KEY_VARIABLE) {
        let text = text.into_string().ok().and_then(|text| from_hex(&text));
        return text.with_context(|| format!("{MASTER_KEY_VARIABLE} must be 64 hexadecimal digits"));
    }
    let path = data.join(MASTER_KEY_FILE);
    if let Some(text) = files::read_if_there(&path)? {
        return from_hex(&text).with_context(|| {
            format!(
                "{} does not hold 64 hexadecimal digits; restore it from where you keep it",
                path.display()
            )
        });
    }
    if data.join(DATABASE_FILE).exists() {
        bail!(
            "{} is missing, and without it what consumers wrote cannot be read: put it back, or set \
             {MASTER_KEY_VARIABLE}",
            path.display()
        );
    }
    let mut key = [0; 32];
    entropy.fill(&mut key);
    files::private_dir(data)?;
    files::write_private(&path, format!("{}\n", hex(&key)).as_bytes())?;
    Ok(key)
}

/// Signs the tokens of applications, with the key of the data directory, which is made if there is none.
pub(crate) fn token_signer(data: &Path) -> Result<TokenSigner> {
    let path = data.join(SIGNING_KEY_FILE);
    let damaged = || format!("{} is damaged; delete it, and the next start makes a new one", path.display());
    let key = if let Some(text) = files::read_if_there(&path)? {
        STANDARD.decode(text.trim()).with_context(damaged)?
    } else {
        let key = TokenSigner::generate();
        files::write_private(&path, format!("{}\n", STANDARD.encode(&key)).as_bytes())?;
        key
    };
    TokenSigner::new(&key).with_context(damaged)
}

/// The operator's token as the server knows it.
pub(crate) struct OperatorToken {
    /// SHA-256 of the token.
    pub(crate) sha256: [u8; 32],
    /// The token itself, at the first start only.
    pub(crate) new: Option<String>,
}

/// The hash of the operator's token, which is made at the first start.
pub(crate) fn operator_token(data: &Path, entropy: &dyn Entropy) -> Result<OperatorToken> {
    let path = data.join(OPERATOR_FILE);
    if let Some(text) = files::read_if_there(&path)? {
        let damaged = || {
            format!("{} is damaged; delete it, and the next start makes a new operator token", path.display())
        };
        return Ok(OperatorToken { sha256: from_hex(&text).with_context(damaged)?, new: None });
    }
    let token = NewToken::operator(entropy);
    let sha256 = sha256(&token);
    files::write_private(&path, format!("{}\n", hex(&sha256)).as_bytes())?;
    Ok(OperatorToken { sha256, new: Some(token) })
}

/// What is kept of a token.
fn sha256(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

/// The same as accounts keep it.
pub(crate) fn sha256_hex(token: &str) -> String {
    hex(&sha256(token))
}

/// Bytes as hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        write!(text, "{byte:02x}").expect("writing to a string cannot fail");
        text
    })
}

fn from_hex(text: &str) -> Option<[u8; 32]> {
    let text = text.trim().as_bytes();
    let mut bytes = [0; 32];
    if text.len() != 2 * bytes.len() {
        return None;
    }
    for (byte, digits) in bytes.iter_mut().zip(text.chunks(2)) {
        let [high, low] = [digits.first()?, digits.get(1)?].map(|&digit| char::from(digit).to_digit(16));
        *byte = u8::try_from(high? * 16 + low?).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use convoke_engine::ports::SeededEntropy;

    use super::*;

    #[test]
    fn the_master_key_is_made_once_and_found_again() {
        let dir = tempfile::tempdir().unwrap();
        let first = master_key(dir.path(), &SeededEntropy::new(1)).unwrap();
        assert_eq!(master_key(dir.path(), &SeededEntropy::new(2)).unwrap(), first);
    }

    #[test]
    fn data_without_its_key_gets_no_new_one() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join(DATABASE_FILE), "").unwrap();
        let error = master_key(dir.path(), &SeededEntropy::new(1)).unwrap_err();
        assert!(error.to_string().contains("put it back"), "{error}");
    }

    #[test]
    fn the_signing_key_is_made_once_and_is_its_owners_alone() {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = tempfile::tempdir().unwrap();
        token_signer(dir.path()).unwrap();
        let path = dir.path().join(SIGNING_KEY_FILE);
        let first = std::fs::read(&path).unwrap();
        token_signer(dir.path()).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), first);
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        std::fs::write(&path, "bm90IGEga2V5").unwrap();
        assert!(token_signer(dir.path()).is_err());
    }

    #[test]
    fn the_operators_token_is_told_once_and_kept_as_a_hash() {
        let dir = tempfile::tempdir().unwrap();
        let first = operator_token(dir.path(), &SeededEntropy::new(1)).unwrap();
        let token = first.new.unwrap();
        assert_eq!(first.sha256, sha256(&token));
        let second = operator_token(dir.path(), &SeededEntropy::new(2)).unwrap();
        assert_eq!((second.sha256, second.new), (first.sha256, None));
        let kept = std::fs::read_to_string(dir.path().join(OPERATOR_FILE)).unwrap();
        assert!(!kept.contains(&token));
    }

    #[test]
    fn hexadecimal_reads_back_and_nonsense_does_not() {
        let bytes = [0xab; 32];
        assert_eq!(from_hex(&hex(&bytes)), Some(bytes));
        assert_eq!(from_hex("ab"), None);
        assert_eq!(from_hex(&"zz".repeat(32)), None);
        assert_eq!(from_hex(&"ü".repeat(32)), None);
    }
}
