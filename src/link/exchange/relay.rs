//! The relay's end: puts a record before each request, and takes the nonce off the answer.

use super::{Nonce, Record, UNTIL_END};
use crate::base::forward::forward_writes;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// A stream over which requests go one after the other. For each: [`begin`](Self::begin), write what
/// it gives and the request, read the answer. Without a stream it may be made and begun already.
#[derive(Debug, Default)]
pub struct ExchangeStream<S> {
    /// The stream; `()` while there is none.
    inner: S,
    nonce: Nonce,
    /// Bytes of the nonce that are still to come.
    due: usize,
    /// Bytes of the service that were read.
    seen: u64,
}

/// The service's connection was no longer idle: none of the request has gone to it.
#[derive(Debug, thiserror::Error)]
#[error("the service's connection was not idle any more")]
struct Stale;

/// Whether reading failed because the service's connection was not idle any more.
pub fn is_stale(error: &io::Error) -> bool {
    error
        .get_ref()
        .is_some_and(<dyn std::error::Error + Send + Sync>::is::<Stale>)
}

fn stale() -> io::Error {
    io::Error::other(Stale)
}

impl<S> ExchangeStream<S> {
    /// Puts what was begun before there was a stream over one that the host serves with
    /// [`serve`](super::serve).
    pub fn over<T>(self, inner: T) -> ExchangeStream<T> {
        ExchangeStream {
            inner,
            nonce: self.nonce,
            due: self.due,
            seen: self.seen,
        }
    }

    pub fn get_ref(&self) -> &S {
        &self.inner
    }

    /// The same, for what carries no bytes.
    pub fn get_mut(&mut self) -> &mut S {
        &mut self.inner
    }

    /// Appends what stands before the next request to `front`. A request without a `length` goes on
    /// for as long as the stream does, and is its last one. The answer before must have been read.
    pub fn begin(&mut self, length: Option<u64>, front: &mut Vec<u8>) {
        self.nonce = rand::random();
        self.due = self.nonce.len();
        let record = Record {
            nonce: self.nonce,
            seen: self.seen,
            length: length.unwrap_or(UNTIL_END),
        };
        front.extend_from_slice(&record.encode());
    }

    /// Takes the nonce off what was read.
    fn check(&mut self, buf: &mut ReadBuf<'_>, before: usize) -> io::Result<()> {
        let read = &mut buf.filled_mut()[before..];
        let common = self.due.min(read.len());
        let expected = &self.nonce[self.nonce.len() - self.due..][..common];
        if common == 0 || read[..common] != *expected {
            return Err(stale());
        }
        self.due -= common;
        read.copy_within(common.., 0);
        let left = before + read.len() - common;
        buf.set_filled(left);
        Ok(())
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for ExchangeStream<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if buf.remaining() == 0 {
            return Poll::Ready(Ok(()));
        }
        let before = buf.filled().len();
        loop {
            ready!(Pin::new(&mut self.inner).poll_read(cx, buf))?;
            if self.due == 0 {
                break;
            }
            self.check(buf, before)?;
            // An empty read would be an end.
            if buf.filled().len() > before {
                break;
            }
        }
        self.seen += (buf.filled().len() - before) as u64;
        Poll::Ready(Ok(()))
    }
}

forward_writes!([S: AsyncWrite + Unpin] ExchangeStream<S>, inner);
