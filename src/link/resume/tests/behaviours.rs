//! What a pipe that survives its connections must do, one behaviour a test; time is simulated.

use super::net::{self, Dice, Fault, Plan};
use super::rig::{SECOND, attached, end, expired, pair, pattern, read, rig, waits, write};
use crate::link::resume::{AttachError, Config, SessionEnd, Status};
use std::io::ErrorKind;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::{Instant, timeout};

#[tokio::test(start_paused = true)]
async fn a_new_session_is_not_attached_and_begins_once() {
    let host = end(Config::default());
    assert_eq!(*host.handle.status().borrow(), Status::Parked);
    let (near, _far, _) = net::pipe(Plan::CLEAN, Dice::new(1));
    host.handle.begin(near).expect("it is new");
    attached(&host).await;
    let (near, _far, _) = net::pipe(Plan::CLEAN, Dice::new(1));
    assert_eq!(host.handle.begin(near), Err(AttachError::OutOfDate));
}

#[tokio::test(start_paused = true)]
async fn connecting_makes_exactly_one_dial() {
    let rig = rig(Config::default());
    attached(&rig.host).await;
    tokio::time::sleep(SECOND * 300).await;
    assert_eq!(rig.network.dials(), 1, "and an idle link lives");
}

#[tokio::test(start_paused = true)]
async fn nothing_is_attached_after_a_close() {
    let (mut host, mut relay, _) = pair(Config::default());
    host.handle.close();
    host.handle.close();
    assert_eq!(host.handle.fence(), Err(SessionEnd::Closed));
    let (near, _far, wire) = net::pipe(Plan::CLEAN, Dice::new(1));
    assert!(host.handle.begin(near).is_err());
    assert!(wire.is_dropped(0), "and what was brought is let go");
    assert_eq!(host.stream.read(&mut [0]).await.ok(), Some(0));
    assert!(host.stream.write(&[0]).await.is_err());
    let told = relay
        .stream
        .read(&mut [0])
        .await
        .map_err(|error| error.kind());
    assert_eq!(told, Err(ErrorKind::ConnectionReset));
    assert_eq!(host.driver.await.ok(), Some(SessionEnd::Closed));
}

#[tokio::test(start_paused = true)]
async fn closing_closes_the_connection() {
    let (host, _relay, wire) = pair(Config::default());
    attached(&host).await;
    host.handle.close();
    assert_eq!(host.driver.await.ok(), Some(SessionEnd::Closed));
    assert!(wire.is_dropped(0));
}

#[tokio::test(start_paused = true)]
async fn a_write_before_the_link_waits_and_arrives_once() {
    let mut host = end(Config::default());
    write(&mut host, b"hello").await;
    tokio::time::sleep(SECOND).await;
    assert_eq!(host.handle.unacked(), 0, "it is not asked for");
    let mut relay = end(Config::default());
    let (near, far, _) = net::pipe(Plan::CLEAN, Dice::new(1));
    host.handle.begin(near).expect("it is new");
    relay.handle.begin(far).expect("it is new");
    assert_eq!(read(&mut relay, 5).await, b"hello");
    assert!(waits(relay.stream.read(&mut [0])).await);
}

#[tokio::test(start_paused = true)]
async fn a_close_frees_who_waits_while_there_is_no_link() {
    let mut host = end(Config::default());
    let (handle, much) = (host.handle.clone(), vec![0; 200_000]);
    let (read, wrote, ()) = {
        let (mut reader, mut writer) = tokio::io::split(&mut host.stream);
        let mut byte = [0];
        tokio::join!(reader.read(&mut byte), writer.write_all(&much), async {
            tokio::time::sleep(SECOND).await;
            handle.close();
        })
    };
    assert_eq!(read.ok(), Some(0));
    assert_eq!(
        wrote.map_err(|error| error.kind()),
        Err(ErrorKind::BrokenPipe)
    );
}

#[tokio::test(start_paused = true)]
async fn a_peer_at_17_gets_exactly_what_comes_after_and_then_new_bytes() {
    let (mut host, mut relay, wire) = pair(Config::default());
    write(&mut host, &pattern(1, 17)).await;
    assert_eq!(read(&mut relay, 17).await, pattern(1, 17));
    // Lost on the way: taken by the network, never delivered.
    wire.strike(Fault::BlackHole);
    write(&mut host, b"in doubt").await;
    tokio::time::sleep(SECOND).await;
    let (ours, theirs) = (
        host.handle.fence().expect("on"),
        relay.handle.fence().expect("on"),
    );
    assert_eq!((ours.next, theirs.next), (0, 17));
    let (near, far, _) = net::pipe(Plan::CLEAN, Dice::new(1));
    relay
        .handle
        .attach(theirs, ours.next, far)
        .expect("its turn");
    host.handle
        .attach(ours, theirs.next, near)
        .expect("its turn");
    write(&mut host, b" and new").await;
    assert_eq!(read(&mut relay, 16).await, b"in doubt and new");
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_claims_more_than_was_sent_is_refused() {
    let (mut host, _relay, _) = pair(Config::default());
    write(&mut host, b"abc").await;
    tokio::time::sleep(SECOND).await;
    assert!(host.handle.fence_for(9, 4).is_err());
    attached(&host).await;
    let ticket = host.handle.fence().expect("on");
    let (near, _far, _) = net::pipe(Plan::CLEAN, Dice::new(1));
    assert!(host.handle.attach(ticket, 4, near).is_err());
    assert!(matches!(
        *host.handle.status().borrow(),
        Status::Ended(SessionEnd::Protocol(_))
    ));
}

#[tokio::test(start_paused = true)]
async fn a_failed_dial_is_tried_again_with_growing_pauses() {
    let mut rig = rig(Config::default());
    rig.network.set_down(true);
    tokio::time::sleep(SECOND * 60).await;
    let dials = rig.network.dials();
    assert!((50..=75).contains(&dials), "{dials} dials in a minute");
    tokio::time::sleep(SECOND * 90).await;
    let before = rig.network.dials();
    tokio::time::sleep(SECOND * 60).await;
    let later = rig.network.dials() - before;
    assert!(
        (10..=16).contains(&later),
        "{later} dials in a later minute"
    );
    assert_eq!(*rig.host.handle.status().borrow(), Status::Parked);
    rig.network.set_down(false);
    write(&mut rig.host, b"late").await;
    assert_eq!(read(&mut rig.relay, 4).await, b"late");
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_hangs_is_given_up_and_the_next_one_works() {
    let mut rig = rig(Config::default());
    let hangs = Plan {
        fault: Fault::BlackHole,
        ..Plan::CLEAN
    };
    rig.network.plan([Some(hangs)]);
    let before = Instant::now();
    write(&mut rig.host, b"x").await;
    assert_eq!(read(&mut rig.relay, 1).await, b"x");
    assert!(before.elapsed() < SECOND * 11, "{:?}", before.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_session_that_cannot_be_resumed_in_time_says_that_it_expired() {
    let mut rig = rig(Config::default());
    write(&mut rig.host, b"x").await;
    rig.network.set_down(true);
    let before = Instant::now();
    rig.host.handle.disconnect();
    let error = rig
        .host
        .stream
        .read(&mut [0])
        .await
        .expect_err("it is over");
    assert_eq!(error.kind(), ErrorKind::ConnectionAborted);
    assert_eq!(before.elapsed().as_secs(), 600);
    assert_eq!(rig.dialling.await.ok(), Some(expired()));
}

#[tokio::test(start_paused = true)]
async fn an_outage_that_somebody_else_ended_does_not_count_for_the_next() {
    let mut rig = rig(Config::default());
    rig.network.set_down(true);
    tokio::time::sleep(SECOND * 10).await;
    let ours = rig.host.handle.fence().expect("it lives");
    let theirs = rig.relay.handle.fence().expect("it lives");
    let (near, far, wire) = net::pipe(Plan::CLEAN, Dice::new(1));
    let relay = rig.relay.handle.attach(theirs, ours.next, far);
    let host = rig.host.handle.attach(ours, theirs.next, near);
    assert!(relay.is_ok() && host.is_ok());
    tokio::time::sleep(SECOND * 700).await;
    rig.network.set_down(false);
    wire.strike(Fault::Eof);
    let before = Instant::now();
    write(&mut rig.host, b"x").await;
    let seen = timeout(SECOND * 60, read(&mut rig.relay, 1)).await;
    assert_eq!(seen.ok().as_deref(), Some(&b"x"[..]));
    assert!(before.elapsed() < SECOND / 10, "it is dialled at once");
}

#[tokio::test(start_paused = true)]
async fn forcing_with_nothing_to_replay_works_both_ways() {
    let mut rig = rig(Config::default());
    attached(&rig.host).await;
    rig.host.handle.reconnect().await.expect("it comes back");
    rig.relay.handle.reconnect().await.expect("it comes back");
    write(&mut rig.host, b"there").await;
    write(&mut rig.relay, b"back").await;
    assert_eq!(read(&mut rig.relay, 5).await, b"there");
    assert_eq!(read(&mut rig.host, 4).await, b"back");
    assert_eq!(rig.network.dials(), 3);
}

#[tokio::test(start_paused = true)]
async fn forcing_fails_after_a_close_and_connects_while_there_is_no_link() {
    let rig = rig(Config::default());
    rig.host.handle.reconnect().await.expect("it connects");
    assert_eq!(rig.network.dials(), 1);
    rig.host.handle.close();
    assert_eq!(rig.host.handle.reconnect().await, Err(SessionEnd::Closed));
}

#[tokio::test(start_paused = true)]
async fn three_forces_at_once_make_one_dial_and_all_succeed() {
    let rig = rig(Config::default());
    attached(&rig.host).await;
    let handle = &rig.host.handle;
    let forced = tokio::join!(handle.reconnect(), handle.reconnect(), handle.reconnect());
    assert_eq!(forced, (Ok(()), Ok(()), Ok(())));
    assert_eq!(rig.network.dials(), 2);
}

#[tokio::test(start_paused = true)]
async fn every_kind_of_break_makes_one_reconnect_and_reading_goes_on() {
    let breaks = [
        Fault::Error,
        Fault::Eof,
        Fault::Drained,
        Fault::HalfOpen,
        Fault::BlackHole,
    ];
    for fault in breaks {
        let mut rig = rig(Config::default());
        attached(&rig.host).await;
        let before = Instant::now();
        rig.network.last().strike(fault);
        // Both directions notice it at the same time.
        write(&mut rig.host, b"there").await;
        write(&mut rig.relay, b"back").await;
        assert_eq!(read(&mut rig.relay, 5).await, b"there", "{fault:?}");
        assert_eq!(read(&mut rig.host, 4).await, b"back", "{fault:?}");
        assert_eq!(rig.network.dials(), 2, "{fault:?}");
        // Only silence takes time to be noticed.
        let is_quick = before.elapsed() < SECOND;
        assert_eq!(is_quick, fault != Fault::BlackHole, "{fault:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_an_old_link_still_says_is_ignored() {
    let rig = rig(Config::default());
    attached(&rig.host).await;
    let old = rig.network.last();
    rig.host.handle.reconnect().await.expect("it comes back");
    old.strike(Fault::Error);
    tokio::time::sleep(SECOND * 20).await;
    assert_eq!(rig.network.dials(), 2, "an old link's error is nobody's");
    assert!(old.is_dropped(0) && old.is_dropped(1));
}

#[tokio::test(start_paused = true)]
async fn a_black_hole_is_found_in_15_s_and_on_a_check_at_once() {
    for (check, within) in [(false, 15_500), (true, 100)] {
        let mut rig = rig(Config::default());
        write(&mut rig.host, b"x").await;
        assert_eq!(read(&mut rig.relay, 1).await, b"x");
        tokio::time::sleep(SECOND * 2).await;
        rig.network.last().strike(Fault::BlackHole);
        let before = Instant::now();
        write(&mut rig.host, b"y").await;
        if check {
            rig.host.handle.check();
        }
        assert_eq!(read(&mut rig.relay, 1).await, b"y");
        let took = before.elapsed().as_millis();
        assert!(took <= within, "{check}: {took} ms");
    }
}

#[tokio::test(start_paused = true)]
async fn a_check_that_cannot_dial_gives_a_dead_link_up_after_half_a_second() {
    let rig = rig(Config::default());
    attached(&rig.host).await;
    rig.network.set_down(true);
    rig.network.last().strike(Fault::BlackHole);
    rig.host.handle.check();
    tokio::time::sleep(Duration::from_millis(450)).await;
    assert_ne!(*rig.host.handle.status().borrow(), Status::Parked);
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(*rig.host.handle.status().borrow(), Status::Parked);
}
