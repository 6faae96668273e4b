//! The man page: the program's, or one of a command, with all that is below it.

use super::console::{print_bytes, print_error};
use super::exit::Exit;
use super::{CommandLine, NAME_VARIABLE, PROVIDER_VARIABLE, RELAY_VARIABLE};
use clap::{Command, CommandFactory as _};
use std::io::{self, Write as _};
use std::process::ExitCode;

/// Environment variables and what each holds.
pub(super) const ENVIRONMENT: &[(&str, &str)] = &[
    (RELAY_VARIABLE, "the join link of the relay to host through"),
    (
        NAME_VARIABLE,
        "the tunnel's name, where --name is not given",
    ),
    (
        PROVIDER_VARIABLE,
        "who carries the tunnel, where --provider is not given",
    ),
    (
        "UNDERPASS_HOME",
        "the folder of all files; with one, secrets are kept in it and not in the keychain",
    ),
    (
        "UNDERPASS_LOG",
        "what is logged, as in debug or underpass::relay=debug,info; else RUST_LOG",
    ),
    (
        "HTTPS_PROXY, ALL_PROXY, NO_PROXY",
        "the proxy that leads out of this network, and for whom there is none",
    ),
    (
        "UNDERPASS_DEVTUNNEL_URL",
        "the management service of Dev Tunnels, for tests: another than Microsoft's",
    ),
    (
        "CLOUDFLARED_BIN, DEVTUNNEL_BIN, SSH_BIN, TAILSCALE_BIN",
        "where a provider's own program is",
    ),
    ("NO_COLOR", "no colors"),
];

/// Files of the home and what each holds.
pub(super) const FILES: &[(&str, &str)] = &[
    (
        "settings.json",
        "the settings; docs/json-lines.md has each key",
    ),
    ("tunnels.json", "the saved tunnels"),
    ("secrets.json", "tokens, where there is no keychain"),
    ("audit.jsonl", "what was hosted, and when"),
    ("logs/", "the log of the last days"),
    (
        "relay-server/",
        "key, accounts and names of `underpass relay`",
    ),
];

/// Prints the page of the command that these words name.
pub(crate) fn man(words: &[String]) -> ExitCode {
    let mut program = CommandLine::command();
    program.build();
    let mut command = &program;
    for word in words {
        let Some(sub) = command.find_subcommand(word) else {
            let path = words.join(" ");
            let said = program.error(
                clap::error::ErrorKind::InvalidSubcommand,
                format!("there is no command {path:?}"),
            );
            print_error(said.to_string().trim_start_matches("error: ").trim_end());
            return Exit::NotFound.into();
        };
        command = sub;
    }
    let mut text = vec![];
    if let Err(error) = render(command, &mut text) {
        tracing::error!(%error, "no man page");
        return Exit::Failed.into();
    }
    print_bytes(&text);
    ExitCode::SUCCESS
}

fn render(command: &Command, text: &mut Vec<u8>) -> io::Result<()> {
    let title = full_name(command).replace(' ', "-");
    // A command has no version, and the page's foot none without it.
    let source = format!("underpass {}", env!("CARGO_PKG_VERSION"));
    let man = clap_mangen::Man::new(command.clone());
    let man = man.title(title).source(source);
    man.render_title(text)?;
    man.render_name_section(text)?;
    man.render_synopsis_section(text)?;
    man.render_description_section(text)?;
    man.render_options_section(text)?;
    examples(command, text)?;
    below(command, text)?;
    section("ENVIRONMENT", text)?;
    rows(ENVIRONMENT, text)?;
    section("FILES", text)?;
    writeln!(
        text,
        "In UNDERPASS_HOME, else in the folder of the person's data \
         (\\fI~/.local/share/underpass\\fR on Linux):"
    )?;
    rows(FILES, text)?;
    section("EXIT STATUS", text)?;
    for exit in Exit::ALL {
        row(&exit.number().to_string(), exit.meaning(), text)?;
    }
    Ok(())
}

/// All commands below, each with its own.
fn below(command: &Command, text: &mut Vec<u8>) -> io::Result<()> {
    for sub in command.get_subcommands() {
        section(&full_name(sub).to_uppercase(), text)?;
        let man = clap_mangen::Man::new(sub.clone());
        if let Some(about) = sub.get_long_about().or(sub.get_about()) {
            writeln!(text, "{}", escape(&about.to_string()))?;
        }
        let usage = sub.clone().render_usage().to_string();
        let usage = usage.trim_start_matches("Usage: ");
        writeln!(text, ".PP\n.nf\n{}\n.fi", escape(usage))?;
        let mut options = vec![];
        man.render_options_section(&mut options)?;
        // It belongs to this section and begins none.
        let options = String::from_utf8_lossy(&options).replace(".SH OPTIONS", ".PP");
        text.write_all(options.as_bytes())?;
        examples(sub, text)?;
        below(sub, text)?;
    }
    Ok(())
}

fn full_name(command: &Command) -> String {
    let name = command.get_bin_name().unwrap_or(command.get_name());
    name.to_owned()
}

/// What stands below the help, line by line as it is there.
fn examples(command: &Command, text: &mut Vec<u8>) -> io::Result<()> {
    let Some(after) = command.get_after_help() else {
        return Ok(());
    };
    writeln!(text, ".PP\n.nf\n{}\n.fi", escape(&after.to_string()))
}

fn section(name: &str, text: &mut Vec<u8>) -> io::Result<()> {
    writeln!(text, ".SH \"{}\"", escape(name))
}

fn rows(rows: &[(&str, &str)], text: &mut Vec<u8>) -> io::Result<()> {
    rows.iter()
        .try_for_each(|(name, what)| row(name, what, text))
}

fn row(name: &str, what: &str, text: &mut Vec<u8>) -> io::Result<()> {
    writeln!(text, ".TP\n\\fB{}\\fR\n{}", escape(name), escape(what))
}

/// So that roff shows it as it is.
fn escape(text: &str) -> String {
    let line = |line: &str| {
        let line = line.replace('\\', "\\e").replace('-', "\\-");
        if line.starts_with(['.', '\'']) {
            format!("\\&{line}")
        } else {
            line
        }
    };
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(words: &[&str]) -> String {
        let mut program = CommandLine::command();
        program.build();
        let command = words.iter().fold(&program, |command, word| {
            command.find_subcommand(word).expect("it is there")
        });
        let mut text = vec![];
        render(command, &mut text).expect("it is text");
        String::from_utf8(text).expect("it is UTF-8")
    }

    #[test]
    fn a_page_has_all_that_is_below_its_command() {
        let all = page(&[]);
        for part in [
            ".TH underpass 1",
            "UNDERPASS HOST",
            "UNDERPASS TUNNELS PORT ADD",
            "UNDERPASS RELAY ACCOUNT ADD",
            "public\\-port",
            ".SH \"ENVIRONMENT\"",
            "UNDERPASS_PROVIDER",
            ".SH \"EXIT STATUS\"",
        ] {
            assert!(all.contains(part), "{part}");
        }
        let relay = page(&["relay"]);
        assert!(
            relay.contains("UNDERPASS RELAY ACCOUNT ADD"),
            "{relay:.400}"
        );
        assert!(!relay.contains("UNDERPASS HOST"));
        let add = page(&["tunnels", "port", "add"]);
        let title = add.lines().find(|line| line.starts_with(".TH"));
        let title = title.expect("it has one");
        assert!(
            title.contains(concat!("\"underpass ", env!("CARGO_PKG_VERSION"), "\"")),
            "{title}"
        );
    }
}
