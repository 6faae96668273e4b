//! One attempt at a session: tokens first if there are none, then the connection. It knows nothing
//! of what its outcome means.

use crate::model::{Phase, Port};
use crate::provider::{ConnectError, Connector, HostOrder, Session, Tokens};
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use tokio::sync::mpsc;

/// An attempt under way. Dropping it abandons it.
pub(super) struct Attempt {
    ports: Vec<Port>,
    future: Pin<Box<dyn Future<Output = Outcome>>>,
    phases: mpsc::UnboundedReceiver<Phase>,
}

/// What came of it.
pub(super) struct Outcome {
    pub(super) minted: Option<Tokens>,
    pub(super) result: Result<Session, ConnectError>,
}

/// What an attempt says.
pub(super) enum AttemptEvent {
    Phase(Phase),
    Outcome(Outcome),
}

impl Attempt {
    pub(super) fn new(
        connector: Rc<dyn Connector>,
        order: HostOrder,
        cached: Option<Tokens>,
    ) -> Self {
        let (phases_in, phases) = mpsc::unbounded_channel();
        Self {
            ports: order.ports.clone(),
            future: Box::pin(run(connector, order, cached, phases_in)),
            phases,
        }
    }

    /// Waits for what it says next.
    pub(super) async fn next_event(&mut self) -> AttemptEvent {
        tokio::select! {
            biased;
            Some(phase) = self.phases.recv() => AttemptEvent::Phase(phase),
            outcome = &mut self.future => AttemptEvent::Outcome(outcome),
        }
    }

    /// A phase that it entered and has not told.
    pub(super) fn last_phase(&mut self) -> Option<Phase> {
        self.phases.try_recv().ok()
    }

    pub(super) fn into_ports(self) -> Vec<Port> {
        self.ports
    }
}

/// Tokens that were good before may have been withdrawn or grown old: with fresh ones it is seen
/// whether the person has to do anything.
fn is_stale(result: &Result<Session, ConnectError>) -> bool {
    matches!(result, Err(error) if error.reason.is_about_the_account())
}

async fn run(
    connector: Rc<dyn Connector>,
    order: HostOrder,
    cached: Option<Tokens>,
    phases: mpsc::UnboundedSender<Phase>,
) -> Outcome {
    let progress = |phase| {
        // The engine abandoned this attempt: nobody wants to know.
        let _ = phases.send(phase);
    };
    if let Some(tokens) = cached {
        let result = connector.connect(&order, &tokens, &progress).await;
        if !is_stale(&result) {
            return Outcome {
                minted: None,
                result,
            };
        }
        tracing::info!("the tokens were good once; fresh ones are minted");
    }
    progress(Phase::Authorising);
    let tokens = match connector.mint(&order).await {
        Ok(tokens) => tokens,
        Err(error) => {
            return Outcome {
                minted: None,
                result: Err(error),
            };
        }
    };
    let result = connector.connect(&order, &tokens, &progress).await;
    Outcome {
        minted: Some(tokens),
        result,
    }
}
