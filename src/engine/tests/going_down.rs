//! A relay that goes down on purpose: its session serves on while the next one is made.

use super::*;

fn unreachable() -> Reason {
    Reason::RelayUnreachable {
        address: "x:1".to_owned(),
    }
}

#[tokio::test(start_paused = true)]
async fn the_old_session_lives_until_it_ends_by_itself() {
    let script = Script::default();
    let old = || script.log().sessions[0].clone();
    run(script.clone(), async |rig| {
        rig.hosting().await;
        rig.sessions_say(SessionEvent::GoingDown);
        assert_eq!(rig.reconnecting().await, (1, Reason::RelayShutDown));
        assert_eq!(rig.hosting().await, SessionNumber(2));
        assert!(!old().is_closed());
        let ended = Ended::new(Reason::RelayShutDown);
        let said = old().send(SessionEvent::Ended(ended)).await;
        said.expect("somebody listens");
        old().closed().await;
        rig.sessions_say(SessionEvent::Established);
        assert_eq!(
            rig.hosting().await,
            SessionNumber(2),
            "it says nothing of this one"
        );
    })
    .await;
    let log = script.log();
    assert_eq!(
        (log.connects, &log.calls[..]),
        (2, &["close".to_owned()][..])
    );
}

#[tokio::test(start_paused = true)]
async fn it_comes_back_within_a_second_and_says_why_it_was_away() {
    let script = Script::default();
    run(script.clone(), async |rig| {
        rig.hosting().await;
        for _ in 0..4 {
            let mut failures = script.failures.lock().expect("nobody panics");
            failures.push_back(unreachable());
        }
        let left = tokio::time::Instant::now();
        rig.sessions_say(SessionEvent::GoingDown);
        for attempt in [1, 2, 2, 3, 3, 4, 4, 5, 5] {
            assert_eq!(rig.reconnecting().await, (attempt, Reason::RelayShutDown));
        }
        rig.hosting().await;
        assert_eq!(left.elapsed(), Duration::from_secs(1));
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn what_goes_through_the_old_session_is_still_counted() {
    let script = Script::default();
    run(script.clone(), async |rig| {
        rig.hosting().await;
        rig.sessions_say(SessionEvent::GoingDown);
        rig.hosting().await;
        let boards = script.log().boards.clone();
        let old = boards[0].port(port());
        let open = old.connection();
        old.add_out(5);
        boards[1].port(port()).add_out(7);
        rig.tell(EngineCommand::WatchTraffic(true));
        let traffic = async || loop {
            if let EngineEvent::Traffic(all) = rig.event().await {
                return all[&port()];
            }
        };
        let now = traffic().await;
        assert_eq!((now.open, now.total, now.bytes_out), (1, 1, 12));
        drop(open);
        let session = script.log().sessions.remove(0);
        drop(session);
        loop {
            let now = traffic().await;
            assert_eq!(now.bytes_out, 12);
            if now.open == 0 {
                break;
            }
        }
    })
    .await;
}
