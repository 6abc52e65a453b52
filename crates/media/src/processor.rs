//! The worker behind every conversion: its tools, its spool, and how much it does at a time.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::sync::Semaphore;

use crate::encode;
use crate::error::Error;
use crate::ffmpeg::{Ffmpeg, PICTURE_TIME};
use crate::format::Format;
use crate::geometry::pixels;
use crate::heif;
use crate::jpeg_scans;
use crate::probe::HEAD;
use crate::raster::{self, Raster};
use crate::rendition::Rendition;
use crate::transcode::spool_file;
use crate::webp;

/// Largest accepted picture.
const MOST_PIXELS: u64 = 33_177_600;
/// Largest accepted GIF.
const MOST_GIF_PIXELS: u64 = 921_600;
/// Large pictures need up to half a gigabyte each while they are decoded.
const PICTURES_AT_ONCE: usize = 2;
const CHILDREN_AT_ONCE: usize = 2;

#[derive(Debug, Clone)]
pub struct ProcessorConfig {
    pub ffmpeg: PathBuf,
    pub ffprobe: PathBuf,
    /// Folder for unfinished files; wants room for a few times the largest upload.
    pub spool: PathBuf,
}

/// Cheap to clone; clones share their limits.
#[derive(Debug, Clone)]
pub struct Processor {
    pub(crate) ffmpeg: Ffmpeg,
    pub(crate) spool: Arc<Path>,
    pictures: Arc<Semaphore>,
}

impl Processor {
    #[must_use]
    pub fn new(config: ProcessorConfig) -> Self {
        Self {
            ffmpeg: Ffmpeg::new(config.ffmpeg, config.ffprobe, CHILDREN_AT_ONCE),
            spool: config.spool.into(),
            pictures: Arc::new(Semaphore::new(PICTURES_AT_ONCE)),
        }
    }

    /// What ffmpeg says about itself, for the doctor.
    ///
    /// # Errors
    /// It is not installed or does not run.
    pub async fn ffmpeg_version(&self) -> Result<String, Error> {
        self.ffmpeg.version().await
    }

    /// Runs decoding or encoding off the async threads. A panic in a decoder fails this file only.
    pub(crate) async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let turn = Arc::clone(&self.pictures).acquire_owned().await.map_err(Error::processing)?;
        tokio::task::spawn_blocking(move || {
            let _turn = turn;
            work()
        })
        .await
        .map_err(Error::processing)?
    }

    /// Judges the size that the header claims, then decodes.
    pub(crate) async fn read(&self, path: &Path, format: Format) -> Result<Raster, Error> {
        if matches!(format, Format::Avif | Format::Heic | Format::Heif) {
            return self.read_heif(path).await;
        }
        let source = path.to_owned();
        let read = self.blocking(move || {
            check_dimensions(raster::header_size(&source, format)?, format)?;
            if format == Format::Jpeg && jpeg_scans::one_for_each_colour(&std::fs::read(&source)?) {
                return Ok(None);
            }
            raster::read(&source, format).map(Some)
        });
        match read.await? {
            Some(raster) => Ok(raster),
            None => self.read_jpeg_of_scans(path).await,
        }
    }

    /// zune-jpeg 0.5 garbles baseline JPEG that come one colour after the other; ffmpeg does not.
    async fn read_jpeg_of_scans(&self, path: &Path) -> Result<Raster, Error> {
        let pixels = spool_file(&self.spool, ".png")?;
        let how = ["-frames:v", "1", "-c:v", "png", "-pix_fmt", "rgb24", "-f", "image2pipe"].map(Into::into).into();
        self.ffmpeg.convert(path, "jpeg_pipe", how, &pixels, PICTURE_TIME).await?;
        let source = path.to_owned();
        self.blocking(move || raster::dressed_as(raster::read(&pixels, Format::Png)?, &source)).await
    }

    async fn read_heif(&self, path: &Path) -> Result<Raster, Error> {
        let still = heif::parse(&tokio::fs::read(path).await?)?;
        check_dimensions(still.size(), Format::Heic)?;
        let stream = Rendition::from_bytes(&self.spool, &still.stream, "", "")?;
        let frames = spool_file(&self.spool, ".rgb")?;
        let how = ["-fps_mode", "passthrough", "-pix_fmt", "rgb24", "-f", "rawvideo"].map(Into::into).into();
        self.ffmpeg.convert(stream.path(), still.demuxer, how, &frames, PICTURE_TIME).await?;
        self.blocking(move || {
            let image = still.assemble(&std::fs::read(&frames)?)?;
            let icc = still.icc.filter(|profile| profile.get(16..20) == Some(b"RGB "));
            Ok(Raster { image, icc })
        })
        .await
    }

    /// Encodes in the source's own format; what browsers do not show becomes JPEG.
    pub(crate) async fn write(&self, raster: &Arc<Raster>, output: Output) -> Result<Rendition, Error> {
        if output.format == Format::Webp
            && !output.lossless
            && let Ok(rendition) = self.write_lossy_webp(raster).await
        {
            return Ok(rendition);
        }
        let (spool, raster) = (Arc::clone(&self.spool), Arc::clone(raster));
        self.blocking(move || {
            let bytes = match output.format {
                Format::Png => encode::png(&raster)?,
                Format::Gif => encode::gif(&raster)?,
                Format::Webp => encode::webp_lossless(&raster)?,
                _ => encode::jpeg(&raster, output.quality)?,
            };
            Rendition::from_bytes(&spool, &bytes, output.format.content_type(), output.extension)
        })
        .await
    }

    async fn write_lossy_webp(&self, raster: &Arc<Raster>) -> Result<Rendition, Error> {
        let pixels = {
            let (spool, raster) = (Arc::clone(&self.spool), Arc::clone(raster));
            self.blocking(move || Rendition::from_bytes(&spool, &encode::png_quick(&raster.image)?, "image/png", "png")).await?
        };
        let output = spool_file(&self.spool, ".webp")?;
        let how = ["-c:v", "libwebp", "-quality", "75", "-f", "webp"].map(Into::into).into();
        self.ffmpeg.convert(pixels.path(), "png_pipe", how, &output, PICTURE_TIME).await?;
        let bytes = tokio::fs::read(&output).await?;
        let finished = webp::with_profile(&bytes, raster.size(), raster.icc.as_deref());
        let finished = finished.ok_or_else(|| Error::processing("ffmpeg wrote no WebP"))?;
        Rendition::from_bytes(&self.spool, &finished, "image/webp", "webp")
    }
}

/// How a picture is to be written.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Output {
    pub(crate) format: Format,
    pub(crate) extension: &'static str,
    pub(crate) quality: u8,
    /// WebP only.
    pub(crate) lossless: bool,
}

impl Output {
    pub(crate) fn new(format: Format, extension: &'static str) -> Self {
        Self { format, extension, quality: encode::DEFAULT_QUALITY, lossless: false }
    }

    pub(crate) fn png() -> Self {
        Self::new(Format::Png, "png")
    }
}

pub(crate) fn check_dimensions((width, height): (u32, u32), format: Format) -> Result<(), Error> {
    let area = pixels((width, height));
    if format == Format::Gif && area > MOST_GIF_PIXELS {
        return Err(Error::Refused(format!("{width}x{height} GIF files are not supported")));
    }
    if area > MOST_PIXELS {
        return Err(Error::Refused(format!("{width}x{height} images are not supported")));
    }
    Ok(())
}

/// The first bytes of a file and its length.
pub(crate) async fn head(path: &Path) -> Result<(Vec<u8>, u64), Error> {
    use tokio::io::AsyncReadExt as _;
    let file = tokio::fs::File::open(path).await?;
    let size = file.metadata().await?.len();
    let mut bytes = Vec::new();
    file.take(HEAD.try_into().unwrap_or(u64::MAX)).read_to_end(&mut bytes).await?;
    Ok((bytes, size))
}

/// Whether a WebP was coded without loss.
pub(crate) fn lossless(head: &[u8], format: Format) -> bool {
    format == Format::Webp && webp::is_lossless(head)
}
