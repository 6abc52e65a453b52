//! Pictures that are part of the program, under names that change with their content.

use std::sync::LazyLock;

use aws_lc_rs::digest::{SHA256, digest};
use entities::{DefaultImages, Urls};

macro_rules! picture {
    ($name:literal) => {
        ($name, include_bytes!(concat!("../static/", $name, ".png")).as_slice())
    };
}

const PICTURES: [(&str, &[u8]); 12] = [
    picture!("icon-36"),
    picture!("icon-48"),
    picture!("icon-72"),
    picture!("icon-96"),
    picture!("icon-144"),
    picture!("icon-192"),
    picture!("icon-256"),
    picture!("icon-384"),
    picture!("icon-512"),
    picture!("preview"),
    picture!("avatar"),
    picture!("header"),
];

const PREVIEW_DESCRIPTION: &str = "A white ring with a bar across it, on violet";

/// A picture with the name of its file, which holds a hash of its content.
#[derive(Debug)]
struct Picture {
    name: &'static str,
    file: String,
    bytes: &'static [u8],
}

static ALL: LazyLock<Vec<Picture>> = LazyLock::new(|| {
    let named = |(name, bytes): (&'static str, &'static [u8])| {
        let mut hash = hex::encode(digest(&SHA256, bytes));
        hash.truncate(16);
        Picture { name, file: format!("{name}-{hash}.png"), bytes }
    };
    PICTURES.into_iter().map(named).collect()
});

/// The PNG file of this name under `/packs/ferrodon/`.
#[must_use]
pub fn file(name: &str) -> Option<&'static [u8]> {
    ALL.iter().find(|picture| picture.file == name).map(|picture| picture.bytes)
}

/// What people without a picture of their own show.
#[must_use]
pub fn missing(kind: &str) -> Option<&'static [u8]> {
    ALL.iter().find(|picture| picture.name == kind).map(|picture| picture.bytes)
}

/// The pictures of a server that uploaded none.
#[must_use]
pub fn default_images(urls: &Urls) -> DefaultImages {
    let address = |name: &str| {
        let file = ALL.iter().find(|picture| picture.name == name).map_or("", |picture| picture.file.as_str());
        format!("{}/packs/ferrodon/{file}", urls.base())
    };
    DefaultImages {
        thumbnail: address("preview"),
        thumbnail_description: PREVIEW_DESCRIPTION.to_owned(),
        icons: entities::ICON_SIZES.iter().map(|size| (*size, address(&format!("icon-{size}")))).collect(),
    }
}
