//! The loop: one event at a time through `update`, then the view.

use super::embedded::RelayDirectory;
use super::event::{Event, Poll};
use super::perform::{Parts, Performer};
use super::state::{Begin, State};
use super::update::{next_poll, update};
use crate::base::clock::{self, SuspendWatch};
use crate::base::network::outbound_address;
use crate::model::{Action, Holder, UnixMillis};
use crate::probe::SetupError;
use crate::provider::Registry;
use crate::secrets::Secrets;
use crate::store::{Home, SavedTunnels};
use crate::view::{self, Renderer};
use std::io;
use std::net::IpAddr;
use std::ops::ControlFlow;
use std::pin::Pin;
use std::sync::Arc;
use std::thread;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until, timeout, timeout_at};

/// How long every goodbye together may take when the person quits.
const QUIT_WITHIN: Duration = Duration::from_millis(4_500);

/// And how long what is still to be written may take after that: 5 s in all.
const LAST_WRITES: Duration = Duration::from_millis(500);

/// How often it is asked whether the computer slept or its network changed.
const LOOK_AROUND: Duration = Duration::from_secs(5);

/// A sleep shorter than this costs no link its life.
const SLEPT_AT_LEAST: Duration = Duration::from_secs(2);

/// Who the program is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    /// A person at a window and a tray: what they do is kept.
    Desktop,
    /// A terminal or a service manager: nothing of the desktop's is changed.
    Headless,
}

impl Profile {
    /// What such a process is for others.
    pub const fn holder(self) -> Holder {
        match self {
            Self::Desktop => Holder::Desktop,
            Self::Headless => Holder::Host,
        }
    }
}

pub struct Options {
    pub home: Home,
    pub profile: Profile,
    /// The facts at the begin.
    pub begin: Begin,
    pub relay: Arc<RelayDirectory>,
    pub secrets: Arc<Secrets>,
    pub providers: Registry,
}

/// The app cannot run.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    #[error("the app's thread could not start: {0}")]
    Thread(#[from] io::Error),
    #[error(transparent)]
    Probes(#[from] SetupError),
}

/// Takes events from anywhere, and questions about the facts.
#[derive(Clone, Debug)]
pub struct Mailbox {
    posts: mpsc::UnboundedSender<Post>,
    changes: watch::Receiver<()>,
}

/// Where a mailbox's events wait for the app.
#[derive(Debug)]
pub struct Inbox {
    posts: mpsc::UnboundedReceiver<Post>,
    changes: watch::Sender<()>,
}

/// What waits, in the order it came.
#[expect(
    clippy::large_enum_variant,
    reason = "nearly all of them are events: a box each would cost more than it spares"
)]
enum Post {
    Event(Event),
    /// Nothing happens by it: somebody reads the facts.
    Look(Look),
}

/// Reads the facts, on the app's thread: it must be quick.
type Look = Box<dyn FnOnce(&State, UnixMillis) + Send>;

impl std::fmt::Debug for Post {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Event(event) => event.fmt(f),
            Self::Look(_) => f.write_str("Look"),
        }
    }
}

impl Mailbox {
    /// A mailbox, and what an app is started with to take its events: those from before it runs wait, as
    /// a window that comes first has some.
    #[must_use]
    pub fn new() -> (Self, Inbox) {
        let (sender, posts) = mpsc::unbounded_channel();
        let (changes, follower) = watch::channel(());
        let mailbox = Self {
            posts: sender,
            changes: follower,
        };
        (mailbox, Inbox { posts, changes })
    }

    /// Sends an event; after the app's end it goes nowhere.
    pub fn send(&self, event: Event) {
        // The app has ended: nothing that happens matters any more.
        let _ = self.posts.send(Post::Event(event));
    }

    /// Reads the facts once all that was sent before has happened; `None` if the app ends before. Called
    /// on the app's thread: what it does must be quick.
    pub(super) async fn look<T: Send + 'static>(
        &self,
        read: impl FnOnce(&State, UnixMillis) -> T + Send + 'static,
    ) -> Option<T> {
        let (answer, answered) = oneshot::channel();
        let look: Look = Box::new(move |state, at| {
            // Nobody waits for it any more, perhaps.
            let _ = answer.send(read(state, at));
        });
        // Without an app the answer does not come either.
        let _ = self.posts.send(Post::Look(look));
        answered.await.ok()
    }

    /// Is told after each event; its sender is gone with the app.
    pub(super) fn changes(&self) -> watch::Receiver<()> {
        self.changes.clone()
    }

    /// Sends what the person asked for.
    pub fn act(&self, action: Action) {
        self.send(Event::Act(action));
    }
}

#[derive(Debug)]
pub struct App {
    mailbox: Mailbox,
    thread: thread::JoinHandle<Result<(), AppError>>,
}

impl App {
    /// Starts the app on a thread of its own. It ends after [`Action::Quit`].
    pub fn start(options: Options, renderer: Box<dyn Renderer>) -> Result<Self, AppError> {
        Self::start_at(Mailbox::new(), options, renderer)
    }

    /// The same, with a mailbox that is there already.
    ///
    /// # Errors
    /// The system gives no thread.
    pub fn start_at(
        (mailbox, inbox): (Mailbox, Inbox),
        options: Options,
        renderer: Box<dyn Renderer>,
    ) -> Result<Self, AppError> {
        let own = mailbox.clone();
        let thread = thread::Builder::new().name("app".into()).spawn(move || {
            let mut renderer = renderer;
            let ended = run_alone(options, own, inbox, &mut *renderer);
            // Also where it has not begun: what it draws on is of no use without it.
            renderer.quit();
            ended
        })?;
        Ok(Self { mailbox, thread })
    }

    pub fn mailbox(&self) -> Mailbox {
        self.mailbox.clone()
    }

    /// Waits for its end.
    pub fn wait(self) -> Result<(), AppError> {
        match self.thread.join() {
            Ok(ended) => ended,
            // The panic hook has written what happened; go on panicking here.
            Err(panic) => std::panic::resume_unwind(panic),
        }
    }
}

/// On a runtime of its own.
fn run_alone(
    options: Options,
    mailbox: Mailbox,
    inbox: Inbox,
    renderer: &mut dyn Renderer,
) -> Result<(), AppError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let ended = runtime.block_on(run(options, mailbox, inbox, renderer));
    // A look-up of a name may still hang in the system; nobody waits for it.
    runtime.shutdown_background();
    ended
}

async fn run(
    options: Options,
    mailbox: Mailbox,
    mut inbox: Inbox,
    renderer: &mut dyn Renderer,
) -> Result<(), AppError> {
    let begin = Begin {
        providers: options.providers.catalog(),
        ..options.begin
    };
    let mut state = State::new(begin, clock::now());
    let held = state.inputs.tunnels.clone();
    let tunnels = match options.profile {
        Profile::Desktop => SavedTunnels::of(&options.home, held),
        Profile::Headless => SavedTunnels::unsaved(held),
    };
    let mut performer = Performer::new(Parts {
        tunnels: Arc::new(tunnels),
        home: options.home,
        profile: options.profile,
        mailbox,
        relay: options.relay,
        secrets: options.secrets,
        providers: options.providers,
    })?;
    let mut surroundings = Surroundings::now();
    let mut look_around = interval(LOOK_AROUND);
    look_around.set_missed_tick_behavior(MissedTickBehavior::Delay);
    // Kept over events: they must not put them off.
    let mut timers = Timers::new();
    let mut event = Event::Started;
    let mut ending: Option<Ending> = None;
    'life: loop {
        let (tick, flow) = take(&mut state, event, &mut performer, renderer);
        inbox.changes.send_replace(());
        if flow.is_break() && ending.is_none() {
            ending = Some(Ending::begin(performer.farewell()));
        }
        event = loop {
            timers.follow(&state, tick);
            tokio::select! {
                () = over(&mut ending) => break 'life,
                post = inbox.posts.recv() => match post {
                    Some(Post::Event(event)) => break event,
                    Some(Post::Look(look)) => look(&state, clock::now()),
                    None => break Event::Act(Action::Quit),
                },
                event = timers.next() => break event,
                _ = look_around.tick() => {
                    if surroundings.changed() {
                        break Event::Woke;
                    }
                }
            }
        };
    }
    if timeout(LAST_WRITES, performer.drained()).await.is_err() {
        tracing::warn!("a file, the keychain or the desktop did not answer before the end");
    }
    Ok(())
}

/// The program's end under way: events are taken until it is over.
struct Ending {
    farewell: Pin<Box<dyn Future<Output = ()>>>,
    until: Instant,
}

impl Ending {
    fn begin(farewell: impl Future<Output = ()> + 'static) -> Self {
        Self {
            farewell: Box::pin(farewell),
            until: Instant::now() + QUIT_WITHIN,
        }
    }
}

/// Waits for the end's end, or for its limit; for ever while nothing ends.
async fn over(ending: &mut Option<Ending>) {
    let Some(ending) = ending else {
        return std::future::pending().await;
    };
    if timeout_at(ending.until, ending.farewell.as_mut())
        .await
        .is_err()
    {
        tracing::warn!("a goodbye took too long; the program ends without it");
    }
}

/// How often what is shown is out of date from now on, and whether the end begins.
fn take(
    state: &mut State,
    event: Event,
    performer: &mut Performer,
    renderer: &mut dyn Renderer,
) -> (Option<Duration>, ControlFlow<()>) {
    let at = clock::now();
    let shift = &mut state.inputs.appearance.clock_shift;
    *shift = shift.follow(clock::shift());
    let commands = update(state, at, event);
    let view = view::fold(&state.inputs, at);
    let tick = view.tick;
    // First what is shown, then what may take its time.
    renderer.render(at, &state.inputs, Arc::new(view));
    let mut commands = commands.into_iter();
    let flow = commands.try_for_each(|command| performer.perform(command, renderer));
    (tick, flow)
}

/// What happens by the passing of time alone, and when it is wanted.
struct Timers([(Event, Option<Instant>); 5]);

impl Timers {
    fn new() -> Self {
        let polls = [Poll::List, Poll::Panel, Poll::Hosted, Poll::Alerts];
        let [list, panel, hosted, alerts] = polls.map(Event::Due);
        Self([Event::Tick, list, panel, hosted, alerts].map(|event| (event, None)))
    }

    /// Sets what is wanted and not set, and forgets what is not wanted any more.
    fn follow(&mut self, state: &State, tick: Option<Duration>) {
        for (event, set) in &mut self.0 {
            let wanted = match event {
                Event::Due(poll) => next_poll(state, *poll),
                _ => tick,
            };
            *set = earlier(*set, wanted);
        }
    }

    /// Waits for the first of them.
    async fn next(&mut self) -> Event {
        let set = self.0.iter_mut().filter(|(_, at)| at.is_some());
        let Some((event, at)) = set.min_by_key(|(_, at)| *at) else {
            return std::future::pending().await;
        };
        if let Some(at) = *at {
            sleep_until(at).await;
        }
        *at = None;
        event.clone()
    }
}

/// The moment that was set, or the one that is wanted now if it is sooner; none if none is wanted.
fn earlier(set: Option<Instant>, wanted: Option<Duration>) -> Option<Instant> {
    let wanted = Instant::now() + wanted?;
    Some(set.map_or(wanted, |set| set.min(wanted)))
}

/// What a link's life hangs on beside the relay: that time goes on, and the way out.
struct Surroundings {
    slept: SuspendWatch,
    outbound: Option<IpAddr>,
}

impl Surroundings {
    fn now() -> Self {
        Self {
            slept: SuspendWatch::start(),
            outbound: outbound_address(),
        }
    }

    /// Since it was asked last, the computer slept or its network changed.
    fn changed(&mut self) -> bool {
        let slept = self.slept.slept() >= SLEPT_AT_LEAST;
        let outbound = outbound_address();
        let moved = std::mem::replace(&mut self.outbound, outbound) != outbound;
        if slept || moved {
            tracing::info!(slept, moved, "the surroundings changed");
        }
        slept || moved
    }
}
