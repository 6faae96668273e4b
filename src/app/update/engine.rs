//! What an engine reports: its life becomes a fact, a line of the timeline and lines of the audit
//! log.

use super::host::wanted;
use super::{Commands, account, held, probe, quit};
use crate::app::event::{Command, EngineNumber};
use crate::app::state::{Run, State};
use crate::audit::{Cause, Entry, Kind};
use crate::engine::EngineEvent;
use crate::model::{
    Host, Life, LivePort, NoticeKind, PortNumber, Reason, RunId, SessionNumber, Traffic,
    Transition, TunnelId, UnixMillis,
};
use crate::store::Rows;
use std::collections::BTreeMap;

/// Lines of the timeline that are kept.
const HISTORY: usize = 40;

/// Traffic samples that are kept: a minute of them, one a second.
const TRAFFIC_SAMPLES: usize = 61;

pub(super) fn handle(
    state: &mut State,
    at: UnixMillis,
    tunnel: &TunnelId,
    engine: EngineNumber,
    event: EngineEvent,
) -> Commands {
    if state.engines.get(tunnel) != Some(&engine) {
        if event == EngineEvent::Finished {
            state.leaving.remove(&(tunnel.clone(), engine));
            quit::count(state);
        }
        return vec![];
    }
    match event {
        EngineEvent::Life(new) => handle_life(state, at, tunnel, new),
        EngineEvent::Ports(live) => take_live(state, tunnel, live),
        EngineEvent::Reminted => audit(state, at, tunnel, Kind::Reminted, Some(Cause::Renewed)),
        EngineEvent::Traffic(traffic) => {
            let commands = probe::check_failing(state, tunnel, &traffic);
            keep_traffic(host_mut(state, tunnel), traffic);
            commands
        }
        EngineEvent::Finished => {
            state.engines.remove(tunnel);
            vec![]
        }
    }
}

fn handle_life(state: &mut State, at: UnixMillis, tunnel: &TunnelId, new: Life) -> Commands {
    let old = host_mut(state, tunnel).life.clone();
    if old == new {
        return vec![];
    }
    let cause = match new.reason() {
        Some(reason) => Cause::Failed(reason.clone()),
        None if new == Life::Stopped => Cause::Stopped,
        None => Cause::Renewed,
    };
    let mut commands = leave(state, at, tunnel, &new, cause);
    commands.extend(fail_start(state, at, tunnel, &old, &new));
    commands.extend(enter(state, at, tunnel, &old, &new));
    commands.extend(held::follow(state, at, tunnel, &old, &new));
    commands.extend(account::follow_engine(state, tunnel, &old, &new));
    follow_needs(state, at, tunnel, &new);
    set_life(state, at, tunnel, new);
    commands
}

/// The line that ends a stretch of being up, if `new` ends one.
pub(super) fn leave(
    state: &mut State,
    at: UnixMillis,
    tunnel: &TunnelId,
    new: &Life,
    cause: Cause,
) -> Commands {
    let ended = match state.runs.get(tunnel) {
        Some(run) => new.session() != Some(run.session),
        None => false,
    };
    if !ended {
        return vec![];
    }
    let commands = audit(state, at, tunnel, Kind::Down, Some(cause));
    state.runs.remove(tunnel);
    commands
}

/// The line that begins one.
fn enter(state: &mut State, at: UnixMillis, tunnel: &TunnelId, old: &Life, new: &Life) -> Commands {
    let Some(session) = new.session() else {
        return vec![];
    };
    state.sessions.insert(tunnel.clone(), session.0);
    if state.runs.contains_key(tunnel) {
        return vec![];
    }
    let cause = match old {
        Life::Stopped | Life::Connecting { outage: None, .. } => Cause::Started,
        Life::Up { .. } | Life::Parked { .. } => Cause::Renewed,
        Life::Connecting { .. } | Life::Waiting { .. } if old.reason() == Some(&Reason::Forced) => {
            Cause::ManualReconnect
        }
        Life::Connecting { .. }
        | Life::Waiting { .. }
        | Life::SignIn(_)
        | Life::Displaced(_)
        | Life::Quota { .. }
        | Life::Failed(_) => Cause::Reconnected,
    };
    let id = state.next_run(at);
    state.runs.insert(tunnel.clone(), Run { id, session });
    audit(state, at, tunnel, Kind::Up, Some(cause))
}

fn fail_start(
    state: &mut State,
    at: UnixMillis,
    tunnel: &TunnelId,
    old: &Life,
    new: &Life,
) -> Commands {
    let first = matches!(old, Life::Connecting { outage: None, .. });
    match new.reason() {
        Some(reason) if first => {
            let cause = Cause::Failed(reason.clone());
            audit(state, at, tunnel, Kind::StartFailed, Some(cause))
        }
        Some(_) | None => vec![],
    }
}

/// A line of the audit log about this tunnel.
pub(super) fn audit(
    state: &mut State,
    at: UnixMillis,
    tunnel: &TunnelId,
    kind: Kind,
    cause: Option<Cause>,
) -> Commands {
    let run: Option<(RunId, SessionNumber)> = state
        .runs
        .get(tunnel)
        .map(|run| (run.id.clone(), run.session));
    let (run, session) = match run {
        Some((run, session)) => (run, Some(session)),
        None => (state.next_run(at), None),
    };
    let live = state.inputs.hosts.get(tunnel).map(|host| &host.live);
    let urls = live.into_iter().flatten().map(|port| port.url.clone());
    let provider = state.inputs.tunnel(tunnel).map(|t| t.provider);
    vec![Command::Audit(Entry {
        at,
        kind,
        tunnel: tunnel.clone(),
        provider: provider.unwrap_or_default(),
        cause,
        urls: urls.collect(),
        error: None,
        run,
        session,
    })]
}

/// Makes `new` the fact, and a line of the timeline.
pub(super) fn set_life(state: &mut State, at: UnixMillis, tunnel: &TunnelId, new: Life) {
    let host = host_mut(state, tunnel);
    if host.life.kind() != new.kind() {
        let since = host.history.back().map_or(at, |last| last.at);
        push_transition(
            host,
            Transition {
                at,
                life: Some(new.clone()),
                health: None,
                after_ms: at.0.saturating_sub(since.0),
            },
        );
    }
    host.life = new;
}

pub(super) fn push_transition(host: &mut Host, transition: Transition) {
    host.history.push_back(transition);
    while host.history.len() > HISTORY {
        host.history.pop_front();
    }
}

/// Keeps one notice for a tunnel that needs the person, and none for one that does not.
fn follow_needs(state: &mut State, at: UnixMillis, tunnel: &TunnelId, new: &Life) {
    clear_needs(state, tunnel);
    let needs = matches!(
        new,
        Life::SignIn(_) | Life::Displaced(_) | Life::Quota { .. } | Life::Failed(_)
    );
    if let Some(reason) = new.reason().filter(|_| needs) {
        let kind = NoticeKind::NeedsYou {
            tunnel: tunnel.clone(),
            reason: reason.clone(),
        };
        state.add_notice(kind, at);
    }
}

pub(super) fn clear_needs(state: &mut State, tunnel: &TunnelId) {
    state.inputs.notices.retain(
        |notice| !matches!(&notice.kind, NoticeKind::NeedsYou { tunnel: of, .. } if of == tunnel),
    );
}

/// The URLs of a tunnel's ports.
pub(super) fn take_live(state: &mut State, tunnel: &TunnelId, live: Vec<LivePort>) -> Commands {
    let host = host_mut(state, tunnel);
    if host.live == live {
        return vec![];
    }
    host.live = live;
    vec![Command::SaveRows(rows(state))]
}

/// The row cache as it should be kept.
pub(super) fn rows(state: &State) -> Rows {
    let known = |tunnel: &TunnelId| state.inputs.tunnel(tunnel).is_some();
    state
        .inputs
        .hosts
        .iter()
        .filter(|(tunnel, host)| known(tunnel) && !host.live.is_empty())
        .map(|(tunnel, host)| (tunnel.clone(), host.live.clone()))
        .collect()
}

fn keep_traffic(host: &mut Host, traffic: BTreeMap<PortNumber, Traffic>) {
    for (port, now) in traffic {
        let samples = host.traffic.entry(port).or_default();
        samples.push_back(now);
        while samples.len() > TRAFFIC_SAMPLES {
            samples.pop_front();
        }
    }
}

pub(super) fn host_mut<'s>(state: &'s mut State, tunnel: &TunnelId) -> &'s mut Host {
    state.inputs.hosts.entry(tunnel.clone()).or_default()
}

/// Forgets a tunnel that is gone.
pub(super) fn forget(state: &mut State, tunnel: &TunnelId) -> Commands {
    state.inputs.hosts.remove(tunnel);
    state.inputs.probes.retain(|key, _| key.tunnel != *tunnel);
    vec![
        Command::SaveHosted(wanted(state)),
        Command::SaveRows(rows(state)),
    ]
}
