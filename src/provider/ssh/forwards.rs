//! What a server is asked for, one a port: a port of its own, a name or a socket, and where visitors
//! reach that.

use super::address::bracketed;
use super::connector::Plan;
use super::errors;
use super::handler::{Arrival, Handler};
use super::services::Way;
use crate::base::local::is_here;
use crate::model::{LivePort, Port, PortNumber, Reason};
use crate::provider::ConnectError;
use crate::provider::standing;
use russh::client::Handle;
use std::time::Duration;
use tokio::time::timeout;

/// Ports below it are for root alone.
const PRIVILEGED: u32 = 1024;

/// What was asked for a port, and given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Forward {
    pub(super) port: Port,
    asked: Asked,
    /// The port that the server listens at; 0 for a socket.
    given: u32,
    /// Where visitors reach it; empty until the service has said so.
    pub(super) url: String,
    /// Only from the server itself.
    servers_own: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Asked {
    Port { address: String, port: u32 },
    Socket { path: String },
}

/// What a server gives once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Port(u32),
    Socket(String),
}

/// Where the ports of a tunnel were.
pub(super) type Standing = standing::Standing<Place>;

impl Asked {
    /// What it is to have, if it is that and nothing else.
    fn place(&self) -> Option<Place> {
        match self {
            Self::Port { port: 0, .. } => None,
            Self::Port { port, .. } => Some(Place::Port(*port)),
            Self::Socket { path } => Some(Place::Socket(path.clone())),
        }
    }
}

impl Plan {
    /// What a port is asked for by; `number` counts the ports from 1.
    fn asked(&self, port: &Port, number: u32, before: Option<u32>) -> Asked {
        let options = &self.options;
        if let Some(path) = &options.socket {
            return Asked::Socket { path: path.clone() };
        }
        let service = options.service();
        let fixed = port
            .public_port
            .map(PortNumber::get)
            .or(options.remote_port);
        let fixed = fixed.map(u32::from);
        let way = if port.protocol.is_web() {
            service.web
        } else {
            Way::Any
        };
        let (address, port) = match way {
            // All its addresses, as far as it lets us.
            Way::Any if !service.announces() => ("", fixed.or(before).unwrap_or(0)),
            Way::Any => ("localhost", fixed.unwrap_or(0)),
            Way::Web(usual) => ("localhost", fixed.unwrap_or(usual)),
            Way::Counted => ("localhost", fixed.unwrap_or(number)),
        };
        let address = options.name.as_deref().unwrap_or(address).to_owned();
        Asked::Port { address, port }
    }

    /// Whether the person has chosen the very port.
    fn is_fixed(&self, port: &Port) -> bool {
        port.public_port.is_some() || self.options.remote_port.is_some()
    }

    /// Asks for a port: where it was before, or anywhere if that is not to be had and nobody chose it.
    pub(super) async fn forward(
        &self,
        handle: &Handle<Handler>,
        port: &Port,
        number: u32,
        standing: &Standing,
    ) -> Result<Forward, ConnectError> {
        let before = standing.of(port.number);
        let given_before = match &before {
            Some(Place::Port(given)) => Some(*given),
            Some(Place::Socket(_)) | None => None,
        };
        let asked = self.asked(port, number, given_before);
        if let Some(given) = self.ask(handle, &asked).await? {
            return Ok(self.given(port, asked, given));
        }
        let is_chosen = self.is_fixed(port) || self.options.socket.is_some();
        let place = asked.place();
        if let Some(place) = &place
            && before.as_ref() == Some(place)
            && standing.may_be_ours(port.number, place, is_chosen)
        {
            return Err(self.held(&asked, ""));
        }
        let anywhere = self.asked(port, number, None);
        if before.is_some() && !is_chosen && asked != anywhere {
            tracing::info!(?before, "the port of before is not to be had");
            standing.forget(port.number);
            return match self.ask(handle, &anywhere).await? {
                Some(given) => Ok(self.given(port, anywhere, given)),
                None => Err(self.refused(&anywhere, "")),
            };
        }
        match place {
            Some(place) if before.is_none() && self.is_fixed(port) => {
                self.doubt(handle, port.number, &asked, &place, standing)
                    .await
            }
            Some(_) | None => Err(self.refused(&asked, "")),
        }
    }

    /// A chosen port is refused that no connection of this run had. One of an earlier run may have it: then
    /// the server forwards others, which is tried.
    async fn doubt(
        &self,
        handle: &Handle<Handler>,
        number: PortNumber,
        asked: &Asked,
        place: &Place,
        standing: &Standing,
    ) -> Result<Forward, ConnectError> {
        let Asked::Port { address, port } = asked else {
            return Err(self.refused(asked, ""));
        };
        let is_plain = !self.options.service().announces();
        let is_roots = *port < PRIVILEGED && self.user_of(&self.at) != "root";
        if !is_plain || is_roots {
            return Err(self.refused(asked, ""));
        }
        let other = Asked::Port {
            address: address.clone(),
            port: 0,
        };
        let Some(given) = self.ask(handle, &other).await? else {
            let tried = ". It forwards no other port either, which was tried";
            return Err(self.refused(asked, tried));
        };
        let cancelling = handle.cancel_tcpip_forward(address.clone(), given);
        // The connection ends in a moment, or goes on with one port too many.
        let _ = timeout(self.patience.answer, cancelling).await;
        if standing.may_be_ours(number, place, true) {
            return Err(self.held(asked, " (it forwards other ports, which was tried)"));
        }
        let waited = self.patience.held.as_secs();
        let tried =
            format!(". It forwards other ports, and this one was asked for again for {waited} s");
        Err(self.refused(asked, &tried))
    }

    /// The port that was given, unless it was refused.
    async fn ask(
        &self,
        handle: &Handle<Handler>,
        asked: &Asked,
    ) -> Result<Option<u32>, ConnectError> {
        let asking = async {
            match asked {
                Asked::Port { address, port } => {
                    let given = handle.tcpip_forward(address.clone(), *port).await?;
                    // It repeats what was asked for only if it is another one.
                    Ok(if given == 0 { *port } else { given })
                }
                Asked::Socket { path } => {
                    handle.streamlocal_forward(path.clone()).await?;
                    Ok(0)
                }
            }
        };
        match timeout(self.patience.answer, asking).await {
            Ok(Ok(given)) => Ok(Some(given)),
            Ok(Err(russh::Error::RequestDenied)) => Ok(None),
            Ok(Err(error)) => Err(errors::lost(&error)),
            Err(_) => Err(ConnectError::new(Reason::TimedOut)),
        }
    }

    fn given(&self, port: &Port, asked: Asked, given: u32) -> Forward {
        let host = self.options.domain.as_ref().unwrap_or(&self.at.host);
        let host = bracketed(host);
        let is_loopback = |address: &str| is_here(address) && !is_here(&self.at.host);
        let (url, servers_own) = match &asked {
            Asked::Socket { path } => (format!("unix://{host}{path}"), true),
            Asked::Port { .. } if self.options.service().announces() => (String::new(), false),
            Asked::Port { address, .. } => {
                let scheme = if port.protocol.is_web() {
                    "http"
                } else {
                    "tcp"
                };
                (format!("{scheme}://{host}:{given}"), is_loopback(address))
            }
        };
        Forward {
            port: port.clone(),
            asked,
            given,
            url,
            servers_own,
        }
    }

    /// An old connection has it, as far as one can tell.
    fn held(&self, asked: &Asked, tried: &str) -> ConnectError {
        let at = self.at.place();
        let place = match asked {
            Asked::Port { port, .. } => format!("port {port} of {at}{tried}"),
            Asked::Socket { path } => format!("{path} of {at}{tried}"),
        };
        ConnectError::new(Reason::StillHeld { place })
    }

    /// Servers do not say why.
    fn refused(&self, asked: &Asked, tried: &str) -> ConnectError {
        let at = self.at.place();
        let detail = match asked {
            Asked::Port { port: 0, .. } => {
                format!(
                    "{at} forwards no port: its AllowTcpForwarding or PermitListen may forbid it"
                )
            }
            Asked::Port { port, .. } => format!(
                "{at} does not forward its port {port}: another program has it, or an old connection of \
                 yours, or the server's AllowTcpForwarding or PermitListen forbids it, or it is below \
                 {PRIVILEGED} and root's{tried}"
            ),
            Asked::Socket { path } => format!(
                "{at} does not make the socket {path}: it is there already, or the server's \
                 AllowStreamLocalForwarding forbids it"
            ),
        };
        ConnectError::new(Reason::Refused { detail })
    }
}

impl Forward {
    /// What may be held by an old connection of ours, once this one is lost.
    pub(super) fn given(&self) -> Place {
        match &self.asked {
            Asked::Port { .. } => Place::Port(self.given),
            Asked::Socket { path } => Place::Socket(path.clone()),
        }
    }

    pub(super) fn live(&self) -> LivePort {
        LivePort {
            number: self.port.number,
            url: self.url.clone(),
            lan_url: None,
            relays_own: self.servers_own,
        }
    }

    /// The port that it was asked for by.
    pub(super) fn asked_port(&self) -> Option<u32> {
        match &self.asked {
            Asked::Port { port, .. } => Some(*port),
            Asked::Socket { .. } => None,
        }
    }

    /// Gives it back.
    pub(super) async fn cancel(&self, handle: &Handle<Handler>, within: Duration) -> bool {
        let cancelling = async {
            match &self.asked {
                Asked::Port { address, .. } => {
                    handle
                        .cancel_tcpip_forward(address.clone(), self.given)
                        .await
                }
                Asked::Socket { path } => handle.cancel_streamlocal_forward(path.clone()).await,
            }
        };
        matches!(timeout(within, cancelling).await, Ok(Ok(())))
    }

    fn is_of(&self, arrival: &Arrival, exactly: bool) -> bool {
        match (&self.asked, arrival.port) {
            (Asked::Socket { path }, None) => *path == arrival.address,
            (Asked::Port { address, port }, Some(came)) => {
                let is_port = came == self.given || came == *port;
                if exactly {
                    is_port && *address == arrival.address
                } else {
                    is_port
                }
            }
            _ => false,
        }
    }
}

/// The forward that a visitor comes by. A server repeats what was asked for, more or less.
pub(super) fn find<'f>(forwards: &'f [Forward], arrival: &Arrival) -> Option<&'f Forward> {
    let by = |exactly| forwards.iter().find(move |it| it.is_of(arrival, exactly));
    let alone = || match forwards {
        [only] => Some(only),
        _ => None,
    };
    by(true).or_else(|| by(false)).or_else(alone)
}
