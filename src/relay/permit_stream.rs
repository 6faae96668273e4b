//! A stream to a host that holds a place among the streams of its port.
//!
//! When the place is wanted by somebody else, the stream breaks: whoever reads or writes it hears
//! [`Evicted`].

use super::backend::Stream;
use super::limiter::{Activity, Network, Permit};
use crate::base::forward::forward_writes;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Its address, or its tunnel's port, has too many streams: the idlest is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too many streams are open at once, and this one was the idlest")]
pub struct Evicted;

impl Evicted {
    /// Whether this is what broke a stream.
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

/// A stream with the permit of its place.
pub(super) struct PermitStream<S> {
    stream: S,
    /// Given back when the stream is dropped; none for a probe's, whose place is kept.
    permit: Option<Permit>,
}

impl<S> PermitStream<S> {
    pub(super) fn new(stream: S, permit: Option<Permit>) -> Self {
        Self { stream, permit }
    }

    /// A stream whose place is wanted carries nothing more, also where it need not wait.
    fn check(&self, _: &mut Context<'_>) -> io::Result<()> {
        match &self.permit {
            Some(permit) if permit.is_evicted() => Err(Evicted.into()),
            Some(_) | None => Ok(()),
        }
    }

    /// Notes that something moved; what has to wait hears when the place is wanted meanwhile.
    fn pass<T>(&self, cx: &mut Context<'_>, polled: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        match &self.permit {
            Some(permit) if polled.is_ready() => permit.touch(),
            Some(permit) => return permit.poll_evicted(cx).map(|()| Err(Evicted.into())),
            None => {}
        }
        polled
    }
}

impl<S: AsyncRead + AsyncWrite + Send + Unpin + 'static> Stream for PermitStream<S> {
    fn place(&self) -> Option<Activity> {
        self.permit.as_ref().map(Permit::activity)
    }

    fn rest(&mut self) {
        if let Some(permit) = &self.permit {
            permit.rest();
        }
    }

    fn resume(&mut self, network: Network) {
        if let Some(permit) = &mut self.permit {
            permit.resume(network);
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for PermitStream<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.check(cx)?;
        let polled = Pin::new(&mut self.stream).poll_read(cx, buffer);
        self.pass(cx, polled)
    }
}

forward_writes!([S: AsyncWrite + Unpin] PermitStream<S>, stream before check after pass);

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
        let mut held = PermitStream::new(near, Some(limiter.admit(network)));
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
