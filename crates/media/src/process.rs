//! What becomes of an attachment: its kind, its files, its measures.

use std::path::Path;
use std::sync::Arc;

use serde_json::{Map, Number, Value, json};

use crate::animation::gif_is_animated;
use crate::error::Error;
use crate::ffmpeg::{Movie, Stream};
use crate::file_name::extension_for;
use crate::focus::Focus;
use crate::format::{Class, Format};
use crate::geometry::{pixels, within_pixels};
use crate::meta::{self, Parts};
use crate::probe::{AUDIO_LIMIT, IMAGE_LIMIT, accept_attachment, check_size};
use crate::processor::{Output, Processor, check_dimensions, head, lossless};
use crate::raster::{self, Raster};
use crate::rendition::Rendition;
use crate::{blurhash, colors, transcode};

/// Pixels of the largest picture that is kept, and of the largest film that is taken.
const ORIGINAL_PIXELS: u32 = 8_294_400;
const SMALL_PIXELS: u32 = 230_400;
const MOST_FRAMES_A_SECOND: u64 = 120;

/// `media_attachments.type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MediaKind {
    Image,
    Gifv,
    Video,
    Unknown,
    Audio,
}

impl MediaKind {
    /// The code in the database.
    #[must_use]
    pub fn code(self) -> i32 {
        match self {
            Self::Image => 0,
            Self::Gifv => 1,
            Self::Video => 2,
            Self::Unknown => 3,
            Self::Audio => 4,
        }
    }

    /// The reverse of [`MediaKind::code`]; other numbers are `Unknown`.
    #[must_use]
    pub fn from_code(code: i32) -> Self {
        match code {
            0 => Self::Image,
            1 => Self::Gifv,
            2 => Self::Video,
            4 => Self::Audio,
            _ => Self::Unknown,
        }
    }

    /// The word that clients read.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::Gifv => "gifv",
            Self::Video => "video",
            Self::Unknown => "unknown",
            Self::Audio => "audio",
        }
    }
}

/// A file as it came in.
#[derive(Debug, Clone, Copy)]
pub struct Upload<'a> {
    /// Where its bytes are; they are not changed.
    pub path: &'a Path,
    /// What the sender calls it; decides nothing but the extension and the wording of refusals.
    pub file_name: &'a str,
    /// Pictures of other servers are kept as they are unless they are too large.
    pub remote: bool,
    pub focus: Option<Focus>,
    /// Leave the original of films and sound as it is, to be converted by [`Processor::finish`] later.
    pub delay_original: bool,
}

/// A file as it is to be stored. `original.content_type`, `.extension` and `.size` are those of the row's columns.
#[derive(Debug)]
pub struct Processed {
    pub kind: MediaKind,
    pub original: Rendition,
    /// Style `small`, stored under `paths::attachment(MediaFile, id, "small", …)`.
    pub small: Option<Rendition>,
    /// The cover of a sound file: style `original` of `MediaThumbnail`, with a name of its own.
    pub thumbnail: Option<Rendition>,
    /// `file_meta`.
    pub meta: Value,
    pub blurhash: Option<String>,
    /// The original still waits for [`Processor::finish`].
    pub delayed: bool,
}

/// A picture that somebody chose for a film or sound.
#[derive(Debug)]
pub struct Thumbnail {
    pub file: Rendition,
    /// `colors` and `small`, to be merged into `file_meta`.
    pub meta: Value,
    pub blurhash: String,
}

impl Processor {
    /// Judges an attachment and makes everything that is stored of it.
    ///
    /// # Errors
    /// [`Error::Refused`] with the text for the client, [`Error::Processing`] for files that are broken.
    pub async fn process(&self, upload: Upload<'_>) -> Result<Processed, Error> {
        let (bytes, size) = head(upload.path).await?;
        let format = accept_attachment(&bytes, upload.file_name)?;
        let image = format.class() == Class::Image;
        check_size("File", size, if image && !upload.remote { IMAGE_LIMIT } else { AUDIO_LIMIT })?;
        if format == Format::Gif {
            check_dimensions(raster::header_size(upload.path, format)?, format)?;
            if gif_is_animated(upload.path) {
                return self.animation(upload).await;
            }
        }
        if image {
            return self.image(upload, format, lossless(&bytes, format)).await;
        }
        let movie = self.ffmpeg.inspect(upload.path, format).await?;
        if is_sound(format, &movie)? {
            return self.sound(upload, format, &movie).await;
        }
        self.film(upload, format, &movie).await
    }

    /// Converts the original that an earlier call left as it was. The result keeps the random stem of the stored name
    /// and may change its extension; `meta` holds `original` only, to be merged.
    ///
    /// # Errors
    /// As [`Processor::process`]; after [`Error::Processing`] the attachment has failed for good.
    pub async fn finish(&self, path: &Path, file_name: &str) -> Result<Processed, Error> {
        let (bytes, _) = head(path).await?;
        let format = accept_attachment(&bytes, file_name)?;
        let movie = self.ffmpeg.inspect(path, format).await?;
        let (kind, original) = if is_sound(format, &movie)? {
            (MediaKind::Audio, self.sound_file(path, format).await?)
        } else {
            (film_kind(&movie), self.film_file(path, format, &movie).await?)
        };
        let original_meta = self.measure(&original).await?;
        let meta = Parts { original: Some(original_meta), ..Parts::default() }.into_json();
        Ok(Processed { kind, original, small: None, thumbnail: None, meta, blurhash: None, delayed: false })
    }

    /// A thumbnail for a film or sound: PNG, JPEG, WebP or GIF.
    ///
    /// # Errors
    /// As [`Processor::process`].
    pub async fn thumbnail(&self, path: &Path, file_name: &str) -> Result<Thumbnail, Error> {
        const ALLOWED: [Format; 7] =
            [Format::Jpeg, Format::Png, Format::Gif, Format::Heic, Format::Heif, Format::Webp, Format::Avif];
        let (bytes, size) = head(path).await?;
        let format = crate::probe::accept_picture(&bytes, file_name, "Thumbnail", &ALLOWED)?;
        check_size("Thumbnail", size, IMAGE_LIMIT)?;
        let extension = shown_extension(format, file_name);
        self.thumbnail_of(path, format, Output { lossless: lossless(&bytes, format), ..Output::new(shown(format), extension) })
            .await
    }

    async fn thumbnail_of(&self, path: &Path, format: Format, output: Output) -> Result<Thumbnail, Error> {
        let raster = self.read(path, format).await?;
        let (raster, blurhash, palette) = self
            .blocking(move || {
                let size = within_pixels(raster.size(), SMALL_PIXELS);
                let raster = raster::resize(raster, size)?;
                let (blurhash, palette) = (blurhash::of(&raster.image)?, colors::of(&raster.image)?);
                Ok((Arc::new(raster), blurhash, palette))
            })
            .await?;
        let meta = Parts { colors: palette, small: Some(meta::picture(raster.size())), ..Parts::default() }.into_json();
        Ok(Thumbnail { file: self.write(&raster, output).await?, meta, blurhash })
    }

    async fn image(&self, upload: Upload<'_>, format: Format, lossless: bool) -> Result<Processed, Error> {
        let raster = self.read(upload.path, format).await?;
        let output = Output { lossless, ..Output::new(shown(format), shown_extension(format, upload.file_name)) };
        let keep = upload.remote && format == output.format && pixels(raster.size()) <= u64::from(ORIGINAL_PIXELS);
        let (original, small, blurhash) = self.blocking(move || two_sizes(raster)).await?;
        let original_file = if keep {
            Rendition::copy_of(&self.spool, upload.path, format.content_type(), output.extension)?
        } else {
            self.write(&original, output).await?
        };
        let small_file = if small.size() == original.size() {
            // Also for GIF, whose preview then is a GIF with a PNG's name, as Mastodon leaves it.
            Rendition::copy_of(&self.spool, original_file.path(), output.format.content_type(), output.extension)?
        } else if format == Format::Gif {
            self.write(&small, Output::png()).await?
        } else {
            self.write(&small, output).await?
        };
        let meta = Parts {
            original: Some(meta::picture(original.size())),
            small: Some(meta::picture(small.size())),
            focus: upload.focus,
            colors: None,
        };
        Ok(Processed {
            kind: MediaKind::Image,
            original: original_file,
            small: Some(small_file),
            thumbnail: None,
            meta: meta.into_json(),
            blurhash: Some(blurhash),
            delayed: false,
        })
    }

    async fn animation(&self, upload: Upload<'_>) -> Result<Processed, Error> {
        let movie = self.ffmpeg.inspect(upload.path, Format::Gif).await?;
        let original = self.film_file(upload.path, Format::Gif, &movie).await?;
        let preview = self.preview(original.path(), Format::Mp4).await?;
        let meta = Parts {
            original: Some(self.measure(&original).await?),
            small: Some(preview.meta),
            focus: upload.focus,
            colors: None,
        };
        Ok(Processed {
            kind: MediaKind::Gifv,
            original,
            small: Some(preview.file),
            thumbnail: None,
            meta: meta.into_json(),
            blurhash: Some(preview.blurhash),
            delayed: upload.delay_original,
        })
    }

    async fn film(&self, upload: Upload<'_>, format: Format, movie: &Movie) -> Result<Processed, Error> {
        let film = movie.film().ok_or_else(|| Error::processing("no film"))?;
        check_film(film)?;
        let preview = self.preview(upload.path, format).await?;
        let original = if upload.delay_original {
            let extension = extension_for(format, upload.file_name);
            Rendition::copy_of(&self.spool, upload.path, format.content_type(), extension)?
        } else {
            self.film_file(upload.path, format, movie).await?
        };
        let original_meta = if upload.delay_original { measures(movie) } else { self.measure(&original).await? };
        let meta = Parts { original: Some(original_meta), small: Some(preview.meta), focus: upload.focus, colors: None };
        Ok(Processed {
            kind: film_kind(movie),
            original,
            small: Some(preview.file),
            thumbnail: None,
            meta: meta.into_json(),
            blurhash: Some(preview.blurhash),
            delayed: upload.delay_original,
        })
    }

    async fn sound(&self, upload: Upload<'_>, format: Format, movie: &Movie) -> Result<Processed, Error> {
        let cover = match movie.cover() {
            Some(_) => self.cover(upload.path, format).await,
            None => None,
        };
        let (original, original_meta) = if upload.delay_original {
            let extension = extension_for(format, upload.file_name);
            (Rendition::copy_of(&self.spool, upload.path, format.content_type(), extension)?, measures(movie))
        } else {
            let original = self.sound_file(upload.path, format).await?;
            let measured = self.measure(&original).await?;
            (original, measured)
        };
        let own = Parts { original: Some(original_meta), focus: upload.focus, ..Parts::default() }.into_json();
        let (thumbnail, meta, blurhash) = match cover {
            Some(cover) => (Some(cover.file), meta::merge(Some(&cover.meta), &own), Some(cover.blurhash)),
            None => (None, own, None),
        };
        Ok(Processed { kind: MediaKind::Audio, original, small: None, thumbnail, meta, blurhash, delayed: upload.delay_original })
    }

    /// A broken cover does not spoil the sound.
    async fn cover(&self, path: &Path, format: Format) -> Option<Thumbnail> {
        let picture = transcode::cover(&self.ffmpeg, &self.spool, path, format).await.ok()?;
        self.thumbnail_of(&picture, Format::Png, Output::png()).await.ok()
    }

    async fn preview(&self, path: &Path, format: Format) -> Result<Preview, Error> {
        let picture = transcode::preview(&self.ffmpeg, &self.spool, path, format).await?;
        let raster = self.read(&picture, Format::Png).await?;
        let (size, blurhash) = self.blocking(move || Ok((raster.size(), blurhash::of(&raster.image)?))).await?;
        Ok(Preview { file: Rendition::from_file(picture, "image/png", "png")?, meta: meta::picture(size), blurhash })
    }

    async fn film_file(&self, path: &Path, format: Format, movie: &Movie) -> Result<Rendition, Error> {
        let file = transcode::film(&self.ffmpeg, &self.spool, path, format, movie).await?;
        Rendition::from_file(file, "video/mp4", "mp4")
    }

    async fn sound_file(&self, path: &Path, format: Format) -> Result<Rendition, Error> {
        let file = transcode::sound(&self.ffmpeg, &self.spool, path, format).await?;
        Rendition::from_file(file, "audio/mpeg", "mp3")
    }

    async fn measure(&self, made: &Rendition) -> Result<Value, Error> {
        let format = if made.extension == "mp3" { Format::Mp3 } else { Format::Mp4 };
        Ok(measures(&self.ffmpeg.inspect(made.path(), format).await?))
    }
}

struct Preview {
    file: Rendition,
    meta: Value,
    blurhash: String,
}

fn two_sizes(raster: Raster) -> Result<(Arc<Raster>, Arc<Raster>, String), Error> {
    let size = raster.size();
    let original = Arc::new(raster::resize(raster, within_pixels(size, ORIGINAL_PIXELS))?);
    let small_size = within_pixels(size, SMALL_PIXELS);
    let small = if small_size == original.size() {
        Arc::clone(&original)
    } else {
        Arc::new(Raster { image: raster::scaled(&original.image, small_size, None)?, icc: original.icc.clone() })
    };
    let blurhash = blurhash::of(&small.image)?;
    Ok((original, small, blurhash))
}

/// What browsers do not show everywhere becomes JPEG.
fn shown(format: Format) -> Format {
    if matches!(format, Format::Heic | Format::Heif | Format::Avif) { Format::Jpeg } else { format }
}

fn shown_extension(format: Format, file_name: &str) -> &'static str {
    if shown(format) == format { extension_for(format, file_name) } else { "jpeg" }
}

/// Whether a container holds sound only. Films are required where the type promises one.
fn is_sound(format: Format, movie: &Movie) -> Result<bool, Error> {
    match (format, movie.film().is_some(), movie.sound().is_some()) {
        (Format::M4a, true, _) => Ok(false),
        (_, _, false) if format.class() == Class::Audio => Err(Error::processing("no sound")),
        (_, _, _) if format.class() == Class::Audio => Ok(true),
        (Format::Webm | Format::ThreeGp, false, true) => Ok(true),
        (_, false, _) => Err(Error::Refused("Video has no video stream".to_owned())),
        (_, true, _) => Ok(false),
    }
}

fn check_film(film: &Stream) -> Result<(), Error> {
    let (width, height) = film.upright_size();
    if width == 0 || height == 0 {
        return Err(Error::processing("a film without a size"));
    }
    if pixels((width, height)) > u64::from(ORIGINAL_PIXELS) {
        return Err(Error::Refused(format!("{width}x{height} videos are not supported")));
    }
    match film.frame_rate() {
        Some((frames, seconds)) if frames > seconds.saturating_mul(MOST_FRAMES_A_SECOND) => {
            Err(Error::Refused(format!("{}fps videos are not supported", frames / seconds.max(1))))
        }
        _ => Ok(()),
    }
}

fn film_kind(movie: &Movie) -> MediaKind {
    if movie.sound().is_some() { MediaKind::Video } else { MediaKind::Gifv }
}

/// `original` of films and sound; a cover counts as a picture of the sound.
fn measures(movie: &Movie) -> Value {
    let mut map = Map::new();
    if let Some(picture) = movie.film().or_else(|| movie.cover()) {
        let (width, height) = picture.upright_size();
        map.insert("width".to_owned(), width.into());
        map.insert("height".to_owned(), height.into());
        let rate = picture.frame_rate().map(|(above, below)| format!("{above}/{below}"));
        map.insert("frame_rate".to_owned(), json!(rate));
    }
    map.insert("duration".to_owned(), json!(movie.duration().and_then(Number::from_f64)));
    map.insert("bitrate".to_owned(), json!(movie.bit_rate()));
    Value::Object(map)
}
