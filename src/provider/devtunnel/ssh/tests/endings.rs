//! How a session ends, and who learns of it.

use super::super::{End, Event, Refused, start};
use super::far::{Far, Said};
use super::live::{Live, Relay};
use crate::model::Secret;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, ReadBuf};
use tokio::time::Instant;

async fn end_of(live: &mut Live) -> End {
    match live.event().await {
        Event::Ended(end) => end,
        event => panic!("{event:?} instead of the end"),
    }
}

#[tokio::test(start_paused = true)]
async fn another_host_takes_over() {
    let mut live = Live::new().await;
    let (_, mut channel) = live.session().await;
    let text = "Another host for the tunnel has connected.";
    live.relay.far.disconnect(12, text);
    let end = end_of(&mut live).await;
    assert!(matches!(&end, End::Disconnected { code: 12, text: said } if said == text));
    let error = channel.read(&mut [0; 9]).await.expect_err("it broke off");
    assert_eq!(error.kind(), io::ErrorKind::ConnectionAborted);
    assert!(channel.write(b"x").await.is_err());
    assert_eq!(
        live.outer.forward(1, &Secret::new("t")).await,
        Err(Refused::Ended)
    );
    assert!(
        live.events.recv().await.is_none(),
        "the end is the last event"
    );
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_closes_without_a_word_breaks_downloads_off() {
    let mut live = Live::new().await;
    let (id, mut channel) = live.session().await;
    live.relay.far.write(id, b"half a down");
    live.relay
        .until(|far| far.is_idle() && far.output.is_empty())
        .await;
    let asks = tokio::spawn({
        let outer = live.outer.clone();
        async move { outer.forward(1, &Secret::new("t")).await }
    });
    live.relay.until(|far| far.said.len() == 3).await;
    live.relay.io.shutdown().await.expect("it closes");
    assert!(matches!(end_of(&mut live).await, End::Eof));
    let mut half = Vec::new();
    channel
        .read_to_end(&mut half)
        .await
        .expect_err("it broke off");
    assert_eq!(half, b"half a down", "what came is not lost");
    assert_eq!(asks.await.expect("it did not panic"), Err(Refused::Ended));
}

#[tokio::test(start_paused = true)]
async fn a_farewell_goes_out_before_the_end() {
    let mut live = Live::new().await;
    live.relay
        .during(live.outer.disconnect(11, "until next time"))
        .await;
    live.relay.until_over().await;
    let said = Said::Disconnect(11, "until next time".to_owned());
    assert!(live.relay.far.has_said(&said));
    assert!(matches!(
        end_of(&mut live).await,
        End::Disconnected { code: 11, .. }
    ));
}

#[tokio::test(start_paused = true)]
async fn a_relay_that_does_not_take_the_farewell_is_left() {
    let mut live = Live::new().await;
    let (_, mut channel) = live.session().await;
    // The pipe is full, and nobody empties it.
    channel
        .write_all(&vec![0; 200 * 1024])
        .await
        .expect("it is taken");
    tokio::task::yield_now().await;
    let began = Instant::now();
    live.outer.disconnect(11, "bye").await;
    assert_eq!(began.elapsed().as_secs(), 2);
}

#[tokio::test(start_paused = true)]
async fn the_last_handle_takes_everything_with_it() {
    let mut live = Live::new().await;
    let (_, mut channel) = live.session().await;
    let other = live.outer.clone();
    drop(live.outer);
    live.relay.far.request("keepalive@openssh.com");
    live.relay
        .until(|far| far.has_said(&Said::Reply(true)))
        .await;
    drop(other);
    live.relay.until_over().await;
    assert!(channel.read(&mut [0; 9]).await.is_err());
    while let Some(event) = live.events.recv().await {
        assert!(matches!(event, Event::Alive), "{event:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn nobody_who_listens_means_that_channels_are_refused() {
    let mut live = Live::new().await;
    drop(live.events);
    let id = live.relay.far.open_session();
    live.relay
        .until(|far| far.channel(id).refused == Some(4))
        .await;
}

#[tokio::test(start_paused = true)]
async fn a_relay_that_says_nothing_is_given_up() {
    let (mut relay, near) = Relay::new(Far::default());
    let began = Instant::now();
    let end = relay.during(start(near)).await.expect_err("nothing came");
    assert!(matches!(end, End::Io(error) if error.kind() == io::ErrorKind::TimedOut));
    assert_eq!(began.elapsed().as_secs(), 20);
}

#[tokio::test(start_paused = true)]
async fn a_relay_that_wants_cryptography_is_told_and_left() {
    let mut far = Far::default();
    far.output.extend_from_slice(b"SSH-2.0-far\r\n");
    far.kex("ecdh-sha2-nistp384");
    let (mut relay, near) = Relay::new(far);
    let end = relay
        .during(start(near))
        .await
        .expect_err("no cryptography");
    assert!(matches!(end, End::Protocol(_)));
    relay.until_over().await;
    assert_eq!(relay.far.disconnected(), Some(3));
}

#[tokio::test(start_paused = true)]
async fn a_relay_that_refuses_before_the_key_exchange_is_heard() {
    let mut far = Far::default();
    far.output.extend_from_slice(b"SSH-2.0-far\r\n");
    far.disconnect(14, "expired");
    let (mut relay, near) = Relay::new(far);
    let end = relay.during(start(near)).await.expect_err("it refused");
    assert!(matches!(end, End::Disconnected { code: 14, .. }));
}

/// A connection that can be read, and breaks when it is written to after a while.
struct Broken {
    input: io::Cursor<Vec<u8>>,
    writes: usize,
}

impl AsyncRead for Broken {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        // The rest comes only after the first write failed.
        let rest = self.input.get_ref().len() as u64 - self.input.position();
        if rest == 0 || self.writes == 1 {
            return Poll::Pending;
        }
        Pin::new(&mut self.input).poll_read(cx, buf)
    }
}

impl AsyncWrite for Broken {
    fn poll_write(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.writes += 1;
        if self.writes > 1 {
            return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
        }
        Poll::Ready(Ok(buf.len().min(5)))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

#[tokio::test(start_paused = true)]
async fn what_the_relay_said_counts_more_than_that_writing_failed() {
    let mut far = Far::new();
    far.disconnect(12, "taken over");
    let broken = |input| Broken {
        input: io::Cursor::new(input),
        writes: 0,
    };
    let end = start(broken(far.output)).await.expect_err("it broke");
    assert!(matches!(end, End::Disconnected { code: 12, .. }), "{end}");
    let end = start(broken(Vec::new())).await.expect_err("it broke");
    assert!(matches!(end, End::Io(error) if error.kind() == io::ErrorKind::ConnectionReset));
}
