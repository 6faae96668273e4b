//! `underpass relay` under a service manager, which the test stands in for: the sockets it hands over,
//! the notices it gets, and the shelf.

use super::kit::{Home, Running, Service, get};
use rustix::net::{RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, recvmsg};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, IoSliceMut};
use std::mem::MaybeUninit;
use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixDatagram;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// Nothing here takes as long.
const LONG: Duration = Duration::from_mins(1);

/// The sockets come as standard descriptors, for others cannot be handed to a child in safe code. The
/// shell moves them to where a service manager puts them; it says nothing, and its number stays.
const HAND_OVER: &str = r#"export LISTEN_PID=$$; case "$LISTEN_FDS" in
    2) exec "$@" 3<&0 4<&2 0</dev/null 2>/dev/null ;;
    3) exec "$@" 3<&0 4<&2 5<&1 0</dev/null 1>/dev/null 2>/dev/null ;;
esac"#;

/// What a service manager is to a relay.
struct Manager {
    home: Home,
    link: TcpListener,
    http: TcpListener,
    notices: UnixDatagram,
    shelf: BTreeMap<String, OwnedFd>,
}

impl Manager {
    fn new() -> Self {
        let home = Home::empty();
        let listen = || TcpListener::bind(("127.0.0.1", 0)).expect("a port");
        let notices = UnixDatagram::bind(home.path().join("notify")).expect("a socket");
        notices.set_read_timeout(Some(LONG)).expect("set");
        Self {
            link: listen(),
            http: listen(),
            notices,
            shelf: BTreeMap::new(),
            home,
        }
    }

    /// Starts a relay on the sockets and on what is on the shelf: one at most.
    fn start(&self) -> Child {
        let relay = self
            .home
            .command(&["relay", "--tcp-ports", "0-0", "--json"]);
        let mut command = Command::new("sh");
        command.args(["-c", HAND_OVER, "sh"]);
        command.arg(relay.get_program()).args(relay.get_args());
        for (name, value) in relay.get_envs() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        let socket = |socket: &TcpListener| Stdio::from(OwnedFd::from(again(socket)));
        command.stdin(socket(&self.link)).stderr(socket(&self.http));
        let mut names = vec!["link", "http"];
        match self.shelf.first_key_value() {
            Some((name, shelved)) => {
                names.push(name);
                command.stdout(shelved.try_clone().expect("there are descriptors"));
            }
            None => {
                command.stdout(Stdio::piped());
            }
        }
        command.env("LISTEN_FDS", names.len().to_string());
        command.env("LISTEN_FDNAMES", names.join(":"));
        command.env("NOTIFY_SOCKET", self.home.path().join("notify"));
        command.spawn().expect("there is a shell")
    }

    /// Waits for a notice that says this, and keeps what comes to be kept.
    fn hear(&mut self, wanted: &str) {
        loop {
            let notice = self.next_notice();
            if notice.lines().any(|line| line == wanted) {
                return;
            }
        }
    }

    fn next_notice(&mut self) -> String {
        let mut bytes = [0; 1024];
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
        let mut control = RecvAncillaryBuffer::new(&mut space);
        let mut into = [IoSliceMut::new(&mut bytes)];
        let flags = RecvFlags::CMSG_CLOEXEC;
        let got = recvmsg(&self.notices, &mut into, &mut control, flags).expect("a notice");
        let sockets: Vec<OwnedFd> = control
            .drain()
            .filter_map(|message| match message {
                RecvAncillaryMessage::ScmRights(sockets) => Some(sockets),
                _ => None,
            })
            .flatten()
            .collect();
        let notice = String::from_utf8_lossy(&bytes[..got.bytes]).into_owned();
        let name = notice.lines().find_map(|line| line.strip_prefix("FDNAME="));
        if let Some(name) = name {
            match sockets.into_iter().next() {
                Some(socket) => drop(self.shelf.insert(name.to_owned(), socket)),
                None => drop(self.shelf.remove(name)),
            }
        }
        notice
    }
}

fn again(socket: &TcpListener) -> TcpListener {
    socket.try_clone().expect("there are descriptors")
}

/// The line a relay says when it is up.
fn first_line(relay: &mut Child) -> Value {
    let mut said = String::new();
    let out = relay.stdout.take().expect("piped");
    let read = BufReader::new(out).read_line(&mut said);
    assert!(read.expect("it says something") > 0);
    serde_json::from_str(&said).expect("it is JSON")
}

/// Asks again and again until it is told to stop: the longest wait. Each answer is told.
fn keep_asking(url: &str, stop: &Arc<AtomicBool>, answered: Sender<()>) -> JoinHandle<Duration> {
    let (url, stop) = (url.replace("tcp://", "http://"), Arc::clone(stop));
    thread::spawn(move || {
        let mut longest = Duration::ZERO;
        while !stop.load(Ordering::Relaxed) {
            let asked = Instant::now();
            assert_eq!(get(&url), (200, "it".to_owned()));
            longest = longest.max(asked.elapsed());
            let _ = answered.send(());
        }
        longest
    })
}

#[test]
fn a_restart_under_a_service_manager_fails_nobody() {
    let mut manager = Manager::new();
    let mut relay = manager.start();
    let up = first_line(&mut relay);
    manager.hear("READY=1");
    let link = manager.link.local_addr().expect("it has one");
    assert_eq!(up["link"], json!(link.to_string()));
    let join = up["join"].as_str().expect("text");
    let (service, homes) = (Service::start("it"), [Home::new(), Home::new()]);
    let protocols = ["http", "tcp"];
    let mut hosts: Vec<Running> = homes
        .iter()
        .zip(protocols)
        .map(|(home, protocol)| {
            let target = service.target();
            let words = ["host", &target, "--name", protocol, "--relay", join];
            let more = ["--protocol", protocol, "--json", "--control"];
            home.start(&[&words[..], &more].concat())
        })
        .collect();
    let urls: Vec<String> = hosts.iter_mut().map(Running::url).collect();
    manager.hear("FDSTORE=1");
    let stop = Arc::default();
    let (answered, answers) = channel();
    let ask = |url: &String| keep_asking(url, &stop, answered.clone());
    let asking: Vec<_> = urls.iter().map(ask).collect();
    let some_answers = || {
        for _ in 0..20 {
            answers.recv_timeout(LONG).expect("they are served");
        }
    };
    some_answers();

    let told = Instant::now();
    let pid = relay.id().to_string();
    let killed = Command::new("kill").args(["-TERM", &pid]).status();
    assert!(killed.expect("kill is there").success());
    manager.hear("STOPPING=1");
    assert!(relay.wait().expect("it ends").success());
    let ended = told.elapsed();
    let mut relay = manager.start();
    manager.hear("READY=1");
    let ready = told.elapsed();
    for (host, url) in hosts.iter_mut().zip(&urls) {
        let away = host.state("reconnecting");
        assert_eq!(away["reason"], json!("relay-shut-down"));
        host.state("hosting");
        assert_eq!(&host.url(), url);
    }
    let hosted = told.elapsed();
    some_answers();
    stop.store(true, Ordering::Relaxed);
    for asking in asking {
        let longest = asking.join().expect("nobody was refused");
        eprintln!("the longest wait was {longest:?}");
    }
    eprintln!("ended after {ended:?}, ready after {ready:?}, hosted after {hosted:?}");
    for host in hosts {
        end(host);
    }
    relay.kill().expect("it lives");
    relay.wait().expect("it is dead");
}

fn end(mut host: Running) {
    host.put("quit");
    host.end().expect(0);
}
