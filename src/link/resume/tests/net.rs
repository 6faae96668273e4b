//! A connection in memory that breaks in every way the real ones do, on a seed.

use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// A small generator: the same seed, the same case.
#[derive(Clone, Debug)]
pub(in crate::link::resume) struct Dice(u64);

impl Dice {
    pub(in crate::link::resume) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(in crate::link::resume) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// One of `0..below`.
    pub(in crate::link::resume) fn below(&mut self, below: usize) -> usize {
        usize::try_from(self.next() % below as u64).expect("it is small")
    }

    pub(super) fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    pub(super) fn unit(&mut self) -> f64 {
        f64::from(u32::try_from(self.next() >> 32).expect("it is 32 bits")) / f64::from(u32::MAX)
    }
}

/// What goes wrong on a connection, once so many bytes have gone over it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// Nothing.
    None,
    /// Both ends get an error.
    Error,
    /// Both ends get an end of file.
    Eof,
    /// Nothing arrives any more, and nobody is told.
    BlackHole,
    /// Writes are taken and lost; so many bytes later comes the error.
    Dropped(usize),
    /// The end that dialled gets an error, the other one is told nothing.
    HalfOpen,
    /// The end that was dialled gets an error, the other one is told nothing.
    HalfOpenFar,
    /// What the dialled end sends is lost, and nobody is told; the other way goes on.
    OneWay,
    /// What went in one direction before the error arrives, and then the error.
    Drained,
}

#[derive(Debug)]
pub(super) struct Plan {
    pub(super) fault: Fault,
    /// It strikes after so many bytes, both ways together.
    pub(super) after: usize,
    /// Reads and writes move at most so much at once…
    pub(super) most: usize,
    /// …and so much is on its way at most.
    pub(super) in_flight: usize,
    /// One call in so many waits for nothing; 0 for none.
    pub(super) hesitates: usize,
}

impl Plan {
    pub(super) const CLEAN: Self = Self {
        fault: Fault::None,
        after: 0,
        most: 1 << 20,
        in_flight: 1 << 16,
        hesitates: 0,
    };
}

#[derive(Debug, Default)]
struct Way {
    bytes: VecDeque<u8>,
    reader: Option<Waker>,
    writer: Option<Waker>,
    closed: bool,
}

#[derive(Debug)]
struct Wire {
    plan: Plan,
    dice: Dice,
    /// From the dialling end, from the dialled one.
    ways: [Way; 2],
    moved: usize,
    lost: usize,
    cut: bool,
    /// An end was dropped or shut down for good.
    gone: [bool; 2],
}

/// One end of a connection.
#[derive(Debug)]
pub(super) struct Pipe {
    wire: Arc<Mutex<Wire>>,
    /// 0 for the end that dialled.
    side: usize,
}

/// A grip on a connection, to cut it from outside.
#[derive(Clone, Debug)]
pub(super) struct Scissors(Arc<Mutex<Wire>>);

impl Scissors {
    /// From now on this goes wrong.
    pub(super) fn strike(&self, fault: Fault) {
        let mut wire = self.0.lock().expect("no test panics under it");
        wire.plan.fault = fault;
        wire.plan.after = 0;
        wire.cut = true;
        wire.wake();
    }

    /// Whether one end has let go of it.
    pub(super) fn is_dropped(&self, side: usize) -> bool {
        self.0.lock().expect("no test panics under it").gone[side]
    }
}

/// Both ends: the dialling one, the dialled one.
pub(super) fn pipe(plan: Plan, dice: Dice) -> (Pipe, Pipe, Scissors) {
    let wire = Arc::new(Mutex::new(Wire {
        plan,
        dice,
        ways: Default::default(),
        moved: 0,
        lost: 0,
        cut: false,
        gone: [false; 2],
    }));
    let end = |side| Pipe {
        wire: Arc::clone(&wire),
        side,
    };
    (end(0), end(1), Scissors(Arc::clone(&wire)))
}

impl Wire {
    fn wake(&mut self) {
        for way in &mut self.ways {
            way.reader.take().into_iter().for_each(Waker::wake);
            way.writer.take().into_iter().for_each(Waker::wake);
        }
    }

    fn count(&mut self, bytes: usize) {
        self.moved += bytes;
        let strikes = self.plan.fault != Fault::None && self.moved > self.plan.after;
        if strikes && !self.cut {
            self.cut = true;
            self.wake();
        }
    }

    /// What an end gets instead of bytes: an error, an end, or nothing at all.
    fn verdict(&self, side: usize, reads: bool) -> Option<Poll<io::Result<usize>>> {
        let error = || Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
        if !self.cut {
            return None;
        }
        let rest = !self.ways[1 - side].bytes.is_empty();
        match self.plan.fault {
            Fault::None => None,
            Fault::Eof if reads => Some(Poll::Ready(Ok(0))),
            Fault::Dropped(more) if self.lost > more => Some(error()),
            Fault::HalfOpen if side == 0 => Some(error()),
            Fault::HalfOpenFar if side == 1 => Some(error()),
            Fault::OneWay if (side == 0) != reads => None,
            Fault::OneWay
            | Fault::BlackHole
            | Fault::Dropped(_)
            | Fault::HalfOpen
            | Fault::HalfOpenFar => Some(Poll::Pending),
            Fault::Drained if reads && rest => None,
            Fault::Error | Fault::Eof | Fault::Drained => Some(error()),
        }
    }

    fn hesitates(&mut self, cx: &Context<'_>) -> bool {
        let hesitates = self.plan.hesitates > 0 && self.dice.one_in(self.plan.hesitates);
        if hesitates {
            cx.waker().wake_by_ref();
        }
        hesitates
    }

    fn portion(&mut self, wanted: usize) -> usize {
        let most = wanted.min(self.plan.most);
        if self.plan.most < 1 << 20 {
            1 + self.dice.below(most)
        } else {
            most
        }
    }
}

impl AsyncRead for Pipe {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let mut wire = self.wire.lock().expect("no test panics under it");
        if wire.hesitates(cx) {
            return Poll::Pending;
        }
        match wire.verdict(self.side, true) {
            Some(Poll::Ready(verdict)) => return Poll::Ready(verdict.map(|_| ())),
            Some(Poll::Pending) => {
                wire.ways[1 - self.side].reader = Some(cx.waker().clone());
                return Poll::Pending;
            }
            None => {}
        }
        let there = wire.ways[1 - self.side].bytes.len().min(buf.remaining());
        if there == 0 {
            let way = &mut wire.ways[1 - self.side];
            if way.closed {
                return Poll::Ready(Ok(()));
            }
            way.reader = Some(cx.waker().clone());
            return Poll::Pending;
        }
        let count = wire.portion(there);
        let way = &mut wire.ways[1 - self.side];
        let (first, second) = way.bytes.as_slices();
        let from_first = first.len().min(count);
        buf.put_slice(&first[..from_first]);
        buf.put_slice(&second[..count - from_first]);
        way.bytes.drain(..count);
        way.writer.take().into_iter().for_each(Waker::wake);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Pipe {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let mut wire = self.wire.lock().expect("no test panics under it");
        if wire.hesitates(cx) {
            return Poll::Pending;
        }
        match wire.verdict(self.side, false) {
            Some(Poll::Ready(verdict)) => return Poll::Ready(verdict),
            // Taken, and lost.
            Some(Poll::Pending) => {
                wire.lost += buf.len();
                return Poll::Ready(Ok(buf.len()));
            }
            None => {}
        }
        if wire.gone[1 - self.side] {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        let room = wire.plan.in_flight - wire.ways[self.side].bytes.len();
        if room == 0 {
            wire.ways[self.side].writer = Some(cx.waker().clone());
            return Poll::Pending;
        }
        let count = wire.portion(buf.len().min(room));
        let way = &mut wire.ways[self.side];
        way.bytes.extend(&buf[..count]);
        way.reader.take().into_iter().for_each(Waker::wake);
        wire.count(count);
        Poll::Ready(Ok(count))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut wire = self.wire.lock().expect("no test panics under it");
        wire.ways[self.side].closed = true;
        wire.wake();
        Poll::Ready(Ok(()))
    }
}

impl Drop for Pipe {
    fn drop(&mut self) {
        let Ok(mut wire) = self.wire.lock() else {
            return;
        };
        wire.gone[self.side] = true;
        wire.ways[self.side].closed = true;
        wire.wake();
    }
}
