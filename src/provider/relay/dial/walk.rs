//! One way to a relay, gone to its end: a connection, what covers the link in it, and the pinned TLS.

use crate::link::tls::{self, Secured, TlsFault};
use crate::link::websocket;
use crate::model::{JoinLink, Reason};
use crate::provider::ConnectError;
use crate::provider::dial::{self, NotConnected, NotReached, NotThrough, Proxies};

/// A way to a relay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// TLS at the relay's port.
    Direct,
    /// A WebSocket inside TLS.
    WebSocket {
        /// At this port of the relay's host.
        port: u16,
    },
}

impl Way {
    pub(super) fn port(self, link: &JoinLink) -> u16 {
        match self {
            Self::Direct => link.port.get(),
            Self::WebSocket { port } => port,
        }
    }
}

/// A way that does not lead to the relay.
#[derive(Debug)]
pub(super) struct Failed {
    pub(super) error: ConnectError,
    pub(super) blame: Blame,
}

/// How much of a way has failed, and so which others may lead to the relay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Blame {
    /// All that any way needs.
    Hopeless,
    Port,
    /// This way: something answers at the port.
    Way,
}

/// Goes it.
pub(super) async fn walk(way: Way, link: &JoinLink, proxies: &Proxies) -> Result<Secured, Failed> {
    let port = way.port(link);
    let fault = |fault| map_fault(&fault, link, port);
    let stream = dial::connect(&link.host, port, proxies).await;
    let stream = stream.map_err(|fault| map_not_connected(fault, link, port))?;
    let secured = match way {
        Way::Direct => tls::connect(stream, link.fingerprint).await,
        Way::WebSocket { port } => {
            let stream = websocket::connect_outer_tls(stream, &link.host)
                .await
                .map_err(fault)?;
            let stream = websocket::connect(stream, &link.host, port).await;
            tls::connect(stream.map_err(fault)?, link.fingerprint).await
        }
    };
    secured.map_err(fault)
}

fn map_not_connected(fault: NotConnected, link: &JoinLink, port: u16) -> Failed {
    match fault {
        NotConnected::Host(fault) => map_not_reached(fault, link, port),
        NotConnected::Proxy { address, fault } => map_not_through(fault, address),
    }
}

fn failed(blame: Blame, reason: Reason, detail: impl std::fmt::Display) -> Failed {
    let error = ConnectError::with(reason, detail);
    Failed { error, blame }
}

fn map_not_reached(fault: NotReached, link: &JoinLink, port: u16) -> Failed {
    match fault {
        NotReached::Offline(said) => failed(Blame::Hopeless, Reason::Offline, said),
        NotReached::UnknownHost(said) => {
            let host = link.host.clone();
            failed(Blame::Hopeless, Reason::UnknownHost { host }, said)
        }
        NotReached::Closed(said) => {
            let address = address(link, port);
            failed(Blame::Port, Reason::RelayUnreachable { address }, said)
        }
    }
}

fn map_not_through(fault: NotThrough, address: String) -> Failed {
    let (blame, detail) = match fault {
        NotThrough::Offline(said) => return failed(Blame::Hopeless, Reason::Offline, said),
        NotThrough::Useless(said) => (Blame::Hopeless, said),
        NotThrough::Denied(said) => (Blame::Port, said),
    };
    let said = format!("the proxy {address}: {detail}");
    failed(blame, Reason::ProxyFailed { address, detail }, said)
}

fn map_fault(fault: &TlsFault, link: &JoinLink, port: u16) -> Failed {
    let address = address(link, port);
    let (blame, reason) = match fault {
        TlsFault::CertificateMismatch => (Blame::Way, Reason::CertificateMismatch { address }),
        TlsFault::NotARelay(_) => (Blame::Way, Reason::NotARelay { address }),
        TlsFault::Broken(_) => (Blame::Way, Reason::LinkLost),
        TlsFault::Setup(error) => {
            let detail = error.to_string();
            (Blame::Hopeless, Reason::Other { detail })
        }
    };
    failed(blame, reason, fault)
}

fn address(link: &JoinLink, port: u16) -> String {
    let port = crate::model::PortNumber::new(port).unwrap_or(link.port);
    let link = JoinLink {
        port,
        ..link.clone()
    };
    link.address()
}
