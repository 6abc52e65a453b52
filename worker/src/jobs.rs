//! The handlers, one file for each kind of job, and the list of them.

mod delete_files;
pub(crate) mod deliver;
mod process_media;
mod publish_scheduled;
mod remove_status;
mod sweep;

use jobs::feed::{PublishScheduledStatus, RemoveStatus};
use jobs::maintenance::{PublishScheduled, Sweep};
use jobs::media::{DeleteFiles, ProcessMedia};

use crate::registry::Registry;

pub(crate) fn registry() -> Registry {
    let mut registry = Registry::default();
    registry.add::<DeleteFiles, _>(delete_files::run);
    registry.add::<ProcessMedia, _>(process_media::run);
    registry.add::<PublishScheduled, _>(publish_scheduled::run);
    registry.add::<PublishScheduledStatus, _>(publish_scheduled::publish_one);
    registry.add::<RemoveStatus, _>(remove_status::run);
    registry.add::<Sweep, _>(sweep::run);
    registry
}
