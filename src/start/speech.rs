//! Says things on the terminal, in the person's language. A reader that went away is no reason to
//! panic, and for a command that only prints none to fail.

use crate::model::{Language, Settings};
use crate::platform;
use crate::shell::text::Catalogue;
use crate::store::Home;
use crate::view::{Msg, fold};
use std::io::{self, Write};
use std::sync::OnceLock;

/// Why standard output took a line no more, if it was not that nobody reads it.
static UNWRITABLE: OnceLock<String> = OnceLock::new();

/// The person's language, and standard output and error.
#[derive(Debug)]
pub struct Speech {
    catalogue: Catalogue,
}

impl Speech {
    /// In the language of these settings, else the system's.
    pub fn new(settings: &Settings) -> Self {
        Self {
            catalogue: Catalogue::new(settings.language.unwrap_or_else(system_language)),
        }
    }

    /// In the system's language.
    pub fn of_system() -> Self {
        Self::new(&Settings::default())
    }

    /// In the language of this home's settings. What is wrong with those is said.
    pub fn of(home: &Home) -> Self {
        let loaded = home.settings().peek();
        let speech = Self::new(&loaded.value);
        let notice = loaded.notice.as_ref().and_then(fold::notice_text);
        if let Some(notice) = notice {
            speech.complain(&notice);
        }
        speech
    }

    /// The text of a message.
    pub fn text(&self, msg: &Msg) -> String {
        self.catalogue.format(msg)
    }

    /// What writes text.
    pub fn into_catalogue(self) -> Catalogue {
        self.catalogue
    }

    /// Says it on standard output.
    pub fn say(&self, msg: &Msg) {
        print(&self.text(msg));
    }

    /// Says it on standard error.
    pub fn complain(&self, msg: &Msg) {
        complain(&self.text(msg));
    }
}

/// The system's language, as far as there is one of ours for it.
pub fn system_language() -> Language {
    let locale = platform::system_locale();
    locale.map_or_else(Language::default, |locale| Language::from_locale(&locale))
}

/// A line on standard output.
pub(super) fn print(line: &str) {
    print_bytes(format!("{line}\n").as_bytes());
}

/// Text on standard output, as it is.
pub(super) fn print_bytes(text: &[u8]) {
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
pub(super) fn all_written() -> bool {
    match UNWRITABLE.get() {
        Some(error) => {
            complain(&format!("standard output: {error}"));
            false
        }
        None => true,
    }
}

/// A JSON line on standard output.
pub(super) fn print_json(value: &impl serde::Serialize) {
    match serde_json::to_string(value) {
        Ok(line) => print(&line),
        Err(error) => tracing::error!(%error, "no JSON"),
    }
}

/// A line on standard error.
pub(super) fn complain(line: &str) {
    let _ = writeln!(io::stderr(), "underpass: {line}");
}
