//! Any facts: few names and ports, so that they meet; all states, reasons and times.

use super::build::{every_reason, id, number, port, tunnel};
use crate::model::{
    About, Access, AccountFacts, AccountId, AccountState, Alert, AlertKind, Catalog, Cause,
    DeviceCode, Diagnosis, Dialog, DialogKind, Fingerprint, Health, Host, Inputs, Life, LivePort,
    LocalAnswer, Metrics, Notice, NoticeKind, Outage, Pending, PendingWord, Phase, PortKey,
    ProbeFacts, ProbeReport, Protocol, ProviderId, PublicAnswer, Reason, RelayFacts, RelayVerdict,
    Remote, Sample, ServiceFault, SessionNumber, StatusRanges, Traffic, Transition, Tunnel,
    TunnelId, UnixMillis,
};
use crate::probe::classify;
use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;

const NAMES: [&str; 4] = ["a", "b", "c", "d"];
const PORTS: [u16; 3] = [1, 80, 65535];

fn some_id() -> impl Strategy<Value = TunnelId> {
    proptest::sample::select(&NAMES).prop_map(id)
}

fn some_key() -> impl Strategy<Value = PortKey> {
    (some_id(), proptest::sample::select(&PORTS))
        .prop_map(|(tunnel, port)| PortKey::new(&tunnel, number(port)))
}

/// Small times and all times: the first meet each other, the second find overflows.
pub(super) fn some_time() -> impl Strategy<Value = UnixMillis> {
    prop_oneof![0..100_000_u64, any::<u64>()].prop_map(UnixMillis)
}

fn some_reason() -> impl Strategy<Value = Reason> {
    proptest::sample::select(every_reason())
}

fn some_tunnel() -> impl Strategy<Value = Tunnel> {
    let ports = proptest::sample::subsequence(PORTS.to_vec(), 0..=PORTS.len());
    (
        proptest::sample::select(&NAMES),
        ports,
        option::of(some_time()),
        option::of((any::<bool>(), 0..2_u32)),
    )
        .prop_map(|(name, ports, expires_at, remote)| Tunnel {
            expires_at,
            provider: remote.map_or(ProviderId::RELAY, |_| ProviderId::SAMPLE),
            remote: remote.map(|(public, hosts)| Remote {
                access: if public {
                    Access::Public
                } else {
                    Access::Private
                },
                hosts,
                ..Remote::default()
            }),
            ..tunnel(name, &ports)
        })
}

fn some_state() -> impl Strategy<Value = Life> {
    let (t, r) = (some_time, some_reason);
    let phases = [
        Phase::Authorising,
        Phase::ConnectingRelay,
        Phase::ForwardingPorts,
    ];
    prop_oneof![
        Just(Life::Stopped),
        proptest::sample::select(phases.to_vec()).prop_map(Life::starting),
        (0..2_u64, t(), any::<bool>()).prop_map(|(session, since, established)| {
            Life::Up {
                session: SessionNumber(session),
                since,
                proven: established,
            }
        }),
        (0..2_u64, t(), t(), any::<u64>()).prop_map(|(session, since, until, open)| {
            Life::Parked {
                session: SessionNumber(session),
                since,
                until,
                open,
            }
        }),
        (any::<u32>(), option::of(t()), t(), r()).prop_map(|(attempt, next_at, since, reason)| {
            let outage = Outage { since, reason };
            match next_at {
                Some(next_at) => Life::Waiting {
                    attempt,
                    next_at,
                    outage,
                },
                None => Life::Connecting {
                    phase: Phase::ConnectingRelay,
                    attempt,
                    outage: Some(outage),
                },
            }
        }),
        (t(), r()).prop_map(|(since, reason)| Life::SignIn(Outage { since, reason })),
        (t(), r()).prop_map(|(since, reason)| Life::Displaced(Outage { since, reason })),
        (t(), t(), r()).prop_map(|(since, next_at, reason)| Life::Quota {
            next_at,
            outage: Outage { since, reason }
        }),
        (t(), r()).prop_map(|(since, reason)| Life::Failed(Outage { since, reason })),
    ]
}

fn some_health() -> impl Strategy<Value = Health> {
    prop_oneof![
        Just(Health::Operational),
        Just(Health::Unchecked),
        Just(Health::Busy),
        Just(Health::ServiceDown),
        Just(Health::Full),
        Just(Health::Slow),
        Just(Health::Down)
    ]
}

fn some_transition() -> impl Strategy<Value = Transition> {
    let port = || proptest::sample::select(&PORTS).prop_map(number);
    (
        some_time(),
        option::of(some_state()),
        option::of((port(), some_health())),
        any::<u64>(),
    )
        .prop_map(|(at, state, health, after_ms)| Transition {
            at,
            life: state,
            health,
            after_ms,
        })
}

fn some_traffic() -> impl Strategy<Value = Traffic> {
    (any::<u64>(), any::<u64>(), any::<u64>(), any::<u64>()).prop_map(
        |(open, total, bytes_in, bytes_out)| Traffic {
            open,
            total,
            bytes_in,
            bytes_out,
            failed: 0,
            fault: None,
            certificate: None,
        },
    )
}

fn some_host() -> impl Strategy<Value = Host> {
    let ports = || proptest::sample::select(&PORTS).prop_map(number);
    let live = (ports(), "(http://|tcp://)?.{0,60}", option::of(".{0,9}")).prop_map(
        |(number, url, lan_url)| LivePort {
            number,
            url,
            lan_url,
            relays_own: false,
        },
    );
    let traffic = vec(some_traffic(), 0..4).prop_map(Into::into);
    (
        any::<bool>(),
        some_state(),
        vec(live, 0..4),
        btree_map(ports(), some_reason(), 0..3),
        btree_map(ports(), traffic, 0..3),
        vec(some_transition(), 0..30),
    )
        .prop_map(|(wanted, state, live, lacking, traffic, history)| Host {
            wanted,
            life: state,
            live,
            lacking,
            traffic,
            history: history.into(),
        })
}

const SERVICE_FAULTS: [ServiceFault; 16] = [
    ServiceFault::Refused,
    ServiceFault::TimedOut,
    ServiceFault::NoAnswer,
    ServiceFault::Busy,
    ServiceFault::UnknownName,
    ServiceFault::Unreachable,
    ServiceFault::UntrustedCertificate {
        fingerprint: Fingerprint([1; 32]),
    },
    ServiceFault::ChangedCertificate {
        fingerprint: Fingerprint([2; 32]),
    },
    ServiceFault::NotTls,
    ServiceFault::NameRefused,
    ServiceFault::TlsRefused,
    ServiceFault::NotHttp,
    ServiceFault::HostFull,
    ServiceFault::NotPermitted,
    ServiceFault::Loop,
    ServiceFault::Other,
];

fn some_public() -> impl Strategy<Value = PublicAnswer> {
    use RelayVerdict::{Full, NoHost, Service, UnknownTunnel};
    let faults = SERVICE_FAULTS.into_iter().map(Service);
    let verdicts: Vec<_> = faults.chain([Full, NoHost, UnknownTunnel]).collect();
    let verdict = option::of(proptest::sample::select(verdicts));
    prop_oneof![
        (any::<u16>(), any::<u64>(), verdict, any::<bool>()).prop_map(
            |(code, latency_us, verdict, login_wall)| PublicAnswer::Status {
                code,
                latency_us,
                verdict,
                login_wall
            }
        ),
        any::<u64>().prop_map(|latency_us| PublicAnswer::Accepted { latency_us }),
        Just(PublicAnswer::NotAsked),
        some_reason().prop_map(|reason| PublicAnswer::Failed { reason }),
    ]
}

fn some_probe() -> impl Strategy<Value = ProbeFacts> {
    let local = prop_oneof![
        Just(LocalAnswer::Accepts),
        Just(LocalAnswer::NotAsked),
        proptest::sample::select(SERVICE_FAULTS.to_vec()).prop_map(LocalAnswer::Failed)
    ];
    let report = (
        some_key(),
        0..2_u64,
        some_time(),
        local,
        some_public(),
        any::<(bool, bool)>(),
    )
        .prop_map(|(key, session, at, local, public, (alive, busy))| {
            let diagnosis = match classify(local, &public, alive, &StatusRanges::default()) {
                Diagnosis::ServiceDown { .. } if busy => Diagnosis::Busy,
                diagnosis => diagnosis,
            };
            ProbeReport {
                key,
                session: SessionNumber(session),
                at,
                local,
                public,
                diagnosis,
            }
        });
    let sample = (some_time(), option::of(any::<u64>()), some_health()).prop_map(
        |(at, latency_us, health)| Sample {
            at,
            latency_us,
            health,
        },
    );
    (
        option::of(report),
        any::<(bool, bool)>(),
        any::<u32>(),
        vec(sample, 0..9),
    )
        .prop_map(|(last, (checking, routed), downs, samples)| ProbeFacts {
            last,
            checking,
            routed,
            downs,
            samples: samples.into(),
        })
}

fn some_pending() -> impl Strategy<Value = Pending> {
    let added = proptest::sample::select(&PORTS).prop_map(|n| port("a", n, Protocol::Auto));
    prop_oneof![
        some_tunnel().prop_map(Pending::Create),
        some_id().prop_map(Pending::Delete),
        (some_id(), added).prop_map(|(tunnel, port)| Pending::AddPort(tunnel, port)),
        some_key().prop_map(Pending::RemovePort),
        some_key().prop_map(|key| Pending::ChangeProtocol(key, Protocol::Tcp)),
        some_id().prop_map(|id| Pending::SetAccess(id, Access::Public)),
        some_id().prop_map(Pending::Renew),
        some_id().prop_map(|id| Pending::Rename(id, "Other".to_owned())),
    ]
}

fn some_account() -> impl Strategy<Value = AccountState> {
    let code = || DeviceCode {
        url: "https://example.org/code".to_owned(),
        code: "ABCD".to_owned(),
    };
    prop_oneof![
        Just(AccountState::Unknown),
        Just(AccountState::NotInstalled),
        Just(AccountState::SignedOut),
        Just(AccountState::SigningIn { device: None }),
        Just(AccountState::SigningIn {
            device: Some(code())
        }),
        Just(AccountState::Ready {
            user: "ana".to_owned(),
            via: "GitHub".to_owned()
        }),
        (some_reason(), some_time())
            .prop_map(|(reason, since)| AccountState::Failed { reason, since }),
    ]
}

fn some_metrics() -> impl Strategy<Value = Metrics> {
    let some = || option::of(any::<u64>());
    (some(), some(), some(), some(), option::of(any::<u32>())).prop_map(
        |(upload_rate, download_rate, upload_total, download_total, connections)| Metrics {
            upload_rate,
            download_rate,
            upload_total,
            download_total,
            connections,
        },
    )
}

fn some_account_facts() -> impl Strategy<Value = AccountFacts> {
    let samples = vec(some_metrics(), 0..4).prop_map(Into::into);
    (
        some_account(),
        any::<bool>(),
        btree_map(some_key(), samples, 0..3),
    )
        .prop_map(|(state, refreshing, metrics)| AccountFacts {
            state,
            refreshing,
            metrics,
        })
}

fn some_dialog() -> impl Strategy<Value = Dialog> {
    prop_oneof![
        Just(DialogKind::CreateTunnel),
        some_id().prop_map(|tunnel| DialogKind::AddPort { tunnel }),
        some_id().prop_map(|tunnel| DialogKind::DeleteTunnel { tunnel }),
        some_key().prop_map(|key| DialogKind::RemovePort { key }),
        some_key().prop_map(|key| DialogKind::ChangeProtocol { key }),
        some_key().prop_map(|key| DialogKind::QrCode { key }),
        some_key().prop_map(|key| DialogKind::Health { key }),
        some_id().prop_map(|tunnel| DialogKind::MakePublic { tunnel }),
        Just(DialogKind::Account { account: whose() }),
        Just(DialogKind::SignOut { account: whose() }),
        Just(DialogKind::Import),
        Just(DialogKind::Settings),
        Just(DialogKind::About),
    ]
    .prop_map(|kind| Dialog {
        kind,
        errors: Vec::new(),
    })
}

fn some_notice() -> impl Strategy<Value = Notice> {
    let kind = prop_oneof![
        any::<bool>().prop_map(|hosting| NoticeKind::Crashed { hosting }),
        (some_id(), some_reason())
            .prop_map(|(tunnel, reason)| NoticeKind::NeedsYou { tunnel, reason }),
        some_reason().prop_map(|reason| NoticeKind::AccountTrouble {
            account: whose(),
            reason
        }),
        some_reason().prop_map(|reason| NoticeKind::ChangeRefused {
            account: whose(),
            change: PendingWord::Create,
            name: "x".to_owned(),
            reason
        }),
        (some_id(), any::<u64>()).prop_map(|(tunnel, open)| NoticeKind::HeldLost { tunnel, open }),
    ];
    (any::<u64>(), some_time(), kind).prop_map(|(id, at, kind)| Notice { id, at, kind })
}

fn some_alert() -> impl Strategy<Value = Alert> {
    let why = prop_oneof![
        some_reason().prop_map(Cause::Reason),
        Just(Cause::Held),
        Just(Cause::Url),
        Just(Cause::Answer { status: 500 }),
        proptest::sample::select(&SERVICE_FAULTS).prop_map(|fault| Cause::Service {
            fault,
            accepts: true
        }),
    ];
    let port = option::of(proptest::sample::select(&PORTS)).prop_map(|port| port.map(number));
    let about = (some_id(), port, option::of(why));
    let about = about.prop_map(|(tunnel, port, why)| About { tunnel, port, why });
    let kind = proptest::sample::select(&AlertKind::ALL);
    (any::<u64>(), kind, vec(about, 1..3)).prop_map(|(id, kind, about)| Alert { id, kind, about })
}

const fn whose() -> AccountId {
    AccountId::only(ProviderId::SAMPLE)
}

pub(super) fn some_inputs() -> impl Strategy<Value = Inputs> {
    let facts = (
        vec(some_tunnel(), 0..5),
        vec(some_pending(), 0..5),
        btree_map(some_id(), some_host(), 0..4),
        btree_map(some_key(), some_probe(), 0..8),
    );
    let screen = (
        option::of(some_key()),
        option::of(some_dialog()),
        vec(some_notice(), 0..3),
        any::<(bool, bool)>(),
        some_account_facts(),
        vec(some_alert(), 0..3),
    );
    (facts, screen).prop_map(|(facts, screen)| {
        let (selected, dialog, notices, (shown, joined), account, alerts) = screen;
        let (tunnels, pending, hosts, probes) = facts;
        let mut inputs = Inputs {
            tunnels,
            pending,
            hosts,
            probes,
            selected,
            dialog,
            notices,
            alerts,
            providers: Catalog::sample(),
            accounts: [(whose(), account)].into(),
            relay: RelayFacts {
                joined: joined.then(|| "relay.example:7443".to_owned()),
                lan: !joined,
            },
            ..Inputs::default()
        };
        inputs.appearance.window_shown = shown;
        inputs
    })
}
