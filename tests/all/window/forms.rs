//! Dialogs made by hand, for [`Scene`].

use super::views::Scene;
use underpass::model::{Access, Action, DialogKind, Field, Protocol, ProviderId};
use underpass::view::{DialogView, Msg, ProviderChoice};

fn protocols() -> Vec<String> {
    Protocol::ALL.map(|protocol| protocol.to_string()).into()
}

impl Scene {
    pub fn dialog(self, kind: DialogKind, errors: Vec<(Field, Msg)>) -> DialogView {
        let (title, submit) = match kind {
            DialogKind::CreateTunnel => (
                self.say("New tunnel", "Novo túnel"),
                Some(self.say("Create and host", "Criar e hospedar")),
            ),
            DialogKind::AddPort { .. } => (
                self.say("Add a port to frontend", "Adicionar uma porta a frontend"),
                Some(self.say("Add", "Adicionar")),
            ),
            DialogKind::ChangeProtocol { .. } => (
                self.say(
                    "Protocol of frontend : 3000",
                    "Protocolo de frontend : 3000",
                ),
                Some(self.say("Change", "Mudar")),
            ),
            DialogKind::DeleteTunnel { .. } => {
                (self.say("Delete frontend?", "Excluir frontend?"), None)
            }
            DialogKind::RemovePort { .. } => {
                (self.say("Remove port 3000?", "Remover a porta 3000?"), None)
            }
            DialogKind::MakePublic { .. } => (
                self.say("Make frontend public?", "Tornar frontend público?"),
                None,
            ),
            DialogKind::Account { .. } => (self.say("Dev Tunnels", "Dev Tunnels"), None),
            DialogKind::SignOut { .. } => (
                self.say("Sign out of Dev Tunnels?", "Sair do Dev Tunnels?"),
                None,
            ),
            DialogKind::QrCode { .. } => (self.say("QR code", "Código QR"), None),
            DialogKind::Settings => (self.say("Settings", "Configurações"), None),
            DialogKind::About => (self.say("About Underpass", "Sobre o Underpass"), None),
        };
        let confirm = match &kind {
            DialogKind::DeleteTunnel { tunnel } => Some(self.button(
                "Delete",
                "Excluir",
                Action::DeleteTunnel {
                    tunnel: tunnel.clone(),
                },
            )),
            DialogKind::RemovePort { key } => {
                Some(self.button("Remove", "Remover", Action::RemovePort { key: key.clone() }))
            }
            DialogKind::MakePublic { tunnel } => Some(self.button(
                "Make public",
                "Tornar público",
                Action::SetAccess {
                    tunnel: tunnel.clone(),
                    access: Access::Public,
                },
            )),
            _ => None,
        };
        let question = self.say(
            "Its URL stops working for everyone.",
            "Sua URL para de funcionar para todos.",
        );
        DialogView {
            body: confirm.as_ref().map(|_| question),
            qr: matches!(kind, DialogKind::QrCode { .. })
                .then(|| "http://frontend.localhost:7480/".to_owned()),
            kind,
            title,
            errors,
            confirm,
            submit,
            protocol: "auto".to_owned(),
            protocols: protocols(),
            providers: vec![ProviderChoice {
                id: ProviderId::RELAY,
                name: self.say("Our relay", "Nosso relay"),
                protocols: protocols(),
                access: false,
                shut: None,
                set_up: None,
            }],
            code: None,
            steps: vec![],
        }
    }
}
