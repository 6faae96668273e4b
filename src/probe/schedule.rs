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
mod tests {
    use super::*;
    use crate::model::{LocalAnswer, PortNumber, PublicAnswer, Reason, TunnelId, UnixMillis};
    use std::sync::Mutex;
    use tokio::time::advance;

    fn plan(interval: Duration) -> ProbePlan {
        let port = PortNumber::new(3000).expect("not zero");
        ProbePlan {
            key: PortKey::new(&TunnelId::new("web").expect("a label"), port),
            offers: &Offers::RELAY,
            session: SessionNumber(1),
            target: Target::local(port),
            protocol: Protocol::Http,
            options: PortOptions::default(),
            url: String::new(),
            loops: false,
            local: true,
            public: true,
            request: ProbeRequest::default(),
            interval,
            timeout: Duration::from_secs(5),
        }
    }

    fn report(plan: &ProbePlan, health: Health) -> ProbeReport {
        ProbeReport {
            key: plan.key.clone(),
            session: plan.session,
            at: UnixMillis(0),
            local: LocalAnswer::Accepts,
            public: PublicAnswer::Failed {
                reason: Reason::TimedOut,
            },
            diagnosis: health.into(),
        }
    }

    /// Counts probes; answers with whatever health is set.
    #[derive(Clone)]
    struct Fake {
        asked: Arc<Mutex<u32>>,
        health: Arc<Mutex<Health>>,
    }

    impl Fake {
        fn new(health: Health) -> Self {
            Self {
                asked: Arc::default(),
                health: Arc::new(Mutex::new(health)),
            }
        }

        fn prober(&self) -> Prober {
            let fake = self.clone();
            let ask: Ask = Arc::new(move |plan, _| {
                *fake.asked.lock().expect("no panic with it") += 1;
                let health = *fake.health.lock().expect("no panic with it");
                Box::pin(std::future::ready(report(&plan, health)))
            });
            Prober::new(ask, Arc::new(|_| {}), Arc::new(|_| None))
        }

        /// How many probes there were once everything that is due has run.
        async fn asked(&self) -> u32 {
            for _ in 0..8 {
                tokio::task::yield_now().await;
            }
            *self.asked.lock().expect("no panic with it")
        }
    }

    #[tokio::test(start_paused = true)]
    async fn it_keeps_the_interval_to_the_millisecond() {
        let fake = Fake::new(Health::Operational);
        let mut prober = fake.prober();
        prober.start(plan(Duration::from_millis(250)));
        assert_eq!(fake.asked().await, 1, "the first is at once");
        advance(Duration::from_millis(249)).await;
        assert_eq!(fake.asked().await, 1);
        advance(Duration::from_millis(1)).await;
        assert_eq!(fake.asked().await, 2);
    }

    #[tokio::test(start_paused = true)]
    async fn it_asks_each_second_until_the_url_routes() {
        let fake = Fake::new(Health::Down);
        let mut prober = fake.prober();
        prober.start(plan(Duration::from_secs(30)));
        for expected in 1..=5 {
            assert_eq!(fake.asked().await, expected);
            advance(EAGER_PERIOD).await;
        }
        *fake.health.lock().expect("no panic with it") = Health::ServiceDown;
        assert_eq!(fake.asked().await, 6);
        advance(Duration::from_secs(29)).await;
        assert_eq!(fake.asked().await, 6, "a dead service is routed to");
        advance(Duration::from_secs(1)).await;
        assert_eq!(fake.asked().await, 7);
    }

    #[tokio::test(start_paused = true)]
    async fn a_provider_that_limits_requests_is_asked_less_often() {
        for (offers, soon) in [(&Offers::RELAY, 2), (&Offers::SAMPLE, 1)] {
            let asked = Arc::new(Mutex::new(0));
            let counter = Arc::clone(&asked);
            let ask: Ask = Arc::new(move |plan, _| {
                *counter.lock().expect("no panic with it") += 1;
                let limited = ProbeReport {
                    public: PublicAnswer::Status {
                        code: 429,
                        latency_us: 1,
                        verdict: None,
                        login_wall: false,
                    },
                    ..report(&plan, Health::Operational)
                };
                Box::pin(std::future::ready(limited))
            });
            let fake = Fake {
                asked,
                health: Arc::new(Mutex::new(Health::Operational)),
            };
            let mut prober = Prober::new(ask, Arc::new(|_| {}), Arc::new(|_| None));
            prober.start(ProbePlan {
                offers,
                ..plan(Duration::from_secs(30))
            });
            assert_eq!(fake.asked().await, 1);
            advance(Duration::from_secs(30)).await;
            assert_eq!(fake.asked().await, soon, "{offers:?}");
            advance(Duration::from_secs(270)).await;
            assert_eq!(fake.asked().await, soon + 1, "{offers:?}");
        }
    }

    /// A prober, in which doubt it asked each time, and whether the service is seen to be back.
    type Watched = (Prober, Arc<Mutex<Vec<bool>>>, Arc<Mutex<bool>>);

    /// A prober of a service at which `local` is found.
    fn with_service(local: LocalAnswer, verdict: Option<RelayVerdict>) -> Watched {
        let asked: Arc<Mutex<Vec<bool>>> = Arc::default();
        let back: Arc<Mutex<bool>> = Arc::default();
        let (list, seen) = (Arc::clone(&asked), Arc::clone(&back));
        let ask: Ask = Arc::new(move |plan, doubt| {
            list.lock().expect("no panic with it").push(doubt);
            let report = ProbeReport {
                local,
                public: PublicAnswer::Status {
                    code: 502,
                    latency_us: 1,
                    verdict,
                    login_wall: false,
                },
                ..report(&plan, Health::ServiceDown)
            };
            Box::pin(std::future::ready(report))
        });
        let peek: Peek = Arc::new(move |_| Some(*seen.lock().expect("no panic with it")));
        (Prober::new(ask, Arc::new(|_| {}), peek), asked, back)
    }

    async fn settle() {
        for _ in 0..8 {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_service_that_is_back_is_probed_at_once() {
        let refused = LocalAnswer::Failed(ServiceFault::Refused);
        let (mut prober, asked, back) = with_service(refused, None);
        let count = || asked.lock().expect("no panic with it").len();
        prober.start(plan(Duration::from_secs(30)));
        settle().await;
        for _ in 0..5 {
            advance(PEEK_PERIOD).await;
            settle().await;
        }
        assert_eq!(count(), 1, "it is only looked at");
        *back.lock().expect("no panic with it") = true;
        advance(PEEK_PERIOD).await;
        settle().await;
        assert_eq!(*asked.lock().expect("no panic with it"), [false, true]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_service_that_goes_is_probed_at_once() {
        let (mut prober, asked, there) = with_service(LocalAnswer::Accepts, None);
        *there.lock().expect("no panic with it") = true;
        let count = || asked.lock().expect("no panic with it").len();
        prober.start(plan(Duration::from_mins(15)));
        settle().await;
        *there.lock().expect("no panic with it") = false;
        advance(PEEK_PERIOD).await;
        settle().await;
        assert_eq!(count(), 2, "it went within the first second");
        *there.lock().expect("no panic with it") = true;
        for _ in 0..20 {
            advance(PEEK_PERIOD).await;
            settle().await;
        }
        assert_eq!(count(), 2, "it is only looked at");
        *there.lock().expect("no panic with it") = false;
        advance(PEEK_PERIOD).await;
        settle().await;
        assert_eq!(
            *asked.lock().expect("no panic with it"),
            [false, true, true]
        );
        // It answers though nothing is seen to listen: that is no news each second.
        for _ in 0..20 {
            advance(PEEK_PERIOD).await;
            settle().await;
        }
        assert_eq!(count(), 3);
    }

    #[tokio::test(start_paused = true)]
    async fn an_auto_port_that_is_no_web_is_asked_less_often() {
        let not_http = Some(RelayVerdict::Service(ServiceFault::NotHttp));
        for (protocol, after_a_minute) in [(Protocol::Auto, 1), (Protocol::Http, 3)] {
            let (mut prober, asked, _) = with_service(LocalAnswer::Accepts, not_http);
            prober.start(ProbePlan {
                protocol,
                ..plan(Duration::from_secs(30))
            });
            settle().await;
            for _ in 0..2 {
                advance(Duration::from_secs(30)).await;
                settle().await;
            }
            let count = asked.lock().expect("no panic with it").len();
            assert_eq!(count, after_a_minute, "{protocol}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_check_is_at_once_and_the_same_plan_changes_nothing() {
        let fake = Fake::new(Health::Operational);
        let mut prober = fake.prober();
        let plan = plan(Duration::from_secs(30));
        prober.start(plan.clone());
        assert_eq!(fake.asked().await, 1);
        prober.check_now(&plan.key);
        assert_eq!(fake.asked().await, 2);
        prober.start(plan.clone());
        assert_eq!(fake.asked().await, 2);
        prober.stop(&plan.key);
        advance(Duration::from_mins(5)).await;
        assert_eq!(fake.asked().await, 2);
    }
}
