//! The form in which large values are stored: JSON, packed with LZ4.

use serde::Serialize;
use serde::de::{DeserializeOwned, Error as _};

/// How a value begins that is packed so.
const LZ4: u8 = 1;
const LENGTH_BYTES: usize = 4;

/// A value to be stored.
pub(crate) fn pack(value: &impl Serialize) -> Result<Vec<u8>, serde_json::Error> {
    let plain = serde_json::to_vec(value)?;
    Ok([&[LZ4][..], &lz4_flex::block::compress_prepend_size(&plain)].concat())
}

/// The value that was packed, if it says that it has at most `bytes_max` bytes.
pub(crate) fn unpack<T: DeserializeOwned>(packed: &[u8], bytes_max: u32) -> Result<T, serde_json::Error> {
    let (form, packed) = packed.split_first().ok_or_else(|| serde_json::Error::custom("it is empty"))?;
    if *form != LZ4 {
        return Err(serde_json::Error::custom("it is packed in an unknown way"));
    }
    let length = packed.first_chunk::<LENGTH_BYTES>().map(|length| u32::from_le_bytes(*length));
    if length.is_none_or(|length| length > bytes_max) {
        return Err(serde_json::Error::custom("it says that it is larger than any"));
    }
    let plain = lz4_flex::block::decompress_size_prepended(packed).map_err(serde_json::Error::custom)?;
    serde_json::from_slice(&plain)
}
