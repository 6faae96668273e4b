//! Where a program is.

use super::{ANSWER_WITHIN, Fault};
use crate::provider::ConnectError;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What a program is called, and where it may be.
#[derive(Debug)]
pub(in crate::provider) struct Names {
    pub program: &'static str,
    /// The environment variable that names another one than that on the `PATH`.
    pub variable: &'static str,
    /// Folders of its own where its installers put it.
    pub folders: &'static [&'static str],
}

/// A program, wherever it is: it is looked for at each run, since it may have been installed since.
#[derive(Clone, Debug)]
pub(in crate::provider) struct Program {
    pub(super) names: &'static Names,
    pub(super) asked: Option<OsString>,
    pub(super) within: Duration,
}

impl Program {
    /// The one that the environment names, or the one on the PATH.
    pub fn from_env(names: &'static Names) -> Self {
        let asked = std::env::var_os(names.variable).filter(|asked| !asked.is_empty());
        Self {
            names,
            asked,
            within: ANSWER_WITHIN,
        }
    }

    #[allow(
        dead_code,
        reason = "not every build has a provider that knows the path"
    )]
    pub fn at(names: &'static Names, path: impl Into<PathBuf>) -> Self {
        Self {
            names,
            asked: Some(path.into().into()),
            within: ANSWER_WITHIN,
        }
    }

    pub fn within(self, within: Duration) -> Self {
        Self { within, ..self }
    }

    /// What a fault of this program means to a person.
    pub fn told(&self, fault: Fault) -> ConnectError {
        self.misnamed(fault).told(self.names.program)
    }

    /// Whether there is something to run. A bare name that the environment gives is looked up by the
    /// system, when it is run.
    pub fn is_there(&self) -> bool {
        let path = self.path();
        path.is_some_and(|path| path.is_relative() || path.is_file())
    }

    pub(super) fn path(&self) -> Option<PathBuf> {
        match &self.asked {
            Some(asked) => Some(asked.into()),
            None => find(
                self.names,
                std::env::var_os("PATH").as_deref(),
                std::env::home_dir().as_deref(),
            ),
        }
    }
}

/// The program on `path`; else where its installers put it: a program that the desktop started does
/// not have the PATH that a terminal has.
fn find(names: &Names, path: Option<&OsStr>, home: Option<&Path>) -> Option<PathBuf> {
    let name = format!("{}{}", names.program, std::env::consts::EXE_SUFFIX);
    let on_path = path.map(std::env::split_paths).into_iter().flatten();
    let below_home = ["bin", ".local/bin", "AppData/Local/Microsoft/WinGet/Links"];
    let below_home = below_home
        .iter()
        .filter_map(|folder| Some(home?.join(folder)));
    let shared = ["/opt/homebrew/bin", "/usr/local/bin"];
    let shared = shared.iter().chain(names.folders).map(PathBuf::from);
    on_path
        .chain(below_home)
        .chain(shared)
        // A relative folder of the PATH would mean whatever folder this happens to run in.
        .filter(|folder| folder.is_absolute())
        .map(|folder| folder.join(&name))
        .find(|program| program.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    const NAMES: Names = Names {
        program: "sample",
        variable: "SAMPLE_BIN",
        folders: &[],
    };

    #[test]
    fn it_is_found_on_the_path_and_where_its_installers_put_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let (path, home) = (folder.path().join("path"), folder.path().join("home"));
        let in_home = home.join("bin");
        fs::create_dir_all(&path).expect("a folder");
        fs::create_dir_all(&in_home).expect("a folder");
        let both = std::env::join_paths([Path::new("bin"), &path]).expect("a path");
        let find = || super::find(&NAMES, Some(&both), Some(&home));
        let name = format!("sample{}", std::env::consts::EXE_SUFFIX);
        fs::write(in_home.join(&name), "").expect("a file");
        assert_eq!(find(), Some(in_home.join(&name)));
        fs::write(path.join(&name), "").expect("a file");
        assert_eq!(find(), Some(path.join(&name)));
    }
}
