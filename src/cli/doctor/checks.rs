//! What is there on this machine: files and the desktop.

use super::{Check, said};
use crate::audit;
use crate::base::files::Loaded;
use crate::base::open_files::{self, OpenFiles};
use crate::logging;
use crate::model::Settings;
#[cfg(feature = "window")]
use crate::platform;
use crate::relay::Limits;
use crate::secrets::{Kind, Secrets};
use crate::store::Home;
use crate::view::fold::notice_text;
use crate::view::{Msg, messages as m};
use std::io;
use std::path::Path;

/// All of them.
pub(super) fn all(home: &Home, settings: &Loaded<Settings>) -> Vec<Check> {
    vec![
        files(home),
        saved_settings(settings),
        logs(home),
        audit_log(home),
        crash(home),
        open_files(),
        limits(),
        #[cfg(feature = "window")]
        display(),
        #[cfg(feature = "window")]
        tray(),
        #[cfg(feature = "window")]
        fonts(),
        keychain(home),
    ]
}

fn files(home: &Home) -> Check {
    let path = home.path();
    match try_write(path) {
        Ok(()) => Check::ok("home", m::doctor_home(), writable(path)),
        Err(error) => Check::fail(
            "home",
            m::doctor_home(),
            not_writable(path, &error),
            m::advice_home(Home::VARIABLE),
        ),
    }
}

fn logs(home: &Home) -> Check {
    let path = logging::logs_dir(home.path());
    match std::fs::create_dir_all(&path).and_then(|()| try_write(&path)) {
        Ok(()) => Check::ok("logs", m::doctor_logs(), writable(&path)),
        Err(error) => {
            let detail = not_writable(&path, &error);
            Check::warn("logs", m::doctor_logs(), detail, m::advice_logs())
        }
    }
}

fn try_write(dir: &Path) -> io::Result<()> {
    use std::io::Write as _;
    let mut file = tempfile::Builder::new()
        .prefix(".doctor-")
        .tempfile_in(dir)?;
    file.write_all(b"0")?;
    file.as_file().sync_all()
}

fn writable(path: &Path) -> Msg {
    m::doctor_writable(path.display().to_string())
}

fn not_writable(path: &Path, error: &io::Error) -> Msg {
    m::doctor_not_writable(error.to_string(), path.display().to_string())
}

fn saved_settings(settings: &Loaded<Settings>) -> Check {
    let name = m::doctor_settings();
    let wrong = settings.notice.as_ref().and_then(notice_text);
    let wrong = wrong.or_else(|| settings.value.timing.resolve().err().map(said));
    match wrong {
        None => Check::ok("settings", name, m::doctor_settings_fine()),
        Some(wrong) => Check::warn("settings", name, wrong, m::advice_settings()),
    }
}

fn audit_log(home: &Home) -> Check {
    let name = m::doctor_audit();
    match audit::verify(&home.audit_log()) {
        Ok(summary) => Check::ok("audit", name, m::doctor_audit_fine(summary.records)),
        Err(error) => Check::fail("audit", name, said(error), m::advice_audit()),
    }
}

fn crash(home: &Home) -> Check {
    let name = m::doctor_crash();
    if let Ok(None) = logging::read_crash(home.path()) {
        return Check::ok("crash", name, m::doctor_no_crash());
    }
    let path = home.file("crash.txt").display().to_string();
    Check::warn("crash", name, m::doctor_crashed(path), m::advice_crash())
}

/// Fewer than these, and a host or a relay of some size meets the limit.
const FEW_FILES: u64 = 4_096;

fn open_files() -> Check {
    let name = m::doctor_files();
    let OpenFiles { soft, hard } = open_files::now();
    let shown =
        |limit: Option<u64>| limit.map_or_else(|| "∞".to_owned(), |limit| limit.to_string());
    let detail = m::doctor_files_found(shown(hard), shown(soft));
    if hard.is_some_and(|hard| hard < FEW_FILES) {
        Check::warn("open-files", name, detail, m::advice_files())
    } else {
        Check::ok("open-files", name, detail)
    }
}

/// What a relay of this program would grant, with the files that it may open.
fn limits() -> Check {
    let files = open_files::now().hard;
    let files = files.and_then(|files| usize::try_from(files).ok());
    let limits = Limits::default().within(files.unwrap_or(usize::MAX));
    let visitors = limits.visitors;
    let detail = m::doctor_limits_found(
        limits.unauthenticated.to_string(),
        limits.unauthenticated_per_network.to_string(),
        visitors.streams_per_link.to_string(),
        visitors.streams_per_network.to_string(),
        limits.sessions_per_account.to_string(),
        visitors.connections.to_string(),
        visitors.connections_per_network.to_string(),
    );
    Check::ok("relay-limits", m::doctor_limits(), detail)
}

#[cfg(feature = "window")]
fn display() -> Check {
    let name = m::doctor_display();
    if platform::display_available() {
        Check::ok("display", name, m::doctor_display_there())
    } else {
        let advice = m::advice_display();
        Check::warn("display", name, m::doctor_display_missing(), advice)
    }
}

#[cfg(feature = "window")]
fn tray() -> Check {
    let name = m::doctor_tray();
    if platform::tray_host_present() {
        Check::ok("tray", name, m::doctor_tray_there())
    } else {
        Check::warn("tray", name, m::doctor_tray_missing(), m::advice_tray())
    }
}

#[cfg(feature = "window")]
fn fonts() -> Check {
    let name = m::doctor_fonts();
    let mut fonts = fontique::Collection::new(fontique::CollectionOptions {
        system_fonts: true,
        ..Default::default()
    });
    match fonts.family_names().count() {
        0 => Check::warn("fonts", name, m::doctor_fonts_missing(), m::advice_fonts()),
        count => Check::ok("fonts", name, m::doctor_fonts_there(count)),
    }
}

fn keychain(home: &Home) -> Check {
    let name = m::doctor_keychain();
    let detail = |detail| Check::ok("keychain", m::doctor_keychain(), detail);
    match Secrets::open(home.path(), home.is_private()).kind() {
        Kind::Keychain => detail(m::doctor_keychain_there()),
        Kind::File if home.is_private() => detail(m::doctor_keychain_private(Home::VARIABLE)),
        Kind::File => {
            let advice = m::advice_keychain();
            Check::warn("keychain", name, m::doctor_keychain_missing(), advice)
        }
    }
}
