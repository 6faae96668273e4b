//! What was typed into a dialog as the action it asks for.

use crate::model::{Access, Action, DialogKind, Protocol};

/// The word for a tunnel that anybody may visit.
const PUBLIC: &str = "public";

/// The fields of the create, add and change dialogs, as typed.
pub(super) struct Typed {
    pub(super) name: String,
    pub(super) provider: String,
    pub(super) access: String,
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
            // Picked, too.
            provider: typed.provider.parse().unwrap_or_default(),
            access: if typed.access == PUBLIC {
                Access::Public
            } else {
                Access::Private
            },
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
        | DialogKind::MakePublic { .. }
        | DialogKind::Account { .. }
        | DialogKind::SignOut { .. }
        | DialogKind::QrCode { .. }
        | DialogKind::Settings
        | DialogKind::About => None,
    }
}
