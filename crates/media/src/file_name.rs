//! Names of stored files: sixteen random hexadecimal digits and an extension that fits the type.

use crate::format::Format;
use crate::probe::extension_of;

/// A name that cannot be guessed; `extension` is without its dot.
#[must_use]
pub fn random_file_name(extension: &str) -> String {
    let stem = hex::encode(rand::random::<[u8; 8]>());
    if extension.is_empty() { stem } else { format!("{stem}.{extension}") }
}

/// The sender's extension if it belongs to the format, else the format's own.
pub(crate) fn extension_for(format: Format, file_name: &str) -> &'static str {
    let known = format.extensions();
    let given = extension_of(file_name);
    known.iter().find(|one| given.as_deref() == Some(**one)).or_else(|| known.first()).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_sixteen_hexadecimal_digits_and_an_extension() {
        let name = random_file_name("png");
        let (stem, extension) = name.split_once('.').unwrap();
        assert_eq!((stem.len(), extension), (16, "png"));
        assert!(stem.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte)));
        assert_ne!(name, random_file_name("png"));
    }

    #[test]
    fn the_extension_follows_the_type() {
        assert_eq!(extension_for(Format::Jpeg, "photo.JPG"), "jpg");
        assert_eq!(extension_for(Format::Jpeg, "photo.jfif"), "jpeg");
        assert_eq!(extension_for(Format::Png, "png-named.jpg"), "png");
        assert_eq!(extension_for(Format::Gif, "noext"), "gif");
    }
}
