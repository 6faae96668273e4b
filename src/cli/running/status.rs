//! `underpass status`: what is hosted on this computer, and how that is.

use super::gather::{Found, Row};
use super::{Speaker, Trouble};
use crate::cli::complete;
use crate::cli::console::{print, print_json};
use crate::control::{HolderStatus, PortStatus, TunnelStatus};
use crate::model::Health;
use crate::shell::text::printable;
use crate::store::Home;
use crate::view::{Msg, messages as m};
use clap::Args;
use serde::Serialize;
use std::process::ExitCode;

const EXAMPLES: &str = "\
Examples:
  underpass status               every tunnel, its URLs and who hosts it
  underpass status shop --json   one of them, for a program";

#[derive(Args, Clone, Debug, PartialEq, Eq)]
#[command(after_help = EXAMPLES)]
pub(crate) struct StatusArgs {
    /// Only these tunnels, by id or name
    #[arg(value_name = "NAME", add = complete::tunnels())]
    names: Vec<String>,

    /// One JSON object a tunnel instead of a table
    #[arg(long)]
    json: bool,
}

/// A tunnel, for programs.
#[derive(Serialize)]
struct StatusLine<'a> {
    #[serde(flatten)]
    tunnel: &'a TunnelStatus,
    #[serde(skip_serializing_if = "Option::is_none")]
    host: Option<&'a HolderStatus>,
}

pub(crate) fn status(home: &Home, args: &StatusArgs) -> ExitCode {
    let speaker = Speaker::new(home, args.json);
    speaker.end(show(home, args, &speaker))
}

fn show(home: &Home, args: &StatusArgs, speaker: &Speaker) -> Result<(), Trouble> {
    let found = speaker.gather(home)?;
    let rows = chosen(&found, &args.names)?;
    if args.json {
        rows.into_iter().for_each(print_row);
        return Ok(());
    }
    if found.processes.is_empty() && found.silent.is_empty() {
        speaker.console.say(&m::cli_status_nobody());
    } else if found.rows.is_empty() {
        speaker.console.say(&m::cli_tunnels_none());
    }
    let lines = rows.into_iter().flat_map(|row| lines(row, speaker));
    print_table(&lines.collect::<Vec<_>>());
    Ok(())
}

/// A tunnel's line for programs.
pub(super) fn print_row(row: &Row) {
    print_json(&StatusLine {
        tunnel: &row.tunnel,
        host: row.host.as_ref().map(|(_, holder)| holder),
    });
}

/// All of them, or those that were named.
fn chosen<'f>(found: &'f Found, names: &[String]) -> Result<Vec<&'f Row>, Trouble> {
    if names.is_empty() {
        return Ok(found.rows.iter().collect());
    }
    let mut chosen = vec![];
    for name in names {
        let rows = found.of(name);
        if rows.is_empty() {
            return Err(Trouble::unknown(name, found));
        }
        chosen.extend(rows);
    }
    Ok(chosen)
}

const COLUMNS: usize = 5;

/// A line a port; one for a tunnel without any.
fn lines(row: &Row, speaker: &Speaker) -> Vec<[String; COLUMNS]> {
    let holder = row.host.as_ref().map(|(_, holder)| holder_text(holder));
    let holder = holder.map(|msg| speaker.console.text(&msg));
    let line = |port: Option<&PortStatus>| {
        let url = port.and_then(|port| port.lan_url.as_deref().or(port.url.as_deref()));
        [
            row.id().to_owned(),
            how(&row.tunnel, port, speaker),
            port.map_or_else(String::new, |port| port.target.clone()),
            url.unwrap_or_default().to_owned(),
            holder.clone().unwrap_or_default(),
        ]
    };
    let ports = row.tunnel.ports.iter();
    let lines: Vec<_> = ports.map(|port| line(Some(port))).collect();
    if lines.is_empty() {
        return vec![line(None)];
    }
    lines
}

/// Who hosts a tunnel.
pub(super) fn holder_text(holder: &HolderStatus) -> Msg {
    let process = holder.pid.to_string();
    match &*holder.by {
        "desktop" => m::cli_holder_desktop(process),
        "background" => m::cli_holder_background(process),
        _ => m::cli_holder_terminal(process),
    }
}

/// The word that the window has for it; behind it the reason, where something is wrong.
fn how(tunnel: &TunnelStatus, port: Option<&PortStatus>, speaker: &Speaker) -> String {
    let state = &tunnel.state;
    let health = port.and_then(|port| port.health.as_ref());
    let lacking = port.and_then(|port| port.lacking.as_ref());
    let (word, reason) = match (&*state.state, lacking, health) {
        ("hosting" | "watching", Some(lacking), _) => (m::badge_failed(), Some(&lacking.reason)),
        ("hosting" | "watching", None, Some(health)) => {
            (health_word(health.health), health.reason.as_ref())
        }
        ("hosting" | "watching", None, None) => (m::badge_checking(), None),
        (state, ..) => (state_word(state), tunnel.state.reason.as_ref()),
    };
    let word = speaker.console.text(&word);
    match reason {
        Some(reason) => format!("{word} ({reason})"),
        None => word,
    }
}

fn health_word(health: Health) -> Msg {
    match health {
        Health::Operational => m::badge_working(),
        Health::Unchecked => m::badge_unchecked(),
        Health::Busy => m::badge_busy(),
        Health::ServiceDown => m::badge_service_down(),
        Health::Full => m::badge_full(),
        Health::Slow => m::badge_slow(),
        Health::Down => m::badge_unreachable(),
    }
}

fn state_word(state: &str) -> Msg {
    match state {
        "connecting" => m::badge_connecting(),
        "held" => m::badge_held(),
        "reconnecting" => m::badge_reconnecting(),
        "sign-in" => m::badge_sign_in(),
        "displaced" => m::badge_taken_over(),
        "quota" => m::badge_over_quota(),
        "stopped" => m::badge_stopped(),
        // What a newer program calls otherwise is no success.
        _ => m::badge_failed(),
    }
}

/// Columns as wide as what is in them.
fn print_table(lines: &[[String; COLUMNS]]) {
    let mut widths = [0; COLUMNS];
    for line in lines {
        for (width, cell) in widths.iter_mut().zip(line) {
            *width = (*width).max(cell.chars().count());
        }
    }
    for line in lines {
        let cells = line.iter().zip(widths).filter(|(_, width)| *width > 0);
        let cells = cells.map(|(cell, width)| format!("{cell:width$}"));
        let text = cells.collect::<Vec<_>>().join("  ");
        print(&printable(text.trim_end()));
    }
}
