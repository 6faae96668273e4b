//! Tells a crash from a quit. It knows one empty file and nothing of what ran.

use super::Home;
use crate::base::files::open_lock;
use std::fs;
use std::io;
use std::path::PathBuf;

/// A file that is there while the program runs.
#[derive(Debug)]
#[must_use = "the marker is cleared by `clear`, when the program quits"]
pub struct RunMarker {
    path: PathBuf,
}

impl RunMarker {
    /// Leaves the marker, and says whether one was left by the run before: that run was not told to
    /// end. Only the first instance may call it.
    pub fn set(home: &Home) -> io::Result<(Self, bool)> {
        let path = home.file("running");
        let was_left = path.try_exists()?;
        open_lock(&path)?;
        Ok((Self { path }, was_left))
    }

    /// The program quits as it was told to.
    pub fn clear(self) -> io::Result<()> {
        fs::remove_file(self.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_that_did_not_clear_it_is_found_by_the_next() {
        let dir = tempfile::tempdir().expect("a folder");
        let home = Home::at(dir.path()).expect("a home");
        let (marker, was_left) = RunMarker::set(&home).expect("set");
        assert!(!was_left);
        drop(marker);
        let (marker, was_left) = RunMarker::set(&home).expect("set");
        assert!(was_left);
        marker.clear().expect("cleared");
        assert!(!RunMarker::set(&home).expect("set").1);
    }
}
