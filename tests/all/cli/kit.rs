//! A home of its own, the binary in it, a service to host and a visitor. Everything waits for lines
//! and ends; nothing sleeps.

use crate::support::schema;
use serde_json::Value;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

/// Nothing here takes as long, on any machine that can run the tests at all.
const LONG: Duration = Duration::from_mins(1);

/// Probes and attempts in quick succession, on any free ports.
const SETTINGS: &str = r#"{"version":1,"data":{
    "relay":{"http_port":0,"tcp_ports":[0,0]},
    "timing":{"probe_interval_ms":300,"backoff_initial_ms":100,"backoff_cap_ms":500}}}"#;

/// A home that only one test has.
pub(super) struct Home {
    dir: tempfile::TempDir,
}

/// How a run ended.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) code: Option<i32>,
    pub(super) out: String,
    pub(super) err: String,
}

impl Home {
    pub(super) fn new() -> Self {
        let home = Self::empty();
        home.write("settings.json", SETTINGS);
        home
    }

    pub(super) fn empty() -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        Self { dir }
    }

    pub(super) fn path(&self) -> &Path {
        self.dir.path()
    }

    pub(super) fn write(&self, name: &str, text: &str) {
        fs::write(self.path().join(name), text).expect("written");
    }

    /// The text of the file, empty when it is not there.
    pub(super) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path().join(name)).unwrap_or_default()
    }

    pub(super) fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.path()).expect("there");
        let name = |entry: fs::DirEntry| entry.file_name().to_string_lossy().into_owned();
        entries
            .map(|entry| name(entry.expect("readable")))
            .collect()
    }

    /// All that the program logged.
    pub(super) fn logs(&self) -> String {
        let logs = underpass::logging::logs_dir(self.path());
        underpass::logging::read_tail(&logs, u64::MAX).expect("readable")
    }

    /// The binary in this home, in English and without a desktop.
    pub(super) fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_underpass"));
        command.args(words).env("UNDERPASS_HOME", self.path());
        command.env("LC_ALL", "C");
        for name in [
            "DISPLAY",
            "WAYLAND_DISPLAY",
            "WAYLAND_SOCKET",
            "DBUS_SESSION_BUS_ADDRESS",
            "RUST_LOG",
            "RUST_BACKTRACE",
            "UNDERPASS_LOG",
            "UNDERPASS_REACH",
            "UNDERPASS_RELAY",
        ] {
            command.env_remove(name);
        }
        command
    }

    /// Runs it to its end.
    pub(super) fn run(&self, words: &[&str]) -> Ended {
        finish(&mut self.command(words))
    }

    /// Starts it; its lines are JSON.
    pub(super) fn start(&self, words: &[&str]) -> Running {
        Running::start(&mut self.command(words))
    }
}

impl Ended {
    /// It panicked nowhere and ended so.
    pub(super) fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{self:?}");
        assert!(!self.err.contains("panicked"), "{self:?}");
        self
    }

    pub(super) fn json(&self) -> Vec<Value> {
        let line = |line| serde_json::from_str(line).expect("each line is JSON");
        self.out.lines().map(line).collect()
    }
}

/// Runs a command to its end, within a minute.
pub(super) fn finish(command: &mut Command) -> Ended {
    let command = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().expect("it starts");
    let out = read_all(child.stdout.take().expect("piped"));
    let err = read_all(child.stderr.take().expect("piped"));
    let text = |from: &Receiver<String>, child: &mut Child| {
        from.recv_timeout(LONG).unwrap_or_else(|_| {
            let _ = child.kill();
            panic!("it does not end");
        })
    };
    let (out, err) = (text(&out, &mut child), text(&err, &mut child));
    let code = child.wait().expect("it ended").code();
    Ended { code, out, err }
}

fn read_all(mut from: impl Read + Send + 'static) -> Receiver<String> {
    let (text, all) = mpsc::channel();
    thread::spawn(move || {
        let mut bytes = vec![];
        let _ = from.read_to_end(&mut bytes);
        let _ = text.send(String::from_utf8_lossy(&bytes).into_owned());
    });
    all
}

fn read_lines(from: impl Read + Send + 'static) -> Receiver<String> {
    let (line, lines) = mpsc::channel();
    thread::spawn(move || {
        for text in BufReader::new(from).lines().map_while(Result::ok) {
            let _ = line.send(text);
        }
    });
    lines
}

/// A program that runs and says what it does.
pub(super) struct Running {
    child: Child,
    stdin: Option<ChildStdin>,
    lines: Receiver<String>,
    errors: Receiver<String>,
    said: Vec<String>,
    complained: Vec<String>,
    /// Its lines are those that the schema is of.
    hosts: bool,
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Running {
    pub(super) fn start(command: &mut Command) -> Self {
        let command = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let hosts = command.get_args().any(|word| word == "host");
        let mut child = command.spawn().expect("it starts");
        let lines = read_lines(child.stdout.take().expect("piped"));
        let errors = read_lines(child.stderr.take().expect("piped"));
        Self {
            stdin: child.stdin.take(),
            child,
            lines,
            errors,
            said: vec![],
            complained: vec![],
            hosts,
        }
    }

    pub(super) fn put(&mut self, line: &str) {
        let stdin = self.stdin.as_mut().expect("it is open");
        writeln!(stdin, "{line}").expect("it reads");
    }

    pub(super) fn close_stdin(&mut self) {
        self.stdin = None;
    }

    /// The first line from now on that has all these fields.
    pub(super) fn wait_for(&mut self, wanted: &Value) -> Value {
        let deadline = Instant::now() + LONG;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.lines.recv_timeout(left) {
                Ok(text) => {
                    let line: Value = serde_json::from_str(&text).expect("each line is JSON");
                    self.said.push(text);
                    if self.hosts {
                        schema::check(&line).expect("as docs/json-lines.schema.json has it");
                    }
                    if has(&line, wanted) {
                        return line;
                    }
                }
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                    let said = self.said.join("\n");
                    let _ = self.child.kill();
                    let err: Vec<String> = self.errors.iter().collect();
                    panic!("{wanted} did not come:\n{said}\n{err:?}");
                }
            }
        }
    }

    /// The first line from the start on that has all these fields.
    pub(super) fn find(&mut self, wanted: &Value) -> Value {
        let said = self
            .said
            .iter()
            .filter_map(|text| serde_json::from_str(text).ok());
        let found = said.into_iter().find(|line: &Value| has(line, wanted));
        found.unwrap_or_else(|| self.wait_for(wanted))
    }

    /// The first line from now on that has this in it, for what says no JSON.
    pub(super) fn wait_for_text(&mut self, part: &str) -> String {
        loop {
            let text = self.lines.recv_timeout(LONG).expect("it says it");
            self.said.push(text.clone());
            if text.contains(part) {
                return text;
            }
        }
    }

    /// Waits until standard error has a line with this in it.
    pub(super) fn wait_for_error(&mut self, part: &str) {
        while !self.complained.iter().any(|text| text.contains(part)) {
            let text = self.errors.recv_timeout(LONG);
            self.complained.push(text.expect("it says it"));
        }
    }

    /// The URL of the next line that has one.
    pub(super) fn url(&mut self) -> String {
        let line = self.wait_for(&serde_json::json!({"event": "url"}));
        line["url"].as_str().expect("text").to_owned()
    }

    pub(super) fn state(&mut self, state: &str) -> Value {
        self.wait_for(&serde_json::json!({"event": "state", "state": state}))
    }

    pub(super) fn health(&mut self, health: &str) -> Value {
        self.wait_for(&serde_json::json!({"event": "health", "health": health}))
    }

    pub(super) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// As `kill -NAME` sends it.
    pub(super) fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        let sent = Command::new("kill")
            .args([&format!("-{name}"), &pid])
            .status();
        assert!(sent.expect("kill is there").success());
    }

    /// As `kill -9` ends it.
    pub(super) fn kill(mut self) {
        self.child.kill().expect("it lives");
        self.child.wait().expect("it is dead");
    }

    /// Waits for its end: what it said from the start.
    pub(super) fn end(mut self) -> Ended {
        let deadline = Instant::now() + LONG;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.lines.recv_timeout(left) {
                Ok(text) => self.said.push(text),
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => panic!("it does not end: {:?}", self.said),
            }
        }
        self.complained.extend(self.errors.iter());
        Ended {
            code: self.child.wait().expect("it ended").code(),
            out: self.said.join("\n"),
            err: self.complained.join("\n"),
        }
    }
}

/// Whether the line has each field of `wanted`, with its value.
fn has(line: &Value, wanted: &Value) -> bool {
    let wanted = wanted.as_object().expect("fields");
    wanted
        .iter()
        .all(|(name, value)| line.get(name) == Some(value))
}

/// A web server on a free port that answers everything with its text.
pub(super) struct Service {
    port: u16,
    text: &'static str,
    running: Option<(Arc<AtomicBool>, thread::JoinHandle<()>)>,
}

impl Service {
    pub(super) fn start(text: &'static str) -> Self {
        let mut service = Self {
            port: 0,
            text,
            running: None,
        };
        service.restart();
        service
    }

    pub(super) fn port(&self) -> u16 {
        self.port
    }

    pub(super) fn target(&self) -> String {
        self.port.to_string()
    }

    /// Listens again, on the port it had.
    pub(super) fn restart(&mut self) {
        let listener = TcpListener::bind(("127.0.0.1", self.port)).expect("a port");
        self.port = listener.local_addr().expect("it has one").port();
        let over = Arc::new(AtomicBool::new(false));
        let (ended, text) = (Arc::clone(&over), self.text);
        let thread = thread::spawn(move || {
            for socket in listener.incoming().map_while(Result::ok) {
                if ended.load(Ordering::SeqCst) {
                    return;
                }
                thread::spawn(move || answer(socket, text));
            }
        });
        self.running = Some((over, thread));
    }

    /// Its port is closed when this returns.
    pub(super) fn stop(&mut self) {
        if let Some((over, thread)) = self.running.take() {
            over.store(true, Ordering::SeqCst);
            let _ = TcpStream::connect(("127.0.0.1", self.port));
            thread.join().expect("it ends");
        }
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.stop();
    }
}

fn answer(mut socket: TcpStream, text: &str) {
    let _ = socket.set_read_timeout(Some(LONG));
    // What does not begin as HTTP is refused at once, as a web server does.
    let mut first = [0];
    if !socket
        .peek(&mut first)
        .is_ok_and(|_| first[0].is_ascii_uppercase())
    {
        let _ = socket.write_all(b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n");
        return;
    }
    let mut lines = BufReader::new(&socket).lines().map_while(Result::ok);
    let Some(first) = lines.next() else { return };
    if lines.find(String::is_empty).is_none() {
        return;
    }
    let body = if first.starts_with("HEAD") { "" } else { text };
    let head = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length:";
    let _ = write!(socket, "{head} {}\r\n\r\n{body}", text.len());
    let _ = socket.shutdown(Shutdown::Write);
}

/// Fetches a URL of a tunnel as a visitor on this machine: status and body.
pub(super) fn get(url: &str) -> (u16, String) {
    let rest = url.strip_prefix("http://").expect("a web URL");
    let authority = rest.split('/').next().expect("a host");
    let (host, port) = authority.rsplit_once(':').expect("a port");
    let port: u16 = port.parse().expect("a number");
    // Names are this computer's here, whatever they are called.
    let address = host.parse().unwrap_or(Ipv4Addr::LOCALHOST);
    let mut socket = TcpStream::connect((address, port)).expect("the relay listens");
    socket.set_read_timeout(Some(LONG)).expect("set");
    write!(
        socket,
        "GET / HTTP/1.1\r\nhost: {authority}\r\nconnection: close\r\n\r\n"
    )
    .expect("sent");
    let mut bytes = vec![];
    socket.read_to_end(&mut bytes).expect("an answer");
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let status = text.split(' ').nth(1).and_then(|code| code.parse().ok());
    let body = text.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    (status.expect("a status"), body.to_owned())
}

/// A port that was free a moment ago.
pub(super) fn free_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    listener.local_addr().expect("it has one").port()
}

/// The token of a join link.
pub(super) fn token(join: &str) -> &str {
    let rest = join.strip_prefix("underpass://").expect("a join link");
    rest.split('@').next().expect("a token")
}

/// A folder that is no home.
pub(super) fn folder(home: &Home, name: &str) -> PathBuf {
    home.path().join(name)
}
