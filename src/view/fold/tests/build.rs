//! Facts for the tests, short to write; and messages, short to read.

use crate::model::{
    Diagnosis, Health, Holder, Host, Inputs, Life, LivePort, LocalAnswer, Outage, Port, PortKey,
    PortNumber, ProbeFacts, ProbeReport, Protocol, PublicAnswer, Reason, RelayVerdict, Sample,
    SessionNumber, Target, Tunnel, TunnelId, UnixMillis,
};
use crate::probe::classify;
use crate::view::{Arg, Msg};

/// 2026-12-01T12:00:00Z.
pub(super) const NOW: UnixMillis = UnixMillis(1_796_126_400_000);

/// So many seconds before [`NOW`].
pub(super) fn before(seconds: u64) -> UnixMillis {
    UnixMillis(NOW.0 - seconds * 1000)
}

/// So many seconds after [`NOW`].
pub(super) fn after(seconds: u64) -> UnixMillis {
    UnixMillis(NOW.0 + seconds * 1000)
}

pub(super) fn id(text: &str) -> TunnelId {
    TunnelId::new(text).expect("a label")
}

pub(super) fn number(port: u16) -> PortNumber {
    PortNumber::new(port).expect("a port")
}

pub(super) fn key(tunnel: &str, port: u16) -> PortKey {
    PortKey::new(&id(tunnel), number(port))
}

pub(super) fn port(tunnel: &str, port: u16, protocol: Protocol) -> Port {
    Port {
        number: number(port),
        protocol,
        target: Target::local(number(port)),
        label: id(tunnel),
        public_port: None,
        options: crate::model::PortOptions::default(),
    }
}

pub(super) fn tunnel(name: &str, ports: &[u16]) -> Tunnel {
    Tunnel {
        id: id(name),
        name: name.to_owned(),
        provider: crate::model::ProviderId::RELAY,
        ports: ports
            .iter()
            .map(|number| port(name, *number, Protocol::Http))
            .collect(),
        chosen: crate::model::Chosen::default(),
        created_at: before(86_400),
        expires_at: None,
        remote: None,
    }
}

/// A wanted host with a URL for each port.
pub(super) fn host(name: &str, ports: &[u16], state: Life) -> Host {
    let live = |port: &u16| LivePort {
        number: number(*port),
        url: format!("http://{name}-{port}.localhost:7480/"),
        lan_url: None,
        relays_own: false,
    };
    Host {
        wanted: true,
        life: state,
        live: ports.iter().map(live).collect(),
        ..Host::default()
    }
}

/// An established session that began so many seconds ago.
pub(super) fn hosting(seconds: u64) -> Life {
    Life::Up {
        session: SessionNumber(3),
        since: before(seconds),
        proven: true,
    }
}

/// Held for 12 s, and for 9 min 32 s more.
pub(super) fn held(open: u64) -> Life {
    Life::Parked {
        session: SessionNumber(3),
        since: before(12),
        until: after(572),
        open,
    }
}

pub(super) fn reconnecting(reason: Reason) -> Life {
    Life::Waiting {
        attempt: 3,
        next_at: after(4),
        outage: Outage {
            since: before(12),
            reason,
        },
    }
}

pub(super) fn status(code: u16, verdict: Option<RelayVerdict>) -> PublicAnswer {
    PublicAnswer::Status {
        code,
        latency_us: 18_000,
        verdict,
        login_wall: false,
    }
}

pub(super) const fn failed(reason: Reason) -> PublicAnswer {
    PublicAnswer::Failed { reason }
}

/// A report of session 3, 4 s ago.
pub(super) fn report(
    key: &PortKey,
    local: LocalAnswer,
    public: PublicAnswer,
    health: Health,
) -> ProbeReport {
    let diagnosis = match health {
        // Only the app knows that others are connected.
        Health::Busy => Diagnosis::Busy,
        health => classify(
            local,
            &public,
            health == Health::Slow,
            &crate::model::StatusRanges::default(),
        ),
    };
    assert_eq!(diagnosis.health(), health);
    ProbeReport {
        key: key.clone(),
        session: SessionNumber(3),
        at: before(4),
        local,
        public,
        diagnosis,
    }
}

pub(super) fn probe(report: ProbeReport, downs: u32) -> ProbeFacts {
    ProbeFacts {
        checking: false,
        routed: true,
        downs,
        samples: [Sample {
            at: report.at,
            latency_us: report.latency_us(),
            health: report.health(),
        }]
        .into(),
        last: Some(report),
    }
}

/// One tunnel `web` with port 3000, hosted in `state`, selected, the window shown.
pub(super) fn web(state: Life) -> Inputs {
    let mut inputs = Inputs {
        tunnels: vec![tunnel("web", &[3000])],
        selected: Some(key("web", 3000)),
        ..Inputs::default()
    };
    inputs.appearance.window_shown = true;
    inputs.hosts.insert(id("web"), host("web", &[3000], state));
    inputs
}

/// The same, hosting for 60 s with this answer to the last probe.
pub(super) fn web_probed(
    local: LocalAnswer,
    public: PublicAnswer,
    health: Health,
    downs: u32,
) -> Inputs {
    let mut inputs = web(hosting(60));
    let key = key("web", 3000);
    let report = report(&key, local, public, health);
    inputs.probes.insert(key, probe(report, downs));
    inputs
}

/// A message as `id(argument, …)`.
pub(super) fn brief(msg: &Msg) -> String {
    let arg = |(_, arg): &(&str, Arg)| match arg {
        Arg::Text(text) => text.clone(),
        Arg::Count(count) => count.to_string(),
        Arg::Tenths(tenths) => format!("{}.{}", tenths / 10, tenths % 10),
        Arg::Time(at) => at.0.to_string(),
        Arg::Msg(msg) => brief(msg),
    };
    let args: Vec<String> = msg.args.iter().map(arg).collect();
    if args.is_empty() {
        msg.id.to_owned()
    } else {
        format!("{}({})", msg.id, args.join(", "))
    }
}

fn address() -> String {
    "relay.example:7443".to_owned()
}

fn detail() -> String {
    "os error 98".to_owned()
}

/// Each reason once. A new one must be added to the match, and so to the list.
pub(super) fn every_reason() -> Vec<Reason> {
    let mut reasons = vec![
        Reason::Offline,
        Reason::UnknownHost {
            host: "relay.example".to_owned(),
        },
        Reason::RelayUnreachable { address: address() },
        Reason::NotARelay { address: address() },
        Reason::CertificateMismatch { address: address() },
        Reason::VersionMismatch { theirs: 2, ours: 1 },
        Reason::TokenRefused,
        Reason::NameTaken {
            name: "web".to_owned(),
        },
        Reason::HostedElsewhere,
        Reason::TakenOver,
        Reason::PublicPortTaken { port: number(7500) },
        Reason::NoPublicPorts,
        Reason::TooManyTunnels { limit: 20 },
        Reason::QuotaUsedUp {
            until: Some(after(3_600)),
        },
        Reason::LinkLost,
        Reason::LinkSilent,
        Reason::RelayShutDown,
        Reason::TimedOut,
        Reason::Zombie,
        Reason::Forced,
        Reason::Woke,
        Reason::EmbeddedRelay { detail: detail() },
        Reason::Other { detail: detail() },
        Reason::ProxyFailed {
            address: address(),
            detail: detail(),
        },
        Reason::SignedOut,
        Reason::TunnelGone,
        Reason::Refused { detail: detail() },
        Reason::ServiceTrouble { status: 503 },
        Reason::ProtocolFault { detail: detail() },
        Reason::NotInstalled {
            program: "devtunnel".to_owned(),
        },
        Reason::ProgramFailed {
            program: "devtunnel".to_owned(),
            detail: detail(),
        },
        Reason::HostedHere {
            process: Some(4711),
            by: Some(Holder::Desktop),
        },
        Reason::NameReserved {
            name: "www".to_owned(),
        },
        Reason::TooManyNames { limit: 1_000 },
        Reason::TooManyPublicPorts { limit: 25 },
        Reason::PublicPortOutside {
            port: number(80),
            first: 7500,
            last: 7599,
        },
        Reason::NoProvider {
            provider: "later".to_owned(),
        },
        Reason::TooManySessions,
    ];
    reasons.extend(provider_reasons());
    for (index, reason) in reasons.iter().enumerate() {
        assert_eq!(index, place(reason), "{reason:?}");
    }
    reasons
}

/// Those that only some providers have.
fn provider_reasons() -> Vec<Reason> {
    vec![
        Reason::TokenMissing {
            provider: "sample".to_owned(),
        },
        Reason::TokenInvalid {
            provider: "sample".to_owned(),
            detail: detail(),
        },
        Reason::OptionsInvalid {
            provider: "sample".to_owned(),
            detail: detail(),
        },
        Reason::ProgramExited {
            program: "sampled".to_owned(),
            detail: detail(),
        },
        Reason::NotReady {
            provider: "sample".to_owned(),
            detail: detail(),
        },
        Reason::StillHeld { place: address() },
        Reason::HostKeyUnknown {
            address: address(),
            fingerprint: "SHA256:abc".to_owned(),
        },
        Reason::HostKeyChanged {
            address: address(),
            fingerprint: "SHA256:abc".to_owned(),
        },
        Reason::HostKeyRevoked {
            address: address(),
            fingerprint: "SHA256:abc".to_owned(),
        },
        Reason::KeysRefused {
            address: address(),
            detail: detail(),
        },
    ]
}

fn place(reason: &Reason) -> usize {
    match reason {
        Reason::Offline => 0,
        Reason::UnknownHost { .. } => 1,
        Reason::RelayUnreachable { .. } => 2,
        Reason::NotARelay { .. } => 3,
        Reason::CertificateMismatch { .. } => 4,
        Reason::VersionMismatch { .. } => 5,
        Reason::TokenRefused => 6,
        Reason::NameTaken { .. } => 7,
        Reason::HostedElsewhere => 8,
        Reason::TakenOver => 9,
        Reason::PublicPortTaken { .. } => 10,
        Reason::NoPublicPorts => 11,
        Reason::TooManyTunnels { .. } => 12,
        Reason::QuotaUsedUp { .. } => 13,
        Reason::LinkLost => 14,
        Reason::LinkSilent => 15,
        Reason::RelayShutDown => 16,
        Reason::TimedOut => 17,
        Reason::Zombie => 18,
        Reason::Forced => 19,
        Reason::Woke => 20,
        Reason::EmbeddedRelay { .. } => 21,
        Reason::Other { .. } => 22,
        Reason::ProxyFailed { .. } => 23,
        Reason::SignedOut => 24,
        Reason::TunnelGone => 25,
        Reason::Refused { .. } => 26,
        Reason::ServiceTrouble { .. } => 27,
        Reason::ProtocolFault { .. } => 28,
        Reason::NotInstalled { .. } => 29,
        Reason::ProgramFailed { .. } => 30,
        Reason::HostedHere { .. } => 31,
        Reason::NameReserved { .. } => 32,
        Reason::TooManyNames { .. } => 33,
        Reason::TooManyPublicPorts { .. } => 34,
        Reason::NoProvider { .. } => 36,
        Reason::PublicPortOutside { .. } => 35,
        Reason::TooManySessions => 37,
        Reason::TokenMissing { .. } => 38,
        Reason::TokenInvalid { .. } => 39,
        Reason::OptionsInvalid { .. } => 40,
        Reason::ProgramExited { .. } => 41,
        Reason::NotReady { .. } => 42,
        Reason::StillHeld { .. } => 43,
        Reason::HostKeyUnknown { .. } => 44,
        Reason::HostKeyChanged { .. } => 45,
        Reason::HostKeyRevoked { .. } => 46,
        Reason::KeysRefused { .. } => 47,
    }
}
