//! What the server says about itself.

mod limits;
mod v1;
mod v2;

use config::Config;
use db::PgConnection;
use db::settings::{RegistrationsMode, Settings};

pub use v1::InstanceV1;
pub use v2::Instance;

use crate::{Account, Rule, Shared, Urls};

/// The version of Mastodon whose API this is.
pub const MASTODON_VERSION: &str = "4.6.5";
/// `api_versions.mastodon` that clients compare.
pub const MASTODON_API_VERSION: u32 = 11;

/// What both versions of the entity are made of, besides the configuration.
#[derive(Debug, Clone)]
pub struct InstanceFacts {
    pub settings: Settings,
    pub rules: Vec<Rule>,
    pub contact: Option<Shared<Account>>,
    /// An uploaded picture of the server.
    pub thumbnail: Option<Upload>,
    /// An uploaded icon.
    pub icon: Option<Upload>,
    pub has_terms: bool,
    pub active_month: i64,
    pub user_count: i64,
    pub status_count: i64,
    pub domain_count: i64,
    pub everyone_may_invite: bool,
}

/// A row of `site_uploads` that has a file.
#[derive(Debug, Clone)]
pub struct Upload {
    pub id: i64,
    pub file_name: String,
    pub blurhash: Option<String>,
}

/// The pictures that come with the program, for servers that uploaded none.
#[derive(Debug, Clone)]
pub struct DefaultImages {
    pub thumbnail: String,
    pub thumbnail_description: String,
    /// Address by size in pixels.
    pub icons: Vec<(u32, String)>,
}

/// Icons that clients expect, in pixels.
pub const ICON_SIZES: [u32; 9] = [36, 48, 72, 96, 144, 192, 256, 384, 512];

impl InstanceFacts {
    /// `active_month`: accounts that were used in the last month, counted in Redis.
    ///
    /// # Errors
    /// The database failed.
    pub async fn load(conn: &mut PgConnection, urls: &Urls, active_month: i64) -> Result<Self, sqlx::Error> {
        let settings = db::settings::load(conn).await?;
        let counts = sqlx::query!(
            r#"
            SELECT (SELECT count(*) FROM users u JOIN accounts a ON a.id = u.account_id
                    WHERE u.confirmed_at IS NOT NULL AND a.suspended_at IS NULL) AS "users!",
                   (SELECT COALESCE(sum(s.statuses_count), 0)::bigint FROM account_stats s JOIN accounts a ON a.id = s.account_id
                    WHERE a.domain IS NULL) AS "statuses!",
                   (SELECT count(*) FROM instances) AS "domains!",
                   EXISTS (SELECT 1 FROM terms_of_services WHERE published_at IS NOT NULL) AS "terms!",
                   (SELECT permissions FROM user_roles WHERE id = -99) AS everyone,
                   (SELECT id FROM accounts WHERE domain IS NULL AND lower(username) = lower($1)) AS contact
            "#,
            settings.site_contact_username.trim().trim_start_matches('@'),
        )
        .fetch_one(&mut *conn)
        .await?;
        let uploads = sqlx::query!(
            r#"SELECT id, var, file_file_name AS "file_name!", blurhash FROM site_uploads
               WHERE var IN ('thumbnail', 'app_icon') AND file_file_name IS NOT NULL"#
        )
        .fetch_all(&mut *conn)
        .await?;
        let upload = |name: &str| {
            let row = uploads.iter().find(|row| row.var == name)?;
            Some(Upload { id: row.id, file_name: row.file_name.clone(), blurhash: row.blurhash.clone() })
        };
        Ok(Self {
            rules: Rule::load_all(conn).await?,
            contact: match counts.contact {
                Some(id) => Account::load(conn, urls, None, id).await?,
                None => None,
            },
            thumbnail: upload("thumbnail"),
            icon: upload("app_icon"),
            has_terms: counts.terms,
            active_month,
            user_count: counts.users,
            status_count: counts.statuses,
            domain_count: counts.domains,
            everyone_may_invite: counts.everyone.is_some_and(|permissions| permissions & INVITE_USERS != 0),
            settings,
        })
    }

    fn takes_registrations(&self) -> bool {
        self.settings.registrations_mode != RegistrationsMode::None
    }

    fn asks_approval(&self) -> bool {
        self.settings.registrations_mode == RegistrationsMode::Approved
    }

    fn thumbnail_url(&self, urls: &Urls, images: &DefaultImages, style: &str) -> String {
        let file =
            |upload: &Upload| urls.file(media::paths::Attachment::SiteUploadFile, upload.id, style, &upload.file_name, false);
        self.thumbnail.as_ref().map_or_else(|| images.thumbnail.clone(), file)
    }
}

/// Permission to invite people.
const INVITE_USERS: i64 = 1 << 16;

fn languages(config: &Config) -> Vec<String> {
    vec![config.federation.default_locale.clone()]
}
