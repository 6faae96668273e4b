//! `underpass stop` and `underpass start`: the same actions as a click in the window, asked of the
//! process that hosts a tunnel, or could.

use super::gather::{Found, Row};
use super::status::{holder_text, print_row};
use super::{Speaker, Trouble};
use crate::cli::complete;
use crate::cli::console::{print, print_json};
use crate::cli::exit::Exit;
use crate::cli::runtime;
use crate::control::{Answer, AskError, Peer, Refusal, Request, TunnelStatus};
use crate::model::TunnelId;
use crate::shell::text::printable;
use crate::store::Home;
use crate::view::messages as m;
use clap::Args;
use std::process::ExitCode;
use std::time::Duration;

/// How long a process may take to say that a tunnel is stopped: a little longer than it gives itself.
const STOP_WITHIN: Duration = Duration::from_secs(15);

/// The same until it works.
pub(super) const START_WITHIN: Duration = Duration::from_secs(35);

#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub(crate) struct StopArgs {
    /// The tunnels, by id or name
    #[arg(value_name = "NAME", required_unless_present = "all", add = complete::tunnels())]
    names: Vec<String>,

    /// Stop all that is hosted
    #[arg(long, conflicts_with = "names")]
    all: bool,

    /// One JSON object a tunnel instead of text
    #[arg(long)]
    json: bool,
}

#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub(crate) struct StartArgs {
    /// The tunnels, by id or name
    #[arg(value_name = "NAME", required = true, add = complete::tunnels())]
    names: Vec<String>,

    /// One JSON object a tunnel instead of text
    #[arg(long)]
    json: bool,
}

pub(crate) fn stop(home: &Home, args: &StopArgs) -> ExitCode {
    let speaker = Speaker::new(home, args.json);
    speaker.end(stop_all(home, args, &speaker))
}

fn stop_all(home: &Home, args: &StopArgs, speaker: &Speaker) -> Result<(), Trouble> {
    let found = speaker.gather(home)?;
    let mut rows: Vec<&Row> = vec![];
    if args.all {
        rows.extend(found.rows.iter().filter(|row| row.host.is_some()));
        if rows.is_empty() && found.silent.is_empty() && !speaker.json {
            speaker.console.say(&m::cli_nothing_hosted());
        }
    }
    // Nothing is stopped where one of the names is wrong.
    for name in &args.names {
        let named = found.of(name);
        if named.is_empty() {
            return Err(Trouble::unknown(name, &found));
        }
        rows.extend(named);
    }
    // One that does not answer may host what nobody else does.
    let is_open = args.all || rows.iter().any(|row| row.host.is_none());
    let is_unsure = is_open && !found.silent.is_empty();
    let mut failed = None;
    for row in rows {
        if let Err(trouble) = stop_one(row, speaker) {
            // The others are stopped all the same; the last word is the first failure's.
            if let Some(later) = failed.replace(trouble) {
                speaker.trouble(&later);
            }
        }
    }
    match failed {
        Some(trouble) => Err(trouble),
        None if is_unsure => Err(Trouble::failed("silent", m::cli_stop_unsure())),
        None => Ok(()),
    }
}

fn stop_one(row: &Row, speaker: &Speaker) -> Result<(), Trouble> {
    let Some((peer, holder)) = &row.host else {
        if speaker.json {
            print_row(row);
        } else {
            speaker.console.say(&m::cli_not_hosted(row.id()));
        }
        return Ok(());
    };
    let tunnel = ask(peer, row.id(), STOP_WITHIN, |tunnel| Request::Stop {
        tunnel,
    });
    let tunnel = match tunnel {
        Ok(tunnel) => tunnel,
        // It ended over it, and its tunnels with it.
        Err(Asked::Gone) => row.tunnel.clone().stopped(),
        Err(Asked::Late) => return Err(Trouble::timed_out(m::cli_stop_late(row.id()))),
        Err(Asked::Failed(detail)) => {
            let msg = m::cli_failed(detail, m::cli_stop_failed(row.id()));
            return Err(Trouble::failed("failed", msg));
        }
    };
    if speaker.json {
        print_json(&tunnel);
    } else {
        let holder = holder_text(holder);
        speaker.console.say(&m::cli_stopped(holder, row.id()));
    }
    Ok(())
}

pub(crate) fn start(home: &Home, args: &StartArgs) -> ExitCode {
    let speaker = Speaker::new(home, args.json);
    speaker.end(start_all(home, args, &speaker))
}

fn start_all(home: &Home, args: &StartArgs, speaker: &Speaker) -> Result<(), Trouble> {
    let found = speaker.gather(home)?;
    let mut rows = vec![];
    for name in &args.names {
        let named = found.of(name);
        let row = named
            .first()
            .ok_or_else(|| Trouble::unknown(name, &found))?;
        rows.push(*row);
    }
    rows.into_iter()
        .try_for_each(|row| start_one(&found, row, speaker))
}

fn start_one(found: &Found, row: &Row, speaker: &Speaker) -> Result<(), Trouble> {
    let Some(process) = found.could_host(row.id()) else {
        let msg = m::cli_start_nobody(row.id());
        return Err(Trouble::failed("not-running", msg));
    };
    if let Some((peer, holder)) = &row.host
        && *peer != process.peer
    {
        return Err(Trouble {
            exit: Exit::InUse,
            word: "hosted-here",
            msg: m::cli_hosted_by(holder_text(holder), row.id()),
        });
    }
    let tunnel = host_in(&process.peer, row.id(), START_WITHIN)?;
    confirm(row, &tunnel, speaker)
}

/// Has a process host a tunnel, and waits until that works or cannot.
pub(super) fn host_in(peer: &Peer, id: &str, within: Duration) -> Result<TunnelStatus, Trouble> {
    let asked = ask(peer, id, within, |tunnel| Request::Start { tunnel });
    asked.map_err(|asked| match asked {
        Asked::Late => Trouble::timed_out(m::cli_start_late(id)),
        Asked::Gone => Trouble::failed("failed", m::cli_start_gone(id)),
        Asked::Failed(detail) => {
            let msg = m::cli_failed(detail, m::cli_start_failed(id));
            Trouble::failed("failed", msg)
        }
    })
}

/// That it works, or how it is instead.
fn confirm(row: &Row, tunnel: &TunnelStatus, speaker: &Speaker) -> Result<(), Trouble> {
    let short = shortfall(row.id(), tunnel);
    if speaker.json {
        print_json(tunnel);
    }
    if let Some(short) = short {
        return Err(short);
    }
    if !speaker.json {
        let urls = tunnel.ports.iter().filter_map(|port| port.url.as_deref());
        urls.for_each(|url| print(&printable(url)));
    }
    Ok(())
}

/// How a tunnel ended up that was to be hosted, where that is not that it works: for a script, and for a
/// person.
pub(super) fn shortfall(id: &str, tunnel: &TunnelStatus) -> Option<Trouble> {
    let reason = tunnel.state.reason.as_deref().unwrap_or_default();
    let exit = match &*tunnel.state.state {
        "hosting" | "watching" => return None,
        "sign-in" => Exit::SignIn,
        "displaced" if reason == "hosted-here" => Exit::InUse,
        "displaced" => Exit::Displaced,
        _ => Exit::of_code(reason),
    };
    let why = match reason {
        "" => tunnel.state.state.to_string(),
        reason => reason.to_owned(),
    };
    let msg = m::cli_failed(why, m::cli_start_failed(id));
    let word = match exit {
        Exit::SignIn => "sign-in",
        Exit::InUse => "hosted-here",
        other => other.word(),
    };
    Some(Trouble { exit, word, msg })
}

/// Why a tunnel is not as was asked.
enum Asked {
    /// The process is not there any more.
    Gone,
    /// It takes longer.
    Late,
    /// What was said, in English.
    Failed(String),
}

/// Asks for something of a tunnel: how it is then.
fn ask(
    peer: &Peer,
    id: &str,
    within: Duration,
    request: impl FnOnce(TunnelId) -> Request,
) -> Result<TunnelStatus, Asked> {
    let failed = |said: &dyn std::fmt::Display| Asked::Failed(said.to_string());
    let tunnel = TunnelId::new(id).map_err(|error| failed(&error))?;
    let runtime = runtime().map_err(|error| failed(&error))?;
    match runtime.block_on(peer.ask(&request(tunnel), within)) {
        Ok(Answer::Tunnel(tunnel)) => Ok(tunnel),
        Ok(Answer::Refused { why }) => Err(match why {
            Refusal::TimedOut => Asked::Late,
            Refusal::Ending => Asked::Gone,
            Refusal::UnknownTunnel => failed(&"it has no such tunnel any more"),
            Refusal::NoPorts => failed(&"it has no ports"),
            Refusal::NotHere => failed(&"only the desktop program does that"),
            Refusal::Version | Refusal::Malformed | Refusal::Other => failed(&AskError::Version),
        }),
        Ok(Answer::Status(_) | Answer::Done) => Err(failed(&AskError::Malformed)),
        Err(AskError::Gone) => Err(Asked::Gone),
        Err(AskError::Silent) => Err(Asked::Late),
        Err(error) => Err(failed(&error)),
    }
}
