//! The pure step from one event to changed facts and the commands that follow. No clock, no I/O.

mod account;
mod act;
mod engine;
mod held;
mod host;
mod inventory;
mod listing;
mod probe;
mod quit;
mod sign_in;
#[cfg(test)]
mod tests;
mod typed;

use super::event::{Command, Event};
use super::state::{State, relay_facts};
use crate::engine::EngineCommand;
use crate::model::{JoinLink, NoticeKind, Settings, Toast, TunnelId, UnixMillis};
use std::time::Duration;

pub(super) use account::next_poll;

/// How long a toast stays.
const TOAST: Duration = Duration::from_secs(4);

/// What follows from an event, in order.
type Commands = Vec<Command>;

/// Takes one event.
pub fn update(state: &mut State, at: UnixMillis, event: Event) -> Commands {
    if at.since(state.toast_since) >= TOAST {
        state.inputs.toast = None;
    }
    let mut commands = step(state, at, event);
    commands.extend(probe::follow_plans(state));
    commands.extend(host::follow_watch(state));
    commands.extend(account::follow_panel(state));
    commands
}

fn step(state: &mut State, at: UnixMillis, event: Event) -> Commands {
    match event {
        Event::Started => {
            let mut commands = host::resume_all(state, at);
            commands.extend(account::begin(state, at));
            commands
        }
        // What is asked for now would not be done to its end.
        Event::Act(_) if state.inputs.quitting.is_some() => vec![],
        Event::Act(action) => act::handle(state, at, action),
        Event::DropLink { tunnel } => tell(state, &tunnel, EngineCommand::DropLink),
        Event::Engine {
            tunnel,
            engine,
            event,
        } => engine::handle(state, at, &tunnel, engine, event),
        Event::Probed(report) => probe::handle(state, at, report),
        Event::Changed { change, result } => inventory::handle_changed(state, at, change, result),
        Event::Account {
            account,
            state: found,
        } => account::handle_account(state, &account, found),
        Event::Listed {
            account,
            asked,
            result,
        } => account::handle_listed(state, at, &account, asked, result),
        Event::Shown {
            asked,
            tunnel,
            result,
        } => account::handle_shown(state, at, asked, &tunnel, result),
        Event::DeviceCode { account, code } => {
            sign_in::handle_code(state, &account, code);
            vec![]
        }
        Event::SignedIn { account, result } => {
            sign_in::handle_signed_in(state, at, &account, result)
        }
        Event::SignedOut { account, result } => {
            sign_in::handle_signed_out(state, at, &account, result)
        }
        Event::Due(poll) => account::handle_due(state, at, poll),
        Event::Joined { link, error } => handle_joined(state, at, &link, error),
        Event::Noticed(kind) => {
            state.add_notice(kind, at);
            vec![]
        }
        Event::Woke => tell_all(state, &EngineCommand::Woke),
        // What is relative to now is told anew, no more.
        Event::Tick => vec![],
        Event::WindowShown(shown) => {
            state.inputs.appearance.window_shown = shown;
            if shown {
                account::shown(state, at)
            } else {
                vec![]
            }
        }
        Event::TrayHost(present) => {
            handle_tray_host(state, at, present);
            vec![]
        }
        Event::DesktopRefused { detail } => {
            show_toast(state, at, Toast::DesktopRefused { detail });
            vec![]
        }
    }
}

fn handle_joined(
    state: &mut State,
    at: UnixMillis,
    link: &JoinLink,
    error: Option<NoticeKind>,
) -> Commands {
    if let Some(kind) = error {
        state.add_notice(kind, at);
    }
    // Without its token: that is in the keychain.
    let public = link.to_string();
    let address = public
        .rsplit_once('@')
        .map(|(_, address)| address.to_owned());
    state.inputs.settings.relay.joined = address;
    relay_changed(state, at)
}

/// The relay in use is another one: what is hosted moves to it.
fn relay_changed(state: &mut State, at: UnixMillis) -> Commands {
    state.inputs.relay = relay_facts(&state.inputs.settings);
    let mut commands = vec![Command::SaveSettings(state.inputs.settings.clone())];
    commands.extend(host::restart_all(state, at));
    commands
}

fn handle_tray_host(state: &mut State, at: UnixMillis, present: bool) {
    state.inputs.appearance.tray_host = present;
    if present {
        state
            .inputs
            .notices
            .retain(|notice| notice.kind != NoticeKind::NoTrayHost);
    } else {
        state.add_notice(NoticeKind::NoTrayHost, at);
    }
}

fn set(state: &mut State, change: impl FnOnce(&mut Settings)) -> Commands {
    change(&mut state.inputs.settings);
    vec![Command::SaveSettings(state.inputs.settings.clone())]
}

fn show_toast(state: &mut State, at: UnixMillis, toast: Toast) {
    state.inputs.toast = Some(toast);
    state.toast_since = at;
}

fn tell(state: &State, tunnel: &TunnelId, command: EngineCommand) -> Commands {
    if state.engines.contains_key(tunnel) {
        vec![Command::Tell(tunnel.clone(), command)]
    } else {
        vec![]
    }
}

fn tell_all(state: &State, command: &EngineCommand) -> Commands {
    state
        .engines
        .keys()
        .map(|tunnel| Command::Tell(tunnel.clone(), command.clone()))
        .collect()
}
