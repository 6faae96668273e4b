//! What the command line says of itself: completions and the man page.

use super::speech::print_bytes;
use crate::cli::{self, Shell};
use std::io::{self, Write as _};
use std::process::ExitCode;

const PROGRAM: &str = "underpass";

pub(crate) fn completions(shell: Shell) -> ExitCode {
    let mut text = vec![];
    clap_complete::generate(shell, &mut cli::command(), PROGRAM, &mut text);
    write(&text)
}

/// One page: the program's own, then each command's.
pub(crate) fn man() -> ExitCode {
    let mut command = cli::command();
    command.build();
    let mut text = vec![];
    if let Err(error) = render(&command, &mut text) {
        tracing::error!(%error, "no man page");
        return ExitCode::FAILURE;
    }
    write(&text)
}

fn render(command: &clap::Command, text: &mut Vec<u8>) -> io::Result<()> {
    clap_mangen::Man::new(command.clone()).render(text)?;
    for sub in command.get_subcommands() {
        let man = clap_mangen::Man::new(sub.clone());
        let name = sub.get_bin_name().unwrap_or(sub.get_name()).to_uppercase();
        writeln!(text, ".SH \"{name}\"")?;
        man.render_description_section(text)?;
        man.render_options_section(text)?;
    }
    Ok(())
}

/// A reader that went away has read enough; any other failure is said at the command's end.
fn write(text: &[u8]) -> ExitCode {
    print_bytes(text);
    ExitCode::SUCCESS
}
