//! One connection to a server, with a switch that cuts it and a note of when the server was last heard of.
//!
//! The library keeps a connection for as long as anybody holds a part of it, and cannot be told to let go.

use super::queue::Gate;
use crate::link::Transport;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep};
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

/// The switch, and what is known of the connection. Clones are of the same one.
#[derive(Clone, Debug)]
pub(super) struct Link(Arc<State>);

#[derive(Debug)]
struct State {
    cut: CancellationToken,
    began: Instant,
    /// Milliseconds after `began`.
    heard: AtomicU64,
}

impl Link {
    /// The switch and the connection, as the library gets it.
    pub(super) fn over(stream: Box<dyn Transport>, gate: Gate) -> (Self, LinkStream) {
        let link = Self(Arc::new(State {
            cut: CancellationToken::new(),
            began: Instant::now(),
            heard: AtomicU64::new(0),
        }));
        let stream = LinkStream {
            stream,
            is_cut: Box::pin(link.0.cut.clone().cancelled_owned()),
            link: link.clone(),
            is_full: false,
            gate,
            relief: None,
        };
        (link, stream)
    }

    /// Cuts the connection, if it is not over.
    pub(super) fn cut(&self) {
        self.0.cut.cancel();
    }

    /// Nothing comes or goes any longer.
    #[cfg(test)]
    fn is_over(&self) -> bool {
        self.0.cut.is_cancelled()
    }

    /// When the server was last heard of.
    pub(super) fn heard(&self) -> Instant {
        self.0.began + Duration::from_millis(self.0.heard.load(Ordering::Relaxed))
    }

    /// For how long the server has said nothing.
    pub(super) fn silence(&self) -> Duration {
        self.heard().elapsed()
    }

    fn note(&self) {
        let since = self.0.began.elapsed().as_millis();
        let since = u64::try_from(since).unwrap_or(u64::MAX);
        self.0.heard.store(since, Ordering::Relaxed);
    }
}

/// Cuts its connection when it is dropped.
#[derive(Debug)]
pub(super) struct Leash(pub(super) Link);

impl Drop for Leash {
    fn drop(&mut self) {
        self.0.cut();
    }
}

/// The connection as the library has it.
pub(super) struct LinkStream {
    stream: Box<dyn Transport>,
    is_cut: Pin<Box<WaitForCancellationFutureOwned>>,
    link: Link,
    /// The system took nothing more: that it takes something again says that the server does.
    is_full: bool,
    /// Holds the connection up while a service has to catch up.
    gate: Gate,
    relief: Option<Pin<Box<Sleep>>>,
}

impl Drop for LinkStream {
    fn drop(&mut self) {
        self.link.cut();
    }
}

impl LinkStream {
    fn check(&mut self, cx: &mut Context<'_>) -> io::Result<()> {
        if self.is_cut.as_mut().poll(cx).is_ready() {
            return Err(io::ErrorKind::ConnectionAborted.into());
        }
        Ok(())
    }
}

impl AsyncRead for LinkStream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        this.check(cx)?;
        if this.gate.poll(&mut this.relief, cx).is_pending() {
            // Who does not listen hears no silence.
            this.link.note();
            return Poll::Pending;
        }
        let before = buf.filled().len();
        let read = Pin::new(&mut this.stream).poll_read(cx, buf);
        if buf.filled().len() > before {
            this.link.note();
        }
        read
    }
}

impl AsyncWrite for LinkStream {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        this.check(cx)?;
        let written = Pin::new(&mut this.stream).poll_write(cx, buf);
        if written.is_pending() {
            this.is_full = true;
        } else if std::mem::take(&mut this.is_full) {
            this.link.note();
        }
        written
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        this.check(cx)?;
        Pin::new(&mut this.stream).poll_flush(cx)
    }

    /// Always well: the library would tell nobody that the session is over.
    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.check(cx).is_err() {
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut this.stream).poll_shutdown(cx).map(|_| Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};

    #[tokio::test]
    async fn a_cut_connection_wakes_its_reader_and_is_closed_once_it_is_dropped() {
        let (near, mut far) = duplex(64);
        let (link, mut stream) = Link::over(Box::new(near), Gate::default());
        assert!(!link.is_over());
        let mut byte = [0];
        let (read, ()) = tokio::join!(stream.read(&mut byte), async { link.cut() });
        let error = read.expect_err("it is cut");
        assert_eq!(error.kind(), io::ErrorKind::ConnectionAborted);
        assert!(stream.write_all(b"x").await.is_err());
        drop(stream);
        assert_eq!(far.read(&mut byte).await.expect("closed"), 0);
        let (near, _far) = duplex(64);
        let (link, stream) = Link::over(Box::new(near), Gate::default());
        drop(stream);
        assert!(link.is_over());
    }

    #[tokio::test(start_paused = true)]
    async fn what_comes_is_a_sign_and_what_is_taken_in_again_too() {
        let second = Duration::from_secs(1);
        let (near, mut far) = duplex(4);
        let (link, mut stream) = Link::over(Box::new(near), Gate::default());
        tokio::time::advance(second).await;
        stream.write_all(b"four").await.expect("room");
        assert_eq!(link.silence(), second, "the system took it, nobody else");
        far.write_all(b"x").await.expect("room");
        stream.read_exact(&mut [0]).await.expect("it is there");
        assert_eq!(link.silence(), Duration::ZERO);
        tokio::time::advance(second).await;
        let taking = async {
            tokio::time::sleep(second).await;
            far.read_exact(&mut [0; 4]).await
        };
        let (written, taken) = tokio::join!(stream.write_all(b"more"), taking);
        written.expect("room");
        taken.expect("it is there");
        assert_eq!(link.silence(), Duration::ZERO);
    }
}
