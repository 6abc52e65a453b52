//! How the data of a JPEG is ordered.

/// True for sequential coding whose first scan holds fewer colours than the frame.
pub(crate) fn one_for_each_colour(file: &[u8]) -> bool {
    first_scan(file).is_some_and(|(sequential, in_frame, in_scan)| sequential && in_scan < in_frame)
}

/// Whether the frame is sequential, and the number of components in the frame and in its first scan.
fn first_scan(file: &[u8]) -> Option<(bool, u8, u8)> {
    let mut rest = file.get(2..)?;
    let mut frame = None;
    loop {
        let (marker, after) = match rest {
            [0xFF, 0xFF, ..] => {
                rest = rest.get(1..)?;
                continue;
            }
            [0xFF, marker, after @ ..] => (*marker, after),
            _ => return None,
        };
        let length = usize::from(u16::from_be_bytes(*after.first_chunk::<2>()?));
        let body = after.get(2..length)?;
        match marker {
            0xC0..=0xC2 => frame = Some((marker != 0xC2, *body.get(5)?)),
            0xDA => return frame.and_then(|(sequential, components)| Some((sequential, components, *body.first()?))),
            _ => {}
        }
        rest = after.get(length..)?;
    }
}

#[cfg(test)]
mod tests {
    use jpeg_encoder::{ColorType, Encoder};

    use super::*;

    fn jpeg(optimized: bool, progressive: bool) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut encoder = Encoder::new(&mut bytes, 75);
        encoder.set_optimized_huffman_tables(optimized);
        encoder.set_progressive(progressive);
        encoder.encode(&[90; 8 * 8 * 3], 8, 8, ColorType::Rgb).unwrap();
        bytes
    }

    #[test]
    fn sequential_scans_of_single_colours_are_told_apart() {
        assert!(one_for_each_colour(&jpeg(true, false)));
        assert!(!one_for_each_colour(&jpeg(false, false)));
        assert!(!one_for_each_colour(&jpeg(true, true)));
        let whole = jpeg(true, false);
        for length in 0..whole.len() {
            one_for_each_colour(&whole[..length]);
        }
    }
}
