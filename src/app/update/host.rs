//! Starting and stopping: what is wanted becomes engines, and is remembered.

use super::Update;
use crate::app::event::Command;
use crate::app::state::Run;
use crate::audit::{Cause, Kind};
use crate::engine::EngineCommand;
use crate::model::{HealthOverrides, Life, LivePort, Phase, Port, SessionNumber, TunnelId};
use crate::provider::HostOrder;
use std::collections::BTreeSet;

impl Update<'_> {
    pub(super) fn resume_all(&mut self) {
        for tunnel in self.state.wanted() {
            self.start(&tunnel, false);
        }
    }

    /// Hosts a tunnel. One that is up stays as it is; one that waits tries at once.
    pub(super) fn host(&mut self, tunnel: &TunnelId, take_over: bool) {
        let known = self.state.inputs.tunnel(tunnel);
        if known.is_none_or(|known| known.ports.is_empty()) {
            return;
        }
        if self.state.engines.contains_key(tunnel) {
            if take_over {
                self.tell(tunnel, EngineCommand::TakeOver);
            } else if !self.is_up(tunnel) {
                self.reconnect(tunnel);
            }
            return;
        }
        if self.is_watched(tunnel) && self.is_up(tunnel) {
            return;
        }
        self.state.host_mut(tunnel).wanted = true;
        self.start(tunnel, take_over);
        self.save_hosted();
    }

    /// Stops hosting a tunnel, and remembers that.
    pub(super) fn stop(&mut self, tunnel: &TunnelId) {
        let Some(host) = self.state.inputs.hosts.get_mut(tunnel) else {
            return;
        };
        host.wanted = false;
        if self.state.engines.contains_key(tunnel) {
            self.audit(tunnel, Kind::ManualStop, Some(Cause::Stopped));
            self.end_engine(tunnel);
        } else if self.is_watched(tunnel) {
            self.audit(tunnel, Kind::ManualStop, Some(Cause::Stopped));
            self.end_watch(tunnel);
        } else {
            // Its engine ended by itself; what it said last is no news any more.
            self.set_stopped(tunnel);
        }
        self.save_hosted();
    }

    pub(super) fn reconnect(&mut self, tunnel: &TunnelId) {
        if self.state.engines.contains_key(tunnel) {
            self.audit(tunnel, Kind::ManualReconnect, Some(Cause::ManualReconnect));
            self.tell(tunnel, EngineCommand::Reconnect);
        }
    }

    /// Ends every engine; what is wanted stays wanted, for the next start.
    pub(super) fn end_all(&mut self) {
        self.end_engines(|_| true);
        let inputs = &self.state.inputs;
        let watched = inputs.hosts.keys().filter(|id| self.is_watched(id));
        for tunnel in watched.cloned().collect::<Vec<_>>() {
            self.end_watch(&tunnel);
        }
    }

    /// Ends every engine of our relay and starts it again: the relay is another one.
    pub(super) fn restart_all(&mut self) {
        let wanted = self.state.wanted();
        let mut ours: BTreeSet<TunnelId> = self.state.engines.keys().cloned().collect();
        ours.extend(wanted.iter().cloned());
        ours.retain(|id| self.state.inputs.offers(id).joins);
        self.end_engines(|id| ours.contains(id));
        for tunnel in wanted.intersection(&ours) {
            self.start_engine(tunnel, false);
        }
    }

    /// Serves the tunnel's ports as they are now; a tunnel without ports is not hosted.
    pub(super) fn ports_changed(&mut self, tunnel: &TunnelId) {
        let ports = match self.state.inputs.tunnel(tunnel) {
            Some(tunnel) if !tunnel.ports.is_empty() => of_engine(&tunnel.ports),
            Some(_) | None => return self.stop(tunnel),
        };
        if self.is_watched(tunnel) && self.is_up(tunnel) {
            self.watch(tunnel);
        }
        self.tell(tunnel, EngineCommand::SetPorts(ports));
        let host = self.state.inputs.hosts.get(tunnel);
        if host.is_some_and(|host| matches!(host.life, Life::Failed(_))) {
            // What it failed for may be gone with the change.
            self.tell(tunnel, EngineCommand::Reconnect);
        }
    }

    /// Tells the engine of the port in the panel to report traffic, and only that one; all of them where all
    /// of it is on screen.
    pub(super) fn follow_watch(&mut self) {
        let inputs = &self.state.inputs;
        let shown = inputs.appearance.window_shown;
        let selected = inputs.selected.as_ref().filter(|_| shown);
        let mut watched = self.state.engines.clone();
        if !inputs.appearance.traffic_shown {
            watched.retain(|tunnel, _| selected.is_some_and(|key| key.tunnel == *tunnel));
        }
        if watched == self.state.watched {
            return;
        }
        let old = std::mem::replace(&mut self.state.watched, watched.clone());
        for (tunnel, engine) in &old {
            let is_same = self.state.engines.get(tunnel) == Some(engine);
            if is_same && watched.get(tunnel) != Some(engine) {
                self.tell(tunnel, EngineCommand::WatchTraffic(false));
            }
        }
        for (tunnel, engine) in watched {
            if old.get(&tunnel) == Some(&engine) {
                continue;
            }
            // Samples are a second apart: what was seen before the pause is none of them.
            self.state.host_mut(&tunnel).traffic.clear();
            self.tell(&tunnel, EngineCommand::WatchTraffic(true));
        }
    }

    /// Tells each engine whose waits are others by now.
    pub(super) fn follow_timing(&mut self) {
        let state = &mut *self.state;
        let engines = &state.engines;
        state
            .paced
            .retain(|id, (number, _)| engines.get(id) == Some(number));
        for (id, (_, told)) in &mut state.paced {
            let timing = match state.inputs.tunnel(id) {
                Some(tunnel) => state.inputs.health(tunnel, None).policy.timing,
                None => continue,
            };
            if timing != *told {
                *told = timing;
                let tell = Command::Tell(id.clone(), EngineCommand::SetTiming(timing));
                self.commands.push(tell);
            }
        }
    }

    fn is_up(&self, tunnel: &TunnelId) -> bool {
        let host = self.state.inputs.hosts.get(tunnel);
        host.is_some_and(|host| {
            matches!(
                host.life,
                Life::Up { .. } | Life::Connecting { outage: None, .. }
            )
        })
    }

    fn is_watched(&self, tunnel: &TunnelId) -> bool {
        self.state.inputs.watched_url(tunnel).is_some()
    }

    fn start(&mut self, tunnel: &TunnelId, take_over: bool) {
        if self.is_watched(tunnel) {
            self.watch(tunnel);
        } else {
            self.start_engine(tunnel, take_over);
        }
    }

    /// Has the URL probed that somebody else serves: no engine, and no word that it is hosted.
    fn watch(&mut self, tunnel: &TunnelId) {
        let inputs = &self.state.inputs;
        let (Some(url), Some(known)) = (inputs.watched_url(tunnel), inputs.tunnel(tunnel)) else {
            return;
        };
        let live = known.ports.iter().map(|port| LivePort {
            number: port.number,
            url: url.to_owned(),
            lan_url: None,
            relays_own: false,
        });
        let live = live.collect();
        self.end_watch(tunnel);
        self.take_live(tunnel, live);
        let sessions = self.state.sessions.entry(tunnel.clone()).or_default();
        *sessions += 1;
        let session = SessionNumber(*sessions);
        let id = self.state.next_run(self.at);
        self.state.runs.insert(tunnel.clone(), Run { id, session });
        self.audit(tunnel, Kind::Up, Some(Cause::Started));
        self.set_life(
            tunnel,
            Life::Up {
                session,
                since: self.at,
                proven: true,
            },
        );
    }

    fn end_watch(&mut self, tunnel: &TunnelId) {
        self.leave(tunnel, &Life::Stopped, Cause::Stopped);
        self.set_stopped(tunnel);
    }

    fn start_engine(&mut self, tunnel: &TunnelId, take_over: bool) {
        let state = &mut *self.state;
        let Some(wanted) = state.inputs.tunnel(tunnel) else {
            return;
        };
        let timing = state.inputs.health(wanted, None).policy.timing;
        let order = HostOrder {
            account: wanted.account(),
            options: state
                .inputs
                .settings
                .options(wanted.provider)
                .with(&wanted.chosen),
            secrets: wanted.chosen.secrets.clone(),
            tunnel: tunnel.clone(),
            ports: of_engine(&wanted.ports),
            install: state.install.clone(),
            take_over,
            fixed_ports: state.fixed_ports.contains(tunnel),
            sessions: state.sessions.get(tunnel).copied().unwrap_or(0),
        };
        state.last_engine += 1;
        let engine = state.last_engine;
        state.engines.insert(tunnel.clone(), engine);
        // At once, not with the engine's first report: a click shows.
        self.set_life(tunnel, Life::starting(Phase::Authorising));
        let order = Box::new(order);
        self.state.paced.insert(tunnel.clone(), (engine, timing));
        self.commands.push(Command::StartEngine {
            engine,
            order,
            timing,
        });
    }

    pub(super) fn end_engines(&mut self, which: impl Fn(&TunnelId) -> bool) {
        let running = self.state.engines.keys().filter(|id| which(id));
        for tunnel in running.cloned().collect::<Vec<_>>() {
            self.end_engine(&tunnel);
        }
    }

    fn end_engine(&mut self, tunnel: &TunnelId) {
        self.leave(tunnel, &Life::Stopped, Cause::Stopped);
        if let Some(engine) = self.state.engines.remove(tunnel) {
            self.state.leaving.insert((tunnel.clone(), engine));
        }
        self.note_left(tunnel);
        self.set_stopped(tunnel);
        self.commands.push(Command::StopEngine(tunnel.clone()));
    }
}

/// The ports as whoever serves them sees them: how they are asked is no reason to serve one anew.
fn of_engine(ports: &[Port]) -> Vec<Port> {
    let mut ports = ports.to_vec();
    for port in &mut ports {
        port.options.health = HealthOverrides::default();
    }
    ports
}
