//! Somebody elsewhere shows a post or hashtag first on their profile, made a collection of accounts, or put somebody into one.

use activitypub::document::value::{self, is_type};
use jobs::account::RefreshAccount;
use jobs::inbox::ProcessFeaturedItem;
use serde_json::Value;

use crate::activity::Activity;
use crate::error::Result;
use crate::{Inbox, featured, featured_collection, featured_item};

pub(crate) async fn handle(inbox: &Inbox<'_>, activity: &Activity<'_>) -> Result<()> {
    if !is_about_featured(activity) {
        return collection(inbox, activity).await;
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

async fn collection(inbox: &Inbox<'_>, activity: &Activity<'_>) -> Result<()> {
    let (Some(target), Some(object)) = (target(activity), activity.object()) else { return Ok(()) };
    if target == activity.actor.collections_url {
        return match object {
            Value::String(uri) => featured_collection::fetch(inbox, activity.actor, uri).await.map(|_| ()),
            document => {
                let mut tx = inbox.db.begin().await?;
                featured_collection::store(&mut tx, activity.actor, document).await?;
                activity.commit(tx).await
            }
        };
    }
    let mut tx = inbox.db.begin().await?;
    if let Some(collection_id) = featured_collection::find_own(&mut tx, activity.actor.id, target).await? {
        jobs::enqueue(&mut tx, &ProcessFeaturedItem { collection_id, item: object.clone(), position: None }).await?;
    } else if featured_item::lacks_list(activity.actor, object) {
        jobs::enqueue(&mut tx, &RefreshAccount { account_id: activity.actor.id }).await?;
    }
    activity.commit(tx).await
}

/// What something is added to or taken from.
pub(crate) fn target<'a>(activity: &Activity<'a>) -> Option<&'a str> {
    value::id(value::first(activity.json.get("target"))).filter(|target| !target.is_empty())
}

pub(crate) fn is_about_featured(activity: &Activity<'_>) -> bool {
    target(activity) == Some(&activity.actor.featured_url)
}

pub(crate) fn hashtag<'a>(activity: &Activity<'a>) -> Option<&'a str> {
    let object = activity.object().filter(|object| is_type(object, "Hashtag"))?;
    let name = object.get("name").and_then(Value::as_str)?;
    Some(name.strip_prefix('#').unwrap_or(name))
}
