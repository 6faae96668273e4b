//! Sessions whose link is down: held, resumed, lost.

use super::*;

const LEFT: Duration = Duration::from_mins(10);

/// When a hold that begins now ends, on the test's wall clock that stands still.
const UNTIL: UnixMillis = UnixMillis(1_600_000);

fn held(open: u64) -> Life {
    Life::Parked {
        session: SessionNumber(1),
        since: wall(),
        until: UNTIL,
        open,
    }
}

fn resumed() -> Life {
    Life::Up {
        session: SessionNumber(1),
        since: wall(),
        proven: true,
    }
}

impl Rig {
    async fn established(&self) {
        self.hosting().await;
        self.sessions_say(SessionEvent::Established);
        self.life().await;
    }

    fn park(&self) {
        self.sessions_say(SessionEvent::Parked { left: LEFT });
    }

    /// A visitor's connection, open until the guard is dropped.
    fn visitor(&self) -> impl Sized + use<> {
        let log = self.script.log();
        let board = log.boards.last().expect("there is a session");
        board.port(port()).connection()
    }

    fn calls(&self) -> Vec<String> {
        self.script.log().calls.clone()
    }
}

#[tokio::test(start_paused = true)]
async fn a_parked_session_is_held_and_goes_on() {
    let script = Script::default();
    run(script.clone(), async |rig| {
        rig.established().await;
        let _visitors = (rig.visitor(), rig.visitor());
        rig.park();
        assert_eq!(rig.life().await, held(2));
        tokio::time::advance(Duration::from_mins(5)).await;
        rig.sessions_say(SessionEvent::Resumed);
        assert_eq!(rig.life().await, resumed());
    })
    .await;
    let log = script.log();
    assert_eq!((log.mints, log.connects), (1, 1), "no attempt beside it");
    assert_eq!(log.calls, ["close"], "at the stop");
}

#[tokio::test(start_paused = true)]
async fn a_hold_in_vain_is_a_drop() {
    let script = Script::default();
    run(script.clone(), async |rig| {
        rig.established().await;
        rig.park();
        assert_eq!(rig.life().await, held(0));
        rig.drop_link(Reason::LinkLost);
        assert_eq!(rig.reconnecting().await, (1, Reason::LinkLost));
        assert_eq!(rig.hosting().await, SessionNumber(2));
    })
    .await;
    assert_eq!(script.log().mints, 1, "the tokens are good still");
}

#[tokio::test(start_paused = true)]
async fn a_refusal_while_parked_is_what_it_says() {
    run(Script::default(), async |rig| {
        rig.established().await;
        rig.park();
        assert_eq!(rig.life().await, held(0));
        rig.drop_link(Reason::TakenOver);
        assert!(matches!(rig.life().await, Life::Displaced(_)));
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_session_whose_task_is_gone_while_parked_is_a_drop() {
    run(Script::default(), async |rig| {
        rig.established().await;
        rig.park();
        assert_eq!(rig.life().await, held(0));
        rig.script.log().sessions.clear();
        assert_eq!(rig.reconnecting().await, (1, Reason::LinkLost));
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_resume_out_of_the_blue_is_no_news() {
    run(Script::default(), async |rig| {
        rig.established().await;
        rig.sessions_say(SessionEvent::Resumed);
        rig.park();
        assert_eq!(rig.life().await, held(0), "the next state there is");
        rig.park();
        rig.sessions_say(SessionEvent::Resumed);
        rig.sessions_say(SessionEvent::Resumed);
        assert_eq!(rig.life().await, resumed(), "parked twice is held once");
        rig.drop_link(Reason::LinkLost);
        assert_eq!(rig.reconnecting().await, (1, Reason::LinkLost));
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn whoever_asks_for_a_connection_while_parked_gets_a_dial_at_once() {
    let script = Script::default();
    run(script.clone(), async |rig| {
        rig.established().await;
        rig.park();
        assert_eq!(rig.life().await, held(0));
        for command in [
            EngineCommand::Reconnect,
            EngineCommand::Woke,
            EngineCommand::TakeOver,
        ] {
            rig.tell(command);
        }
        while rig.calls().len() < 3 {
            tokio::task::yield_now().await;
        }
        rig.sessions_say(SessionEvent::Resumed);
        assert_eq!(rig.life().await, resumed());
        rig.drop_link(Reason::LinkLost);
        let reason = rig.reconnecting().await.1;
        assert_eq!(reason, Reason::LinkLost, "nobody forced that");
        rig.hosting().await;
    })
    .await;
    let log = script.log();
    assert_eq!(log.calls[..3], ["check_link", "check_link", "check_link"]);
    assert_eq!((log.connects, log.take_overs), (2, 0), "held by us again");
}

#[tokio::test(start_paused = true)]
async fn stop_wins_over_a_parked_session() {
    let script = Script::default();
    run(script.clone(), async |rig| {
        rig.established().await;
        rig.park();
        assert_eq!(rig.life().await, held(0));
    })
    .await;
    let log = script.log();
    assert_eq!(
        (log.calls.as_slice(), log.connects),
        (&["close".to_owned()][..], 1)
    );
}

#[tokio::test(start_paused = true)]
async fn probes_while_parked_make_no_zombie() {
    let script = Script::default();
    run(script.clone(), async |rig| {
        rig.established().await;
        let probe = |down| EngineCommand::Probe(probe_of(port(), SessionNumber(1), down, true));
        rig.tell(probe(false));
        rig.park();
        assert_eq!(rig.life().await, held(0));
        for _ in 0..9 {
            rig.tell(probe(true));
        }
        rig.sessions_say(SessionEvent::Resumed);
        assert_eq!(rig.life().await, resumed());
        for _ in 0..9 {
            rig.tell(probe(true));
        }
    })
    .await;
    assert_eq!(script.log().connects, 1);
}

#[tokio::test(start_paused = true)]
async fn old_tokens_wait_for_the_resume() {
    let script = Script {
        lifetime: Some(Duration::from_hours(24)),
        ..Script::default()
    };
    run(script.clone(), async |rig| {
        rig.established().await;
        rig.sessions_say(SessionEvent::Parked {
            left: Duration::from_hours(23),
        });
        assert!(matches!(rig.life().await, Life::Parked { .. }));
        // Past their age, and long enough for an engine that spins to be seen.
        tokio::time::sleep(Duration::from_hours(22)).await;
        assert_eq!(rig.script.log().connects, 1);
        rig.sessions_say(SessionEvent::Resumed);
        assert_eq!(rig.life().await, resumed());
        rig.reminted().await;
    })
    .await;
    let log = script.log();
    assert_eq!((log.mints, log.connects), (2, 2));
}

#[tokio::test(start_paused = true)]
async fn traffic_is_shown_while_held_and_what_is_held_is_counted_with_it() {
    run(Script::default(), async |rig| {
        rig.established().await;
        let visitors = (rig.visitor(), rig.visitor());
        rig.tell(EngineCommand::WatchTraffic(true));
        assert!(matches!(rig.event().await, EngineEvent::Traffic(_)));
        rig.park();
        assert_eq!(rig.life().await, held(2));
        drop(visitors.0);
        let EngineEvent::Traffic(traffic) = rig.event().await else {
            panic!("traffic is reported each second");
        };
        assert_eq!((traffic[&port()].open, traffic[&port()].total), (1, 2));
        assert_eq!(rig.event().await, EngineEvent::Life(held(1)));
    })
    .await;
}
