//! One live port of one session, as the ingress sees it: something to open streams to.

use super::{OpenError, Opening as Opened, Stream, Upstream, Visitor, Waiting};
use crate::link::mux::{Mux, MuxStream};
use crate::link::opening::{Answer, Failure, Opening};
use crate::link::resume::Status;
use crate::model::{Fingerprint, ServiceFault};
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

    async fn connect(&self, visitor: Visitor) -> Result<MuxStream, OpenError> {
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
                Answer::UnknownPort => return Err(OpenError::HostGone),
                Answer::Failed(failure) => return Err(OpenError::Service(map_failure(failure))),
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
                Err(_) => Err(OpenError::Service(ServiceFault::TimedOut)),
            }
        })
    }
}

/// What a host says of its service.
fn map_failure(failure: Failure) -> ServiceFault {
    match failure {
        Failure::Refused => ServiceFault::Refused,
        Failure::TimedOut => ServiceFault::TimedOut,
        Failure::UnknownName => ServiceFault::UnknownName,
        Failure::Unreachable => ServiceFault::Unreachable,
        Failure::UntrustedCertificate(sha256) => ServiceFault::UntrustedCertificate {
            fingerprint: Fingerprint(sha256),
        },
        Failure::ChangedCertificate(sha256) => ServiceFault::ChangedCertificate {
            fingerprint: Fingerprint(sha256),
        },
        Failure::NotTls => ServiceFault::NotTls,
        Failure::TlsRefused => ServiceFault::TlsRefused,
        Failure::HostFull => ServiceFault::HostFull,
        Failure::NotPermitted => ServiceFault::NotPermitted,
        Failure::Loop => ServiceFault::Loop,
        Failure::Other => ServiceFault::Other,
    }
}
