//! Signatures and keys: RS256 to RS512 and ES256, as JSON web tokens use them.
//!
//! Pure, like every host function: a signature follows from key and message alone, so that a replay signs the same. That
//! is why ECDSA here takes its random number from key and message (RFC 6979), and why RSA-PSS is not offered.

use aws_lc_rs::rsa::PublicKey;
use aws_lc_rs::signature::{
    self, KeyPair as _, RsaEncoding, RsaKeyPair, RsaParameters, UnparsedPublicKey, VerificationAlgorithm,
};
use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::{DerSignature, SigningKey};
use p256::elliptic_curve::sec1::ToEncodedPoint as _;
use p256::pkcs8::{DecodePrivateKey as _, DecodePublicKey as _};
use serde_json::json;

use crate::pem;

/// The name of the only curve, as Node has it.
const CURVE: &str = "prime256v1";

/// A private key.
enum Private {
    Rsa(Box<RsaKeyPair>),
    Ec(Box<SigningKey>),
}

/// A public key, in the form that its algorithm reads.
enum Public {
    Rsa(Vec<u8>),
    Ec(Vec<u8>),
}

/// Signs. `text` is the digest (`sha256`, …), a colon, and the length of the key in PEM, which comes first in `bytes`.
pub(crate) fn sign(text: &str, bytes: &[u8]) -> Result<Vec<u8>, String> {
    let (digest, key, message) = parts(text, bytes)?;
    match private(key)? {
        Private::Rsa(pair) => {
            let encoding: &'static dyn RsaEncoding = match digest {
                "sha256" => &signature::RSA_PKCS1_SHA256,
                "sha384" => &signature::RSA_PKCS1_SHA384,
                "sha512" => &signature::RSA_PKCS1_SHA512,
                _ => return Err(unknown(digest)),
            };
            let mut signature = vec![0; pair.public_modulus_len()];
            let random = aws_lc_rs::rand::SystemRandom::new();
            pair.sign(encoding, &random, message, &mut signature).map_err(|_| "the key cannot sign this")?;
            Ok(signature)
        }
        Private::Ec(key) if digest == "sha256" => {
            let signature: DerSignature = key.sign(message);
            Ok(signature.as_bytes().to_vec())
        }
        Private::Ec(_) => Err("a key on this curve signs with sha256 only; use ES256".into()),
    }
}

/// Verifies. `text` is the digest and the lengths of the key and of the signature, which come before the message in `bytes`.
pub(crate) fn verify(text: &str, bytes: &[u8]) -> Result<Vec<u8>, String> {
    let (head, signature_len) = text.rsplit_once(':').ok_or("expected the length of the signature")?;
    let (digest, key, rest) = parts(head, bytes)?;
    let len = signature_len.parse().map_err(|_| "expected the length of the signature")?;
    let (signature, message) = rest.split_at_checked(len).ok_or("the signature is longer than the input")?;
    let (algorithm, key): (&'static dyn VerificationAlgorithm, Vec<u8>) = match (public(key)?, digest) {
        (Public::Rsa(key), "sha256") => (&signature::RSA_PKCS1_2048_8192_SHA256, key),
        (Public::Rsa(key), "sha384") => (&signature::RSA_PKCS1_2048_8192_SHA384, key),
        (Public::Rsa(key), "sha512") => (&signature::RSA_PKCS1_2048_8192_SHA512, key),
        (Public::Ec(key), "sha256") => (&signature::ECDSA_P256_SHA256_ASN1, key),
        _ => return Err(unknown(digest)),
    };
    let holds = UnparsedPublicKey::new(algorithm, key).verify(message, signature).is_ok();
    Ok(if holds { b"1".to_vec() } else { b"0".to_vec() })
}

/// What a key in PEM is, as JSON. `text` is `private` or `public`; a public key can be asked of a private one and of a
/// certificate.
pub(crate) fn describe(text: &str, bytes: &[u8]) -> Result<Vec<u8>, String> {
    let rsa = |bits: usize| json!({ "kind": "rsa", "modulusLength": bits });
    let described = if text == "private" {
        match private(bytes)? {
            Private::Rsa(pair) => rsa(pair.public_modulus_len() * 8),
            Private::Ec(_) => json!({ "kind": "ec", "namedCurve": CURVE }),
        }
    } else {
        match public(bytes)? {
            Public::Rsa(der) => rsa(modulus_bits(&der)?),
            Public::Ec(_) => json!({ "kind": "ec", "namedCurve": CURVE }),
        }
    };
    Ok(described.to_string().into_bytes())
}

fn modulus_bits(der: &[u8]) -> Result<usize, String> {
    let bits = RsaParameters::public_modulus_len(der).map_err(|_| "this is no public RSA key")?;
    Ok(usize::try_from(bits).unwrap_or_default())
}

fn parts<'a>(text: &'a str, bytes: &'a [u8]) -> Result<(&'a str, &'a [u8], &'a [u8]), String> {
    let (digest, key_len) = text.split_once(':').ok_or("expected a digest and the length of the key")?;
    let key_len = key_len.parse().map_err(|_| "expected the length of the key")?;
    let (key, rest) = bytes.split_at_checked(key_len).ok_or("the key is longer than the input")?;
    Ok((digest, key, rest))
}

fn private(text: &[u8]) -> Result<Private, String> {
    let (label, der) = read_pem(text)?;
    let rsa = |pair: Result<RsaKeyPair, _>| {
        pair.map(|pair| Private::Rsa(Box::new(pair)))
            .map_err(|_| "this RSA key cannot be used; use one of 2048 to 8192 bits".to_owned())
    };
    let ec = |key: SigningKey| Private::Ec(Box::new(key));
    match label.as_str() {
        "RSA PRIVATE KEY" => rsa(RsaKeyPair::from_der(&der)),
        "EC PRIVATE KEY" => p256::SecretKey::from_sec1_der(&der)
            .map(|key| ec(SigningKey::from(key)))
            .map_err(|_| "this key is not on the curve P-256".to_owned()),
        "PRIVATE KEY" => match SigningKey::from_pkcs8_der(&der) {
            Ok(key) => Ok(ec(key)),
            Err(_) => rsa(RsaKeyPair::from_pkcs8(&der)),
        },
        "ENCRYPTED PRIVATE KEY" => Err("the key is encrypted; provide it decrypted".into()),
        _ => Err("this is no private key in PEM".into()),
    }
}

fn public(text: &[u8]) -> Result<Public, String> {
    let (label, der) = read_pem(text)?;
    match label.as_str() {
        "PUBLIC KEY" | "RSA PUBLIC KEY" => of_info(&der),
        "CERTIFICATE" => of_info(&pem::certified_key(der).ok_or("this is no certificate")?),
        _ => match private(text)? {
            Private::Rsa(pair) => Ok(Public::Rsa(pair.public_key().as_ref().to_vec())),
            Private::Ec(key) => {
                Ok(Public::Ec(key.verifying_key().to_encoded_point(false).as_bytes().to_vec()))
            }
        },
    }
}

/// A key in the form that certificates have it, or in RSA's own.
fn of_info(der: &[u8]) -> Result<Public, String> {
    if let Ok(key) = p256::PublicKey::from_public_key_der(der) {
        return Ok(Public::Ec(key.to_encoded_point(false).as_bytes().to_vec()));
    }
    let key = PublicKey::from_der(der).map_err(|_| "this is no public key for RSA or on the curve P-256")?;
    Ok(Public::Rsa(key.as_ref().to_vec()))
}

fn read_pem(pem: &[u8]) -> Result<(String, Vec<u8>), String> {
    pem::read(pem).ok_or_else(|| "this is no key in PEM".to_owned())
}

fn unknown(digest: &str) -> String {
    format!("signatures with {digest} are not available; use RS256, RS384, RS512 or ES256")
}
