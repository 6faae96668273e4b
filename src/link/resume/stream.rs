//! The application's side of a session: one duplex stream that never sees a drop.
//!
//! While there is no link, writes wait and reads bring what had arrived. Only the other end's FIN
//! is an end of the stream; a session that cannot go on is an error that says why.

use super::Payload;
use super::end::SessionEnd;
use super::machine::Read;
use super::shared::Shared;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// The application's end of a [`session`](super::session), which has the contract.
///
/// Dropping it calls the session off, but for what was written before a shutdown.
pub struct ResumeStream {
    shared: Arc<Shared>,
}

impl std::fmt::Debug for ResumeStream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ResumeStream").finish_non_exhaustive()
    }
}

impl ResumeStream {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    /// Carries `payload` from here on, in place of what is written here and read. Dropping this still
    /// calls the session off.
    pub fn carry(&self, payload: Arc<dyn Payload>) {
        self.shared.with(|state| {
            state.machine.hand_over(&*payload);
            state.payload = Some(payload);
            state.wake_driver();
        });
    }
}

impl Drop for ResumeStream {
    fn drop(&mut self) {
        self.shared.with(|state| {
            state.machine.abandon();
            state.wake_driver();
        });
    }
}

impl AsyncRead for ResumeStream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if buf.remaining() == 0 {
            return Poll::Ready(Ok(()));
        }
        self.shared.with(|state| {
            match state.machine.read(buf.initialize_unfilled()) {
                Read::Bytes(count) => {
                    buf.advance(count);
                    state.wake_driver_if_due();
                }
                Read::Eof => {}
                Read::Over(end) => return Poll::Ready(Err(error(end))),
                Read::Wait => {
                    state.wait_to_read(cx);
                    return Poll::Pending;
                }
            }
            Poll::Ready(Ok(()))
        })
    }
}

impl AsyncWrite for ResumeStream {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.shared.with(|state| {
            if let Some(end) = state.machine.end() {
                return Poll::Ready(Err(error(end)));
            }
            if state.machine.is_finishing() {
                return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
            }
            match state.machine.write(buf) {
                0 if !buf.is_empty() => {
                    state.wait_to_write(cx);
                    Poll::Pending
                }
                count => {
                    state.wake_driver_if_due();
                    Poll::Ready(Ok(count))
                }
            }
        })
    }

    /// What was written goes out by itself.
    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    /// Ready once the other end has everything.
    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.shared.with(|state| {
            if !state.machine.is_finishing() {
                state.machine.finish();
                state.wake_driver();
            }
            match state.machine.end() {
                _ if state.machine.is_delivered() => Poll::Ready(Ok(())),
                Some(SessionEnd::Closed) => Poll::Ready(Ok(())),
                Some(end) => Poll::Ready(Err(error(end))),
                None => {
                    state.wait_to_write(cx);
                    Poll::Pending
                }
            }
        })
    }
}

fn error(end: SessionEnd) -> io::Error {
    let kind = match end {
        SessionEnd::Finished | SessionEnd::Closed | SessionEnd::Dropped => {
            io::ErrorKind::BrokenPipe
        }
        SessionEnd::Reset(_) => io::ErrorKind::ConnectionReset,
        SessionEnd::Protocol(_) => io::ErrorKind::InvalidData,
        SessionEnd::CannotResume(_) => io::ErrorKind::ConnectionAborted,
    };
    io::Error::new(kind, end)
}
