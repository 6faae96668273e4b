//! A session whose link is down and that may resume.

use super::*;

const RETENTION: Duration = Duration::from_mins(10);

impl Rig {
    /// Established, routed, and parked since.
    fn parked() -> Self {
        let mut rig = Self::established();
        rig.probe(false, true);
        assert_eq!(rig.feed(PARKED), []);
        rig
    }

    fn is_parked(&self) -> bool {
        matches!(self.machine.life(), Life::Parked { .. })
    }

    fn hosts(&self, number: u64) -> bool {
        let life = self.machine.life();
        life.serving() == Some(SessionNumber(number))
            && matches!(life, Life::Up { proven: true, .. })
    }
}

#[test]
fn each_input_has_its_answer_while_parked() {
    let probe = |down| Input::Probe(probe_of(port(), SessionNumber(1), down, true));
    // Input, what is to be done, and whether it is parked still.
    let cases: [(Input, &[Output], bool); 18] = [
        (Input::Start, &[], true),
        (Input::Stop, &[Output::Close], false),
        (Input::Established, &[], true),
        (PARKED, &[], true),
        (Input::Holds(1), &[], true),
        (Input::Resumed, &[], false),
        (DROPPED, &[], false),
        (Input::Dropped(Reason::TakenOver), &[], false),
        (Input::Dropped(Reason::SignedOut), &[], false),
        (FAILED, &[], true),
        (probe(true), &[], true),
        (probe(false), &[], true),
        (Input::RemintDue, &[], true),
        (Input::ForceReconnect, &[Output::CheckLink], true),
        (Input::TakeOver, &[Output::CheckLink], true),
        (Input::Woke, &[Output::CheckLink], true),
        (Input::SignedIn, &[], true),
        (Input::Timer, &[], true),
    ];
    for (input, expected, parked) in cases {
        let mut rig = Rig::parked();
        assert_eq!(rig.feed(input.clone()), expected, "{input:?}");
        assert_eq!(rig.is_parked(), parked, "{input:?}");
        if parked {
            assert_eq!(rig.machine.deadline(), None, "{input:?}: nothing is due");
        }
    }
}

fn life(since: Instant, until: Instant) -> Life<Instant> {
    Life::Parked {
        session: SessionNumber(1),
        since,
        until,
        open: 2,
    }
}

#[test]
fn a_parked_session_is_the_same_one_after_it() {
    let mut rig = Rig::parked();
    assert_eq!(rig.machine.life(), life(rig.now, rig.now + RETENTION));
    rig.pass(Duration::from_mins(2));
    assert_eq!(rig.feed(Input::Resumed), []);
    assert!(rig.hosts(1));
    assert_eq!(rig.feed(Input::Resumed), [], "twice is once");
    assert!(rig.hosts(1));
}

#[test]
fn a_second_parking_counts_from_what_it_says() {
    let mut rig = Rig::parked();
    let since = rig.now;
    rig.pass(Duration::from_mins(1));
    let (left, open) = (Duration::from_mins(3), 2);
    rig.feed(Input::Parked { left, open });
    assert_eq!(rig.machine.life(), life(since, rig.now + left));
    rig.feed(Input::Resumed);
    assert!(rig.hosts(1), "one resume is enough");
}

#[test]
fn a_retention_without_an_end_is_a_day() {
    let mut rig = Rig::established();
    let (left, open) = (Duration::MAX, 2);
    rig.feed(Input::Parked { left, open });
    let until = rig.now + Duration::from_hours(24);
    assert_eq!(rig.machine.life(), life(rig.now, until));
}

#[test]
fn nothing_is_parked_or_resumed_without_a_session() {
    for input in [PARKED, Input::Resumed] {
        let mut stopped = Rig::new();
        assert_eq!(stopped.feed(input.clone()), []);
        assert_eq!(stopped.machine.life(), Life::Stopped);
        let mut waiting = Rig::established();
        waiting.feed(DROPPED);
        let before = waiting.machine.life();
        assert_eq!(waiting.feed(input), []);
        assert_eq!(waiting.machine.life(), before);
    }
    let mut up = Rig::started();
    up.feed(Input::Connected);
    up.feed(Input::Resumed);
    let unproven = matches!(up.machine.life(), Life::Up { proven: false, .. });
    assert!(unproven, "a resume of what was not parked proves nothing");
}

#[test]
fn downs_before_and_during_the_parking_are_forgotten() {
    let mut rig = Rig::established();
    rig.probe(false, true);
    rig.probe(true, true);
    rig.probe(true, true);
    rig.feed(PARKED);
    for _ in 0..5 {
        assert_eq!(rig.probe(true, true), []);
    }
    rig.feed(Input::Resumed);
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
    rig.feed(Input::Resumed);
    for _ in 0..9 {
        rig.pass(Duration::from_secs(1));
        let late = probe_of(port(), SessionNumber(1), true, true);
        assert_eq!(rig.feed(Input::Probe(late)), []);
    }
}

#[test]
fn an_end_while_parked_is_the_usual_drop() {
    let mut rig = Rig::parked();
    rig.pass(RETENTION);
    rig.feed(DROPPED);
    assert_eq!(rig.wait(), (Duration::from_secs(1), vec![Output::Connect]));
    rig.feed(Input::Connected);
    assert_eq!(rig.session(), SessionNumber(2));
}

#[test]
fn a_forced_reconnect_replaces_what_nobody_holds_any_more() {
    let mut rig = Rig::parked();
    rig.pass(RETENTION);
    let expected = [Output::Cut(Cut::Forced), Output::Connect];
    assert_eq!(rig.feed(Input::ForceReconnect), expected);
}

#[test]
fn a_re_mint_under_way_waits_for_the_resume() {
    let mut rig = Rig::established();
    rig.feed(Input::RemintDue);
    assert_eq!(rig.feed(PARKED), [Output::Abandon]);
    assert_eq!(rig.machine.deadline(), None);
    rig.pass(Duration::from_mins(1));
    rig.feed(Input::Resumed);
    assert_eq!(rig.wait(), (Duration::ZERO, vec![Output::ConnectBeside]));
    assert_eq!(rig.feed(Input::Connected), [Output::CloseReplaced]);
}

#[test]
fn a_re_mint_that_waits_waits_longer_and_ends_with_the_session() {
    let mut rig = Rig::established();
    rig.feed(Input::RemintDue);
    rig.feed(FAILED);
    rig.feed(PARKED);
    assert_eq!(rig.machine.deadline(), None);
    rig.feed(DROPPED);
    assert_eq!(rig.wait().1, [Output::Connect], "one attempt, not two");
}

#[test]
fn a_session_that_was_never_established_is_by_its_resume() {
    let mut rig = Rig::started();
    for _ in 0..3 {
        rig.feed(FAILED);
        rig.wait();
    }
    rig.feed(Input::Connected);
    rig.feed(PARKED);
    rig.pass(ESTABLISHED_AFTER * 2);
    rig.feed(Input::Timer);
    assert!(rig.is_parked(), "time proves no link that is down");
    rig.feed(Input::Resumed);
    assert!(rig.hosts(1));
    rig.pass(STABLE_AFTER);
    rig.feed(DROPPED);
    assert_eq!(rig.wait().0, Duration::from_secs(1), "the backoff is reset");
}
