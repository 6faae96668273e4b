//! A stand-in for `cloudflared`: a script that prints what the real one prints, starts nothing and
//! connects to nothing, and the small web server that the real one has, which is this test's.

use std::fs;
use std::io::Read as _;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpListener;
use tokio::net::unix::pipe;
use tokio::time::timeout;

/// What is waited for comes within this time, on any machine that can run the tests at all.
const LONG: Duration = Duration::from_secs(30);

/// As version 2026.8.2 prints it for a quick tunnel: `METRICS` stands for where its server is, `NAME`
/// for the name that it got.
pub const QUICK: &str = r#"{"level":"error","message":"Configuration file /tmp/empty.yml was empty","time":"2026-11-29T14:29:11Z"}
{"level":"info","message":"Requesting new quick Tunnel on trycloudflare.com...","time":"2026-11-29T14:29:11Z"}
{"level":"info","message":"+----------------------------------------------------------------+","time":"2026-11-29T14:29:11Z"}
{"level":"info","message":"|  Your quick Tunnel has been created! Visit it at (it may take some time to be reachable):  |","time":"2026-11-29T14:29:11Z"}
{"level":"info","message":"|  https://NAME.trycloudflare.com                                |","time":"2026-11-29T14:29:11Z"}
{"level":"info","message":"+----------------------------------------------------------------+","time":"2026-11-29T14:29:11Z"}
{"level":"info","message":"Generated Connector ID: b894e6b4-5f43-4a3c-9a1d-3f6f3c2b7a10","time":"2026-11-29T14:29:11Z"}
{"level":"info","message":"Initial protocol http2","time":"2026-11-29T14:29:11Z"}
{"level":"info","message":"Starting metrics server on METRICS/metrics","time":"2026-11-29T14:29:11Z"}
"#;

/// The same of a named one.
pub const NAMED: &str = r#"{"level":"info","message":"Starting tunnel tunnelID=6ff42ae2-765d-4adf-8112-31c55c1551ef","time":"2026-11-29T14:29:11Z"}
{"level":"info","message":"Starting metrics server on METRICS/metrics","time":"2026-11-29T14:29:11Z"}
"#;

/// What it does in the end: waits to be told to stop, or for the end that a test gives it.
pub const SERVES: &str = r#"trap 'echo "{\"level\":\"info\",\"message\":\"Metrics server stopped\"}" >&2; exit 0' TERM INT
until read -r code < "$here/die" || [ -n "$code" ]; do :; done
exit "$code""#;

/// The same, deaf.
pub const DEAF: &str = r#"trap '' TERM INT
until read -r code < "$here/die" || [ -n "$code" ]; do :; done
exit "$code""#;

#[derive(Default)]
struct Answers {
    ready: bool,
    config: String,
}

pub struct StandIn {
    folder: tempfile::TempDir,
    answers: Arc<Mutex<Answers>>,
    metrics: SocketAddr,
    server: tokio::task::JoinHandle<()>,
}

impl Drop for StandIn {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl StandIn {
    /// One for quick tunnels, connected.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let metrics = listener.local_addr().expect("it is bound");
        let answers = Arc::new(Mutex::new(Answers {
            ready: true,
            ..Answers::default()
        }));
        let server = tokio::spawn(serve(listener, Arc::clone(&answers)));
        let folder = tempfile::tempdir().expect("a folder");
        for name in ["die", "alive"] {
            let made = std::process::Command::new("mkfifo")
                .arg(folder.path().join(name))
                .status();
            assert!(made.expect("mkfifo").success());
        }
        let stand_in = Self {
            folder,
            answers,
            metrics,
            server,
        };
        stand_in.says(QUICK);
        stand_in.does(SERVES);
        stand_in
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    pub fn program(&self) -> PathBuf {
        self.path().join("cloudflared")
    }

    /// What the next ones print on standard error when they start.
    pub fn says(&self, text: &str) {
        let text = text.replace("METRICS", &self.metrics.to_string());
        fs::write(self.path().join("says"), text).expect("written");
    }

    /// What they do after that, in the shell's words; `$here` is this stand-in's folder.
    pub fn does(&self, what: &str) {
        let here = self.path().display();
        let script = format!(
            "#!/bin/sh\nhere='{here}'\n\
             exec 3<>\"$here/alive\"; exec 4>\"$here/alive\"; exec 3>&-\n\
             printf '%s\\n' \"$*\" >> \"$here/started\"\n\
             env > \"$here/env\"\n\
             for word do case $word in *.yml) cp \"$word\" \"$here/config\";; esac; done\n\
             n=$(wc -l < \"$here/started\")\n\
             sed \"s/NAME/calm-river-$n/\" \"$here/says\" >&2\n{what}\n"
        );
        let path = self.program();
        fs::write(&path, script).expect("written");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("a program");
    }

    /// Whether its server says that it is connected.
    pub fn is_ready(&self, ready: bool) {
        self.answers.lock().expect("no panic with it").ready = ready;
    }

    /// What its server says of what leads where.
    pub fn config(&self, json: &str) {
        json.clone_into(&mut self.answers.lock().expect("no panic with it").config);
    }

    /// The arguments of each that was started.
    pub fn started(&self) -> Vec<String> {
        let started = fs::read_to_string(self.path().join("started"));
        started
            .unwrap_or_default()
            .lines()
            .map(str::to_owned)
            .collect()
    }

    /// What the last one had in its environment.
    pub fn environment(&self) -> String {
        fs::read_to_string(self.path().join("env")).expect("it was started")
    }

    /// The configuration that the last one was given.
    pub fn configuration(&self) -> String {
        fs::read_to_string(self.path().join("config")).expect("it was started")
    }

    /// Has the one that serves end with this code.
    pub async fn die(&self, code: u8) {
        let path = self.path().join("die");
        let write = tokio::task::spawn_blocking(move || fs::write(path, format!("{code}\n")));
        let written = timeout(LONG, write).await.expect("somebody serves");
        written.expect("no panic").expect("it is told");
    }

    /// Listens whether any of those that were started lives. Asked for while one does.
    pub fn alive(&self) -> Alive {
        let path = self.path().join("alive");
        let opened = pipe::OpenOptions::new().open_receiver(path);
        Alive(opened.expect("it is a pipe"))
    }
}

/// See [`StandIn::alive`].
pub struct Alive(pipe::Receiver);

impl Alive {
    /// Waits until none of them lives, nor any child of theirs.
    pub async fn gone(mut self) {
        let mut nothing = [0; 1];
        // Where none has lived since it was opened, no end is told: only a read shows that.
        let pipe = self.0.into_nonblocking_fd().expect("it is a pipe");
        let mut pipe = fs::File::from(pipe);
        if matches!(pipe.read(&mut nothing), Ok(0)) {
            return;
        }
        self.0 = pipe::Receiver::from_file(pipe).expect("it is a pipe");
        let read = timeout(LONG, self.0.read(&mut nothing)).await;
        assert_eq!(read.expect("they end").expect("an end"), 0);
    }
}

async fn serve(listener: TcpListener, answers: Arc<Mutex<Answers>>) {
    while let Ok((socket, _)) = listener.accept().await {
        let mut socket = BufReader::new(socket);
        let mut line = String::new();
        if socket.read_line(&mut line).await.is_err() {
            continue;
        }
        let path = line.split(' ').nth(1).unwrap_or_default();
        let (status, body) = {
            let answers = answers.lock().expect("no panic with it");
            match path {
                "/ready" if answers.ready => ("200 OK", r#"{"status":200,"readyConnections":1,"connectorId":"b894e6b4-5f43-4a3c-9a1d-3f6f3c2b7a10"}"#.to_owned()),
                "/ready" => ("503 Service Unavailable", r#"{"status":503,"readyConnections":0,"connectorId":"b894e6b4-5f43-4a3c-9a1d-3f6f3c2b7a10"}"#.to_owned()),
                "/config" => ("200 OK", answers.config.clone()),
                "/quicktunnel" => ("200 OK", r#"{"hostname":""}"#.to_owned()),
                _ => ("404 Not Found", String::new()),
            }
        };
        let answer = format!(
            "HTTP/1.0 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
            body.len()
        );
        // Whoever asked may be gone.
        let _ = socket.write_all(answer.as_bytes()).await;
        let _ = socket.shutdown().await;
    }
}
