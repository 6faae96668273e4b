//! Starting and stopping: what is wanted becomes engines, and is remembered.

use super::{Commands, engine, held, listing, tell};
use crate::app::event::Command;
use crate::app::state::State;
use crate::audit::{Cause, Kind};
use crate::engine::EngineCommand;
use crate::model::{Life, Phase, TunnelId, UnixMillis};
use crate::provider::HostOrder;
use std::collections::BTreeSet;

/// Hosts what was hosted when the program ended.
pub(super) fn resume_all(state: &mut State, at: UnixMillis) -> Commands {
    wanted(state)
        .into_iter()
        .flat_map(|tunnel| start_engine(state, at, &tunnel, false))
        .collect()
}

/// Hosts a tunnel. One that is up stays as it is; one that waits tries at once.
pub(super) fn host(
    state: &mut State,
    at: UnixMillis,
    tunnel: &TunnelId,
    take_over: bool,
) -> Commands {
    if state
        .inputs
        .tunnel(tunnel)
        .is_none_or(|t| t.ports.is_empty())
    {
        return vec![];
    }
    if state.engines.contains_key(tunnel) {
        return match (take_over, is_up(state, tunnel)) {
            (true, _) => tell(state, tunnel, EngineCommand::TakeOver),
            (false, true) => vec![],
            (false, false) => reconnect(state, at, tunnel),
        };
    }
    let first = state.inputs.hosts.entry(tunnel.clone()).or_default();
    first.wanted = true;
    let mut commands = start_engine(state, at, tunnel, take_over);
    commands.push(Command::SaveHosted(wanted(state)));
    commands
}

/// Stops hosting a tunnel, and remembers that.
pub(super) fn stop(state: &mut State, at: UnixMillis, tunnel: &TunnelId) -> Commands {
    let Some(host) = state.inputs.hosts.get_mut(tunnel) else {
        return vec![];
    };
    host.wanted = false;
    let mut commands = vec![];
    if state.engines.contains_key(tunnel) {
        commands.extend(engine::audit(
            state,
            at,
            tunnel,
            Kind::ManualStop,
            Some(Cause::Stopped),
        ));
        commands.extend(end_engine(state, at, tunnel));
    } else {
        // Its engine ended by itself; what it said last is no news any more.
        engine::set_life(state, at, tunnel, Life::Stopped);
        engine::clear_needs(state, tunnel);
        held::clear_lost(state, tunnel);
    }
    commands.push(Command::SaveHosted(wanted(state)));
    commands
}

/// Makes a new connection now.
pub(super) fn reconnect(state: &mut State, at: UnixMillis, tunnel: &TunnelId) -> Commands {
    if !state.engines.contains_key(tunnel) {
        return vec![];
    }
    let mut commands = engine::audit(
        state,
        at,
        tunnel,
        Kind::ManualReconnect,
        Some(Cause::ManualReconnect),
    );
    commands.extend(tell(state, tunnel, EngineCommand::Reconnect));
    commands
}

/// Ends every engine; what is wanted stays wanted, for the next start.
pub(super) fn end_all(state: &mut State, at: UnixMillis) -> Commands {
    let running: Vec<_> = state.engines.keys().cloned().collect();
    running
        .iter()
        .flat_map(|tunnel| end_engine(state, at, tunnel))
        .collect()
}

/// Ends every engine of our relay and starts it again: the relay is another one.
pub(super) fn restart_all(state: &mut State, at: UnixMillis) -> Commands {
    let is_ours = |id: &TunnelId| state.inputs.offers(id).joins;
    let running = state.engines.keys().filter(|id| is_ours(id));
    let running: Vec<_> = running.cloned().collect();
    let wanted: Vec<_> = wanted(state).into_iter().filter(is_ours).collect();
    let mut commands: Commands = running
        .iter()
        .flat_map(|tunnel| end_engine(state, at, tunnel))
        .collect();
    for tunnel in &wanted {
        commands.extend(start_engine(state, at, tunnel, false));
    }
    commands
}

/// Serves the tunnel's ports as they are now; a tunnel without ports is not hosted.
pub(super) fn ports_changed(state: &mut State, at: UnixMillis, tunnel: &TunnelId) -> Commands {
    let ports = match state.inputs.tunnel(tunnel) {
        Some(tunnel) if !tunnel.ports.is_empty() => tunnel.ports.clone(),
        Some(_) | None => return stop(state, at, tunnel),
    };
    let mut commands = tell(state, tunnel, EngineCommand::SetPorts(ports));
    let failed = state
        .inputs
        .hosts
        .get(tunnel)
        .is_some_and(|host| matches!(host.life, Life::Failed(_)));
    if failed {
        // What it failed for may be gone with the change.
        commands.extend(tell(state, tunnel, EngineCommand::Reconnect));
    }
    commands
}

/// Tells the engine of the port in the panel to report traffic, and only that one.
pub(super) fn follow_watch(state: &mut State) -> Commands {
    let shown = state.inputs.appearance.window_shown;
    let selected = state.inputs.selected.as_ref().filter(|_| shown);
    let watched = selected.and_then(|key| {
        let engine = state.engines.get(&key.tunnel)?;
        Some((key.tunnel.clone(), *engine))
    });
    if watched == state.watched {
        return vec![];
    }
    let old = std::mem::replace(&mut state.watched, watched.clone());
    let mut commands = vec![];
    if let Some((tunnel, engine)) = old
        && state.engines.get(&tunnel) == Some(&engine)
    {
        commands.extend(tell(state, &tunnel, EngineCommand::WatchTraffic(false)));
    }
    if let Some((tunnel, _)) = watched {
        // Samples are a second apart: what was seen before the pause is none of them.
        engine::host_mut(state, &tunnel).traffic.clear();
        commands.extend(tell(state, &tunnel, EngineCommand::WatchTraffic(true)));
    }
    commands
}

pub(super) fn wanted(state: &State) -> BTreeSet<TunnelId> {
    let hosts = state.inputs.hosts.iter();
    hosts
        .filter(|(_, host)| host.wanted)
        .map(|(tunnel, _)| tunnel.clone())
        .collect()
}

fn is_up(state: &State, tunnel: &TunnelId) -> bool {
    let host = state.inputs.hosts.get(tunnel);
    host.is_some_and(|host| {
        matches!(
            host.life,
            Life::Up { .. } | Life::Connecting { outage: None, .. }
        )
    })
}

fn start_engine(state: &mut State, at: UnixMillis, tunnel: &TunnelId, take_over: bool) -> Commands {
    let Some(wanted) = state.inputs.tunnel(tunnel) else {
        return vec![];
    };
    let order = HostOrder {
        account: wanted.account(),
        options: state
            .inputs
            .settings
            .options(wanted.provider)
            .with(&wanted.chosen),
        secrets: wanted.chosen.secrets.clone(),
        tunnel: tunnel.clone(),
        ports: wanted.ports.clone(),
        install: state.install.clone(),
        take_over,
        fixed_ports: state.fixed_ports.contains(tunnel),
        sessions: state.sessions.get(tunnel).copied().unwrap_or(0),
    };
    state.last_engine += 1;
    let engine = state.last_engine;
    state.engines.insert(tunnel.clone(), engine);
    // At once, not with the engine's first report: a click shows.
    let starting = Life::starting(Phase::Authorising);
    engine::set_life(state, at, tunnel, starting);
    let order = Box::new(order);
    vec![Command::StartEngine { engine, order }]
}

fn end_engine(state: &mut State, at: UnixMillis, tunnel: &TunnelId) -> Commands {
    let mut commands = engine::leave(state, at, tunnel, &Life::Stopped, Cause::Stopped);
    if let Some(engine) = state.engines.remove(tunnel) {
        state.leaving.insert((tunnel.clone(), engine));
    }
    listing::note_left(state, at, tunnel);
    engine::set_life(state, at, tunnel, Life::Stopped);
    engine::clear_needs(state, tunnel);
    held::clear_lost(state, tunnel);
    commands.push(Command::StopEngine(tunnel.clone()));
    commands
}
