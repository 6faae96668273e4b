//! What the sessions need of the ingress: to serve visitors on a listener.
//!
//! Listeners are bound here in the relay and handed over, so that a test can stand in for it.

use super::ingress::IngressGuard;
use super::{Backend, Upstream};
use std::sync::Arc;
use tokio::net::TcpListener;

/// Serves visitors. All three are called within a runtime and return at once.
pub trait Ingress: Send + Sync + 'static {
    /// Serves HTTP for all tunnels, routed by host name.
    fn serve_http(&self, listener: TcpListener, backend: Arc<dyn Backend>) -> IngressGuard;

    /// Serves raw TCP for one port.
    fn open_tcp(&self, listener: TcpListener, upstream: Arc<dyn Upstream>) -> IngressGuard;

    /// Serves HTTP for one port, whatever the host name.
    fn open_web(&self, listener: TcpListener, upstream: Arc<dyn Upstream>) -> IngressGuard;
}
