//! Pictures in memory: read under limits, turned upright, reduced to eight bits, scaled.

use std::fs::File;
use std::io::{BufReader, Read as _};
use std::path::Path;

use fast_image_resize::{FilterType, ResizeAlg, ResizeOptions, Resizer};
use image::{DynamicImage, ImageDecoder as _, ImageFormat, ImageReader, Limits};

use crate::error::Error;
use crate::format::Format;
use crate::geometry::{Crop, Size};

/// Room for the largest accepted picture (33 megapixels) at eight bytes a pixel, twice.
const MEMORY_LIMIT: u64 = 560 * 1024 * 1024;

/// An upright picture of eight bits a channel, with the colour profile it came with.
#[derive(Debug)]
pub(crate) struct Raster {
    pub(crate) image: DynamicImage,
    pub(crate) icc: Option<Vec<u8>>,
}

impl Raster {
    pub(crate) fn size(&self) -> Size {
        (self.image.width(), self.image.height())
    }
}

/// Width and height from the header alone, before anything is decoded, and not yet turned upright.
pub(crate) fn header_size(path: &Path, format: Format) -> Result<Size, Error> {
    if format == Format::Gif {
        return gif_size(path);
    }
    reader(path, format)?.into_dimensions().map_err(Error::processing)
}

/// Whatever a GIF claims is reported, even if nothing follows the claim (recorded: poly.gif).
fn gif_size(path: &Path) -> Result<Size, Error> {
    let mut header = Vec::new();
    File::open(path)?.take(10).read_to_end(&mut header)?;
    match header.as_slice() {
        [_, _, _, _, _, _, a, b, c, d] => Ok((u16::from_le_bytes([*a, *b]).into(), u16::from_le_bytes([*c, *d]).into())),
        _ => Err(Error::processing("GIF without a size")),
    }
}

/// The first frame of a JPEG, PNG, GIF, WebP or icon.
pub(crate) fn read(path: &Path, format: Format) -> Result<Raster, Error> {
    let mut reader = reader(path, format)?;
    let mut limits = Limits::default();
    limits.max_alloc = Some(MEMORY_LIMIT);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(Error::processing)?;
    let icc = decoder.icc_profile().ok().flatten();
    let orientation = decoder.orientation().map_err(Error::processing)?;
    let mut image = eight_bits(DynamicImage::from_decoder(decoder).map_err(Error::processing)?);
    image.apply_orientation(orientation);
    let icc = icc.filter(|profile| profile_fits(profile, &image));
    Ok(Raster { image, icc })
}

/// Pixels that were decoded elsewhere, turned and coloured as the JPEG they come from says.
pub(crate) fn dressed_as(raster: Raster, source: &Path) -> Result<Raster, Error> {
    let mut decoder = reader(source, Format::Jpeg)?.into_decoder().map_err(Error::processing)?;
    let icc = decoder.icc_profile().ok().flatten();
    let mut image = raster.image;
    image.apply_orientation(decoder.orientation().map_err(Error::processing)?);
    let icc = icc.filter(|profile| profile_fits(profile, &image));
    Ok(Raster { image, icc })
}

fn reader(path: &Path, format: Format) -> Result<ImageReader<BufReader<File>>, Error> {
    let format = match format {
        Format::Jpeg => ImageFormat::Jpeg,
        Format::Png => ImageFormat::Png,
        Format::Gif => ImageFormat::Gif,
        Format::Webp => ImageFormat::WebP,
        _ => return Err(Error::processing("not a picture that is decoded here")),
    };
    Ok(ImageReader::with_format(BufReader::new(File::open(path)?), format))
}

fn eight_bits(image: DynamicImage) -> DynamicImage {
    match image {
        DynamicImage::ImageLuma16(_) => image.into_luma8().into(),
        DynamicImage::ImageLumaA16(_) => image.into_luma_alpha8().into(),
        DynamicImage::ImageRgb16(_) | DynamicImage::ImageRgb32F(_) => image.into_rgb8().into(),
        DynamicImage::ImageRgba16(_) | DynamicImage::ImageRgba32F(_) => image.into_rgba8().into(),
        other => other,
    }
}

/// CMYK pictures become RGB while they are decoded; their profile would then spoil the colours.
fn profile_fits(profile: &[u8], image: &DynamicImage) -> bool {
    match profile.get(16..20) {
        Some(b"RGB ") => image.color().has_color(),
        Some(b"GRAY") => !image.color().has_color(),
        _ => false,
    }
}

/// Scales, or returns the picture untouched where nothing changes.
pub(crate) fn resize(raster: Raster, size: Size) -> Result<Raster, Error> {
    if raster.size() == size {
        return Ok(raster);
    }
    let image = scaled(&raster.image, size, None)?;
    Ok(Raster { image, icc: raster.icc })
}

/// A scaled copy of the whole picture or of a window on it.
pub(crate) fn scaled(source: &DynamicImage, (width, height): Size, window: Option<Crop>) -> Result<DynamicImage, Error> {
    let mut target = DynamicImage::new(width, height, source.color());
    let mut options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Lanczos3));
    if let Some(crop) = window {
        options = options.crop(crop.left, crop.top, crop.width, crop.height);
    }
    Resizer::new().resize(source, &mut target, &options).map_err(Error::processing)?;
    Ok(target)
}
