//! Writes lines on a thread of its own: a reader that is slow, stuck or gone never holds up the app.

use std::io::{self, Write};
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::thread;
use std::time::Duration;

/// Lines that may wait for a slow reader; more are dropped and counted in the log.
const QUEUE: usize = 4_096;

/// How long the last lines may take at the end.
const LAST_LINES: Duration = Duration::from_secs(2);

enum Job {
    Line(String),
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
    for job in inbox {
        match job {
            Job::Line(line) if closed.is_some() => {
                if let Err(error) = write_line(&mut out, line) {
                    tracing::info!(%error, "standard output takes no more lines");
                    if let Some(closed) = closed.take() {
                        closed(&error);
                    }
                }
            }
            Job::Line(_) => {}
            Job::Finish(done) => {
                // Whoever waits may have given up.
                let _ = done.send(());
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
