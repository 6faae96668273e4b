//! The real ingress, as the relay's sessions want it.

use super::ingress::{self, Approach, HttpConfig};
use super::{Backend, Ingress, IngressGuard, Limiter, Upstream, VisitorLimits};
use std::sync::Arc;
use tokio::net::TcpListener;

/// Serves visitors by HTTP and by raw TCP.
#[derive(Clone, Debug)]
pub struct Visitors {
    config: HttpConfig,
}

impl Visitors {
    /// Serves tunnels at `NAME.domain`, within the default limits.
    pub fn new(domain: &str) -> Self {
        Self::within(domain, VisitorLimits::default())
    }

    /// The same, within these limits, which hold for all listeners together.
    pub fn within(domain: &str, limits: VisitorLimits) -> Self {
        Self {
            config: HttpConfig {
                limits,
                connections: Some(ingress::connections(&limits)),
                ..HttpConfig::new(domain)
            },
        }
    }

    /// Has visitors come by this way, and hosts connect to these `names` beside the domain.
    #[must_use]
    pub fn by(mut self, approach: Approach, names: Vec<String>) -> Self {
        self.config.approach = approach;
        self.config.names = names;
        self
    }

    /// The visitors' connections, for whoever counts them.
    pub fn connections(&self) -> Option<Arc<Limiter>> {
        self.config.connections.clone()
    }
}

impl Ingress for Visitors {
    fn serve_http(&self, listener: TcpListener, backend: Arc<dyn Backend>) -> IngressGuard {
        IngressGuard::new(ingress::serve_http(listener, backend, &self.config))
    }

    fn open_tcp(&self, listener: TcpListener, upstream: Arc<dyn Upstream>) -> IngressGuard {
        IngressGuard::new(ingress::serve_tcp(listener, upstream, &self.config))
    }

    fn open_web(&self, listener: TcpListener, upstream: Arc<dyn Upstream>) -> IngressGuard {
        IngressGuard::new(ingress::serve_fixed_web(listener, upstream, &self.config))
    }
}
