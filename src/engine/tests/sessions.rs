//! Sessions: made, dropped, watched, changed, let go.

use super::*;

#[tokio::test(start_paused = true)]
async fn it_connects_reports_its_phases_and_hosts() {
    run(Script::default(), async |rig| {
        let mut events = vec![];
        for _ in 0..4 {
            events.push(rig.event().await);
        }
        let connecting = |phase| EngineEvent::Life(Life::starting(phase));
        assert_eq!(events[0], connecting(Phase::Authorising));
        assert_eq!(events[1], connecting(Phase::ConnectingRelay));
        assert!(matches!(&events[2], EngineEvent::Ports(ports) if ports.len() == 1));
        assert!(matches!(
            events[3],
            EngineEvent::Life(Life::Up { proven: false, .. })
        ));
        rig.sessions_say(SessionEvent::Established);
        assert!(matches!(rig.life().await, Life::Up { proven: true, .. }));
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_drop_reuses_the_tokens_and_enters_no_authorising_phase() {
    let script = Script::default();
    run(script.clone(), async |rig| {
        rig.hosting().await;
        rig.drop_link(Reason::LinkLost);
        assert_eq!(rig.reconnecting().await, (1, Reason::LinkLost));
        loop {
            match rig.life().await {
                Life::Connecting { phase, .. } => assert_ne!(phase, Phase::Authorising),
                Life::Up { session, .. } => {
                    assert_eq!(session, SessionNumber(2));
                    break;
                }
                _ => {}
            }
        }
    })
    .await;
    let log = script.log();
    assert_eq!((log.mints, log.connects), (1, 2));
}

#[tokio::test(start_paused = true)]
async fn a_failed_attempt_mints_again() {
    let script = Script::default();
    let refused = Reason::RelayUnreachable {
        address: "x:1".to_owned(),
    };
    script.failures.lock().expect("fresh").push_back(refused);
    run(script.clone(), async |rig| {
        rig.hosting().await;
    })
    .await;
    let log = script.log();
    assert_eq!((log.mints, log.connects), (2, 2));
}

/// Tokens that were good before say nothing of the person: fresh ones do.
#[tokio::test(start_paused = true)]
async fn tokens_that_are_refused_are_minted_anew_once_and_then_the_person_is_asked() {
    let script = Script::default();
    run(script.clone(), async |rig| {
        rig.hosting().await;
        rig.script
            .failures
            .lock()
            .expect("no test panics with it")
            .push_back(Reason::SignedOut);
        rig.drop_link(Reason::LinkLost);
        assert_eq!(rig.hosting().await, SessionNumber(2));
        {
            let log = rig.script.log();
            assert_eq!((log.mints, log.connects), (2, 3));
        }
        let twice = [Reason::SignedOut, Reason::SignedOut];
        rig.script
            .failures
            .lock()
            .expect("no test panics with it")
            .extend(twice);
        rig.drop_link(Reason::LinkLost);
        loop {
            if let Life::SignIn(Outage { reason, .. }) = rig.life().await {
                break assert_eq!(reason, Reason::SignedOut);
            }
        }
    })
    .await;
    let log = script.log();
    assert_eq!((log.mints, log.connects), (3, 5));
}

#[tokio::test(start_paused = true)]
async fn fresh_tokens_that_are_refused_are_not_minted_again() {
    let script = Script::default();
    let refused = Reason::SignedOut;
    script.failures.lock().expect("fresh").push_back(refused);
    run(script.clone(), async |rig| {
        while !matches!(rig.life().await, Life::SignIn(_)) {}
    })
    .await;
    let log = script.log();
    assert_eq!((log.mints, log.connects), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn stop_wins_over_an_attempt_that_hangs() {
    let script = Script {
        hang: true,
        ..Script::default()
    };
    run(script.clone(), async |rig| {
        while rig.script.log().connects == 0 {
            rig.event().await;
        }
    })
    .await;
    assert_eq!(script.log().connects, 1);
}

#[tokio::test(start_paused = true)]
async fn stop_says_goodbye() {
    let script = Script::default();
    run(script.clone(), async |rig| {
        rig.hosting().await;
    })
    .await;
    assert_eq!(script.log().calls, ["close"]);
}

#[tokio::test(start_paused = true)]
async fn ports_wakes_and_drops_reach_the_session() {
    let script = Script::default();
    run(script.clone(), async |rig| {
        rig.hosting().await;
        rig.tell(EngineCommand::SetPorts(order().ports));
        rig.tell(EngineCommand::Woke);
        rig.tell(EngineCommand::DropLink);
    })
    .await;
    let expected = ["set_ports 1", "check_link", "drop_link", "close"];
    assert_eq!(script.log().calls, expected);
}

#[tokio::test(start_paused = true)]
async fn a_session_whose_task_is_gone_is_a_drop() {
    run(Script::default(), async |rig| {
        rig.hosting().await;
        rig.script.log().sessions.clear();
        assert_eq!(rig.reconnecting().await, (1, Reason::LinkLost));
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn traffic_is_reported_only_while_watched() {
    run(Script::default(), async |rig| {
        rig.hosting().await;
        rig.tell(EngineCommand::WatchTraffic(true));
        for _ in 0..3 {
            assert!(matches!(rig.event().await, EngineEvent::Traffic(_)));
        }
        rig.tell(EngineCommand::WatchTraffic(false));
        tokio::time::advance(Duration::from_secs(5)).await;
        rig.sessions_say(SessionEvent::Established);
        assert!(matches!(rig.event().await, EngineEvent::Life(_)));
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn ports_that_change_during_an_attempt_reach_its_session() {
    let script = Script {
        delay: Duration::from_secs(3),
        ..Script::default()
    };
    run(script.clone(), async |rig| {
        while rig.script.log().connects == 0 {
            rig.event().await;
        }
        let mut ports = order().ports;
        ports.push(Port {
            number: PortNumber::new(5173).expect("not zero"),
            ..ports[0].clone()
        });
        rig.tell(EngineCommand::SetPorts(ports));
        rig.hosting().await;
    })
    .await;
    assert_eq!(script.log().calls, ["set_ports 2", "close"]);
}

#[tokio::test(start_paused = true)]
async fn each_session_that_leaves_says_its_whole_goodbye() {
    let script = Script {
        lifetime: Some(Duration::from_mins(10)),
        goodbye: Duration::from_secs(1),
        ..Script::default()
    };
    run(script.clone(), async |rig| {
        rig.hosting().await;
        rig.sessions_say(SessionEvent::Established);
        assert!(matches!(rig.life().await, Life::Up { .. }));
        rig.reminted().await;
        // The first says goodbye while the second is told to.
    })
    .await;
    assert_eq!(script.log().closed, 2);
}

#[tokio::test(start_paused = true)]
async fn a_session_that_nobody_wants_any_more_is_closed_again() {
    let script = Script::default();
    let made = script.connect(&order(), &Tokens::default(), &|_| ()).await;
    let connector = Box::new(script.clone());
    let mut driver = Driver::new(order(), connector, Timing::default(), wall, &|_| ());
    driver.install(made.expect("it is made"), None);
    driver.end().await;
    assert_eq!(script.log().closed, 1);
}

#[tokio::test(start_paused = true)]
async fn a_session_that_the_relay_forgot_is_replaced_at_once() {
    run(Script::default(), async |rig| {
        let first = rig.hosting().await;
        rig.sessions_say(SessionEvent::Established);
        tokio::time::sleep(crate::engine::up::STABLE_AFTER).await;
        let forgotten = Ended::new(Reason::LinkLost);
        let began = tokio::time::Instant::now();
        rig.sessions_say(SessionEvent::Lapsed(forgotten));
        while rig.hosting().await == first {}
        assert_eq!(began.elapsed(), Duration::ZERO);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn what_visitors_run_into_is_told_unasked_and_once_a_second_at_most() {
    run(Script::default(), async |rig| {
        rig.hosting().await;
        let board = rig.script.log().boards[0].clone();
        let counters = board.port(port());
        let failed = || counters.note(Some(ServiceFault::Refused));
        counters.note(None);
        failed();
        assert_eq!(rig.traffic().await.failed, 1);
        let told = tokio::time::Instant::now();
        failed();
        failed();
        assert_eq!(rig.traffic().await.failed, 3);
        assert_eq!(told.elapsed(), Duration::from_secs(1));
        counters.note(None);
        assert_eq!(rig.traffic().await.fault, None);
        let accepted = Some(crate::model::Fingerprint([7; 32]));
        counters.note_certificate(accepted);
        assert_eq!(rig.traffic().await.certificate, accepted);
        // The usual is no news.
        counters.note(None);
        counters.note_certificate(accepted);
        counters.add_in(1);
        let more = tokio::time::timeout(Duration::from_hours(1), rig.traffic()).await;
        assert!(more.is_err(), "{more:?}");
    })
    .await;
}
