//! The one task of a session: moves bytes between the machine and the connection.
//!
//! It owns the connection and two buffers, and decides nothing.

use super::machine::{MAX_PENDING, Machine, Opening};
use super::shared::Shared;
use super::wire::MAX_PACKET;
use super::{End, Event, FAREWELL, Incoming, RefuseCode};
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _, ReadBuf};
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout};

/// What is read at once, at the most: any packet fits twice.
const INPUT: usize = 2 * MAX_PACKET;

/// What is gathered for one write.
const OUTPUT: usize = 256 * 1024;

/// After so many rounds in a row the driver lets others run.
const ROUNDS: usize = 32;

/// That something came is not said more often than this.
const ALIVE_EVERY: Duration = Duration::from_secs(1);

/// So many words that something came may wait to be read.
const MAX_ALIVE: usize = 4;

/// Places for every channel that may wait, for signs of life and for the end: it always fits.
const EVENTS: usize = MAX_PENDING + MAX_ALIVE + 1;

/// See the module.
pub(super) struct Driver<T> {
    io: T,
    shared: Arc<Shared>,
    events: mpsc::Sender<Event>,
    input: Box<[u8]>,
    /// So much of `input` is a packet that has not come as a whole.
    filled: usize,
    output: Vec<u8>,
    /// So much of `output` has gone.
    gone: usize,
    /// Bytes went to the connection since its last flush.
    is_dirty: bool,
    /// What is to go has waited for its turn.
    is_gathered: bool,
    heard: Option<Instant>,
    openings: Vec<Opening>,
    woken: Vec<Waker>,
}

/// What one look under the lock finds.
struct Look {
    is_over: bool,
    is_open: bool,
    /// A little is to go, and waits for one turn of the other tasks, which mostly have more: fewer
    /// and larger writes, for a microsecond.
    gathers: bool,
    end: Option<End>,
}

/// How far a driver goes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Until {
    Open,
    Over,
}

impl<T> Drop for Driver<T> {
    /// Nobody waits for a driver that is gone.
    fn drop(&mut self) {
        self.shared.with(Machine::call_off);
        self.shared.part();
    }
}

impl<T: AsyncRead + AsyncWrite + Unpin> Driver<T> {
    pub(super) fn new(io: T, shared: Arc<Shared>) -> (Self, mpsc::Receiver<Event>) {
        let (events, receiver) = mpsc::channel(EVENTS);
        let driver = Self {
            io,
            shared,
            events,
            input: vec![0; INPUT].into_boxed_slice(),
            filled: 0,
            output: Vec::new(),
            gone: 0,
            is_dirty: false,
            is_gathered: false,
            heard: None,
            openings: Vec::new(),
            woken: Vec::new(),
        };
        (driver, receiver)
    }

    /// Runs until both ends have greeted.
    pub(super) async fn greet(&mut self) -> Result<(), End> {
        match poll_fn(|cx| self.poll(cx, Until::Open)).await {
            None => Ok(()),
            Some(end) => {
                self.part().await;
                Err(end)
            }
        }
    }

    /// Runs until the session is over.
    pub(super) async fn run(mut self) {
        let end = poll_fn(|cx| self.poll(cx, Until::Over)).await;
        self.part().await;
        if let Some(end) = end {
            tracing::debug!(%end, "the outer session is over");
            // There is a place for it; who listens may have gone.
            let _ = self.events.try_send(Event::Ended(end));
        }
    }

    /// Ready with the end when it is over, and without one when it is open and should only be that.
    fn poll(&mut self, cx: &mut Context<'_>, until: Until) -> Poll<Option<End>> {
        for _ in 0..ROUNDS {
            let (read, broken) = self.poll_input(cx);
            let look = self.exchange(cx, read, broken);
            self.report(read > 0);
            if look.is_over {
                return Poll::Ready(look.end);
            }
            let wrote = match self.poll_output(cx) {
                Ok(wrote) => wrote,
                Err(error) => return Poll::Ready(self.lose(cx, error)),
            };
            if look.is_open && until == Until::Open {
                return Poll::Ready(None);
            }
            if look.gathers {
                break;
            }
            if read == 0 && !wrote {
                return Poll::Pending;
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// How much came, and whether nothing more will.
    fn poll_input(&mut self, cx: &mut Context<'_>) -> (usize, Option<End>) {
        let mut buf = ReadBuf::new(&mut self.input[self.filled..]);
        match Pin::new(&mut self.io).poll_read(cx, &mut buf) {
            Poll::Pending => (0, None),
            Poll::Ready(Err(error)) => (0, Some(End::Io(error))),
            Poll::Ready(Ok(())) => match buf.filled().len() {
                0 => (0, Some(End::Eof)),
                count => (count, None),
            },
        }
    }

    /// Hands over what was read, and takes what is to be written once the last has gone.
    fn exchange(&mut self, cx: &Context<'_>, read: usize, broken: Option<End>) -> Look {
        let is_empty = self.gone == self.output.len();
        if is_empty {
            self.output.clear();
            self.gone = 0;
        }
        let filled = self.filled + read;
        let was_gathered = std::mem::take(&mut self.is_gathered);
        let (input, output) = (&self.input[..filled], &mut self.output);
        let (taken, look) = self
            .shared
            .drive(cx, !is_empty, &mut self.woken, |machine| {
                let taken = if read > 0 { machine.receive(input) } else { 0 };
                if let Some(end) = broken {
                    machine.end(end);
                }
                machine.swap_openings(&mut self.openings);
                let is_over = machine.is_over();
                let may_send = is_empty && machine.is_transmit_due();
                let gathers = may_send && !is_over && !was_gathered && machine.is_little(OUTPUT);
                if may_send && !gathers {
                    machine.transmit(output, OUTPUT);
                }
                let look = Look {
                    is_over,
                    is_open: machine.is_open(),
                    gathers,
                    end: machine.take_end(),
                };
                (taken, look)
            });
        self.is_gathered = look.gathers;
        self.input.copy_within(taken..filled, 0);
        self.filled = filled - taken;
        look
    }

    /// Says what happened.
    fn report(&mut self, has_read: bool) {
        for Opening { id, kind } in self.openings.drain(..) {
            let incoming = Incoming::new(id, kind, Arc::clone(&self.shared));
            if let Err(refused) = self.events.try_send(Event::Incoming(incoming))
                && let Event::Incoming(incoming) = refused.into_inner()
            {
                incoming.refuse(RefuseCode::Shortage, "nobody answers");
            }
        }
        let is_due = self.heard.is_none_or(|at| at.elapsed() >= ALIVE_EVERY);
        if has_read && is_due && self.events.capacity() > MAX_PENDING + 1 {
            self.heard = Some(Instant::now());
            // Who listens may have gone.
            let _ = self.events.try_send(Event::Alive);
        }
    }

    fn poll_output(&mut self, cx: &mut Context<'_>) -> io::Result<bool> {
        let mut wrote = false;
        while self.gone < self.output.len() {
            let rest = &self.output[self.gone..];
            match Pin::new(&mut self.io).poll_write(cx, rest) {
                Poll::Ready(Ok(0)) => return Err(io::ErrorKind::WriteZero.into()),
                Poll::Ready(Ok(count)) => {
                    self.gone += count;
                    self.is_dirty = true;
                    wrote = true;
                }
                Poll::Ready(Err(error)) => return Err(error),
                Poll::Pending => break,
            }
        }
        if self.is_dirty
            && let Poll::Ready(flushed) = Pin::new(&mut self.io).poll_flush(cx)
        {
            flushed?;
            self.is_dirty = false;
        }
        Ok(wrote)
    }

    /// Nothing more can be written. The relay may have said why: what came already is read first.
    fn lose(&mut self, cx: &mut Context<'_>, error: io::Error) -> Option<End> {
        self.output.clear();
        self.gone = 0;
        for _ in 0..ROUNDS {
            let (read, _) = self.poll_input(cx);
            if read == 0 {
                break;
            }
            let look = self.exchange(cx, read, None);
            self.output.clear();
            if look.is_over {
                return look.end;
            }
        }
        self.exchange(cx, 0, Some(End::Io(error))).end
    }

    /// Says the last words, if there are any.
    async fn part(&mut self) {
        if !self.shared.with(|machine| machine.is_farewell()) {
            return;
        }
        let output = &mut self.output;
        self.shared.with(|machine| machine.transmit(output, OUTPUT));
        let farewell = async {
            self.io.write_all(&self.output[self.gone..]).await?;
            self.io.shutdown().await
        };
        // A failure changes nothing: the session is over.
        let _ = timeout(FAREWELL, farewell).await;
    }
}
