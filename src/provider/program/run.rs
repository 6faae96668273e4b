//! Runs a program that is asked something: no shell, nothing on its standard input, an end to its time
//! and to what it may print. It knows no command and no shape.
//!
//! Arguments are logged, output never is: it may be a token.

use super::Program;
use crate::model::Reason;
use crate::provider::ConnectError;
use std::io;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep, sleep_until};

/// The longest that a command takes: it asks a service on the other side of the world, twice.
pub(in crate::provider) const ANSWER_WITHIN: Duration = Duration::from_secs(20);

/// The most that is read of each of a command's two outputs.
const MOST: usize = 1024 * 1024;

/// As much of a line as a person reads, in characters.
const MOST_WORDS: usize = 300;

/// How much is read at once.
const CHUNK: usize = 8 * 1024;

/// What a program that has ended left unread is there at once; what comes later is from a child of its
/// own that outlives it, like the browser of a sign-in.
const LAST_WORDS: Duration = Duration::from_millis(300);

/// A program that is being replaced cannot be started for a moment. So often, and so far apart, it is
/// tried again.
const BUSY: (u32, Duration) = (20, Duration::from_millis(25));

/// What a command printed, and how it ended.
#[derive(Debug, Default)]
pub(in crate::provider) struct Answer {
    /// Its exit code; `None` when something killed it.
    pub code: Option<i32>,
    /// What it printed. May hold a token.
    pub stdout: String,
    /// What it complained of.
    pub stderr: String,
}

/// A command gave no answer at all.
#[derive(Debug, thiserror::Error)]
pub(in crate::provider) enum Fault {
    #[error("it is not there")]
    NotThere,
    /// The system would not start it.
    #[error("it could not be started: {0}")]
    NotStarted(io::Error),
    #[error("no answer within {} s", .0.as_secs_f32())]
    TimedOut(Duration),
    #[error("it printed more than {MOST} bytes")]
    TooMuch,
    #[error("its output could not be read: {0}")]
    Broken(#[from] io::Error),
}

impl Fault {
    /// The same, as a person is told of this program.
    pub(in crate::provider) fn told(&self, program: &str) -> ConnectError {
        let program = program.to_owned();
        let detail = self.to_string();
        let reason = match self {
            Self::NotThere => Reason::NotInstalled { program },
            Self::NotStarted(_) | Self::TimedOut(_) | Self::TooMuch | Self::Broken(_) => {
                let detail = detail.clone();
                Reason::ProgramFailed { program, detail }
            }
        };
        ConnectError::with(reason, detail)
    }
}

/// What a run may do besides running.
pub(in crate::provider) struct Watch<'a> {
    /// The longest it may take.
    pub within: Duration,
    /// Whether what it started dies with it, when it has to die.
    pub with_children: bool,
    /// Told each line of either output as it is printed.
    pub on_line: &'a mut (dyn FnMut(&str) + Send),
}

impl Program {
    /// Runs it with these arguments.
    pub(in crate::provider) async fn run(&self, argv: &[&str]) -> Result<Answer, Fault> {
        let watch = Watch {
            within: self.within,
            with_children: true,
            on_line: &mut |_| {},
        };
        self.watch(argv, watch).await
    }

    /// The first line that it answers, as a person may see it.
    pub(in crate::provider) async fn ask(&self, argv: &[&str]) -> Result<String, ConnectError> {
        let answer = self.run(argv).await.map_err(|fault| self.told(fault))?;
        let first = |text: &str| {
            let line = text.lines().next().unwrap_or_default();
            let line = line.chars().filter(|c| !c.is_control()).take(MOST_WORDS);
            line.collect::<String>()
        };
        if answer.code == Some(0) {
            return Ok(first(&answer.stdout));
        }
        let program = self.names.program.to_owned();
        let detail = match first(&answer.stderr) {
            said if said.is_empty() => format!("`{program} {}` failed", argv.join(" ")),
            said => said,
        };
        Err(ConnectError::new(Reason::ProgramFailed { program, detail }))
    }

    /// Runs it with these arguments and somebody who reads along. Dropping the future ends it.
    pub(in crate::provider) async fn watch(
        &self,
        argv: &[&str],
        watch: Watch<'_>,
    ) -> Result<Answer, Fault> {
        let (program, started) = (self.names.program, Instant::now());
        let answer = self.start_and_read(argv, watch).await;
        let millis = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        match &answer {
            Ok(answer) => {
                let code = answer.code;
                tracing::debug!(program, ?argv, code, millis, "the program has answered");
            }
            Err(fault) => {
                tracing::warn!(program, ?argv, %fault, millis, "the program has not answered");
            }
        }
        answer
    }

    async fn start_and_read(&self, argv: &[&str], watch: Watch<'_>) -> Result<Answer, Fault> {
        let path = self.path().ok_or(Fault::NotThere)?;
        let running = Running {
            child: spawn(&mut command(&path, argv)).await?,
            with_children: watch.with_children,
        };
        running.read(watch).await
    }
}

/// Starts what can be started, in a moment if need be.
pub(super) async fn spawn(command: &mut Command) -> Result<Child, Fault> {
    let (mut tries, pause) = BUSY;
    loop {
        match command.spawn() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(Fault::NotThere),
            Err(error) if error.kind() == io::ErrorKind::ExecutableFileBusy && tries > 0 => {
                tries -= 1;
                sleep(pause).await;
            }
            Err(error) => return Err(Fault::NotStarted(error)),
            Ok(child) => return Ok(child),
        }
    }
}

fn command(path: &Path, argv: &[&str]) -> Command {
    let mut command = Command::new(path);
    command
        .args(argv)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    // A group of its own, so that it can be ended with whatever it started.
    #[cfg(unix)]
    command.process_group(0);
    #[cfg(windows)]
    command.creation_flags(CREATE_NO_WINDOW);
    command
}

/// Keeps Windows from showing a console for each run.
#[cfg(windows)]
pub(super) const CREATE_NO_WINDOW: u32 = 0x0800_0000;

/// A program that runs. Dropping it ends it.
struct Running {
    child: Child,
    with_children: bool,
}

impl Running {
    async fn read(mut self, watch: Watch<'_>) -> Result<Answer, Fault> {
        let mut out = Output::new(self.child.stdout.take());
        let mut err = Output::new(self.child.stderr.take());
        let mut status = None;
        let mut until = Instant::now() + watch.within;
        while status.is_none() || out.is_open() || err.is_open() {
            tokio::select! {
                got = out.read(), if out.is_open() => out.take(got?, watch.on_line)?,
                got = err.read(), if err.is_open() => err.take(got?, watch.on_line)?,
                ended = self.child.wait(), if status.is_none() => {
                    status = Some(ended?);
                    until = until.min(Instant::now() + LAST_WORDS);
                }
                () = sleep_until(until) => match status {
                    Some(_) => break,
                    None => return Err(Fault::TimedOut(watch.within)),
                },
            }
        }
        Ok(Answer {
            code: status.and_then(|status| status.code()),
            stdout: out.text(),
            stderr: err.text(),
        })
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // The id is there only while nobody has waited for the program's end: no other program can
        // have the number. The program itself is ended by `kill_on_drop`.
        #[cfg(unix)]
        if self.with_children
            && let Some(group) = self.child.id()
            && let Some(group) = i32::try_from(group)
                .ok()
                .and_then(rustix::process::Pid::from_raw)
            && let Err(error) =
                rustix::process::kill_process_group(group, rustix::process::Signal::KILL)
        {
            tracing::debug!(%error, "what a program started could not be ended");
        }
    }
}

/// One of the two outputs.
struct Output<P> {
    pipe: Option<P>,
    chunk: Box<[u8; CHUNK]>,
    bytes: Vec<u8>,
    /// Up to where the lines were told.
    told: usize,
}

impl<P: AsyncRead + Unpin> Output<P> {
    fn new(pipe: Option<P>) -> Self {
        Self {
            pipe,
            chunk: Box::new([0; CHUNK]),
            bytes: Vec::new(),
            told: 0,
        }
    }

    fn is_open(&self) -> bool {
        self.pipe.is_some()
    }

    /// Nothing is lost when the future is dropped: what was read is taken only by [`Self::take`].
    async fn read(&mut self) -> io::Result<usize> {
        match &mut self.pipe {
            Some(pipe) => pipe.read(&mut self.chunk[..]).await,
            None => Ok(0),
        }
    }

    fn take(&mut self, got: usize, on_line: &mut (dyn FnMut(&str) + Send)) -> Result<(), Fault> {
        if got == 0 {
            self.pipe = None;
        }
        if self.bytes.len() + got > MOST {
            return Err(Fault::TooMuch);
        }
        self.bytes.extend_from_slice(&self.chunk[..got]);
        let fresh = &self.bytes[self.told..];
        let whole = match fresh.iter().rposition(|&b| b == b'\n') {
            _ if got == 0 => fresh.len(),
            Some(end) => end + 1,
            None => 0,
        };
        for line in String::from_utf8_lossy(&fresh[..whole]).lines() {
            on_line(line);
        }
        self.told += whole;
        Ok(())
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }
}

#[cfg(all(test, unix))]
#[path = "run_tests.rs"]
mod tests;
