//! Programs that are started, read line by line, and ended with us, whatever ends us.

use crate::usage;
use anyhow::{Context as _, anyhow, bail};
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{BufRead as _, BufReader};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

/// So much of its log is told of a program that failed.
const TOLD_LINES: usize = 5;

/// What restarts a program a second after its end, as a service manager would. It is ended as a whole.
const KEEP: &str =
    r#"while :; do setpriv --pdeathsig KILL "$@"; echo "it ended with $?" >&2; sleep 1; done"#;

/// Where programs run: in a network namespace, or beside us.
#[derive(Clone, Debug, Default)]
pub struct Place {
    namespace: Option<String>,
}

/// A program that runs.
pub struct Process {
    child: Child,
    lines: Receiver<String>,
    log: PathBuf,
}

impl Place {
    pub fn within(namespace: &str) -> Self {
        let namespace = Some(namespace.to_owned());
        Self { namespace }
    }

    /// The program in this place. It is killed when the thread that starts it ends.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new("setpriv");
        // What Ctrl-C interrupts is us alone.
        command.process_group(0);
        command.args(["--pdeathsig", "KILL", "--"]);
        self.enter(&mut command);
        command.arg(program);
        command
    }

    /// The program in this place, started again each time it ends.
    pub fn kept(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = self.command("sh");
        command.args(["-c", KEEP, "sh"]).arg(program);
        command
    }

    fn enter(&self, command: &mut Command) {
        if let Some(namespace) = &self.namespace {
            command.args(["ip", "netns", "exec", namespace]);
        }
    }
}

impl Process {
    /// Starts it; what it says on standard error goes into the log.
    pub fn start(command: &mut Command, log: PathBuf) -> anyhow::Result<Self> {
        let err = File::create(&log)?;
        let command = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(err);
        let mut child = command
            .spawn()
            .with_context(|| format!("cannot start {}", command.get_program().display()))?;
        let (line, lines) = mpsc::channel();
        let out = child.stdout.take().context("it has no output")?;
        thread::spawn(move || {
            for text in BufReader::new(out).lines().map_while(Result::ok) {
                // When nobody listens any more the lines are still to be read, or it would stall.
                let _ = line.send(text);
            }
        });
        Ok(Self { child, lines, log })
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The next line.
    pub fn line(&mut self, limit: Duration) -> anyhow::Result<String> {
        match self.lines.recv_timeout(limit) {
            Ok(line) => Ok(line),
            Err(RecvTimeoutError::Timeout) => bail!("it says nothing: {}", self.log_end()),
            Err(RecvTimeoutError::Disconnected) => bail!("it ended: {}", self.log_end()),
        }
    }

    /// What the first line that means something means.
    pub fn find<T>(
        &mut self,
        limit: Duration,
        meaning: impl Fn(&str) -> Option<T>,
    ) -> anyhow::Result<T> {
        let until = Instant::now() + limit;
        loop {
            let line = self.line(until.saturating_duration_since(Instant::now()))?;
            if let Some(found) = meaning(&line) {
                return Ok(found);
            }
        }
    }

    /// The lines that are there already.
    pub fn so_far(&self) -> impl Iterator<Item = String> {
        self.lines.try_iter()
    }

    /// Fails when it has ended.
    pub fn check(&mut self) -> anyhow::Result<()> {
        match self.child.try_wait()? {
            Some(status) => Err(anyhow!("it ended with {status}: {}", self.log_end())),
            None => Ok(()),
        }
    }

    fn log_end(&self) -> String {
        last_lines(&self.log).unwrap_or_else(|error| error.to_string())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Not all that it started ends with it: a session of sshd waits for its client.
        kill(&usage::family(self.pid()));
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Kills these processes, as far as they are there.
pub fn kill(pids: &[u32]) {
    if pids.is_empty() {
        return;
    }
    let pids = pids.iter().map(u32::to_string);
    // Some end while it is asked for.
    let _ = output(Command::new("kill").arg("-KILL").args(pids));
}

/// Runs a program to its end: what it printed.
pub fn output(command: &mut Command) -> anyhow::Result<String> {
    let name = command.get_program().display().to_string();
    let done = command
        .process_group(0)
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("cannot start {name}"))?;
    let said = String::from_utf8_lossy(&done.stdout).into_owned();
    if !done.status.success() {
        let wrong = String::from_utf8_lossy(&done.stderr).into_owned();
        bail!("{name} failed with {}: {said}{wrong}", done.status);
    }
    Ok(said)
}

fn last_lines(log: &Path) -> anyhow::Result<String> {
    let text = String::from_utf8_lossy(&fs::read(log)?).into_owned();
    let lines: Vec<&str> = text.lines().collect();
    let told = lines.len().saturating_sub(TOLD_LINES);
    Ok(lines[told..].join(" | "))
}
