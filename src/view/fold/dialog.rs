//! The dialog in front, and what the settings show. A dialog whose subject is gone closes by itself.

use super::amount::short_url;
use super::button::enabled;
use super::scene::{Group, Scene, Slot};
use crate::model::{
    Action, Dialog, DialogKind, Field, FieldError, Inputs, InvalidJoinLink, Protocol,
};
use crate::view::{DialogView, Msg, SettingsView, messages as m};

/// The dialog in front.
pub(super) fn fold(scene: &Scene) -> Option<DialogView> {
    let dialog = scene.inputs.dialog.as_ref()?;
    let view = match &dialog.kind {
        DialogKind::CreateTunnel => form(m::dialog_create_title(), m::dialog_create_submit()),
        DialogKind::AddPort { tunnel } => {
            let name = scene.group(tunnel)?.tunnel.name.as_str();
            form(m::dialog_add_title(name), m::dialog_add_submit())
        }
        DialogKind::DeleteTunnel { tunnel } => delete_tunnel(scene.group(tunnel)?),
        DialogKind::RemovePort { key } => {
            let (group, slot) = scene.slot(key)?;
            remove_port(group, slot)
        }
        DialogKind::ChangeProtocol { key } => change_protocol(scene.slot(key)?.1),
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

fn change_protocol(slot: &Slot) -> DialogView {
    let target = slot.port.target.to_string();
    DialogView {
        body: Some(m::dialog_protocol_body(target)),
        protocol: slot.protocol.to_string(),
        ..form(
            m::dialog_protocol_title(slot.port_text()),
            m::dialog_protocol_submit(),
        )
    }
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
            Field::Protocol | Field::PublicPort => m::error_empty(),
        },
        FieldError::NotAPort { typed } => m::error_not_a_port(typed.as_str()),
        FieldError::NotATarget { typed } => m::error_not_a_target(typed.as_str()),
        FieldError::UnusableName { typed } => m::error_unusable_name(typed.as_str()),
        FieldError::NameExists { id } => m::error_name_exists(id.as_str()),
        FieldError::PortExists { port } => m::error_port_exists(port.to_string()),
        FieldError::NotAJoinLink { fault } => match fault {
            InvalidJoinLink::Scheme => m::error_link_scheme(),
            InvalidJoinLink::Token => m::error_link_token(),
            InvalidJoinLink::Address => m::error_link_address(),
            InvalidJoinLink::Fingerprint => m::error_link_fingerprint(),
        },
        FieldError::PublicPortNeedsTcp => m::error_public_port_needs_tcp(),
    }
}
