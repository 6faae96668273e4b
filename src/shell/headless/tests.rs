//! Which facts become which lines.

#[path = "../../../tests/all/support/schema.rs"]
mod schema;

mod ends;

use super::changes::{Change, Seen};
use super::{all_reached, end, json, words};
use crate::model::{
    ClockShift, Health, Host, Inputs, Language, Life, LivePort, LocalAnswer, Outage, Phase,
    PortKey, PortNumber, ProbeFacts, ProbeReport, Protocol, PublicAnswer, Reason, SessionNumber,
    TunnelId, UnixMillis,
};
use crate::shell::text::Catalogue;
use proptest::prelude::*;

mod reach;

const AT: UnixMillis = UnixMillis(1_790_000_000_007);

fn id() -> TunnelId {
    TunnelId::new("web").expect("an id")
}

fn key() -> PortKey {
    PortKey::new(&id(), PortNumber::new(3000).expect("a port"))
}

/// Facts about one tunnel, and what was told of them.
struct Facts {
    inputs: Inputs,
    seen: Seen,
}

impl Facts {
    fn new() -> Self {
        let mut facts = Self {
            inputs: Inputs::default(),
            seen: Seen::default(),
        };
        facts.host().wanted = true;
        facts
    }

    fn host(&mut self) -> &mut Host {
        self.inputs.hosts.entry(id()).or_default()
    }

    fn state(&mut self, state: Life) -> Vec<String> {
        self.host().life = state;
        self.lines()
    }

    fn hosting(&mut self, session: u64) -> Vec<String> {
        self.state(Life::Up {
            session: SessionNumber(session),
            since: AT,
            proven: true,
        })
    }

    fn serve(&mut self, url: &str) {
        self.host().live = vec![LivePort {
            number: key().port,
            url: url.to_owned(),
            lan_url: None,
            relays_own: false,
        }];
    }

    fn probe(&mut self, session: u64, health: Health, status: u16) -> Vec<String> {
        let facts = self.inputs.probes.entry(key()).or_default();
        facts.downs = if health == Health::Down {
            facts.downs + 1
        } else {
            0
        };
        facts.last = Some(report(session, health, status));
        self.lines()
    }

    /// The lines without their time.
    fn lines(&mut self) -> Vec<String> {
        let changes = self.seen.changes(&self.inputs);
        changes
            .iter()
            .map(|change| {
                let line = json::change(AT, ClockShift::default(), change);
                let value = serde_json::from_str(&line).expect("it is JSON");
                schema::check(&value).expect("as docs/json-lines.schema.json has it");
                short(&line)
            })
            .collect()
    }
}

fn report(session: u64, health: Health, code: u16) -> ProbeReport {
    let public = match health {
        Health::Down | Health::Slow => PublicAnswer::Failed {
            reason: Reason::TimedOut,
        },
        Health::Unchecked => PublicAnswer::Failed {
            reason: Reason::UnknownHost {
                host: "a.example".to_owned(),
            },
        },
        Health::Operational | Health::Busy | Health::ServiceDown | Health::Full => {
            PublicAnswer::Status {
                code,
                latency_us: 1_437,
                verdict: None,
                login_wall: false,
            }
        }
    };
    ProbeReport {
        key: key(),
        session: SessionNumber(session),
        at: AT,
        local: LocalAnswer::Accepts,
        public,
        diagnosis: health.into(),
    }
}

fn short(line: &str) -> String {
    let rest = line.strip_prefix(r#"{"at":"2026-09-21T14:13:20.007Z","#);
    rest.expect("it begins with the time")
        .trim_end_matches('}')
        .to_owned()
}

fn reconnecting(attempt: u32, wait_ms: Option<u64>) -> Life {
    let outage = Outage {
        since: AT,
        reason: Reason::LinkLost,
    };
    match wait_ms {
        Some(wait) => Life::Waiting {
            attempt,
            next_at: UnixMillis(AT.0 + wait),
            outage,
        },
        None => Life::Connecting {
            phase: Phase::ConnectingRelay,
            attempt,
            outage: Some(outage),
        },
    }
}

#[test]
fn a_first_start_is_told_step_by_step() {
    let mut facts = Facts::new();
    assert_eq!(facts.lines(), [""; 0]);
    let connecting = |phase| Life::starting(phase);
    assert_eq!(
        facts.state(connecting(Phase::Authorising)),
        [
            r#""event":"state","tunnel":"web","state":"connecting""#,
            r#""event":"progress","tunnel":"web","phase":"authorising""#,
        ]
    );
    assert_eq!(
        facts.state(connecting(Phase::ForwardingPorts)),
        [r#""event":"progress","tunnel":"web","phase":"forwarding-ports""#]
    );
    assert_eq!(
        facts.hosting(1),
        [r#""event":"state","tunnel":"web","state":"hosting""#]
    );
    facts.serve("http://web.localhost:7480/");
    // Served is not routed: the URL comes with the first probe that gets through.
    assert_eq!(facts.lines(), [""; 0]);
    assert_eq!(facts.probe(1, Health::Down, 0), [""; 0]);
    assert_eq!(
        facts.probe(1, Health::Operational, 200),
        [
            r#""event":"url","tunnel":"web","port":3000,"url":"http://web.localhost:7480/","reach":"here""#,
            r#""event":"health","tunnel":"web","port":3000,"health":"operational","status":200,"latency_ms":1.43"#,
        ]
    );
    assert_eq!(facts.probe(1, Health::Operational, 200), [""; 0]);
}

#[test]
fn a_drop_is_told_once_an_attempt_and_the_url_again_when_it_routes_again() {
    let mut facts = Facts::new();
    facts.hosting(1);
    facts.serve("http://a/");
    facts.probe(1, Health::Operational, 200);
    assert_eq!(
        facts.state(reconnecting(1, Some(980))),
        [
            r#""event":"state","tunnel":"web","state":"reconnecting","attempt":1,"next_in_ms":980,"reason":"link-lost""#
        ]
    );
    assert_eq!(
        facts.state(reconnecting(1, None)),
        [r#""event":"progress","tunnel":"web","phase":"connecting-relay""#]
    );
    assert_eq!(facts.state(reconnecting(2, Some(1_980))).len(), 1);
    assert_eq!(facts.hosting(2).len(), 1);
    // A report of the old session says nothing of the new one.
    assert_eq!(facts.lines(), [""; 0]);
    let again = facts.probe(2, Health::Operational, 200);
    assert!(again[0].contains(r#""event":"url""#), "{again:?}");
}

fn held(until: UnixMillis) -> Life {
    Life::Parked {
        session: SessionNumber(1),
        since: AT,
        until,
        open: 2,
    }
}

#[test]
fn a_held_session_is_told_with_its_end_and_the_url_again_when_it_routes_again() {
    let mut facts = Facts::new();
    facts.hosting(1);
    facts.serve("http://a/");
    facts.probe(1, Health::Operational, 200);
    assert_eq!(
        facts.state(held(UnixMillis(AT.0 + 600_000))),
        [
            r#""event":"state","tunnel":"web","state":"held","until":"2026-09-21T14:23:20.007Z","open":2"#
        ]
    );
    assert_eq!(facts.lines(), [""; 0], "once");
    assert_eq!(
        facts.probe(1, Health::Down, 0),
        [""; 0],
        "the state says it"
    );
    assert_eq!(end(&facts.inputs, true), None);
    // The app forgets what was seen of the old link.
    facts.inputs.probes.insert(key(), ProbeFacts::default());
    assert_eq!(
        facts.hosting(1),
        [r#""event":"state","tunnel":"web","state":"hosting""#]
    );
    assert_eq!(facts.probe(1, Health::Down, 0), [""; 0], "not ready yet");
    let again = facts.probe(1, Health::Operational, 200);
    assert!(again[0].contains(r#""event":"url""#), "{again:?}");
    assert!(again[1].contains(r#""health":"operational""#), "{again:?}");
}

#[test]
fn health_follows_the_service_and_a_new_url_is_told() {
    let mut facts = Facts::new();
    facts.hosting(1);
    facts.serve("http://a/");
    facts.probe(1, Health::Operational, 200);
    let down = facts.probe(1, Health::ServiceDown, 502);
    assert!(
        down[0].contains(r#""health":"service-down","status":502"#),
        "{down:?}"
    );
    assert_eq!(facts.probe(1, Health::ServiceDown, 502), [""; 0]);
    assert_eq!(facts.probe(1, Health::Operational, 500).len(), 1);
    assert_eq!(facts.probe(1, Health::Operational, 200).len(), 1);
    facts.serve("http://b/");
    let moved = facts.probe(1, Health::Operational, 200);
    assert_eq!(
        moved,
        [r#""event":"url","tunnel":"web","port":3000,"url":"http://b/""#]
    );
    assert_eq!(
        facts.probe(1, Health::Down, 0),
        [r#""event":"health","tunnel":"web","port":3000,"health":"down","reason":"timed-out""#]
    );
}

#[test]
fn a_url_that_never_routes_is_told_to_be_down_in_the_end() {
    let mut facts = Facts::new();
    facts.hosting(1);
    facts.serve("http://a/");
    assert_eq!(facts.probe(1, Health::Down, 0), [""; 0]);
    assert_eq!(facts.probe(1, Health::Down, 0), [""; 0]);
    // Visitors may be luckier than this computer: they need the address.
    assert_eq!(
        facts.probe(1, Health::Down, 0),
        [
            r#""event":"url","tunnel":"web","port":3000,"url":"http://a/""#,
            r#""event":"health","tunnel":"web","port":3000,"health":"down","reason":"timed-out""#
        ]
    );
    assert_eq!(facts.probe(1, Health::Down, 0), [""; 0]);
}

#[test]
fn a_url_that_cannot_be_checked_from_here_is_told_at_once() {
    let mut facts = Facts::new();
    facts.hosting(1);
    facts.serve("http://a/");
    assert_eq!(
        facts.probe(1, Health::Unchecked, 0),
        [
            r#""event":"url","tunnel":"web","port":3000,"url":"http://a/""#,
            r#""event":"health","tunnel":"web","port":3000,"health":"unchecked","reason":"unknown-host""#
        ]
    );
}

#[test]
fn the_url_of_the_relay_s_own_computer_is_told_and_never_checked() {
    let mut facts = Facts::new();
    facts.hosting(1);
    facts.lines();
    facts.serve("http://a/");
    facts.host().live[0].relays_own = true;
    let told = facts.lines();
    assert_eq!(
        told,
        [
            r#""event":"url","tunnel":"web","port":3000,"url":"http://a/""#,
            r#""event":"health","tunnel":"web","port":3000,"health":"unchecked","reason":"relays-own-url""#
        ]
    );
    assert_eq!(facts.lines(), [""; 0]);
}

#[test]
fn a_port_that_cannot_be_added_is_told_once_with_its_reason() {
    let mut facts = Facts::new();
    facts.hosting(1);
    facts.lines();
    let held = Reason::StillHeld {
        place: "a.example:9000".to_owned(),
    };
    facts.host().lacking.insert(key().port, held.clone());
    let told = facts.lines();
    let line = r#""event":"lacking","tunnel":"web","port":3000,"reason":"still-held""#;
    assert_eq!(told, [line]);
    assert_eq!(facts.lines(), [""; 0]);
    facts.host().lacking.clear();
    assert_eq!(facts.lines(), [""; 0], "its URL tells that it came");
    facts.host().lacking.insert(key().port, held);
    assert_eq!(facts.lines(), [line]);
}

#[test]
fn attempts_in_quick_succession_are_thinned_out_for_people() {
    let told = |attempt, wait| {
        let change = Change::Life {
            tunnel: id(),
            life: reconnecting(attempt, Some(wait)),
            watched: false,
        };
        words::change(AT, &change).is_some()
    };
    let quick: Vec<u32> = (1..=20).filter(|attempt| told(*attempt, 250)).collect();
    assert_eq!(quick, [1, 2, 4, 8, 16]);
    assert!(
        (1..=20).all(|attempt| told(attempt, 2_000)),
        "each of the slow"
    );
}

#[test]
fn people_get_the_url_first_and_no_line_for_what_it_says() {
    let text = Catalogue::new(Language::EnUs);
    let shown = |change: &Change| {
        let msg = words::change(AT, change)?;
        let line = text.format(&msg);
        Some(line.split_once("  ").expect("time, then text").1.to_owned())
    };
    let health = |health, first| Change::Health {
        target: "localhost:3000".to_owned(),
        protocol: Protocol::Http,
        expected: crate::model::StatusRanges::default(),
        report: report(1, health, 200),
        first,
    };
    let url = reach::url(None, None, true);
    let state = |life| Change::Life {
        tunnel: id(),
        life,
        watched: false,
    };
    assert_eq!(
        shown(&url).as_deref(),
        Some("web  http://web.localhost/ → localhost:3000")
    );
    assert_eq!(shown(&health(Health::Operational, true)), None);
    assert_eq!(
        shown(&health(Health::Operational, false)).as_deref(),
        Some("web  working: 200 in 1.4 ms")
    );
    assert_eq!(
        shown(&state(reconnecting(2, Some(1_980)))).as_deref(),
        Some("web  Network: the connection dropped. Retrying in 2 s (attempt 2).")
    );
    assert_eq!(
        shown(&state(reconnecting(2, Some(260)))).as_deref(),
        Some("web  Network: the connection dropped. Retrying in less than 1 s (attempt 2).")
    );
    assert_eq!(
        shown(&state(held(UnixMillis(AT.0 + 572_000)))).as_deref(),
        Some(
            "web  Network: the connection dropped. Keeping 2 open connections for up to 9 min 32 s."
        )
    );
    assert_eq!(
        shown(&state(Life::Stopped)).as_deref(),
        Some("web  stopped")
    );
    let connecting = Life::starting(Phase::Authorising);
    assert_eq!(shown(&state(connecting)), None);
}

fn any_state() -> impl Strategy<Value = Life> {
    prop_oneof![
        Just(Life::Stopped),
        Just(Life::starting(Phase::ConnectingRelay)),
        (1u64..4).prop_map(|n| Life::Up {
            session: SessionNumber(n),
            since: AT,
            proven: true
        }),
        (1u32..4, prop::option::of(0u64..9)).prop_map(|(n, wait)| reconnecting(n, wait)),
        (0u64..9).prop_map(|left| held(UnixMillis(AT.0 + left))),
    ]
}

proptest! {
    /// Whatever happens, looking twice tells nothing twice, and a URL is told only where it routes.
    #[test]
    fn nothing_is_told_twice(steps in prop::collection::vec((any_state(), 1u64..4, 0u8..3), 0..40)) {
        let mut facts = Facts::new();
        facts.serve("http://a/");
        for (state, session, health) in steps {
            facts.host().life = state.clone();
            let health = [Health::Operational, Health::ServiceDown, Health::Down][usize::from(health)];
            let probes = facts.inputs.probes.entry(key()).or_default();
            *probes = ProbeFacts { last: Some(report(session, health, 200)), ..ProbeFacts::default() };
            let lines = facts.lines();
            let routes = state.serving() == Some(SessionNumber(session)) && health != Health::Down;
            prop_assert!(routes || !lines.iter().any(|line| line.contains("\"url\"")));
            prop_assert_eq!(facts.lines(), Vec::<String>::new());
        }
    }
}
