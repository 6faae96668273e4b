//! The body of an answer: a page of the relay's own, or the service's bytes as they come.
//!
//! It gives the connection back to the pool when the last byte is through, and lets go of it when
//! the visitor does.

use super::claims;
use super::pace::Turn;
use super::pool::Pool;
use super::wire::Wire;
use bytes::Bytes;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

type Polled = Poll<Option<Result<Frame<Bytes>, hyper::Error>>>;

/// What a visitor gets.
pub(super) struct RelayBody {
    source: Source,
    /// The visitor's turn lasts until its answer is written.
    turn: Option<Turn>,
}

enum Source {
    Page(Bytes),
    Service(Flow),
}

/// The service's bytes, and the connection they come over.
pub(super) struct Flow {
    incoming: Incoming,
    wire: Option<Box<Wire>>,
    home: Home,
    /// How the body broke off, until that is said.
    broken: Option<hyper::Error>,
}

/// Where a connection goes when it is idle again.
pub(super) struct Home {
    /// Nowhere, if it is one visitor's.
    pub(super) pool: Option<Arc<Pool>>,
    pub(super) key: u64,
}

impl RelayBody {
    pub(super) fn page(text: Bytes) -> Self {
        Self {
            source: Source::Page(text),
            turn: None,
        }
    }

    pub(super) fn flow(flow: Flow) -> Self {
        Self {
            source: Source::Service(flow),
            turn: None,
        }
    }

    pub(super) fn during(mut self, turn: Turn) -> Self {
        self.turn = Some(turn);
        self
    }
}

impl Flow {
    /// The body of an answer that came over `wire`. An answer without one is through already.
    pub(super) fn new(incoming: Incoming, wire: Box<Wire>, home: Home) -> Self {
        let mut flow = Self {
            incoming,
            wire: Some(wire),
            home,
            broken: None,
        };
        if flow.incoming.is_end_stream() {
            flow.finish();
        }
        flow
    }

    fn poll_frame(&mut self, cx: &mut Context<'_>) -> Polled {
        if let Some(error) = self.broken.take() {
            return Poll::Ready(Some(Err(error)));
        }
        if let Some(wire) = &mut self.wire {
            wire.drive(cx);
        }
        match Pin::new(&mut self.incoming).poll_frame(cx) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(Some(Err(error))) => {
                self.break_off(error, cx);
                Poll::Pending
            }
            Poll::Ready(mut frame) => {
                if let Some(Ok(frame)) = &mut frame
                    && let Some(trailers) = frame.trailers_mut()
                {
                    claims::remove_from_trailers(trailers);
                }
                if frame.is_none() || self.incoming.is_end_stream() {
                    self.finish();
                }
                Poll::Ready(frame)
            }
        }
    }

    /// The error waits for the next poll: whoever writes to the visitor drops what is not yet
    /// written when it hears of one.
    fn break_off(&mut self, error: hyper::Error, cx: &mut Context<'_>) {
        self.wire = None;
        self.broken = Some(error);
        cx.waker().wake_by_ref();
    }

    /// The end of the body was read; the connection is good for another request unless it says
    /// otherwise.
    fn finish(&mut self) {
        if let Some(mut wire) = self.wire.take()
            && wire.is_fresh()
            && let Some(pool) = &self.home.pool
        {
            pool.put(self.home.key, wire);
        }
    }
}

impl Body for RelayBody {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Polled {
        match &mut self.get_mut().source {
            Source::Page(text) if text.is_empty() => Poll::Ready(None),
            Source::Page(text) => Poll::Ready(Some(Ok(Frame::data(std::mem::take(text))))),
            Source::Service(flow) => flow.poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.source {
            Source::Page(text) => text.is_empty(),
            Source::Service(flow) => flow.incoming.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.source {
            Source::Page(text) => SizeHint::with_exact(text.len() as u64),
            Source::Service(flow) => flow.incoming.size_hint(),
        }
    }
}
