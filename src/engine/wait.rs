//! What the engine's loop waits for, each for ever while there is nothing of the kind.

use super::attempt::{Attempt, AttemptEvent};
use super::driver::Wake;
use crate::provider::{Session, SessionEvent, TrafficBoard};
use futures_util::stream::{FuturesUnordered, StreamExt as _};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Instant;
use tokio::time::sleep_until;

/// What is still to be done before the thread ends; it bounds itself.
pub(super) type Goodbye = Pin<Box<dyn Future<Output = ()>>>;

/// The sessions that say goodbye, and what attempts have left to be given back.
pub(super) type Leaving = FuturesUnordered<Goodbye>;

pub(super) async fn poll_attempt(attempt: &mut Option<Attempt>) -> Wake {
    match attempt {
        Some(attempt) => match attempt.next_event().await {
            AttemptEvent::Phase(phase) => Wake::Phase(phase),
            AttemptEvent::Outcome(outcome) => Wake::Outcome(outcome),
        },
        None => std::future::pending().await,
    }
}

pub(super) async fn next_event(session: &mut Option<Session>) -> Option<SessionEvent> {
    match session {
        Some(session) => session.events.recv().await,
        None => std::future::pending().await,
    }
}

/// Waits until one of them has gone.
pub(super) async fn poll_leaving(leaving: &mut Leaving) {
    if leaving.next().await.is_none() {
        std::future::pending::<()>().await;
    }
}

/// Waits until visitors are served otherwise than before, and not only until `from`. Nothing runs
/// meanwhile.
pub(super) async fn next_news(board: Option<Arc<TrafficBoard>>, from: Option<Instant>) {
    let Some(board) = board else {
        return std::future::pending().await;
    };
    if let Some(from) = from {
        sleep_until(from.into()).await;
    }
    board.news().await;
}

pub(super) async fn sleep_till(at: Option<Instant>) {
    match at {
        Some(at) => sleep_until(at.into()).await,
        None => std::future::pending().await,
    }
}
