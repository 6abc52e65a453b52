//! How large a picture becomes: pure arithmetic, rounded as libvips does, since clients see the numbers.

/// Width and height in pixels.
pub(crate) type Size = (u32, u32);

/// A window on the source, in pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Crop {
    pub(crate) left: f64,
    pub(crate) top: f64,
    pub(crate) width: f64,
    pub(crate) height: f64,
}

pub(crate) fn pixels((width, height): Size) -> u64 {
    u64::from(width) * u64::from(height)
}

/// The size with the same shape and at most `limit` pixels; smaller pictures keep theirs.
pub(crate) fn within_pixels(size: Size, limit: u32) -> Size {
    if pixels(size) <= u64::from(limit) || size.0 == 0 || size.1 == 0 {
        return size;
    }
    let (width, height) = (f64::from(size.0), f64::from(size.1));
    let area = f64::from(limit);
    fit(size, ((area * width / height).sqrt().round(), (area * height / width).sqrt().round()))
}

/// The size with the same shape inside a box; never larger than it was.
pub(crate) fn fit(size: Size, (box_width, box_height): (f64, f64)) -> Size {
    let (width, height) = (f64::from(size.0), f64::from(size.1));
    let scale = (box_width / width).min(box_height / height).min(1.0);
    (whole(width * scale), whole(height * scale))
}

/// The size with the same shape whose longer side is `side`.
pub(crate) fn stretch(size: Size, side: f64) -> Size {
    let (width, height) = (f64::from(size.0), f64::from(size.1));
    let scale = side / width.max(height).max(1.0);
    (whole(width * scale), whole(height * scale))
}

/// Crop to fill `target` from the centre. What is smaller becomes a window of the same shape as large as it allows.
pub(crate) fn fill(size: Size, target: Size) -> (Crop, Size) {
    let (width, height) = (f64::from(size.0), f64::from(size.1));
    let (wanted_width, wanted_height) = (f64::from(target.0), f64::from(target.1));
    let scale = (wanted_width / width).max(wanted_height / height);
    let (window_width, window_height) = ((wanted_width / scale).min(width), (wanted_height / scale).min(height));
    let crop = Crop {
        left: ((width - window_width) / 2.0).floor(),
        top: ((height - window_height) / 2.0).floor(),
        width: window_width,
        height: window_height,
    };
    let result = if scale < 1.0 { target } else { (whole(window_width), whole(window_height)) };
    (crop, result)
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "float casts saturate; the value is at least 1")]
fn whole(value: f64) -> u32 {
    (value + 0.5).floor().max(1.0) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    // Pairs of tests/conformance/media/golden.jsonl.
    #[test]
    fn pixel_limits_round_as_recorded() {
        for (from, original, small) in [
            ((4000, 3000), (3325, 2494), (554, 416)),
            ((9000, 1000), (8640, 960), (1440, 160)),
            ((100, 5000), (100, 5000), (68, 3394)),
            ((5000, 4000), (3220, 2576), (536, 429)),
            ((640, 480), (640, 480), (554, 416)),
            ((3000, 10), (3000, 10), (3000, 10)),
        ] {
            assert_eq!(within_pixels(from, 8_294_400), original, "original of {from:?}");
            assert_eq!(within_pixels(from, 230_400), small, "small of {from:?}");
        }
    }

    #[test]
    fn filling_takes_the_centre() {
        let (crop, size) = fill((600, 450), (400, 400));
        assert_eq!((crop.left, crop.top, crop.width, crop.height), (75.0, 0.0, 450.0, 450.0));
        assert_eq!(size, (400, 400));
        let (crop, size) = fill((300, 500), (400, 400));
        assert_eq!((crop.left, crop.top, size), (0.0, 100.0, (300, 300)));
    }
}
