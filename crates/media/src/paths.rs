//! Where files lie below the root, exactly as Mastodon's Paperclip lays them out. Pure text, no disk.

/// An attachment column group with its folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attachment {
    Avatar,
    Header,
    MediaFile,
    MediaThumbnail,
    PreviewCardImage,
    CustomEmojiImage,
    SiteUploadFile,
    ProviderIcon,
    BackupDump,
}

impl Attachment {
    #[must_use]
    pub fn folder(self) -> &'static str {
        match self {
            Self::Avatar => "accounts/avatars",
            Self::Header => "accounts/headers",
            Self::MediaFile => "media_attachments/files",
            Self::MediaThumbnail => "media_attachments/thumbnails",
            Self::PreviewCardImage => "preview_cards/images",
            Self::CustomEmojiImage => "custom_emojis/images",
            Self::SiteUploadFile => "site_uploads/files",
            Self::ProviderIcon => "preview_card_providers/icons",
            Self::BackupDump => "backups/dumps",
        }
    }

    /// The styles that may exist beside `original`; deleting a file looks for all of them.
    #[must_use]
    pub fn styles(self) -> &'static [&'static str] {
        match self {
            Self::Avatar | Self::Header | Self::CustomEmojiImage | Self::ProviderIcon => &["original", "static"],
            Self::MediaFile => &["original", "small"],
            Self::MediaThumbnail | Self::PreviewCardImage | Self::BackupDump => &["original"],
            Self::SiteUploadFile => SITE_UPLOAD_STYLES,
        }
    }

    /// The extension that a style always has, whatever the original's is.
    fn fixed_extension(self, style: &str, original: &str) -> Option<&'static str> {
        match (self, style) {
            (_, "static") => Some("png"),
            (Self::MediaFile, "small") => small_extension(original),
            (Self::SiteUploadFile, style) if style != "original" => Some("png"),
            _ => None,
        }
    }
}

const SITE_UPLOAD_STYLES: &[&str] = &[
    "original", "@1x", "@2x", "16", "32", "48", "36", "57", "60", "72", "76", "96", "114", "120", "144", "152", "167", "180",
    "192", "256", "384", "512", "1024",
];

/// The preview of a moving picture is a PNG; pictures keep their own type.
fn small_extension(original: &str) -> Option<&'static str> {
    match original {
        "gif" | "ogg" | "m4a" | "mp4" | "m4v" | "mpg4" | "webm" | "mov" | "qt" | "ogv" | "3gp" | "3gpp" => Some("png"),
        "heic" | "heif" | "avif" => Some("jpeg"),
        _ => None,
    }
}

/// The whole path, without a leading slash.
///
/// `cached` is true iff the row's `_storage_schema_version` is 1 or more and the record belongs to another server
/// (see [`cached`]); `file_name` is the stored column.
#[must_use]
pub fn attachment(kind: Attachment, id: i64, style: &str, file_name: &str, cached: bool) -> String {
    let prefix = if cached { "cache/" } else { "" };
    format!("{prefix}{}/{}/{style}/{}", kind.folder(), partition(id), style_file_name(kind, style, file_name))
}

/// Whether the file lies below `cache/`.
#[must_use]
pub fn cached(storage_schema_version: Option<i32>, remote: bool) -> bool {
    remote && storage_schema_version.unwrap_or(0) >= 1
}

/// The name of a style's file: the stored one, with the style's own extension if it has one.
#[must_use]
pub fn style_file_name(kind: Attachment, style: &str, file_name: &str) -> String {
    let (stem, extension) = file_name.rsplit_once('.').unwrap_or((file_name, ""));
    match kind.fixed_extension(style, &extension.to_ascii_lowercase()) {
        Some(fixed) if style != "original" => format!("{stem}.{fixed}"),
        _ => file_name.to_owned(),
    }
}

/// `117674371912941018` becomes `117/674/371/912/941/018`, `1` becomes `000/000/001`. A last group of fewer than
/// three digits is lost, as in Mastodon.
#[must_use]
pub fn partition(id: i64) -> String {
    let digits = if id < 1_000_000_000 { format!("{id:09}") } else { format!("{id:012}") };
    let groups: Vec<&str> = (0..digits.len() / 3).filter_map(|n| digits.get(n * 3..n * 3 + 3)).collect();
    groups.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    // Paths of files that a recorded server wrote.
    #[test]
    fn paths_are_those_of_a_recorded_server() {
        assert_eq!(
            attachment(Attachment::MediaFile, 117_674_371_912_941_018, "small", "5e319323a9f988c2.png", false),
            "media_attachments/files/117/674/371/912/941/018/small/5e319323a9f988c2.png"
        );
        assert_eq!(
            attachment(Attachment::MediaFile, 117_674_397_693_100_323, "small", "63d9ce844552939b.gif", cached(Some(1), true)),
            "cache/media_attachments/files/117/674/397/693/100/323/small/63d9ce844552939b.png"
        );
        assert_eq!(
            attachment(Attachment::MediaThumbnail, 117_674_378_851_367_099, "original", "2983d24d75439641.png", false),
            "media_attachments/thumbnails/117/674/378/851/367/099/original/2983d24d75439641.png"
        );
    }

    #[test]
    fn old_rows_have_no_cache_prefix() {
        assert!(!cached(None, true) && !cached(Some(0), true) && !cached(Some(1), false) && cached(Some(1), true));
    }

    #[test]
    fn ids_are_cut_in_threes() {
        assert_eq!(partition(1), "000/000/001");
        assert_eq!(partition(1_234_567_890), "001/234/567/890");
        assert_eq!(partition(1_234_567_890_123), "123/456/789/012");
    }

    #[test]
    fn static_copies_are_png() {
        assert_eq!(style_file_name(Attachment::Avatar, "static", "a.gif"), "a.png");
        assert_eq!(style_file_name(Attachment::MediaFile, "small", "a.mp4"), "a.png");
        assert_eq!(style_file_name(Attachment::MediaFile, "original", "a.mp4"), "a.mp4");
        assert_eq!(style_file_name(Attachment::SiteUploadFile, "@1x", "a.jpg"), "a.png");
    }
}
