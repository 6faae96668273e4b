//! The outer SSH session of Dev Tunnels: the relay's one connection to a host, with a channel for
//! each visitor.
//!
//! This end is the client, and everything negotiates to `none`: there are no keys, no sign-in and no
//! cryptography, only channels with windows and a handful of requests. It knows neither what carries
//! it nor what its channels carry. Every queue in it is bounded: a visitor who reads slowly holds up
//! nobody else, and a relay that breaks the protocol ends the session and nothing more.

mod channel;
mod driver;
mod ident;
mod machine;
mod message;
mod shared;
mod stream;
#[cfg(test)]
mod tests;
mod wire;

pub use stream::Channel;

use crate::model::Secret;
use driver::Driver;
use machine::Machine;
use shared::Shared;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::mpsc;
use tokio::time::timeout;

/// The relay has this long to say its name and to exchange keys, or rather none.
const GREETING: Duration = Duration::from_secs(20);

/// The relay has this long to answer a request.
const ANSWER: Duration = Duration::from_secs(30);

/// The last words may take this long to go out.
const FAREWELL: Duration = Duration::from_secs(2);

/// A handle of a session: the last one to go ends the session and all its channels.
#[derive(Clone, Debug)]
pub struct Outer {
    owner: Arc<Owner>,
}

#[derive(Debug)]
struct Owner {
    shared: Arc<Shared>,
}

impl Drop for Owner {
    fn drop(&mut self) {
        self.shared.with(Machine::call_off);
    }
}

/// What a session reports. The channel of events ends with it.
#[derive(Debug)]
pub enum Event {
    /// The relay opens a channel.
    Incoming(Incoming),
    /// Something came; it is said about once a second at most.
    Alive,
    /// It is over, and not because the last [`Outer`] went.
    Ended(End),
}

/// Why a session is over.
#[derive(Debug, thiserror::Error)]
pub enum End {
    /// The relay said so, with SSH's code for the reason; or this end did.
    #[error("the session was ended with code {code}: {text}")]
    Disconnected {
        code: u32,
        /// In words, for a log.
        text: String,
    },
    /// The connection was closed without a word.
    #[error("the connection was closed")]
    Eof,
    /// The connection broke.
    #[error("the connection broke: {0}")]
    Io(#[source] io::Error),
    /// The relay broke the protocol.
    #[error("the relay broke the protocol: {0}")]
    Protocol(String),
}

/// Why a request came to nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The relay said no.
    #[error("the relay refused")]
    Denied,
    /// The relay said nothing.
    #[error("the relay did not answer")]
    NoAnswer,
    /// Too many requests wait for their answer.
    #[error("too many requests wait for the relay")]
    Busy,
    #[error("the session is over")]
    Ended,
}

/// Why a channel is refused, in SSH's numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefuseCode {
    /// It is not allowed, as a port that is not served.
    Prohibited = 1,
    /// What it should lead to cannot be reached.
    ConnectFailed = 2,
    /// Nobody knows that type.
    UnknownType = 3,
    /// There is no room.
    Shortage = 4,
}

/// A channel that the relay wants to open. Dropping it refuses it, as what it should lead to cannot be
/// reached.
#[derive(Debug)]
pub struct Incoming {
    /// What it is for.
    pub kind: IncomingKind,
    offer: Offer,
}

/// What a channel is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IncomingKind {
    /// A client of the first version speaks SSH in it, and this end is its server.
    ClientSession,
    /// A visitor of a port.
    Forwarded {
        /// The address that was forwarded.
        host: String,
        port: u32,
        /// The visitor's address, as the relay tells it.
        origin: String,
        origin_port: u32,
        /// What the visitor showed the relay; may be empty.
        access_token: Secret,
        /// Whether the visitor wants encryption from end to end.
        e2ee: bool,
    },
}

/// The duty to answer.
#[derive(Debug)]
struct Offer {
    id: u32,
    shared: Arc<Shared>,
    is_answered: bool,
}

impl Drop for Offer {
    fn drop(&mut self) {
        if !self.is_answered {
            self.refuse(RefuseCode::ConnectFailed, "nobody answered");
        }
    }
}

impl Offer {
    fn refuse(&mut self, code: RefuseCode, text: &str) {
        self.is_answered = true;
        self.shared
            .with(|machine| machine.refuse(self.id, code, text));
    }
}

impl Incoming {
    fn new(id: u32, kind: IncomingKind, shared: Arc<Shared>) -> Self {
        let offer = Offer {
            id,
            shared,
            is_answered: false,
        };
        Self { kind, offer }
    }

    /// Takes the channel in. The flag tells the visitor that encryption from end to end is on; it is
    /// said only where the relay's version has a place for it.
    pub fn accept(mut self, e2ee_enabled: bool) -> Channel {
        let offer = &mut self.offer;
        offer.is_answered = true;
        let id = offer.id;
        offer
            .shared
            .with(|machine| machine.accept(id, e2ee_enabled));
        Channel::new(id, Arc::clone(&offer.shared))
    }

    /// Does not take the channel in.
    pub fn refuse(mut self, code: RefuseCode, text: &str) {
        self.offer.refuse(code, text);
    }
}

/// Greets the relay over `io`, and lets a task drive the session from there on.
///
/// # Errors
/// When the relay does not greet in time, or as it must.
pub async fn start<T>(io: T) -> Result<(Outer, mpsc::Receiver<Event>), End>
where
    T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let shared = Shared::new(rand::random());
    let (mut driver, events) = Driver::new(io, Arc::clone(&shared));
    match timeout(GREETING, driver.greet()).await {
        Ok(greeted) => greeted?,
        Err(_) => return Err(End::Io(io::ErrorKind::TimedOut.into())),
    }
    tokio::spawn(driver.run());
    let owner = Arc::new(Owner { shared });
    Ok((Outer { owner }, events))
}

impl Outer {
    /// Asks the relay to serve that port.
    ///
    /// # Errors
    /// When it does not.
    pub async fn forward(&self, port: u16, host_token: &Secret) -> Result<(), Refused> {
        let shared = &self.owner.shared;
        let answer = shared.with(|machine| machine.forward(port, host_token))?;
        match timeout(ANSWER, answer).await {
            Ok(Ok(true)) => Ok(()),
            Ok(Ok(false)) => Err(Refused::Denied),
            Ok(Err(_)) => Err(Refused::Ended),
            Err(_) => Err(Refused::NoAnswer),
        }
    }

    /// Asks the relay to serve that port no more. It has no answer: Microsoft's hosts ask for none,
    /// and nobody knows whether the service would give one.
    ///
    /// # Errors
    /// When it cannot be asked.
    #[expect(
        clippy::unused_async,
        reason = "a relay that answers would be waited for"
    )]
    pub async fn cancel_forward(&self, port: u16) -> Result<(), Refused> {
        let shared = &self.owner.shared;
        shared.with(|machine| machine.cancel_forward(port))
    }

    /// Ends the session with SSH's code for the reason, and waits a little until that has gone out.
    pub async fn disconnect(&self, code: u32, text: &str) {
        let shared = &self.owner.shared;
        shared.with(|machine| machine.disconnect(code, text));
        // A relay that does not take it is left all the same.
        let _ = timeout(FAREWELL, shared.gone()).await;
    }
}
