//! The tasks of a session in thousands of orders: whoever takes the lock may be overtaken by anyone
//! else first. A task that nobody wakes is a deadlock, and found as one: here no timer ever fires
//! and nobody redials.
//!
//! The code is the real one but for the lock itself. What it does not try: orders within
//! `tokio::sync::watch`, which has checks of its own.

use super::lock::Modelled;
use super::net::{self, Dice, Plan};
use super::rig::{FIRST_LINK, ID, pattern};
use super::stream::{ByteStream, stream};
use crate::link::resume::{Config, Handle, ResumeRefusal, Secret, SessionEnd, Status};
use shuttle::future::{JoinHandle, block_on, spawn};
use shuttle::sync::{Arc, Mutex};
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, ReadBuf};

/// So many orders are tried, half of them at random, half with few but decisive turns.
const ORDERS: usize = 1_000;

const BYTES: usize = 12;

fn check(scenario: fn()) {
    // Its clock stands still and nobody moves it.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime");
    let (_context, _modelled) = (runtime.enter(), Modelled::begin());
    shuttle::check_random(scenario, ORDERS / 2);
    shuttle::check_pct(scenario, ORDERS / 2, 3);
}

struct Half {
    handle: Handle,
    stream: ByteStream,
    driver: JoinHandle<SessionEnd>,
}

/// Rings so small that everybody has to wait for everybody.
fn half() -> Half {
    let config = Config {
        tx_ring: 4,
        window: 3,
        ack_bytes: 2,
        ack_delay: Duration::ZERO,
        ..Config::default()
    };
    let (handle, stream, driver) = stream(config, ID, Secret::derive(FIRST_LINK, ID));
    Half {
        handle,
        stream,
        driver: spawn(driver.run()),
    }
}

/// One of two hands on a stream: those of tokio have a lock that the model does not know.
#[derive(Clone)]
struct Part(Arc<Mutex<ByteStream>>);

fn split(stream: ByteStream) -> (Part, Part) {
    let part = Part(Arc::new(Mutex::new(stream)));
    (part.clone(), part)
}

impl Part {
    fn with<R>(&self, poll: impl FnOnce(Pin<&mut ByteStream>) -> R) -> R {
        poll(Pin::new(
            &mut self.0.lock().expect("nothing panics under it"),
        ))
    }
}

impl AsyncRead for Part {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.with(|stream| stream.poll_read(cx, buf))
    }
}

impl AsyncWrite for Part {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.with(|stream| stream.poll_write(cx, buf))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.with(|stream| stream.poll_flush(cx))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.with(|stream| stream.poll_shutdown(cx))
    }
}

/// What a resume does without its words; another one may overtake it at every step. Whether the
/// relay has the link.
fn connect(host: &Handle, relay: &Handle) -> bool {
    let Ok(ours) = host.fence() else { return false };
    let theirs = match relay.fence_for(ours.generation, ours.next) {
        Ok(theirs) => theirs,
        Err(reason) => {
            let is_over = matches!(*relay.status().borrow(), Status::Ended(_));
            assert!(reason == ResumeRefusal::Stale || is_over, "{reason}");
            return false;
        }
    };
    let plan = Plan {
        in_flight: 40,
        ..Plan::CLEAN
    };
    let (near, far, _) = net::pipe(plan, Dice::new(1));
    let is_linked = relay.attach(theirs, ours.next, far).is_ok();
    // Too late when a later attempt has begun.
    let _ = host.attach(ours, theirs.next, near);
    is_linked
}

/// Dials whenever there is no link, until the session is over.
async fn redial(host: Handle, relay: Handle) {
    let mut status = host.status();
    loop {
        let seen = status
            .wait_for(|status| !matches!(status, Status::Attached { .. }))
            .await
            .map(|seen| *seen);
        match seen {
            Ok(Status::Parked) => connect(&host, &relay),
            Ok(Status::Attached { .. } | Status::Ended(_)) | Err(_) => return,
        };
    }
}

async fn write(mut stream: Part, seed: u64) -> Part {
    let bytes = pattern(seed, BYTES);
    stream.write_all(&bytes).await.expect("it goes");
    stream
}

async fn read(mut stream: Part, seed: u64) -> Part {
    let mut came = [0; BYTES];
    stream.read_exact(&mut came).await.expect("it comes");
    assert_eq!(came[..], pattern(seed, BYTES));
    stream
}

/// Both ends write and read, and end well, while others do what they do to the links.
async fn talk(meddle: impl FnOnce(&Handle, &Handle) -> Vec<JoinHandle<()>>) {
    let (host, relay) = (half(), half());
    let (read_host, write_host) = split(host.stream);
    let (read_relay, write_relay) = split(relay.stream);
    let writing = [spawn(write(write_host, 1)), spawn(write(write_relay, 2))];
    let reading = [spawn(read(read_host, 2)), spawn(read(read_relay, 1))];
    for meddling in meddle(&host.handle, &relay.handle) {
        meddling.await.expect("it ends");
    }
    let (mut closing, mut halves) = (Vec::new(), Vec::new());
    for (writing, reading) in writing.into_iter().zip(reading) {
        let mut stream = writing.await.expect("every byte goes");
        halves.push(reading.await.expect("every byte comes"));
        closing.push(spawn(async move { stream.shutdown().await.is_ok() }));
    }
    for closing in closing {
        assert!(closing.await.expect("it ends"), "the other end has all");
    }
    for driver in [host.driver, relay.driver] {
        assert_eq!(driver.await.ok(), Some(SessionEnd::Finished));
    }
}

/// So many links, made side by side.
fn links(count: usize) -> impl FnOnce(&Handle, &Handle) -> Vec<JoinHandle<()>> {
    move |host, relay| {
        let link = |_| {
            let (host, relay) = (host.clone(), relay.clone());
            spawn(async move {
                connect(&host, &relay);
            })
        };
        (0..count).map(link).collect()
    }
}

#[test]
fn nobody_sleeps_through_a_wake_up() {
    check(|| block_on(talk(links(1))));
}

#[test]
fn links_that_overtake_each_other_lose_nothing() {
    check(|| block_on(talk(links(3))));
}

#[test]
fn links_that_are_cut_from_both_ends_come_back() {
    check(|| {
        block_on(talk(|host, relay| {
            drop(spawn(redial(host.clone(), relay.clone())));
            let (host, relay) = (host.clone(), relay.clone());
            let cut = spawn(async move { relay.disconnect() });
            let force = spawn(async move { host.reconnect().await.expect("it comes back") });
            vec![cut, force]
        }));
    });
}

#[test]
fn a_close_frees_everybody() {
    check(|| {
        block_on(async {
            let (host, relay) = (half(), half());
            let (mut read, mut write) = split(host.stream);
            // The other end takes all of it; only without a link does this have to wait.
            let writing = spawn(async move { write.write_all(&[0; 3 * BYTES]).await.is_ok() });
            let reading = spawn(async move { read.read(&mut [0]).await });
            let (near, far) = (host.handle.clone(), relay.handle.clone());
            let linking = spawn(async move {
                connect(&near, &far);
            });
            host.handle.close();
            writing.await.expect("it ends");
            assert_eq!(reading.await.expect("it ends").ok(), Some(0));
            assert_eq!(host.driver.await.ok(), Some(SessionEnd::Closed));
            linking.await.expect("it ends");
            relay.handle.close();
            let end = relay.driver.await.expect("it ends");
            assert!(
                matches!(end, SessionEnd::Closed | SessionEnd::Reset(_)),
                "{end}"
            );
        });
    });
}

#[test]
fn a_session_is_given_up_or_has_its_link_and_never_both() {
    check(|| {
        block_on(async {
            let (host, relay) = (half(), half());
            let (near, far) = (host.handle.clone(), relay.handle.clone());
            let linking = spawn(async move { connect(&near, &far) });
            let far = relay.handle.clone();
            let evicting = spawn(async move { far.give_up_if_parked(ResumeRefusal::Evicted) });
            let is_linked = linking.await.expect("it ends");
            assert_eq!(is_linked, !evicting.await.expect("it ends"));
            for end in [host, relay] {
                end.handle.close();
                end.driver.await.expect("it ends");
            }
        });
    });
}
