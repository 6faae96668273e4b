//! The dialog in front, and what the settings show. A dialog whose subject is gone closes by itself.

use super::amount::short_url;
use super::button::{self, enabled, when};
use super::scene::{Group, Scene, Slot};
use super::sentence::fault;
use crate::model::{
    Access, AccountState, Action, Dialog, DialogKind, Field, FieldError, Identity, Inputs,
    InvalidJoinLink, Lack, Protocol, install_command,
};
use crate::view::{Button, DialogView, Msg, SettingsView, messages as m};

/// The dialog in front.
pub(super) fn fold(scene: &Scene) -> Option<DialogView> {
    let dialog = scene.inputs.dialog.as_ref()?;
    let view = match &dialog.kind {
        DialogKind::CreateTunnel => DialogView {
            shut: scene.inputs.devtunnel.state.lacks().map(shut),
            ..form(m::dialog_create_title(), m::dialog_create_submit())
        },
        DialogKind::AddPort { tunnel } => {
            let group = scene.group(tunnel)?;
            let name = group.tunnel.name.as_str();
            DialogView {
                tcp: !group.is_remote(),
                ..form(m::dialog_add_title(name), m::dialog_add_submit())
            }
        }
        DialogKind::DeleteTunnel { tunnel } => delete_tunnel(scene.group(tunnel)?),
        DialogKind::RemovePort { key } => {
            let (group, slot) = scene.slot(key)?;
            remove_port(group, slot)
        }
        DialogKind::ChangeProtocol { key } => {
            let (group, slot) = scene.slot(key)?;
            change_protocol(group, slot)
        }
        DialogKind::MakePublic { tunnel } => make_public(scene.group(tunnel)?),
        DialogKind::Account => account(scene),
        DialogKind::SignOut => DialogView {
            body: Some(m::dialog_sign_out_body()),
            confirm: Some(enabled(m::act_sign_out(), Action::SignOut)),
            ..titled(m::dialog_sign_out_title())
        },
        DialogKind::QrCode { key } => {
            let (group, slot) = scene.slot(key)?;
            qr_code(group, slot)
        }
        DialogKind::Settings => form(m::dialog_settings_title(), m::dialog_settings_submit()),
        DialogKind::About => DialogView {
            body: Some(m::dialog_about_body(env!("CARGO_PKG_VERSION"))),
            ..titled(m::dialog_about_title())
        },
    };
    Some(DialogView {
        kind: dialog.kind.clone(),
        errors: errors(dialog),
        ..view
    })
}

/// What the settings dialog shows.
pub(super) fn settings(inputs: &Inputs) -> SettingsView {
    let lan = inputs.settings.relay.lan;
    let joined = inputs.relay.joined.as_deref();
    SettingsView {
        language: inputs.settings.language,
        autostart: inputs.settings.autostart,
        lan,
        relay: match joined {
            Some(address) => m::relay_joined(address),
            None if lan => m::relay_embedded_lan(),
            None => m::relay_embedded(),
        },
        leave: joined.map(|_| enabled(m::act_leave_relay(), Action::LeaveRelay)),
        account: account_line(&inputs.devtunnel.state),
        manage: button::account(m::act_manage_account()),
        offer: inputs.settings.devtunnel.offer,
    }
}

/// A dialog with a title and nothing else yet; [`fold`] sets its kind.
fn titled(title: Msg) -> DialogView {
    DialogView {
        kind: DialogKind::About,
        title,
        body: None,
        errors: Vec::new(),
        confirm: None,
        submit: None,
        qr: None,
        protocol: Protocol::default().to_string(),
        tcp: true,
        shut: None,
        code: None,
        steps: Vec::new(),
    }
}

fn form(title: Msg, submit: Msg) -> DialogView {
    DialogView {
        submit: Some(submit),
        ..titled(title)
    }
}

fn delete_tunnel(group: &Group) -> DialogView {
    let name = group.tunnel.name.as_str();
    let tunnel = group.tunnel.id.clone();
    DialogView {
        body: Some(m::dialog_delete_body(group.slots.len())),
        confirm: Some(enabled(
            m::dialog_delete_confirm(name),
            Action::DeleteTunnel { tunnel },
        )),
        ..titled(m::dialog_delete_title(name))
    }
}

fn remove_port(group: &Group, slot: &Slot) -> DialogView {
    let name = group.tunnel.name.as_str();
    let key = slot.key.clone();
    DialogView {
        body: Some(m::dialog_remove_body()),
        confirm: Some(enabled(
            m::dialog_remove_confirm(slot.port_text()),
            Action::RemovePort { key },
        )),
        ..titled(m::dialog_remove_title(name, slot.port_text()))
    }
}

fn change_protocol(group: &Group, slot: &Slot) -> DialogView {
    let target = slot.port.target.to_string();
    let body = if group.is_remote() {
        m::dialog_protocol_body_anew(target)
    } else {
        m::dialog_protocol_body(target)
    };
    DialogView {
        body: Some(body),
        tcp: !group.is_remote(),
        protocol: slot.protocol.to_string(),
        ..form(
            m::dialog_protocol_title(slot.port_text()),
            m::dialog_protocol_submit(),
        )
    }
}

fn make_public(group: &Group) -> DialogView {
    let name = group.tunnel.name.as_str();
    let action = Action::SetAccess {
        tunnel: group.tunnel.id.clone(),
        access: Access::Public,
    };
    DialogView {
        body: Some(m::dialog_public_body()),
        confirm: Some(enabled(m::dialog_public_confirm(), action)),
        ..titled(m::dialog_public_title(name))
    }
}

/// Why Dev Tunnels cannot carry a new tunnel.
fn shut(lack: Lack) -> Msg {
    match lack {
        Lack::Program => m::shut_program(),
        Lack::SignIn => m::shut_sign_in(),
        Lack::Patience => m::shut_patience(),
    }
}

/// How far this computer is with the account, in a line.
fn account_line(state: &AccountState) -> Msg {
    match state {
        AccountState::Unknown => m::account_unknown(),
        AccountState::NotInstalled => m::account_not_installed(),
        AccountState::SignedOut => m::account_signed_out(),
        AccountState::SigningIn { .. } => m::account_signing_in(),
        AccountState::Ready { user, via } => m::account_ready(user.as_str(), via.as_str()),
        AccountState::Failed { reason, .. } => fault(reason),
    }
}

/// The account: one step forward from wherever it is.
fn account(scene: &Scene) -> DialogView {
    let facts = &scene.inputs.devtunnel;
    let check = || {
        let label = if facts.refreshing {
            m::act_checking()
        } else {
            m::act_check()
        };
        when(!facts.refreshing, label, Action::Refresh)
    };
    let cancel = || enabled(m::act_cancel_sign_in(), Action::CancelSignIn);
    let title = titled(m::dialog_account_title());
    match &facts.state {
        AccountState::NotInstalled => DialogView {
            body: Some(m::account_install_body()),
            code: Some((
                install_command().to_owned(),
                enabled(m::act_copy_command(), Action::CopyInstallCommand),
            )),
            steps: vec![
                check(),
                enabled(m::act_open_install_page(), Action::OpenInstallPage),
            ],
            ..title
        },
        AccountState::SignedOut => DialogView {
            body: Some(m::account_sign_in_body()),
            steps: ways_in(),
            ..title
        },
        AccountState::SigningIn { device: None } => DialogView {
            body: Some(m::account_browser_body()),
            steps: vec![cancel()],
            ..title
        },
        AccountState::SigningIn {
            device: Some(device),
        } => DialogView {
            body: Some(m::account_code_body(device.url.as_str())),
            code: Some((
                device.code.clone(),
                enabled(m::act_copy_code(), Action::CopyDeviceCode),
            )),
            steps: vec![
                enabled(m::act_open_code_page(), Action::OpenDevicePage),
                cancel(),
            ],
            ..title
        },
        AccountState::Ready { .. } => DialogView {
            body: Some(account_line(&facts.state)),
            steps: vec![
                refresh(scene),
                button::dialog(true, m::act_sign_out_ask(), DialogKind::SignOut),
            ],
            ..title
        },
        AccountState::Unknown | AccountState::Failed { .. } => DialogView {
            body: Some(account_line(&facts.state)),
            steps: vec![check()],
            ..title
        },
    }
}

fn refresh(scene: &Scene) -> Button {
    let refreshing = scene.inputs.devtunnel.refreshing;
    let label = if refreshing {
        m::act_checking()
    } else {
        m::act_refresh()
    };
    when(!refreshing, label, Action::Refresh)
}

fn ways_in() -> Vec<Button> {
    use Identity::{GitHub, Microsoft};
    let way = button::sign_in_through;
    vec![
        way(m::act_sign_in_microsoft(), Microsoft, false),
        way(m::act_sign_in_github(), GitHub, false),
        way(m::act_sign_in_microsoft_code(), Microsoft, true),
        way(m::act_sign_in_github_code(), GitHub, true),
    ]
}

/// A phone cannot reach this computer's loopback: the URL for the network goes first.
fn qr_code(group: &Group, slot: &Slot) -> DialogView {
    let lan_url = slot.live.and_then(|live| live.lan_url.as_deref());
    let url = lan_url.or(slot.url());
    DialogView {
        body: Some(url.map_or_else(m::dialog_qr_none, |url| m::dialog_qr_body(short_url(url)))),
        qr: url.map(str::to_owned),
        ..titled(m::dialog_qr_title(
            group.tunnel.name.as_str(),
            slot.port_text(),
        ))
    }
}

fn errors(dialog: &Dialog) -> Vec<(Field, Msg)> {
    let text = |(field, error): &(Field, FieldError)| (*field, error_text(*field, error));
    dialog.errors.iter().map(text).collect()
}

/// Why what was typed into a field cannot be taken.
#[must_use]
pub fn error_text(field: Field, error: &FieldError) -> Msg {
    match error {
        FieldError::Empty => match field {
            Field::Name => m::error_empty_name(),
            Field::Target => m::error_empty_target(),
            Field::JoinLink => m::error_empty_link(),
            Field::Provider | Field::Protocol | Field::PublicPort => m::error_empty(),
        },
        FieldError::NotAPort { typed } => m::error_not_a_port(typed.as_str()),
        FieldError::NotATarget { typed } => m::error_not_a_target(typed.as_str()),
        FieldError::TwoPorts { typed } => m::error_two_ports(typed.as_str()),
        FieldError::TargetHasPath { typed } => m::error_target_has_path(typed.as_str()),
        FieldError::TargetHasUser => m::error_target_has_user(),
        FieldError::OwnListener { typed } => m::error_own_listener(typed.as_str()),
        FieldError::UnusableName { typed } => m::error_unusable_name(typed.as_str()),
        FieldError::NameExists { id } => m::error_name_exists(id.as_str()),
        FieldError::PortExists { port } => m::error_port_exists(port.to_string()),
        FieldError::NotAJoinLink { fault } => match fault {
            InvalidJoinLink::Scheme => m::error_link_scheme(),
            InvalidJoinLink::Token => m::error_link_token(),
            InvalidJoinLink::Address => m::error_link_address(),
            InvalidJoinLink::Fingerprint => m::error_link_fingerprint(),
        },
        FieldError::NoTcp => m::error_no_tcp(),
        FieldError::NotReady => m::error_not_ready(),
        FieldError::PublicPortNeedsTcp => m::error_public_port_needs_tcp(),
    }
}
