//! Unix domain sockets in a folder that only the home's user can open, one a process.
//!
//! A home's path may be longer than a socket's address (108 bytes on Linux, 104 elsewhere). On Linux the
//! address then goes through `/proc/self/fd`, which is short wherever the folder is; on other systems such
//! a home has no channel, and that is said.

use super::FOLDER;
use crate::base::files::{check_owner, make_private_dir};
use std::ffi::OsStr;
use std::fs::{self, File, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

pub(super) type Stream = tokio::net::UnixStream;

/// The longest path that is an address on every system, in bytes.
const MAX_ADDRESS: usize = 103;

/// What a socket's file is called, behind the process's id.
const LISTENING: &str = "sock";

/// The same until somebody listens at it: who connects earlier would take it for one that was left.
const COMING: &str = "coming";

/// A socket that is not listened at for so long was left by a process that died over it.
const COMING_AT_MOST: Duration = Duration::from_mins(1);

/// A socket of this process, until this is dropped.
#[derive(Debug)]
pub(super) struct Bound {
    listener: UnixListener,
    path: PathBuf,
}

/// The same, within a runtime.
#[derive(Debug)]
pub(super) struct Listener {
    listener: tokio::net::UnixListener,
    path: PathBuf,
}

impl Bound {
    /// Listens in the home at `home`, and removes what dead processes left there.
    ///
    /// # Errors
    /// The folder cannot be made or closed to others, or the system gives no socket.
    pub(super) fn new(home: &Path) -> io::Result<Self> {
        let folder = home.join(FOLDER);
        make_private_dir(&folder)?;
        check_owner(&folder)?;
        fs::set_permissions(&folder, Permissions::from_mode(0o700))?;
        sweep(&folder);
        // Beside the id a number: two containers may share a home and count their processes alike.
        let name = format!("{}-{:08x}", std::process::id(), rand::random::<u32>());
        let path = folder.join(name);
        let (coming, path) = (path.with_extension(COMING), path.with_extension(LISTENING));
        let listener = UnixListener::bind(&Address::of(&coming)?.path)?;
        listener.set_nonblocking(true)?;
        fs::set_permissions(&coming, Permissions::from_mode(0o600))?;
        fs::rename(&coming, &path)?;
        Ok(Self { listener, path })
    }

    pub(super) fn into_listener(self) -> io::Result<Listener> {
        let Self { listener, path } = self;
        Ok(Listener {
            listener: tokio::net::UnixListener::from_std(listener)?,
            path,
        })
    }
}

impl Listener {
    /// The next connection of this user; others are dropped.
    pub(super) async fn accept(&self) -> io::Result<Stream> {
        loop {
            let (stream, _) = self.listener.accept().await?;
            if is_ours(&stream)? {
                return Ok(stream);
            }
            tracing::warn!("another user tried the control channel");
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        // One that stays is swept by the next process.
        let _ = fs::remove_file(&self.path);
    }
}

/// Whether the same user is at the other end. The folder keeps others out already; this does where
/// somebody has opened it.
fn is_ours(stream: &Stream) -> io::Result<bool> {
    Ok(stream.peer_cred()?.uid() == rustix::process::geteuid().as_raw())
}

/// Where processes listen in a home, dead ones included.
pub(super) fn sockets(home: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = files(&home.join(FOLDER), LISTENING).collect();
    found.sort();
    found
}

/// Connects to a process, which has to be this user's.
pub(super) async fn connect(path: &Path) -> io::Result<Stream> {
    let stream = Stream::connect(&Address::of(path)?.path).await?;
    if is_ours(&stream)? {
        return Ok(stream);
    }
    let why = "another user listens at the control channel";
    Err(io::Error::new(io::ErrorKind::PermissionDenied, why))
}

fn files(folder: &Path, kind: &'static str) -> impl Iterator<Item = PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let paths = entries.map(|entry| entry.path());
    paths.filter(move |path| path.extension() == Some(OsStr::new(kind)))
}

/// Removes sockets at which nobody listens any more.
fn sweep(folder: &Path) {
    let left = files(folder, LISTENING).filter(|path| is_left(path));
    let unborn = files(folder, COMING).filter(|path| is_old(path));
    for path in left.chain(unborn) {
        // Another process may have been faster.
        let _ = fs::remove_file(path);
    }
}

/// Whether the system says that nobody listens there. A process that has no time accepts nothing, and
/// is there all the same: so nothing is waited for.
fn is_left(path: &Path) -> bool {
    use socket2::{Domain, SockAddr, Socket, Type};
    let refused = || -> io::Result<bool> {
        let address = Address::of(path)?;
        let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
        socket.set_nonblocking(true)?;
        let connected = socket.connect(&SockAddr::unix(&address.path)?);
        let kind = connected.map_err(|error| error.kind());
        Ok(kind == Err(io::ErrorKind::ConnectionRefused))
    };
    refused().unwrap_or(false)
}

fn is_old(path: &Path) -> bool {
    let modified = fs::symlink_metadata(path).and_then(|facts| facts.modified());
    let age = modified.map(|at| now().duration_since(at).unwrap_or_default());
    age.is_ok_and(|age| age > COMING_AT_MOST)
}

#[expect(
    clippy::disallowed_methods,
    reason = "the times of files are the wall clock's"
)]
fn now() -> SystemTime {
    SystemTime::now()
}

/// A path that is short enough to be an address, as long as this lives.
struct Address {
    path: PathBuf,
    _folder: Option<File>,
}

impl Address {
    fn of(path: &Path) -> io::Result<Self> {
        if path.as_os_str().len() <= MAX_ADDRESS {
            return Ok(Self {
                path: path.to_owned(),
                _folder: None,
            });
        }
        Self::by_descriptor(path)
    }

    #[cfg(target_os = "linux")]
    fn by_descriptor(path: &Path) -> io::Result<Self> {
        use std::os::fd::AsRawFd as _;
        let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
            return Err(io::ErrorKind::InvalidInput.into());
        };
        let folder = File::open(folder)?;
        let here = PathBuf::from(format!("/proc/self/fd/{}", folder.as_raw_fd()));
        Ok(Self {
            path: here.join(name),
            _folder: Some(folder),
        })
    }

    #[cfg(not(target_os = "linux"))]
    fn by_descriptor(_: &Path) -> io::Result<Self> {
        let why = "the path of the home is too long for a socket";
        Err(io::Error::new(io::ErrorKind::InvalidInput, why))
    }
}
