//! A wire between a host and its relay that counts connections.

use super::raw::RawService;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::io::copy_bidirectional;
use tokio::net::TcpStream;
use tokio::sync::watch;
use underpass::model::{JoinLink, PortNumber};

/// Forwards to one address.
pub struct Forwarder {
    service: RawService,
    accepted: watch::Receiver<usize>,
    frozen: watch::Sender<bool>,
}

impl Forwarder {
    pub fn to(target: SocketAddr) -> Self {
        let (count, accepted) = watch::channel(0);
        let (frozen, is_frozen) = watch::channel(false);
        let count = Arc::new(count);
        let service = RawService::start(move |mut near| {
            count.send_modify(|count| *count += 1);
            let mut is_frozen = is_frozen.clone();
            async move {
                if let Ok(mut far) = TcpStream::connect(target).await {
                    far.set_nodelay(true).expect("it is a TCP socket");
                    tokio::select! {
                        // Either end may break: both see it.
                        _ = copy_bidirectional(&mut near, &mut far) => return,
                        _ = is_frozen.wait_for(|frozen| *frozen) => {}
                    }
                    std::future::pending::<()>().await;
                }
            }
        });
        Self {
            service,
            accepted,
            frozen,
        }
    }

    /// The same relay, reached through here.
    pub fn join_link(&self, link: &JoinLink) -> JoinLink {
        JoinLink {
            host: self.service.address().ip().to_string(),
            port: PortNumber::new(self.service.port()).expect("not 0"),
            ..link.clone()
        }
    }

    /// From now on nothing goes either way, and nothing breaks.
    pub fn freeze(&self) {
        self.frozen.send_replace(true);
    }

    /// How many connections there were.
    pub fn accepted(&self) -> usize {
        *self.accepted.borrow()
    }

    /// The next connection.
    pub async fn next(&mut self) {
        self.accepted.changed().await.expect("it runs");
    }
}
