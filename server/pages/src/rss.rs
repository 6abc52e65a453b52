//! Feeds in RSS 2.0 as Mastodon writes them: a channel, and its posts with their files.

mod content;

use std::collections::HashMap;
use std::io;

use axum::body::Body;
use axum::response::Response;
use chrono::NaiveDateTime;
use db::{PgConnection, StatusId};
use entities::{MASTODON_VERSION, MediaAttachment, Status};
use http::{HeaderValue, header};
use quick_xml::Writer;
use quick_xml::escape::partial_escape;
use quick_xml::events::{BytesDecl, BytesText, Event};
use shared::{ApiResult, Error};

/// Posts on a page when the reader asks for no number, and at most.
const PAGE: i64 = 20;
const MAX_PAGE: i64 = 200;

type Xml = Writer<Vec<u8>>;

/// What stands at the head of a feed.
#[derive(Debug)]
pub(crate) struct Channel {
    pub(crate) title: String,
    pub(crate) description: String,
    pub(crate) link: String,
    /// Address of the picture of whom the feed is about.
    pub(crate) picture: Option<String>,
}

/// What a feed tells of posts beyond what clients are told.
#[derive(Debug, Default)]
pub(crate) struct Details {
    files: HashMap<i64, FileRow>,
    /// Names of hashtags as they are shown, by status, in the order in which they were attached.
    tags: HashMap<StatusId, Vec<String>>,
}

#[derive(Debug)]
struct FileRow {
    id: i64,
    content_type: Option<String>,
    size: Option<i64>,
    has_thumbnail: bool,
}

/// The number of posts that the parameter `limit` asks for.
pub(crate) fn limit(asked: Option<&str>) -> i64 {
    let asked = asked.map(str::trim).filter(|text| !text.is_empty());
    asked.map_or(PAGE, |text| text.parse().unwrap_or(0).clamp(0, MAX_PAGE))
}

impl Details {
    pub(crate) async fn load(conn: &mut PgConnection, statuses: &[Status]) -> Result<Self, sqlx::Error> {
        let media: Vec<i64> = statuses.iter().flat_map(|status| &status.media_attachments).map(|media| media.id.0).collect();
        let files = sqlx::query_as!(
            FileRow,
            r#"
            SELECT id, file_content_type AS content_type, file_file_size::bigint AS size,
              COALESCE(thumbnail_file_name, '') <> '' AS "has_thumbnail!"
            FROM media_attachments WHERE id = ANY($1)
            "#,
            &media
        )
        .fetch_all(&mut *conn)
        .await?;
        let ids: Vec<StatusId> = statuses.iter().map(|status| status.id.0).collect();
        let rows = sqlx::query!(
            r#"
            SELECT st.status_id, COALESCE(NULLIF(t.display_name, ''), t.name) AS "name!"
            FROM statuses_tags st JOIN tags t ON t.id = st.tag_id
            WHERE st.status_id = ANY($1)
            ORDER BY st.ctid
            "#,
            &ids
        )
        .fetch_all(conn)
        .await?;
        let mut tags: HashMap<StatusId, Vec<String>> = HashMap::new();
        for row in rows {
            tags.entry(row.status_id).or_default().push(row.name);
        }
        Ok(Self { files: files.into_iter().map(|file| (file.id, file)).collect(), tags })
    }
}

/// The feed as an answer that caches may keep for this many seconds.
pub(crate) fn answer(channel: &Channel, statuses: &[Status], details: &Details, seconds: u32) -> ApiResult<Response> {
    let document = write(channel, statuses, details).map_err(|error| Error::internal(error.into()))?;
    let mut response = Response::new(Body::from(document));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/rss+xml; charset=utf-8"));
    headers.insert(header::VARY, HeaderValue::from_static(crate::profile::VARY));
    if let Ok(value) = HeaderValue::from_str(&format!("max-age={seconds}, public")) {
        headers.insert(header::CACHE_CONTROL, value);
    }
    Ok(response)
}

fn write(channel: &Channel, statuses: &[Status], details: &Details) -> io::Result<Vec<u8>> {
    let mut xml = Writer::new_with_indent(Vec::new(), b' ', 2);
    xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    xml.create_element("rss")
        .with_attribute(("version", "2.0"))
        .with_attribute(("xmlns:webfeeds", "http://webfeeds.org/rss/1.0"))
        .with_attribute(("xmlns:media", "http://search.yahoo.com/mrss/"))
        .write_inner_content(|xml| {
            xml.create_element("channel").write_inner_content(|xml| {
                head(xml, channel, statuses.first().map(|status| status.created_at.0))?;
                statuses.iter().try_for_each(|status| item(xml, status, details))
            })?;
            Ok(())
        })?;
    let mut document = xml.into_inner();
    document.push(b'\n');
    Ok(document)
}

fn head(xml: &mut Xml, channel: &Channel, newest: Option<NaiveDateTime>) -> io::Result<()> {
    leaf(xml, "title", &channel.title)?;
    leaf(xml, "description", &channel.description)?;
    leaf(xml, "link", &channel.link)?;
    if let Some(picture) = &channel.picture {
        xml.create_element("image").write_inner_content(|xml| {
            leaf(xml, "url", picture)?;
            leaf(xml, "title", &channel.title)?;
            leaf(xml, "link", &channel.link)
        })?;
    }
    if let Some(newest) = newest {
        leaf(xml, "lastBuildDate", &date(newest))?;
    }
    if let Some(picture) = &channel.picture {
        leaf(xml, "webfeeds:icon", picture)?;
    }
    // The program that feed readers know.
    leaf(xml, "generator", &format!("Mastodon v{MASTODON_VERSION}"))
}

fn item(xml: &mut Xml, status: &Status, details: &Details) -> io::Result<()> {
    let link = status.url.as_deref().unwrap_or(&status.uri);
    xml.create_element("item").write_inner_content(|xml| {
        xml.create_element("guid").with_attribute(("isPermaLink", "true")).write_text_content(text(link))?;
        leaf(xml, "link", link)?;
        leaf(xml, "pubDate", &date(status.created_at.0))?;
        leaf(xml, "description", &content::html(status))?;
        if let Some(first) = status.media_attachments.first().filter(|media| media.kind == "audio") {
            enclosure(xml, first, details.files.get(&first.id.0))?;
        }
        for media in &status.media_attachments {
            file(xml, media, details.files.get(&media.id.0), status.sensitive)?;
        }
        for tag in details.tags.get(&status.id.0).into_iter().flatten() {
            leaf(xml, "category", tag)?;
        }
        Ok(())
    })?;
    Ok(())
}

fn address(media: &MediaAttachment) -> &str {
    media.url.as_deref().or(media.remote_url.as_deref()).unwrap_or_default()
}

fn size(row: Option<&FileRow>) -> String {
    row.and_then(|row| row.size).map(|size| size.to_string()).unwrap_or_default()
}

fn content_type(row: Option<&FileRow>) -> String {
    row.and_then(|row| row.content_type.clone()).unwrap_or_default()
}

fn enclosure(xml: &mut Xml, media: &MediaAttachment, row: Option<&FileRow>) -> io::Result<()> {
    xml.create_element("enclosure")
        .with_attribute(("url", address(media)))
        .with_attribute(("length", size(row).as_str()))
        .with_attribute(("type", content_type(row).as_str()))
        .write_empty()?;
    Ok(())
}

fn file(xml: &mut Xml, media: &MediaAttachment, row: Option<&FileRow>, sensitive: bool) -> io::Result<()> {
    // A film without sound is shown like a moving picture.
    let medium = if media.kind == "gifv" { "image" } else { media.kind };
    xml.create_element("media:content")
        .with_attribute(("url", address(media)))
        .with_attribute(("type", content_type(row).as_str()))
        .with_attribute(("fileSize", size(row).as_str()))
        .with_attribute(("medium", medium))
        .write_inner_content(|xml| {
            let rating = if sensitive { "adult" } else { "nonadult" };
            xml.create_element("media:rating").with_attribute(("scheme", "urn:simple")).write_text_content(text(rating))?;
            if let Some(description) = media.description.as_deref().filter(|text| !text.trim().is_empty()) {
                xml.create_element("media:description")
                    .with_attribute(("type", "plain"))
                    .write_text_content(text(description))?;
            }
            if let Some(thumbnail) = media.preview_url.as_deref().filter(|_| row.is_some_and(|row| row.has_thumbnail)) {
                xml.create_element("media:thumbnail").with_attribute(("url", thumbnail)).write_empty()?;
            }
            Ok(())
        })?;
    Ok(())
}

fn leaf(xml: &mut Xml, name: &'static str, value: &str) -> io::Result<()> {
    xml.create_element(name).write_text_content(text(value))?;
    Ok(())
}

/// Only what must be is escaped, and what XML cannot hold at all is left out.
fn text(value: &str) -> BytesText<'static> {
    let allowed = |c: &char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
    let kept: String = value.chars().filter(allowed).collect();
    BytesText::from_escaped(partial_escape(kept).into_owned())
}

/// RFC 822 with a year of four digits.
fn date(time: NaiveDateTime) -> String {
    time.format("%a, %d %b %Y %H:%M:%S +0000").to_string()
}

#[cfg(test)]
mod tests {
    use super::{Channel, Details, limit, write};

    // The head as recorded: rest/rss_html, and the feeds of a whole server.
    #[test]
    fn a_feed_without_posts_has_no_date() {
        let channel = Channel {
            title: "A <&>\u{b} \"b\" 'c'".to_owned(),
            description: "Public posts from @alice@social.example".to_owned(),
            link: "https://social.example/@alice".to_owned(),
            picture: Some("https://social.example/avatars/original/missing.png".to_owned()),
        };
        let document = String::from_utf8(write(&channel, &[], &Details::default()).unwrap()).unwrap();
        assert_eq!(
            document,
            r#"<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:webfeeds="http://webfeeds.org/rss/1.0" xmlns:media="http://search.yahoo.com/mrss/">
  <channel>
    <title>A &lt;&amp;&gt; "b" 'c'</title>
    <description>Public posts from @alice@social.example</description>
    <link>https://social.example/@alice</link>
    <image>
      <url>https://social.example/avatars/original/missing.png</url>
      <title>A &lt;&amp;&gt; "b" 'c'</title>
      <link>https://social.example/@alice</link>
    </image>
    <webfeeds:icon>https://social.example/avatars/original/missing.png</webfeeds:icon>
    <generator>Mastodon v4.6.5</generator>
  </channel>
</rss>
"#
        );
    }

    #[test]
    fn a_page_has_twenty_posts_and_never_more_than_two_hundred() {
        for (asked, given) in [(None, 20), (Some(""), 20), (Some("7"), 7), (Some("999"), 200), (Some("-1"), 0), (Some("x"), 0)] {
            assert_eq!(limit(asked), given, "{asked:?}");
        }
    }
}
