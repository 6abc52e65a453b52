//! The short text from which clients paint a blurred placeholder.

use image::DynamicImage;

use crate::error::Error;
use crate::geometry::stretch;
use crate::raster::scaled;

/// Four by four components, from a copy that just fits into 100 by 100 pixels; smaller pictures are enlarged. Transparency is ignored, as Mastodon does.
pub(crate) fn of(image: &DynamicImage) -> Result<String, Error> {
    let opaque = DynamicImage::from(image.to_rgb8());
    let (width, height) = stretch((opaque.width(), opaque.height()), 100.0);
    let small = scaled(&opaque, (width, height), None)?;
    ::blurhash::encode(4, 4, width, height, small.to_rgba8().as_raw()).map_err(Error::processing)
}
