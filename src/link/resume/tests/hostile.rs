//! Whoever breaks the rules is refused, and nobody else notices.

use super::net::{self, Dice, Plan};
use super::rig::{FIRST_LINK, ID, SECOND, end, pair};
use super::stream::stream;
use crate::link::resume::frame::{Frame, put};
use crate::link::resume::{
    Binding, Config, HandshakeError, ProtocolError, Request, ResumeRefusal, Secret, SessionEnd,
    SessionId, Status, accept, read_request, resume,
};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

const LINK: Binding = Binding([9; 32]);

/// A victim with an attached link that works, and what becomes of a resume with `request`.
async fn tried(secret: Secret, link: Binding, epoch_before: u64) -> (Option<HandshakeError>, bool) {
    let (_host, relay, wire) = pair(Config::default());
    if epoch_before > 0 {
        relay
            .handle
            .fence_for(epoch_before, 0)
            .expect("it is the first");
    }
    let (intruder, _stream, _driver) = stream(Config::default(), ID, secret);
    let (near, mut far, _) = net::pipe(Plan::CLEAN, Dice::new(1));
    let asking = resume(&intruder, near, link, Vec::new());
    let answering = async {
        let request = read_request(&mut far).await.expect("it comes");
        accept(&relay.handle, &request, far, LINK).await
    };
    let (_, answered) = tokio::join!(asking, answering);
    tokio::time::sleep(SECOND).await;
    let is_up = matches!(*relay.handle.status().borrow(), Status::Attached { .. });
    (answered.err(), is_up && !wire.is_dropped(1))
}

#[tokio::test(start_paused = true)]
async fn a_wrong_proof_changes_nothing() {
    let wrong = Secret::derive(LINK, ID);
    let (error, lives) = tried(wrong, LINK, 0).await;
    assert!(matches!(error, Some(HandshakeError::Unproven)) && lives);
    let (error, lives) = tried(Secret::derive(FIRST_LINK, ID), Binding([8; 32]), 0).await;
    assert!(
        matches!(error, Some(HandshakeError::Unproven)) && lives,
        "another connection's"
    );
    let (error, lives) = tried(Secret::derive(FIRST_LINK, ID), LINK, 0).await;
    assert!(error.is_none() && !lives, "the right one takes over");
}

#[tokio::test(start_paused = true)]
async fn an_epoch_never_comes_twice() {
    let (error, _) = tried(Secret::derive(FIRST_LINK, ID), LINK, 1).await;
    assert!(matches!(
        error,
        Some(HandshakeError::Refused(ResumeRefusal::Stale))
    ));
}

#[tokio::test(start_paused = true)]
async fn garbage_for_a_greeting_is_refused() {
    let (mut near, mut far, _) = net::pipe(Plan::CLEAN, Dice::new(1));
    near.write_all(b"GET / HTTP/1.1\r\n")
        .await
        .expect("it goes");
    assert!(matches!(
        read_request(&mut far).await,
        Err(HandshakeError::Greeting(_))
    ));
    let request = Request::Open {
        credentials: Vec::new(),
    };
    let relay = end(Config::default());
    assert!(accept(&relay.handle, &request, far, LINK).await.is_err());
    assert_ne!(relay.handle.id(), SessionId([0; 16]));
}

/// How a session ends whose peer says this.
async fn end_after(words: &[u8]) -> Option<SessionEnd> {
    let config = Config {
        window: 100,
        ..Config::default()
    };
    let mut host = end(config);
    let (near, mut far, _) = net::pipe(Plan::CLEAN, Dice::new(1));
    host.handle.begin(near).expect("it is new");
    host.stream.write_all(b"abc").await.expect("it is taken");
    // It gives credit first.
    far.read_exact(&mut [0]).await.expect("it comes");
    far.write_all(words).await.expect("it goes");
    let reading = async {
        let mut seen = Vec::new();
        let _ = far.read_to_end(&mut seen).await;
        seen
    };
    let seen = tokio::time::timeout(SECOND * 3, reading).await.ok()?;
    assert!(seen.ends_with(&[6, 0, 1, 3]), "the peer is told: {seen:?}");
    host.driver.await.ok()
}

fn frame(frame: Frame) -> Vec<u8> {
    let mut bytes = Vec::new();
    put(&mut bytes, frame);
    bytes
}

fn data(seq: u64, len: u16) -> Vec<u8> {
    let mut bytes = vec![1];
    bytes.extend_from_slice(&(len + 8).to_be_bytes());
    bytes.extend_from_slice(&seq.to_be_bytes());
    bytes.extend(std::iter::repeat_n(0, len.into()));
    bytes
}

/// A new link begins where the peer says; it cannot know of more than went over that link.
#[tokio::test(start_paused = true)]
async fn an_acknowledgement_of_what_only_an_older_link_carried_is_refused() {
    let config = Config {
        window: 100,
        ..Config::default()
    };
    let (mut host, _relay, _) = pair(config);
    host.stream.write_all(b"abc").await.expect("it is taken");
    tokio::time::sleep(SECOND / 1_000).await;
    let ticket = host.handle.fence().expect("it lives");
    let (near, mut far, _) = net::pipe(Plan::CLEAN, Dice::new(1));
    host.handle.attach(ticket, 0, near).expect("its turn");
    let words = frame(Frame::Ack {
        next: 3,
        window_end: 100,
    });
    // Before the driver has sent anything again.
    far.write_all(&words).await.expect("it goes");
    let end = host.driver.await.ok();
    assert_eq!(end, Some(SessionEnd::Protocol(ProtocolError::Ack)));
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_breaks_the_rules_ends_its_session_and_hears_of_it() {
    use ProtocolError::{Ack, AfterFin, Credit, Gap, Overrun};
    let ack = |next, window_end| frame(Frame::Ack { next, window_end });
    let fin = |seq| frame(Frame::Fin { seq });
    let cases = [
        (ack(1, 10), Ack),
        ([ack(0, 10), ack(0, 9)].concat(), Credit),
        (data(1, 1), Gap),
        ([data(0, 5), data(4, 1)].concat(), Gap),
        (fin(1), Gap),
        (data(0, 101), Overrun),
        ([fin(0), data(1, 1)].concat(), AfterFin),
        ([fin(0), fin(1)].concat(), AfterFin),
    ];
    for (words, expected) in cases {
        let end = end_after(&words).await;
        assert_eq!(end, Some(SessionEnd::Protocol(expected)), "{words:?}");
    }
    let end = end_after(&[99, 0, 0]).await;
    assert!(matches!(
        end,
        Some(SessionEnd::Protocol(ProtocolError::Frame(_)))
    ));
}
