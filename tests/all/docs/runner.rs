//! Runs a line of the documents in a shell, with the built program, in a home of its own.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

/// Nothing here takes as long, on any machine that can run the tests at all.
const LONG: Duration = Duration::from_mins(1);

/// What is secret here.
pub(super) const SECRET: &str = "corr3ct-horse";

/// What another program had configured, in the folder where one works.
pub(super) const FILE_OF_ANOTHER: &str = "frpc.toml";

const FRP: &str = "serverAddr = \"frp.example.org\"\n[[proxies]]\nname = \"db\"\ntype = \"tcp\"\nlocalPort = 5432\n";

const SETTINGS: &str = r#"{"version":1,"data":{"relay":{"http_port":0,"tcp_ports":[0,0]}}}"#;

/// A service that answers each request with `200`, for as long as the tests run.
pub(super) fn service() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    let port = listener.local_addr().expect("bound").port();
    thread::spawn(move || {
        for visitor in listener.incoming().flatten() {
            thread::spawn(move || answer(visitor));
        }
    });
    port
}

fn answer(visitor: TcpStream) {
    let mut lines = BufReader::new(visitor);
    let mut line = String::new();
    while lines.read_line(&mut line).is_ok_and(|read| read > 0) {
        if line.trim().is_empty() {
            break;
        }
        line.clear();
    }
    let page = b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\nconnection: close\r\n\r\nhello";
    let _ = lines.into_inner().write_all(page);
}

/// The name or address of a URL, and its port.
fn place_of(url: &str) -> (&str, Option<&str>) {
    let rest = url.split("://").nth(1).unwrap_or(url);
    let host = rest.split('/').next().unwrap_or(rest);
    match host.rsplit_once(':') {
        Some((name, port)) => (name, Some(port)),
        None => (host, None),
    }
}

/// What a visitor of the URL gets, whose names are all of this computer.
pub(super) fn visit(url: &str) -> String {
    let (name, port) = place_of(url);
    let port = port.unwrap_or_else(|| panic!("{url} has a port"));
    let address = name.parse().unwrap_or(Ipv4Addr::LOCALHOST);
    visit_at(&format!("{address}:{port}"), url)
}

/// The same of a server at this place.
pub(super) fn visit_at(place: &str, url: &str) -> String {
    let (name, port) = place_of(url);
    let host = port.map_or(name.to_owned(), |port| format!("{name}:{port}"));
    let mut visitor = TcpStream::connect(place).expect("it listens");
    visitor.set_read_timeout(Some(LONG)).expect("set");
    write!(
        visitor,
        "GET / HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n"
    )
    .expect("sent");
    let mut page = vec![];
    visitor.read_to_end(&mut page).expect("answered");
    String::from_utf8_lossy(&page).into_owned()
}

/// A home, and a folder with `underpass` in it for the shell to find.
pub(super) struct Place {
    dir: tempfile::TempDir,
    variables: Vec<(&'static str, String)>,
}

impl Place {
    pub(super) fn new() -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        for name in ["home", "bin", "work"] {
            fs::create_dir(dir.path().join(name)).expect("made");
        }
        fs::write(dir.path().join("home/settings.json"), SETTINGS).expect("written");
        fs::write(dir.path().join("work").join(FILE_OF_ANOTHER), FRP).expect("written");
        let program = env!("CARGO_BIN_EXE_underpass");
        let link = dir.path().join("bin/underpass");
        std::os::unix::fs::symlink(program, link).expect("linked");
        Self {
            dir,
            variables: vec![],
        }
    }

    fn shell(&self, script: &str) -> Command {
        let path = std::env::var("PATH").unwrap_or_default();
        let bin = self.dir.path().join("bin");
        let mut shell = Command::new("bash");
        shell
            .args(["-c", script])
            .current_dir(self.dir.path().join("work"))
            .env("PATH", format!("{}:{path}", bin.display()))
            .env("HOME", self.dir.path())
            .env("UNDERPASS_HOME", self.dir.path().join("home"))
            .env("LC_ALL", "C")
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        for name in [
            "DISPLAY",
            "WAYLAND_DISPLAY",
            "DBUS_SESSION_BUS_ADDRESS",
            "NGROK_AUTHTOKEN",
            "SSH_AUTH_SOCK",
            "UNDERPASS_RELAY",
        ] {
            shell.env_remove(name);
        }
        shell
    }

    /// Runs it to its end.
    pub(super) fn finish(&self, script: &str) -> Output {
        let child = self
            .shell(script)
            .stdin(Stdio::null())
            .spawn()
            .expect("bash");
        let pid = child.id();
        let (ended, end) = mpsc::channel();
        thread::spawn(move || ended.send(child.wait_with_output()));
        let Ok(output) = end.recv_timeout(LONG) else {
            signal(pid, "KILL");
            panic!("does not end: {script}")
        };
        output.expect("readable")
    }

    /// A variable for all that is typed from now on.
    pub(super) fn set(&mut self, name: &'static str, value: &str) {
        self.variables.push((name, value.to_owned()));
    }

    /// The folder of whoever types.
    pub(super) fn home(&self) -> &Path {
        self.dir.path()
    }

    /// Starts one that goes on until it is stopped.
    pub(super) fn start(&self, line: &str) -> Running {
        self.start_as_typed(&format!("exec {line}"))
    }

    /// Starts one with what stands before it: bash becomes the last program that it runs.
    pub(super) fn start_as_typed(&self, line: &str) -> Running {
        let mut shell = self.shell(line);
        let mut child = shell.stdin(Stdio::piped()).spawn().expect("bash");
        let lines = lines_of(child.stdout.take().expect("piped"));
        let errors = lines_of(child.stderr.take().expect("piped"));
        Running {
            child,
            lines,
            errors,
        }
    }
}

/// A program that hosts, or a relay.
pub(super) struct Running {
    child: Child,
    lines: Receiver<String>,
    errors: Receiver<String>,
}

impl Running {
    /// The next word of its lines that begins so.
    pub(super) fn word(&self, beginnings: &[&str]) -> String {
        loop {
            let Ok(line) = self.lines.recv_timeout(LONG) else {
                let errors: Vec<String> = self.errors.try_iter().collect();
                panic!("no {beginnings:?}; it said: {errors:?}");
            };
            let found = beginnings.iter().filter_map(|start| line.find(start)).min();
            if let Some(at) = found {
                let end = |c: char| c.is_whitespace() || c == '"';
                return line[at..].split(end).next().unwrap_or_default().to_owned();
            }
        }
    }

    /// Lets one that reads a line go on, and tells how it ended.
    pub(super) fn go_on(mut self) -> Option<i32> {
        let stdin = self.child.stdin.as_mut().expect("piped");
        stdin.write_all(b"\n").expect("it reads");
        while self.lines.recv_timeout(LONG).is_ok() {}
        self.child.wait().expect("it ended").code()
    }

    /// Ends it as Ctrl-C does, and tells how it ended.
    pub(super) fn stop(mut self) -> Option<i32> {
        signal(self.child.id(), "INT");
        while self.lines.recv_timeout(LONG).is_ok() {}
        self.child.wait().expect("it ended").code()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn signal(pid: u32, name: &str) {
    let sent = Command::new("kill")
        .args([&format!("-{name}"), &pid.to_string()])
        .status();
    assert!(sent.expect("kill is there").success());
}

fn lines_of(from: impl Read + Send + 'static) -> Receiver<String> {
    let (line, all) = mpsc::channel();
    thread::spawn(move || {
        for read in BufReader::new(from).lines().map_while(Result::ok) {
            let _ = line.send(read);
        }
    });
    all
}
