//! The file formats that are told apart by their first bytes, with their types and extensions.

/// What a file is played or shown with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    Image,
    Video,
    Audio,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    Jpeg,
    Png,
    Gif,
    Webp,
    Avif,
    Heic,
    Heif,
    Ico,
    Mp4,
    QuickTime,
    ThreeGp,
    M4a,
    Webm,
    OggVideo,
    OggAudio,
    Mp3,
    Wav,
    Flac,
    Aac,
    Asf,
}

impl Format {
    /// The class by container alone; a container for films may turn out to hold sound only.
    #[must_use]
    pub fn class(self) -> Class {
        match self {
            Self::Jpeg | Self::Png | Self::Gif | Self::Webp | Self::Avif | Self::Heic | Self::Heif | Self::Ico => Class::Image,
            Self::Mp4 | Self::QuickTime | Self::ThreeGp | Self::Webm | Self::OggVideo => Class::Video,
            Self::M4a | Self::OggAudio | Self::Mp3 | Self::Wav | Self::Flac | Self::Aac | Self::Asf => Class::Audio,
        }
    }

    #[must_use]
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Gif => "image/gif",
            Self::Webp => "image/webp",
            Self::Avif => "image/avif",
            Self::Heic => "image/heic",
            Self::Heif => "image/heif",
            Self::Ico => "image/x-icon",
            Self::Mp4 => "video/mp4",
            Self::QuickTime => "video/quicktime",
            Self::ThreeGp => "video/3gpp",
            Self::M4a => "audio/mp4",
            Self::Webm => "video/webm",
            Self::OggVideo => "video/ogg",
            Self::OggAudio => "audio/ogg",
            Self::Mp3 => "audio/mpeg",
            Self::Wav => "audio/wav",
            Self::Flac => "audio/flac",
            Self::Aac => "audio/aac",
            Self::Asf => "video/x-ms-asf",
        }
    }

    /// Known extensions; the first is given to files that come without one of them.
    pub(crate) fn extensions(self) -> &'static [&'static str] {
        match self {
            Self::Jpeg => &["jpeg", "jpg"],
            Self::Png => &["png"],
            Self::Gif => &["gif"],
            Self::Webp => &["webp"],
            Self::Avif => &["avif"],
            Self::Heic => &["heic"],
            Self::Heif => &["heif"],
            Self::Ico => &["ico"],
            Self::Mp4 => &["mp4", "mpg4", "m4v"],
            Self::QuickTime => &["mov", "qt"],
            Self::ThreeGp => &["3gp", "3gpp"],
            Self::M4a => &["m4a", "mp4"],
            Self::Webm => &["webm"],
            Self::OggVideo => &["ogv", "ogg"],
            Self::OggAudio => &["oga", "ogg", "opus", "spx"],
            Self::Mp3 => &["mp3", "mpga", "mp2"],
            Self::Wav => &["wav"],
            Self::Flac => &["flac"],
            Self::Aac => &["aac"],
            Self::Asf => &["asf", "wma"],
        }
    }

    /// The only demuxer that ffmpeg may use on it, so that no content can choose a playlist reader.
    pub(crate) fn demuxer(self) -> Option<&'static str> {
        match self {
            Self::Gif => Some("gif"),
            Self::Mp4 | Self::QuickTime | Self::ThreeGp | Self::M4a => Some("mov"),
            Self::Webm => Some("matroska"),
            Self::OggVideo | Self::OggAudio => Some("ogg"),
            Self::Mp3 => Some("mp3"),
            Self::Wav => Some("wav"),
            Self::Flac => Some("flac"),
            Self::Aac => Some("aac"),
            Self::Asf => Some("asf"),
            Self::Jpeg | Self::Png | Self::Webp | Self::Avif | Self::Heic | Self::Heif | Self::Ico => None,
        }
    }
}
