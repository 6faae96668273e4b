//! What the desktop is told of the facts, and what comes back from there.

use super::*;
use crate::app::Poll;
use crate::app::alerts::Alerts;
use crate::app::update::next_poll;
use crate::model::{Alert, AlertKind};
use crate::view::{AlertView, fold};

impl Rig {
    fn with_desktop() -> Self {
        let mut rig = Self::new();
        rig.state.alerts = Some(Alerts::default());
        rig.create("web", "3000");
        rig.ports();
        rig.session(1, true);
        rig.probe(1, Health::Operational);
        rig
    }

    /// So many seconds pass, in which the service stays as it is.
    fn pass(&mut self, seconds: u64, health: Health) {
        for _ in 0..seconds {
            self.probe(1, health);
        }
    }

    fn told(&self) -> Vec<AlertKind> {
        let alerts = self.state.inputs.alerts.iter();
        alerts.map(|alert: &Alert| alert.kind).collect()
    }

    fn notice(&self) -> AlertView {
        let alerts = fold(&self.state.inputs, self.at).alerts;
        alerts.into_iter().next().expect("there is one")
    }
}

#[test]
fn a_service_that_stays_down_is_told_and_the_notice_leads_to_it() {
    let mut rig = Rig::with_desktop();
    rig.pass(60, Health::ServiceDown);
    assert_eq!(rig.told(), []);
    assert!(
        next_poll(&rig.state, Poll::Alerts).is_some(),
        "a timer runs"
    );
    // It was known after the first second.
    for _ in 0..3 {
        rig.put(Event::Tick);
        assert_eq!(rig.told(), []);
    }
    rig.put(Event::Due(Poll::Alerts));
    assert_eq!(rig.told(), [AlertKind::Down]);
    assert_eq!(next_poll(&rig.state, Poll::Alerts), None);
    let notice = rig.notice();
    assert_eq!(notice.open.action, Action::Details { key: key() });
    let commands = rig.act(notice.open.action);
    assert!(commands.contains(&Command::Window(WindowOp::Show)));
    assert_eq!(rig.state.inputs.selected, Some(key()));
    rig.probe(1, Health::Operational);
    assert_eq!(rig.told(), []);
    rig.pass(120, Health::Operational);
    assert_eq!(rig.told(), [AlertKind::Back]);
    rig.act(Action::Stop { tunnel: id("web") });
    assert_eq!(rig.told(), []);
}

#[test]
fn a_tunnel_that_was_taken_is_taken_back_from_the_notice() {
    let mut rig = Rig::with_desktop();
    let since = rig.at;
    rig.engine(EngineEvent::Life(Life::Displaced(Outage {
        since,
        reason: Reason::TakenOver,
    })));
    for _ in 0..4 {
        rig.put(Event::Tick);
    }
    assert_eq!(rig.told(), [AlertKind::TakenOver]);
    let button = rig.notice().buttons.swap_remove(0);
    let commands = rig.act(button.action);
    let told = Command::Tell(id("web"), EngineCommand::TakeOver);
    assert!(commands.contains(&told), "{commands:?}");
    rig.session(2, false);
    assert_eq!(rig.told(), [], "it goes on");
}

#[test]
fn a_session_of_another_url_is_told_and_one_that_the_person_begins_is_not() {
    let mut rig = Rig::with_desktop();
    let serve = |rig: &mut Rig, url: &str| {
        rig.engine(EngineEvent::Ports(vec![LivePort {
            number: port(3000),
            url: url.to_owned(),
            lan_url: None,
            relays_own: false,
        }]));
    };
    serve(&mut rig, "https://other.example/");
    rig.pass(4, Health::Operational);
    assert_eq!(rig.told(), [AlertKind::UrlChanged]);
    rig.act(Action::Stop { tunnel: id("web") });
    rig.act(Action::Host { tunnel: id("web") });
    serve(&mut rig, "https://third.example/");
    rig.session(2, true);
    for _ in 0..100 {
        rig.probe(2, Health::Operational);
    }
    assert_eq!(rig.told(), []);
}

#[test]
fn without_a_desktop_and_at_the_end_nothing_is_told() {
    let mut rig = Rig::hosting();
    rig.pass(100, Health::ServiceDown);
    assert_eq!(
        (rig.told(), next_poll(&rig.state, Poll::Alerts)),
        (vec![], None)
    );
    let mut rig = Rig::with_desktop();
    rig.pass(100, Health::ServiceDown);
    assert_eq!(rig.told(), [AlertKind::Down]);
    rig.act(Action::Quit);
    assert_eq!(rig.told(), []);
}

#[test]
fn a_tunnel_that_tries_again_at_its_limit_is_told_once() {
    let mut rig = Rig::with_desktop();
    let outage = Outage {
        since: rig.at,
        reason: Reason::TooManySessions,
    };
    let mut ids = std::collections::BTreeSet::new();
    for attempt in 1..8 {
        let next_at = rig.at;
        let outage = outage.clone();
        rig.engine(EngineEvent::Life(Life::Quota {
            next_at,
            outage: outage.clone(),
        }));
        for _ in 0..60 {
            rig.put(Event::Tick);
        }
        rig.engine(EngineEvent::Life(Life::Connecting {
            phase: Phase::ConnectingRelay,
            attempt,
            outage: Some(outage),
        }));
        for _ in 0..5 {
            rig.put(Event::Tick);
        }
        ids.extend(rig.state.inputs.alerts.iter().map(|alert| alert.id));
    }
    assert_eq!(rig.told(), [AlertKind::Quota]);
    assert_eq!(ids.len(), 1);
}
