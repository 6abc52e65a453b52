//! The short text from which clients paint a blurred placeholder.

use image::DynamicImage;

use crate::error::Error;
use crate::geometry::fit;
use crate::raster::scaled;

/// Four by four components, from a copy at most 100 pixels wide. Transparency is ignored, as Mastodon does.
pub(crate) fn of(image: &DynamicImage) -> Result<String, Error> {
    let opaque = DynamicImage::from(image.to_rgb8());
    let (width, height) = fit((opaque.width(), opaque.height()), (100.0, 100.0));
    let small = scaled(&opaque, (width, height), None)?;
    ::blurhash::encode(4, 4, width, height, small.to_rgba8().as_raw()).map_err(Error::processing)
}
