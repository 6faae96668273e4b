//! A thread that does effects of one kind, one after the other: what may hang (a disk, a keychain,
//! the desktop) holds up its own kind and never the app's thread. It knows jobs, not what they do.

use parking_lot::{Condvar, Mutex};
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::time::timeout;

/// Told when a job is late.
pub(super) type Late = Box<dyn FnOnce() + Send>;

/// One effect.
type Job = Box<dyn FnOnce() + Send>;

/// Effects of one kind, in the order in which they were asked for.
pub(super) struct Lane {
    name: &'static str,
    /// How long one job may take before it is said to be late. It is not given up: what it does may
    /// be half done.
    limit: Duration,
    queue: Arc<Queue>,
    started: AtomicBool,
}

#[derive(Default)]
struct Queue {
    waiting: Mutex<Waiting>,
    more: Condvar,
}

#[derive(Default)]
struct Waiting {
    jobs: VecDeque<(Option<&'static str>, Job)>,
    /// No further job comes.
    closed: bool,
}

impl Lane {
    /// A lane whose thread starts with its first job. `limit` is for one job, its wait included.
    pub(super) fn new(name: &'static str, limit: Duration) -> Self {
        Self {
            name,
            limit,
            queue: Arc::default(),
            started: AtomicBool::new(false),
        }
    }

    /// Does this after all that was asked for before. `late` is called on the app's runtime when that
    /// takes longer than the lane's limit.
    pub(super) fn run(&self, job: impl FnOnce() + Send + 'static, late: Late) {
        self.push(None, Box::new(job), late);
    }

    /// The same, in the place of a job of the same `key` that still waits: of a file only the newest
    /// state is worth writing.
    pub(super) fn replace(
        &self,
        key: &'static str,
        job: impl FnOnce() + Send + 'static,
        late: Late,
    ) {
        self.push(Some(key), Box::new(job), late);
    }

    /// Waits until all that was asked for is done; the caller bounds it.
    pub(super) async fn drained(&self) {
        if !self.started.load(Ordering::Relaxed) {
            return;
        }
        let (done, waits) = oneshot::channel();
        let last = Box::new(move || {
            // Who waited may have given up.
            let _ = done.send(());
        });
        self.queue.waiting.lock().jobs.push_back((None, last));
        self.queue.more.notify_one();
        // An error means that the thread is gone, and with it whatever could be waited for.
        let _ = waits.await;
    }

    fn push(&self, key: Option<&'static str>, job: Job, late: Late) {
        let (done, waits) = oneshot::channel::<()>();
        let limit = self.limit;
        tokio::spawn(async move {
            // A sender that was dropped with a replaced job is as good as one that was done.
            if timeout(limit, waits).await.is_err() {
                late();
            }
        });
        let job = Box::new(move || {
            job();
            drop(done);
        });
        {
            let mut waiting = self.queue.waiting.lock();
            if key.is_some() {
                waiting.jobs.retain(|(queued, _)| *queued != key);
            }
            waiting.jobs.push_back((key, job));
        }
        self.queue.more.notify_one();
        self.start();
    }

    fn start(&self) {
        if self.started.swap(true, Ordering::Relaxed) {
            return;
        }
        let queue = Arc::clone(&self.queue);
        let thread = thread::Builder::new().name(self.name.to_owned());
        match thread.spawn(move || while queue.do_next() {}) {
            Ok(_) => {}
            Err(error) => {
                self.started.store(false, Ordering::Relaxed);
                // Better late than never: the next job tries again, this one is done here.
                tracing::warn!(%error, lane = self.name, "no thread; done on the app's own");
                while self.queue.do_one() {}
            }
        }
    }
}

impl Drop for Lane {
    fn drop(&mut self) {
        self.queue.waiting.lock().closed = true;
        self.queue.more.notify_one();
    }
}

impl Queue {
    /// Waits for a job and does it; `false` when none will come.
    fn do_next(&self) -> bool {
        let mut waiting = self.waiting.lock();
        let job = loop {
            if let Some((_, job)) = waiting.jobs.pop_front() {
                break job;
            }
            if waiting.closed {
                return false;
            }
            self.more.wait(&mut waiting);
        };
        drop(waiting);
        job();
        true
    }

    /// Does a job if one waits.
    fn do_one(&self) -> bool {
        let job = self.waiting.lock().jobs.pop_front();
        job.map(|(_, job)| job()).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    const LIMIT: Duration = Duration::from_secs(5);

    fn never() -> Late {
        Box::new(|| panic!("it was not late"))
    }

    #[tokio::test]
    async fn jobs_are_done_in_order_and_of_a_key_only_the_newest() {
        let lane = Lane::new("lane", LIMIT);
        let (go, gate) = mpsc::channel::<()>();
        let (tell, told) = mpsc::channel();
        let say = |word: &'static str| {
            let tell = tell.clone();
            move || tell.send(word).expect("it is listened to")
        };
        lane.run(move || gate.recv().expect("it is let go"), never());
        lane.replace("file", say("old"), never());
        lane.run(say("between"), never());
        lane.replace("other", say("other"), never());
        lane.replace("file", say("new"), never());
        go.send(()).expect("the lane waits");
        lane.drained().await;
        assert_eq!(
            told.try_iter().collect::<Vec<_>>(),
            ["between", "other", "new"]
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_job_that_hangs_is_told_and_holds_up_nobody() {
        let lane = Lane::new("lane", LIMIT);
        let (go, gate) = mpsc::channel::<()>();
        let (tell, told) = oneshot::channel();
        lane.run(
            move || assert!(gate.recv().is_err(), "nothing is sent"),
            Box::new(move || tell.send(()).expect("it is listened to")),
        );
        told.await.expect("it is told");
        drop(go);
        lane.drained().await;
    }
}
