//! A held session as the fold and the catalogues say it: the longest words there are for a state.

use super::bench::Bench;
use super::views::{key, tunnel};
use underpass::model::{
    Host, Inputs, Language, Life, LivePort, Notice, NoticeKind, Port, PortNumber, Protocol,
    ProviderId, SessionNumber, Target, Theme, Traffic, Transition, Tunnel, UnixMillis,
};
use underpass::view::fold;

pub const NOW: UnixMillis = UnixMillis(1_796_126_400_000);

pub fn before(seconds: u64) -> UnixMillis {
    UnixMillis(NOW.0 - seconds * 1000)
}

fn port(id: &str, number: u16) -> Port {
    let number = PortNumber::new(number).expect("a port");
    Port {
        number,
        protocol: Protocol::Http,
        target: Target::local(number),
        label: tunnel(id),
        public_port: None,
        options: underpass::model::PortOptions::default(),
    }
}

fn hosting(seconds: u64) -> Life {
    Life::Up {
        session: SessionNumber(1),
        since: before(seconds),
        proven: true,
    }
}

fn held(open: u64) -> Life {
    Life::Parked {
        session: SessionNumber(1),
        since: before(28),
        until: UnixMillis(NOW.0 + 572_000),
        open,
    }
}

fn add(inputs: &mut Inputs, id: &str, numbers: &[u16], state: Life) {
    let ports: Vec<Port> = numbers.iter().map(|number| port(id, *number)).collect();
    let live = ports.iter().map(|port| LivePort {
        number: port.number,
        url: format!("http://{id}-{}.localhost:7480/", port.number.get()),
        lan_url: None,
        relays_own: false,
    });
    let host = Host {
        wanted: true,
        live: live.collect(),
        life: state,
        ..Host::default()
    };
    inputs.hosts.insert(tunnel(id), host);
    inputs.tunnels.push(Tunnel {
        id: tunnel(id),
        name: id.to_owned(),
        provider: ProviderId::RELAY,
        ports,
        chosen: underpass::model::Chosen::default(),
        created_at: before(86_400),
        expires_at: None,
        remote: None,
    });
}

pub fn inputs(language: Language, theme: Theme) -> Inputs {
    let mut inputs = Inputs::default();
    inputs.appearance.window_shown = true;
    inputs.settings.language = Some(language);
    inputs.settings.theme = theme;
    add(&mut inputs, "frontend", &[3000, 5173], held(2));
    add(&mut inputs, "docs", &[8080], hosting(2));
    let host = inputs.hosts.get_mut(&tunnel("frontend")).expect("added");
    let traffic = |step: u64| Traffic {
        open: 2,
        total: 17,
        bytes_in: 1_536,
        bytes_out: step.min(30) * 90_000,
        failed: 0,
        fault: None,
        certificate: None,
    };
    let samples = (0..60).map(traffic).collect();
    let selected = key("frontend", 3000);
    host.traffic.insert(selected.port, samples);
    let line = |seconds, state| Transition {
        at: before(seconds),
        life: Some(state),
        health: None,
        after_ms: 0,
    };
    host.history = [
        line(900, hosting(900)),
        line(
            200,
            Life::Parked {
                session: SessionNumber(1),
                since: before(200),
                until: NOW,
                open: 2,
            },
        ),
        line(197, hosting(197)),
        line(28, held(2)),
    ]
    .into();
    inputs.selected = Some(selected);
    inputs.notices = vec![Notice {
        id: 1,
        at: before(600),
        kind: NoticeKind::HeldLost {
            tunnel: tunnel("docs"),
            open: 3,
        },
    }];
    inputs
}

#[test]
fn a_held_session_says_so_in_rows_panel_and_notices() {
    let labels = [
        (
            Language::EnUs,
            Theme::Light,
            [
                "Connections held",
                "2 resuming",
                "Reconnecting (connections held)",
                "Network: the connection dropped 28 s ago. Keeping 2 open connections for up to 9 min 32 s.",
                "Reconnect now",
                "2 open, 17 total",
                "resumed, nothing lost (3 s)",
            ],
        ),
        (
            Language::PtBr,
            Theme::Dark,
            [
                "Conexões mantidas",
                "2 retomando",
                "Reconectando (conexões mantidas)",
                "Rede: a conexão caiu há 28 s. Mantendo 2 conexões abertas por até 9 min 32 s.",
                "Reconectar agora",
                "2 abertas, 17 no total",
                "retomada, nada foi perdido (3 s)",
            ],
        ),
    ];
    for (language, theme, labels) in labels {
        let inputs = inputs(language, theme);
        let bench = Bench::new(&fold(&inputs, NOW));
        for label in labels {
            assert!(bench.shows(label), "{label}");
        }
        bench.shoot(&format!("held-{}-980", language.tag()));
        bench.resize(640, 480, 1.0);
        bench.shoot(&format!("held-{}-640", language.tag()));
        let mut listed = inputs;
        listed.selected = None;
        bench.render(&fold(&listed, NOW));
        bench.shoot(&format!("held-{}-640-list", language.tag()));
    }
}
