//! The envelopes: who does what to which object. Ids are those that Mastodon gives, since other servers store them.

use db::time;
use serde_json::{Value, json};

use super::note::Note;
use super::{PUBLIC, Rendered, Renderer, Terms};

/// `Create` or, once the status was edited, the same object in an `Update`.
#[must_use]
pub fn create(note: &Note) -> Rendered {
    Rendered {
        body: json!({
            "id": format!("{}/activity", note.uri),
            "type": "Create",
            "actor": note.account_uri,
            "published": note.published,
            "to": note.to,
            "cc": note.cc,
            "object": note.body,
        }),
        terms: note.terms,
    }
}

/// An edit. `edited_at` makes the id, so that each edit is an activity of its own.
#[must_use]
pub fn update_note(note: &Note, edited_at: chrono::NaiveDateTime) -> Rendered {
    Rendered {
        body: json!({
            "id": format!("{}#updates/{}", note.uri, edited_at.and_utc().timestamp()),
            "type": "Update",
            "actor": note.account_uri,
            "published": time::seconds(edited_at),
            "to": note.to,
            "cc": note.cc,
            "object": note.body,
        }),
        terms: note.terms,
    }
}

/// The state of a poll after votes; goes out without an audience beyond `to`.
#[must_use]
pub fn update_poll(note: &Note, updated_at: chrono::NaiveDateTime) -> Rendered {
    let mut rendered = update_note(note, updated_at);
    if let Value::Object(body) = &mut rendered.body {
        body.remove("cc");
    }
    rendered
}

/// What a deleted status leaves. Built before its row goes.
#[must_use]
pub fn delete_note(account_uri: &str, status_uri: &str) -> Rendered {
    Rendered {
        body: json!({
            "id": format!("{status_uri}#delete"),
            "type": "Delete",
            "actor": account_uri,
            "to": [PUBLIC],
            "object": {"id": status_uri, "type": "Tombstone", "atomUri": status_uri},
        }),
        terms: Terms { atom_uri: true, ..Terms::NONE },
    }
}

/// A boost. `object` is the URI of the status, or the whole note when somebody boosts their own private one.
#[derive(Debug, Clone)]
pub struct Announce {
    /// The boost's URI without `/activity`.
    pub uri: String,
    pub account_uri: String,
    pub published: chrono::NaiveDateTime,
    pub to: Vec<String>,
    pub cc: Vec<String>,
    pub object: Value,
    pub terms: Terms,
}

impl Announce {
    fn body(&self) -> Value {
        json!({
            "id": format!("{}/activity", self.uri),
            "type": "Announce",
            "actor": self.account_uri,
            "published": time::seconds(self.published),
            "to": self.to,
            "cc": self.cc,
            "object": self.object,
        })
    }

    #[must_use]
    pub fn render(&self) -> Rendered {
        Rendered { body: self.body(), terms: self.terms }
    }

    #[must_use]
    pub fn undo(&self, status_id: db::StatusId) -> Rendered {
        Rendered {
            body: json!({
                "id": format!("{}#announces/{status_id}/undo", self.account_uri),
                "type": "Undo",
                "actor": self.account_uri,
                "to": [PUBLIC],
                "object": self.body(),
            }),
            terms: self.terms,
        }
    }
}

/// An activity whose object is one URI: Follow, Block, Like.
fn simple(id: &str, kind: &str, actor: &str, object: &str) -> Value {
    json!({"id": id, "type": kind, "actor": actor, "object": object})
}

fn wrap(id: String, kind: &str, actor: &str, object: Value) -> Rendered {
    Rendered { body: json!({"id": id, "type": kind, "actor": actor, "object": object}), terms: Terms::NONE }
}

/// A follow as stored: `id` is `follows.id` or `follow_requests.id`, `uri` its URI (ours or the other server's).
#[derive(Debug, Clone)]
pub struct Follow<'a> {
    pub id: Option<i64>,
    pub uri: &'a str,
    pub actor: &'a str,
    pub object: &'a str,
}

impl Follow<'_> {
    fn body(&self) -> Value {
        simple(self.uri, "Follow", self.actor, self.object)
    }

    fn number(&self) -> String {
        self.id.map(|id| id.to_string()).unwrap_or_default()
    }

    #[must_use]
    pub fn render(&self) -> Rendered {
        Rendered { body: self.body(), terms: Terms::NONE }
    }

    #[must_use]
    pub fn undo(&self) -> Rendered {
        wrap(format!("{}#follows/{}/undo", self.actor, self.number()), "Undo", self.actor, self.body())
    }

    /// For a follow that has no row: a relay's.
    #[must_use]
    pub fn undo_as(&self, id: String) -> Rendered {
        wrap(id, "Undo", self.actor, self.body())
    }

    /// Sent by the one who is followed.
    #[must_use]
    pub fn accept(&self) -> Rendered {
        wrap(format!("{}#accepts/follows/{}", self.object, self.number()), "Accept", self.object, self.body())
    }

    /// Sent by the one who is followed; the number is missing where no row was ever made (recorded: `#rejects/follows/`).
    #[must_use]
    pub fn reject(&self) -> Rendered {
        wrap(format!("{}#rejects/follows/{}", self.object, self.number()), "Reject", self.object, self.body())
    }
}

/// Somebody else's request to quote a status of `author`, as it came.
#[derive(Debug, Clone)]
pub struct QuoteRequest<'a> {
    pub id: &'a str,
    pub actor: &'a str,
    pub object: &'a str,
    pub instrument: &'a str,
    /// The local account that is asked.
    pub author: &'a str,
}

impl QuoteRequest<'_> {
    fn body(&self) -> Value {
        json!({"id": self.id, "type": "QuoteRequest", "actor": self.actor, "object": self.object, "instrument": self.instrument})
    }

    /// `quote_id` leads to the stamp that shows the consent to others.
    #[must_use]
    pub fn accept(&self, quote_id: i64) -> Rendered {
        Rendered {
            body: json!({
                "id": format!("{}#accepts/quote_requests/{quote_id}", self.author),
                "type": "Accept",
                "actor": self.author,
                "object": self.body(),
                "result": format!("{}/quote_authorizations/{quote_id}", self.author),
            }),
            terms: Terms { quote_request: true, ..Terms::NONE },
        }
    }

    /// No quote was stored, so that the id ends with the slash (recorded: `quote/remote_quotes_local_denied`).
    #[must_use]
    pub fn reject(&self) -> Rendered {
        Rendered {
            body: json!({
                "id": format!("{}#rejects/quote_requests/", self.author),
                "type": "Reject",
                "actor": self.author,
                "object": self.body(),
            }),
            terms: Terms { quote_request: true, ..Terms::NONE },
        }
    }
}

/// One of our notes asks to quote `object`; the note goes along, since nobody has it yet. `id` is kept with the quote.
#[must_use]
pub fn quote_request(id: &str, note: &Note, object: &str) -> Rendered {
    Rendered {
        body: json!({
            "id": id,
            "type": "QuoteRequest",
            "actor": note.account_uri,
            "object": object,
            "instrument": note.body,
        }),
        terms: Terms { quote_request: true, ..note.terms },
    }
}

/// The stamp that showed `actor`'s consent to a quote holds no longer.
#[must_use]
pub fn delete_quote_authorization(actor: &str, quote_id: i64) -> Rendered {
    let stamp = format!("{actor}/quote_authorizations/{quote_id}");
    Rendered {
        body: json!({
            "id": format!("{stamp}#delete"),
            "type": "Delete",
            "actor": actor,
            "to": [PUBLIC],
            "object": stamp,
        }),
        terms: Terms::NONE,
    }
}

/// A report, in the name of this server.
#[must_use]
pub fn flag(uri: &str, actor: &str, comment: &str, objects: &[String]) -> Rendered {
    Rendered {
        body: json!({"id": uri, "type": "Flag", "actor": actor, "content": comment, "object": objects}),
        terms: Terms::NONE,
    }
}

#[must_use]
pub fn block(uri: &str, actor: &str, object: &str) -> Rendered {
    Rendered { body: simple(uri, "Block", actor, object), terms: Terms::NONE }
}

#[must_use]
pub fn undo_block(id: i64, uri: &str, actor: &str, object: &str) -> Rendered {
    wrap(format!("{actor}#blocks/{id}/undo"), "Undo", actor, simple(uri, "Block", actor, object))
}

#[must_use]
pub fn like(favourite_id: i64, actor: &str, object: &str) -> Rendered {
    Rendered { body: simple(&format!("{actor}#likes/{favourite_id}"), "Like", actor, object), terms: Terms::NONE }
}

#[must_use]
pub fn undo_like(favourite_id: i64, actor: &str, object: &str) -> Rendered {
    let like = simple(&format!("{actor}#likes/{favourite_id}"), "Like", actor, object);
    wrap(format!("{actor}#likes/{favourite_id}/undo"), "Undo", actor, like)
}

/// A pin (`Add`) or its end (`Remove`) in the featured collection.
#[must_use]
pub fn pin(kind: PinKind, actor: &str, object: &str) -> Rendered {
    Rendered {
        body: json!({
            "type": match kind { PinKind::Add => "Add", PinKind::Remove => "Remove" },
            "actor": actor,
            "target": format!("{actor}/collections/featured"),
            "object": object,
        }),
        terms: Terms::NONE,
    }
}

/// A hashtag that is shown on the profile (`Add`) or no longer is (`Remove`).
#[must_use]
pub fn feature_tag(kind: PinKind, actor: &str, hashtag: Value) -> Rendered {
    let mut rendered = pin(kind, actor, "");
    if let Value::Object(body) = &mut rendered.body {
        body.insert("object".to_owned(), hashtag);
    }
    Rendered { terms: Terms { hashtag: true, ..rendered.terms }, ..rendered }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PinKind {
    Add,
    Remove,
}

/// A changed profile.
#[must_use]
pub fn update_actor(actor: &Rendered, actor_uri: &str, at: chrono::NaiveDateTime) -> Rendered {
    Rendered {
        body: json!({
            "id": format!("{actor_uri}#updates/{}", at.and_utc().timestamp()),
            "type": "Update",
            "actor": actor_uri,
            "to": [PUBLIC],
            "object": actor.body,
        }),
        terms: actor.terms,
    }
}

/// An account moves to `target`; `migration_id` is `account_migrations.id`.
#[must_use]
pub fn move_actor(migration_id: i64, actor_uri: &str, target: &str) -> Rendered {
    Rendered {
        body: json!({
            "id": format!("{actor_uri}#moves/{migration_id}"),
            "type": "Move",
            "actor": actor_uri,
            "object": actor_uri,
            "target": target,
        }),
        terms: Terms::NONE,
    }
}

/// An account that is gone for good.
#[must_use]
pub fn delete_actor(actor_uri: &str) -> Rendered {
    Rendered {
        body: json!({
            "id": format!("{actor_uri}#delete"),
            "type": "Delete",
            "actor": actor_uri,
            "to": [PUBLIC],
            "object": actor_uri,
        }),
        terms: Terms::NONE,
    }
}

/// A vote: one for each choice, only for the eyes of the poll's author.
#[must_use]
pub fn vote(vote_id: i64, actor: &str, option: &str, poll_status_uri: &str, author: &str) -> Rendered {
    let id = format!("{actor}#votes/{vote_id}");
    Rendered {
        body: json!({
            "id": format!("{id}/activity"),
            "type": "Create",
            "actor": actor,
            "to": author,
            "object": {
                "id": id,
                "type": "Note",
                "name": option,
                "attributedTo": actor,
                "inReplyTo": poll_status_uri,
                "to": author,
            },
        }),
        terms: Terms::NONE,
    }
}

impl Renderer {
    /// A URI for an activity that has no row to take a number from.
    #[must_use]
    pub fn random_uri(&self, uuid: &str) -> String {
        format!("{}/{uuid}", self.uris.base())
    }
}
