//! When to ping, and when to give a silent peer up.
//!
//! A pure machine: the time is passed in, the answer says what to do. It knows no socket.

use std::time::Duration;
use tokio::time::Instant;

/// Each side asks the other for a sign of life this often.
pub const PING_EVERY: Duration = Duration::from_secs(5);

/// A link over which nothing came for this long is dead.
pub const DEAD_AFTER: Duration = Duration::from_secs(15);

/// A link that is checked on purpose must answer within this long.
pub const CHECK_WITHIN: Duration = Duration::from_secs(5);

/// The three durations; tests use shorter ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// See [`PING_EVERY`].
    pub ping_every: Duration,
    /// See [`DEAD_AFTER`].
    pub dead_after: Duration,
    /// See [`CHECK_WITHIN`].
    pub check_within: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            ping_every: PING_EVERY,
            dead_after: DEAD_AFTER,
            check_within: CHECK_WITHIN,
        }
    }
}

/// What is to be done now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Beat {
    /// Send a ping with this number, then ask again.
    Ping(u32),
    /// The link is dead.
    Dead,
    /// Nothing until then.
    WaitUntil(Instant),
}

/// The heartbeat of one link.
#[derive(Clone, Debug)]
pub struct Heartbeat {
    pace: Pace,
    heard_at: Instant,
    next_ping: Instant,
    next_number: u32,
    /// The check under way: any pong from this number on answers it, by then.
    check: Option<(u32, Instant)>,
}

impl Heartbeat {
    /// A heartbeat whose first ping is due at once.
    #[must_use]
    pub fn new(pace: Pace, now: Instant) -> Self {
        Self {
            pace,
            heard_at: now,
            next_ping: now,
            next_number: 1,
            check: None,
        }
    }

    /// Something came over the link at `at`.
    pub fn heard(&mut self, at: Instant) {
        self.heard_at = self.heard_at.max(at);
    }

    /// Ping `number` was answered.
    pub fn handle_pong(&mut self, number: u32, now: Instant) {
        self.heard(now);
        if self.check.is_some_and(|(asked, _)| number >= asked) {
            self.check = None;
        }
    }

    /// Asks for a sign of life now: bytes that were under way before do not count as one.
    pub fn check(&mut self, now: Instant) {
        self.next_ping = now;
        let deadline = now + self.pace.check_within;
        self.check.get_or_insert((self.next_number, deadline));
    }

    /// What is to be done now.
    pub fn beat(&mut self, now: Instant) -> Beat {
        let deadline = self.deadline();
        if now >= deadline {
            return Beat::Dead;
        }
        if now >= self.next_ping {
            let number = self.next_number;
            self.next_number = number.wrapping_add(1);
            self.next_ping = now + self.pace.ping_every;
            return Beat::Ping(number);
        }
        Beat::WaitUntil(deadline.min(self.next_ping))
    }

    fn deadline(&self) -> Instant {
        let silent = self.heard_at + self.pace.dead_after;
        self.check.map_or(silent, |(_, check)| silent.min(check))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    /// What the machine does for `seconds`, asked whenever it wants to be: (second, beat).
    fn run(heart: &mut Heartbeat, from: Instant, seconds: u32) -> Vec<(u64, Beat)> {
        let end = from + SECOND * seconds;
        let (mut now, mut seen) = (from, Vec::new());
        while now <= end {
            let beat = heart.beat(now);
            match beat {
                Beat::WaitUntil(then) => now = then,
                Beat::Ping(_) => seen.push(((now - from).as_secs(), beat)),
                Beat::Dead => {
                    seen.push(((now - from).as_secs(), beat));
                    break;
                }
            }
        }
        seen
    }

    #[tokio::test(start_paused = true)]
    async fn a_silent_peer_is_pinged_every_5_s_and_dead_at_15() {
        let now = Instant::now();
        let seen = run(&mut Heartbeat::new(Pace::default(), now), now, 60);
        let expected = [
            (0, Beat::Ping(1)),
            (5, Beat::Ping(2)),
            (10, Beat::Ping(3)),
            (15, Beat::Dead),
        ];
        assert_eq!(seen, expected);
    }

    #[tokio::test(start_paused = true)]
    async fn anything_heard_puts_death_off() {
        let now = Instant::now();
        let mut heart = Heartbeat::new(Pace::default(), now);
        heart.heard(now + SECOND * 9);
        let seen = run(&mut heart, now, 60);
        assert_eq!(seen.last(), Some(&(24, Beat::Dead)));
        heart.heard(now);
        assert_eq!(
            heart.beat(now + SECOND * 24),
            Beat::Dead,
            "old news is none"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_check_pings_at_once_and_must_be_answered_within_5_s() {
        let now = Instant::now();
        let mut heart = Heartbeat::new(Pace::default(), now);
        assert_eq!(heart.beat(now), Beat::Ping(1));
        let later = now + SECOND;
        heart.check(later);
        assert_eq!(heart.beat(later), Beat::Ping(2));
        heart.heard(later + SECOND * 4);
        heart.handle_pong(1, later + SECOND * 4);
        assert_eq!(
            heart.beat(later + SECOND * 5),
            Beat::Dead,
            "only pong 2 answers"
        );
        let mut heart = Heartbeat::new(Pace::default(), now);
        heart.check(now);
        assert_eq!(heart.beat(now), Beat::Ping(1));
        heart.handle_pong(1, now + SECOND);
        assert_eq!(heart.beat(now + SECOND * 5), Beat::Ping(2));
    }

    #[tokio::test(start_paused = true)]
    async fn checking_again_does_not_put_the_deadline_off() {
        let now = Instant::now();
        let mut heart = Heartbeat::new(Pace::default(), now);
        heart.check(now);
        assert_eq!(heart.beat(now), Beat::Ping(1));
        heart.check(now + SECOND * 4);
        assert_eq!(heart.beat(now + SECOND * 5), Beat::Dead);
    }
}
