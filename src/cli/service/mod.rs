//! `underpass service`: has systemd host saved tunnels for this user, or run the relay for the system.
//!
//! It writes units, and has `systemctl` do the rest. What it did not write itself it leaves alone.

mod args;
mod quote;
mod systemd;
mod units;

pub(crate) use self::args::ServiceArgs;

use self::args::{HowArgs, InstallArgs, InstallWhat, ServiceCommand};
use self::systemd::{Places, There, systemctl, there, word};
use self::units::{Kind, Unit};
use super::console::{Console, Failure, print_bytes, print_json};
use super::inventory::find;
use crate::store::Home;
use crate::view::{Msg, messages as m};
use serde::Serialize;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// The user that the relay runs as.
const RELAY_USER: &str = "underpass";

/// Folders that the relay's unit does not let it read.
const HIDDEN_FROM_RELAY: [&str; 5] = ["/home", "/root", "/run/user", "/tmp", "/var/tmp"];

/// What became of a unit, for programs.
#[derive(Serialize)]
struct UnitLine<'a> {
    unit: &'a str,
    path: &'a Path,
    /// `written`, `unchanged`, `removed` or `printed`.
    did: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<&'a str>,
}

/// How a unit is, for programs.
#[derive(Serialize)]
struct StatusLine<'a> {
    unit: &'a str,
    path: &'a Path,
    installed: bool,
    /// It is there, and something else has written it.
    foreign: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    enabled: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    active: Option<String>,
    log: &'a str,
}

pub(crate) fn run(args: &ServiceArgs) -> ExitCode {
    match &args.command {
        ServiceCommand::Install(args) => {
            let speaker = Speaker::of(&args.how);
            let done = install(args, &speaker);
            speaker.console.end(done)
        }
        ServiceCommand::Uninstall { kind, how } => {
            let speaker = Speaker::of(how);
            speaker.console.end(uninstall(*kind, how, &speaker))
        }
        ServiceCommand::Status { kind, how } => {
            let speaker = Speaker::of(how);
            speaker.console.end(status(*kind, how, &speaker))
        }
    }
}

/// How a command speaks.
struct Speaker {
    console: Console,
    json: bool,
}

impl Speaker {
    /// Nothing of the home is opened for it: the relay's is not that of whoever installs it.
    fn of(how: &HowArgs) -> Self {
        let json = how.json;
        let console = Console::of_system().for_programs(json);
        Self { console, json }
    }

    fn did(&self, unit: &str, path: &Path, did: &'static str, msg: impl FnOnce(String) -> Msg) {
        let text = None;
        let line = UnitLine {
            unit,
            path,
            did,
            text,
        };
        let msg = || msg(path.display().to_string());
        self.console.line(self.json, &line, msg);
    }

    fn note(&self, msg: &Msg) {
        if !self.json {
            self.console.note(msg);
        }
    }
}

fn install(args: &InstallArgs, speaker: &Speaker) -> Result<(), Failure> {
    let (kind, units, command) = units_of(args)?;
    let places = Places::find(args.how.root.as_deref());
    if args.print {
        for unit in &units {
            print_unit(&places, kind, unit, speaker);
        }
        return Ok(());
    }
    check_system(&places, &command)?;
    if kind == Kind::Relay {
        check_relay(&places, &program(args)?)?;
    }
    // Nothing is written where one of them may not be.
    let (mut changed, mut was_there) = (vec![], false);
    for unit in &units {
        let path = places.path(kind, unit.name);
        let found = there(&path)?;
        if found == There::Foreign && !args.force {
            return Err(m::cli_service_foreign(path.display().to_string()).into());
        }
        was_there |= found != There::Nothing;
        let is_new = std::fs::read(&path).ok().as_deref() != Some(unit.text.as_bytes());
        changed.push((unit, path, is_new));
    }
    let is_any_new = changed.iter().any(|(.., is_new)| *is_new);
    for (unit, path, is_new) in &changed {
        if *is_new {
            let written = places.write(kind, unit);
            written.map_err(|error| {
                m::cli_failed(
                    error.to_string(),
                    m::cli_service_unwritten(path.display().to_string()),
                )
            })?;
            speaker.did(unit.name, path, "written", m::cli_service_written);
        } else {
            speaker.did(unit.name, path, "unchanged", m::cli_service_unchanged);
        }
    }
    systemctl(kind, &["daemon-reload"])?;
    let mut enable = vec!["enable", "--now"];
    // The sockets first: they are what the service is started with.
    enable.extend(kind.names().iter().rev());
    if was_there && is_any_new {
        // A socket that listens goes on where it does, whatever its unit says by now.
        let stop: Vec<&str> = [&["stop"], kind.names()].concat();
        systemctl(kind, &stop)?;
    }
    systemctl(kind, &enable)?;
    if kind.is_users() {
        speaker.note(&m::cli_service_linger());
    }
    speaker.note(&m::cli_service_log(kind.log()));
    Ok(())
}

/// What is to be installed, and the command that does the same without systemd.
fn units_of(args: &InstallArgs) -> Result<(Kind, Vec<Unit>, String), Failure> {
    let program = program(args)?;
    let program = text(&program)?;
    if program.contains(['"', '\'', '\\']) || program.contains(char::is_control) {
        return Err(m::cli_service_odd_program(program).into());
    }
    if let Some(InstallWhat::Relay(relay)) = &args.what {
        let command = format!("underpass relay {}", relay.words().join(" "));
        let command = command.trim_end().to_owned();
        return Ok((Kind::Relay, units::relay(program, relay), command));
    }
    let words = match &args.file {
        Some(file) => {
            let file = std::path::absolute(file)?;
            if !file.is_file() {
                let msg = m::cli_service_no_file(file.display().to_string());
                return Err(Failure::not_found(msg));
            }
            vec!["--file".to_owned(), text(&file)?.to_owned()]
        }
        None => ids(&args.names)?,
    };
    let home = std::env::var_os(Home::VARIABLE).filter(|home| !home.is_empty());
    let home = home.map(|home| std::path::absolute(PathBuf::from(home)));
    let home = home.transpose()?;
    let home = home.as_deref().map(text).transpose()?;
    let command = format!("underpass host {}", words.join(" "));
    Ok((Kind::Host, units::host(program, &words, home), command))
}

/// The ids of saved tunnels, which a rename leaves as they are.
fn ids(names: &[String]) -> Result<Vec<String>, Failure> {
    let saved = Home::locate()?.tunnels().peek().value;
    let id = |name: &String| {
        let tunnel = find(&saved, name);
        let tunnel =
            tunnel.ok_or_else(|| Failure::not_found(m::cli_no_such_saved(name.as_str())))?;
        if tunnel.ports.is_empty() {
            let msg = m::cli_no_ports(tunnel.id.as_str(), tunnel.name.as_str());
            return Err(Failure::Usage(vec![msg]));
        }
        Ok(tunnel.id.to_string())
    };
    names.iter().map(id).collect()
}

/// An `AppImage` is mounted at another place each time.
fn program(args: &InstallArgs) -> io::Result<PathBuf> {
    match (&args.program, std::env::var_os("APPIMAGE")) {
        (Some(program), _) => std::path::absolute(program),
        (None, Some(image)) => Ok(image.into()),
        (None, None) => std::env::current_exe(),
    }
}

/// A unit is text.
fn text(path: &Path) -> Result<&str, Failure> {
    let shown = || m::cli_service_no_text(path.display().to_string());
    path.to_str().ok_or_else(|| shown().into())
}

fn print_unit(places: &Places, kind: Kind, unit: &Unit, speaker: &Speaker) {
    let path = &places.path(kind, unit.name);
    if speaker.json {
        print_json(&UnitLine {
            unit: unit.name,
            path,
            did: "printed",
            text: Some(&unit.text),
        });
    } else {
        // A path in a unit's comment: several follow each other.
        print_bytes(format!("# {}\n{}\n", path.display(), unit.text).as_bytes());
    }
}

/// Whether there is a systemd that would heed a unit; if not, `command` is what to run instead.
fn check_system(places: &Places, command: &str) -> Result<(), Failure> {
    if !cfg!(target_os = "linux") {
        return Err(m::cli_service_elsewhere(command).into());
    }
    if !places.has_systemd() {
        return Err(m::cli_service_no_systemd(command).into());
    }
    Ok(())
}

/// Whether this person may write the system's units.
fn check_root(places: &Places, kind: Kind) -> Result<(), Failure> {
    if kind.is_users() || places.is_root {
        return Ok(());
    }
    Err(m::cli_service_no_root().into())
}

/// What a relay would not start without.
fn check_relay(places: &Places, program: &Path) -> Result<(), Failure> {
    check_root(places, Kind::Relay)?;
    if HIDDEN_FROM_RELAY.iter().any(|dir| program.starts_with(dir)) {
        return Err(m::cli_service_hidden(program.display().to_string()).into());
    }
    if !systemd::has_user(RELAY_USER) {
        return Err(m::cli_service_no_user().into());
    }
    Ok(())
}

fn uninstall(kind: Kind, how: &HowArgs, speaker: &Speaker) -> Result<(), Failure> {
    let places = Places::find(how.root.as_deref());
    let mut ours = vec![];
    for name in kind.names() {
        let path = places.path(kind, name);
        match there(&path)? {
            There::Ours => ours.push((*name, path)),
            There::Nothing => {}
            There::Foreign => {
                return Err(m::cli_service_foreign_kept(path.display().to_string()).into());
            }
        }
    }
    if ours.is_empty() {
        let path = places.path(kind, kind.service());
        speaker.note(&m::cli_service_none(path.display().to_string()));
        return Ok(());
    }
    check_root(&places, kind)?;
    // Without systemd there is nothing to be stopped.
    let runs = places.has_systemd();
    if runs {
        let mut disable = vec!["disable", "--now"];
        // The service first: a socket would start it again.
        disable.extend(ours.iter().map(|(name, _)| *name));
        systemctl(kind, &disable)?;
    }
    for (name, path) in &ours {
        std::fs::remove_file(path)?;
        speaker.did(name, path, "removed", m::cli_service_removed);
    }
    if runs {
        systemctl(kind, &["daemon-reload"])?;
    }
    Ok(())
}

fn status(kind: Option<Kind>, how: &HowArgs, speaker: &Speaker) -> Result<(), Failure> {
    let places = Places::find(how.root.as_deref());
    if !cfg!(target_os = "linux") {
        return Err(m::cli_service_elsewhere("underpass host NAME").into());
    }
    let kinds = Kind::ALL.into_iter();
    for kind in kinds.filter(|of| kind.is_none_or(|kind| kind == *of)) {
        let paths = kind.names().iter().map(|name| places.path(kind, name));
        let is_there = |path: &PathBuf| std::fs::symlink_metadata(path).is_ok();
        if !speaker.json && !paths.collect::<Vec<_>>().iter().any(is_there) {
            speaker.console.say(&m::cli_service_absent(kind.service()));
            continue;
        }
        for name in kind.names() {
            show(kind, name, &places, speaker)?;
        }
        if !speaker.json {
            speaker.console.say(&m::cli_service_log(kind.log()));
        }
    }
    Ok(())
}

fn show(kind: Kind, name: &str, places: &Places, speaker: &Speaker) -> Result<(), Failure> {
    let path = &places.path(kind, name);
    let is = there(path)?;
    let ask = |question| {
        let runs = places.has_systemd() && is != There::Nothing;
        runs.then(|| word(kind, question, name)).flatten()
    };
    let line = StatusLine {
        unit: name,
        path,
        installed: is != There::Nothing,
        foreign: is == There::Foreign,
        enabled: ask("is-enabled"),
        active: ask("is-active"),
        log: kind.log(),
    };
    speaker.console.line(speaker.json, &line, || {
        if is == There::Nothing {
            return m::cli_service_absent(name);
        }
        let words = [&line.enabled, &line.active];
        let words: Vec<&str> = words.into_iter().flatten().map(String::as_str).collect();
        let words = match &*words {
            [] => "?".to_owned(),
            words => words.join(", "),
        };
        let path = path.display().to_string();
        if is == There::Foreign {
            m::cli_service_status_foreign(path, name, words)
        } else {
            m::cli_service_status(path, name, words)
        }
    });
    Ok(())
}
