//! The settings, and with them the relay in use.

use super::Update;
use crate::app::event::Command;
use crate::engine::EngineCommand;
use crate::model::{
    AccountId, Dialog, DialogKind, Field, FieldError, JoinLink, Life, NoticeKind, RelayFacts,
    Secret, Setting, Settings, Tunnel, TunnelId,
};

impl Update<'_> {
    pub(super) fn set(&mut self, change: impl FnOnce(&mut Settings)) {
        change(&mut self.state.inputs.settings);
        let settings = self.state.inputs.settings.clone();
        self.commands.push(Command::SaveSettings(settings));
    }

    /// Sets an option of the tunnel's provider, and hosts the tunnel with it.
    pub(super) fn host_with(&mut self, tunnel: &TunnelId, key: &str, value: &str) {
        let Some(known) = self.state.inputs.tunnel(tunnel) else {
            return;
        };
        let provider = known.provider;
        self.set(|settings| settings.set_option(provider, key, value));
        // One that is there has the options of before.
        self.end_engines(|id| id == tunnel);
        self.host(tunnel, false);
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

    pub(super) fn set_lan(&mut self, on: bool) {
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

    pub(super) fn keep_token(&mut self, account: &AccountId, token: Secret) {
        let offers = self.state.inputs.providers.of(account.provider);
        if !offers
            .token
            .is_some_and(|spec| (spec.takes)(token.expose()))
        {
            let takes = offers.token.map_or("", |spec| spec.page).to_owned();
            let account = account.clone();
            self.state.inputs.dialog = Some(Dialog {
                kind: DialogKind::Account { account },
                errors: vec![(Field::Token, FieldError::NotTaken { takes })],
            });
            return;
        }
        self.state.inputs.dialog = None;
        self.state.inputs.tokens.insert(account.clone());
        self.commands
            .push(Command::KeepToken(account.clone(), token));
        self.reconnect_signed_out(account);
    }

    /// What is hosted goes on: only a new connection asks for the token.
    pub(super) fn forget_token(&mut self, account: AccountId) {
        self.state.inputs.tokens.remove(&account);
        self.commands.push(Command::ForgetToken(account));
    }

    /// What waits for somebody to sign in there tries again.
    fn reconnect_signed_out(&mut self, account: &AccountId) {
        let waits = |tunnel: &&Tunnel| {
            let host = self.state.inputs.hosts.get(&tunnel.id);
            tunnel.account() == *account
                && host.is_some_and(|host| matches!(host.life, Life::SignIn(_)))
        };
        let tunnels = self.state.inputs.tunnels.iter().filter(waits);
        let waiting: Vec<TunnelId> = tunnels.map(|tunnel| tunnel.id.clone()).collect();
        for tunnel in &waiting {
            self.tell(tunnel, EngineCommand::Reconnect);
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
        self.state.inputs.relay = RelayFacts::of(&self.state.inputs.settings.relay);
        self.restart_all();
    }
}
