//! Whom a post is addressed to.

use activitypub::document::Note;
use activitypub::document::note::Visibility as Said;
use activitypub::document::value;
use db::statuses::Visibility;
use serde_json::Value;

use crate::activity::RemoteAccount;

/// An object that names no receivers has those of its activity.
pub(crate) fn completed(mut object: Value, activity: &Value) -> Value {
    if let Value::Object(members) = &mut object {
        for name in ["to", "cc"] {
            let missing = members.get(name).is_none_or(Value::is_null);
            if let Some(receivers) = activity.get(name).filter(|_| missing) {
                members.insert(name.to_owned(), receivers.clone());
            }
        }
    }
    object
}

/// What the addresses say. A direct post to people whom it does not name is a limited one; that is seen later.
pub(crate) fn visibility(note: Note<'_>, author: &RemoteAccount) -> Visibility {
    match note.visibility(author.author()) {
        Said::Public => Visibility::Public,
        Said::Unlisted => Visibility::Unlisted,
        Said::Private => Visibility::Private,
        Said::Direct => Visibility::Direct,
    }
}

/// The receivers, without the one that means everybody.
pub(crate) fn people(note: Note<'_>) -> Vec<&str> {
    let everybody = |uri: &str| value::includes_public(Some(&Value::String(uri.to_owned())));
    let mut people: Vec<&str> = Vec::new();
    for uri in note.receivers().filter(|uri| !everybody(uri)) {
        if !people.contains(&uri) {
            people.push(uri);
        }
    }
    people
}
