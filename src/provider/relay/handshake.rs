//! The first words with a relay: from an encrypted connection to a session, or a refusal.

use super::link::{self, Link};
use super::refusal::map_refusal;
use super::served;
use crate::link::control::{
    Hello, HostMessage, PortSpec, Protocol as WireProtocol, RelayMessage, Token, VERSION,
};
use crate::link::frame::{FrameError, Frames};
use crate::link::mux::{self, Incoming, LinkEnd, Mux, MuxStream, Role};
use crate::link::resume::Config;
use crate::link::tls::Secured;
use crate::model::{JoinLink, LivePort, Port, PortNumber, Protocol, Reason};
use crate::provider::{ConnectError, HostOrder, ProbeMarks};
use std::num::NonZeroU16;
use std::time::Duration;
use tokio::time::timeout;
use tokio_util::task::AbortOnDropHandle;

/// A link on which the relay has said welcome.
pub(super) struct Shaken {
    pub(super) link: Link,
    pub(super) mux: Mux,
    pub(super) incoming: Incoming,
    pub(super) control: Frames<MuxStream>,
    pub(super) driver: AbortOnDropHandle<LinkEnd>,
    pub(super) ports: Vec<LivePort>,
    /// The relay's host, as the join link has it.
    pub(super) relay: String,
}

/// What to say first.
pub(super) fn hello(
    order: &HostOrder,
    link: &JoinLink,
    instance: &str,
    probes: Option<&ProbeMarks>,
) -> Hello {
    Hello {
        version: VERSION,
        token: Token(link.token.expose().to_owned()),
        tunnel: order.tunnel.as_str().to_owned(),
        install: order.install.clone(),
        instance: instance.to_owned(),
        probe: Token(probes.map_or_else(String::new, |probes| probes.key().expose().to_owned())),
        take_over: order.take_over,
        knows_stop: true,
        ports: specs(&order.ports),
    }
}

/// The ports as the wire has them.
pub(super) fn specs(ports: &[Port]) -> Vec<PortSpec> {
    let wire = |number: PortNumber| NonZeroU16::new(number.get());
    let spec = |port: &Port| {
        Some(PortSpec {
            number: wire(port.number)?,
            protocol: match port.protocol {
                Protocol::Http => WireProtocol::Http,
                Protocol::Https => WireProtocol::Https,
                Protocol::Tcp => WireProtocol::Tcp,
                Protocol::Auto => WireProtocol::Auto,
            },
            label: port.label.as_str().to_owned(),
            public_port: port.public_port.and_then(wire),
            local_name: port.options.host_header.local_name(port),
            per_visitor: port.options.proxy_protocol.is_some(),
        })
    };
    ports.iter().filter_map(spec).collect()
}

/// Says hello and waits for the welcome, within `patience` in all.
pub(super) async fn shake(
    secured: Secured,
    config: Config,
    hello: Hello,
    relay: &str,
    patience: Duration,
) -> Result<Shaken, ConnectError> {
    match timeout(patience, greet(secured, config, hello, relay)).await {
        Ok(shaken) => shaken,
        Err(_) => Err(ConnectError::with(
            Reason::TimedOut,
            "the relay did not answer the hello in time",
        )),
    }
}

async fn greet(
    secured: Secured,
    config: Config,
    hello: Hello,
    relay: &str,
) -> Result<Shaken, ConnectError> {
    let (mux, incoming) = mux::new(Role::Host);
    let (mut link, guard) = link::open(secured, config, &hello.token, mux.payload()).await?;
    let driver = AbortOnDropHandle::new(tokio::spawn(mux.run(guard)));
    let control = mux
        .open()
        .map_err(|error| ConnectError::with(Reason::LinkLost, error))?;
    let mut control = Frames::new(control);
    let ports = tokio::select! {
        biased;
        answered = ask(&mut control, &mux, hello, relay) => answered?,
        // Before the welcome there is nothing to hold.
        () = link.lost() => return Err(ConnectError::new(Reason::LinkLost)),
    };
    Ok(Shaken {
        link,
        mux,
        incoming,
        control,
        driver,
        ports,
        relay: relay.to_owned(),
    })
}

/// Says hello: the ports that the relay serves.
async fn ask(
    control: &mut Frames<MuxStream>,
    mux: &Mux,
    hello: Hello,
    relay: &str,
) -> Result<Vec<LivePort>, ConnectError> {
    let message = HostMessage::Hello(hello);
    control.send(&message).await.map_err(lost)?;
    loop {
        match control.next().await.map_err(lost)? {
            Some(RelayMessage::Welcome {
                session,
                knows_stop,
                ports,
            }) => {
                tracing::debug!(session, "the relay says welcome");
                if knows_stop {
                    mux.other_end_knows_stop();
                }
                return served::live(ports, relay);
            }
            Some(RelayMessage::Refused { reason }) => return Err(map_refusal(reason)),
            Some(RelayMessage::ShuttingDown) => {
                return Err(ConnectError::new(Reason::RelayShutDown));
            }
            Some(RelayMessage::Revoked) => return Err(ConnectError::new(Reason::TokenRefused)),
            Some(RelayMessage::Displaced) => return Err(ConnectError::new(Reason::TakenOver)),
            Some(
                RelayMessage::Pong { .. }
                | RelayMessage::Ports { .. }
                | RelayMessage::PortsRefused { .. }
                | RelayMessage::Abandon { .. }
                | RelayMessage::Unknown,
            ) => {}
            None => return Err(ConnectError::new(Reason::LinkLost)),
        }
    }
}

/// The control stream failed. It is inside our own protocol: garbage there is a fault, not a
/// stranger.
pub(super) fn lost(error: FrameError) -> ConnectError {
    ConnectError::with(Reason::LinkLost, error)
}
