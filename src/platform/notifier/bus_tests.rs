//! The real calls and signals, on a bus of the test's own.

#![allow(
    clippy::print_stderr,
    reason = "what is skipped is told where tests run"
)]

use super::super::{Notifier, Slot};
use super::*;
use crate::model::AlertId;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver, Sender};
use zbus::zvariant::OwnedValue;

/// Nothing here takes long, but on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// A message bus.
struct Bus(Child, String);

impl Bus {
    /// `None` where there is none to be had.
    fn start() -> Option<Self> {
        let mut command = Command::new("dbus-daemon");
        command.args(["--session", "--nofork", "--print-address"]);
        command.arg("--address=unix:tmpdir=/tmp");
        let child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
        let Ok(mut child) = child else {
            eprintln!("NOT TESTED: notices on a bus: this computer has no dbus-daemon");
            return None;
        };
        let mut address = String::new();
        let mut out = BufReader::new(child.stdout.take().expect("it is piped"));
        out.read_line(&mut address).expect("it says where it is");
        Some(Self(child, address.trim().to_owned()))
    }

    fn connect(&self) -> Connection {
        let builder = Builder::address(self.1.as_str()).expect("an address");
        builder.build().expect("a bus")
    }

    fn serve(&self, able: &[&str]) -> (Connection, Receiver<Call>) {
        let (calls, arrived) = mpsc::channel();
        let able = able.iter().map(|able| (*able).to_owned()).collect();
        let last = 0;
        let service = Fake { calls, able, last };
        let builder = Builder::address(self.1.as_str()).expect("an address");
        let builder = builder.serve_at(PATH, service).expect("a path");
        let bus = builder.name(NAME).expect("a name").build();
        (bus.expect("a bus"), arrived)
    }

    fn notifier(&self) -> (Notifier, Receiver<Action>) {
        let (clicked, clicks) = mpsc::channel();
        let (board, slot) = (Board::default(), Arc::new(Slot::default()));
        let act = Arc::new(move |action| {
            let _ = clicked.send(action);
        });
        let came = Slot::came(&slot);
        let service = Desktop::new(Some(self.1.clone()), Arc::clone(&board), act, came);
        let notifier = Notifier::start_with(service, board, slot);
        (notifier.expect("a thread"), clicks)
    }
}

impl Drop for Bus {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// What the service was asked.
#[derive(Debug, PartialEq, Eq)]
enum Call {
    Notify {
        instead: u32,
        title: String,
        body: String,
        actions: Vec<String>,
    },
    Close(u32),
}

struct Fake {
    calls: Sender<Call>,
    able: Vec<String>,
    last: u32,
}

#[zbus::interface(name = "org.freedesktop.Notifications")]
impl Fake {
    fn get_capabilities(&self) -> Vec<String> {
        self.able.clone()
    }

    #[allow(
        clippy::too_many_arguments,
        clippy::needless_pass_by_value,
        reason = "the specification has it so"
    )]
    fn notify(
        &mut self,
        app: String,
        instead: u32,
        icon: String,
        title: String,
        body: String,
        actions: Vec<String>,
        hints: HashMap<String, OwnedValue>,
        timeout: i32,
    ) -> u32 {
        let call = (app.as_str(), icon.as_str(), timeout);
        assert_eq!(call, ("Underpass", "underpass", -1));
        assert!(hints.contains_key("urgency"));
        let call = Call::Notify {
            instead,
            title,
            body,
            actions,
        };
        let _ = self.calls.send(call);
        self.last = if instead == 0 { self.last + 1 } else { instead };
        self.last
    }

    fn close_notification(&self, id: u32) {
        let _ = self.calls.send(Call::Close(id));
    }
}

fn note(id: u64, body: &str) -> Note {
    Note {
        id: AlertId::Told(id),
        title: "<a> is down".to_owned(),
        body: body.to_owned(),
        buttons: vec![("Stop all".to_owned(), Action::StopAll)],
        open: ("Show".to_owned(), Action::OpenWindow),
    }
}

fn notify(instead: u32, body: &str, actions: &[&str]) -> Call {
    Call::Notify {
        instead,
        title: "<a> is down".to_owned(),
        body: body.to_owned(),
        actions: actions.iter().map(|it| (*it).to_owned()).collect(),
    }
}

fn click(bus: &Connection, id: u32, key: &str) {
    let to: Option<&str> = None;
    let sent = bus.emit_signal(to, PATH, NAME, "ActionInvoked", &(id, key));
    sent.expect("it is sent");
}

const BUTTONS: [&str; 4] = [DEFAULT, "Show", "0", "Stop all"];

#[test]
fn a_click_brings_its_action_back_and_a_strangers_does_not() {
    let Some(bus) = Bus::start() else { return };
    let (service, calls) = bus.serve(&["actions", "body", "body-markup"]);
    let (notifier, clicks) = bus.notifier();
    notifier.follow(vec![note(7, "a < b & c")]);
    let shown = calls.recv_timeout(PATIENCE).expect("it is shown");
    assert_eq!(shown, notify(0, "a &lt; b &amp; c", &BUTTONS));
    // It is shown when the answer has arrived, which comes after the call.
    let mut clicked = None;
    let until = std::time::Instant::now() + PATIENCE;
    while clicked.is_none() && std::time::Instant::now() < until {
        click(&bus.connect(), 1, DEFAULT);
        click(&service, 2, DEFAULT);
        click(&service, 1, "7");
        click(&service, 1, "0");
        clicked = clicks.recv_timeout(Duration::from_millis(200)).ok();
    }
    assert_eq!(clicked, Some(Action::StopAll));
    while clicks.recv_timeout(Duration::from_millis(200)).is_ok() {}
    click(&service, 1, DEFAULT);
    assert_eq!(clicks.recv_timeout(PATIENCE), Ok(Action::OpenWindow));
}

#[test]
fn one_that_changes_is_changed_in_its_place_and_one_that_is_over_closed() {
    let Some(bus) = Bus::start() else { return };
    let (_service, calls) = bus.serve(&["actions", "body"]);
    let (notifier, _clicks) = bus.notifier();
    notifier.follow(vec![note(1, "<one>")]);
    let next = || calls.recv_timeout(PATIENCE).expect("it is asked");
    assert_eq!(next(), notify(0, "<one>", &BUTTONS), "it shows no markup");
    notifier.follow(vec![note(1, "two")]);
    assert_eq!(next(), notify(1, "two", &BUTTONS));
    notifier.follow(vec![]);
    assert_eq!(next(), Call::Close(1));
}

#[test]
fn one_that_was_put_away_does_not_come_back() {
    let Some(bus) = Bus::start() else { return };
    let (service, calls) = bus.serve(&["actions"]);
    let (notifier, clicks) = bus.notifier();
    let next = || calls.recv_timeout(PATIENCE).expect("it is asked");
    notifier.follow(vec![note(1, "one")]);
    next();
    notifier.follow(vec![note(1, "one"), note(2, "two")]);
    next();
    let to: Option<&str> = None;
    let closed = service.emit_signal(to, PATH, NAME, "NotificationClosed", &(1_u32, 2_u32));
    closed.expect("it is sent");
    // Signals are heard in order.
    let until = std::time::Instant::now() + PATIENCE;
    while std::time::Instant::now() < until {
        click(&service, 2, "0");
        if clicks.recv_timeout(Duration::from_millis(200)).is_ok() {
            break;
        }
    }
    notifier.follow(vec![note(1, "other"), note(2, "two")]);
    notifier.follow(vec![note(1, "other"), note(3, "three")]);
    assert_eq!(next(), Call::Close(2));
    assert_eq!(next(), notify(0, "three", &BUTTONS));
}

#[test]
fn where_there_are_no_buttons_none_is_asked_for_and_no_service_is_no_end() {
    let Some(bus) = Bus::start() else { return };
    let (notifier, _clicks) = bus.notifier();
    notifier.follow(vec![note(1, "to nobody")]);
    notifier.follow(vec![]);
    let (service, calls) = bus.serve(&["body"]);
    notifier.follow(vec![note(2, "two")]);
    let next = |calls: &Receiver<Call>| calls.recv_timeout(PATIENCE).expect("it is asked");
    // The first one may still be on its way.
    while next(&calls) != notify(0, "two", &[]) {}
    drop(service);
    let (_service, calls) = bus.serve(&["body"]);
    notifier.follow(vec![note(2, "three")]);
    assert_eq!(
        next(&calls),
        notify(0, "three", &[]),
        "another service's number is none of this one's"
    );
}

#[test]
fn what_came_before_the_service_is_shown_when_that_comes() {
    let Some(bus) = Bus::start() else { return };
    let (notifier, _clicks) = bus.notifier();
    // It was refused once it has asked whether there is a service, which the bus hears.
    let asked = bus.connect();
    let rule = MatchRule::builder().msg_type(Type::MethodCall);
    let rule = rule.member("GetCapabilities").expect("a name").build();
    let eavesdrop = zbus::blocking::fdo::MonitoringProxy::new(&asked).expect("a bus");
    eavesdrop.become_monitor(&[rule], 0).expect("it may");
    let mut heard = MessageIterator::from(&asked);
    notifier.follow(vec![note(1, "one"), note(2, "two")]);
    let is_ask = |message: &Message| {
        message
            .header()
            .member()
            .is_some_and(|it| it.as_str() == "GetCapabilities")
    };
    heard
        .find(|message| message.as_ref().is_ok_and(is_ask))
        .expect("it asks")
        .expect("a message");
    let (_service, calls) = bus.serve(&["actions"]);
    let mut shown = [(); 2].map(|()| match calls.recv_timeout(PATIENCE) {
        Ok(Call::Notify { body, .. }) => body,
        other => panic!("{other:?}"),
    });
    shown.sort();
    assert_eq!(shown, ["one", "two"]);
}
