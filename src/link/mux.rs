//! Many streams over one transport: yamux, driven by one task that owns the connection.
//!
//! It bounds how many streams live at once, tells a reset from a clean end, and knows nothing of
//! what the streams carry. Its streams do not hold each other up: each has a window of its own.

mod driver;
mod frame_tap;
mod stream;

pub use driver::LinkEnd;
pub use stream::MuxStream;

use super::Transport;
use driver::MuxDriver;
use frame_tap::FrameTap;
use parking_lot::Mutex;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use stream::ResetFlag;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, mpsc, oneshot};
use tokio::time::timeout;
use tokio_util::compat::TokioAsyncReadCompatExt as _;
use tokio_util::sync::CancellationToken;

/// Maximum concurrent streams of one link: with the first window of 256 KiB each, this is what bounds
/// a link's memory.
pub const MAX_STREAMS: usize = 1024;

/// Streams kept for the host's own probes beside those: visitors who take every other one must not
/// make the tunnel look dead. A tunnel's ports are probed one by one, so few are under way at once.
pub const PROBE_STREAMS: usize = 8;

/// Streams that a host takes beside all those: one that its relay has given up counts here until the
/// host has let go of it, and the next one may be there before.
const LEAVING_STREAMS: usize = 512;

/// A relay lets a host open the control stream and no other. Whoever is not admitted yet can still
/// make it hold up to 1 MiB for the body of a frame, which yamux makes room for before it looks at
/// any window, besides the bytes of the stream's own window.
const MAX_STREAMS_OF_HOST: usize = 1;

/// Maximum abandoned streams named at once: they fit one control message.
const MAX_ABANDONED: usize = 1024;

/// Requests to open a stream that may wait for the driver.
const OPEN_QUEUE: usize = 256;

/// yamux ends the whole link when its own limit is passed, so ours stays well below it.
const YAMUX_STREAMS: usize = 4 * MAX_STREAMS;

/// All windows of a link together may grow by this much beyond the first 256 KiB of each.
const WINDOW_GROWTH: usize = 64 * 1024 * 1024;

/// The largest body of a frame: two TLS records. Larger ones would hold up the other streams.
const FRAME_BODY: usize = 32 * 1024;

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

/// Starts multiplexing: the handle, the streams that the other end opens, and the driver, a future
/// that must be spawned and ends with the link.
pub fn start<T: Transport>(
    transport: T,
    role: Role,
) -> (
    Mux,
    Incoming,
    impl Future<Output = LinkEnd> + Send + 'static,
) {
    let (limit, mode) = match role {
        Role::Host => (
            MAX_STREAMS + PROBE_STREAMS + LEAVING_STREAMS,
            yamux::Mode::Client,
        ),
        Role::Relay => (MAX_STREAMS_OF_HOST, yamux::Mode::Server),
    };
    let shared = Arc::new(Shared::new(limit));
    let (open, opens) = mpsc::channel(OPEN_QUEUE);
    let (deliver, incoming) = mpsc::channel(limit);
    let watch = FrameTap::new(transport.compat(), &shared);
    let connection = yamux::Connection::new(watch, config(), mode);
    let driver = MuxDriver::new(connection, opens, deliver, Arc::clone(&shared));
    let mux = Mux { open, shared };
    (mux, Incoming(incoming), driver.run())
}

fn config() -> yamux::Config {
    let mut config = yamux::Config::default();
    // The order matters: each setter checks the other's value.
    config
        .set_max_connection_receive_window(None)
        .set_max_num_streams(YAMUX_STREAMS)
        .set_max_connection_receive_window(Some(YAMUX_STREAMS * 256 * 1024 + WINDOW_GROWTH))
        .set_split_send_size(FRAME_BODY);
    config
}

/// The streams that the other end opens.
#[derive(Debug)]
pub struct Incoming(mpsc::Receiver<MuxStream>);

impl Incoming {
    /// The next one; `None` once the link is gone.
    pub async fn next(&mut self) -> Option<MuxStream> {
        self.0.recv().await
    }
}

/// One end of a link: opens streams, and watches over it. Clones are handles to the same link.
#[derive(Clone, Debug)]
pub struct Mux {
    open: mpsc::Sender<OpenRequest>,
    shared: Arc<Shared>,
}

impl Mux {
    /// Opens a stream. The other end learns of it with the first bytes written.
    ///
    /// # Errors
    /// `TooMany` at once when [`MAX_STREAMS`] are open, `Closed` when the link is gone.
    pub async fn open(&self) -> Result<MuxStream, OpenStreamError> {
        self.open_in(&self.shared.outgoing).await
    }

    /// The same, and waits for so long when there is no room: streams that are given up take a moment
    /// to go.
    ///
    /// # Errors
    /// `TooMany` when there is no room even then, `Closed` when the link is gone.
    pub async fn open_within(&self, patience: Duration) -> Result<MuxStream, OpenStreamError> {
        let places = Arc::clone(&self.shared.outgoing);
        match timeout(patience, places.acquire_owned()).await {
            Ok(Ok(permit)) => self.open_with(permit).await,
            Ok(Err(_)) | Err(_) => Err(OpenStreamError::TooMany),
        }
    }

    /// Opens a stream for a probe: there is room for [`PROBE_STREAMS`] beside all others.
    pub async fn open_probe(&self) -> Result<MuxStream, OpenStreamError> {
        self.open_in(&self.shared.probes).await
    }

    pub fn is_closed(&self) -> bool {
        self.shared.is_closed()
    }

    /// Whether [`Mux::open`] would find no room.
    pub fn is_full(&self) -> bool {
        self.shared.outgoing.available_permits() == 0
    }

    async fn open_in(&self, places: &Arc<Semaphore>) -> Result<MuxStream, OpenStreamError> {
        let permit = Arc::clone(places)
            .try_acquire_owned()
            .map_err(|_| OpenStreamError::TooMany)?;
        self.open_with(permit).await
    }

    async fn open_with(&self, permit: OwnedSemaphorePermit) -> Result<MuxStream, OpenStreamError> {
        let (answer, opened) = oneshot::channel();
        let request = OpenRequest { permit, answer };
        self.open
            .send(request)
            .await
            .map_err(|_| OpenStreamError::Closed)?;
        opened.await.map_err(|_| OpenStreamError::Closed)
    }

    /// Waits for streams that were dropped here while the other end may still write to them. Pass
    /// them to the other end's [`Mux::reset`]: yamux has no word for it, and the writer there would
    /// wait for ever.
    pub async fn abandoned(&self) -> Vec<u32> {
        loop {
            let changed = self.shared.abandoned_changed.notified();
            let streams = self.shared.take_abandoned();
            if !streams.is_empty() {
                return streams;
            }
            changed.await;
        }
    }

    /// Breaks streams that the other end has abandoned.
    pub fn reset(&self, streams: &[u32]) {
        let known = self.shared.streams.lock();
        for flag in streams.iter().filter_map(|id| known.live.get(id)) {
            flag.raise();
        }
    }

    /// Sends what is under way, then closes the link. The driver ends when that is done.
    pub fn close(&self) {
        self.shared.closing.cancel();
    }

    /// How many streams are open, both ways.
    pub fn streams(&self) -> usize {
        self.shared.streams.lock().live.len()
    }
}

#[derive(Debug)]
struct OpenRequest {
    permit: OwnedSemaphorePermit,
    answer: oneshot::Sender<MuxStream>,
}

#[derive(Debug, Default)]
struct Streams {
    live: HashMap<u32, Arc<ResetFlag>>,
    /// Dropped before their end was written. An entry leaves with yamux's last word on the stream,
    /// or goes when the other end resets it and there is none.
    broken: HashSet<u32>,
}

/// What the driver, the handles and the streams of one link have in common.
#[derive(Debug)]
struct Shared {
    closed: AtomicBool,
    /// Held while frames move: between two turns, streams that a lost link ended are known as such.
    moving: Mutex<()>,
    closing: CancellationToken,
    streams: Mutex<Streams>,
    abandoned: Mutex<Vec<u32>>,
    abandoned_changed: Notify,
    outgoing: Arc<Semaphore>,
    probes: Arc<Semaphore>,
    incoming: Arc<Semaphore>,
}

impl Shared {
    fn new(incoming: usize) -> Self {
        Self {
            closed: AtomicBool::new(false),
            moving: Mutex::default(),
            closing: CancellationToken::new(),
            streams: Mutex::default(),
            abandoned: Mutex::default(),
            abandoned_changed: Notify::new(),
            outgoing: Arc::new(Semaphore::new(MAX_STREAMS)),
            probes: Arc::new(Semaphore::new(PROBE_STREAMS)),
            incoming: Arc::new(Semaphore::new(incoming)),
        }
    }

    fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    /// The link is gone: every stream that still waits for it is broken.
    fn close(&self) {
        self.closed.store(true, Ordering::Release);
        for flag in self.streams.lock().live.values() {
            flag.raise();
        }
        self.abandoned_changed.notify_waiters();
    }

    /// The other end has reset this stream.
    fn handle_reset(&self, stream: u32) {
        let mut streams = self.streams.lock();
        streams.broken.remove(&stream);
        if let Some(flag) = streams.live.get(&stream) {
            flag.handle_reset();
        }
    }

    /// What yamux says last of this stream must be a reset.
    fn put_broken(&self, stream: u32) {
        self.streams.lock().broken.insert(stream);
    }

    fn take_broken(&self, stream: u32) -> bool {
        self.streams.lock().broken.remove(&stream)
    }

    fn take_abandoned(&self) -> Vec<u32> {
        let mut waiting = self.abandoned.lock();
        let count = waiting.len().min(MAX_ABANDONED);
        waiting.drain(..count).collect()
    }

    fn abandon(&self, stream: u32) {
        self.abandoned.lock().push(stream);
        self.abandoned_changed.notify_one();
    }
}

#[cfg(test)]
mod tests;
