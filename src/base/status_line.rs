//! The last line of a terminal, which says how things stand and is drawn over. Whoever writes other lines
//! there, on whichever stream, takes it away meanwhile: they go through here.
//!
//! It knows what a terminal obeys and how wide a text is, not what the line says.

use parking_lot::Mutex;
use std::env;
use std::ffi::OsStr;
use std::io::{self, IsTerminal as _, Write};
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

/// To the line's begin, and nothing is left of it.
const CLEAR: &str = "\r\u{1b}[K";

/// Columns at the end that stay free: a terminal writes `^C` there and wraps in the last one.
const SPARE: usize = 3;

/// The line of this process's terminal.
static SHOWN: Mutex<StatusLine> = Mutex::new(StatusLine::Off);

/// What is drawn.
#[derive(Debug, Default, PartialEq, Eq)]
enum StatusLine {
    /// There is no such line in this run: nobody waits for anybody.
    #[default]
    Off,
    Empty,
    Text(String),
}

/// Whether standard output is a terminal that can draw a line over.
pub fn is_possible() -> bool {
    io::stdout().is_terminal() && obeys(env::var_os("TERM").as_deref())
}

/// Whether a terminal of this kind obeys more than the end of a line.
fn obeys(kind: Option<&OsStr>) -> bool {
    // The console of Windows says no kind. A new one does all this; an old one would show the codes.
    let unnamed = cfg!(windows) && env::var_os("WT_SESSION").is_some();
    kind.map_or(unnamed, |kind| !kind.is_empty() && kind != "dumb")
}

/// Columns of the terminal; as most are where it does not say.
pub fn columns() -> usize {
    terminal_size::terminal_size().map_or(80, |(width, _)| usize::from(width.0))
}

/// Whether the person wants colors (`NO_COLOR`, as <https://no-color.org> has it).
pub fn has_colors() -> bool {
    env::var_os("NO_COLOR").is_none_or(|set| set.is_empty())
}

/// `text` in so many columns that it cannot wrap: what is too long ends in an ellipsis.
pub fn fit(text: &str, columns: usize) -> String {
    let most = columns.saturating_sub(SPARE);
    if text.width() <= most {
        return text.to_owned();
    }
    let mut left = most.saturating_sub(1);
    let fits = |c: &char| {
        let width = c.width().unwrap_or_default();
        let fits = width <= left;
        left = left.saturating_sub(width);
        fits
    };
    let mut cut: String = text.chars().take_while(fits).collect();
    cut.truncate(cut.trim_end().len());
    if most > 0 {
        cut.push('…');
    }
    cut
}

/// Draws `text`, which fits in, in place of what was drawn; `None` takes that away.
///
/// # Errors
/// `out`, which is the terminal, takes no more.
pub fn draw(out: &mut impl Write, text: Option<String>) -> io::Result<()> {
    let mut shown = SHOWN.lock();
    if is_foreground() {
        shown.draw(out, text)
    } else {
        shown.leave();
        Ok(())
    }
}

/// Whether the terminal is this job's, and not the shell's that has it in the background: what is drawn
/// then is drawn over what somebody types, and may stop the job.
fn is_foreground() -> bool {
    #[cfg(unix)]
    {
        let group = rustix::termios::tcgetpgrp(io::stdout());
        group.map_or(true, |group| group == rustix::process::getpgrp())
    }
    #[cfg(not(unix))]
    true
}

/// Writes lines to the terminal `out` where nothing is drawn, and draws the status again.
///
/// # Errors
/// What `write` says, or `out` takes no more.
pub fn around<W: Write>(
    out: &mut W,
    write: impl FnOnce(&mut W) -> io::Result<()>,
) -> io::Result<()> {
    let mut shown = SHOWN.lock();
    if *shown == StatusLine::Off {
        drop(shown);
        return write(out);
    }
    if !is_foreground() {
        shown.leave();
    }
    shown.around(out, write)
}

impl StatusLine {
    /// What is drawn is the shell's by now, and cleared by it or not.
    fn leave(&mut self) {
        if *self != Self::Off {
            *self = Self::Empty;
        }
    }

    fn draw(&mut self, out: &mut impl Write, text: Option<String>) -> io::Result<()> {
        let next = text.map_or(Self::Empty, Self::Text);
        if *self == next {
            return Ok(());
        }
        let was_drawn = matches!(self, Self::Text(_));
        *self = next;
        match self {
            Self::Text(text) => write!(out, "{CLEAR}{text}")?,
            Self::Empty if was_drawn => out.write_all(CLEAR.as_bytes())?,
            Self::Empty | Self::Off => {}
        }
        out.flush()
    }

    fn around<W: Write>(
        &mut self,
        out: &mut W,
        write: impl FnOnce(&mut W) -> io::Result<()>,
    ) -> io::Result<()> {
        let Self::Text(text) = self else {
            return write(out);
        };
        out.write_all(CLEAR.as_bytes())?;
        write(out)?;
        out.write_all(text.as_bytes())?;
        out.flush()
    }
}

/// Standard error. On a terminal its lines stand above the status.
#[derive(Clone, Copy, Debug, Default)]
pub struct Stderr;

impl Write for Stderr {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_all(bytes).map(|()| bytes.len())
    }

    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut err = io::stderr();
        if err.is_terminal() {
            around(&mut err, |err| err.write_all(bytes))
        } else {
            err.write_all(bytes)
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_is_too_wide_ends_in_an_ellipsis_and_never_reaches_the_last_columns() {
        for (text, columns, shown) in [
            ("Working for 5 s", 18, "Working for 5 s"),
            ("Working for 5 s", 17, "Working for 5…"),
            ("Working for 5 s", 16, "Working for…"),
            // Each takes two columns: the third would reach into the spare ones.
            ("東京都", 9, "東京都"),
            ("東京都", 8, "東京…"),
            ("東京都", 7, "東…"),
            ("e\u{301}e\u{301}e\u{301}", 6, "e\u{301}e\u{301}e\u{301}"),
            ("Working", 4, "…"),
            ("Working", 3, ""),
            ("Working", 0, ""),
        ] {
            let fitted = fit(text, columns);
            assert_eq!(fitted, shown, "{columns} columns");
            assert!(fitted.width() <= columns.saturating_sub(SPARE), "{fitted}");
        }
    }

    #[test]
    fn lines_are_written_where_nothing_is_drawn_and_the_status_comes_again() {
        let mut out = vec![];
        let mut shown = StatusLine::Empty;
        let line = |out: &mut Vec<u8>| out.write_all(b"a line\n");
        shown.around(&mut out, line).expect("written");
        let text = |text: &str| Some(text.to_owned());
        shown.draw(&mut out, text("1 of 2")).expect("drawn");
        shown.draw(&mut out, text("1 of 2")).expect("nothing to do");
        shown.around(&mut out, line).expect("written");
        shown.draw(&mut out, text("2 of 2")).expect("drawn");
        shown.draw(&mut out, None).expect("gone");
        shown.draw(&mut out, None).expect("nothing to do");
        assert_eq!(
            String::from_utf8(out).expect("text"),
            "a line\n\r\u{1b}[K1 of 2\r\u{1b}[Ka line\n1 of 2\r\u{1b}[K2 of 2\r\u{1b}[K"
        );
    }

    #[test]
    fn a_terminal_that_obeys_nothing_gets_no_status() {
        assert!(obeys(Some(OsStr::new("xterm-256color"))));
        for kind in ["dumb", ""] {
            assert!(!obeys(Some(OsStr::new(kind))), "{kind:?}");
        }
    }
}
