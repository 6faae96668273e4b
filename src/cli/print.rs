//! What the command line says of itself: completions and the man page.

use super::CommandLine;
use super::console::print_bytes;
use clap::CommandFactory as _;
use clap_complete::Shell;
use std::io::{self, Write as _};
use std::process::ExitCode;

const PROGRAM: &str = "underpass";

pub(crate) fn completions(shell: Shell) -> ExitCode {
    let mut text = vec![];
    clap_complete::generate(shell, &mut CommandLine::command(), PROGRAM, &mut text);
    print_bytes(&text);
    ExitCode::SUCCESS
}

/// One page: the program's own, then each command's.
pub(crate) fn man() -> ExitCode {
    let mut command = CommandLine::command();
    command.build();
    let mut text = vec![];
    if let Err(error) = render(&command, &mut text) {
        tracing::error!(%error, "no man page");
        return ExitCode::FAILURE;
    }
    print_bytes(&text);
    ExitCode::SUCCESS
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
