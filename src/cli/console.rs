//! The terminal: prints in the person's language. A reader that went away is no reason to
//! panic, and for a command that only prints none to fail.

use super::exit::Exit;
use crate::base::clock;
use crate::base::status_line::Stderr;
use crate::model::{Language, Settings};
use crate::platform;
use crate::shell::headless::error_line;
use crate::shell::text::{Catalogue, printable};
use crate::store::Home;
use crate::view::{Msg, fold};
use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::OnceLock;

/// Why standard output took a line no more, if it was not that nobody reads it.
static UNWRITABLE: OnceLock<String> = OnceLock::new();

/// The person's language, and standard output and error.
#[derive(Debug)]
pub(crate) struct Console {
    catalogue: Catalogue,
    /// Why a command fails is a line for programs.
    json: bool,
}

impl Console {
    /// In the language of these settings, else the system's.
    pub(crate) fn new(settings: &Settings) -> Self {
        Self {
            catalogue: Catalogue::new(settings.language.unwrap_or_else(system_language)),
            json: false,
        }
    }

    /// The same; `json` says that why a command fails is read by a program.
    pub(crate) fn for_programs(self, json: bool) -> Self {
        Self { json, ..self }
    }

    /// In the system's language.
    pub(crate) fn of_system() -> Self {
        Self::new(&Settings::default())
    }

    /// In the language of this home's settings. What is wrong with those is said.
    pub(crate) fn of(home: &Home) -> Self {
        let loaded = home.settings().peek();
        let console = Self::new(&loaded.value);
        let notice = loaded.notice.as_ref().and_then(fold::notice_text);
        if let Some(notice) = notice {
            console.error(&notice);
        }
        console
    }

    /// The text of a message.
    pub(crate) fn text(&self, msg: &Msg) -> String {
        self.catalogue.format(msg)
    }

    /// What writes text.
    pub(crate) fn into_catalogue(self) -> Catalogue {
        self.catalogue
    }

    /// Says it on standard output.
    pub(crate) fn say(&self, msg: &Msg) {
        print(&self.text(msg));
    }

    /// A line for programs, or for people.
    pub(crate) fn line(
        &self,
        json: bool,
        value: &impl serde::Serialize,
        msg: impl FnOnce() -> Msg,
    ) {
        if json {
            print_json(value);
        } else {
            self.say(&msg());
        }
    }

    /// How a command ends; why it failed is said.
    pub(crate) fn end(&self, done: Result<(), Failure>) -> ExitCode {
        let exit = match done {
            Ok(()) => Exit::Done,
            Err(failure) => self.fail(failure),
        };
        exit.into()
    }

    /// Says why it failed.
    pub(crate) fn fail(&self, failure: Failure) -> Exit {
        let (exit, texts) = match failure {
            Failure::Usage(lines) => (Exit::Usage, self.texts(&lines)),
            Failure::Because(msg) => (Exit::Failed, vec![self.text(&msg)]),
            Failure::As(exit, lines) => (exit, self.texts(&lines)),
            Failure::Other(error) => (Exit::Failed, vec![format!("{error:#}")]),
            Failure::Said => (Exit::Failed, vec![]),
        };
        for text in texts {
            if self.json {
                print_failure(exit, &text);
            } else {
                print_error(&text);
            }
        }
        exit
    }

    fn texts(&self, lines: &[Msg]) -> Vec<String> {
        lines.iter().map(|msg| self.text(msg)).collect()
    }

    /// Says on standard error what is no error.
    pub(crate) fn note(&self, msg: &Msg) {
        let _ = writeln!(io::stderr(), "{}", shown(&self.text(msg)));
    }

    /// Says it on standard error.
    pub(crate) fn error(&self, msg: &Msg) {
        print_error(&self.text(msg));
    }
}

/// Why a command did not do what it is for.
#[derive(Debug)]
pub(crate) enum Failure {
    /// What was typed cannot be taken.
    Usage(Vec<Msg>),
    /// It cannot be done.
    Because(Msg),
    /// It cannot be done, and a script is to know which way.
    As(Exit, Vec<Msg>),
    /// The same, in the words of a library or of the system.
    Other(anyhow::Error),
    /// It has been said already.
    Said,
}

impl Failure {
    /// There is nothing of that name.
    pub(crate) fn not_found(msg: Msg) -> Self {
        Self::As(Exit::NotFound, vec![msg])
    }

    /// Another process of this computer has it.
    pub(crate) fn in_use(msg: Msg) -> Self {
        Self::As(Exit::InUse, vec![msg])
    }
}

impl From<Msg> for Failure {
    fn from(msg: Msg) -> Self {
        Self::Because(msg)
    }
}

impl<E: std::error::Error + Send + Sync + 'static> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::Other(error.into())
    }
}

/// The system's language, as far as there is one of ours for it.
pub(crate) fn system_language() -> Language {
    let locale = platform::system_locale();
    locale.map_or_else(Language::default, |locale| Language::from_locale(&locale))
}

/// A line on standard output.
pub(crate) fn print(line: &str) {
    print_bytes(format!("{line}\n").as_bytes());
}

/// Text on standard output, as it is.
pub(crate) fn print_bytes(text: &[u8]) {
    let mut out = io::stdout();
    match out.write_all(text).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            // The first reason is enough.
            let _ = UNWRITABLE.set(error.to_string());
        }
        Ok(()) | Err(_) => {}
    }
}

/// Whether every line was written that somebody waited for. A disk that is full is said here, once.
pub(crate) fn all_written() -> bool {
    match UNWRITABLE.get() {
        Some(error) => {
            print_error(&format!("standard output: {error}"));
            false
        }
        None => true,
    }
}

/// A JSON line on standard output.
pub(crate) fn print_json(value: &impl serde::Serialize) {
    match serde_json::to_string(value) {
        Ok(line) => print(&line),
        Err(error) => tracing::error!(%error, "no JSON"),
    }
}

/// Why a command fails, as a line for programs.
pub(crate) fn print_failure(exit: Exit, text: &str) {
    let number = Some(exit.number());
    let text = printable(text);
    print(&error_line(clock::now(), exit.word(), number, &text));
}

/// What went wrong, on standard error: in our words, or in those of a library, which quotes what it likes.
pub(crate) fn print_error(text: &str) {
    let line = format!("underpass: {}\n", shown(text));
    let _ = Stderr.write_all(line.as_bytes());
}

/// A text of several lines without what a terminal would obey.
fn shown(text: &str) -> String {
    let lines: Vec<_> = text.lines().map(printable).collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_library_says_is_shown_and_not_obeyed() {
        let said = shown("no such file: \u{1b}]0;pwned\u{7}\u{202e}txt.exe\nbut \u{9b}31m");
        assert_eq!(
            said,
            "no such file: \\u{1b}]0;pwned\\u{7}\\u{202e}txt.exe\nbut \\u{9b}31m"
        );
    }
}
