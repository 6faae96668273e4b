//! The desktop program: one instance, the window, the tray, the app.

use super::speech::Speech;
use super::{begin, devtunnels};
use crate::app::{App, Event, Mailbox, Options, Profile, RelayDirectory};
use crate::cli::DesktopArgs;
use crate::model::{Action, NoticeKind};
use crate::platform::{self, AcquireError, Autostart, Instance, Notifier};
use crate::secrets::Secrets;
use crate::shell::desktop::{self, Callbacks};
use crate::store::{Home, RunMarker};
use crate::view::messages as m;
use anyhow::Context;
use std::process::ExitCode;
use std::sync::{Arc, OnceLock};

/// Runs until the person quits.
#[must_use]
pub fn run(args: DesktopArgs) -> ExitCode {
    if !platform::display_available() {
        Speech::of_system().complain(&m::cli_no_display());
        return ExitCode::FAILURE;
    }
    match try_run(args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("underpass: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn try_run(args: DesktopArgs) -> anyhow::Result<()> {
    let home = Home::locate().context("its folder cannot be used")?;
    let instance = match Instance::acquire(home.path()) {
        Ok(instance) => instance,
        Err(AcquireError::AlreadyRunning(running)) => {
            return running
                .raise()
                .context("Underpass runs already, and does not answer");
        }
        Err(AcquireError::Io(error)) => return Err(error).context("its lock cannot be taken"),
    };
    let (marker, crashed) = RunMarker::set(&home).context("its folder cannot be written")?;
    serve(args, &home, &instance, crashed)?;
    marker.clear().context("its folder cannot be written")
}

fn serve(args: DesktopArgs, home: &Home, instance: &Instance, crashed: bool) -> anyhow::Result<()> {
    let post = Post::default();
    let renderer = desktop::open(callbacks(&post)?)?;
    let app = App::start(options(home, crashed), Box::new(renderer))?;
    let mailbox = app.mailbox();
    post.set(mailbox.clone());
    let raise = mailbox.clone();
    instance.on_raise(move || raise.act(Action::OpenWindow));
    super::signals::quit_on_termination(move || mailbox.act(Action::Quit))?;
    let tray = platform::tray_host_present();
    post.send(Event::TrayHost(tray));
    // Started with the person's session it stays out of the way, if there is a way back to it.
    if !(args.minimised && tray) {
        post.send(Event::Act(Action::OpenWindow));
    }
    let ended = desktop::run();
    // The window's loop ends after the app's last word, or because the desktop broke off.
    post.send(Event::Act(Action::Quit));
    app.wait()?;
    Ok(ended?)
}

fn options(home: &Home, crashed: bool) -> Options {
    let secrets = Arc::new(Secrets::open(home.path(), home.is_private()));
    let mut begin = begin::load(home);
    begin.accounts = true;
    begin.notices.extend(begin::keychain_notice(home, &secrets));
    begin.notices.extend(crashed.then_some(NoticeKind::Crashed));
    if !home.is_private()
        && let Ok(autostart) = Autostart::for_this_program()
        && let Ok(on) = autostart.is_on()
    {
        // The desktop's own settings may have changed it.
        begin.settings.autostart = on;
    }
    let relay = RelayDirectory::new(
        home.clone(),
        begin::relay_choice(&begin.settings, &secrets),
        begin.settings.relay.clone(),
    );
    Options {
        home: home.clone(),
        profile: Profile::Desktop,
        begin,
        relay,
        secrets,
        devtunnels: devtunnels::real(),
    }
}

/// The app's mailbox, once there is one: the window is made before the app.
#[derive(Clone, Default)]
struct Post(Arc<OnceLock<Mailbox>>);

impl Post {
    fn set(&self, mailbox: Mailbox) {
        // Only called once.
        let _ = self.0.set(mailbox);
    }

    fn send(&self, event: Event) {
        if let Some(mailbox) = self.0.get() {
            mailbox.send(event);
        }
    }
}

fn callbacks(post: &Post) -> anyhow::Result<Callbacks> {
    let notifier = Notifier::start().context("no thread for notifications")?;
    let (act, shown, tray) = (post.clone(), post.clone(), post.clone());
    Ok(Callbacks {
        act: Arc::new(move |action| act.send(Event::Act(action))),
        shown: Box::new(move |on| shown.send(Event::WindowShown(on))),
        tray_host: platform::tray_host_present,
        tray_host_is: Box::new(move |present| tray.send(Event::TrayHost(present))),
        notify: Box::new(move |title, text| notifier.show(title, text)),
    })
}
