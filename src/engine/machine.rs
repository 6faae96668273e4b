//! The keep-alive machine: what to do after each outcome, one function an input.
//!
//! Pure: time and randomness come in, decisions go out. It knows no socket, no provider and no
//! tunnel; the driver carries out what it says and tells it what came of it.

use super::backoff::Backoff;
use super::input::{Cut, Input, Output, Probe, Stage};
use super::up::{Beside, ESTABLISHED_AFTER, Up};
use crate::model::{Class, DEAD_AFTER_DOWNS, PortNumber, SessionNumber};
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

/// An other end that goes down on purpose is expected back for this long; then the backoff begins.
pub const EXPECTED_BACK_WITHIN: Duration = Duration::from_secs(15);

/// The machine.
#[derive(Debug)]
pub struct Machine {
    backoff: Backoff,
    state: State,
    /// Sessions so far, those of earlier machines of the same tunnel included.
    sessions: u64,
    /// What that was at the start.
    sessions_at_start: u64,
    /// Ports whose URL has routed since the start: a URL that never did may be out of reach from
    /// here alone, and cutting what visitors use would mend nothing.
    routed: BTreeSet<PortNumber>,
    /// Zombies in a row, none of which routed in between.
    zombies: u32,
    /// Failures in a row since a session was last stable.
    failures: u32,
    /// Attempts since the last session.
    attempts: u32,
    /// The other end went down on purpose, and is expected back until then.
    expected_until: Option<Instant>,
}

#[derive(Debug)]
enum State {
    Stopped,
    Connecting,
    Up(Up),
    Waiting { until: Instant, class: Class },
    Halted(Class),
}

type Outputs = Vec<Output>;

impl Machine {
    /// A machine at rest, whose sessions are counted on from `sessions`: no two sessions of a
    /// tunnel have the same number.
    #[must_use]
    pub fn new(backoff: Backoff, sessions: u64) -> Self {
        Self {
            backoff,
            state: State::Stopped,
            sessions,
            sessions_at_start: sessions,
            routed: BTreeSet::new(),
            zombies: 0,
            failures: 0,
            attempts: 0,
            expected_until: None,
        }
    }

    /// Whether the other end went down on purpose, and is still expected back at any moment.
    #[must_use]
    pub fn expects_return(&self, now: Instant) -> bool {
        self.expected_until.is_some_and(|until| now < until)
    }

    /// Where it is.
    #[must_use]
    pub fn stage(&self) -> Stage {
        match &self.state {
            State::Stopped => Stage::Stopped,
            State::Connecting => Stage::Connecting {
                first: self.sessions == self.sessions_at_start && self.attempts == 1,
                attempt: self.attempts,
            },
            State::Up(up) => up.stage(SessionNumber(self.sessions)),
            State::Waiting { until, class } => Stage::Waiting {
                attempt: self.attempts + 1,
                until: *until,
                class: *class,
            },
            State::Halted(class) => Stage::Halted(*class),
        }
    }

    /// When it wants [`Input::Timer`].
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        match &self.state {
            State::Waiting { until, .. } => Some(*until),
            State::Up(up) => up.deadline(),
            State::Stopped | State::Connecting | State::Halted(_) => None,
        }
    }

    /// Takes what happened and says what to do, in order.
    pub fn handle(&mut self, input: Input, now: Instant, random: f64) -> Outputs {
        match input {
            Input::Start => self.handle_start(),
            Input::Stop => self.handle_stop(),
            Input::Connected => self.handle_connected(now),
            Input::Established => self.handle_established(now),
            Input::Parked(left) => self.handle_parked(left, now),
            Input::Resumed => self.handle_resumed(now),
            Input::GoingDown => self.handle_going_down(now),
            Input::Dropped(class) => self.handle_dropped(class, now, random),
            Input::Lapsed => self.handle_lapsed(now, random),
            Input::ConnectFailed(class, wait) => self.handle_failed(class, wait, now, random),
            Input::Probe(probe) => self.handle_probe(&probe, now),
            Input::RemintDue => self.handle_remint(),
            Input::ForceReconnect => self.handle_force(now),
            Input::Woke => self.handle_woke(),
            Input::SignedIn => self.handle_signed_in(),
            Input::Timer => self.handle_timer(now),
        }
    }

    fn handle_start(&mut self) -> Outputs {
        match self.state {
            State::Stopped | State::Halted(_) => {
                self.sessions_at_start = self.sessions;
                self.routed.clear();
                self.zombies = 0;
                self.failures = 0;
                self.attempts = 0;
                self.connect()
            }
            State::Waiting { .. } => self.connect(),
            State::Connecting | State::Up(_) => vec![],
        }
    }

    fn handle_stop(&mut self) -> Outputs {
        self.expected_until = None;
        match std::mem::replace(&mut self.state, State::Stopped) {
            State::Connecting => vec![Output::Abandon],
            State::Up(up) if up.is_being_replaced() => vec![Output::Abandon, Output::Close],
            State::Up(_) => vec![Output::Close],
            State::Stopped | State::Waiting { .. } | State::Halted(_) => vec![],
        }
    }

    fn handle_connected(&mut self, now: Instant) -> Outputs {
        let is_planned = match &mut self.state {
            State::Up(up) if up.is_being_replaced() => {
                // To everybody else it is the same one: its URLs and its visitors' way stay.
                up.replace(now);
                true
            }
            State::Connecting | State::Up(_) => false,
            State::Stopped | State::Waiting { .. } | State::Halted(_) => {
                return vec![Output::Close];
            }
        };
        self.attempts = 0;
        self.expected_until = None;
        if is_planned {
            // The engine puts the new session in the old one's place before it closes that.
            return vec![Output::CloseReplaced];
        }
        self.sessions += 1;
        self.state = State::Up(Up::new(now));
        vec![]
    }

    fn handle_established(&mut self, now: Instant) -> Outputs {
        if let State::Up(up) = &mut self.state {
            up.established_at.get_or_insert(now);
        }
        vec![]
    }

    fn handle_parked(&mut self, left: Duration, now: Instant) -> Outputs {
        let State::Up(up) = &mut self.state else {
            return vec![];
        };
        let abandoned = up.park(left, now);
        abandoned.then_some(Output::Abandon).into_iter().collect()
    }

    fn handle_resumed(&mut self, now: Instant) -> Outputs {
        let State::Up(up) = &mut self.state else {
            return vec![];
        };
        up.resume(now);
        vec![]
    }

    fn handle_going_down(&mut self, now: Instant) -> Outputs {
        let State::Up(up) = &self.state else {
            return vec![];
        };
        let replaced = up.is_being_replaced();
        self.expected_until = Some(now + EXPECTED_BACK_WITHIN);
        let mut outputs = vec![Output::SetAside];
        if replaced {
            // The replacement is already on its way: it becomes the attempt.
            self.attempts = 1;
            self.state = State::Connecting;
        } else {
            outputs.extend(self.connect());
        }
        outputs
    }

    /// Nothing has to come back: the next session is asked for at once, unless the last one came to
    /// nothing too.
    fn handle_lapsed(&mut self, now: Instant, random: f64) -> Outputs {
        let outputs = self.handle_dropped(Class::Transient, now, random);
        match self.state {
            State::Waiting { .. } if self.failures == 1 => self.connect(),
            _ => outputs,
        }
    }

    fn handle_dropped(&mut self, class: Class, now: Instant, random: f64) -> Outputs {
        let State::Up(up) = &mut self.state else {
            return vec![];
        };
        if up.settle(now) {
            self.failures = 0;
        }
        if up.is_being_replaced() {
            // The replacement is already on its way: it becomes the attempt.
            self.attempts = 1;
            self.state = State::Connecting;
            return vec![];
        }
        self.failures += 1;
        self.rest(class, None, now, random)
    }

    fn handle_failed(
        &mut self,
        class: Class,
        wait: Option<Duration>,
        now: Instant,
        random: f64,
    ) -> Outputs {
        match &mut self.state {
            State::Connecting => {
                // That it is not back yet says nothing of it.
                self.failures += u32::from(!self.expects_return(now));
                let mut outputs = vec![Output::ForgetTokens];
                outputs.extend(self.rest(class, wait, now, random));
                outputs
            }
            State::Up(up) => {
                if let Beside::Connecting { failures } = up.beside {
                    let failures = failures + 1;
                    let delay = wait.unwrap_or_else(|| match class {
                        Class::Quota => self.backoff.longest(random),
                        // Whatever it is, the session goes on, and the next attempt may tell.
                        Class::Transient | Class::SignIn | Class::Fatal | Class::Displaced => {
                            self.backoff.delay(failures, random)
                        }
                    });
                    let until = now + delay;
                    up.beside = Beside::Waiting { until, failures };
                }
                vec![]
            }
            State::Stopped | State::Waiting { .. } | State::Halted(_) => vec![],
        }
    }

    fn handle_probe(&mut self, probe: &Probe, now: Instant) -> Outputs {
        let State::Up(up) = &mut self.state else {
            return vec![];
        };
        if probe.session != SessionNumber(self.sessions) || !up.is_watched() {
            return vec![];
        }
        let (port, diagnosis) = (probe.port, &probe.diagnosis);
        if diagnosis.routes() {
            up.see_routed(port);
            self.routed.insert(port);
            self.zombies = 0;
            return vec![];
        }
        if !diagnosis.is_against_session() {
            // A dead URL of a session that lives says nothing of the session.
            return vec![];
        }
        let local_answers = diagnosis.service_fault().is_none();
        let routed_before = self.routed.contains(&port);
        let downs = up.see_down(port, local_answers, routed_before, self.zombies, now);
        if downs < DEAD_AFTER_DOWNS {
            return vec![];
        }
        self.zombies += 1;
        self.replace_now(Cut::Zombie)
    }

    fn handle_remint(&mut self) -> Outputs {
        match &mut self.state {
            State::Up(up) if !up.is_parked() && matches!(up.beside, Beside::None) => {
                up.beside = Beside::Connecting { failures: 0 };
                vec![Output::ConnectBeside]
            }
            State::Waiting { .. } => vec![Output::ForgetTokens],
            State::Up(_) | State::Stopped | State::Connecting | State::Halted(_) => vec![],
        }
    }

    fn handle_force(&mut self, now: Instant) -> Outputs {
        match &self.state {
            // The new connection the person wants is the one that keeps what is held.
            State::Up(up) if up.holds(now) => vec![Output::CheckLink],
            State::Up(_) => self.replace_now(Cut::Forced),
            State::Waiting { .. } | State::Halted(_) => self.connect(),
            State::Stopped | State::Connecting => vec![],
        }
    }

    fn handle_woke(&mut self) -> Outputs {
        match self.state {
            State::Up(_) => vec![Output::CheckLink],
            State::Waiting { class, .. } if class != Class::Quota => self.connect(),
            // A quota knows nothing of this computer's sleep.
            State::Waiting { .. } | State::Stopped | State::Connecting | State::Halted(_) => {
                vec![]
            }
        }
    }

    fn handle_signed_in(&mut self) -> Outputs {
        match self.state {
            State::Halted(Class::SignIn) => {
                let mut outputs = vec![Output::ForgetTokens];
                outputs.extend(self.connect());
                outputs
            }
            State::Stopped
            | State::Connecting
            | State::Up(_)
            | State::Waiting { .. }
            | State::Halted(_) => vec![],
        }
    }

    fn handle_timer(&mut self, now: Instant) -> Outputs {
        match &mut self.state {
            State::Waiting { until, .. } if *until <= now => self.connect(),
            State::Up(up) if up.is_parked() => vec![],
            State::Up(up) => {
                let proven = up.established_at.is_none() && up.since + ESTABLISHED_AFTER <= now;
                if proven {
                    up.established_at = Some(now);
                }
                if up.settle(now) {
                    self.failures = 0;
                }
                match up.beside {
                    Beside::Waiting { until, failures } if until <= now => {
                        up.beside = Beside::Connecting { failures };
                        vec![Output::ConnectBeside]
                    }
                    Beside::None | Beside::Connecting { .. } | Beside::Waiting { .. } => vec![],
                }
            }
            State::Waiting { .. } | State::Stopped | State::Connecting | State::Halted(_) => vec![],
        }
    }

    fn connect(&mut self) -> Outputs {
        self.attempts += 1;
        self.state = State::Connecting;
        vec![Output::Connect]
    }

    /// Cuts the session and begins an attempt without waiting.
    fn replace_now(&mut self, cut: Cut) -> Outputs {
        let beside = matches!(&self.state, State::Up(up) if up.is_being_replaced());
        let mut outputs = if beside {
            vec![Output::Abandon]
        } else {
            vec![]
        };
        outputs.push(Output::Cut(cut));
        outputs.extend(self.connect());
        outputs
    }

    /// After a failure: waits for the next attempt, or for the person.
    fn rest(&mut self, class: Class, wait: Option<Duration>, now: Instant, random: f64) -> Outputs {
        let delay = match class {
            Class::SignIn | Class::Fatal | Class::Displaced => {
                self.state = State::Halted(class);
                return vec![];
            }
            Class::Quota => wait.unwrap_or_else(|| self.backoff.longest(random)),
            Class::Transient => wait.unwrap_or_else(|| self.next_delay(now, random)),
        };
        self.state = State::Waiting {
            until: now + delay,
            class,
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
