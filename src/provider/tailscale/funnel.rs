//! One Funnel: looks whether it can work, starts the program in the foreground, and sees to it that its
//! rule is there and stays.

use super::errors::{self, not_ready, words};
use super::offers::{NAMES, OFFERS};
use super::options::{Options, PORTS};
use super::preflight::{self, Ready};
use super::rules::{Rules, Wanted};
use crate::model::{Offers, Port, PortNumber, Protocol, Reason};
use crate::provider::chosen;
use crate::provider::program::{
    Carrier, Front, Lost, Program, Running, STOP_WITHIN, Said, Signal, Start, Tunnel,
};
use crate::provider::{ConnectError, LogLimit, Tokens, TrafficBoard};
use futures_util::future::BoxFuture;
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::time::{Instant, sleep, sleep_until, timeout_at};

/// What the program says before its URL.
const UP: &str = "Available on the internet:";

/// What it says before the link that allows Funnel; then it waits for ever, or ends well.
const NOT_ENABLED: &str = "is not enabled on your tailnet";

/// So many of its last lines are looked at when something is wrong.
const MOST_LINES: usize = 30;

/// A rule of ours that is still there goes within this time: tailscaled takes it away when it finds
/// that the program is gone.
const LINGERS: Duration = Duration::from_secs(10);

/// So many looks in a row that are no good are one too many.
const DOUBTS: u32 = 2;

/// After the first of them comes the next so soon.
const AGAIN: Duration = Duration::from_secs(2);

/// A program that prints without end is quoted now and then.
static SAID: LogLimit = LogLimit::new();

/// How long things may take; tests use shorter times.
#[derive(Clone, Copy, Debug)]
pub(super) struct Patience {
    /// Until a question is answered.
    pub(super) answer: Duration,
    /// Until the program says that it serves, and its rule is there.
    pub(super) start: Duration,
    /// It is looked at this often.
    pub(super) look: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            answer: Duration::from_secs(5),
            start: Duration::from_secs(15),
            look: Duration::from_secs(15),
        }
    }
}

/// Held by whoever chooses a public port, of all tunnels of this program.
static CHOOSING: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

/// Makes Funnels.
pub(super) struct Carrying {
    program: Program,
    options: Result<Options, String>,
    patience: Patience,
    /// The public port that each port had, and since when it is in another's way, or its own.
    before: Mutex<BTreeMap<PortNumber, (u16, Option<Instant>)>>,
}

impl Carrying {
    pub(super) fn new(
        program: Program,
        options: Result<Options, String>,
        patience: Patience,
    ) -> Self {
        Self {
            program: program.within(patience.answer),
            options,
            patience,
            before: Mutex::default(),
        }
    }

    fn options(&self) -> Result<Options, ConnectError> {
        let options = self.options.as_ref();
        options
            .copied()
            .map_err(|wrong| chosen::invalid(&OFFERS, wrong))
    }

    async fn begin(&self, port: &Port, front: Front) -> Result<Funnel, ConnectError> {
        let options = self.options()?;
        let ready = preflight(&self.program).await?;
        // Until a rule is there nobody else sees that its port is taken.
        let _choosing = CHOOSING.lock().await;
        let public = self.choose(port.number, options, &ready).await?;
        let wanted = Wanted {
            name: ready.name,
            port: public,
            origin: front.address.to_string(),
        };
        let is_tcp = port.protocol == Protocol::Tcp;
        let (flag, target) = match (is_tcp, options.raw) {
            (false, _) => ("--https", format!("http://{}", front.address)),
            (true, false) => ("--tls-terminated-tcp", format!("tcp://{}", front.address)),
            (true, true) => ("--tcp", format!("tcp://{}", front.address)),
        };
        let flag = format!("{flag}={public}");
        let start = Start {
            // Without `--bg` nothing is left behind, whatever becomes of anybody.
            argv: &["funnel", &flag, &target],
            ..Start::default()
        };
        let running = self.program.start(&start).await;
        let running = running.map_err(|fault| self.program.told(fault))?;
        let url = match (is_tcp, public) {
            (true, public) => format!("tcp://{}:{public}", wanted.name),
            (false, 443) => format!("https://{}", wanted.name),
            (false, public) => format!("https://{}:{public}", wanted.name),
        };
        let mut funnel = Funnel {
            running,
            said: Vec::new(),
            front,
            url,
            looking: Box::pin(look(Instant::now(), self.program.clone(), wanted.clone())),
            program: self.program.clone(),
            wanted,
            patience: self.patience,
            doubts: 0,
            is_cut: false,
        };
        funnel.wait_until_up().await?;
        self.before.lock().insert(port.number, (public, None));
        Ok(funnel)
    }

    /// The public port that it gets: the one of before if it can be had, so that its URL stays.
    async fn choose(
        &self,
        port: PortNumber,
        options: Options,
        ready: &Ready,
    ) -> Result<u16, ConnectError> {
        let taken = rules(&self.program).await?.taken();
        let before = self.before.lock().get(&port).copied();
        if let Some((public, since)) = before
            && options.port.is_none_or(|asked| asked == public)
        {
            if !taken.contains(&public) {
                return Ok(public);
            }
            let since = since.unwrap_or_else(Instant::now);
            self.before.lock().insert(port, (public, Some(since)));
            if since.elapsed() < LINGERS {
                let said = "the rule of before is still there";
                return Err(ConnectError::with(Reason::LinkLost, said));
            }
        }
        let allowed = |public: &u16| ready.allows(*public);
        if let Some(asked) = options.port {
            if !allowed(&asked) {
                return Err(chosen::invalid(
                    &OFFERS,
                    format!(
                        "port: the tailnet does not allow {asked} for Funnel; choose another of 443, 8443 and 10000"
                    ),
                ));
            }
            if taken.contains(&asked) {
                return Err(chosen::invalid(
                    &OFFERS,
                    format!(
                        "port: something else has a Tailscale rule on {asked}; choose another of 443, 8443 and 10000, or auto"
                    ),
                ));
            }
            return Ok(asked);
        }
        let free = PORTS
            .into_iter()
            .filter(allowed)
            .find(|public| !taken.contains(public));
        free.ok_or_else(|| chosen::invalid(&OFFERS, "port: all that the tailnet allows for Funnel have a Tailscale rule already; `tailscale funnel status` lists them"))
    }
}

impl Carrier for Carrying {
    type Tunnel = Funnel;

    fn offers(&self) -> &'static Offers {
        &OFFERS
    }

    fn check(&self, ports: &[Port], _: &Tokens) -> Result<(), ConnectError> {
        let options = self.options()?;
        let most = options.port.map_or(PORTS.len(), |_| 1);
        if ports.len() > most {
            let detail = format!(
                "port: there is room for {most} of {}; make another tunnel, or choose auto",
                ports.len()
            );
            return Err(chosen::invalid(&OFFERS, detail));
        }
        Ok(())
    }

    fn open<'a>(
        &'a self,
        port: &'a Port,
        front: Front,
        _: &'a Tokens,
    ) -> BoxFuture<'a, Result<Funnel, ConnectError>> {
        Box::pin(self.begin(port, front))
    }
}

/// Asks the program something.
async fn ask(program: &Program, argv: &[&str]) -> Result<String, ConnectError> {
    let answer = program
        .run(argv)
        .await
        .map_err(|fault| program.told(fault))?;
    if answer.code == Some(0) {
        return Ok(answer.stdout);
    }
    let said = format!("{}\n{}", answer.stdout, answer.stderr);
    Err(errors::meaning(&said).unwrap_or_else(|| {
        let program = NAMES.program.to_owned();
        let last = answer.stderr.lines().last().map(words);
        let detail = last.unwrap_or_else(|| format!("`tailscale {}` failed", argv.join(" ")));
        ConnectError::new(Reason::ProgramFailed { program, detail })
    }))
}

/// Its version, where a Funnel can work.
pub(super) async fn version(program: &Program) -> Result<String, ConnectError> {
    let said = program.ask(&["version"]).await?;
    preflight(program).await?;
    Ok(said)
}

async fn preflight(program: &Program) -> Result<Ready, ConnectError> {
    // The others of a large tailnet would be megabytes.
    preflight::check(&ask(program, &["status", "--json", "--peers=false"]).await?)
}

async fn rules(program: &Program) -> Result<Rules, ConnectError> {
    let json = ask(program, &["funnel", "status", "--json"]).await?;
    Rules::parse(&json).ok_or_else(|| {
        not_ready("the output of `tailscale funnel status --json` isn't understood; updating Tailscale or Underpass may help")
    })
}

/// What a look found.
enum Found {
    /// The rule is there, and this computer is in its tailnet.
    Served,
    /// It is not.
    NotServed(Lost),
    /// It is not, or nobody could say: that may pass.
    Doubt(Lost),
}

async fn look(at: Instant, program: Program, wanted: Wanted) -> Found {
    sleep_until(at).await;
    match preflight(&program).await {
        Ok(_) => {}
        Err(why) if why.reason == Reason::LinkLost => {
            // tailscaled looks for its servers again.
            return Found::Doubt(Lost {
                why,
                may_return: true,
            });
        }
        Err(why) if matches!(why.reason, Reason::NotReady { .. }) => {
            return Found::NotServed(Lost::over(why));
        }
        Err(why) => return Found::Doubt(Lost::over(why)),
    }
    match rules(&program).await {
        Ok(rules) if rules.has(&wanted) => Found::Served,
        Ok(_) => {
            let port = wanted.port;
            Found::NotServed(Lost::over(not_ready(format!(
                "another Tailscale rule has taken port {port} from it; `tailscale serve status` lists them"
            ))))
        }
        Err(why) => Found::Doubt(Lost::over(why)),
    }
}

pub(super) struct Funnel {
    running: Running,
    /// Its last lines.
    said: Vec<String>,
    front: Front,
    url: String,
    wanted: Wanted,
    program: Program,
    patience: Patience,
    /// Goes on while lines come.
    looking: BoxFuture<'static, Found>,
    doubts: u32,
    is_cut: bool,
}

impl Funnel {
    fn take(&mut self, line: String) {
        if let Some(left_out) = SAID.admit("line") {
            tracing::debug!(line = words(&line), left_out, "tailscale");
        }
        if self.said.len() == MOST_LINES {
            self.said.remove(0);
        }
        self.said.push(line);
    }

    fn said(&self) -> String {
        self.said.join("\n")
    }

    /// Waits until it says that it serves.
    async fn wait_until_up(&mut self) -> Result<(), ConnectError> {
        let until = Instant::now() + self.patience.start;
        loop {
            match timeout_at(until, self.running.next()).await {
                Ok(Said::Line(line)) => {
                    let is_up = line.contains(UP);
                    self.take(line);
                    if is_up {
                        return Ok(());
                    }
                    // It waits for the person from here on; nobody here does.
                    let said = self.said();
                    if said.contains(NOT_ENABLED)
                        && let Some(error) = errors::meaning(&said)
                    {
                        return Err(error);
                    }
                }
                Ok(Said::Ended(exit)) => return Err(errors::ended(&self.said(), exit)),
                Err(_) => {
                    let said = self.said();
                    let last = said.lines().last().map(words).unwrap_or_default();
                    let timed_out = || ConnectError::with(Reason::TimedOut, last);
                    return Err(errors::meaning(&said).unwrap_or_else(timed_out));
                }
            }
        }
    }

    fn look_at(&mut self, at: Instant) {
        self.looking = Box::pin(look(at, self.program.clone(), self.wanted.clone()));
    }

    /// The end, or what a look found.
    async fn step(&mut self) -> Result<(), Lost> {
        loop {
            tokio::select! {
                said = self.running.next() => match said {
                    Said::Line(line) => self.take(line),
                    Said::Ended(_) if self.is_cut => {
                        return Err(Lost::over(ConnectError::new(Reason::LinkLost)));
                    }
                    // It ends well, too, when tailscaled goes away.
                    Said::Ended(exit) => {
                        return Err(Lost::over(errors::ended(&self.said(), exit)));
                    }
                },
                found = &mut self.looking => {
                    self.look_at(Instant::now() + self.patience.look);
                    match found {
                        Found::Served => {
                            self.doubts = 0;
                            return Ok(());
                        }
                        Found::NotServed(lost) => return Err(lost),
                        Found::Doubt(lost) => {
                            self.doubts += 1;
                            if self.doubts >= DOUBTS {
                                return Err(lost);
                            }
                            self.look_at(Instant::now() + AGAIN.min(self.patience.look));
                        }
                    }
                }
            }
        }
    }

    async fn wait_until_served(&mut self) -> Result<String, Lost> {
        let until = Instant::now() + self.patience.start;
        loop {
            self.look_at(Instant::now());
            match timeout_at(until, self.step()).await {
                Ok(Ok(())) => return Ok(self.url.clone()),
                // The rule may come a moment after the words.
                Ok(Err(lost)) if lost.may_return || is_over(until) => return Err(lost),
                Ok(Err(lost)) if !matches!(lost.why.reason, Reason::NotReady { .. }) => {
                    return Err(lost);
                }
                Ok(Err(_)) => sleep(self.patience.look.min(Duration::from_millis(500))).await,
                Err(_) => return Err(Lost::over(ConnectError::new(Reason::TimedOut))),
            }
        }
    }
}

/// No other look fits in.
fn is_over(until: Instant) -> bool {
    Instant::now() + Duration::from_secs(1) >= until
}

impl Tunnel for Funnel {
    fn front(&self) -> Option<&Front> {
        Some(&self.front)
    }

    fn ready(&mut self) -> BoxFuture<'_, Result<String, Lost>> {
        Box::pin(self.wait_until_served())
    }

    fn watch<'a>(&'a mut self, traffic: &'a TrafficBoard) -> BoxFuture<'a, Lost> {
        Box::pin(async move {
            loop {
                match self.step().await {
                    Ok(()) => traffic.note_sign(),
                    Err(lost) => return lost,
                }
            }
        })
    }

    fn look_now(&mut self) {
        self.look_at(Instant::now());
    }

    fn cut(&mut self) {
        self.is_cut = true;
        self.running.kill();
    }

    /// As a person would, by Ctrl-C.
    fn stop(self) -> BoxFuture<'static, ()> {
        Box::pin(async move {
            let Self { running, front, .. } = self;
            running.stop(Signal::Interrupt, STOP_WITHIN).await;
            drop(front);
        })
    }
}
