//! The names of streams, and the Redis channels behind each.

use std::sync::Arc;

use kv::publish::{Channel, Scope};
use serde::Deserialize;

use crate::app::App;
use crate::auth::Identity;
use crate::refusal::Refusal;

/// What a client may ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stream {
    User,
    UserNotification,
    Public { scope: Scope, only_media: bool },
    Hashtag { local: bool },
    List,
    Direct,
}

/// Of the query or of a message.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Params {
    pub(crate) tag: Option<String>,
    pub(crate) list: Option<String>,
}

/// Something that a session listens to.
#[derive(Debug)]
pub(crate) struct Subscription {
    /// JSON: the name, and the tag or list id behind it.
    pub(crate) label: Arc<str>,
    pub(crate) stream: Option<Stream>,
    pub(crate) channels: Vec<Arc<str>>,
    pub(crate) kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Tells the session itself something.
    System,
    /// Was rendered for this very account.
    Personal,
    /// Was rendered for all; posts are held back here.
    Filtered { local: bool, remote: bool },
}

impl Subscription {
    /// Two subscriptions with the same channels are one.
    pub(crate) fn key(&self) -> String {
        self.channels.join(";")
    }

    /// Revocation of the token, changes of the account.
    pub(crate) fn system(identity: &Identity) -> Self {
        let channels = [Channel::AccessToken(identity.token_id), Channel::System(identity.account_id)];
        Self { label: "[]".into(), stream: None, channels: names(&channels), kind: Kind::System }
    }
}

impl Stream {
    pub(crate) const ALL: [(&'static str, Self); 12] = [
        ("user", Self::User),
        ("user:notification", Self::UserNotification),
        ("list", Self::List),
        ("direct", Self::Direct),
        ("public", Self::Public { scope: Scope::All, only_media: false }),
        ("public:media", Self::Public { scope: Scope::All, only_media: true }),
        ("public:local", Self::Public { scope: Scope::Local, only_media: false }),
        ("public:local:media", Self::Public { scope: Scope::Local, only_media: true }),
        ("public:remote", Self::Public { scope: Scope::Remote, only_media: false }),
        ("public:remote:media", Self::Public { scope: Scope::Remote, only_media: true }),
        ("hashtag", Self::Hashtag { local: false }),
        ("hashtag:local", Self::Hashtag { local: true }),
    ];

    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(known, _)| *known == name).map(|(_, stream)| *stream)
    }

    /// The path below `/api/v1/streaming/`, exactly.
    pub(crate) fn from_path(path: &str, only_media: bool) -> Option<Self> {
        let public = |scope| Self::Public { scope, only_media };
        Some(match path.strip_prefix("/api/v1/streaming/")? {
            "user" => Self::User,
            "user/notification" => Self::UserNotification,
            "public" => public(Scope::All),
            "public/local" => public(Scope::Local),
            "public/remote" => public(Scope::Remote),
            "hashtag" => Self::Hashtag { local: false },
            "hashtag/local" => Self::Hashtag { local: true },
            "direct" => Self::Direct,
            "list" => Self::List,
            _ => return None,
        })
    }

    pub(crate) fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, stream)| *stream == self).map_or("", |(name, _)| name)
    }

    /// Turns the wish into channels, if it may be had.
    pub(crate) async fn resolve(self, app: &App, identity: &Identity, params: &Params) -> Result<Subscription, Refusal> {
        let account = identity.account_id;
        let parameter = match self {
            Self::Hashtag { .. } => Some(params.tag.as_deref().filter(|tag| !tag.is_empty()).ok_or(Refusal::MISSING_TAG)?),
            Self::List => Some(params.list.as_deref().filter(|list| !list.is_empty()).ok_or(Refusal::MISSING_LIST)?),
            _ => None,
        };
        let given = parameter.unwrap_or_default();
        let channels = match self {
            Self::User if identity.has_scope(&["read", "read:notifications"]) => {
                vec![Channel::Home(account), Channel::Notifications(account)]
            }
            Self::User => vec![Channel::Home(account)],
            Self::UserNotification => vec![Channel::Notifications(account)],
            Self::Public { scope, only_media } => vec![Channel::Public { scope, only_media }],
            Self::Hashtag { local } => vec![Channel::Hashtag { name: text::hashtag::normalize(given), local }],
            Self::List => vec![Channel::List(own_list(app, account, given).await?)],
            Self::Direct => vec![Channel::Direct(account)],
        };
        let label: Vec<&str> = std::iter::once(self.name()).chain(parameter).collect();
        Ok(Subscription {
            label: serde_json::to_string(&label).unwrap_or_default().into(),
            stream: Some(self),
            channels: names(&channels),
            kind: self.kind(app, identity).await?,
        })
    }

    async fn kind(self, app: &App, identity: &Identity) -> Result<Kind, Refusal> {
        if !matches!(self, Self::Public { .. } | Self::Hashtag { .. }) {
            return Ok(Kind::Personal);
        }
        if identity.sees_closed_feeds {
            return Ok(Kind::Filtered { local: true, remote: true });
        }
        let off = app.feeds_off().await?;
        Ok(match self {
            Self::Hashtag { .. } => Kind::Filtered { local: !off.local_topic, remote: !off.remote_topic },
            _ => Kind::Filtered { local: !off.local_live, remote: !off.remote_live },
        })
    }
}

/// The token must allow the stream before anything else is said about it; a name that nobody knows counts as one of posts.
pub(crate) fn check_scopes(identity: &Identity, stream: Option<Stream>) -> Result<(), Refusal> {
    let specific = if stream == Some(Stream::UserNotification) { "read:notifications" } else { "read:statuses" };
    if identity.has_scope(&["read", specific]) { Ok(()) } else { Err(Refusal::SCOPES) }
}

async fn own_list(app: &App, account_id: i64, list: &str) -> Result<i64, Refusal> {
    let list_id: i64 = list.parse().map_err(|_| Refusal::FOREIGN_LIST)?;
    let mut conn = app.conn().await?;
    let own = sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT 1 FROM lists WHERE id = $1 AND account_id = $2) AS "own!""#,
        list_id,
        account_id
    )
    .fetch_one(&mut *conn)
    .await?;
    if own { Ok(list_id) } else { Err(Refusal::FOREIGN_LIST) }
}

fn names(channels: &[Channel]) -> Vec<Arc<str>> {
    channels.iter().map(|channel| channel.to_string().into()).collect()
}
