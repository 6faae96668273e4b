//! What the person asks for. One arm an action.

use super::{Commands, host, inventory, probe, relay_changed, show_toast};
use crate::app::event::Command;
use crate::app::state::State;
use crate::model::{
    Action, Dialog, DialogKind, Field, FieldError, JoinLink, PortKey, Secret, Settings, Toast,
    UnixMillis,
};
use crate::view::WindowOp;

pub(super) fn handle(state: &mut State, at: UnixMillis, action: Action) -> Commands {
    match action {
        Action::Host { tunnel } => host::host(state, at, &tunnel, false),
        Action::Stop { tunnel } => host::stop(state, at, &tunnel),
        Action::Reconnect { tunnel } => host::reconnect(state, at, &tunnel),
        Action::TakeOver { tunnel } => host::host(state, at, &tunnel, true),
        Action::CheckNow { key } => probe::check_now(state, key),
        Action::CopyUrl { key } => copy_url(state, at, &key),
        Action::OpenUrl { key } => open_url(state, &key),
        Action::Details { key } => details(state, key),
        Action::Select { key } => select(state, key),
        Action::Deselect => nothing(|| state.inputs.selected = None),
        Action::OpenDialog { dialog } => open_dialog(state, dialog),
        Action::CloseDialog => nothing(|| state.inputs.dialog = None),
        Action::Share { target } => inventory::share(state, at, &target),
        Action::CreateTunnel {
            name,
            target,
            protocol,
            public_port,
        } => inventory::create(state, at, &name, &target, protocol, &public_port),
        Action::AddPort {
            tunnel,
            target,
            protocol,
            public_port,
        } => inventory::add_port(state, &tunnel, &target, protocol, &public_port),
        Action::ChangeProtocol { key, protocol } => {
            inventory::change_protocol(state, &key, protocol)
        }
        Action::DeleteTunnel { tunnel } => inventory::delete(state, at, &tunnel),
        Action::RemovePort { key } => inventory::remove_port(state, &key),
        Action::SetTheme { theme } => set(state, |settings| settings.theme = theme),
        Action::SetLanguage { language } => set(state, |settings| settings.language = language),
        Action::SetLan { on } => set_lan(state, at, on),
        Action::SetAutostart { on } => {
            let mut commands = set(state, |settings| settings.autostart = on);
            commands.push(Command::SetAutostart(on));
            commands
        }
        Action::JoinRelay { link } => join_relay(state, &link),
        Action::LeaveRelay => leave_relay(state, at),
        Action::DismissToast => nothing(|| state.inputs.toast = None),
        Action::DismissNotice { id } => {
            nothing(|| state.inputs.notices.retain(|notice| notice.id != id))
        }
        Action::ToggleWindow => vec![Command::Window(WindowOp::Toggle)],
        Action::OpenWindow => vec![Command::Window(WindowOp::Show)],
        Action::CloseWindow => vec![Command::Window(WindowOp::Hide)],
        Action::StopAll => host::wanted(state)
            .iter()
            .flat_map(|tunnel| host::stop(state, at, tunnel))
            .collect(),
        Action::Quit => {
            let mut commands = host::end_all(state, at);
            commands.push(Command::Quit);
            commands
        }
    }
}

/// A change of the facts alone.
fn nothing(change: impl FnOnce()) -> Commands {
    change();
    vec![]
}

fn copy_url(state: &mut State, at: UnixMillis, key: &PortKey) -> Commands {
    let Some(url) = state.inputs.url(key).map(str::to_owned) else {
        return vec![];
    };
    show_toast(state, at, Toast::Copied { url: url.clone() });
    vec![Command::Copy(url)]
}

fn open_url(state: &State, key: &PortKey) -> Commands {
    let url = state.inputs.url(key).map(str::to_owned);
    url.map(Command::OpenUrl).into_iter().collect()
}

fn details(state: &mut State, key: PortKey) -> Commands {
    state.inputs.selected = Some(key);
    vec![Command::Window(WindowOp::Show)]
}

fn select(state: &mut State, key: PortKey) -> Commands {
    let again = state.inputs.selected.as_ref() == Some(&key);
    state.inputs.selected = (!again).then_some(key);
    vec![]
}

/// A dialog needs the window: the tray may have asked for it.
fn open_dialog(state: &mut State, kind: DialogKind) -> Commands {
    state.inputs.dialog = Some(Dialog {
        kind,
        errors: vec![],
    });
    vec![Command::Window(WindowOp::Show)]
}

fn set(state: &mut State, change: impl FnOnce(&mut Settings)) -> Commands {
    change(&mut state.inputs.settings);
    vec![Command::SaveSettings(state.inputs.settings.clone())]
}

fn set_lan(state: &mut State, at: UnixMillis, on: bool) -> Commands {
    if state.inputs.settings.relay.lan == on {
        return vec![];
    }
    state.inputs.settings.relay.lan = on;
    let mut commands = vec![Command::RestartRelay(state.inputs.settings.relay.clone())];
    if state.inputs.settings.relay.joined.is_some() {
        // What is hosted is hosted elsewhere.
        commands.push(Command::SaveSettings(state.inputs.settings.clone()));
    } else {
        commands.extend(relay_changed(state, at));
    }
    commands
}

fn join_relay(state: &mut State, typed: &Secret) -> Commands {
    let typed = typed.expose();
    let error = match typed.parse::<JoinLink>() {
        Ok(link) => {
            state.inputs.dialog = None;
            return vec![Command::JoinRelay(link)];
        }
        Err(_) if typed.trim().is_empty() => FieldError::Empty,
        Err(fault) => FieldError::NotAJoinLink { fault },
    };
    state.inputs.dialog = Some(Dialog {
        kind: DialogKind::Settings,
        errors: vec![(Field::JoinLink, error)],
    });
    vec![]
}

fn leave_relay(state: &mut State, at: UnixMillis) -> Commands {
    state.inputs.settings.relay.joined = None;
    let mut commands = vec![Command::LeaveRelay];
    commands.extend(relay_changed(state, at));
    commands
}
