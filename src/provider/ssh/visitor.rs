//! A visitor in a channel, as a byte stream.

use super::handler::Arrival;
use super::queue::Outlet;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// The longest write: no server has to take a longer packet.
const LONGEST_WRITE: usize = 32 * 1024;

pub(super) struct Visitor {
    outlet: Outlet,
    writer: Pin<Box<dyn AsyncWrite + Send>>,
}

/// Lets a visitor in and has him served, until he has gone too.
pub(super) async fn serve<F>(arrival: Arrival, serve: impl FnOnce(Visitor) -> F)
where
    F: Future<Output = ()>,
{
    // Without the reading half the library queues nothing: what comes goes to the handler.
    let (_, channel) = arrival.channel.split();
    arrival.reply.accept().await;
    let gone = arrival.outlet.gone();
    let visitor = Visitor {
        outlet: arrival.outlet,
        writer: Box::pin(channel.make_writer()),
    };
    tokio::select! {
        () = serve(visitor) => {}
        () = gone => {}
    }
    // A session that is over has closed it.
    let _ = channel.close().await;
}

impl AsyncRead for Visitor {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().outlet).poll_read(cx, buf)
    }
}

impl AsyncWrite for Visitor {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        if buf.is_empty() {
            // The library takes that for an error.
            return Poll::Ready(Ok(0));
        }
        let buf = &buf[..buf.len().min(LONGEST_WRITE)];
        self.get_mut().writer.as_mut().poll_write(cx, buf)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.get_mut().writer.as_mut().poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.get_mut().writer.as_mut().poll_shutdown(cx)
    }
}
