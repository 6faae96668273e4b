//! What was typed into a dialog as the action it asks for.

use crate::model::{Action, DialogKind, Protocol};

/// The fields of the create, add and change dialogs, as typed.
pub(super) struct Typed {
    pub(super) name: String,
    pub(super) target: String,
    pub(super) protocol: String,
    pub(super) public_port: String,
}

/// What confirming the dialog `kind` asks for; nothing when it has no fields.
pub(super) fn action(kind: &DialogKind, typed: Typed) -> Option<Action> {
    // The protocol is picked, not typed: there is no wrong one.
    let protocol: Protocol = typed.protocol.parse().unwrap_or_default();
    // A public port that was typed before the protocol changed its mind is not meant any more.
    let public_port = if protocol.is_web() {
        String::new()
    } else {
        typed.public_port
    };
    match kind {
        DialogKind::CreateTunnel => Some(Action::CreateTunnel {
            name: typed.name,
            target: typed.target,
            protocol,
            public_port,
        }),
        DialogKind::AddPort { tunnel } => Some(Action::AddPort {
            tunnel: tunnel.clone(),
            target: typed.target,
            protocol,
            public_port,
        }),
        DialogKind::ChangeProtocol { key } => Some(Action::ChangeProtocol {
            key: key.clone(),
            protocol,
        }),
        DialogKind::DeleteTunnel { .. }
        | DialogKind::RemovePort { .. }
        | DialogKind::QrCode { .. }
        | DialogKind::Settings
        | DialogKind::About => None,
    }
}
