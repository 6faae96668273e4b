//! What holds for any facts at any time.

use super::build::{every_reason, id, number, port, tunnel};
use crate::model::{
    Action, Dialog, DialogKind, Health, Host, HostState, Inputs, LivePort, LocalAnswer, Notice,
    NoticeKind, Pending, Phase, PortKey, ProbeFacts, ProbeReport, Protocol, PublicAnswer, Reason,
    RelayFacts, RelayVerdict, Sample, SessionNumber, Traffic, Transition, Tunnel, TunnelId,
    UnixMillis,
};
use crate::view::fold::wants_tick;
use crate::view::{Button, TrayItem, View, fold};
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
fn some_time() -> impl Strategy<Value = UnixMillis> {
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
    )
        .prop_map(|(name, ports, expires_at)| Tunnel {
            expires_at,
            ..tunnel(name, &ports)
        })
}

fn some_state() -> impl Strategy<Value = HostState> {
    let (t, r) = (some_time, some_reason);
    let phases = [
        Phase::Authorising,
        Phase::ConnectingRelay,
        Phase::ForwardingPorts,
    ];
    prop_oneof![
        Just(HostState::Stopped),
        proptest::sample::select(phases.to_vec()).prop_map(|phase| HostState::Connecting { phase }),
        (0..2_u64, t(), any::<bool>()).prop_map(|(session, since, established)| {
            HostState::Hosting {
                session: SessionNumber(session),
                since,
                established,
            }
        }),
        (any::<u32>(), option::of(t()), t(), r()).prop_map(|(attempt, next_at, since, reason)| {
            HostState::Reconnecting {
                attempt,
                next_at,
                since,
                reason,
            }
        }),
        (t(), r()).prop_map(|(since, reason)| HostState::SignIn { since, reason }),
        (t(), r()).prop_map(|(since, reason)| HostState::Displaced { since, reason }),
        (t(), t(), r()).prop_map(|(since, next_at, reason)| HostState::Quota {
            since,
            next_at,
            reason
        }),
        (t(), r()).prop_map(|(since, reason)| HostState::Failed { since, reason }),
    ]
}

fn some_health() -> impl Strategy<Value = Health> {
    prop_oneof![
        Just(Health::Operational),
        Just(Health::ServiceDown),
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
            state,
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
        },
    );
    let traffic = vec(some_traffic(), 0..4).prop_map(Into::into);
    (
        any::<bool>(),
        some_state(),
        vec(live, 0..4),
        btree_map(ports(), traffic, 0..3),
        vec(some_transition(), 0..30),
    )
        .prop_map(|(wanted, state, live, traffic, history)| Host {
            wanted,
            state,
            live,
            traffic,
            history: history.into(),
        })
}

fn some_public() -> impl Strategy<Value = PublicAnswer> {
    use RelayVerdict::{NoHost, NotHttp, ServiceDown, ServiceSilent, UnknownTunnel};
    let verdicts = vec![ServiceDown, NotHttp, ServiceSilent, NoHost, UnknownTunnel];
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
        some_reason().prop_map(|reason| PublicAnswer::Failed { reason }),
    ]
}

fn some_probe() -> impl Strategy<Value = ProbeFacts> {
    let local = prop_oneof![
        Just(LocalAnswer::Accepts),
        Just(LocalAnswer::Refused),
        Just(LocalAnswer::Silent)
    ];
    let report = (
        some_key(),
        0..2_u64,
        some_time(),
        local,
        some_public(),
        some_health(),
    )
        .prop_map(|(key, session, at, local, public, health)| ProbeReport {
            key,
            session: SessionNumber(session),
            at,
            local,
            public,
            health,
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
        any::<bool>(),
        any::<u32>(),
        vec(sample, 0..9),
    )
        .prop_map(|(last, checking, downs, samples)| ProbeFacts {
            last,
            checking,
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
    ]
}

fn some_dialog() -> impl Strategy<Value = Dialog> {
    prop_oneof![
        Just(DialogKind::CreateTunnel),
        some_id().prop_map(|tunnel| DialogKind::AddPort { tunnel }),
        some_id().prop_map(|tunnel| DialogKind::DeleteTunnel { tunnel }),
        some_key().prop_map(|key| DialogKind::RemovePort { key }),
        some_key().prop_map(|key| DialogKind::ChangeProtocol { key }),
        some_key().prop_map(|key| DialogKind::QrCode { key }),
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
        Just(NoticeKind::Crashed),
        (some_id(), some_reason())
            .prop_map(|(tunnel, reason)| NoticeKind::NeedsYou { tunnel, reason }),
    ];
    (any::<u64>(), some_time(), kind).prop_map(|(id, at, kind)| Notice { id, at, kind })
}

fn some_inputs() -> impl Strategy<Value = Inputs> {
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
    );
    (facts, screen).prop_map(|(facts, (selected, dialog, notices, (shown, joined)))| {
        let (tunnels, pending, hosts, probes) = facts;
        let mut inputs = Inputs {
            tunnels,
            pending,
            hosts,
            probes,
            selected,
            dialog,
            notices,
            relay: RelayFacts {
                joined: joined.then(|| "relay.example:7443".to_owned()),
                public: joined,
            },
            ..Inputs::default()
        };
        inputs.appearance.window_shown = shown;
        inputs
    })
}

/// Every button of window and tray.
fn buttons(view: &View) -> Vec<Button> {
    let mut all = Vec::new();
    for card in &view.window.cards {
        all.push(card.primary.clone());
        all.extend(card.menu.iter().cloned());
        for row in &card.rows {
            all.extend([row.copy.clone(), row.open.clone()]);
            all.extend(row.menu.iter().cloned());
        }
    }
    if let Some(panel) = &view.window.panel {
        all.extend(panel.remedy.iter().cloned());
        all.extend(panel.url_buttons.iter().cloned());
        all.extend(panel.buttons.iter().cloned());
    }
    all.extend(
        view.window
            .dialog
            .iter()
            .filter_map(|dialog| dialog.confirm.clone()),
    );
    all.extend(
        view.window
            .banners
            .iter()
            .filter_map(|banner| banner.remedy.clone()),
    );
    all.extend(view.window.settings.leave.iter().cloned());
    collect(&view.tray.menu, &mut all);
    all
}

fn collect(items: &[TrayItem], all: &mut Vec<Button>) {
    for item in items {
        match item {
            TrayItem::Button(button) => all.push(button.clone()),
            TrayItem::Submenu { items, .. } => collect(items, all),
            TrayItem::Label(_) | TrayItem::Separator => {}
        }
    }
}

/// Whether the view shows what the action refers to.
fn refers(view: &View, action: &Action) -> bool {
    let has_tunnel = |id: &TunnelId| view.window.cards.iter().any(|card| card.tunnel == *id);
    let rows = || view.window.cards.iter().flat_map(|card| &card.rows);
    let has_key = |key: &PortKey| rows().any(|row| row.key == *key);
    let has_url = |key: &PortKey| rows().any(|row| row.key == *key && row.url.is_some());
    match action {
        Action::Host { tunnel } | Action::TakeOver { tunnel } => view
            .window
            .cards
            .iter()
            .any(|card| card.tunnel == *tunnel && !card.rows.is_empty()),
        Action::Stop { tunnel }
        | Action::Reconnect { tunnel }
        | Action::DeleteTunnel { tunnel } => has_tunnel(tunnel),
        Action::CheckNow { key } | Action::Details { key } | Action::RemovePort { key } => {
            has_key(key)
        }
        Action::CopyUrl { key } | Action::OpenUrl { key } => has_url(key),
        Action::OpenDialog { dialog } => match dialog {
            DialogKind::AddPort { tunnel } | DialogKind::DeleteTunnel { tunnel } => {
                has_tunnel(tunnel)
            }
            DialogKind::RemovePort { key } | DialogKind::ChangeProtocol { key } => has_key(key),
            DialogKind::QrCode { key } => has_url(key),
            DialogKind::CreateTunnel | DialogKind::Settings | DialogKind::About => true,
        },
        Action::LeaveRelay | Action::OpenWindow | Action::StopAll | Action::Quit => true,
        other => panic!("no button does {other:?}"),
    }
}

/// Each tunnel's name and ports as the tray has them.
fn tray_tunnels(view: &View) -> Vec<(String, usize)> {
    let submenu = |item: &TrayItem| match item {
        TrayItem::Submenu { label, items, .. } => {
            let mut all = Vec::new();
            collect(items, &mut all);
            let copies = all
                .iter()
                .filter(|b| matches!(b.action, Action::CopyUrl { .. }));
            Some((format!("{:?}", label.args), copies.count()))
        }
        TrayItem::Label(_) | TrayItem::Button(_) | TrayItem::Separator => None,
    };
    view.tray.menu.iter().filter_map(submenu).collect()
}

proptest! {
    #[test]
    fn the_header_counts_what_is_rendered(inputs in some_inputs(), now in some_time()) {
        let view = fold(&inputs, now);
        let rows: Vec<_> = view.window.cards.iter().flat_map(|card| &card.rows).collect();
        let header = &view.window.header;
        prop_assert_eq!(header.working, rows.iter().filter(|row| row.badge.works()).count());
        prop_assert_eq!(header.needs_you, rows.iter().filter(|row| row.badge.needs_you()).count());
        prop_assert_eq!(&view.tray.tooltip, &header.line);
    }

    #[test]
    fn tray_and_window_show_the_same(inputs in some_inputs(), now in some_time()) {
        let view = fold(&inputs, now);
        let tray = tray_tunnels(&view);
        prop_assert_eq!(tray.len(), view.window.cards.len());
        for ((label, ports), card) in tray.iter().zip(&view.window.cards) {
            prop_assert!(label.contains(&format!("{:?}", card.name)), "{} {}", label, card.name);
            prop_assert_eq!(*ports, card.rows.len());
        }
        let mut ids: Vec<_> = view.window.cards.iter().map(|card| &card.tunnel).collect();
        ids.sort();
        ids.dedup();
        prop_assert_eq!(ids.len(), view.window.cards.len(), "no tunnel is there twice");
    }

    #[test]
    fn enabled_buttons_refer_to_what_is_there(inputs in some_inputs(), now in some_time()) {
        let view = fold(&inputs, now);
        for button in buttons(&view) {
            prop_assert!(!button.enabled || refers(&view, &button.action), "{:?}", button);
        }
        for banner in &view.window.banners {
            let Action::DismissNotice { id } = banner.dismiss else { panic!("{banner:?}") };
            prop_assert!(inputs.notices.iter().any(|notice| notice.id == id));
        }
    }

    #[test]
    fn what_is_being_deleted_is_nowhere(inputs in some_inputs(), now in some_time()) {
        let mut inputs = inputs;
        inputs.pending.push(Pending::Delete(id("a")));
        inputs.pending.push(Pending::RemovePort(PortKey::new(&id("b"), number(80))));
        let view = serde_json::to_value(fold(&inputs, now)).expect("a view is JSON");
        let mut keys = Vec::new();
        find_keys(&view, &mut keys);
        prop_assert!(keys.iter().all(|(tunnel, port)| tunnel != "a" && (tunnel, *port) != (&"b".to_owned(), 80)));
    }

    #[test]
    fn the_panel_is_of_the_selected_row(inputs in some_inputs(), now in some_time()) {
        let view = fold(&inputs, now);
        let rows = || view.window.cards.iter().flat_map(|card| &card.rows);
        let selected: Vec<_> = rows().filter(|row| row.selected).map(|row| &row.key).collect();
        let panel: Vec<_> = view.window.panel.iter().map(|panel| &panel.key).collect();
        prop_assert_eq!(selected, panel);
        if let Some(panel) = &view.window.panel {
            prop_assert!(panel.timeline.len() <= 20);
            let values = panel.latency.iter().chain(&panel.traffic);
            prop_assert!(values.copied().all(|v| v == -1.0 || (0.0..=1.0).contains(&v)));
        }
    }

    #[test]
    fn the_same_facts_at_the_same_time_give_the_same_view(inputs in some_inputs(), now in some_time()) {
        prop_assert_eq!(fold(&inputs, now), fold(&inputs.clone(), now));
    }

    #[test]
    fn without_a_tick_nothing_in_a_shown_window_changes(
        inputs in some_inputs(), now in some_time(), later in some_time()
    ) {
        let mut inputs = inputs;
        inputs.appearance.window_shown = true;
        if wants_tick(&inputs).is_none() {
            prop_assert_eq!(fold(&inputs, now), fold(&inputs, later));
        }
        inputs.appearance.window_shown = false;
        prop_assert_eq!(wants_tick(&inputs), None);
    }
}

/// Every `{"tunnel": …, "port": …}` in the view.
fn find_keys(value: &serde_json::Value, keys: &mut Vec<(String, u64)>) {
    if let (Some(tunnel), port) = (value["tunnel"].as_str(), value["port"].as_u64()) {
        keys.push((tunnel.to_owned(), port.unwrap_or(0)));
    }
    match value {
        serde_json::Value::Array(items) => items.iter().for_each(|item| find_keys(item, keys)),
        serde_json::Value::Object(fields) => fields.values().for_each(|item| find_keys(item, keys)),
        _ => {}
    }
}
