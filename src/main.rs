//! The one binary: hands the words of the command line over and ends as it is told.

use std::process::ExitCode;

fn main() -> ExitCode {
    underpass::start::run(std::env::args_os())
}
