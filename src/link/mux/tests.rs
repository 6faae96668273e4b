//! Two ends over an in-memory pipe.

mod any;
mod wire;
mod yamux;

use super::*;
use std::io;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};
use tokio::task::{JoinHandle, JoinSet};

struct End {
    mux: Mux,
    incoming: Incoming,
    driver: JoinHandle<LinkEnd>,
}

fn end(transport: DuplexStream, role: Role) -> End {
    let (mux, incoming, driver) = over(transport, role);
    End {
        mux,
        incoming,
        driver: tokio::spawn(driver),
    }
}

fn pair() -> (End, End) {
    let (near, far) = duplex(64 * 1024);
    (end(near, Role::Host), end(far, Role::Relay))
}

/// A stream from relay to host, both ends of it.
async fn open(relay: &End, host: &mut End) -> (MuxStream, MuxStream) {
    let mut near = relay.mux.open().expect("there is room");
    near.write_all(b"!").await.expect("it goes");
    let mut far = host.incoming.next().await.expect("it comes");
    far.read_exact(&mut [0]).await.expect("it comes");
    (near, far)
}

async fn kind_of_end(stream: &mut MuxStream) -> Result<usize, io::ErrorKind> {
    let mut seen = Vec::new();
    let end = stream.read_to_end(&mut seen).await;
    end.map(|_| seen.len()).map_err(|error| error.kind())
}

const RESET: Result<usize, io::ErrorKind> = Err(io::ErrorKind::ConnectionReset);

#[tokio::test]
async fn half_close_leaves_the_other_direction_open() {
    let (mut host, relay) = pair();
    let (mut near, mut far) = open(&relay, &mut host).await;
    near.write_all(b"question").await.expect("it goes");
    near.shutdown().await.expect("it ends");
    assert_eq!(kind_of_end(&mut far).await, Ok(8));
    far.write_all(b"answer").await.expect("still open");
    far.shutdown().await.expect("it ends");
    assert_eq!(kind_of_end(&mut near).await, Ok(6));
}

#[tokio::test]
async fn a_dropped_stream_is_no_clean_end() {
    let (mut host, relay) = pair();
    let (mut near, mut far) = open(&relay, &mut host).await;
    far.write_all(b"half of it").await.expect("it goes");
    drop(far);
    assert_eq!(kind_of_end(&mut near).await, RESET);
}

#[tokio::test]
async fn a_dropped_stream_is_no_clean_end_for_who_has_ended_its_side() {
    let (mut host, relay) = pair();
    for end_is_known in [true, false] {
        let (mut near, mut far) = open(&relay, &mut host).await;
        far.write_all(b"half of it").await.expect("it goes");
        near.shutdown().await.expect("it ends");
        if end_is_known {
            assert_eq!(kind_of_end(&mut far).await, Ok(0));
        }
        drop(far);
        let mut seen = Vec::new();
        let end = near.read_to_end(&mut seen).await;
        assert_eq!(end.map_err(|error| error.kind()), RESET, "{end_is_known}");
        assert_eq!(seen, b"half of it");
    }
}

#[tokio::test]
async fn what_was_reset_cannot_be_ended() {
    let (mut host, relay) = pair();
    let (mut near, far) = open(&relay, &mut host).await;
    drop(far);
    near.broken().await;
    assert!(near.shutdown().await.is_err());
    assert_eq!(kind_of_end(&mut near).await, RESET);
    drop(near);
}

#[tokio::test]
async fn a_refused_stream_is_no_clean_end_for_who_has_ended_its_side() {
    let (host, _relay) = pair();
    let mut streams = Vec::new();
    for _ in 0..=MAX_STREAMS_OF_HOST {
        let mut stream = host.mux.open().expect("there is room");
        stream.write_all(b"!").await.expect("it goes");
        stream.shutdown().await.expect("it ends");
        streams.push(stream);
    }
    assert_eq!(kind_of_end(&mut streams[MAX_STREAMS_OF_HOST]).await, RESET);
}

#[tokio::test]
async fn a_lost_link_is_no_clean_end_for_anyone() {
    let (mut host, relay) = pair();
    let (mut near, mut far) = open(&relay, &mut host).await;
    let (mut ended, _kept) = open(&relay, &mut host).await;
    ended.shutdown().await.expect("it ends");
    host.driver.abort();
    assert_eq!(kind_of_end(&mut far).await, RESET);
    assert_eq!(kind_of_end(&mut near).await, RESET);
    assert_eq!(kind_of_end(&mut ended).await, RESET);
    assert!(near.write_all(b"x").await.is_err());
    assert_eq!(relay.mux.open().err(), Some(OpenStreamError::Closed));
}

/// The readers run beside the driver that learns of the loss.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_lost_link_is_no_clean_end_for_readers_elsewhere() {
    for _ in 0..100 {
        let (mut host, relay) = pair();
        let (mut readers, mut kept) = (JoinSet::new(), Vec::new());
        for _ in 0..100 {
            let (mut near, far) = open(&relay, &mut host).await;
            near.shutdown().await.expect("it ends");
            readers.spawn(async move { kind_of_end(&mut near).await });
            kept.push(far);
        }
        host.driver.abort();
        for end in readers.join_all().await {
            assert_eq!(end, RESET);
        }
    }
}

#[tokio::test]
async fn closing_sends_what_is_under_way_and_ends_both() {
    let (mut host, relay) = pair();
    let (mut near, mut far) = open(&relay, &mut host).await;
    near.write_all(b"last words").await.expect("it goes");
    near.shutdown().await.expect("it ends");
    relay.mux.close();
    assert!(matches!(relay.driver.await, Ok(LinkEnd::Closed)));
    let mut words = [0; 10];
    far.read_exact(&mut words).await.expect("they came");
    assert!(matches!(host.driver.await, Ok(LinkEnd::Closed)));
    assert_eq!(kind_of_end(&mut near).await, RESET, "nobody waits for ever");
}

/// Both ends know what a reset behind an end means.
fn new_pair() -> (End, End) {
    let (host, relay) = pair();
    host.mux.other_end_knows_stop();
    relay.mux.other_end_knows_stop();
    (host, relay)
}

#[tokio::test]
async fn a_writer_to_whom_nobody_listens_is_told_and_what_it_was_told_before_is_whole() {
    let (mut host, relay) = new_pair();
    let (mut near, mut far) = open(&relay, &mut host).await;
    near.write_all(b"the whole answer").await.expect("it goes");
    near.shutdown().await.expect("it ends");
    let (mut reader, mut writer) = tokio::io::split(far);
    let writing = tokio::spawn(async move {
        let chunk = [0; 4096];
        while writer.write_all(&chunk).await.is_ok() {}
        writer
    });
    near.read_exact(&mut vec![0; 100_000])
        .await
        .expect("it comes");
    drop(near);
    let writer = writing.await.expect("it stops");
    let mut seen = Vec::new();
    let end = reader.read_to_end(&mut seen).await;
    assert_eq!(end.map_err(|error| error.kind()), Ok(16));
    far = reader.unsplit(writer);
    drop(far);
    while host.mux.streams() + relay.mux.streams() > 0 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn what_an_older_end_writes_to_nobody_is_taken_and_thrown_away() {
    let (mut host, relay) = pair();
    let (mut near, mut far) = open(&relay, &mut host).await;
    near.shutdown().await.expect("it ends");
    drop(near);
    far.write_all(&vec![0; 3 << 20]).await.expect("it is taken");
    far.shutdown().await.expect("it ends");
    assert_eq!(kind_of_end(&mut far).await, Ok(0));
    drop(far);
    while relay.mux.0.streams.lock().live() > 0 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn an_older_end_s_word_that_it_reads_no_more_stops_the_writer_alone() {
    let (mut host, relay) = pair();
    let (mut near, mut far) = open(&relay, &mut host).await;
    near.write_all(b"answer").await.expect("it goes");
    near.shutdown().await.expect("it ends");
    far.read_exact(&mut [0; 3]).await.expect("it comes");
    host.mux.stop(&[2, 4, 6]);
    assert!(far.write_all(b"x").await.is_err());
    assert_eq!(kind_of_end(&mut far).await, Ok(3));
}

#[tokio::test]
async fn a_stalled_stream_does_not_hold_up_the_others() {
    let (mut host, relay) = pair();
    let (mut stalled, _never_read) = open(&relay, &mut host).await;
    let stuck = tokio::spawn(async move { stalled.write_all(&vec![0; 4 << 20]).await });
    for _ in 0..3 {
        let (mut near, mut far) = open(&relay, &mut host).await;
        let sent = tokio::spawn(async move {
            near.write_all(&vec![1; 2 << 20]).await.expect("it goes");
            near.shutdown().await.expect("it ends");
            kind_of_end(&mut near).await
        });
        assert_eq!(kind_of_end(&mut far).await, Ok(2 << 20));
        far.shutdown().await.expect("it ends");
        assert_eq!(sent.await.expect("it ends"), Ok(0));
    }
    assert!(!stuck.is_finished());
}

#[tokio::test]
async fn streams_are_bounded_and_a_dropped_one_makes_room() {
    let (mut host, relay) = pair();
    let mut streams = Vec::new();
    for _ in 0..MAX_STREAMS {
        let (near, mut far) = open(&relay, &mut host).await;
        far.write_all(b"!").await.expect("it goes");
        streams.push((near, far));
    }
    assert_eq!(relay.mux.open().err(), Some(OpenStreamError::TooMany));
    assert!(relay.mux.is_full());
    let mut probes = Vec::new();
    for _ in 0..PROBE_STREAMS {
        let mut near = relay.mux.open_probe().expect("a place is kept");
        near.write_all(b"?").await.expect("it goes");
        let mut far = host.incoming.next().await.expect("it comes");
        far.read_exact(&mut [0]).await.expect("it is not refused");
        far.write_all(b"!").await.expect("it goes");
        probes.push((near, far));
    }
    let more = relay.mux.open_probe().err();
    assert_eq!(more, Some(OpenStreamError::TooMany));
    streams.pop();
    open(&relay, &mut host).await;
}

#[tokio::test]
async fn a_host_cannot_flood_its_relay_with_streams() {
    let (host, mut relay) = pair();
    let mut streams = Vec::new();
    for _ in 0..20 {
        let mut stream = host.mux.open().expect("there is room");
        stream.write_all(b"!").await.expect("it goes");
        streams.push(stream);
    }
    assert_eq!(kind_of_end(&mut streams[MAX_STREAMS_OF_HOST]).await, RESET);
    let mut first = relay.incoming.next().await.expect("it comes");
    first.write_all(b"?").await.expect("it goes");
    streams[0].read_exact(&mut [0]).await.expect("it lives");
    assert_eq!(relay.mux.streams(), MAX_STREAMS_OF_HOST);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_streams_at_once_carry_their_own_bytes_both_ways() {
    let (mut host, relay) = pair();
    let echo = tokio::spawn(async move {
        let mut tasks = JoinSet::new();
        while let Some(mut stream) = host.incoming.next().await {
            tasks.spawn(async move {
                let (mut read, mut write) = tokio::io::split(&mut stream);
                tokio::io::copy(&mut read, &mut write)
                    .await
                    .expect("it echoes");
                write.shutdown().await.expect("it ends");
            });
        }
    });
    let mut asking = JoinSet::new();
    for n in 0..200_u8 {
        let mux = relay.mux.clone();
        asking.spawn(async move {
            let stream = mux.open().expect("there is room");
            let (mut read, mut write) = tokio::io::split(stream);
            let writing = tokio::spawn(async move {
                write.write_all(&vec![n; 100_000]).await.expect("it goes");
                write.shutdown().await.expect("it ends");
            });
            let mut seen = Vec::new();
            read.read_to_end(&mut seen).await.expect("it comes back");
            writing.await.expect("it ends");
            assert!(seen == vec![n; 100_000]);
        });
    }
    asking.join_all().await;
    drop(relay);
    echo.abort();
}

#[tokio::test]
async fn garbage_ends_the_link_and_nothing_else() {
    let (near, mut far) = duplex(4096);
    let relay = end(near, Role::Relay);
    far.write_all(&[0xff; 400]).await.expect("it goes");
    assert!(matches!(relay.driver.await, Ok(LinkEnd::Broken(_))));
}
