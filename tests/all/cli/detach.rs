//! `underpass host --detach`: what is left behind when the command has ended, and what it says where
//! nothing is.

use super::kit::{Home, Service, get};
use serde_json::{Value, json};
use std::fs;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use underpass::control::{Answer, Request, Server};

/// A home in which nothing goes on when the test is over, however it ends.
struct Left(Home);

impl Drop for Left {
    fn drop(&mut self) {
        let mut stop = self.0.command(&["stop", "--all"]);
        let _ = stop.stdout(Stdio::null()).stderr(Stdio::null()).status();
    }
}

impl Left {
    fn new() -> Self {
        Self(Home::new())
    }

    fn status(&self, tunnel: &str) -> Value {
        let lines = self.0.run(&["status", tunnel, "--json"]).expect(0).json();
        let [line] = lines.try_into().expect("one line");
        line
    }
}

/// What the system knows of a process.
fn proc(process: &Value, name: &str) -> PathBuf {
    PathBuf::from(format!("/proc/{process}/{name}"))
}

#[test]
fn it_ends_with_the_url_and_a_process_without_terminal_goes_on() {
    let (left, service) = (Left::new(), Service::start("hello"));
    let target = service.target();
    let words = ["host", &target, "--name", "shop", "--detach", "--url-only"];
    let url = left.0.run(&words).expect(0).out;
    let url = url.strip_suffix('\n').expect("a line, and no more");
    assert_eq!(get(url), (200, "hello".to_owned()));
    let line = left.status("shop");
    assert_eq!(line["host"]["by"], json!("background"));
    assert_eq!(line["ports"][0]["url"], json!(url));
    let process = &line["host"]["pid"];
    if cfg!(target_os = "linux") {
        let stat = fs::read_to_string(proc(process, "stat")).expect("it runs");
        let (_, fields) = stat.rsplit_once(") ").expect("as proc(5) has it");
        let fields: Vec<&str> = fields.split(' ').collect();
        // State, parent, group, session, terminal.
        let own = process.to_string();
        assert_eq!(fields[2..5], [own.as_str(), own.as_str(), "0"], "{stat}");
        for stream in ["fd/0", "fd/1", "fd/2"] {
            let leads = fs::read_link(proc(process, stream)).expect("open");
            assert_eq!(leads, PathBuf::from("/dev/null"), "{stream}");
        }
    }
    let text = left.0.run(&["status"]).expect(0).out;
    assert!(
        text.contains(&format!("background, process {process}")),
        "{text}"
    );
    left.0.run(&["stop", "shop"]).expect(0);
    let nobody = left.0.run(&["status"]).expect(0).out;
    assert!(nobody.contains("no Underpass runs"), "{nobody}");
    assert!(left.0.logs().contains("shop"), "its log is the home's");
}

#[test]
fn what_it_says_is_what_host_says() {
    let (left, service) = (Left::new(), Service::start("hello"));
    let words = [&*service.target(), "--name", "shop", "--detach"];
    let said = left.0.run(&[&["host"], &words[..], &["--json"]].concat());
    let lines = said.expect(0).json();
    let is_url = |line: &&Value| line["event"] == "url" && line["tunnel"] == "shop";
    assert_eq!(lines.iter().filter(is_url).count(), 1, "{lines:?}");
    // The name is taken now: by the process that was left behind.
    let process = left.status("shop")["host"]["pid"].clone();
    let taken = left.0.run(&[&["host"], &words[..], &["--json"]].concat());
    let line = taken.expect(4).json().pop().expect("a line");
    assert_eq!(line["reason"], json!("hosted-here"), "{line}");
    assert_eq!(line["process"], process, "{line}");
    left.0.run(&["stop", "shop"]).expect(0);
    let text = left.0.run(&[&["host"], &words[..]].concat()).expect(0);
    assert!(text.out.contains("http://shop.localhost:"), "{text:?}");
    assert!(text.err.contains("underpass stop"), "{text:?}");
}

#[test]
fn what_fails_before_is_told_with_its_own_code() {
    let left = Left::new();
    let unknown = left.0.run(&["host", "nobody", "--detach"]).expect(3);
    assert!(unknown.err.contains("nobody"), "{unknown:?}");
    let line = left
        .0
        .run(&["host", "nobody", "--detach", "--json"])
        .expect(3);
    assert_eq!(line.json()[0]["code"], json!("not-found"));
    // A relay that is not there, by a link that must be in no list of processes.
    let join = format!("underpass://secret@127.0.0.1:1#{}", "0a".repeat(32));
    let words = [
        "host",
        "3000",
        "--relay",
        &join,
        "--detach",
        "--timeout",
        "1",
    ];
    let late = left.0.run(&words).expect(6);
    assert!(late.err.contains("after 1 s"), "{late:?}");
    assert_eq!(left.0.run(&["status", "--json"]).expect(0).out, "");
    left.0
        .run(&["host", "3000", "--detach", "--control"])
        .expect(2);
}

#[test]
fn who_interrupts_it_before_there_is_a_url_is_not_told_that_it_goes_on() {
    let left = Left::new();
    let join = format!("underpass://secret@127.0.0.1:1#{}", "0a".repeat(32));
    let words = ["host", "3000", "--relay", &join, "--detach", "--json"];
    let mut waits = left.0.start(&words);
    waits.wait_for(&json!({"event": "state", "state": "connecting"}));
    waits.signal("INT");
    let ended = waits.end().expect(130);
    assert_eq!(ended.err, "", "nothing goes on");
    assert_eq!(left.0.run(&["status", "--json"]).expect(0).out, "");
}

#[test]
fn whoever_reads_no_complaints_is_not_waited_for() {
    let (left, service) = (Left::new(), Service::start("hello"));
    // A misspelt setting is told of.
    let settings = r#"{"version":1,"data":{"theem":1,"relay":{"http_port":0,"tcp_ports":[0,0]}}}"#;
    left.0.write("settings.json", settings);
    let mut command = left.0.command(&["host", &service.target(), "--detach"]);
    let full = fs::OpenOptions::new().write(true).open("/dev/full");
    command.stderr(full.expect("a device"));
    let status = command.stdout(Stdio::null()).status();
    assert!(status.expect("it ends").success());
    left.0.run(&["stop", "--all"]).expect(0);
}

/// A stand-in for the desktop program: it has a tunnel, and hosts it when it is asked to.
fn desktop(home: &Home, hosts: &Arc<AtomicBool>) -> Server {
    let hosts = Arc::clone(hosts);
    let answer = move |request| {
        let is_up = match &request {
            Request::Start { .. } => {
                hosts.store(true, Ordering::SeqCst);
                true
            }
            _ => hosts.load(Ordering::SeqCst),
        };
        let url = is_up.then_some("http://shop.localhost:7480/");
        let tunnel = json!({
            "tunnel": "shop", "name": "shop", "provider": "relay",
            "state": if is_up { "hosting" } else { "stopped" },
            "ports": [{"port": 3000, "target": "localhost:3000", "protocol": "auto", "url": url}],
        });
        match request {
            Request::Status => json!({
                "answer": "status", "by": "desktop", "pid": 4711, "version": "1",
                "running_since": "2026-11-22T06:24:58.002Z", "tunnels": [tunnel],
            }),
            Request::Start { .. } => {
                let mut answer = tunnel;
                answer["answer"] = json!("tunnel");
                answer
            }
            _ => json!({"answer": "refused", "why": "not-here"}),
        }
    };
    let handler = Arc::new(
        move |request| -> std::pin::Pin<Box<dyn Future<Output = Answer> + Send>> {
            let said = answer(request);
            Box::pin(async move { serde_json::from_value(said).expect("an answer") })
        },
    );
    Server::start(home.path(), handler).expect("it listens")
}

#[test]
fn the_desktop_program_gets_what_it_has_saved() {
    let (left, hosts) = (Left::new(), Arc::new(AtomicBool::new(false)));
    let _desktop = desktop(&left.0, &hosts);
    let url = left.0.run(&["host", "shop", "--detach", "--url-only"]);
    assert_eq!(url.expect(0).out, "http://shop.localhost:7480/\n");
    assert!(hosts.load(Ordering::SeqCst), "it was asked");
    let lines = left
        .0
        .run(&["host", "shop", "--detach", "--json"])
        .expect(0);
    let line = &lines.json()[0];
    assert_eq!(
        (&line["event"], &line["url"], &line["port"]),
        (
            &json!("url"),
            &json!("http://shop.localhost:7480/"),
            &json!(3000)
        )
    );
}
