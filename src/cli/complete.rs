//! Completes words as the shell asks for it: the script that `underpass completions SHELL` prints runs the
//! program with [`VARIABLE`] set, and reads what could stand there.
//!
//! A person waits at the prompt: nobody is asked who is not on this computer, and not for long; what goes
//! wrong leaves fewer words, and no message between those that are typed. Tunnels are completed by their
//! ids, which are the same in every shell without a quote; their names stand beside them.

use super::{CommandLine, runtime};
use crate::control::{Answer, Request, peers};
use crate::model::TunnelId;
use crate::shell::text::printable;
use crate::store::Home;
use clap::CommandFactory as _;
use clap_complete::engine::{ArgValueCandidates, CompletionCandidate};
use clap_complete::env::{CompleteEnv, Shells};
use futures_util::future::join_all;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io;
use std::time::Duration;

/// The environment variable that asks for words, with the shell's name.
const VARIABLE: &str = "UNDERPASS_COMPLETE";

const PROGRAM: &str = "underpass";

/// How long the processes that host may take to say what.
const ASKED_FOR: Duration = Duration::from_millis(250);

/// Whether a shell asked, and was answered as far as there is an answer.
pub(crate) fn answer(words: &[OsString]) -> bool {
    let dir = std::env::current_dir().ok();
    let asked = CompleteEnv::with_factory(CommandLine::command).var(VARIABLE);
    asked
        .try_complete(words.iter().cloned(), dir.as_deref())
        .unwrap_or(true)
}

/// Writes the script for a shell.
pub(super) fn script(shell: &str, out: &mut dyn io::Write) -> io::Result<()> {
    let shells = Shells::builtins();
    let shell = shells.completer(shell).ok_or(io::ErrorKind::Unsupported)?;
    // By its name: the one that is on the PATH when somebody completes.
    shell.write_registration(VARIABLE, PROGRAM, PROGRAM, PROGRAM, out)
}

/// Completes a tunnel that is saved or hosted.
pub(super) fn tunnels() -> ArgValueCandidates {
    ArgValueCandidates::new(|| candidates().unwrap_or_default())
}

fn candidates() -> Option<Vec<CompletionCandidate>> {
    let home = Home::existing()?;
    let mut names = hosted(&home);
    let saved = home.tunnels().peek().value;
    names.extend(saved.into_iter().map(|tunnel| (tunnel.id, tunnel.name)));
    let candidate = |(id, name): (TunnelId, String)| {
        let known_as = (name != id.as_str()).then(|| printable(&name).into_owned().into());
        CompletionCandidate::new(id.as_str()).help(known_as)
    };
    Some(names.into_iter().map(candidate).collect())
}

/// What the processes of the home host.
fn hosted(home: &Home) -> BTreeMap<TunnelId, String> {
    let peers = peers(home.path());
    let asked = peers
        .iter()
        .map(|peer| peer.ask(&Request::Status, ASKED_FOR));
    let answers = runtime().map(|runtime| runtime.block_on(join_all(asked)));
    let answers = answers.unwrap_or_default().into_iter();
    let tunnels = answers.filter_map(|answer| match answer {
        Ok(Answer::Status(process)) => Some(process.tunnels),
        Ok(_) | Err(_) => None,
    });
    tunnels
        .flatten()
        .filter_map(|tunnel| Some((TunnelId::new(tunnel.tunnel).ok()?, tunnel.name)))
        .collect()
}
