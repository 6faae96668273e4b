//! What happened, in words, newest first: the transitions of this run, and before them what the audit
//! log has. A state on the way to another is told only by where it led: "reconnected (the network, 3 s)"
//! instead of a line an attempt.

use super::amount::{ago, span};
use super::chart::health_badge;
use super::past;
use super::sentence::cause;
use crate::model::{
    AuditEvent, AuditKind, Health, Host, Life, Outage, PortNumber, Reason, Transition, UnixMillis,
};
use crate::view::{Badge, Msg, TimelineEntry, messages as m};

/// The most lines that are shown.
const MAX_LINES: usize = 50;

/// The timeline of one port of a tunnel. Transitions tell more than records do, so records tell only of
/// the time before the first of them, and what the person asked for.
pub(super) fn fold<'a>(
    host: Option<&'a Host>,
    records: impl Iterator<Item = &'a AuditEvent>,
    port: PortNumber,
    now: UnixMillis,
) -> Vec<TimelineEntry> {
    let history = host.map(|host| &host.history).into_iter().flatten();
    let first = history.clone().next().map(|transition| transition.at);
    let told = records.filter(|record| {
        let is_before = first.is_none_or(|first| record.at < first);
        is_before || record.kind == AuditKind::ManualReconnect
    });
    let mut lines = story(history, port);
    lines.extend(past::lines(told));
    // What was first in its own list stays first among what is of the same moment.
    lines.sort_by_key(|line| line.at);
    let entries = lines.into_iter().rev().map(|line| TimelineEntry {
        at: m::moment(line.at),
        ago: ago(now, line.at),
        badge: line.badge,
        text: line.text,
    });
    entries.take(MAX_LINES).collect()
}

/// What the transitions tell, oldest first.
fn story<'a>(history: impl Iterator<Item = &'a Transition>, port: PortNumber) -> Vec<Line> {
    let mut story = Story::default();
    for transition in history {
        if let Some(life) = &transition.life {
            story.enter(life, transition.at);
        }
        if let Some((_, health)) = transition.health.filter(|(number, _)| *number == port) {
            story.probe(health, transition);
        }
    }
    story.lines
}

#[derive(Default)]
struct Story<'a> {
    lines: Vec<Line>,
    life: Option<&'a Life>,
    /// What began the present or last stretch without a session.
    lost_by: Option<&'a Reason>,
    /// It has not been up since its start.
    starting: bool,
    health: Option<Health>,
}

pub(super) struct Line {
    pub at: UnixMillis,
    pub badge: Badge,
    pub text: Msg,
    /// It tells of an attempt: it goes when the attempt led on.
    pub passing: bool,
}

impl<'a> Story<'a> {
    fn enter(&mut self, life: &'a Life, at: UnixMillis) {
        let before = self.life.replace(life);
        if is_same_stretch(before, life) {
            return;
        }
        let is_retry = life.retry().is_some();
        if is_retry {
            self.lost_by = life.reason();
        }
        let (badge, text) = match life {
            Life::Up { .. } => (Badge::Working, self.up(before, at)),
            life => describe(before, life),
        };
        // That visitors were cut off is told even if all is well again a second later.
        let was_held = matches!(before, Some(Life::Parked { .. }));
        let passing = match life {
            Life::Connecting { .. } | Life::Waiting { .. } => !(is_retry && was_held),
            life => matches!(life, Life::Parked { .. }),
        };
        self.settle_passing(life);
        self.push(at, badge, text, passing);
        match life {
            Life::Stopped | Life::Connecting { outage: None, .. } => self.starting = true,
            Life::Up { .. } | Life::Parked { .. } => self.starting = false,
            _ => {}
        }
    }

    fn up(&self, before: Option<&Life>, at: UnixMillis) -> Msg {
        match before {
            Some(Life::Connecting { outage: None, .. } | Life::Stopped) => m::log_started(),
            Some(Life::Connecting { .. } | Life::Waiting { .. }) if self.starting => {
                m::log_started()
            }
            Some(
                Life::Connecting {
                    outage: Some(Outage { since, reason }),
                    ..
                }
                | Life::Waiting {
                    outage: Outage { since, reason },
                    ..
                },
            ) => {
                let reason = self.lost_by.unwrap_or(reason);
                m::log_reconnected(cause(reason), span(at.since(*since)))
            }
            Some(Life::Up { .. }) => m::log_renewed(),
            Some(Life::Parked { since, .. }) => m::log_resumed(span(at.since(*since))),
            Some(Life::SignIn(_) | Life::Displaced(_) | Life::Quota { .. } | Life::Failed(_))
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
        self.lines.push(Line {
            at,
            badge,
            text,
            passing,
        });
    }

    /// An attempt's line goes when the attempt led on, and stays when nothing came of it.
    fn settle_passing(&mut self, next: &Life) {
        let Some(index) = self.lines.iter().rposition(|line| line.passing) else {
            return;
        };
        let leads_on =
            matches!(next, Life::Up { .. } | Life::Parked { .. }) || next.retry().is_some();
        if leads_on {
            self.lines.remove(index);
        } else {
            self.lines[index].passing = false;
        }
    }
}

/// Whether it only goes on: another phase, another attempt, a link that has proven itself.
fn is_same_stretch(before: Option<&Life>, life: &Life) -> bool {
    match (before, life) {
        (Some(Life::Parked { .. }), Life::Parked { .. }) | (Some(Life::Stopped), Life::Stopped) => {
            true
        }
        (Some(Life::Up { session: old, .. }), Life::Up { session, .. }) => old == session,
        (
            Some(before @ (Life::Connecting { .. } | Life::Waiting { .. })),
            Life::Connecting { .. } | Life::Waiting { .. },
        ) => before.retry().is_some() == life.retry().is_some(),
        _ => false,
    }
}

fn describe(before: Option<&Life>, life: &Life) -> (Badge, Msg) {
    match life {
        Life::Stopped => (Badge::Stopped, m::log_stopped()),
        Life::Connecting { outage: None, .. } => (Badge::Connecting, m::log_starting()),
        Life::Up { .. } => (Badge::Working, m::log_hosting()),
        Life::Parked { .. } => (Badge::Held, m::log_held()),
        Life::Connecting {
            outage: Some(Outage { reason, .. }),
            ..
        }
        | Life::Waiting {
            outage: Outage { reason, .. },
            ..
        } => {
            let cause = cause(reason);
            let text = match before {
                Some(Life::Parked { .. }) => m::log_held_lost(cause),
                Some(Life::Connecting { outage: None, .. }) => m::log_not_connected(cause),
                _ => m::log_lost(cause),
            };
            (Badge::Reconnecting, text)
        }
        Life::SignIn(Outage {
            reason: Reason::SignedOut,
            ..
        }) => (Badge::SignIn, m::log_signed_out()),
        Life::SignIn(_) => (Badge::SignIn, m::log_sign_in()),
        Life::Displaced(Outage {
            reason: Reason::HostedElsewhere,
            ..
        }) => (Badge::Elsewhere, m::log_elsewhere()),
        Life::Displaced(_) => (Badge::TakenOver, m::log_taken_over()),
        Life::Quota { .. } => (Badge::OverQuota, m::log_quota()),
        Life::Failed(outage) => (Badge::Failed, m::log_failed(cause(&outage.reason))),
    }
}
