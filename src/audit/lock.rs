//! Who may touch the log just now, among several programs. It knows locks, not contents.

use std::fs::{File, TryLockError};
use std::io;
use std::time::{Duration, Instant};

/// How long another program may hold the log; writing a line takes it some milliseconds.
const LOCK_WAIT: Duration = Duration::from_secs(2);

/// The pause between two looks at the lock: the system has no wait for it that ends.
const LOCK_PAUSE: Duration = Duration::from_millis(5);

/// Waits until nobody else reads or writes. Closing the file lets go.
pub(super) fn lock_for_writing(file: &File) -> io::Result<()> {
    wait_for(|| file.try_lock())
}

/// Waits until nobody writes.
pub(super) fn lock_for_reading(file: &File) -> io::Result<()> {
    wait_for(|| file.try_lock_shared())
}

#[expect(
    clippy::disallowed_methods,
    reason = "the system tells nobody that a file lock is free"
)]
fn wait_for(attempt: impl Fn() -> Result<(), TryLockError>) -> io::Result<()> {
    let start = Instant::now();
    loop {
        match attempt() {
            Ok(()) => return Ok(()),
            Err(TryLockError::Error(error)) => return Err(error),
            Err(TryLockError::WouldBlock) if start.elapsed() < LOCK_WAIT => {
                std::thread::sleep(LOCK_PAUSE);
            }
            Err(TryLockError::WouldBlock) => {
                let message = "another program keeps the audit log locked";
                return Err(io::Error::new(io::ErrorKind::TimedOut, message));
            }
        }
    }
}
