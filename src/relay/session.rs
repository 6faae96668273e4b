//! One host's session at the relay, from the welcome to its end.
//!
//! The link under it watches over itself: while it is parked, the session waits with it.

use super::arrival::Common;
use super::link_streams::LinkStreams;
use super::registry::Seat;
use super::upstream::{ProbeKey, Way};
use crate::link::SEND_TIMEOUT;
use crate::link::frame::Frames;
use crate::link::mux::{Incoming, LinkEnd, Mux, MuxStream};
use crate::link::outbox::{Outbox, OutboxError};
use crate::link::resume::{Handle, Status};
use crate::link::wire::{HostMessage, PortSpec, RelayMessage, ServedPort};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{ReadHalf, WriteHalf};
use tokio::sync::watch;
use tokio::time::timeout;
use tokio_util::task::AbortOnDropHandle;

/// The last words to a host may take this long to go out.
const FAREWELL: Duration = Duration::from_secs(2);

/// The link of one host.
pub(super) struct Line {
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
pub(super) enum End {
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

impl Line {
    pub(super) fn way(&self) -> Way {
        Way {
            mux: self.mux.clone(),
            link: self.status.clone(),
            probes: self.probes.clone(),
            streams: Arc::clone(&self.streams),
        }
    }

    fn is_parked(&self) -> bool {
        *self.status.borrow() == Status::Parked
    }

    fn send(&mut self, message: &RelayMessage) -> Result<(), End> {
        self.outbox.push(message).map_err(|error| match error {
            OutboxError::Full => End::Deaf,
            error => End::Lost(error.to_string()),
        })
    }

    fn handle_stuck(&self, error: OutboxError) -> Result<(), End> {
        match error {
            // It goes as soon as there is a link again.
            OutboxError::Stuck if self.is_parked() => Ok(()),
            OutboxError::Stuck | OutboxError::Full => Err(End::Deaf),
            error => Err(End::Lost(error.to_string())),
        }
    }

    /// Says a last word and closes the link.
    pub(super) async fn part_with(mut self, message: &RelayMessage) {
        if self.send(message).is_ok() {
            self.part().await;
        }
    }

    /// Closes the link, when all that was written has gone out.
    async fn part(mut self) {
        let parting = async {
            self.outbox.drain(FAREWELL).await?;
            self.mux.close();
            let _ = (&mut self.driver).await;
            Ok::<_, OutboxError>(())
        };
        let _ = timeout(FAREWELL, parting).await;
    }
}

/// See the module.
pub(super) struct Session<'a> {
    common: &'a Common,
    line: Line,
    seat: Seat,
    /// The host knows that the relay goes down.
    told: bool,
}

impl<'a> Session<'a> {
    pub(super) fn new(common: &'a Common, line: Line, seat: Seat) -> Self {
        Self {
            common,
            line,
            seat,
            told: false,
        }
    }

    pub(super) async fn run(mut self, ports: Vec<ServedPort>) -> End {
        let welcome = RelayMessage::Welcome {
            session: self.seat.session.0,
            ports,
        };
        let end = match self.line.send(&welcome) {
            Ok(()) => self.attend().await,
            Err(end) => end,
        };
        // The place is free before the host hears of the end.
        drop(self.seat);
        match end {
            End::Displaced => self.line.part_with(&RelayMessage::Displaced).await,
            // Nobody hears it: the link just ends.
            End::ShuttingDown | End::Revoked if self.line.is_parked() => {}
            End::Revoked => self.line.part_with(&RelayMessage::Revoked).await,
            End::ShuttingDown if self.told => self.line.part().await,
            End::ShuttingDown => self.line.part_with(&RelayMessage::ShuttingDown).await,
            End::Goodbye | End::Deaf | End::Lost(_) => {}
        }
        end
    }

    async fn attend(&mut self) -> End {
        loop {
            self.line.status.borrow_and_update();
            let handled = tokio::select! {
                biased;
                () = self.common.shutdown.cancelled() => return End::ShuttingDown,
                () = self.common.draining.cancelled(), if !self.told => self.tell_of_end(),
                () = self.seat.displaced.cancelled() => return End::Displaced,
                () = self.seat.revoked.cancelled() => return End::Revoked,
                end = &mut self.line.driver => return End::Lost(match end {
                    Ok(LinkEnd::Closed) => "the link was closed".to_owned(),
                    Ok(LinkEnd::Broken(error)) => error,
                    Err(error) => error.to_string(),
                }),
                // Before what asks for more of it.
                sent = self.line.outbox.drain(SEND_TIMEOUT), if !self.line.outbox.is_empty() => {
                    sent.or_else(|error| self.line.handle_stuck(error))
                }
                message = self.line.control.next() => match message {
                    Ok(Some(message)) => self.handle_message(message),
                    Ok(None) => return End::Goodbye,
                    Err(error) => return End::Lost(error.to_string()),
                },
                // While nothing goes they only pile up, each at most once.
                streams = self.line.mux.abandoned(), if self.line.outbox.is_empty() => {
                    self.line.send(&RelayMessage::Abandon { streams })
                }
                // A host has no more than its control stream; whatever comes is dropped.
                Some(_) = self.line.incoming.next() => Ok(()),
                Ok(()) = self.line.status.changed() => {
                    self.line.outbox.restart();
                    Ok(())
                }
            };
            if let Err(end) = handled {
                return end;
            }
        }
    }

    /// The host may look for the next relay, while this one serves what is under way.
    fn tell_of_end(&mut self) -> Result<(), End> {
        self.told = true;
        self.line.send(&RelayMessage::ShuttingDown)
    }

    fn handle_message(&mut self, message: HostMessage) -> Result<(), End> {
        match message {
            HostMessage::Ping { number } => self.line.send(&RelayMessage::Pong { number }),
            // The host asks the next relay for them.
            HostMessage::SetPorts { .. } if self.told => Ok(()),
            HostMessage::SetPorts { ports } => self.set_ports(&ports),
            HostMessage::Abandon { streams } => {
                self.line.mux.reset(&streams);
                Ok(())
            }
            HostMessage::Goodbye => Err(End::Goodbye),
            HostMessage::Hello(_) => Err(End::Lost("a second hello".to_owned())),
            HostMessage::Unknown => Ok(()),
        }
    }

    fn set_ports(&mut self, ports: &[PortSpec]) -> Result<(), End> {
        if !self.common.accounts.accepts(&self.seat.shown) {
            return Err(End::Revoked);
        }
        let (registry, session) = (&self.common.registry, self.seat.session);
        let way = self.line.way();
        let answer = match registry.set_ports(session, ports, &way) {
            Ok(ports) => RelayMessage::Ports { ports },
            Err(reason) => RelayMessage::PortsRefused { reason },
        };
        self.line.send(&answer)
    }
}
