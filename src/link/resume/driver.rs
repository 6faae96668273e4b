//! The one task of a session: moves bytes between the machine and the link of the moment.
//!
//! It owns the link and a fixed buffer, and decides nothing. A broken or silent link is dropped
//! and reported; where the next one comes from is somebody else's business.

use super::batch::{Batch, flat};
use super::end::SessionEnd;
use super::pace::Pace;
use super::shared::{Shared, State};
use crate::link::Transport;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead as _, AsyncWrite as _, AsyncWriteExt as _, ReadBuf};
use tokio::time::{Instant, Sleep, sleep_until, timeout};

/// What is read from a link at once, and gathered for it: four TLS records.
const BUFFER: usize = 64 * 1024;

/// What the session's own frames take of it beside the bytes that are carried.
const OVERHEAD: usize = 256;

/// Maximum rounds in a row before other tasks get their turn.
const ROUNDS: usize = 32;

/// How long the last frame may take to go out.
const CLOSE_WITHIN: Duration = Duration::from_secs(1);

/// The task of a [`session`](super::session), which has the contract. Dropping it ends the session.
pub struct SessionDriver {
    shared: Arc<Shared>,
    link: Option<Link>,
    timer: Pin<Box<Sleep>>,
}

impl std::fmt::Debug for SessionDriver {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SessionDriver").finish_non_exhaustive()
    }
}

/// What the driver finds under the lock.
enum LinkState {
    Ended(SessionEnd),
    /// There is no link.
    Idle,
    /// The link is up.
    Live,
}

/// What came of one round of reading and writing.
enum Round {
    /// Something moved, and more may.
    Moved,
    /// A little is to go, and waits for one turn of the other tasks, which mostly have more: fewer
    /// and larger records and system calls, for a microsecond.
    Gather,
    /// Nothing moves now.
    Idle,
}

impl Drop for SessionDriver {
    /// Nobody waits for a driver that is gone.
    fn drop(&mut self) {
        self.shared.with(|state| {
            state.machine.terminate(SessionEnd::Dropped);
            state.tell_payload();
        });
    }
}

impl SessionDriver {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self {
            shared,
            link: None,
            timer: Box::pin(sleep_until(Instant::now())),
        }
    }

    /// Runs until the session is over, and a second longer at most for its last frame.
    pub async fn run(mut self) -> SessionEnd {
        let end = poll_fn(|cx| self.poll(cx)).await;
        if let Some(link) = self.link.take() {
            // A failure changes nothing: the session is over.
            let _ = timeout(CLOSE_WITHIN, link.close(&self.shared)).await;
        }
        end
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<SessionEnd> {
        for _ in 0..ROUNDS {
            match self.look(cx) {
                LinkState::Ended(end) => return Poll::Ready(end),
                LinkState::Idle => return Poll::Pending,
                LinkState::Live => {}
            }
            let Some(link) = &mut self.link else {
                return Poll::Pending;
            };
            match link.poll(cx, &self.shared) {
                Ok(Round::Moved) => {}
                Ok(Round::Gather) => break,
                Ok(Round::Idle) => ready!(self.poll_timer(cx)),
                Err(error) => self.lose(&error),
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// Takes a new link over, and drops one that is cut off or dead.
    fn look(&mut self, cx: &mut Context<'_>) -> LinkState {
        let now = self.shared.now();
        let (arriving, look) = self.shared.with(|state| {
            state.wait_to_drive(cx);
            let arriving = state.arriving.take();
            let newest = arriving.as_ref().map(|(generation, _)| *generation);
            let ours = newest.or(self.link.as_ref().map(|link| link.generation));
            state.tell_payload();
            let machine = &mut state.machine;
            machine.tick(now);
            if machine.is_dead(now) {
                tracing::debug!("nothing came over the link: it is dropped");
                machine.detach(machine.generation());
            }
            let look = match machine.end() {
                Some(end) => LinkState::Ended(end),
                None if ours.is_some_and(|ours| machine.is_current(ours)) => LinkState::Live,
                None => LinkState::Idle,
            };
            (arriving, look)
        });
        if let Some((generation, transport)) = arriving {
            self.link = Some(Link::new(generation, transport));
        }
        if matches!(look, LinkState::Idle) {
            self.link = None;
        }
        look
    }

    fn lose(&mut self, error: &io::Error) {
        let Some(link) = self.link.take() else { return };
        tracing::debug!(%error, generation = link.generation, "the link broke");
        self.shared
            .with(|state| state.machine.detach(link.generation));
    }

    /// Ready when it is time to look again.
    fn poll_timer(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let stuck = self.link.as_ref().is_some_and(Link::is_stuck);
        let deadline = self.shared.with(|state| state.machine.deadline(stuck));
        let Some(deadline) = deadline else {
            return Poll::Ready(());
        };
        let deadline = self.shared.instant(deadline);
        // One that fires too early costs a look; setting it anew for each frame costs more.
        if self.timer.is_elapsed() || self.timer.deadline() > deadline {
            self.timer.as_mut().reset(deadline);
        }
        self.timer.as_mut().poll(cx)
    }
}

/// A connection and what is on its way to and from it.
struct Link {
    generation: u64,
    transport: Box<dyn Transport>,
    input: Box<[u8]>,
    output: Batch,
    /// Bytes went to the transport since its last flush.
    dirty: bool,
    /// What is to go has waited for its turn.
    gathered: bool,
    pace: Pace,
}

impl Link {
    fn new(generation: u64, transport: Box<dyn Transport>) -> Self {
        Self {
            generation,
            transport,
            input: vec![0; BUFFER].into_boxed_slice(),
            output: Batch::default(),
            dirty: false,
            gathered: false,
            pace: Pace::new(BUFFER),
        }
    }

    /// One round of reading and writing.
    fn poll(&mut self, cx: &mut Context<'_>, shared: &Shared) -> io::Result<Round> {
        let read = match self.poll_read(cx) {
            Poll::Ready(read) => read?,
            Poll::Pending => 0,
        };
        let gathers = self.exchange(cx, read, shared);
        let wrote = self.poll_write(cx, shared);
        if wrote.is_err() {
            self.hear_out(cx, shared);
        }
        let wrote = wrote?;
        if self.is_stuck() && wrote {
            self.pace.full(shared.now());
        }
        Ok(match (read > 0 || wrote, gathers) {
            (_, true) => Round::Gather,
            (true, false) => Round::Moved,
            (false, false) => Round::Idle,
        })
    }

    /// Nothing goes any more, but the other end's last word may be here: a session that was called off
    /// would be taken for one that only lost its link.
    fn hear_out(&mut self, cx: &mut Context<'_>, shared: &Shared) {
        for _ in 0..ROUNDS {
            let Poll::Ready(Ok(read)) = self.poll_read(cx) else {
                return;
            };
            let now = shared.now();
            shared.with(|state| {
                let (payload, bytes) = (Arc::clone(&state.payload), &self.input[..read]);
                state
                    .machine
                    .receive(self.generation, bytes, &*payload, now);
            });
        }
    }

    /// Whether the transport takes nothing now; it wakes the driver when it does again.
    fn is_stuck(&self) -> bool {
        !self.is_clear()
    }

    /// Whether the transport has taken all of it, and holds back nothing itself.
    fn is_clear(&self) -> bool {
        self.output.is_gone() && !self.dirty
    }

    fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let mut buf = ReadBuf::new(&mut self.input);
        ready!(Pin::new(&mut self.transport).poll_read(cx, &mut buf))?;
        match buf.filled().len() {
            // Only a FIN is an end; this is a link that is gone.
            0 => Poll::Ready(Err(io::ErrorKind::UnexpectedEof.into())),
            count => Poll::Ready(Ok(count)),
        }
    }

    /// Hands over what was read, and takes what is to be written once the last has gone: whether
    /// that is put off by one turn.
    fn exchange(&mut self, cx: &Context<'_>, read: usize, shared: &Shared) -> bool {
        let now = shared.now();
        let (is_clear, limit) = (self.is_clear(), self.pace.limit());
        if is_clear {
            self.output.clear();
        }
        let gathered = std::mem::take(&mut self.gathered);
        self.gathered = shared.with(|state| {
            let State {
                machine, payload, ..
            } = state;
            let payload = &**payload;
            if read > 0 {
                machine.receive(self.generation, &self.input[..read], payload, now);
            }
            // Whoever has something from here on wakes this task.
            let waits = payload.drive(cx.waker());
            if !is_clear {
                return false;
            }
            if !gathered && (1..limit).contains(&(machine.sendable() + waits)) {
                return true;
            }
            machine.fill(payload, limit - OVERHEAD);
            machine.transmit(self.generation, &mut self.output, limit, now);
            false
        });
        if is_clear {
            self.pace.hand(self.output.len());
        }
        self.gathered
    }

    /// Writes out of the ring, and so under its lock; it waits for nothing.
    fn poll_write(&mut self, cx: &mut Context<'_>, shared: &Shared) -> io::Result<bool> {
        let mut wrote = false;
        while !self.output.is_gone() {
            let Poll::Ready(count) = shared.with(|state| self.poll_write_some(cx, state)) else {
                break;
            };
            if count? == 0 {
                return Err(io::ErrorKind::WriteZero.into());
            }
            self.dirty = true;
            wrote = true;
        }
        if self.dirty
            && let Poll::Ready(flushed) = Pin::new(&mut self.transport).poll_flush(cx)
        {
            flushed?;
            self.dirty = false;
        }
        Ok(wrote)
    }

    fn poll_write_some(
        &mut self,
        cx: &mut Context<'_>,
        state: &mut State,
    ) -> Poll<io::Result<usize>> {
        let rest = state.machine.rest(self.generation, &self.output);
        let count = ready!(Pin::new(&mut self.transport).poll_write_vectored(cx, &rest))?;
        let machine = &mut state.machine;
        machine.wrote(self.generation, &mut self.output, count);
        Poll::Ready(Ok(count))
    }

    /// Sends what is left, a reset mostly, and closes the connection.
    async fn close(mut self, shared: &Shared) -> io::Result<()> {
        let (now, generation) = (shared.now(), self.generation);
        let rest = shared.with(|state| {
            let machine = &mut state.machine;
            machine.transmit(generation, &mut self.output, BUFFER, now);
            flat(&machine.rest(generation, &self.output))
        });
        self.transport.write_all(&rest).await?;
        self.transport.shutdown().await
    }
}
