//! What visitors have sent and their services have not taken yet, of all channels of one connection.
//!
//! The library opens a channel's window again as soon as something has come, read or not, and nobody can
//! keep it from doing so. So a service that takes too little stops the whole connection from being read,
//! for as long as it takes something: nothing else slows its visitor down. One that takes nothing for a
//! moment is waited for no longer, since what it waits for may have to be read first, and what comes
//! for it is kept up to a bound.

use bytes::Bytes;
use parking_lot::Mutex;
use std::collections::{BTreeSet, HashMap, VecDeque};
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;
use tokio::io::{AsyncRead, ReadBuf};
use tokio::time::{Instant, Sleep, sleep, sleep_until};
use tokio_util::sync::CancellationToken;

/// With so much waiting for one service nothing more is read,
const MARK: usize = 4 * 1024 * 1024;

/// unless it has taken nothing for so long.
const RELIEF: Duration = Duration::from_millis(250);

/// With so much waiting for all services, the visitor is sent away for whom most waits.
const MOST: usize = 64 * 1024 * 1024;

/// When a channel is closed its service has this long to take what has come,
const LEFTOVERS: Duration = Duration::from_mins(1);

/// looked at so often,
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// and this long to end its side.
const PARTING: Duration = Duration::from_secs(2);

/// How a visitor's side ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// It says no more.
    Said,
    /// The channel was closed, or the connection broke.
    Cut,
}

#[derive(Debug)]
struct Queue {
    parts: VecDeque<Bytes>,
    length: usize,
    end: Option<End>,
    reader: Option<Waker>,
    /// When something was taken last, or had to be.
    moved: Instant,
    closed: CancellationToken,
}

#[derive(Debug, Default)]
struct State {
    queues: HashMap<u64, Queue>,
    next: u64,
    length: usize,
    /// Those with more waiting than may be.
    over: BTreeSet<u64>,
    /// Whoever reads the connection.
    reader: Option<Waker>,
}

impl State {
    /// Until when the connection is not read.
    fn held_until(&self) -> Option<Instant> {
        let moved = |id: &u64| self.queues.get(id).map(|queue| queue.moved + RELIEF);
        self.over.iter().filter_map(moved).max()
    }

    fn wake(&mut self) {
        if let Some(reader) = self.reader.take() {
            reader.wake();
        }
    }

    /// Throws away what waits in the longest queue, whose visitor has lost its service.
    fn cut_longest(&mut self) -> Option<u64> {
        let longest = self.queues.iter_mut().max_by_key(|(_, queue)| queue.length);
        let (&id, queue) = longest?;
        self.length -= std::mem::take(&mut queue.length);
        queue.parts.clear();
        queue.end = Some(End::Cut);
        queue.closed.cancel();
        if let Some(reader) = queue.reader.take() {
            reader.wake();
        }
        if self.over.remove(&id) {
            self.wake();
        }
        Some(id)
    }
}

/// The queues of one connection. Clones are the same.
#[derive(Clone, Debug, Default)]
pub(super) struct Gate(Arc<Mutex<State>>);

impl Gate {
    /// Makes the queue of one channel.
    pub(super) fn open(&self) -> (Inlet, Outlet) {
        let mut state = self.0.lock();
        let id = state.next;
        state.next += 1;
        let closed = CancellationToken::new();
        let queue = Queue {
            parts: VecDeque::new(),
            length: 0,
            end: None,
            reader: None,
            moved: Instant::now(),
            closed: closed.clone(),
        };
        state.queues.insert(id, queue);
        let gate = self.clone();
        let inlet = Inlet {
            id,
            gate: gate.clone(),
        };
        (inlet, Outlet { id, gate, closed })
    }

    /// Waits until the connection may be read.
    pub(super) fn poll(
        &self,
        timer: &mut Option<Pin<Box<Sleep>>>,
        cx: &mut Context<'_>,
    ) -> Poll<()> {
        let mut state = self.0.lock();
        let Some(until) = state.held_until() else {
            return Poll::Ready(());
        };
        state.reader = Some(cx.waker().clone());
        drop(state);
        let timer = timer.get_or_insert_with(|| Box::pin(sleep_until(until)));
        if timer.deadline() != until {
            timer.as_mut().reset(until);
        }
        timer.as_mut().poll(cx)
    }
}

/// The end that is filled.
#[derive(Debug)]
pub(super) struct Inlet {
    id: u64,
    gate: Gate,
}

impl Inlet {
    /// Queues it; false when there is no room.
    pub(super) fn put(&self, data: &[u8]) -> bool {
        let mut state = self.gate.0.lock();
        while state.length + data.len() > MOST {
            if state.cut_longest() == Some(self.id) {
                return false;
            }
        }
        let Some(queue) = state.queues.get_mut(&self.id) else {
            return true;
        };
        if queue.end.is_some() {
            return false;
        }
        queue.parts.push_back(Bytes::copy_from_slice(data));
        let before = queue.length;
        queue.length += data.len();
        let is_over = queue.length > MARK;
        if is_over && before <= MARK {
            queue.moved = Instant::now();
        }
        let reader = queue.reader.take();
        state.length += data.len();
        if is_over {
            state.over.insert(self.id);
        }
        drop(state);
        if let Some(reader) = reader {
            reader.wake();
        }
        true
    }

    /// The visitor says no more.
    pub(super) fn end(&self) {
        self.finish(End::Said);
    }

    /// Nobody reads it any longer.
    pub(super) fn is_over(&self) -> bool {
        !self.gate.0.lock().queues.contains_key(&self.id)
    }

    fn finish(&self, end: End) {
        let mut state = self.gate.0.lock();
        let queue = state.queues.get_mut(&self.id);
        let reader = queue.and_then(|queue| {
            queue.end.get_or_insert(end);
            if end == End::Cut {
                queue.closed.cancel();
            }
            queue.reader.take()
        });
        drop(state);
        if let Some(reader) = reader {
            reader.wake();
        }
    }
}

impl Drop for Inlet {
    /// The channel is closed in both directions; what is queued is read all the same.
    fn drop(&mut self) {
        self.finish(End::Cut);
    }
}

/// The end that is read. Its end is one only if the visitor said so.
#[derive(Debug)]
pub(super) struct Outlet {
    id: u64,
    gate: Gate,
    closed: CancellationToken,
}

impl Outlet {
    /// Waits until the channel is closed and what came through it has been read: what is to go the
    /// other way has nowhere to go.
    pub(super) fn gone(&self) -> impl Future<Output = ()> + use<> {
        let (id, gate, closed) = (self.id, self.gate.clone(), self.closed.clone());
        async move {
            closed.cancelled().await;
            let until = Instant::now() + LEFTOVERS;
            let has_more = || {
                let state = gate.0.lock();
                state.queues.get(&id).is_some_and(|queue| queue.length > 0)
            };
            while has_more() && Instant::now() < until {
                sleep(LOOK_EVERY).await;
            }
            sleep(PARTING).await;
        }
    }
}

impl AsyncRead for Outlet {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let mut state = self.gate.0.lock();
        let cut = || Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
        let Some(queue) = state.queues.get_mut(&self.id) else {
            return cut();
        };
        if queue.length == 0 {
            return match queue.end {
                Some(End::Said) => Poll::Ready(Ok(())),
                Some(End::Cut) => cut(),
                None => {
                    queue.reader = Some(cx.waker().clone());
                    Poll::Pending
                }
            };
        }
        let mut taken = 0;
        while buf.remaining() > 0
            && let Some(part) = queue.parts.front_mut()
        {
            let fits = part.len().min(buf.remaining());
            buf.put_slice(&part.split_to(fits));
            taken += fits;
            if part.is_empty() {
                queue.parts.pop_front();
            }
        }
        queue.length -= taken;
        queue.moved = Instant::now();
        let is_over = queue.length > MARK;
        state.length -= taken;
        if !is_over && state.over.remove(&self.id) {
            state.wake();
        }
        Poll::Ready(Ok(()))
    }
}

impl Drop for Outlet {
    fn drop(&mut self) {
        let mut state = self.gate.0.lock();
        if let Some(queue) = state.queues.remove(&self.id) {
            state.length -= queue.length;
        }
        if state.over.remove(&self.id) {
            state.wake();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::poll_fn;
    use tokio::io::AsyncReadExt as _;

    static PART: [u8; 32 * 1024] = [7; 32 * 1024];

    /// Fills it until the connection would not be read.
    fn fill(gate: &Gate, inlet: &Inlet) {
        while gate.0.lock().held_until().is_none() {
            assert!(inlet.put(&PART));
        }
    }

    async fn readable(gate: &Gate) -> Duration {
        let (began, mut timer) = (Instant::now(), None);
        poll_fn(|cx| gate.poll(&mut timer, cx)).await;
        began.elapsed()
    }

    #[tokio::test(start_paused = true)]
    async fn a_service_that_takes_a_little_is_waited_for_and_a_deaf_one_for_a_moment() {
        let gate = Gate::default();
        let (inlet, mut outlet) = gate.open();
        assert_eq!(readable(&gate).await, Duration::ZERO);
        fill(&gate, &inlet);
        let slow = async {
            for _ in 0..2 {
                sleep(RELIEF * 4 / 5).await;
                outlet.read_exact(&mut [0; 9]).await.expect("it is there");
            }
        };
        let (waited, ()) = tokio::join!(readable(&gate), slow);
        assert!(waited > RELIEF * 8 / 5, "{waited:?}");
        // As long as it is deaf, what comes is read.
        assert_eq!(readable(&gate).await, Duration::ZERO);
        let mut all = vec![0; MARK / 2];
        outlet.read_exact(&mut all).await.expect("it is there");
        assert_eq!(readable(&gate).await, Duration::ZERO, "it has caught up");
    }

    #[tokio::test(start_paused = true)]
    async fn what_nobody_takes_is_bounded_and_costs_whoever_brought_most() {
        let gate = Gate::default();
        let (inlet, mut outlet) = gate.open();
        for _ in 0..MOST / PART.len() {
            assert!(inlet.put(&PART));
        }
        let (other, _other) = gate.open();
        assert!(other.put(&PART), "it has brought nothing yet");
        assert!(!inlet.put(&PART), "and the other one has lost its service");
        let read = outlet.read(&mut [0]).await;
        assert!(read.is_err(), "which sees no clean end");
        assert_eq!(gate.0.lock().length, PART.len());
        drop(outlet);
        assert!(inlet.is_over() && inlet.put(&PART), "it goes nowhere");
        let mut put = PART.len();
        while other.put(&PART) {
            put += PART.len();
        }
        assert_eq!((put, gate.0.lock().length), (MOST, 0));
        assert_eq!(readable(&gate).await, Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn an_end_is_one_only_if_it_was_said_and_comes_after_all_that_came() {
        let gate = Gate::default();
        for (says, expected) in [(true, Ok(4)), (false, Err(io::ErrorKind::ConnectionReset))] {
            let (inlet, mut outlet) = gate.open();
            assert!(inlet.put(b"last"));
            if says {
                inlet.end();
            }
            let gone = outlet.gone();
            drop(inlet);
            let mut got = Vec::new();
            let read = outlet.read_to_end(&mut got).await;
            assert_eq!(read.map_err(|error| error.kind()), expected);
            assert_eq!(got, b"last");
            gone.await;
        }
    }
}
