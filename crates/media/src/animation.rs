//! Whether and how fast a GIF moves: its blocks are walked, nothing is decoded.

use std::fs::File;
use std::io::{BufRead, BufReader, Read as _};
use std::path::Path;

/// True if a second frame begins. A broken file counts as still.
pub(crate) fn gif_is_animated(path: &Path) -> bool {
    delays_of(path, 2).len() > 1
}

/// Frames a second at which no frame of the GIF is lost, as a fraction. ffmpeg 5.1 guesses 100 for short ones.
pub(crate) fn gif_rate(path: &Path) -> Option<(u32, u32)> {
    let step = delays_of(path, usize::MAX).into_iter().map(playable).reduce(common_divisor)?;
    Some((100, u32::from(step)))
}

/// Delays of less than two hundredths are played as ten, by browsers and by ffmpeg.
fn playable(delay: u16) -> u16 {
    if delay < 2 { 10 } else { delay }
}

fn common_divisor(one: u16, other: u16) -> u16 {
    let (mut one, mut other) = (one, other);
    while other != 0 {
        (one, other) = (other, one % other);
    }
    one
}

fn delays_of(path: &Path, enough: usize) -> Vec<u16> {
    let mut delays = Vec::new();
    if let Ok(file) = File::open(path) {
        read_delays(BufReader::new(file), enough, &mut delays);
    }
    delays
}

/// Adds the delay of each frame that begins, in hundredths of a second, until the file ends or breaks.
fn read_delays(mut reader: impl BufRead, enough: usize, delays: &mut Vec<u16>) -> Option<()> {
    let mut screen = [0; 13];
    reader.read_exact(&mut screen).ok()?;
    let [_, _, _, _, _, _, _, _, _, _, flags, _, _] = screen;
    skip(&mut reader, color_table(flags))?;
    let mut next = 0;
    while delays.len() < enough {
        let mut control = false;
        match byte(&mut reader)? {
            0x21 => control = byte(&mut reader)? == 0xF9,
            0x2C => {
                delays.push(next);
                let mut descriptor = [0; 9];
                reader.read_exact(&mut descriptor).ok()?;
                let [_, _, _, _, _, _, _, _, flags] = descriptor;
                // The byte after the colours is the code size of the pixels.
                skip(&mut reader, color_table(flags) + 1)?;
            }
            _ => return None,
        }
        while let Some(length) = byte(&mut reader).filter(|length| *length > 0) {
            let mut block = Vec::new();
            reader.by_ref().take(length.into()).read_to_end(&mut block).ok()?;
            if control && let [_, low, high, ..] = block.as_slice() {
                next = u16::from_le_bytes([*low, *high]);
            }
        }
    }
    Some(())
}

/// The same frames without comments, foreign extensions and whatever follows the end. Nothing for a broken file.
pub(crate) fn stripped(file: &[u8]) -> Option<Vec<u8>> {
    let mut kept = Vec::new();
    let mut rest = file;
    let [_, _, _, _, _, _, _, _, _, _, flags, ..] = file else { return None };
    take(&mut rest, 13 + usize::try_from(color_table(*flags)).ok()?, &mut kept)?;
    loop {
        let mut block = Vec::new();
        let wanted = match rest {
            [0x3B, ..] => {
                kept.push(0x3B);
                return Some(kept);
            }
            [0x21, label, _, name @ ..] => {
                take(&mut rest, 2, &mut block)?;
                *label == 0xF9 || (*label == 0xFF && name.starts_with(b"NETSCAPE2.0"))
            }
            [0x2C, _, _, _, _, _, _, _, _, flags, ..] => {
                take(&mut rest, 11 + usize::try_from(color_table(*flags)).ok()?, &mut block)?;
                true
            }
            _ => return None,
        };
        loop {
            let length = usize::from(*rest.first()?);
            take(&mut rest, length + 1, &mut block)?;
            if length == 0 {
                break;
            }
        }
        if wanted {
            kept.extend(block);
        }
    }
}

fn take(rest: &mut &[u8], length: usize, target: &mut Vec<u8>) -> Option<()> {
    let (head, tail) = rest.split_at_checked(length)?;
    target.extend(head);
    *rest = tail;
    Some(())
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
    use image::{Delay, Frame, Rgba, RgbaImage};

    use super::*;

    fn gif(delays: &[u32]) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut encoder = GifEncoder::new(&mut bytes);
        for delay in delays {
            let image = RgbaImage::from_pixel(8, 6, Rgba([200, 0, 0, 255]));
            encoder.encode_frame(Frame::from_parts(image, 0, 0, Delay::from_numer_denom_ms(*delay, 1))).unwrap();
        }
        drop(encoder);
        bytes
    }

    fn delays(bytes: &[u8], enough: usize) -> Vec<u16> {
        let mut delays = Vec::new();
        read_delays(bytes, enough, &mut delays);
        delays
    }

    #[test]
    fn frames_are_counted_without_decoding() {
        assert_eq!(delays(&gif(&[100]), 9), [10]);
        assert_eq!(delays(&gif(&[100, 60, 200]), 9), [10, 6, 20]);
        assert_eq!(delays(&gif(&[100, 60, 200]), 2), [10, 6]);
    }

    #[test]
    fn no_frame_is_lost_at_the_chosen_rate() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), gif(&[100, 60, 0])).unwrap();
        assert_eq!(gif_rate(file.path()), Some((100, 2)));
    }

    #[test]
    fn comments_and_tails_are_taken_off() {
        let clean = gif(&[100, 60]);
        let end = clean.len() - 1;
        let dirty = [&clean[..end], b"\x21\xfe\x06secret\0\x3b<script>"].concat();
        assert_eq!(stripped(&dirty), Some(clean));
        for length in 0..dirty.len() {
            stripped(&dirty[..length]);
        }
    }

    #[test]
    fn a_cut_file_is_no_reason_to_fail() {
        let whole = gif(&[100, 100, 100]);
        for length in 0..whole.len() {
            delays(&whole[..length], 9);
        }
    }
}
