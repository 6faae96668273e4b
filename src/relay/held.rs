//! A stream to a host that holds a place among the streams of its port.
//!
//! When the place is wanted by somebody else, the stream breaks: whoever reads or writes it hears
//! [`Evicted`].

use super::limiter::{Activity, Permit};
use crate::base::forward::forward_writes;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_util::sync::WaitForCancellationFutureOwned;

/// Its address, or its tunnel's port, has too many streams: the idlest is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too many streams are open at once, and this one was the idlest")]
pub struct Evicted;

impl Evicted {
    /// Whether this is what broke a stream.
    #[must_use]
    pub fn broke(error: &io::Error) -> bool {
        let inner = error.get_ref();
        inner.is_some_and(<dyn std::error::Error + Send + Sync>::is::<Self>)
    }
}

impl From<Evicted> for io::Error {
    fn from(evicted: Evicted) -> Self {
        Self::new(io::ErrorKind::ConnectionReset, evicted)
    }
}

/// See the module.
pub(super) struct Held<S> {
    stream: S,
    /// None for a probe's, whose place is kept.
    place: Option<Place>,
}

struct Place {
    activity: Activity,
    evicted: Pin<Box<WaitForCancellationFutureOwned>>,
    /// Given back when the stream is dropped.
    _permit: Permit,
}

impl<S> Held<S> {
    pub(super) fn new(stream: S, permit: Option<Permit>) -> Self {
        let place = permit.map(|permit| Place {
            activity: permit.activity(),
            evicted: Box::pin(permit.when_evicted()),
            _permit: permit,
        });
        Self { stream, place }
    }

    /// Notes that something moved; of what has to wait, notes whether the place is wanted meanwhile.
    fn pass<T>(
        &mut self,
        cx: &mut Context<'_>,
        polled: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        let Some(place) = &mut self.place else {
            return polled;
        };
        if polled.is_ready() {
            place.activity.touch();
            return polled;
        }
        let evicted = place.evicted.as_mut().poll(cx);
        evicted.map(|()| Err(Evicted.into()))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Held<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let polled = Pin::new(&mut self.stream).poll_read(cx, buffer);
        self.pass(cx, polled)
    }
}

forward_writes!([S: AsyncWrite + Unpin] Held<S>, stream, pass);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::relay::{Limiter, Network, Share};
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    #[tokio::test]
    async fn one_too_many_breaks_the_idlest_also_while_it_waits() {
        let one = Share {
            total: 1,
            per_network: 1,
        };
        let limiter = Limiter::new("tests", one);
        let network = Network::of([192, 0, 2, 1].into());
        let (near, mut far) = tokio::io::duplex(16);
        let mut held = Held::new(near, Some(limiter.admit(network)));
        far.write_all(b"x").await.expect("there is room");
        assert_eq!(held.read_u8().await.expect("it came"), b'x');
        let waiting = tokio::spawn(async move { held.read_u8().await });
        tokio::task::yield_now().await;
        let _next = limiter.admit(network);
        let error = waiting.await.expect("no panic").expect_err("it is broken");
        assert!(Evicted::broke(&error), "{error}");
        assert!(!Evicted::broke(&io::ErrorKind::ConnectionReset.into()));
    }
}
