//! `--check`: what a file would host, without asking anybody; and whether the relay is the one that the
//! file is for.

use super::args::{HostArgs, HostTarget};
use super::file::Entry;
use super::{plan_here, remote};
use crate::app::Begin;
use crate::cli::console::{Console, Failure, print_json};
use crate::model::{JoinLink, Reach, Settings, Target, Tunnel, default_name};
use crate::provider::registry;
use crate::view::messages as m;

/// Says what each entry would host.
pub(super) fn tell(
    entries: &[Entry],
    begin: &Begin,
    console: &Console,
    json: bool,
) -> Result<(), Failure> {
    let planned = |entry: &Entry| {
        let planned = relay(&entry.args, &begin.settings).and_then(|()| plan(&entry.args, begin));
        planned.map_err(|failure| entry.locate(failure))
    };
    // All of it is right before any of it is said.
    let tunnels: Vec<Vec<Tunnel>> = entries.iter().map(planned).collect::<Result<_, _>>()?;
    for tunnel in tunnels.iter().flatten() {
        if json {
            print_json(tunnel);
            continue;
        }
        for port in &tunnel.ports {
            let (target, protocol) = (port.target.to_string(), port.protocol.as_str());
            let (id, provider) = (tunnel.id.as_str(), tunnel.provider.as_str());
            console.say(&m::cli_check_port(id, protocol, provider, target));
        }
    }
    if !json {
        console.say(&m::cli_check_done(tunnels.iter().flatten().count() as u64));
    }
    Ok(())
}

/// An account is not asked: what it has of that name shows when it is hosted.
fn plan(args: &HostArgs, begin: &Begin) -> Result<Vec<Tunnel>, Failure> {
    if !registry::catalog().of(args.provider).is_remote() {
        let plan = plan_here(args, begin)?;
        let wanted = |tunnel: &Tunnel| plan.wanted.contains(&tunnel.id);
        return Ok(plan.tunnels.iter().filter(|t| wanted(t)).cloned().collect());
    }
    let targets = args.targets.iter().filter_map(|target| match target {
        HostTarget::Service(typed) => Some(typed.target.clone()),
        HostTarget::Saved(_) => None,
    });
    let targets: Vec<Target> = targets.collect();
    let Some(first) = targets.first() else {
        return Ok(vec![]);
    };
    let name = args.name.clone();
    let name = name.unwrap_or_else(|| default_name(first.port, None));
    Ok(vec![remote::new_tunnel(args, &name, &targets)?])
}

/// A file that names its relay is hosted through that one alone.
pub(super) fn relay(args: &HostArgs, settings: &Settings) -> Result<(), Failure> {
    let Some(meant) = &args.for_relay else {
        return Ok(());
    };
    let ours = registry::catalog().of(args.provider).joins;
    if !ours || matches!(args.reach, Some(Reach::Here | Reach::Network)) {
        return Ok(());
    }
    let typed = args.relay.as_ref().map(JoinLink::address);
    let joined = || {
        let joined = settings.relay.joined.as_deref()?;
        Some(joined.split('#').next().unwrap_or(joined).to_owned())
    };
    let used = typed.or_else(joined);
    match used {
        Some(used) if used.eq_ignore_ascii_case(meant) => Ok(()),
        Some(used) => Err(Failure::Usage(vec![m::cli_file_other_relay(
            meant.as_str(),
            used,
        )])),
        None => Err(Failure::Usage(vec![m::cli_file_no_relay(meant.as_str())])),
    }
}
