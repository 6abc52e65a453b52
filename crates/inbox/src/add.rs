//! Somebody elsewhere shows a post or hashtag first on their profile.

use activitypub::document::value::{self, is_type};
use serde_json::Value;

use crate::activity::Activity;
use crate::error::Result;
use crate::{Inbox, featured};

pub(crate) async fn handle(inbox: &Inbox<'_>, activity: &Activity<'_>) -> Result<()> {
    if !is_about_featured(activity) {
        return Ok(());
    }
    if let Some(name) = hashtag(activity) {
        let mut tx = inbox.db.begin().await?;
        featured::feature_tags(&mut tx, activity.actor.id, &[name.to_owned()]).await?;
        return activity.commit(tx).await;
    }
    let Some(uri) = activity.object_id() else { return Ok(()) };
    let Some(status) = featured::own_status(inbox, activity.actor, uri).await? else { return Ok(()) };
    let mut tx = inbox.db.begin().await?;
    featured::pin(&mut tx, activity.actor.id, status).await?;
    activity.commit(tx).await
}

pub(crate) fn is_about_featured(activity: &Activity<'_>) -> bool {
    let target = value::id(value::first(activity.json.get("target")));
    target.is_some_and(|target| !target.is_empty() && target == activity.actor.featured_url)
}

pub(crate) fn hashtag<'a>(activity: &Activity<'a>) -> Option<&'a str> {
    let object = activity.object().filter(|object| is_type(object, "Hashtag"))?;
    let name = object.get("name").and_then(Value::as_str)?;
    Some(name.strip_prefix('#').unwrap_or(name))
}
