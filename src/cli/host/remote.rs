//! From the targets of `underpass host` at a provider that keeps accounts to tunnels of one: each is
//! asked about by itself, and made where it is not there.

use super::args::{HostArgs, HostTarget};
use super::plan::Plan;
use crate::base::clock;
use crate::cli::console::Failure;
use crate::cli::exit::Exit;
use crate::cli::runtime;
use crate::model::{
    Access, Offers, Pending, Port, Protocol, Reason, Remote, Target, Tunnel, TunnelId,
};
use crate::provider::{Inventory, Row};
use crate::view::fold::fault;
use crate::view::{Msg, messages as m};
use std::collections::BTreeSet;

/// An account that is asked for what was typed.
#[derive(Clone, Copy)]
pub(super) struct RemoteAccount<'a> {
    pub(super) offers: &'static Offers,
    pub(super) inventory: &'a dyn Inventory,
}

/// What is to be hosted, with its ports at the provider.
pub(super) fn plan(
    args: &HostArgs,
    account: RemoteAccount<'_>,
    saved: &[Tunnel],
) -> Result<Plan, Failure> {
    let runtime = runtime().map_err(|error| {
        let detail = error.to_string();
        fault(&Reason::Other { detail })
    })?;
    runtime.block_on(account.gather(args, saved))
}

/// Why a provider did not do it, with what helps in a terminal.
pub(in crate::cli) fn why(offers: &Offers, reason: &Reason) -> Failure {
    let msg = match (reason, offers.program) {
        (Reason::TooManyTunnels { limit }, _) => m::fault_account_full(*limit),
        (Reason::SignedOut, Some(program)) => {
            m::cli_sign_in_first(program.sign_in_command, offers.name)
        }
        (Reason::NotInstalled { .. }, Some(program)) => {
            m::cli_install_first(program.install_command, fault(reason))
        }
        (reason, _) => fault(reason),
    };
    Failure::As(Exit::of(reason), vec![msg])
}

impl RemoteAccount<'_> {
    fn why(&self, reason: &Reason) -> Failure {
        why(self.offers, reason)
    }

    async fn gather(&self, args: &HostArgs, saved: &[Tunnel]) -> Result<Plan, Failure> {
        let known: Vec<Tunnel> = saved
            .iter()
            .filter(|tunnel| tunnel.provider == self.offers.id)
            .cloned()
            .collect();
        let mut tunnels = vec![];
        let mut targets = vec![];
        for asked in &args.targets {
            match asked {
                HostTarget::Service(typed) => targets.push(typed.target.clone()),
                HostTarget::Saved(typed) => tunnels.push(self.existing(args, &known, typed).await?),
            }
        }
        let mut fixed_ports = BTreeSet::new();
        if let Some(first) = targets.first() {
            let name = args.name.clone();
            let name = name.unwrap_or_else(|| format!("port-{}", first.port));
            let typed = self.of_ports(args, &known, &name, &targets).await?;
            fixed_ports.insert(typed.id.clone());
            tunnels.push(typed);
        }
        let mut wanted: Vec<TunnelId> = tunnels.iter().map(|tunnel| tunnel.id.clone()).collect();
        wanted.dedup();
        for port in tunnels.iter_mut().flat_map(|tunnel| &mut tunnel.ports) {
            args.options.apply(&mut port.options);
        }
        Ok(Plan {
            tunnels,
            wanted,
            fixed_ports,
        })
    }

    /// A tunnel that is there: one targeted question.
    async fn existing(
        &self,
        args: &HostArgs,
        known: &[Tunnel],
        typed: &str,
    ) -> Result<Tunnel, Failure> {
        let provider = self.offers.id;
        let tunnel = self.look(typed, Typed::Target, known).await?;
        let tunnel = tunnel
            .ok_or_else(|| Failure::not_found(m::cli_no_such_remote(provider.as_str(), typed)))?;
        let tunnel = tunnel.tunnel;
        if tunnel.ports.is_empty() {
            let (id, provider) = (tunnel.id.as_str(), provider.as_str());
            return Err(m::cli_remote_no_ports(id, provider).into());
        }
        self.open(args, &tunnel).await?;
        Ok(tunnel)
    }

    /// The tunnel of this name with these ports, made or completed as needed.
    async fn of_ports(
        &self,
        args: &HostArgs,
        known: &[Tunnel],
        name: &str,
        targets: &[Target],
    ) -> Result<Tunnel, Failure> {
        let Some(Row { mut tunnel, .. }) = self.look(name, Typed::Name, known).await? else {
            return self.make(args, name, targets).await;
        };
        for target in targets {
            let port = new_port(args, &tunnel.id, target);
            if let Some(there) = tunnel.ports.iter_mut().find(|p| p.number == port.number) {
                self.check_protocol(args, &tunnel.id, there)?;
                there.target.clone_from(target);
                continue;
            }
            let add = Pending::AddPort(tunnel.id.clone(), port.clone());
            self.change(add, &tunnel).await?;
            tunnel.ports.push(port);
        }
        // What was typed is what is hosted: other ports of the tunnel lead nowhere from here.
        let typed = |port: &Port| targets.iter().any(|target| target.port == port.number);
        tunnel.ports.retain(typed);
        self.open(args, &tunnel).await?;
        Ok(tunnel)
    }

    async fn make(
        &self,
        args: &HostArgs,
        name: &str,
        targets: &[Target],
    ) -> Result<Tunnel, Failure> {
        let asked = new_tunnel(args, name, targets)?;
        let made = self.change(Pending::Create(asked.clone()), &asked).await?;
        // A tunnel that was made is brought back, always.
        let made = made.ok_or_else(|| self.why(&Reason::TunnelGone))?;
        Ok(made.tunnel.with_known(&asked))
    }

    async fn change(&self, change: Pending, known: &Tunnel) -> Result<Option<Row>, Failure> {
        let changed = self.inventory.change(change, known.clone()).await;
        changed.map_err(|reason| self.why(&reason))
    }

    /// The tunnel, if the account has it.
    async fn look(
        &self,
        typed: &str,
        how: Typed,
        known: &[Tunnel],
    ) -> Result<Option<Row>, Failure> {
        let typed = typed.trim();
        let known = find_known(known, typed).cloned();
        let ids = match &known {
            Some(known) => vec![known.id.to_string()],
            None => asked_for(typed, how),
        };
        let mut failed = None;
        for (tried, id) in ids.into_iter().enumerate() {
            match self.inventory.show(id).await {
                Ok(mut row) => {
                    if let Some(known) = &known {
                        row.tunnel = row.tunnel.with_known(known);
                    }
                    return Ok(Some(row));
                }
                Err(Reason::TunnelGone) => {}
                Err(reason @ (Reason::SignedOut | Reason::NotInstalled { .. })) => {
                    return Err(self.why(&reason));
                }
                // The second is a guess: a cluster that nobody has heard of may be no error of theirs.
                Err(reason) if tried == 0 => failed = Some(reason),
                Err(_) => {}
            }
        }
        match failed {
            Some(reason) => Err(self.why(&reason)),
            None => Ok(None),
        }
    }

    /// Opens it to everybody where that was asked for; what is open already stays so.
    async fn open(&self, args: &HostArgs, tunnel: &Tunnel) -> Result<(), Failure> {
        let access = tunnel.remote.as_ref().map(|remote| remote.access);
        if args.access() == Access::Private || access == Some(Access::Public) {
            return Ok(());
        }
        let open = Pending::SetAccess(tunnel.id.clone(), Access::Public);
        self.change(open, tunnel).await.map(|_| ())
    }

    fn check_protocol(&self, args: &HostArgs, id: &TunnelId, there: &Port) -> Result<(), Failure> {
        match args.protocol {
            Some(asked) if asked != there.protocol => Err(m::cli_remote_protocol(
                id.as_str(),
                there.number.to_string(),
                there.protocol.as_str(),
                self.offers.name,
            )
            .into()),
            Some(_) | None => Ok(()),
        }
    }
}

/// What was typed is this.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Typed {
    /// What a new tunnel is to be called.
    Name,
    /// A tunnel that is there: its id, or its name.
    Target,
}

/// The ids that it may have, the likeliest first: a new tunnel of that name is asked for under the one,
/// and the other is what somebody reads off a list.
fn asked_for(typed: &str, how: Typed) -> Vec<String> {
    let whole = typed.contains('.').then(|| TunnelId::new(typed).ok());
    let whole = whole.flatten().map(String::from);
    let mut ids: Vec<String> = TunnelId::stem_of(typed).into_iter().chain(whole).collect();
    if how == Typed::Target {
        ids.reverse();
    }
    ids
}

/// The tunnel of this id; else of this name, in any spelling that asks for the same id.
fn find_known<'t>(known: &'t [Tunnel], typed: &str) -> Option<&'t Tunnel> {
    let stem = TunnelId::stem_of(typed);
    let by = |is: &dyn Fn(&Tunnel) -> bool| known.iter().find(|tunnel| is(tunnel));
    by(&|tunnel| tunnel.id.as_str() == typed)
        .or_else(|| by(&|tunnel| tunnel.name == typed))
        .or_else(|| by(&|tunnel| Some(tunnel.id.stem()) == stem.as_deref()))
}

/// What is open to everybody though nobody asked for that here.
pub(super) fn open_anyway(args: &HostArgs, name: &str, plan: &Plan) -> Vec<Msg> {
    let is_public = |tunnel: &&Tunnel| {
        let access = tunnel.remote.as_ref().map(|remote| remote.access);
        args.access() == Access::Private && access == Some(Access::Public)
    };
    let hosted = plan.tunnels.iter().filter(|t| plan.wanted.contains(&t.id));
    let open = hosted.filter(is_public);
    open.map(|tunnel| m::cli_remote_public(tunnel.id.as_str(), name))
        .collect()
}

/// The tunnel that would be made where it is not there.
pub(super) fn new_tunnel(
    args: &HostArgs,
    name: &str,
    targets: &[Target],
) -> Result<Tunnel, Failure> {
    let id = TunnelId::from_name(name).ok_or_else(|| m::error_unusable_name(name))?;
    Ok(Tunnel {
        ports: targets
            .iter()
            .map(|target| new_port(args, &id, target))
            .collect(),
        id,
        name: name.to_owned(),
        provider: args.provider,
        chosen: crate::model::Chosen::default(),
        created_at: clock::now(),
        expires_at: None,
        remote: Some(Remote {
            access: args.access(),
            ..Remote::default()
        }),
    })
}

fn new_port(args: &HostArgs, id: &TunnelId, target: &Target) -> Port {
    let protocol = args.protocol.unwrap_or(Protocol::Auto);
    Port::new(target.clone(), protocol, id.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ProviderId;

    #[test]
    fn what_is_asked_for_is_the_same_each_time() {
        let asked = |typed: &str, how| asked_for(typed, how).join(" ");
        for (typed, name, target) in [
            ("web", "web", "web"),
            ("Mein Büro", "mein-buro", "mein-buro"),
            ("dot.ted", "dot-ted dot.ted", "dot.ted dot-ted"),
            ("web.usw2", "web-usw2 web.usw2", "web.usw2 web-usw2"),
            ("…", "", ""),
        ] {
            assert_eq!(asked(typed, Typed::Name), name);
            assert_eq!(asked(typed, Typed::Target), target);
        }
        let long = "a".repeat(55);
        assert_eq!(asked(&long, Typed::Target), long);
    }

    #[test]
    fn a_known_tunnel_is_found_by_what_made_it() {
        let tunnel = |id: &str, name: &str| Tunnel {
            id: TunnelId::new(id).expect("an id"),
            name: name.to_owned(),
            provider: ProviderId::SAMPLE,
            ports: vec![],
            chosen: crate::model::Chosen::default(),
            created_at: clock::now(),
            expires_at: None,
            remote: None,
        };
        let known = [tunnel("dot-ted.usw2", "dot-ted"), tunnel("b.usw2", "Zwei")];
        let found = |typed| find_known(&known, typed).map(|tunnel| tunnel.id.as_str());
        for typed in ["dot.ted", "Dot Ted", "dot-ted", "dot-ted.usw2"] {
            assert_eq!(found(typed), Some("dot-ted.usw2"), "{typed}");
        }
        assert_eq!(found("Zwei"), Some("b.usw2"));
        assert_eq!(found("c"), None);
    }

    #[test]
    fn what_is_public_already_is_said_unless_that_was_asked_for() {
        let args = |access| HostArgs {
            public: access == Access::Public,
            provider: ProviderId::SAMPLE,
            ..HostArgs::typed(&["1"])
        };
        let told = |asked, is| {
            let tunnel = new_tunnel(&args(is), "web", &[]).expect("it is right");
            let plan = Plan {
                wanted: vec![tunnel.id.clone()],
                tunnels: vec![tunnel],
                fixed_ports: BTreeSet::new(),
            };
            open_anyway(&args(asked), "Acme", &plan).len()
        };
        assert_eq!(told(Access::Private, Access::Public), 1);
        assert_eq!(told(Access::Public, Access::Public), 0);
        assert_eq!(told(Access::Private, Access::Private), 0);
    }
}
