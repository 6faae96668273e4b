//! A public TCP port: bytes from visitors to one upstream and back, nothing parsed.

use super::accept::Stop;
use super::forwarding::Approach;
use super::proxied;
use super::splice::{Rewound, reset, splice};
use crate::relay::{OpenError, Upstream, Visitor};
use bytes::Bytes;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::TcpStream;

/// Serves one visitor until it is told to stop. The stream to the service is opened at once: many services
/// speak first.
pub(super) async fn serve(
    mut stream: TcpStream,
    peer: SocketAddr,
    approach: Arc<Approach>,
    upstream: Arc<dyn Upstream>,
    stop: Stop,
) {
    let visitor = proxied::visitor(&mut stream, peer, &approach);
    let Some(Some(peer)) = stop.close.run_until_cancelled(visitor).await else {
        return reset(&stream);
    };
    let opening = stop
        .close
        .run_until_cancelled(upstream.open(Visitor { peer }));
    match opening.await.unwrap_or(Err(OpenError::HostGone)) {
        Ok(service) => {
            let visitor = Rewound::new(Bytes::new(), stream);
            if let Err(error) = splice(visitor, service, &stop).await {
                tracing::debug!(%peer, %error, "a TCP connection broke");
            }
        }
        Err(error) => {
            tracing::debug!(%peer, %error, "a TCP visitor is turned away");
            // As the service itself would refuse: an accepted connection that ends cleanly would
            // look like a service that has nothing to say.
            reset(&stream);
        }
    }
}
