//! A raw TCP service: each connection runs what the test gives.

use super::spot::Spot;
use std::future::Future;
use std::net::SocketAddr;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio_util::task::AbortOnDropHandle;

/// The service; dropping it ends it and its connections.
pub struct RawService {
    spot: Spot,
    _running: AbortOnDropHandle<()>,
}

impl RawService {
    pub fn start<F>(serve: impl Fn(TcpStream) -> F + Send + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let spot = Spot::new();
        let listener = spot.listen();
        let accept = async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                stream.set_nodelay(true).expect("it is a TCP socket");
                connections.spawn(serve(stream));
                while connections.try_join_next().is_some() {}
            }
        };
        Self {
            spot,
            _running: AbortOnDropHandle::new(tokio::spawn(accept)),
        }
    }

    /// Accepts, and neither reads nor answers nor closes.
    pub fn deaf() -> Self {
        Self::start(|stream| async move {
            let _held = stream;
            std::future::pending::<()>().await;
        })
    }

    pub fn port(&self) -> u16 {
        self.address().port()
    }

    pub fn address(&self) -> SocketAddr {
        self.spot.address()
    }
}
