//! A public TCP port: bytes from visitors to one upstream and back, nothing parsed.

use super::accept::Stop;
use super::forwarding::Approach;
use super::proxied::{self, Caller};
use super::splice::{Rewound, reset, splice};
use crate::relay::{OpenError, Permit, Upstream, Visitor};
use bytes::Bytes;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::TcpStream;

/// One visitor's connection.
pub(super) struct TcpVisit {
    pub(super) stream: TcpStream,
    pub(super) peer: SocketAddr,
    /// Its place among all connections.
    pub(super) permit: Permit,
}

/// Serves one visitor until it is told to stop. The stream to the service is opened at once: many services
/// speak first.
pub(super) async fn serve(
    visit: TcpVisit,
    approach: Arc<Approach>,
    upstream: Arc<dyn Upstream>,
    stop: Stop,
) {
    let TcpVisit {
        mut stream,
        peer,
        permit,
    } = visit;
    let reached = stream.local_addr().ok();
    let introduced = proxied::introduced(&mut stream, peer, reached, &approach, &permit, &stop);
    let Some(Caller { peer, reached, .. }) = introduced.await else {
        return reset(&stream);
    };
    let opening = tokio::select! {
        opened = upstream.open(Visitor { peer, reached }) => opened,
        () = stop.close.cancelled() => Err(OpenError::HostGone),
        () = permit.evicted() => return reset(&stream),
    };
    match opening {
        Ok(service) => {
            let visitor = Rewound::new(Bytes::new(), stream);
            if let Err(error) = splice(visitor, service, &permit, &stop).await {
                tracing::debug!(%peer, %error, "a TCP connection broke");
            }
        }
        Err(error) => {
            tracing::debug!(%peer, %error, "a TCP visitor is rejected");
            // As the service itself would refuse: an accepted connection that ends cleanly would
            // look like a service that has nothing to say.
            reset(&stream);
        }
    }
}
