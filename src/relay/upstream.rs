//! One live port of one session, as the ingress sees it: something to open streams to.

use super::{
    HttpOpening, HttpStream, OpenError, Opening as Opened, Stream, Upstream, Visitor, Waiting,
};
use crate::link::exchange::ExchangeStream;
use crate::link::mux::{Mux, MuxStream};
use crate::link::opening::{Answer, Kind, Opening};
use crate::link::resume::Status;
use std::num::NonZeroU16;
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
}

impl PortUpstream {
    pub(super) fn new(number: NonZeroU16, way: Way, patience: Duration) -> Self {
        Self {
            key: NEXT_KEY.fetch_add(1, Ordering::Relaxed),
            number,
            way,
            patience,
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

    /// Waits for a parked link, then for the host to have connected to the service.
    async fn connected(
        &self,
        visitor: Visitor,
        kind: Kind,
        first: &[u8],
    ) -> Result<MuxStream, OpenError> {
        if self.is_parked() {
            self.resumed().await?;
        }
        match timeout(self.patience, self.connect(visitor, kind, first)).await {
            Ok(opened) => opened,
            // It may have been parked since.
            Err(_) if self.is_parked() => Err(OpenError::HostGone),
            Err(_) => Err(OpenError::TimedOut),
        }
    }

    async fn connect(
        &self,
        visitor: Visitor,
        kind: Kind,
        first: &[u8],
    ) -> Result<MuxStream, OpenError> {
        let gone = |_| OpenError::HostGone;
        let mut stream = self.way.mux.open().await.map_err(|_| OpenError::HostGone)?;
        let opening = Opening {
            port: self.number.get(),
            visitor: visitor.peer,
            kind,
        };
        let mut beginning = opening.encode();
        beginning.extend_from_slice(first);
        stream.write_all(&beginning).await.map_err(gone)?;
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
            let stream = self.connected(visitor, Kind::Bytes, &[]).await?;
            Ok(Box::new(stream) as Box<dyn Stream>)
        })
    }

    fn open_http<'a>(
        &'a self,
        visitor: Visitor,
        first: &'a [u8],
        length: Option<u64>,
    ) -> HttpOpening<'a> {
        Box::pin(async move {
            let mut exchanges = ExchangeStream::<()>::default();
            let mut front = Vec::with_capacity(first.len() + 32);
            exchanges.begin(length, &mut front);
            front.extend_from_slice(first);
            let stream = self.connected(visitor, Kind::Requests, &front).await?;
            Ok(Box::new(exchanges.over(stream)) as Box<dyn HttpStream>)
        })
    }
}
