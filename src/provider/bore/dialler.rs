//! Makes connections to the server: each is dialled, and proves the secret if there is one.

use super::connector::Patience;
use super::frames::{Frames, NotHeard, Said, Word};
use super::offers::invalid;
use super::server::Server;
use crate::link::Transport;
use crate::model::{Reason, Secret};
use crate::provider::ConnectError;
use crate::provider::dial::{self, Proxies};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::io::BufReader;
use tokio::time::{Instant, timeout};

/// A connection to the server.
pub(super) type Wire = Frames<Box<dyn Transport>>;

/// How to get there.
#[derive(Clone)]
pub(super) struct Dialler {
    pub(super) server: Server,
    pub(super) secret: Option<Secret>,
    pub(super) proxies: Proxies,
    pub(super) patience: Patience,
    /// The server has asked for the secret before: one that is silent now is slow, and not without.
    pub(super) has_challenged: Arc<AtomicBool>,
}

impl Dialler {
    /// A connection that takes requests.
    pub(super) async fn open(&self) -> Result<Wire, ConnectError> {
        let Server { host, port } = &self.server;
        let dialling = dial::connect(host, *port, &self.proxies);
        let dialled = timeout(self.patience.dial, dialling).await;
        let dialled = dialled.map_err(|_| ConnectError::new(Reason::TimedOut))?;
        let stream = dialled.map_err(|fault| fault.into_error(host, self.server.to_string()))?;
        let mut wire = Frames::new(stream);
        if let Some(secret) = &self.secret {
            self.prove(&mut wire, secret).await?;
        }
        Ok(wire)
    }

    /// A server with a secret speaks first; one without waits, and hears no proof.
    async fn prove(&self, wire: &mut Wire, secret: &Secret) -> Result<(), ConnectError> {
        let (began, patience) = (Instant::now(), self.patience.challenge);
        let is_late = || began.elapsed() * 2 > patience;
        let has_challenged = || self.has_challenged.load(Ordering::Relaxed);
        match timeout(patience, wire.hear()).await {
            Ok(Ok(Said::Challenge(id))) => {
                self.has_challenged.store(true, Ordering::Relaxed);
                let answer = id.answer(secret);
                let said = wire.say(&Word::Authenticate(&answer)).await;
                said.map_err(|error| ConnectError::with(Reason::LinkLost, error))
            }
            Ok(Ok(other)) => Err(self.unexpected(&other)),
            Err(_) if wire.is_strange().is_some() => Err(self.timed_out(wire)),
            // It waits for a Hello no longer than we do for a challenge.
            Err(_) | Ok(Err(NotHeard::Closed)) if is_late() && !has_challenged() => {
                Err(invalid(format!(
                    "secret: {} asks for none, or is no bore server. Take the secret away, or name the \
                 server that knows it",
                    self.server
                )))
            }
            Err(_) => Err(self.timed_out(wire)),
            Ok(Err(fault)) => Err(self.not_heard(fault)),
        }
    }

    /// A connection for the visitor that the server knows by this.
    pub(super) async fn accept(
        &self,
        id: &str,
    ) -> Result<BufReader<Box<dyn Transport>>, ConnectError> {
        let mut wire = self.open().await?;
        let said = wire.say(&Word::Accept(id)).await;
        said.map_err(|error| ConnectError::with(Reason::LinkLost, error))?;
        Ok(wire.into_stream())
    }

    /// What it means that nothing was said in time, or nothing whole.
    pub(super) fn timed_out(&self, wire: &Wire) -> ConnectError {
        let timed_out = || ConnectError::new(Reason::TimedOut);
        let strange = wire.is_strange();
        strange.map_or_else(timed_out, |fault| self.not_heard(fault))
    }

    /// What it means that nothing was understood.
    pub(super) fn not_heard(&self, fault: NotHeard) -> ConnectError {
        match fault {
            NotHeard::Closed => ConnectError::with(Reason::LinkLost, "the server closed it"),
            NotHeard::Broken(error) => ConnectError::with(Reason::LinkLost, error),
            NotHeard::Strange(said) => ConnectError::new(Reason::ProtocolFault {
                detail: format!("{} isn't a bore server: it said “{said}”", self.server),
            }),
        }
    }

    /// A word of the protocol's at a place where it has none.
    pub(super) fn unexpected(&self, said: &Said) -> ConnectError {
        let detail = match said {
            Said::Challenge(_) => {
                return invalid(format!(
                    "secret: {} asks for one. Set it, or take another server",
                    self.server
                ));
            }
            Said::Error(text) => return self.refused(text),
            other => format!("{} said {other:?} out of turn", self.server),
        };
        ConnectError::new(Reason::ProtocolFault { detail })
    }

    /// The server will not. What it says of a port, whoever asked for it knows better.
    pub(super) fn refused(&self, text: &str) -> ConnectError {
        match text {
            "invalid secret" => invalid(format!("secret: {} does not accept it", self.server)),
            "server requires secret, but no secret was provided" => invalid(format!(
                "secret: {} asks for one. Set it, or take another server",
                self.server
            )),
            "failed to find an available port" => ConnectError::new(Reason::NoPublicPorts),
            text => ConnectError::new(Reason::Refused {
                detail: super::frames::shown(text),
            }),
        }
    }
}
