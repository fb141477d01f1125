//! Files that people send each other (messaging contract §1.5, §1.8): which kinds there are, and what they look like.

use convoke_domain::id::AccountId;
use serde_json::Value;

use super::envelope::Body;
use super::refusal::Refused;
use crate::limits;

/// A kind of file that can be sent: pictures and documents, which programs show without running them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKind {
    /// A picture.
    Jpeg,
    /// A picture.
    Png,
    /// A picture, or a short film.
    Gif,
    /// A document.
    Pdf,
    /// A document of a word processor.
    Docx,
    /// Slides.
    Pptx,
    /// Tables.
    Xlsx,
}

impl FileKind {
    /// All kinds.
    pub const ALL: [Self; 7] =
        [Self::Jpeg, Self::Png, Self::Gif, Self::Pdf, Self::Docx, Self::Pptx, Self::Xlsx];

    /// The kind that clients name by an ending or a media type, in any case.
    pub fn from_wire(text: &str) -> Option<Self> {
        let text = text.trim_start_matches('.').to_ascii_lowercase();
        let text = if text == "jpg" || text == "image/jpg" { "jpeg".to_owned() } else { text };
        Self::ALL.into_iter().find(|kind| kind.ending() == text || kind.media_type() == text)
    }

    /// How names of such files end.
    pub const fn ending(self) -> &'static str {
        match self {
            Self::Jpeg => "jpeg",
            Self::Png => "png",
            Self::Gif => "gif",
            Self::Pdf => "pdf",
            Self::Docx => "docx",
            Self::Pptx => "pptx",
            Self::Xlsx => "xlsx",
        }
    }

    /// What browsers are told that it is.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Gif => "image/gif",
            Self::Pdf => "application/pdf",
            Self::Docx => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            Self::Pptx => "application/vnd.openxmlformats-officedocument.presentationml.presentation",
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        }
    }

    /// Whether a file begins as files of this kind do. That a program is none because it is called a picture is for
    /// whoever opens it to find out; this keeps away what is something else altogether.
    pub fn looks_like(self, bytes: &[u8]) -> bool {
        let begins: &[&[u8]] = match self {
            Self::Jpeg => &[b"\xFF\xD8\xFF"],
            Self::Png => &[b"\x89PNG\r\n\x1A\n"],
            Self::Gif => &[b"GIF87a", b"GIF89a"],
            Self::Pdf => &[b"%PDF-"],
            // All three are archives.
            Self::Docx | Self::Pptx | Self::Xlsx => &[b"PK\x03\x04"],
        };
        begins.iter().any(|begin| bytes.starts_with(begin))
    }
}

/// A file that somebody wants to send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Upload {
    /// Its bytes.
    pub size: u64,
    /// What it is.
    pub kind: FileKind,
}

pub(super) fn upload(body: Body<'_>) -> Result<Upload, Refused> {
    let size = body.number("fileSize")?.ok_or(Refused::missing("fileSize"))?;
    let size = u64::try_from(size).ok().filter(|size| (1..=limits::FILE_BYTES_MAX).contains(size));
    let most = limits::FILE_BYTES_MAX;
    let size = size.ok_or_else(|| Refused::invalid("fileSize", format!("from 1 to {most} bytes")))?;
    let kind = body.needed("fileType")?;
    let kind = FileKind::from_wire(&kind).ok_or_else(|| {
        let known: Vec<&str> = FileKind::ALL.iter().map(|kind| kind.ending()).collect();
        Refused::invalid("fileType", format!("expected one of {}", known.join(", ")))
    })?;
    Ok(Upload { size, kind })
}

/// The path under which a file is shared: `/v1/files/<account>/<owner>/<secret>.<ending>`. The secret opens the file; only
/// lines of the conversation have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilePath {
    /// The account.
    pub account: AccountId,
    /// Who sent it, as the store writes it.
    pub owner: String,
    /// 64 lower-case hexadecimal digits.
    pub secret: String,
    /// What it is.
    pub kind: FileKind,
}

/// What such paths begin with.
const FOLDER: &str = "v1/files";

impl FilePath {
    /// Reads a path; `None` if it is none of ours, in every part.
    pub fn read(text: &str) -> Option<Self> {
        let text = text.strip_prefix('/').unwrap_or(text);
        let mut parts = text.strip_prefix(FOLDER)?.strip_prefix('/')?.split('/');
        let (account, owner, name) = (parts.next()?, parts.next()?, parts.next()?);
        if parts.next().is_some() {
            return None;
        }
        let (secret, ending) = name.split_once('.')?;
        let digits = secret.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
        let kind = FileKind::ALL.into_iter().find(|kind| kind.ending() == ending)?;
        (secret.len() == 64 && digits).then_some(Self {
            account: account.parse().ok()?,
            owner: owner.to_owned(),
            secret: secret.to_owned(),
            kind,
        })
    }
}

impl std::fmt::Display for FilePath {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { account, owner, secret, kind } = self;
        write!(f, "/{FOLDER}/{account}/{owner}/{secret}.{}", kind.ending())
    }
}

/// The path that a request names.
pub(super) fn path(body: Body<'_>) -> Result<FilePath, Refused> {
    let text = body.needed("relativePath")?;
    FilePath::read(&text).ok_or_else(|| Refused::not_found("request.not_found", "there is no such file"))
}

/// The answer to both: where, and with which parameters.
pub fn place(path: &FilePath, signature: &str, expires: i64) -> Value {
    serde_json::json!({
        "relativePath": path.to_string(),
        "queryParams": {"temp_url_sig": signature, "temp_url_expires": expires.to_string()},
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_is_known_by_its_ending_and_its_media_type() {
        for kind in FileKind::ALL {
            assert_eq!(FileKind::from_wire(&kind.ending().to_uppercase()), Some(kind));
            assert_eq!(FileKind::from_wire(kind.media_type()), Some(kind));
        }
        assert_eq!(FileKind::from_wire(".JPG"), Some(FileKind::Jpeg));
        for other in ["", "exe", "html", "text/html", "svg", "image/svg+xml", "png.html"] {
            assert_eq!(FileKind::from_wire(other), None, "{other}");
        }
    }

    #[test]
    fn a_path_is_read_as_it_is_written_and_no_other_way() {
        let secret = "ab".repeat(32);
        let good = format!("/v1/files/acme/cons_1/{secret}.png");
        assert_eq!(FilePath::read(&good).unwrap().to_string(), good);
        assert_eq!(FilePath::read(&good[1..]).unwrap().to_string(), good);
        for wrong in [
            String::new(),
            "/v1/files".to_owned(),
            format!("/v1/files/../acme/{secret}.png"),
            format!("/v1/files/acme/cons_1/x/{secret}.png"),
            format!("/v1/files/acme/cons_1/{secret}.exe"),
            format!("/v1/files/acme/cons_1/{secret}.png/"),
            format!("/v1/files/acme/cons_1/{}.png", secret.to_uppercase()),
            format!("/v1/files/acme/cons_1/{}.png", &secret[1..]),
            format!("//v1/files/acme/cons_1/{secret}.png"),
            format!("/v1/files/acme%2F..%2Fother/cons_1/{secret}.png"),
        ] {
            assert_eq!(FilePath::read(&wrong), None, "{wrong}");
        }
    }
}
