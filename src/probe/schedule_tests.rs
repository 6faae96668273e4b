//! When it is asked, on simulated time.

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

/// A service to which nobody gets.
fn nobody() -> Knock {
    Arc::new(|_| Box::pin(std::future::ready(false)))
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
        Prober::new(ask, Arc::new(|_| {}), Arc::new(|_| None), nobody())
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
        let mut prober = Prober::new(ask, Arc::new(|_| {}), Arc::new(|_| None), nobody());
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
    (
        Prober::new(ask, Arc::new(|_| {}), peek, nobody()),
        asked,
        back,
    )
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
async fn a_service_that_is_only_looked_at_is_not_asked_in_haste() {
    let fake = Fake::new(Health::Unchecked);
    let mut prober = fake.prober();
    prober.start(ProbePlan {
        public: false,
        ..plan(Duration::from_secs(30))
    });
    assert_eq!(fake.asked().await, 1);
    advance(Duration::from_secs(29)).await;
    assert_eq!(fake.asked().await, 1);
    advance(Duration::from_secs(1)).await;
    assert_eq!(fake.asked().await, 2);
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

/// A service that is not seen, and whatever is found at it.
struct Unseen {
    prober: Prober,
    /// The probes, and the tries to connect.
    asked: Arc<Mutex<(u32, u32)>>,
    /// It takes connections.
    there: Arc<Mutex<bool>>,
    /// What the next probe finds.
    local: Arc<Mutex<LocalAnswer>>,
}

const REFUSED: LocalAnswer = LocalAnswer::Failed(ServiceFault::Refused);

impl Unseen {
    fn new(seen: Option<bool>, verdict: Option<RelayVerdict>) -> Self {
        let asked: Arc<Mutex<(u32, u32)>> = Arc::default();
        let there: Arc<Mutex<bool>> = Arc::default();
        let local = Arc::new(Mutex::new(REFUSED));
        let (count, found) = (Arc::clone(&asked), Arc::clone(&local));
        let ask: Ask = Arc::new(move |plan, _| {
            count.lock().expect("no panic with it").0 += 1;
            let report = ProbeReport {
                local: *found.lock().expect("no panic with it"),
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
        let (count, open) = (Arc::clone(&asked), Arc::clone(&there));
        let knock: Knock = Arc::new(move |_| {
            count.lock().expect("no panic with it").1 += 1;
            Box::pin(std::future::ready(*open.lock().expect("no panic with it")))
        });
        let prober = Prober::new(ask, Arc::new(|_| {}), Arc::new(move |_| seen), knock);
        Self {
            prober,
            asked,
            there,
            local,
        }
    }

    async fn start(&mut self, host: &str) {
        let mut plan = plan(Duration::from_secs(30));
        host.clone_into(&mut plan.target.host);
        self.prober.start(plan);
        settle().await;
    }

    /// How often it was probed and tried by now.
    async fn after(&self, seconds: u64) -> (u32, u32) {
        for _ in 0..seconds {
            advance(PEEK_PERIOD).await;
            settle().await;
        }
        *self.asked.lock().expect("no panic with it")
    }

    fn set(&self, there: bool) {
        *self.there.lock().expect("no panic with it") = there;
    }

    fn found(&self, local: LocalAnswer) {
        *self.local.lock().expect("no panic with it") = local;
    }
}

#[tokio::test(start_paused = true)]
async fn a_service_that_is_away_and_not_seen_is_tried_and_probed_once_it_is_back() {
    // Where nothing is seen to listen it may be served by the system's firewall.
    for seen in [None, Some(false)] {
        for (host, tries) in [("localhost", 20), ("192.0.2.7", 4)] {
            let mut service = Unseen::new(seen, None);
            service.start(host).await;
            assert_eq!(service.after(20).await, (1, tries), "{host}: no probe");
            service.set(true);
            service.found(LocalAnswer::Accepts);
            let soon = if tries == 20 { 1 } else { 5 };
            assert_eq!(service.after(soon).await, (2, tries + 1), "{host}");
            assert_eq!(service.after(20).await, (2, tries + 1), "it is there");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn one_that_only_seems_to_be_back_costs_one_probe() {
    // Its port takes connections, and the probe finds it away; or it is seen, and refuses.
    for seen in [None, Some(true)] {
        let mut service = Unseen::new(seen, None);
        service.set(true);
        service.start("localhost").await;
        let asked = service.after(29).await;
        assert_eq!(asked.0, 2, "{seen:?}: one at the start, and one early");
        assert_eq!(
            service.after(2).await.0,
            3,
            "{seen:?}: the next at its time"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_not_away_is_not_tried() {
    for local in [
        LocalAnswer::Accepts,
        LocalAnswer::NotAsked,
        LocalAnswer::Failed(ServiceFault::NotTls),
        LocalAnswer::Failed(ServiceFault::NoAnswer),
    ] {
        let mut service = Unseen::new(None, None);
        service.found(local);
        service.start("localhost").await;
        assert_eq!(service.after(29).await, (1, 0), "{local:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn one_that_comes_back_while_the_url_is_asked_is_probed_again_once() {
    let refused = RelayVerdict::Service(ServiceFault::Refused);
    let mut service = Unseen::new(None, Some(refused));
    service.found(LocalAnswer::Accepts);
    service.start("localhost").await;
    assert_eq!(service.after(1).await, (2, 0));
    assert_eq!(service.after(29).await, (2, 0), "and then as ever");
}
