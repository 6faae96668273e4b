//! Makes hosting sessions over SSH: reads what is needed, reaches the server, asks for each port, and
//! waits for where the service says that it serves them.

use super::address::Address;
use super::announce::Rule;
use super::connection::{Connection, Prepared};
use super::forwards::{Forward, Standing};
use super::handler::Signal;
use super::host_key::HostKeys;
use super::keys::Files;
use super::offers::OFFERS;
use super::options::Options;
use super::services::Ask;
use super::session;
use crate::base::local::Memories;
use crate::model::{Phase, Port, Reason};
use crate::provider::chosen::{self, SecretSource};
use crate::provider::dial::Proxies;
use crate::provider::standing::Waits;
use crate::provider::{
    BoxFuture, ConnectError, Connector, HostOrder, Progress, Rejected, Session, Tokens,
};
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;

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
    /// A chosen port is waited for so long that an earlier run of this program may have had: most servers
    /// that look after their connections at all miss one by then.
    pub held: Duration,
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
            held: Duration::from_mins(3),
        }
    }
}

/// A server that looks after nothing notices a dead connection by its kernel, after 2 h 11 min.
const HELD_FOR: Duration = Duration::from_mins(135);

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
    /// The person wants it from whoever has it.
    take_over: bool,
}

/// Makes sessions over SSH.
pub struct SshConnector {
    source: SecretSource,
    /// What was chosen, or what is wrong with that.
    options: Result<Options, Rejected>,
    proxies: Proxies,
    patience: Patience,
    agent: Option<PathBuf>,
    standing: Arc<Standing>,
    memories: Arc<Memories>,
}

impl fmt::Debug for SshConnector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SshConnector")
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}

fn standing(patience: Patience) -> Arc<Standing> {
    Arc::new(Standing::new(Waits {
        chosen: HELD_FOR,
        unknown: patience.held,
        ..Waits::default()
    }))
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
            standing: standing(Patience::default()),
            memories: Arc::default(),
        }
    }

    /// With other time-outs.
    #[must_use]
    pub fn with_patience(mut self, patience: Patience) -> Self {
        self.patience = patience;
        self.standing = standing(patience);
        self
    }

    /// Through these proxies.
    #[cfg(test)]
    pub(super) fn with_proxies(mut self, proxies: Proxies) -> Self {
        self.proxies = proxies;
        self
    }

    /// With another agent, or none.
    #[must_use]
    pub fn with_agent(mut self, socket: Option<PathBuf>) -> Self {
        self.agent = socket;
        self
    }

    /// Whether the server is who it should be and lets us in: asked once, and left again.
    pub(super) async fn try_once(&self) -> Result<(), ConnectError> {
        let trying = async {
            let plan = self.plan(&[], false, &Tokens::default());
            let plan = plan.map_err(|it| invalid(&it))?;
            let prepared = plan.prepare().await?;
            let mut connection = Connection::make(&plan, &prepared).await?;
            hang_up(&mut connection, plan.patience.answer).await;
            Ok(())
        };
        let tried = timeout(self.patience.greeting, trying).await;
        tried.unwrap_or_else(|_| Err(ConnectError::new(Reason::TimedOut)))
    }

    fn plan(&self, ports: &[Port], take_over: bool, tokens: &Tokens) -> Result<Plan, Rejected> {
        let mut options = self.options.clone()?;
        for (key, text) in &tokens.by_scope {
            options.set(key, text.expose())?;
        }
        options.check()?;
        options.check_ports(ports)?;
        let at = options.address()?;
        let first = ports.first();
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
            take_over,
        })
    }

    async fn make_session(
        &self,
        order: &HostOrder,
        tokens: &Tokens,
        progress: Progress<'_>,
    ) -> Result<Session, ConnectError> {
        let made = self.try_session(order, tokens, progress).await;
        made.map_err(|error| match order.ports.first() {
            Some(first) if error.reason == Reason::HostedElsewhere => self.or_ours(first, error),
            Some(_) | None => error,
        })
    }

    /// Who has the tunnel may be our own connection that broke a moment ago.
    fn or_ours(&self, first: &Port, error: ConnectError) -> ConnectError {
        let before = self.standing.of(first.number);
        let is_ours =
            before.is_some_and(|place| self.standing.may_be_ours(first.number, &place, false));
        let at = self.options.as_ref().ok().and_then(|it| it.address().ok());
        match at {
            Some(at) if is_ours => {
                let place = at.place();
                ConnectError::with(Reason::StillHeld { place }, error.detail)
            }
            Some(_) | None => error,
        }
    }

    async fn try_session(
        &self,
        order: &HostOrder,
        tokens: &Tokens,
        progress: Progress<'_>,
    ) -> Result<Session, ConnectError> {
        let plan = self
            .plan(&order.ports, order.take_over, tokens)
            .map_err(|it| invalid(&it))?;
        let prepared = plan.prepare().await?;
        progress(Phase::ConnectingRelay);
        let mut connection = Connection::make(&plan, &prepared).await?;
        progress(Phase::ForwardingPorts);
        let mut forwards = plan
            .forward_all(&connection, &order.ports, &self.standing)
            .await?;
        plan.hear_of_all(&mut connection, &mut forwards).await?;
        for forward in &forwards {
            self.standing.note(forward.port.number, forward.given());
        }
        let (standing, memories) = (Arc::clone(&self.standing), Arc::clone(&self.memories));
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
        let mut user = user.unwrap_or_else(|| "root".to_owned());
        if self.take_over && *at == self.at {
            user.push_str(self.options.service().force);
        }
        user
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
        let reading = move || Ok((HostKeys::load(&options)?, Files::load(&options)));
        let (keys, files) = read_within(DISK_WITHIN, reading).await?;
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
    pub(super) fn command(&self) -> Option<String> {
        self.options
            .filled_command()
            .or(match self.options.service().ask {
                Ask::Exec(_, tcp) if self.tcp => Some(tcp.to_owned()),
                Ask::Exec(web, _) => Some(web.to_owned()),
                Ask::Shell | Ask::Nothing => None,
            })
    }
}

/// What is read of disks, unless that takes longer than this.
pub(super) async fn read_within<T: Send + 'static>(
    within: Duration,
    reading: impl FnOnce() -> Result<T, Rejected> + Send + 'static,
) -> Result<T, ConnectError> {
    let other = |detail: String| ConnectError::new(Reason::Other { detail });
    match timeout(within, tokio::task::spawn_blocking(reading)).await {
        Ok(Ok(read)) => read.map_err(|it| invalid(&it)),
        Ok(Err(panicked)) => Err(other(panicked.to_string())),
        Err(_) => {
            let silent = "the files with the keys cannot be read: their disk does not answer";
            Err(other(silent.to_owned()))
        }
    }
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
