//! One instance a home: the first holds a lock, the next asks it to come to the front and leaves.
//! It knows a folder, not what is in it.

use crate::base::files::open_lock;
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use std::fs::{self, File, TryLockError};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// How long a peer may take to say what it wants; the next one waits meanwhile.
const PEER_LIMIT: Duration = Duration::from_millis(300);

/// How long the first instance may take to answer: it may be busy with a silent peer or two.
const ANSWER_LIMIT: Duration = Duration::from_secs(1);

/// For how long it is tried again: the first instance may just be starting.
const RETRY_LIMIT: Duration = Duration::from_secs(2);

/// For how long a lock is waited for that nobody listens behind: commands that change files hold it for
/// some milliseconds each.
const BRIEF_LIMIT: Duration = Duration::from_secs(3);

/// The pause between two attempts to reach an instance that is just starting.
const RAISE_PAUSE: Duration = Duration::from_millis(50);

/// The longest line a peer may send.
const MAX_LINE: u64 = 128;

const LOCK: &str = "instance.lock";
const ENDPOINT: &str = "instance.json";
const RAISED: &str = "raised";

/// This program is the one instance of its home, until this is dropped.
#[derive(Debug)]
pub struct Instance {
    shared: Arc<Shared>,
    listener_thread: Option<RaiseListener>,
    // Last: whoever comes next must find the rest gone.
    _lock: File,
}

/// Another instance has the home.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlreadyRunning {
    endpoint: PathBuf,
}

/// This program could not become the one instance.
#[derive(Debug, thiserror::Error)]
pub enum AcquireError {
    /// Another is it.
    #[error("Underpass is running already")]
    AlreadyRunning(AlreadyRunning),
    /// The lock could not be had for another reason.
    #[error("the lock {LOCK}: {0}")]
    Io(#[from] io::Error),
}

/// Where the first instance listens and what it wants to hear: in a file of its owner's alone.
#[derive(Serialize, Deserialize)]
struct Endpoint {
    port: u16,
    secret: String,
}

impl Instance {
    /// Becomes the one instance of the home at `dir`. The system lets go of the lock when a program
    /// dies, so a crash leaves nothing in the way.
    ///
    /// # Errors
    /// Another instance has it, or the lock cannot be had.
    pub fn acquire(dir: &Path) -> Result<Self, AcquireError> {
        let lock = take_lock(dir)?;
        let endpoint = dir.join(ENDPOINT);
        let shared = Arc::new(Shared::default());
        let listener_thread = RaiseListener::start(dir, endpoint, Arc::clone(&shared));
        let listener_thread = listener_thread.inspect_err(|error| {
            tracing::warn!(%error, "a second start cannot raise this window");
        });
        Ok(Self {
            shared,
            listener_thread: listener_thread.ok(),
            _lock: lock,
        })
    }

    /// Keeps every instance away for the while of a change, and is none that could come to the front:
    /// whoever starts meanwhile waits.
    ///
    /// # Errors
    /// An instance has the home, or the lock cannot be had.
    pub fn keep_away(dir: &Path) -> Result<Self, AcquireError> {
        Ok(Self {
            shared: Arc::default(),
            listener_thread: None,
            _lock: take_lock(dir)?,
        })
    }

    /// Calls this, on another thread, whenever another start wants this one in front; now and then
    /// twice for one start. One that came before is told now.
    pub fn on_raise(&self, callback: impl FnMut() + Send + 'static) {
        let mut shared = self.shared.0.lock();
        shared.callback = Some(Box::new(callback));
        if std::mem::take(&mut shared.missed) {
            shared.raise();
        }
    }
}

/// Takes the lock of a home, after those who hold it for a moment alone.
#[expect(
    clippy::disallowed_methods,
    reason = "the other program tells nobody when it is through"
)]
fn take_lock(dir: &Path) -> Result<File, AcquireError> {
    let lock = open_lock(&dir.join(LOCK))?;
    let endpoint = dir.join(ENDPOINT);
    let start = Instant::now();
    let running = AlreadyRunning { endpoint };
    loop {
        match lock.try_lock() {
            Ok(()) => return Ok(lock),
            Err(TryLockError::WouldBlock) => {
                if running.listens() || start.elapsed() > BRIEF_LIMIT {
                    return Err(AcquireError::AlreadyRunning(running));
                }
                thread::sleep(RAISE_PAUSE);
            }
            Err(TryLockError::Error(error)) => return Err(error.into()),
        }
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        if let Some(listener_thread) = self.listener_thread.take() {
            listener_thread.stop();
        }
    }
}

impl AlreadyRunning {
    /// Asks the running instance to come to the front. Takes 3 s at most.
    #[expect(
        clippy::disallowed_methods,
        reason = "the other program is starting or ending, and tells nobody when it is through"
    )]
    pub fn raise(&self) -> io::Result<()> {
        let start = Instant::now();
        loop {
            match self.request() {
                Err(_) if start.elapsed() < RETRY_LIMIT => {
                    thread::sleep(RAISE_PAUSE);
                }
                result => return result,
            }
        }
    }

    /// Whether it is a program that could come to the front.
    fn listens(&self) -> bool {
        self.connect().is_ok()
    }

    fn connect(&self) -> io::Result<(TcpStream, Endpoint)> {
        let text = fs::read(&self.endpoint)?;
        let endpoint: Endpoint = serde_json::from_slice(&text)?;
        let peer = TcpStream::connect_timeout(&loopback(endpoint.port), PEER_LIMIT)?;
        Ok((peer, endpoint))
    }

    fn request(&self) -> io::Result<()> {
        let (mut peer, endpoint) = self.connect()?;
        peer.set_write_timeout(Some(PEER_LIMIT))?;
        peer.write_all(format!("{}\n", endpoint.secret).as_bytes())?;
        match read_line(&peer, ANSWER_LIMIT)?.as_str() {
            RAISED => Ok(()),
            _ => Err(io::Error::other("the running instance does not answer")),
        }
    }
}

fn loopback(port: u16) -> SocketAddr {
    (Ipv4Addr::LOCALHOST, port).into()
}

/// What the listening thread and the instance share.
#[derive(Default)]
struct Shared(Mutex<Raise>);

#[derive(Default)]
struct Raise {
    callback: Option<Box<dyn FnMut() + Send>>,
    missed: bool,
    closing: bool,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Shared")
    }
}

impl Raise {
    fn raise(&mut self) {
        match &mut self.callback {
            Some(callback) => callback(),
            None => self.missed = true,
        }
    }
}

/// Listens on loopback for other starts.
#[derive(Debug)]
struct RaiseListener {
    address: SocketAddr,
    endpoint: PathBuf,
    shared: Arc<Shared>,
    thread: JoinHandle<()>,
}

impl RaiseListener {
    fn start(dir: &Path, endpoint: PathBuf, shared: Arc<Shared>) -> io::Result<Self> {
        let listener = TcpListener::bind(loopback(0))?;
        let address = listener.local_addr()?;
        let secret = format!("{:032x}", rand::random::<u128>());
        let contents = Endpoint {
            port: address.port(),
            secret: secret.clone(),
        };
        // Made with mode 0600; one that a crash left is replaced.
        let mut temp = tempfile::NamedTempFile::new_in(dir)?;
        serde_json::to_writer(&mut temp, &contents)?;
        temp.persist(&endpoint).map_err(|failed| failed.error)?;
        let theirs = Arc::clone(&shared);
        let thread = thread::Builder::new().name("instance".into());
        let thread = thread.spawn(move || listen(&listener, &secret, &theirs))?;
        Ok(Self {
            address,
            endpoint,
            shared,
            thread,
        })
    }

    fn stop(self) {
        let _ = fs::remove_file(&self.endpoint);
        {
            let mut shared = self.shared.0.lock();
            shared.closing = true;
            shared.callback = None;
        }
        // Wakes the listener, which then sees that it is to end.
        if TcpStream::connect_timeout(&self.address, PEER_LIMIT).is_ok() {
            let _ = self.thread.join();
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "a pause of this thread, which has nothing else to hear"
)]
fn listen(listener: &TcpListener, secret: &str, shared: &Shared) {
    for peer in listener.incoming() {
        if shared.0.lock().closing {
            return;
        }
        match peer.and_then(|peer| answer(&peer, secret)) {
            Ok(true) => shared.0.lock().raise(),
            Ok(false) => tracing::warn!("a stranger rang the instance's socket"),
            // Also the system's "too many open files": not to be tried again at once.
            Err(error) => {
                tracing::debug!(%error, "a peer of the instance's socket left");
                thread::sleep(RAISE_PAUSE);
            }
        }
    }
}

/// Whether the peer knows the secret.
fn answer(mut peer: &TcpStream, secret: &str) -> io::Result<bool> {
    peer.set_write_timeout(Some(PEER_LIMIT))?;
    let knows = read_line(peer, PEER_LIMIT)? == secret;
    if knows {
        peer.write_all(format!("{RAISED}\n").as_bytes())?;
    }
    Ok(knows)
}

/// A short line, within the limit however slowly it drips.
fn read_line(peer: &TcpStream, limit: Duration) -> io::Result<String> {
    let deadline = Instant::now() + limit;
    let mut line = Vec::new();
    let mut reader = BufReader::new(peer.take(MAX_LINE));
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        peer.set_read_timeout(Some(left))?;
        let got = reader.fill_buf()?;
        if got.is_empty() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let (used, ends) = match got.iter().position(|byte| *byte == b'\n') {
            Some(at) => (at + 1, true),
            None => (got.len(), false),
        };
        line.extend_from_slice(&got[..used - usize::from(ends)]);
        reader.consume(used);
        if ends {
            return String::from_utf8(line).map_err(io::Error::other);
        }
    }
}

#[cfg(test)]
#[path = "instance_tests.rs"]
mod tests;
