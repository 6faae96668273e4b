//! The real ingress, as the relay's sessions want it.

use super::ingress::{self, HttpConfig};
use super::{Backend, Ingress, IngressGuard, Upstream};
use std::sync::Arc;
use tokio::net::TcpListener;

/// Serves visitors by HTTP and by raw TCP.
#[derive(Clone, Debug)]
pub struct Visitors {
    config: HttpConfig,
}

impl Visitors {
    /// Serves tunnels at `NAME.domain`.
    #[must_use]
    pub fn new(domain: &str) -> Self {
        Self {
            config: HttpConfig::new(domain),
        }
    }
}

impl Ingress for Visitors {
    fn serve_http(&self, listener: TcpListener, backend: Arc<dyn Backend>) -> IngressGuard {
        IngressGuard::new(ingress::serve_http(listener, backend, &self.config))
    }

    fn open_tcp(&self, listener: TcpListener, upstream: Arc<dyn Upstream>) -> IngressGuard {
        IngressGuard::new(ingress::serve_tcp(listener, upstream, &self.config.limits))
    }

    fn open_web(&self, listener: TcpListener, upstream: Arc<dyn Upstream>) -> IngressGuard {
        IngressGuard::new(ingress::serve_fixed_web(
            listener,
            upstream,
            &self.config.limits,
        ))
    }
}
