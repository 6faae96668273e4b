//! Starting with the person's session. It knows the system's list of such programs, nothing else.

use super::DesktopError;
use auto_launch::{AutoLaunch, AutoLaunchBuilder, MacOSLaunchMode};
use std::path::{Path, PathBuf};

/// The entry in the system's list of programs that start with the session.
#[derive(Debug)]
pub struct Autostart {
    entry: AutoLaunch,
}

impl Autostart {
    /// How the program is told to start without a window.
    pub const ARGUMENT: &'static str = "--minimised";

    /// The entry for the running program.
    ///
    /// # Errors
    /// The program does not know its own place, or the system has no such list.
    pub fn for_this_program() -> Result<Self, DesktopError> {
        Self::for_program(&program().map_err(DesktopError::new)?)
    }

    fn for_program(program: &Path) -> Result<Self, DesktopError> {
        let path = program.to_str();
        let path = path.ok_or_else(|| DesktopError::new("the program's path is no text"))?;
        let entry = AutoLaunchBuilder::new()
            .set_app_name("underpass")
            .set_app_path(&as_command(path))
            .set_macos_launch_mode(MacOSLaunchMode::LaunchAgent)
            .set_args(&[Self::ARGUMENT])
            .build();
        Ok(Self {
            entry: entry.map_err(DesktopError::new)?,
        })
    }

    /// Whether it is in the list.
    ///
    /// # Errors
    /// The list cannot be read.
    pub fn is_on(&self) -> Result<bool, DesktopError> {
        self.entry.is_enabled().map_err(DesktopError::new)
    }

    /// Puts it in the list, or takes it out. What is so already stays so.
    ///
    /// # Errors
    /// The list cannot be changed.
    pub fn set(&self, on: bool) -> Result<(), DesktopError> {
        let done = match on {
            true => self.entry.enable(),
            false if self.is_on()? => self.entry.disable(),
            false => Ok(()),
        };
        done.map_err(DesktopError::new)
    }
}

/// What is to be started: an `AppImage` is mounted at another place each time.
fn program() -> std::io::Result<PathBuf> {
    match std::env::var_os("APPIMAGE") {
        Some(image) if cfg!(target_os = "linux") => Ok(image.into()),
        Some(_) | None => std::env::current_exe(),
    }
}

/// The path as the entry's file wants it. On Linux that is the Exec key of a .desktop file, where
/// some characters mean something: quoted once for the argument and once for the string it is in.
fn as_command(path: &str) -> String {
    if !cfg!(target_os = "linux") {
        return path.to_owned();
    }
    let mut command = String::from("\"");
    for c in path.chars() {
        match c {
            '"' | '`' | '$' => command.extend(["\\\\", &c.to_string()]),
            '\\' => command.push_str("\\\\\\\\"),
            '%' => command.push_str("%%"),
            '\n' => command.push_str("\\n"),
            c => command.push(c),
        }
    }
    command.push('"');
    command
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_quoted_as_a_desktop_file_wants_it() {
        assert_eq!(as_command("/opt/up pass"), r#""/opt/up pass""#);
        assert_eq!(as_command(r#"/a"b$c\d%e"#), r#""/a\\"b\\$c\\\\d%%e""#);
    }
}
