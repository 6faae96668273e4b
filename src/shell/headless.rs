//! Draws the view where there is no window: a line a change, for a person or for a program.
//!
//! It knows what changed since it was asked last, and who reads it; not why anything happens.

mod changes;
mod json;
mod sink;
mod words;

use crate::base::status_line::{self, Stderr};
use crate::model::{
    ClockShift, Health, Inputs, Life, LivePort, PortKey, Reach, Reason, UnixMillis, Unprobed,
};
use crate::shell::text::Catalogue;
use crate::view::fold::{Progress, notice_text};
use crate::view::{Badge, Msg, Renderer, View, WindowOp};
use changes::{Change, Given, Seen};
use sink::Sink;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, IsTerminal as _, Write as _};
use std::sync::Arc;

/// What the program should know of its lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// Nobody reads them any more.
    Closed,
    /// They cannot be written: a full disk, say.
    Unwritable,
    /// Visitors get to all that is to be hosted.
    Works,
    /// Whatever was to be hosted has come to an end that only the person can change: why the first did.
    Over(Reason),
    /// All that was hosted was told to stop.
    Stopped,
}

/// A line for programs about what cannot be done: the word for it, and how the program ends where it
/// ends with it.
pub fn error_line(at: UnixMillis, code: &str, exit: Option<u8>, text: &str) -> String {
    json::error(at, code, exit, text)
}

/// What the lines are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Form {
    /// JSON objects, instead of text.
    pub json: bool,
    /// On standard output each port's URL alone, once visitors get there.
    pub urls_alone: bool,
}

/// A port that another process serves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Served {
    pub key: PortKey,
    pub target: String,
    pub url: String,
    /// The URL for other machines of this network.
    pub lan_url: Option<String>,
    /// Who can open it, where that is known.
    pub reach: Option<Reach>,
}

impl Form {
    /// How things stand is drawn below the lines: a person looks at them on a terminal.
    pub fn has_status(self) -> bool {
        self == Self::default() && status_line::is_possible()
    }
}

/// How lines are written, and where. Cheap to clone.
#[derive(Clone)]
pub struct Lines {
    catalogue: Arc<Catalogue>,
    form: Form,
    sink: Sink,
}

impl Lines {
    /// Lines on standard output; text is of `catalogue`. `closed` is told why when no
    /// more can be written.
    pub fn start(
        catalogue: Catalogue,
        form: Form,
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
            form,
            sink: Sink::start(io::stdout(), ended)?,
        })
    }

    /// Something that was asked for cannot be done; see [`error_line`].
    pub fn error(&self, at: UnixMillis, code: &str, exit: Option<u8>, msg: &Msg) {
        let text = self.catalogue.format(msg);
        if self.form.json {
            self.sink.put(json::error(at, code, exit, &text));
        } else {
            say(&text);
        }
    }

    /// Waits until all is written, 2 s at most, and leaves no status behind.
    pub fn end(&self) {
        self.sink.finish();
    }

    /// What a person at a terminal may want to know, and nobody else.
    pub fn hint(&self, msg: &Msg) {
        let is_seen = io::stdout().is_terminal() && io::stderr().is_terminal();
        if is_seen && self.form == Form::default() && !self.form.has_status() {
            write_error(&self.catalogue.format(msg));
        }
    }

    /// What another process serves, as it would be told were it served by this one.
    pub fn served(&self, at: UnixMillis, served: Served) {
        let change = Change::Url {
            key: served.key,
            target: served.target,
            given: Given {
                url: served.url,
                lan_url: served.lan_url,
                reach: served.reach,
                private: false,
                widens: false,
            },
        };
        let shift = ClockShift::default();
        if self.form.urls_alone {
            self.url(at, shift, &change);
        } else {
            self.change(at, shift, &change);
        }
    }

    /// Draws how things stand.
    fn status(&self, parts: Option<(Badge, Vec<Msg>)>) {
        let columns = status_line::columns();
        let text = parts.map(|(badge, parts)| {
            let parts = parts.iter().map(|msg| self.catalogue.format(msg));
            let text = parts.collect::<Vec<_>>().join(" · ");
            let text = status_line::fit(&format!("{} {text}", badge.shape()), columns);
            colored(&text, badge)
        });
        self.sink.status(text);
    }

    /// A URL by itself.
    fn url(&self, at: UnixMillis, shift: ClockShift, change: &Change) {
        match change {
            _ if self.form.json => self.sink.put(json::change(at, shift, change)),
            // The one that gets furthest: it leads here on this computer too.
            Change::Url { given, .. } => {
                let url = given.lan_url.as_ref().unwrap_or(&given.url);
                self.sink.put(url.clone());
            }
            _ => {}
        }
    }

    fn change(&self, at: UnixMillis, shift: ClockShift, change: &Change) {
        if self.form.json {
            if !self.form.urls_alone {
                self.sink.put(json::change(at, shift, change));
            }
        } else if let Some(msg) = words::change(at, change) {
            let text = self.catalogue.format(&msg);
            if is_failure(change) || self.form.urls_alone {
                write_error(&text);
            } else {
                self.sink.put(text);
            }
            if let Some(msg) = words::reach(at, change) {
                let text = self.catalogue.format(&msg);
                if self.form.urls_alone {
                    write_error(&text);
                } else {
                    self.sink.put(text);
                }
            }
        }
    }
}

/// A status with its shape in the badge's color, where the person wants colors.
fn colored(text: &str, badge: Badge) -> String {
    let code = match badge {
        _ if badge.works() => 32,
        _ if badge.needs_you() => 31,
        _ => 33,
    };
    match text.strip_prefix(badge.shape()) {
        Some(rest) if status_line::has_colors() => {
            format!("\u{1b}[{code}m{}\u{1b}[39m{rest}", badge.shape())
        }
        Some(_) | None => text.to_owned(),
    }
}

fn say(text: &str) {
    write_error(&format!("underpass: {text}"));
}

/// A line on standard error; a reader that went away is no reason to stop.
fn write_error(line: &str) {
    let _ = Stderr.write_all(format!("{line}\n").as_bytes());
}

/// Whether a change is an end that only the person can change.
const fn is_failure(change: &Change) -> bool {
    matches!(change, Change::Life { life, .. } if needs_somebody(life))
}

const fn needs_somebody(life: &Life) -> bool {
    matches!(life, Life::Failed(_) | Life::SignIn(_) | Life::Displaced(_))
}

/// The renderer without a window.
pub struct Headless {
    lines: Lines,
    seen: Seen,
    /// The URLs that wait until visitors get there, and the ports whose URL was told: where those are
    /// told alone.
    urls: BTreeMap<PortKey, Change>,
    told: BTreeSet<PortKey>,
    /// `None` where how things stand is not drawn.
    progress: Option<Progress>,
    notices: u64,
    works: bool,
    end: Option<Told>,
    /// Something was to be hosted, at some time.
    wanted: bool,
    tell: Box<dyn Fn(Told) + Send>,
}

impl Headless {
    /// Draws by `lines`; calls `tell` on the app's thread.
    pub fn new(lines: Lines, tell: impl Fn(Told) + Send + 'static) -> Self {
        Self {
            progress: lines.form.has_status().then(Progress::default),
            lines,
            seen: Seen::default(),
            urls: BTreeMap::new(),
            told: BTreeSet::new(),
            notices: 0,
            works: false,
            end: None,
            wanted: false,
            tell: Box::new(tell),
        }
    }

    /// Tells the URLs that visitors get to by now.
    fn tell_urls(&mut self, at: UnixMillis, shift: ClockShift, inputs: &Inputs) {
        let reached: Vec<PortKey> = self.urls.keys().cloned().collect();
        for key in reached.into_iter().filter(|key| is_reached(inputs, key)) {
            if let Some(change) = self.urls.remove(&key) {
                self.lines.url(at, shift, &change);
            }
            self.told.insert(key);
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
    fn render(&mut self, at: UnixMillis, inputs: &Inputs, view: Arc<View>) {
        self.say_notices(inputs);
        let shift = inputs.appearance.clock_shift;
        for change in self.seen.changes(inputs) {
            match &change {
                Change::Url { key, .. }
                    if self.lines.form.urls_alone && !self.told.contains(key) =>
                {
                    self.urls.insert(key.clone(), change);
                }
                _ => self.lines.change(at, shift, &change),
            }
        }
        self.tell_urls(at, shift, inputs);
        if !self.works && all_reached(inputs) {
            self.works = true;
            (self.tell)(Told::Works);
        }
        let end = end(inputs, self.wanted);
        if let Some(told) = end.clone().filter(|_| self.end != end) {
            (self.tell)(told);
        }
        self.end = end;
        self.wanted |= inputs.hosts.values().any(|host| host.wanted);
        if let Some(progress) = &mut self.progress {
            self.lines.status(progress.parts(at, inputs, &view));
        }
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
    let mut wanted = inputs.hosts.values().filter(|host| host.wanted).peekable();
    let Some(first) = wanted.peek() else {
        return was_wanted.then_some(Told::Stopped);
    };
    let reason = first.life.reason()?.clone();
    wanted
        .all(|host| needs_somebody(&host.life))
        .then_some(Told::Over(reason))
}

/// Visitors get to all ports of all that is wanted.
fn all_reached(inputs: &Inputs) -> bool {
    let wanted = inputs.hosts.iter().filter(|(_, host)| host.wanted);
    let mut wanted = wanted.peekable();
    wanted.peek().is_some()
        && wanted.all(|(tunnel, host)| {
            let key = |live: &LivePort| PortKey::new(tunnel, live.number);
            let mut ports = host.live.iter().map(key).peekable();
            host.lacking.is_empty()
                && ports.peek().is_some()
                && ports.all(|key| is_reached(inputs, &key))
        })
}

/// Visitors get to a port through its URL, as far as that is found out at all.
fn is_reached(inputs: &Inputs, key: &PortKey) -> bool {
    let Some(host) = inputs.hosts.get(&key.tunnel) else {
        return false;
    };
    let Life::Up {
        session, proven, ..
    } = host.life
    else {
        return false;
    };
    let facts = inputs.probes.get(key);
    let report = facts.and_then(|facts| facts.last.as_ref());
    if let Some(report) = report.filter(|report| report.session == session) {
        let health = report.health();
        return health.routes() || health == Health::Unchecked;
    }
    let Some(tunnel) = inputs.tunnel(&key.tunnel) else {
        return false;
    };
    let probes = inputs.health(tunnel, tunnel.port(key.port)).policy.probes;
    let mut live = host.live.iter().filter(|live| live.number == key.port);
    proven && live.any(|live| Unprobed::of(probes, live).is_some())
}

#[cfg(test)]
mod end_tests;
#[cfg(test)]
mod tests;
