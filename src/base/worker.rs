//! Calls that may hang, on a thread of their own: whoever asks waits for a bounded time and no longer.

use std::sync::mpsc::{self, Sender};
use std::time::Duration;
use std::{fmt, io, thread};

/// A thread that owns a `T` and answers questions about it, one after the other. A question that hangs
/// keeps the thread, and those after it get no answer either. Clones ask the same thread; it ends with
/// the last of them.
pub struct Worker<T>(Sender<Question<T>>);

type Question<T> = Box<dyn FnOnce(&mut T) + Send>;

impl<T: 'static> Worker<T> {
    /// Starts the thread; what it owns is made on it.
    pub fn start(name: &str, make: impl FnOnce() -> T + Send + 'static) -> io::Result<Self> {
        let (questions, inbox) = mpsc::channel::<Question<T>>();
        let run = move || {
            let mut owned = make();
            for ask in inbox {
                ask(&mut owned);
            }
        };
        thread::Builder::new().name(name.to_owned()).spawn(run)?;
        Ok(Self(questions))
    }

    /// The answer; `None` when there is none within `limit`.
    pub fn ask<R: Send + 'static>(
        &self,
        limit: Duration,
        question: impl FnOnce(&mut T) -> R + Send + 'static,
    ) -> Option<R> {
        let (reply, answer) = mpsc::sync_channel(1);
        let ask = move |owned: &mut T| {
            // Who asked may have given up.
            let _ = reply.send(question(owned));
        };
        self.0.send(Box::new(ask)).ok()?;
        answer.recv_timeout(limit).ok()
    }
}

impl<T> Clone for Worker<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T> fmt::Debug for Worker<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Worker")
    }
}

/// Makes one such call on a thread for it alone.
pub fn within<R: Send + 'static>(
    limit: Duration,
    name: &str,
    call: impl FnOnce() -> R + Send + 'static,
) -> Option<R> {
    let worker = Worker::start(name, || ()).ok()?;
    worker.ask(limit, |()| call())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_that_hangs_is_given_up() {
        let (hold, release) = mpsc::channel::<()>();
        let hangs = move || release.recv().is_ok();
        assert_eq!(within(Duration::from_millis(20), "hangs", hangs), None);
        drop(hold);
        assert_eq!(within(Duration::from_secs(20), "answers", || 7), Some(7));
    }
}
