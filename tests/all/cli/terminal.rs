//! `host` on a real terminal: what is drawn, to the byte, and how it is left behind.

use super::kit::{Home, Service, get};
use std::io::{Read, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

/// Runs a command on a terminal of so many columns; what is typed is standard input, what comes standard
/// output.
const TERMINAL: &str = r"
import fcntl, os, pty, select, struct, sys, termios
child, terminal = pty.fork()
if child == 0:
    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack('HHHH', 24, int(sys.argv[1]), 0, 0))
    os.execv(sys.argv[2], sys.argv[2:])
typed = [0]
while True:
    for ready in select.select([terminal] + typed, [], [])[0]:
        try:
            data = os.read(ready, 65536)
        except OSError:
            data = b''
        if not data and ready == terminal:
            sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
        if not data:
            typed = []
        os.write(1 if ready == terminal else terminal, data)
";

/// Nothing here takes as long, on any machine that can run the tests at all.
const LONG: Duration = Duration::from_mins(1);

struct Terminal {
    child: Child,
    typed: ChildStdin,
    bytes: Receiver<Vec<u8>>,
    seen: String,
}

impl Terminal {
    fn start(home: &Home, columns: usize, words: &[&str], environment: &[(&str, &str)]) -> Self {
        let of_home = home.command(words);
        let mut command = Command::new("python3");
        command.args(["-c", TERMINAL, &columns.to_string()]);
        command.arg(of_home.get_program()).args(of_home.get_args());
        for (key, value) in of_home.get_envs() {
            match value {
                Some(value) => command.env(key, value),
                None => command.env_remove(key),
            };
        }
        command.env("TERM", "xterm").env_remove("NO_COLOR");
        command.envs(environment.iter().copied());
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("Python");
        let mut out = child.stdout.take().expect("piped");
        let (sender, bytes) = mpsc::channel();
        thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(read @ 1..) = out.read(&mut buffer) {
                let _ = sender.send(buffer[..read].to_vec());
            }
        });
        Self {
            typed: child.stdin.take().expect("piped"),
            child,
            bytes,
            seen: String::new(),
        }
    }

    /// Waits until this was written.
    fn until(&mut self, text: &str) {
        let end = Instant::now() + LONG;
        while !self.seen.contains(text) {
            let left = end.saturating_duration_since(Instant::now());
            let bytes = self.bytes.recv_timeout(left);
            let bytes = bytes.unwrap_or_else(|_| panic!("no {text:?} in {:?}", self.seen));
            // A character that is cut in two is none that is looked for.
            self.seen.push_str(&String::from_utf8_lossy(&bytes));
        }
    }

    /// Ctrl-C; all that was ever written.
    fn end(mut self) -> String {
        self.typed.write_all(b"\x03").expect("typed");
        while let Ok(bytes) = self.bytes.recv_timeout(LONG) {
            self.seen.push_str(&String::from_utf8_lossy(&bytes));
        }
        let status = self.child.wait().expect("it ended");
        assert_eq!(status.code(), Some(0), "{}", self.seen);
        self.seen
    }
}

/// The URL in a line of a host.
fn url(seen: &str) -> &str {
    let begin = seen.find("http://").expect("a URL");
    seen[begin..].split_whitespace().next().expect("a word")
}

/// What was drawn as the status, each without its colors.
fn drawn(seen: &str) -> Vec<String> {
    let drawn = seen.split("\r\u{1b}[K").skip(1);
    let drawn = drawn.filter(|text| !text.is_empty() && !text.contains('\n'));
    drawn
        .map(|text| {
            let bare = ["\u{1b}[31m", "\u{1b}[32m", "\u{1b}[33m", "\u{1b}[39m"];
            let mut text = text.replace("^C", "");
            for code in bare {
                text = text.replace(code, "");
            }
            text
        })
        .collect()
}

#[test]
fn a_status_is_drawn_over_and_cleared_for_other_lines() {
    let (home, mut service) = (Home::new(), Service::start("hello"));
    let mut terminal = Terminal::start(&home, 100, &["host", &service.target()], &[]);
    terminal.until("Working for ");
    let address = url(&terminal.seen).to_owned();
    assert_eq!(get(&address).0, 200);
    terminal.until(" · 1 connection · ");
    service.stop();
    terminal.until("Service down for ");
    let seen = terminal.end();
    let drawn = drawn(&seen);
    for line in &drawn {
        assert!(line.ends_with(" · Ctrl-C stops"), "{line:?} in {seen:?}");
        assert!(!line.contains('\u{1b}'), "{line:?}");
    }
    assert!(
        seen.contains("\u{1b}[32m●\u{1b}[39m Working for "),
        "{seen:?}"
    );
    assert!(
        drawn
            .iter()
            .any(|line| line.contains(" · this computer only · ")),
        "{drawn:?}"
    );
    // Each line of its own begins where nothing is drawn, and the last thing is that nothing is.
    for line in seen.split("\r\n").filter(|line| line.contains(" → ")) {
        let at = line.rfind("\r\u{1b}[K").map_or(0, |at| at + 4);
        assert!(line.as_bytes()[at].is_ascii_digit(), "{line:?}");
    }
    assert!(
        seen.ends_with("\r\u{1b}[K") || seen.ends_with('\n'),
        "{seen:?}"
    );
}

#[test]
fn a_narrow_terminal_gets_a_line_that_is_cut_and_no_color_where_none_is_wanted() {
    let (home, service) = (Home::new(), Service::start("hello"));
    let words = ["host", &service.target()];
    let mut terminal = Terminal::start(&home, 20, &words, &[("NO_COLOR", "1")]);
    terminal.until("Working for ");
    terminal.until("…");
    let seen = terminal.end();
    let codes = seen.matches("\u{1b}[").count();
    assert_eq!(codes, seen.matches("\r\u{1b}[K").count(), "{seen:?}");
    for line in drawn(&seen) {
        assert!(line.chars().count() <= 17, "{line:?}");
    }
}

#[test]
fn a_terminal_that_obeys_nothing_gets_lines_alone() {
    let (home, service) = (Home::new(), Service::start("hello"));
    let words = ["host", &service.target()];
    let mut terminal = Terminal::start(&home, 100, &words, &[("TERM", "dumb")]);
    terminal.until("Working. Ctrl-C stops it.");
    let seen = terminal.end();
    assert!(!seen.contains('\u{1b}'), "{seen:?}");
}
