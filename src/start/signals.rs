//! The system's ways of asking a program to end.

use std::io;

/// Hears Ctrl-C and, where there are such, SIGTERM and SIGHUP.
pub(super) struct Signals {
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(unix)]
    hang_up: tokio::signal::unix::Signal,
}

impl Signals {
    /// Hears them from now on; they no longer end the program by themselves.
    pub(super) fn listen() -> io::Result<Self> {
        #[cfg(unix)]
        {
            use tokio::signal::unix::{SignalKind, signal};
            Ok(Self {
                interrupt: signal(SignalKind::interrupt())?,
                terminate: signal(SignalKind::terminate())?,
                hang_up: signal(SignalKind::hangup())?,
            })
        }
        #[cfg(not(unix))]
        Ok(Self {})
    }

    /// Waits for the next one.
    pub(super) async fn next(&mut self) {
        #[cfg(unix)]
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
            _ = self.hang_up.recv() => {}
        }
        #[cfg(not(unix))]
        {
            let _ = tokio::signal::ctrl_c().await;
        }
    }
}

#[cfg(feature = "window")]
/// Calls `quit` at the first of them. A second one ends the program the hard way.
#[expect(
    clippy::disallowed_methods,
    reason = "whoever says it twice wants no goodbye"
)]
pub(super) fn quit_on_termination(quit: impl Fn() + Send + 'static) -> io::Result<()> {
    let runtime = super::runtime()?;
    let mut signals = {
        let _context = runtime.enter();
        Signals::listen()?
    };
    let wait = async move {
        signals.next().await;
        tracing::info!("told to end");
        quit();
        signals.next().await;
        std::process::exit(1);
    };
    std::thread::Builder::new()
        .name("signals".into())
        .spawn(move || runtime.block_on(wait))?;
    Ok(())
}
