//! Tables for the keep-alive machine's behaviours.

mod any;
mod going_down;
mod parked;

use crate::engine::backoff::Backoff;
use crate::engine::input::{Cut, Input, Output, Probe, Stage};
use crate::engine::machine::{EXPECTED_BACK_WITHIN, Machine};
use crate::engine::tests::{port, probe_of};
use crate::engine::up::{ESTABLISHED_AFTER, STABLE_AFTER};
use crate::model::{Class, Diagnosis, PortNumber, Reason, SessionNumber, Timing, UrlFault};
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
        assert_eq!(rig.put(Input::Start), [Output::Connect]);
        rig
    }

    fn established() -> Self {
        let mut rig = Self::started();
        assert_eq!(rig.put(Input::Connected), []);
        assert_eq!(rig.put(Input::Established), []);
        assert_eq!(rig.wait(), (STABLE_AFTER, vec![]), "it is stable");
        rig
    }

    fn put(&mut self, input: Input) -> Outputs {
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
        (waited, self.put(Input::Timer))
    }

    /// The session that is up, or was last.
    fn session(&mut self) -> SessionNumber {
        if let Stage::Up { session, .. } | Stage::Parked { session, .. } = self.machine.stage() {
            self.last = session;
        }
        self.last
    }

    fn probe(&mut self, down: bool, local_answers: bool) -> Outputs {
        let session = self.session();
        self.probe_under(session, down, local_answers)
    }

    fn probe_under(&mut self, session: SessionNumber, down: bool, local: bool) -> Outputs {
        self.pass(Duration::from_secs(30));
        self.put(Input::Probe(probe_of(port(), session, down, local)))
    }
}

const FAILED: Input = Input::ConnectFailed(Class::Transient, None);
const DROPPED: Input = Input::Dropped(Class::Transient);

#[test]
fn waits_double_to_the_cap_and_are_never_given_up() {
    let mut rig = Rig::started();
    let mut waits = vec![];
    for _ in 0..9 {
        assert_eq!(rig.put(FAILED), [Output::ForgetTokens]);
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
        rig.put(FAILED);
        rig.wait();
    }
    rig.put(Input::Connected);
    rig.put(DROPPED);
    assert_eq!(
        rig.wait().0,
        Duration::from_secs(8),
        "connected is not established"
    );
    rig.put(Input::Connected);
    rig.put(Input::Established);
    rig.pass(STABLE_AFTER / 10 * 9);
    rig.put(DROPPED);
    assert_eq!(
        rig.wait().0,
        Duration::from_secs(16),
        "established is not stable"
    );
    rig.put(Input::Connected);
    rig.put(Input::Established);
    rig.pass(STABLE_AFTER);
    rig.put(DROPPED);
    assert_eq!(rig.wait().0, Duration::from_secs(1));
}

#[test]
fn an_other_end_that_drops_each_session_after_a_moment_is_asked_less_and_less() {
    let mut rig = Rig::started();
    let mut waits = vec![];
    for _ in 0..8 {
        rig.put(Input::Connected);
        rig.put(Input::Established);
        rig.pass(Duration::from_millis(700));
        // A link that was resumed meanwhile proves no more than one that was not.
        rig.put(Input::Parked(Duration::from_mins(10)));
        rig.pass(STABLE_AFTER * 2);
        rig.put(Input::Resumed);
        rig.pass(Duration::from_millis(700));
        rig.put(DROPPED);
        waits.push(rig.wait().0.as_secs());
    }
    assert_eq!(waits, [1, 2, 4, 8, 16, 32, 60, 60]);
}

#[test]
fn a_session_that_the_other_end_forgot_is_replaced_at_once_and_not_for_ever() {
    let mut rig = Rig::established();
    assert_eq!(rig.put(Input::Lapsed), [Output::Connect]);
    rig.put(Input::Connected);
    rig.put(Input::Established);
    assert_eq!(rig.put(Input::Lapsed), [], "it came to nothing");
    assert_eq!(rig.wait(), (Duration::from_secs(2), vec![Output::Connect]));
}

#[test]
fn ten_seconds_up_is_established_too() {
    let mut rig = Rig::started();
    rig.put(Input::Connected);
    assert_eq!(rig.wait(), (ESTABLISHED_AFTER, vec![]));
    let established = matches!(
        rig.machine.stage(),
        Stage::Up {
            established: true,
            ..
        }
    );
    assert!(established);
    assert_eq!(rig.wait(), (STABLE_AFTER, vec![]));
    assert_eq!(rig.machine.deadline(), None);
}

#[test]
fn a_drop_keeps_the_tokens_and_a_failed_attempt_does_not() {
    let mut rig = Rig::established();
    assert_eq!(rig.put(DROPPED), []);
    rig.wait();
    assert_eq!(rig.put(FAILED), [Output::ForgetTokens]);
}

#[test]
fn first_and_later_attempts_are_told_apart() {
    let mut rig = Rig::started();
    let connecting = |first, attempt| Stage::Connecting { first, attempt };
    assert_eq!(rig.machine.stage(), connecting(true, 1));
    rig.put(FAILED);
    rig.wait();
    assert_eq!(rig.machine.stage(), connecting(false, 2));
    rig.put(Input::Connected);
    rig.put(DROPPED);
    rig.wait();
    assert_eq!(rig.machine.stage(), connecting(false, 1));
}

#[test]
fn classes_that_need_the_person_are_not_retried() {
    for class in [Class::SignIn, Class::Fatal, Class::Displaced] {
        let mut rig = Rig::started();
        assert_eq!(
            rig.put(Input::ConnectFailed(class, None)),
            [Output::ForgetTokens]
        );
        assert_eq!(rig.machine.stage(), Stage::Halted(class));
        assert_eq!(rig.machine.deadline(), None);
        assert_eq!(rig.put(Input::Woke), [], "{class:?} is not retried on wake");
        assert_eq!(
            rig.put(Input::ForceReconnect),
            [Output::Connect],
            "{class:?}"
        );
    }
}

#[test]
fn hosting_goes_on_by_itself_after_a_sign_in() {
    let mut rig = Rig::established();
    rig.put(Input::Dropped(Class::SignIn));
    assert_eq!(
        rig.put(Input::SignedIn),
        [Output::ForgetTokens, Output::Connect]
    );
    assert_eq!(rig.put(Input::SignedIn), [], "once");
}

#[test]
fn quota_waits_as_long_as_it_is_told_or_the_cap() {
    let mut rig = Rig::started();
    let told = Duration::from_secs(6);
    rig.put(Input::ConnectFailed(Class::Quota, Some(told)));
    assert_eq!(rig.wait().0, told);
    rig.put(Input::ConnectFailed(Class::Quota, None));
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
    rig.put(Input::Connected);
    rig.put(Input::Established);
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
            };
            assert_eq!(rig.put(Input::Probe(probe)), []);
        }
    }
}

#[test]
fn a_probe_from_before_the_session_is_ignored() {
    let mut rig = Rig::established();
    rig.probe(false, true);
    rig.put(DROPPED);
    rig.wait();
    rig.put(Input::Connected);
    rig.put(Input::Established);
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
        rig.put(Input::Connected);
        rig.put(Input::Established);
    }
    // One probe in 30 s: at once, after 30 s times 2, times 4.
    assert_eq!(needed, [3, 4, 6]);
}

#[test]
fn sessions_are_counted_on_over_starts_and_machines() {
    let mut machine = Machine::new(Backoff::new(&Timing::default()), 7);
    let now = Instant::now();
    machine.handle(Input::Start, now, MIDDLE);
    assert!(matches!(
        machine.stage(),
        Stage::Connecting { first: true, .. }
    ));
    machine.handle(Input::Connected, now, MIDDLE);
    assert!(matches!(
        machine.stage(),
        Stage::Up {
            session: SessionNumber(8),
            ..
        }
    ));
    machine.handle(Input::Dropped(Class::Fatal), now, MIDDLE);
    machine.handle(Input::Start, now, MIDDLE);
    assert!(matches!(
        machine.stage(),
        Stage::Connecting { first: true, .. }
    ));
    machine.handle(Input::Connected, now, MIDDLE);
    assert!(matches!(
        machine.stage(),
        Stage::Up {
            session: SessionNumber(9),
            ..
        }
    ));
}

#[test]
fn probes_before_established_or_between_sessions_do_nothing() {
    let mut rig = Rig::started();
    for _ in 0..5 {
        assert_eq!(rig.probe(true, true), []);
    }
    rig.put(Input::Connected);
    for _ in 0..5 {
        assert_eq!(rig.probe(true, true), []);
    }
}

#[test]
fn a_re_mint_connects_before_it_lets_go() {
    let mut rig = Rig::established();
    assert_eq!(rig.put(Input::RemintDue), [Output::ConnectBeside]);
    assert_eq!(rig.put(Input::RemintDue), [], "one at a time");
    assert!(
        matches!(rig.machine.stage(), Stage::Up { .. }),
        "still hosting"
    );
    let before = rig.machine.stage();
    assert_eq!(rig.put(Input::Connected), [Output::CloseReplaced]);
    assert_eq!(
        rig.machine.stage(),
        before,
        "it is the same to everybody else"
    );
    assert_eq!(
        rig.put(Input::RemintDue),
        [Output::ConnectBeside],
        "and again"
    );
}

#[test]
fn a_failed_re_mint_keeps_the_session_and_tries_again() {
    let mut rig = Rig::established();
    rig.put(Input::RemintDue);
    assert_eq!(rig.put(FAILED), []);
    assert_eq!(
        rig.wait(),
        (Duration::from_secs(1), vec![Output::ConnectBeside])
    );
    rig.put(FAILED);
    assert_eq!(rig.wait().0, Duration::from_secs(2));
    assert!(matches!(rig.machine.stage(), Stage::Up { .. }));
}

#[test]
fn a_drop_during_a_re_mint_makes_its_attempt_the_one() {
    let mut rig = Rig::established();
    rig.put(Input::RemintDue);
    assert_eq!(rig.put(DROPPED), []);
    assert_eq!(rig.put(Input::Connected), []);
}

#[test]
fn stop_wins_everywhere() {
    let mut connecting = Rig::started();
    assert_eq!(connecting.put(Input::Stop), [Output::Abandon]);
    assert_eq!(
        connecting.put(Input::Connected),
        [Output::Close],
        "too late"
    );
    let mut waiting = Rig::started();
    waiting.put(FAILED);
    assert_eq!(waiting.put(Input::Stop), []);
    assert_eq!(waiting.machine.deadline(), None);
    let mut beside = Rig::established();
    beside.put(Input::RemintDue);
    assert_eq!(beside.put(Input::Stop), [Output::Abandon, Output::Close]);
    assert_eq!(beside.put(Input::Timer), []);
}

#[test]
fn waking_checks_the_link_or_skips_the_wait() {
    let mut rig = Rig::established();
    assert_eq!(rig.put(Input::Woke), [Output::CheckLink]);
    rig.put(DROPPED);
    assert_eq!(rig.put(Input::Woke), [Output::Connect]);
    assert_eq!(rig.put(Input::Woke), [], "an attempt is under way");
}

#[test]
fn a_quota_is_waited_out_beside_a_session_and_through_a_wake() {
    let mut rig = Rig::established();
    rig.put(Input::RemintDue);
    rig.put(Input::ConnectFailed(Class::Quota, None));
    assert_eq!(rig.wait().0, Duration::from_mins(1));
    let told = Duration::from_secs(90);
    rig.put(Input::ConnectFailed(Class::Quota, Some(told)));
    assert_eq!(rig.wait().0, told);
    let mut rig = Rig::started();
    rig.put(Input::ConnectFailed(Class::Quota, Some(told)));
    assert_eq!(rig.put(Input::Woke), []);
    assert_eq!(rig.wait(), (told, vec![Output::Connect]));
}
