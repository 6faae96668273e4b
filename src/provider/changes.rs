//! The ports of a session as the engine orders them, and the change to them that is under way, one at a
//! time. What could not be had is told with its reason, and asked for again where it may be had later.
//!
//! It knows nothing of how a port is had.

use super::attended::TaskEnd;
use super::{ConnectError, SessionEvent};
use crate::base::clock;
use crate::model::{Class, Lacking, Port, PortNumber, Reason};
use futures_util::future::BoxFuture;
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::time::{Instant, sleep_until};

/// A port that could not be had, and may be later, is asked for again after this time,
const FIRST_RETRY: Duration = Duration::from_secs(1);

/// and then after twice as long each time, up to this.
const LAST_RETRY: Duration = Duration::from_secs(30);

/// A port that could not be had, and why.
pub(super) type Failure = (PortNumber, ConnectError);

/// What there is to do; a change leads to a `T`.
pub(super) enum Change<T> {
    /// There are to be these ports and no others; one that waits to be asked for again is not among
    /// them.
    Due(Vec<Port>),
    /// The change that was under way led to this.
    Done(T),
}

pub(super) struct Changes<T> {
    /// The ports that there are to be.
    ordered: Vec<Port>,
    is_due: bool,
    under_way: Option<BoxFuture<'static, T>>,
    /// Those that lack, but for what is asked for just now.
    waits: BTreeMap<PortNumber, Wait>,
    /// What is asked for just now, and how long it would wait next.
    asked: BTreeMap<PortNumber, Duration>,
    /// What the engine knows.
    told: Lacking,
}

/// A port that lacks. Each waits by itself: what keeps one away says nothing of another.
struct Wait {
    why: Reason,
    /// When it is asked for again; `None` where that would not help.
    until: Option<Instant>,
    /// How long it waits should it fail once more.
    next: Duration,
}

impl<T> Changes<T> {
    pub(super) const fn new() -> Self {
        Self {
            ordered: Vec::new(),
            is_due: false,
            under_way: None,
            waits: BTreeMap::new(),
            asked: BTreeMap::new(),
            told: Lacking::new(),
        }
    }

    /// These are to be there from now on. A change under way is finished first.
    pub(super) fn order(&mut self, ports: Vec<Port>) {
        (self.ordered, self.is_due) = (ports, true);
    }

    /// Waits until there is something to do. Nothing is lost when the wait is given up.
    pub(super) async fn next(&mut self) -> Change<T> {
        if let Some(under_way) = &mut self.under_way {
            let led_to = under_way.await;
            self.under_way = None;
            return Change::Done(led_to);
        }
        let retry = self.waits.values().filter_map(|wait| wait.until).min();
        match retry {
            _ if self.is_due => self.waits.clear(),
            Some(at) => {
                sleep_until(at).await;
                // Those that wait for the same moment are asked for together.
                let due = |wait: &Wait| wait.until.is_some_and(|until| until <= at);
                let due = self.waits.extract_if(.., |_, wait| due(wait));
                self.asked = due.map(|(port, wait)| (port, wait.next)).collect();
            }
            None => std::future::pending().await,
        }
        self.is_due = false;
        let is_asked = |port: &&Port| !self.waits.contains_key(&port.number);
        Change::Due(self.ordered.iter().filter(is_asked).cloned().collect())
    }

    /// Goes about what was due.
    pub(super) fn begin(&mut self, change: impl Future<Output = T> + Send + 'static) {
        self.under_way = Some(Box::pin(change));
    }

    #[allow(dead_code, reason = "not every build has a provider that asks")]
    pub(super) const fn is_under_way(&self) -> bool {
        self.under_way.is_some()
    }

    /// Abandons the change that is under way.
    pub(super) fn abandon(&mut self) {
        self.under_way = None;
    }

    /// A change is through, but for these ports: the engine is told which lack, where others did before.
    pub(super) fn settle(&mut self, failed: Vec<Failure>, engine: &TaskEnd) {
        let (at, now) = (Instant::now(), clock::now());
        for (port, error) in failed {
            let pause = self.asked.get(&port).copied().unwrap_or(FIRST_RETRY);
            let may_pass = matches!(error.class(), Class::Transient | Class::Quota);
            let wait = error.reason.quota_left(now).unwrap_or(pause);
            self.warn(port, &error);
            let wait = Wait {
                why: error.reason,
                until: may_pass.then(|| at + wait),
                next: (pause * 2).min(LAST_RETRY),
            };
            self.waits.insert(port, wait);
        }
        self.asked.clear();
        self.tell(engine);
    }

    fn warn(&self, port: PortNumber, error: &ConnectError) {
        let told = self.told.get(&port);
        if !told.is_some_and(|told| told.is_again(&error.reason)) {
            let (reason, detail) = (error.reason.code(), &error.detail);
            tracing::warn!(%port, reason, detail, "a port could not be added");
        }
    }

    /// Says what is new of it.
    fn tell(&mut self, engine: &TaskEnd) {
        let lacking = self.waits.iter();
        let lacking: Lacking = lacking.map(|(port, it)| (*port, it.why.clone())).collect();
        let is_again = |(port, why): (&PortNumber, &Reason)| {
            let told = self.told.get(port);
            told.is_some_and(|told| told.is_again(why))
        };
        let is_new = lacking.len() != self.told.len() || !lacking.iter().all(is_again);
        self.told.clone_from(&lacking);
        if is_new {
            engine.tell(SessionEvent::Lacking(lacking));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::attended::ends;
    use super::*;
    use crate::model::Protocol;
    use crate::provider::tests::port;
    use std::sync::atomic::{AtomicU64, Ordering};

    /// How often a port is asked for within ten minutes that cannot be had so often for this reason, and
    /// what the engine is told.
    async fn asked(patience: usize, why: impl Fn() -> Reason) -> (usize, Vec<SessionEvent>) {
        let (session, engine) = ends();
        let mut changes = Changes::new();
        changes.order(vec![port(3000, Protocol::Tcp)]);
        let mut asked = 0;
        let changing = async {
            loop {
                match changes.next().await {
                    Change::Due(ports) => {
                        asked += 1;
                        let failed = asked < patience;
                        let failure = (ports[0].number, ConnectError::new(why()));
                        changes.begin(async move { failed.then_some(failure) });
                    }
                    Change::Done(failed) => changes.settle(failed.into_iter().collect(), &engine),
                }
            }
        };
        let over = tokio::time::timeout(Duration::from_mins(10), changing).await;
        assert!(over.is_err(), "it goes on for as long as the session");
        drop(engine);
        (asked, session.told().await)
    }

    #[tokio::test(start_paused = true)]
    async fn a_port_that_cannot_be_had_yet_is_told_with_its_reason_and_asked_for_again() {
        let number = port(3000, Protocol::Tcp).number;
        let lacking = |why: &Reason| SessionEvent::Lacking([(number, why.clone())].into());
        let there = SessionEvent::Lacking(Lacking::new());
        let late = Reason::TimedOut;
        assert_eq!(asked(1, || late.clone()).await, (1, vec![]));
        let told = vec![lacking(&late), there];
        let soon = asked(8, || late.clone()).await;
        assert_eq!(soon, (8, told), "once, and that it came");
        let never = Reason::Refused {
            detail: "it never will be".to_owned(),
        };
        let told = vec![lacking(&never)];
        assert_eq!(asked(2, || never.clone()).await, (1, told));
    }

    #[tokio::test(start_paused = true)]
    async fn a_port_beyond_a_limit_is_asked_for_when_that_passes_and_told_once() {
        let calls = AtomicU64::new(0);
        // A moment later each time, as of a provider that counts anew.
        let after = |wait: Duration| {
            let later = Duration::from_millis(calls.fetch_add(1, Ordering::Relaxed));
            Reason::QuotaUsedUp {
                until: Some(clock::now().after(wait + later)),
            }
        };
        let over = async |wait| asked(usize::MAX, || after(wait)).await;
        for (wait, expected) in [
            (Duration::from_secs(90), 7),
            // What is said is kept to within the engine's bounds.
            (Duration::ZERO, 94),
            (Duration::from_hours(5), 1),
        ] {
            let (asked, told) = over(wait).await;
            assert_eq!(asked, expected, "{wait:?}");
            assert_eq!(told.len(), 1, "{wait:?}");
        }
    }

    /// When each of these ports is asked for within five minutes that cannot be had, by the second.
    async fn moments(why: impl Fn(PortNumber) -> Reason) -> BTreeMap<u16, Vec<u64>> {
        let (_session, engine) = ends();
        let mut changes = Changes::new();
        changes.order([3000, 4000, 5000].map(|n| port(n, Protocol::Tcp)).into());
        let (began, mut moments) = (Instant::now(), BTreeMap::<u16, Vec<u64>>::new());
        let changing = async {
            loop {
                match changes.next().await {
                    Change::Due(ports) => {
                        for port in &ports {
                            let asked = moments.entry(port.number.get()).or_default();
                            asked.push(began.elapsed().as_secs());
                        }
                        let failure =
                            |port: Port| (port.number, ConnectError::new(why(port.number)));
                        let failed: Vec<Failure> = ports.into_iter().map(failure).collect();
                        changes.begin(async { failed });
                    }
                    Change::Done(failed) => changes.settle(failed, &engine),
                }
            }
        };
        let over = tokio::time::timeout(Duration::from_mins(5), changing).await;
        assert!(over.is_err(), "it goes on for as long as the session");
        moments
    }

    #[tokio::test(start_paused = true)]
    async fn each_port_waits_its_own_time() {
        let moments = moments(|port| match port.get() {
            3000 => Reason::QuotaUsedUp {
                until: Some(clock::now().after(Duration::from_secs(250))),
            },
            4000 => Reason::Refused {
                detail: "it never will be".to_owned(),
            },
            _ => Reason::TimedOut,
        });
        let moments = moments.await;
        let quota = &moments[&3000];
        assert!(
            quota.len() == 2 && (249..=250).contains(&quota[1]),
            "{quota:?}"
        );
        assert_eq!(moments[&4000], [0], "it is not asked for with the others");
        assert_eq!(moments[&5000][..7], [0, 1, 3, 7, 15, 31, 61]);
        assert_eq!(moments[&5000].last(), Some(&271));
    }

    #[tokio::test]
    async fn a_change_under_way_is_finished_before_another_one_begins() {
        let mut changes = Changes::new();
        changes.order(vec![port(3000, Protocol::Tcp)]);
        assert!(matches!(changes.next().await, Change::Due(_)));
        changes.begin(async { "first" });
        changes.order(vec![port(4000, Protocol::Tcp)]);
        assert!(matches!(changes.next().await, Change::Done("first")));
        let Change::Due(ports) = changes.next().await else {
            panic!("the other one is due");
        };
        assert_eq!(ports[0].number.get(), 4000);
    }
}
