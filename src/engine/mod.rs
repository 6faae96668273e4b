//! The engine: one OS thread for each hosted tunnel, with a current-thread runtime in it.
//!
//! What to do after each outcome is decided by pure files, to which time and randomness come in: the
//! keep-alive machine (`machine`, and `up` for a session that is up), the `backoff` and the token
//! cache (`tokens`). The `driver` carries out what they say and tells them what came of it. The
//! engine reports its life as one value; it knows no view, no file and no particular provider.

mod attempt;
mod backoff;
mod driver;
mod input;
mod machine;
mod moments;
mod tally;
mod tokens;
mod up;
mod wait;

pub use backoff::Backoff;
pub use input::{Cut, Input, Output, Probe};
pub use machine::Machine;

use crate::model::{Lacking, Life, LivePort, Outage, Port, PortNumber, Reason, Traffic};
use crate::model::{Timing, UnixMillis};
use crate::provider::{Connector, HostOrder, Liveness};
use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::thread;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};

/// What an engine is told.
#[derive(Clone, Debug, PartialEq)]
pub enum EngineCommand {
    /// End: say goodbye and finish the thread.
    Stop,
    Reconnect,
    /// Take the tunnel from the machine that hosts it.
    TakeOver,
    /// Break the link as if the network had dropped it.
    DropLink,
    Probe(Probe),
    /// The computer woke, or its network changed.
    Woke,
    /// The person signed in at the provider. A new join link starts a new engine instead.
    SignedIn,
    SetPorts(Vec<Port>),
    /// The waits between attempts from now on.
    SetTiming(Timing),
    /// Report traffic each second, or stop that.
    WatchTraffic(bool),
}

/// What an engine reports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EngineEvent {
    Life(Life),
    Ports(Vec<LivePort>),
    /// Which ports the session was asked for and cannot serve.
    Lacking(Lacking),
    /// New tokens were due: another session has taken the place of the one there was, and its state is
    /// the same.
    Reminted,
    /// What went through each port since the engine started: each second while it is watched, else
    /// when visitors are served otherwise than before, once a second at most.
    Traffic(BTreeMap<PortNumber, Traffic>),
    /// The thread ends; nothing comes after this.
    Finished,
}

/// What an engine needs to run.
pub struct EngineParts {
    /// The tunnel, its ports, and what is set for its provider.
    pub order: HostOrder,
    /// Makes the sessions; it moves to the engine's thread.
    pub connector: Box<dyn Connector>,
    /// The waits between attempts, checked.
    pub timing: Timing,
    /// The clock that the app's facts have: each moment of the life is put on it.
    pub clock: fn() -> UnixMillis,
    /// Tells whether its session is alive.
    pub liveness: Liveness,
    /// A clock that runs on while the machine sleeps; it begins anywhere.
    pub with_sleep: fn() -> Duration,
    /// Where its reports go. Called on the engine's thread.
    pub emit: Box<dyn Fn(EngineEvent) + Send>,
}

/// A running engine. Dropping it stops the engine without waiting for its end.
#[derive(Debug)]
pub struct Engine {
    commands: mpsc::UnboundedSender<EngineCommand>,
    /// Closed at the thread's end.
    ended: oneshot::Receiver<()>,
}

impl Engine {
    /// Starts the thread; the first report is `Connecting`.
    pub fn spawn(parts: EngineParts) -> std::io::Result<Self> {
        let (commands, inbox) = mpsc::unbounded_channel();
        let (end, ended) = oneshot::channel::<()>();
        thread::Builder::new()
            .name(format!("host {}", parts.order.tunnel))
            .spawn(move || {
                run_thread(parts, inbox);
                drop(end);
            })?;
        Ok(Self { commands, ended })
    }

    /// Tells it something; what it is told after its end is lost.
    pub fn tell(&self, command: EngineCommand) {
        // The thread may have ended already: then there is nobody left to obey.
        let _ = self.commands.send(command);
    }

    pub fn is_finished(&self) -> bool {
        self.commands.is_closed()
    }

    /// Stops it and waits until its thread is through: as long as the provider may take for its
    /// goodbye. The caller bounds it; when it is given up the engine ends by itself.
    pub async fn stop(mut self) {
        self.tell(EngineCommand::Stop);
        // Nothing is ever sent: an error is the end, and a panic was reported as `Failed`.
        let _ = (&mut self.ended).await;
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.tell(EngineCommand::Stop);
    }
}

fn run_thread(parts: EngineParts, inbox: mpsc::UnboundedReceiver<EngineCommand>) {
    let EngineParts {
        order,
        connector,
        timing,
        clock,
        liveness,
        with_sleep,
        emit,
    } = parts;
    let span = tracing::info_span!("engine", tunnel = %order.tunnel);
    let _entered = span.enter();
    let run = || -> std::io::Result<()> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let driver = driver::Driver::new(order, connector, timing, clock, &*emit);
        let driver = driver.with_liveness(liveness);
        runtime.block_on(driver.with_clock_of_tokens(with_sleep).run(inbox));
        // A look-up of a name may still hang in the system; nobody waits for it.
        runtime.shutdown_background();
        Ok(())
    };
    let detail = match std::panic::catch_unwind(AssertUnwindSafe(run)) {
        Ok(Ok(())) => None,
        Ok(Err(error)) => Some(error.to_string()),
        Err(_) => Some("the engine's thread panicked; the log has the details".to_owned()),
    };
    if let Some(detail) = detail {
        tracing::error!(detail, "engine failed");
        emit(EngineEvent::Life(Life::Failed(Outage {
            since: clock(),
            reason: Reason::Other { detail },
        })));
    }
    emit(EngineEvent::Finished);
}

#[cfg(test)]
mod tests;
