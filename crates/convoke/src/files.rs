//! Files of the data directory that hold secrets: readable by their owner only, replaced in one piece.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

use anyhow::{Context, Result, ensure};

use crate::limits::FILE_BYTES_MAX;

/// Makes `dir` if there is none, readable by its owner only.
pub(crate) fn private_dir(dir: &Path) -> Result<()> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(dir);
    made.with_context(|| format!("cannot create {}", dir.display()))
}

/// Writes a file that only its owner can read. A crash leaves the old file or the new one, never a part.
pub(crate) fn write_private(path: &Path, bytes: &[u8]) -> Result<()> {
    let write = || {
        let part = path.with_extension("part");
        let mut options = OpenOptions::new();
        let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(&part)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&part, path)?;
        path.parent().map_or(Ok(()), |dir| File::open(dir).and_then(|dir| dir.sync_all()))
    };
    write().with_context(|| format!("cannot write {}", path.display()))
}

/// A text file, or `None` if there is none.
pub(crate) fn read_if_there(path: &Path) -> Result<Option<String>> {
    if !path.exists() {
        return Ok(None);
    }
    read(path).map(Some)
}

/// A text file of a size that is no mistake.
pub(crate) fn read(path: &Path) -> Result<String> {
    let cannot = || format!("cannot read {}", path.display());
    let size = fs::metadata(path).with_context(cannot)?.len();
    ensure!(size <= FILE_BYTES_MAX, "{} has {size} bytes; at most {FILE_BYTES_MAX} are read", path.display());
    fs::read_to_string(path).with_context(cannot)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_secret_file_is_its_owners_alone_also_when_it_replaces_another() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("secret");
        fs::write(&path, "old").unwrap();
        write_private(&path, b"new").unwrap();
        assert_eq!(read(&path).unwrap(), "new");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_file_that_is_not_there_is_none_and_a_huge_one_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(read_if_there(&dir.path().join("nothing")).unwrap(), None);
        let huge = dir.path().join("huge");
        File::create(&huge).unwrap().set_len(FILE_BYTES_MAX + 1).unwrap();
        assert!(read_if_there(&huge).is_err());
    }
}
