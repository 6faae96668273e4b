//! Where the program's own story goes: standard error, files in the home, and a note of the last panic.
//! Standard output is never written: it belongs to the JSON lines.
//!
//! It knows no event in particular, and bounds them all, for strangers cause some: how long a field is
//! (`fields`), how often a line comes (`rate_limit`), how much the files take (`rotating`). What must never
//! be logged is kept out by the types: tokens are `Secret`s, which print as `***`.

mod fields;
mod follow;
mod rate_limit;
mod reading;
mod rotating;

pub use follow::LogFollower;
pub use reading::{read_crash, read_tail};
pub use rotating::FileLimits;

use crate::base::clock;
use crate::base::files::make_private_dir;
use crate::base::status_line::Stderr;
use fields::Fields;
use rate_limit::RateLimited;
use rotating::RotatingFile;
use std::backtrace::Backtrace;
use std::env;
use std::fs;
use std::io::{self, IsTerminal};
use std::panic::{self, PanicHookInfo};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::thread;
use tracing_appender::non_blocking::{NonBlocking, WorkerGuard};
use tracing_subscriber::filter::{FilterExt as _, LevelFilter, Targets, filter_fn};
use tracing_subscriber::layer::{Filter, Layer, SubscriberExt};
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

/// How many lines may wait for a slow disk; more are dropped and counted. Their places are taken from
/// the start, 40 bytes each.
const QUEUE: usize = 1_024;

/// Where the story goes.
#[derive(Clone, Debug)]
pub struct Options {
    /// The home; without one there are no files.
    pub home: Option<PathBuf>,
    /// What of this program goes to the files, unless a variable says otherwise.
    pub file: LevelFilter,
    /// What the files may take.
    pub caps: FileLimits,
    /// What goes to standard error, unless a variable says otherwise.
    pub stderr: LevelFilter,
    /// Standard error as JSON lines rather than for people.
    pub json: bool,
    /// Crates whose details hold secrets: of these nothing below a warning is written, whatever a
    /// variable says.
    pub discreet: Vec<&'static str>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            home: None,
            file: LevelFilter::DEBUG,
            caps: FileLimits::default(),
            stderr: LevelFilter::WARN,
            json: false,
            discreet: Vec::new(),
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
pub fn init(options: &Options) -> Result<Guard, AlreadyBegun> {
    let opened = options.home.as_deref();
    let opened = opened.map(|home| open_file(home, options.caps));
    let (file, guard, failed) = match opened {
        Some(Ok((file, guard))) => (Some(file_layer(options, file)), Some(guard), None),
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

/// What goes to the file unless a variable says otherwise. A relay's details are for whoever asks for
/// them: strangers cause them.
fn file_filter(ours: LevelFilter) -> Targets {
    Targets::new()
        .with_default(LevelFilter::WARN)
        .with_target("underpass", ours)
        .with_target("underpass::relay", ours.min(LevelFilter::INFO))
}

/// Whoever sets the level by hand wants to see each line.
fn rate_limited(colours: bool) -> RateLimited {
    RateLimited::new(colours, overriding().is_none())
}

/// Nothing below a warning of those crates, nor of their modules.
fn is_discreet(target: &str, discreet: &[&str]) -> bool {
    let root = target.split("::").next().unwrap_or(target);
    discreet.contains(&root)
}

fn without_secrets(options: &Options) -> impl Filter<Registry> + use<> {
    let discreet = options.discreet.clone();
    filter_fn(move |told| {
        *told.level() <= tracing::Level::WARN || !is_discreet(told.target(), &discreet)
    })
}

fn stderr_layer(options: &Options) -> BoxedLayer {
    let filter = filter_or(Targets::new().with_default(options.stderr));
    let filter = filter.and(without_secrets(options));
    // A reader that went away is no reason to panic.
    let layer = fmt::layer()
        .with_writer(|| Stderr)
        .log_internal_errors(false);
    if options.json {
        layer.json().with_filter(filter).boxed()
    } else {
        let colours = io::stderr().is_terminal() && env::var_os("NO_COLOR").is_none();
        layer
            .fmt_fields(Fields)
            .event_format(rate_limited(colours))
            .with_filter(filter)
            .boxed()
    }
}

fn file_layer(options: &Options, file: NonBlocking) -> BoxedLayer {
    let filter = filter_or(file_filter(options.file)).and(without_secrets(options));
    fmt::layer()
        .with_writer(file)
        .log_internal_errors(false)
        .fmt_fields(Fields)
        .event_format(rate_limited(false))
        .with_filter(filter)
        .boxed()
}

fn open_file(home: &Path, caps: FileLimits) -> Result<(NonBlocking, WorkerGuard), String> {
    let dir = logs_dir(home);
    // Logs name the person's tunnels and services: they are nobody else's business.
    make_private_dir(&dir).map_err(|error| error.to_string())?;
    let file = RotatingFile::open(dir, caps).map_err(|error| error.to_string())?;
    let queue = tracing_appender::non_blocking::NonBlockingBuilder::default();
    let queue = queue.buffered_lines_limit(QUEUE).thread_name("log");
    Ok(queue.finish(file))
}

pub fn logs_dir(home: &Path) -> PathBuf {
    home.join(DIR)
}

/// Whether a panic of the main thread is no crash.
type IsExpected = Box<dyn Fn() -> bool + Send + Sync>;

static EXCUSE: OnceLock<IsExpected> = OnceLock::new();

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
    let at = clock::rfc3339(clock::wall());
    let current = thread::current();
    let name = current.name().unwrap_or("without a name");
    let place = info
        .location()
        .map_or_else(|| "an unknown place".to_owned(), ToString::to_string);
    let said = info.payload_as_str().unwrap_or("nothing");
    let version = env!("CARGO_PKG_VERSION");
    let trace = Backtrace::force_capture();
    format!("Underpass {version} panicked at {at} in thread {name} at {place}:\n{said}\n\n{trace}")
}
