//! Signatures of addresses of files: whoever has one may do one thing with one file, for some minutes.

use convoke_api::lp::messaging::FilePath;
use hmac::{Hmac, Mac as _};
use jiff::Timestamp;
use sha2::Sha256;
use subtle::ConstantTimeEq as _;

use super::secret::hex;
use crate::limits;

/// What may be done with a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Permit {
    /// To send it, with exactly so many bytes.
    Upload(u64),
    /// To get it.
    Download,
}

/// Makes and checks signatures.
pub(super) struct FileUrls(Hmac<Sha256>);

impl FileUrls {
    pub(super) fn new(key: &[u8; 32]) -> Self {
        Self(Hmac::new_from_slice(key).expect("HMAC takes keys of any length"))
    }

    /// A signature, and the second at which it ends.
    pub(super) fn sign(&self, permit: Permit, path: &FilePath, now: Timestamp) -> (String, i64) {
        let expires = (now + limits::FILE_URL_LIFE).as_second();
        (self.signature(permit, path, expires), expires)
    }

    pub(super) fn verify(
        &self,
        permit: Permit,
        path: &FilePath,
        (signature, expires): (&str, i64),
        now: Timestamp,
    ) -> bool {
        let known = self.signature(permit, path, expires);
        now.as_second() < expires && bool::from(known.as_bytes().ct_eq(signature.as_bytes()))
    }

    fn signature(&self, permit: Permit, path: &FilePath, expires: i64) -> String {
        let what = match permit {
            Permit::Upload(size) => format!("upload of {size} bytes"),
            Permit::Download => "download".to_owned(),
        };
        let mut mac = self.0.clone();
        mac.update(format!("file {what} until {expires} {path}").as_bytes());
        hex(&mac.finalize().into_bytes())
    }
}
