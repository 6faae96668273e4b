//! The system's wish that the program ends.

use std::{io, thread};
use tokio::signal::unix::{SignalKind, signal};

/// Calls `quit` at the first SIGINT or SIGTERM. A second one ends the program the hard way.
pub(super) fn quit_on_termination(quit: impl Fn() + Send + 'static) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build()?;
    let wait = async move {
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut terminate = signal(SignalKind::terminate())?;
        for first in [true, false] {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            if !first {
                std::process::exit(1);
            }
            tracing::info!("told to end");
            quit();
        }
        io::Result::Ok(())
    };
    thread::Builder::new()
        .name("signals".into())
        .spawn(move || runtime.block_on(wait))?;
    Ok(())
}
