//! One finished file, waiting in the spool to be stored.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;

use tempfile::TempPath;

use crate::error::Error;

/// A file that disappears when this value is dropped, unless the store has taken it.
#[derive(Debug)]
pub struct Rendition {
    pub(crate) file: TempPath,
    pub content_type: &'static str,
    /// Without its dot.
    pub extension: &'static str,
    /// In bytes.
    pub size: u64,
}

impl Rendition {
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.file
    }

    pub(crate) fn from_bytes(
        spool: &Path,
        bytes: &[u8],
        content_type: &'static str,
        extension: &'static str,
    ) -> Result<Self, Error> {
        let mut file = tempfile::NamedTempFile::new_in(spool)?;
        file.write_all(bytes)?;
        Self::from_file(file.into_temp_path(), content_type, extension)
    }

    pub(crate) fn from_file(file: TempPath, content_type: &'static str, extension: &'static str) -> Result<Self, Error> {
        let size = std::fs::metadata(&file)?.len();
        Ok(Self { file, content_type, extension, size })
    }

    pub(crate) fn copy_of(
        spool: &Path,
        source: &Path,
        content_type: &'static str,
        extension: &'static str,
    ) -> Result<Self, Error> {
        let mut file = tempfile::NamedTempFile::new_in(spool)?;
        std::io::copy(&mut File::open(source)?, &mut file)?;
        Self::from_file(file.into_temp_path(), content_type, extension)
    }
}
