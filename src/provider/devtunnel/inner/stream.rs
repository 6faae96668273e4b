//! One channel of an inner session as a byte stream.
//!
//! The library tops up a channel's window as soon as something has come, read or not, and stops the
//! whole session while a channel's queue is full. So what comes is queued here instead, up to a bound
//! that a reader who keeps going never meets.

use bytes::Bytes;
use parking_lot::Mutex;
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::{Semaphore, mpsc};
use tokio::time::{Instant, sleep, timeout, timeout_at};
use tokio_util::sync::CancellationToken;

/// What waits for one service at most.
const MOST_OF_ONE: usize = 8 * 1024 * 1024;

/// What waits for all services of a session at most.
const MOST_OF_ALL: usize = 64 * 1024 * 1024;

/// A service that has taken nothing for so long, with that much waiting, loses its visitor: all others of
/// the same client wait behind it, and so for no longer than this. One that takes a little now and then
/// is waited for, as there is no other way to slow its visitor down.
const STALLED: Duration = Duration::from_secs(3);

/// When a channel is closed its service has this long to take what has come,
const LEFTOVERS: Duration = Duration::from_mins(1);

/// and this long to end its side.
const PARTING: Duration = Duration::from_secs(2);

/// The longest write: Microsoft's peers take no longer packet.
const LONGEST_WRITE: usize = 32 * 1024;

/// The room that all channels of all inner sessions share.
#[derive(Clone, Debug)]
pub struct Pool(Arc<Semaphore>);

impl Default for Pool {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(MOST_OF_ALL)))
    }
}

/// The end that is filled.
#[derive(Debug)]
pub(super) struct Inlet {
    /// `None` once the client has ended its side.
    queue: Option<mpsc::UnboundedSender<Bytes>>,
    own: Arc<Semaphore>,
    pool: Pool,
    gone: CancellationToken,
    taken: Arc<Mutex<Instant>>,
}

/// The end that is read.
#[derive(Debug)]
pub(super) struct Outlet {
    queue: mpsc::UnboundedReceiver<Bytes>,
    rest: Bytes,
    own: Arc<Semaphore>,
    pool: Pool,
    gone: CancellationToken,
    /// When something was taken last, or had to be.
    taken: Arc<Mutex<Instant>>,
}

pub(super) fn queue(pool: &Pool) -> (Inlet, Outlet) {
    let (sender, receiver) = mpsc::unbounded_channel();
    let own = Arc::new(Semaphore::new(MOST_OF_ONE));
    let gone = CancellationToken::new();
    let taken = Arc::new(Mutex::new(Instant::now()));
    let inlet = Inlet {
        queue: Some(sender),
        own: Arc::clone(&own),
        pool: pool.clone(),
        gone: gone.clone(),
        taken: Arc::clone(&taken),
    };
    let outlet = Outlet {
        queue: receiver,
        rest: Bytes::new(),
        own,
        pool: pool.clone(),
        gone,
        taken,
    };
    (inlet, outlet)
}

impl Inlet {
    /// Queues it; false when there was no room in time.
    pub(super) async fn put(&self, data: &[u8]) -> bool {
        let Some(queue) = self.queue.as_ref().filter(|queue| !queue.is_closed()) else {
            return true;
        };
        let Ok(amount) = u32::try_from(data.len()) else {
            return false;
        };
        if self.own.available_permits() == MOST_OF_ONE {
            set(&self.taken);
        }
        let room = async {
            let own = self.own.acquire_many(amount).await.ok()?;
            let all = self.pool.0.acquire_many(amount).await.ok()?;
            Some((own, all))
        };
        let mut room = pin!(room);
        let (own, all) = loop {
            let until = get(&self.taken) + STALLED;
            match timeout_at(until, &mut room).await {
                Ok(Some(permits)) => break permits,
                // Something was taken meanwhile.
                Err(_) if get(&self.taken) + STALLED > until => {}
                Ok(None) | Err(_) => return false,
            }
        };
        if queue.send(Bytes::copy_from_slice(data)).is_ok() {
            // The reader gives them back.
            own.forget();
            all.forget();
        }
        true
    }

    /// Nothing more comes.
    pub(super) fn end(&mut self) {
        self.queue = None;
    }

    /// Nobody reads it any longer.
    pub(super) fn is_over(&self) -> bool {
        self.own.is_closed()
    }
}

impl Drop for Inlet {
    /// The channel is closed in both directions; what is queued is read all the same.
    fn drop(&mut self) {
        self.gone.cancel();
    }
}

impl Outlet {
    /// Waits until the channel is closed and what came through it has been read: what is to go the
    /// other way has nowhere to go.
    pub(super) fn gone(&self) -> impl Future<Output = ()> + use<> {
        let (gone, own) = (self.gone.clone(), Arc::clone(&self.own));
        async move {
            gone.cancelled().await;
            let read = own.acquire_many(u32::try_from(MOST_OF_ONE).unwrap_or(u32::MAX));
            let _ = timeout(LEFTOVERS, read).await;
            sleep(PARTING).await;
        }
    }

    fn give_back(&self, amount: usize) {
        set(&self.taken);
        self.own.add_permits(amount);
        self.pool.0.add_permits(amount);
    }
}

fn get(at: &Mutex<Instant>) -> Instant {
    *at.lock()
}

fn set(at: &Mutex<Instant>) {
    *at.lock() = Instant::now();
}

impl AsyncRead for Outlet {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        while this.rest.is_empty() {
            match ready!(this.queue.poll_recv(cx)) {
                Some(data) => this.rest = data,
                None => return Poll::Ready(Ok(())),
            }
        }
        let fits = this.rest.len().min(buffer.remaining());
        buffer.put_slice(&this.rest.split_to(fits));
        this.give_back(fits);
        Poll::Ready(Ok(()))
    }
}

impl Drop for Outlet {
    fn drop(&mut self) {
        self.queue.close();
        let mut left = self.rest.len();
        while let Ok(data) = self.queue.try_recv() {
            left += data.len();
        }
        self.give_back(left);
        self.own.close();
    }
}

/// A channel, both ways.
pub(super) struct Stream<W> {
    pub(super) outlet: Outlet,
    pub(super) writer: Pin<Box<W>>,
}

impl<W> AsyncRead for Stream<W> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().outlet).poll_read(cx, buffer)
    }
}

impl<W: AsyncWrite> AsyncWrite for Stream<W> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let bytes = &bytes[..bytes.len().min(LONGEST_WRITE)];
        self.get_mut().writer.as_mut().poll_write(cx, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.get_mut().writer.as_mut().poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.get_mut().writer.as_mut().poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::AsyncReadExt as _;

    fn free(pool: &Pool) -> usize {
        pool.0.available_permits()
    }

    #[tokio::test(start_paused = true)]
    async fn what_nobody_reads_is_bounded_and_given_back() {
        let pool = Pool::default();
        let (inlet, mut outlet) = queue(&pool);
        let part = vec![7; 32 * 1024];
        let mut put = 0;
        while inlet.put(&part).await {
            put += part.len();
        }
        assert_eq!(put, MOST_OF_ONE);
        assert_eq!(free(&pool), MOST_OF_ALL - put);
        outlet
            .read_exact(&mut vec![0; 40_000])
            .await
            .expect("it is there");
        assert!(inlet.put(&part).await, "there is room again");
        drop(outlet);
        assert_eq!(free(&pool), MOST_OF_ALL);
        assert!(inlet.is_over());
        assert!(inlet.put(&part).await, "it goes nowhere, and nobody waits");
    }

    #[tokio::test(start_paused = true)]
    async fn a_deaf_service_holds_the_others_up_for_a_moment_and_a_slow_one_is_waited_for() {
        let part = vec![7; 32 * 1024];
        let (inlet, mut outlet) = queue(&Pool::default());
        // It was idle for longer than anybody waits.
        sleep(Duration::from_hours(1)).await;
        for _ in 0..MOST_OF_ONE / part.len() {
            assert!(inlet.put(&part).await);
        }
        let slow = tokio::spawn(async move {
            let mut taken = vec![0; 32 * 1024];
            for _ in 0..4 {
                sleep(STALLED * 2 / 3).await;
                outlet.read_exact(&mut taken).await.expect("it is there");
            }
            outlet
        });
        let began = Instant::now();
        for _ in 0..4 {
            assert!(inlet.put(&part).await, "it takes a little");
        }
        assert_eq!(began.elapsed(), STALLED * 8 / 3);
        let _deaf = slow.await.expect("it reads");
        assert!(!inlet.put(&part).await);
        assert_eq!(began.elapsed(), STALLED * 8 / 3 + STALLED);
        assert!(!inlet.put(&part).await);
        assert_eq!(began.elapsed(), STALLED * 8 / 3 + STALLED, "once");
    }

    #[tokio::test(start_paused = true)]
    async fn an_end_comes_after_all_that_was_sent_and_a_close_is_seen() {
        let (mut inlet, mut outlet) = queue(&Pool::default());
        assert!(inlet.put(b"last").await);
        inlet.end();
        let mut got = Vec::new();
        outlet.read_to_end(&mut got).await.expect("it ends");
        assert_eq!(got, b"last");
        let closed = outlet.gone();
        let early = timeout(Duration::from_hours(1), outlet.gone()).await;
        assert!(early.is_err(), "it is open still");
        drop(inlet);
        closed.await;
    }
}
