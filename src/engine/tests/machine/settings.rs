//! What the person sets of watchdog and waits.

use super::*;

#[test]
fn a_url_is_dead_after_as_many_probes_as_was_set() {
    for dead_after in [1, 2, 7] {
        let mut rig = Rig::established();
        rig.probe(false, true);
        for downs in 1..=dead_after {
            let probe = Probe {
                dead_after,
                ..probe_of(port(), rig.session(), true, true)
            };
            let outputs = rig.feed(Input::Probe(probe));
            assert_eq!(
                outputs.is_empty(),
                downs < dead_after,
                "{downs} of {dead_after}"
            );
        }
    }
}

#[test]
fn an_answer_that_is_not_expected_never_cuts_a_session() {
    let mut rig = Rig::established();
    rig.probe(false, true);
    for _ in 0..9 {
        let probe = Probe {
            diagnosis: Diagnosis::Unexpected { status: 500 },
            dead_after: 1,
            ..probe_of(port(), rig.session(), true, true)
        };
        assert_eq!(rig.feed(Input::Probe(probe)), []);
    }
}

#[test]
fn other_waits_hold_from_the_next_one_on() {
    let mut rig = Rig::started();
    rig.feed(FAILED);
    let timing = Timing {
        backoff_initial: Duration::from_secs(5),
        backoff_cap: Duration::from_secs(7),
        ..Timing::default()
    };
    assert_eq!(rig.feed(Input::Paced(Backoff::new(&timing))), []);
    assert_eq!(
        rig.wait().0.as_secs(),
        1,
        "the one under way ends when it was said to"
    );
    for seconds in [7, 7] {
        rig.feed(FAILED);
        assert_eq!(rig.wait().0.as_secs(), seconds);
    }
}
