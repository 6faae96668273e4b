//! Dialogs made by hand, for [`Scene`].

use super::views::Scene;
use underpass::model::{Access, Action, DialogKind, Field, Protocol};
use underpass::view::{Button, DialogView, Msg};

fn protocols() -> Vec<String> {
    Protocol::ALL.map(|protocol| protocol.to_string()).into()
}

impl Scene {
    pub fn dialog(self, kind: DialogKind, errors: Vec<(Field, Msg)>) -> DialogView {
        match kind {
            DialogKind::CreateTunnel => {
                let folded = self.folded(Some(kind)).window.dialog;
                let Some(DialogView::CreateTunnel { title, reach, .. }) = folded else {
                    panic!("it is open");
                };
                DialogView::CreateTunnel {
                    title,
                    reach,
                    errors,
                }
            }
            DialogKind::AddPort { tunnel } => DialogView::AddPort {
                tunnel,
                title: self.say("Add a port to frontend", "Adicionar uma porta a frontend"),
                protocols: protocols(),
                errors,
                submit: self.say("Add", "Adicionar"),
            },
            DialogKind::ChangeProtocol { key } => DialogView::ChangeProtocol {
                key,
                title: self.say(
                    "Protocol of frontend : 3000",
                    "Protocolo de frontend : 3000",
                ),
                body: self.say(
                    "What does localhost:3000 speak?",
                    "O que localhost:3000 fala?",
                ),
                protocols: protocols(),
                protocol: "auto".to_owned(),
                errors,
                submit: self.say("Change", "Alterar"),
            },
            DialogKind::DeleteTunnel { tunnel } => self.confirm(
                self.say("Delete frontend?", "Excluir frontend?"),
                self.button("Delete", "Excluir", Action::DeleteTunnel { tunnel }),
            ),
            DialogKind::RemovePort { key } => self.confirm(
                self.say("Remove port 3000?", "Remover a porta 3000?"),
                self.button("Remove", "Remover", Action::RemovePort { key }),
            ),
            DialogKind::MakePublic { tunnel } => {
                let access = Access::Public;
                let action = Action::SetAccess { tunnel, access };
                self.confirm(
                    self.say("Make frontend public?", "Tornar frontend público?"),
                    self.button("Make public", "Tornar público", action),
                )
            }
            DialogKind::QrCode { .. } => DialogView::QrCode {
                title: self.say("QR code", "Código QR"),
                body: self.say("frontend.localhost:7480", "frontend.localhost:7480"),
                url: Some("http://frontend.localhost:7480/".to_owned()),
            },
            DialogKind::Account { .. }
            | DialogKind::SignOut { .. }
            | DialogKind::Import
            | DialogKind::Settings
            | DialogKind::Health { .. }
            | DialogKind::About => {
                let folded = self.folded(Some(kind));
                folded.window.dialog.expect("it has all it shows")
            }
        }
    }

    fn confirm(self, title: Msg, confirm: Button) -> DialogView {
        DialogView::Confirm {
            title,
            body: self.say(
                "Its URL stops working for everyone.",
                "Sua URL para de funcionar para todos.",
            ),
            confirm,
        }
    }
}
