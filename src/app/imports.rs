//! The files that a person names: other programs' are read on a thread of its own, since a disk may be slow,
//! and so may the program that knows what is in one; a backup is saved.

use super::event::{AskNumber, Event};
use super::run::Mailbox;
use crate::import;
use crate::model::{Catalog, ImportSource};
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
            (Err(error), _) => Err(error.to_string()),
            (Ok(_), Ok(Ok(result))) => result,
            (Ok(_), Ok(Err(_))) => Err("its thread ended".to_owned()),
            (Ok(_), Err(_)) => Err("the disk does not answer".to_owned()),
        };
        mailbox.send(Event::ImportsRead { asked, result });
    });
}

/// Saves a backup where there is nothing yet.
///
/// # Errors
/// Why it is not saved.
pub(super) fn save(backup: &Backup, file: &str) -> Result<String, String> {
    let folders = import::folders().ok_or_else(|| "no home folder is known".to_owned())?;
    let path = folders.whole(file, &folders.home);
    let shown = path.display().to_string();
    if path.symlink_metadata().is_ok() {
        return Err(format!("{shown} is there already"));
    }
    let written = backup.write(&path);
    written.map_err(|error| format!("{shown}: {error}"))?;
    Ok(shown)
}

fn sources(catalog: &Catalog, file: Option<&str>) -> Result<Vec<ImportSource>, String> {
    let folders = import::folders().ok_or_else(|| "no home folder is known".to_owned())?;
    let Some(file) = file else {
        return Ok(import::look(catalog, &folders));
    };
    let path = folders.whole(file, &folders.home);
    let read = import::read(catalog, Path::new(&path), &folders);
    read.map(|source| vec![source])
        .map_err(|error| format!("{file}: {error}"))
}
