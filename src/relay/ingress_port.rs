//! What the sessions need of the ingress: to serve visitors on a listener.
//!
//! Listeners are bound here in the relay and handed over, so that a test can stand in for it.

use super::{Backend, Upstream};
use std::fmt;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::task::AbortOnDropHandle;

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
    _task: AbortOnDropHandle<()>,
}

impl IngressGuard {
    /// Guards the task that serves a listener. The task owns the listener and its connections.
    #[must_use]
    pub fn new(task: JoinHandle<()>) -> Self {
        Self {
            _task: AbortOnDropHandle::new(task),
        }
    }
}

impl fmt::Debug for IngressGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IngressGuard").finish_non_exhaustive()
    }
}
