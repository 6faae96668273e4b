//! Makes the crate's connections, each when it is told to.

use super::agent::Signal;
use super::answers::Outcome;
use super::connector::Plan;
use super::errors::classify;
use super::link::{Link, LinkStream};
use crate::base::clock;
use crate::model::{Reason, Secret};
use crate::provider::ConnectError;
use crate::provider::dial::{self, Proxies};
use ngrok::session::{ConnectError as CrateError, IoStream};
use ngrok::tunnel::AcceptError;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Mutex, mpsc, oneshot};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

/// Leave to make one connection.
pub(super) struct Turn {
    /// A session with so many endpoints is to be resumed over it.
    resumes: Option<usize>,
    reply: oneshot::Sender<Result<Dialled, ConnectError>>,
}

/// A connection that the crate has got.
pub(super) struct Dialled {
    pub(super) link: Link,
    /// How the resumption goes that it is for.
    pub(super) outcome: Option<oneshot::Receiver<Outcome>>,
}

/// Has the crate make one connection.
pub(super) async fn give_turn(
    turns: &mpsc::Sender<Turn>,
    resumes: Option<usize>,
) -> Result<Dialled, ConnectError> {
    let gone = || ConnectError::with(Reason::LinkLost, "the crate has given up");
    let (reply, dialled) = oneshot::channel();
    let turn = Turn { resumes, reply };
    turns.send(turn).await.map_err(|_| gone())?;
    dialled.await.unwrap_or_else(|_| Err(gone()))
}

/// Makes the crate's connections, one a turn.
pub(super) struct Dialler {
    proxies: Proxies,
    within: Duration,
    turns: Mutex<mpsc::Receiver<Turn>>,
    signals: mpsc::UnboundedSender<Signal>,
    token: Secret,
}

impl Dialler {
    pub(super) fn new(
        plan: &Plan,
        turns: mpsc::Receiver<Turn>,
        signals: mpsc::UnboundedSender<Signal>,
    ) -> Self {
        Self {
            proxies: plan.proxies.clone(),
            within: plan.patience.dial,
            turns: Mutex::new(turns),
            signals,
            token: plan.token.clone(),
        }
    }

    /// What the crate asks for a connection, with why it needs another one. It may wait here for as
    /// long as nobody gives it a turn.
    pub(super) async fn next(
        &self,
        host: &str,
        port: u16,
        tls: Arc<ClientConfig>,
        error: Option<AcceptError>,
    ) -> Result<Box<dyn IoStream>, CrateError> {
        match error {
            None => {}
            Some(AcceptError::Reconnect(error)) => {
                let error = classify(&*error, &self.token, clock::wall());
                let _ = self.signals.send(Signal::Failed(error));
                return Err(CrateError::Canceled);
            }
            Some(error) => {
                let _ = self.signals.send(Signal::Broken(error.to_string()));
            }
        }
        let mut turns = self.turns.lock().await;
        while let Some(mut turn) = turns.recv().await {
            let dialled = tokio::select! {
                biased;
                // The attempt was given up.
                () = turn.reply.closed() => continue,
                dialled = self.dial(host, port, Arc::clone(&tls)) => dialled,
            };
            match dialled {
                Ok((link, stream)) => {
                    let outcome = turn
                        .resumes
                        .map(|endpoints| link.watch_resumption(endpoints));
                    if turn.reply.send(Ok(Dialled { link, outcome })).is_ok() {
                        return Ok(Box::new(stream));
                    }
                }
                Err(error) => {
                    let _ = turn.reply.send(Err(error));
                }
            }
        }
        Err(CrateError::Canceled)
    }

    async fn dial(
        &self,
        host: &str,
        port: u16,
        tls: Arc<ClientConfig>,
    ) -> Result<(Link, LinkStream), ConnectError> {
        let address = || format!("{host}:{port}");
        let dialling = async {
            let stream = dial::connect(host, port, &self.proxies).await;
            let stream = stream.map_err(|fault| fault.into_error(host, address()))?;
            let name = ServerName::try_from(host.to_owned()).map_err(|error| {
                let detail = error.to_string();
                ConnectError::new(Reason::Refused { detail })
            })?;
            let secured = TlsConnector::from(tls).connect(name, stream).await;
            secured.map_err(|error| map_tls(&error, address()))
        };
        match timeout(self.within, dialling).await {
            Ok(stream) => Ok(Link::over(Box::new(stream?))),
            Err(_) => Err(ConnectError::new(Reason::TimedOut)),
        }
    }
}

fn map_tls(error: &std::io::Error, address: String) -> ConnectError {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref());
    match inner {
        // Whatever looks into TLS on the way passes for a proxy that does not let this through.
        Some(rustls::Error::InvalidCertificate(_)) => {
            let detail = format!("what answers there has no certificate of ngrok's: {error}");
            ConnectError::new(Reason::ProxyFailed { address, detail })
        }
        _ => ConnectError::with(Reason::LinkLost, error),
    }
}
