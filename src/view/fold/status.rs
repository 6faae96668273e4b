//! How one port is: the life of its tunnel and, while that is up, the diagnosis of its probes. Badge,
//! sentence and remedy are made of this one value, so that they never contradict each other. It has
//! no words.

use super::chart::health_badge;
use crate::model::{
    Class, Diagnosis, Health, Host, Life, LivePort, Outage, Port, ProbeFacts, ProbeReport, Reason,
    SessionNumber, Tunnel, UnixMillis, Unprobed,
};
use crate::view::Badge;
use std::time::Duration;

/// How long a new session's URL may take to route before it counts as dead rather than as not ready.
const ROUTING_GRACE: Duration = Duration::from_secs(15);

/// How one port is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Status<'a> {
    Creating,
    /// It is not hosted.
    Stopped,
    /// Another machine hosts it.
    Elsewhere,
    /// The session is up and does not serve this port yet.
    PortAwaited,
    /// The session is up and cannot serve this port.
    PortLacking(&'a Reason),
    /// It is wanted, and nothing is known of its URL yet. Stopped is a tunnel whose engine has not
    /// spoken yet, up one whose session has not proven itself or whose URL does not answer yet.
    Life(&'a Life),
    /// It is served and not probed.
    Unprobed(Unprobed),
    /// What the probes of this session found.
    Probed(Probed<'a>),
}

/// What the probes of the session that is up found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Probed<'a> {
    pub report: &'a ProbeReport,
    /// Dead ones in a row.
    pub downs: u32,
    /// The URL has routed since the session began. One that has not may be out of reach from here
    /// alone: the session is not cut for it.
    pub routed: bool,
    /// The same since the program started: it was in reach from here.
    pub ever_routed: bool,
}

/// Decides how a port is that is not being made.
pub(super) fn of<'a>(
    host: Option<&'a Host>,
    live: Option<&LivePort>,
    port: &Port,
    probes: bool,
    probe: Option<&'a ProbeFacts>,
    now: UnixMillis,
) -> Status<'a> {
    let Some(host) = host else {
        return Status::Stopped;
    };
    // What ended hosting stays on screen; everything else gives way to the wish at once.
    let outlives_the_wish = matches!(host.life, Life::Displaced(_) | Life::Failed(_));
    if !host.wanted && !outlives_the_wish {
        return Status::Stopped;
    }
    match &host.life {
        Life::Up {
            session,
            since,
            proven,
        } => match (live, proven) {
            (None, _) => host
                .lacking
                .get(&port.number)
                .map_or(Status::PortAwaited, Status::PortLacking),
            (Some(_), false) => Status::Life(&host.life),
            (Some(live), true) => {
                let found = probed(*session, *since, probe, now);
                match Unprobed::of(probes, live) {
                    // Its service is looked at all the same.
                    Some(Unprobed::Off) => found
                        .filter(|found| found.report.health() == Health::ServiceDown)
                        .map_or(Status::Unprobed(Unprobed::Off), Status::Probed),
                    Some(why) => Status::Unprobed(why),
                    None => found.map_or(Status::Life(&host.life), Status::Probed),
                }
            }
        },
        Life::Displaced(Outage {
            reason: Reason::HostedElsewhere,
            ..
        }) => Status::Elsewhere,
        _ => Status::Life(&host.life),
    }
}

/// The report of the session that is up; one of an earlier session, or of a link that is down,
/// says nothing of this one.
pub(super) fn current_report<'a>(
    host: Option<&Host>,
    probe: Option<&'a ProbeFacts>,
) -> Option<&'a ProbeReport> {
    let session = host?.life.serving()?;
    probe?
        .last
        .as_ref()
        .filter(|report| report.session == session)
}

/// What the session's probes found; `None` while its URL is only not ready.
fn probed(
    session: SessionNumber,
    since: UnixMillis,
    probe: Option<&ProbeFacts>,
    now: UnixMillis,
) -> Option<Probed<'_>> {
    let probe = probe?;
    let last = probe.last.as_ref();
    let report = last.filter(|report| report.session == session)?;
    let (diagnosis, routed) = (&report.diagnosis, has_routed(probe, since));
    let in_time = routed || now.since(since) >= ROUTING_GRACE || diagnosis.is_offline();
    (diagnosis.health() != Health::Down || in_time).then_some(Probed {
        report,
        downs: probe.downs,
        routed,
        ever_routed: probe.routed,
    })
}

/// Whether the URL has routed since the session began.
fn has_routed(probe: &ProbeFacts, since: UnixMillis) -> bool {
    probe
        .samples
        .iter()
        .any(|sample| sample.at >= since && sample.health.routes())
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
            Self::Elsewhere => Badge::Elsewhere,
            Self::PortAwaited => Badge::Checking,
            Self::PortLacking(reason) => lacking_badge(reason),
            Self::Life(life) => life_badge(life),
            Self::Unprobed(_) => Badge::Unchecked,
            Self::Probed(probed) => match &probed.report.diagnosis {
                Diagnosis::Private => Badge::Private,
                diagnosis if diagnosis.is_offline() => Badge::NoNetwork,
                diagnosis => health_badge(diagnosis.health()),
            },
        }
    }

    /// Another machine hosts it, or took it over.
    pub(super) const fn is_taken(&self) -> bool {
        matches!(self.badge(), Badge::Elsewhere | Badge::TakenOver)
    }

    /// Whether there is a URL to probe.
    pub(super) const fn is_probed(&self) -> bool {
        match self {
            Self::Life(life) => matches!(life, Life::Up { .. }),
            Self::Probed(probed) => !probed.report.diagnosis.is_offline(),
            Self::Creating
            | Self::Stopped
            | Self::Elsewhere
            | Self::PortAwaited
            | Self::PortLacking(_)
            | Self::Unprobed(_) => false,
        }
    }

    /// Whether its panel holds times relative to now.
    pub(super) const fn is_relative(&self) -> bool {
        match self {
            Self::Creating
            | Self::Stopped
            | Self::Elsewhere
            | Self::PortLacking(_)
            | Self::Unprobed(_) => false,
            Self::PortAwaited | Self::Probed(_) => true,
            // A first attempt tells its phase, and what ended hosting no time.
            Self::Life(life) => {
                life.session().is_some()
                    || life.retry().is_some()
                    || matches!(life, Life::SignIn(_) | Life::Quota { .. })
            }
        }
    }
}

/// What would be the life's, were the other ports not served.
const fn lacking_badge(reason: &Reason) -> Badge {
    match reason.class() {
        Class::Transient => Badge::Reconnecting,
        Class::Quota => Badge::OverQuota,
        Class::SignIn => Badge::SignIn,
        Class::Fatal | Class::Displaced => Badge::Failed,
    }
}

const fn life_badge(life: &Life) -> Badge {
    match life {
        Life::Stopped | Life::Connecting { outage: None, .. } => Badge::Connecting,
        Life::Up { .. } => Badge::Checking,
        Life::Parked { .. } => Badge::Held,
        Life::Connecting { .. } | Life::Waiting { .. } if is_offline(life) => Badge::NoNetwork,
        Life::Connecting { .. } | Life::Waiting { .. } => Badge::Reconnecting,
        Life::SignIn(_) => Badge::SignIn,
        Life::Displaced(Outage {
            reason: Reason::HostedHere { .. },
            ..
        })
        | Life::Failed(_) => Badge::Failed,
        Life::Displaced(_) => Badge::TakenOver,
        Life::Quota { .. } => Badge::OverQuota,
    }
}

/// Whether this computer has no route to anywhere.
pub(super) const fn is_offline(life: &Life) -> bool {
    matches!(
        life.outage(),
        Some(Outage {
            reason: Reason::Offline,
            ..
        })
    )
}
