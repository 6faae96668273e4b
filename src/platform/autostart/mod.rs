//! Starting with the person's session. It knows the system's list of such programs, nothing else.

#[cfg(target_os = "linux")]
mod desktop_file;

use super::DesktopError;
#[cfg(not(target_os = "linux"))]
use auto_launch::{AutoLaunch, AutoLaunchBuilder, MacOSLaunchMode};
#[cfg(target_os = "linux")]
use desktop_file::Entry;
use std::path::{Path, PathBuf};

/// The entry in the system's list of programs that start with the session.
#[derive(Debug)]
pub struct Autostart {
    #[cfg(target_os = "linux")]
    entry: Entry,
    #[cfg(not(target_os = "linux"))]
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

    #[cfg(target_os = "linux")]
    fn for_program(program: &Path) -> Result<Self, DesktopError> {
        let dirs = directories::BaseDirs::new();
        let dirs = dirs.ok_or_else(|| DesktopError::new("no home folder is known"))?;
        // `$XDG_CONFIG_HOME`, or `~/.config`.
        let dir = dirs.config_dir().join("autostart");
        Ok(Self {
            entry: Entry::new(&dir, program, Self::ARGUMENT)?,
        })
    }

    #[cfg(not(target_os = "linux"))]
    fn for_program(program: &Path) -> Result<Self, DesktopError> {
        let path = program.to_str();
        let path = path.ok_or_else(|| DesktopError::new("the program's path is no text"))?;
        let entry = AutoLaunchBuilder::new()
            .set_app_name("underpass")
            .set_app_path(path)
            .set_macos_launch_mode(MacOSLaunchMode::LaunchAgent)
            .set_args(&[Self::ARGUMENT])
            .build();
        Ok(Self {
            entry: entry.map_err(DesktopError::new)?,
        })
    }

    /// Whether the session would start this program or another copy of it.
    pub fn is_on(&self) -> Result<bool, DesktopError> {
        #[cfg(target_os = "linux")]
        {
            self.entry.is_on()
        }
        #[cfg(not(target_os = "linux"))]
        {
            self.entry.is_enabled().map_err(DesktopError::new)
        }
    }

    /// Puts it in the list, or takes it out. What is so already stays so.
    pub fn set(&self, on: bool) -> Result<(), DesktopError> {
        #[cfg(target_os = "linux")]
        {
            self.entry.set(on)
        }
        #[cfg(not(target_os = "linux"))]
        {
            let done = match on {
                true => self.entry.enable(),
                false if self.is_on()? => self.entry.disable(),
                false => Ok(()),
            };
            done.map_err(DesktopError::new)
        }
    }

    /// Makes the entry lead to this program, if it is on and was left by a copy of it that is gone: the
    /// program was moved or updated.
    pub fn refresh(&self) -> Result<(), DesktopError> {
        #[cfg(target_os = "linux")]
        {
            self.entry.refresh()
        }
        #[cfg(not(target_os = "linux"))]
        {
            // The entry has the program's path there too; setting it again is how it is brought up to date.
            if self.is_on()? {
                self.set(true)
            } else {
                Ok(())
            }
        }
    }
}

/// What is to be started: an `AppImage` is mounted at another place each time.
fn program() -> std::io::Result<PathBuf> {
    match std::env::var_os("APPIMAGE") {
        Some(image) if cfg!(target_os = "linux") => Ok(image.into()),
        Some(_) | None => std::env::current_exe(),
    }
}
