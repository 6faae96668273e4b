//! Writes lines on a thread of its own: a reader that is slow, stuck or gone never holds up the app.

use crate::base::status_line;
use std::io::{self, Write};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, SyncSender};
use std::thread;
use std::time::{Duration, Instant};

/// Lines that may wait for a slow reader; more are dropped and counted in the log.
const QUEUE: usize = 4_096;

/// How long the last lines may take at the end.
const LAST_LINES: Duration = Duration::from_secs(2);

/// The status is drawn at most so often.
const REDRAW: Duration = Duration::from_millis(250);

enum Job {
    Line(String),
    Status(Option<String>),
    Finish(SyncSender<()>),
}

/// Takes lines. Cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct Sink {
    jobs: SyncSender<Job>,
}

impl Sink {
    /// Writes to `out`; calls `closed` with the error once it takes no more lines: a broken pipe when
    /// nobody reads them any more.
    pub(super) fn start(
        out: impl Write + Send + 'static,
        closed: impl FnOnce(&io::Error) + Send + 'static,
    ) -> io::Result<Self> {
        let (jobs, inbox) = mpsc::sync_channel(QUEUE);
        let thread = thread::Builder::new().name("lines".into());
        thread.spawn(move || run(&inbox, out, closed))?;
        Ok(Self { jobs })
    }

    /// Writes a line; its end is added.
    pub(super) fn put(&self, line: String) {
        if self.jobs.try_send(Job::Line(line)).is_err() {
            tracing::warn!("a line of output was dropped: nobody reads fast enough");
        }
    }

    /// Draws how things stand below all lines, or takes that away.
    pub(super) fn status(&self, text: Option<String>) {
        // One that is not drawn is made up for by the next.
        let _ = self.jobs.try_send(Job::Status(text));
    }

    /// Waits until what was put is written, 2 s at most.
    pub(super) fn finish(&self) {
        let (done, finished) = mpsc::sync_channel(1);
        // A full queue means a stuck reader: there is nothing to wait for.
        if self.jobs.try_send(Job::Finish(done)).is_ok() {
            let _ = finished.recv_timeout(LAST_LINES);
        }
    }
}

fn run(inbox: &Receiver<Job>, mut out: impl Write, closed: impl FnOnce(&io::Error)) {
    let mut closed = Some(closed);
    let mut status = Status::default();
    while let Some(job) = status.next(inbox) {
        let done = match job {
            Job::Line(_) | Job::Status(_) if closed.is_none() => Ok(()),
            Job::Line(line) => status_line::around(&mut out, |out| write_line(out, line)),
            Job::Status(text) => {
                status.drawn = Some(Instant::now());
                status_line::draw(&mut out, text)
            }
            Job::Finish(done) => {
                let cleared = status_line::draw(&mut out, None);
                // Whoever waits may have given up.
                let _ = done.send(());
                cleared
            }
        };
        if let Err(error) = done {
            tracing::info!(%error, "standard output takes no more lines");
            if let Some(closed) = closed.take() {
                closed(&error);
            }
        }
    }
}

/// The status that waits to be drawn, and when one was drawn last.
#[derive(Default)]
struct Status {
    waiting: Option<String>,
    drawn: Option<Instant>,
}

impl Status {
    /// What is to be written next; the last status once it is time for it. `None` when nothing can come
    /// any more.
    fn next(&mut self, inbox: &Receiver<Job>) -> Option<Job> {
        loop {
            let job = if self.waiting.is_none() {
                inbox.recv().ok()?
            } else {
                let passed = self.drawn.map_or(REDRAW, |drawn| drawn.elapsed());
                match inbox.recv_timeout(REDRAW.saturating_sub(passed)) {
                    Ok(job) => job,
                    Err(RecvTimeoutError::Timeout) => {
                        return self.waiting.take().map(|text| Job::Status(Some(text)));
                    }
                    Err(RecvTimeoutError::Disconnected) => return None,
                }
            };
            match job {
                Job::Status(Some(text)) => self.waiting = Some(text),
                // What is over must not be drawn again below the lines that say so.
                Job::Status(None) | Job::Finish(_) => {
                    self.waiting = None;
                    return Some(job);
                }
                Job::Line(_) => return Some(job),
            }
        }
    }
}

/// In one write, so that lines of several programs stay whole.
fn write_line(out: &mut impl Write, mut line: String) -> io::Result<()> {
    line.push('\n');
    out.write_all(line.as_bytes())?;
    out.flush()
}
