//! One visitor's HTTP connection, from accept to close.
//!
//! It owns what lasts longer than a request: the next head, the switch to another protocol, the
//! close. What a request gets is the proxy's to decide.

use super::accept::{Entrance, IngressGuard, Stop};
use super::ahead::BodiesAhead;
use super::conn::{Conn, HeadTimeouts, NoRequest};
use super::forwarding::{Approach, Forwarding};
use super::own_names::{self, OwnNames};
use super::pool::Pool;
use super::proxied::{self, Caller};
use super::splice::{Rewound, reset, splice};
use super::{HttpConfig, Limits, accept, proxy, reply};
use crate::relay::{Backend, HostUpgrades, HttpStream, Permit, UpgradedHost, Upstream};
use bytes::Bytes;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::{TcpListener, TcpStream};

/// Where requests go.
pub(super) enum Router {
    /// By their host name, under the domain.
    ByHost {
        backend: Arc<dyn Backend>,
        domain: String,
    },
    /// All to one upstream, whatever they ask for.
    Fixed(Arc<dyn Upstream>),
}

/// What all connections of one ingress share.
pub(super) struct Web {
    pub(super) router: Router,
    pub(super) pool: Arc<Pool>,
    pub(super) approach: Approach,
    pub(super) names: OwnNames,
    pub(super) limits: Limits,
    /// Requests at services of whose bodies nothing has come.
    pub(super) bodies_ahead: BodiesAhead,
}

/// One visitor's connection, for whoever answers its requests.
pub(super) struct Visit {
    pub(super) web: Arc<Web>,
    pub(super) peer: SocketAddr,
    /// What the connection was made to, where that is known.
    pub(super) reached: Option<SocketAddr>,
    pub(super) forwarding: Forwarding,
    pub(super) stop: Stop,
}

/// What goes on over a connection when HTTP is over.
pub(super) enum Switched {
    /// The service's end, and what it has said already.
    Service(Box<dyn HttpStream>, Bytes),
    /// No visitor's, but a host's.
    Host(HostUpgrades),
}

/// What becomes of a connection behind an answer.
pub(super) enum After {
    /// Another request may follow.
    Next,
    /// It ends; the visitor may still be sending the request that was answered.
    End { sending: bool },
    /// The answer broke off: a clean end would pass a part for the whole.
    Broken,
    /// The visitor is gone.
    Gone,
    /// Both ends speak something else from now on.
    Switched(Switched),
}

impl Web {
    pub(super) fn new(router: Router, config: &HttpConfig) -> Self {
        let (limits, machine) = (&config.limits, own_names::machine());
        Self {
            router,
            pool: Arc::default(),
            approach: config.approach.clone(),
            names: OwnNames::new(&config.domain, machine.as_deref(), &config.names),
            limits: *limits,
            bodies_ahead: BodiesAhead::new(limits.bodies_ahead),
        }
    }

    /// Serves visitors from `listener` until the guard is dropped.
    pub(super) fn run(self, listener: TcpListener, entrance: Entrance) -> IngressGuard {
        let web = Arc::new(self);
        IngressGuard::run(move |stop| async move {
            let serve =
                |stream, peer, permit| serve(web.clone(), stream, peer, permit, stop.clone());
            tokio::select! {
                () = accept::accept(listener, &entrance, &stop.finish, serve) => {}
                () = web.pool.sweep() => {}
            }
        })
    }

    fn timeouts(&self) -> HeadTimeouts {
        HeadTimeouts {
            head: self.limits.head_timeout,
            idle: self.limits.idle_timeout,
        }
    }
}

async fn serve(web: Arc<Web>, mut stream: TcpStream, peer: SocketAddr, permit: Permit, stop: Stop) {
    let reached = stream.local_addr().ok();
    let approach = &web.approach;
    let introduced = proxied::introduced(&mut stream, peer, reached, approach, &permit, &stop);
    let Some(caller) = introduced.await else {
        return reset(&stream);
    };
    let Caller { peer, reached, .. } = caller;
    let visit = Visit {
        forwarding: Forwarding::new(&caller, &web.approach),
        peer,
        reached,
        web,
        stop,
    };
    let mut conn = Conn::new(stream, permit.activity());
    let after = tokio::select! {
        after = requests(&visit, &mut conn) => after,
        // Somebody else gets its place.
        () = permit.evicted() => After::Broken,
    };
    match after {
        After::Next => end(conn, false, &permit, &visit.stop).await,
        After::End { sending } => end(conn, sending, &permit, &visit.stop).await,
        After::Broken => reset(&conn.stream),
        After::Gone => {}
        After::Switched(Switched::Host(upgrades)) => upgrades.hand_over(UpgradedHost {
            first: conn.inbound.take(),
            socket: conn.stream.into_inner(),
            peer,
            network: permit.network(),
        }),
        After::Switched(Switched::Service(service, first)) => {
            let visitor = Rewound::new(conn.inbound.take(), conn.stream.into_inner());
            let service = Rewound::new(first, service);
            if let Err(error) = splice(visitor, service, &permit, &visit.stop).await {
                tracing::debug!(%peer, %error, "an upgraded connection broke");
            }
        }
    }
}

/// Ends the connection in its own time, which is over when somebody else gets its place.
async fn end(mut conn: Conn, sending: bool, permit: &Permit, stop: &Stop) {
    tokio::select! {
        () = conn.end(sending, stop) => {}
        () = permit.evicted() => reset(&conn.stream),
    }
}

/// Answers requests until there are no more.
async fn requests(visit: &Visit, conn: &mut Conn) -> After {
    let mut first = true;
    loop {
        let request = conn.head(first, visit.web.timeouts(), &visit.stop).await;
        let after = match request {
            Ok(request) => proxy::answer(visit, conn, request).await,
            Err(NoRequest::Over) => return After::Next,
            Err(NoRequest::Late) => return After::Gone,
            Err(NoRequest::Faulty(fault)) => {
                tracing::debug!(peer = %visit.peer, %fault, "no request can be read");
                reply::refuse(conn, fault).await
            }
        };
        let last = visit.stop.finish.is_cancelled();
        match after {
            After::Next if last => return After::Next,
            After::Next => first = false,
            ended => return ended,
        }
    }
}

#[cfg(test)]
#[path = "web_tests.rs"]
mod tests;
