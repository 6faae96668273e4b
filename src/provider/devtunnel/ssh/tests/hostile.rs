//! Relays that break the protocol: the session ends, and nothing else happens.

use super::super::machine::{MAX_CHANNELS, MAX_PENDING, WINDOW};
use super::super::{Channel, End, Event};
use super::far::{Far, Said, port_fields};
use super::live::Live;
use tokio::io::AsyncReadExt as _;

/// What a relay does that it must not, with a channel that is open: its number here.
type Deed = fn(&mut Far, u32);

const DEEDS: &[(&str, Deed)] = &[
    ("a packet is too long", |far, _| {
        far.output.extend([0, 1, 0, 0]);
    }),
    ("a packet is no whole number of blocks", |far, _| {
        far.output.extend([0, 0, 0, 13, 4]);
    }),
    ("a packet's padding is wrong", |far, _| {
        far.output
            .extend([0, 0, 0, 12, 2, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    }),
    ("a channel's window was overrun", |far, id| {
        let whole = vec![0; 32 * 1024];
        for _ in 0..WINDOW / (32 * 1024) {
            far.data(id, &whole);
        }
        far.data(id, &[1]);
    }),
    ("a message for a channel that never was", |far, id| {
        far.data(id + 1, b"x");
    }),
    ("a channel's number is in use", |far, _| {
        far.open_as(100, "client-ssh-session-stream", 32_768, &[]);
    }),
    ("data came behind a channel's end", |far, id| {
        far.packet(|out| {
            out.push(96);
            out.extend_from_slice(&id.to_be_bytes());
        });
        far.data(id, b"x");
    }),
    ("data came behind a channel's close", |far, id| {
        far.packet(|out| {
            out.push(97);
            out.extend_from_slice(&id.to_be_bytes());
        });
        far.data(id, b"x");
    }),
    ("an answer to a channel that was never opened", |far, _| {
        far.packet(|out| out.extend([91; 17]));
    }),
    ("a message is cut short", |far, _| {
        far.packet(|out| out.extend([94, 0, 0]));
    }),
    ("a message is cut short", |far, _| {
        far.open_as(7, "forwarded-tcpip", 32_768, &port_fields(1)[..20]);
    }),
    (
        "the relay does not offer to do without cryptography",
        |far, _| {
            far.kex("ecdh-sha2-nistp384");
        },
    ),
];

#[tokio::test(start_paused = true)]
async fn every_breach_ends_the_session_with_a_reason() {
    for (reason, deed) in DEEDS {
        let mut live = Live::new().await;
        let (id, _channel): (u32, Channel) = live.session().await;
        let theirs = live.relay.far.channel(id).theirs.expect("it is open");
        deed(&mut live.relay.far, theirs);
        let end = live.event().await;
        assert!(
            matches!(&end, Event::Ended(End::Protocol(text)) if text == reason),
            "{reason}: {end:?}"
        );
        live.relay.until_over().await;
        let code = if reason.contains("cryptography") {
            3
        } else {
            2
        };
        assert_eq!(live.relay.far.disconnected(), Some(code), "{reason}");
    }
}

#[tokio::test(start_paused = true)]
async fn more_than_may_wait_or_may_be_is_refused() {
    let mut live = Live::new().await;
    for _ in 0..MAX_PENDING + 5 {
        live.relay.far.open_session();
    }
    let refused = |far: &mut Far| {
        far.channels
            .values()
            .filter(|it| it.refused == Some(4))
            .count()
    };
    live.relay.until(|far| refused(far) == 5).await;
    let mut channels = Vec::new();
    for _ in 0..MAX_PENDING {
        channels.push(live.incoming().await.accept(false));
    }
    while channels.len() < MAX_CHANNELS {
        live.relay.far.open_session();
        channels.push(live.incoming().await.accept(false));
    }
    live.relay.far.open_session();
    live.relay.until(|far| refused(far) == 6).await;
    channels.pop();
    let closed = |far: &mut Far| far.channels.values().any(|it| it.closed);
    live.relay.until(closed).await;
    live.session().await;
}

#[tokio::test(start_paused = true)]
async fn the_end_is_told_even_if_nobody_listened_for_long() {
    let mut live = Live::new().await;
    // Opened and closed again and again, while nobody takes a look.
    for number in 0..500_u32 {
        let id = live.relay.far.open_session();
        live.relay.far.channel(id).theirs = Some(number.min(127));
        live.relay.far.packet(|out| {
            out.push(97);
            out.extend_from_slice(&number.min(127).to_be_bytes());
        });
    }
    live.relay.until(|far| far.output.is_empty()).await;
    live.relay.far.request("keepalive@openssh.com");
    live.relay
        .until(|far| far.has_said(&Said::Reply(true)))
        .await;
    live.relay.far.disconnect(10, "enough");
    live.relay.until_over().await;
    let mut seen = 0;
    let end = loop {
        match live.events.recv().await.expect("the end is told") {
            Event::Incoming(_) => seen += 1,
            Event::Alive => {}
            Event::Ended(end) => break end,
        }
    };
    assert_eq!(seen, MAX_PENDING);
    assert!(matches!(end, End::Disconnected { code: 10, .. }));
}

#[tokio::test(start_paused = true)]
async fn a_relay_that_asks_and_never_takes_an_answer_is_a_flood() {
    use tokio::io::AsyncWriteExt as _;
    let mut live = Live::new().await;
    live.relay.until(|far| far.said.len() == 2).await;
    let mut request = Far::default();
    for _ in 0..1000 {
        request.request("keepalive@openssh.com");
    }
    // The answers fill the pipe, then the output, then what may wait; the session then ends, and the
    // pipe with it.
    let mut rounds = 0;
    while live.relay.io.write_all(&request.output).await.is_ok() {
        rounds += 1;
        assert!(rounds < 100, "it takes for ever");
    }
    live.relay
        .io
        .read_to_end(&mut Vec::new())
        .await
        .expect("what went out");
    let end = loop {
        match live.events.recv().await.expect("the end is told") {
            Event::Ended(end) => break end,
            Event::Alive | Event::Incoming(_) => {}
        }
    };
    assert!(matches!(end, End::Protocol(text) if text.contains("flood")));
}
