//! How one port is, decided from the engine's state and the probes: the cause of badge, sentence
//! and remedy, so that the three never contradict each other. It has no words.

use crate::model::{
    Health, Host, HostState, LivePort, LocalAnswer, Phase, PortOptions, ProbeFacts, ProbeRate,
    ProbeReport, PublicAnswer, Reason, RelayVerdict, ServiceFault, SessionNumber, Tunnel,
    UnixMillis,
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
    /// It works.
    Working(&'a ProbeReport),
    /// It works, behind a login.
    Private,
    /// It is served; whether visitors get through is not found out.
    Unchecked(Unchecked<'a>),
    /// The service is at another visitor's request.
    Busy,
    /// It works, and what is on the way takes its time.
    Slow,
    /// It works, and there is no room for another visitor.
    Full,
    /// The relay was reached, the local service was not.
    ServiceDown(LocalFault),
    /// The public URL is dead while the session believes itself up.
    Unreachable {
        fault: UrlFault,
        downs: u32,
        /// The session is given up if it goes on.
        counts: bool,
    },
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

/// Why a port is not checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unchecked<'a> {
    /// The person does not want it.
    Off,
    /// The URL is for the relay's own computer.
    RelaysOwn,
    /// The URL's name does not resolve here.
    NoName(&'a str),
    /// There was nothing to ask.
    NotAsked,
}

/// What is wrong with the local service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LocalFault {
    /// This.
    Service(ServiceFault),
    /// It refused the request that came through the relay, and accepts when asked directly.
    RefusedOnce,
    /// The probe does not say.
    Unclear,
}

/// What is wrong with the public URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum UrlFault {
    /// It does not answer; the local service accepts.
    Dead,
    /// The relay says that nobody hosts the tunnel.
    NoHost,
    /// The relay says that it does not know the tunnel.
    Unknown,
    /// It has not answered from here since the session began; the local service accepts.
    NeverFromHere,
    /// It is dead, and this is wrong with the local service.
    And(ServiceFault),
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
            (Some(_), true) if options.probe == ProbeRate::Off => Status::Unchecked(Unchecked::Off),
            (Some(live), true) if live.relays_own => Status::Unchecked(Unchecked::RelaysOwn),
            (Some(_), true) => hosting(*session, *since, probe, now),
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

fn hosting(
    session: SessionNumber,
    since: UnixMillis,
    probe: Option<&ProbeFacts>,
    now: UnixMillis,
) -> Status<'_> {
    let last = probe.and_then(|probe| Some((probe, probe.last.as_ref()?)));
    let Some((probe, report)) = last.filter(|(_, report)| report.session == session) else {
        return Status::Unrouted { since };
    };
    match report.health {
        Health::Operational => working(report),
        Health::Unchecked => Status::Unchecked(match &report.public {
            PublicAnswer::Failed {
                reason: Reason::UnknownHost { host },
            } => Unchecked::NoName(host),
            _ => Unchecked::NotAsked,
        }),
        Health::Busy => Status::Busy,
        Health::ServiceDown => Status::ServiceDown(local_fault(report)),
        Health::Full => Status::Full,
        Health::Slow => Status::Slow,
        Health::Down if is_offline(report) => Status::Offline,
        Health::Down if !has_routed(probe, since) && now.since(since) < ROUTING_GRACE => {
            Status::Unrouted { since }
        }
        Health::Down => Status::Unreachable {
            fault: match url_fault(report) {
                // The session is not cut for it, and visitors may be luckier.
                UrlFault::Dead if !has_routed(probe, since) => UrlFault::NeverFromHere,
                fault => fault,
            },
            downs: probe.downs,
            counts: report.is_against_session(),
        },
    }
}

fn working(report: &ProbeReport) -> Status<'_> {
    match report.public {
        PublicAnswer::Status {
            login_wall: true, ..
        } => Status::Private,
        PublicAnswer::Status { .. }
        | PublicAnswer::Accepted { .. }
        | PublicAnswer::NotAsked
        | PublicAnswer::Failed { .. } => Status::Working(report),
    }
}

fn is_offline(report: &ProbeReport) -> bool {
    matches!(
        report.public,
        PublicAnswer::Failed {
            reason: Reason::Offline
        }
    )
}

/// Whether the URL has routed since the session began.
fn has_routed(probe: &ProbeFacts, since: UnixMillis) -> bool {
    probe
        .samples
        .iter()
        .any(|sample| sample.at >= since && sample.health.routes())
}

/// What a report says of the local service.
pub(crate) fn local_fault(report: &ProbeReport) -> LocalFault {
    match (report.local, report.service_fault()) {
        (LocalAnswer::Accepts, Some(ServiceFault::Refused)) => LocalFault::RefusedOnce,
        // It was silent for a visitor, and what accepts now is slow rather than absent.
        (LocalAnswer::Accepts, Some(ServiceFault::TimedOut)) => {
            LocalFault::Service(ServiceFault::NoAnswer)
        }
        (_, Some(fault)) => LocalFault::Service(fault),
        (_, None) => LocalFault::Unclear,
    }
}

fn url_fault(report: &ProbeReport) -> UrlFault {
    if let Some(fault) = report.local.fault() {
        return UrlFault::And(fault);
    }
    match report.verdict() {
        Some(RelayVerdict::NoHost) => UrlFault::NoHost,
        Some(RelayVerdict::UnknownTunnel) => UrlFault::Unknown,
        Some(RelayVerdict::Service(_) | RelayVerdict::Full) | None => UrlFault::Dead,
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
            Self::Working(_) => Badge::Working,
            Self::Private => Badge::Private,
            Self::Slow => Badge::Slow,
            Self::Full => Badge::Full,
            Self::Unchecked(_) => Badge::Unchecked,
            Self::Busy => Badge::Busy,
            Self::ServiceDown(_) => Badge::ServiceDown,
            Self::Unreachable { .. } => Badge::Unreachable,
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
            Self::Unproven { .. }
            | Self::Unrouted { .. }
            | Self::Working(_)
            | Self::Private
            | Self::Slow
            | Self::Full
            | Self::Unchecked(Unchecked::NoName(_) | Unchecked::NotAsked)
            | Self::Busy
            | Self::ServiceDown(_)
            | Self::Unreachable { .. } => true,
            Self::Creating
            | Self::Stopped
            | Self::Starting
            | Self::Connecting(_)
            | Self::PortAwaited
            | Self::Unchecked(Unchecked::Off | Unchecked::RelaysOwn)
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
            | Self::Unchecked(Unchecked::Off | Unchecked::RelaysOwn)
            | Self::Failed(_) => false,
            Self::PortAwaited
            | Self::Unproven { .. }
            | Self::Unrouted { .. }
            | Self::Working(_)
            | Self::Private
            | Self::Slow
            | Self::Full
            | Self::Unchecked(Unchecked::NoName(_) | Unchecked::NotAsked)
            | Self::Busy
            | Self::ServiceDown(_)
            | Self::Unreachable { .. }
            | Self::Offline
            | Self::Held { .. }
            | Self::Reconnecting { .. }
            | Self::SignIn { .. }
            | Self::Quota { .. } => true,
        }
    }
}
