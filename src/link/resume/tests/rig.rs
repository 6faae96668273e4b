//! A host and a relay with one session, and the connections between them as a test wants them.

use super::net::{self, Dice, Pipe, Plan, Scissors};
use super::stream::{ByteStream, stream};
use crate::link::mux::{self, Incoming, Mux, Role};
use crate::link::resume::{
    Binding, Config, Dialled, Handle, Redial, ResumeRefusal, Secret, SessionEnd, SessionId, Status,
    accept, keep_attached, read_request, session,
};
use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_util::task::AbortOnDropHandle;

pub(super) const ID: SessionId = SessionId([7; 16]);

pub(super) const FIRST_LINK: Binding = Binding([0; 32]);

pub(super) const SECOND: Duration = Duration::from_secs(1);

/// One end of the session.
#[derive(Debug)]
pub(super) struct End0<S = ByteStream> {
    pub(super) handle: Handle,
    /// What it carries.
    pub(super) stream: S,
    pub(super) driver: AbortOnDropHandle<SessionEnd>,
}

pub(super) fn end(config: Config) -> End0 {
    let (handle, stream, driver) = stream(config, ID, Secret::derive(FIRST_LINK, ID));
    End0 {
        handle,
        stream,
        driver: AbortOnDropHandle::new(tokio::spawn(driver.run())),
    }
}

/// One that carries many streams.
pub(super) fn end_of_streams(config: Config, role: Role) -> End0<(Mux, Incoming)> {
    let (mux, incoming) = mux::new(role);
    let secret = Secret::derive(FIRST_LINK, ID);
    let (handle, guard, driver) = session(config, ID, secret, mux.payload());
    tokio::spawn(mux.run(guard));
    End0 {
        handle,
        stream: (mux, incoming),
        driver: AbortOnDropHandle::new(tokio::spawn(driver.run())),
    }
}

/// The network as the host sees it: what each next connection is like.
#[derive(Clone, Debug)]
pub(super) struct Network(Arc<Mutex<Inner>>);

#[derive(Debug)]
struct Inner {
    /// The next connections; an empty list means clean ones, `None` a failed dial.
    plans: VecDeque<Option<Plan>>,
    dice: Dice,
    dials: u8,
    down: bool,
    last: Option<Scissors>,
    relay: Handle,
}

impl Network {
    pub(super) fn new(relay: Handle, dice: Dice) -> Self {
        Self(Arc::new(Mutex::new(Inner {
            plans: VecDeque::new(),
            dice,
            dials: 0,
            down: false,
            last: None,
            relay,
        })))
    }

    fn with<R>(&self, change: impl FnOnce(&mut Inner) -> R) -> R {
        change(&mut self.0.lock().expect("no test panics under it"))
    }

    pub(super) fn plan(&self, plans: impl IntoIterator<Item = Option<Plan>>) {
        self.with(|inner| inner.plans.extend(plans));
    }

    /// Whether dialling fails.
    pub(super) fn set_down(&self, down: bool) {
        self.with(|inner| inner.down = down);
    }

    pub(super) fn dials(&self) -> u8 {
        self.with(|inner| inner.dials)
    }

    /// The connection that was made last.
    pub(super) fn last(&self) -> Scissors {
        self.with(|inner| inner.last.clone()).expect("one was made")
    }

    /// A new connection, whose far end the relay serves.
    pub(super) fn dial(&self) -> io::Result<Dialled<Pipe>> {
        let (near, far, link, relay) = self.with(|inner| {
            let link = Binding([inner.dials.wrapping_add(1); 32]);
            inner.dials = inner.dials.wrapping_add(1);
            let plan = inner.plans.pop_front().unwrap_or(Some(Plan::CLEAN));
            let plan = plan
                .filter(|_| !inner.down)
                .ok_or(io::ErrorKind::TimedOut)?;
            let (near, far, scissors) =
                net::pipe(plan, Dice::new(inner.dice.below(1 << 30) as u64));
            inner.last = Some(scissors);
            Ok::<_, io::Error>((near, far, link, inner.relay.clone()))
        })?;
        tokio::spawn(serve(far, relay, link));
        Ok(Dialled {
            transport: near,
            link,
            credentials: b"token".to_vec(),
        })
    }
}

/// What the relay does with a connection.
async fn serve(mut far: Pipe, relay: Handle, link: Binding) {
    let serving = async {
        let request = read_request(&mut far).await?;
        accept(&relay, &request, far, link).await
    };
    // A test sees by its bytes whether it worked.
    let _ = tokio::time::timeout(SECOND * 10, serving).await;
}

/// A host that redials, its relay, and the network between them.
#[derive(Debug)]
pub(super) struct Rig<S = ByteStream> {
    pub(super) host: End0<S>,
    pub(super) relay: End0<S>,
    pub(super) network: Network,
    pub(super) dialling: AbortOnDropHandle<SessionEnd>,
}

pub(super) fn rig(config: Config) -> Rig {
    rig_with(config, config, Dice::new(1), Vec::new())
}

/// The first link is like the others: the host dials it.
pub(super) fn rig_with(host: Config, relay: Config, dice: Dice, plans: Vec<Option<Plan>>) -> Rig {
    rig_of(end(host), end(relay), dice, plans)
}

pub(super) fn rig_of<S>(
    host: End0<S>,
    relay: End0<S>,
    mut dice: Dice,
    plans: Vec<Option<Plan>>,
) -> Rig<S> {
    let network = Network::new(relay.handle.clone(), dice.clone());
    network.plan(plans);
    let dialling = redial(&host, &network, move || dice.unit());
    Rig {
        host,
        relay,
        network,
        dialling,
    }
}

fn redial<S>(
    host: &End0<S>,
    network: &Network,
    random: impl FnMut() -> f64 + Send + 'static,
) -> AbortOnDropHandle<SessionEnd> {
    let (handle, network) = (host.handle.clone(), network.clone());
    let dial = move || std::future::ready(network.dial());
    let redial = Redial::new(SECOND * 600);
    let task: JoinHandle<SessionEnd> = tokio::spawn(keep_attached(handle, redial, dial, random));
    AbortOnDropHandle::new(task)
}

/// The two ends on one clean connection, with nobody to dial another.
pub(super) fn pair(config: Config) -> (End0, End0, Scissors) {
    let (host, relay) = (end(config), end(config));
    let (near, far, scissors) = net::pipe(Plan::CLEAN, Dice::new(1));
    host.handle.begin(near).expect("it is new");
    relay.handle.begin(far).expect("it is new");
    (host, relay, scissors)
}

/// What a stream carries at each place, told apart by its seed.
pub(super) fn pattern(seed: u64, len: usize) -> Vec<u8> {
    let mut dice = Dice::new(seed);
    let words = (0..=len / 8).map(|_| dice.next().to_le_bytes());
    let mut bytes: Vec<u8> = words.flatten().collect();
    bytes.truncate(len);
    bytes
}

pub(super) fn expired() -> SessionEnd {
    SessionEnd::CannotResume(ResumeRefusal::Expired)
}

pub(super) async fn read(end: &mut End0, count: usize) -> Vec<u8> {
    let mut seen = vec![0; count];
    end.stream.read_exact(&mut seen).await.expect("it comes");
    seen
}

pub(super) async fn write(end: &mut End0, bytes: &[u8]) {
    end.stream.write_all(bytes).await.expect("it goes");
}

pub(super) async fn attached(end: &End0) {
    let mut status = end.handle.status();
    let is_up = |status: &Status| matches!(status, Status::Attached { .. });
    status.wait_for(is_up).await.expect("it lives");
}

/// Whether a future is still waiting after a while.
pub(super) async fn waits<F: Future>(future: F) -> bool {
    timeout(SECOND, future).await.is_err()
}
