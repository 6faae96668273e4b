//! From the targets of `underpass host` to tunnels: pure.

use super::args::{HostArgs, HostTarget};
use crate::app::Begin;
use crate::cli::inventory::{FieldErrors, SavedInventory, find};
use crate::model::{
    Access, AccountId, Action, Protocol, Secret, Settings, Tunnel, TunnelId, TypedTarget,
    UnixMillis, default_name,
};
use crate::provider::registry;
use std::collections::BTreeSet;

/// What to host.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Plan {
    /// Every tunnel that can be hosted here: what was typed and what is saved.
    pub(super) tunnels: Vec<Tunnel>,
    /// Those that are hosted at once, in the order they were typed.
    pub(super) wanted: Vec<TunnelId>,
    /// Those of which only the ports that were typed are hosted.
    pub(super) fixed_ports: BTreeSet<TunnelId>,
}

/// Why there is nothing to host.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum NoPlan {
    /// No saved tunnel is called so.
    NoSuchTunnel(String),
    /// A saved tunnel without ports.
    NoPorts(Box<Tunnel>),
    /// A saved tunnel was asked for and the ports were given its name.
    Twice(String),
    /// What was typed cannot be taken.
    Wrong(FieldErrors),
}

/// What is known before anything is typed.
pub(super) struct Known<'k> {
    pub(super) settings: &'k Settings,
    pub(super) saved: &'k [Tunnel],
    /// This installation's id, where others use the same relay.
    pub(super) shared: Option<&'k str>,
}

impl Plan {
    /// Several as one.
    pub(super) fn of(plans: Vec<Self>) -> Result<Self, NoPlan> {
        let mut plans = plans.into_iter();
        let Some(mut whole) = plans.next() else {
            return Ok(Self {
                tunnels: vec![],
                wanted: vec![],
                fixed_ports: BTreeSet::new(),
            });
        };
        for plan in plans {
            let is_twice = |tunnel: &&Tunnel| {
                let is_wanted = |wanted: &[TunnelId]| wanted.contains(&tunnel.id);
                is_wanted(&whole.wanted) && is_wanted(&plan.wanted)
            };
            if let Some(twice) = plan.tunnels.iter().find(is_twice) {
                return Err(NoPlan::Twice(twice.name.clone()));
            }
            for tunnel in plan.tunnels {
                let is_there = whole.tunnels.iter().any(|there| there.id == tunnel.id);
                if plan.wanted.contains(&tunnel.id) {
                    whole.tunnels.retain(|there| there.id != tunnel.id);
                    whole.tunnels.push(tunnel);
                } else if !is_there {
                    whole.tunnels.push(tunnel);
                }
            }
            whole.wanted.extend(plan.wanted);
            whole.fixed_ports.extend(plan.fixed_ports);
        }
        Ok(whole)
    }
}

/// All ports make one tunnel; each saved tunnel is one of its own. A saved tunnel that has the name
/// of the ports stands back.
pub(super) fn plan(args: &HostArgs, known: &Known<'_>, at: UnixMillis) -> Result<Plan, NoPlan> {
    let mut wanted = vec![];
    let mut targets = vec![];
    for asked in &args.targets {
        match asked {
            HostTarget::Service(typed) => targets.push(typed.clone()),
            HostTarget::Saved(name) => {
                let tunnel =
                    find(known.saved, name).ok_or_else(|| NoPlan::NoSuchTunnel(name.clone()))?;
                if tunnel.ports.is_empty() {
                    return Err(NoPlan::NoPorts(Box::new(tunnel.clone())));
                }
                wanted.push(tunnel.id.clone());
            }
        }
    }
    let mut tunnels = known.saved.to_vec();
    if let Some(made) = make(args, known, &targets, at).map_err(NoPlan::Wrong)? {
        if wanted.contains(&made.id) {
            return Err(NoPlan::Twice(made.name));
        }
        tunnels.retain(|tunnel| tunnel.id != made.id);
        wanted.push(made.id.clone());
        tunnels.push(made);
    }
    wanted.dedup();
    for tunnel in tunnels.iter_mut().filter(|t| wanted.contains(&t.id)) {
        for port in &mut tunnel.ports {
            args.options.apply(&mut port.options);
        }
    }
    Ok(Plan {
        tunnels,
        wanted,
        // The others are what the inventory of this computer has of them.
        fixed_ports: BTreeSet::new(),
    })
}

/// The tunnel of the ports, if there are any.
fn make(
    args: &HostArgs,
    known: &Known<'_>,
    targets: &[TypedTarget],
    at: UnixMillis,
) -> Result<Option<Tunnel>, FieldErrors> {
    let Some((first, others)) = targets.split_first() else {
        return Ok(None);
    };
    let name = args.name.clone();
    let name = name.unwrap_or_else(|| default_name(first.target.port, known.shared));
    // What was said counts more than what was pasted.
    let protocol = |typed: &TypedTarget| {
        let said = args.protocol.or(typed.protocol);
        said.unwrap_or(Protocol::Auto)
    };
    let mut begin = Begin {
        // Whether a token is there, and whether it is taken, shows when the tunnel is hosted.
        tokens: BTreeSet::from([AccountId::only(args.provider)]),
        settings: known.settings.clone(),
        providers: registry::catalog(),
        ..Begin::default()
    };
    if let Some(link) = &args.relay {
        begin.settings.relay.joined = Some(link.address());
    }
    let mut inventory = SavedInventory::new(begin, at);
    let public_port = args.public_port.map(|port| port.to_string());
    let create = Action::CreateTunnel {
        name,
        provider: args.provider,
        reach: None,
        access: Access::Private,
        target: first.target.to_string(),
        protocol: protocol(first),
        public_port: public_port.unwrap_or_default(),
        options: args
            .set
            .tunnel
            .iter()
            .map(|(key, value)| (key.clone(), Secret::new(value)))
            .collect(),
    };
    inventory.change(at, create)?;
    for typed in others {
        // The one that was made just now.
        let Some(made) = inventory.tunnels().first() else {
            break;
        };
        let add = Action::AddPort {
            tunnel: made.id.clone(),
            target: typed.target.to_string(),
            protocol: protocol(typed),
            public_port: String::new(),
        };
        inventory.change(at, add)?;
    }
    Ok(inventory.tunnels().first().cloned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::port::PortOptionArgs;
    use crate::model::{
        CertificateCheck, Field, FieldError, HealthKey, PortNumber, ProbeRate, ProviderId,
    };

    const AT: UnixMillis = UnixMillis(7);

    fn args(targets: &[&str], name: Option<&str>) -> HostArgs {
        HostArgs {
            name: name.map(str::to_owned),
            ..HostArgs::typed(targets)
        }
    }

    fn saved() -> Vec<Tunnel> {
        let mut inventory = SavedInventory::new(Begin::default(), AT);
        for name in ["Mein Büro", "web"] {
            let create = Action::CreateTunnel {
                name: name.to_owned(),
                provider: ProviderId::RELAY,
                reach: None,
                access: Access::Private,
                target: "80".to_owned(),
                protocol: Protocol::Http,
                public_port: String::new(),
                options: [].into(),
            };
            inventory.change(AT, create).expect("it is right");
        }
        inventory.tunnels().to_vec()
    }

    /// With the saved ones, and with default settings.
    fn planned(args: &HostArgs) -> Result<Plan, NoPlan> {
        let known = Known {
            settings: &Settings::default(),
            saved: &saved(),
            shared: None,
        };
        plan(args, &known, AT)
    }

    fn shown(plan: &Plan) -> Vec<String> {
        let line = |id: &TunnelId| {
            let tunnel = plan.tunnels.iter().find(|tunnel| tunnel.id == *id);
            let ports = tunnel.iter().flat_map(|tunnel| &tunnel.ports);
            let ports: Vec<String> = ports.map(|p| format!("{}={}", p.label, p.target)).collect();
            format!("{id}: {}", ports.join(" "))
        };
        plan.wanted.iter().map(line).collect()
    }

    #[test]
    fn several_ports_make_one_tunnel_beside_the_saved_ones() {
        let plan = planned(&args(&["3000", "Mein Büro", "nas:9000"], None));
        assert_eq!(
            shown(&plan.expect("it is right")),
            [
                "mein-buro: mein-buro=localhost:80",
                "port-3000: port-3000=localhost:3000 port-3000-9000=nas:9000",
            ]
        );
    }

    #[test]
    fn a_saved_tunnel_of_the_same_name_stands_back_unless_it_is_asked_for() {
        let made = planned(&args(&["3000"], Some("Web"))).expect("it is right");
        assert_eq!(shown(&made), ["web: web=localhost:3000"]);
        assert_eq!(made.tunnels.len(), 2);
        let twice = planned(&args(&["3000", "web"], Some("web")));
        assert_eq!(twice, Err(NoPlan::Twice("web".to_owned())));
    }

    #[test]
    fn without_a_name_two_computers_of_one_relay_differ() {
        let ids = ["00ff", "beef"].map(|own| format!("{own}{}", "0".repeat(28)));
        let settings = Settings::default();
        let shared_by = |args: &HostArgs, shared| {
            let known = Known {
                settings: &settings,
                saved: &[],
                shared,
            };
            plan(args, &known, AT).expect("it is right").wanted[0].to_string()
        };
        let names = [None, Some(&ids[0]), Some(&ids[1])]
            .map(|shared| shared_by(&args(&["3000"], None), shared.map(String::as_str)));
        assert_eq!(names, ["port-3000", "port-3000-00ff", "port-3000-beef"]);
        let shop = shared_by(&args(&["3000"], Some("shop")), Some(&ids[0]));
        assert_eq!(shop, "shop");
    }

    #[test]
    fn a_target_that_is_its_own_public_port_is_refused_where_the_relay_is_in_here() {
        let port = PortNumber::new(7500);
        let own = HostArgs {
            protocol: Some(Protocol::Tcp),
            public_port: port,
            ..args(&["localhost:7500"], None)
        };
        let typed = "localhost:7500".to_owned();
        let refused = (Field::Target, FieldError::OwnListener { typed });
        let mut settings = Settings::default();
        let by = |settings: &Settings| {
            let known = Known {
                settings,
                saved: &[],
                shared: None,
            };
            plan(&own, &known, AT)
        };
        assert_eq!(by(&settings), Err(NoPlan::Wrong(vec![refused])));
        settings.relay.joined = Some("relay.example:7443".to_owned());
        assert!(by(&settings).is_ok(), "theirs is another one");
    }

    #[test]
    fn what_was_chosen_for_a_port_counts_for_each_of_them() {
        let off = HostArgs {
            options: PortOptionArgs {
                probe: Some(ProbeRate::Off),
                no_tls_verify: true,
                ..PortOptionArgs::default()
            },
            ..args(&["https://nas.lan", "web"], None)
        };
        let plan = planned(&off).expect("it is right");
        let ports = plan.tunnels.iter().filter(|t| plan.wanted.contains(&t.id));
        let ports: Vec<_> = ports.flat_map(|tunnel| &tunnel.ports).collect();
        assert_eq!(ports.len(), 2);
        for port in &ports {
            assert_eq!(port.options.health.get(HealthKey::Probe), Some("off"));
            assert_eq!(port.options.certificate, CertificateCheck::FirstSeen);
        }
        assert!(ports.iter().any(|port| port.protocol == Protocol::Https));
    }

    #[test]
    fn what_cannot_be_hosted_is_named() {
        let wrong = |args: &HostArgs| planned(args).expect_err("it is wrong");
        let unknown = wrong(&args(&["nobody"], None));
        assert_eq!(unknown, NoPlan::NoSuchTunnel("nobody".to_owned()));
        let port = PortNumber::new(3000).expect("a port");
        let twice = wrong(&args(&["3000", "nas:3000"], None));
        let exists = (Field::Target, FieldError::PortExists { port });
        assert_eq!(twice, NoPlan::Wrong(vec![exists]));
        let mut empty = saved();
        empty[0].ports.clear();
        let no_ports = plan(
            &args(&["mein-buro"], None),
            &Known {
                settings: &Settings::default(),
                saved: &empty,
                shared: None,
            },
            AT,
        );
        assert!(matches!(no_ports, Err(NoPlan::NoPorts(_))));
    }

    #[test]
    fn nobody_but_who_was_asked_for_carries_it() {
        let asked = HostArgs {
            provider: "later".parse().expect("an id"),
            ..args(&["3000"], None)
        };
        let settings = Settings::default();
        let known = Known {
            settings: &settings,
            saved: &[],
            shared: None,
        };
        let planned = plan(&asked, &known, UnixMillis(1));
        assert!(matches!(planned, Err(NoPlan::Wrong(_))), "not by our relay");
    }
}
