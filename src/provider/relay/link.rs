//! The resumable link to a relay, as the host has it: opens it, and has it dial again by itself.
//!
//! It knows where the relay is by asking, each time anew: an embedded one may have moved. What runs
//! over the link is the session's business.

use super::RelayLocator;
use super::dial::Dialler;
use crate::link::Transport;
use crate::link::control::Token;
use crate::link::resume::{
    self, Config, Dialled, Handle, HandshakeError, Payload, Redial, ResumeRefusal, SessionEnd,
    SessionGuard, Status,
};
use crate::link::tls::Secured;
use crate::model::{JoinLink, Reason};
use crate::provider::ConnectError;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio_util::task::AbortOnDropHandle;

/// A link that outlives its connections. It ends when the right to it is dropped.
pub(super) struct Link {
    handle: Handle,
    status: watch::Receiver<Status>,
    retention: Duration,
    dialling: Option<AbortOnDropHandle<SessionEnd>>,
}

/// Opens a link that carries `payload` over its first connection: the link, and the right to it.
pub(super) async fn open(
    secured: Secured,
    config: Config,
    token: &Token,
    payload: Arc<dyn Payload>,
) -> Result<(Link, SessionGuard), ConnectError> {
    let Secured {
        mut stream,
        binding,
    } = secured;
    let (id, retention) = resume::open(&mut stream, token.0.clone().into_bytes())
        .await
        .map_err(map_fault)?;
    let secret = resume::Secret::derive(binding, id);
    let (handle, guard, driver) = resume::session(config, id, secret, payload);
    let lost = |error| ConnectError::with(Reason::LinkLost, error);
    handle.begin(stream).map_err(lost)?;
    // It ends with the session, once the other end has been told.
    tokio::spawn(driver.run());
    let link = Link {
        status: handle.status(),
        handle,
        retention,
        dialling: None,
    };
    Ok((link, guard))
}

fn map_fault(fault: HandshakeError) -> ConnectError {
    let reason = match &fault {
        HandshakeError::Broken(_) => Reason::LinkLost,
        HandshakeError::Refused(ResumeRefusal::Unauthorized) => Reason::TokenRefused,
        HandshakeError::Greeting(_)
        | HandshakeError::Refused(_)
        | HandshakeError::Over(_)
        | HandshakeError::Unproven
        | HandshakeError::Attach(_) => Reason::Other {
            detail: fault.to_string(),
        },
    };
    ConnectError::with(reason, fault)
}

impl Link {
    /// Dials again whenever the connection is lost, from now until the link cannot be resumed.
    pub(super) fn keep_attached(
        &mut self,
        locator: Arc<dyn RelayLocator>,
        dialler: Arc<Dialler>,
        patience: Duration,
    ) {
        let dial = move || redial(Arc::clone(&locator), Arc::clone(&dialler), patience);
        let keeping = resume::keep_attached(
            self.handle.clone(),
            Redial::new(self.retention),
            dial,
            rand::random,
        );
        self.dialling = Some(AbortOnDropHandle::new(tokio::spawn(keeping)));
    }

    /// Whether it is without a connection now, and waits for another one.
    pub(super) fn is_parked(&self) -> bool {
        *self.status.borrow() == Status::Parked
    }

    /// For how long the relay has said nothing.
    pub(super) fn silence(&self) -> impl Fn() -> Duration + Send + Sync + use<> {
        let handle = self.handle.clone();
        move || handle.silence()
    }

    /// How long it can be without a connection.
    pub(super) const fn retention(&self) -> Duration {
        self.retention
    }

    /// Waits until it is parked, attached again, or over.
    pub(super) async fn changed(&mut self) {
        if self.status.changed().await.is_err() {
            // Nothing changes any more; that it is over is seen elsewhere.
            std::future::pending::<()>().await;
        }
    }

    /// Waits until it has lost its connection.
    pub(super) async fn lost(&mut self) {
        let is_lost = |status: &Status| !matches!(status, Status::Attached { .. });
        // A status that nobody sets any more is that of a link that is gone.
        let _ = self.status.wait_for(is_lost).await;
    }

    /// Asks for a sign of life now, or for the next attempt to dial.
    pub(super) fn check(&self) {
        self.handle.check();
    }

    /// Lets go of its connection as if the network had dropped it.
    pub(super) fn disconnect(&self) {
        self.handle.disconnect();
    }

    /// Why it is over, if it is.
    pub(super) fn end(&self) -> Option<SessionEnd> {
        match *self.status.borrow() {
            Status::Ended(end) => Some(end),
            Status::Parked | Status::Attached { .. } => None,
        }
    }
}

async fn redial(
    locator: Arc<dyn RelayLocator>,
    dialler: Arc<Dialler>,
    patience: Duration,
) -> Result<Dialled<Box<dyn Transport>>, String> {
    let failed = |error: ConnectError| format!("{}: {}", error.reason.code(), error.detail);
    let join: JoinLink = locator.locate().await.map_err(failed)?;
    let secured = dialler.dial(&join, patience).await.map_err(failed)?;
    Ok(Dialled {
        transport: secured.stream,
        link: secured.binding,
        credentials: join.token.expose().as_bytes().to_vec(),
    })
}
