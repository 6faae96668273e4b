//! One live port of one session, as the ingress sees it: something to open streams to.

use super::ingress::LocalName;
use super::{
    HttpOpening, HttpStream, OpenError, Opening as Opened, Stream, Upstream, Visitor, Waiting,
};
use crate::link::exchange::ExchangeStream;
use crate::link::mux::{Mux, MuxStream};
use crate::link::opening::{Answer, Failure, Kind, Opening};
use crate::link::resume::Status;
use crate::link::wire::{PortSpec, Protocol};
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
    asked_as: AskedAs,
}

/// How the service behind a port wants to be asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct AskedAs {
    /// By which name, if not by the visitors'.
    pub(super) local_name: Option<LocalName>,
    /// Each visitor over connections of its own.
    pub(super) per_visitor: bool,
}

impl AskedAs {
    /// As a host says it; `None` where the name is none.
    pub(super) fn of(spec: &PortSpec) -> Option<Self> {
        let secure = spec.protocol == Protocol::Https;
        let local_name = match &spec.local_name {
            Some(name) => Some(LocalName::new(name, secure)?),
            None => None,
        };
        Some(Self {
            local_name,
            per_visitor: spec.per_visitor,
        })
    }
}

impl PortUpstream {
    pub(super) fn new(number: NonZeroU16, asked_as: AskedAs, way: Way, patience: Duration) -> Self {
        Self {
            key: NEXT_KEY.fetch_add(1, Ordering::Relaxed),
            number,
            asked_as,
            way,
            patience,
        }
    }

    pub(super) fn number(&self) -> NonZeroU16 {
        self.number
    }

    pub(super) fn asked_as(&self) -> &AskedAs {
        &self.asked_as
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
            Err(_) => Err(OpenError::Service(ServiceFault::TimedOut)),
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

    fn local_name(&self) -> Option<&LocalName> {
        self.asked_as.local_name.as_ref()
    }

    fn is_per_visitor(&self) -> bool {
        self.asked_as.per_visitor
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
