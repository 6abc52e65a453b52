//! Where finished files are kept, under the paths of [`crate::paths`].

use std::io::{Error, ErrorKind, Result};
use std::os::unix::fs::PermissionsExt;
use std::path::{Component, Path, PathBuf};

use crate::paths::{self, Attachment};

#[derive(Debug, Clone)]
pub struct StoreConfig {
    /// `PAPERCLIP_ROOT_PATH`.
    pub root: PathBuf,
    /// Full address of the root without a slash at its end, such as `https://host/system`.
    pub url: String,
}

/// The disk is the only kind so far; S3 is refused when the configuration is read.
#[derive(Debug, Clone)]
pub enum Store {
    Disk { root: PathBuf, url: String },
}

impl Store {
    #[must_use]
    pub fn new(config: StoreConfig) -> Self {
        Self::Disk { root: config.root, url: config.url }
    }

    /// The public address of a path.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        let Self::Disk { url, .. } = self;
        format!("{url}/{path}")
    }

    /// Where the file lies on this machine, to be read or worked on.
    ///
    /// # Errors
    /// A path that would leave the root.
    pub fn local_path(&self, path: &str) -> Result<PathBuf> {
        let Self::Disk { root, .. } = self;
        let inside = Path::new(path).components().all(|part| matches!(part, Component::Normal(_)));
        if !inside || path.contains('\0') {
            return Err(Error::new(ErrorKind::InvalidInput, "a path outside the store"));
        }
        Ok(root.join(path))
    }

    /// Copies `source` to `path`. Readers see the whole file or none, also after a power cut.
    ///
    /// # Errors
    /// Whatever the disk says.
    pub async fn put(&self, path: &str, source: &Path) -> Result<()> {
        let target = self.local_path(path)?;
        let source = source.to_owned();
        blocking(move || write(&target, &source)).await
    }

    /// Removes one file and the folders that are empty then. A missing file is no error.
    ///
    /// # Errors
    /// Whatever the disk says.
    pub async fn delete(&self, path: &str) -> Result<()> {
        let target = self.local_path(path)?;
        let Self::Disk { root, .. } = self;
        let root = root.clone();
        blocking(move || remove(&root, &target)).await
    }

    /// Removes all styles of an attachment.
    ///
    /// # Errors
    /// Whatever the disk says.
    pub async fn delete_all(&self, kind: Attachment, id: i64, file_name: &str, cached: bool) -> Result<()> {
        for style in kind.styles() {
            self.delete(&paths::attachment(kind, id, style, file_name, cached)).await?;
        }
        Ok(())
    }

    /// Hides the styles of an attachment from the web server, or shows them again; missing files are no error.
    ///
    /// # Errors
    /// Whatever the disk says.
    pub async fn set_public(&self, kind: Attachment, id: i64, file_name: &str, cached: bool, public: bool) -> Result<()> {
        let mode = if public { 0o644 } else { 0o600 };
        for style in kind.styles() {
            let target = self.local_path(&paths::attachment(kind, id, style, file_name, cached))?;
            blocking(move || ignore_missing(std::fs::set_permissions(&target, PermissionsExt::from_mode(mode)))).await?;
        }
        Ok(())
    }
}

async fn blocking(work: impl FnOnce() -> Result<()> + Send + 'static) -> Result<()> {
    tokio::task::spawn_blocking(work).await.map_err(Error::other)?
}

fn write(target: &Path, source: &Path) -> Result<()> {
    let folder = target.parent().ok_or_else(|| Error::new(ErrorKind::InvalidInput, "a path without a folder"))?;
    std::fs::create_dir_all(folder)?;
    let mut file = tempfile::NamedTempFile::new_in(folder).or_else(|_| {
        // A deletion may have found the folder empty just now.
        std::fs::create_dir_all(folder)?;
        tempfile::NamedTempFile::new_in(folder)
    })?;
    std::io::copy(&mut std::fs::File::open(source)?, &mut file)?;
    file.as_file().set_permissions(PermissionsExt::from_mode(0o644))?;
    file.as_file().sync_all()?;
    file.persist(target).map_err(|error| error.error)?;
    std::fs::File::open(folder)?.sync_all()
}

fn remove(root: &Path, target: &Path) -> Result<()> {
    ignore_missing(std::fs::remove_file(target))?;
    let folders = target.ancestors().skip(1).take_while(|folder| *folder != root && folder.starts_with(root));
    // The first that is not empty, or that another upload has just filled, ends the walk.
    for folder in folders {
        if std::fs::remove_dir(folder).is_err() {
            break;
        }
    }
    Ok(())
}

fn ignore_missing(result: Result<()>) -> Result<()> {
    match result {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store(root: &Path) -> Store {
        Store::new(StoreConfig { root: root.to_owned(), url: "https://social.example/system".to_owned() })
    }

    #[tokio::test]
    async fn a_file_is_kept_hidden_shown_and_removed_with_its_folders() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("system");
        let store = store(&root);
        let source = folder.path().join("source");
        std::fs::write(&source, "bytes").unwrap();
        let path = paths::attachment(Attachment::Avatar, 1, "original", "0011223344556677.png", false);
        store.put(&path, &source).await.unwrap();
        let target = root.join("accounts/avatars/000/000/001/original/0011223344556677.png");
        assert_eq!(std::fs::read(&target).unwrap(), b"bytes");
        assert_eq!(store.url(&path), "https://social.example/system/accounts/avatars/000/000/001/original/0011223344556677.png");
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        store.set_public(Attachment::Avatar, 1, "0011223344556677.png", false, false).await.unwrap();
        assert_eq!(mode(&target), 0o600);
        store.set_public(Attachment::Avatar, 1, "0011223344556677.png", false, true).await.unwrap();
        assert_eq!(mode(&target), 0o644);
        store.delete_all(Attachment::Avatar, 1, "0011223344556677.png", false).await.unwrap();
        assert_eq!(std::fs::read_dir(&root).unwrap().count(), 0);
        store.delete(&path).await.unwrap();
    }

    #[tokio::test]
    async fn a_path_never_leaves_the_root() {
        let folder = tempfile::tempdir().unwrap();
        let store = store(folder.path());
        for path in ["../x", "/etc/passwd", "a/../../x", "a\0b"] {
            assert!(store.put(path, Path::new("/etc/hostname")).await.is_err(), "{path:?}");
        }
    }
}
