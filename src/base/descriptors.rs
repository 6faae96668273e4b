//! How many descriptors this process may hold, and which of them are kept for its own work.
//!
//! The system gives the lowest free number, so a descriptor's number says how full the table is:
//! nothing has to be counted, and whatever else the process holds counts by itself.

use std::io;
#[cfg(unix)]
use std::sync::LazyLock;

/// Kept for the link and its successor, probes, name look-ups, the audit log and other files: a
/// visitor's connection gets none of these.
#[cfg(unix)]
const RESERVED: u64 = 64;

/// Whether `socket` is one of those that are kept: whoever was given it for a visitor gives it back.
#[cfg(unix)]
pub fn is_reserved(socket: &impl std::os::fd::AsRawFd) -> bool {
    /// Asked once: the process has raised it by the time that visitors come.
    static LIMIT: LazyLock<Option<u64>> =
        LazyLock::new(|| rustix::process::getrlimit(rustix::process::Resource::Nofile).current);
    let number = u64::try_from(socket.as_raw_fd()).unwrap_or_default();
    LIMIT.is_some_and(|limit| number >= first_reserved(limit))
}

/// There is no such table elsewhere.
#[cfg(not(unix))]
pub fn is_reserved<T>(_: &T) -> bool {
    false
}

/// The lowest number that is kept under a limit of `limit` descriptors. A small table keeps a
/// quarter.
#[cfg(unix)]
fn first_reserved(limit: u64) -> u64 {
    limit - RESERVED.min(limit / 4)
}

/// Whether the system had no descriptor left to give.
pub fn ran_out(error: &io::Error) -> bool {
    #[cfg(unix)]
    let codes =
        [rustix::io::Errno::MFILE, rustix::io::Errno::NFILE].map(rustix::io::Errno::raw_os_error);
    #[cfg(not(unix))]
    /// `WSAEMFILE`.
    let codes = [10_024];
    error
        .raw_os_error()
        .is_some_and(|code| codes.contains(&code))
}

/// Whether not even a file can be opened now: a name look-up that fails does not always say so.
pub fn are_used_up() -> bool {
    #[cfg(unix)]
    return std::fs::File::open("/dev/null").is_err_and(|error| ran_out(&error));
    #[cfg(not(unix))]
    false
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_the_table_is_kept() {
        assert_eq!(first_reserved(1_024), 960);
        assert_eq!(first_reserved(256), 192);
        assert_eq!(first_reserved(16), 12);
        assert_eq!(first_reserved(0), 0);
    }

    #[test]
    fn a_number_says_how_full_the_table_is() {
        struct Numbered(i32);
        impl std::os::fd::AsRawFd for Numbered {
            fn as_raw_fd(&self) -> i32 {
                self.0
            }
        }
        assert!(!is_reserved(&Numbered(3)));
        let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
        if let Some(Ok(limit)) = limit.map(i32::try_from) {
            assert!(is_reserved(&Numbered(limit - 1)));
        }
    }

    #[test]
    fn only_a_full_table_has_run_out() {
        let full = io::Error::from_raw_os_error(rustix::io::Errno::MFILE.raw_os_error());
        assert!(ran_out(&full));
        assert!(!ran_out(&io::ErrorKind::PermissionDenied.into()));
        assert!(!are_used_up());
    }
}
