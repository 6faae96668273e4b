//! The window and the tray. They are not built in yet.

use crate::cli::DesktopArgs;
use std::process::ExitCode;

/// Opens the window.
#[must_use]
pub fn run(args: DesktopArgs) -> ExitCode {
    tracing::debug!(args.minimised, "no window yet");
    eprintln!(
        "underpass: the window is not built in yet. To host a port here: underpass host PORT"
    );
    ExitCode::FAILURE
}
