//! Signatures of letters: whoever has the webhook's secret can tell that a letter is from here, and unchanged.

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use convoke_domain::account::WebhookSignature;
use jiff::Timestamp;

use crate::auth::hex;

/// The value of `convoke-signature`: when it was made, and HMAC-SHA-256 over that time, a dot and the body, in lower-case
/// hexadecimal. With the time in it an old letter cannot be sent again unnoticed.
pub(super) fn with_time(secret: &str, at: Timestamp, body: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    let mut signing = hmac::Context::with_key(&key);
    let at = at.as_second().to_string();
    for part in [at.as_bytes(), b".", body.as_bytes()] {
        signing.update(part);
    }
    format!("t={at},v1={}", hex(signing.sign().as_ref()))
}

/// The value of `x-liveperson-signature`: the kind, and the HMAC over the body in base64 (messaging contract §3.2).
pub(super) fn of_liveperson(kind: WebhookSignature, secret: &str, body: &str) -> String {
    let (algorithm, word) = match kind {
        WebhookSignature::Sha256 => (hmac::HMAC_SHA256, "sha256"),
        WebhookSignature::Sha1 => (hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, "sha1"),
    };
    let key = hmac::Key::new(algorithm, secret.as_bytes());
    format!("{word}={}", STANDARD.encode(hmac::sign(&key, body.as_bytes())))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 2202 and RFC 4231, both test case 2.
    #[test]
    fn both_kinds_are_what_the_standards_say() {
        let (secret, body) = ("Jefe", "what do ya want for nothing?");
        assert_eq!(of_liveperson(WebhookSignature::Sha1, secret, body), "sha1=7/zfauXrL6LSdBbV8YTfnCWafHk=");
        assert_eq!(
            of_liveperson(WebhookSignature::Sha256, secret, body),
            "sha256=W9zBRr9gdU5qBCQmCJV1x1oAPwidJzmDnexYuWTsOEM="
        );
    }
}
