//! What an engine reports: its life and what follows from that, the URLs it serves, the traffic.

use super::Update;
use crate::app::event::EngineNumber;
use crate::app::state::Run;
use crate::audit::{Cause, Kind};
use crate::engine::EngineEvent;
use crate::model::{Host, Life, NoticeKind, PortNumber, Reason, Traffic, TunnelId};
use std::collections::BTreeMap;

/// Traffic samples that are kept: a minute of them, one a second.
const TRAFFIC_SAMPLES: usize = 61;

impl Update<'_> {
    pub(super) fn handle_engine(
        &mut self,
        tunnel: &TunnelId,
        engine: EngineNumber,
        event: EngineEvent,
    ) {
        if self.state.engines.get(tunnel) != Some(&engine) {
            if event == EngineEvent::Finished {
                self.state.leaving.remove(&(tunnel.clone(), engine));
                self.count_leaving();
            }
            return;
        }
        match event {
            EngineEvent::Life(new) => self.handle_life(tunnel, new),
            EngineEvent::Ports(live) => self.take_live(tunnel, live),
            EngineEvent::Lacking(lacking) => self.state.host_mut(tunnel).lacking = lacking,
            EngineEvent::Reminted => self.audit(tunnel, Kind::Reminted, Some(Cause::Renewed)),
            EngineEvent::Traffic(traffic) => {
                self.check_failing(tunnel, &traffic);
                let kept = if self.state.watched.contains_key(tunnel) {
                    TRAFFIC_SAMPLES
                } else {
                    // Between two of these is any time: they make no series.
                    1
                };
                keep_traffic(self.state.host_mut(tunnel), traffic, kept);
            }
            EngineEvent::Finished => {
                self.state.engines.remove(tunnel);
            }
        }
    }

    fn handle_life(&mut self, tunnel: &TunnelId, new: Life) {
        let old = self.state.host_mut(tunnel).life.clone();
        if old == new {
            return;
        }
        let cause = match new.reason() {
            Some(reason) => Cause::Failed(reason.clone()),
            None if new == Life::Stopped => Cause::Stopped,
            None => Cause::Renewed,
        };
        self.leave(tunnel, &new, cause);
        self.fail_start(tunnel, &old, &new);
        self.enter(tunnel, &old, &new);
        self.follow_held(tunnel, &old, &new);
        self.follow_engine(tunnel, &old, &new);
        self.follow_needs(tunnel, &new);
        self.set_life(tunnel, new);
    }

    /// The line of the audit log that begins a stretch of being up.
    fn enter(&mut self, tunnel: &TunnelId, old: &Life, new: &Life) {
        let Some(session) = new.session() else {
            return;
        };
        self.state.sessions.insert(tunnel.clone(), session.0);
        if self.state.runs.contains_key(tunnel) {
            return;
        }
        let cause = match old {
            Life::Stopped | Life::Connecting { outage: None, .. } => Cause::Started,
            Life::Up { .. } | Life::Parked { .. } => Cause::Renewed,
            Life::Connecting { .. } | Life::Waiting { .. }
                if old.reason() == Some(&Reason::Forced) =>
            {
                Cause::ManualReconnect
            }
            Life::Connecting { .. }
            | Life::Waiting { .. }
            | Life::SignIn(_)
            | Life::Displaced(_)
            | Life::Quota { .. }
            | Life::Failed(_) => Cause::Reconnected,
        };
        let id = self.state.next_run(self.at);
        self.state.runs.insert(tunnel.clone(), Run { id, session });
        self.audit(tunnel, Kind::Up, Some(cause));
    }

    fn fail_start(&mut self, tunnel: &TunnelId, old: &Life, new: &Life) {
        let first = matches!(old, Life::Connecting { outage: None, .. });
        if let Some(reason) = new.reason().filter(|_| first) {
            let cause = Cause::Failed(reason.clone());
            self.audit(tunnel, Kind::StartFailed, Some(cause));
        }
    }

    /// Keeps one notice for a tunnel that needs the person, and none for one that does not.
    fn follow_needs(&mut self, tunnel: &TunnelId, new: &Life) {
        self.clear_needs(tunnel);
        let needs = matches!(
            new,
            Life::SignIn(_) | Life::Displaced(_) | Life::Quota { .. } | Life::Failed(_)
        );
        if let Some(reason) = new.reason().filter(|_| needs) {
            let (tunnel, reason) = (tunnel.clone(), reason.clone());
            self.notice(NoticeKind::NeedsYou { tunnel, reason });
        }
    }
}

fn keep_traffic(host: &mut Host, traffic: BTreeMap<PortNumber, Traffic>, most: usize) {
    for (port, now) in traffic {
        let samples = host.traffic.entry(port).or_default();
        samples.push_back(now);
        while samples.len() > most {
            samples.pop_front();
        }
    }
}
