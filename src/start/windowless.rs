//! Stands in for the desktop program in a build for servers, which has no window.

use super::speech::Speech;
use crate::view::messages as m;
use std::process::ExitCode;

/// Says what this build can do instead.
pub(super) fn refuse() -> ExitCode {
    Speech::of_system().complain(&m::cli_no_window());
    ExitCode::FAILURE
}
