//! The resumable link: a duplex byte stream that outlives the connections it runs over.
//!
//! It sits between the multiplexer and TLS. Every byte has an absolute sequence number and stays
//! in a fixed ring until the other end has it; when a connection breaks, the next one picks up
//! where it broke, nothing lost and nothing twice. The session is a pure machine (`machine`, with
//! `outbound`, `inbound`, `detector` and `frame` in it) behind one lock; a small task moves
//! bytes between it and the connection of the moment ([`SessionDriver`]); what it carries is a
//! [`Payload`], which never sees a drop and is asked for what goes next; a [`Handle`] attaches connections.
//!
//! It knows no TLS, no tunnel and no account: who may resume what is asked of its user, who passes
//! in randomness, time-outs, and the value that ties a handshake to one TLS connection.

mod auth;
mod batch;
mod detector;
mod dialling;
mod driver;
mod end;
pub mod frame;
#[cfg(any(test, fuzzing))]
pub mod fuzz;
mod greeting;
mod handle;
mod handshake;
mod inbound;
mod machine;
mod outbound;
mod pace;
mod parking;
mod payload;
mod shared;
mod store;

pub use auth::{Binding, Secret, SessionId};
pub use detector::DetectorConfig;
pub use dialling::{Dialled, Redial, keep_attached};
pub use driver::SessionDriver;
pub use end::{ProtocolError, ResetReason, ResumeRefusal, SessionEnd};
pub use greeting::{GreetingError, MAX_CREDENTIALS, Request};
pub use handle::{AttachError, Handle, Status};
pub use handshake::{HandshakeError, accept, grant, open, read_request, refuse, resume};
pub use machine::Ticket;
pub use parking::{Caps, Parking};
pub use payload::{Milestone, Payload, SessionGuard};
pub use store::{SessionStore, StoreFull};

use std::sync::Arc;
use std::time::Duration;

/// The sizes and times of one session. Both ends may differ: each bounds what it holds itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Config {
    /// Sent and not yet acknowledged; this over the round-trip time is the most a link carries.
    pub tx_ring: usize,
    /// How far the other end may send ahead of what it knows to be here.
    pub window: usize,
    /// Bytes received that are acknowledged at once…
    pub ack_bytes: usize,
    /// …and how long fewer may wait for that.
    pub ack_delay: Duration,
    /// When a silent link is given up.
    pub detector: DetectorConfig,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            tx_ring: 4 * 1024 * 1024,
            window: 4 * 1024 * 1024,
            ack_bytes: 256 * 1024,
            ack_delay: Duration::from_millis(20),
            detector: DetectorConfig::default(),
        }
    }
}

/// One end of a resumable session, parked: it has no connection yet.
///
/// Each end makes its own with the same `id` and `secret`. The three values are one session:
///
/// - the [`Handle`] attaches connections, watches the [`Status`] and calls the session off. Clones are
///   handles to the same session.
/// - the [`SessionDriver`] moves the bytes of the `payload`. [`SessionDriver::run`] has to be polled for
///   as long as the session is to last, in a task of its own; whoever drops it ends the session.
/// - the [`SessionGuard`] ends it when it is dropped.
///
/// The session owns the connection it was given, a ring of the size in [`Config`], and nothing else:
/// memory is bounded by that, by what the payload holds, and by a buffer of 64 KiB for a connection.
///
/// # Order of calls
///
/// 1. The first connection comes by [`Handle::begin`], once, at both ends; [`open()`] and [`grant`] are
///    the greeting before it.
/// 2. Each later one comes by [`resume`] at the end that dials and by [`read_request`] and [`accept`] at
///    the other. Both may come at any time: the connection there was is cut off first, and what was on
///    its way over it is sent again from where the other end is. [`keep_attached`] dials for as long as
///    a session may be resumed; [`SessionStore`] keeps the sessions of the end that is dialled.
/// 3. The end: a payload says when it has handed over its last byte, and hears when the other end has it
///    ([`Milestone`]). Both ends' make [`SessionEnd::Finished`]. [`Handle::close`], a dropped guard and
///    [`Handle::give_up`] end it at once, and say why.
///
/// # What never happens
///
/// - A byte is neither lost, doubled nor moved: what a payload receives is a prefix of what the other one
///   handed over, whatever the connections do. A peer that breaks the protocol ends the session.
/// - Nothing of an older connection is taken once a newer one was granted, and no attempt that is out of
///   date cuts off a newer one.
/// - While there is no connection, or no room in the ring, a payload is asked for nothing: nothing is
///   dropped, and nothing grows.
/// - It dials nobody, reads no wall clock, and asks nobody who may resume what: `accept` checks the
///   proof, its caller the credentials and whose session it is.
///
/// # Example
///
/// The streams of [`mux`](super::mux) over two connections, one after the other:
///
/// ```
/// use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};
/// use underpass::link::mux::{self, Role};
/// use underpass::link::resume::{self, Binding, Config, Secret, SessionId};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// // The secret comes of the first connection's TLS exporter, which both ends know.
/// let (id, first) = (SessionId([7; 16]), Binding([1; 32]));
/// let end = |role| {
///     let (streams, incoming) = mux::new(role);
///     let secret = Secret::derive(first, id);
///     let (handle, guard, driver) =
///         resume::session(Config::default(), id, secret, streams.payload());
///     tokio::spawn(driver.run());
///     tokio::spawn(streams.run(guard));
///     (handle, streams, incoming)
/// };
/// let (host, _streams, mut incoming) = end(Role::Host);
/// let (relay, streams, _incoming) = end(Role::Relay);
///
/// let (near, far) = duplex(4096);
/// host.begin(near)?;
/// relay.begin(far)?;
/// let mut at_relay = streams.open()?;
/// at_relay.write_all(b"so far").await?;
/// let mut at_host = incoming.next().await.ok_or("it lives")?;
///
/// // That connection is gone, whatever it still carried. The host makes another one.
/// host.disconnect();
/// let (near, mut far) = duplex(4096);
/// let second = Binding([2; 32]);
/// let dialled = resume::resume(&host, near, second, b"token".to_vec());
/// let answered = async {
///     let request = resume::read_request(&mut far).await?;
///     resume::accept(&relay, &request, far, second).await
/// };
/// tokio::try_join!(dialled, answered)?;
///
/// at_relay.write_all(b" and on").await?;
/// let mut seen = [0; 13];
/// at_host.read_exact(&mut seen).await?;
/// assert_eq!(&seen, b"so far and on");
/// # Ok(())
/// # }
/// ```
pub fn session(
    config: Config,
    id: SessionId,
    secret: Secret,
    payload: Arc<dyn Payload>,
) -> (Handle, SessionGuard, SessionDriver) {
    let shared = shared::Shared::new(config, payload);
    let guard = SessionGuard(Arc::clone(&shared));
    let driver = SessionDriver::new(Arc::clone(&shared));
    (Handle::new(shared, id, secret), guard, driver)
}

/// A session that runs over its one connection: for tests of what it carries.
#[cfg(test)]
pub(crate) fn over(
    transport: impl super::Transport,
    payload: Arc<dyn Payload>,
) -> (Handle, SessionGuard) {
    let id = SessionId([7; 16]);
    let secret = Secret::derive(Binding([1; 32]), id);
    let (handle, guard, driver) = session(Config::default(), id, secret, payload);
    tokio::spawn(driver.run());
    // It is its first.
    let _ = handle.begin(transport);
    (handle, guard)
}

#[cfg(test)]
pub(crate) mod tests;
