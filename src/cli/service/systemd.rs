//! Where systemd has its units, and `systemctl`.

use super::units::{Kind, OURS, Unit};
use crate::view::{Msg, messages as m};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The folders, below what stands for `/`.
#[derive(Clone, Debug)]
pub(super) struct Places {
    root: PathBuf,
    /// Where the person's configuration is.
    config: PathBuf,
    /// Whose units of the system may be written.
    pub(super) is_root: bool,
}

/// What is in the place of a unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum There {
    Nothing,
    Ours,
    Foreign,
}

impl Places {
    pub(super) fn find(root: Option<&Path>) -> Self {
        let config = match root {
            Some(root) => root.join("config"),
            None => directories::BaseDirs::new()
                .map(|dirs| dirs.config_dir().to_owned())
                .unwrap_or_default(),
        };
        Self {
            is_root: root.is_some() || is_superuser(),
            root: root.unwrap_or(Path::new("/")).to_owned(),
            config,
        }
    }

    /// Whether systemd runs: what `sd_booted(3)` looks at.
    pub(super) fn has_systemd(&self) -> bool {
        self.root.join("run/systemd/system").is_dir()
    }

    pub(super) fn folder(&self, kind: Kind) -> PathBuf {
        if kind.is_users() {
            self.config.join("systemd/user")
        } else {
            self.root.join("etc/systemd/system")
        }
    }

    pub(super) fn path(&self, kind: Kind, name: &str) -> PathBuf {
        self.folder(kind).join(name)
    }

    pub(super) fn write(&self, kind: Kind, unit: &Unit) -> io::Result<()> {
        let folder = self.folder(kind);
        if kind.is_users() {
            // As private as the person's configuration is by itself.
            fs::create_dir_all(&folder)?;
        } else if !folder.is_dir() {
            return Err(io::ErrorKind::NotFound.into());
        }
        // Whoever reads it meanwhile gets the old one or the new one.
        let mut file = tempfile::Builder::new()
            .prefix(".underpass-")
            .tempfile_in(&folder)?;
        io::Write::write_all(&mut file, unit.text.as_bytes())?;
        readable(file.as_file())?;
        file.persist(folder.join(unit.name))
            .map_err(|error| error.error)?;
        Ok(())
    }
}

/// What is there at a unit's path.
pub(super) fn there(path: &Path) -> io::Result<There> {
    match fs::read(path) {
        Ok(text) if text.starts_with(OURS.as_bytes()) => Ok(There::Ours),
        Ok(_) => Ok(There::Foreign),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            // A link to nowhere, as a masked unit may be, is somebody's too.
            let is_link = fs::symlink_metadata(path).is_ok();
            Ok(if is_link {
                There::Foreign
            } else {
                There::Nothing
            })
        }
        Err(error) => Err(error),
    }
}

/// systemd reads a unit that everybody may read; it has no secret.
#[cfg(unix)]
fn readable(file: &fs::File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    file.set_permissions(fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn readable(_: &fs::File) -> io::Result<()> {
    Ok(())
}

#[cfg(unix)]
fn is_superuser() -> bool {
    rustix::process::geteuid().is_root()
}

#[cfg(not(unix))]
fn is_superuser() -> bool {
    false
}

/// Has systemd do it.
pub(super) fn systemctl(kind: Kind, words: &[&str]) -> Result<(), Msg> {
    let mut command = command(kind, words);
    let shown = shown(kind, words);
    let failed = |detail: String| m::cli_failed(detail, m::cli_service_systemctl(shown.as_str()));
    let output = command.output();
    let output = output.map_err(|error| failed(error.to_string()))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let said = said.trim();
    Err(failed(if said.is_empty() {
        output.status.to_string()
    } else {
        said.to_owned()
    }))
}

/// The word that systemd has for a unit: `enabled`, `active` and the like; none, where it says nothing.
pub(super) fn word(kind: Kind, question: &str, unit: &str) -> Option<String> {
    // That it fails says no more than the word.
    let output = command(kind, &[question, unit]).output().ok()?;
    let said = String::from_utf8_lossy(&output.stdout);
    let word = said.trim();
    (!word.is_empty()).then(|| word.to_owned())
}

/// Whether the system has a user of this name.
pub(super) fn has_user(name: &str) -> bool {
    let mut id = Command::new("id");
    let id = id.args(["-u", name]).stdin(Stdio::null());
    // Without that program nothing is known of users.
    id.output().is_ok_and(|output| output.status.success())
}

fn command(kind: Kind, words: &[&str]) -> Command {
    let mut command = Command::new("systemctl");
    command
        .args(kind.is_users().then_some("--user"))
        .args(words);
    command.stdin(Stdio::null());
    command
}

fn shown(kind: Kind, words: &[&str]) -> String {
    let user = if kind.is_users() { " --user" } else { "" };
    format!("systemctl{user} {}", words.join(" "))
}
