//! What the command line says of itself: help, what is wrong with it, and completions.

use super::asks_for_json;
use super::console::{print_bytes, print_error, print_failure};
use super::exit::Exit;
use clap_complete::Shell;
use std::ffi::OsString;
use std::io::{self, IsTerminal as _};
use std::process::ExitCode;

/// Says what is wrong with these words, or the help or version that they ask for.
pub(crate) fn answer(words: &[OsString], said: &clap::Error) -> Exit {
    let text = said.render();
    if !said.use_stderr() {
        let styled = io::stdout().is_terminal() && !no_color();
        let text = if styled {
            text.ansi().to_string()
        } else {
            text.to_string()
        };
        print_bytes(text.as_bytes());
        return Exit::Done;
    }
    let text = text.to_string();
    let text = text.strip_prefix("error: ").unwrap_or(&text).trim_end();
    if asks_for_json(words) {
        let lines = text.lines().map(str::trim);
        let lines: Vec<&str> = lines.take_while(|line| !line.is_empty()).collect();
        print_failure(Exit::Usage, &lines.join(" "));
    } else {
        print_error(text);
    }
    Exit::Usage
}

/// <https://no-color.org>
fn no_color() -> bool {
    std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
}

pub(crate) fn completions(shell: Shell) -> ExitCode {
    let mut text = vec![];
    match super::complete::script(&shell.to_string(), &mut text) {
        Ok(()) => {
            print_bytes(&text);
            ExitCode::SUCCESS
        }
        Err(error) => {
            print_error(&format!("{shell}: {error}"));
            ExitCode::FAILURE
        }
    }
}
