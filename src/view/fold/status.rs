//! How one port is, decided from the engine's state and the probes: the cause of badge, sentence
//! and remedy, so that the three never contradict each other. It has no words.

use super::chart::health_badge;
use crate::model::{
    Diagnosis, Health, Host, HostState, LivePort, Phase, PortOptions, ProbeFacts, ProbeReport,
    Reason, SessionNumber, Tunnel, UnixMillis, Unprobed,
};
use crate::view::Badge;
use std::time::Duration;

/// How long a new session's URL may take to route before it counts as dead rather than as not ready.
const ROUTING_GRACE: Duration = Duration::from_secs(15);

/// How one port is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Status<'a> {
    /// It is being made.
    Creating,
    /// It is not hosted.
    Stopped,
    /// It is wanted, and the engine has not spoken yet.
    Starting,
    /// The first attempt.
    Connecting(Phase),
    /// The session is up and does not serve this port yet.
    PortAwaited,
    /// The session's link has not proven itself yet.
    Unproven { since: UnixMillis },
    /// The URL does not answer yet.
    Unrouted { since: UnixMillis },
    /// It is served and not probed.
    Unprobed(Unprobed),
    /// What the probes of this session found.
    Probed(Probed<'a>),
    /// This computer has no route to anywhere.
    Offline,
    /// The link is down; the connections are held.
    Held {
        since: UnixMillis,
        until: UnixMillis,
        open: u64,
    },
    /// No session; there will be another attempt.
    Reconnecting {
        attempt: u32,
        next_at: Option<UnixMillis>,
        since: UnixMillis,
        reason: &'a Reason,
    },
    /// The person must sign in.
    SignIn {
        since: UnixMillis,
        reason: &'a Reason,
    },
    /// Another host took the tunnel.
    TakenOver { since: UnixMillis },
    /// Another machine hosts it, and it was never ours.
    Elsewhere,
    /// The provider's limit is used up.
    Quota {
        next_at: UnixMillis,
        reason: &'a Reason,
    },
    /// Nothing helps but a change.
    Failed(&'a Reason),
}

/// What the probes of the session that is up found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Probed<'a> {
    /// The last one.
    pub report: &'a ProbeReport,
    /// Dead ones in a row.
    pub downs: u32,
    /// The URL has routed since the session began. One that has not may be out of reach from here
    /// alone: the session is not cut for it.
    pub routed: bool,
}

/// Decides how a port is that is not being made.
pub(super) fn of<'a>(
    host: Option<&'a Host>,
    live: Option<&LivePort>,
    options: &PortOptions,
    probe: Option<&'a ProbeFacts>,
    now: UnixMillis,
) -> Status<'a> {
    let Some(host) = host else {
        return Status::Stopped;
    };
    // What ended hosting stays on screen; everything else gives way to the wish at once.
    let outlives_the_wish = matches!(
        host.state,
        HostState::Displaced { .. } | HostState::Failed { .. }
    );
    if !host.wanted && !outlives_the_wish {
        return Status::Stopped;
    }
    match &host.state {
        HostState::Stopped => Status::Starting,
        HostState::Connecting { phase } => Status::Connecting(*phase),
        HostState::Hosting {
            session,
            since,
            established,
        } => match (live, established) {
            (None, _) => Status::PortAwaited,
            (Some(_), false) => Status::Unproven { since: *since },
            (Some(live), true) => match Unprobed::of(options.probe, live) {
                Some(why) => Status::Unprobed(why),
                None => probed(*session, *since, probe, now),
            },
        },
        HostState::Held {
            since, until, open, ..
        } => Status::Held {
            since: *since,
            until: *until,
            open: *open,
        },
        HostState::Reconnecting {
            attempt,
            next_at,
            since,
            reason,
        } => match reason {
            Reason::Offline => Status::Offline,
            reason => Status::Reconnecting {
                attempt: *attempt,
                next_at: *next_at,
                since: *since,
                reason,
            },
        },
        HostState::SignIn { since, reason } => Status::SignIn {
            since: *since,
            reason,
        },
        HostState::Displaced { since, reason } => match reason {
            Reason::HostedElsewhere => Status::Elsewhere,
            Reason::HostedHere { .. } => Status::Failed(reason),
            _ => Status::TakenOver { since: *since },
        },
        HostState::Quota {
            next_at, reason, ..
        } => Status::Quota {
            next_at: *next_at,
            reason,
        },
        HostState::Failed { reason, .. } => Status::Failed(reason),
    }
}

/// The report of the session that is up; one of an earlier session, or of a link that is down,
/// says nothing of this one.
pub(super) fn current_report<'a>(
    host: Option<&Host>,
    probe: Option<&'a ProbeFacts>,
) -> Option<&'a ProbeReport> {
    let session = host?.state.serving()?;
    probe?
        .last
        .as_ref()
        .filter(|report| report.session == session)
}

fn probed(
    session: SessionNumber,
    since: UnixMillis,
    probe: Option<&ProbeFacts>,
    now: UnixMillis,
) -> Status<'_> {
    let last = probe.and_then(|probe| Some((probe, probe.last.as_ref()?)));
    let Some((probe, report)) = last.filter(|(_, report)| report.session == session) else {
        return Status::Unrouted { since };
    };
    let (diagnosis, routed) = (&report.diagnosis, has_routed(probe, since));
    let in_time = routed || now.since(since) >= ROUTING_GRACE || diagnosis.is_offline();
    if diagnosis.health() == Health::Down && !in_time {
        return Status::Unrouted { since };
    }
    Status::Probed(Probed {
        report,
        downs: probe.downs,
        routed,
    })
}

/// Whether the URL has routed since the session began.
fn has_routed(probe: &ProbeFacts, since: UnixMillis) -> bool {
    probe
        .samples
        .iter()
        .any(|sample| sample.at >= since && sample.health.routes())
}

impl Probed<'_> {
    const fn badge(&self) -> Badge {
        match &self.report.diagnosis {
            Diagnosis::Private => Badge::Private,
            diagnosis if diagnosis.is_offline() => Badge::NoNetwork,
            diagnosis => health_badge(diagnosis.health()),
        }
    }
}

impl Status<'_> {
    /// What is not hosted here may be hosted by another machine: its provider counts the hosts.
    pub(super) fn or_elsewhere(self, tunnel: &Tunnel) -> Self {
        let hosts = tunnel.remote.as_ref().map_or(0, |remote| remote.hosts);
        match self {
            Self::Stopped if hosts > 0 => Self::Elsewhere,
            status => status,
        }
    }

    /// The one word and shape.
    pub(super) const fn badge(&self) -> Badge {
        match self {
            Self::Creating => Badge::Creating,
            Self::Stopped => Badge::Stopped,
            Self::Starting | Self::Connecting(_) => Badge::Connecting,
            Self::PortAwaited | Self::Unproven { .. } | Self::Unrouted { .. } => Badge::Checking,
            Self::Unprobed(_) => Badge::Unchecked,
            Self::Probed(probed) => probed.badge(),
            Self::Offline => Badge::NoNetwork,
            Self::Held { .. } => Badge::Held,
            Self::Reconnecting { .. } => Badge::Reconnecting,
            Self::SignIn { .. } => Badge::SignIn,
            Self::TakenOver { .. } => Badge::TakenOver,
            Self::Elsewhere => Badge::Elsewhere,
            Self::Quota { .. } => Badge::OverQuota,
            Self::Failed(_) => Badge::Failed,
        }
    }

    /// Whether there is a URL to probe.
    pub(super) const fn is_probed(&self) -> bool {
        match self {
            Self::Unproven { .. } | Self::Unrouted { .. } => true,
            Self::Probed(probed) => !probed.report.diagnosis.is_offline(),
            Self::Creating
            | Self::Stopped
            | Self::Starting
            | Self::Connecting(_)
            | Self::PortAwaited
            | Self::Unprobed(_)
            | Self::Offline
            | Self::Held { .. }
            | Self::Reconnecting { .. }
            | Self::SignIn { .. }
            | Self::TakenOver { .. }
            | Self::Elsewhere
            | Self::Quota { .. }
            | Self::Failed(_) => false,
        }
    }

    /// Whether its panel holds times relative to now.
    pub(super) const fn is_relative(&self) -> bool {
        match self {
            Self::Creating
            | Self::Stopped
            | Self::Starting
            | Self::Connecting(_)
            | Self::TakenOver { .. }
            | Self::Elsewhere
            | Self::Unprobed(_)
            | Self::Failed(_) => false,
            Self::PortAwaited
            | Self::Unproven { .. }
            | Self::Unrouted { .. }
            | Self::Probed(_)
            | Self::Offline
            | Self::Held { .. }
            | Self::Reconnecting { .. }
            | Self::SignIn { .. }
            | Self::Quota { .. } => true,
        }
    }
}
