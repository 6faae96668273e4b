//! One live port of one session, as the ingress sees it: something to open streams to.

use super::held::Held;
use super::limiter::{Limiter, Network, Share};
use super::{OpenError, Opening as Opened, Stream, Upstream, Visitor, Waiting};
use crate::link::mux::{Mux, MuxStream};
use crate::link::opening::{Answer, Opening};
use crate::link::resume::Status;
use std::num::NonZeroU16;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::io::AsyncWriteExt as _;
use tokio::sync::watch;
use tokio::time::timeout;

/// The keys of all upstreams of this process.
static NEXT_KEY: AtomicU64 = AtomicU64::new(1);

/// How streams get to a host.
#[derive(Clone, Debug)]
pub(super) struct Way {
    pub(super) mux: Mux,
    /// Whether the link under them is attached.
    pub(super) link: watch::Receiver<Status>,
}

/// One live port.
#[derive(Debug)]
pub(super) struct PortUpstream {
    key: u64,
    number: NonZeroU16,
    way: Way,
    patience: Duration,
    /// Its visitors' streams.
    streams: Arc<Limiter>,
}

impl PortUpstream {
    pub(super) fn new(number: NonZeroU16, way: Way, patience: Duration, share: Share) -> Self {
        Self {
            key: NEXT_KEY.fetch_add(1, Ordering::Relaxed),
            number,
            way,
            patience,
            streams: Limiter::new("streams to a port", share),
        }
    }

    pub(super) fn number(&self) -> NonZeroU16 {
        self.number
    }

    fn is_parked(&self) -> bool {
        *self.way.link.borrow() == Status::Parked
    }

    /// Waits for a parked link to go on.
    async fn resumed(&self) -> Result<(), OpenError> {
        let mut link = self.way.link.clone();
        let waiting = link.wait_for(|status| *status != Status::Parked);
        match timeout(self.patience, waiting).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(OpenError::HostGone),
        }
    }

    /// A stream that holds its place from before it is there, so that the link has one for it.
    async fn connect(&self, visitor: Visitor) -> Result<Held<MuxStream>, OpenError> {
        let permit = self.streams.admit(Network::of(visitor.peer.ip()));
        let stream = tokio::select! {
            stream = self.open_stream(visitor) => stream?,
            () = permit.evicted() => return Err(OpenError::HostGone),
        };
        Ok(Held::new(stream, permit))
    }

    async fn open_stream(&self, visitor: Visitor) -> Result<MuxStream, OpenError> {
        let gone = |_| OpenError::HostGone;
        let mut stream = self.way.mux.open().await.map_err(|_| OpenError::HostGone)?;
        let opening = Opening {
            port: self.number.get(),
            visitor: visitor.peer,
        };
        stream.write_all(&opening.encode()).await.map_err(gone)?;
        stream.flush().await.map_err(gone)?;
        loop {
            match Answer::read(&mut stream).await.map_err(gone)? {
                Answer::Trying => {}
                Answer::Connected => return Ok(stream),
                Answer::Refused => return Err(OpenError::Refused),
                Answer::TimedOut => return Err(OpenError::TimedOut),
                Answer::UnknownPort => return Err(OpenError::HostGone),
            }
        }
    }
}

impl Upstream for PortUpstream {
    fn key(&self) -> u64 {
        self.key
    }

    fn wait(&self) -> Option<Waiting<'_>> {
        self.is_parked()
            .then(|| Box::pin(self.resumed()) as Waiting<'_>)
    }

    fn open(&self, visitor: Visitor) -> Opened<'_> {
        Box::pin(async move {
            if self.is_parked() {
                self.resumed().await?;
            }
            match timeout(self.patience, self.connect(visitor)).await {
                Ok(opened) => opened.map(|stream| Box::new(stream) as Box<dyn Stream>),
                // It may have been parked since.
                Err(_) if self.is_parked() => Err(OpenError::HostGone),
                Err(_) => Err(OpenError::TimedOut),
            }
        })
    }
}
