//! The tunnels that were hosted when the last relay ended: their hosts are back in a moment, and
//! visitors who come before them wait.

use super::{OpenError, Waiting};
use parking_lot::Mutex;
use std::collections::HashSet;
use tokio::sync::Notify;
use tokio::time::{Instant, timeout_at};

pub(super) struct Returning {
    labels: Mutex<HashSet<String>>,
    came: Notify,
    until: Instant,
}

impl Returning {
    /// Waits for these until then.
    pub(super) fn new(labels: HashSet<String>, until: Instant) -> Self {
        Self {
            labels: Mutex::new(labels),
            came: Notify::new(),
            until,
        }
    }

    /// The host of these labels is here.
    pub(super) fn come<'a>(&self, labels: impl Iterator<Item = &'a str>) {
        let mut waited_for = self.labels.lock();
        let before = waited_for.len();
        for label in labels {
            waited_for.remove(label);
        }
        if waited_for.len() != before {
            self.came.notify_waiters();
        }
    }

    /// Waits for the host of `label`; `None` when none is to come back.
    pub(super) fn wait<'a>(&'a self, label: &'a str) -> Option<Waiting<'a>> {
        let awaited = Instant::now() < self.until && self.labels.lock().contains(label);
        awaited.then(|| Box::pin(self.back(label)) as Waiting<'a>)
    }

    async fn back(&self, label: &str) -> Result<(), OpenError> {
        loop {
            let came = self.came.notified();
            if !self.labels.lock().contains(label) {
                return Ok(());
            }
            if timeout_at(self.until, came).await.is_err() {
                return Err(OpenError::HostGone);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[tokio::test(start_paused = true)]
    async fn who_is_to_come_back_is_waited_for_a_while() {
        let labels = ["web", "api"].map(str::to_owned).into();
        let until = Instant::now() + Duration::from_secs(10);
        let returning = Returning::new(labels, until);
        assert!(returning.wait("other").is_none());
        let (web, api) = (returning.wait("web"), returning.wait("api"));
        let (web, api) = (web.expect("awaited"), api.expect("awaited"));
        let host = async {
            tokio::time::sleep(Duration::from_secs(3)).await;
            returning.come(["web", "new"].into_iter());
        };
        let ((), web, api) = tokio::join!(host, web, api);
        assert_eq!((web, api), (Ok(()), Err(OpenError::HostGone)));
        assert_eq!(Instant::now(), until);
        assert!(returning.wait("api").is_none(), "the time is up");
    }
}
