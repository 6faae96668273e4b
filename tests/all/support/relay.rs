//! A real relay that can be killed and come back, whose visitors can be left hanging.

use super::spot::Spot;
use super::wait::within;
use std::future::pending;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tempfile::TempDir;
use tokio::net::{TcpListener, TcpStream};
use underpass::model::JoinLink;
use underpass::relay::{
    Accounts, Backend, Ingress, IngressGuard, Lookup, OpenError, Relay, RelayConfig, Stream,
    Upstream, Visitor, Visitors, Waiting,
};

/// The relay, with the ports and the data that it keeps when it is killed.
pub struct TestRelay {
    data: TempDir,
    link: Spot,
    http: Spot,
    gate: Gate,
    running: Option<Relay>,
}

impl TestRelay {
    pub async fn start() -> Self {
        let mut relay = Self {
            data: tempfile::tempdir().expect("there is room"),
            link: Spot::new(),
            http: Spot::new(),
            gate: Gate::default(),
            running: None,
        };
        relay.come_back().await;
        relay
    }

    /// Ends it as a killed process ends: nobody is told.
    pub async fn kill(&mut self) {
        self.running = None;
        // The system closes a dead process's sockets; here that is left to aborted tasks.
        let closed = async {
            for door in [&self.link, &self.http] {
                while TcpStream::connect(door.address()).await.is_ok() {
                    tokio::task::yield_now().await;
                }
            }
        };
        within("its sockets are closed", closed).await;
    }

    /// Ends it as it ends by itself: hosts are told.
    pub async fn shut_down(&mut self) {
        let relay = self.running.take().expect("it runs");
        relay.shutdown().await;
    }

    /// Runs again, on the same ports and data.
    pub async fn come_back(&mut self) {
        let config = RelayConfig {
            link: self.link.address(),
            http: self.http.address(),
            ..RelayConfig::local(self.data.path())
        };
        let started = Relay::start(config, Arc::new(self.gate.clone())).await;
        self.running = Some(started.expect("nobody else has its ports"));
    }

    fn relay(&self) -> &Relay {
        self.running.as_ref().expect("it runs")
    }

    /// The owner's link.
    pub fn join_link(&self) -> JoinLink {
        self.relay().join_link()
    }

    /// The link of another account, made for this.
    pub fn invite(&self, name: &str) -> JoinLink {
        let mut accounts = Accounts::open(self.data.path()).expect("they open");
        JoinLink {
            token: accounts.add(name).expect("it is new"),
            ..self.join_link()
        }
    }

    pub fn link_address(&self) -> SocketAddr {
        self.link.address()
    }

    /// From now on visitors are accepted and get no answer, while the links live on.
    pub fn leave_visitors_hanging(&self, hanging: bool) {
        self.gate.shut.hanging.store(hanging, Ordering::Release);
    }

    /// From now on visitors are told that nobody hosts anything, while the links live on.
    pub fn deny_all_hosts(&self, denied: bool) {
        self.gate.shut.denied.store(denied, Ordering::Release);
    }
}

/// The real ingress behind a gate.
#[derive(Clone, Default)]
struct Gate {
    shut: Arc<Shut>,
}

/// What becomes of visitors.
#[derive(Default)]
struct Shut {
    hanging: AtomicBool,
    denied: AtomicBool,
}

impl Gate {
    fn visitors() -> Visitors {
        Visitors::new("localhost")
    }
}

impl Ingress for Gate {
    fn serve_http(&self, listener: TcpListener, backend: Arc<dyn Backend>) -> IngressGuard {
        let shut = Arc::clone(&self.shut);
        Self::visitors().serve_http(listener, Arc::new(Gated { shut, backend }))
    }

    fn open_tcp(&self, listener: TcpListener, upstream: Arc<dyn Upstream>) -> IngressGuard {
        Self::visitors().open_tcp(listener, upstream)
    }

    fn open_web(&self, listener: TcpListener, upstream: Arc<dyn Upstream>) -> IngressGuard {
        Self::visitors().open_web(listener, upstream)
    }
}

struct Gated {
    shut: Arc<Shut>,
    backend: Arc<dyn Backend>,
}

impl Backend for Gated {
    fn find(&self, label: &str) -> Lookup {
        if self.shut.hanging.load(Ordering::Acquire) {
            return Lookup::Live(Arc::new(Nowhere));
        }
        if self.shut.denied.load(Ordering::Acquire) {
            return Lookup::NoHost;
        }
        self.backend.find(label)
    }

    fn returning<'a>(&'a self, label: &'a str) -> Option<Waiting<'a>> {
        self.backend.returning(label)
    }
}

/// Where nobody arrives.
struct Nowhere;

impl Upstream for Nowhere {
    fn key(&self) -> u64 {
        u64::MAX
    }

    fn open(
        &self,
        _visitor: Visitor,
    ) -> Pin<Box<dyn Future<Output = Result<Box<dyn Stream>, OpenError>> + Send + '_>> {
        Box::pin(pending())
    }
}
