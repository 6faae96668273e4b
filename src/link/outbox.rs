//! Control messages that wait to go out, so that whoever has them to say need not wait for the link:
//! a parked one takes nothing, and its end must still hear, end and be told.
//!
//! It knows neither the messages nor why the link takes none.

use super::frame::{self, FrameError};
use serde::Serialize;
use std::collections::VecDeque;
use std::io;
use std::time::Duration;
use tokio::io::{AsyncWrite, AsyncWriteExt as _};
use tokio::time::{Instant, timeout_at};

/// Maximum messages that wait: whoever asks for more answers than it takes is deaf.
const MAX_QUEUED: usize = 64;

#[derive(Debug, thiserror::Error)]
pub enum OutboxError {
    /// The link has taken nothing for too long. What waits goes on waiting.
    #[error("the other end takes no messages")]
    Stuck,
    #[error("more than {MAX_QUEUED} control messages wait")]
    Full,
    #[error(transparent)]
    Frame(#[from] FrameError),
    #[error("the control stream failed: {0}")]
    Io(#[from] io::Error),
}

/// The sending half of a control stream. Messages go while [`Outbox::drain`] is awaited, which may be
/// dropped at any time.
#[derive(Debug)]
pub struct Outbox<W> {
    stream: W,
    queue: VecDeque<Vec<u8>>,
    /// Bytes of the first one that have gone.
    gone: usize,
    /// Bytes went since the last flush.
    dirty: bool,
    /// When something last moved.
    moved: Instant,
}

impl<W: AsyncWrite + Unpin> Outbox<W> {
    /// Messages over `stream`.
    pub fn new(stream: W) -> Self {
        Self {
            stream,
            queue: VecDeque::new(),
            gone: 0,
            dirty: false,
            moved: Instant::now(),
        }
    }

    /// Takes a message, behind those that wait.
    ///
    /// # Errors
    /// `Full`, or `Frame` for a message that is too long: it is then not taken.
    pub fn push<T: Serialize>(&mut self, message: &T) -> Result<(), OutboxError> {
        if self.queue.len() >= MAX_QUEUED {
            return Err(OutboxError::Full);
        }
        let mut bytes = Vec::new();
        frame::encode(message, &mut bytes)?;
        if self.is_empty() {
            self.moved = Instant::now();
        }
        self.queue.push_back(bytes);
        Ok(())
    }

    /// Whether everything has gone.
    pub fn is_empty(&self) -> bool {
        self.queue.is_empty() && !self.dirty
    }

    /// The link is another one: what waits has all of its time again.
    pub fn restart(&mut self) {
        self.moved = Instant::now();
    }

    /// Sends what waits, and comes back when all has gone. Nothing is lost when the future is dropped.
    ///
    /// # Errors
    /// `Stuck` when nothing moves for `patience`, once for each such time; or the stream's failure.
    pub async fn drain(&mut self, patience: Duration) -> Result<(), OutboxError> {
        while !self.is_empty() {
            let late = self.moved + patience;
            let moved = timeout_at(late, self.step()).await;
            self.moved = Instant::now();
            moved.map_err(|_| OutboxError::Stuck)??;
        }
        Ok(())
    }

    async fn step(&mut self) -> io::Result<()> {
        let Some(first) = self.queue.front() else {
            self.stream.flush().await?;
            self.dirty = false;
            return Ok(());
        };
        let count = self.stream.write(&first[self.gone..]).await?;
        if count == 0 {
            return Err(io::ErrorKind::WriteZero.into());
        }
        self.dirty = true;
        self.gone += count;
        if self.gone == first.len() {
            self.queue.pop_front();
            self.gone = 0;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::link::frame::Frames;
    use tokio::io::duplex;
    use tokio::time::timeout;

    const PATIENCE: Duration = Duration::from_secs(10);

    #[tokio::test(start_paused = true)]
    async fn messages_go_in_their_order_however_often_sending_them_is_interrupted() {
        let (near, far) = duplex(3);
        let (mut outbox, mut frames) = (Outbox::new(near), Frames::new(far));
        for number in 0..5_u32 {
            outbox.push(&number).expect("there is room");
        }
        let mut seen = Vec::new();
        while seen.len() < 5 {
            // Dropped after one turn each.
            let _ = timeout(Duration::ZERO, outbox.drain(PATIENCE)).await;
            let next = timeout(Duration::from_millis(1), frames.next::<u32>()).await;
            if let Ok(number) = next {
                seen.push(number.expect("it is whole").expect("it is not the end"));
            }
        }
        assert_eq!(seen, [0, 1, 2, 3, 4]);
        outbox.drain(PATIENCE).await.expect("all has gone");
        assert!(outbox.is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn what_nobody_takes_is_stuck_again_and_again_and_bounded() {
        let (near, _far) = duplex(3);
        let mut outbox = Outbox::new(near);
        for number in 0..MAX_QUEUED {
            outbox.push(&number).expect("there is room");
        }
        assert!(matches!(outbox.push(&0), Err(OutboxError::Full)));
        for _ in 0..2 {
            let began = Instant::now();
            let sent = outbox.drain(PATIENCE).await;
            assert!(matches!(sent, Err(OutboxError::Stuck)));
            assert_eq!(began.elapsed(), PATIENCE);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn an_empty_one_is_never_stuck() {
        let (near, _far) = duplex(100);
        let mut outbox = Outbox::new(near);
        outbox.push(&1).expect("there is room");
        tokio::time::advance(PATIENCE * 10).await;
        outbox.drain(PATIENCE).await.expect("it has room");
        assert!(outbox.is_empty());
        tokio::time::advance(PATIENCE * 10).await;
        outbox.push(&2).expect("there is room");
        outbox.drain(PATIENCE).await.expect("its time begins anew");
    }
}
