//! A session whose link is down and that may resume.

use super::*;

const RETENTION: Duration = Duration::from_mins(10);
const PARKED: Input = Input::Parked(RETENTION);

impl Rig {
    /// Established, routed, and parked since.
    fn parked() -> Self {
        let mut rig = Self::established();
        rig.probe(false, true);
        assert_eq!(rig.put(PARKED), []);
        rig
    }

    fn is_parked(&self) -> bool {
        matches!(self.machine.stage(), Stage::Parked { .. })
    }

    fn hosts(&self, number: u64) -> bool {
        let up = Stage::Up {
            session: SessionNumber(number),
            established: true,
        };
        self.machine.stage() == up
    }
}

#[test]
fn each_input_has_its_answer_while_parked() {
    let probe = |down| Input::Probe(probe_of(port(), SessionNumber(1), down, true));
    // Input, what is to be done, and whether it is parked still.
    let cases: [(Input, &[Output], bool); 16] = [
        (Input::Start, &[], true),
        (Input::Stop, &[Output::Close], false),
        (Input::Established, &[], true),
        (PARKED, &[], true),
        (Input::Resumed, &[], false),
        (DROPPED, &[], false),
        (Input::Dropped(Class::Displaced), &[], false),
        (Input::Dropped(Class::SignIn), &[], false),
        (FAILED, &[], true),
        (probe(true), &[], true),
        (probe(false), &[], true),
        (Input::RemintDue, &[], true),
        (Input::ForceReconnect, &[Output::CheckLink], true),
        (Input::Woke, &[Output::CheckLink], true),
        (Input::SignedIn, &[], true),
        (Input::Timer, &[], true),
    ];
    for (input, expected, parked) in cases {
        let mut rig = Rig::parked();
        assert_eq!(rig.put(input.clone()), expected, "{input:?}");
        assert_eq!(rig.is_parked(), parked, "{input:?}");
        if parked {
            assert_eq!(rig.machine.deadline(), None, "{input:?}: nothing is due");
        }
    }
}

#[test]
fn a_parked_session_is_the_same_one_after_it() {
    let mut rig = Rig::parked();
    let until = rig.now + RETENTION;
    let session = SessionNumber(1);
    assert_eq!(rig.machine.stage(), Stage::Parked { session, until });
    rig.pass(Duration::from_mins(2));
    assert_eq!(rig.put(Input::Resumed), []);
    assert!(rig.hosts(1));
    assert_eq!(rig.put(Input::Resumed), [], "twice is once");
    assert!(rig.hosts(1));
}

#[test]
fn a_second_parking_counts_from_what_it_says() {
    let mut rig = Rig::parked();
    rig.pass(Duration::from_mins(1));
    let until = rig.now + Duration::from_mins(3);
    rig.put(Input::Parked(Duration::from_mins(3)));
    let session = SessionNumber(1);
    assert_eq!(rig.machine.stage(), Stage::Parked { session, until });
    rig.put(Input::Resumed);
    assert!(rig.hosts(1), "one resume is enough");
}

#[test]
fn a_retention_without_an_end_is_a_day() {
    let mut rig = Rig::established();
    rig.put(Input::Parked(Duration::MAX));
    let until = rig.now + Duration::from_hours(24);
    let session = SessionNumber(1);
    assert_eq!(rig.machine.stage(), Stage::Parked { session, until });
}

#[test]
fn nothing_is_parked_or_resumed_without_a_session() {
    for input in [PARKED, Input::Resumed] {
        let mut stopped = Rig::new();
        assert_eq!(stopped.put(input.clone()), []);
        assert_eq!(stopped.machine.stage(), Stage::Stopped);
        let mut waiting = Rig::established();
        waiting.put(DROPPED);
        let before = waiting.machine.stage();
        assert_eq!(waiting.put(input), []);
        assert_eq!(waiting.machine.stage(), before);
    }
    let mut up = Rig::started();
    up.put(Input::Connected);
    up.put(Input::Resumed);
    let unproven = matches!(
        up.machine.stage(),
        Stage::Up {
            established: false,
            ..
        }
    );
    assert!(unproven, "a resume of what was not parked proves nothing");
}

#[test]
fn downs_before_and_during_the_parking_are_forgotten() {
    let mut rig = Rig::established();
    rig.probe(false, true);
    rig.probe(true, true);
    rig.probe(true, true);
    rig.put(PARKED);
    for _ in 0..5 {
        assert_eq!(rig.probe(true, true), []);
    }
    rig.put(Input::Resumed);
    // 30 s later, as every probe of the rig: the first that counts.
    assert_eq!(rig.probe(true, true), []);
    assert_eq!(rig.probe(true, true), []);
    let expected = [Output::Cut(Cut::Zombie), Output::Connect];
    assert_eq!(rig.probe(true, true), expected, "and counted anew");
}

#[test]
fn downs_right_after_the_resume_are_of_probes_that_began_before_it() {
    let mut rig = Rig::parked();
    rig.pass(Duration::from_mins(3));
    rig.put(Input::Resumed);
    for _ in 0..9 {
        rig.pass(Duration::from_secs(1));
        let late = probe_of(port(), SessionNumber(1), true, true);
        assert_eq!(rig.put(Input::Probe(late)), []);
    }
}

#[test]
fn an_end_while_parked_is_the_usual_drop() {
    let mut rig = Rig::parked();
    rig.pass(RETENTION);
    rig.put(DROPPED);
    assert_eq!(rig.wait(), (Duration::from_secs(1), vec![Output::Connect]));
    rig.put(Input::Connected);
    assert_eq!(rig.session(), SessionNumber(2));
}

#[test]
fn a_forced_reconnect_replaces_what_nobody_holds_any_more() {
    let mut rig = Rig::parked();
    rig.pass(RETENTION);
    let expected = [Output::Cut(Cut::Forced), Output::Connect];
    assert_eq!(rig.put(Input::ForceReconnect), expected);
}

#[test]
fn a_re_mint_under_way_waits_for_the_resume() {
    let mut rig = Rig::established();
    rig.put(Input::RemintDue);
    assert_eq!(rig.put(PARKED), [Output::Abandon]);
    assert_eq!(rig.machine.deadline(), None);
    rig.pass(Duration::from_mins(1));
    rig.put(Input::Resumed);
    assert_eq!(rig.wait(), (Duration::ZERO, vec![Output::ConnectBeside]));
    assert_eq!(rig.put(Input::Connected), [Output::CloseReplaced]);
}

#[test]
fn a_re_mint_that_waits_waits_longer_and_ends_with_the_session() {
    let mut rig = Rig::established();
    rig.put(Input::RemintDue);
    rig.put(FAILED);
    rig.put(PARKED);
    assert_eq!(rig.machine.deadline(), None);
    rig.put(DROPPED);
    assert_eq!(rig.wait().1, [Output::Connect], "one attempt, not two");
}

#[test]
fn a_session_that_was_never_established_is_by_its_resume() {
    let mut rig = Rig::started();
    for _ in 0..3 {
        rig.put(FAILED);
        rig.wait();
    }
    rig.put(Input::Connected);
    rig.put(PARKED);
    rig.pass(ESTABLISHED_AFTER * 2);
    rig.put(Input::Timer);
    assert!(rig.is_parked(), "time proves no link that is down");
    rig.put(Input::Resumed);
    assert!(rig.hosts(1));
    rig.pass(STABLE_AFTER);
    rig.put(DROPPED);
    assert_eq!(rig.wait().0, Duration::from_secs(1), "the backoff is reset");
}
