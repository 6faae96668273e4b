//! What is set of the home, by whoever keeps it: the desktop program while it runs, which is asked, else
//! the file.

use super::Trouble;
use crate::cli::runtime;
use crate::control::{Answer, AskError, Peer, Refusal, Request};
use crate::model::Settings;
use crate::platform::{AcquireError, Instance};
use crate::store::Home;
use crate::view::messages as m;
use std::time::Duration;

/// How long the desktop program may take over it: a little longer than it gives itself.
const DONE_WITHIN: Duration = Duration::from_secs(35);

/// Has the desktop program do it.
pub(super) fn ask(desktop: &Peer, request: &Request) -> Result<(), Trouble> {
    let asked = runtime().map(|runtime| runtime.block_on(desktop.ask(request, DONE_WITHIN)));
    let detail = match asked {
        Ok(Ok(Answer::Done)) => return Ok(()),
        Ok(
            Ok(Answer::Refused {
                why: Refusal::TimedOut,
            })
            | Err(AskError::Silent),
        ) => {
            return Err(Trouble::timed_out(m::cli_desktop_late()));
        }
        Ok(Ok(_)) => AskError::Version.to_string(),
        Ok(Err(error)) => error.to_string(),
        Err(error) => error.to_string(),
    };
    let msg = m::cli_failed(detail, m::cli_desktop_failed());
    Err(Trouble::failed("failed", msg))
}

/// Changes the file, while nobody who keeps a copy of it runs.
pub(super) fn change(
    home: &Home,
    change: impl FnOnce(&mut Settings) -> Result<(), Trouble>,
) -> Result<(), Trouble> {
    let failed = |error: &dyn std::fmt::Display| {
        let msg = m::cli_failed(error.to_string(), m::cli_settings_failed());
        Trouble::failed("failed", msg)
    };
    let _alone = match Instance::keep_away(home.path()) {
        Ok(alone) => alone,
        // It runs and was not asked: it does not answer, or cannot do this.
        Err(AcquireError::AlreadyRunning(_)) => {
            return Err(Trouble::failed("desktop-runs", m::cli_app_runs()));
        }
        Err(AcquireError::Io(error)) => return Err(failed(&error)),
    };
    let document = home.settings();
    let mut settings = document.load().value;
    if document.is_newer() {
        let msg = m::cli_file_too_new(document.name());
        return Err(Trouble::failed("failed", msg));
    }
    change(&mut settings)?;
    let saved = document.save(&settings);
    saved.map_err(|error| failed(&error))
}
