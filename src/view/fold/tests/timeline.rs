//! The timeline's words.

use super::build::{NOW, after, before, brief, hosting, id, number, reconnecting, web};
use crate::model::{Health, Life, Outage, Phase, Reason, SessionNumber, Transition};
use crate::view::fold;

fn lines(transitions: impl IntoIterator<Item = Transition>) -> Vec<String> {
    let mut inputs = web(hosting(60));
    let host = inputs.hosts.get_mut(&id("web")).expect("it is there");
    host.history = transitions.into_iter().collect();
    let panel = fold(&inputs, NOW).window.panel.expect("it is selected");
    panel
        .timeline
        .iter()
        .map(|line| brief(&line.text))
        .collect()
}

fn state(seconds_ago: u64, state: Life) -> Transition {
    Transition {
        at: before(seconds_ago),
        life: Some(state),
        health: None,
        after_ms: 0,
    }
}

fn health(seconds_ago: u64, port: u16, health: Health, after_ms: u64) -> Transition {
    Transition {
        at: before(seconds_ago),
        life: None,
        health: Some((number(port), health)),
        after_ms,
    }
}

fn session(number: u64, established: bool) -> Life {
    Life::Up {
        session: SessionNumber(number),
        since: before(0),
        proven: established,
    }
}

fn held(seconds_ago: u64) -> Transition {
    let session = Life::Parked {
        session: SessionNumber(1),
        since: before(seconds_ago),
        until: after(500),
        open: 2,
    };
    state(seconds_ago, session)
}

const CONNECTING: Life = Life::starting(Phase::ConnectingRelay);

#[test]
fn attempts_are_told_by_where_they_led() {
    let told = lines([
        state(90, CONNECTING),
        state(89, Life::starting(Phase::ForwardingPorts)),
        state(88, session(1, false)),
        state(87, session(1, true)),
        state(12, reconnecting(Reason::LinkSilent)),
        state(
            11,
            reconnecting(Reason::RelayUnreachable {
                address: String::new(),
            }),
        ),
        state(9, session(2, true)),
        state(5, session(3, true)),
        state(1, Life::Stopped),
    ]);
    assert_eq!(
        told,
        [
            "log-stopped",
            "log-renewed",
            "log-reconnected(cause-network, span-seconds(3))",
            "log-started",
        ]
    );
}

#[test]
fn an_attempt_that_led_nowhere_stays() {
    let told = lines([
        state(30, session(1, true)),
        state(20, reconnecting(Reason::LinkLost)),
        state(10, Life::Stopped),
        state(8, CONNECTING),
        state(7, reconnecting(Reason::TimedOut)),
        state(6, session(1, true)),
        state(5, reconnecting(Reason::Forced)),
    ]);
    assert_eq!(
        told,
        [
            "log-lost(cause-forced)",
            "log-started",
            "log-stopped",
            "log-lost(cause-network)",
            "log-hosting",
        ]
    );
}

#[test]
fn a_blip_that_was_held_is_told_by_its_end() {
    let blip = || [state(90, session(1, true)), held(20)];
    assert_eq!(lines(blip()), ["log-held", "log-hosting"]);
    let resumed = blip().into_iter().chain([state(17, session(1, true))]);
    assert_eq!(
        lines(resumed),
        ["log-resumed(span-seconds(3))", "log-hosting"]
    );
    let stopped = blip().into_iter().chain([state(17, Life::Stopped)]);
    assert_eq!(lines(stopped), ["log-stopped", "log-held", "log-hosting"]);
}

#[test]
fn what_was_cut_stays_told_after_the_reconnect() {
    let lost = Life::Connecting {
        phase: Phase::ConnectingRelay,
        attempt: 1,
        outage: Some(Outage {
            since: before(20),
            reason: Reason::LinkLost,
        }),
    };
    let mut told = vec![state(90, session(1, true)), held(20), state(10, lost)];
    assert_eq!(
        lines(told.clone()),
        ["log-held-lost(cause-network)", "log-hosting"]
    );
    told.push(state(8, session(2, true)));
    assert_eq!(
        lines(told),
        [
            "log-reconnected(cause-network, span-seconds(12))",
            "log-held-lost(cause-network)",
            "log-hosting",
        ]
    );
}

#[test]
fn health_is_told_of_the_selected_port_alone() {
    let told = lines([
        health(50, 3000, Health::Operational, 0),
        health(45, 4000, Health::Down, 0),
        health(40, 3000, Health::ServiceDown, 10_000),
        health(10, 3000, Health::Operational, 30_000),
        health(5, 3000, Health::Down, 5_000),
    ]);
    assert_eq!(
        told,
        [
            "log-url-dead",
            "log-working-again(span-seconds(30))",
            "log-service-down",
            "log-working",
        ]
    );
}

#[test]
fn no_more_than_fifty_lines_the_newest_first() {
    let told = lines((0..80).map(|n| {
        let word = if n % 2 == 0 {
            Health::Down
        } else {
            Health::ServiceDown
        };
        health(100 - n, 3000, word, 0)
    }));
    assert_eq!(told.len(), 50);
    assert_eq!(told[0], "log-service-down");
}
