//! The failure detector: whether the peer is alive, suspected or dead. Pure: the time is passed in.
//!
//! It is not the session's heartbeat, which lives on the control stream and knows nothing of links:
//! this one also measures the round trip and gives up quickly when asked to.

use std::time::Duration;

/// When to ping, and when to give up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DetectorConfig {
    /// The peer is pinged this often.
    pub ping_every: Duration,
    /// A link over which nothing came for this long is dead.
    pub dead_after: Duration,
    /// A link over which something went that was not answered within three round trips and at least
    /// this is suspected: it stays, and another one is dialled beside it.
    pub suspect_after: Duration,
    /// A check on purpose gives the peer three round trips, and at least this.
    pub check_at_least: Duration,
}

impl Default for DetectorConfig {
    fn default() -> Self {
        Self {
            ping_every: Duration::from_secs(5),
            dead_after: Duration::from_secs(15),
            suspect_after: Duration::from_secs(2),
            check_at_least: Duration::from_millis(500),
        }
    }
}

/// Bytes that come while an answer is due and show that the answer waits behind them: the patience then
/// begins anew. The credit bounds how often: a peer that hears nothing of us soon has none left.
const BUSY: usize = 16 * 1024;

#[derive(Debug, Default)]
pub(super) struct FailureDetector {
    config: DetectorConfig,
    heard_at: Duration,
    next_ping: Duration,
    next_number: u32,
    /// The last ping and when it went.
    asked: Option<(u32, Duration)>,
    round_trip: Option<Duration>,
    /// Any pong from this number on answers the check, by then.
    check: Option<(u32, Duration)>,
    /// Since when something that went is without an answer: a ping, or bytes of the stream. What comes
    /// by itself answers nothing: the peer may be heard and hear nothing.
    unanswered: Option<Duration>,
    /// Bytes that came meanwhile.
    came: usize,
    suspected: bool,
}

impl FailureDetector {
    pub(super) fn new(config: DetectorConfig) -> Self {
        Self {
            config,
            next_number: 1,
            ..Self::default()
        }
    }

    /// A new link: the first ping is due at once.
    pub(super) fn restart(&mut self, now: Duration) {
        self.heard_at = now;
        self.next_ping = now;
        self.asked = None;
        self.check = None;
        self.unanswered = None;
        self.suspected = false;
    }

    pub(super) fn heard(&mut self, bytes: usize, now: Duration) {
        self.heard_at = self.heard_at.max(now);
        self.came = self.came.saturating_add(bytes);
        if self.came >= BUSY {
            self.came = 0;
            self.unanswered = self.unanswered.map(|since| since.max(now));
        }
    }

    /// Something has gone that the peer answers.
    pub(super) fn asked(&mut self, now: Duration) {
        if self.unanswered.is_none() {
            self.unanswered = Some(now);
            self.came = 0;
        }
    }

    /// The peer has shown that it heard something: whether there is `more` that it has not answered.
    pub(super) fn answered(&mut self, more: bool, now: Duration) {
        self.suspected = false;
        self.came = 0;
        self.unanswered = more.then_some(now);
    }

    /// A ping is without its answer.
    pub(super) const fn is_pinging(&self) -> bool {
        self.asked.is_some()
    }

    pub(super) fn handle_pong(&mut self, number: u32, now: Duration) {
        if let Some((_, at)) = self.asked.take_if(|(asked, _)| *asked == number) {
            self.round_trip = Some(now.saturating_sub(at));
        }
        self.check.take_if(|(asked, _)| number >= *asked);
    }

    /// Asks for a sign of life now: bytes that were under way before do not count as one.
    pub(super) fn check(&mut self, now: Duration) {
        let patience = self.patience(self.config.check_at_least);
        self.next_ping = now;
        self.check.get_or_insert((self.next_number, now + patience));
    }

    /// Looks whether the link has become suspect.
    pub(super) fn tick(&mut self, now: Duration) {
        self.suspected |= self.suspect_at().is_some_and(|at| now >= at);
    }

    pub(super) const fn is_checking(&self) -> bool {
        self.check.is_some() || self.suspected
    }

    /// Whoever hears us has answered by then.
    fn suspect_at(&self) -> Option<Duration> {
        let patience = self.patience(self.config.suspect_after);
        self.unanswered.map(|since| since + patience)
    }

    /// Three round trips, and at least this.
    fn patience(&self, at_least: Duration) -> Duration {
        let trips = self.round_trip.map_or(Duration::ZERO, |trip| trip * 3);
        trips.max(at_least)
    }

    pub(super) const fn round_trip(&self) -> Option<Duration> {
        self.round_trip
    }

    /// For how long nothing was heard.
    pub(super) const fn silence(&self, now: Duration) -> Duration {
        now.saturating_sub(self.heard_at)
    }

    pub(super) fn is_dead(&self, now: Duration) -> bool {
        now >= self.dead_at()
    }

    /// The ping that is due, if one is; it counts as sent.
    pub(super) fn take_ping(&mut self, now: Duration) -> Option<u32> {
        if now < self.next_ping {
            return None;
        }
        let number = self.next_number;
        self.next_number = number.wrapping_add(1);
        self.next_ping = now + self.config.ping_every;
        self.asked = Some((number, now));
        self.asked(now);
        Some(number)
    }

    /// When to look again. A link that is `stuck` takes no ping now.
    pub(super) fn deadline(&self, stuck: bool) -> Duration {
        let mut deadline = self.dead_at();
        if !stuck {
            deadline = deadline.min(self.next_ping);
        }
        if let Some(suspect_at) = self.suspect_at().filter(|_| !self.suspected) {
            deadline = deadline.min(suspect_at);
        }
        deadline
    }

    /// When it is dead unless something comes.
    fn dead_at(&self) -> Duration {
        let silent = self.heard_at + self.config.dead_after;
        self.check.map_or(silent, |(_, check)| silent.min(check))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    /// The seconds at which it pings, and the one at which it gives up.
    fn run(detector: &mut FailureDetector, from: Duration) -> (Vec<u64>, u64) {
        let (mut now, mut pings) = (from, Vec::new());
        while !detector.is_dead(now) {
            if detector.take_ping(now).is_some() {
                pings.push(now.as_secs());
            }
            detector.tick(now);
            now = detector.deadline(false);
        }
        (pings, now.as_secs())
    }

    #[test]
    fn a_silent_peer_is_pinged_every_5_s_and_dead_at_15() {
        let mut detector = FailureDetector::new(DetectorConfig::default());
        detector.restart(SECOND * 100);
        let expected = (vec![100, 105, 110], 115);
        assert_eq!(run(&mut detector, SECOND * 100), expected);
    }

    #[test]
    fn anything_heard_puts_death_off_and_old_news_does_not() {
        let mut detector = FailureDetector::new(DetectorConfig::default());
        detector.restart(Duration::ZERO);
        detector.heard(1, SECOND * 9);
        detector.heard(1, SECOND * 2);
        assert_eq!(run(&mut detector, SECOND * 9).1, 24);
    }

    #[test]
    fn who_answers_nothing_is_suspected_whatever_else_it_says() {
        let mut detector = FailureDetector::new(DetectorConfig::default());
        detector.restart(SECOND * 100);
        let look = |detector: &mut FailureDetector, tenths: u32| {
            detector.tick(SECOND * tenths / 10);
            detector.is_checking()
        };
        assert!(!look(&mut detector, 1050), "nothing was asked");
        detector.asked(SECOND * 105);
        detector.heard(100, SECOND * 106);
        detector.asked(SECOND * 106);
        assert!(!look(&mut detector, 1069));
        assert_eq!(detector.deadline(true), SECOND * 107);
        assert!(look(&mut detector, 1070), "it is heard, and hears nothing");
        assert_eq!(
            detector.deadline(true),
            SECOND * 121,
            "only its death counts"
        );
        detector.heard(BUSY, SECOND * 108);
        assert!(look(&mut detector, 1080), "that is no answer");
        detector.answered(true, SECOND * 108);
        assert!(!look(&mut detector, 1099));
        assert!(look(&mut detector, 1100), "the rest is not answered");
        detector.answered(false, SECOND * 111);
        assert!(!look(&mut detector, 1500), "nothing is asked any more");
        detector.asked(SECOND * 150);
        detector.restart(SECOND * 151);
        assert!(!look(&mut detector, 1520), "a new link is not suspect");
    }

    #[test]
    fn an_answer_that_waits_behind_much_is_waited_for() {
        let mut detector = FailureDetector::new(DetectorConfig::default());
        detector.restart(Duration::ZERO);
        detector.asked(Duration::ZERO);
        for second in 1..=9 {
            detector.heard(BUSY, SECOND * second);
            detector.tick(SECOND * second);
            assert!(!detector.is_checking(), "at {second} s");
        }
        detector.tick(SECOND * 11);
        assert!(detector.is_checking(), "nothing more has come");
    }

    #[test]
    fn a_check_gives_three_round_trips_and_at_least_half_a_second() {
        let mut detector = FailureDetector::new(DetectorConfig::default());
        detector.restart(Duration::ZERO);
        detector.check(SECOND);
        assert_eq!(detector.take_ping(SECOND), Some(1));
        assert!(!detector.is_dead(SECOND * 14 / 10));
        assert!(detector.is_dead(SECOND * 15 / 10));
        let mut detector = FailureDetector::new(DetectorConfig::default());
        detector.restart(Duration::ZERO);
        assert_eq!(detector.take_ping(Duration::ZERO), Some(1));
        detector.handle_pong(1, SECOND);
        assert_eq!(detector.round_trip(), Some(SECOND));
        detector.check(SECOND * 2);
        detector.check(SECOND * 4);
        assert!(
            detector.is_dead(SECOND * 5),
            "asking again puts nothing off"
        );
        assert!(!detector.is_dead(SECOND * 49 / 10));
    }

    #[test]
    fn only_a_pong_to_the_check_answers_it() {
        let mut detector = FailureDetector::new(DetectorConfig::default());
        detector.restart(Duration::ZERO);
        detector.take_ping(Duration::ZERO);
        detector.check(SECOND);
        detector.take_ping(SECOND);
        detector.handle_pong(1, SECOND);
        detector.heard(1, SECOND);
        assert!(detector.is_checking() && detector.is_dead(SECOND * 4));
        detector.handle_pong(2, SECOND);
        assert!(!detector.is_checking() && !detector.is_dead(SECOND * 4));
    }
}
