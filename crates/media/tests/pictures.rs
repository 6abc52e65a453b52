//! Pictures made on the spot: what must disappear from them, what must stay, and the sizes of each use.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop anywhere")]

use std::io::Cursor;
use std::path::{Path, PathBuf};

use image::codecs::gif::GifEncoder;
use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::PngEncoder;
use image::{DynamicImage, Frame, ImageDecoder as _, ImageEncoder as _, ImageReader, Rgb, RgbImage, Rgba, RgbaImage};
use media::{Error, Focus, MediaKind, PictureKind, Processor, ProcessorConfig, Upload};
use tempfile::TempDir;

struct Bench {
    folder: TempDir,
    processor: Processor,
}

impl Bench {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let spool = folder.path().join("spool");
        std::fs::create_dir(&spool).unwrap();
        let processor = Processor::new(ProcessorConfig { ffmpeg: "ffmpeg".into(), ffprobe: "ffprobe".into(), spool });
        Self { folder, processor }
    }

    fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }

    async fn process(&self, name: &str, bytes: &[u8], remote: bool) -> Result<media::Processed, Error> {
        let path = self.file(name, bytes);
        let upload = Upload { path: &path, file_name: name, remote, focus: Focus::parse("0.5,-0.25"), delay_original: false };
        self.processor.process(upload).await
    }

    async fn picture(&self, kind: PictureKind, name: &str, bytes: &[u8]) -> Result<media::Picture, Error> {
        let path = self.file(name, bytes);
        self.processor.picture(kind, &path, name, false).await
    }
}

fn ffmpeg_is_installed() -> bool {
    let found = std::process::Command::new("ffmpeg").arg("-version").output().is_ok_and(|output| output.status.success());
    if !found {
        eprintln!("skipped: ffmpeg is not installed");
    }
    found
}

fn corpus(name: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/conformance/media/files").join(name)).unwrap()
}

/// Red on the left, blue on the right.
fn two_colours(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, _| if x < width / 2 { Rgb([250, 0, 0]) } else { Rgb([0, 0, 250]) })
}

fn profile() -> Vec<u8> {
    let mut profile = vec![7; 200];
    profile[16..20].copy_from_slice(b"RGB ");
    profile
}

fn png(image: &DynamicImage, icc: Option<Vec<u8>>) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = PngEncoder::new(&mut bytes);
    if let Some(icc) = icc {
        encoder.set_icc_profile(icc).unwrap();
    }
    image.write_with_encoder(encoder).unwrap();
    bytes
}

/// A JPEG whose EXIF says "turn me a quarter clockwise" and where it was taken.
fn sideways_jpeg(width: u32, height: u32) -> Vec<u8> {
    let mut exif = b"II*\0\x08\0\0\0\x02\0".to_vec();
    exif.extend(b"\x12\x01\x03\0\x01\0\0\0\x06\0\0\0");
    exif.extend(b"\x0f\x01\x02\0\x04\0\0\0CAM\0");
    exif.extend(b"\0\0\0\0GPS-SECRET-PLACE");
    let mut bytes = Vec::new();
    let mut encoder = JpegEncoder::new_with_quality(&mut bytes, 95);
    encoder.set_exif_metadata(exif).unwrap();
    encoder.set_icc_profile(profile()).unwrap();
    encoder.encode_image(&DynamicImage::from(two_colours(width, height))).unwrap();
    bytes
}

fn gif(frames: u8, width: u32, height: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = GifEncoder::new(&mut bytes);
    for n in 0..frames {
        encoder.encode_frame(Frame::new(RgbaImage::from_pixel(width, height, Rgba([n * 80, 90, 0, 255])))).unwrap();
    }
    drop(encoder);
    bytes
}

fn contains(bytes: &[u8], needle: &[u8]) -> bool {
    bytes.windows(needle.len()).any(|window| window == needle)
}

fn open(path: &Path) -> (DynamicImage, Option<Vec<u8>>) {
    let bytes = std::fs::read(path).unwrap();
    let reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format().unwrap();
    let mut decoder = reader.into_decoder().unwrap();
    let icc = decoder.icc_profile().unwrap();
    (DynamicImage::from_decoder(decoder).unwrap(), icc)
}

#[tokio::test]
async fn a_photograph_is_turned_upright_and_loses_all_but_its_colour_profile() {
    let bench = Bench::new();
    let source = sideways_jpeg(64, 32);
    assert!(contains(&source, b"GPS-SECRET-PLACE"));
    let made = bench.process("photo.JPG", &source, false).await.unwrap();
    assert_eq!(made.kind, MediaKind::Image);
    assert_eq!((made.original.content_type, made.original.extension), ("image/jpeg", "jpg"));
    assert_eq!(
        made.meta.to_string(),
        r#"{"original":{"width":32,"height":64,"size":"32x64","aspect":0.5},"small":{"width":32,"height":64,"size":"32x64","aspect":0.5},"focus":{"x":0.5,"y":-0.25}}"#
    );
    for file in [&made.original, made.small.as_ref().unwrap()] {
        let bytes = std::fs::read(file.path()).unwrap();
        assert_eq!(file.size, bytes.len() as u64);
        assert!(!contains(&bytes, b"GPS-SECRET-PLACE") && !contains(&bytes, b"CAM") && !contains(&bytes, b"Exif"));
        let (image, icc) = open(file.path());
        assert_eq!(icc, Some(profile()));
        let image = image.into_rgb8();
        assert!(image.get_pixel(16, 5).0[0] > 200, "what was left is above");
        assert!(image.get_pixel(16, 60).0[2] > 200, "{:?}", image.get_pixel(16, 60));
    }
}

#[tokio::test]
async fn a_jpeg_that_comes_one_colour_after_the_other_keeps_its_colours() {
    if !ffmpeg_is_installed() {
        return;
    }
    let bench = Bench::new();
    let mut bytes = Vec::new();
    let mut encoder = jpeg_encoder::Encoder::new(&mut bytes, 90);
    encoder.set_optimized_huffman_tables(true);
    encoder.add_icc_profile(&profile()).unwrap();
    encoder.encode(&two_colours(64, 32), 64, 32, jpeg_encoder::ColorType::Rgb).unwrap();
    let made = bench.process("a.jpg", &bytes, false).await.unwrap();
    let (image, icc) = open(made.original.path());
    assert_eq!(icc, Some(profile()));
    let image = image.into_rgb8();
    assert!(image.get_pixel(5, 16).0[0] > 200 && image.get_pixel(60, 16).0[2] > 200, "{:?}", image.get_pixel(60, 16));
}

#[tokio::test]
async fn a_picture_of_another_server_keeps_its_bytes_unless_it_is_too_large() {
    let bench = Bench::new();
    let source = png(&two_colours(700, 400).into(), None);
    let made = bench.process("a.png", &source, true).await.unwrap();
    assert_eq!(std::fs::read(made.original.path()).unwrap(), source);
    assert_eq!(made.meta["small"]["size"], "635x363");
}

#[tokio::test]
async fn nothing_hides_behind_a_picture() {
    let bench = Bench::new();
    for (name, mut bytes) in
        [("a.png", png(&two_colours(20, 20).into(), None)), ("a.jpg", sideways_jpeg(20, 20)), ("a.gif", gif(1, 20, 20))]
    {
        bytes.extend(b"PK\x03\x04<script>alert(1)</script>");
        let made = bench.process(name, &bytes, false).await.unwrap();
        for file in [&made.original, made.small.as_ref().unwrap()] {
            assert!(!contains(&std::fs::read(file.path()).unwrap(), b"<script>"), "{name}");
        }
    }
}

#[tokio::test]
async fn transparency_and_profile_survive_in_webp() {
    if !ffmpeg_is_installed() {
        return;
    }
    let bench = Bench::new();
    let made = bench.process("alpha.webp", &corpus("alpha.webp"), false).await.unwrap();
    let (image, _) = open(made.original.path());
    assert!(image.color().has_alpha());
    assert!(made.original.size < 30_000, "coded with loss, as it came: {}", made.original.size);

    let mut lossy = corpus("lossy.webp");
    let pixels = lossy.split_off(12);
    let icc = profile();
    lossy.extend(b"VP8X\x0a\0\0\0\x20\0\0\0\x2b\x01\0\xc7\0\0ICCP");
    lossy.extend(u32::try_from(icc.len()).unwrap().to_le_bytes());
    lossy.extend(&icc);
    lossy.extend(pixels);
    let length = u32::try_from(lossy.len() - 8).unwrap();
    lossy[4..8].copy_from_slice(&length.to_le_bytes());
    let made = bench.process("lossy.webp", &lossy, false).await.unwrap();
    let (image, kept) = open(made.original.path());
    assert_eq!((image.width(), image.height(), kept), (300, 200, Some(icc)));
}

#[tokio::test]
async fn telephone_pictures_become_jpeg() {
    if !ffmpeg_is_installed() {
        return;
    }
    let bench = Bench::new();
    let mut heic = corpus("photo.heic");
    heic[8..12].copy_from_slice(b"heic");
    let expected = bench.process("rgb.png", &corpus("rgb.png"), false).await.unwrap().blurhash;
    for (name, bytes) in [("photo.heic", heic), ("photo.avif", corpus("photo.avif"))] {
        let made = bench.process(name, &bytes, false).await.unwrap();
        assert_eq!((made.original.content_type, made.original.extension), ("image/jpeg", "jpeg"), "{name}");
        assert_eq!(made.meta["original"]["size"], "300x200", "{name}");
        let (one, other) = (made.blurhash.clone().unwrap(), expected.clone().unwrap());
        let paint = |hash: &str| blurhash::decode(hash, 8, 8, 1.0).unwrap();
        let sum: u64 = paint(&one).iter().zip(paint(&other)).map(|(a, b)| u64::from(a.abs_diff(b))).sum();
        assert!(sum / 256 < 6, "{name}: {one} and {other}");
    }
}

#[tokio::test]
async fn avatars_are_square_and_headers_of_limited_size() {
    let bench = Bench::new();
    let wide = png(&two_colours(900, 500).into(), Some(profile()));
    let avatar = bench.picture(PictureKind::Avatar, "me.png", &wide).await.unwrap();
    assert_eq!((avatar.width, avatar.height, avatar.styles.len()), (400, 400, 0));
    let (image, icc) = open(avatar.original.path());
    assert_eq!((image.width(), image.height(), icc), (400, 400, Some(profile())));
    let little = bench.picture(PictureKind::Avatar, "me.jpg", &sideways_jpeg(60, 30)).await.unwrap();
    assert_eq!((little.width, little.height, little.original.extension), (30, 30, "jpg"));
    let header = bench.picture(PictureKind::Header, "h.png", &png(&two_colours(3000, 1000).into(), None)).await.unwrap();
    assert_eq!((header.width, header.height), (1500, 500));
}

#[tokio::test]
async fn a_moving_avatar_keeps_moving_beside_a_still_copy() {
    if !ffmpeg_is_installed() {
        return;
    }
    let bench = Bench::new();
    let avatar = bench.picture(PictureKind::Avatar, "me.gif", &gif(3, 500, 450)).await.unwrap();
    assert_eq!((avatar.original.content_type, avatar.width, avatar.height), ("image/gif", 400, 400));
    let moving = std::fs::read(avatar.original.path()).unwrap();
    assert_eq!(moving.windows(2).filter(|window| window == b"\x21\xf9").count(), 3);
    let (style, still) = &avatar.styles[0];
    assert_eq!((*style, still.content_type, open(still.path()).0.width()), ("static", "image/png", 400));
}

#[tokio::test]
async fn emoji_cards_and_site_pictures_have_their_styles() {
    let bench = Bench::new();
    let small = png(&two_colours(64, 64).into(), None);
    let emoji = bench.picture(PictureKind::Emoji, "cat.png", &small).await.unwrap();
    assert_eq!((emoji.width, emoji.styles[0].0), (64, "static"));
    for (name, bytes) in [("cat.gif", gif(3, 40, 40)), ("cat.webp", corpus("anim.webp"))] {
        let emoji = bench.picture(PictureKind::Emoji, name, &bytes).await.unwrap();
        assert_eq!(std::fs::read(emoji.original.path()).unwrap(), bytes, "{name} keeps moving");
        assert_eq!(emoji.styles[0].1.content_type, "image/png");
    }
    let card = bench.picture(PictureKind::PreviewCard, "c.gif", &gif(1, 800, 600)).await.unwrap();
    assert_eq!((card.original.extension, card.original.content_type), ("jpg", "image/jpeg"));
    assert_eq!((card.width, card.height, card.blurhash.is_some()), (554, 416, true));
    let large = png(&two_colours(2600, 1400).into(), None);
    let site = bench.picture(PictureKind::SiteThumbnail, "s.png", &large).await.unwrap();
    let sizes: Vec<_> = site.styles.iter().map(|(style, file)| (*style, open(file.path()).0.width())).collect();
    assert_eq!(sizes, [("@1x", 1200), ("@2x", 2400)]);
    let icon = bench.picture(PictureKind::AppIcon, "i.png", &small).await.unwrap();
    assert!(icon.styles.iter().all(|(style, file)| open(file.path()).0.width() == style.parse::<u32>().unwrap()));
}

#[tokio::test]
async fn pictures_of_a_wrong_kind_or_size_are_refused_in_mastodons_words() {
    let bench = Bench::new();
    let text = |result: Result<media::Picture, Error>| result.unwrap_err().to_string();
    // Recorded: an avatar that is a text file.
    let refused = text(bench.picture(PictureKind::Avatar, "a.txt", b"hello world").await);
    assert_eq!(refused, "Validation failed: Avatar content type is invalid, Avatar is invalid");
    let bomb = text(bench.picture(PictureKind::Header, "bomb.png", &corpus("bomb.png")).await);
    assert_eq!(bomb, "10000x10000 images are not supported");
    let heavy = [png(&two_colours(8, 8).into(), None), vec![0; 256 * 1024]].concat();
    let heavy = text(bench.picture(PictureKind::Emoji, "e.png", &heavy).await);
    assert_eq!(heavy, "Validation failed: Image file size must be less than 256 KB, Image must be less than 256 KB");
}

#[tokio::test]
async fn a_film_can_be_finished_later() {
    if !ffmpeg_is_installed() {
        return;
    }
    let bench = Bench::new();
    let path = bench.file("v.mov", &corpus("v.mov"));
    let upload = Upload { path: &path, file_name: "v.mov", remote: false, focus: None, delay_original: true };
    let early = bench.processor.process(upload).await.unwrap();
    assert!(early.delayed);
    assert_eq!((early.original.content_type, early.original.extension), ("video/quicktime", "mov"));
    assert!(early.small.is_some() && early.blurhash.is_some());
    let late = bench.processor.finish(early.original.path(), "0011223344556677.mov").await.unwrap();
    assert_eq!((late.kind, late.original.content_type, late.original.extension), (MediaKind::Video, "video/mp4", "mp4"));
    let merged = media::merge_meta(Some(&early.meta), &late.meta);
    assert_eq!((&merged["small"]["size"], &merged["original"]["frame_rate"]), (&"320x240".into(), &"24/1".into()));
}

#[tokio::test]
async fn a_cover_can_be_given_to_a_sound() {
    let bench = Bench::new();
    let path = bench.file("two.png", &png(&two_colours(900, 600).into(), None));
    let thumbnail = bench.processor.thumbnail(&path, "two.png").await.unwrap();
    assert_eq!(thumbnail.meta["small"]["size"], "588x392");
    assert!(thumbnail.meta["colors"]["background"].as_str().unwrap().starts_with('#'));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn damaged_pictures_never_bring_the_process_down() {
    let bench = Bench::new();
    for name in
        ["orient1.jpg", "png-named.jpg", "palette.png", "oneframe.gif", "anim.webp", "apng.png", "alpha.webp", "photo.avif"]
    {
        let whole = corpus(name);
        for step in 1..12_usize {
            let mut cut = whole.clone();
            cut.truncate(whole.len() * step / 12);
            let mut changed = whole.clone();
            for hit in (step * 7..changed.len()).step_by(changed.len() / 5 + step) {
                changed[hit] ^= 0xFF;
            }
            for bytes in [cut, changed] {
                drop(bench.process(name, &bytes, false).await);
            }
        }
    }
    assert!(bench.process("a.png", &png(&two_colours(9, 9).into(), None), false).await.is_ok(), "and it still works");
}
