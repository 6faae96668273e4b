//! The settings, and with them the relay in use.

use super::Update;
use crate::app::event::Command;
use crate::app::state::relay_facts;
use crate::model::{
    Dialog, DialogKind, Field, FieldError, JoinLink, NoticeKind, Secret, Setting, Settings,
};

impl Update<'_> {
    pub(super) fn set(&mut self, change: impl FnOnce(&mut Settings)) {
        change(&mut self.state.inputs.settings);
        let settings = self.state.inputs.settings.clone();
        self.commands.push(Command::SaveSettings(settings));
    }

    /// What a setting does beyond being kept.
    pub(super) fn set_setting(&mut self, setting: Setting) {
        if let Setting::Lan(on) = setting {
            return self.set_lan(on);
        }
        self.set(|settings| settings.set(setting));
        if let Setting::Autostart(on) = setting {
            self.commands.push(Command::SetAutostart(on));
        }
    }

    fn set_lan(&mut self, on: bool) {
        let mut relay = self.state.inputs.settings.relay.clone();
        if relay.lan == on {
            return;
        }
        relay.lan = on;
        self.commands.push(Command::RestartRelay(relay));
        let is_joined = self.state.inputs.settings.relay.joined.is_some();
        self.set(|settings| settings.relay.lan = on);
        // Else what is hosted is hosted elsewhere.
        if !is_joined {
            self.move_hosted();
        }
    }

    pub(super) fn join_relay(&mut self, typed: &Secret) {
        let typed = typed.expose();
        let error = match typed.parse::<JoinLink>() {
            Ok(link) => {
                self.state.inputs.dialog = None;
                return self.commands.push(Command::JoinRelay(link));
            }
            Err(_) if typed.trim().is_empty() => FieldError::Empty,
            Err(fault) => FieldError::NotAJoinLink { fault },
        };
        self.state.inputs.dialog = Some(Dialog {
            kind: DialogKind::Settings,
            errors: vec![(Field::JoinLink, error)],
        });
    }

    pub(super) fn handle_joined(&mut self, link: &JoinLink, error: Option<NoticeKind>) {
        if let Some(kind) = error {
            self.notice(kind);
        }
        // Without its token: that is in the keychain.
        let public = link.to_string();
        let address = public.rsplit_once('@');
        let address = address.map(|(_, address)| address.to_owned());
        self.set(|settings| settings.relay.joined = address);
        self.move_hosted();
    }

    pub(super) fn leave_relay(&mut self) {
        self.commands.push(Command::LeaveRelay);
        self.set(|settings| settings.relay.joined = None);
        self.move_hosted();
    }

    /// The relay in use is another one: what is hosted moves to it.
    fn move_hosted(&mut self) {
        self.state.inputs.relay = relay_facts(&self.state.inputs.settings);
        self.restart_all();
    }
}
