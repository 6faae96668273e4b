//! Whole views, read once by a person and pinned since.

use super::build::{
    NOW, after, before, failed, held, host, hosting, id, key, number, port, probe, reconnecting,
    report, status, tunnel, web, web_probed,
};
use super::compact::compact;
use crate::model::{
    Access, AccountId, AccountState, Catalog, DeviceCode, Dialog, DialogKind, Field, FieldError,
    Health, Inputs, InvalidJoinLink, Language, Life, LocalAnswer, Metrics, Notice, NoticeKind,
    Outage, Pending, Phase, Protocol, ProviderId, PublicAnswer, Reason, RelayVerdict, Remote,
    Sample, ServiceFault, SessionNumber, Setting, Theme, Toast, Traffic, Transition, Tunnel,
};
use crate::view::{DialogView, fold};
use serde_json::Value;

fn pin(name: &str, inputs: &Inputs) {
    let view = serde_json::to_value(fold(inputs, NOW)).expect("a view is JSON");
    insta::assert_json_snapshot!(name, compact(view));
}

#[test]
fn nothing_yet() {
    pin("nothing-yet", &Inputs::default());
}

#[test]
fn one_works() {
    let mut inputs = web_probed(
        LocalAnswer::Accepts,
        status(200, None),
        Health::Operational,
        0,
    );
    let host = inputs.hosts.get_mut(&id("web")).expect("it is there");
    host.live[0].lan_url = Some("http://web-3000.192.0.2.7.example:7480/".to_owned());
    let traffic = |bytes_out| Traffic {
        open: 2,
        total: 17,
        bytes_in: 1_536,
        bytes_out,
        failed: 0,
        fault: None,
        certificate: None,
    };
    host.traffic
        .insert(number(3000), [0, 2_048, 3 << 20].map(traffic).into());
    let transition = |seconds, state| Transition {
        at: before(seconds),
        life: Some(state),
        health: None,
        after_ms: 3_000,
    };
    let lost = Life::Connecting {
        phase: Phase::ConnectingRelay,
        attempt: 1,
        outage: Some(Outage {
            since: before(73),
            reason: Reason::LinkSilent,
        }),
    };
    host.history = [
        transition(900, Life::starting(Phase::Authorising)),
        transition(899, hosting(899)),
        transition(73, lost),
        transition(
            60,
            Life::Up {
                session: SessionNumber(4),
                since: before(60),
                proven: true,
            },
        ),
    ]
    .into();
    pin("one-works", &inputs);
}

#[test]
fn service_down_on_a_joined_relay() {
    let public = status(502, Some(RelayVerdict::Service(ServiceFault::Refused)));
    let mut inputs = web_probed(
        LocalAnswer::Failed(ServiceFault::Refused),
        public,
        Health::ServiceDown,
        0,
    );
    inputs.relay.joined = Some("relay.example:7443".to_owned());
    inputs.settings.theme = Theme::Dark;
    inputs.settings.language = Some(Language::PtBr);
    let probe = inputs
        .probes
        .get_mut(&key("web", 3000))
        .expect("it is there");
    probe.samples.push_front(Sample {
        at: before(64),
        latency_us: Some(1_400),
        health: Health::Operational,
    });
    pin("service-down-on-a-joined-relay", &inputs);
}

#[test]
fn reconnecting_with_other_tunnels_beside() {
    let mut inputs = web(reconnecting(Reason::LinkSilent));
    let mut docs = tunnel("docs", &[8080, 8081]);
    docs.ports[1] = port("docs", 8081, Protocol::Tcp);
    docs.ports[1].target.host = "nas.lan".to_owned();
    docs.expires_at = Some(after(29 * 86_400 + 60));
    inputs.tunnels.push(docs);
    inputs
        .hosts
        .insert(id("docs"), host("docs", &[8080, 8081], hosting(60)));
    let ok = key("docs", 8080);
    let dead = key("docs", 8081);
    let works = report(
        &ok,
        LocalAnswer::Accepts,
        status(200, None),
        Health::Operational,
    );
    let fails = report(
        &dead,
        LocalAnswer::Accepts,
        failed(Reason::TimedOut),
        Health::Down,
    );
    inputs.probes.insert(ok, probe(works, 0));
    inputs.probes.insert(dead, probe(fails, 2));
    inputs.tunnels.push(tunnel("idle", &[4000]));
    inputs.tunnels.push(tunnel("bare", &[]));
    pin("reconnecting-with-other-tunnels-beside", &inputs);
}

#[test]
fn held_with_visitors_and_what_another_lost() {
    let mut inputs = web(held(2));
    let host_of = inputs.hosts.get_mut(&id("web")).expect("it is there");
    let traffic = |bytes_out| Traffic {
        open: 2,
        total: 17,
        bytes_in: 1_536,
        bytes_out,
        failed: 0,
        fault: None,
        certificate: None,
    };
    host_of
        .traffic
        .insert(number(3000), [0, 2_048].map(traffic).into());
    let transition = |seconds, state| Transition {
        at: before(seconds),
        life: Some(state),
        health: None,
        after_ms: 3_000,
    };
    host_of.history = [transition(900, hosting(900)), transition(12, held(2))].into();
    let works = report(
        &key("web", 3000),
        LocalAnswer::Accepts,
        status(200, None),
        Health::Operational,
    );
    let mut facts = probe(works, 0);
    facts.last = None;
    inputs.probes.insert(key("web", 3000), facts);
    inputs.tunnels.push(tunnel("docs", &[8080, 8081]));
    inputs
        .hosts
        .insert(id("docs"), host("docs", &[8080, 8081], held(0)));
    inputs.notices = vec![Notice {
        id: 4,
        at: before(600),
        kind: NoticeKind::HeldLost {
            tunnel: id("docs"),
            open: 3,
        },
    }];
    pin("held-with-visitors-and-what-another-lost", &inputs);
}

#[test]
fn changes_on_their_way() {
    let mut inputs = web(hosting(60));
    inputs.tunnels.push(tunnel("docs", &[8080]));
    inputs.tunnels.push(tunnel("old", &[8081]));
    inputs.pending = vec![
        Pending::Delete(id("old")),
        Pending::RemovePort(key("docs", 8080)),
        Pending::AddPort(id("web"), port("web", 3001, Protocol::Auto)),
        Pending::Create(tunnel("new", &[9000])),
    ];
    inputs.selected = Some(key("new", 9000));
    pin("changes-on-their-way", &inputs);
}

#[test]
fn a_form_with_errors() {
    let mut inputs = web(hosting(60));
    inputs.dialog = Some(Dialog {
        kind: DialogKind::CreateTunnel,
        errors: vec![
            (Field::Name, FieldError::NameExists { id: id("web") }),
            (
                Field::Target,
                FieldError::NotAPort {
                    typed: "70000".to_owned(),
                },
            ),
            (Field::PublicPort, FieldError::PublicPortNeedsTcp),
        ],
    });
    inputs.selected = None;
    pin("a-form-with-errors", &inputs);
}

#[test]
fn a_deletion_to_confirm() {
    let mut inputs = web(Life::Stopped);
    inputs.hosts.clear();
    inputs.selected = None;
    inputs.toast = Some(Toast::Copied {
        url: "http://web.localhost:7480/".to_owned(),
    });
    inputs.dialog = Some(Dialog {
        kind: DialogKind::DeleteTunnel { tunnel: id("web") },
        errors: Vec::new(),
    });
    pin("a-deletion-to-confirm", &inputs);
}

#[test]
fn notices_of_every_kind() {
    let text = |text: &str| text.to_owned();
    let needs = |name: &str, reason| NoticeKind::NeedsYou {
        tunnel: id(name),
        reason,
    };
    let settings = || text("settings.json");
    let tunnels = || text("tunnels.json");
    let full = || text("No space left");
    let kinds = [
        NoticeKind::FileCorrupt {
            file: text("tunnels.json"),
            kept_as: text("tunnels.json.bad-1"),
        },
        NoticeKind::FileTooNew { file: settings() },
        NoticeKind::FileUnreadable { file: tunnels() },
        NoticeKind::EntriesDropped {
            file: text("hosted.json"),
            count: 1,
            kept_as: text("hosted.json.corrupt-1"),
        },
        NoticeKind::PortTaken {
            wanted: number(7480),
            port: number(36_959),
            detail: text("address in use"),
        },
        NoticeKind::NothingSaved { detail: full() },
        NoticeKind::SecretNotKept {
            detail: "locked".to_owned(),
        },
        NoticeKind::FileNotSaved {
            file: text("tunnels.json"),
            detail: text("No space left"),
        },
        NoticeKind::SettingsInvalid {
            detail: text("probe_interval_ms must be at least 1 ms"),
        },
        NoticeKind::AuditNotWritten { detail: full() },
        NoticeKind::NoTrayHost,
        NoticeKind::NoKeychain,
        NoticeKind::Crashed { hosting: true },
        NoticeKind::Crashed { hosting: false },
        needs("web", Reason::TokenRefused),
        needs("web", Reason::TakenOver),
        needs("web", Reason::NameTaken { name: text("web") }),
        needs("gone", Reason::TokenRefused),
        NoticeKind::TokenImported {
            account: whose(),
            variable: text("ACME_TOKEN"),
        },
        NoticeKind::TokenIgnored {
            account: whose(),
            variable: text("ACME_TOKEN"),
        },
    ];
    let at = before(9);
    let notice = |(kind, id)| Notice { id, at, kind };
    let mut inputs = web(Life::SignIn(Outage {
        since: before(180),
        reason: Reason::TokenRefused,
    }));
    inputs.notices = kinds.into_iter().zip(1..).map(notice).collect();
    pin("notices-of-every-kind", &inputs);
}

/// The one account.
const fn whose() -> AccountId {
    AccountId::only(ProviderId::SAMPLE)
}

/// Two tunnels of an account, the first in the panel with what the provider counts of it.
fn remote(state: AccountState) -> Inputs {
    let of = |name: &str, hosts, access| Tunnel {
        provider: ProviderId::SAMPLE,
        expires_at: Some(after(12 * 86_400)),
        remote: Some(Remote {
            access,
            hosts,
            ..Remote::default()
        }),
        ..tunnel(name, &[3000])
    };
    let mut inputs = Inputs {
        tunnels: vec![
            of("web.usw2", 1, Access::Private),
            of("docs.usw2", 0, Access::Public),
        ],
        selected: Some(key("web.usw2", 3000)),
        providers: Catalog::sample(),
        ..Inputs::default()
    };
    inputs.account_mut(&whose()).state = state;
    inputs.appearance.window_shown = true;
    inputs
}

fn signed_in() -> AccountState {
    AccountState::Ready {
        user: "ana@example.org".to_owned(),
        via: "Microsoft".to_owned(),
    }
}

#[test]
fn an_account_s_tunnels_one_hosted_elsewhere() {
    let mut inputs = remote(signed_in());
    let sample = |rate| Metrics {
        upload_rate: Some(rate),
        download_rate: Some(1_024),
        upload_total: Some(9 << 20),
        download_total: None,
        connections: Some(2),
    };
    inputs
        .account_mut(&whose())
        .metrics
        .insert(key("web.usw2", 3000), [0, 3_072].map(sample).into());
    pin("an-account-s-tunnels-one-hosted-elsewhere", &inputs);
}

#[test]
fn nothing_to_click_without_a_sign_in() {
    let mut inputs = remote(AccountState::SignedOut);
    inputs.selected = Some(key("docs.usw2", 3000));
    inputs.dialog = Some(Dialog {
        kind: DialogKind::CreateTunnel,
        errors: vec![],
    });
    pin("nothing-to-click-without-a-sign-in", &inputs);
}

#[test]
fn a_sign_in_that_expired_while_hosting() {
    let mut inputs = remote(AccountState::SignedOut);
    let reason = Reason::SignedOut;
    let state = Life::SignIn(Outage {
        since: before(180),
        reason: reason.clone(),
    });
    inputs
        .hosts
        .insert(id("web.usw2"), host("web.usw2", &[3000], state));
    let tunnel = id("web.usw2");
    inputs.notices = vec![Notice {
        id: 1,
        at: before(180),
        kind: NoticeKind::NeedsYou { tunnel, reason },
    }];
    pin("a-sign-in-that-expired-while-hosting", &inputs);
}

#[test]
fn a_private_tunnel_that_works() {
    let mut inputs = remote(signed_in());
    inputs
        .hosts
        .insert(id("web.usw2"), host("web.usw2", &[3000], hosting(60)));
    let key = key("web.usw2", 3000);
    let wall = PublicAnswer::Status {
        code: 302,
        latency_us: 18_000,
        verdict: None,
        login_wall: true,
    };
    let seen = report(&key, LocalAnswer::Accepts, wall, Health::Operational);
    inputs.probes.insert(key, probe(seen, 0));
    inputs.dialog = Some(Dialog {
        kind: DialogKind::MakePublic {
            tunnel: id("web.usw2"),
        },
        errors: vec![],
    });
    pin("a-private-tunnel-that-works", &inputs);
}

#[test]
fn settings_are_rows() {
    let fault = InvalidJoinLink::Scheme;
    let mut inputs = Inputs {
        dialog: Some(Dialog {
            kind: DialogKind::Settings,
            errors: vec![(Field::JoinLink, FieldError::NotAJoinLink { fault })],
        }),
        providers: Catalog::sample(),
        ..Inputs::default()
    };
    inputs.settings.relay.joined = Some("relay.example:7443".to_owned());
    inputs.settings.set(Setting::Theme(Theme::Dark));
    inputs.settings.set_option(whose().provider, "offer", "v1");
    inputs.account_mut(&whose()).state = signed_in();
    pin("settings-are-rows", &inputs);
}

#[test]
fn every_step_of_the_account() {
    let code = DeviceCode {
        url: "https://example.org/device".to_owned(),
        code: "ABCD-1234".to_owned(),
    };
    let states = [
        AccountState::Unknown,
        AccountState::NotInstalled,
        AccountState::SignedOut,
        AccountState::SigningIn { device: None },
        AccountState::SigningIn { device: Some(code) },
        signed_in(),
        AccountState::Failed {
            reason: Reason::TimedOut,
            since: before(9),
        },
    ];
    let steps: Vec<Value> = states
        .into_iter()
        .map(|state| {
            let mut inputs = Inputs {
                dialog: Some(Dialog {
                    kind: DialogKind::Account { account: whose() },
                    errors: vec![],
                }),
                providers: Catalog::sample(),
                ..Inputs::default()
            };
            inputs.account_mut(&whose()).state = state;
            let dialog = fold(&inputs, NOW).window.dialog;
            let Some(DialogView::Account {
                body, code, steps, ..
            }) = dialog
            else {
                panic!("it is open");
            };
            // The command is another one on each system.
            let code = code.map(|(_, copy)| copy);
            compact(serde_json::json!({
                "body": body,
                "code": code,
                "steps": steps,
            }))
        })
        .collect();
    insta::assert_json_snapshot!("every-step-of-the-account", steps);
}
