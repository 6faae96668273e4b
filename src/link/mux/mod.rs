//! Many streams over one session, which choose what goes next at the moment at which the link takes it.
//!
//! The frames are those of [yamux]; what waits is served as `fq_codel` does (`schedule`), so that a
//! few bytes never wait behind a download. It bounds how many streams live at once, tells a reset from
//! a clean end, and knows nothing of what the streams carry. Its streams do not hold each other up: each
//! has a window of its own. Why it is ours, and why it speaks yamux: `docs/adr/0027`.
//!
//! [yamux]: https://github.com/hashicorp/yamux/blob/master/spec.md

mod frame;
#[cfg(any(test, fuzzing))]
pub mod fuzz;
mod halves;
mod queue;
mod schedule;
mod stream;
mod streams;
mod wire;

pub use stream::MuxStream;

use super::resume::{Milestone, Payload, SessionEnd, SessionGuard};
use parking_lot::Mutex;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::Waker;
use std::time::Duration;
use streams::Streams;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

/// Maximum concurrent streams of one link: with the first window of 256 KiB each, this is what bounds
/// a link's memory.
pub const MAX_STREAMS: usize = 1024;

/// Streams kept for the host's own probes beside those: visitors who take every other one must not
/// make the tunnel look dead. A tunnel's ports are probed one by one, so few are under way at once.
pub const PROBE_STREAMS: usize = 8;

/// Streams that a host takes beside all those: one that its relay has given up counts here until the
/// host has let go of it, and the next one may be there before.
const LEAVING_STREAMS: usize = 512;

/// A relay lets a host open the control stream and no other.
const MAX_STREAMS_OF_HOST: usize = 1;

/// Which end this is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Opens the control stream, accepts data streams.
    Host,
    /// Accepts the control stream, opens data streams.
    Relay,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenStreamError {
    #[error("the link is gone")]
    Closed,
    #[error("too many streams are open")]
    TooMany,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LinkEnd {
    Closed,
    Broken(String),
}

/// The streams of a link whose session is still to be made: it is to carry [`Mux::payload`], and they go
/// over it while [`Mux::run`] does.
pub fn new(role: Role) -> (Mux, Incoming) {
    let limit = match role {
        Role::Host => MAX_STREAMS + PROBE_STREAMS + LEAVING_STREAMS,
        Role::Relay => MAX_STREAMS_OF_HOST,
    };
    let shared = Arc::new(Shared {
        streams: Mutex::new(Streams::new(role, limit)),
        outgoing: Arc::new(Semaphore::new(MAX_STREAMS)),
        probes: Arc::new(Semaphore::new(PROBE_STREAMS)),
    });
    (Mux(Arc::clone(&shared)), Incoming(shared))
}

/// They go over a connection of their own: for tests of what streams carry.
#[cfg(test)]
pub(crate) fn over(
    transport: impl super::Transport,
    role: Role,
) -> (
    Mux,
    Incoming,
    impl Future<Output = LinkEnd> + Send + 'static,
) {
    let (mux, incoming) = new(role);
    let (_, session) = super::resume::over(transport, mux.payload());
    let ends = mux.run(session);
    (mux, incoming, ends)
}

/// What is dropped with the future: the session first hears that nobody has it any more.
struct Carried {
    shared: Arc<Shared>,
    _session: SessionGuard,
}

impl Drop for Carried {
    fn drop(&mut self) {
        self.shared.streams.lock().conclude(LinkEnd::Closed);
    }
}

/// The streams that the other end opens.
#[derive(Debug)]
pub struct Incoming(Arc<Shared>);

impl Incoming {
    /// The next one; `None` once the link is gone.
    pub async fn next(&mut self) -> Option<MuxStream> {
        let id = poll_fn(|cx| self.0.streams.lock().poll_accept(cx)).await?;
        Some(MuxStream::new(id, Arc::clone(&self.0), None))
    }
}

impl Drop for Incoming {
    fn drop(&mut self) {
        self.0.streams.lock().refuse();
    }
}

/// One end of a link: opens streams, and watches over it. Clones are handles to the same link.
#[derive(Clone, Debug)]
pub struct Mux(Arc<Shared>);

impl Mux {
    /// What the session of the link is to carry.
    pub fn payload(&self) -> Arc<dyn Payload> {
        Arc::clone(&self.0) as Arc<dyn Payload>
    }

    /// Resolves when the link ends. Dropping it ends the session.
    pub fn run(&self, session: SessionGuard) -> impl Future<Output = LinkEnd> + Send + use<> {
        let carried = Carried {
            shared: Arc::clone(&self.0),
            _session: session,
        };
        async move { poll_fn(|cx| carried.shared.streams.lock().poll_end(cx)).await }
    }

    /// Opens a stream. The other end learns of it with the first bytes written.
    ///
    /// # Errors
    /// `TooMany` at once when [`MAX_STREAMS`] are open, `Closed` when the link is gone.
    pub fn open(&self) -> Result<MuxStream, OpenStreamError> {
        self.open_in(&self.0.outgoing)
    }

    /// The same, and waits for so long when there is no room: streams that are given up take a moment
    /// to go.
    ///
    /// # Errors
    /// `TooMany` when there is no room even then, `Closed` when the link is gone.
    pub async fn open_within(&self, patience: Duration) -> Result<MuxStream, OpenStreamError> {
        let places = Arc::clone(&self.0.outgoing);
        match timeout(patience, places.acquire_owned()).await {
            Ok(Ok(permit)) => self.open_with(permit),
            Ok(Err(_)) | Err(_) => Err(OpenStreamError::TooMany),
        }
    }

    /// Opens a stream for a probe: there is room for [`PROBE_STREAMS`] beside all others.
    pub fn open_probe(&self) -> Result<MuxStream, OpenStreamError> {
        self.open_in(&self.0.probes)
    }

    pub fn is_closed(&self) -> bool {
        self.0.streams.lock().is_over()
    }

    /// Whether [`Mux::open`] would find no room.
    pub fn is_full(&self) -> bool {
        self.0.outgoing.available_permits() == 0
    }

    fn open_in(&self, places: &Arc<Semaphore>) -> Result<MuxStream, OpenStreamError> {
        let permit = Arc::clone(places).try_acquire_owned();
        self.open_with(permit.map_err(|_| OpenStreamError::TooMany)?)
    }

    fn open_with(&self, permit: OwnedSemaphorePermit) -> Result<MuxStream, OpenStreamError> {
        let id = self.0.streams.lock().open();
        let id = id.ok_or(OpenStreamError::Closed)?;
        Ok(MuxStream::new(id, Arc::clone(&self.0), Some(permit)))
    }

    /// The other end takes a reset behind an end for what it is: nobody reads what it still writes.
    /// Until this is known, what an older one writes to nobody is thrown away here.
    pub fn other_end_knows_stop(&self) {
        self.0.streams.lock().knows_stop = true;
    }

    /// The other end, an older one, says that it reads these streams no more.
    pub fn stop(&self, streams: &[u32]) {
        self.0.streams.lock().stop(streams);
    }

    /// Sends what is under way, then closes the link.
    pub fn close(&self) {
        self.0.streams.lock().close();
    }

    /// How many streams are open, both ways.
    pub fn streams(&self) -> usize {
        self.0.streams.lock().len()
    }
}

/// What the handles and the streams of one link have in common.
#[derive(Debug)]
struct Shared {
    streams: Mutex<Streams>,
    outgoing: Arc<Semaphore>,
    probes: Arc<Semaphore>,
}

impl Payload for Shared {
    fn receive(&self, bytes: &[u8]) -> Result<(), &'static str> {
        self.streams.lock().receive(bytes)
    }

    fn transmit(&self, room: usize, put: &mut dyn FnMut(&[u8])) -> bool {
        self.streams.lock().transmit(room, put)
    }

    fn drive(&self, waker: &Waker) -> usize {
        let mut streams = self.streams.lock();
        streams.drive(waker);
        streams.to_go()
    }

    fn held(&self) -> usize {
        self.streams.lock().held()
    }

    fn reach(&self, milestone: Milestone) {
        let end = match milestone {
            Milestone::Over(SessionEnd::Finished | SessionEnd::Closed)
            | Milestone::Ended
            | Milestone::Delivered => LinkEnd::Closed,
            Milestone::Over(end) => LinkEnd::Broken(end.to_string()),
        };
        self.streams.lock().conclude(end);
    }
}

#[cfg(test)]
mod tests;
