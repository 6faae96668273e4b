//! Draws the view where there is no window: a line a change, for a person or for a program.
//!
//! It knows what changed since it was asked last, and who reads it; not why anything happens.

mod changes;
mod json;
mod sink;
mod words;

use crate::model::{ClockShift, Inputs, Life, Outage, Reason, UnixMillis};
use crate::shell::text::Catalogue;
use crate::view::fold::notice_text;
use crate::view::{Msg, Renderer, View, WindowOp};
use changes::Seen;
use sink::Sink;
use std::io::{self, Write as _};
use std::sync::Arc;

/// What the program should know of its lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// Nobody reads them any more.
    Closed,
    /// They cannot be written: a full disk, say.
    Unwritable,
    /// Whatever was to be hosted has come to an end that only the person can change.
    Over,
    /// The same: other processes of this computer host all of it already.
    HostedHere,
    /// All that was hosted was told to stop.
    Stopped,
}

/// What cannot be done, by its code in the lines for programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unable {
    /// What was typed on the command line.
    Usage,
    /// What was asked for by a line of standard input.
    Command,
    /// What was typed can be taken, and does not come about.
    Failed,
}

/// A line for programs that says so.
pub fn error_line(at: UnixMillis, what: Unable, text: &str) -> String {
    json::error(at, what, text)
}

/// How lines are written, and where. Cheap to clone.
#[derive(Clone)]
pub struct Lines {
    catalogue: Arc<Catalogue>,
    json: bool,
    sink: Sink,
}

impl Lines {
    /// Lines on standard output: JSON objects, or text of `catalogue`. `closed` is told why when no
    /// more can be written.
    pub fn start(
        catalogue: Catalogue,
        json: bool,
        closed: impl FnOnce(Told) + Send + 'static,
    ) -> io::Result<Self> {
        let ended = move |error: &io::Error| {
            if error.kind() == io::ErrorKind::BrokenPipe {
                return closed(Told::Closed);
            }
            say(&format!("standard output: {error}"));
            closed(Told::Unwritable);
        };
        Ok(Self {
            catalogue: Arc::new(catalogue),
            json,
            sink: Sink::start(io::stdout(), ended)?,
        })
    }

    /// A line of standard input asks for what cannot be done.
    pub fn error(&self, at: UnixMillis, msg: &Msg) {
        let text = self.catalogue.format(msg);
        if self.json {
            self.sink.put(json::error(at, Unable::Command, &text));
        } else {
            say(&text);
        }
    }

    fn change(&self, at: UnixMillis, shift: ClockShift, change: &changes::Change) {
        if self.json {
            self.sink.put(json::change(at, shift, change));
        } else if let Some(msg) = words::change(at, change) {
            let text = self.catalogue.format(&msg);
            if is_failure(change) {
                write_error(&text);
            } else {
                self.sink.put(text);
            }
            if let Some(msg) = words::reach(at, change) {
                self.sink.put(self.catalogue.format(&msg));
            }
        }
    }
}

fn say(text: &str) {
    write_error(&format!("underpass: {text}"));
}

/// A line on standard error; a reader that went away is no reason to stop.
fn write_error(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}

/// Whether a change is an end that only the person can change.
const fn is_failure(change: &changes::Change) -> bool {
    matches!(change, changes::Change::Life { life, .. } if needs_somebody(life))
}

const fn needs_somebody(life: &Life) -> bool {
    matches!(life, Life::Failed(_) | Life::SignIn(_) | Life::Displaced(_))
}

/// The renderer without a window.
pub struct Headless {
    lines: Lines,
    seen: Seen,
    notices: u64,
    end: Option<Told>,
    /// Something was to be hosted, at some time.
    wanted: bool,
    tell: Box<dyn Fn(Told) + Send>,
}

impl Headless {
    /// Draws by `lines`; calls `tell` on the app's thread.
    pub fn new(lines: Lines, tell: impl Fn(Told) + Send + 'static) -> Self {
        Self {
            lines,
            seen: Seen::default(),
            notices: 0,
            end: None,
            wanted: false,
            tell: Box::new(tell),
        }
    }

    fn say_notices(&mut self, inputs: &Inputs) {
        for notice in inputs.notices.iter().filter(|n| n.id > self.notices) {
            if let Some(msg) = notice_text(&notice.kind) {
                say(&self.lines.catalogue.format(&msg));
            }
        }
        let last = inputs.notices.iter().map(|notice| notice.id).max();
        self.notices = last.unwrap_or_default().max(self.notices);
    }
}

impl Renderer for Headless {
    fn render(&mut self, at: UnixMillis, inputs: &Inputs, _: Arc<View>) {
        self.say_notices(inputs);
        for change in self.seen.changes(inputs) {
            self.lines
                .change(at, inputs.appearance.clock_shift, &change);
        }
        let end = end(inputs, self.wanted);
        if let Some(end) = end.filter(|_| self.end != end) {
            (self.tell)(end);
        }
        self.end = end;
        self.wanted |= inputs.hosts.values().any(|host| host.wanted);
    }

    fn window(&mut self, op: WindowOp) {
        // There is none to show or hide.
        let (WindowOp::Show | WindowOp::Hide | WindowOp::Toggle) = op;
    }

    fn quit(&mut self) {
        self.lines.sink.finish();
    }
}

/// Nothing that is wanted goes on by itself, or nothing is wanted any more of what was.
fn end(inputs: &Inputs, was_wanted: bool) -> Option<Told> {
    let hosts = inputs.hosts.values();
    let lives: Vec<&Life> = hosts
        .filter(|host| host.wanted)
        .map(|host| &host.life)
        .collect();
    match lives[..] {
        [] => was_wanted.then_some(Told::Stopped),
        _ if lives.iter().all(|life| is_hosted_here(life)) => Some(Told::HostedHere),
        _ => lives
            .iter()
            .all(|life| needs_somebody(life))
            .then_some(Told::Over),
    }
}

/// Another process of this computer hosts it.
const fn is_hosted_here(life: &Life) -> bool {
    matches!(
        life,
        Life::Displaced(Outage {
            reason: Reason::HostedHere { .. },
            ..
        })
    )
}

#[cfg(test)]
mod end_tests;
#[cfg(test)]
mod tests;
