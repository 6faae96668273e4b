//! One host's session at the relay, from the welcome to its end.
//!
//! The link under it watches over itself: while it is parked, the session waits with it.

use super::arrival::Common;
use super::link_streams::LinkStreams;
use super::registry::Registration;
use super::upstream::{HostRoute, ProbeKey};
use crate::link::SEND_TIMEOUT;
use crate::link::control::{HostMessage, PortSpec, RelayMessage, ServedPort};
use crate::link::frame::Frames;
use crate::link::mux::{Incoming, LinkEnd, Mux, MuxStream};
use crate::link::outbox::{Outbox, OutboxError};
use crate::link::resume::{Handle, Status};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{ReadHalf, WriteHalf};
use tokio::sync::watch;
use tokio::time::timeout;
use tokio_util::task::AbortOnDropHandle;

/// How long the last message to a host may take to go out.
const CLOSE_WITHIN: Duration = Duration::from_secs(2);

/// The link of one host: the resumable session, the streams over it and the control messages.
pub(super) struct HostLink {
    pub(super) link: Handle,
    pub(super) status: watch::Receiver<Status>,
    pub(super) mux: Mux,
    pub(super) incoming: Incoming,
    pub(super) control: Frames<ReadHalf<MuxStream>>,
    pub(super) outbox: Outbox<WriteHalf<MuxStream>>,
    pub(super) driver: AbortOnDropHandle<LinkEnd>,
    pub(super) probes: ProbeKey,
    pub(super) streams: Arc<LinkStreams>,
}

/// Why a session ended: for the log.
#[derive(Debug, thiserror::Error)]
pub(super) enum EndReason {
    #[error("it said goodbye")]
    Goodbye,
    #[error("another host took over")]
    Displaced,
    #[error("its account is gone, or has another token")]
    Revoked,
    #[error("the relay goes down")]
    ShuttingDown,
    #[error("it does not listen to what it is told")]
    Deaf,
    #[error("{0}")]
    Lost(String),
}

impl HostLink {
    pub(super) fn route(&self) -> HostRoute {
        HostRoute {
            mux: self.mux.clone(),
            link: self.status.clone(),
            probes: self.probes.clone(),
            streams: Arc::clone(&self.streams),
        }
    }

    fn is_parked(&self) -> bool {
        *self.status.borrow() == Status::Parked
    }

    fn send(&mut self, message: &RelayMessage) -> Result<(), EndReason> {
        self.outbox.push(message).map_err(|error| match error {
            OutboxError::Full => EndReason::Deaf,
            error => EndReason::Lost(error.to_string()),
        })
    }

    fn handle_stuck(&self, error: OutboxError) -> Result<(), EndReason> {
        match error {
            // It goes as soon as there is a link again.
            OutboxError::Stuck if self.is_parked() => Ok(()),
            OutboxError::Stuck | OutboxError::Full => Err(EndReason::Deaf),
            error => Err(EndReason::Lost(error.to_string())),
        }
    }

    /// Sends a last message and closes the link.
    pub(super) async fn close_with(mut self, message: &RelayMessage) {
        if self.send(message).is_ok() {
            self.close().await;
        }
    }

    /// Closes the link, when all that was written has gone out.
    async fn close(mut self) {
        let closing = async {
            self.outbox.drain(CLOSE_WITHIN).await?;
            self.mux.close();
            let _ = (&mut self.driver).await;
            Ok::<_, OutboxError>(())
        };
        let _ = timeout(CLOSE_WITHIN, closing).await;
    }
}

/// A host's session, once it is admitted.
pub(super) struct Session<'a> {
    common: &'a Common,
    host: HostLink,
    registration: Registration,
    /// The host knows that the relay goes down.
    told: bool,
}

impl<'a> Session<'a> {
    pub(super) fn new(common: &'a Common, host: HostLink, registration: Registration) -> Self {
        Self {
            common,
            host,
            registration,
            told: false,
        }
    }

    pub(super) async fn run(mut self, ports: Vec<ServedPort>) -> EndReason {
        let welcome = RelayMessage::Welcome {
            session: self.registration.session.0,
            knows_stop: true,
            ports,
        };
        let end = match self.host.send(&welcome) {
            Ok(()) => self.attend().await,
            Err(end) => end,
        };
        // The place is free before the host hears of the end.
        drop(self.registration);
        match end {
            EndReason::Displaced => self.host.close_with(&RelayMessage::Displaced).await,
            // Nobody hears it: the link just ends.
            EndReason::ShuttingDown | EndReason::Revoked if self.host.is_parked() => {}
            EndReason::Revoked => self.host.close_with(&RelayMessage::Revoked).await,
            EndReason::ShuttingDown if self.told => self.host.close().await,
            EndReason::ShuttingDown => self.host.close_with(&RelayMessage::ShuttingDown).await,
            EndReason::Goodbye | EndReason::Deaf | EndReason::Lost(_) => {}
        }
        end
    }

    async fn attend(&mut self) -> EndReason {
        loop {
            self.host.status.borrow_and_update();
            let handled = tokio::select! {
                biased;
                () = self.common.shutdown.cancelled() => return EndReason::ShuttingDown,
                () = self.common.draining.cancelled(), if !self.told => self.tell_of_end(),
                () = self.registration.displaced.cancelled() => return EndReason::Displaced,
                () = self.registration.revoked.cancelled() => return EndReason::Revoked,
                end = &mut self.host.driver => return EndReason::Lost(match end {
                    Ok(LinkEnd::Closed) => "the link was closed".to_owned(),
                    Ok(LinkEnd::Broken(error)) => error,
                    Err(error) => error.to_string(),
                }),
                // Before what asks for more of it.
                sent = self.host.outbox.drain(SEND_TIMEOUT), if !self.host.outbox.is_empty() => {
                    sent.or_else(|error| self.host.handle_stuck(error))
                }
                message = self.host.control.next() => match message {
                    Ok(Some(message)) => self.handle_message(message),
                    Ok(None) => return EndReason::Goodbye,
                    Err(error) => return EndReason::Lost(error.to_string()),
                },
                // A host has no more than its control stream; whatever comes is dropped.
                Some(_) = self.host.incoming.next() => Ok(()),
                Ok(()) = self.host.status.changed() => {
                    self.host.outbox.restart();
                    Ok(())
                }
            };
            if let Err(end) = handled {
                return end;
            }
        }
    }

    /// The host may look for the next relay, while this one serves what is under way.
    fn tell_of_end(&mut self) -> Result<(), EndReason> {
        self.told = true;
        self.host.send(&RelayMessage::ShuttingDown)
    }

    fn handle_message(&mut self, message: HostMessage) -> Result<(), EndReason> {
        match message {
            HostMessage::Ping { number } => self.host.send(&RelayMessage::Pong { number }),
            // The host asks the next relay for them.
            HostMessage::SetPorts { .. } if self.told => Ok(()),
            HostMessage::SetPorts { ports } => self.set_ports(&ports),
            HostMessage::Abandon { streams } => {
                self.host.mux.stop(&streams);
                Ok(())
            }
            HostMessage::Goodbye => Err(EndReason::Goodbye),
            HostMessage::Hello(_) => Err(EndReason::Lost("a second hello".to_owned())),
            HostMessage::Unknown => Ok(()),
        }
    }

    fn set_ports(&mut self, ports: &[PortSpec]) -> Result<(), EndReason> {
        if !self.common.accounts.accepts(&self.registration.shown) {
            return Err(EndReason::Revoked);
        }
        let (registry, session) = (&self.common.registry, self.registration.session);
        let route = self.host.route();
        let answer = match registry.set_ports(session, ports, &route) {
            Ok(ports) => RelayMessage::Ports { ports },
            Err(reason) => RelayMessage::PortsRefused { reason },
        };
        self.host.send(&answer)
    }
}
