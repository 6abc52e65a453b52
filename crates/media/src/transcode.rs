//! What ffmpeg is asked to do, in Mastodon's numbers.

use std::ffi::OsString;
use std::path::Path;

use tempfile::TempPath;

use crate::animation::gif_rate;
use crate::error::Error;
use crate::ffmpeg::{FILM_TIME, Ffmpeg, Movie, PICTURE_TIME};
use crate::format::Format;
use crate::geometry::Size;
use crate::probe::AUDIO_LIMIT;

const MOST_FRAMES: &str = "36000";
const SOUND_BIT_RATE: f64 = 192_000.0;
/// Bits per pixel and frame, at thirty frames a second.
const BITS_PER_PIXEL: f64 = 30.0 * 0.11;
/// The preview of a film fits into a square of this side.
const PREVIEW_SCALE: &str = "scale='min(640,iw)':'min(640,ih)':force_original_aspect_ratio=decrease";
const EVEN_SIZE: &str = "crop=floor(iw/2)*2:floor(ih/2)*2";

pub(crate) fn spool_file(spool: &Path, suffix: &str) -> Result<TempPath, Error> {
    Ok(tempfile::Builder::new().suffix(suffix).tempfile_in(spool)?.into_temp_path())
}

/// An MP4 that every browser plays: copied if it already is one, else coded anew.
pub(crate) async fn film(ffmpeg: &Ffmpeg, spool: &Path, input: &Path, format: Format, movie: &Movie) -> Result<TempPath, Error> {
    let output = spool_file(spool, ".mp4")?;
    let arguments = if plays_everywhere(format, movie) { copy_arguments() } else { film_arguments(input, format, movie) };
    ffmpeg.convert(input, demuxer(format)?, arguments, &output, FILM_TIME).await?;
    Ok(output)
}

/// MP3 of variable rate, with its cover.
pub(crate) async fn sound(ffmpeg: &Ffmpeg, spool: &Path, input: &Path, format: Format) -> Result<TempPath, Error> {
    let output = spool_file(spool, ".mp3")?;
    let arguments = words("-map_metadata -1 -sn -dn -c:a libmp3lame -q:a 2 -f mp3");
    ffmpeg.convert(input, demuxer(format)?, arguments, &output, FILM_TIME).await?;
    Ok(output)
}

/// The first frame of a film as a PNG.
pub(crate) async fn preview(ffmpeg: &Ffmpeg, spool: &Path, input: &Path, format: Format) -> Result<TempPath, Error> {
    picture(ffmpeg, spool, input, format, &["-vf", PREVIEW_SCALE]).await
}

/// The cover picture of a sound file as a PNG.
pub(crate) async fn cover(ffmpeg: &Ffmpeg, spool: &Path, input: &Path, format: Format) -> Result<TempPath, Error> {
    picture(ffmpeg, spool, input, format, &["-map", "0:v:0"]).await
}

async fn picture(ffmpeg: &Ffmpeg, spool: &Path, input: &Path, format: Format, how: &[&str]) -> Result<TempPath, Error> {
    let output = spool_file(spool, ".png")?;
    let mut arguments: Vec<OsString> = how.iter().map(OsString::from).collect();
    arguments.extend(words("-an -sn -dn -frames:v 1 -map_metadata -1 -c:v png -pix_fmt rgb24 -f image2pipe"));
    ffmpeg.convert(input, demuxer(format)?, arguments, &output, PICTURE_TIME).await?;
    if std::fs::metadata(&output)?.len() == 0 {
        return Err(Error::processing("no frame came out"));
    }
    Ok(output)
}

/// A moving GIF of another size: 32 colours, at most 60 frames a second and 3000 frames.
pub(crate) async fn moving_gif(
    ffmpeg: &Ffmpeg,
    spool: &Path,
    input: &Path,
    (width, height): Size,
    fill: bool,
) -> Result<TempPath, Error> {
    let output = spool_file(spool, ".gif")?;
    let size = if fill {
        format!("scale={width}:{height}:force_original_aspect_ratio=increase,crop={width}:{height}")
    } else {
        format!("scale={width}:{height}")
    };
    let filter = format!("{size},split[a][b];[a]palettegen=max_colors=32[p];[b][p]paletteuse=dither=bayer");
    let mut arguments: Vec<OsString> = vec!["-filter_complex".into(), filter.into()];
    arguments.extend(words("-map_metadata -1 -fpsmax 60 -frames:v 3000 -loop 0 -f gif"));
    ffmpeg.convert(input, demuxer(Format::Gif)?, arguments, &output, FILM_TIME).await?;
    Ok(output)
}

fn demuxer(format: Format) -> Result<&'static str, Error> {
    format.demuxer().ok_or_else(|| Error::processing("not for ffmpeg"))
}

fn words(text: &str) -> Vec<OsString> {
    text.split_ascii_whitespace().map(OsString::from).collect()
}

fn plays_everywhere(format: Format, movie: &Movie) -> bool {
    format == Format::Mp4
        && movie.film().is_some_and(|film| film.codec_name == "h264" && matches!(film.pix_fmt.as_str(), "yuv420p" | "yuvj420p"))
        && movie.sound().is_none_or(|sound| sound.codec_name == "aac")
}

fn copy_arguments() -> Vec<OsString> {
    words("-map 0:v:0 -map 0:a:0? -c copy -map_metadata -1 -map_chapters -1 -movflags faststart -f mp4")
}

fn film_arguments(input: &Path, format: Format, movie: &Movie) -> Vec<OsString> {
    let film = movie.film();
    let (width, height) = film.map_or((0.0, 0.0), |film| (f64::from(film.width), f64::from(film.height)));
    let room = AUDIO_LIMIT_BITS / movie.duration().unwrap_or(1.0).max(0.001) - SOUND_BIT_RATE;
    let rate = (width * height * BITS_PER_PIXEL).min(room).max(1000.0);
    // Full-range sources stay so; scaling them down to film range costs time and shades.
    let pixels = if film.is_some_and(|film| film.pix_fmt.starts_with("yuvj")) { "yuvj420p" } else { "yuv420p" };
    let mut arguments = words("-map 0:v:0 -map 0:a:0? -sn -dn -map_metadata -1 -map_chapters -1 -c:v libx264 -preset veryfast");
    arguments.extend(["-pix_fmt", pixels, "-vf", EVEN_SIZE, "-frames:v", MOST_FRAMES].map(OsString::from));
    for (name, value) in [("-b:v", rate), ("-maxrate", rate + SOUND_BIT_RATE), ("-bufsize", rate * 5.0)] {
        arguments.extend([name.into(), format!("{value:.0}").into()]);
    }
    if film.and_then(|film| film.nominal_rate()).is_some_and(|(above, below)| above > below.saturating_mul(120)) {
        arguments.extend(words("-fps_mode vfr"));
    }
    if format == Format::Gif
        && let Some((above, below)) = gif_rate(input)
    {
        arguments.extend(["-r".into(), format!("{above}/{below}").into()]);
    }
    arguments.extend(words("-c:a aac -b:a 192k -movflags faststart -f mp4"));
    arguments
}

#[expect(clippy::cast_precision_loss, reason = "a constant far below 2^53")]
const AUDIO_LIMIT_BITS: f64 = AUDIO_LIMIT as f64 * 8.0;
