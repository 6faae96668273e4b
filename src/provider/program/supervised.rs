//! A program that serves until it is stopped: what it prints as it comes, its end, and how it is made
//! to end.

use super::group::{Group, Signal};
use super::lines::Lines;
use super::{Fault, Program};
use std::ffi::OsStr;
use std::fmt;
use std::io;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;
use tokio::process::{Child, ChildStderr, ChildStdout, Command};
use tokio::time::{Instant, sleep_until, timeout};

/// It is asked to stop in a friendly way, and made to after so long.
pub(in crate::provider) const STOP_WITHIN: Duration = Duration::from_secs(5);

/// What a program that has ended left unread is there at once.
const LAST_WORDS: Duration = Duration::from_millis(300);

/// What is started, beside the program itself.
#[derive(Debug, Default)]
pub(in crate::provider) struct Start<'a> {
    pub argv: &'a [&'a str],
    /// Added to the environment. May be secret: nobody logs it.
    pub environment: &'a [(&'a str, &'a OsStr)],
    /// Variables whose names begin so are for somebody else.
    pub without: Option<&'a str>,
}

/// What a program does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::provider) enum Said {
    /// A line of either output.
    Line(String),
    Ended(Exit),
}

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::provider) struct Exit {
    /// `None` when something killed it, or nobody knows.
    pub code: Option<i32>,
}

impl fmt::Display for Exit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.code {
            Some(code) => write!(f, "it ended with code {code}"),
            None => f.write_str("something ended it"),
        }
    }
}

/// A program that runs. Dropping it ends it at once, with all that it started; so does the end of this
/// process, however that comes.
#[derive(Debug)]
pub(in crate::provider) struct Running {
    child: Child,
    group: Group,
    out: Lines<ChildStdout>,
    err: Lines<ChildStderr>,
    /// How it ended, and until when what it left is read.
    exit: Option<(Exit, Instant)>,
}

impl<P> fmt::Debug for Lines<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Lines")
    }
}

impl Program {
    /// Starts it; nobody but this process may have it outlive its tunnel.
    pub(in crate::provider) async fn start(&self, start: &Start<'_>) -> Result<Running, Fault> {
        let path = self.path().ok_or(Fault::NotThere)?;
        let group = Group::start().await?;
        let mut command = Command::new(path);
        if let Some(prefix) = start.without {
            for (name, _) in std::env::vars_os() {
                if name.to_string_lossy().starts_with(prefix) {
                    command.env_remove(name);
                }
            }
        }
        command
            .args(start.argv)
            // What it prints is read by this program.
            .env("LANG", "C")
            .env("LC_ALL", "C")
            .envs(start.environment.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        group.admit(&mut command);
        #[cfg(windows)]
        command.creation_flags(super::run::CREATE_NO_WINDOW);
        let mut child = super::run::spawn(&mut command).await?;
        let program = self.names.program;
        tracing::info!(program, argv = ?start.argv, process = child.id(), "the program runs");
        Ok(Running {
            out: Lines::new(child.stdout.take()),
            err: Lines::new(child.stderr.take()),
            child,
            group,
            exit: None,
        })
    }

    /// What is not where the environment says is no program that could be installed.
    pub(super) fn misnamed(&self, fault: Fault) -> Fault {
        match (&self.asked, fault) {
            (Some(asked), Fault::NotThere) => {
                let (variable, path) = (self.names.variable, asked.display());
                let said = format!("{variable} names {path}, where no program is");
                Fault::NotStarted(io::Error::new(io::ErrorKind::NotFound, said))
            }
            (_, fault) => fault,
        }
    }
}

impl Running {
    /// What it does next. Whoever drops the future loses nothing; the end is told again and again.
    pub(in crate::provider) async fn next(&mut self) -> Said {
        loop {
            let (exit, until) = match self.exit {
                Some((exit, until)) => (Some(exit), until),
                // Nobody waits for it.
                None => (None, Instant::now()),
            };
            if let Some(exit) = exit
                && (Instant::now() >= until || !self.out.is_open() && !self.err.is_open())
            {
                return Said::Ended(exit);
            }
            tokio::select! {
                // Errors first: the last of them is what a program dies of.
                biased;
                line = self.err.next(), if self.err.is_open() => {
                    if let Some(line) = line {
                        return Said::Line(line);
                    }
                }
                line = self.out.next(), if self.out.is_open() => {
                    if let Some(line) = line {
                        return Said::Line(line);
                    }
                }
                ended = self.child.wait(), if exit.is_none() => {
                    let code = ended.ok().as_ref().and_then(ExitStatus::code);
                    self.exit = Some((Exit { code }, Instant::now() + LAST_WORDS));
                }
                () = sleep_until(until), if exit.is_some() => {
                    if let Some(exit) = exit {
                        return Said::Ended(exit);
                    }
                }
            }
        }
    }

    /// Ends it at once; [`Self::next`] tells of it.
    pub(in crate::provider) fn kill(&mut self) {
        self.group.signal(Signal::Kill);
        // It may be no member where there are no groups.
        let _ = self.child.start_kill();
    }

    /// Asks it to end, makes it end where it does not, and waits until nothing of it is left.
    pub(in crate::provider) async fn stop(mut self, by: Signal, within: Duration) {
        self.group.signal(by);
        #[cfg(not(unix))]
        let _ = self.child.start_kill();
        let stopping = async { while !matches!(self.next().await, Said::Ended(_)) {} };
        if timeout(within, stopping).await.is_err() {
            tracing::warn!("a program did not stop when it was asked to; it is ended");
        }
        self.group.end().await;
        // It was killed with its group.
        let _ = timeout(LAST_WORDS, self.child.wait()).await;
    }
}

#[cfg(all(test, unix))]
#[path = "supervised_tests.rs"]
mod tests;
