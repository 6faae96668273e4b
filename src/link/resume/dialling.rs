//! The end that dials: keeps a session on a link for as long as it may be resumed.
//!
//! One attempt at a time, each with a time-out, until the retention ends; then the session is over
//! and says so. On a check it dials beside the old link, which stays until the new one is as good
//! as up. How a connection is made is its caller's: it passes in a closure, and the randomness.

use super::auth::Binding;
use super::end::{ResumeRefusal, SessionEnd};
use super::handle::{Handle, Status};
use super::handshake::{self, HandshakeError};
use crate::link::Transport;
use std::fmt::Display;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout};

/// A link that lived for this long was a good one: the next attempt then comes at once.
const SETTLED_AFTER: Duration = Duration::from_secs(1);

/// A new connection, ready for the handshake.
#[derive(Debug)]
pub struct Dialled<T> {
    /// Encrypted, with nothing said over it yet.
    pub transport: T,
    /// Its TLS exporter, to which the proof of a resumption is bound.
    pub link: Binding,
    /// What shows that this end may still be a client.
    pub credentials: Vec<u8>,
}

/// How often, how patiently and for how long a lost session is dialled for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Redial {
    /// How long the other end keeps a session that has no link.
    pub retention: Duration,
    /// One attempt takes no longer than this.
    pub attempt: Duration,
    /// After the first failed attempt, the wait for the next.
    pub first_pause: Duration,
    /// It doubles up to here, while the outage is short…
    pub last_pause: Duration,
    /// …and up to here once it has lasted for [`Redial::LONG_OUTAGE`].
    pub long_pause: Duration,
}

impl Redial {
    /// Most outages are shorter, and the link is to be back a second after they end.
    pub const LONG_OUTAGE: Duration = Duration::from_mins(2);

    /// The usual times, for a session that the other end keeps for `retention`.
    pub const fn new(retention: Duration) -> Self {
        Self {
            retention,
            attempt: Duration::from_secs(10),
            first_pause: Duration::from_millis(250),
            last_pause: Duration::from_secs(1),
            long_pause: Duration::from_secs(5),
        }
    }

    /// The wait after `failures` in a row in an outage of that age, with `random` in 0..1 as
    /// jitter of a fifth.
    pub fn pause(&self, failures: u32, outage: Duration, random: f64) -> Duration {
        let Some(doublings) = failures.checked_sub(1) else {
            return Duration::ZERO;
        };
        let factor = 2_u32.saturating_pow(doublings.min(16));
        let longest = if outage < Self::LONG_OUTAGE {
            self.last_pause
        } else {
            self.long_pause
        };
        let pause = self.first_pause.saturating_mul(factor).min(longest);
        pause.mul_f64(0.8 + 0.4 * random.clamp(0.0, 1.0))
    }
}

/// Keeps the session attached until it is over: how it ended.
pub async fn keep_attached<T, E, F>(
    handle: Handle,
    redial: Redial,
    mut dial: impl FnMut() -> F,
    mut random: impl FnMut() -> f64,
) -> SessionEnd
where
    T: Transport,
    E: Display,
    F: Future<Output = Result<Dialled<T>, E>>,
{
    let mut status = handle.status();
    let mut outage = Outage::default();
    loop {
        if is_well(*status.borrow()) {
            outage.settle();
        }
        let Ok(seen) = status
            .wait_for(|status| !is_well(*status))
            .await
            .map(|seen| *seen)
        else {
            return SessionEnd::Dropped;
        };
        if let Status::Ended(end) = seen {
            return end;
        }
        let left = outage.left(seen, redial.retention);
        if left.is_zero() {
            handle.give_up(ResumeRefusal::Expired);
            continue;
        }
        let age = outage.age();
        let pause = redial.pause(outage.failures, age, random()).min(left);
        tokio::select! {
            biased;
            () = settled(&mut status) => continue,
            () = handle.redial_now() => {}
            () = sleep(pause) => if pause == left { continue },
        }
        let patience = redial.attempt.min(left);
        let attempt = timeout(patience, try_once(&handle, &mut dial));
        tokio::select! {
            biased;
            attempt = attempt => match attempt {
                Ok(Ok(())) => outage.end(),
                Ok(Err(error)) => outage.fail(&error),
                Err(_) => outage.fail("it took too long"),
            },
            // The old link answered its check, or it is all over.
            () = settled(&mut status) => {}
        }
    }
}

/// Whether a session needs nobody to dial for it.
const fn is_well(status: Status) -> bool {
    matches!(
        status,
        Status::Attached {
            checking: false,
            ..
        }
    )
}

/// Waits until nobody needs to dial any more.
async fn settled(status: &mut watch::Receiver<Status>) {
    // A session that is gone is settled too.
    let _ = status.wait_for(|status| !status.wants_link()).await;
}

async fn try_once<T, E, F>(handle: &Handle, dial: &mut impl FnMut() -> F) -> Result<(), String>
where
    T: Transport,
    E: Display,
    F: Future<Output = Result<Dialled<T>, E>>,
{
    let dialled = dial().await.map_err(|error| error.to_string())?;
    let Dialled {
        transport,
        link,
        credentials,
    } = dialled;
    handshake::resume(handle, transport, link, credentials)
        .await
        .map_err(|error: HandshakeError| error.to_string())
}

/// What is known of the present outage.
#[derive(Debug, Default)]
struct Outage {
    since: Option<Instant>,
    failures: u32,
    healed: Option<Instant>,
}

impl Outage {
    /// How long the session can still be resumed.
    fn left(&mut self, seen: Status, retention: Duration) -> Duration {
        if let Some(healed) = self.healed.take() {
            // One that broke again at once is not dialled again at once.
            let was_good = healed.elapsed() >= SETTLED_AFTER;
            self.failures = if was_good { 0 } else { self.failures + 1 };
        }
        match seen {
            Status::Parked => {
                let since = *self.since.get_or_insert_with(Instant::now);
                retention.saturating_sub(since.elapsed())
            }
            Status::Attached { .. } | Status::Ended(_) => retention,
        }
    }

    /// It is over, whoever ended it: the old link answered after all, or another one was attached.
    fn settle(&mut self) {
        self.since = None;
        if self.healed.is_none() {
            self.failures = 0;
        }
    }

    fn age(&self) -> Duration {
        self.since.map_or(Duration::ZERO, |since| since.elapsed())
    }

    fn fail(&mut self, error: &str) {
        self.failures = self.failures.saturating_add(1);
        tracing::debug!(
            error,
            failures = self.failures,
            "the session was not resumed"
        );
    }

    fn end(&mut self) {
        self.since = None;
        self.healed = Some(Instant::now());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_a_second_and_in_a_long_outage_up_to_five() {
        let redial = Redial::new(Duration::from_mins(10));
        let pauses = |outage| -> Vec<u128> {
            let pause = |n| redial.pause(n, outage, 0.5).as_millis();
            (0..8).map(pause).collect()
        };
        let short = Duration::from_secs(119);
        assert_eq!(pauses(short), [0, 250, 500, 1000, 1000, 1000, 1000, 1000]);
        let long = Redial::LONG_OUTAGE;
        assert_eq!(pauses(long), [0, 250, 500, 1000, 2000, 4000, 5000, 5000]);
        assert_eq!(redial.pause(u32::MAX, long, 0.0), Duration::from_secs(4));
        assert_eq!(redial.pause(u32::MAX, long, 1.0), Duration::from_secs(6));
    }
}
