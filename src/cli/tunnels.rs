//! `underpass tunnels`: shows and changes what is saved, while the app is not there to do it.

use super::complete;
use super::console::{Console, Failure, print, print_json};
use super::host::remote::why;
use super::inventory::{FieldErrors, FollowUp, SavedInventory};
use super::parse::{self, find};
use super::port::{PortArgs, PortOptionArgs};
use super::runtime;
use crate::app::Begin;
use crate::base::clock;
use crate::base::files::Loaded;
use crate::model::{
    Access, AccountId, Action, Catalog, Offers, Pending, PortKey, PortNumber, Protocol, ProviderId,
    Tunnel, TunnelId,
};
use crate::platform::{AcquireError, Instance};
use crate::provider::registry;
use crate::secrets::Secrets;
use crate::store::{Home, Rows, SavedTunnels};
use crate::view::fold::{error_text, notice_text};
use crate::view::messages as m;
use clap::{Args, Subcommand};
use std::collections::BTreeSet;
use std::process::ExitCode;
use std::sync::Arc;

const EXAMPLES: &str = "\
Examples:
  underpass tunnels create \"My shop\" 3000
  underpass tunnels port add my-shop 5432 --protocol tcp
  underpass tunnels rename my-shop \"The shop\"
  underpass tunnels edit my-shop --port 5432 --protocol tcp
  underpass tunnels show my-shop --json";

#[derive(Args, Clone, Debug, PartialEq, Eq)]
#[command(after_help = EXAMPLES)]
pub(crate) struct TunnelsArgs {
    /// Print one JSON object per line instead of text
    #[arg(long, global = true)]
    json: bool,

    #[command(subcommand)]
    command: TunnelsCommand,
}

#[derive(Clone, Debug, PartialEq, Eq, Subcommand)]
enum TunnelsCommand {
    /// List saved tunnels, or those of an account
    List {
        /// Only this provider: its saved tunnels, or those in the account if the provider has accounts
        /// [default: all saved tunnels]
        #[arg(long, value_parser = parse::provider(), hide_possible_values = true)]
        provider: Option<ProviderId>,
    },
    /// Show a tunnel
    Show {
        /// Id or name of the tunnel
        #[arg(add = complete::tunnels())]
        id: String,
    },
    /// Save a new tunnel without hosting it
    Create {
        /// Name of the tunnel
        name: String,
        /// PORT or HOST:PORT
        target: String,
        #[command(flatten)]
        port: PortArgs,
    },
    /// Call a tunnel by another name; its id and its URLs stay
    Rename {
        /// Id or name of the tunnel
        #[arg(add = complete::tunnels())]
        id: String,
        /// Its new name
        name: String,
    },
    /// Change a port of a tunnel
    Edit {
        /// Id or name of the tunnel
        #[arg(add = complete::tunnels())]
        id: String,
        /// The port; the only one there is
        #[arg(long)]
        port: Option<PortNumber>,
        #[command(flatten)]
        to: EditArgs,
    },
    /// Delete a tunnel
    Delete {
        /// Id or name of the tunnel
        #[arg(add = complete::tunnels())]
        id: String,
    },
    /// Add or remove a port of a tunnel
    Port {
        #[command(subcommand)]
        change: PortChange,
    },
}

/// What is to be another; one of them at least.
#[derive(Clone, Debug, PartialEq, Eq, Args)]
#[group(required = true, multiple = true)]
struct EditArgs {
    /// What it speaks: http, https, tcp or auto
    #[arg(long, value_parser = parse::protocol(), hide_possible_values = true)]
    protocol: Option<Protocol>,
    /// Where it leads: PORT or HOST:PORT. Its URL stays
    #[arg(long)]
    target: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Subcommand)]
enum PortChange {
    /// Add a port
    Add {
        /// Id or name of the tunnel
        #[arg(add = complete::tunnels())]
        id: String,
        /// PORT or HOST:PORT
        target: String,
        #[command(flatten)]
        port: PortArgs,
    },
    /// Remove a port
    Remove {
        /// Id or name of the tunnel
        #[arg(add = complete::tunnels())]
        id: String,
        /// The port
        port: PortNumber,
    },
}

impl TunnelsArgs {
    pub(super) fn check(&self, providers: &Catalog) -> Result<(), String> {
        match self.command {
            TunnelsCommand::List { provider: Some(id) } => find(providers, id).map(|_| ()),
            _ => Ok(()),
        }
    }
}

pub(crate) fn run(home: &Home, args: TunnelsArgs) -> ExitCode {
    let tunnels = Tunnels {
        home,
        console: Console::of(home).for_programs(args.json),
        json: args.json,
    };
    tunnels.console.end(tunnels.run(args.command))
}

/// What is wrong with what was typed, a line each.
fn wrong(errors: &FieldErrors) -> Failure {
    let lines = errors
        .iter()
        .map(|(field, error)| error_text(*field, error));
    Failure::Usage(lines.collect())
}

/// What came of a change.
struct Made {
    id: TunnelId,
    /// As it is now; none where it is gone.
    tunnel: Option<Tunnel>,
    is_new: bool,
}

struct Tunnels<'a> {
    home: &'a Home,
    console: Console,
    json: bool,
}

impl Tunnels<'_> {
    fn run(&self, command: TunnelsCommand) -> Result<(), Failure> {
        match command {
            TunnelsCommand::List { provider } => {
                let offers = provider.map(|id| registry::catalog().of(id));
                if let Some(offers) = offers.filter(|offers| offers.is_remote()) {
                    return self.list_account(offers);
                }
                self.list(provider);
                Ok(())
            }
            TunnelsCommand::Show { id } => {
                let (inventory, rows) = self.look();
                self.show(found(&inventory, &id)?, &rows);
                Ok(())
            }
            TunnelsCommand::Create { name, target, port } => self.change(&port.options, |_| {
                Ok(Action::CreateTunnel {
                    name,
                    provider: ProviderId::RELAY,
                    reach: None,
                    access: Access::Private,
                    target,
                    protocol: port.protocol,
                    public_port: text(port.public_port),
                    options: [].into(),
                })
            }),
            TunnelsCommand::Rename { id, name } => self.rename(&id, &name),
            TunnelsCommand::Edit { id, port, to } => self.edit(&id, port, &to),
            TunnelsCommand::Delete { id } => self.change(&PortOptionArgs::default(), |inventory| {
                let tunnel = changeable(inventory, &id)?.id.clone();
                Ok(Action::DeleteTunnel { tunnel })
            }),
            TunnelsCommand::Port { change } => self.change_port(change),
        }
    }

    fn change_port(&self, change: PortChange) -> Result<(), Failure> {
        match change {
            PortChange::Add { id, target, port } => self.change(&port.options, |inventory| {
                let tunnel = changeable(inventory, &id)?;
                if let Some(offers) = registry::catalog().find(tunnel.provider) {
                    let refused = |why| Failure::Other(anyhow::Error::msg(why));
                    port.options.check(offers).map_err(refused)?;
                }
                Ok(Action::AddPort {
                    tunnel: tunnel.id.clone(),
                    target,
                    protocol: port.protocol,
                    public_port: text(port.public_port),
                })
            }),
            PortChange::Remove { id, port } => {
                self.change(&PortOptionArgs::default(), |inventory| {
                    let tunnel = changeable(inventory, &id)?;
                    if tunnel.port(port).is_none() {
                        let msg = m::cli_no_such_port(tunnel.id.as_str(), port.to_string());
                        return Err(Failure::not_found(msg));
                    }
                    let key = PortKey::new(&tunnel.id, port);
                    Ok(Action::RemovePort { key })
                })
            }
        }
    }

    /// What is saved, for somebody who only looks.
    fn look(&self) -> (SavedInventory, Rows) {
        self.begin(
            self.home.tunnels().peek(),
            self.home.hosted().peek(),
            self.home.rows().peek(),
        )
    }

    fn load(&self) -> (SavedInventory, Rows) {
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
    ) -> (SavedInventory, Rows) {
        let notices = [tunnels.notice, hosted.notice, rows.notice];
        for msg in notices.iter().flatten().filter_map(notice_text) {
            self.console.error(&msg);
        }
        let begin = Begin {
            tunnels: tunnels.value,
            hosted: hosted.value,
            rows: rows.value.clone(),
            providers: registry::catalog(),
            ..Begin::default()
        };
        (SavedInventory::new(begin, clock::now()), rows.value)
    }

    fn list(&self, provider: Option<ProviderId>) {
        let (inventory, rows) = self.look();
        let of = |tunnel: &&Tunnel| provider.is_none_or(|id| tunnel.provider == id);
        let mut tunnels = inventory.tunnels().iter().filter(of).peekable();
        if tunnels.peek().is_none() && !self.json {
            self.console.say(&m::cli_tunnels_none());
        }
        tunnels.for_each(|tunnel| self.show(tunnel, &rows));
    }

    /// What the account has, fresh.
    fn list_account(&self, offers: &'static Offers) -> Result<(), Failure> {
        let (inventory, mut rows) = self.look();
        let tunnels = inventory.tunnels().iter();
        let known = tunnels.filter(|tunnel| tunnel.provider == offers.id);
        let because = |reason| why(offers, &reason);
        let providers = registry::remote(&Arc::new(Secrets::open(self.home.path(), true)));
        let account = providers.inventory(&AccountId::only(offers.id));
        let account = account.map_err(because)?;
        let listed = runtime()?.block_on(account.list(known.cloned().collect()));
        let listed = listed.map_err(because)?;
        if listed.is_empty() && !self.json {
            self.console.say(&m::cli_account_none(offers.id.as_str()));
        }
        for reported in listed {
            if !reported.live.is_empty() {
                rows.insert(reported.tunnel.id.clone(), reported.live);
            }
            let tunnel = reported.tunnel;
            let known = inventory.tunnels().iter().find(|t| t.id == tunnel.id);
            self.show(
                &known.map_or(tunnel.clone(), |known| tunnel.with_known(known)),
                &rows,
            );
        }
        Ok(())
    }

    fn show(&self, tunnel: &Tunnel, rows: &Rows) {
        if self.json {
            return print_json(tunnel);
        }
        let (id, name) = (tunnel.id.as_str(), tunnel.name.as_str());
        self.console.say(&m::cli_tunnel_line(id, name));
        for port in &tunnel.ports {
            let mut served = rows.get(&tunnel.id).into_iter().flatten();
            let served = served.find(|served| served.number == port.number);
            let (target, protocol) = (port.target.to_string(), port.protocol.as_str());
            let msg = match served {
                Some(served) => m::cli_tunnel_url(protocol, target, served.url.as_str()),
                None => m::cli_tunnel_port(protocol, target),
            };
            print(&format!("  {}", self.console.text(&msg)));
        }
    }

    /// Changes what is saved and says what it is now.
    fn change(
        &self,
        options: &PortOptionArgs,
        action: impl FnOnce(&SavedInventory) -> Result<Action, Failure>,
    ) -> Result<(), Failure> {
        let made = self.make(options, action)?;
        self.confirm(&made.id, made.tunnel.as_ref(), made.is_new);
        Ok(())
    }

    /// Changes what is saved; a port that is made has these options. The app keeps its own copy while it
    /// runs and would save that over it.
    fn make(
        &self,
        options: &PortOptionArgs,
        action: impl FnOnce(&SavedInventory) -> Result<Action, Failure>,
    ) -> Result<Made, Failure> {
        let _alone = match Instance::keep_away(self.home.path()) {
            Ok(alone) => alone,
            Err(AcquireError::AlreadyRunning(_)) => {
                return Err(Failure::in_use(m::cli_app_runs()));
            }
            Err(AcquireError::Io(error)) => return Err(error.into()),
        };
        let (mut inventory, _) = self.load();
        if self.home.tunnels().is_newer() {
            return Err(Failure::Because(m::cli_file_too_new("tunnels.json")));
        }
        let action = action(&inventory)?;
        let at = clock::now();
        let asked = inventory.propose(at, action);
        let (mut change, known) = asked.map_err(|errors| wrong(&errors))?;
        choose(&mut change, options);
        let saved = SavedTunnels::of(self.home, inventory.tunnels().to_vec());
        let made = saved.change(&change, &known)?;
        let is_new = matches!(change, Pending::Create(_));
        let follow_up = inventory.commit(at, change, made.clone());
        self.save(&follow_up)?;
        Ok(Made {
            id: known.id,
            tunnel: made,
            is_new,
        })
    }

    fn save(&self, follow_up: &FollowUp) -> Result<(), Failure> {
        if let Some(hosted) = &follow_up.hosted {
            self.home.hosted().save(hosted)?;
        }
        if let Some(rows) = &follow_up.rows {
            self.home.rows().save(rows)?;
        }
        if !follow_up.secrets.is_empty() {
            let secrets = Secrets::open(self.home.path(), self.home.is_private());
            for name in &follow_up.secrets {
                secrets.delete(name)?;
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
            self.console.say(&said);
        }
    }
}

/// As it is typed in the window.
fn text(port: Option<PortNumber>) -> String {
    port.map_or_else(String::new, |port| port.to_string())
}

/// Gives the ports that are made what was chosen for them.
fn choose(change: &mut Pending, options: &PortOptionArgs) {
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
fn changeable<'i>(inventory: &'i SavedInventory, typed: &str) -> Result<&'i Tunnel, Failure> {
    let tunnel = found(inventory, typed)?;
    let offers = registry::catalog().of(tunnel.provider);
    if offers.is_remote() {
        let msg = m::cli_not_saved_here(tunnel.id.as_str(), offers.name);
        return Err(Failure::Because(msg));
    }
    Ok(tunnel)
}

fn found<'i>(inventory: &'i SavedInventory, typed: &str) -> Result<&'i Tunnel, Failure> {
    let found = inventory.find(typed);
    found.ok_or_else(|| Failure::not_found(m::cli_no_such_tunnel(typed)))
}

#[path = "edit.rs"]
mod edit;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::{Command, parse};
    use crate::model::HostHeader;

    fn typed(words: &str) -> TunnelsArgs {
        let words = ["underpass", "tunnels"].into_iter().chain(words.split(' '));
        let typed = parse(words.map(Into::into), |_| None, &Catalog::sample());
        match typed.expect("it is right").command {
            Some(Command::Tunnels(args)) => args,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_is_chosen_for_a_port_is_read() {
        let args = typed("create web 1 --host-header app.test");
        let TunnelsCommand::Create { port, .. } = args.command else {
            panic!("no new tunnel");
        };
        let value = HostHeader::Value("app.test".to_owned());
        assert_eq!(port.options.host_header, Some(value));
        let args = typed("port remove web 80 --json");
        assert!(args.json);
        let TunnelsCommand::Port { change } = args.command else {
            panic!("no port");
        };
        assert!(matches!(change, PortChange::Remove { .. }));
    }
}
