//! Colours for a player, chosen from a cover picture: what fills its edges, and two that stand out against that.

use std::collections::HashMap;

use image::DynamicImage;
use serde_json::{Value, json};

use crate::error::Error;
use crate::geometry::fit;
use crate::raster::scaled;

/// Steps per channel of the histogram.
const BINS: u8 = 10;
/// Contrast that text needs.
const FOREGROUND_CONTRAST: f64 = 3.0;
/// Contrast that an ornament needs.
const ACCENT_CONTRAST: f64 = 2.0;
/// How many of the most frequent colours are looked at.
const PALETTE: usize = 10;
/// By how much the background's lightness is changed where the picture offers no colour.
const SHIFT: f64 = 0.35;

/// Red, green and blue in 0..256.
type Rgb = [f64; 3];

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Palette {
    background: Rgb,
    foreground: Rgb,
    accent: Rgb,
}

impl Palette {
    pub(crate) fn to_json(self) -> Value {
        json!({ "background": hex(self.background), "foreground": hex(self.foreground), "accent": hex(self.accent) })
    }
}

pub(crate) fn of(image: &DynamicImage) -> Result<Option<Palette>, Error> {
    let opaque = DynamicImage::from(image.to_rgb8());
    let size = fit((opaque.width(), opaque.height()), (100.0, 100.0));
    let small = scaled(&opaque, size, None)?.into_rgb8();
    let (width, height) = small.dimensions();
    let (side, edge) = (width / 4, height / 4);
    let at_edge = |x: u32, y: u32| y < edge || y >= height - edge || x < side || x >= width - side;
    let everything = frequent(small.pixels().map(|pixel| pixel.0));
    let edges = frequent(small.enumerate_pixels().filter(|(x, y, _)| at_edge(*x, *y)).map(|(_, _, pixel)| pixel.0));
    let Some(background) = edges.first().or(everything.first()).copied() else { return Ok(None) };
    let inner: Vec<Rgb> = everything.into_iter().filter(|color| !edges.contains(color)).collect();
    let accent = most_distant(background, &inner, ACCENT_CONTRAST, None);
    let foreground = most_distant(background, &inner, FOREGROUND_CONTRAST, accent);
    let fallback = shifted(background);
    Ok(Some(Palette { background, foreground: foreground.unwrap_or(fallback), accent: accent.unwrap_or(fallback) }))
}

/// The most frequent colours, as the middles of their bins; equally frequent ones from bright to dark.
fn frequent(pixels: impl Iterator<Item = [u8; 3]>) -> Vec<Rgb> {
    let mut counts: HashMap<[u8; 3], u32> = HashMap::new();
    for pixel in pixels {
        let bin = pixel.map(|value| u8::try_from(u16::from(value) * u16::from(BINS) / 256).unwrap_or(BINS - 1));
        *counts.entry(bin).or_default() += 1;
    }
    let mut sorted: Vec<_> = counts.into_iter().map(|(bin, count)| (count, bin)).collect();
    sorted.sort_unstable_by(|a, b| b.cmp(a));
    sorted.truncate(PALETTE);
    sorted.into_iter().map(|(_, bin)| bin.map(|step| (f64::from(step) + 0.5) * 256.0 / f64::from(BINS))).collect()
}

fn most_distant(from: Rgb, candidates: &[Rgb], contrast: f64, except: Option<Rgb>) -> Option<Rgb> {
    candidates
        .iter()
        .copied()
        .filter(|color| Some(*color) != except && self::contrast(from, *color) >= contrast)
        .max_by(|a, b| distance(from, *a).total_cmp(&distance(from, *b)))
}

fn linear(channel: f64) -> f64 {
    let value = channel / 255.0;
    if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
}

fn luminance(color: Rgb) -> f64 {
    let [red, green, blue] = color.map(linear);
    0.2126 * red + 0.7152 * green + 0.0722 * blue
}

/// The contrast ratio of the W3C's accessibility guidelines.
fn contrast(one: Rgb, other: Rgb) -> f64 {
    let (one, other) = (luminance(one) + 0.05, luminance(other) + 0.05);
    if one > other { one / other } else { other / one }
}

/// CIE L*a*b* under D65.
fn lab(color: Rgb) -> [f64; 3] {
    let [red, green, blue] = color.map(linear);
    let x = (0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.950_47;
    let y = luminance(color);
    let z = (0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.088_83;
    let [x, y, z] = [x, y, z].map(|t| if t > 0.008_856 { t.cbrt() } else { 7.787 * t + 16.0 / 116.0 });
    [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
}

fn distance(one: Rgb, other: Rgb) -> f64 {
    let ([l1, a1, b1], [l2, a2, b2]) = (lab(one), lab(other));
    ((l1 - l2).powi(2) + (a1 - a2).powi(2) + (b1 - b2).powi(2)).sqrt()
}

/// The same hue and saturation, lighter if it was dark and darker if it was light.
fn shifted(color: Rgb) -> Rgb {
    let [red, green, blue] = color.map(|value| value / 255.0);
    let (high, low) = (red.max(green).max(blue), red.min(green).min(blue));
    let lightness = f64::midpoint(high, low);
    let chroma = high - low;
    let saturation = if chroma == 0.0 { 0.0 } else { chroma / (1.0 - (2.0 * lightness - 1.0).abs()) };
    // Whole per cents, or the recorded shades come out one step beside.
    let [lightness, saturation] = [lightness, saturation].map(|part| (part * 100.0).round() / 100.0);
    let target = (if lightness < 0.5 { lightness + SHIFT } else { lightness - SHIFT }).clamp(0.0, 1.0);
    let new_chroma = saturation * (1.0 - (2.0 * target - 1.0).abs());
    let base = target - new_chroma / 2.0;
    [red, green, blue].map(|value| {
        let share = if chroma == 0.0 { 0.0 } else { (value - low) / chroma };
        (base + share * new_chroma) * 255.0
    })
}

fn hex(color: Rgb) -> String {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to a byte")]
    let [red, green, blue] = color.map(|value| value.clamp(0.0, 255.0) as u8);
    format!("#{red:02x}{green:02x}{blue:02x}")
}

#[cfg(test)]
mod tests {
    use image::{Rgb as Pixel, RgbImage};

    use super::*;

    // The two-colour cover of tests/conformance/rest media_upload, as a recorded server's row holds it.
    #[test]
    fn a_cover_without_contrast_gets_lighter_shades() {
        let cover = RgbImage::from_fn(64, 48, |x, _| if x < 32 { Pixel([200, 60, 20]) } else { Pixel([20, 60, 200]) });
        let palette = of(&cover.into()).unwrap().unwrap();
        assert_eq!(palette.to_json().to_string(), r##"{"background":"#c0400c","foreground":"#f7a787","accent":"#f7a787"}"##);
    }

    #[test]
    fn gray_and_tiny_covers_have_colours_too() {
        for size in [1, 2, 3] {
            assert!(of(&RgbImage::from_pixel(size, size, Pixel([128, 128, 128])).into()).unwrap().is_some());
        }
    }
}
