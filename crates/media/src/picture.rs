//! Pictures that belong to accounts, emoji, link cards and the server itself, in Mastodon's sizes.

use std::path::Path;
use std::sync::Arc;

use crate::error::Error;
use crate::file_name::extension_for;
use crate::format::Format;
use crate::geometry::{Size, fill, pixels, within_pixels};
use crate::probe::{IMAGE_LIMIT, accept_picture, check_size};
use crate::processor::{Output, Processor, check_dimensions, head, lossless};
use crate::raster::{self, Raster};
use crate::rendition::Rendition;
use crate::{animation, blurhash, transcode, webp};

const MEGABYTE: u64 = 1024 * 1024;
const PHOTOS: &[Format] = &[Format::Jpeg, Format::Png, Format::Gif, Format::Webp];
const AVATAR: Size = (400, 400);
const HEADER_PIXELS: u32 = 750_000;
const CARD_PIXELS: u32 = 230_400;
const FAVICONS: &[(&str, u32)] = &[("16", 16), ("32", 32), ("48", 48)];
const APP_ICONS: &[(&str, u32)] = &[
    ("36", 36),
    ("48", 48),
    ("57", 57),
    ("60", 60),
    ("72", 72),
    ("76", 76),
    ("96", 96),
    ("114", 114),
    ("120", 120),
    ("144", 144),
    ("152", 152),
    ("167", 167),
    ("180", 180),
    ("192", 192),
    ("256", 256),
    ("384", 384),
    ("512", 512),
    ("1024", 1024),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PictureKind {
    Avatar,
    Header,
    Emoji,
    PreviewCard,
    /// `site_uploads.var` = `thumbnail`.
    SiteThumbnail,
    Favicon,
    AppIcon,
    Mascot,
    ProviderIcon,
}

impl PictureKind {
    fn attribute(self) -> &'static str {
        match self {
            Self::Avatar => "Avatar",
            Self::Header => "Header",
            Self::Emoji | Self::PreviewCard => "Image",
            Self::SiteThumbnail | Self::Favicon | Self::AppIcon | Self::Mascot => "File",
            Self::ProviderIcon => "Icon",
        }
    }

    fn formats(self) -> &'static [Format] {
        match self {
            Self::Emoji => &[Format::Png, Format::Gif, Format::Webp],
            Self::ProviderIcon => &[Format::Ico, Format::Png],
            _ => PHOTOS,
        }
    }

    fn limit(self) -> u64 {
        match self {
            Self::Avatar | Self::Header | Self::PreviewCard => 8 * MEGABYTE,
            Self::Emoji => 256 * 1024,
            Self::ProviderIcon => MEGABYTE,
            Self::SiteThumbnail | Self::Favicon | Self::AppIcon | Self::Mascot => IMAGE_LIMIT,
        }
    }
}

/// The files of one picture. Those of the first style describe the row's columns.
#[derive(Debug)]
pub struct Picture {
    /// Style `original`.
    pub original: Rendition,
    /// Other styles by their names in [`crate::paths`]: `static`, `@1x`, `48` ….
    pub styles: Vec<(&'static str, Rendition)>,
    /// Of the original, in pixels.
    pub width: u32,
    pub height: u32,
    /// For link cards and the server's thumbnail.
    pub blurhash: Option<String>,
}

impl Processor {
    /// Makes all styles of a picture. `remote` ones keep their bytes where they need no other size.
    ///
    /// # Errors
    /// [`Error::Refused`] with the text for the client, [`Error::Processing`] for files that are broken.
    pub async fn picture(&self, kind: PictureKind, path: &Path, file_name: &str, remote: bool) -> Result<Picture, Error> {
        let (bytes, size) = head(path).await?;
        let format = accept_picture(&bytes, file_name, kind.attribute(), kind.formats())?;
        check_size(kind.attribute(), size, kind.limit())?;
        if format == Format::Ico {
            let original = Rendition::copy_of(&self.spool, path, format.content_type(), "ico")?;
            return Ok(Picture { original, styles: Vec::new(), width: 0, height: 0, blurhash: None });
        }
        let source = Source {
            path,
            format,
            output: Output { lossless: lossless(&bytes, format), ..Output::new(format, extension_for(format, file_name)) },
            remote,
            raster: Arc::new(self.read(path, format).await?),
        };
        match kind {
            PictureKind::Avatar => self.account_picture(source, Shape::Fill(AVATAR)).await,
            PictureKind::Header => self.account_picture(source, Shape::Pixels(HEADER_PIXELS)).await,
            PictureKind::Emoji | PictureKind::ProviderIcon => self.emoji(source).await,
            PictureKind::PreviewCard => self.card(source).await,
            PictureKind::SiteThumbnail => self.site_thumbnail(source).await,
            PictureKind::Favicon => self.icons(source, FAVICONS).await,
            PictureKind::AppIcon => self.icons(source, APP_ICONS).await,
            PictureKind::Mascot => self.icons(source, &[]).await,
        }
    }

    async fn account_picture(&self, source: Source<'_>, shape: Shape) -> Result<Picture, Error> {
        let shaped = self.shaped(&source.raster, shape).await?;
        let (width, height) = shaped.size();
        let unchanged = shaped.size() == source.raster.size();
        let original = if source.format == Format::Gif && animation::gif_is_animated(source.path) {
            check_dimensions(source.raster.size(), Format::Gif)?;
            let file =
                transcode::moving_gif(&self.ffmpeg, &self.spool, source.path, shaped.size(), matches!(shape, Shape::Fill(_)));
            Rendition::from_file(file.await?, "image/gif", "gif")?
        } else if source.remote && unchanged {
            source.copy(&self.spool)?
        } else {
            self.write(&shaped, source.output).await?
        };
        let mut styles = Vec::new();
        if source.format == Format::Gif {
            styles.push(("static", self.write(&shaped, Output::png()).await?));
        }
        Ok(Picture { original, styles, width, height, blurhash: None })
    }

    /// Emoji and icons keep their size, and moving ones their frames; local ones lose everything else.
    async fn emoji(&self, source: Source<'_>) -> Result<Picture, Error> {
        let original = if source.remote {
            source.copy(&self.spool)?
        } else {
            let clean = match source.format {
                Format::Gif => animation::stripped(&tokio::fs::read(source.path).await?),
                Format::Webp => webp::stripped(&tokio::fs::read(source.path).await?),
                _ => None,
            };
            match clean {
                Some(bytes) => Rendition::from_bytes(&self.spool, &bytes, source.format.content_type(), source.output.extension)?,
                None => self.write(&source.raster, source.output).await?,
            }
        };
        let still = self.write(&source.raster, Output::png()).await?;
        let (width, height) = source.raster.size();
        Ok(Picture { original, styles: vec![("static", still)], width, height, blurhash: None })
    }

    async fn card(&self, source: Source<'_>) -> Result<Picture, Error> {
        let shaped = self.shaped(&source.raster, Shape::Pixels(CARD_PIXELS)).await?;
        let (width, height) = shaped.size();
        let original = if source.format == Format::Gif {
            let output = Output { quality: 90, ..Output::new(Format::Jpeg, "jpg") };
            self.write(&shaped, output).await?
        } else if shaped.size() == source.raster.size() {
            source.copy(&self.spool)?
        } else {
            self.write(&shaped, source.output).await?
        };
        let blurhash = self.blocking(move || blurhash::of(&shaped.image)).await?;
        Ok(Picture { original, styles: Vec::new(), width, height, blurhash: Some(blurhash) })
    }

    async fn site_thumbnail(&self, source: Source<'_>) -> Result<Picture, Error> {
        let original = self.write(&source.raster, source.output).await?;
        let (width, height) = source.raster.size();
        let mut styles = Vec::new();
        let mut blurhash = None;
        for (style, size) in [("@1x", (1200, 630)), ("@2x", (2400, 1260))] {
            let shaped = self.shaped(&source.raster, Shape::Fill(size)).await?;
            styles.push((style, self.write(&shaped, Output::png()).await?));
            if blurhash.is_none() {
                blurhash = Some(self.blocking(move || blurhash::of(&shaped.image)).await?);
            }
        }
        Ok(Picture { original, styles, width, height, blurhash })
    }

    async fn icons(&self, source: Source<'_>, sizes: &[(&'static str, u32)]) -> Result<Picture, Error> {
        let original = self.write(&source.raster, source.output).await?;
        let (width, height) = source.raster.size();
        let mut styles = Vec::new();
        for (style, side) in sizes {
            let shaped = self.shaped(&source.raster, Shape::Square(*side)).await?;
            styles.push((*style, self.write(&shaped, Output::png()).await?));
        }
        Ok(Picture { original, styles, width, height, blurhash: None })
    }

    async fn shaped(&self, raster: &Arc<Raster>, shape: Shape) -> Result<Arc<Raster>, Error> {
        let raster = Arc::clone(raster);
        self.blocking(move || {
            let (window, size) = shape.of(raster.size());
            if window.is_none() && size == raster.size() {
                return Ok(raster);
            }
            Ok(Arc::new(Raster { image: raster::scaled(&raster.image, size, window)?, icc: raster.icc.clone() }))
        })
        .await
    }
}

struct Source<'a> {
    path: &'a Path,
    format: Format,
    output: Output,
    remote: bool,
    raster: Arc<Raster>,
}

impl Source<'_> {
    fn copy(&self, spool: &Path) -> Result<Rendition, Error> {
        Rendition::copy_of(spool, self.path, self.format.content_type(), self.output.extension)
    }
}

#[derive(Debug, Clone, Copy)]
enum Shape {
    /// The centre, never enlarged.
    Fill(Size),
    /// The whole, with at most so many pixels.
    Pixels(u32),
    /// The centre at exactly this side, for icons that announce their size.
    Square(u32),
}

impl Shape {
    fn of(self, size: Size) -> (Option<crate::geometry::Crop>, Size) {
        match self {
            Self::Pixels(limit) if pixels(size) <= u64::from(limit) => (None, size),
            Self::Pixels(limit) => (None, within_pixels(size, limit)),
            Self::Fill(target) => {
                let (window, result) = fill(size, target);
                (if result == size { None } else { Some(window) }, result)
            }
            Self::Square(side) => (Some(fill(size, (side, side)).0), (side, side)),
        }
    }
}
