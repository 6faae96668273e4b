//! One live port of one session, as the ingress sees it: something to open streams to.

use super::ingress::LocalName;
use super::limiter::{Limiter, Network, Share};
use super::link_streams::LinkStreams;
use super::permit_stream::PermitStream;
use super::{
    HttpOpening, HttpStream, OpenError, Opening as Opened, Stream, Upstream, Visitor, Waiting,
};
use crate::base::digest::sha256;
use crate::link::control::{PortSpec, Protocol};
use crate::link::exchange::ExchangeStream;
use crate::link::mux::{MAX_STREAMS, Mux, MuxStream, OpenStreamError};
use crate::link::opening::{Answer, Failure, Kind, Opening};
use crate::link::resume::Status;
use crate::model::{Fingerprint, ServiceFault, VISITORS_AT_ONCE};
use std::num::NonZeroU16;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::io::AsyncWriteExt as _;
use tokio::sync::watch;
use tokio::time::timeout;

/// What a person is told of is what there is.
const _: () = assert!(MAX_STREAMS == VISITORS_AT_ONCE as usize);

/// How long a visitor who has a place waits for the stream that goes with it: whoever had it before is
/// on its way out.
const STREAM_WITHIN: Duration = Duration::from_secs(2);

/// The keys of all upstreams of this process.
static NEXT_KEY: AtomicU64 = AtomicU64::new(1);

/// How streams get to a host.
#[derive(Clone, Debug)]
pub(super) struct HostRoute {
    pub(super) mux: Mux,
    /// Whether the link under them is attached.
    pub(super) link: watch::Receiver<Status>,
    /// How the host's own probes are known.
    pub(super) probes: ProbeKey,
    /// What all ports of the host share of its link.
    pub(super) streams: Arc<LinkStreams>,
}

/// What the host's own probes show, as a digest: how long a comparison takes tells nobody anything.
#[derive(Clone, Default)]
pub(super) struct ProbeKey(Option<Arc<[u8; 32]>>);

impl ProbeKey {
    /// An empty one is nobody's.
    pub(super) fn new(key: &str) -> Self {
        Self((!key.is_empty()).then(|| Arc::new(sha256(key))))
    }

    fn fits(&self, shown: &[u8]) -> bool {
        self.0.as_ref().is_some_and(|key| **key == sha256(shown))
    }
}

impl std::fmt::Debug for ProbeKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

/// One live port of one session.
#[derive(Debug)]
pub(super) struct PortUpstream {
    key: u64,
    number: NonZeroU16,
    route: HostRoute,
    patience: Duration,
    asked_as: AskedAs,
    /// Its visitors' streams.
    streams: Arc<Limiter>,
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

/// A stream to be opened.
#[derive(Clone, Copy)]
struct Order<'a> {
    visitor: Visitor,
    /// It is the host's own probe, for which places are kept.
    probe: bool,
    kind: Kind,
    /// What is sent with the opening.
    first: &'a [u8],
}

impl PortUpstream {
    pub(super) fn new(
        number: NonZeroU16,
        asked_as: AskedAs,
        route: HostRoute,
        patience: Duration,
        share: Share,
    ) -> Self {
        let streams = Limiter::new("streams to a port", share);
        route.streams.register(&streams);
        Self {
            key: NEXT_KEY.fetch_add(1, Ordering::Relaxed),
            number,
            asked_as,
            route,
            patience,
            streams,
        }
    }

    pub(super) fn number(&self) -> NonZeroU16 {
        self.number
    }

    pub(super) fn asked_as(&self) -> &AskedAs {
        &self.asked_as
    }

    fn is_parked(&self) -> bool {
        *self.route.link.borrow() == Status::Parked
    }

    /// Waits for a parked link to go on.
    async fn resumed(&self) -> Result<(), OpenError> {
        let mut link = self.route.link.clone();
        let waiting = link.wait_for(|status| *status != Status::Parked);
        match timeout(self.patience, waiting).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(OpenError::HostGone),
        }
    }

    /// Waits for a parked link, then for the host to have connected to the service. A visitor's stream
    /// holds its place from before it is there, so that the link has one for it.
    async fn connected(&self, order: Order<'_>) -> Result<PermitStream<MuxStream>, OpenError> {
        if self.is_parked() {
            self.resumed().await?;
        }
        let network = Network::of(order.visitor.peer.ip());
        let permit = (!order.probe).then(|| self.route.streams.admit(&self.streams, network));
        let evicted = async {
            match &permit {
                Some(permit) => permit.evicted().await,
                None => std::future::pending().await,
            }
        };
        let opened = tokio::select! {
            opened = timeout(self.patience, self.connect(order)) => opened,
            () = evicted => return Err(OpenError::Full),
        };
        match opened {
            Ok(opened) => opened.map(|stream| PermitStream::new(stream, permit)),
            // It may have been parked since.
            Err(_) if self.is_parked() => Err(OpenError::HostGone),
            Err(_) => Err(OpenError::Service(ServiceFault::TimedOut)),
        }
    }

    async fn stream(&self, probe: bool) -> Result<MuxStream, OpenError> {
        let opened = if probe {
            self.route.mux.open_probe()
        } else {
            self.route.mux.open_within(STREAM_WITHIN).await
        };
        opened.map_err(|error| match error {
            OpenStreamError::Closed => OpenError::HostGone,
            OpenStreamError::TooMany => OpenError::Full,
        })
    }

    async fn connect(&self, order: Order<'_>) -> Result<MuxStream, OpenError> {
        let Order {
            visitor,
            probe,
            kind,
            first,
        } = order;
        // A host that is there and lets go of a stream has too many.
        let gone = |_| {
            if self.route.mux.is_closed() {
                OpenError::HostGone
            } else {
                OpenError::Full
            }
        };
        let mut stream = self.stream(probe).await?;
        let opening = Opening {
            port: self.number.get(),
            visitor: visitor.peer,
            reached: visitor.reached,
            kind,
            probe,
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
            let order = Order {
                visitor,
                probe: false,
                kind: Kind::Bytes,
                first: &[],
            };
            let stream = self.connected(order).await?;
            Ok(Box::new(stream) as Box<dyn Stream>)
        })
    }

    fn open_http<'a>(
        &'a self,
        visitor: Visitor,
        probe: bool,
        first: &'a [u8],
        length: Option<u64>,
    ) -> HttpOpening<'a> {
        Box::pin(async move {
            let mut exchanges = ExchangeStream::<()>::default();
            let mut front = Vec::with_capacity(first.len() + 32);
            exchanges.begin(length, &mut front);
            front.extend_from_slice(first);
            let order = Order {
                visitor,
                probe,
                kind: Kind::Requests,
                first: &front,
            };
            let stream = self.connected(order).await?;
            Ok(Box::new(exchanges.over(stream)) as Box<dyn HttpStream>)
        })
    }

    fn is_probe(&self, key: &[u8]) -> bool {
        self.route.probes.fits(key)
    }

    fn is_full(&self) -> bool {
        self.route.mux.is_full()
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::link::mux::{self, Role};
    use tokio::io::duplex;
    use tokio::task::JoinSet;

    /// An upstream whose host connects everybody, and notes who is a probe; what it runs on.
    fn upstream(key: &str) -> (PortUpstream, watch::Sender<Status>, JoinSet<()>) {
        let (near, far) = duplex(64 * 1024);
        let (mux, _, driver) = mux::over(near, Role::Relay);
        let (host_mux, mut incoming, host_driver) = mux::over(far, Role::Host);
        let mut tasks = JoinSet::new();
        tasks.spawn(async move { drop(driver.await) });
        tasks.spawn(async move { drop(host_driver.await) });
        tasks.spawn(async move {
            let _host = host_mux;
            let mut open = Vec::new();
            while let Some(mut stream) = incoming.next().await {
                let opening = Opening::read(&mut stream).await.expect("it is one");
                let answer = if opening.probe {
                    Answer::Failed(Failure::TimedOut)
                } else {
                    Answer::Connected
                };
                answer.write(&mut stream).await.expect("it goes");
                open.push(stream);
            }
        });
        let (upstream, status) = over(mux, key);
        (upstream, status, tasks)
    }

    fn over(mux: Mux, key: &str) -> (PortUpstream, watch::Sender<Status>) {
        let (status, link) = watch::channel(Status::Attached {
            generation: 1,
            checking: false,
        });
        let probes = ProbeKey::new(key);
        // More than its link carries, so that the link itself is met.
        let streams = LinkStreams::new(2 * MAX_STREAMS);
        let route = HostRoute {
            mux,
            link,
            probes,
            streams,
        };
        let number = NonZeroU16::new(3000).expect("not zero");
        (
            PortUpstream::new(
                number,
                AskedAs::default(),
                route,
                Duration::from_mins(1),
                Share {
                    total: 2 * MAX_STREAMS,
                    per_network: 2 * MAX_STREAMS,
                },
            ),
            status,
        )
    }

    fn visitor() -> Visitor {
        let peer = ([203, 0, 113, 9], 4711).into();
        Visitor {
            peer,
            reached: None,
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_tunnel_that_is_full_says_so_and_keeps_a_place_for_its_probe() {
        let (upstream, _status, _tasks) = upstream("k");
        let mut visitors = Vec::new();
        for _ in 0..MAX_STREAMS {
            assert!(!upstream.is_full());
            visitors.push(upstream.open(visitor()).await.expect("there is room"));
        }
        assert_eq!(upstream.open(visitor()).await.err(), Some(OpenError::Full));
        assert!(upstream.is_full());
        // It got to the host, which knew it for what it is.
        let probed = upstream.open_http(visitor(), true, b"", None).await.err();
        assert_eq!(probed, Some(OpenError::Service(ServiceFault::TimedOut)));
        visitors.pop();
        upstream.open(visitor()).await.expect("there is room again");
    }

    #[tokio::test]
    async fn a_host_that_lets_go_of_a_stream_is_there() {
        let (near, far) = duplex(64 * 1024);
        let (mux, _, driver) = mux::over(near, Role::Relay);
        let (host_mux, mut incoming, host_driver) = mux::over(far, Role::Host);
        let host = tokio::spawn(host_driver);
        let _relay = tokio::spawn(driver);
        tokio::spawn(async move { while incoming.next().await.is_some() {} });
        let upstream = over(mux, "k").0;
        assert_eq!(upstream.open(visitor()).await.err(), Some(OpenError::Full));
        drop(host_mux);
        host.abort();
        let gone = upstream.open(visitor()).await.err();
        assert_eq!(gone, Some(OpenError::HostGone));
    }

    #[tokio::test]
    async fn only_the_key_that_the_host_gave_is_a_probe_s() {
        let (known, _status, _tasks) = upstream("k");
        assert!(known.is_probe(b"k"));
        assert!(!known.is_probe(b"") && !known.is_probe(b"K") && !known.is_probe(b"kk"));
        let (none, _status, _tasks) = upstream("");
        assert!(!none.is_probe(b""), "nobody's is the empty one");
    }
}
