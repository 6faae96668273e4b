//! Both ends against each other, and against services that say too much.

use super::{Ended, ExchangeStream, Record, is_stale, serve};
use proptest::prelude::*;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};
use tokio::task::JoinHandle;

/// A relay's stream, the service behind the host, and the host.
struct Rig {
    relay: ExchangeStream<DuplexStream>,
    service: DuplexStream,
    host: JoinHandle<io::Result<Ended>>,
    silent: Arc<AtomicBool>,
    received: Arc<AtomicU64>,
}

fn rig() -> Rig {
    let ((relay, mut stream), (mut near, service)) = (duplex(100), duplex(100));
    let silent = Arc::new(AtomicBool::new(true));
    let received = Arc::new(AtomicU64::new(0));
    let (asked, counted) = (Arc::clone(&silent), Arc::clone(&received));
    let host = tokio::spawn(async move {
        let is_silent = |_: &DuplexStream| asked.load(Ordering::SeqCst);
        let count = |bytes| {
            counted.fetch_add(bytes, Ordering::SeqCst);
        };
        serve(&mut stream, &mut near, is_silent, |_| (), count).await
    });
    Rig {
        relay: ExchangeStream::<()>::default().over(relay),
        service,
        host,
        silent,
        received,
    }
}

impl Rig {
    async fn ask(&mut self, request: &[u8]) {
        let mut front = Vec::new();
        self.relay.begin(Some(request.len() as u64), &mut front);
        front.extend_from_slice(request);
        self.relay.write_all(&front).await.expect("it goes");
    }

    async fn heard(&mut self, request: &[u8]) {
        let mut heard = vec![0; request.len()];
        self.service.read_exact(&mut heard).await.expect("it comes");
        assert_eq!(heard, request);
    }

    async fn answer(&mut self, answer: &[u8]) {
        self.service.write_all(answer).await.expect("it goes");
        let mut got = vec![0; answer.len()];
        self.relay.read_exact(&mut got).await.expect("it comes");
        assert_eq!(got, answer);
    }

    /// The host takes the next request for one that must not be passed on.
    async fn comes_to_be_stale(mut self, request: &[u8]) {
        self.ask(request).await;
        let mut byte = [0];
        let failed = self.relay.read(&mut byte).await;
        assert!(is_stale(&failed.expect_err("it is no answer")));
        assert_eq!(
            self.host.await.expect("it ends").expect("cleanly"),
            Ended::Stale
        );
        let mut heard = Vec::new();
        self.service.read_to_end(&mut heard).await.expect("an end");
        assert_eq!(heard, b"", "the service hears nothing of it");
    }
}

#[tokio::test]
async fn requests_follow_each_other_and_only_the_services_bytes_count() {
    let mut rig = rig();
    for (request, answer) in [(&b"one"[..], &b"first"[..]), (b"two", b"second")] {
        rig.ask(request).await;
        rig.heard(request).await;
        rig.answer(answer).await;
    }
    assert_eq!(rig.received.load(Ordering::SeqCst), 11);
    drop(rig.relay);
    let ended = rig.host.await.expect("it ends");
    assert_eq!(ended.expect("nothing was under way"), Ended::Clean);
}

#[tokio::test]
async fn what_a_service_says_unasked_is_no_answer_to_the_next_request() {
    let mut rig = rig();
    rig.ask(b"one").await;
    rig.heard(b"one").await;
    rig.answer(b"first").await;
    // On its way to the relay, which has not read it when it asks again.
    rig.service.write_all(b"evil").await.expect("it goes");
    rig.comes_to_be_stale(b"two").await;
}

#[tokio::test]
async fn a_service_that_is_not_silent_gets_no_further_request() {
    let mut rig = rig();
    rig.ask(b"one").await;
    rig.heard(b"one").await;
    rig.answer(b"first").await;
    rig.silent.store(false, Ordering::SeqCst);
    rig.comes_to_be_stale(b"two").await;
}

#[tokio::test]
async fn a_service_that_speaks_first_gets_no_request() {
    let mut rig = rig();
    rig.service.write_all(b"220 hello").await.expect("it goes");
    rig.comes_to_be_stale(b"one").await;
}

#[tokio::test]
async fn the_end_of_an_idle_service_is_passed_on() {
    let mut rig = rig();
    rig.ask(b"one").await;
    rig.heard(b"one").await;
    rig.answer(b"first").await;
    rig.service.shutdown().await.expect("it is half closed");
    let mut byte = [0];
    assert_eq!(rig.relay.read(&mut byte).await.expect("a clean end"), 0);
}

#[tokio::test]
async fn a_request_that_breaks_off_is_not_passed_off_as_whole() {
    let mut rig = rig();
    let mut front = Vec::new();
    rig.relay.begin(Some(10), &mut front);
    front.extend_from_slice(b"half");
    rig.relay.write_all(&front).await.expect("it goes");
    rig.heard(b"half").await;
    drop(rig.relay);
    assert!(rig.host.await.expect("it ends").is_err());
}

/// Of a request of a known length and of one without.
#[tokio::test]
async fn the_answer_of_a_service_that_takes_no_more_comes_whole() {
    for length in [Some(1000), None] {
        let mut rig = rig();
        let mut front = Vec::new();
        rig.relay.begin(length, &mut front);
        front.extend_from_slice(&[7; 1000]);
        let (mut read, mut write) = tokio::io::split(rig.relay);
        let asking = tokio::spawn(async move { write.write_all(&front).await });
        rig.service
            .read_exact(&mut [0; 10])
            .await
            .expect("it comes");
        // More than goes at once, with the nonce before it.
        rig.service.write_all(&[8; 100]).await.expect("it goes");
        drop(rig.service);
        // The host finds out that nobody takes the rest before all of it has gone back.
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
        let mut answer = [0; 100];
        read.read_exact(&mut answer).await.expect("it comes");
        assert_eq!(answer, [8; 100]);
        let ended = rig.host.await.expect("it ends");
        assert!(ended.is_err(), "the service has a part of it: {ended:?}");
        let asked = asking.await.expect("it ends");
        assert!(asked.is_err(), "nobody took the rest");
    }
}

#[tokio::test]
async fn a_request_without_length_goes_on_to_the_end_both_ways() {
    let mut rig = rig();
    let mut front = Vec::new();
    rig.relay.begin(None, &mut front);
    rig.relay.write_all(&front).await.expect("it goes");
    let said = vec![7; 1000];
    let (mut read, mut write) = tokio::io::split(rig.relay);
    let saying = async {
        write.write_all(&said).await.expect("it goes");
        write.shutdown().await.expect("it is half closed");
    };
    let mut heard = Vec::new();
    let hearing = rig.service.read_to_end(&mut heard);
    let (heard_all, ()) = tokio::join!(hearing, saying);
    heard_all.expect("a clean end");
    assert!(heard == said);
    rig.service.write_all(b"late").await.expect("still open");
    rig.service.shutdown().await.expect("it is half closed");
    let mut late = Vec::new();
    read.read_to_end(&mut late).await.expect("a clean end");
    assert_eq!(late, b"late");
    assert_eq!(
        rig.host.await.expect("it ends").expect("cleanly"),
        Ended::Clean
    );
}

proptest! {
    #[test]
    fn a_record_is_read_as_it_was_written(nonce: [u8; 8], seen: u64, length: u64) {
        let record = Record { nonce, seen, length };
        prop_assert_eq!(Record::decode(&record.encode()), record);
    }
}
