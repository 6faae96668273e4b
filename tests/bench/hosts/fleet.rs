//! The hosts: each comes, stays, and comes again when its session ends, as the product does: at once, then
//! after a second, doubling, give or take a tenth.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use underpass::model::{
    JoinLink, Port, PortNumber, PortOptions, Protocol, ProviderId, Reason, Target, TunnelId,
};
use underpass::provider::relay::{Detours, Fixed, RelayConnector};
use underpass::provider::{ConnectError, Connector as _, HostOrder, Session, SessionEvent};

/// The pause after the first attempt that failed.
const FIRST_PAUSE: Duration = Duration::from_secs(1);

/// No pause is longer.
const LONGEST_PAUSE: Duration = Duration::from_mins(1);

pub struct Fleet {
    hosts: Vec<Arc<Host>>,
    arrivals: mpsc::UnboundedReceiver<Instant>,
    times: Vec<Instant>,
    counting: Arc<AtomicBool>,
    _tasks: JoinSet<()>,
}

struct Host {
    link: JoinLink,
    order: HostOrder,
    /// Attempts that a relay has heard of, since it was there.
    tries: AtomicU32,
}

impl Fleet {
    /// `count` hosts, some at each link. It must be called within a [`tokio::task::LocalSet`].
    pub fn start(links: &[JoinLink], count: usize, per_account: usize) -> Self {
        let (arrived, arrivals) = mpsc::unbounded_channel();
        let counting = Arc::new(AtomicBool::new(true));
        let mut tasks = JoinSet::new();
        let host = |n: usize| Arc::new(Host::new(&links[n / per_account.max(1)], n));
        let hosts: Vec<_> = (0..count).map(host).collect();
        for host in &hosts {
            let (host, arrived) = (Arc::clone(host), arrived.clone());
            // A session stays on its thread.
            tasks.spawn_local(host.stay(arrived, Arc::clone(&counting)));
        }
        Self {
            hosts,
            arrivals,
            times: Vec::new(),
            counting,
            _tasks: tasks,
        }
    }

    /// All sessions are about to end.
    pub fn expect_back(&mut self) {
        self.counting.store(false, Ordering::Relaxed);
        self.times.clear();
        while self.arrivals.try_recv().is_ok() {}
    }

    /// There is a relay again: attempts count from now on.
    pub fn count_tries(&self) {
        for host in &self.hosts {
            host.tries.store(0, Ordering::Relaxed);
        }
        self.counting.store(true, Ordering::Relaxed);
    }

    /// Waits for all: whether they came in time.
    pub async fn all_up(&mut self, patience: Duration) -> bool {
        let all = async {
            while self.times.len() < self.hosts.len() {
                match self.arrivals.recv().await {
                    Some(at) => self.times.push(at),
                    None => return,
                }
            }
        };
        tokio::time::timeout(patience, all).await.is_ok()
    }

    pub fn report(&self, since: Instant, all: bool) -> String {
        let mut seconds: Vec<f64> = self
            .times
            .iter()
            .map(|at| at.saturating_duration_since(since).as_secs_f64())
            .collect();
        seconds.sort_by(f64::total_cmp);
        let at = |percent: usize| {
            let place = (seconds.len() * percent / 100).min(seconds.len().saturating_sub(1));
            seconds.get(place).copied().unwrap_or_default()
        };
        let tries: Vec<u32> = self
            .hosts
            .iter()
            .map(|host| host.tries.load(Ordering::Relaxed))
            .collect();
        let more = tries.iter().filter(|tries| **tries > 2).count();
        format!(
            "{}{} of {} up; half after {:.2} s, 99 % after {:.2} s, the last after {:.2} s; {} tries at most, {more} hosts with more than two",
            if all { "" } else { "GIVEN UP: " },
            seconds.len(),
            self.hosts.len(),
            at(50),
            at(99),
            at(100),
            tries.iter().max().copied().unwrap_or_default(),
        )
    }
}

impl Host {
    fn new(link: &JoinLink, n: usize) -> Self {
        let number = PortNumber::new(3000).unwrap_or_else(|| unreachable!("it is not 0"));
        let label = TunnelId::new(format!("t{n}")).unwrap_or_else(|_| unreachable!("a label"));
        let port = Port {
            number,
            protocol: Protocol::Http,
            target: Target::local(number),
            label: label.clone(),
            public_port: None,
            options: PortOptions::default(),
        };
        let order = HostOrder {
            account: underpass::model::AccountId::only(ProviderId::RELAY),
            secrets: std::collections::BTreeSet::new(),
            tunnel: label,
            ports: vec![port],
            install: "bench".to_owned(),
            take_over: false,
            fixed_ports: false,
            options: underpass::model::ProviderOptions::default(),
            sessions: 0,
        };
        Self {
            link: link.clone(),
            order,
            tries: AtomicU32::new(0),
        }
    }

    async fn stay(
        self: Arc<Self>,
        arrived: mpsc::UnboundedSender<Instant>,
        counting: Arc<AtomicBool>,
    ) {
        let connector = RelayConnector::new(Arc::new(Fixed(self.link.clone())));
        let connector = connector.with_detours(Detours::default());
        let mut pause = FIRST_PAUSE;
        loop {
            match self.come(&connector).await {
                Ok(mut session) => {
                    self.tries.fetch_add(1, Ordering::Relaxed);
                    pause = FIRST_PAUSE;
                    if counting.load(Ordering::Relaxed) && arrived.send(Instant::now()).is_err() {
                        return;
                    }
                    while let Some(event) = session.events.recv().await {
                        if matches!(event, SessionEvent::Ended(_)) {
                            break;
                        }
                    }
                }
                Err(error) => {
                    let heard = !matches!(error.reason, Reason::RelayUnreachable { .. });
                    if heard {
                        self.tries.fetch_add(1, Ordering::Relaxed);
                    }
                    let share = rand::random_range(0.9..1.1);
                    tokio::time::sleep(pause.mul_f64(share)).await;
                    pause = (pause * 2).min(LONGEST_PAUSE);
                }
            }
        }
    }

    async fn come(&self, connector: &RelayConnector) -> Result<Session, ConnectError> {
        let tokens = connector.mint(&self.order).await?;
        connector.connect(&self.order, &tokens, &|_| {}).await
    }
}
