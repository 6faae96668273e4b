//! Windows, turns and much data.

use super::super::machine::{LEAST_WINDOW, WINDOW};
use super::far::{FAR_WINDOW, Said, seeded};
use super::live::Live;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

const MIB: usize = 1024 * 1024;

#[tokio::test(start_paused = true)]
async fn a_window_is_used_up_and_opened_again_at_half() {
    let mut live = Live::new().await;
    let (id, mut channel) = live.session().await;
    assert_eq!(live.relay.far.channel(id).credit, WINDOW);
    let bytes = seeded(3, 7 * MIB);
    live.relay.far.write(id, &bytes);
    live.relay
        .until(|far| far.channel(id).credit == 0 && far.output.is_empty())
        .await;
    assert_eq!(live.relay.far.channel(id).adjusted, (0, 0));

    let mut read = vec![0; 7 * MIB];
    let half = WINDOW as usize / 2;
    live.relay
        .during(channel.read_exact(&mut read[..half - 1]))
        .await
        .expect("it is there");
    live.relay.far.request("keepalive@openssh.com");
    live.relay
        .until(|far| far.has_said(&Said::Reply(true)))
        .await;
    assert_eq!(live.relay.far.channel(id).adjusted, (0, 0));
    live.relay
        .during(channel.read_exact(&mut read[half - 1..half]))
        .await
        .expect("one more");
    live.relay
        .until(|far| far.channel(id).adjusted == (1, WINDOW / 2))
        .await;
    live.relay
        .during(channel.read_exact(&mut read[half..]))
        .await
        .expect("the rest");
    assert!(read == bytes);
}

#[tokio::test(start_paused = true)]
async fn a_visitor_who_takes_nothing_holds_up_nobody_and_costs_little() {
    let mut live = Live::new().await;
    let (slow, mut stuck) = live.session().await;
    live.relay.far.channel(slow).adjusts = false;
    let writes = tokio::spawn(async move {
        let mut taken = 0;
        let chunk = vec![7; 10_000];
        while let Ok(Ok(count)) =
            tokio::time::timeout(Duration::from_hours(1), stuck.write(&chunk)).await
        {
            taken += count;
        }
        taken
    });
    let (quick, mut channel) = live.session().await;
    let bytes = seeded(4, 6 * MIB);
    live.relay
        .during(channel.write_all(&bytes))
        .await
        .expect("it is taken");
    live.relay
        .until(|far| far.channel(quick).received.len() == bytes.len())
        .await;
    assert!(live.relay.far.channel(quick).received == bytes);
    let taken = live.relay.during(writes).await.expect("it did not panic");
    assert_eq!(taken, FAR_WINDOW as usize + 256 * 1024);
}

#[tokio::test(start_paused = true)]
async fn a_service_that_reads_nothing_holds_up_nobody() {
    let mut live = Live::new().await;
    let (slow, _unread) = live.session().await;
    live.relay.far.write(slow, &vec![1; 12 * MIB]);
    let (quick, mut channel) = live.session().await;
    let bytes = seeded(5, 12 * MIB);
    live.relay.far.write(quick, &bytes);
    let mut read = vec![0; bytes.len()];
    live.relay
        .during(channel.read_exact(&mut read))
        .await
        .expect("it comes");
    assert!(read == bytes);
    assert_eq!(live.relay.far.channel(slow).credit, 0);
}

#[tokio::test(start_paused = true)]
async fn channels_take_turns() {
    let mut live = Live::new().await;
    let (first, mut large) = live.session().await;
    let (second, mut small) = live.session().await;
    live.relay.far.channel(first).adjusts = false;
    large
        .write_all(&vec![1; 200 * 1024])
        .await
        .expect("it is taken");
    small.write_all(b"quick").await.expect("it is taken");
    live.relay
        .until(|far| !far.channel(second).received.is_empty())
        .await;
    let ahead = live.relay.far.channel(first).packets;
    assert!(ahead <= 2 + 1, "{ahead} packets of another went first");
}

#[tokio::test(start_paused = true)]
async fn keys_are_exchanged_again_in_the_middle_of_it_all() {
    let mut live = Live::new().await;
    let (id, mut channel) = live.session().await;
    let (down, up) = (seeded(6, 3 * MIB), seeded(7, 3 * MIB));
    for part in down.chunks(MIB) {
        live.relay.far.write(id, part);
        live.relay.far.kex("none");
    }
    let mut read = vec![0; down.len()];
    let (mut reader, mut writer) = tokio::io::split(&mut channel);
    let both = async {
        tokio::try_join!(reader.read_exact(&mut read), writer.write_all(&up)).expect("both");
    };
    live.relay.during(both).await;
    live.relay
        .until(|far| far.channel(id).received.len() == up.len())
        .await;
    assert!(read == down && live.relay.far.channel(id).received == up);
    let said = live.relay.far.said.iter();
    let count = said.filter(|said| matches!(said, Said::KexInit(_))).count();
    assert_eq!(count, 1 + 3, "each is answered once");
}

#[tokio::test(start_paused = true)]
async fn fifty_visitors_at_once_get_every_byte_both_ways() {
    let mut live = Live::new().await;
    let mut ids = Vec::new();
    let mut tasks = Vec::new();
    for number in 0..50_u32 {
        let id = live.relay.far.open_port(8080, "t", false);
        let mut channel = live.incoming().await.accept(false);
        ids.push((id, number));
        tasks.push(tokio::spawn(async move {
            let size = 100_000 + 3_001 * number as usize;
            let (mut reader, mut writer) = tokio::io::split(&mut channel);
            let up = seeded(1000 + number, size);
            let mut down = Vec::new();
            let sending = async {
                for chunk in up.chunks(1 + 997 * number as usize) {
                    writer.write_all(chunk).await?;
                }
                writer.shutdown().await
            };
            tokio::try_join!(sending, reader.read_to_end(&mut down)).expect("both ways");
            assert!(down == seeded(2000 + number, size));
        }));
    }
    for (id, number) in &ids {
        let size = 100_000 + 3_001 * *number as usize;
        live.relay.far.write(*id, &seeded(2000 + number, size));
        live.relay.far.finish(*id);
    }
    for task in tasks {
        live.relay.during(task).await.expect("it did not panic");
    }
    live.relay
        .until(|far| far.channels.values().all(|it| it.closed))
        .await;
    for (id, number) in ids {
        let size = 100_000 + 3_001 * number as usize;
        let channel = live.relay.far.channel(id);
        assert!(channel.eof && channel.received == seeded(1000 + number, size));
    }
}

#[tokio::test(start_paused = true)]
async fn many_channels_share_what_may_be_unread() {
    let mut live = Live::new().await;
    let mut channels = Vec::new();
    let mut sum = 0_u64;
    for _ in 0..300 {
        let (id, channel) = live.session().await;
        let window = live.relay.far.channel(id).credit;
        assert!((LEAST_WINDOW..=WINDOW).contains(&window));
        sum += u64::from(window);
        channels.push(channel);
    }
    assert!(sum <= (256 << 20) + 300 * u64::from(LEAST_WINDOW), "{sum}");
    drop(channels);
    live.relay
        .until(|far| far.channels.values().all(|it| it.closed))
        .await;
    let (id, _channel) = live.session().await;
    assert_eq!(live.relay.far.channel(id).credit, WINDOW);
}
