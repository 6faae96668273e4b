//! How the two directions end, and what holds a writer up; time is simulated.

use super::net::{self, Dice, Fault, Plan};
use super::rig::{SECOND, attached, end, pair, pattern, read, rig, waits, write};
use crate::link::resume::{Config, SessionEnd};
use std::io::ErrorKind;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::Instant;

#[tokio::test(start_paused = true)]
async fn half_close_leaves_the_other_direction_open_over_a_drop() {
    let mut rig = rig(Config::default());
    write(&mut rig.host, b"question").await;
    rig.host.stream.shutdown().await.expect("it has all of it");
    rig.host.handle.disconnect();
    let mut seen = Vec::new();
    rig.relay
        .stream
        .read_to_end(&mut seen)
        .await
        .expect("it ends");
    assert_eq!(seen, b"question");
    write(&mut rig.relay, b"answer").await;
    rig.relay.handle.reconnect().await.expect("it comes back");
    assert_eq!(read(&mut rig.host, 6).await, b"answer");
    rig.relay.stream.shutdown().await.expect("it has all of it");
    assert_eq!(rig.host.stream.read(&mut [0]).await.ok(), Some(0));
    assert_eq!(rig.host.driver.await.ok(), Some(SessionEnd::Finished));
}

/// The relay has everything and says so, and that is the word that gets lost.
#[tokio::test(start_paused = true)]
async fn a_lost_last_word_is_no_failure() {
    let mut rig = rig(Config::default());
    write(&mut rig.host, b"question").await;
    rig.relay.stream.shutdown().await.expect("it has all of it");
    let network = rig.network.clone();
    let closing = async {
        // The end of the host arrives, the answer does not.
        network.last().strike(Fault::OneWay);
        rig.host.stream.shutdown().await
    };
    let (closed, ended) = tokio::join!(closing, rig.relay.driver);
    assert_eq!(ended.ok(), Some(SessionEnd::Finished));
    closed.expect("nothing was lost");
    assert_eq!(rig.host.driver.await.ok(), Some(SessionEnd::Finished));
    let mut seen = Vec::new();
    let relay = rig.relay.stream.read_to_end(&mut seen).await;
    assert_eq!((relay.ok(), &seen[..]), (Some(8), &b"question"[..]));
}

#[tokio::test(start_paused = true)]
async fn a_dropped_stream_is_no_end_and_what_was_finished_still_goes_out() {
    let (host, mut relay, _) = pair(Config::default());
    drop(host.stream);
    let told = relay
        .stream
        .read(&mut [0])
        .await
        .map_err(|error| error.kind());
    assert_eq!(told, Err(ErrorKind::ConnectionReset));
    let mut rig = rig(Config::default());
    write(&mut rig.host, b"last words").await;
    rig.network.last().strike(Fault::BlackHole);
    assert!(waits(rig.host.stream.shutdown()).await);
    drop(rig.host.stream);
    let mut seen = Vec::new();
    rig.relay
        .stream
        .read_to_end(&mut seen)
        .await
        .expect("it ends");
    assert_eq!(seen, b"last words");
    assert_eq!(rig.host.driver.await.ok(), Some(SessionEnd::Dropped));
}

#[tokio::test(start_paused = true)]
async fn no_more_than_the_cap_waits_unsent_and_a_full_ring_blocks() {
    let config = Config {
        tx_ring: 300_000,
        unsent: 1_000,
        ..Config::default()
    };
    let (mut host, _relay, _) = pair(config);
    attached(&host).await;
    host.handle.disconnect();
    assert!(
        waits(host.stream.write(b"x")).await,
        "nothing is taken without a link"
    );
    let (near, _far, _) = net::pipe(
        Plan {
            in_flight: 64,
            ..Plan::CLEAN
        },
        Dice::new(1),
    );
    let mut host = end(config);
    host.handle.begin(near).expect("it is new");
    assert!(waits(host.stream.write_all(&vec![0; 200_000])).await);
    // Nobody gives credit, so nothing is sent at all.
    assert_eq!(host.handle.unacked(), 1_000);
}

#[tokio::test(start_paused = true)]
async fn a_full_receive_ring_stops_the_writer_and_neither_pings_nor_acknowledgements() {
    let config = Config {
        rx_ring: 10_000,
        tx_ring: 50_000,
        unsent: 5_000,
        ..Config::default()
    };
    let (mut host, mut relay, _) = pair(config);
    assert!(waits(host.stream.write_all(&pattern(3, 200_000))).await);
    assert_eq!(
        host.handle.unacked(),
        5_000,
        "10,000 arrived and are acknowledged"
    );
    write(&mut relay, b"the other way").await;
    tokio::time::sleep(SECOND * 60).await;
    attached(&host).await;
    assert_eq!(read(&mut host, 13).await, b"the other way");
    assert_eq!(read(&mut relay, 15_000).await, pattern(3, 15_000));
}

#[tokio::test(start_paused = true)]
async fn small_reads_and_five_writers_during_a_reconnect() {
    let mut rig = rig(Config::default());
    attached(&rig.host).await;
    rig.network.set_down(true);
    rig.host.handle.disconnect();
    let network = rig.network.clone();
    let stream = std::sync::Arc::new(tokio::sync::Mutex::new(rig.host.stream));
    let writers: Vec<_> = (0..5_u8)
        .map(|n| {
            let stream = std::sync::Arc::clone(&stream);
            tokio::spawn(async move { stream.lock().await.write_all(&[n; 10]).await })
        })
        .collect();
    tokio::time::sleep(SECOND * 3).await;
    network.set_down(false);
    for writer in writers {
        writer.await.expect("it ends").expect("it goes");
    }
    let mut seen = [0; 50];
    for byte in &mut seen {
        *byte = rig.relay.stream.read_u8().await.expect("it comes");
    }
    seen.sort_unstable();
    assert_eq!(
        seen.to_vec(),
        (0..5_u8).flat_map(|n| [n; 10]).collect::<Vec<u8>>()
    );
}

#[tokio::test(start_paused = true)]
async fn a_driver_that_is_gone_leaves_nobody_waiting() {
    let (mut host, _relay, _) = pair(Config::default());
    drop(host.driver);
    assert!(host.stream.read(&mut [0]).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn reading_makes_room_for_the_writer_at_once() {
    let config = Config {
        rx_ring: 10_000,
        tx_ring: 50_000,
        unsent: 5_000,
        ..Config::default()
    };
    let (mut host, mut relay, _) = pair(config);
    assert!(waits(host.stream.write_all(&pattern(3, 20_000))).await);
    let before = Instant::now();
    assert_eq!(read(&mut relay, 15_000).await, pattern(3, 15_000));
    assert_eq!(
        before.elapsed(),
        Duration::ZERO,
        "no timer has a part in it"
    );
}
