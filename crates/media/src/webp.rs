//! WebP containers: which coding is inside, and how a colour profile is put beside the pixels.

const HEADER: usize = 12;
const ICC_FLAG: u8 = 0x20;
const ALPHA_FLAG: u8 = 0x10;

/// True if the pixels of the first frame were coded without loss.
pub(crate) fn is_lossless(head: &[u8]) -> bool {
    head.windows(4).any(|window| window == b"VP8L") && !head.windows(4).any(|window| window == b"VP8 ")
}

/// Keeps the coded pixels and transparency only, and adds the profile. Nothing for what is not a whole WebP file.
pub(crate) fn with_profile(file: &[u8], (width, height): (u32, u32), profile: Option<&[u8]>) -> Option<Vec<u8>> {
    let chunks = chunks(file)?;
    let pixels: Vec<_> = chunks.iter().filter(|(name, _)| matches!(name, b"ALPH" | b"VP8 " | b"VP8L")).collect();
    let alpha = pixels.iter().any(|(name, _)| name == b"ALPH")
        || chunks.iter().any(|(name, body)| name == b"VP8X" && body.first().is_some_and(|flags| flags & ALPHA_FLAG != 0));
    let mut body = b"WEBP".to_vec();
    if profile.is_some() || alpha {
        let mut extended = vec![if alpha { ALPHA_FLAG } else { 0 } | if profile.is_some() { ICC_FLAG } else { 0 }, 0, 0, 0];
        for side in [width, height] {
            extended.extend(side.checked_sub(1)?.to_le_bytes().iter().take(3));
        }
        push_chunk(&mut body, *b"VP8X", &extended)?;
    }
    if let Some(profile) = profile {
        push_chunk(&mut body, *b"ICCP", profile)?;
    }
    for (name, content) in pixels {
        push_chunk(&mut body, *name, content)?;
    }
    riff(&body)
}

/// The same pictures, moving or not, without notes, places and whatever follows the file.
pub(crate) fn stripped(file: &[u8]) -> Option<Vec<u8>> {
    const NOTES: u8 = 0x0C;
    let length = usize::try_from(u32::from_le_bytes(*file.get(4..)?.first_chunk::<4>()?)).ok()?;
    let mut body = b"WEBP".to_vec();
    for (name, content) in chunks(file.get(..length.checked_add(8)?)?)? {
        match &name {
            b"VP8X" => {
                let (flags, rest) = content.split_first()?;
                push_chunk(&mut body, name, &[&[flags & !NOTES], rest].concat())?;
            }
            b"ICCP" | b"ANIM" | b"ANMF" | b"ALPH" | b"VP8 " | b"VP8L" => push_chunk(&mut body, name, content)?,
            _ => {}
        }
    }
    riff(&body)
}

fn riff(body: &[u8]) -> Option<Vec<u8>> {
    let length = u32::try_from(body.len()).ok()?;
    Some([b"RIFF".as_slice(), &length.to_le_bytes(), body].concat())
}

fn chunks(file: &[u8]) -> Option<Vec<([u8; 4], &[u8])>> {
    if !file.starts_with(b"RIFF") || file.get(8..HEADER)? != b"WEBP" {
        return None;
    }
    let mut rest = file.get(HEADER..)?;
    let mut found = Vec::new();
    while let Some((name, after)) = rest.split_first_chunk::<4>() {
        let (length, after) = after.split_first_chunk::<4>()?;
        let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
        found.push((*name, after.get(..length)?));
        rest = after.get(length + length % 2..).unwrap_or_default();
    }
    Some(found)
}

fn push_chunk(target: &mut Vec<u8>, name: [u8; 4], content: &[u8]) -> Option<()> {
    target.extend(name);
    target.extend(u32::try_from(content.len()).ok()?.to_le_bytes());
    target.extend(content);
    if content.len() % 2 == 1 {
        target.push(0);
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_and_tails_are_taken_off() {
        let mut body = b"WEBP".to_vec();
        push_chunk(&mut body, *b"VP8X", &[0x2E, 0, 0, 0, 1, 0, 0, 1, 0, 0]).unwrap();
        for (name, content) in
            [(b"ICCP", b"profile"), (b"ANIM", b"6bytes_"), (b"ANMF", b"frame__"), (b"EXIF", b"secret1"), (b"XMP ", b"secret2")]
        {
            push_chunk(&mut body, *name, content).unwrap();
        }
        let mut file = riff(&body).unwrap();
        file.extend(b"<script>");
        let clean = stripped(&file).unwrap();
        let names: Vec<_> = chunks(&clean).unwrap().into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, [*b"VP8X", *b"ICCP", *b"ANIM", *b"ANMF"]);
        assert_eq!(chunks(&clean).unwrap()[0].1[0], 0x22);
        assert!(!clean.windows(6).any(|window| window == b"secret" || window == b"script"));
        for length in 0..file.len() {
            stripped(&file[..length]);
        }
    }
}
