//! Who may touch the log just now, among several programs. It knows locks, not contents.

use crate::base::files::{is_had, within};
use std::fs::{File, TryLockError};
use std::io;
use std::time::Duration;

/// How long another program may hold the log; writing a line takes it some milliseconds.
const LOCK_WAIT: Duration = Duration::from_secs(2);

/// Waits until nobody else reads or writes. Closing the file lets go.
pub(super) fn lock_for_writing(file: &File) -> io::Result<()> {
    wait_for(|| file.try_lock())
}

/// Waits until nobody writes.
pub(super) fn lock_for_reading(file: &File) -> io::Result<()> {
    wait_for(|| file.try_lock_shared())
}

fn wait_for(attempt: impl Fn() -> Result<(), TryLockError>) -> io::Result<()> {
    let held = within(LOCK_WAIT, || Ok(is_had(attempt())?.then_some(())))?;
    held.ok_or_else(|| {
        let message = "another program keeps the audit log locked";
        io::Error::new(io::ErrorKind::TimedOut, message)
    })
}
