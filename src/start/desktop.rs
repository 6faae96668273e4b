//! The desktop program: one instance, the window first, then the tray, the app.

use super::shutdown::{AppThread, Shutdown};
use super::window_place::PlaceKeeper;
use crate::app::{
    App, Begin, Event, Inbox, Mailbox, Options, Profile, RelayDirectory, answer_in, relay_choice,
};
use crate::base::signals::Signals;
use crate::cli;
use crate::cli::console::{self, Console};
use crate::model::{Action, Holder, NoticeKind, WindowPlace};
use crate::platform::{self, AcquireError, Autostart, Display, Instance, Notifier};
use crate::provider::registry;
use crate::secrets::{Kind, Secrets};
use crate::shell::desktop::{Callbacks, DesktopRenderer, Start};
use crate::shell::window::{OpenError, WindowSystem, WorkArea};
use crate::shell::{self, desktop};
use crate::store::{Home, RunMarker};
use crate::view::messages as m;
use anyhow::Context;
use std::io::{self, IsTerminal};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::thread;

/// Why the program did not start, for the person who started it.
enum Failure {
    /// Another instance is there and hangs.
    NotAnswering(io::Error),
    /// The home cannot be used.
    Folder(io::Error),
    /// There is no window.
    Window(OpenError),
    /// Something else that the system refuses.
    Other(anyhow::Error),
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Self::Other(error)
    }
}

/// Runs until the person quits. `unsaved` says why nothing of this run is kept.
pub(super) fn run(home: &Home, minimised: bool, unsaved: Option<String>) -> ExitCode {
    if !platform::display_available() {
        Console::of_system().error(&m::cli_no_display());
        return ExitCode::FAILURE;
    }
    match try_run(home, minimised, unsaved) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            complain(home, &failure);
            ExitCode::FAILURE
        }
    }
}

/// Says it on standard error, and on the screen where nobody reads that.
fn complain(home: &Home, failure: &Failure) {
    let console = Console::new(&home.settings().peek().value);
    let text = match failure {
        Failure::NotAnswering(error) => {
            tracing::warn!(%error, "the running instance does not answer");
            console.text(&m::start_not_answering())
        }
        Failure::Folder(error) => console.text(&m::start_folder(error.to_string())),
        Failure::Window(OpenError::Platform(error)) => {
            // What the toolkit says names lines of its source.
            tracing::info!(%error, "no window");
            return console.error(&m::cli_no_display());
        }
        Failure::Window(error @ OpenError::NoFont) => error.to_string(),
        Failure::Other(error) => format!("{error:#}"),
    };
    console::print_error(&text);
    // Without a font or a display there is nothing to show it on.
    if matches!(failure, Failure::Window(_)) || io::stderr().is_terminal() {
        return;
    }
    // What there is of the window has no app.
    desktop::close();
    if let Err(error) = shell::failure::show(&text, &console.into_catalogue()) {
        tracing::info!(%error, "not said on the screen either");
    }
}

fn try_run(home: &Home, minimised: bool, unsaved: Option<String>) -> Result<(), Failure> {
    let instance = match Instance::acquire(home.path()) {
        Ok(instance) => instance,
        Err(AcquireError::AlreadyRunning(running)) => {
            return running.raise().map_err(Failure::NotAnswering);
        }
        Err(AcquireError::Io(error)) => return Err(Failure::Folder(error)),
    };
    let (marker, crashed) = RunMarker::set(home).map_err(Failure::Folder)?;
    let (place, keeper) = PlaceKeeper::start(home).context("no thread for its files")?;
    let (mailbox, inbox) = Mailbox::new();
    let lost = mailbox.clone();
    let display = Display::connect(move || lost.act(Action::Quit));
    let start = Start {
        system: Box::new(Screen(display.clone())),
        place,
        minimised,
    };
    let callbacks = callbacks(&mailbox, keeper.sender());
    let opened = callbacks.map_err(Failure::Other);
    let opened = opened.and_then(|with| desktop::open(with, start).map_err(Failure::Window));
    let renderer = match opened {
        Ok(renderer) => renderer,
        Err(failure) => {
            // It never ran, so it did not crash.
            marker.clear().map_err(Failure::Folder)?;
            return Err(failure);
        }
    };
    let shutdown = Shutdown::new(mailbox.clone(), display, Some(marker));
    let known = Known { crashed, unsaved };
    shutdown.watch(start_app(
        home.clone(),
        known,
        renderer,
        (mailbox.clone(), inbox),
    )?);
    listen(&instance, &mailbox)?;
    let channel = answer_in(home, mailbox.clone(), Holder::Desktop);
    let ended = shutdown.run();
    drop(channel);
    keeper.close();
    Ok(ended?)
}

/// What is known before the app begins.
struct Known {
    crashed: bool,
    unsaved: Option<String>,
}

/// Starts the app on a thread of its own: a keychain that hangs holds up no window.
fn start_app(
    home: Home,
    known: Known,
    renderer: DesktopRenderer,
    at: (Mailbox, Inbox),
) -> anyhow::Result<AppThread> {
    let start = move || {
        let started = App::start_at(at, options(&home, known), Box::new(renderer));
        // Without an app the window is of no use.
        Ok(started.inspect_err(|_| desktop::stop())?)
    };
    let thread = thread::Builder::new().name("begin".into());
    thread.spawn(start).context("no thread for the app")
}

/// Hears other starts, signals and the tray's host.
fn listen(instance: &Instance, mailbox: &Mailbox) -> anyhow::Result<()> {
    let (raise, quit, tray) = (mailbox.clone(), mailbox.clone(), mailbox.clone());
    instance.on_raise(move || raise.act(Action::OpenWindow));
    quit_on_termination(move || quit.act(Action::Quit))?;
    platform::watch_tray_host(move |present| {
        desktop::tray_host_changed(present);
        tray.send(Event::TrayHost(present));
    })
    .context("no thread for the tray")
}

/// Calls `quit` at the first of them. A second one ends the program the hard way.
#[expect(
    clippy::disallowed_methods,
    reason = "whoever says it twice wants no goodbye"
)]
fn quit_on_termination(quit: impl Fn() + Send + 'static) -> io::Result<()> {
    let runtime = cli::runtime()?;
    let mut signals = {
        let _context = runtime.enter();
        Signals::listen()?
    };
    let wait = async move {
        signals.next().await;
        tracing::info!("told to end");
        quit();
        signals.next().await;
        std::process::exit(1);
    };
    std::thread::Builder::new()
        .name("signals".into())
        .spawn(move || runtime.block_on(wait))?;
    Ok(())
}

fn options(home: &Home, known: Known) -> Options {
    let secrets = Arc::new(Secrets::open(home.path(), home.is_private()));
    let mut begin = Begin::load(home);
    begin.accounts = true;
    begin.alerts = true;
    begin.notices.extend(keychain_notice(home, &secrets));
    let hosting = !begin.hosted.is_empty();
    let crash = NoticeKind::Crashed { hosting };
    begin.notices.extend(known.crashed.then_some(crash));
    let unsaved = known
        .unsaved
        .map(|detail| NoticeKind::NothingSaved { detail });
    begin.notices.extend(unsaved);
    if !home.is_private()
        && let Ok(autostart) = Autostart::for_this_program()
    {
        if let Err(error) = autostart.refresh() {
            tracing::warn!(%error, "the autostart entry is not brought up to date");
        }
        if let Ok(on) = autostart.is_on() {
            // The desktop's own settings may have changed it.
            begin.settings.autostart = on;
        }
    }
    let relay = RelayDirectory::new(
        home.clone(),
        relay_choice(&begin.settings, &secrets),
        begin.settings.relay.clone(),
    );
    Options {
        home: home.clone(),
        profile: Profile::Desktop,
        begin,
        providers: registry::all(Arc::clone(&relay) as _, &secrets),
        relay,
        secrets,
    }
}

/// Secrets that are in a file where a keychain should be are worth saying.
fn keychain_notice(home: &Home, secrets: &Secrets) -> Option<NoticeKind> {
    let expected = !home.is_private();
    (expected && secrets.kind() == Kind::File).then_some(NoticeKind::NoKeychain)
}

fn callbacks(mailbox: &Mailbox, places: Sender<WindowPlace>) -> anyhow::Result<Callbacks> {
    let (act, shown, tray) = (mailbox.clone(), mailbox.clone(), mailbox.clone());
    let clicked = mailbox.clone();
    let notifier = Notifier::start(move |action| clicked.act(action));
    let notifier = notifier.context("no thread for notices")?;
    Ok(Callbacks {
        act: Arc::new(move |action| act.act(action)),
        shown: Box::new(move |on| shown.send(Event::WindowShown(on))),
        tray_host: platform::tray_host_present,
        tray_host_is: Box::new(move |present| tray.send(Event::TrayHost(present))),
        notify: Box::new(move |notes| notifier.follow(notes)),
        place_is: Box::new(move |place| {
            // The keeper is gone only when the program is.
            let _ = places.send(place);
        }),
    })
}

/// The display, as the window needs it.
struct Screen(Display);

impl WindowSystem for Screen {
    fn bring(&self, window: u32) {
        self.0.bring(window);
    }

    fn set_place(&self, window: u32, x: i32, y: i32) {
        self.0.set_place(window, x, y);
    }

    fn work_area(&self) -> Option<WorkArea> {
        self.0.work_area().map(|area| WorkArea {
            x: area.x,
            y: area.y,
            width: area.width,
            height: area.height,
        })
    }
}
