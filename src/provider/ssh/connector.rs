//! Makes hosting sessions over SSH: reads what is needed, reaches the server, asks for each port, and
//! waits for where the service says that it serves them.

use super::address::Address;
use super::announce::{Found, Rule};
use super::connection::{Connection, Prepared};
use super::forwards::Forward;
use super::handler::Signal;
use super::host_key::HostKeys;
use super::keys::Files;
use super::offers::OFFERS;
use super::options::{Options, Rejected};
use super::services::{Ask, Way};
use super::session;
use super::standing::Standing;
use crate::base::local::Memories;
use crate::model::{Phase, Port, Reason};
use crate::provider::chosen::{self, SecretSource};
use crate::provider::dial::Proxies;
use crate::provider::{BoxFuture, ConnectError, Connector, HostOrder, Progress, Session, Tokens};
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, timeout, timeout_at};

/// How long things may take; tests use shorter times.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// Until there is a connection, name resolution included.
    pub dial: Duration,
    /// Until it is encrypted.
    pub greeting: Duration,
    /// Until we are let in: an agent may ask a person whether it may sign.
    pub sign_in: Duration,
    /// Until the server has answered one request.
    pub answer: Duration,
    /// Until the service has said where it serves.
    pub announcement: Duration,
    /// A server that says nothing is asked for a sign so often.
    pub beat: Duration,
    /// One that has said nothing for so long is not there.
    pub silence: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            dial: Duration::from_secs(10),
            greeting: Duration::from_secs(15),
            sign_in: Duration::from_mins(1),
            answer: Duration::from_secs(10),
            announcement: Duration::from_secs(10),
            beat: Duration::from_secs(2),
            silence: Duration::from_secs(5),
        }
    }
}

/// An address with TLS follows the one without within this time, if there is one.
const WITH_TLS_WITHIN: Duration = Duration::from_millis(300);

/// Keys are read within this time; a disk of the network may never answer.
const DISK_WITHIN: Duration = Duration::from_secs(5);

/// All that one session is made with.
#[derive(Clone)]
pub(super) struct Plan {
    pub(super) options: Arc<Options>,
    pub(super) at: Address,
    pub(super) rule: Rule,
    pub(super) proxies: Proxies,
    pub(super) patience: Patience,
    /// Where the agent listens.
    pub(super) agent: Option<PathBuf>,
    /// What is asked for first is of bytes.
    tcp: bool,
}

/// Makes sessions over SSH.
pub struct SshConnector {
    source: SecretSource,
    /// What was chosen, or what is wrong with that.
    options: Result<Options, Rejected>,
    proxies: Proxies,
    patience: Patience,
    agent: Option<PathBuf>,
    standing: Standing,
    memories: Arc<Memories>,
}

impl fmt::Debug for SshConnector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SshConnector")
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}

impl SshConnector {
    /// Hosts as was chosen, through the proxy and with the agent that the environment names.
    pub fn new(source: SecretSource, options: Result<Options, Rejected>) -> Self {
        let agent = std::env::var_os("SSH_AUTH_SOCK").filter(|path| !path.is_empty());
        Self {
            source,
            options,
            proxies: Proxies::from_env(),
            patience: Patience::default(),
            agent: agent.map(PathBuf::from),
            standing: Standing::default(),
            memories: Arc::default(),
        }
    }

    /// With other time-outs.
    #[must_use]
    pub fn with_patience(mut self, patience: Patience) -> Self {
        self.patience = patience;
        self
    }

    /// With another agent, or none.
    #[must_use]
    pub fn with_agent(mut self, socket: Option<PathBuf>) -> Self {
        self.agent = socket;
        self
    }

    fn plan(&self, order: &HostOrder, tokens: &Tokens) -> Result<Plan, Rejected> {
        let mut options = self.options.clone()?;
        for (key, text) in &tokens.by_scope {
            options.set(key, text.expose())?;
        }
        options.check()?;
        options.check_ports(&order.ports)?;
        let at = options.address()?;
        let first = order.ports.first();
        let tcp = first.is_some_and(|port| !port.protocol.is_web());
        let domain = options.domain.as_deref();
        let rule = options.service().rule(&at.host, domain, tcp);
        Ok(Plan {
            options: Arc::new(options),
            at,
            rule,
            proxies: self.proxies.clone(),
            patience: self.patience,
            agent: self.agent.clone(),
            tcp,
        })
    }

    async fn make_session(
        &self,
        order: &HostOrder,
        tokens: &Tokens,
        progress: Progress<'_>,
    ) -> Result<Session, ConnectError> {
        let plan = self.plan(order, tokens).map_err(|it| invalid(&it))?;
        let prepared = plan.prepare().await?;
        progress(Phase::ConnectingRelay);
        let mut connection = Connection::make(&plan, &prepared).await?;
        progress(Phase::ForwardingPorts);
        let mut forwards = plan
            .forward_all(&connection, &order.ports, &self.standing)
            .await?;
        plan.hear_of_all(&mut connection, &mut forwards).await?;
        for forward in &forwards {
            self.standing
                .remember(forward.port.number, &forward.given());
        }
        let (standing, memories) = (self.standing.clone(), Arc::clone(&self.memories));
        Ok(session::start(
            connection, forwards, plan, standing, memories,
        ))
    }
}

impl Plan {
    /// Who one is at a server.
    pub(super) fn user_of(&self, at: &Address) -> String {
        let service = self.options.service().user.filter(|_| *at == self.at);
        let service = service.map(|(web, tcp)| if self.tcp { tcp } else { web });
        let own = || {
            let names = ["USER", "LOGNAME", "USERNAME"].map(|name| std::env::var(name).ok());
            names.into_iter().flatten().find(|name| !name.is_empty())
        };
        let user = at.user.clone().or(service.map(str::to_owned)).or_else(own);
        user.unwrap_or_else(|| "root".to_owned())
    }

    /// What nobody may read who reads what a server says.
    pub(super) fn hidden(&self) -> Vec<String> {
        let options = &self.options;
        let secrets = [&options.password, &options.token, &options.passphrase];
        let kept = secrets.into_iter().flatten();
        let kept = kept.map(|secret| secret.expose().to_owned());
        // Services have a token before the plus.
        let user = self.user_of(&self.at);
        let token = user.split_once('+').map(|(token, _)| token.to_owned());
        kept.chain(token).filter(|it| !it.is_empty()).collect()
    }

    /// Where one goes from a server that is gone through.
    pub(super) fn after(&self, hop: &Address) -> &Address {
        let jumps = &self.options.jumps;
        let at = jumps.iter().position(|it| std::ptr::eq(it, hop));
        at.and_then(|at| jumps.get(at + 1)).unwrap_or(&self.at)
    }

    /// Reads what is needed of disks.
    async fn prepare(&self) -> Result<Prepared, ConnectError> {
        let options = Arc::clone(&self.options);
        let reading = tokio::task::spawn_blocking(move || {
            let keys = HostKeys::load(&options)?;
            let files = Files::load(&options);
            Ok((keys, files))
        });
        let Ok(read) = timeout(DISK_WITHIN, reading).await else {
            let detail = "the files with the keys cannot be read: their disk does not answer";
            let detail = detail.to_owned();
            return Err(ConnectError::new(Reason::Other { detail }));
        };
        let (keys, files) = match read {
            Ok(read) => read.map_err(|it: Rejected| invalid(&it))?,
            Err(panicked) => {
                let detail = panicked.to_string();
                return Err(ConnectError::new(Reason::Other { detail }));
            }
        };
        let keys = Arc::new(keys);
        Ok(Prepared { keys, files })
    }

    async fn forward_all(
        &self,
        connection: &Connection,
        ports: &[Port],
        standing: &Standing,
    ) -> Result<Vec<Forward>, ConnectError> {
        let mut forwards = Vec::new();
        for (port, number) in ports.iter().zip(1..) {
            forwards.push(
                self.forward(&connection.handle, port, number, standing)
                    .await?,
            );
        }
        Ok(forwards)
    }

    /// What is asked in the session: a command, or nothing but its shell.
    fn command(&self) -> Option<String> {
        self.options
            .filled_command()
            .or(match self.options.service().ask {
                Ask::Exec(_, tcp) if self.tcp => Some(tcp.to_owned()),
                Ask::Exec(web, _) => Some(web.to_owned()),
                Ask::Shell | Ask::Nothing => None,
            })
    }

    /// Has the service say where it serves each port.
    async fn hear_of_all(
        &self,
        connection: &mut Connection,
        forwards: &mut [Forward],
    ) -> Result<(), ConnectError> {
        if !self.options.service().announces() {
            if self.options.command.is_some() {
                connection
                    .talk(self.command(), self.patience.answer)
                    .await?;
            }
            return Ok(());
        }
        connection
            .talk(self.command(), self.patience.answer)
            .await?;
        let mut until = Instant::now() + self.patience.announcement;
        loop {
            let lacks = forwards.iter().any(|forward| forward.url.is_empty());
            let has_tls = forwards
                .iter()
                .all(|forward| !forward.url.starts_with("http:"));
            if !lacks && has_tls {
                return Ok(());
            }
            if !lacks {
                until = until.min(Instant::now() + WITH_TLS_WITHIN);
            }
            match timeout_at(until, next(connection)).await {
                Ok(Ok(found)) => {
                    note(forwards, &found, self.options.service().web, true);
                }
                Ok(Err(error)) => return Err(error),
                Err(_) if !lacks => return Ok(()),
                Err(_) => {
                    let last = connection.ears.shared.voice.lock().end_line();
                    let noted = last.is_some_and(|it| {
                        note(forwards, &it, self.options.service().web, true).is_some()
                    });
                    if !noted {
                        return Err(unheard(connection));
                    }
                }
            }
        }
    }
}

/// Nothing was said that is an address.
fn unheard(connection: &Connection) -> ConnectError {
    let said = connection.ears.shared.voice.lock().transcript();
    let detail = if said.is_empty() {
        "connected, and it does not say where it serves the port".to_owned()
    } else {
        format!("connected, and it names no address of a tunnel; it says: {said}")
    };
    ConnectError::new(complaint(&said).unwrap_or(Reason::Refused { detail }))
}

/// What a service says of trouble that has a name.
pub(super) fn complaint(said: &str) -> Option<Reason> {
    let said = said.to_ascii_lowercase();
    let has = |words: &str| said.contains(words);
    if has("already active") || has("already in use") {
        return Some(Reason::HostedElsewhere);
    }
    (has("too many") || has("rate limit")).then_some(Reason::QuotaUsedUp { until: None })
}

/// What the service says next that is an address.
async fn next(connection: &mut Connection) -> Result<Found, ConnectError> {
    let ears = &mut connection.ears;
    let signal = tokio::select! {
        biased;
        Some(signal) = ears.signals.recv() => signal,
        Some(signal) = ears.over.recv() => signal,
        else => Signal::Over(ConnectError::new(Reason::LinkLost)),
    };
    let said = || ears.shared.voice.lock().transcript();
    match signal {
        Signal::Announced(found) => Ok(found),
        Signal::Over(error) => {
            let said = said();
            let reason = complaint(&said).unwrap_or(error.reason);
            let detail = format!("{} {said}", error.detail);
            Err(ConnectError::with(reason, detail))
        }
        Signal::Silenced => {
            let said = said();
            let detail = format!("it ended the session, and says: {said}");
            let reason = complaint(&said).unwrap_or(Reason::Refused { detail });
            Err(ConnectError::new(reason))
        }
    }
}

/// Takes an address down for its port; gives the one it had if that was another. Unless `may_change`, an
/// address that a port has stays.
pub(super) fn note(
    forwards: &mut [Forward],
    found: &Found,
    way: Way,
    may_change: bool,
) -> Option<String> {
    let forward = match (way, found.number) {
        (Way::Counted, Some(number)) => {
            let mut forwards = forwards.iter_mut();
            forwards.find(|it| it.asked_port() == Some(number))?
        }
        _ => forwards.first_mut()?,
    };
    if !may_change && !forward.url.is_empty() {
        return None;
    }
    let host = |url: &str| url.split_once("://").map(|(_, host)| host.to_owned());
    let is_same = host(&forward.url) == host(&found.url);
    // The one with TLS is the better one of the same place.
    if forward.url == found.url || is_same && forward.url.starts_with("https:") {
        return None;
    }
    Some(std::mem::replace(&mut forward.url, found.url.clone()))
}

/// What was chosen cannot be had.
pub(super) fn invalid(rejected: &Rejected) -> ConnectError {
    chosen::invalid(&OFFERS, rejected.to_string())
}

impl Connector for SshConnector {
    fn mint<'a>(&'a self, order: &'a HostOrder) -> BoxFuture<'a, Result<Tokens, ConnectError>> {
        Box::pin(chosen::collect(&OFFERS, &self.source, order))
    }

    fn connect<'a>(
        &'a self,
        order: &'a HostOrder,
        tokens: &'a Tokens,
        progress: Progress<'a>,
    ) -> BoxFuture<'a, Result<Session, ConnectError>> {
        Box::pin(self.make_session(order, tokens, progress))
    }
}

/// Says goodbye to a connection that is no longer needed, within a time.
pub(super) async fn hang_up(connection: &mut Connection, within: Duration) {
    let handle = Arc::clone(&connection.handle);
    let parting = async {
        let _ = handle
            .disconnect(russh::Disconnect::ByApplication, "it was stopped", "")
            .await;
        // It is over once all of that has gone out.
        while let Some(signal) = connection.ears.over.recv().await {
            if matches!(signal, Signal::Over(_)) {
                break;
            }
        }
    };
    let _ = timeout(within, parting).await;
    connection.link().cut();
}
