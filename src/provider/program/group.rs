//! A process group with a guard, in which a program runs.
//!
//! The guard is a shell that waits for the end of a pipe whose other end this process holds. Should
//! this process be killed, the pipe ends, and the guard ends the group: nothing that was hosted stays
//! public behind a crash. It is also what gives the group its number, which nobody else can have until
//! the guard was waited for: a signal to the group never meets a stranger.

use super::Fault;
#[cfg(unix)]
use std::process::Stdio;
#[cfg(unix)]
use tokio::process::Child;
use tokio::process::Command;

#[cfg(unix)]
/// Ends the group when its input ends, as this program would: first in a friendly way.
const GUARD: &str = "trap '' TERM INT HUP; read -r _; kill -TERM 0; sleep 5; kill -KILL 0";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::provider) enum Signal {
    Interrupt,
    Terminate,
    Kill,
}

/// Dropping it ends every program in it at once. Where there are no groups, it is nothing.
#[derive(Debug)]
pub(super) struct Group {
    #[cfg(unix)]
    guard: Child,
}

#[cfg(not(unix))]
impl Group {
    #[expect(clippy::unused_async, reason = "elsewhere a guard is started")]
    pub(super) async fn start() -> Result<Self, Fault> {
        Ok(Self {})
    }

    pub(super) fn admit(&self, _: &mut Command) {}

    pub(super) fn signal(&self, _: Signal) {}

    pub(super) async fn end(&mut self) {}
}

#[cfg(unix)]
impl Group {
    pub(super) async fn start() -> Result<Self, Fault> {
        let mut command = Command::new("/bin/sh");
        command
            .args(["-c", GUARD])
            .env_clear()
            // Where `sleep` is.
            .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .process_group(0);
        let guard = super::run::spawn(&mut command).await?;
        Ok(Self { guard })
    }

    /// Has a program that is to be started become a member.
    pub(super) fn admit(&self, command: &mut Command) {
        if let Some(number) = self.number() {
            command.process_group(number);
        }
    }

    /// There while the guard was not waited for.
    fn number(&self) -> Option<i32> {
        i32::try_from(self.guard.id()?).ok()
    }

    /// To all in it; the guard takes none but the last.
    pub(super) fn signal(&self, signal: Signal) {
        if let Some(group) = self.number().and_then(rustix::process::Pid::from_raw) {
            let signal = match signal {
                Signal::Interrupt => rustix::process::Signal::INT,
                Signal::Terminate => rustix::process::Signal::TERM,
                Signal::Kill => rustix::process::Signal::KILL,
            };
            if let Err(error) = rustix::process::kill_process_group(group, signal) {
                tracing::debug!(%error, "a program's group could not be told to end");
            }
        }
    }

    /// What the guard watches: whoever drops it is as good as dead.
    #[cfg(test)]
    pub(super) fn hold(&mut self) -> Option<tokio::process::ChildStdin> {
        self.guard.stdin.take()
    }

    /// Ends what is left of it, and waits for the guard.
    pub(super) async fn end(&mut self) {
        self.signal(Signal::Kill);
        let _ = self.guard.wait().await;
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.signal(Signal::Kill);
    }
}
