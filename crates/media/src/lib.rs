//! Pictures, sound and films: what a file is, what Mastodon makes of it, and where the result lies.
//! Pictures are decoded in this process under limits; everything else goes through ffmpeg in a limited child.

mod animation;
mod blurhash;
mod colors;
mod encode;
mod error;
mod ffmpeg;
mod file_name;
mod focus;
mod format;
mod geometry;
mod heif;
mod jpeg_scans;
mod meta;
pub mod paths;
mod picture;
mod probe;
mod process;
mod processor;
mod raster;
mod rendition;
mod store;
mod transcode;
mod webp;

pub use error::Error;
pub use file_name::random_file_name;
pub use focus::Focus;
pub use format::{Class, Format};
pub use meta::merge as merge_meta;
pub use picture::{Picture, PictureKind};
pub use probe::{AUDIO_LIMIT, IMAGE_LIMIT, advertised_types, blank_file};
pub use process::{MediaKind, Processed, Thumbnail, Upload};
pub use processor::{Processor, ProcessorConfig};
pub use rendition::Rendition;
pub use store::{Store, StoreConfig};
