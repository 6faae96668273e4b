//! `underpass health`: how what is hosted is looked after: what holds, where that is set, and a change of
//! it.

use super::console::{Console, Failure, print_json};
use super::parse::{self, find, list};
use crate::app::{Begin, Command, Event, State, update};
use crate::base::clock;
use crate::model::{
    Action, Catalog, HealthKey, HealthPlace, HealthScope, Offers, Port, PortKey, PortNumber,
    ProviderId, ResolvedHealth, Tunnel, duration_text,
};
use crate::platform::{AcquireError, Instance};
use crate::provider::registry;
use crate::store::{Home, SavedTunnels};
use crate::view::fold::{error_text, notice_text};
use crate::view::{Msg, messages as m};
use clap::Args;
use serde::Serialize;
use std::collections::BTreeMap;
use std::process::ExitCode;

const EXAMPLES: &str = "\
Examples:
  underpass health                          what holds for all tunnels
  underpass health --set interval=1m --set watchdog=5
  underpass health --provider NAME --set probe=off
  underpass health --tunnel shop --set backoff-cap=10s
  underpass health --tunnel shop --port 3000 --set path=/healthz --set expect=200-299
  underpass health --tunnel shop --port 3000 --unset path

The nearest counts: what is set for a port, else for its tunnel, its provider, for all tunnels.
  probe=on|off         whether the URL is checked
  interval=TIME        between two checks (30s); a provider that counts them may want more
  timeout=TIME         when a check is given up (5s)
  method=HEAD|GET|OPTIONS
  path=/PATH           what is asked for
  expect=CODES         the answers that are right, as in 200-299,401 (any)
  watchdog=N           so many dead checks in a row, and there is a new connection (3)
  backoff-initial=TIME the wait before the second attempt (1s)
  backoff-cap=TIME     the longest wait between attempts (60s)
A TIME is 500ms, 30s, 5m or 1h. The waits are of a whole tunnel: its ports share one connection.";

#[derive(Args, Clone, Debug, PartialEq, Eq)]
#[command(after_help = EXAMPLES)]
pub(crate) struct HealthArgs {
    /// For tunnels of this provider [default: for all tunnels]
    #[arg(long, conflicts_with = "tunnel", value_parser = parse::provider(), hide_possible_values = true)]
    provider: Option<ProviderId>,

    /// For this saved tunnel, by its id or name
    #[arg(long, value_name = "NAME")]
    tunnel: Option<String>,

    /// For this port of the tunnel
    #[arg(long, requires = "tunnel")]
    port: Option<PortNumber>,

    /// Change a setting
    #[arg(long = "set", value_name = "KEY=VALUE")]
    typed: Vec<String>,

    /// Remove a setting, so that the more general one applies
    #[arg(long, value_name = "KEY")]
    unset: Vec<String>,

    /// Print one JSON object per line instead of text
    #[arg(long)]
    json: bool,

    /// What is to be changed; nothing is set to have it unset.
    #[arg(skip)]
    change: BTreeMap<HealthKey, String>,
}

impl HealthArgs {
    pub(super) fn check(&mut self, providers: &Catalog) -> Result<(), String> {
        self.provider.map(|id| find(providers, id)).transpose()?;
        self.change = read("--set", &self.typed)?;
        for typed in &self.unset {
            let key = read_key(typed)?;
            if self.change.insert(key, String::new()).is_some() {
                return Err(format!("{key} is changed twice"));
            }
        }
        let of_tunnel = self.change.keys().find(|key| !key.is_of_port());
        match of_tunnel.filter(|_| self.port.is_some()) {
            Some(key) => Err(format!(
                "{key} is of a whole tunnel, whose ports share one connection: leave --port out"
            )),
            None => Ok(()),
        }
    }
}

/// Reads what was typed behind `flag`, a KEY=VALUE each.
pub(super) fn read(flag: &str, typed: &[String]) -> Result<BTreeMap<HealthKey, String>, String> {
    let mut set = BTreeMap::new();
    for typed in typed {
        let pair = typed.split_once('=');
        let (key, value) = pair.ok_or_else(|| format!("{flag} takes KEY=VALUE"))?;
        let key = read_key(key)?;
        let value = key.read(value);
        let value = value.ok_or_else(|| format!("{key} takes {}, not {typed:?}", key.takes()))?;
        if set.insert(key, value).is_some() {
            return Err(format!("{key} is set twice"));
        }
    }
    Ok(set)
}

fn read_key(typed: &str) -> Result<HealthKey, String> {
    typed.parse().map_err(|()| {
        let keys = list(HealthKey::ALL.iter().map(|key| key.as_str()));
        format!("unknown health setting {typed:?} (there are {keys})")
    })
}

/// Sets it for what is hosted in this run.
pub(super) fn apply(set: &BTreeMap<HealthKey, String>, tunnel: &mut Tunnel) {
    for (key, value) in set {
        let value = || Some(value.clone());
        if key.is_of_port() {
            for port in &mut tunnel.ports {
                port.options.health.put(*key, value());
            }
        } else {
            tunnel.chosen.health.put(*key, value());
        }
    }
}

/// A setting for programs.
#[derive(Serialize)]
struct Line<'a> {
    key: HealthKey,
    value: String,
    /// Where that is set: `default`, `all`, `provider`, `tunnel`, `port`; `least` where the provider wants
    /// checks to be rarer than what is set.
    from: &'a str,
    takes: &'a str,
    /// How many probes that makes a month, and how many requests an account has for nothing where each
    /// of them counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    probes_a_month: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    requests_a_month: Option<u64>,
}

pub(crate) fn run(home: &Home, args: &HealthArgs) -> ExitCode {
    let console = Console::of(home).for_programs(args.json);
    let done = change(home, args).and_then(|()| show(home, args, &console));
    console.end(done)
}

/// What was asked for, among what is saved.
struct Subject<'s> {
    scope: HealthScope,
    provider: Option<ProviderId>,
    tunnel: Option<&'s Tunnel>,
    port: Option<&'s Port>,
}

impl<'s> Subject<'s> {
    fn find(args: &HealthArgs, tunnels: &'s [Tunnel]) -> Result<Self, Failure> {
        let Some(typed) = &args.tunnel else {
            return Ok(Self {
                scope: args
                    .provider
                    .map_or(HealthScope::All, HealthScope::Provider),
                provider: args.provider,
                tunnel: None,
                port: None,
            });
        };
        let found = super::inventory::find(tunnels, typed);
        let tunnel = found.ok_or_else(|| Failure::not_found(m::cli_no_such_tunnel(typed)))?;
        let port = match args.port {
            None => None,
            Some(number) => Some(tunnel.port(number).ok_or_else(|| {
                let id = tunnel.id.as_str();
                Failure::not_found(m::cli_no_such_port(id, number.to_string()))
            })?),
        };
        Ok(Self {
            scope: match port {
                Some(port) => HealthScope::Port(PortKey::new(&tunnel.id, port.number)),
                None => HealthScope::Tunnel(tunnel.id.clone()),
            },
            provider: Some(tunnel.provider),
            tunnel: Some(tunnel),
            port,
        })
    }

    fn resolve(&self, state: &State) -> ResolvedHealth {
        match self.tunnel {
            Some(tunnel) => state.inputs.health(tunnel, self.port),
            None => state.inputs.usual_health(self.provider),
        }
    }
}

/// Changes what is kept, by the same step as the window. The app keeps its own copy while it runs and would
/// save that over it.
fn change(home: &Home, args: &HealthArgs) -> Result<(), Failure> {
    if args.change.is_empty() {
        return Ok(());
    }
    let _alone = match Instance::keep_away(home.path()) {
        Ok(alone) => alone,
        Err(AcquireError::AlreadyRunning(_)) => return Err(Failure::in_use(m::cli_app_runs())),
        Err(AcquireError::Io(error)) => return Err(error.into()),
    };
    let mut state = begin(home.settings().load().value, home.tunnels().load().value);
    let tunnels = state.inputs.tunnels.clone();
    let subject = Subject::find(args, &tunnels)?;
    let newer = match subject.tunnel {
        Some(_) => home.tunnels().is_newer().then_some("tunnels.json"),
        None => home.settings().is_newer().then_some("settings.json"),
    };
    if let Some(file) = newer {
        return Err(Failure::Because(m::cli_file_too_new(file)));
    }
    let set = args.change.clone();
    let scope = subject.scope;
    let act = Event::Act(Action::SetHealth { scope, set });
    let commands = update(&mut state, clock::now(), act);
    let errors = state.inputs.dialog.take().map(|dialog| dialog.errors);
    if let Some(errors) = errors.filter(|errors| !errors.is_empty()) {
        let text = |(field, error): &(_, _)| error_text(*field, error);
        return Err(Failure::Usage(errors.iter().map(text).collect()));
    }
    for command in commands {
        match command {
            Command::SaveSettings(settings) => home.settings().save(&settings)?,
            Command::Change { change, known, .. } => {
                SavedTunnels::of(home, tunnels.clone()).change(&change, &known)?;
            }
            _ => {}
        }
    }
    Ok(())
}

fn begin(settings: crate::model::Settings, tunnels: Vec<Tunnel>) -> State {
    let begin = Begin {
        settings,
        tunnels,
        providers: registry::catalog(),
        ..Begin::default()
    };
    State::new(begin, clock::now())
}

fn show(home: &Home, args: &HealthArgs, console: &Console) -> Result<(), Failure> {
    let state = begin(home.settings().peek().value, home.tunnels().peek().value);
    let wrong = state.inputs.notices.iter();
    for msg in wrong.filter_map(|notice| notice_text(&notice.kind)) {
        console.error(&msg);
    }
    let subject = Subject::find(args, &state.inputs.tunnels)?;
    let resolved = subject.resolve(&state);
    let offers = subject.provider.map(|id| state.inputs.providers.of(id));
    let shown = |key: &HealthKey| subject.port.is_none() || key.is_of_port();
    for key in HealthKey::ALL.into_iter().filter(shown) {
        let (value, from, text) = setting(key, &resolved, offers);
        if args.json {
            print_json(&line(key, value, from, &resolved, offers));
            continue;
        }
        console.say(&m::cli_health_line(text, key.as_str(), value));
        if key == HealthKey::Interval {
            console.say(&cost(&resolved, offers));
        }
    }
    Ok(())
}

/// What holds, the word for where it is from, and a text for that.
fn setting(
    key: HealthKey,
    resolved: &ResolvedHealth,
    offers: Option<&'static Offers>,
) -> (String, &'static str, Msg) {
    let (said, place) = (resolved.policy.text(key), resolved.place(key));
    let least = offers.filter(|offers| {
        key == HealthKey::Interval
            && resolved.interval(offers) != resolved.policy.timing.probe_interval
    });
    if let Some(offers) = least {
        let text = m::cli_health_from_least(offers.name, said);
        return (duration_text(resolved.interval(offers)), "least", text);
    }
    let text = match place {
        HealthPlace::Default => m::cli_health_from_default(),
        HealthPlace::All => m::cli_health_from_all(),
        HealthPlace::Provider(id) => m::cli_health_from_provider(id.as_str()),
        HealthPlace::Tunnel => m::cli_health_from_tunnel(),
        HealthPlace::Port(_) => m::cli_health_from_port(),
    };
    (said, place.as_str(), text)
}

fn line(
    key: HealthKey,
    value: String,
    from: &'static str,
    resolved: &ResolvedHealth,
    offers: Option<&'static Offers>,
) -> Line<'static> {
    let is_interval = key == HealthKey::Interval;
    Line {
        key,
        value,
        from,
        takes: key.takes(),
        probes_a_month: is_interval.then(|| resolved.probes_a_month(offers)),
        requests_a_month: offers
            .filter(|_| is_interval)
            .and_then(|offers| offers.probe.requests_a_month()),
    }
}

fn cost(resolved: &ResolvedHealth, offers: Option<&'static Offers>) -> Msg {
    let probes = resolved.probes_a_month(offers);
    match offers.and_then(|offers| offers.probe.requests_a_month()) {
        Some(all) => m::cli_health_cost_counted(all, probes),
        None => m::cli_health_cost(probes),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::{Command, parse};

    fn typed(words: &str) -> Result<HealthArgs, String> {
        let words = ["underpass", "health"].into_iter().chain(words.split(' '));
        match parse(words.map(Into::into), |_| None, &Catalog::sample()) {
            Ok(typed) => match typed.command {
                Some(Command::Health(args)) => Ok(args),
                other => panic!("{other:?}"),
            },
            Err(said) => Err(said.to_string()),
        }
    }

    #[test]
    fn what_is_typed_is_read_before_anything_is_opened() {
        let args = typed("--tunnel web --port 80 --set interval=90s --set path=/x --unset method");
        let change = args.expect("it is right").change;
        let pairs: Vec<_> = change
            .iter()
            .map(|(k, v)| (k.as_str(), v.as_str()))
            .collect();
        assert_eq!(pairs, [("interval", "90s"), ("method", ""), ("path", "/x")]);
    }

    #[test]
    fn what_is_wrong_is_said_with_what_is_right() {
        for (words, said) in [
            ("--set interval", "KEY=VALUE"),
            (
                "--set pause=3s",
                "probe, interval, timeout, method, path, expect, watchdog",
            ),
            ("--unset pause", "probe, interval"),
            ("--set interval=0ms", "1ms-24h"),
            ("--set method=POST", "HEAD, GET, OPTIONS"),
            ("--set expect=2xx", "200-299,401"),
            ("--set path=x --set path=/y", "/healthz"),
            ("--set path=/x --set path=/y", "twice"),
            ("--set path=/x --unset path", "twice"),
            ("--port 80", "--tunnel"),
            ("--provider later", "unknown provider"),
            (
                "--tunnel web --port 80 --set backoff-cap=3s",
                "leave --port out",
            ),
        ] {
            let error = typed(words).expect_err(words);
            assert!(error.contains(said), "{words}: {error}");
        }
    }
}
