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
mod ahead;
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
mod socket;
mod splice;
mod tcp;
mod transfer;
mod via;
mod web;

pub use super::limits::VisitorLimits as Limits;
pub use accept::IngressGuard;
pub use disguise::LocalName;
pub use forwarding::Approach;

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
    /// How visitors get here, and through whom.
    pub approach: Approach,
    /// What hosts are told to connect to, beside the domain and this machine's own names.
    pub names: Vec<String>,
    /// What visitors may take.
    pub limits: Limits,
    /// The connections, which all listeners of a relay share; without it each has its own.
    pub connections: Option<Arc<Limiter>>,
}

impl HttpConfig {
    /// For tunnels at `NAME.domain`, visited directly.
    pub fn new(domain: impl Into<String>) -> Self {
        Self {
            domain: domain.into(),
            approach: Approach::default(),
            names: Vec::new(),
            limits: Limits::default(),
            connections: None,
        }
    }

    /// How a listener lets visitors in.
    fn entrance(&self) -> Entrance {
        let limiter = self.connections.clone();
        Entrance {
            limiter: limiter.unwrap_or_else(|| connections(&self.limits)),
            approach: self.approach.clone(),
            unsent: self.limits.unsent,
            write_stall: self.limits.write_stall,
        }
    }
}

/// The visitors' connections of a relay.
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
    Web::new(router, config).run(listener, config.entrance())
}

/// Serves HTTP with one upstream behind every host name: a port of its own for each tunnel, where
/// names do not resolve. Only who asks for an address, or a name of this machine's, is answered.
pub fn serve_fixed_web(
    listener: TcpListener,
    upstream: Arc<dyn Upstream>,
    config: &HttpConfig,
) -> IngressGuard {
    Web::new(Router::Fixed(upstream), config).run(listener, config.entrance())
}

/// Serves a public TCP port: bytes to the upstream and back. Only the number of connections is
/// limited; a TCP connection may be silent for as long as its ends like.
pub fn serve_tcp(
    listener: TcpListener,
    upstream: Arc<dyn Upstream>,
    config: &HttpConfig,
) -> IngressGuard {
    let (entrance, approach) = (config.entrance(), Arc::new(config.approach.clone()));
    IngressGuard::run(move |stop| async move {
        let serve = |stream, peer, permit| {
            let (approach, upstream) = (approach.clone(), upstream.clone());
            tcp::serve(
                tcp::TcpVisit {
                    stream,
                    peer,
                    permit,
                },
                approach,
                upstream,
                stop.clone(),
            )
        };
        accept::accept(listener, &entrance, &stop.finish, serve).await;
    })
}
