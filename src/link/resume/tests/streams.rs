//! The multiplexer on top: many streams, a network that comes and goes, every byte checked.

use super::net::{Dice, Fault, Plan};
use super::rig::{Rig, SECOND, end_of_streams, pattern, rig_of};
use crate::link::mux::{Incoming, Mux, Role};
use crate::link::resume::Config;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

pub(super) const STREAMS: u64 = 8;

const BYTES: usize = 60_000;

pub(super) async fn echo(mut incoming: Incoming) {
    let mut tasks = JoinSet::new();
    while let Some(stream) = incoming.next().await {
        tasks.spawn(async move {
            let (mut read, mut write) = tokio::io::split(stream);
            let _ = tokio::io::copy(&mut read, &mut write).await;
            let _ = write.shutdown().await;
        });
    }
}

pub(super) async fn ask(mux: Mux, seed: u64) {
    let stream = mux.open().expect("there is room");
    let (mut read, mut write) = tokio::io::split(stream);
    let sent = pattern(seed, BYTES);
    let copy = sent.clone();
    let writing = tokio::spawn(async move {
        for chunk in copy.chunks(4_000) {
            write.write_all(chunk).await.expect("it goes");
            sleep(SECOND / 4).await;
        }
        write.shutdown().await.expect("it ends");
    });
    let mut back = Vec::new();
    read.read_to_end(&mut back).await.expect("it comes back");
    writing.await.expect("it ends");
    assert!(back == sent, "stream {seed}");
}

/// The network breaks, is gone for a while, and comes back, again and again.
async fn outages(rig: super::rig::Network, mut dice: Dice) {
    let breaks = [
        Fault::Error,
        Fault::BlackHole,
        Fault::HalfOpen,
        Fault::HalfOpenFar,
        Fault::Eof,
    ];
    loop {
        sleep(SECOND / 10 * (1 + u32::try_from(dice.below(30)).expect("small"))).await;
        rig.set_down(true);
        rig.last().strike(breaks[dice.below(breaks.len())]);
        sleep(SECOND * u32::try_from(dice.below(90)).expect("small")).await;
        rig.set_down(false);
        sleep(SECOND * 16).await;
    }
}

async fn run(seed: u64) {
    let config = Config {
        tx_ring: 100_000,
        window: 50_000,
        ..Config::default()
    };
    let plans = vec![Some(Plan::CLEAN)];
    let Rig {
        host,
        relay,
        network,
        dialling: _dialling,
    } = rig_of(
        end_of_streams(config, Role::Host),
        end_of_streams(config, Role::Relay),
        Dice::new(seed),
        plans,
    );
    let (_host, incoming) = host.stream;
    tokio::spawn(echo(incoming));
    let (relay_mux, _incoming) = relay.stream;
    let mut asking: JoinSet<()> = (0..STREAMS)
        .map(|n| ask(relay_mux.clone(), seed * STREAMS + n))
        .collect();
    sleep(SECOND / 10).await;
    let breaking = tokio::spawn(outages(network.clone(), Dice::new(seed)));
    let all = async {
        while let Some(asked) = asking.join_next().await {
            asked.expect("no byte is wrong");
        }
    };
    let done = timeout(SECOND * 7_200, all).await;
    breaking.abort();
    assert!(done.is_ok(), "seed {seed}: nothing moves any more");
    assert!(network.dials() > 1, "seed {seed}: nothing broke");
}

#[test]
fn streams_outlive_partitions_byte_for_byte() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime");
    (0..12).for_each(|seed| runtime.block_on(run(seed)));
}
