//! Digests and message authentication codes. Whole inputs only: a running hash would be state outside the guest.

use hmac::{Hmac, Mac};
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha384, Sha512};

/// The digest of `bytes` by this algorithm.
pub(crate) fn digest(algorithm: &str, bytes: &[u8]) -> Result<Vec<u8>, String> {
    Ok(match normal(algorithm).as_str() {
        "md5" => Md5::digest(bytes).to_vec(),
        "sha1" => Sha1::digest(bytes).to_vec(),
        "sha256" => Sha256::digest(bytes).to_vec(),
        "sha384" => Sha384::digest(bytes).to_vec(),
        "sha512" => Sha512::digest(bytes).to_vec(),
        _ => return Err(unknown(algorithm)),
    })
}

/// The code of a message. `text` is the algorithm, a colon, and the length of the key, which comes first in `bytes`.
pub(crate) fn hmac(text: &str, bytes: &[u8]) -> Result<Vec<u8>, String> {
    let (algorithm, key_len) =
        text.split_once(':').ok_or("expected an algorithm and the length of the key")?;
    let (key, message) = key_len
        .parse()
        .ok()
        .and_then(|len| bytes.split_at_checked(len))
        .ok_or("the key is longer than the input")?;
    match normal(algorithm).as_str() {
        "md5" => code::<Hmac<Md5>>(key, message),
        "sha1" => code::<Hmac<Sha1>>(key, message),
        "sha256" => code::<Hmac<Sha256>>(key, message),
        "sha384" => code::<Hmac<Sha384>>(key, message),
        "sha512" => code::<Hmac<Sha512>>(key, message),
        _ => Err(unknown(algorithm)),
    }
}

fn code<M: Mac + hmac::digest::KeyInit>(key: &[u8], message: &[u8]) -> Result<Vec<u8>, String> {
    let mut code = <M as Mac>::new_from_slice(key).map_err(|error| error.to_string())?;
    code.update(message);
    Ok(code.finalize().into_bytes().to_vec())
}

/// `SHA-256`, `sha256`, `RSA-SHA256` are one name.
fn normal(algorithm: &str) -> String {
    let plain = algorithm.to_ascii_lowercase().replace('-', "");
    plain.strip_prefix("rsa").unwrap_or(&plain).to_owned()
}

fn unknown(algorithm: &str) -> String {
    format!("the digest algorithm \"{algorithm}\" is not available; use md5, sha1, sha256, sha384 or sha512")
}
