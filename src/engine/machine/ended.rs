//! What follows from an end, of a session or of an attempt: the next attempt at once, after a wait, or
//! none before the person has done something.

use super::{Machine, MachineState, Outputs};
use crate::engine::input::Output;
use crate::engine::up::Replacement;
use crate::model::{Class, Outage, Reason};
use std::time::{Duration, Instant};

/// An other end that goes down on purpose is expected back for this long; then the backoff begins.
pub(in crate::engine) const EXPECTED_BACK_WITHIN: Duration = Duration::from_secs(15);

impl Machine {
    pub(super) fn handle_going_down(&mut self, now: Instant) -> Outputs {
        let MachineState::Up(up) = &self.state else {
            return vec![];
        };
        let (outage, replaced) = (
            up.outage(Reason::RelayShutDown, now),
            up.is_being_replaced(),
        );
        self.expected_until = Some(now + EXPECTED_BACK_WITHIN);
        let mut outputs = vec![Output::Drain];
        if replaced {
            self.go_on_with_replacement(outage);
        } else {
            outputs.extend(self.connect(Some(outage)));
        }
        outputs
    }

    pub(super) fn handle_dropped(&mut self, reason: Reason, now: Instant, random: f64) -> Outputs {
        let class = reason.class();
        self.end_session(class, reason, now, random)
    }

    /// Nothing has to come back: the next session is asked for at once, unless the last one came to
    /// nothing too.
    pub(super) fn handle_lapsed(&mut self, reason: Reason, now: Instant, random: f64) -> Outputs {
        let outputs = self.end_session(Class::Transient, reason, now, random);
        match self.state {
            MachineState::Waiting { .. } if self.failures == 1 => self.retry(),
            _ => outputs,
        }
    }

    fn end_session(&mut self, class: Class, reason: Reason, now: Instant, random: f64) -> Outputs {
        let MachineState::Up(up) = &mut self.state else {
            return vec![];
        };
        if up.settle(now) {
            self.failures = 0;
        }
        let outage = up.outage(reason, now);
        if up.is_being_replaced() {
            self.go_on_with_replacement(outage);
            return vec![];
        }
        self.failures += 1;
        self.rest(class, outage, None, now, random)
    }

    /// The session's replacement is already on its way: it becomes the attempt.
    fn go_on_with_replacement(&mut self, outage: Outage<Instant>) {
        self.attempts = 1;
        self.state = MachineState::Connecting(Some(outage));
    }

    pub(super) fn handle_failed(
        &mut self,
        reason: Reason,
        wait: Option<Duration>,
        now: Instant,
        random: f64,
    ) -> Outputs {
        let (class, expected) = (self.class_of(&reason), self.expects_return(now));
        match &mut self.state {
            MachineState::Connecting(outage) => {
                let outage = match outage.take() {
                    // That it is not back yet says nothing of it.
                    Some(known) if expected && class == Class::Transient => known,
                    known => Outage {
                        since: known.map_or(now, |known| known.since),
                        reason,
                    },
                };
                self.failures += u32::from(!expected);
                let mut outputs = vec![Output::ForgetTokens];
                outputs.extend(self.rest(class, outage, wait, now, random));
                outputs
            }
            MachineState::Up(up) => {
                if let Replacement::Connecting { failures } = up.replacement {
                    let failures = failures + 1;
                    let delay = wait.unwrap_or_else(|| match class {
                        Class::Quota => self.backoff.longest(random),
                        // Whatever it is, the session goes on, and the next attempt may tell.
                        Class::Transient | Class::SignIn | Class::Fatal | Class::Displaced => {
                            self.backoff.delay(failures, random)
                        }
                    });
                    let until = now + delay;
                    up.replacement = Replacement::Waiting { until, failures };
                }
                vec![]
            }
            MachineState::Stopped | MachineState::Waiting { .. } | MachineState::Halted(_) => {
                vec![]
            }
        }
    }

    /// What a failed attempt asks for. A relay that was there is not gone because something else
    /// answers in its place for a while, as in a network that wants a sign-in first.
    fn class_of(&self, reason: &Reason) -> Class {
        let was_up = self.sessions > self.sessions_at_start;
        match reason {
            Reason::NotARelay { .. } | Reason::CertificateMismatch { .. } if was_up => {
                Class::Transient
            }
            reason => reason.class(),
        }
    }

    /// After a failure: waits for the next attempt, or for the person.
    fn rest(
        &mut self,
        class: Class,
        outage: Outage<Instant>,
        wait: Option<Duration>,
        now: Instant,
        random: f64,
    ) -> Outputs {
        let delay = match class {
            Class::SignIn | Class::Fatal | Class::Displaced => {
                let reason = outage.reason;
                self.state = MachineState::Halted(Outage { since: now, reason });
                return vec![];
            }
            Class::Quota => wait.unwrap_or_else(|| self.backoff.longest(random)),
            Class::Transient => wait.unwrap_or_else(|| self.next_delay(now, random)),
        };
        self.state = MachineState::Waiting {
            until: now + delay,
            outage,
        };
        vec![]
    }

    fn next_delay(&self, now: Instant, random: f64) -> Duration {
        if self.expects_return(now) {
            self.backoff.quick(random)
        } else {
            self.backoff.delay(self.failures, random)
        }
    }
}
