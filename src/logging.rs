//! Where the program's own story goes: standard error, a file a day in the home, and a note of the
//! last panic. Standard output is never written: it belongs to the JSON lines.
//!
//! It knows no event in particular. What must never be logged is kept out by the types: tokens are
//! `Secret`s, which print as `***`.

use std::backtrace::Backtrace;
use std::env;
use std::fs::{self, File};
use std::io::{self, IsTerminal, Read, Seek, SeekFrom};
use std::panic::{self, PanicHookInfo};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::thread;
use tracing_appender::non_blocking::{NonBlocking, WorkerGuard};
use tracing_appender::rolling::{RollingFileAppender, Rotation};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Registry, fmt};

/// The variables that override what is shown, the first that is set: a level, or levels of modules
/// (`debug`, `underpass=trace,hyper=info`). Filters by span or field are not taken: their regular
/// expressions would be a tenth of what a host keeps in memory.
const VARIABLES: [&str; 2] = ["UNDERPASS_LOG", "RUST_LOG"];

/// The folder of log files in the home.
const DIR: &str = "logs";

/// The note of the last panic in the home.
const CRASH: &str = "crash.txt";

/// How a log file's name begins and ends; the day (UTC) is between them.
const PREFIX: &str = "underpass";
const SUFFIX: &str = "log";

/// How many days are kept.
const MAX_FILES: usize = 7;

/// How many lines may wait for a slow disk; more are dropped and counted. Their places are taken from
/// the start, 40 bytes each.
const QUEUE: usize = 1_024;

/// Where the story goes.
#[derive(Clone, Debug)]
pub struct Options {
    /// The home; without one there are no files.
    pub home: Option<PathBuf>,
    /// What goes to standard error, unless a variable says otherwise.
    pub stderr: LevelFilter,
    /// Standard error as JSON lines rather than for people.
    pub json: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            home: None,
            stderr: LevelFilter::WARN,
            json: false,
        }
    }
}

/// Writes what is still waiting when it is dropped: keep it as long as the program runs.
#[derive(Debug)]
#[must_use = "the last lines are lost when it is dropped early"]
pub struct Guard {
    _file: Option<WorkerGuard>,
}

/// Logging was begun already.
#[derive(Debug, thiserror::Error)]
#[error("logging was begun already")]
pub struct AlreadyBegun;

type BoxedLayer = Box<dyn Layer<Registry> + Send + Sync>;

/// Begins logging, and notes panics. A home that cannot be written is reported on standard error
/// and stops nothing.
///
/// # Errors
/// It was begun already.
pub fn init(options: &Options) -> Result<Guard, AlreadyBegun> {
    let (file, guard, failed) = match options.home.as_deref().map(open_file) {
        Some(Ok((file, guard))) => (Some(file_layer(file)), Some(guard), None),
        Some(Err(error)) => (None, None, Some(error)),
        None => (None, None, None),
    };
    let layers: Vec<BoxedLayer> = file.into_iter().chain([stderr_layer(options)]).collect();
    let begun = tracing_subscriber::registry().with(layers).try_init();
    begun.map_err(|_| AlreadyBegun)?;
    note_panics(options.home.as_ref().map(|home| home.join(CRASH)));
    if let Some(error) = failed {
        tracing::warn!(error, "no log file");
    }
    if let Some((name, error)) = overriding().and_then(Result::err) {
        tracing::warn!(variable = name, error, "not a filter");
    }
    Ok(Guard { _file: guard })
}

/// The filter of the first variable that is set, or why it is none.
fn overriding() -> Option<Result<Targets, (&'static str, String)>> {
    let (name, text) = VARIABLES.into_iter().find_map(|name| {
        let text = env::var(name).ok()?;
        (!text.is_empty()).then_some((name, text))
    })?;
    Some(read_filter(&text).map_err(|error| (name, error)))
}

fn read_filter(text: &str) -> Result<Targets, String> {
    text.parse()
        .map_err(|error: tracing_subscriber::filter::ParseError| error.to_string())
}

fn filter_or(default: Targets) -> Targets {
    match overriding() {
        Some(Ok(filter)) => filter,
        Some(Err(_)) | None => default,
    }
}

/// What goes to the file unless a variable says otherwise.
fn file_filter() -> Targets {
    Targets::new()
        .with_default(LevelFilter::WARN)
        .with_target("underpass", LevelFilter::DEBUG)
}

fn stderr_layer(options: &Options) -> BoxedLayer {
    let filter = filter_or(Targets::new().with_default(options.stderr));
    // A reader that went away is no reason to panic.
    let layer = fmt::layer()
        .with_writer(io::stderr)
        .log_internal_errors(false);
    if options.json {
        layer.json().with_filter(filter).boxed()
    } else {
        let colours = io::stderr().is_terminal() && env::var_os("NO_COLOR").is_none();
        layer.with_ansi(colours).with_filter(filter).boxed()
    }
}

fn file_layer(file: NonBlocking) -> BoxedLayer {
    fmt::layer()
        .with_writer(file)
        .with_ansi(false)
        .log_internal_errors(false)
        .with_filter(filter_or(file_filter()))
        .boxed()
}

/// Logs name the person's tunnels and services: they are nobody else's business.
fn make_private_dir(dir: &Path) -> std::io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(dir)
}

fn open_file(home: &Path) -> Result<(NonBlocking, WorkerGuard), String> {
    let dir = logs_dir(home);
    make_private_dir(&dir).map_err(|error| error.to_string())?;
    let file = RollingFileAppender::builder()
        .rotation(Rotation::DAILY)
        .filename_prefix(PREFIX)
        .filename_suffix(SUFFIX)
        .max_log_files(MAX_FILES)
        .build(dir)
        .map_err(|error| error.to_string())?;
    let queue = tracing_appender::non_blocking::NonBlockingBuilder::default();
    let queue = queue.buffered_lines_limit(QUEUE).thread_name("log");
    Ok(queue.finish(file))
}

/// The folder of log files of this home.
#[must_use]
pub fn logs_dir(home: &Path) -> PathBuf {
    home.join(DIR)
}

/// Whether a panic of the main thread is no crash.
type Excuse = Box<dyn Fn() -> bool + Send + Sync>;

static EXCUSE: OnceLock<Excuse> = OnceLock::new();

/// From now on a panic of the main thread while `excuse` holds is logged and is no crash: the toolkit
/// panics when the display is gone. Only the first excuse counts.
pub fn excuse_main_thread(excuse: impl Fn() -> bool + Send + Sync + 'static) {
    // Set once a process.
    let _ = EXCUSE.set(Box::new(excuse));
}

fn is_excused() -> bool {
    thread::current().name() == Some("main") && EXCUSE.get().is_some_and(|excuse| excuse())
}

/// Logs each panic and writes it to `crash`, then lets the usual message go to standard error.
fn note_panics(crash: Option<PathBuf>) {
    let usual = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        if is_excused() {
            tracing::info!(panic = %info, "the toolkit broke off");
            return;
        }
        let report = crash_report(info);
        tracing::error!(panic = report, "the program panicked");
        if let Some(path) = &crash {
            // Nothing more can be done for it here.
            let _ = fs::write(path, &report);
        }
        usual(info);
    }));
}

fn crash_report(info: &PanicHookInfo<'_>) -> String {
    let at = jiff::Timestamp::now();
    let current = thread::current();
    let name = current.name().unwrap_or("without a name");
    let place = info
        .location()
        .map_or_else(|| "an unknown place".to_owned(), ToString::to_string);
    let said = info.payload_as_str().unwrap_or("nothing");
    let version = env!("CARGO_PKG_VERSION");
    let trace = Backtrace::force_capture();
    format!(
        "Underpass {version} panicked at {at:.3} in thread {name} at {place}:\n{said}\n\n{trace}"
    )
}

/// The report of the last panic, if there was one; the person may be asked to send it.
///
/// # Errors
/// It is there and cannot be read.
pub fn read_crash(home: &Path) -> io::Result<Option<String>> {
    match read_end(&home.join(CRASH), MAX_CRASH) {
        Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// The most of a crash report that is read, in bytes.
const MAX_CRASH: u64 = 64 * 1024;

/// The last lines of the log files in `dir`, oldest first: whole lines, `max_bytes` at most. Empty
/// where there is no log.
///
/// # Errors
/// A file is there and cannot be read.
pub fn read_tail(dir: &Path, max_bytes: u64) -> io::Result<String> {
    let mut parts: Vec<Vec<u8>> = Vec::new();
    let mut left = max_bytes;
    for path in log_files(dir)?.iter().rev() {
        if left == 0 {
            break;
        }
        let len = fs::metadata(path)?.len();
        let mut end = read_end(path, left)?;
        left = left.saturating_sub(len);
        if len > end.len() as u64 {
            let first = end.iter().position(|byte| *byte == b'\n');
            end.drain(..first.map_or(end.len(), |at| at + 1));
        }
        parts.push(end);
    }
    parts.reverse();
    Ok(String::from_utf8_lossy(&parts.concat()).into_owned())
}

/// The log files, oldest first: their names have the day in them.
fn log_files(dir: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut files = Vec::new();
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let ours =
            name.starts_with(PREFIX) && Path::new(&name).extension() == Some(SUFFIX.as_ref());
        if ours && entry.file_type()?.is_file() {
            files.push(entry.path());
        }
    }
    files.sort();
    Ok(files)
}

fn read_end(path: &Path, max_bytes: u64) -> io::Result<Vec<u8>> {
    let mut file = File::open(path)?;
    let start = file.metadata()?.len().saturating_sub(max_bytes);
    file.seek(SeekFrom::Start(start))?;
    let mut bytes = Vec::new();
    file.take(max_bytes).read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn with_logs(files: &[(&str, &[u8])]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().expect("a folder");
        for (name, bytes) in files {
            fs::write(dir.path().join(name), bytes).expect("written");
        }
        dir
    }

    #[test]
    fn the_tail_is_of_whole_lines_over_several_days() {
        let dir = with_logs(&[
            ("underpass.2026-11-21.log", b"one\ntwo\n"),
            ("underpass.2026-11-22.log", b"three\nfour\n"),
            ("else.txt", b"strange\n"),
        ]);
        let tail = |max| read_tail(dir.path(), max).expect("readable");
        assert_eq!(tail(1_000), "one\ntwo\nthree\nfour\n");
        assert_eq!(tail(16), "two\nthree\nfour\n");
        assert_eq!(tail(11), "three\nfour\n");
        assert_eq!(tail(10), "four\n");
        assert_eq!(tail(0), "");
        let nowhere = read_tail(&dir.path().join("none"), 10);
        assert_eq!(nowhere.expect("no log is no error"), "");
    }

    #[test]
    fn no_crash_is_no_report() {
        let dir = with_logs(&[]);
        assert_eq!(read_crash(dir.path()).expect("readable"), None);
    }

    proptest! {
        #[test]
        fn any_log_is_shown_within_bounds(bytes in prop::collection::vec(any::<u8>(), 0..300), max in 0u64..400) {
            let dir = with_logs(&[("underpass.2026-11-22.log", &bytes)]);
            let tail = read_tail(dir.path(), max).expect("readable");
            // A byte that is no text is shown by a character of three.
            prop_assert!(tail.len() as u64 <= 3 * max);
        }
    }
}
