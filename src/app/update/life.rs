//! What is written down of a tunnel: its life as a fact, lines of the timeline and of the audit log, the
//! notice that it needs somebody, the URLs it has.

use super::Update;
use crate::app::event::Command;
use crate::app::state::State;
use crate::audit::{Cause, Entry, Kind};
use crate::model::{
    AuditEvent, Health, Life, LivePort, NoticeKind, PortNumber, Remote, Transition, TunnelId,
};
use crate::store::Rows;

/// Lines of the timeline that are kept.
const HISTORY: usize = 40;

impl Update<'_> {
    /// Makes `new` the fact, and a line of the timeline.
    pub(super) fn set_life(&mut self, tunnel: &TunnelId, new: Life) {
        let host = self.state.host_mut(tunnel);
        let old = std::mem::replace(&mut host.life, new.clone());
        if host.life.session() != old.session() {
            // The next session was asked for all of them.
            host.lacking.clear();
        }
        if old.kind() != new.kind() {
            self.add_line(tunnel, Some(new), None);
        }
    }

    /// It is not hosted any more, and what was said of it is no news.
    pub(super) fn set_stopped(&mut self, tunnel: &TunnelId) {
        self.set_life(tunnel, Life::Stopped);
        self.clear_needs(tunnel);
        self.clear_lost(tunnel);
    }

    /// A line of the timeline.
    pub(super) fn add_line(
        &mut self,
        tunnel: &TunnelId,
        life: Option<Life>,
        health: Option<(PortNumber, Health)>,
    ) {
        let at = self.at;
        let host = self.state.host_mut(tunnel);
        let since = host.history.back().map_or(at, |last| last.at);
        host.history.push_back(Transition {
            at,
            life,
            health,
            after_ms: at.0.saturating_sub(since.0),
        });
        while host.history.len() > HISTORY {
            host.history.pop_front();
        }
    }

    /// A line of the audit log about this tunnel.
    pub(super) fn audit(&mut self, tunnel: &TunnelId, kind: Kind, cause: Option<Cause>) {
        let run = self.state.runs.get(tunnel);
        let (run, session) = match run.map(|run| (run.id.clone(), run.session)) {
            Some((run, session)) => (run, Some(session)),
            None => (self.state.next_run(self.at), None),
        };
        let live = self.state.inputs.hosts.get(tunnel).map(|host| &host.live);
        let urls = live.into_iter().flatten().map(|port| port.url.clone());
        let provider = self.state.inputs.tunnel(tunnel).map(|t| t.provider);
        let said = match &cause {
            Some(Cause::Failed(reason)) => reason.detail().map(str::to_owned),
            _ => None,
        };
        let entry = Entry {
            at: self.at,
            kind,
            tunnel: tunnel.clone(),
            provider: provider.unwrap_or_default(),
            cause,
            urls: urls.collect(),
            error: said,
            run,
            session,
        };
        let event = AuditEvent {
            at: entry.at,
            kind,
            reason: entry.cause.as_ref().map(Cause::word),
            error: entry.error_text(),
        };
        self.add_past(tunnel, event);
        self.commands.push(Command::Audit(entry));
    }

    /// The line that ends a stretch of being up, if `new` ends one.
    pub(super) fn leave(&mut self, tunnel: &TunnelId, new: &Life, cause: Cause) {
        let run = self.state.runs.get(tunnel);
        if run.is_some_and(|run| new.session() != Some(run.session)) {
            self.audit(tunnel, Kind::Down, Some(cause));
            self.state.runs.remove(tunnel);
        }
    }

    /// Hosting a tunnel ended here: it is not hosted elsewhere because it was hosted here.
    pub(super) fn note_left(&mut self, id: &TunnelId) {
        let mut tunnels = self.state.inputs.tunnels.iter_mut();
        let tunnel = tunnels.find(|tunnel| tunnel.id == *id);
        if let Some(Remote { hosts, .. }) = tunnel.and_then(|tunnel| tunnel.remote.as_mut()) {
            *hosts = 0;
            self.state.ledger.left.insert(id.clone(), self.at);
        }
    }

    pub(super) fn clear_needs(&mut self, tunnel: &TunnelId) {
        self.state.drop_notices(
            |kind| matches!(kind, NoticeKind::NeedsYou { tunnel: of, .. } if of == tunnel),
        );
    }

    pub(super) fn clear_lost(&mut self, tunnel: &TunnelId) {
        self.state.drop_notices(
            |kind| matches!(kind, NoticeKind::HeldLost { tunnel: of, .. } if of == tunnel),
        );
    }

    /// The URLs of a tunnel's ports.
    pub(super) fn take_live(&mut self, tunnel: &TunnelId, live: Vec<LivePort>) {
        let host = self.state.host_mut(tunnel);
        if host.live != live {
            host.live = live;
            self.commands.push(Command::SaveRows(rows(self.state)));
        }
    }

    /// Forgets a tunnel that is gone.
    pub(super) fn forget(&mut self, tunnel: &TunnelId) {
        let inputs = &mut self.state.inputs;
        inputs.hosts.remove(tunnel);
        inputs.probes.retain(|key, _| key.tunnel != *tunnel);
        if inputs
            .selected
            .as_ref()
            .is_some_and(|key| key.tunnel == *tunnel)
        {
            inputs.selected = None;
        }
        self.save_hosted();
        self.commands.push(Command::SaveRows(rows(self.state)));
    }

    pub(super) fn save_hosted(&mut self) {
        self.commands.push(Command::SaveHosted(self.state.wanted()));
    }
}

/// The row cache as it should be kept.
pub(super) fn rows(state: &State) -> Rows {
    let known = |tunnel: &TunnelId| state.inputs.tunnel(tunnel).is_some();
    let hosts = state.inputs.hosts.iter();
    hosts
        .filter(|(tunnel, host)| known(tunnel) && !host.live.is_empty())
        .map(|(tunnel, host)| (tunnel.clone(), host.live.clone()))
        .collect()
}
