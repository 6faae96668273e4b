//! What the classes of failures, the watchdog and the tokens' age make of them.

use super::*;
use std::sync::atomic::{AtomicU64, Ordering};

#[tokio::test(start_paused = true)]
async fn a_refused_token_waits_for_the_person_then_goes_on() {
    let script = Script::default();
    script
        .failures
        .lock()
        .expect("fresh")
        .push_back(Reason::TokenRefused);
    run(script.clone(), async |rig| {
        loop {
            if let Life::SignIn(Outage { reason, .. }) = rig.life().await {
                assert_eq!(reason.class(), Class::SignIn);
                break;
            }
        }
        tokio::time::advance(Duration::from_hours(1)).await;
        assert_eq!(rig.script.log().connects, 1, "no retry by itself");
        rig.tell(EngineCommand::SignedIn);
        rig.hosting().await;
    })
    .await;
    assert_eq!(script.log().mints, 2);
}

#[tokio::test(start_paused = true)]
async fn a_quota_is_waited_out_as_it_was_told_within_bounds() {
    let quota = |after: u64| Reason::QuotaUsedUp {
        until: Some(wall().after(Duration::from_secs(after))),
    };
    let script = Script::default();
    script
        .failures
        .lock()
        .expect("fresh")
        .extend([quota(9), quota(1), quota(86_400)]);
    run(script.clone(), async |rig| {
        let mut began = tokio::time::Instant::now();
        for told in [9_000, 6_400, 3_600_000] {
            let next = loop {
                if let Life::Quota { next_at, .. } = rig.life().await {
                    break next_at;
                }
            };
            assert_eq!(next, wall().after(Duration::from_millis(told)));
            while !matches!(rig.life().await, Life::Connecting { .. } | Life::Up { .. }) {}
            assert_eq!(began.elapsed().as_millis(), u128::from(told));
            began = tokio::time::Instant::now();
        }
        rig.hosting().await;
    })
    .await;
    assert_eq!(script.log().connects, 4);
}

#[tokio::test(start_paused = true)]
async fn displaced_stays_displaced_until_taken_over_once() {
    let script = Script::default();
    run(script.clone(), async |rig| {
        rig.hosting().await;
        rig.drop_link(Reason::TakenOver);
        assert!(matches!(rig.life().await, Life::Displaced(_)));
        tokio::time::advance(Duration::from_hours(1)).await;
        assert_eq!(rig.script.log().connects, 1);
        rig.tell(EngineCommand::TakeOver);
        rig.hosting().await;
        rig.drop_link(Reason::LinkLost);
        rig.hosting().await;
    })
    .await;
    let log = script.log();
    assert_eq!((log.connects, log.take_overs), (3, 1));
}

#[tokio::test(start_paused = true)]
async fn old_tokens_are_replaced_before_the_session_is_let_go() {
    let script = Script {
        lifetime: Some(Duration::from_hours(24)),
        ..Script::default()
    };
    run(script.clone(), async |rig| {
        assert_eq!(rig.hosting().await, SessionNumber(1));
        let began = tokio::time::Instant::now();
        rig.sessions_say(SessionEvent::Established);
        assert!(matches!(rig.life().await, Life::Up { .. }));
        // As the relay does it: the new one is there, and the old one hears of that first.
        rig.script.log().supersedes = true;
        rig.reminted().await;
        assert_eq!(began.elapsed().as_secs(), 20 * 3600);
        // Give the old session's goodbye its turn.
        tokio::task::yield_now().await;
    })
    .await;
    let log = script.log();
    assert_eq!((log.mints, log.connects), (2, 2));
    assert_eq!(
        log.calls,
        ["close"],
        "the old one is gone, and at the stop the new one"
    );
}

#[tokio::test(start_paused = true)]
async fn a_zombie_is_reconnected_at_once() {
    run(Script::default(), async |rig| {
        let session = rig.hosting().await;
        rig.sessions_say(SessionEvent::Established);
        rig.life().await;
        let probe = |down| EngineCommand::Probe(probe_of(port(), session, down, true));
        rig.tell(probe(false));
        let began = tokio::time::Instant::now();
        for _ in 0..3 {
            rig.tell(probe(true));
        }
        assert_eq!(rig.reconnecting().await, (1, Reason::Zombie));
        assert_eq!(rig.hosting().await, SessionNumber(2));
        assert_eq!(began.elapsed(), Duration::ZERO);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn an_engine_that_runs_waits_as_it_is_told() {
    let script = Script::default();
    run(script.clone(), async |rig| {
        rig.hosting().await;
        rig.tell(EngineCommand::SetTiming(Timing {
            backoff_initial: Duration::from_millis(1_250),
            backoff_cap: Duration::from_secs(2),
            jitter: 0.0,
            ..Timing::default()
        }));
        let failures = Arc::clone(&rig.script.failures);
        let failed = [Reason::TimedOut, Reason::TimedOut];
        failures
            .lock()
            .expect("no test panics with it")
            .extend(failed);
        let began = tokio::time::Instant::now();
        rig.drop_link(Reason::LinkLost);
        rig.hosting().await;
        assert_eq!(began.elapsed().as_millis(), 1_250 + 2_000 + 2_000);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_take_over_during_an_attempt_is_asked_for() {
    let script = Script {
        delay: Duration::from_secs(3),
        ..Script::default()
    };
    run(script.clone(), async |rig| {
        while rig.script.log().connects == 0 {
            rig.event().await;
        }
        rig.tell(EngineCommand::TakeOver);
        rig.hosting().await;
    })
    .await;
    let log = script.log();
    assert_eq!((log.connects, log.take_overs), (2, 1));
}

#[tokio::test(start_paused = true)]
async fn a_stranger_in_the_relay_s_place_ends_hosting_only_at_the_start() {
    let stranger = || Reason::NotARelay {
        address: "x:1".to_owned(),
    };
    let script = Script::default();
    run(script.clone(), async |rig| {
        rig.hosting().await;
        let failures = Arc::clone(&rig.script.failures);
        failures
            .lock()
            .expect("no test panics with it")
            .push_back(stranger());
        rig.drop_link(Reason::LinkLost);
        rig.hosting().await;
    })
    .await;
    let first = Script::default();
    first.failures.lock().expect("fresh").push_back(stranger());
    run(
        first,
        async |rig| {
            while !matches!(rig.life().await, Life::Failed(_)) {}
        },
    )
    .await;
}

/// Nothing of an engine runs on once its thread is through, so what an attempt has left at the provider is
/// given back before that.
#[tokio::test(start_paused = true)]
async fn an_attempt_that_a_stop_ends_is_cleaned_up_after_before_the_engine_ends() {
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
    assert_eq!(script.log().clean_ups, 1);
}

/// A laptop that was closed for the night: the runtime's clock has stood still, and the tokens have not.
#[tokio::test(start_paused = true)]
async fn tokens_grow_old_while_the_machine_sleeps() {
    static SLEPT: AtomicU64 = AtomicU64::new(0);
    let script = Script {
        lifetime: Some(Duration::from_hours(24)),
        ..Script::default()
    };
    let clock: fn() -> Duration = || {
        let slept = Duration::from_secs(SLEPT.load(Ordering::Relaxed));
        crate::engine::moments::runtime_clock() + slept
    };
    run_with(script.clone(), clock, async |rig| {
        rig.hosting().await;
        rig.sessions_say(SessionEvent::Established);
        rig.life().await;
        SLEPT.store(21 * 3600, Ordering::Relaxed);
        let began = tokio::time::Instant::now();
        rig.tell(EngineCommand::Woke);
        rig.reminted().await;
        assert_eq!(began.elapsed(), Duration::ZERO);
    })
    .await;
    assert_eq!(script.log().mints, 2);
}
