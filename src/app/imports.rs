//! The files that a person names: other programs' are read on a thread of its own, since a disk may be slow,
//! and so may the program that knows what is in one; a backup is saved.

use super::event::{AskNumber, Event};
use super::run::Mailbox;
use crate::base::files;
use crate::import;
use crate::model::{Catalog, FileError, ImportSource};
use crate::store::Backup;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;
use tokio::sync::{Semaphore, oneshot};
use tokio::time::timeout;

/// A file that takes longer is given up; its thread ends when it can.
const WITHIN: Duration = Duration::from_secs(30);

/// Reads what the person asks for, one thing at a time: a disk that hangs holds one thread and no more.
#[derive(Clone)]
pub(super) struct Imports {
    /// Whoever reads has it.
    turn: Arc<Semaphore>,
    /// What was asked for last: nobody waits for what was before it.
    newest: Arc<AtomicU64>,
    /// Nobody waits for the one that reads any more.
    late: Arc<AtomicBool>,
}

impl Imports {
    pub(super) fn new() -> Self {
        Self {
            turn: Arc::new(Semaphore::new(1)),
            newest: Arc::default(),
            late: Arc::default(),
        }
    }

    /// Reads this file, or those in the usual places, and tells what is in them.
    pub(super) fn read(
        &self,
        mailbox: Mailbox,
        catalog: Catalog,
        asked: AskNumber,
        file: Option<String>,
    ) {
        let imports = self.clone();
        self.newest.store(asked, Ordering::Relaxed);
        tokio::spawn(async move {
            let job = move || sources(&catalog, file.as_deref());
            if let Some(result) = imports.run(asked, job).await {
                mailbox.send(Event::ImportsRead { asked, result });
            }
        });
    }

    /// Does it on a thread of its own; `None` when another one was asked for before its turn came.
    async fn run<T: Send + 'static>(
        &self,
        asked: AskNumber,
        job: impl FnOnce() -> Result<T, FileError> + Send + 'static,
    ) -> Option<Result<T, FileError>> {
        let within = if self.late.load(Ordering::Relaxed) {
            Duration::ZERO
        } else {
            WITHIN
        };
        let turn = timeout(within, Arc::clone(&self.turn).acquire_owned()).await;
        if self.newest.load(Ordering::Relaxed) != asked {
            return None;
        }
        let Ok(Ok(turn)) = turn else {
            return Some(Err(FileError::Busy));
        };
        let (done, waits) = oneshot::channel();
        let late = Arc::clone(&self.late);
        let reading = thread::Builder::new().name("import".to_owned());
        let reading = reading.spawn(move || {
            let result = job();
            late.store(false, Ordering::Relaxed);
            drop(turn);
            // Nobody may wait for it any more.
            let _ = done.send(result);
        });
        Some(match (reading, timeout(WITHIN, waits).await) {
            (Err(error), _) => {
                tracing::warn!(%error, "no thread to read files");
                Err(FileError::BrokenOff)
            }
            (Ok(_), Ok(Ok(result))) => result,
            (Ok(_), Ok(Err(_))) => Err(FileError::BrokenOff),
            (Ok(_), Err(_)) => {
                // Unless it has ended just now.
                self.late
                    .store(self.turn.available_permits() == 0, Ordering::Relaxed);
                Err(FileError::Late)
            }
        })
    }
}

/// Saves a backup where there is nothing yet.
///
/// # Errors
/// Why it is not saved.
pub(super) fn save(backup: &Backup, file: &str) -> Result<String, FileError> {
    let folders = import::folders().ok_or(FileError::NoHome)?;
    let path = folders.whole(file, &folders.home);
    let shown = path.display().to_string();
    if path.symlink_metadata().is_ok() {
        return Err(FileError::There { file: shown });
    }
    match backup.write(&path) {
        Ok(()) => Ok(shown),
        Err(error) => Err(FileError::NotWritten {
            file: shown,
            why: files::trouble(&error),
        }),
    }
}

fn sources(catalog: &Catalog, file: Option<&str>) -> Result<Vec<ImportSource>, FileError> {
    let folders = import::folders().ok_or(FileError::NoHome)?;
    let Some(file) = file else {
        return Ok(import::look(catalog, &folders));
    };
    let path = folders.whole(file, &folders.home);
    let read = import::read(catalog, Path::new(&path), &folders);
    read.map(|source| vec![source])
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    #[tokio::test(start_paused = true)]
    async fn a_disk_that_hangs_holds_one_thread_and_the_next_who_asks_is_told() {
        let imports = Imports::new();
        let (release, held) = mpsc::channel::<()>();
        let hang = move || {
            let _ = held.recv();
            Ok(())
        };
        let ask = |asked| imports.newest.store(asked, Ordering::Relaxed);
        ask(1);
        assert_eq!(imports.run(1, hang).await, Some(Err(FileError::Late)));
        let began = tokio::time::Instant::now();
        ask(2);
        let second = imports.run(2, || panic!("it has no thread")).await;
        assert_eq!(second, Some(Err::<(), _>(FileError::Busy)));
        assert_eq!(began.elapsed(), Duration::ZERO, "it is known to hang");
        drop(release);
        tokio::time::resume();
        // Once it is over the next one is read.
        drop(imports.turn.acquire().await);
        ask(3);
        assert_eq!(imports.run(3, || Ok("read")).await, Some(Ok("read")));
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_asked_for_while_another_one_is_read_waits_and_the_newest_alone_is_read() {
        let imports = Imports::new();
        let reading = imports.turn.acquire().await.expect("it is never closed");
        imports.newest.store(3, Ordering::Relaxed);
        let over = async {
            tokio::time::sleep(WITHIN / 2).await;
            drop(reading);
            // The runtime's clock stands still for threads.
            tokio::time::resume();
        };
        let old = imports.run(2, || Ok("old"));
        let (old, new, ()) = tokio::join!(old, imports.run(3, || Ok("new")), over);
        assert_eq!((old, new), (None, Some(Ok("new"))));
    }
}
