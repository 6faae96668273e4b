//! What the person asks for. One arm an action.

use super::{
    Commands, account, host, inventory, probe, quit, relay_changed, set, show_toast, sign_in,
};
use crate::app::event::Command;
use crate::app::state::State;
use crate::model::{
    AccountId, Action, Dialog, DialogKind, Field, FieldError, JoinLink, PortKey, ProviderId,
    Secret, Setting, Toast, UnixMillis,
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
        Action::Deselect => nothing(|| {
            state.inputs.toast = None;
            state.inputs.selected = None;
        }),
        Action::OpenDialog { dialog } => open_dialog(state, dialog),
        Action::CloseDialog => nothing(|| state.inputs.dialog = None),
        Action::Share { target } => inventory::share(state, at, &target),
        Action::CreateTunnel {
            name,
            provider,
            access,
            target,
            protocol,
            public_port,
            // Nothing of a tunnel is chosen by them yet.
            options: _,
        } => inventory::create(
            state,
            at,
            &inventory::New {
                name: &name,
                provider,
                access,
                target: &target,
                protocol,
                public_port: &public_port,
            },
        ),
        Action::AddPort {
            tunnel,
            target,
            protocol,
            public_port,
        } => inventory::add_port(state, &tunnel, &target, protocol, &public_port),
        Action::ChangeProtocol { key, protocol } => {
            inventory::change_protocol(state, &key, protocol)
        }
        Action::SetAccess { tunnel, access } => inventory::set_access(state, &tunnel, access),
        Action::Renew { tunnel } => inventory::renew(state, &tunnel),
        Action::Forget { tunnel } => account::forget(state, at, &tunnel),
        Action::Refresh => account::refresh_all(state, at, true),
        Action::SignIn {
            account,
            way,
            device,
        } => sign_in::sign_in(state, &account, &way, device),
        Action::CancelSignIn { account } => sign_in::cancel_sign_in(state, at, &account),
        Action::SignOut { account } => sign_out(state, account),
        Action::CopyDeviceCode { account } => copy_code(state, at, &account),
        Action::OpenDevicePage { account } => open_code_page(state, &account),
        Action::CopyInstallCommand { provider } => copy_install_command(state, at, provider),
        Action::OpenInstallPage { provider } => open_install_page(state, provider),
        Action::SetOption {
            provider,
            key,
            value,
        } => set(state, |settings| {
            settings.set_option(provider, &key, &value);
        }),
        Action::DeleteTunnel { tunnel } => inventory::delete(state, at, &tunnel),
        Action::RemovePort { key } => inventory::remove_port(state, &key),
        Action::Set { setting } => set_setting(state, at, setting),
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
        Action::Quit => quit::begin(state, at),
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
    copy(state, at, url)
}

fn copy(state: &mut State, at: UnixMillis, text: String) -> Commands {
    show_toast(state, at, Toast::Copied { url: text.clone() });
    vec![Command::Copy(text)]
}

fn copy_install_command(state: &mut State, at: UnixMillis, provider: ProviderId) -> Commands {
    let program = state.inputs.providers.of(provider).program;
    let command = program.map(|program| program.install_command.to_owned());
    command
        .map(|command| copy(state, at, command))
        .unwrap_or_default()
}

fn open_install_page(state: &State, provider: ProviderId) -> Commands {
    let program = state.inputs.providers.of(provider).program;
    let page = program.map(|program| program.install_page.to_owned());
    page.map(Command::OpenUrl).into_iter().collect()
}

fn copy_code(state: &mut State, at: UnixMillis, account: &AccountId) -> Commands {
    let code = state.inputs.account(account).state.device_code();
    let code = code.map(|device| device.code.clone());
    code.map(|code| copy(state, at, code)).unwrap_or_default()
}

fn open_code_page(state: &State, account: &AccountId) -> Commands {
    let page = state.inputs.account(account).state.device_code();
    let page = page.map(|device| device.url.clone());
    page.map(Command::OpenUrl).into_iter().collect()
}

fn sign_out(state: &mut State, account: AccountId) -> Commands {
    state.inputs.dialog = None;
    vec![Command::SignOut(account)]
}

fn open_url(state: &State, key: &PortKey) -> Commands {
    let url = state.inputs.url(key).map(str::to_owned);
    url.map(Command::OpenUrl).into_iter().collect()
}

fn details(state: &mut State, key: PortKey) -> Commands {
    state.inputs.toast = None;
    state.inputs.selected = Some(key);
    vec![Command::Window(WindowOp::Show)]
}

fn select(state: &mut State, key: PortKey) -> Commands {
    let again = state.inputs.selected.as_ref() == Some(&key);
    // It was said of what was on the screen before.
    state.inputs.toast = None;
    state.inputs.selected = (!again).then_some(key);
    vec![]
}

/// A dialog needs the window: the tray may have asked for it.
fn open_dialog(state: &mut State, kind: DialogKind) -> Commands {
    state.inputs.toast = None;
    state.inputs.dialog = Some(Dialog {
        kind,
        errors: vec![],
    });
    vec![Command::Window(WindowOp::Show)]
}

/// What a setting does beyond being kept.
fn set_setting(state: &mut State, at: UnixMillis, setting: Setting) -> Commands {
    if let Setting::Lan(on) = setting {
        return set_lan(state, at, on);
    }
    let mut commands = set(state, |settings| settings.set(setting));
    if let Setting::Autostart(on) = setting {
        commands.push(Command::SetAutostart(on));
    }
    commands
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
