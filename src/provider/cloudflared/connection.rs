//! One tunnel of Cloudflare's: starts the program, believes it when it is ready, and finds out when it
//! is not any more.

use super::config::Config;
use super::errors::{self, words};
use super::lines::{self, Told};
use super::metrics;
use super::offers::OFFERS;
use super::options::{Kind, Options};
use super::rules;
use crate::base::{clock, network};
use crate::model::{Offers, Port, Reason, Target};
use crate::provider::chosen;
use crate::provider::program::{
    Carrier, Exit, Front, Lost, Program, Running, STOP_WITHIN, Said, Signal, Start, Tunnel,
};
use crate::provider::{ConnectError, LogLimit, Tokens, TrafficBoard};
use futures_util::future::BoxFuture;
use std::ffi::OsStr;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::time::{Instant, sleep_until, timeout_at};

/// It lets requests that are under way end for so long when it is told to stop.
const GRACE: &str = "4s";

/// A program that logs without end is quoted now and then.
static SAID: LogLimit = LogLimit::new();

/// How long things may take; tests use shorter times.
#[derive(Clone, Copy, Debug)]
pub(super) struct Patience {
    /// Until the program has said what it serves.
    pub(super) start: Duration,
    /// Until it is connected, at each attempt.
    pub(super) ready: Duration,
    /// It is asked so often whether it still is.
    pub(super) look: Duration,
    /// One that is not connected for so long is started anew.
    pub(super) give_up: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            start: Duration::from_secs(15),
            ready: Duration::from_secs(15),
            look: Duration::from_secs(5),
            give_up: Duration::from_mins(1),
        }
    }
}

/// Until it is connected it is asked this often.
const FIRST_LOOKS: Duration = Duration::from_millis(500);

/// So many times in a row it says that it is not connected before that is believed: a connection that
/// is replaced is none for a moment.
const DOUBTS: u32 = 2;

/// Makes tunnels.
pub(super) struct Carrying {
    pub(super) program: Program,
    /// What was chosen, or what is wrong with it.
    pub(super) options: Result<Options, String>,
    pub(super) patience: Patience,
}

impl Carrying {
    fn kind(&self, tokens: &Tokens) -> Result<(Kind, &str), ConnectError> {
        let options = self.options.as_ref();
        let options = options.map_err(|wrong| chosen::invalid(&OFFERS, wrong))?;
        Ok((options.kind(tokens)?, &options.protocol))
    }

    /// Starts the program, without what old versions do not know if need be.
    async fn begin(
        &self,
        port: &Port,
        front: Front,
        tokens: &Tokens,
    ) -> Result<Connection, ConnectError> {
        let (kind, protocol) = self.kind(tokens)?;
        let config = Config::make(&kind, front.address).await?;
        let mut connection = None;
        for is_old in [false, true] {
            let running = self
                .start(&kind, &config, protocol, front.address, is_old)
                .await?;
            let mut begun = Begun {
                running,
                told: Told::default(),
            };
            match begun.wait(Instant::now() + self.patience.start).await {
                Ok(at) => {
                    connection = Some((begun, at));
                    break;
                }
                Err(_) if begun.told.confused && !is_old => {}
                Err(exit) => return Err(begun.failed(exit, secret_of(&kind))),
            }
        }
        // The second attempt ends the loop one way or the other.
        let Some((begun, metrics)) = connection else {
            return Err(ConnectError::new(Reason::TimedOut));
        };
        Ok(Connection {
            begun,
            metrics,
            // Where visitors of a token's tunnel go is said in the dashboard.
            front: (!matches!(kind, Kind::Token { .. })).then_some(front),
            kind,
            target: port.target.clone(),
            patience: self.patience,
            looking: Box::pin(look(Instant::now(), metrics)),
            unready_since: Some(Instant::now()),
            doubts: 0,
            is_cut: false,
            _config: config,
        })
    }

    async fn start(
        &self,
        kind: &Kind,
        config: &Config,
        protocol: &str,
        front: SocketAddr,
        is_old: bool,
    ) -> Result<Running, ConnectError> {
        let url = format!("http://{front}");
        let mut argv = vec!["tunnel", "--no-autoupdate"];
        if !is_old {
            argv.extend(["--no-prechecks", "--output", "json"]);
        }
        argv.extend(["--config", &config.path, "--metrics", "127.0.0.1:0"]);
        argv.extend(["--protocol", protocol, "--grace-period", GRACE]);
        let mut environment: Vec<(&str, &OsStr)> = vec![("NO_AUTOUPDATE", OsStr::new("true"))];
        match kind {
            Kind::Quick => argv.extend(["--url", &url]),
            Kind::Token { token, .. } => {
                argv.push("run");
                environment.push(("TUNNEL_TOKEN", OsStr::new(token.expose())));
            }
            Kind::Credentials { .. } => argv.extend(["run", &config.tunnel]),
        }
        let start = Start {
            argv: &argv,
            environment: &environment,
            // They would be options of another tunnel.
            without: Some("TUNNEL_"),
        };
        let running = self.program.start(&start).await;
        running.map_err(|fault| self.program.told(fault))
    }
}

impl Carrier for Carrying {
    type Tunnel = Connection;

    fn offers(&self) -> &'static Offers {
        &OFFERS
    }

    fn check(&self, ports: &[Port], tokens: &Tokens) -> Result<(), ConnectError> {
        let (kind, _) = self.kind(tokens)?;
        let is_named = matches!(
            kind,
            Kind::Credentials { .. }
                | Kind::Token {
                    hostname: Some(_),
                    ..
                }
        );
        if is_named && ports.len() > 1 {
            let many = "hostname: one name leads to one port; make a tunnel for each";
            return Err(chosen::invalid(&OFFERS, many));
        }
        Ok(())
    }

    fn open<'a>(
        &'a self,
        port: &'a Port,
        front: Front,
        tokens: &'a Tokens,
    ) -> BoxFuture<'a, Result<Connection, ConnectError>> {
        Box::pin(self.begin(port, front, tokens))
    }
}

fn secret_of(kind: &Kind) -> &str {
    match kind {
        Kind::Token { token, .. } => token.expose(),
        Kind::Quick | Kind::Credentials { .. } => "",
    }
}

/// A program and what it has said.
struct Begun {
    running: Running,
    told: Told,
}

impl Begun {
    /// Waits until it has said where it is asked; how it ended, if it does.
    async fn wait(&mut self, until: Instant) -> Result<SocketAddr, Option<Exit>> {
        loop {
            match timeout_at(until, self.running.next()).await {
                Ok(Said::Line(line)) => self.take(&line),
                Ok(Said::Ended(exit)) => return Err(Some(exit)),
                Err(_) => return Err(None),
            }
            if let Some(at) = self.told.metrics {
                return Ok(at);
            }
        }
    }

    fn take(&mut self, line: &str) {
        self.told.take(line);
    }

    fn failed(&self, exit: Option<Exit>, secret: &str) -> ConnectError {
        if let Some(exit) = exit {
            return errors::classify(&self.told, exit, secret, clock::wall());
        }
        let said = self.told.last().map(|said| words(said, secret));
        ConnectError::with(Reason::TimedOut, said.unwrap_or_default())
    }
}

/// What happened next.
enum Step {
    Ready,
    NotReady,
    Nothing,
    Over(Lost),
}

pub(super) struct Connection {
    begun: Begun,
    /// Where the program is asked.
    metrics: SocketAddr,
    front: Option<Front>,
    kind: Kind,
    target: Target,
    patience: Patience,
    /// Goes on while lines come: a program that logs without end is asked all the same.
    looking: BoxFuture<'static, bool>,
    /// Since when it has not been connected, while this computer had a network.
    unready_since: Option<Instant>,
    doubts: u32,
    is_cut: bool,
    _config: Config,
}

impl Connection {
    /// The next line, end or look. The future may be dropped.
    async fn step(&mut self) -> Step {
        tokio::select! {
            said = self.begun.running.next() => match said {
                Said::Line(line) => {
                    self.begun.take(&line);
                    self.log(&line);
                    Step::Nothing
                }
                Said::Ended(_) if self.is_cut => {
                    Step::Over(Lost::over(ConnectError::new(Reason::LinkLost)))
                }
                Said::Ended(exit) => {
                    Step::Over(Lost::over(self.begun.failed(Some(exit), secret_of(&self.kind))))
                }
            },
            is_ready = &mut self.looking => {
                let now = Instant::now();
                if is_ready {
                    (self.unready_since, self.doubts) = (None, 0);
                    self.look_at(now + self.patience.look);
                    return Step::Ready;
                }
                self.look_at(now + FIRST_LOOKS.min(self.patience.look));
                self.doubts = self.doubts.saturating_add(1);
                // Without a network nobody could be connected.
                if self.unready_since.is_none() || network::outbound_address().is_none() {
                    self.unready_since = Some(now);
                }
                Step::NotReady
            }
        }
    }

    fn look_at(&mut self, at: Instant) {
        self.looking = Box::pin(look(at, self.metrics));
    }

    fn log(&self, line: &str) {
        if let Some(left_out) = SAID.admit("line") {
            let line = words(line, secret_of(&self.kind));
            tracing::debug!(line, left_out, "cloudflared");
        }
    }

    /// Why it does not serve, and whether it may by itself.
    fn lost(&self) -> Lost {
        let since = self
            .unready_since
            .map_or(Duration::ZERO, |since| since.elapsed());
        let said = self.begun.told.error.as_deref().unwrap_or_default();
        let detail = words(said, secret_of(&self.kind));
        let may_return = since < self.patience.give_up;
        let is_refused = said.to_lowercase().contains("unauthorized");
        let why = if !may_return && is_refused && !matches!(self.kind, Kind::Quick) {
            let gone = "token or credentials: Cloudflare no longer accepts them; the tunnel was deleted, or its secret was changed";
            ConnectError::with(chosen::invalid(&OFFERS, gone).reason, detail)
        } else {
            ConnectError::with(Reason::LinkLost, detail)
        };
        Lost { why, may_return }
    }

    async fn wait_until_ready(&mut self) -> Result<String, Lost> {
        let until = Instant::now() + self.patience.ready;
        self.look_now();
        loop {
            match timeout_at(until, self.step()).await {
                Ok(Step::Ready) => break,
                Ok(Step::Over(lost)) => return Err(lost),
                Ok(Step::NotReady | Step::Nothing) => {}
                Err(_) => return Err(self.lost()),
            }
        }
        self.url(until).await
    }

    /// Where visitors reach it.
    async fn url(&mut self, until: Instant) -> Result<String, Lost> {
        match &self.kind {
            Kind::Credentials { hostname, .. }
            | Kind::Token {
                hostname: Some(hostname),
                ..
            } => {
                return Ok(format!("https://{hostname}"));
            }
            Kind::Quick | Kind::Token { hostname: None, .. } => {}
        }
        loop {
            if let Some(url) = self.ask_url().await {
                return Ok(url);
            }
            // What the dashboard says comes a moment after the connection.
            self.look_at(Instant::now() + FIRST_LOOKS.min(self.patience.look));
            match timeout_at(until, self.step()).await {
                Ok(Step::Over(lost)) => return Err(lost),
                Ok(_) => {}
                Err(_) => return Err(self.without_url()),
            }
        }
    }

    async fn ask_url(&mut self) -> Option<String> {
        let ask = |path| metrics::get(self.metrics, path);
        if let Kind::Quick = self.kind {
            let told = || self.begun.told.url.clone();
            let answer = ask("/quicktunnel").await;
            return answer
                .and_then(|answer| lines::url_of(&answer.body))
                .or_else(told);
        }
        let answer = ask("/config").await?;
        let hostname = rules::hostname_for(&answer.body, &self.target)?;
        Some(format!("https://{hostname}"))
    }

    fn without_url(&self) -> Lost {
        let (provider, target) = (OFFERS.name.to_owned(), &self.target);
        let detail = match self.kind {
            Kind::Quick => "cloudflared is connected and says no URL".to_owned(),
            Kind::Token { .. } | Kind::Credentials { .. } => format!(
                "no public hostname of the tunnel leads to {target}: add one with the service http://{target} at one.dash.cloudflare.com"
            ),
        };
        Lost {
            why: ConnectError::new(Reason::NotReady { provider, detail }),
            may_return: !matches!(self.kind, Kind::Quick),
        }
    }
}

/// Whether it is connected, by its own word, once the time has come to ask.
async fn look(at: Instant, metrics: SocketAddr) -> bool {
    sleep_until(at).await;
    let answer = metrics::get(metrics, "/ready").await;
    answer.is_some_and(|answer| answer.status == 200)
}

impl Tunnel for Connection {
    fn front(&self) -> Option<&Front> {
        self.front.as_ref()
    }

    fn ready(&mut self) -> BoxFuture<'_, Result<String, Lost>> {
        Box::pin(self.wait_until_ready())
    }

    fn watch<'a>(&'a mut self, traffic: &'a TrafficBoard) -> BoxFuture<'a, Lost> {
        Box::pin(async move {
            loop {
                match self.step().await {
                    Step::Ready => traffic.note_sign(),
                    Step::NotReady if self.doubts >= DOUBTS => {
                        self.look_at(Instant::now() + self.patience.look);
                        return self.lost();
                    }
                    Step::NotReady | Step::Nothing => {}
                    Step::Over(lost) => return lost,
                }
            }
        })
    }

    fn look_now(&mut self) {
        self.look_at(Instant::now());
    }

    fn cut(&mut self) {
        self.is_cut = true;
        self.begun.running.kill();
    }

    fn stop(self) -> BoxFuture<'static, ()> {
        Box::pin(async move {
            // Visitors whose requests are under way are served while it lets them end.
            let Self {
                begun,
                front,
                _config: config,
                ..
            } = self;
            begun.running.stop(Signal::Terminate, STOP_WITHIN).await;
            drop((front, config));
        })
    }
}
