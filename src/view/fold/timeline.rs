//! The last transitions in words, newest first. A state on the way to another is told only by where
//! it led: "reconnected (the network, 3 s)" instead of a line an attempt.

use super::amount::span;
use super::chart::health_badge;
use super::sentence::cause;
use crate::model::{Health, Host, HostState, PortNumber, Reason, Transition, UnixMillis};
use crate::view::{Badge, Msg, TimelineEntry, messages as m};

/// The most lines that are shown.
const MAX_LINES: usize = 20;

/// The timeline of one port of a tunnel.
pub(super) fn fold(host: &Host, port: PortNumber) -> Vec<TimelineEntry> {
    let mut story = Story::default();
    for transition in &host.history {
        if let Some(state) = &transition.state {
            story.enter(state, transition.at);
        }
        if let Some((_, health)) = transition.health.filter(|(number, _)| *number == port) {
            story.probe(health, transition);
        }
    }
    story.lines.reverse();
    let entries = story.lines.into_iter().map(|line| line.entry);
    entries.take(MAX_LINES).collect()
}

#[derive(Default)]
struct Story<'a> {
    lines: Vec<Line>,
    state: Option<&'a HostState>,
    /// What began the present or last stretch without a session.
    lost_by: Option<&'a Reason>,
    /// It has not been up since its start.
    starting: bool,
    health: Option<Health>,
}

struct Line {
    entry: TimelineEntry,
    /// It tells of an attempt: it goes when the attempt led on.
    passing: bool,
}

impl<'a> Story<'a> {
    fn enter(&mut self, state: &'a HostState, at: UnixMillis) {
        let before = self.state.replace(state);
        if is_same_stretch(before, state) {
            return;
        }
        if let HostState::Reconnecting { reason, .. } = state {
            self.lost_by = Some(reason);
        }
        let (badge, text) = match state {
            HostState::Hosting { .. } => (Badge::Working, self.hosting(before, at)),
            state => describe(before, state),
        };
        // That visitors were cut off is told even if all is well again a second later.
        let was_held = matches!(before, Some(HostState::Held { .. }));
        let passing = match state {
            HostState::Connecting { .. } | HostState::Held { .. } => true,
            HostState::Reconnecting { .. } => !was_held,
            HostState::Stopped
            | HostState::Hosting { .. }
            | HostState::SignIn { .. }
            | HostState::Displaced { .. }
            | HostState::Quota { .. }
            | HostState::Failed { .. } => false,
        };
        self.settle_passing(state);
        self.push(at, badge, text, passing);
        match state {
            HostState::Stopped | HostState::Connecting { .. } => self.starting = true,
            HostState::Hosting { .. } | HostState::Held { .. } => self.starting = false,
            HostState::Reconnecting { .. }
            | HostState::SignIn { .. }
            | HostState::Displaced { .. }
            | HostState::Quota { .. }
            | HostState::Failed { .. } => {}
        }
    }

    fn hosting(&self, before: Option<&HostState>, at: UnixMillis) -> Msg {
        match before {
            Some(HostState::Connecting { .. } | HostState::Stopped) => m::log_started(),
            Some(HostState::Reconnecting { .. }) if self.starting => m::log_started(),
            Some(HostState::Reconnecting { since, reason, .. }) => {
                let reason = self.lost_by.unwrap_or(reason);
                m::log_reconnected(cause(reason), span(at.since(*since)))
            }
            Some(HostState::Hosting { .. }) => m::log_renewed(),
            Some(HostState::Held { since, .. }) => m::log_resumed(span(at.since(*since))),
            Some(
                HostState::SignIn { .. }
                | HostState::Displaced { .. }
                | HostState::Quota { .. }
                | HostState::Failed { .. },
            )
            | None => m::log_hosting(),
        }
    }

    fn probe(&mut self, health: Health, transition: &Transition) {
        let before = self.health.replace(health);
        if before == Some(health) {
            return;
        }
        let text = match (before, health) {
            (None, Health::Operational) => m::log_working(),
            (Some(_), Health::Operational) => {
                let lasted = std::time::Duration::from_millis(transition.after_ms);
                m::log_working_again(span(lasted))
            }
            (_, Health::Unchecked) => m::log_unchecked(),
            (_, Health::Busy) => m::log_busy(),
            (_, Health::ServiceDown) => m::log_service_down(),
            (_, Health::Full) => m::log_full(),
            (_, Health::Slow) => m::log_slow(),
            (_, Health::Down) => m::log_url_dead(),
        };
        self.push(transition.at, health_badge(health), text, false);
    }

    fn push(&mut self, at: UnixMillis, badge: Badge, text: Msg, passing: bool) {
        let entry = TimelineEntry {
            at: m::moment(at),
            badge,
            text,
        };
        self.lines.push(Line { entry, passing });
    }

    /// An attempt's line goes when the attempt led on, and stays when nothing came of it.
    fn settle_passing(&mut self, next: &HostState) {
        let Some(index) = self.lines.iter().rposition(|line| line.passing) else {
            return;
        };
        let leads_on = matches!(
            next,
            HostState::Hosting { .. } | HostState::Held { .. } | HostState::Reconnecting { .. }
        );
        if leads_on {
            self.lines.remove(index);
        } else {
            self.lines[index].passing = false;
        }
    }
}

/// Whether the state only goes on: another phase, another attempt, a link that has proven itself.
fn is_same_stretch(before: Option<&HostState>, state: &HostState) -> bool {
    match (before, state) {
        (Some(HostState::Connecting { .. }), HostState::Connecting { .. })
        | (Some(HostState::Held { .. }), HostState::Held { .. })
        | (Some(HostState::Reconnecting { .. }), HostState::Reconnecting { .. })
        | (Some(HostState::Stopped), HostState::Stopped) => true,
        (Some(HostState::Hosting { session: old, .. }), HostState::Hosting { session, .. }) => {
            old == session
        }
        _ => false,
    }
}

fn describe(before: Option<&HostState>, state: &HostState) -> (Badge, Msg) {
    match state {
        HostState::Stopped => (Badge::Stopped, m::log_stopped()),
        HostState::Connecting { .. } => (Badge::Connecting, m::log_starting()),
        HostState::Hosting { .. } => (Badge::Working, m::log_hosting()),
        HostState::Held { .. } => (Badge::Held, m::log_held()),
        HostState::Reconnecting { reason, .. } => match before {
            Some(HostState::Held { .. }) => (Badge::Reconnecting, m::log_held_lost(cause(reason))),
            Some(HostState::Connecting { .. }) => {
                (Badge::Reconnecting, m::log_not_connected(cause(reason)))
            }
            _ => (Badge::Reconnecting, m::log_lost(cause(reason))),
        },
        HostState::SignIn {
            reason: Reason::SignedOut,
            ..
        } => (Badge::SignIn, m::log_signed_out()),
        HostState::SignIn { .. } => (Badge::SignIn, m::log_sign_in()),
        HostState::Displaced {
            reason: Reason::HostedElsewhere,
            ..
        } => (Badge::Elsewhere, m::log_elsewhere()),
        HostState::Displaced { .. } => (Badge::TakenOver, m::log_taken_over()),
        HostState::Quota { .. } => (Badge::OverQuota, m::log_quota()),
        HostState::Failed { reason, .. } => (Badge::Failed, m::log_failed(cause(reason))),
    }
}
