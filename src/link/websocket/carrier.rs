//! A WebSocket as a duplex byte stream: each write is a binary message, and messages are read as the
//! bytes that they are, however they are cut.

use super::Pulse;
use crate::link::Transport;
use bytes::{Bytes, BytesMut};
use futures_util::{Sink as _, Stream as _};
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error, Message};

/// The longest message that is taken.
pub(super) const MAX_MESSAGE: usize = 128 * 1024;

/// The longest message that is sent. It is read when it is whole, so a longer one would keep small
/// things waiting on a slow network.
const MAX_SENT: usize = 32 * 1024;

/// What is read from below at once.
const READ_AT_ONCE: usize = 64 * 1024;

/// Maximum messages in a row that carry nothing before other tasks get their turn.
const MOST_EMPTY: usize = 64;

/// A stream over a WebSocket over `S`. There is no half-close: what ends, ends both ways.
pub struct WebSocket<S> {
    messages: WebSocketStream<S>,
    /// What is left of the last message.
    rest: Bytes,
    /// The other end has said goodbye.
    over: bool,
    pulse: Pulse,
    /// Whoever writes waits for room: a ping goes when there is some.
    blocked: bool,
}

impl<S> std::fmt::Debug for WebSocket<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WebSocket").finish_non_exhaustive()
    }
}

/// Nothing is held back, and no more than one message of either direction is kept.
pub(super) fn config() -> WebSocketConfig {
    WebSocketConfig::default()
        .read_buffer_size(READ_AT_ONCE)
        .write_buffer_size(0)
        .max_write_buffer_size(2 * MAX_SENT)
        .max_message_size(Some(MAX_MESSAGE))
        .max_frame_size(Some(MAX_MESSAGE))
}

impl<S: Transport> WebSocket<S> {
    /// A stream over `messages`, whose limits are whoever's who opened it.
    pub fn new(messages: WebSocketStream<S>) -> Self {
        Self {
            messages,
            rest: Bytes::new(),
            over: false,
            pulse: Pulse::default(),
            blocked: false,
        }
    }

    /// Asks the other end for signs of life.
    pub fn pulse(&self) -> Pulse {
        self.pulse.clone()
    }

    /// The relay's end of a WebSocket that an HTTP library has agreed to; `first` is what it has read
    /// of it already.
    pub async fn agreed(stream: S, first: &[u8]) -> Self {
        let config = Some(config());
        let first = first.to_vec();
        Self::new(WebSocketStream::from_partially_read(stream, first, Role::Server, config).await)
    }

    /// Takes the next message that carries something into `rest`; ready at the end too.
    fn poll_message(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.pulse.register(cx.waker());
        if !self.blocked {
            self.send_ping(cx).map_err(map_error)?;
        }
        for _ in 0..MOST_EMPTY {
            if self.over || !self.rest.is_empty() {
                return Poll::Ready(Ok(()));
            }
            let message = ready!(Pin::new(&mut self.messages).poll_next(cx));
            self.pulse.hear();
            match message {
                Some(Ok(Message::Binary(bytes))) => self.rest = bytes,
                // The library answers pings.
                Some(Ok(Message::Ping(_))) => {}
                Some(Ok(Message::Pong(_))) => self.pulse.answer(),
                Some(Ok(Message::Close(_))) => {
                    self.over = true;
                    // The answer goes if it can: nobody waits for it.
                    let _ = Pin::new(&mut self.messages).poll_flush(cx);
                }
                Some(Ok(Message::Text(_) | Message::Frame(_))) => {
                    return Poll::Ready(Err(invalid("a link is no text")));
                }
                Some(Err(error)) => return Poll::Ready(Err(map_error(error))),
                None => self.over = true,
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// Sends the ping that is wanted, if one is and there is room.
    fn send_ping(&mut self, cx: &mut Context<'_>) -> Result<(), Error> {
        if !self.over && self.pulse.take_wanted() {
            let mut messages = Pin::new(&mut self.messages);
            messages.as_mut().start_send(Message::Ping(Bytes::new()))?;
            // What does not go now goes with whatever is written next, or when there is room.
            let _ = messages.poll_flush(cx)?;
        }
        Ok(())
    }

    /// There is room for a message, and the ping that waited for it has gone.
    fn poll_room(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.blocked = true;
        ready!(Pin::new(&mut self.messages).poll_ready(cx))?;
        self.blocked = false;
        self.send_ping(cx)?;
        Pin::new(&mut self.messages).poll_ready(cx)
    }

    fn poll_send(
        &mut self,
        cx: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        ready!(self.poll_room(cx)).map_err(map_error)?;
        let messages = Pin::new(&mut self.messages);
        let message = gather(parts);
        let sent = message.len();
        if sent > 0 {
            let message = Message::Binary(message);
            messages.start_send(message).map_err(map_error)?;
        }
        Poll::Ready(Ok(sent))
    }
}

/// As much of `parts` as one message takes.
fn gather(parts: &[IoSlice<'_>]) -> Bytes {
    let all: usize = parts.iter().map(|part| part.len()).sum();
    let mut message = BytesMut::with_capacity(all.min(MAX_SENT));
    for part in parts {
        let fits = part.len().min(MAX_SENT - message.len());
        message.extend_from_slice(&part[..fits]);
    }
    message.freeze()
}

impl<S: Transport> AsyncRead for WebSocket<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        ready!(this.poll_message(cx))?;
        let fits = this.rest.len().min(buffer.remaining());
        buffer.put_slice(&this.rest.split_to(fits));
        Poll::Ready(Ok(()))
    }
}

impl<S: Transport> AsyncWrite for WebSocket<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.get_mut().poll_send(cx, &[IoSlice::new(bytes)])
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.get_mut().poll_send(cx, parts)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        this.blocked = true;
        ready!(Pin::new(&mut this.messages).poll_flush(cx)).map_err(map_error)?;
        this.blocked = false;
        Poll::Ready(Ok(()))
    }

    /// Says goodbye, then ends what is below: the other end need not answer.
    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        match ready!(Pin::new(&mut this.messages).poll_close(cx)) {
            Ok(()) | Err(Error::ConnectionClosed | Error::AlreadyClosed) => {}
            Err(error) => return Poll::Ready(Err(map_error(error))),
        }
        Pin::new(this.messages.get_mut()).poll_shutdown(cx)
    }
}

fn map_error(error: Error) -> io::Error {
    match error {
        Error::Io(error) => error,
        other => invalid(&other.to_string()),
    }
}

fn invalid(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}
