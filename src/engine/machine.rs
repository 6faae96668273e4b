//! The keep-alive machine: what to do after each outcome, one function an input.
//!
//! Pure: time and randomness come in, decisions go out. It knows no socket, no provider and no
//! tunnel; the driver carries out what it says and tells it what came of it.

pub(super) mod ended;

use super::backoff::Backoff;
use super::input::{Cut, Input, Output, Probe};
use super::up::{ESTABLISHED_AFTER, Replacement, Up};
use crate::model::{Class, Life, Outage, Phase, PortNumber, Reason, SessionNumber};
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

/// Decides when one tunnel connects, waits, replaces its session and gives up.
///
/// It owns the tunnel's [`Life`] and what that depends on: failures in a row, what is known of each
/// port's URL, when the next attempt is due. Its user, the driver, has the attempt and the session in
/// hand.
///
/// # Order of calls
///
/// 1. Tell it what happened: [`Machine::handle`].
/// 2. Do what it returns, in that order. What comes of it (an attempt that failed, a session that ended)
///    is told as the next input, not from within.
/// 3. Show [`Machine::life`], which may have changed.
/// 4. Come back with [`Input::Timer`] at [`Machine::deadline`], or earlier with whatever happens first;
///    the deadline may be another one after each input.
///
/// No two calls depend on each other beyond that: any input may come at any time, and one that no longer
/// fits is ignored.
///
/// # What never happens
///
/// - It reads no clock and rolls no dice: `now` is monotonic and never earlier than before, `random` is
///   from 0 to 1.
/// - There is at most one attempt and one session at once, beside the sessions that drain. Nothing is
///   closed, cut or abandoned that is not there.
/// - After [`Input::Stop`] nothing is connected before the next [`Input::Start`], whatever was in flight.
/// - A probe cuts no session unless it saw the URL dead as often in a row as it says itself, while the
///   service answered here, on a session that had routed before.
///
/// # Example
///
/// ```
/// use std::time::{Duration, Instant};
/// use underpass::engine::{Backoff, Input, Machine, Output};
/// use underpass::model::{Life, Reason, Timing};
///
/// let mut now = Instant::now();
/// let middle = 0.5; // no jitter
/// let mut machine = Machine::new(Backoff::new(&Timing::default()), 0);
/// assert_eq!(machine.handle(Input::Start, now, middle), [Output::Connect]);
/// assert_eq!(machine.handle(Input::Connected, now, middle), []);
/// assert!(matches!(machine.life(), Life::Up { proven: false, .. }));
///
/// // The network is gone: again after a second.
/// let dropped = Input::Dropped(Reason::LinkLost);
/// assert_eq!(machine.handle(dropped, now, middle), []);
/// let due = machine.deadline().expect("it waits");
/// assert_eq!(due - now, Duration::from_secs(1));
/// now = due;
/// assert_eq!(machine.handle(Input::Timer, now, middle), [Output::Connect]);
///
/// // Stop wins over the attempt under way, and what comes of that is ignored.
/// assert_eq!(machine.handle(Input::Stop, now, middle), [Output::Abandon]);
/// let late = Input::ConnectFailed(Reason::LinkLost, None);
/// assert_eq!(machine.handle(late, now, middle), []);
/// assert_eq!((machine.life(), machine.deadline()), (Life::Stopped, None));
/// ```
#[derive(Debug)]
pub struct Machine {
    backoff: Backoff,
    state: MachineState,
    /// Where the attempt under way is, or the last one was.
    phase: Phase,
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
enum MachineState {
    Stopped,
    /// The outage is `None` for the first attempt since the start.
    Connecting(Option<Outage<Instant>>),
    Up(Up),
    Waiting {
        until: Instant,
        outage: Outage<Instant>,
    },
    /// Only the person can help: the reason's class says how.
    Halted(Outage<Instant>),
}

type Outputs = Vec<Output>;

impl Machine {
    /// A machine at rest, whose sessions are counted on from `sessions`: no two sessions of a
    /// tunnel have the same number.
    pub fn new(backoff: Backoff, sessions: u64) -> Self {
        Self {
            backoff,
            state: MachineState::Stopped,
            phase: Phase::Authorising,
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
    pub(super) fn expects_return(&self, now: Instant) -> bool {
        self.expected_until.is_some_and(|until| now < until)
    }

    /// The life, as everybody is to see it.
    pub fn life(&self) -> Life<Instant> {
        match &self.state {
            MachineState::Stopped => Life::Stopped,
            MachineState::Connecting(outage) => Life::Connecting {
                phase: self.phase,
                attempt: self.attempts,
                outage: outage.clone(),
            },
            MachineState::Up(up) => up.life(SessionNumber(self.sessions)),
            MachineState::Waiting { until, outage } if outage.reason.class() == Class::Quota => {
                Life::Quota {
                    next_at: *until,
                    outage: outage.clone(),
                }
            }
            MachineState::Waiting { until, outage } => Life::Waiting {
                attempt: self.attempts + 1,
                next_at: *until,
                outage: outage.clone(),
            },
            MachineState::Halted(outage) => match outage.reason.class() {
                Class::SignIn => Life::SignIn(outage.clone()),
                Class::Displaced => Life::Displaced(outage.clone()),
                Class::Fatal | Class::Quota | Class::Transient => Life::Failed(outage.clone()),
            },
        }
    }

    /// The session's link is down.
    pub const fn is_parked(&self) -> bool {
        matches!(&self.state, MachineState::Up(up) if up.is_parked())
    }

    /// The attempt under way is to take the place of the session there is.
    pub const fn is_being_replaced(&self) -> bool {
        matches!(&self.state, MachineState::Up(up) if up.is_being_replaced())
    }

    /// When it wants [`Input::Timer`].
    pub fn deadline(&self) -> Option<Instant> {
        match &self.state {
            MachineState::Waiting { until, .. } => Some(*until),
            MachineState::Up(up) => up.deadline(),
            MachineState::Stopped | MachineState::Connecting(_) | MachineState::Halted(_) => None,
        }
    }

    /// The attempt under way entered a phase. Nothing follows from that.
    pub const fn enter(&mut self, phase: Phase) {
        self.phase = phase;
    }

    /// Takes what happened and says what to do, in order.
    pub fn handle(&mut self, input: Input, now: Instant, random: f64) -> Outputs {
        match input {
            Input::Start => self.handle_start(),
            Input::Stop => self.handle_stop(),
            Input::Connected => self.handle_connected(now),
            Input::Established => self.change(|up| up.establish(now)),
            Input::Parked { left, open } => self.handle_parked(left, open, now),
            Input::Holds(open) => self.change(|up| up.hold(open)),
            Input::Resumed => self.change(|up| up.resume(now)),
            Input::GoingDown => self.handle_going_down(now),
            Input::Dropped(reason) => self.handle_dropped(reason, now, random),
            Input::Lapsed(reason) => self.handle_lapsed(reason, now, random),
            Input::ConnectFailed(reason, wait) => self.handle_failed(reason, wait, now, random),
            Input::Probe(probe) => self.handle_probe(&probe, now),
            Input::RemintDue => self.handle_remint(),
            Input::ForceReconnect => self.handle_reconnect(Some(Reason::Forced), now),
            Input::TakeOver => self.handle_reconnect(None, now),
            Input::Woke => self.handle_woke(),
            Input::SignedIn => self.handle_signed_in(),
            // The wait under way ends when it was said to.
            Input::Paced(backoff) => {
                self.backoff = backoff;
                vec![]
            }
            Input::Timer => self.handle_timer(now),
        }
    }

    fn handle_start(&mut self) -> Outputs {
        match self.state {
            MachineState::Stopped | MachineState::Halted(_) => {
                self.sessions_at_start = self.sessions;
                self.routed.clear();
                self.zombies = 0;
                self.failures = 0;
                self.attempts = 0;
                self.connect(None)
            }
            MachineState::Waiting { .. } => self.retry(),
            MachineState::Connecting(_) | MachineState::Up(_) => vec![],
        }
    }

    fn handle_stop(&mut self) -> Outputs {
        self.expected_until = None;
        match std::mem::replace(&mut self.state, MachineState::Stopped) {
            MachineState::Connecting(_) => vec![Output::Abandon],
            MachineState::Up(up) if up.is_being_replaced() => vec![Output::Abandon, Output::Close],
            MachineState::Up(_) => vec![Output::Close],
            MachineState::Stopped | MachineState::Waiting { .. } | MachineState::Halted(_) => {
                vec![]
            }
        }
    }

    fn handle_connected(&mut self, now: Instant) -> Outputs {
        let is_planned = match &mut self.state {
            MachineState::Up(up) if up.is_being_replaced() => {
                // To everybody else it is the same one: its URLs and its visitors' way stay.
                up.replace(now);
                true
            }
            MachineState::Connecting(_) | MachineState::Up(_) => false,
            MachineState::Stopped | MachineState::Waiting { .. } | MachineState::Halted(_) => {
                return vec![Output::Close];
            }
        };
        self.attempts = 0;
        self.expected_until = None;
        if is_planned {
            // The driver puts the new session in the old one's place before it closes that.
            return vec![Output::CloseReplaced];
        }
        self.sessions += 1;
        self.state = MachineState::Up(Up::new(now));
        vec![]
    }

    /// What changes a session that is up, if there is one.
    fn change(&mut self, change: impl FnOnce(&mut Up)) -> Outputs {
        if let MachineState::Up(up) = &mut self.state {
            change(up);
        }
        vec![]
    }

    fn handle_parked(&mut self, left: Duration, open: u64, now: Instant) -> Outputs {
        let MachineState::Up(up) = &mut self.state else {
            return vec![];
        };
        let abandoned = up.park(left, open, now);
        abandoned.then_some(Output::Abandon).into_iter().collect()
    }

    fn handle_probe(&mut self, probe: &Probe, now: Instant) -> Outputs {
        let MachineState::Up(up) = &mut self.state else {
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
        if downs < probe.dead_after {
            return vec![];
        }
        self.zombies += 1;
        self.replace_now(Cut::Zombie, now)
    }

    fn handle_remint(&mut self) -> Outputs {
        match &mut self.state {
            MachineState::Up(up)
                if !up.is_parked() && matches!(up.replacement, Replacement::None) =>
            {
                up.replacement = Replacement::Connecting { failures: 0 };
                vec![Output::ConnectBeside]
            }
            MachineState::Waiting { .. } => vec![Output::ForgetTokens],
            MachineState::Up(_)
            | MachineState::Stopped
            | MachineState::Connecting(_)
            | MachineState::Halted(_) => vec![],
        }
    }

    /// `reason` is what is said of it from now on, where it is another one than before.
    fn handle_reconnect(&mut self, reason: Option<Reason>, now: Instant) -> Outputs {
        match &mut self.state {
            // The new connection the person wants is the one that keeps what is held.
            MachineState::Up(up) if up.holds(now) => vec![Output::CheckLink],
            MachineState::Up(_) => self.replace_now(Cut::Forced, now),
            MachineState::Waiting { outage, .. } | MachineState::Halted(outage) => {
                if let Some(reason) = reason {
                    outage.reason = reason;
                }
                self.retry()
            }
            MachineState::Stopped | MachineState::Connecting(_) => vec![],
        }
    }

    fn handle_woke(&mut self) -> Outputs {
        match &self.state {
            MachineState::Up(_) => vec![Output::CheckLink],
            // A quota knows nothing of this computer's sleep.
            MachineState::Waiting { outage, .. } if outage.reason.class() != Class::Quota => {
                self.retry()
            }
            MachineState::Waiting { .. }
            | MachineState::Stopped
            | MachineState::Connecting(_)
            | MachineState::Halted(_) => {
                vec![]
            }
        }
    }

    fn handle_signed_in(&mut self) -> Outputs {
        match &self.state {
            MachineState::Halted(outage) if outage.reason.class() == Class::SignIn => {
                let mut outputs = vec![Output::ForgetTokens];
                outputs.extend(self.retry());
                outputs
            }
            MachineState::Stopped
            | MachineState::Connecting(_)
            | MachineState::Up(_)
            | MachineState::Waiting { .. }
            | MachineState::Halted(_) => vec![],
        }
    }

    fn handle_timer(&mut self, now: Instant) -> Outputs {
        match &mut self.state {
            MachineState::Waiting { until, .. } if *until <= now => self.retry(),
            MachineState::Up(up) if up.is_parked() => vec![],
            MachineState::Up(up) => {
                if up.linked_at + ESTABLISHED_AFTER <= now {
                    up.establish(now);
                }
                if up.settle(now) {
                    self.failures = 0;
                }
                match up.replacement {
                    Replacement::Waiting { until, failures } if until <= now => {
                        up.replacement = Replacement::Connecting { failures };
                        vec![Output::ConnectBeside]
                    }
                    Replacement::None
                    | Replacement::Connecting { .. }
                    | Replacement::Waiting { .. } => vec![],
                }
            }
            MachineState::Waiting { .. }
            | MachineState::Stopped
            | MachineState::Connecting(_)
            | MachineState::Halted(_) => {
                vec![]
            }
        }
    }

    fn connect(&mut self, outage: Option<Outage<Instant>>) -> Outputs {
        self.attempts += 1;
        self.phase = Phase::Authorising;
        self.state = MachineState::Connecting(outage);
        vec![Output::Connect]
    }

    /// Begins the attempt that was waited for.
    fn retry(&mut self) -> Outputs {
        let (MachineState::Waiting { outage, .. } | MachineState::Halted(outage)) = &self.state
        else {
            return vec![];
        };
        let outage = outage.clone();
        self.connect(Some(outage))
    }

    /// Cuts the session and begins an attempt without waiting.
    fn replace_now(&mut self, cut: Cut, now: Instant) -> Outputs {
        let MachineState::Up(up) = &self.state else {
            return vec![];
        };
        let reason = match cut {
            Cut::Zombie => Reason::Zombie,
            Cut::Forced => Reason::Forced,
        };
        let (outage, replaced) = (up.outage(reason, now), up.is_being_replaced());
        let mut outputs = vec![];
        outputs.extend(replaced.then_some(Output::Abandon));
        outputs.push(Output::Cut(cut));
        outputs.extend(self.connect(Some(outage)));
        outputs
    }
}
