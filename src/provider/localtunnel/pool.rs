//! The connections that are kept open for one name: visitors come over them, and the name is ours for as
//! long as there is one.

use super::api::{Lease, Status};
use super::connector::Plan;
use crate::link::Transport;
use crate::model::{Port, PortNumber, Reason};
use crate::provider::per_port::{Established, Means, Opened};
use crate::provider::visitors::{NOBODY, Visitors};
use crate::provider::{ConnectError, Ended, TrafficBoard, dial};
use parking_lot::Mutex;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};

/// A connection that could not be made, or that the server closed at once, is made again after so long: it
/// may not have noticed yet that the one before is gone.
const AGAIN: Duration = Duration::from_millis(50);

/// The same where that has been so for some time: it doubles each time.
const AGAIN_AT_MOST: Duration = Duration::from_secs(1);

/// Without any connection for so long the server gives the name to whoever asks.
const GONE_AFTER: Duration = Duration::from_secs(1);

/// The server is asked how the name is so often.
const ASK_EVERY: Duration = Duration::from_secs(30);

/// The same while it does not answer.
const ASK_AGAIN: Duration = Duration::from_secs(5);

/// The same while it says that there is no connection: it may have been asked too early.
const ASK_SOON: Duration = Duration::from_millis(500);

/// So many such answers in a row are one.
const MOST_DOUBTS: u32 = 4;

/// So many questions in a row may go without an answer.
const MOST_SILENCES: u32 = 3;

type Stream = Box<dyn Transport>;

/// Connects to a name's own port.
async fn dial(plan: &Plan, lease: &Lease) -> Result<Stream, ConnectError> {
    let (host, port) = (&lease.host, lease.port);
    let dialling = dial::connect_idle(host, port, &plan.proxies);
    let dialled = timeout(plan.patience.dial, dialling).await;
    let dialled = dialled.map_err(|_| ConnectError::new(Reason::TimedOut))?;
    dialled.map_err(|fault| fault.into_error(host, format!("{host}:{port}")))
}

/// Takes what the server gave: connects within the second that there is.
pub(super) async fn open(plan: Plan, port: Port, lease: Lease) -> Result<Opened, ConnectError> {
    let first = dial(&plan, &lease).await?;
    let number = port.number;
    Ok(Opened {
        port,
        url: lease.url.clone(),
        serve: Box::new(move |means| Box::pin(serve(plan, number, lease, first, means))),
    })
}

async fn serve(plan: Plan, number: PortNumber, lease: Lease, first: Stream, means: Means) -> Ended {
    let Means {
        visitors,
        traffic,
        check,
        established,
    } = means;
    let slot = Slot {
        plan: plan.clone(),
        lease: lease.clone(),
        number,
        visitors,
        open: watch::Sender::new(0),
        fault: Arc::default(),
    };
    let (open, fault) = (slot.open.clone(), Arc::clone(&slot.fault));
    let mut slots = JoinSet::new();
    slots.spawn(slot.clone().keep(Some(first)));
    for _ in 1..lease.connections {
        slots.spawn(slot.clone().keep(None));
    }
    tokio::select! {
        ended = watch_over(&plan, &lease, &open, &traffic, &check, established) => ended,
        () = are_gone(open.subscribe()) => {
            let why = "the server has closed every connection";
            let lost = || ConnectError::with(Reason::LinkLost, why);
            fault.lock().take().unwrap_or_else(lost)
        }
    }
}

/// Returns once there is no connection any more, and the name is lost.
async fn are_gone(mut open: watch::Receiver<u32>) {
    // The first one is about to be counted.
    let began = open.wait_for(|open| *open > 0).await.is_ok();
    while began && open.wait_for(|open| *open == 0).await.is_ok() {
        let back = open.wait_for(|open| *open > 0);
        if timeout(GONE_AFTER, back).await.is_err() {
            return;
        }
    }
}

/// Asks the server how the name is, and says when that is not well.
async fn watch_over(
    plan: &Plan,
    lease: &Lease,
    open: &watch::Sender<u32>,
    traffic: &TrafficBoard,
    check: &Notify,
    established: Established,
) -> Ended {
    let mut established = Some(established);
    let (mut wait, mut is_known) = (Duration::ZERO, false);
    let (mut doubts, mut silences) = (0, 0);
    loop {
        let is_asked = tokio::select! {
            () = sleep(wait) => false,
            () = check.notified() => true,
        };
        let within = if is_asked {
            plan.patience.check
        } else {
            plan.patience.answer
        };
        let status = timeout(within, plan.api.status(&lease.name)).await;
        let status = status.unwrap_or(Status::NotHeard(ConnectError::new(Reason::TimedOut)));
        wait = ASK_EVERY;
        match status {
            Status::NotHeard(_) if is_asked => return ConnectError::new(Reason::LinkSilent),
            Status::NotHeard(error) => {
                silences += 1;
                if silences == MOST_SILENCES {
                    return ConnectError::with(Reason::LinkSilent, error.reason.code());
                }
                wait = ASK_AGAIN;
                continue;
            }
            Status::Connected(0) if *open.borrow() > 0 => {
                doubts += 1;
                if doubts == MOST_DOUBTS {
                    let why = "the server sees none of the connections";
                    return ConnectError::with(Reason::LinkSilent, why);
                }
                wait = ASK_SOON;
                continue;
            }
            Status::Unknown if is_known => {
                let why = "the server does not know the name any more";
                return ConnectError::with(Reason::LinkLost, why);
            }
            Status::Connected(_) => is_known = true,
            // It does not know the question, or is too busy for it.
            Status::Unknown | Status::Other => {}
        }
        (doubts, silences) = (0, 0);
        traffic.note_sign();
        if let Some(established) = established.take() {
            established.say().await;
        }
    }
}

/// What one connection after the other is made with.
#[derive(Clone)]
struct Slot {
    plan: Plan,
    lease: Lease,
    number: PortNumber,
    visitors: Arc<Visitors>,
    /// So many connections there are.
    open: watch::Sender<u32>,
    /// Why the last one was not made.
    fault: Arc<Mutex<Option<ConnectError>>>,
}

impl Slot {
    /// Keeps a connection open, for one visitor after the other.
    async fn keep(self, mut first: Option<Stream>) {
        let mut again = AGAIN;
        loop {
            let stream = match first.take() {
                Some(stream) => stream,
                None => match dial(&self.plan, &self.lease).await {
                    Ok(stream) => stream,
                    Err(error) => {
                        *self.fault.lock() = Some(error);
                        sleep(again).await;
                        again = (again * 2).min(AGAIN_AT_MOST);
                        continue;
                    }
                },
            };
            let began = Instant::now();
            if self.wait_and_serve(stream).await || began.elapsed() > AGAIN_AT_MOST {
                again = AGAIN;
            } else {
                // One more than the server takes, or it is going down.
                sleep(again).await;
                again = (again * 2).min(AGAIN_AT_MOST);
            }
        }
    }

    /// Waits for a visitor and serves it to its end; false where none came.
    async fn wait_and_serve(&self, stream: Stream) -> bool {
        let _counted = Counted::new(&self.open);
        let mut stream = BufReader::new(stream);
        // The service is not to wait for somebody who may never come.
        let has_come = matches!(stream.fill_buf().await, Ok([_, ..]));
        if has_come {
            self.visitors.serve(self.number, &mut stream, NOBODY).await;
        }
        has_come
    }
}

/// A connection while it is open.
struct Counted<'c>(&'c watch::Sender<u32>);

impl<'c> Counted<'c> {
    fn new(open: &'c watch::Sender<u32>) -> Self {
        open.send_modify(|open| *open += 1);
        Self(open)
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.send_modify(|open| *open -= 1);
    }
}
