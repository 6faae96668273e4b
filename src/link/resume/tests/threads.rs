//! Real threads: streams, drivers and whoever swaps the links all run at once, in real time.
//!
//! No model check: it makes lost wake-ups and locks in the wrong order likely to show, not certain.

use super::net::{self, Dice, Plan};
use super::rig::{SECOND, end, pattern};
use super::stream::ByteStream;
use crate::link::resume::{Config, Handle};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

const BYTES: usize = 4_000_000;

/// Writes its own pattern and reads the other's, at the same time. The stream comes back: dropped
/// too early, it would cut the other end short.
fn talk(stream: ByteStream, ours: u64, theirs: u64) -> JoinHandle<ByteStream> {
    tokio::spawn(async move {
        let (mut read, mut write) = tokio::io::split(stream);
        let writing = tokio::spawn(async move {
            for chunk in pattern(ours, BYTES).chunks(700) {
                write.write_all(chunk).await.expect("it goes");
            }
            write
        });
        let mut seen = vec![0; BYTES];
        read.read_exact(&mut seen).await.expect("it comes");
        assert!(seen == pattern(theirs, BYTES));
        read.unsplit(writing.await.expect("it ends"))
    })
}

fn swap_link(host: &Handle, relay: &Handle, seed: u64) {
    let ours = host.fence().expect("it lives");
    let theirs = relay.fence().expect("it lives");
    let plan = Plan {
        in_flight: 3_000,
        hesitates: 20,
        ..Plan::CLEAN
    };
    let (near, far, _) = net::pipe(plan, Dice::new(seed));
    relay.attach(theirs, ours.next, far).expect("its turn");
    host.attach(ours, theirs.next, near).expect("its turn");
}

#[test]
fn links_swapped_under_running_streams_lose_nothing() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(4)
        .enable_time()
        .build()
        .expect("a runtime");
    let config = Config {
        tx_ring: 20_000,
        window: 5_000,
        ..Config::default()
    };
    runtime.block_on(async {
        let (host, relay) = (end(config), end(config));
        let talks = [talk(host.stream, 1, 2), talk(relay.stream, 2, 1)];
        let (near, far) = (host.handle, relay.handle);
        let swapping = tokio::spawn(async move {
            for swaps in 0.. {
                swap_link(&near, &far, swaps);
                sleep(Duration::from_millis(2)).await;
            }
        });
        let mut streams = Vec::new();
        for talk in talks {
            let stream = timeout(SECOND * 60, talk).await.expect("nothing hangs");
            streams.push(stream.expect("no byte is wrong"));
        }
        swapping.abort();
    });
}
