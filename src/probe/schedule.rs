//! When to ask: each second until the URL routes, then at the configured interval, and at once when
//! the person wants to know. One task a port.

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

#[derive(Clone)]
struct Parts {
    ask: Ask,
    emit: Emit,
    peek: Peek,
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
    /// service that was away is back, or one that was there has gone.
    pub fn new(ask: Ask, emit: Emit, peek: Peek) -> Self {
        Self {
            parts: Parts { ask, emit, peek },
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
        seen: false,
    };
    loop {
        let began = Instant::now();
        let report = (parts.ask)(plan.clone(), doubt).await;
        // That it is slow says only that it has routed before, if it has.
        eager = if report.diagnosis.routes() && report.health() != Health::Slow {
            0
        } else {
            eager.saturating_sub(1)
        };
        let period = if eager > 0 {
            plan.interval.min(EAGER_PERIOD)
        } else if is_limited(&plan, &report) || is_no_web(&plan, &report) {
            plan.interval.saturating_mul(SPARING)
        } else {
            plan.interval
        };
        // Whether it is back is known only by connecting, where it is not seen otherwise.
        doubt = report.local.fault().is_some();
        let away = report.local == LocalAnswer::Failed(ServiceFault::Refused);
        (parts.emit)(report);
        doubt |= wait(&plan, began + period, (&mut looks, away), &now).await;
    }
}

/// Looks at a service between two probes.
struct Looks {
    peek: Peek,
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
    fn look(&mut self, plan: &ProbePlan, away: bool) -> Look {
        let Some(there) = (self.peek)(plan) else {
            return Look::Blind;
        };
        // What was never seen may be served otherwise: by the system's firewall, say.
        let was_there = std::mem::replace(&mut self.seen, there);
        if (away && there) || (!away && was_there && !there) {
            Look::Changed
        } else {
            Look::Same
        }
    }
}

/// Waits for the next probe's time, for the person or a visitor who wants to know now (true), or
/// until a service is seen to have come back, or (true) gone.
async fn wait(
    plan: &ProbePlan,
    until: Instant,
    (looks, away): (&mut Looks, bool),
    now: &Notify,
) -> bool {
    let mut blind = false;
    // It may go sooner than the first look is due. One that is away would be asked again and again,
    // where something listens and refuses.
    if !away && matches!(looks.look(plan, away), Look::Changed) {
        return true;
    }
    loop {
        let next = if blind {
            until
        } else {
            until.min(Instant::now() + PEEK_PERIOD)
        };
        tokio::select! {
            () = sleep_until(next) => {}
            () = now.notified() => return true,
        }
        if next >= until {
            return false;
        }
        match looks.look(plan, away) {
            Look::Blind => blind = true,
            Look::Same => {}
            Look::Changed => return !away,
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
