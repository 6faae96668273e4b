//! Many visitors on one link: one that stalls slows nobody, and traffic both ways never wedges.

use super::net::{Dice, Fault};
use super::rig::{Network, Rig, SECOND, end_of_streams, pattern, rig_of};
use super::streams::ask;
use crate::link::mux::{Incoming, Mux, MuxStream, Role};
use crate::link::resume::Config;
use std::any::Any;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};

const VISITORS: u64 = 8;

/// More than the multiplexer lets one stream have under way, and many times the rings.
const BYTES: usize = 700_000;

/// The multiplexer over a session: the relay's, what the host accepts, and the network below.
struct Linked {
    relay: Mux,
    host: Mux,
    incoming: Incoming,
    /// What the relay accepts.
    control: Incoming,
    network: Network,
    /// What goes on as long as it lives.
    _rest: Box<dyn Any>,
}

fn linked() -> Linked {
    linked_with(Config {
        tx_ring: 100_000,
        window: 50_000,
        ..Config::default()
    })
}

fn linked_with(config: Config) -> Linked {
    let Rig {
        host,
        relay,
        network,
        dialling,
    } = rig_of(
        end_of_streams(config, Role::Host),
        end_of_streams(config, Role::Relay),
        Dice::new(1),
        Vec::new(),
    );
    let (host_mux, incoming) = host.stream;
    let (relay_mux, control) = relay.stream;
    Linked {
        relay: relay_mux,
        host: host_mux,
        incoming,
        control,
        network,
        _rest: Box::new((dialling, host.driver, relay.driver)),
    }
}

/// A visitor that asks for much and reads nothing of it.
async fn stall(linked: &mut Linked) -> (MuxStream, MuxStream) {
    let mut visitor = linked.relay.open().expect("there is room");
    visitor.write_all(b"GET").await.expect("it goes");
    let mut service = linked.incoming.next().await.expect("it comes");
    let pouring = timeout(SECOND, service.write_all(&pattern(7, BYTES))).await;
    assert!(pouring.is_err(), "it waits for the visitor");
    (visitor, service)
}

#[tokio::test(start_paused = true)]
async fn a_visitor_that_stalls_slows_nobody() {
    let mut linked = linked();
    let began = Instant::now();
    ask_alone(&mut linked).await;
    let alone = began.elapsed();
    let (mut visitor, _service) = stall(&mut linked).await;
    let began = Instant::now();
    ask_alone(&mut linked).await;
    assert_eq!(began.elapsed(), alone);
    // A new link is no reason to wait for it either.
    linked.network.last().strike(Fault::Eof);
    let began = Instant::now();
    ask_alone(&mut linked).await;
    assert!(began.elapsed() < alone + SECOND / 10, "{alone:?}");
    let mut seen = vec![0; 100_000];
    visitor.read_exact(&mut seen).await.expect("it waited");
    assert!(seen == pattern(7, 100_000));
}

/// One question and its answer, which takes as long as its own pauses.
async fn ask_alone(linked: &mut Linked) {
    let echoing = async {
        let stream = linked.incoming.next().await.expect("it comes");
        let (mut read, mut write) = tokio::io::split(stream);
        let _ = tokio::io::copy(&mut read, &mut write).await;
        write.shutdown().await.expect("it ends");
    };
    tokio::join!(ask(linked.relay.clone(), 1), echoing);
}

/// Both ends write all the time, and the link breaks again and again.
#[tokio::test(start_paused = true)]
async fn eight_streams_full_both_ways_never_wedge() {
    let Linked {
        relay,
        mut incoming,
        network,
        host: _host,
        control: _control,
        _rest,
    } = linked();
    let mut talks = JoinSet::new();
    for n in 0..VISITORS {
        let relay = relay.clone();
        talks.spawn(async move {
            let mut stream = relay.open().expect("there is room");
            stream
                .write_all(&[n.to_le_bytes()[0]])
                .await
                .expect("it goes");
            talk(stream, n, n + 100).await;
        });
        let mut stream = incoming.next().await.expect("it comes");
        talks.spawn(async move {
            let n = stream.read_u8().await.expect("it comes").into();
            talk(stream, n + 100, n).await;
        });
    }
    let breaking = tokio::spawn(async move {
        let mut dice = Dice::new(3);
        loop {
            sleep(SECOND / 50).await;
            let faults = [Fault::Error, Fault::Eof, Fault::Drained];
            network.last().strike(faults[dice.below(3)]);
        }
    });
    let all = async { while talks.join_next().await.is_some_and(|talk| talk.is_ok()) {} };
    let began = Instant::now();
    timeout(SECOND * 120, all).await.expect("it goes on");
    breaking.abort();
    assert!(talks.is_empty(), "no byte is wrong");
    assert!(began.elapsed() > SECOND / 50, "and it broke");
}

/// Writes one pattern and reads another, slow enough for the link to break many times.
async fn talk(stream: MuxStream, ours: u64, theirs: u64) {
    let (mut read, mut write) = tokio::io::split(stream);
    let writing = async {
        for chunk in pattern(ours, BYTES).chunks(50_000) {
            write.write_all(chunk).await.expect("it goes");
            sleep(SECOND / 100).await;
        }
        write.shutdown().await.expect("it ends");
    };
    let mut seen = Vec::new();
    let (read, ()) = tokio::join!(read.read_to_end(&mut seen), writing);
    read.expect("it comes");
    assert!(seen == pattern(theirs, BYTES));
}

/// Both multiplexers ask for a pong before anything else, and have their hands full when it comes.
#[tokio::test(start_paused = true)]
async fn pings_that_cross_in_full_rings_never_wedge() {
    let config = Config {
        tx_ring: 20_000,
        window: 10_000,
        ..Config::default()
    };
    let mut linked = linked_with(config);
    // Both have begun to write long before the first link.
    linked.network.set_down(true);
    let asking = [
        tokio::spawn(pour(linked.relay.clone(), 1)),
        tokio::spawn(pour(linked.host.clone(), 2)),
    ];
    sleep(SECOND).await;
    linked.network.set_down(false);
    let there = linked.incoming.next();
    let back = linked.control.next();
    let taking = async {
        let (there, back) = tokio::join!(there, back);
        tokio::join!(take(there, 1), take(back, 2))
    };
    timeout(SECOND * 60, taking).await.expect("it goes on");
    for asking in asking {
        asking.await.expect("it ends");
    }
}

async fn pour(mux: Mux, seed: u64) {
    let mut stream = mux.open().expect("there is room");
    let bytes = pattern(seed, BYTES);
    stream.write_all(&bytes).await.expect("it goes");
    stream.shutdown().await.expect("it ends");
}

async fn take(stream: Option<MuxStream>, seed: u64) {
    let mut came = Vec::new();
    let mut stream = stream.expect("it comes");
    stream.read_to_end(&mut came).await.expect("it comes");
    assert!(came == pattern(seed, BYTES));
}
