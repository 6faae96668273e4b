//! What a session does with what its server says: checks its key, takes visitors in, hears what it
//! announces, and refuses everything else.

use super::address::Address;
use super::announce::{Announcer, Found};
use super::errors;
use super::host_key::HostKeys;
use super::queue::{Gate, Inlet, Outlet};
use crate::provider::ConnectError;
use parking_lot::Mutex;
use russh::client::{ChannelOpenHandle, DisconnectReason, Msg, Session};
use russh::keys::PublicKeyOrCertificate;
use russh::{Channel, ChannelId, ChannelOpenFailure};
use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use tokio::sync::mpsc;

/// So many visitors a session may have at once.
pub(super) const MOST_VISITORS: usize = 1024;

/// What happens in a session beside its visitors.
#[derive(Debug)]
pub(super) enum Signal {
    /// The service said where it serves.
    Announced(Found),
    /// The service has ended what was asked of it.
    Silenced,
    /// It is over.
    Over(ConnectError),
}

/// A visitor who waits to be let in.
pub(super) struct Arrival {
    /// The address and the port that the server says were asked for; a socket has no port.
    pub(super) address: String,
    pub(super) port: Option<u32>,
    pub(super) from: SocketAddr,
    pub(super) channel: Channel<Msg>,
    pub(super) outlet: Outlet,
    pub(super) reply: ChannelOpenHandle,
}

/// What a session and its handler share.
#[derive(Debug, Default)]
pub(super) struct Shared {
    /// Why the server's key was not taken.
    pub(super) refusal: Mutex<Option<ConnectError>>,
    pub(super) voice: Mutex<Announcer>,
    /// Where the service announces.
    pub(super) talk: OnceLock<ChannelId>,
    /// The server has ended the connection in due form.
    pub(super) dismissed: AtomicBool,
}

/// So many signals wait: a service that says more is not listened to.
const MOST_SIGNALS: usize = 64;

pub(super) struct Handler {
    at: Address,
    keys: Arc<HostKeys>,
    shared: Arc<Shared>,
    gate: Gate,
    inlets: HashMap<ChannelId, Inlet>,
    arrivals: mpsc::UnboundedSender<Arrival>,
    signals: mpsc::Sender<Signal>,
    over: mpsc::UnboundedSender<Signal>,
}

/// The session's end of it.
pub(super) struct Ears {
    pub(super) shared: Arc<Shared>,
    /// No more of them than there may be visitors.
    pub(super) arrivals: mpsc::UnboundedReceiver<Arrival>,
    pub(super) signals: mpsc::Receiver<Signal>,
    /// The last ones: few.
    pub(super) over: mpsc::UnboundedReceiver<Signal>,
}

impl Ears {
    /// What the server has said last.
    pub(super) fn said(&self) -> String {
        self.shared.voice.lock().transcript()
    }
}

impl Handler {
    pub(super) fn new(
        at: Address,
        keys: Arc<HostKeys>,
        voice: Announcer,
        gate: Gate,
    ) -> (Self, Ears) {
        let shared = Arc::new(Shared {
            voice: Mutex::new(voice),
            ..Shared::default()
        });
        let (arrivals, arrived) = mpsc::unbounded_channel();
        let (signals, signalled) = mpsc::channel(MOST_SIGNALS);
        let (over, ended) = mpsc::unbounded_channel();
        let handler = Self {
            at,
            keys,
            shared: Arc::clone(&shared),
            gate,
            inlets: HashMap::new(),
            arrivals,
            signals,
            over,
        };
        let ears = Ears {
            shared,
            arrivals: arrived,
            signals: signalled,
            over: ended,
        };
        (handler, ears)
    }

    /// Makes the queue of a visitor who comes, and hands him on.
    fn take_in(
        &mut self,
        channel: Channel<Msg>,
        address: &str,
        port: Option<u32>,
        origin: (&str, u32),
        reply: ChannelOpenHandle,
    ) -> Option<ChannelOpenHandle> {
        self.inlets.retain(|_, inlet| !inlet.is_over());
        if self.inlets.len() >= MOST_VISITORS {
            return Some(reply);
        }
        let (inlet, outlet) = self.gate.open();
        self.inlets.insert(channel.id(), inlet);
        // A session that is gone lets nobody in.
        let _ = self.arrivals.send(Arrival {
            address: address.chars().take(256).collect(),
            port,
            from: visitor(origin),
            channel,
            outlet,
            reply,
        });
        None
    }

    fn hear(&self, data: &[u8]) {
        for found in self.shared.voice.lock().take(data) {
            let _ = self.signals.try_send(Signal::Announced(found));
        }
    }

    fn is_talk(&self, channel: ChannelId) -> bool {
        self.shared.talk.get() == Some(&channel)
    }
}

/// The server's word on who comes.
fn visitor((address, port): (&str, u32)) -> SocketAddr {
    let address = address.parse().unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
    SocketAddr::new(address, u16::try_from(port).unwrap_or_default())
}

impl russh::client::Handler for Handler {
    type Error = russh::Error;

    async fn auth_banner(&mut self, banner: &str, _: &mut Session) -> Result<(), Self::Error> {
        let mut voice = self.shared.voice.lock();
        voice.take(banner.as_bytes());
        voice.end_line();
        Ok(())
    }

    async fn check_server_key(
        &mut self,
        shown: &PublicKeyOrCertificate,
    ) -> Result<bool, Self::Error> {
        let checked = self.keys.check(&self.at, shown);
        let is_its = checked.is_ok();
        *self.shared.refusal.lock() = checked.err();
        Ok(is_its)
    }

    async fn server_channel_open_forwarded_tcpip(
        &mut self,
        channel: Channel<Msg>,
        connected_address: &str,
        connected_port: u32,
        originator_address: &str,
        originator_port: u32,
        reply: ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), Self::Error> {
        let origin = (originator_address, originator_port);
        let port = Some(connected_port);
        if let Some(reply) = self.take_in(channel, connected_address, port, origin, reply) {
            reply.reject(ChannelOpenFailure::ResourceShortage).await;
        }
        Ok(())
    }

    async fn server_channel_open_forwarded_streamlocal(
        &mut self,
        channel: Channel<Msg>,
        socket_path: &str,
        reply: ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), Self::Error> {
        if let Some(reply) = self.take_in(channel, socket_path, None, ("", 0), reply) {
            reply.reject(ChannelOpenFailure::ResourceShortage).await;
        }
        Ok(())
    }

    // Whatever else a server may open, nobody has asked for it: an answer that is dropped refuses.

    async fn server_channel_open_agent_forward(
        &mut self,
        _: Channel<Msg>,
        _: ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), Self::Error> {
        Ok(())
    }

    async fn server_channel_open_session(
        &mut self,
        _: Channel<Msg>,
        _: ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), Self::Error> {
        Ok(())
    }

    async fn server_channel_open_direct_tcpip(
        &mut self,
        _: Channel<Msg>,
        _: &str,
        _: u32,
        _: &str,
        _: u32,
        _: ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), Self::Error> {
        Ok(())
    }

    async fn server_channel_open_direct_streamlocal(
        &mut self,
        _: Channel<Msg>,
        _: &str,
        _: ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), Self::Error> {
        Ok(())
    }

    async fn server_channel_open_x11(
        &mut self,
        _: Channel<Msg>,
        _: &str,
        _: u32,
        _: ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), Self::Error> {
        Ok(())
    }

    async fn data(
        &mut self,
        channel: ChannelId,
        data: &[u8],
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        if self.is_talk(channel) {
            self.hear(data);
            return Ok(());
        }
        let Some(inlet) = self.inlets.get(&channel) else {
            return Ok(());
        };
        if !inlet.put(data) {
            tracing::debug!("a service takes nothing, and loses its visitor");
            self.inlets.remove(&channel);
            session.close(channel)?;
        }
        Ok(())
    }

    async fn extended_data(
        &mut self,
        channel: ChannelId,
        _: u32,
        data: &[u8],
        _: &mut Session,
    ) -> Result<(), Self::Error> {
        if self.is_talk(channel) {
            self.hear(data);
        }
        Ok(())
    }

    async fn channel_eof(
        &mut self,
        channel: ChannelId,
        _: &mut Session,
    ) -> Result<(), Self::Error> {
        if let Some(inlet) = self.inlets.get(&channel) {
            inlet.end();
        }
        Ok(())
    }

    async fn channel_close(
        &mut self,
        channel: ChannelId,
        _: &mut Session,
    ) -> Result<(), Self::Error> {
        if self.is_talk(channel) {
            let _ = self.over.send(Signal::Silenced);
        }
        self.inlets.remove(&channel);
        Ok(())
    }

    async fn disconnected(
        &mut self,
        reason: DisconnectReason<Self::Error>,
    ) -> Result<(), Self::Error> {
        let dismissed = matches!(reason, DisconnectReason::ReceivedDisconnect(_));
        self.shared.dismissed.store(dismissed, Ordering::Release);
        let _ = self.over.send(Signal::Over(errors::ended(&reason)));
        Ok(())
    }
}
