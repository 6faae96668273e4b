//! A service's connection in TLS, as lenient as browsers are: many services end it without saying so.

use crate::base::forward::forward_writes;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

/// See the module.
#[derive(Debug)]
pub struct TlsService {
    stream: TlsStream<TcpStream>,
}

impl TlsService {
    pub(super) const fn new(stream: TlsStream<TcpStream>) -> Self {
        Self { stream }
    }

    pub(super) fn socket(&self) -> &TcpStream {
        self.stream.get_ref().0
    }
}

impl AsyncRead for TlsService {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match Pin::new(&mut self.stream).poll_read(cx, buffer) {
            // The socket's end without a `close_notify` before it: the protocol inside tells a part from
            // the whole. A connection that broke says something else.
            Poll::Ready(Err(error)) if error.kind() == io::ErrorKind::UnexpectedEof => {
                Poll::Ready(Ok(()))
            }
            polled => polled,
        }
    }
}

forward_writes!([] TlsService, stream);
