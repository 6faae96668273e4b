//! Waiting with an end: what does not happen fails with its name instead of hanging.

use std::future::Future;
use std::time::Duration;

/// Longer than anything takes on a loaded machine.
pub const PATIENCE: Duration = Duration::from_mins(1);

/// How long is looked on when nothing is to happen: many times what it would take if it did.
pub const LOOKING_ON: Duration = Duration::from_millis(1_500);

/// What comes of `wait`.
pub async fn within<T>(what: &str, wait: impl Future<Output = T>) -> T {
    let came = tokio::time::timeout(PATIENCE, wait).await.ok();
    came.unwrap_or_else(|| panic!("not within {PATIENCE:?}: {what}"))
}

/// Fails when `event` happens. A slow machine can only let it pass.
pub async fn never<T>(what: &str, event: impl Future<Output = T>) {
    let happened = tokio::time::timeout(LOOKING_ON, event).await.is_ok();
    assert!(!happened, "it happened: {what}");
}
