//! The one binary.

use std::process::ExitCode;
use underpass::start::desktop::{DesktopArgs, run};

fn main() -> ExitCode {
    let minimised = std::env::args().any(|arg| arg == "--minimised");
    run(DesktopArgs { minimised })
}
