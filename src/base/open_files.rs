//! How many files and connections this process may have open at once.
//!
//! Shells and service managers give 1,024 for the sake of old programs that cannot count further, and
//! let a program that can have more if it asks.

/// What there is now, and what there may be; `None` is no limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenFiles {
    /// Now.
    pub soft: Option<u64>,
    /// At most, if it is asked for.
    pub hard: Option<u64>,
}

/// More than this is no use, and some systems give a thousand times as many.
#[cfg(unix)]
const ENOUGH: u64 = 1 << 20;

/// The limits of this process.
#[cfg(unix)]
#[must_use]
pub fn now() -> OpenFiles {
    use rustix::process::{Resource, getrlimit};
    let limit = getrlimit(Resource::Nofile);
    OpenFiles {
        soft: limit.current,
        hard: limit.maximum,
    }
}

/// Systems without such a limit.
#[cfg(not(unix))]
#[must_use]
pub fn now() -> OpenFiles {
    OpenFiles {
        soft: None,
        hard: None,
    }
}

/// Asks for as many as there may be. Where that is refused, what there was must do.
#[cfg(unix)]
pub fn raise() {
    use rustix::process::{Resource, Rlimit, setrlimit};
    let before = now();
    let Some(wanted) = wanted(before) else { return };
    let limit = Rlimit {
        current: Some(wanted),
        maximum: before.hard,
    };
    match setrlimit(Resource::Nofile, limit) {
        Ok(()) => tracing::debug!(before = before.soft, now = wanted, "open files"),
        Err(error) => tracing::warn!(%error, before = before.soft, "no more open files"),
    }
}

/// There is nothing to ask for.
#[cfg(not(unix))]
pub fn raise() {}

/// The soft limit to ask for, if it is not there already.
#[cfg(unix)]
fn wanted(now: OpenFiles) -> Option<u64> {
    let soft = now.soft?;
    let most = now.hard.unwrap_or(ENOUGH).min(ENOUGH);
    (soft < most).then_some(most)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn as_many_as_there_may_be_and_no_fewer_than_there_are() {
        let wanted = |soft, hard| wanted(OpenFiles { soft, hard });
        assert_eq!(wanted(Some(1_024), Some(4_096)), Some(4_096));
        assert_eq!(wanted(Some(1_024), None), Some(ENOUGH));
        assert_eq!(wanted(Some(1_024), Some(u64::MAX)), Some(ENOUGH));
        assert_eq!(wanted(Some(4_096), Some(4_096)), None);
        assert_eq!(wanted(Some(1 << 30), Some(1 << 30)), None);
        assert_eq!(wanted(None, None), None);
    }
}
