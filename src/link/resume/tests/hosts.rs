//! Two hosts and a simulated network that others wrote: sockets with latency, one-way partitions,
//! packets that are held and come late, connections that cannot be made. The multiplexer on top,
//! and every byte checked.

use super::net::Dice;
use super::rig::{FIRST_LINK, ID, SECOND};
use super::streams::{STREAMS, ask, echo};
use crate::link::mux::{self, Role};
use crate::link::resume::{
    Binding, Caps, Config, Dialled, Handle, HandshakeError, Redial, Request, Secret, SessionStore,
    accept, keep_attached, read_request, refuse, session,
};
use std::cell::Cell;
use std::error::Error;
use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use turmoil::net::{TcpListener, TcpStream};

const PORT: u16 = 443;

/// So many simulations, each with so many outages.
const SEEDS: u64 = 8;
const OUTAGES: usize = 6;

/// All is said and done so soon after the last outage: a dead link is found in 15 s, the longest
/// pause is 6 s, an attempt takes 10 s at most and the longest question 4 s of its own.
const RECOVERY: Duration = Duration::from_mins(1);

fn config() -> Config {
    Config {
        tx_ring: 100_000,
        window: 50_000,
        ..Config::default()
    }
}

/// Stands for the TLS exporter: both ends of a connection know the dialling one's address.
fn binding(dialling: SocketAddr) -> Binding {
    let mut binding = [0; 32];
    binding[..2].copy_from_slice(&dialling.port().to_be_bytes());
    Binding(binding)
}

async fn dial() -> io::Result<Dialled<TcpStream>> {
    let transport = TcpStream::connect(("relay", PORT)).await?;
    let link = binding(transport.local_addr()?);
    Ok(Dialled {
        transport,
        link,
        credentials: b"token".to_vec(),
    })
}

/// The host: keeps its session attached, and echoes what comes.
async fn host(seed: u64) -> Result<(), Box<dyn Error>> {
    let (mux, incoming) = mux::new(Role::Host);
    let secret = Secret::derive(FIRST_LINK, ID);
    let (handle, guard, driver) = session(config(), ID, secret, mux.payload());
    tokio::spawn(driver.run());
    tokio::spawn(mux.run(guard));
    tokio::spawn(echo(incoming));
    let mut dice = Dice::new(seed);
    let redial = Redial::new(SECOND * 600);
    Err(keep_attached(handle, redial, dial, move || dice.unit())
        .await
        .into())
}

/// Lets whoever has the right to it go on with its session.
async fn serve(
    lot: SessionStore<u8>,
    mut transport: TcpStream,
    peer: SocketAddr,
) -> Result<(), HandshakeError> {
    let request = read_request(&mut transport).await?;
    let Request::Resume { id, .. } = request else {
        return Err(HandshakeError::Unproven);
    };
    let handle: Handle = match lot.find(id, &1) {
        Ok(handle) => handle,
        Err(reason) => return refuse(&mut transport, reason).await,
    };
    accept(&handle, &request, transport, binding(peer)).await
}

/// What happened in one simulation.
#[derive(Default)]
struct Story {
    links: Cell<usize>,
    asked: Cell<u64>,
    /// When the last outage was over.
    calm: Cell<Option<Duration>>,
}

/// The relay: asks the host on many streams, while links come and go, until it is calm.
async fn relay(seed: u64, story: Rc<Story>) -> Result<(), Box<dyn Error>> {
    let (mux, _incoming) = mux::new(Role::Relay);
    let secret = Secret::derive(FIRST_LINK, ID);
    let (handle, guard, driver) = session(config(), ID, secret, mux.payload());
    tokio::spawn(driver.run());
    tokio::spawn(mux.run(guard));
    let lot = SessionStore::new(Caps::default());
    tokio::spawn(lot.admit(1, handle)?);
    let next = || {
        story.asked.set(story.asked.get() + 1);
        ask(mux.clone(), seed << 32 | story.asked.get())
    };
    let mut asking: JoinSet<()> = (0..STREAMS).map(|_| next()).collect();
    let listener = TcpListener::bind(("0.0.0.0", PORT)).await?;
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let (transport, peer) = accepted?;
                story.links.set(story.links.get() + 1);
                // Whether it worked is seen by the bytes.
                tokio::spawn(timeout(SECOND * 10, serve(lot.clone(), transport, peer)));
            }
            asked = asking.join_next() => match asked {
                None => return Ok(()),
                Some(asked) => {
                    asked?;
                    if story.calm.get().is_none() {
                        asking.spawn(next());
                    }
                }
            },
        }
    }
}

/// Breaks the network in every way it knows, and mends it again.
async fn weather(seed: u64, story: Rc<Story>) -> Result<(), Box<dyn Error>> {
    let mut dice = Dice::new(seed ^ 0xbad);
    for _ in 0..OUTAGES {
        sleep(millis(&mut dice, 100, 3_000)).await;
        let how = dice.below(5);
        match how {
            0 | 1 => turmoil::partition("host", "relay"),
            2 => turmoil::partition_oneway("host", "relay"),
            3 => turmoil::partition_oneway("relay", "host"),
            _ => turmoil::hold("host", "relay"),
        }
        sleep(millis(&mut dice, 100, 40_000)).await;
        if how == 4 {
            turmoil::release("host", "relay");
        } else {
            turmoil::repair("host", "relay");
        }
        // Sometimes the next one comes while the last is not found yet.
        sleep(millis(&mut dice, 0, 20_000)).await;
    }
    story.calm.set(Some(turmoil::elapsed()));
    Ok(())
}

fn millis(dice: &mut Dice, from: u64, below: u64) -> Duration {
    let range = usize::try_from(below - from).expect("it is small");
    Duration::from_millis(from + dice.below(range) as u64)
}

fn run(seed: u64) {
    let mut sim = turmoil::Builder::new()
        .rng_seed(seed)
        .tick_duration(Duration::from_millis(10))
        .simulation_duration(SECOND * 3_600)
        .min_message_latency(Duration::from_millis(1))
        .max_message_latency(Duration::from_millis(150))
        .build();
    let story = Rc::new(Story::default());
    sim.host("host", move || host(seed));
    sim.client("relay", relay(seed, Rc::clone(&story)));
    sim.client("weather", weather(seed, Rc::clone(&story)));
    let ended = sim.run();
    assert!(ended.is_ok(), "seed {seed}: {ended:?}");
    let calm = story.calm.get().expect("it is calm at the end");
    let took = sim.elapsed().saturating_sub(calm);
    assert!(took < RECOVERY, "seed {seed}: {took:?} after it was calm");
    assert!(story.links.get() > 1, "seed {seed}: nothing broke");
}

#[test]
fn streams_between_two_hosts_outlive_whatever_the_network_does() {
    (0..SEEDS).for_each(run);
}
