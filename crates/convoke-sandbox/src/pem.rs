//! Keys and certificates in PEM: a label and what is in it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

const BEGIN: &str = "-----BEGIN ";
const END: &str = "-----";

/// Label and content of the first block of a PEM text.
pub(crate) fn read(pem: &[u8]) -> Option<(String, Vec<u8>)> {
    let text = std::str::from_utf8(pem).ok()?;
    let begins = text.find(BEGIN)? + BEGIN.len();
    let (label, rest) = text[begins..].split_once(END)?;
    let (content, _) = rest.split_once(&format!("-----END {label}-----"))?;
    let content: String = content.split_whitespace().collect();
    Some((label.to_owned(), STANDARD.decode(content).ok()?))
}

/// The key in a certificate, as its issuer wrote it; `None` if it is no certificate.
pub(crate) fn certified_key(der: Vec<u8>) -> Option<Vec<u8>> {
    let der = rustls_pki_types::CertificateDer::from(der);
    let certificate = webpki::EndEntityCert::try_from(&der).ok()?;
    Some(certificate.subject_public_key_info().to_vec())
}

/// Whether a text begins with a certificate.
pub(crate) fn is_certificate(pem: &str) -> bool {
    read(pem.as_bytes()).is_some_and(|(label, der)| label == "CERTIFICATE" && certified_key(der).is_some())
}
