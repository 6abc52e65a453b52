//! The 97 odd files of tests/conformance/media through this package, compared with what Mastodon 4.6.5 made of each.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop anywhere")]

use std::path::{Path, PathBuf};
use std::process::Command;

use media::{Error, Processed, Processor, ProcessorConfig, Upload};
use serde_json::Value;

/// Rates and durations depend on the version of ffmpeg and its encoders; the recording's harness allows five per cent.
const DURATION_TOLERANCE: f64 = 0.05;
/// libvips turns CMYK into RGB by a built-in printer's profile, this package by arithmetic; and of the red first frame of
/// animodd.gif the recorded server made gray.
const OTHER_COLOURS: &[&str] = &["cmyk.jpg", "animodd.gif"];
/// Mean difference of a channel between two painted blurhashes.
const BLURHASH_TOLERANCE: f64 = 12.0;

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/conformance/media")
}

fn ffmpeg_is_installed() -> bool {
    let found = Command::new("ffmpeg").arg("-version").output().is_ok_and(|output| output.status.success());
    if !found {
        eprintln!("skipped: ffmpeg is not installed");
    }
    found
}

fn processor(spool: &Path) -> Processor {
    Processor::new(ProcessorConfig { ffmpeg: "ffmpeg".into(), ffprobe: "ffprobe".into(), spool: spool.to_owned() })
}

fn upload<'a>(path: &'a Path, name: &'a str) -> Upload<'a> {
    Upload { path, file_name: name, remote: false, focus: None, delay_original: false }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_odd_file_becomes_what_mastodon_makes_of_it() {
    if !ffmpeg_is_installed() {
        return;
    }
    let spool = tempfile::tempdir().unwrap();
    let processor = processor(spool.path());
    let golden = std::fs::read_to_string(corpus().join("golden.jsonl")).unwrap();
    let mut differences = Vec::new();
    let mut count = 0;
    for line in golden.lines() {
        let row: Value = serde_json::from_str(line).unwrap();
        let name = row["file"].as_str().unwrap();
        let path = corpus().join("files").join(name);
        let result = processor.process(upload(&path, name)).await;
        count += 1;
        compare(&row, &result, &mut |what| differences.push(format!("{name}: {what}")));
    }
    assert_eq!(count, 97);
    assert!(differences.is_empty(), "{}", differences.join("\n"));
    drop(processor);
    assert_eq!(std::fs::read_dir(spool.path()).unwrap().count(), 0, "the spool is left clean");
}

fn compare(row: &Value, result: &Result<Processed, Error>, differ: &mut dyn FnMut(String)) {
    let answer = row["answer"].as_u64().unwrap();
    match result {
        Err(Error::Refused(text)) if answer == 422 => {
            if row["error"]["error"] != text.as_str() {
                differ(format!("recorded {}, got {text}", row["error"]["error"]));
            }
        }
        // Mastodon has no better word for a broken file than 500; ours may still be shown in part.
        _ if answer == 500 => {}
        Err(error) => differ(format!("recorded {answer}, got {error:?}")),
        Ok(made) if answer == 422 => differ(format!("recorded {}, got {:?}", row["error"]["error"], made.kind)),
        Ok(made) => compare_made(row, made, differ),
    }
}

fn compare_made(row: &Value, made: &Processed, differ: &mut dyn FnMut(String)) {
    if row["type"] != made.kind.name() {
        differ(format!("type: recorded {}, got {}", row["type"], made.kind.name()));
    }
    for part in ["original", "small"] {
        let (recorded, own) = (&row["meta"][part], &made.meta[part]);
        let keys = |value: &Value| value.as_object().map(|map| map.keys().cloned().collect::<Vec<_>>());
        if keys(recorded) != keys(own) {
            differ(format!("{part}: recorded {recorded}, got {own}"));
        }
        for key in ["width", "height", "size", "aspect", "frame_rate"] {
            if recorded[key] != own[key] {
                differ(format!("{part}.{key}: recorded {}, got {}", recorded[key], own[key]));
            }
        }
        let (x, y) = (recorded["duration"].as_f64().unwrap_or(0.0), own["duration"].as_f64().unwrap_or(0.0));
        if (x - y).abs() > DURATION_TOLERANCE * x + DURATION_TOLERANCE {
            differ(format!("{part}.duration: recorded {x}, got {y}"));
        }
    }
    if row["meta"]["colors"] != made.meta["colors"] {
        differ(format!("colors: recorded {}, got {}", row["meta"]["colors"], made.meta["colors"]));
    }
    let preview = made.thumbnail.as_ref().or(made.small.as_ref());
    for (what, file) in [("url", Some(&made.original)), ("preview_url", preview)] {
        let recorded = &row["stored"][what];
        let Some(file) = file else {
            if !recorded["kind"].is_null() {
                differ(format!("{what} is missing"));
            }
            continue;
        };
        if codecs(&recorded["kind"]) != codecs(&inspect(file.path())) {
            differ(format!("{what}: recorded {:?}, got {:?}", codecs(&recorded["kind"]), codecs(&inspect(file.path()))));
        }
    }
    let extension = row["stored"]["url"]["ext"].as_str().unwrap();
    if extension != format!(".{}", made.original.extension) {
        differ(format!("extension: recorded {extension}, got {}", made.original.extension));
    }
    let name = format!("0011223344556677.{}", made.original.extension);
    if made.small.is_some() {
        let small = media::paths::style_file_name(media::paths::Attachment::MediaFile, "small", &name);
        let extension = row["stored"]["preview_url"]["ext"].as_str().unwrap();
        if !small.ends_with(extension) {
            differ(format!("small: recorded {extension}, got {small}"));
        }
    }
    if OTHER_COLOURS.iter().any(|name| row["file"] == *name) {
        return;
    }
    compare_blurhash(&row["blurhash"], made.blurhash.as_deref(), differ);
}

fn compare_blurhash(recorded: &Value, own: Option<&str>, differ: &mut dyn FnMut(String)) {
    let paint = |hash: &str| blurhash::decode(hash, 16, 16, 1.0).unwrap();
    match (recorded.as_str(), own) {
        (None, None) => {}
        (Some(recorded), Some(own)) => {
            let (one, other) = (paint(recorded), paint(own));
            let sum: f64 = one.iter().zip(&other).map(|(a, b)| f64::from(a.abs_diff(*b))).sum();
            let mean = sum / one.len() as f64;
            if mean > BLURHASH_TOLERANCE {
                differ(format!("blurhash: recorded {recorded}, got {own}, {mean:.1} apart"));
            }
        }
        (recorded, own) => differ(format!("blurhash: recorded {recorded:?}, got {own:?}")),
    }
}

fn inspect(path: &Path) -> Value {
    let output = Command::new("ffprobe")
        .args(["-v", "error", "-show_entries", "stream=codec_type,codec_name,pix_fmt,width,height", "-of", "json"])
        .arg(path)
        .output()
        .unwrap();
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Coding of each stream with the shades of H.264, as the recording's own harness compares them.
fn codecs(kind: &Value) -> Vec<(String, Option<String>)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let streams = kind["streams"].as_array().cloned().unwrap_or_default();
    streams
        .iter()
        .map(|stream| {
            let film = stream["codec_type"] == "video" && stream["codec_name"] == "h264";
            (text(&stream["codec_name"]), film.then(|| text(&stream["pix_fmt"])))
        })
        .collect()
}
