//! Makes hosting sessions with ngrok: resumes the one that broke, or signs in and asks for each port.

use super::agent::{Agent, NotResumed};
use super::endpoints::{self, Bound, Visit, Wanted};
use super::errors::{self, is_online_elsewhere};
use super::offers::OFFERS;
use super::options::{self, Options};
use super::server::Server;
use super::session;
use super::standing::Standing;
use super::token::SecretSource;
use crate::base::clock;
use crate::base::local::Memories;
use crate::model::{Class, Phase, Port, Reason, Secret, TunnelId};
use crate::provider::dial::Proxies;
use crate::provider::{
    BoxFuture, ConnectError, Connector, HostOrder, Progress, Rejected, Session, Tokens,
};
use futures_util::stream::BoxStream;
use rustls::crypto::CryptoProvider;
use std::collections::BTreeSet;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;

/// The scope of the one token there is.
const SCOPE: &str = "authtoken";

/// How long things may take; tests use shorter times.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// Until the connection is encrypted, name resolution included.
    pub dial: Duration,
    /// Until the edge has answered one request.
    pub answer: Duration,
    /// A heartbeat goes so often.
    pub beat: Duration,
    /// Its answer may take so long beyond that.
    pub tolerance: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            dial: Duration::from_secs(10),
            answer: Duration::from_secs(10),
            beat: Duration::from_secs(3),
            tolerance: Duration::from_secs(2),
        }
    }
}

impl Patience {
    /// An edge that has said nothing for so long is not there.
    pub(super) fn silence(self) -> Duration {
        self.beat + self.tolerance
    }
}

/// All that one session is made with.
#[derive(Clone)]
pub(super) struct Plan {
    pub(super) server: Server,
    pub(super) token: Secret,
    pub(super) options: Arc<Options>,
    pub(super) proxies: Proxies,
    pub(super) patience: Patience,
    /// What is online elsewhere is only asked for again: it may be what we have left there, which the
    /// edge lets go of, or the person has said that it is to be had.
    patient: bool,
}

/// Makes sessions with ngrok.
pub struct NgrokConnector {
    source: Arc<dyn SecretSource>,
    /// The file with the policy, which is read each time.
    policy: Option<PathBuf>,
    /// What was chosen, or what is wrong with that.
    options: Result<Arc<Options>, Rejected>,
    /// The stand-in that the environment names, or what is wrong with that.
    stand_in: Result<Option<Server>, String>,
    proxies: Proxies,
    patience: Patience,
    standing: Standing,
    memories: Arc<Memories>,
}

impl fmt::Debug for NgrokConnector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NgrokConnector")
            .field("options", &self.options)
            .field("stand_in", &self.stand_in)
            .finish_non_exhaustive()
    }
}

impl NgrokConnector {
    /// Hosts with the token of `source`, where and through the proxy that the environment names.
    pub fn new(source: Arc<dyn SecretSource>, options: Result<Options, Rejected>) -> Self {
        // The crate asks for the process's own, and panics where two are built in and none is named.
        if CryptoProvider::get_default().is_none() {
            // Somebody else may have been quicker.
            let _ = rustls::crypto::ring::default_provider().install_default();
        }
        Self {
            source,
            policy: None,
            options: options.map(Arc::new),
            stand_in: Server::from_env(),
            proxies: Proxies::from_env(),
            patience: Patience::default(),
            standing: Standing::default(),
            memories: Arc::default(),
        }
    }

    /// With the policy that a file holds.
    #[must_use]
    pub fn with_policy(mut self, file: Option<PathBuf>) -> Self {
        self.policy = file;
        self
    }

    /// With another edge.
    #[must_use]
    pub fn with_server(mut self, server: Server) -> Self {
        self.stand_in = Ok(Some(server));
        self
    }

    /// With other time-outs.
    #[must_use]
    pub fn with_patience(mut self, patience: Patience) -> Self {
        self.patience = patience;
        self
    }

    fn wanted(&self, order: &HostOrder) -> WantedSecrets {
        WantedSecrets {
            source: Arc::clone(&self.source),
            policy: self.policy.clone(),
            tunnel: order.tunnel.clone(),
            keys: order.secrets.clone(),
        }
    }

    fn plan(&self, order: &HostOrder, tokens: &Tokens) -> Result<Plan, ConnectError> {
        let token = tokens.by_scope.get(SCOPE).cloned();
        let stand_in = self.stand_in.clone().map_err(invalid)?;
        let options = self.options.clone().and_then(|mut options| {
            for (scope, text) in &tokens.by_scope {
                if *scope != SCOPE {
                    Arc::make_mut(&mut options).set(scope, text.expose())?;
                }
            }
            options.check()?;
            options.check_ports(&order.ports)?;
            Ok(options)
        });
        let options = options.map_err(|rejected| invalid(rejected.to_string()))?;
        let renamed = |port: &Port| port.options.host_header.local_name(port).is_some();
        if options.policy.is_some() && order.ports.iter().any(renamed) {
            tracing::warn!("the policy alone says by which name the service is asked");
        }
        Ok(Plan {
            server: stand_in
                .or_else(|| options.server.clone())
                .unwrap_or_default(),
            token: token.ok_or_else(no_token)?,
            options,
            proxies: self.proxies.clone(),
            patience: self.patience,
            patient: self.standing.is_ours() || order.take_over && self.standing.may_be_left(),
        })
    }

    async fn make_session(
        &self,
        order: &HostOrder,
        tokens: &Tokens,
        progress: Progress<'_>,
    ) -> Result<Session, ConnectError> {
        let plan = self.plan(order, tokens)?;
        let token = plan.token.clone();
        let made = self.follow(plan, order, progress).await;
        made.inspect_err(|error| {
            if error.class() == Class::SignIn {
                self.standing.refuse(token, error.clone());
            }
        })
    }

    async fn follow(
        &self,
        plan: Plan,
        order: &HostOrder,
        progress: Progress<'_>,
    ) -> Result<Session, ConnectError> {
        progress(Phase::ConnectingRelay);
        let agent = match self.standing.take(&plan.token) {
            Some(agent) if plan.has_all(&agent, &order.ports) => self.resume(agent, &plan).await?,
            Some(_) | None => Agent::connect(&plan).await?,
        };
        // From here on what the edge has may be ours, whatever becomes of the attempt.
        let seat = self.standing.enter();
        progress(Phase::ForwardingPorts);
        let agent = plan.bind_all(agent, &order.ports, &self.standing).await?;
        for bound in &agent.bound {
            self.standing.remember(bound.port.number, &bound.url);
        }
        let (standing, memories) = (self.standing.clone(), Arc::clone(&self.memories));
        Ok(session::start(agent, plan, standing, seat, memories))
    }

    async fn resume(&self, agent: Agent, plan: &Plan) -> Result<Agent, ConnectError> {
        let NotResumed { error, agent } = match agent.resume(plan.patience).await {
            Ok(agent) => return Ok(agent),
            Err(failed) => failed,
        };
        if let Some(agent) = agent {
            self.standing.keep(plan.token.clone(), *agent);
        }
        Err(plan.judge(error))
    }
}

impl Plan {
    /// What an error of the crate's means.
    pub(super) fn classify(&self, error: &impl ngrok::Error) -> ConnectError {
        let now = clock::wall();
        match error.error_code() {
            // It was sent what nobody may read, and may quote it.
            Some(code) if self.options.hold_secrets() => {
                errors::by_code(code, "", &self.token, now)
            }
            _ => errors::classify(error, &self.token, now),
        }
    }

    /// Whether a session has exactly these ports, as they are wanted.
    fn has_all(&self, agent: &Agent, ports: &[Port]) -> bool {
        let has = |port: &Port| {
            let is = |bound: &&Bound| {
                bound.port == *port && bound.wanted == Wanted::of(port, &self.options)
            };
            agent.bound.iter().any(|bound| is(&bound))
        };
        agent.bound.len() == ports.len() && ports.iter().all(has)
    }

    /// Asks for the ports that are not there yet.
    async fn bind_all(
        &self,
        mut agent: Agent,
        ports: &[Port],
        standing: &Standing,
    ) -> Result<Agent, ConnectError> {
        for port in ports {
            if agent.bound.iter().any(|bound| bound.port == *port) {
                continue;
            }
            let (bound, visits) = self.bind(&agent.session, port, standing).await?;
            agent.serve(bound, visits);
        }
        Ok(agent)
    }

    /// Asks for one port: where it was before, or anywhere if that is not to be had.
    pub(super) async fn bind(
        &self,
        session: &ngrok::Session,
        port: &Port,
        standing: &Standing,
    ) -> Result<(Bound, BoxStream<'static, Visit>), ConnectError> {
        let before = standing.place(port.number);
        let asked_again = before.is_some();
        let error = match self.bind_at(session, port, before).await {
            Ok(bound) => return Ok(bound),
            Err(error) => self.judge(error),
        };
        if !asked_again || error.class() != Class::Fatal {
            return Err(error);
        }
        tracing::info!(
            detail = error.detail,
            "the place of before is not to be had"
        );
        standing.forget(port.number);
        let bound = self.bind_at(session, port, None).await;
        bound.map_err(|error| self.judge(error))
    }

    async fn bind_at(
        &self,
        session: &ngrok::Session,
        port: &Port,
        before: Option<String>,
    ) -> Result<(Bound, BoxStream<'static, Visit>), ConnectError> {
        let wanted = Wanted::of(port, &self.options);
        let binding = endpoints::bind(session, port.clone(), wanted, before);
        match timeout(self.patience.answer, binding).await {
            Ok(bound) => bound.map_err(|error| self.classify(&error)),
            Err(_) => Err(ConnectError::new(Reason::TimedOut)),
        }
    }

    fn judge(&self, error: ConnectError) -> ConnectError {
        if self.patient && is_online_elsewhere(&error) {
            return ConnectError::with(Reason::LinkLost, error.detail);
        }
        error
    }
}

/// What was chosen cannot be had.
fn invalid(detail: String) -> ConnectError {
    let provider = OFFERS.name.to_owned();
    ConnectError::new(Reason::OptionsInvalid { provider, detail })
}

/// There is no token of the account here.
fn no_token() -> ConnectError {
    let provider = OFFERS.name.to_owned();
    ConnectError::new(Reason::TokenMissing { provider })
}

/// What is to be read where a person or a disk may be waited for.
struct WantedSecrets {
    source: Arc<dyn SecretSource>,
    policy: Option<PathBuf>,
    tunnel: TunnelId,
    keys: BTreeSet<String>,
}

impl WantedSecrets {
    /// The account's token if there is one, and everything else by the keys of the options: without what
    /// keeps strangers out, nothing is hosted.
    fn collect(&self) -> Result<Tokens, ConnectError> {
        let other = |detail: String| ConnectError::new(Reason::Other { detail });
        let mut tokens = Tokens::default();
        let token = self.source.token().map_err(other)?;
        let token = token.filter(|token| !token.expose().is_empty());
        tokens.by_scope.extend(token.map(|token| (SCOPE, token)));
        for key in &self.keys {
            let option = OFFERS.option(key);
            let kept = self.source.option(&self.tunnel, key).map_err(other)?;
            let (Some(option), Some(kept)) = (option, kept) else {
                return Err(invalid(format!(
                    "{key}: what was kept of it is gone; set it again"
                )));
            };
            tokens.by_scope.insert(option.key, kept);
        }
        if let Some(path) = &self.policy {
            let text = options::read_policy(path)
                .map_err(|error| invalid(format!("policy: {}: {error}", path.display())))?;
            tokens.by_scope.insert("policy", Secret::new(&text));
        }
        Ok(tokens)
    }
}

impl Connector for NgrokConnector {
    fn mint<'a>(&'a self, order: &'a HostOrder) -> BoxFuture<'a, Result<Tokens, ConnectError>> {
        Box::pin(async {
            let wanted = self.wanted(order);
            let collecting = tokio::task::spawn_blocking(move || wanted.collect());
            let collected = match collecting.await {
                Ok(collected) => collected?,
                Err(panicked) => {
                    let detail = panicked.to_string();
                    return Err(ConnectError::new(Reason::Other { detail }));
                }
            };
            let token = collected.by_scope.get(SCOPE).cloned();
            let token = token.ok_or_else(no_token)?;
            if let Some(refusal) = self.standing.refusal(&token) {
                return Err(refusal);
            }
            Ok(collected)
        })
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
