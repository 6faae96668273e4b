//! The relay's public side: visitors' HTTP and TCP connections on one end, an [`Upstream`] for each
//! tunnel on the other.
//!
//! HTTP is routed by host name for each request; what cannot be answered by a service is answered
//! with a page that says why. A public TCP port carries bytes and knows nothing of them. Nobody here
//! knows of accounts, sessions or links: tunnels are what [`Backend`] finds.
//!
//! Everything a visitor can hold is bounded: connections, heads, buffers, idle connections to
//! services, and the time for a head. A body takes the time it takes.

mod accept;
mod body;
mod headers;
mod hosts;
mod pace;
mod page;
mod pool;
mod proxy;
mod route;
mod splice;
mod tcp;
mod web;
mod wire;

pub use super::limits::VisitorLimits as Limits;
pub use accept::IngressGuard;

use super::{Backend, Limiter, Upstream};
use accept::Entrance;
use std::sync::Arc;
use tokio::net::TcpListener;
use web::{Router, Web};

/// How an ingress finds its tunnels, and what visitors may take.
#[derive(Clone, Debug)]
pub struct HttpConfig {
    /// Tunnels are at `NAME.DOMAIN`.
    pub domain: String,
    /// Every visitor comes through a proxy of the operator's, whose `X-Forwarded-*` and `Forwarded`
    /// headers are believed. Otherwise a visitor's own are replaced.
    pub behind_proxy: bool,
    /// What visitors may take.
    pub limits: Limits,
    /// The connections, which all listeners of a relay share; without it each has its own.
    pub connections: Option<Arc<Limiter>>,
}

impl HttpConfig {
    /// For tunnels at `NAME.domain`, visited directly.
    #[must_use]
    pub fn new(domain: impl Into<String>) -> Self {
        Self {
            domain: domain.into(),
            behind_proxy: false,
            limits: Limits::default(),
            connections: None,
        }
    }

    /// How a listener lets visitors in.
    fn entrance(&self) -> Entrance {
        let limiter = self.connections.clone();
        Entrance {
            limiter: limiter.unwrap_or_else(|| connections(&self.limits)),
            behind_proxy: self.behind_proxy,
            unsent: self.limits.unsent,
            write_stall: self.limits.write_stall,
        }
    }
}

/// The visitors' connections of a relay.
#[must_use]
pub fn connections(limits: &Limits) -> Arc<Limiter> {
    Limiter::new("visitors' connections", limits.connection_share())
}

/// Serves HTTP by host name. To be called inside a runtime, as are the other two.
pub fn serve_http(
    listener: TcpListener,
    backend: Arc<dyn Backend>,
    config: &HttpConfig,
) -> IngressGuard {
    let domain = route::normal_domain(&config.domain);
    let router = Router::ByHost { backend, domain };
    Web::new(router, config.behind_proxy, &config.limits).run(listener, config.entrance())
}

/// Serves HTTP with one upstream behind every host name: a port of its own for each tunnel, where
/// names do not resolve.
pub fn serve_fixed_web(
    listener: TcpListener,
    upstream: Arc<dyn Upstream>,
    config: &HttpConfig,
) -> IngressGuard {
    Web::new(Router::Fixed(upstream), false, &config.limits).run(listener, config.entrance())
}

/// Serves a public TCP port: bytes to the upstream and back. Only the number of connections is
/// limited; a TCP connection may be silent for as long as its ends like.
pub fn serve_tcp(
    listener: TcpListener,
    upstream: Arc<dyn Upstream>,
    config: &HttpConfig,
) -> IngressGuard {
    let entrance = config.entrance();
    IngressGuard::run(move |stop| async move {
        let serve =
            |stream, peer, permit| tcp::serve(stream, peer, permit, upstream.clone(), stop.clone());
        accept::accept(listener, &entrance, &stop.finish, serve).await;
    })
}
