//! Pictures back into files. Nothing of the source survives but its pixels and its colour profile.

use image::codecs::gif::GifEncoder;
use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::codecs::webp::WebPEncoder;
use image::{DynamicImage, Frame, ImageEncoder as _};
use jpeg_encoder::{ColorType, Encoder, SamplingFactor};

use crate::error::Error;
use crate::raster::Raster;

/// What libvips does when nothing else is said.
pub(crate) const DEFAULT_QUALITY: u8 = 75;

/// Progressive, since the encoder's other way to good compression, a scan for each colour, is misread by zune-jpeg 0.5.
pub(crate) fn jpeg(raster: &Raster, quality: u8) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, quality);
    encoder.set_sampling_factor(SamplingFactor::F_2_2);
    encoder.set_optimized_huffman_tables(true);
    encoder.set_progressive(true);
    if let Some(profile) = &raster.icc {
        encoder.add_icc_profile(profile).map_err(Error::processing)?;
    }
    let (width, height) = raster.size();
    let width = u16::try_from(width).map_err(Error::processing)?;
    let height = u16::try_from(height).map_err(Error::processing)?;
    match &raster.image {
        DynamicImage::ImageLuma8(gray) => encoder.encode(gray, width, height, ColorType::Luma),
        DynamicImage::ImageRgb8(rgb) => encoder.encode(rgb, width, height, ColorType::Rgb),
        other => encoder.encode(&other.to_rgb8(), width, height, ColorType::Rgb),
    }
    .map_err(Error::processing)?;
    Ok(bytes)
}

pub(crate) fn png(raster: &Raster) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    let mut encoder = PngEncoder::new_with_quality(&mut bytes, CompressionType::Default, FilterType::Adaptive);
    if let Some(profile) = &raster.icc {
        encoder.set_icc_profile(profile.clone()).map_err(Error::processing)?;
    }
    raster.image.write_with_encoder(encoder).map_err(Error::processing)?;
    Ok(bytes)
}

pub(crate) fn webp_lossless(raster: &Raster) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    let mut encoder = WebPEncoder::new_lossless(&mut bytes);
    if let Some(profile) = &raster.icc {
        encoder.set_icc_profile(profile.clone()).map_err(Error::processing)?;
    }
    raster.image.write_with_encoder(encoder).map_err(Error::processing)?;
    Ok(bytes)
}

/// A GIF of one frame; exact, since one frame has no more colours than a palette.
pub(crate) fn gif(raster: &Raster) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    GifEncoder::new(&mut bytes).encode_frame(Frame::new(raster.image.to_rgba8())).map_err(Error::processing)?;
    Ok(bytes)
}

/// Large and fast, for another program to read at once.
pub(crate) fn png_quick(image: &DynamicImage) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    let encoder = PngEncoder::new_with_quality(&mut bytes, CompressionType::Fast, FilterType::Up);
    image.write_with_encoder(encoder).map_err(Error::processing)?;
    Ok(bytes)
}
