//! One HTTP/1 connection to a service, over a stream of the backend.
//!
//! No task of its own drives it: whoever waits for its answer or reads its body does, so that a
//! request crosses no task and a visitor that goes away takes its request along. It knows nothing of
//! visitors or pages.

use super::claims;
use crate::relay::Stream;
use bytes::Bytes;
use http::{Request, Response};
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper::client::conn::TrySendError;
use hyper::client::conn::http1::{Builder, Connection, SendRequest};
use hyper_util::rt::TokioIo;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};
use tokio::task::unconstrained;

/// The most a connection buffers in either direction; also the largest answer head.
const BUFFER: usize = 128 * 1024;

/// The stream that carries it.
pub(super) type Carrier = Box<dyn Stream>;

/// An idle or busy connection.
pub(super) struct Wire {
    sender: SendRequest<RequestBody>,
    connection: Connection<TokioIo<Carrier>, RequestBody>,
    over: bool,
}

/// What came of a request.
pub(super) struct Answer {
    pub(super) response: Response<Incoming>,
    pub(super) wire: Box<Wire>,
}

/// Why there is no answer; holds the request when none of it was sent.
pub(super) struct Unanswered {
    pub(super) error: hyper::Error,
    pub(super) request: Option<Request<RequestBody>>,
}

impl Wire {
    pub(super) async fn over(stream: Carrier) -> Result<Box<Self>, hyper::Error> {
        let (sender, connection) = Builder::new()
            .max_buf_size(BUFFER)
            .handshake(TokioIo::new(stream))
            .await?;
        Ok(Box::new(Self {
            sender,
            connection,
            over: false,
        }))
    }

    /// Whether it can take a request, as far as this side knows: the last exchange is through and
    /// the service has not closed it.
    pub(super) fn is_fresh(&mut self) -> bool {
        // Nobody waits for it while it is idle; whoever takes it next polls it again.
        let over = self.drive(&mut Context::from_waker(Waker::noop()));
        !over && self.sender.is_ready()
    }

    /// Sends `request` and waits for the answer's head.
    pub(super) async fn send(
        mut self: Box<Self>,
        request: Request<RequestBody>,
    ) -> Result<Answer, Unanswered> {
        // Unconstrained: an answer that is there must be taken before its connection is let go.
        let mut answer = pin!(unconstrained(self.sender.try_send_request(request)));
        let mut wire = Some(self);
        let response = poll_fn(|cx| {
            let over = wire.as_mut().is_some_and(|wire| wire.drive(cx));
            match answer.as_mut().poll(cx) {
                // The connection ended without a word: its end settles the answer.
                Poll::Pending if over => {
                    wire = None;
                    answer.as_mut().poll(cx)
                }
                polled => polled,
            }
        })
        .await;
        match (response, wire) {
            (Ok(response), Some(wire)) => Ok(Answer { response, wire }),
            // The connection is let go only when a poll found no answer, and nobody else can give one.
            (Ok(_), None) => unreachable!("an answer without its connection"),
            (Err(failed), _) => Err(Unanswered::from(failed)),
        }
    }

    /// Does what can be done now. True once the connection is over.
    pub(super) fn drive(&mut self, cx: &mut Context<'_>) -> bool {
        // An error that matters reaches whoever waits for the answer or the body.
        self.over = self.over || self.connection.poll_without_shutdown(cx).is_ready();
        self.over
    }

    /// Waits for the end of HTTP on it, after the answer 101: the stream, and what the service sent
    /// already in the new protocol.
    pub(super) async fn into_stream(mut self: Box<Self>) -> (Carrier, Bytes) {
        poll_fn(|cx| {
            if self.drive(cx) {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        })
        .await;
        let parts = self.connection.into_parts();
        (parts.io.into_inner(), parts.read_buf)
    }
}

impl From<TrySendError<Request<RequestBody>>> for Unanswered {
    fn from(mut failed: TrySendError<Request<RequestBody>>) -> Self {
        let request = failed.take_message();
        Self {
            error: failed.into_error(),
            request,
        }
    }
}

/// What a visitor sends along. Another type than the answer's, so that a request without a body can
/// be made a second time.
pub(super) enum RequestBody {
    Empty,
    Visitor(Incoming),
}

impl From<Incoming> for RequestBody {
    fn from(body: Incoming) -> Self {
        if body.is_end_stream() {
            Self::Empty
        } else {
            Self::Visitor(body)
        }
    }
}

impl Body for RequestBody {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        match self.get_mut() {
            Self::Empty => Poll::Ready(None),
            Self::Visitor(body) => Pin::new(body).poll_frame(cx).map_ok(|mut frame| {
                if let Some(trailers) = frame.trailers_mut() {
                    claims::remove_from_trailers(trailers);
                }
                frame
            }),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Empty => true,
            Self::Visitor(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Empty => SizeHint::with_exact(0),
            Self::Visitor(body) => body.size_hint(),
        }
    }
}
