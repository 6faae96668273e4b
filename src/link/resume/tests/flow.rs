//! How the two directions end, and what holds a writer up; time is simulated.

use super::net::{self, Dice, Fault, Plan};
use super::rig::{SECOND, attached, end, pair, read, rig, waits, write};
use crate::link::resume::{Config, SessionEnd};
use std::io::ErrorKind;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

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
    write(&mut rig.host, b"first").await;
    assert_eq!(read(&mut rig.relay, 5).await, b"first");
    rig.network.last().strike(Fault::BlackHole);
    write(&mut rig.host, b"last words").await;
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
async fn without_a_link_or_credit_nothing_is_asked_for() {
    let (mut host, _relay, _) = pair(Config::default());
    attached(&host).await;
    host.handle.disconnect();
    assert!(waits(host.stream.write_all(&vec![0; 200_000])).await);
    assert_eq!(host.handle.unacked(), 0, "it has no link");
    let (near, _far, _) = net::pipe(Plan::CLEAN, Dice::new(1));
    let mut host = end(Config::default());
    host.handle.begin(near).expect("it is new");
    assert!(waits(host.stream.write_all(&vec![0; 200_000])).await);
    assert_eq!(host.handle.unacked(), 0, "nobody gives credit");
}

#[tokio::test(start_paused = true)]
async fn no_more_is_asked_for_than_the_ring_holds_or_the_other_end_takes() {
    let sizes = [(10_000, 4_000), (4_000, 10_000)];
    for (tx_ring, window) in sizes {
        let config = Config {
            tx_ring,
            window,
            ..Config::default()
        };
        let (mut host, _relay, wire) = pair(config);
        // The credit is here, and from now on nothing is acknowledged.
        write(&mut host, b"x").await;
        tokio::time::sleep(SECOND).await;
        wire.strike(Fault::BlackHole);
        let _ = waits(host.stream.write_all(&vec![0; 200_000])).await;
        assert_eq!(host.handle.unacked(), 4_000, "{tx_ring} {window}");
    }
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
