//! Carries one message's body from a connection to another, with the head before it.
//!
//! The body stays in the buffer it was read into: chunks are taken off it there and put on anew on
//! the way out.

use super::buffer::{Inbound, LARGE, Outgoing};
use super::claims;
use super::message::{Decoder, Fault, Length};
use http::HeaderMap;
use std::io;
use std::io::Write as _;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncWrite};

/// A read that brings this many bytes is followed by another one, while there is as much room.
const MUCH: usize = 16 * 1024;

/// How a body goes out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Coding {
    /// As it is: its length is known, or the connection's end is its end.
    Plain,
    Chunked,
}

/// One body on its way.
#[derive(Debug)]
pub(super) struct Transfer {
    decoder: Decoder,
    coding: Coding,
    /// Bytes of the inbound's that are on their way out.
    taken: usize,
    out: Outgoing,
    /// The end of the body is on its way out or has gone.
    ended: bool,
    dirty: bool,
    /// Bytes of the sender's that were read for it, chunks and all.
    pub(super) read: u64,
    /// How reading ended behind the bytes that are here.
    behind: Option<io::Result<usize>>,
    /// It waits for the sender, not for the receiver.
    pub(super) starved: bool,
}

/// Why a body is not whole.
#[derive(Debug)]
pub(super) enum Broken {
    /// The sender's connection broke, or ended before the body did.
    Sender(io::Error),
    /// What the sender sends is no body.
    Faulty(Fault),
    /// The receiver takes no more.
    Receiver,
}

impl Transfer {
    /// Of a body of this length, behind `head`.
    pub(super) fn new(length: Length, coding: Coding, head: Vec<u8>) -> Self {
        let mut out = Outgoing::default();
        *out.front() = head;
        Self {
            decoder: Decoder::new(length),
            coding,
            taken: 0,
            out,
            ended: false,
            dirty: false,
            read: 0,
            behind: None,
            starved: false,
        }
    }

    /// Whether the whole body was read.
    pub(super) fn is_read(&self) -> bool {
        self.ended
    }

    /// Appends what is here of the body to `first`, in place of sending it. At most one buffer.
    pub(super) fn prefetch(
        &mut self,
        from: &mut Inbound,
        first: &mut Vec<u8>,
    ) -> Result<(), Fault> {
        if !self.ended && (self.decoder.is_over() || !from.is_empty()) {
            self.take(from, false)?;
            self.out.append_to(from.bytes(), first);
            from.consume(std::mem::take(&mut self.taken));
        }
        Ok(())
    }

    /// Carries what there is. Ready when all of it has gone.
    pub(super) fn poll<R, W>(
        &mut self,
        cx: &mut Context<'_>,
        sender: &mut R,
        from: &mut Inbound,
        receiver: &mut W,
    ) -> Poll<Result<(), Broken>>
    where
        R: AsyncRead + Unpin + ?Sized,
        W: AsyncWrite + Unpin + ?Sized,
    {
        self.starved = false;
        let vectored = receiver.is_write_vectored();
        loop {
            // The head goes with the first bytes of the body, if they are here.
            if !self.ended && self.taken == 0 && (self.decoder.is_over() || !from.is_empty()) {
                self.take(from, vectored).map_err(Broken::Faulty)?;
            }
            if !self.out.is_empty() {
                self.dirty = true;
                let written = self.out.poll_write(cx, receiver, from.bytes());
                ready!(written).map_err(|_| Broken::Receiver)?;
            }
            from.consume(std::mem::take(&mut self.taken));
            if self.ended {
                return self.poll_flush(cx, receiver);
            }
            if !from.is_empty() {
                continue;
            }
            match self.poll_read(cx, sender, from) {
                Poll::Pending => {
                    ready!(self.poll_flush(cx, receiver))?;
                    self.starved = true;
                    return Poll::Pending;
                }
                Poll::Ready(Ok(0)) => self.end()?,
                Poll::Ready(Ok(read)) => self.read += read as u64,
                Poll::Ready(Err(error)) => return Poll::Ready(Err(Broken::Sender(error))),
            }
        }
    }

    /// Reads what there is. A sender that has much at once mostly has more: one write for all of it.
    fn poll_read<R>(
        &mut self,
        cx: &mut Context<'_>,
        sender: &mut R,
        from: &mut Inbound,
    ) -> Poll<io::Result<usize>>
    where
        R: AsyncRead + Unpin + ?Sized,
    {
        let mut total = match self.behind.take() {
            Some(behind) => return Poll::Ready(behind),
            None => ready!(from.poll_fill(cx, sender, LARGE))?,
        };
        let mut read = total;
        while read >= MUCH && from.room() >= MUCH {
            match from.poll_fill(cx, sender, LARGE) {
                Poll::Ready(Ok(more @ 1..)) => {
                    read = more;
                    total += more;
                }
                // What came before it goes out first, and no reader says it twice.
                Poll::Ready(end) => {
                    self.behind = Some(end);
                    break;
                }
                Poll::Pending => break,
            }
        }
        Poll::Ready(Ok(total))
    }

    fn poll_flush<W>(&mut self, cx: &mut Context<'_>, receiver: &mut W) -> Poll<Result<(), Broken>>
    where
        W: AsyncWrite + Unpin + ?Sized,
    {
        if self.dirty {
            ready!(Pin::new(receiver).poll_flush(cx)).map_err(|_| Broken::Receiver)?;
            self.dirty = false;
        }
        Poll::Ready(Ok(()))
    }

    /// Reads what is in `from`, and puts it on its way.
    fn take(&mut self, from: &mut Inbound, vectored: bool) -> Result<(), Fault> {
        let decoded = self.decoder.decode(from.bytes_mut())?;
        let ended = self.decoder.is_over();
        let mut trailers = HeaderMap::new();
        if ended {
            trailers = self.decoder.take_trailers()?;
            claims::remove_from_trailers(&mut trailers);
        }
        self.taken = decoded.consumed;
        self.ended = ended;
        match self.coding {
            Coding::Plain => {
                self.out.front();
                self.out.put(from.bytes(), decoded.data, &[], vectored);
            }
            Coding::Chunked => {
                let mut tail = Vec::new();
                if !decoded.data.is_empty() {
                    // Writing to a Vec cannot fail.
                    let _ = write!(self.out.front(), "{:x}\r\n", decoded.data.len());
                    tail.extend_from_slice(b"\r\n");
                }
                if ended {
                    write_end(&mut tail, &trailers);
                }
                self.out.front();
                self.out.put(from.bytes(), decoded.data, &tail, vectored);
            }
        }
        Ok(())
    }

    /// The sender's connection has ended.
    fn end(&mut self) -> Result<(), Broken> {
        if !self.decoder.ends_with_connection() {
            return Err(Broken::Sender(io::ErrorKind::UnexpectedEof.into()));
        }
        self.ended = true;
        if self.coding == Coding::Chunked {
            write_end(self.out.front(), &HeaderMap::new());
        }
        Ok(())
    }
}

fn write_end(out: &mut Vec<u8>, trailers: &HeaderMap) {
    out.extend_from_slice(b"0\r\n");
    for (name, value) in trailers {
        for part in [name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"] {
            out.extend_from_slice(part);
        }
    }
    out.extend_from_slice(b"\r\n");
}

#[cfg(test)]
#[path = "transfer_tests.rs"]
mod tests;
