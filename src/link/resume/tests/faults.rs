//! Thousands of cases: random sizes, random faults, every byte checked. Time is simulated.

use super::net::{Dice, Fault, Plan};
use super::rig::{End0, Rig, pattern, rig_with};
use crate::link::resume::{Config, DetectorConfig, Handle};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, ReadHalf, WriteHalf};
use tokio::time::{sleep, timeout};

/// The cases of one run, in two threads.
const CASES: u64 = 20_000;

fn any_config(dice: &mut Dice) -> Config {
    Config {
        tx_ring: 1 + dice.below(300),
        window: 1 + dice.below(300),
        ack_bytes: 1 + dice.below(64),
        ack_delay: Duration::from_millis(dice.below(20) as u64),
        detector: DetectorConfig::default(),
    }
}

fn any_plan(dice: &mut Dice) -> Option<Plan> {
    let fault = match dice.below(11) {
        0 => return None,
        1 => Fault::None,
        2 => Fault::Error,
        3 => Fault::Eof,
        4 => Fault::BlackHole,
        5 | 6 => Fault::Dropped(dice.below(200)),
        7 => Fault::HalfOpen,
        8 => Fault::HalfOpenFar,
        9 => Fault::OneWay,
        _ => Fault::Drained,
    };
    Some(Plan {
        fault,
        // The greetings alone are 87 and 47 bytes: some connections break in them.
        after: dice.below(600),
        most: 1 + dice.below(200),
        in_flight: 1 + dice.below(200),
        hesitates: dice.below(2) * (3 + dice.below(5)),
    })
}

async fn write_all(
    mut stream: WriteHalf<super::stream::ByteStream>,
    bytes: Vec<u8>,
    mut dice: Dice,
) {
    let mut rest = &bytes[..];
    while !rest.is_empty() {
        let (chunk, behind) = rest.split_at(1 + dice.below(rest.len().min(200)));
        stream.write_all(chunk).await.expect("it goes");
        if dice.one_in(8) {
            sleep(Duration::from_millis(dice.below(3_000) as u64)).await;
        }
        rest = behind;
    }
    // The last acknowledgement may be lost with the other end gone: that is no loss of bytes.
    let _ = stream.shutdown().await;
}

async fn read_all(mut stream: ReadHalf<super::stream::ByteStream>, mut dice: Dice) -> Vec<u8> {
    let mut seen = Vec::new();
    loop {
        let mut chunk = vec![0; 1 + dice.below(150)];
        let count = stream.read(&mut chunk).await.expect("it goes on");
        if count == 0 {
            return seen;
        }
        seen.extend_from_slice(&chunk[..count]);
        if dice.one_in(10) {
            sleep(Duration::from_millis(dice.below(2_000) as u64)).await;
        }
    }
}

/// Now and then somebody forces or checks the link.
async fn meddle(host: Handle, relay: Handle, mut dice: Dice) {
    for _ in 0..dice.below(3) {
        sleep(Duration::from_millis(dice.below(8_000) as u64)).await;
        match dice.below(4) {
            0 => host.check(),
            1 => relay.disconnect(),
            2 => host.disconnect(),
            _ => relay.check(),
        }
    }
}

/// One case; panics when a byte is wrong or nothing moves any more.
async fn run(seed: u64) {
    let mut dice = Dice::new(seed);
    let (host, relay) = (any_config(&mut dice), any_config(&mut dice));
    let plans = (0..dice.below(6)).map(|_| any_plan(&mut dice)).collect();
    let there = pattern(seed ^ 1, dice.below(500));
    let back = pattern(seed ^ 2, dice.below(500));
    let rig = rig_with(host, relay, dice.clone(), plans);
    let Rig {
        host,
        relay,
        network,
        dialling,
    } = rig;
    let End0 {
        handle: near,
        stream: host,
        driver: _a,
    } = host;
    let End0 {
        handle: far,
        stream: relay,
        driver: _b,
    } = relay;
    let meddling = tokio::spawn(meddle(near, far, dice.clone()));
    let ((read_host, write_host), (read_relay, write_relay)) =
        (tokio::io::split(host), tokio::io::split(relay));
    let writers = [
        tokio::spawn(write_all(write_host, there.clone(), Dice::new(seed ^ 3))),
        tokio::spawn(write_all(write_relay, back.clone(), Dice::new(seed ^ 4))),
    ];
    let readers = async {
        tokio::join!(
            read_all(read_relay, Dice::new(seed ^ 5)),
            read_all(read_host, Dice::new(seed ^ 6)),
        )
    };
    let read = timeout(Duration::from_hours(1), readers).await;
    let Ok((seen_there, seen_back)) = read else {
        panic!("seed {seed}: nothing moves any more: {network:?}");
    };
    assert!(seen_there == there, "seed {seed}: host to relay");
    assert!(seen_back == back, "seed {seed}: relay to host");
    writers.iter().for_each(tokio::task::JoinHandle::abort);
    meddling.abort();
    drop(dialling);
}

fn run_all(seeds: impl Iterator<Item = u64>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime");
    for seed in seeds {
        runtime.block_on(run(seed));
    }
}

#[test]
fn no_byte_is_lost_or_doubled_whatever_breaks() {
    let seeds = std::env::var("RESUME_SEEDS")
        .ok()
        .and_then(|n| n.parse().ok());
    let cases = seeds.unwrap_or(CASES);
    std::thread::scope(|scope| {
        for half in 0..2 {
            scope.spawn(move || run_all((0..cases).filter(move |seed| seed % 2 == half)));
        }
    });
}
