//! An other end that goes down on purpose, and is expected back.

use super::*;

const QUICK: Duration = Duration::from_millis(250);

impl Rig {
    fn left_by_its_relay() -> Self {
        let mut rig = Self::established();
        let outputs = rig.feed(Input::GoingDown);
        assert_eq!(outputs, [Output::Drain, Output::Connect]);
        rig
    }
}

#[test]
fn it_connects_at_once_and_asks_often_for_a_while() {
    let mut rig = Rig::left_by_its_relay();
    let began = rig.now;
    loop {
        assert_eq!(rig.feed(FAILED), [Output::ForgetTokens]);
        let in_time = rig.now < began + EXPECTED_BACK_WITHIN;
        let (waited, outputs) = rig.wait();
        assert_eq!(outputs, [Output::Connect]);
        if !in_time {
            assert_eq!(
                waited,
                Timing::default().backoff_initial,
                "as ever from here"
            );
            break;
        }
        assert_eq!(waited, QUICK);
    }
    rig.feed(FAILED);
    assert_eq!(rig.wait().0, 2 * Timing::default().backoff_initial);
}

#[test]
fn a_backoff_that_is_quicker_yet_stays_so() {
    let timing = Timing {
        backoff_initial: Duration::from_millis(50),
        ..Timing::default()
    };
    let mut rig = Rig::established();
    rig.machine = Machine::new(Backoff::new(&timing), 0);
    for input in [Input::Start, Input::Connected, Input::GoingDown, FAILED] {
        rig.feed(input);
    }
    assert_eq!(rig.wait().0, timing.backoff_initial);
}

#[test]
fn once_it_is_back_it_is_expected_no_longer() {
    let mut rig = Rig::left_by_its_relay();
    assert!(rig.machine.expects_return(rig.now));
    assert_eq!(rig.feed(Input::Connected), []);
    assert!(!rig.machine.expects_return(rig.now));
    assert_eq!(rig.feed(DROPPED), []);
    assert_eq!(rig.wait().0, Timing::default().backoff_initial);
}

#[test]
fn the_replacement_that_is_on_its_way_becomes_the_attempt() {
    let mut rig = Rig::established();
    assert_eq!(rig.feed(Input::RemintDue), [Output::ConnectBeside]);
    assert_eq!(rig.feed(Input::GoingDown), [Output::Drain]);
    assert_eq!(rig.feed(Input::Connected), []);
}

#[test]
fn what_only_the_person_can_mend_still_halts_it_and_stop_still_stops_it() {
    let mut rig = Rig::left_by_its_relay();
    rig.feed(Input::ConnectFailed(Reason::SignedOut, None));
    assert_eq!(rig.machine.life().as_str(), "sign-in");
    let mut rig = Rig::left_by_its_relay();
    assert_eq!(rig.feed(Input::Stop), [Output::Abandon]);
    assert!(!rig.machine.expects_return(rig.now));
}
