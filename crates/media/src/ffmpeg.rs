//! ffmpeg and ffprobe in a child process that can neither reach the network nor outgrow its limits.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use tokio::process::Command;
use tokio::sync::Semaphore;

use crate::error::Error;
use crate::format::Format;

/// Sets limits that the program below inherits: kilobytes of address space, seconds, blocks of 512 bytes.
const LIMITED: &str = r#"ulimit -v "$1" && ulimit -t "$2" && ulimit -f "$3" && ulimit -c 0 && shift 3 && exec "$@""#;
const MEMORY_KILOBYTES: &str = "2097152";
const FILE_BLOCKS: &str = "409600";
/// ffmpeg uses two threads, so this is reached only by a child that ignores its time-out.
const CPU_SECONDS: &str = "1300";
const PROBE_TIME: Duration = Duration::from_secs(30);
/// Longest conversion of a film.
pub(crate) const FILM_TIME: Duration = Duration::from_secs(600);
/// Longest decoding of one picture.
pub(crate) const PICTURE_TIME: Duration = Duration::from_secs(30);
/// More streams than any honest file has.
const MOST_STREAMS: usize = 16;

#[derive(Debug, Clone)]
pub(crate) struct Ffmpeg {
    ffmpeg: PathBuf,
    ffprobe: PathBuf,
    at_once: Arc<Semaphore>,
}

impl Ffmpeg {
    pub(crate) fn new(ffmpeg: PathBuf, ffprobe: PathBuf, at_once: usize) -> Self {
        Self { ffmpeg, ffprobe, at_once: Arc::new(Semaphore::new(at_once)) }
    }

    /// Reads `input` with its own demuxer only and writes `output` as the arguments say.
    pub(crate) async fn convert(
        &self,
        input: &Path,
        demuxer: &str,
        arguments: Vec<OsString>,
        output: &Path,
        time: Duration,
    ) -> Result<(), Error> {
        let mut all: Vec<OsString> =
            ["-nostdin", "-hide_banner", "-loglevel", "error", "-y", "-threads", "2", "-filter_threads", "1"]
                .map(OsString::from)
                .into();
        all.extend(input_arguments(demuxer));
        all.extend(["-i".into(), local(input)]);
        all.extend(arguments);
        all.extend(["-threads".into(), "2".into(), local(output)]);
        self.run(&self.ffmpeg, all, time).await.map(drop)
    }

    /// What the file holds.
    pub(crate) async fn inspect(&self, input: &Path, format: Format) -> Result<Movie, Error> {
        let demuxer = format.demuxer().ok_or_else(|| Error::processing("not for ffprobe"))?;
        let mut all: Vec<OsString> =
            ["-hide_banner", "-loglevel", "error", "-show_format", "-show_streams", "-of", "json"].map(OsString::from).into();
        all.extend(input_arguments(demuxer));
        all.extend(["-i".into(), local(input)]);
        let answer = self.run(&self.ffprobe, all, PROBE_TIME).await?;
        let movie: Movie = serde_json::from_slice(&answer).map_err(Error::processing)?;
        if movie.streams.len() > MOST_STREAMS {
            return Err(Error::processing(format!("{} streams", movie.streams.len())));
        }
        Ok(movie)
    }

    /// First line of what the program says about itself.
    pub(crate) async fn version(&self) -> Result<String, Error> {
        let answer = self.run(&self.ffmpeg, vec!["-version".into()], PROBE_TIME).await?;
        Ok(String::from_utf8_lossy(&answer).lines().next().unwrap_or_default().to_owned())
    }

    async fn run(&self, program: &Path, arguments: Vec<OsString>, time: Duration) -> Result<Vec<u8>, Error> {
        let _turn = self.at_once.acquire().await.map_err(Error::processing)?;
        let child = Command::new("sh")
            .args(["-c", LIMITED, "media", MEMORY_KILOBYTES, CPU_SECONDS, FILE_BLOCKS])
            .arg(program)
            .args(arguments)
            .env_clear()
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            .process_group(0)
            .kill_on_drop(true)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        let output = tokio::time::timeout(time, child.wait_with_output())
            .await
            .map_err(|_| Error::processing(format!("{} took too long", program.display())))??;
        if output.status.success() {
            return Ok(output.stdout);
        }
        if output.status.code() == Some(127) {
            return Err(Error::Io(std::io::Error::new(
                std::io::ErrorKind::NotFound,
                format!("{} is not installed", program.display()),
            )));
        }
        let complaint = String::from_utf8_lossy(&output.stderr);
        let complaint: String = complaint.chars().take(500).collect();
        Err(Error::processing(format!("{}: {}", output.status, complaint.trim())))
    }
}

fn input_arguments(demuxer: &str) -> Vec<OsString> {
    let mut arguments: Vec<OsString> = vec!["-protocol_whitelist".into(), "file,pipe".into(), "-f".into(), demuxer.into()];
    if demuxer == "jpeg_pipe" {
        // Turning upright is done by the caller.
        arguments.push("-noautorotate".into());
    }
    if demuxer == "mov" {
        arguments.extend(["-enable_drefs".into(), "0".into()]);
    }
    arguments
}

/// Names the protocol, so that no file name can be read as an address or an option.
fn local(path: &Path) -> OsString {
    let mut text = OsString::from("file:");
    text.push(path);
    text
}

/// What ffprobe says of a file.
#[derive(Debug, Deserialize)]
pub(crate) struct Movie {
    #[serde(default)]
    streams: Vec<Stream>,
    #[serde(default)]
    format: Container,
}

#[derive(Debug, Default, Deserialize)]
struct Container {
    duration: Option<String>,
    bit_rate: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Stream {
    #[serde(default)]
    codec_type: String,
    #[serde(default)]
    pub(crate) codec_name: String,
    #[serde(default)]
    pub(crate) pix_fmt: String,
    #[serde(default)]
    pub(crate) width: u32,
    #[serde(default)]
    pub(crate) height: u32,
    #[serde(default)]
    avg_frame_rate: String,
    #[serde(default)]
    r_frame_rate: String,
    #[serde(default)]
    disposition: Disposition,
    #[serde(default)]
    side_data_list: Vec<SideData>,
}

#[derive(Debug, Default, Deserialize)]
struct Disposition {
    #[serde(default)]
    attached_pic: u8,
}

#[derive(Debug, Deserialize)]
struct SideData {
    rotation: Option<f64>,
}

impl Movie {
    /// The moving pictures, not a cover.
    pub(crate) fn film(&self) -> Option<&Stream> {
        self.streams.iter().find(|stream| stream.codec_type == "video" && stream.disposition.attached_pic == 0)
    }

    pub(crate) fn cover(&self) -> Option<&Stream> {
        self.streams.iter().find(|stream| stream.codec_type == "video")
    }

    pub(crate) fn sound(&self) -> Option<&Stream> {
        self.streams.iter().find(|stream| stream.codec_type == "audio")
    }

    /// In seconds.
    pub(crate) fn duration(&self) -> Option<f64> {
        self.format.duration.as_deref()?.parse().ok().filter(|seconds: &f64| seconds.is_finite() && *seconds >= 0.0)
    }

    /// In bits per second.
    pub(crate) fn bit_rate(&self) -> Option<u64> {
        self.format.bit_rate.as_deref()?.parse().ok()
    }
}

impl Stream {
    /// As shown: a film that lies on its side has its width and height exchanged.
    pub(crate) fn upright_size(&self) -> (u32, u32) {
        let turned = self.side_data_list.iter().filter_map(|data| data.rotation).any(|angle| (angle.abs() - 90.0).abs() < 0.5);
        if turned { (self.height, self.width) } else { (self.width, self.height) }
    }

    /// The average rate as a fraction in its lowest terms, or the nominal one where the average is unknown.
    pub(crate) fn frame_rate(&self) -> Option<(u64, u64)> {
        fraction(&self.avg_frame_rate).or_else(|| self.nominal_rate())
    }

    pub(crate) fn nominal_rate(&self) -> Option<(u64, u64)> {
        fraction(&self.r_frame_rate)
    }
}

fn fraction(text: &str) -> Option<(u64, u64)> {
    let (above, below) = text.split_once('/')?;
    let (above, below): (u64, u64) = (above.parse().ok()?, below.parse().ok()?);
    if above == 0 || below == 0 {
        return None;
    }
    let (mut a, mut b) = (above, below);
    while b != 0 {
        (a, b) = (b, a % b);
    }
    Some((above / a, below / a))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frame_rates_are_reduced_and_unknown_ones_dropped() {
        assert_eq!(fraction("30000/1001"), Some((30000, 1001)));
        assert_eq!(fraction("48/2"), Some((24, 1)));
        assert_eq!(fraction("0/0"), None);
        assert_eq!(fraction("junk"), None);
    }
}
