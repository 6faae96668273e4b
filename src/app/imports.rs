//! The files that a person names: other programs' are read on a thread of its own, since a disk may be slow,
//! and so may the program that knows what is in one; a backup is saved.

use super::event::{AskNumber, Event};
use super::run::Mailbox;
use crate::base::files;
use crate::import;
use crate::model::{Catalog, FileError, ImportSource};
use crate::store::Backup;
use std::path::Path;
use std::thread;
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::time::timeout;

/// A file that takes longer is given up; its thread ends when it can.
const WITHIN: Duration = Duration::from_secs(30);

/// Reads this file, or those in the usual places, and tells what is in them.
pub(super) fn read(mailbox: Mailbox, catalog: Catalog, asked: AskNumber, file: Option<String>) {
    let (done, waits) = oneshot::channel();
    let reading = thread::Builder::new().name("import".to_owned());
    let reading = reading.spawn(move || {
        // Nobody may wait for it any more.
        let _ = done.send(sources(&catalog, file.as_deref()));
    });
    tokio::spawn(async move {
        let result = match (reading, timeout(WITHIN, waits).await) {
            (Err(error), _) => {
                tracing::warn!(%error, "no thread to read files");
                Err(FileError::BrokenOff)
            }
            (Ok(_), Ok(Ok(result))) => result,
            (Ok(_), Ok(Err(_))) => Err(FileError::BrokenOff),
            (Ok(_), Err(_)) => Err(FileError::Late),
        };
        mailbox.send(Event::ImportsRead { asked, result });
    });
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
