//! OpenSSH's own server on loopback, with a configuration, keys and a user of its own: one process for
//! each connection, which a test can stop and kill.

use std::fs::{self, Permissions};
use std::io::Read as _;
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// Where Debian has it: not in everybody's `PATH`.
const PROGRAM: &str = "/usr/sbin/sshd";

/// Nothing that is waited for here takes as long.
const LONG: Duration = Duration::from_secs(20);

pub struct Sshd {
    dir: tempfile::TempDir,
    port: u16,
    inner: Arc<Inner>,
}

#[derive(Default)]
struct Inner {
    sessions: Mutex<Vec<Child>>,
    config: Mutex<String>,
    ends: AtomicBool,
    /// Closes what comes at once.
    refuses: AtomicBool,
}

impl Sshd {
    /// Whether it is installed.
    pub fn is_there() -> bool {
        Path::new(PROGRAM).exists()
    }

    /// One with these lines before those that it has anyway: the first that says something counts.
    pub fn start(lines: &str) -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        // A server of root's own wants it; the package makes it when the service starts.
        let _ = fs::create_dir_all("/run/sshd");
        let sshd = Self {
            port: 0,
            inner: Arc::default(),
            dir,
        };
        sshd.make_key("host", "");
        sshd.make_key("id", "");
        fs::copy(sshd.path("id.pub"), sshd.path("authorized_keys")).expect("a copy");
        sshd.configure(lines);
        sshd.listen()
    }

    fn listen(mut self) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        self.port = listener.local_addr().expect("it is bound").port();
        let (inner, dir) = (Arc::clone(&self.inner), self.dir.path().to_owned());
        thread::spawn(move || {
            for socket in listener.incoming() {
                if inner.ends.load(Ordering::SeqCst) {
                    return;
                }
                let Ok(socket) = socket else { return };
                if inner.refuses.load(Ordering::SeqCst) {
                    continue;
                }
                inner.serve(socket, &dir);
            }
        });
        let known = format!("[127.0.0.1]:{} {}", self.port, self.read("host.pub"));
        self.write("known_hosts", &known);
        self
    }

    /// These lines count for whoever connects from now on.
    pub fn configure(&self, lines: &str) {
        let path = |name: &str| self.path(name).display().to_string();
        let config = format!(
            "{lines}\nHostKey {}\nPidFile none\nAuthorizedKeysFile {}\nStrictModes no\nUsePAM no\n\
             PasswordAuthentication no\nKbdInteractiveAuthentication no\nLogLevel VERBOSE\n\
             GatewayPorts clientspecified\nPrintMotd no\nPrintLastLog no\n",
            path("host"),
            path("authorized_keys"),
        );
        *self
            .inner
            .config
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = config;
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    pub fn url(&self) -> String {
        format!("ssh://{}@127.0.0.1:{}", user(), self.port)
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).expect("it is there")
    }

    pub fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).expect("there is room");
    }

    /// A key of this name; encrypted unless the passphrase is empty.
    pub fn make_key(&self, name: &str, passphrase: &str) {
        self.make_key_of("ed25519", name, passphrase);
    }

    pub fn make_key_of(&self, kind: &str, name: &str, passphrase: &str) {
        let path = self.path(name);
        // Few rounds: a test need not take as long as a thief.
        let words = [
            "-q", "-t", kind, "-a", "4", "-N", passphrase, "-C", "test", "-f",
        ];
        keygen(&words, &path);
    }

    /// Has the key of `authority` sign that of `name`, for this principal.
    pub fn certify(&self, authority: &str, name: &str, principal: &str, is_host: bool) {
        let authority = self.path(authority).display().to_string();
        let mut words = vec!["-q", "-s", &authority, "-I", "test", "-n", principal];
        words.extend(is_host.then_some("-h"));
        keygen(&words, &self.path(&format!("{name}.pub")));
    }

    /// The fingerprint of its key, as `ssh-keygen` writes it.
    pub fn fingerprint(&self) -> String {
        let key = self.path("host.pub");
        let out = Command::new("ssh-keygen").arg("-lf").arg(key).output();
        let out = String::from_utf8(out.expect("it runs").stdout).expect("text");
        out.split(' ').nth(1).expect("a fingerprint").to_owned()
    }

    /// How many connections it has had.
    pub fn connections(&self) -> usize {
        self.inner.sessions().len()
    }

    /// Sends this signal to all that serve a connection.
    pub fn signal(&self, name: &str) {
        for session in self.inner.sessions().iter() {
            signal(session.id(), name);
        }
    }

    /// Ends all connections at once, as if it had crashed.
    pub fn kill(&self) {
        for session in self.inner.sessions().iter_mut() {
            signal(session.id(), "KILL");
            let _ = session.wait();
        }
    }

    /// Whether nobody is let in, as while it is restarted.
    pub fn refuse(&self, refuses: bool) {
        self.inner.refuses.store(refuses, Ordering::SeqCst);
    }
}

impl Inner {
    fn sessions(&self) -> std::sync::MutexGuard<'_, Vec<Child>> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn serve(&self, socket: TcpStream, dir: &Path) {
        let mut sessions = self.sessions();
        let path = dir.join(format!("config-{}", sessions.len()));
        let config = self.config.lock().unwrap_or_else(PoisonError::into_inner);
        fs::write(&path, &*config).expect("there is room");
        let out = socket.try_clone().expect("another descriptor");
        let log = fs::File::options()
            .create(true)
            .append(true)
            .open(dir.join("log"));
        let mut command = Command::new(PROGRAM);
        command.args(["-i", "-e", "-f"]).arg(path);
        command.stdin(Stdio::from(OwnedFd::from(socket)));
        command.stdout(Stdio::from(OwnedFd::from(out)));
        command.stderr(log.expect("there is room")).process_group(0);
        // The list is locked all the while, so that none is missed.
        sessions.push(command.spawn().expect("it is installed"));
    }
}

impl Drop for Sshd {
    fn drop(&mut self) {
        self.inner.ends.store(true, Ordering::SeqCst);
        // Wakes whoever listens.
        let _ = TcpStream::connect(("127.0.0.1", self.port));
        self.kill();
    }
}

/// An agent that holds what it is given.
pub struct SshAgent {
    child: Child,
    socket: PathBuf,
}

impl SshAgent {
    pub fn start(dir: &Path) -> Self {
        let socket = dir.join("agent");
        let child = Command::new("ssh-agent")
            .args(["-D", "-a"])
            .arg(&socket)
            .stdout(Stdio::null())
            .spawn()
            .expect("it is installed");
        let began = Instant::now();
        while !socket.exists() {
            assert!(began.elapsed() < LONG, "the agent listens");
            thread::yield_now();
        }
        Self { child, socket }
    }

    pub fn socket(&self) -> &Path {
        &self.socket
    }

    pub fn add(&self, key: &Path) {
        let added = Command::new("ssh-add")
            .arg("-q")
            .arg(key)
            .env("SSH_AUTH_SOCK", &self.socket)
            .status();
        assert!(added.expect("it is installed").success());
    }
}

impl Drop for SshAgent {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Whoever runs this: nobody else can be served by a server that is not root's.
pub fn user() -> String {
    let out = Command::new("id").arg("-un").output().expect("it is there");
    String::from_utf8(out.stdout)
        .expect("text")
        .trim()
        .to_owned()
}

/// Whether the port on loopback is anybody's, in time.
pub fn wait_until_free(port: u16) {
    let began = Instant::now();
    while let Ok(mut socket) = TcpStream::connect(("127.0.0.1", port)) {
        assert!(began.elapsed() < LONG, "port {port} is free");
        let _ = socket.shutdown(Shutdown::Write);
        // It is closed by whoever has it.
        let _ = socket.read(&mut [0]);
        thread::yield_now();
    }
}

fn keygen(words: &[&str], path: &Path) {
    let done = Command::new("ssh-keygen").args(words).arg(path).status();
    assert!(done.expect("it is installed").success(), "{words:?}");
    if path.extension().is_none() {
        fs::set_permissions(path, Permissions::from_mode(0o600)).expect("it is ours");
    }
}

/// To the whole group: a session of a user has a process of its own.
fn signal(process: u32, name: &str) {
    let _ = Command::new("kill")
        .args(["-s", name, "--", &format!("-{process}")])
        .stderr(Stdio::null())
        .status();
}
