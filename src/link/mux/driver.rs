//! The one task that owns a yamux connection.
//!
//! It moves frames and hands out streams.

use super::frame_tap::FrameTap;
use super::stream::MuxStream;
use super::{OpenRequest, Shared};
use crate::link::Transport;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::sync::mpsc;
use tokio_util::compat::Compat;

#[derive(Debug)]
pub enum LinkEnd {
    Closed,
    Broken(String),
}

/// The connection is dropped last: its streams must find the link marked closed when it wakes them.
pub(super) struct MuxDriver<T> {
    marker: MarkClosed,
    opens: mpsc::Receiver<OpenRequest>,
    /// The request that waits for yamux.
    waiting: Option<OpenRequest>,
    deliver: mpsc::Sender<MuxStream>,
    connection: yamux::Connection<FrameTap<Compat<T>>>,
}

struct MarkClosed(Arc<Shared>);

impl Drop for MarkClosed {
    fn drop(&mut self) {
        self.0.close();
    }
}

impl<T: Transport> MuxDriver<T> {
    pub(super) fn new(
        connection: yamux::Connection<FrameTap<Compat<T>>>,
        opens: mpsc::Receiver<OpenRequest>,
        deliver: mpsc::Sender<MuxStream>,
        shared: Arc<Shared>,
    ) -> Self {
        Self {
            marker: MarkClosed(shared),
            opens,
            waiting: None,
            deliver,
            connection,
        }
    }

    pub(super) async fn run(mut self) -> LinkEnd {
        let closing = self.marker.0.closing.clone();
        let mut closing = pin!(closing.cancelled());
        let end = poll_fn(|cx| match closing.as_mut().poll(cx) {
            Poll::Ready(()) => Poll::Ready(LinkEnd::Closed),
            Poll::Pending => match self.move_frames(cx) {
                Some(end) => Poll::Ready(end),
                None => Poll::Pending,
            },
        })
        .await;
        if matches!(end, LinkEnd::Closed) {
            // What is still queued in the streams goes out first; a failure changes nothing.
            let _ = poll_fn(|cx| self.connection.poll_close(cx)).await;
        }
        end
    }

    /// Moves frames until there are no more, or the link has ended. yamux then ends all streams and
    /// wakes their readers before it says so: they must not look before the link is marked closed.
    fn move_frames(&mut self, cx: &mut Context<'_>) -> Option<LinkEnd> {
        let shared = Arc::clone(&self.marker.0);
        let _moving = shared.moving.lock();
        let end = loop {
            if let Err(error) = self.handle_opens(cx) {
                break LinkEnd::Broken(error.to_string());
            }
            match self.connection.poll_next_inbound(cx) {
                Poll::Ready(Some(Ok(stream))) => self.hand_out(stream),
                Poll::Ready(Some(Err(error))) => break LinkEnd::Broken(error.to_string()),
                Poll::Ready(None) => break LinkEnd::Closed,
                Poll::Pending => return None,
            }
        };
        shared.close();
        Some(end)
    }

    fn handle_opens(&mut self, cx: &mut Context<'_>) -> Result<(), yamux::ConnectionError> {
        loop {
            let request = match self.waiting.take() {
                Some(request) => request,
                None => match self.opens.poll_recv(cx) {
                    Poll::Ready(Some(request)) => request,
                    Poll::Ready(None) | Poll::Pending => return Ok(()),
                },
            };
            if request.answer.is_closed() {
                continue;
            }
            match self.connection.poll_new_outbound(cx) {
                Poll::Ready(stream) => {
                    let stream = MuxStream::new(stream?, request.permit, &self.marker.0);
                    // Whoever asked may have gone; the stream then goes too.
                    let _ = request.answer.send(stream);
                }
                Poll::Pending => {
                    self.waiting = Some(request);
                    return Ok(());
                }
            }
        }
    }

    fn hand_out(&self, stream: yamux::Stream) {
        let shared = &self.marker.0;
        let Ok(permit) = Arc::clone(&shared.incoming).try_acquire_owned() else {
            tracing::debug!("a stream is refused: too many are open");
            shared.put_broken(stream.id().val());
            return;
        };
        let stream = MuxStream::new(stream, permit, shared);
        if self.deliver.try_send(stream).is_err() {
            tracing::debug!("a stream is refused: nobody accepts any");
        }
    }
}
