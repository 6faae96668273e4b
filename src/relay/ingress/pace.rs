//! How long a visitor's connection may take for what it is doing: the guard against visitors that
//! send a head byte by byte, or nothing at all.
//!
//! It knows times and bytes, not HTTP: others say when a turn begins and ends.

use crate::relay::Activity;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep};

/// What a connection may take its time for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Allowance {
    /// From the first byte of a request's head to the last.
    pub(super) head: Duration,
    /// Between an answer and the next request.
    pub(super) idle: Duration,
}

const IDLE: u8 = 0;
const HEAD: u8 = 1;
const TURN: u8 = 2;

/// What a connection is doing, and since when. Only one task uses it at a time; it is atomic because
/// that task moves between threads.
pub(super) struct Pace {
    allowance: Allowance,
    epoch: Instant,
    /// Who bounds connections wants to know which is the idlest.
    activity: Activity,
    phase: AtomicU8,
    /// Milliseconds since `epoch`.
    since: AtomicU64,
}

impl Pace {
    /// For a connection that was accepted just now, and owes its first head.
    pub(super) fn new(allowance: Allowance, activity: Activity) -> Self {
        Self {
            allowance,
            epoch: Instant::now(),
            activity,
            phase: AtomicU8::new(HEAD),
            since: AtomicU64::new(0),
        }
    }

    /// The head is complete: from here on it takes as long as it takes.
    pub(super) fn begin(self: &Arc<Self>) -> Turn {
        self.phase.store(TURN, Ordering::Relaxed);
        Turn(self.clone())
    }

    /// Whether a request has been read and its answer is not written yet.
    pub(super) fn is_in_turn(&self) -> bool {
        self.phase.load(Ordering::Relaxed) == TURN
    }

    /// Whether a request's head is on its way, or the first one has not begun.
    pub(super) fn is_at_head(&self) -> bool {
        self.phase.load(Ordering::Relaxed) == HEAD
    }

    /// Ready when the connection took too long. The `clock` may be set to any time before.
    pub(super) fn poll_late(&self, mut clock: Pin<&mut Sleep>, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            let Some(deadline) = self.deadline() else {
                return Poll::Pending;
            };
            // Resetting a timer costs; one that rings too early is rare and cheap.
            if deadline < clock.deadline() || clock.is_elapsed() {
                clock.as_mut().reset(deadline);
            }
            std::task::ready!(clock.as_mut().poll(cx));
            if Instant::now() >= deadline {
                return Poll::Ready(());
            }
        }
    }

    /// A moment before which nothing can be late.
    pub(super) fn first_deadline(&self) -> Instant {
        self.epoch + self.allowance.head
    }

    fn deadline(&self) -> Option<Instant> {
        let allowed = match self.phase.load(Ordering::Relaxed) {
            IDLE => self.allowance.idle,
            HEAD => self.allowance.head,
            _ => return None,
        };
        let since = Duration::from_millis(self.since.load(Ordering::Relaxed));
        Some(self.epoch + since + allowed)
    }

    fn enter(&self, phase: u8) {
        let since = u64::try_from(self.epoch.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.since.store(since, Ordering::Relaxed);
        self.phase.store(phase, Ordering::Relaxed);
    }

    fn saw_bytes_read(&self) {
        self.activity.touch();
        if self.phase.load(Ordering::Relaxed) == IDLE {
            self.enter(HEAD);
        }
    }

    /// The end of an answer may still be on its way to a slow reader.
    fn saw_bytes_written(&self) {
        self.activity.touch();
        if self.phase.load(Ordering::Relaxed) == IDLE {
            self.enter(IDLE);
        }
    }
}

/// From a complete request to the end of its answer.
pub(super) struct Turn(Arc<Pace>);

impl Drop for Turn {
    fn drop(&mut self) {
        self.0.enter(IDLE);
    }
}

/// A stream whose bytes are noticed.
pub(super) struct Paced<T> {
    pub(super) stream: T,
    pub(super) pace: Arc<Pace>,
}

impl<T: AsyncRead + Unpin> AsyncRead for Paced<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(cx, buffer);
        if buffer.filled().len() > before {
            self.pace.saw_bytes_read();
        }
        polled
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Paced<T> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write(cx, bytes);
        if polled.is_ready() {
            self.pace.saw_bytes_written();
        }
        polled
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write_vectored(cx, slices);
        if polled.is_ready() {
            self.pace.saw_bytes_written();
        }
        polled
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::relay::{Limiter, Network, VisitorLimits};
    use std::future::poll_fn;
    use std::pin::pin;

    const ALLOWANCE: Allowance = Allowance {
        head: Duration::from_secs(10),
        idle: Duration::from_secs(75),
    };

    fn pace() -> Pace {
        let share = VisitorLimits::default().connection_share();
        let permit = Limiter::new("tests", share).admit(Network::of([127, 0, 0, 1].into()));
        Pace::new(ALLOWANCE, permit.activity())
    }

    /// How long until `pace` is late, give or take the timer's millisecond.
    async fn late_after(pace: &Pace) -> u64 {
        let begin = Instant::now();
        let mut clock = pin!(tokio::time::sleep_until(pace.first_deadline()));
        poll_fn(|cx| pace.poll_late(clock.as_mut(), cx)).await;
        begin.elapsed().as_secs()
    }

    #[tokio::test(start_paused = true)]
    async fn a_visitor_that_says_nothing_is_late_after_the_time_for_a_head() {
        assert_eq!(late_after(&pace()).await, 10);
    }

    #[tokio::test(start_paused = true)]
    async fn bytes_of_a_head_buy_no_more_time() {
        let pace = Arc::new(pace());
        drop(pace.begin());
        tokio::time::advance(Duration::from_mins(1)).await;
        pace.saw_bytes_read();
        tokio::time::advance(Duration::from_secs(9)).await;
        pace.saw_bytes_read();
        assert_eq!(late_after(&pace).await, 1);
    }

    #[tokio::test(start_paused = true)]
    async fn between_requests_there_is_more_time() {
        let pace = Arc::new(pace());
        drop(pace.begin());
        assert_eq!(late_after(&pace).await, 75);
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_reader_of_an_answers_end_is_not_idle() {
        let pace = Arc::new(pace());
        drop(pace.begin());
        tokio::time::advance(Duration::from_secs(70)).await;
        pace.saw_bytes_written();
        assert_eq!(late_after(&pace).await, 75);
    }

    #[tokio::test(start_paused = true)]
    async fn a_turn_lasts_as_long_as_it_lasts() {
        let pace = Arc::new(pace());
        let turn = pace.begin();
        let day = Duration::from_hours(24);
        let late = tokio::time::timeout(day, late_after(&pace)).await;
        assert!(late.is_err());
        drop(turn);
        assert_eq!(late_after(&pace).await, 75);
    }
}
