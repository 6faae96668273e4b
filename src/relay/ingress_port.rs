//! What the sessions need of the ingress: to serve visitors on a listener.
//!
//! Listeners are bound here in the relay and handed over, so that a test can stand in for it.

use super::{Backend, Upstream};
use std::any::Any;
use std::fmt;
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

/// Keeps a listener served; dropping it stops the listener and everything it accepted.
pub struct IngressGuard {
    _serving: Box<dyn Any + Send + Sync>,
}

impl IngressGuard {
    /// Whatever stops serving when it is dropped: the ingress's own guard, or a task's handle that
    /// aborts it.
    #[must_use]
    pub fn new(serving: impl Any + Send + Sync) -> Self {
        Self {
            _serving: Box::new(serving),
        }
    }
}

impl fmt::Debug for IngressGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IngressGuard").finish_non_exhaustive()
    }
}
