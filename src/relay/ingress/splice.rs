//! Two streams made one: what comes out of either goes into the other, ends included.
//!
//! It knows nothing of what the bytes mean.

use super::accept::Stop;
use crate::base::forward::forward_writes;
use crate::link::pump::pump;
use crate::relay::{Activity, Evicted, Network, Permit, Stream};
use bytes::{Buf, Bytes};
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// How long either end of a connection that is stopped may take to be told so.
const LINGER: Duration = Duration::from_secs(2);

/// When nobody new is let in any more, a connection over which nothing went for this long is at rest.
/// Most that are not HTTP never end by themselves, and the next visitors wait for the last of these.
const AT_REST: Duration = Duration::from_secs(1);

/// Carries bytes and half-closes both ways until both have ended, or until it is told to stop: both
/// then get an end as if the other had come to its own. When either breaks, or somebody else gets the
/// visitor's place, the visitor's connection is reset: a clean end would pass a part for the whole.
pub(super) async fn splice<S>(
    mut visitor: Rewound<TcpStream>,
    mut service: S,
    permit: &Permit,
    stop: &Stop,
) -> io::Result<()>
where
    S: Stream,
{
    let place = service.place();
    let (moved, activity) = (AtomicU64::new(0), permit.activity());
    let count = |bytes| {
        moved.fetch_add(bytes, Ordering::Relaxed);
        activity.touch();
    };
    let carried = tokio::select! {
        biased;
        carried = pump(&mut visitor, &mut service, count, count) => Some(carried),
        () = stopped(stop, &moved) => None,
        () = permit.evicted() => Some(Err(Evicted.into())),
        () = evicted(place.as_ref()) => Some(Err(Evicted.into())),
    };
    let Some(carried) = carried else {
        let leaving = timeout(LINGER, service.shutdown());
        // Whoever does not take it is let go all the same.
        let ended = async { tokio::join!(leaving, end(&mut visitor.stream)) };
        tokio::select! {
            _ = ended => return Ok(()),
            () = permit.evicted() => {}
        }
        reset(&visitor.stream);
        return Err(Evicted.into());
    };
    if carried.is_err() {
        reset(&visitor.stream);
    }
    carried
}

/// Ends when somebody else wants the place of a stream, which may wait for its visitor alone meanwhile.
pub(super) async fn evicted(place: Option<&Activity>) {
    match place {
        Some(place) => poll_fn(|cx| place.poll_evicted(cx)).await,
        None => std::future::pending().await,
    }
}

/// Waits for the end of what may still go over a connection.
async fn stopped(stop: &Stop, moved: &AtomicU64) {
    stop.finish.cancelled().await;
    loop {
        let before = moved.load(Ordering::Relaxed);
        let told = timeout(AT_REST, stop.close.cancelled()).await.is_ok();
        if told || moved.load(Ordering::Relaxed) == before {
            return;
        }
    }
}

/// Ends a connection so that the visitor gets all that was written.
async fn end(stream: &mut TcpStream) {
    let drained = async {
        stream.shutdown().await?;
        // On the heap: every connection's task would be larger by it.
        let mut rest = vec![0; 4096];
        while stream.read(&mut rest).await? > 0 {}
        io::Result::Ok(())
    };
    // However it ends, the connection is closed now.
    let _ = timeout(LINGER, drained).await;
}

/// Makes the coming close of `stream` a reset.
pub(super) fn reset(stream: &TcpStream) {
    if let Err(error) = stream.set_zero_linger() {
        tracing::debug!(%error, "a connection cannot be reset");
    }
}

/// A stream with some bytes put back in front of it.
pub(super) struct Rewound<S> {
    first: Bytes,
    stream: S,
}

impl<S> Rewound<S> {
    pub(super) fn new(first: Bytes, stream: S) -> Self {
        Self { first, stream }
    }
}

impl<S: Stream> Stream for Rewound<S> {
    fn place(&self) -> Option<Activity> {
        self.stream.place()
    }

    fn rest(&mut self) {
        self.stream.rest();
    }

    fn resume(&mut self, network: Network) {
        self.stream.resume(network);
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Rewound<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.first.is_empty() {
            return Pin::new(&mut self.stream).poll_read(cx, buffer);
        }
        let fits = self.first.len().min(buffer.remaining());
        buffer.put_slice(&self.first[..fits]);
        self.first.advance(fits);
        Poll::Ready(Ok(()))
    }
}

forward_writes!([S: AsyncWrite + Unpin] Rewound<S>, stream);

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::AsyncReadExt;

    #[tokio::test(start_paused = true)]
    async fn it_may_go_on_while_something_moves_until_it_is_closed() {
        let (stop, moved) = (Stop::default(), AtomicU64::new(0));
        let began = tokio::time::Instant::now();
        let busy = async {
            for _ in 0..5 {
                moved.fetch_add(1, Ordering::Relaxed);
                tokio::time::sleep(AT_REST).await;
            }
        };
        let still = timeout(Duration::from_hours(1), stopped(&stop, &moved)).await;
        assert!(still.is_err(), "nobody stops it");
        stop.finish.cancel();
        let finished = began.elapsed();
        tokio::join!(stopped(&stop, &moved), busy);
        assert!(began.elapsed() >= finished + 5 * AT_REST);

        moved.fetch_add(1, Ordering::Relaxed);
        let now = tokio::time::Instant::now();
        stop.close.cancel();
        stopped(&stop, &moved).await;
        assert_eq!(now.elapsed(), Duration::ZERO);
    }

    #[tokio::test]
    async fn the_bytes_put_back_come_first() {
        let mut rewound = Rewound::new(Bytes::from_static(b"first "), &b"second"[..]);
        let mut short = [0; 3];
        rewound
            .read_exact(&mut short)
            .await
            .expect("there are enough");
        let mut rest = String::new();
        rewound.read_to_string(&mut rest).await.expect("it is text");
        assert_eq!((&short[..], rest.as_str()), (&b"fir"[..], "st second"));
    }
}
