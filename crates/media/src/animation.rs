//! Whether a GIF moves: its blocks are walked, nothing is decoded.

use std::fs::File;
use std::io::{BufRead, BufReader, Read as _};
use std::path::Path;

/// True if a second frame begins. A broken file counts as still.
pub(crate) fn gif_is_animated(path: &Path) -> bool {
    File::open(path).ok().and_then(|file| frames(BufReader::new(file), 2)).is_some_and(|count| count > 1)
}

fn frames(mut reader: impl BufRead, enough: u32) -> Option<u32> {
    let mut screen = [0; 13];
    reader.read_exact(&mut screen).ok()?;
    let [_, _, _, _, _, _, _, _, _, _, flags, _, _] = screen;
    skip(&mut reader, color_table(flags))?;
    let mut count = 0;
    loop {
        let Some(introducer) = byte(&mut reader) else { return Some(count) };
        match introducer {
            0x21 => {
                byte(&mut reader)?;
            }
            0x2C => {
                count += 1;
                if count >= enough {
                    return Some(count);
                }
                let mut descriptor = [0; 9];
                reader.read_exact(&mut descriptor).ok()?;
                let [_, _, _, _, _, _, _, _, flags] = descriptor;
                // The byte after the colours is the code size of the pixels.
                skip(&mut reader, color_table(flags) + 1)?;
            }
            _ => return Some(count),
        }
        while let Some(length) = byte(&mut reader).filter(|length| *length > 0) {
            skip(&mut reader, u64::from(length))?;
        }
    }
}

fn color_table(flags: u8) -> u64 {
    if flags & 0x80 == 0 { 0 } else { 3 << ((flags & 7) + 1) }
}

fn byte(reader: &mut impl BufRead) -> Option<u8> {
    let mut one = [0];
    reader.read_exact(&mut one).ok()?;
    let [value] = one;
    Some(value)
}

fn skip(reader: &mut impl BufRead, length: u64) -> Option<()> {
    let skipped = std::io::copy(&mut reader.by_ref().take(length), &mut std::io::sink()).ok()?;
    (skipped == length).then_some(())
}

#[cfg(test)]
mod tests {
    use image::codecs::gif::GifEncoder;
    use image::{Frame, Rgba, RgbaImage};

    use super::*;

    fn gif(count: u8) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut encoder = GifEncoder::new(&mut bytes);
        for n in 0..count {
            encoder.encode_frame(Frame::new(RgbaImage::from_pixel(8, 6, Rgba([n * 80, 0, 0, 255])))).unwrap();
        }
        drop(encoder);
        bytes
    }

    #[test]
    fn frames_are_counted_without_decoding() {
        assert_eq!(frames(gif(1).as_slice(), 9), Some(1));
        assert_eq!(frames(gif(3).as_slice(), 9), Some(3));
        assert_eq!(frames(gif(3).as_slice(), 2), Some(2));
    }

    #[test]
    fn a_cut_file_is_no_reason_to_fail() {
        let whole = gif(3);
        for length in 0..whole.len() {
            frames(&whole[..length], 2);
        }
    }
}
