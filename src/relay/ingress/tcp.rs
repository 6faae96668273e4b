//! A public TCP port: bytes from visitors to one upstream and back, nothing parsed.

use super::splice::{Rewound, reset, splice};
use crate::relay::{Upstream, Visitor};
use bytes::Bytes;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::TcpStream;

/// Serves one visitor. The stream to the service is opened at once: many services speak first.
pub(super) async fn serve(stream: TcpStream, peer: SocketAddr, upstream: Arc<dyn Upstream>) {
    match upstream.open(Visitor { peer }).await {
        Ok(service) => {
            let visitor = Rewound::new(Bytes::new(), stream);
            if let Err(error) = splice(visitor, service).await {
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
