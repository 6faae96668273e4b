//! What is there on this machine: files and the desktop.

use super::{Check, Subject, said};
use crate::audit;
use crate::base::files::Loaded;
use crate::base::open_files::{self, OpenFiles};
use crate::logging;
use crate::model::{NoticeKind, Settings, invalid_health};
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
pub(super) fn all(home: &Home, settings: &Loaded<Settings>, wrong: &[NoticeKind]) -> Vec<Check> {
    let mut checks = vec![version(), files(home), saved_settings(settings)];
    checks.extend(setting_keys(wrong));
    checks.extend(kept_aside(home));
    checks.extend([
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
    ]);
    checks
}

/// What somebody who wrote the file by hand may have meant otherwise, each.
fn setting_keys(wrong: &[NoticeKind]) -> impl Iterator<Item = Check> {
    let of = || Subject::new("settings-key", m::doctor_settings());
    let texts = wrong.iter().filter_map(notice_text);
    texts.map(move |text| of().warn(text, m::advice_setting_key()))
}

/// What was put away because it could not be used, as long as it is there.
fn kept_aside(home: &Home) -> impl Iterator<Item = Check> {
    let kept = home.kept_aside().into_iter();
    let paths = kept.map(|name| home.file(&name).display().to_string());
    let paths: Vec<String> = paths.collect();
    paths.into_iter().map(|path| {
        let of = Subject::new("kept-aside", m::doctor_kept_aside());
        of.warn(m::doctor_kept_as(path), m::advice_kept_aside())
    })
}

fn files(home: &Home) -> Check {
    let (of, path) = (Subject::new("home", m::doctor_home()), home.path());
    match try_write(path) {
        Ok(()) => of.ok(writable(path)),
        Err(error) => of.fail(not_writable(path, &error), m::advice_home(Home::VARIABLE)),
    }
}

fn logs(home: &Home) -> Check {
    let of = Subject::new("logs", m::doctor_logs());
    let path = logging::logs_dir(home.path());
    match std::fs::create_dir_all(&path).and_then(|()| try_write(&path)) {
        Ok(()) => of.ok(writable(&path)),
        Err(error) => of.warn(not_writable(&path, &error), m::advice_logs()),
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

fn version() -> Check {
    let of = Subject::new("version", m::doctor_ours());
    of.ok(m::doctor_version(env!("CARGO_PKG_VERSION")))
}

fn saved_settings(settings: &Loaded<Settings>) -> Check {
    let of = Subject::new("settings", m::doctor_settings());
    let wrong = settings.notice.as_ref().and_then(notice_text);
    let wrong = wrong.or_else(|| settings.value.timing.resolve().err().map(said));
    let base = settings.value.timing.resolve().unwrap_or_default();
    let health = || invalid_health(base, &settings.value.health, &[]);
    let wrong = wrong.or_else(|| health().first().map(said));
    match wrong {
        None => of.ok(m::doctor_settings_fine()),
        Some(wrong) => of.warn(wrong, m::advice_settings()),
    }
}

fn audit_log(home: &Home) -> Check {
    let of = Subject::new("audit", m::doctor_audit());
    match audit::verify(&home.audit_log()) {
        Ok(summary) => of.ok(m::doctor_audit_fine(summary.records)),
        Err(error) => of.fail(said(error), m::advice_audit()),
    }
}

fn crash(home: &Home) -> Check {
    let of = Subject::new("crash", m::doctor_crash());
    if let Ok(None) = logging::read_crash(home.path()) {
        return of.ok(m::doctor_no_crash());
    }
    let path = home.file("crash.txt").display().to_string();
    of.warn(m::doctor_crashed(path), m::advice_crash())
}

/// Fewer than these, and a host or a relay of some size meets the limit.
const FEW_FILES: u64 = 4_096;

fn open_files() -> Check {
    let of = Subject::new("open-files", m::doctor_files());
    let OpenFiles { soft, hard } = open_files::now();
    let shown =
        |limit: Option<u64>| limit.map_or_else(|| "∞".to_owned(), |limit| limit.to_string());
    let detail = m::doctor_files_found(shown(hard), shown(soft));
    if hard.is_some_and(|hard| hard < FEW_FILES) {
        of.warn(detail, m::advice_files())
    } else {
        of.ok(detail)
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
    Subject::new("relay-limits", m::doctor_limits()).ok(detail)
}

#[cfg(feature = "window")]
fn display() -> Check {
    let of = Subject::new("display", m::doctor_display());
    if platform::display_available() {
        of.ok(m::doctor_display_there())
    } else {
        of.warn(m::doctor_display_missing(), m::advice_display())
    }
}

#[cfg(feature = "window")]
fn tray() -> Check {
    let of = Subject::new("tray", m::doctor_tray());
    if platform::tray_host_present() {
        of.ok(m::doctor_tray_there())
    } else {
        of.warn(m::doctor_tray_missing(), m::advice_tray())
    }
}

#[cfg(feature = "window")]
fn fonts() -> Check {
    let of = Subject::new("fonts", m::doctor_fonts());
    let mut fonts = fontique::Collection::new(fontique::CollectionOptions {
        system_fonts: true,
        ..Default::default()
    });
    match fonts.family_names().count() {
        0 => of.warn(m::doctor_fonts_missing(), m::advice_fonts()),
        count => of.ok(m::doctor_fonts_there(count)),
    }
}

fn keychain(home: &Home) -> Check {
    let of = Subject::new("keychain", m::doctor_keychain());
    match Secrets::open(home.path(), home.is_private()).kind() {
        Kind::Keychain => of.ok(m::doctor_keychain_there()),
        Kind::File if home.is_private() => of.ok(m::doctor_keychain_private(Home::VARIABLE)),
        Kind::File => of.warn(m::doctor_keychain_missing(), m::advice_keychain()),
    }
}
