//! When to ask: each second until the URL routes, then at the configured interval, and at once when
//! the person wants to know. One task a port.

use crate::base::local;
use crate::model::{
    Health, LocalAnswer, Offers, PortKey, PortOptions, ProbeReport, ProbeRequest, Protocol,
    RelayVerdict, ServiceFault, SessionNumber, Target,
};
use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio::task::AbortHandle;
use tokio::time::{Instant, sleep_until};

/// Between two probes of a URL that does not route yet.
const EAGER_PERIOD: Duration = Duration::from_secs(1);

/// Between two looks at a service of this computer.
const PEEK_PERIOD: Duration = Duration::from_secs(1);

/// Between two tries to reach a service of another machine that is away: it is the network's matter, too,
/// and an address that says nothing is waited for.
const FAR_PERIOD: Duration = Duration::from_secs(5);

/// After this many eager probes the configured interval is kept even so.
const EAGER_PROBES: u32 = 60;

/// How many times less often is asked where the provider counts probes as requests and has had enough.
const SPARING: u32 = 10;

/// What to probe, and how often.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProbePlan {
    /// The tunnel and the port in it.
    pub key: PortKey,
    /// What its provider offers: how its URLs are asked is in there.
    pub offers: &'static Offers,
    /// The session it is probed under.
    pub session: SessionNumber,
    pub target: Target,
    pub protocol: Protocol,
    pub options: PortOptions,
    pub url: String,
    /// The target is the public URL's own address.
    pub loops: bool,
    /// There is a local service to ask.
    pub local: bool,
    /// The public URL is asked; else the local service is only looked at.
    pub public: bool,
    /// How the URL of a web service is asked, and what is expected.
    pub request: ProbeRequest,
    /// Between two probes, from start to start.
    pub interval: Duration,
    /// When a probe is given up.
    pub timeout: Duration,
}

/// How to ask once; the second argument says that the service is in doubt.
pub type Ask =
    Arc<dyn Fn(ProbePlan, bool) -> Pin<Box<dyn Future<Output = ProbeReport> + Send>> + Send + Sync>;

/// Sees whether a service is there, without a probe; `None` where that cannot be seen.
pub type Peek = Arc<dyn Fn(&ProbePlan) -> Option<bool> + Send + Sync>;

/// Connects to a service that was away, and asks it nothing: whether that goes.
pub type Knock = Arc<dyn Fn(ProbePlan) -> Pin<Box<dyn Future<Output = bool> + Send>> + Send + Sync>;

#[derive(Clone)]
struct Parts {
    ask: Ask,
    emit: Emit,
    peek: Peek,
    knock: Knock,
}

/// Where reports go.
pub type Emit = Arc<dyn Fn(ProbeReport) + Send + Sync>;

/// Runs the probes' tasks on the current runtime. Dropping it ends them.
pub struct Prober {
    parts: Parts,
    running: HashMap<PortKey, Running>,
}

struct Running {
    plan: ProbePlan,
    now: Arc<Notify>,
    task: AbortHandle,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Prober {
    /// A prober that asks by `ask`, reports by `emit`, and between probes looks by `peek` whether a
    /// service that was away is back, or one that was there has gone; where that is not seen it finds out
    /// by `knock` whether it is back. Only a probe asks the public URL.
    pub fn new(ask: Ask, emit: Emit, peek: Peek, knock: Knock) -> Self {
        Self {
            parts: Parts {
                ask,
                emit,
                peek,
                knock,
            },
            running: HashMap::new(),
        }
    }

    /// Probes by this plan from now on; the first probe is at once. The same plan again changes
    /// nothing.
    pub fn start(&mut self, plan: ProbePlan) {
        let same = self
            .running
            .get(&plan.key)
            .is_some_and(|running| running.plan == plan);
        if same {
            return;
        }
        let now = Arc::new(Notify::new());
        let task = tokio::spawn(run(plan.clone(), self.parts.clone(), Arc::clone(&now)));
        let running = Running {
            now,
            task: task.abort_handle(),
            plan,
        };
        self.running.insert(running.plan.key.clone(), running);
    }

    pub fn stop(&mut self, key: &PortKey) {
        self.running.remove(key);
    }

    /// Probes this port now; its interval starts anew.
    pub fn check_now(&self, key: &PortKey) {
        if let Some(running) = self.running.get(key) {
            running.now.notify_one();
        }
    }
}

async fn run(plan: ProbePlan, parts: Parts, now: Arc<Notify>) {
    let mut eager = if plan.public { EAGER_PROBES } else { 0 };
    let mut doubt = false;
    let mut looks = Looks {
        peek: Arc::clone(&parts.peek),
        knock: Arc::clone(&parts.knock),
        seen: false,
    };
    // The service was thought to be back before its time.
    let mut early = false;
    loop {
        let began = Instant::now();
        let report = (parts.ask)(plan.clone(), doubt).await;
        // That it is slow says only that it has routed before, if it has.
        eager = if report.diagnosis.routes() && report.health() != Health::Slow {
            0
        } else {
            eager.saturating_sub(1)
        };
        // It has come back while the URL was asked.
        let crossed = !early && is_crossed(&report);
        let period = if eager > 0 || crossed {
            plan.interval.min(EAGER_PERIOD)
        } else if is_limited(&plan, &report) || is_no_web(&plan, &report) {
            plan.interval.saturating_mul(SPARING)
        } else {
            plan.interval
        };
        // Whether it is back is known only by connecting, where it is not seen otherwise.
        doubt = report.local.fault().is_some();
        let away = Away::of(&report, early);
        (parts.emit)(report);
        let woken = wait(&plan, began + period, (&mut looks, away), &now).await;
        doubt |= matches!(woken, Woken::Asked | Woken::Gone);
        early = crossed || woken == Woken::Back;
    }
}

/// The URL says that the service cannot be reached, and then it can be.
fn is_crossed(report: &ProbeReport) -> bool {
    let is_away = matches!(
        report.verdict(),
        Some(RelayVerdict::Service(fault)) if is_away(fault)
    );
    is_away && report.local == LocalAnswer::Accepts
}

/// Nobody is there to be connected to.
const fn is_away(fault: ServiceFault) -> bool {
    matches!(
        fault,
        ServiceFault::Refused
            | ServiceFault::TimedOut
            | ServiceFault::Unreachable
            | ServiceFault::UnknownName
    )
}

/// Whether a service is away, and how that it is back is found out.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Away {
    Not,
    /// It is seen, or else tried.
    Refused,
    /// It is tried: something may listen all the while.
    Silent,
    /// It seemed to be back and is not: it is asked again when it is time, for each probe may cost.
    Doubtful,
}

impl Away {
    fn of(report: &ProbeReport, early: bool) -> Self {
        match report.local {
            LocalAnswer::Failed(fault) if !is_away(fault) => Self::Not,
            LocalAnswer::Failed(_) if early => Self::Doubtful,
            LocalAnswer::Failed(ServiceFault::Refused) => Self::Refused,
            LocalAnswer::Failed(_) => Self::Silent,
            LocalAnswer::Accepts | LocalAnswer::NotAsked => Self::Not,
        }
    }
}

/// Looks at a service between two probes.
struct Looks {
    peek: Peek,
    knock: Knock,
    /// It was seen, and not yet seen to have gone.
    seen: bool,
}

/// What a look says.
enum Look {
    /// Nothing: the service cannot be seen.
    Blind,
    Same,
    /// It has come back, or gone.
    Changed,
}

impl Looks {
    fn look(&mut self, plan: &ProbePlan, away: Away) -> Look {
        let Some(there) = (self.peek)(plan) else {
            return Look::Blind;
        };
        // What was never seen may be served otherwise: by the system's firewall, say.
        let was_there = std::mem::replace(&mut self.seen, there);
        match away {
            Away::Refused if there => Look::Changed,
            Away::Not if was_there && !there => Look::Changed,
            _ => Look::Same,
        }
    }
}

/// Why the next probe is due.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Woken {
    /// It is its time.
    Time,
    /// The person or a visitor wants to know now.
    Asked,
    /// The service is back, as far as is seen,
    Back,
    /// or has gone.
    Gone,
}

/// Waits for the next probe's time, for somebody who wants to know now, or until the service has come
/// back, or gone.
async fn wait(
    plan: &ProbePlan,
    until: Instant,
    (looks, away): (&mut Looks, Away),
    now: &Notify,
) -> Woken {
    let changed = if away == Away::Not {
        Woken::Gone
    } else {
        Woken::Back
    };
    // It may go sooner than the first look is due. One that is away would be asked again and again,
    // where something listens and refuses.
    if away == Away::Not && matches!(looks.look(plan, away), Look::Changed) {
        return changed;
    }
    let knocks = matches!(away, Away::Refused | Away::Silent);
    let knock_period = if local::is_here(&plan.target.host) {
        PEEK_PERIOD
    } else {
        FAR_PERIOD
    };
    let mut knock_at = Instant::now() + knock_period;
    let mut blind = false;
    loop {
        let look_at = (!blind).then(|| Instant::now() + PEEK_PERIOD);
        let knocking = knocks.then_some(knock_at);
        let next = look_at
            .into_iter()
            .chain(knocking)
            .fold(until, Instant::min);
        tokio::select! {
            () = sleep_until(next) => {}
            () = now.notified() => return Woken::Asked,
        }
        if next >= until {
            return Woken::Time;
        }
        match looks.look(plan, away) {
            Look::Blind => blind = true,
            Look::Same => {}
            Look::Changed => return changed,
        }
        if !knocks || Instant::now() < knock_at {
            continue;
        }
        knock_at = Instant::now() + knock_period;
        tokio::select! {
            is_back = (looks.knock)(plan.clone()) => if is_back {
                return changed;
            },
            () = sleep_until(until) => return Woken::Time,
            () = now.notified() => return Woken::Asked,
        }
    }
}

/// A service that answers, and not in HTTP, where nobody said that it would: it is not disturbed
/// again and again.
fn is_no_web(plan: &ProbePlan, report: &ProbeReport) -> bool {
    plan.protocol == Protocol::Auto
        && report.verdict() == Some(RelayVerdict::Service(ServiceFault::NotHttp))
}

/// The provider wants to be asked less often. A service of the person's own that says so is asked
/// as before: its answer is as good as any.
fn is_limited(plan: &ProbePlan, report: &ProbeReport) -> bool {
    let status = report.status();
    status.is_some_and(|status| plan.offers.probe.is_limit(status))
}

#[cfg(test)]
#[path = "schedule_tests.rs"]
mod tests;
