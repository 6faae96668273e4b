//! What the sessions need of the ingress: to serve visitors on a listener.
//!
//! Listeners are bound here in the relay and handed over, so that a test can stand in for it.

use super::{Backend, Upstream, ingress};
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
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

/// Keeps a listener served; dropping it stops the listener and everything it accepted, a moment
/// later.
pub struct IngressGuard {
    serving: Box<dyn Serving>,
}

/// What serves a listener until it is dropped.
pub trait Serving: Send + Sync + 'static {
    /// Ends it, and returns when its listener is closed.
    fn end(self: Box<Self>, patience: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>>;
}

impl IngressGuard {
    /// Keeps what serves: the ingress's own guard, or a task's handle that aborts it.
    pub fn new(serving: impl Serving) -> Self {
        Self {
            serving: Box::new(serving),
        }
    }

    /// Ends it and closes the listener; what was accepted gets so much time to come to its end, and
    /// is closed then.
    pub async fn end(self, patience: Duration) {
        self.serving.end(patience).await;
    }
}

impl Serving for ingress::IngressGuard {
    fn end(self: Box<Self>, patience: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(self.shutdown(patience))
    }
}

impl Serving for TcpListener {
    fn end(self: Box<Self>, _: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(std::future::ready(()))
    }
}

impl Serving for AbortOnDropHandle<()> {
    fn end(self: Box<Self>, _: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        self.abort();
        Box::pin(async move {
            // It was aborted: that is all there is to hear.
            let _ = (*self).await;
        })
    }
}

impl fmt::Debug for IngressGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IngressGuard").finish_non_exhaustive()
    }
}
