//! Files of other servers: fetched into the spool, and put into the store once they have been worked on.

use http_client::{Get, Kind, Url};
use media::paths::{self, Attachment};
use media::{Rendition, random_file_name};
use tempfile::TempPath;

use crate::context::Context;
use crate::registry::JobError;

/// A file in the spool, which disappears when this value is dropped.
pub(super) struct RemoteFile {
    pub(super) path: TempPath,
    /// The last part of its address.
    pub(super) name: String,
}

/// # Errors
/// [`JobError::Discard`] where asking again would not help.
pub(super) async fn fetch(context: &Context, url: &str, limit: u64) -> Result<RemoteFile, JobError> {
    let url = Url::parse(url).map_err(|_| JobError::Discard("the address cannot be read"))?;
    let name = url.path_segments().and_then(|mut parts| parts.next_back()).unwrap_or_default().to_owned();
    let path = tempfile::NamedTempFile::new()?.into_temp_path();
    let request = Get::new(&url, Kind::Media).limit(usize::try_from(limit).unwrap_or(usize::MAX));
    match context.http.download(request, &path).await {
        Ok(_) => Ok(RemoteFile { path, name }),
        Err(error) if error.is_temporary() => Err(error.into()),
        Err(error) => {
            tracing::debug!(%error, %url, "a file cannot be had");
            Err(JobError::Discard("the file cannot be had"))
        }
    }
}

/// What the columns of an attachment say of a stored file.
pub(super) struct Stored {
    pub(super) file_name: String,
    pub(super) content_type: &'static str,
    pub(super) size: i32,
}

/// Puts the original and other styles where the row with this id has them; all of them under one new name.
pub(super) async fn store(
    context: &Context,
    kind: Attachment,
    id: i64,
    original: &Rendition,
    styles: &[(&str, &Rendition)],
) -> Result<Stored, JobError> {
    let file_name = random_file_name(original.extension);
    let all = std::iter::once(("original", original)).chain(styles.iter().copied());
    for (style, rendition) in all {
        context.store.put(&paths::attachment(kind, id, style, &file_name, true), rendition.path()).await?;
    }
    Ok(Stored { file_name, content_type: original.content_type, size: i32::try_from(original.size).unwrap_or(i32::MAX) })
}

/// The file that a new one has taken the place of.
pub(super) struct Former {
    pub(super) file_name: Option<String>,
    pub(super) schema_version: Option<i32>,
}

impl Former {
    /// Once the row names another file. A file that stays behind costs room and nothing else.
    pub(super) async fn remove(&self, context: &Context, kind: Attachment, id: i64) {
        let Some(name) = &self.file_name else { return };
        let cached = paths::cached(self.schema_version, true);
        if let Err(error) = context.store.delete_all(kind, id, name, cached).await {
            tracing::warn!(%error, id, "a replaced file stays behind");
        }
    }
}

/// Somebody may wait for it. If they are not told, they look for themselves.
pub(super) async fn tell(context: &Context) {
    let told = async { anyhow::Ok(jobs::media::tell_fetched(&mut *context.db.acquire().await?).await?) };
    if let Err(error) = told.await {
        tracing::debug!(%error, "nobody was told of a file");
    }
}

/// A file that is refused or broken will be so again.
pub(super) fn judge(error: media::Error) -> JobError {
    match error {
        media::Error::Io(error) => error.into(),
        error => {
            tracing::debug!(%error, "a remote file is not taken");
            JobError::Discard("the file is not taken")
        }
    }
}
