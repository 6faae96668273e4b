//! Reads other programs' files, on a thread of its own: a disk may be slow, and so may the program that
//! knows what is in one.

use super::event::{AskNumber, Event};
use super::run::Mailbox;
use crate::import;
use crate::model::{Catalog, ImportSource};
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
