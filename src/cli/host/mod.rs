//! `underpass host`: the app without a window.

mod args;
mod check;
mod chosen;
mod control;
mod detach;
mod file;
mod plan;
mod reach;
pub(super) mod remote;

pub(crate) use self::args::HostArgs;
#[cfg(test)]
pub(super) use self::args::HostTarget;

use self::control::Request;
use self::file::Entry;
use self::plan::{Known, NoPlan, Plan, plan};
use crate::app::{
    App, Begin, Mailbox, Options, Profile, RelayChoice, RelayDirectory, answer_in, relay_choice,
};
use crate::base::clock;
use crate::base::signals::Signals;
use crate::cli::console::{Console, Failure};
use crate::cli::exit::Exit;
use crate::cli::runtime;
use crate::cli::set::Set;
use crate::model::{
    AccountId, Action, Holder, JoinLink, NoticeKind, Protocol, Settings, Tunnel, TunnelId,
};
use crate::provider::registry;
use crate::secrets::Secrets;
use crate::shell::headless::{Headless, Lines, Told};
use crate::store::{Home, Rows};
use crate::view::fold::error_text;
use crate::view::{Msg, messages as m};
use std::collections::BTreeSet;
use std::io;
use std::process::ExitCode;
use std::sync::Arc;
use std::thread;
use std::time::Duration;
use tokio::sync::mpsc;

/// What happens while it hosts.
enum Input {
    /// The renderer has something to tell.
    Told(Told),
    /// A line of standard input.
    Request(Request),
}

/// `unsaved` says why nothing of this run is kept.
pub(crate) fn run(home: Home, args: &HostArgs, unsaved: Option<String>) -> ExitCode {
    if args.detach {
        return detach::run(&home, args, unsaved);
    }
    if args.in_background {
        detach::leave_terminal();
    }
    let mut begin = Begin::load(&home);
    let unsaved = unsaved.map(|detail| NoticeKind::NothingSaved { detail });
    begin.notices.extend(unsaved);
    let console = Console::new(&begin.settings).for_programs(args.json);
    let done = file::asked(args, &registry::catalog()).and_then(|entries| {
        if args.only_check {
            return check::tell(&entries, &begin, &console, args.json).map(|()| Exit::Done);
        }
        let (entries, plan, secrets) = choose(&home, entries, &mut begin, &console)?;
        let begin = Begin {
            tunnels: plan.tunnels.clone(),
            // Those are the desktop's: what is hosted here is what was typed.
            hosted: BTreeSet::new(),
            fixed_ports: plan.fixed_ports.clone(),
            rows: Rows::new(),
            ..begin
        };
        let args = for_all(args, &entries);
        let served = serve(home, &args, begin, &plan, secrets);
        served.map_err(Failure::Other)
    });
    done.unwrap_or_else(|failure| console.fail(failure)).into()
}

/// What was typed, with what holds for all that is hosted by it.
fn for_all(typed: &HostArgs, entries: &[Entry]) -> HostArgs {
    let mut all = entries.iter().map(|entry| &entry.args);
    HostArgs {
        reach: all.clone().find_map(|args| args.reach),
        relay: all.find_map(|args| args.relay.clone()),
        ..typed.clone()
    }
}

/// What is hosted, with what was chosen for it, and what is secret of that.
fn choose(
    home: &Home,
    mut entries: Vec<Entry>,
    begin: &mut Begin,
    console: &Console,
) -> Result<(Vec<Entry>, Plan, Secrets), Failure> {
    let mut plans = vec![];
    for entry in &mut entries {
        let planned = reach::settle(home, &entry.args, begin, console).and_then(|args| {
            check::relay(&args, &begin.settings)?;
            let plan = plan_one(home, &args, begin)?;
            Ok((args, plan))
        });
        let (args, plan) = planned.map_err(|failure| entry.locate(failure))?;
        entry.args = args;
        plans.push(plan);
    }
    for entry in &entries {
        let Set { provider, .. } = &entry.args.set;
        for (key, value) in provider {
            begin.settings.set_option(entry.args.provider, key, value);
        }
    }
    let secrets = open_secrets(home, &entries, begin, &plans);
    for (entry, plan) in entries.iter().zip(&mut plans) {
        let chosen = choose_one(&entry.args, begin, plan, &secrets);
        chosen.map_err(|failure| entry.locate(failure))?;
        warn(&entry.args, plan, console);
    }
    let plan = Plan::of(plans).map_err(|no_plan| explain(&no_plan))?;
    Ok((entries, plan, secrets))
}

fn plan_one(home: &Home, args: &HostArgs, begin: &Begin) -> Result<Plan, Failure> {
    if registry::catalog().of(args.provider).is_remote() {
        return plan_remote(home, args, begin);
    }
    plan_here(args, begin)
}

/// Asks nobody.
fn plan_here(args: &HostArgs, begin: &Begin) -> Result<Plan, Failure> {
    let is_shared = args.relay.is_some() || begin.settings.relay.joined.is_some();
    let known = Known {
        settings: &begin.settings,
        saved: &begin.tunnels,
        shared: is_shared.then_some(begin.install.as_str()),
    };
    plan(args, &known, clock::now()).map_err(|no_plan| explain(&no_plan))
}

/// Gives the tunnels of a plan what was chosen for them.
fn choose_one(
    args: &HostArgs,
    begin: &Begin,
    plan: &mut Plan,
    secrets: &Secrets,
) -> Result<(), Failure> {
    let offers = registry::catalog().of(args.provider);
    chosen::read_secrets(offers, &args.set)
        .and_then(|given| chosen::apply(plan, args, &begin.tokens, &given, secrets))
        .map_err(|why| Failure::Usage(vec![why]))?;
    chosen::apply_health(plan, args, &begin.settings).map_err(|why| Failure::Usage(vec![why]))?;
    reach::check(args, begin, plan).map_err(Failure::Because)
}

/// Says what may not be what was meant.
fn warn(args: &HostArgs, plan: &Plan, console: &Console) {
    let offers = registry::catalog().of(args.provider);
    for msg in &remote::open_anyway(args, offers.name, plan) {
        console.error(msg);
    }
    if !offers.encrypted {
        console.error(&m::provider_unencrypted(offers.name));
    }
}

/// Asks the account.
fn plan_remote(home: &Home, args: &HostArgs, loaded: &Begin) -> Result<Plan, Failure> {
    let offers = registry::catalog().of(args.provider);
    let secrets = Arc::new(Secrets::open(home.path(), true));
    let inventory = registry::remote(&secrets).inventory(&AccountId::only(args.provider));
    let inventory = inventory.map_err(|reason| remote::why(offers, &reason))?;
    let account = remote::RemoteAccount {
        offers,
        inventory: &*inventory,
    };
    remote::plan(args, account, &loaded.tunnels)
}

/// What is wrong, a line each.
fn explain(no_plan: &NoPlan) -> Failure {
    let wrong = match no_plan {
        NoPlan::NoSuchTunnel(typed) if typed.parse::<Protocol>().is_ok() => {
            let protocol = typed.to_ascii_lowercase();
            vec![m::cli_protocol_alone(protocol, typed.as_str())]
        }
        NoPlan::NoSuchTunnel(typed) => {
            return Failure::not_found(m::cli_no_such_saved(typed.as_str()));
        }
        NoPlan::NoPorts(tunnel) => {
            vec![m::cli_no_ports(tunnel.id.as_str(), tunnel.name.as_str())]
        }
        NoPlan::Twice(name) => vec![m::cli_hosted_twice(name.as_str())],
        NoPlan::Wrong(errors) => {
            let text = errors
                .iter()
                .map(|(field, error)| error_text(*field, error));
            text.collect()
        }
    };
    Failure::Usage(wrong)
}

fn serve(
    home: Home,
    args: &HostArgs,
    mut begin: Begin,
    plan: &Plan,
    secrets: Secrets,
) -> anyhow::Result<Exit> {
    let choice = choose_relay(args, &mut begin.settings, &secrets);
    let secrets = Arc::new(secrets);
    let catalogue = Console::new(&begin.settings).into_catalogue();
    begin.appearance.traffic_shown = args.form().has_status();
    let relay = RelayDirectory::new(home.clone(), choice, begin.settings.relay.clone());
    if args.reach.is_some() {
        relay.be_exact();
    }
    let runtime = runtime()?;
    let (sender, inputs) = mpsc::unbounded_channel();
    let closed = sender.clone();
    let lines = Lines::start(catalogue, args.form(), move |why| {
        // Nobody waits for input any more once the program ends.
        let _ = closed.send(Input::Told(why));
    })?;
    let told = sender.clone();
    let headless = Headless::new(lines.clone(), move |what| {
        let _ = told.send(Input::Told(what));
    });
    let channel_home = home.clone();
    let known: BTreeSet<TunnelId> = plan.tunnels.iter().map(|t| t.id.clone()).collect();
    let app = App::start(
        Options {
            home,
            profile: Profile::Headless,
            begin,
            providers: registry::all(Arc::clone(&relay) as _, &secrets),
            relay,
            secrets,
        },
        Box::new(headless),
    )?;
    let mailbox = app.mailbox();
    let last_lines = lines.clone();
    // Until the end: whoever has had it stopped is told so.
    let holder = if args.in_background {
        Holder::Background
    } else {
        Holder::Host
    };
    let channel = answer_in(&channel_home, mailbox.clone(), holder);
    if args.in_background && channel.is_none() {
        anyhow::bail!("there is no control channel, by which alone it could be stopped");
    }
    for tunnel in plan.wanted.iter().cloned() {
        mailbox.act(if args.take_over {
            Action::TakeOver { tunnel }
        } else {
            Action::Host { tunnel }
        });
    }
    if args.control {
        read_requests(sender)?;
    }
    let controller = Controller {
        mailbox,
        lines,
        known,
        stays: args.control,
        is_detached: args.in_background,
        limit: args.timeout.map(Duration::from_secs),
    };
    let code = runtime.block_on(run_until_ended(controller, inputs, app));
    drop(channel);
    last_lines.end();
    // A thread may still wait for standard input; it ends with the program.
    runtime.shutdown_background();
    code
}

/// The keychain is asked only where something of what is hosted may be in it.
fn open_secrets(home: &Home, entries: &[Entry], begin: &Begin, plans: &[Plan]) -> Secrets {
    let catalog = registry::catalog();
    let joined = begin.settings.relay.joined.is_some();
    let joins =
        |Entry { args, .. }: &Entry| catalog.of(args.provider).joins && args.relay.is_none();
    let holds = |tunnel: &Tunnel| {
        catalog.of(tunnel.provider).token.is_some() || !tunnel.chosen.secrets.is_empty()
    };
    let wanted = |plan: &Plan| {
        let mut wanted = plan.tunnels.iter().filter(|t| plan.wanted.contains(&t.id));
        wanted.any(holds)
    };
    let needed = joined && entries.iter().any(joins) || plans.iter().any(wanted);
    Secrets::open(home.path(), home.is_private() || !needed)
}

fn choose_relay(args: &HostArgs, settings: &mut Settings, secrets: &Secrets) -> RelayChoice {
    match &args.relay {
        Some(link) => {
            settings.relay.joined = without_token(link);
            RelayChoice::Joined(link.clone())
        }
        None => relay_choice(settings, secrets),
    }
}

/// `HOST:PORT#FINGERPRINT`: what the settings keep of a join link.
fn without_token(link: &JoinLink) -> Option<String> {
    let shown = link.to_string();
    let (_, address) = shown.rsplit_once('@')?;
    Some(address.to_owned())
}

fn read_requests(sender: mpsc::UnboundedSender<Input>) -> io::Result<()> {
    let thread = thread::Builder::new().name("control".into());
    thread.spawn(move || {
        control::run(io::stdin().lock(), |request| {
            sender.send(Input::Request(request)).is_ok()
        });
    })?;
    Ok(())
}

/// Hands what comes in to the app.
struct Controller {
    mailbox: Mailbox,
    lines: Lines,
    known: BTreeSet<TunnelId>,
    /// A program looks after it: nothing but its word ends it.
    stays: bool,
    /// Whoever started it waits until it works, and goes then.
    is_detached: bool,
    /// How long it may take until visitors get there.
    limit: Option<Duration>,
}

/// Hosts until it is told to end, or until there is nothing left to host.
async fn run_until_ended(
    controller: Controller,
    mut inputs: mpsc::UnboundedReceiver<Input>,
    app: App,
) -> anyhow::Result<Exit> {
    let mut signals = Signals::listen()?;
    let mut ended = tokio::task::spawn_blocking(move || app.wait());
    let mut waits = controller.limit.is_some();
    let late = tokio::time::sleep(controller.limit.unwrap_or_default());
    tokio::pin!(late);
    let exit = loop {
        tokio::select! {
            () = signals.next() => break Exit::Done,
            Some(input) = inputs.recv() => {
                waits &= !matches!(input, Input::Told(Told::Works));
                if let Some(exit) = controller.handle(input) {
                    break exit;
                }
            }
            () = &mut late, if waits => {
                controller.give_up();
                break Exit::TimedOut;
            }
            ended = &mut ended => {
                // Nobody told it to.
                ended??;
                return Ok(Exit::Failed);
            }
        }
    };
    controller.mailbox.act(Action::Quit);
    tokio::select! {
        () = signals.next() => Ok(Exit::Interrupted),
        ended = ended => {
            ended??;
            Ok(exit)
        }
    }
}

impl Controller {
    /// How the program ends, when it does.
    fn handle(&self, input: Input) -> Option<Exit> {
        match input {
            Input::Told(Told::Over(_) | Told::Stopped) if self.stays => {}
            Input::Told(Told::Over(reason)) => return Some(Exit::of(&reason)),
            Input::Told(Told::Stopped) | Input::Request(Request::Quit) => return Some(Exit::Done),
            // Whoever is to know the URL does not, and nobody asked it to end.
            Input::Told(Told::Closed | Told::Unwritable) => return Some(Exit::Failed),
            Input::Told(Told::Works) if self.is_detached => {
                self.lines.end();
                detach::release();
            }
            Input::Told(Told::Works) => self.lines.hint(&m::cli_working()),
            Input::Request(Request::Do(tunnel, event)) if self.known.contains(&tunnel) => {
                self.mailbox.send(*event);
            }
            Input::Request(Request::Do(tunnel, _)) => {
                self.refuse(&m::cli_unknown_tunnel(tunnel.as_str()));
            }
            Input::Request(Request::Unknown(typed)) => self.refuse(&m::cli_unknown_command(typed)),
            Input::Request(Request::TooLong) => self.refuse(&m::cli_line_too_long()),
            Input::Request(Request::Nothing) => {}
        }
        None
    }

    fn refuse(&self, msg: &Msg) {
        self.lines.error(clock::now(), "command", None, msg);
    }

    /// It did not work in time.
    fn give_up(&self) {
        let seconds = self.limit.unwrap_or_default().as_secs();
        let (exit, msg) = (Exit::TimedOut, m::cli_not_in_time(seconds));
        let number = Some(exit.number());
        self.lines.error(clock::now(), exit.word(), number, &msg);
    }
}
