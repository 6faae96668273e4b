//! The relay's public side: visitors' HTTP and TCP connections on one end, an [`Upstream`] for each
//! tunnel on the other.
//!
//! HTTP is routed by host name for each request; what cannot be answered by a service is answered
//! with a page that says why. A public TCP port carries bytes and knows nothing of them. Nobody here
//! knows of accounts, sessions or links: tunnels are what [`Backend`] finds.
//!
//! Everything a visitor can hold is bounded: connections, heads, buffers, idle connections to
//! services, the time for a head, and how long a body may pause. A body takes the time it takes.

mod accept;
mod body;
mod buffer;
mod claims;
mod conn;
mod cookies;
mod cors;
mod deliver;
mod disguise;
mod event_stream;
mod exchange;
mod fault;
mod forwarding;
mod headers;
mod hosts;
mod message;
mod outward;
mod own_names;
mod page;
mod pool;
mod proxied;
mod proxy;
mod reply;
mod route;
mod service;
mod splice;
mod tcp;
mod transfer;
mod via;
mod web;

pub use accept::IngressGuard;
pub use disguise::LocalName;
pub use forwarding::Approach;

use super::{Backend, Upstream};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use web::{Router, Web};

/// What visitors of one listener may take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Connections at a time; more wait to be accepted.
    pub connections: usize,
    /// From the first byte of a request's head to the last, and from accept to the first head.
    pub head_timeout: Duration,
    /// Between an answer and the next request on the same connection.
    pub idle_timeout: Duration,
    /// How long nothing of a request's body may come, where the service has not answered yet.
    pub body_timeout: Duration,
    /// So many requests may be at services before anything of their bodies has come: what a
    /// visitor has announced and not sent takes no more of the streams to a host.
    pub bodies_ahead: usize,
    /// How long an `EventSource` waits for a service that is away: any answer but 200 would end it
    /// for good, so that it gets none then.
    pub event_stream_patience: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 10_000,
            head_timeout: Duration::from_secs(10),
            idle_timeout: Duration::from_secs(75),
            body_timeout: Duration::from_secs(30),
            bodies_ahead: 64,
            event_stream_patience: Duration::from_secs(30),
        }
    }
}

/// How an HTTP listener finds its tunnels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpConfig {
    /// Tunnels are at `NAME.DOMAIN`.
    pub domain: String,
    /// How visitors get here, and through whom.
    pub approach: Approach,
    /// What hosts are told to connect to, beside the domain and this machine's own names.
    pub names: Vec<String>,
    /// What visitors may take.
    pub limits: Limits,
}

impl HttpConfig {
    /// For tunnels at `NAME.domain`, visited directly.
    #[must_use]
    pub fn new(domain: impl Into<String>) -> Self {
        Self {
            domain: domain.into(),
            approach: Approach::default(),
            names: Vec::new(),
            limits: Limits::default(),
        }
    }
}

/// Serves HTTP by host name. To be called inside a runtime, as are the other two.
pub fn serve_http(
    listener: TcpListener,
    backend: Arc<dyn Backend>,
    config: &HttpConfig,
) -> IngressGuard {
    let domain = route::normal_domain(&config.domain);
    let router = Router::ByHost { backend, domain };
    Web::new(router, config).run(listener, config.limits.connections)
}

/// Serves HTTP with one upstream behind every host name: a port of its own for each tunnel, where
/// names do not resolve. Only who asks for an address, or a name of this machine's, is answered.
pub fn serve_fixed_web(
    listener: TcpListener,
    upstream: Arc<dyn Upstream>,
    config: &HttpConfig,
) -> IngressGuard {
    Web::new(Router::Fixed(upstream), config).run(listener, config.limits.connections)
}

/// Serves a public TCP port: bytes to the upstream and back. Only the number of connections is
/// limited; a TCP connection may be silent for as long as its ends like.
pub fn serve_tcp(
    listener: TcpListener,
    upstream: Arc<dyn Upstream>,
    config: &HttpConfig,
) -> IngressGuard {
    let connections = config.limits.connections;
    let approach = Arc::new(config.approach.clone());
    IngressGuard::run(move |stop| async move {
        let serve = |stream, peer| {
            let (approach, upstream) = (approach.clone(), upstream.clone());
            tcp::serve(stream, peer, approach, upstream, stop.clone())
        };
        accept::accept(listener, connections, &stop.finish, serve).await;
    })
}
