//! `underpass tunnels`: shows and changes what is saved, while the app is not there to do it.

use super::USAGE;
use super::host::remote;
use super::inventory::{Followed, Inventory, Wrong};
use super::speech::{Speech, complain, print_json};
use crate::app::Begin;
use crate::base::clock;
use crate::base::files::Loaded;
use crate::cli::{ChosenOptions, TunnelsArgs, TunnelsTask};
use crate::model::{
    Access, AccountId, Action, Offers, Pending, PortKey, ProviderId, Tunnel, TunnelId,
};
use crate::platform::{AcquireError, Instance};
use crate::provider::registry;
use crate::secrets::Secrets;
use crate::store::{Home, Rows, SavedTunnels};
use crate::view::fold::{error_text, notice_text};
use crate::view::{Msg, messages as m};
use std::collections::BTreeSet;
use std::process::ExitCode;
use std::sync::Arc;

/// Why nothing was changed.
enum Refused {
    /// What was typed cannot be taken.
    Wrong(Wrong),
    /// It cannot be done.
    Because(Msg),
    /// The system would not do it.
    System(std::io::Error),
}

pub(crate) fn run(home: &Home, args: TunnelsArgs) -> ExitCode {
    let speech = Speech::of(home);
    let done = Desk {
        home,
        speech: &speech,
        json: args.json,
    }
    .run(args.task);
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(Refused::Wrong(errors)) => {
            for (field, error) in &errors {
                speech.complain(&error_text(*field, error));
            }
            ExitCode::from(USAGE)
        }
        Err(Refused::Because(msg)) => {
            speech.complain(&msg);
            ExitCode::FAILURE
        }
        Err(Refused::System(error)) => {
            complain(&error.to_string());
            ExitCode::FAILURE
        }
    }
}

struct Desk<'d> {
    home: &'d Home,
    speech: &'d Speech,
    json: bool,
}

impl Desk<'_> {
    fn run(&self, task: TunnelsTask) -> Result<(), Refused> {
        match task {
            TunnelsTask::List { provider } => {
                let offers = registry::catalog().of(provider);
                if offers.is_remote() {
                    return self.list_account(offers);
                }
                self.list();
                Ok(())
            }
            TunnelsTask::Show { id } => {
                let (inventory, rows) = self.look();
                self.show(found(&inventory, &id)?, &rows);
                Ok(())
            }
            TunnelsTask::Create {
                name,
                target,
                protocol,
                public_port,
                options,
            } => self.change_with(&options, |_| {
                Ok(Action::CreateTunnel {
                    name,
                    provider: ProviderId::RELAY,
                    access: Access::Private,
                    target,
                    protocol,
                    public_port: public_port.map_or_else(String::new, |port| port.to_string()),
                    options: [].into(),
                })
            }),
            TunnelsTask::Delete { id } => self.change(|inventory| {
                let tunnel = changeable(inventory, &id)?.id.clone();
                Ok(Action::DeleteTunnel { tunnel })
            }),
            TunnelsTask::AddPort {
                id,
                target,
                protocol,
                public_port,
                options,
            } => self.change_with(&options, |inventory| {
                Ok(Action::AddPort {
                    tunnel: changeable(inventory, &id)?.id.clone(),
                    target,
                    protocol,
                    public_port: public_port.map_or_else(String::new, |port| port.to_string()),
                })
            }),
            TunnelsTask::RemovePort { id, port } => self.change(|inventory| {
                let tunnel = changeable(inventory, &id)?;
                if tunnel.port(port).is_none() {
                    let msg = m::cli_no_such_port(tunnel.id.as_str(), port.to_string());
                    return Err(Refused::Because(msg));
                }
                let key = PortKey::new(&tunnel.id, port);
                Ok(Action::RemovePort { key })
            }),
        }
    }

    /// What is saved, for somebody who only looks.
    fn look(&self) -> (Inventory, Rows) {
        self.begin(
            self.home.tunnels().peek(),
            self.home.hosted().peek(),
            self.home.rows().peek(),
        )
    }

    fn load(&self) -> (Inventory, Rows) {
        self.begin(
            self.home.tunnels().load(),
            self.home.hosted().load(),
            self.home.rows().load(),
        )
    }

    fn begin(
        &self,
        tunnels: Loaded<Vec<Tunnel>>,
        hosted: Loaded<BTreeSet<TunnelId>>,
        rows: Loaded<Rows>,
    ) -> (Inventory, Rows) {
        let notices = [tunnels.notice, hosted.notice, rows.notice];
        for msg in notices.iter().flatten().filter_map(notice_text) {
            self.speech.complain(&msg);
        }
        let begin = Begin {
            tunnels: tunnels.value,
            hosted: hosted.value,
            rows: rows.value.clone(),
            providers: registry::catalog(),
            ..Begin::default()
        };
        (Inventory::new(begin, clock::now()), rows.value)
    }

    fn list(&self) {
        let (inventory, rows) = self.look();
        if inventory.tunnels().is_empty() && !self.json {
            self.speech.say(&m::cli_tunnels_none());
        }
        for tunnel in inventory.tunnels() {
            self.show(tunnel, &rows);
        }
    }

    /// What the account has, fresh.
    fn list_account(&self, offers: &'static Offers) -> Result<(), Refused> {
        let (inventory, mut rows) = self.look();
        let tunnels = inventory.tunnels().iter();
        let known = tunnels.filter(|tunnel| tunnel.provider == offers.id);
        let because = |reason| Refused::Because(remote::why(offers, &reason));
        let providers = registry::remote(Arc::new(Secrets::open(self.home.path(), true)));
        let account = providers.inventory(&AccountId::only(offers.id));
        let account = account.map_err(because)?;
        let runtime = super::runtime().map_err(Refused::System)?;
        let listed = runtime.block_on(account.list(known.cloned().collect()));
        let listed = listed.map_err(because)?;
        if listed.is_empty() && !self.json {
            self.speech.say(&m::cli_account_none(offers.id.as_str()));
        }
        for reported in listed {
            if !reported.live.is_empty() {
                rows.insert(reported.tunnel.id.clone(), reported.live);
            }
            self.show(&reported.tunnel, &rows);
        }
        Ok(())
    }

    fn show(&self, tunnel: &Tunnel, rows: &Rows) {
        if self.json {
            return print_json(tunnel);
        }
        let (id, name) = (tunnel.id.as_str(), tunnel.name.as_str());
        self.speech.say(&m::cli_tunnel_line(id, name));
        for port in &tunnel.ports {
            let mut served = rows.get(&tunnel.id).into_iter().flatten();
            let served = served.find(|served| served.number == port.number);
            let (target, protocol) = (port.target.to_string(), port.protocol.as_str());
            let msg = match served {
                Some(served) => m::cli_tunnel_url(protocol, target, served.url.as_str()),
                None => m::cli_tunnel_port(protocol, target),
            };
            super::speech::print(&format!("  {}", self.speech.text(&msg)));
        }
    }

    /// Changes what is saved. The app keeps its own copy while it runs and would save that over it.
    fn change(
        &self,
        action: impl FnOnce(&Inventory) -> Result<Action, Refused>,
    ) -> Result<(), Refused> {
        self.change_with(&ChosenOptions::default(), action)
    }

    /// The same, for a port that is made: with these options.
    fn change_with(
        &self,
        options: &ChosenOptions,
        action: impl FnOnce(&Inventory) -> Result<Action, Refused>,
    ) -> Result<(), Refused> {
        let _alone = match Instance::keep_away(self.home.path()) {
            Ok(alone) => alone,
            Err(AcquireError::AlreadyRunning(_)) => {
                return Err(Refused::Because(m::cli_app_runs()));
            }
            Err(AcquireError::Io(error)) => return Err(Refused::System(error)),
        };
        let (mut inventory, _) = self.load();
        if self.home.tunnels().is_newer() {
            return Err(Refused::Because(m::cli_file_too_new("tunnels.json")));
        }
        let action = action(&inventory)?;
        let at = clock::now();
        let asked = inventory.ask(at, action);
        let (mut change, known) = asked.map_err(Refused::Wrong)?;
        choose(&mut change, options);
        let saved = SavedTunnels::of(self.home, inventory.tunnels().to_vec());
        let made = saved.change(&change, &known).map_err(Refused::System)?;
        let is_new = matches!(change, Pending::Create(_));
        let followed = inventory.take(at, change, made.clone());
        self.save(&followed).map_err(Refused::System)?;
        self.confirm(&known.id, made.as_ref(), is_new);
        Ok(())
    }

    fn save(&self, followed: &Followed) -> std::io::Result<()> {
        if let Some(hosted) = &followed.hosted {
            self.home.hosted().save(hosted)?;
        }
        if let Some(rows) = &followed.rows {
            self.home.rows().save(rows)?;
        }
        if !followed.secrets.is_empty() {
            let secrets = Secrets::open(self.home.path(), self.home.is_private());
            for name in &followed.secrets {
                secrets.delete(name).map_err(std::io::Error::other)?;
            }
        }
        Ok(())
    }

    /// The tunnel as it is now, or that it is gone.
    fn confirm(&self, id: &TunnelId, made: Option<&Tunnel>, is_new: bool) {
        if let Some(tunnel) = made {
            self.show(tunnel, &Rows::new());
        }
        let said = match made {
            None => m::cli_tunnel_deleted(id.as_str()),
            Some(_) if is_new => m::cli_tunnel_saved(id.as_str()),
            Some(_) => return,
        };
        if !self.json {
            self.speech.say(&said);
        }
    }
}

/// Gives the ports that are made what was chosen for them.
fn choose(change: &mut Pending, options: &ChosenOptions) {
    let ports = match change {
        Pending::Create(tunnel) => &mut tunnel.ports[..],
        Pending::AddPort(_, port) => std::slice::from_mut(port),
        _ => return,
    };
    for port in ports {
        options.apply(&mut port.options);
    }
}

/// What can be changed without asking anybody.
fn changeable<'i>(inventory: &'i Inventory, typed: &str) -> Result<&'i Tunnel, Refused> {
    let tunnel = found(inventory, typed)?;
    let offers = registry::catalog().of(tunnel.provider);
    if offers.is_remote() {
        let msg = m::cli_not_saved_here(tunnel.id.as_str(), offers.name);
        return Err(Refused::Because(msg));
    }
    Ok(tunnel)
}

fn found<'i>(inventory: &'i Inventory, typed: &str) -> Result<&'i Tunnel, Refused> {
    let found = inventory.find(typed);
    found.ok_or_else(|| Refused::Because(m::cli_no_such_tunnel(typed)))
}
