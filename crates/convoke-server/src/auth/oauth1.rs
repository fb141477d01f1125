//! Signatures of requests by OAuth 1.0a with HMAC-SHA1 (RFC 5849), as clients of LivePerson's API keys make them.
//!
//! Leaves out: other methods than HMAC-SHA1, parameters in a form's body (logins are JSON), and asking for tokens, which
//! administrators hand out.

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use convoke_engine::AppKeySecrets;
use url::form_urlencoded;

use crate::limits;

/// What the header of a signed request says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Signed {
    /// Which key.
    pub(super) consumer_key: String,
    /// Its user's half.
    pub(super) token: String,
    /// When it was signed, in seconds since 1970.
    pub(super) timestamp: i64,
    /// What makes it different from all others of the same second.
    pub(super) nonce: String,
    signature: Vec<u8>,
    /// All parameters of the header that are signed.
    parameters: Vec<(String, String)>,
}

/// What else is signed of a request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SignedRequest<'r> {
    /// Its method, in capitals.
    pub(crate) method: &'r str,
    /// The host that it names, with its port if it has one.
    pub(crate) host: &'r str,
    /// Its path, as it was sent.
    pub(crate) path: &'r str,
    /// Its query, as it was sent.
    pub(crate) query: &'r str,
}

impl Signed {
    /// Reads the value of `Authorization`; `None` if it is no OAuth 1.0a with HMAC-SHA1, or not all there.
    pub(crate) fn read(header: &str) -> Option<Self> {
        let (scheme, rest) = header.split_once(' ')?;
        if !scheme.eq_ignore_ascii_case("oauth") || rest.len() > limits::SIGNED_HEADER_BYTES_MAX {
            return None;
        }
        let mut parameters = Vec::new();
        let mut signature = None;
        for part in rest.split(',') {
            let (name, value) = part.trim().split_once('=')?;
            let value = value.trim().strip_prefix('"')?.strip_suffix('"')?;
            let (name, value) = (decoded(name.trim())?, decoded(value)?);
            match name.as_str() {
                // Neither is signed (RFC 5849 §3.4.1.3.1).
                "realm" => {}
                "oauth_signature" => signature = Some(STANDARD.decode(value).ok()?),
                _ => parameters.push((name, value)),
            }
        }
        let one = |name: &str| {
            let mut all = parameters.iter().filter(|(known, _)| known == name);
            let first = all.next().map(|(_, value)| value.clone())?;
            // Said twice, it says nothing.
            all.next().is_none().then_some(first)
        };
        let good = one("oauth_signature_method")? == "HMAC-SHA1"
            && one("oauth_version").is_none_or(|version| version == "1.0");
        let nonce =
            one("oauth_nonce").filter(|nonce| (1..=limits::NONCE_BYTES_MAX).contains(&nonce.len()))?;
        let (consumer_key, token) = (one("oauth_consumer_key")?, one("oauth_token")?);
        let timestamp = one("oauth_timestamp")?.parse().ok()?;
        good.then_some(Self { consumer_key, token, timestamp, nonce, signature: signature?, parameters })
    }

    /// Whether the signature is that of the request with these secrets. Behind a proxy nobody knows here by which scheme the
    /// client came, so either counts.
    pub(super) fn fits(&self, request: &SignedRequest<'_>, secrets: &AppKeySecrets) -> bool {
        let key = format!("{}&{}", encoded(&secrets.secret), encoded(&secrets.access_token_secret));
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, key.as_bytes());
        ["https", "http"].into_iter().any(|scheme| {
            let base = self.base(request, scheme);
            hmac::verify(&key, base.as_bytes(), &self.signature).is_ok()
        })
    }

    /// What is signed (RFC 5849 §3.4.1).
    fn base(&self, request: &SignedRequest<'_>, scheme: &str) -> String {
        let usual = if scheme == "https" { ":443" } else { ":80" };
        let host = request.host.to_ascii_lowercase();
        let host = host.strip_suffix(usual).unwrap_or(&host);
        let in_query = form_urlencoded::parse(request.query.as_bytes());
        let in_query = in_query.map(|(name, value)| (encoded(&name), encoded(&value)));
        let in_header = self.parameters.iter().map(|(name, value)| (encoded(name), encoded(value)));
        let mut parameters: Vec<(String, String)> = in_query.chain(in_header).collect();
        parameters.sort_unstable();
        let pairs: Vec<String> = parameters.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let url = format!("{scheme}://{host}{}", request.path);
        format!("{}&{}&{}", request.method, encoded(&url), encoded(&pairs.join("&")))
    }
}

/// A text with everything escaped but what never has to be (RFC 5849 §3.6).
fn encoded(text: &str) -> String {
    use std::fmt::Write as _;
    text.bytes().fold(String::with_capacity(text.len()), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            out.push(char::from(byte));
        } else {
            write!(out, "%{byte:02X}").expect("writing to a string cannot fail");
        }
        out
    })
}

/// What such a text stands for; `None` if it is none.
fn decoded(text: &str) -> Option<String> {
    let mut bytes = text.bytes();
    let mut out = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        if byte == b'%' {
            let digit =
                |byte: Option<u8>| char::from(byte?).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
            out.push(digit(bytes.next())? * 16 + digit(bytes.next())?);
        } else {
            out.push(byte);
        }
    }
    String::from_utf8(out).ok()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// The header that a client makes for a request.
    pub(crate) fn header(
        request: &SignedRequest<'_>,
        (consumer_key, token): (&str, &str),
        secrets: &AppKeySecrets,
        (timestamp, nonce): (i64, &str),
    ) -> String {
        let said = [
            ("oauth_consumer_key", consumer_key.to_owned()),
            ("oauth_nonce", nonce.to_owned()),
            ("oauth_signature_method", "HMAC-SHA1".to_owned()),
            ("oauth_timestamp", timestamp.to_string()),
            ("oauth_token", token.to_owned()),
            ("oauth_version", "1.0".to_owned()),
        ];
        let parameters: Vec<(String, String)> =
            said.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        let signed = Signed {
            consumer_key: consumer_key.to_owned(),
            token: token.to_owned(),
            timestamp,
            nonce: nonce.to_owned(),
            signature: Vec::new(),
            parameters,
        };
        let key = format!("{}&{}", encoded(&secrets.secret), encoded(&secrets.access_token_secret));
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, key.as_bytes());
        let signature = STANDARD.encode(hmac::sign(&key, signed.base(request, "https").as_bytes()));
        let said = said.iter().map(|(name, value)| format!("{name}=\"{}\"", encoded(value)));
        let all: Vec<String> = said.chain([format!("oauth_signature=\"{}\"", encoded(&signature))]).collect();
        format!("OAuth {}", all.join(", "))
    }

    /// RFC 5849 §1.2: the request for a protected photo.
    #[test]
    fn the_example_of_the_standard_fits() {
        let header = r#"OAuth realm="Photos", oauth_consumer_key="dpf43f3p2l4k3l03", oauth_token="nnch734d00sl2jdk", oauth_signature_method="HMAC-SHA1", oauth_timestamp="137131202", oauth_nonce="chapoH", oauth_signature="MdpQcU8iPSUjWoN%2FUDMsK2sui9I%3D""#;
        let signed = Signed::read(header).unwrap();
        let secrets = AppKeySecrets {
            secret: "kd94hf93k423kf44".to_owned(),
            access_token_secret: "pfkkdhi9sl3r4s00".to_owned(),
        };
        let request = SignedRequest {
            method: "GET",
            host: "photos.example.net",
            path: "/photos",
            query: "file=vacation.jpg&size=original",
        };
        assert!(signed.fits(&request, &secrets));
        assert!(signed.fits(&SignedRequest { host: "PHOTOS.example.net:80", ..request }, &secrets));
        for other in [
            SignedRequest { method: "POST", ..request },
            SignedRequest { path: "/photo", ..request },
            SignedRequest { query: "file=vacation.jpg&size=small", ..request },
            SignedRequest { host: "photos.example.org", ..request },
        ] {
            assert!(!signed.fits(&other, &secrets), "{other:?}");
        }
        let other = AppKeySecrets { secret: "x".to_owned(), ..secrets };
        assert!(!signed.fits(&request, &other));
    }

    #[test]
    fn a_header_that_is_not_whole_is_none() {
        let whole = r#"OAuth oauth_consumer_key="k", oauth_token="t", oauth_signature_method="HMAC-SHA1", oauth_timestamp="1", oauth_nonce="n", oauth_signature="AAAA""#;
        assert!(Signed::read(whole).is_some());
        for (part, other) in [
            ("HMAC-SHA1", "PLAINTEXT"),
            (r#"oauth_nonce="n", "#, ""),
            (r#"oauth_nonce="n""#, r#"oauth_nonce="""#),
            (r#"oauth_nonce="n""#, r#"oauth_nonce="n", oauth_nonce="m""#),
            (r#"oauth_timestamp="1""#, r#"oauth_timestamp="soon""#),
            (r#"oauth_signature="AAAA""#, r#"oauth_signature="%""#),
            ("OAuth ", "Bearer "),
        ] {
            assert_eq!(Signed::read(&whole.replace(part, other)), None, "{other}");
        }
        let long = whole.replace(r#""n""#, &format!("\"{}\"", "n".repeat(limits::NONCE_BYTES_MAX + 1)));
        assert_eq!(Signed::read(&long), None);
    }
}
