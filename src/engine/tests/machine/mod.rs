//! Tables for the keep-alive machine's behaviours.

mod any;
mod going_down;
mod parked;
mod settings;

use crate::engine::backoff::Backoff;
use crate::engine::input::{Cut, Input, Output, Probe};
use crate::engine::machine::Machine;
use crate::engine::machine::ended::EXPECTED_BACK_WITHIN;
use crate::engine::tests::{port, probe_of};
use crate::engine::up::{ESTABLISHED_AFTER, STABLE_AFTER};
use crate::model::{
    DEAD_AFTER_DOWNS, Diagnosis, Life, Outage, Phase, PortNumber, Reason, SessionNumber, Timing,
    UrlFault,
};
use std::time::{Duration, Instant};

type Outputs = Vec<Output>;

/// No jitter: the middle of the range.
const MIDDLE: f64 = 0.5;

struct Rig {
    machine: Machine,
    now: Instant,
    last: SessionNumber,
}

impl Rig {
    fn new() -> Self {
        Self {
            machine: Machine::new(Backoff::new(&Timing::default()), 0),
            now: Instant::now(),
            last: SessionNumber(0),
        }
    }

    fn started() -> Self {
        let mut rig = Self::new();
        assert_eq!(rig.feed(Input::Start), [Output::Connect]);
        rig
    }

    fn established() -> Self {
        let mut rig = Self::started();
        assert_eq!(rig.feed(Input::Connected), []);
        assert_eq!(rig.feed(Input::Established), []);
        assert_eq!(rig.wait(), (STABLE_AFTER, vec![]), "it is stable");
        rig
    }

    fn feed(&mut self, input: Input) -> Outputs {
        self.machine.handle(input, self.now, MIDDLE)
    }

    fn pass(&mut self, time: Duration) {
        self.now += time;
    }

    /// Lets the timer fire when it is due; says how long that took.
    fn wait(&mut self) -> (Duration, Outputs) {
        let due = self.machine.deadline().expect("it waits for something");
        let waited = due.saturating_duration_since(self.now);
        self.now = due;
        (waited, self.feed(Input::Timer))
    }

    /// The session that is up, or was last.
    fn session(&mut self) -> SessionNumber {
        self.last = self.machine.life().session().unwrap_or(self.last);
        self.last
    }

    fn probe(&mut self, down: bool, local_answers: bool) -> Outputs {
        let session = self.session();
        self.probe_under(session, down, local_answers)
    }

    fn probe_under(&mut self, session: SessionNumber, down: bool, local: bool) -> Outputs {
        self.pass(Duration::from_secs(30));
        self.feed(Input::Probe(probe_of(port(), session, down, local)))
    }
}

const FAILED: Input = Input::ConnectFailed(Reason::TimedOut, None);
const DROPPED: Input = Input::Dropped(Reason::LinkLost);
const QUOTA: Reason = Reason::QuotaUsedUp { until: None };
const PARKED: Input = Input::Parked {
    left: Duration::from_mins(10),
    open: 2,
};

#[test]
fn waits_double_to_the_cap_and_are_never_given_up() {
    let mut rig = Rig::started();
    let mut waits = vec![];
    for _ in 0..9 {
        assert_eq!(rig.feed(FAILED), [Output::ForgetTokens]);
        let (waited, outputs) = rig.wait();
        assert_eq!(outputs, [Output::Connect]);
        waits.push(waited.as_secs());
    }
    assert_eq!(waits, [1, 2, 4, 8, 16, 32, 60, 60, 60]);
}

#[test]
fn jitter_strays_ten_per_cent_either_way() {
    let backoff = Backoff::new(&Timing::default());
    assert_eq!(backoff.delay(1, 0.0), Duration::from_millis(900));
    assert_eq!(backoff.delay(1, 1.0), Duration::from_millis(1100));
    assert_eq!(backoff.delay(40, 1.0), Duration::from_secs(66));
}

#[test]
fn only_a_session_that_stays_established_resets_the_backoff() {
    let mut rig = Rig::started();
    for _ in 0..3 {
        rig.feed(FAILED);
        rig.wait();
    }
    rig.feed(Input::Connected);
    rig.feed(DROPPED);
    assert_eq!(
        rig.wait().0,
        Duration::from_secs(8),
        "connected is not established"
    );
    rig.feed(Input::Connected);
    rig.feed(Input::Established);
    rig.pass(STABLE_AFTER / 10 * 9);
    rig.feed(DROPPED);
    assert_eq!(
        rig.wait().0,
        Duration::from_secs(16),
        "established is not stable"
    );
    rig.feed(Input::Connected);
    rig.feed(Input::Established);
    rig.pass(STABLE_AFTER);
    rig.feed(DROPPED);
    assert_eq!(rig.wait().0, Duration::from_secs(1));
}

#[test]
fn an_other_end_that_drops_each_session_after_a_moment_is_asked_less_and_less() {
    let mut rig = Rig::started();
    let mut waits = vec![];
    for _ in 0..8 {
        rig.feed(Input::Connected);
        rig.feed(Input::Established);
        rig.pass(Duration::from_millis(700));
        // A link that was resumed meanwhile proves no more than one that was not.
        rig.feed(PARKED);
        rig.pass(STABLE_AFTER * 2);
        rig.feed(Input::Resumed);
        rig.pass(Duration::from_millis(700));
        rig.feed(DROPPED);
        waits.push(rig.wait().0.as_secs());
    }
    assert_eq!(waits, [1, 2, 4, 8, 16, 32, 60, 60]);
}

#[test]
fn a_session_that_the_other_end_forgot_is_replaced_at_once_and_not_for_ever() {
    let mut rig = Rig::established();
    assert_eq!(rig.feed(Input::Lapsed(Reason::LinkLost)), [Output::Connect]);
    rig.feed(Input::Connected);
    rig.feed(Input::Established);
    assert_eq!(
        rig.feed(Input::Lapsed(Reason::LinkLost)),
        [],
        "it came to nothing"
    );
    assert_eq!(rig.wait(), (Duration::from_secs(2), vec![Output::Connect]));
}

#[test]
fn ten_seconds_up_is_established_too() {
    let mut rig = Rig::started();
    rig.feed(Input::Connected);
    assert_eq!(rig.wait(), (ESTABLISHED_AFTER, vec![]));
    assert!(matches!(rig.machine.life(), Life::Up { proven: true, .. }));
    assert_eq!(rig.wait(), (STABLE_AFTER, vec![]));
    assert_eq!(rig.machine.deadline(), None);
}

#[test]
fn a_drop_keeps_the_tokens_and_a_failed_attempt_does_not() {
    let mut rig = Rig::established();
    assert_eq!(rig.feed(DROPPED), []);
    rig.wait();
    assert_eq!(rig.feed(FAILED), [Output::ForgetTokens]);
}

#[test]
fn first_and_later_attempts_are_told_apart_and_say_why_they_are_needed() {
    let mut rig = Rig::started();
    let connecting = |attempt, outage| Life::Connecting {
        phase: Phase::Authorising,
        attempt,
        outage,
    };
    assert_eq!(rig.machine.life(), connecting(1, None));
    rig.machine.enter(Phase::ForwardingPorts);
    let forwarding = Life::starting(Phase::ForwardingPorts);
    assert_eq!(rig.machine.life(), forwarding);
    rig.feed(FAILED);
    let outage = |since, reason| Some(Outage { since, reason });
    let failed = outage(rig.now, Reason::TimedOut);
    rig.wait();
    assert_eq!(
        rig.machine.life(),
        connecting(2, failed),
        "since the failure"
    );
    rig.feed(Input::Connected);
    rig.pass(Duration::from_secs(1));
    rig.feed(DROPPED);
    let lost = outage(rig.now, Reason::LinkLost);
    rig.wait();
    assert_eq!(rig.machine.life(), connecting(1, lost));
    rig.feed(Input::ConnectFailed(Reason::LinkSilent, None));
    rig.feed(Input::ForceReconnect);
    let reason = rig.machine.life().reason().cloned();
    assert_eq!(
        reason,
        Some(Reason::Forced),
        "the person asked for this one"
    );
}

#[test]
fn reasons_that_need_the_person_are_not_retried() {
    for (reason, word) in [
        (Reason::TokenRefused, "sign-in"),
        (Reason::NoPublicPorts, "failed"),
        (Reason::TakenOver, "displaced"),
    ] {
        let mut rig = Rig::started();
        assert_eq!(
            rig.feed(Input::ConnectFailed(reason.clone(), None)),
            [Output::ForgetTokens]
        );
        assert_eq!(rig.machine.life().as_str(), word);
        assert_eq!(rig.machine.life().reason(), Some(&reason));
        assert_eq!(rig.machine.deadline(), None);
        assert_eq!(rig.feed(Input::Woke), [], "{word} is not retried on wake");
        assert_eq!(rig.feed(Input::TakeOver), [Output::Connect], "{word}");
        assert_eq!(rig.machine.life().reason(), Some(&reason), "until it is up");
    }
}

#[test]
fn a_stranger_in_the_relay_s_place_is_final_only_at_the_start() {
    let stranger = || {
        let address = "x:1".to_owned();
        Input::ConnectFailed(Reason::NotARelay { address }, None)
    };
    let mut rig = Rig::started();
    rig.feed(stranger());
    assert_eq!(rig.machine.life().as_str(), "failed");
    let mut rig = Rig::established();
    rig.feed(DROPPED);
    rig.wait();
    rig.feed(stranger());
    assert_eq!(rig.machine.life().as_str(), "reconnecting");
}

#[test]
fn hosting_goes_on_by_itself_after_a_sign_in() {
    let mut rig = Rig::established();
    rig.feed(Input::Dropped(Reason::SignedOut));
    assert_eq!(
        rig.feed(Input::SignedIn),
        [Output::ForgetTokens, Output::Connect]
    );
    assert_eq!(rig.feed(Input::SignedIn), [], "once");
}

#[test]
fn quota_waits_as_long_as_it_is_told_or_the_cap() {
    let mut rig = Rig::started();
    let told = Duration::from_secs(6);
    rig.feed(Input::ConnectFailed(QUOTA, Some(told)));
    assert_eq!(rig.wait().0, told);
    rig.feed(Input::ConnectFailed(QUOTA, None));
    assert_eq!(rig.wait().0, Duration::from_mins(1));
}

#[test]
fn three_downs_of_a_live_service_make_a_zombie() {
    let mut rig = Rig::established();
    rig.probe(false, true);
    assert_eq!(rig.probe(true, true), []);
    assert_eq!(rig.probe(true, true), []);
    let expected = [Output::Cut(Cut::Zombie), Output::Connect];
    assert_eq!(rig.probe(true, true), expected);
    rig.feed(Input::Connected);
    rig.feed(Input::Established);
    rig.probe(false, true);
    rig.probe(true, true);
    rig.probe(true, true);
    assert_eq!(rig.probe(true, true), expected, "it re-arms");
}

#[test]
fn a_good_probe_or_a_dead_service_starts_the_count_anew() {
    for (down, local) in [(false, true), (false, false), (true, false)] {
        let mut rig = Rig::established();
        rig.probe(false, true);
        rig.probe(true, true);
        rig.probe(true, true);
        assert_eq!(rig.probe(down, local), []);
        assert_eq!(rig.probe(true, true), []);
        assert_eq!(rig.probe(true, true), []);
    }
}

#[test]
fn a_dead_url_of_a_session_that_lives_says_nothing_of_it() {
    let mut rig = Rig::established();
    rig.probe(false, true);
    for diagnosis in [
        Diagnosis::Down {
            cause: UrlFault::Failed(Reason::TimedOut),
            service: None,
            alive: true,
        },
        Diagnosis::NotAsked,
    ] {
        for _ in 0..9 {
            rig.pass(Duration::from_secs(30));
            let (port, session) = (port(), rig.session());
            let probe = Probe {
                port,
                session,
                diagnosis: diagnosis.clone(),
                dead_after: DEAD_AFTER_DOWNS,
            };
            assert_eq!(rig.feed(Input::Probe(probe)), []);
        }
    }
}

#[test]
fn a_probe_from_before_the_session_is_ignored() {
    let mut rig = Rig::established();
    rig.probe(false, true);
    rig.feed(DROPPED);
    rig.wait();
    rig.feed(Input::Connected);
    rig.feed(Input::Established);
    for _ in 0..9 {
        assert_eq!(rig.probe_under(SessionNumber(1), true, true), []);
    }
}

#[test]
fn a_url_that_never_routed_may_be_out_of_reach_from_here_alone() {
    let mut rig = Rig::established();
    for _ in 0..200 {
        assert_eq!(rig.probe(true, true), []);
    }
}

#[test]
fn a_url_that_routed_before_has_time_to_settle_and_twice_that_after_each_zombie() {
    let mut rig = Rig::established();
    rig.probe(false, true);
    let mut needed = vec![];
    for _ in 0..3 {
        let mut downs = 1;
        while rig.probe(true, true).is_empty() {
            downs += 1;
        }
        needed.push(downs);
        rig.feed(Input::Connected);
        rig.feed(Input::Established);
    }
    // One probe in 30 s: at once, after 30 s times 2, times 4.
    assert_eq!(needed, [3, 4, 6]);
}

#[test]
fn sessions_are_counted_on_over_starts_and_machines() {
    let mut machine = Machine::new(Backoff::new(&Timing::default()), 7);
    let now = Instant::now();
    machine.handle(Input::Start, now, MIDDLE);
    assert_eq!(machine.life().as_str(), "connecting");
    machine.handle(Input::Connected, now, MIDDLE);
    assert_eq!(machine.life().session(), Some(SessionNumber(8)));
    machine.handle(Input::Dropped(Reason::TunnelGone), now, MIDDLE);
    machine.handle(Input::Start, now, MIDDLE);
    assert_eq!(machine.life().as_str(), "connecting");
    machine.handle(Input::Connected, now, MIDDLE);
    assert_eq!(machine.life().session(), Some(SessionNumber(9)));
}

#[test]
fn probes_before_established_or_between_sessions_do_nothing() {
    let mut rig = Rig::started();
    for _ in 0..5 {
        assert_eq!(rig.probe(true, true), []);
    }
    rig.feed(Input::Connected);
    for _ in 0..5 {
        assert_eq!(rig.probe(true, true), []);
    }
}

#[test]
fn a_re_mint_connects_before_it_lets_go() {
    let mut rig = Rig::established();
    assert_eq!(rig.feed(Input::RemintDue), [Output::ConnectBeside]);
    assert_eq!(rig.feed(Input::RemintDue), [], "one at a time");
    assert!(
        matches!(rig.machine.life(), Life::Up { .. }),
        "still hosting"
    );
    let before = rig.machine.life();
    assert_eq!(rig.feed(Input::Connected), [Output::CloseReplaced]);
    assert_eq!(
        rig.machine.life(),
        before,
        "it is the same to everybody else"
    );
    assert_eq!(
        rig.feed(Input::RemintDue),
        [Output::ConnectBeside],
        "and again"
    );
}

#[test]
fn a_failed_re_mint_keeps_the_session_and_tries_again() {
    let mut rig = Rig::established();
    rig.feed(Input::RemintDue);
    assert_eq!(rig.feed(FAILED), []);
    assert_eq!(
        rig.wait(),
        (Duration::from_secs(1), vec![Output::ConnectBeside])
    );
    rig.feed(FAILED);
    assert_eq!(rig.wait().0, Duration::from_secs(2));
    assert!(matches!(rig.machine.life(), Life::Up { .. }));
}

#[test]
fn a_drop_during_a_re_mint_makes_its_attempt_the_one() {
    let mut rig = Rig::established();
    rig.feed(Input::RemintDue);
    assert_eq!(rig.feed(DROPPED), []);
    assert_eq!(rig.feed(Input::Connected), []);
}

#[test]
fn stop_wins_everywhere() {
    let mut connecting = Rig::started();
    assert_eq!(connecting.feed(Input::Stop), [Output::Abandon]);
    assert_eq!(
        connecting.feed(Input::Connected),
        [Output::Close],
        "too late"
    );
    let mut waiting = Rig::started();
    waiting.feed(FAILED);
    assert_eq!(waiting.feed(Input::Stop), []);
    assert_eq!(waiting.machine.deadline(), None);
    let mut beside = Rig::established();
    beside.feed(Input::RemintDue);
    assert_eq!(beside.feed(Input::Stop), [Output::Abandon, Output::Close]);
    assert_eq!(beside.feed(Input::Timer), []);
}

#[test]
fn waking_checks_the_link_or_skips_the_wait() {
    let mut rig = Rig::established();
    assert_eq!(rig.feed(Input::Woke), [Output::CheckLink]);
    rig.feed(DROPPED);
    assert_eq!(rig.feed(Input::Woke), [Output::Connect]);
    assert_eq!(rig.feed(Input::Woke), [], "an attempt is under way");
}

#[test]
fn a_quota_is_waited_out_beside_a_session_and_through_a_wake() {
    let mut rig = Rig::established();
    rig.feed(Input::RemintDue);
    rig.feed(Input::ConnectFailed(QUOTA, None));
    assert_eq!(rig.wait().0, Duration::from_mins(1));
    let told = Duration::from_secs(90);
    rig.feed(Input::ConnectFailed(QUOTA, Some(told)));
    assert_eq!(rig.wait().0, told);
    let mut rig = Rig::started();
    rig.feed(Input::ConnectFailed(QUOTA, Some(told)));
    assert_eq!(rig.feed(Input::Woke), []);
    assert_eq!(rig.wait(), (told, vec![Output::Connect]));
}
