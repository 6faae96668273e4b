//! Changes of the inventory: checked here, shown as if done, taken back when they were not.

use super::Update;
use super::reach::Carried;
use super::typed::{
    Errors, check_name, check_options, check_port, free_label, free_name, keep, new_port,
    not_carried,
};
use crate::app::event::Command;
use crate::model::{
    Access, AccountId, Chosen, Dialog, DialogKind, Field, FieldError, HostHeader, NoticeKind,
    Offers, Pending, Port, PortKey, Protocol, ProviderId, Reach, Reason, Remote, Secret, Target,
    Toast, Tunnel, TunnelId, parse_name, parse_target, parse_url_target,
};
use crate::provider::Row;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// A new tunnel, as typed.
pub(super) struct New<'t> {
    pub(super) name: &'t str,
    pub(super) provider: ProviderId,
    /// Whom it is for; those whom the provider reaches where it is not said.
    pub(super) reach: Option<Reach>,
    pub(super) access: Access,
    pub(super) target: &'t str,
    pub(super) protocol: Protocol,
    pub(super) public_port: &'t str,
    /// What was chosen of the provider's options, by key.
    pub(super) options: &'t BTreeMap<String, Secret>,
}

/// As typed. Of a URL that somebody else serves there need be no local service: then it stands for that.
fn typed_target<'n>(offers: &Offers, new: &'n New<'_>) -> Cow<'n, str> {
    let url = || new.options.get(offers.watches?).map(Secret::expose);
    if new.target.trim().is_empty()
        && let Some(typed) = url().and_then(parse_url_target)
    {
        return Cow::Owned(typed.target.to_string());
    }
    Cow::Borrowed(new.target)
}

impl Update<'_> {
    /// The empty window's one field: a tunnel named after its port, hosted at once.
    pub(super) fn share(&mut self, typed: &str, provider: ProviderId, reach: Option<Reach>) {
        match parse_target(typed) {
            Ok(target) => self.create(&New {
                name: &free_name(self.state, target.port),
                provider,
                reach,
                access: Access::Private,
                target: typed,
                protocol: Protocol::Auto,
                public_port: "",
                options: &self.way_options(provider, reach),
            }),
            Err(error) => {
                self.show_errors(DialogKind::CreateTunnel, vec![(Field::Target, error)]);
            }
        }
    }

    /// Makes a tunnel; it is hosted once the inventory has it.
    pub(super) fn create(&mut self, new: &New<'_>) {
        let mut errors = Errors::new();
        let carried = self.carried(new).unwrap_or_else(|error| {
            errors.push(error);
            Carried::as_is(new)
        });
        let inputs = &self.state.inputs;
        let offers = inputs.providers.of(carried.provider);
        if inputs.lacks(carried.provider).is_some() {
            errors.push((Field::Provider, FieldError::NotReady));
        }
        let name = check_name(self.state, carried.provider, new.name);
        let named = keep(&mut errors, Field::Name, name);
        let target = typed_target(offers, new);
        let port = check_port(
            &mut errors,
            &inputs.settings.relay,
            offers,
            &target,
            new.protocol,
            new.public_port,
        );
        let (chosen, secrets) = check_options(&mut errors, inputs, offers, &carried.options);
        let (Some((name, id)), Some((target, protocol, public_port)), true) =
            (named, port, errors.is_empty())
        else {
            return self.show_errors(DialogKind::CreateTunnel, errors);
        };
        let remote = Remote {
            access: new.access,
            ..Remote::default()
        };
        let mut tunnel = Tunnel {
            id,
            name,
            provider: carried.provider,
            ports: vec![],
            chosen,
            created_at: self.at,
            expires_at: None,
            remote: offers.is_remote().then_some(remote),
        };
        let port = new_port(&tunnel, target, protocol, public_port);
        tunnel.ports.push(port);
        for (key, secret) in secrets {
            let name = Chosen::secret_name(&tunnel.id, &key);
            self.commands.push(Command::KeepSecret(name, secret));
        }
        if carried.opens {
            // Before the tunnel is hosted: its engine finds the relay as it is to be.
            self.set_lan(true);
        }
        self.change(Pending::Create(tunnel));
    }

    pub(super) fn add_port(
        &mut self,
        id: &TunnelId,
        target: &str,
        protocol: Protocol,
        public_port: &str,
    ) {
        let Some(tunnel) = self.state.inputs.tunnel(id) else {
            return;
        };
        let mut errors = Errors::new();
        let offers = self.state.inputs.providers.of(tunnel.provider);
        let relay = &self.state.inputs.settings.relay;
        let checked = check_port(&mut errors, relay, offers, target, protocol, public_port);
        let taken = checked
            .as_ref()
            .map(|(target, ..)| target.port)
            .filter(|port| tunnel.port(*port).is_some());
        if let Some(port) = taken {
            errors.push((Field::Target, FieldError::PortExists { port }));
        }
        match checked {
            Some((target, protocol, public_port)) if errors.is_empty() => {
                let mut port = new_port(tunnel, target, protocol, public_port);
                port.label = free_label(self.state, port.label);
                self.change(Pending::AddPort(id.clone(), port));
            }
            Some(_) | None => {
                let tunnel = id.clone();
                self.show_errors(DialogKind::AddPort { tunnel }, errors);
            }
        }
    }

    pub(super) fn change_protocol(&mut self, key: &PortKey, protocol: Protocol) {
        let offers = self.state.inputs.offers(&key.tunnel);
        if !offers.carries(protocol) {
            let key = key.clone();
            let errors = vec![(Field::Protocol, not_carried(offers))];
            return self.show_errors(DialogKind::ChangeProtocol { key }, errors);
        }
        // What is asked from elsewhere closes no form that somebody fills in here.
        let of_this = |dialog: &Dialog| matches!(&dialog.kind, DialogKind::ChangeProtocol { key: of } if of == key);
        if self.state.inputs.dialog.as_ref().is_some_and(of_this) {
            self.state.inputs.dialog = None;
        }
        if self.port(key).is_some_and(|port| port.protocol != protocol) {
            self.ask(Pending::ChangeProtocol(key.clone(), protocol));
        }
    }

    /// Who asks checks the target before: nothing that is typed here leads to it.
    pub(super) fn change_target(&mut self, key: &PortKey, target: Target) {
        let Some(tunnel) = self.state.inputs.tunnel(&key.tunnel) else {
            return;
        };
        let led = tunnel.port(key.port).map(|port| &port.target);
        let is_free = target.port == key.port || tunnel.port(target.port).is_none();
        let is_remote = self.state.inputs.offers(&key.tunnel).is_remote();
        if led.is_some_and(|led| *led != target) && is_free && !is_remote {
            self.ask(Pending::ChangeTarget(key.clone(), target));
        }
    }

    /// Who asks checks the name before: nothing that is typed here leads to it.
    pub(super) fn rename(&mut self, id: &TunnelId, typed: &str) {
        let Ok((name, _)) = parse_name(typed) else {
            return;
        };
        let others = &self.state.inputs.tunnels;
        let is_taken = others.iter().any(|t| t.id != *id && t.name == name);
        let is_remote = self.state.inputs.offers(id).is_remote();
        if !is_taken && !is_remote {
            self.ask(Pending::Rename(id.clone(), name));
        }
    }

    /// Has a service that refuses the visitors' name asked by its own, where nobody has chosen a name.
    pub(super) fn make_local(&mut self, key: &PortKey) {
        let is_local =
            |pending: &Pending| matches!(pending, Pending::SetHostHeader(of, _) if of == key);
        let chosen = self.port(key).map(|port| &port.options.host_header);
        let can = self.state.inputs.offers(&key.tunnel).port_options;
        let asked = self.state.inputs.pending.iter().any(is_local);
        if can && chosen == Some(&HostHeader::Auto) && !asked {
            tracing::info!(port = %key.port, "the service refuses the visitors' name: it is asked by its own");
            self.ask(Pending::SetHostHeader(key.clone(), HostHeader::Rewrite));
        }
    }

    /// Deletes a tunnel, which is no longer hosted then.
    pub(super) fn delete(&mut self, id: &TunnelId) {
        self.state.inputs.dialog = None;
        if self.state.inputs.tunnel(id).is_none() {
            return;
        }
        if self
            .state
            .inputs
            .hosts
            .get(id)
            .is_some_and(|host| host.wanted)
        {
            // An inventory that refuses leaves it hosted.
            self.state.ledger.rehost.insert(id.clone());
        }
        self.stop(id);
        self.change(Pending::Delete(id.clone()));
    }

    pub(super) fn remove_port(&mut self, key: &PortKey) {
        self.state.inputs.dialog = None;
        if self.port(key).is_some() {
            self.change(Pending::RemovePort(key.clone()));
        }
    }

    pub(super) fn set_access(&mut self, id: &TunnelId, access: Access) {
        self.state.inputs.dialog = None;
        let tunnel = self.state.inputs.tunnel(id);
        let now = tunnel.and_then(|tunnel| tunnel.remote.as_ref());
        if now.is_some_and(|remote| remote.access != access) {
            self.change(Pending::SetAccess(id.clone(), access));
        }
    }

    /// Prolongs a tunnel's life; access stays as it is.
    pub(super) fn renew(&mut self, id: &TunnelId) {
        if self.state.inputs.offers(id).renewal {
            self.ask(Pending::Renew(id.clone()));
        }
    }

    /// A change that a dialog asked for.
    fn change(&mut self, change: Pending) {
        self.state.inputs.dialog = None;
        self.ask(change);
    }

    /// Asks the inventory for a change, which is shown as if done.
    pub(super) fn ask(&mut self, change: Pending) {
        let known = match &change {
            Pending::Create(tunnel) => Some(tunnel),
            _ => self.state.inputs.tunnel(change.tunnel()),
        };
        let Some(known) = known.cloned() else {
            return;
        };
        self.state.inputs.pending.push(change.clone());
        self.state.ledger.change(&known.id);
        self.commands.push(Command::Change {
            account: known.account(),
            change,
            known: Box::new(known),
        });
    }

    /// The inventory took a change, or did not: then what is shown goes back to what is.
    pub(super) fn handle_changed(
        &mut self,
        done: &Pending,
        result: Result<Option<Box<Row>>, Reason>,
    ) {
        let name = self.display_name(done);
        let account = self.state.inputs.account_of(done.tunnel());
        let pending = &mut self.state.inputs.pending;
        if let Some(first) = pending.iter().position(|pending| pending == done) {
            pending.remove(first);
        }
        let rehost = self.state.ledger.rehost.remove(done.tunnel());
        let made = match result {
            Ok(made) => made,
            Err(reason) => {
                self.take_back(done, account, reason);
                if rehost {
                    self.host(done.tunnel(), false);
                }
                return;
            }
        };
        self.state.ledger.change(done.tunnel());
        if let Pending::Delete(id) = done {
            self.forget_secrets(id);
        }
        if let Pending::Create(asked) = done {
            // Without its real id it is nothing yet: the next list has it.
            if let Some(made) = made {
                self.take_new(asked, *made);
            }
        } else {
            done.apply(&mut self.state.inputs.tunnels);
            if let Some(made) = made {
                self.take_row(*made);
            }
        }
        if let Some(account) = account {
            self.save_listed();
            if self.state.ledger.looks {
                self.refresh(&account, false);
            }
        }
        self.follow_change(done, name);
    }

    fn take_back(&mut self, change: &Pending, account: Option<AccountId>, reason: Reason) {
        self.state.ledger.imported.remove(change.tunnel());
        let Some(account) = account else {
            let detail = match reason {
                Reason::Other { detail } => detail,
                reason => reason.code().to_owned(),
            };
            let file = "tunnels.json".to_owned();
            return self.notice(NoticeKind::FileNotSaved { file, detail });
        };
        if reason.is_about_the_account() || matches!(reason, Reason::NotInstalled { .. }) {
            self.handle_trouble(&account, reason.clone());
        }
        let name = self.tunnel_name(change);
        self.notice(NoticeKind::ChangeRefused {
            account,
            change: change.word(),
            name,
            reason,
        });
    }

    /// A new tunnel has its real id from now on, and is hosted.
    fn take_new(&mut self, asked: &Tunnel, mut made: Row) {
        made.tunnel = made.tunnel.with_known(asked);
        let id = made.tunnel.id.clone();
        self.state.ledger.change(&id);
        if let Some(selected) = &mut self.state.inputs.selected
            && selected.tunnel == asked.id
        {
            selected.tunnel.clone_from(&id);
        }
        self.take_row(made);
        if !self.state.ledger.imported.remove(&asked.id) {
            self.host(&id, false);
        }
    }

    /// What is secret of a tunnel that goes opens nothing any more.
    fn forget_secrets(&mut self, id: &TunnelId) {
        let tunnel = self.state.inputs.tunnel(id);
        let keys = tunnel.iter().flat_map(|tunnel| &tunnel.chosen.secrets);
        let forget = keys.map(|key| Command::ForgetSecret(Chosen::secret_name(id, key)));
        self.commands.extend(forget);
    }

    /// What a change asks for beside the inventory.
    fn follow_change(&mut self, done: &Pending, name: String) {
        let inputs = &mut self.state.inputs;
        match done {
            // Hosted by now, under its real id; and what is probed, and how, follows from the facts.
            Pending::Create(_) | Pending::SetHealth(..) | Pending::Rename(..) => {}
            Pending::Delete(id) => {
                self.show_toast(Toast::Deleted { name });
                self.forget(id);
            }
            Pending::RemovePort(key) => {
                if inputs.selected.as_ref() == Some(key) {
                    inputs.selected = None;
                }
                inputs.probes.remove(key);
                self.show_toast(Toast::Deleted { name });
                self.ports_changed(&key.tunnel);
            }
            Pending::AddPort(id, _) => self.ports_changed(id),
            Pending::ChangeProtocol(key, _) | Pending::SetHostHeader(key, _) => {
                // What was seen was seen of the other protocol.
                inputs.probes.remove(key);
                self.ports_changed(&key.tunnel);
            }
            Pending::ChangeTarget(key, target) => {
                let now = PortKey::new(&key.tunnel, target.port);
                if inputs.selected.as_ref() == Some(key) {
                    inputs.selected = Some(now.clone());
                }
                inputs.probes.remove(key);
                inputs.probes.remove(&now);
                self.ports_changed(&key.tunnel);
            }
            Pending::SetAccess(id, _) => {
                // What was seen was seen by other rules.
                inputs.probes.retain(|key, _| key.tunnel != *id);
            }
            Pending::Renew(_) => self.show_toast(Toast::Renewed { name }),
        }
    }

    fn show_errors(&mut self, kind: DialogKind, errors: Errors) {
        self.state.inputs.dialog = Some(Dialog { kind, errors });
    }

    fn port(&self, key: &PortKey) -> Option<&Port> {
        self.state.inputs.tunnel(&key.tunnel)?.port(key.port)
    }

    /// What a change is said to be of: its port, or its tunnel.
    fn display_name(&self, change: &Pending) -> String {
        match change {
            Pending::RemovePort(key)
            | Pending::ChangeProtocol(key, _)
            | Pending::ChangeTarget(key, _)
            | Pending::SetHostHeader(key, _) => {
                let port = self.port(key);
                port.map_or_else(String::new, |port| port.target.to_string())
            }
            _ => self.tunnel_name(change),
        }
    }

    fn tunnel_name(&self, change: &Pending) -> String {
        let tunnel = match change {
            Pending::Create(tunnel) => Some(tunnel),
            _ => self.state.inputs.tunnel(change.tunnel()),
        };
        let id = || change.tunnel().to_string();
        tunnel.map_or_else(id, |tunnel| tunnel.name.clone())
    }
}
