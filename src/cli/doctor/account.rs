//! What works here of a provider, by what it offers: the service, the tokens that are kept of it, its
//! program, the account; and, where that is asked for, hosting a tunnel that is made for it and thrown
//! away.

use super::{Check, Subject, said};
use crate::base::clock;
use crate::model::{
    AccountId, AccountState, Offers, Pending, Port, PortNumber, Protocol, ProviderId,
    ProviderOptions, Reason, Remote, Target, Tunnel, TunnelId,
};
use crate::provider::{
    Account, ConnectError, HostOrder, Inventory, ProbeMarks, Provider, Session, SessionEvent,
    registry,
};
use crate::secrets::Secrets;
use crate::store::Home;
use crate::view::fold::fault;
use crate::view::{Msg, messages as m};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::timeout;

/// How long the service may take to accept a connection.
const ANSWER: Duration = Duration::from_secs(5);

/// How long a session may take to prove itself.
const PROOF: Duration = Duration::from_secs(30);

/// The port of the throw-away tunnel; nobody visits it.
const PORT: u16 = 3000;

/// What is looked at.
struct Look<'l> {
    provider: &'l dyn Provider,
    offers: &'static Offers,
    inventory: &'l dyn Inventory,
    account: &'l dyn Account,
    options: &'l ProviderOptions,
}

/// All of them; nothing is tried behind what failed.
pub(super) async fn all(
    home: &Home,
    id: ProviderId,
    options: &ProviderOptions,
    write: bool,
) -> Vec<Check> {
    let secrets = Arc::new(Secrets::open(home.path(), home.is_private()));
    let providers = registry::remote(&secrets);
    let Some(provider) = providers.find(id) else {
        let provider = id.to_string();
        let reason = Reason::NoProvider { provider };
        let of = Subject::new(format!("{id}-program"), m::doctor_program());
        return vec![of.fail(fault(&reason), m::advice_build())];
    };
    let mut checks: Vec<Check> = service(provider).await.into_iter().collect();
    checks.extend(tokens_kept(home, provider.offers(), &secrets));
    let inventory = provider.inventory(&AccountId::only(id));
    let account = inventory.as_deref().and_then(Inventory::account);
    if let (Some(inventory), Some(account)) = (inventory.as_deref(), account) {
        let look = Look {
            provider,
            offers: provider.offers(),
            inventory,
            account,
            options,
        };
        checks.extend(look.all(write).await);
    }
    checks.extend(program(provider).await);
    if checks.is_empty() {
        let of = Subject::new(format!("{id}-service"), m::doctor_service());
        checks.push(of.ok(m::doctor_nothing_needed()));
    }
    checks
}

/// The provider's own program, where no account asks for it.
async fn program(provider: &dyn Provider) -> Option<Check> {
    let offers = provider.offers();
    let of = Subject::new(format!("{}-program", offers.id), m::doctor_program());
    Some(match provider.program()?.await {
        Ok(version) => of.ok(m::doctor_version(version)),
        Err(error) => {
            let advice = match (&error.reason, offers.program) {
                (Reason::NotInstalled { .. }, Some(program)) => {
                    m::advice_program(program.install_command)
                }
                _ => m::advice_mend(),
            };
            of.fail(fault(&error.reason), advice)
        }
    })
}

/// Whether anything accepts a connection where the service is. Behind a proxy it may not, and hosting
/// works all the same.
async fn service(provider: &dyn Provider) -> Option<Check> {
    let word = format!("{}-service", provider.offers().id);
    let of = Subject::new(word, m::doctor_service());
    let (host, port) = match provider.service() {
        Ok(address) => address?,
        Err(wrong) => return Some(of.fail(said(wrong), m::advice_service())),
    };
    let address = format!("{host}:{port}");
    let host = host.trim_matches(['[', ']']).to_owned();
    let silent = |detail: String| {
        let detail = m::doctor_service_silent(address.as_str(), detail);
        of.warn(detail, m::advice_service())
    };
    Some(
        match timeout(ANSWER, TcpStream::connect((host.as_str(), port))).await {
            Ok(Ok(_)) => of.ok(m::doctor_service_answers(address.as_str())),
            Ok(Err(error)) => silent(error.to_string()),
            Err(_) => silent(Reason::TimedOut.code().to_owned()),
        },
    )
}

/// A line for each account whose token is known here, as far as the provider takes tokens.
fn tokens_kept(home: &Home, offers: &Offers, secrets: &Secrets) -> Vec<Check> {
    let Some(spec) = offers.token else {
        return vec![];
    };
    let of = Subject::new(format!("{}-token", offers.id), m::doctor_account());
    let advice = || m::advice_token(spec.page, offers.id.to_string());
    let missing = |detail| of.fail(detail, advice());
    let in_env = std::env::var(spec.variable).is_ok_and(|text| (spec.takes)(text.trim()));
    let kept = home.accounts().peek().value;
    let mut checks: Vec<Check> = kept
        .into_iter()
        .filter(|account| account.provider == offers.id)
        .map(|account| {
            let called = account.name.as_str();
            match secrets.get(&account.secret_name()) {
                Ok(Some(_)) if called.is_empty() => of.ok(m::account_token()),
                Ok(Some(_)) => of.ok(m::doctor_token_of(called)),
                Ok(None) if called.is_empty() => missing(m::doctor_token_gone()),
                Ok(None) => missing(m::doctor_token_of_gone(called)),
                Err(error) => missing(said(error)),
            }
        })
        .collect();
    if in_env {
        checks.push(of.ok(m::doctor_token_in_variable(spec.variable)));
    }
    if checks.is_empty() {
        checks.push(missing(m::account_no_token()));
    }
    checks
}

impl Look<'_> {
    fn subject(&self, of: &str, name: Msg) -> Subject {
        Subject::new(format!("{}-{of}", self.offers.id), name)
    }

    async fn all(&self, write: bool) -> Vec<Check> {
        let account = self.account;
        let mut checks = vec![];
        if self.offers.program.is_some() {
            let of = self.subject("program", m::doctor_program());
            match account.version().await {
                Ok(version) => checks.push(of.ok(m::doctor_version(version))),
                Err(reason) => return vec![self.failed(&of, &reason)],
            }
        }
        let signed_in = self.sign_in(account).await;
        let ready = signed_in.status == super::Status::Ok;
        checks.push(signed_in);
        if ready {
            checks.push(self.list().await);
            checks.extend(self.limits(account).await);
            checks.push(if write {
                self.hosting().await
            } else {
                let of = self.subject("hosting", m::doctor_write());
                of.ok(m::doctor_not_tried())
            });
        }
        checks
    }

    fn failed(&self, of: &Subject, reason: &Reason) -> Check {
        of.fail(fault(reason), self.advice(reason))
    }

    fn advice(&self, reason: &Reason) -> Msg {
        let program = self.offers.program;
        match (reason, program) {
            (Reason::NotInstalled { .. }, Some(program)) => {
                m::advice_program(program.install_command)
            }
            (Reason::SignedOut, _) => self.sign_in_advice(),
            _ => m::advice_service(),
        }
    }

    fn sign_in_advice(&self) -> Msg {
        match self.offers.program {
            Some(program) => m::advice_sign_in(program.sign_in_command),
            None => m::advice_sign_in_app(),
        }
    }

    async fn sign_in(&self, account: &dyn Account) -> Check {
        let of = self.subject("account", m::doctor_account());
        match account.preflight().await {
            AccountState::Ready { user, via } => of.ok(m::account_ready(user, via)),
            AccountState::Failed { reason, .. } => self.failed(&of, &reason),
            AccountState::NotInstalled => {
                let program = self.offers.program.map(|program| program.name.to_owned());
                let program = program.unwrap_or_default();
                self.failed(&of, &Reason::NotInstalled { program })
            }
            AccountState::Unknown | AccountState::SignedOut | AccountState::SigningIn { .. } => {
                of.fail(m::account_signed_out(), self.sign_in_advice())
            }
        }
    }

    async fn list(&self) -> Check {
        let of = self.subject("list", m::doctor_list());
        match self.inventory.list(vec![]).await {
            Ok(listed) => of.ok(m::doctor_tunnels_found(listed.len())),
            Err(reason) => self.failed(&of, &reason),
        }
    }

    /// A line a limit.
    async fn limits(&self, account: &dyn Account) -> Vec<Check> {
        let of = self.subject("limits", m::doctor_account_limits());
        match account.limits().await {
            Ok(limits) => limits
                .into_iter()
                .map(|(what, amount)| of.ok(m::doctor_limit(amount, what)))
                .collect(),
            Err(reason) => vec![of.warn(fault(&reason), self.advice(&reason))],
        }
    }

    /// Makes a tunnel, hosts it until its session has proven itself, and deletes it.
    async fn hosting(&self) -> Check {
        let of = self.subject("hosting", m::doctor_write());
        let not_hosted = |reason: &Reason, step, advice| {
            of.fail(m::doctor_not_hosted(fault(reason), step), advice)
        };
        let made = match throw_away(self.offers.id) {
            Some(tunnel) => {
                let change = Pending::Create(tunnel.clone());
                let made = self.inventory.change(change, tunnel).await;
                made.and_then(|made| made.ok_or(Reason::TunnelGone))
            }
            // A name and a port that are none: there is nothing to make.
            None => Err(Reason::TunnelGone),
        };
        let made = match made {
            Ok(made) => made.tunnel,
            Err(reason) => return not_hosted(&reason, m::step_create(), self.advice(&reason)),
        };
        let hosted = self.host(&made).await;
        let delete = Pending::Delete(made.id.clone());
        if let Err(reason) = self.inventory.change(delete, made.clone()).await {
            let id = made.id.as_str();
            let detail = m::doctor_left_behind(fault(&reason), id);
            return of.fail(detail, m::advice_delete(id, self.offers.name));
        }
        match hosted {
            Ok(url) => of.ok(m::doctor_hosted(url)),
            Err((step, error)) => not_hosted(&error.reason, step, m::advice_write()),
        }
    }

    /// Its URL, or the step at which it failed.
    async fn host(&self, tunnel: &Tunnel) -> Result<String, (Msg, ConnectError)> {
        let nobody = crate::model::Secret::new("");
        let connector = self.provider.connector(
            &AccountId::only(self.offers.id),
            self.options,
            ProbeMarks::new(nobody),
        );
        let order = HostOrder {
            account: tunnel.account(),
            secrets: tunnel.chosen.secrets.clone(),
            options: self.options.clone(),
            tunnel: tunnel.id.clone(),
            ports: tunnel.ports.clone(),
            install: "doctor".to_owned(),
            take_over: false,
            fixed_ports: false,
            sessions: 0,
        };
        let tokens = connector.mint(&order).await;
        let tokens = tokens.map_err(|error| (m::step_token(), error))?;
        let session = connector.connect(&order, &tokens, &|_| {}).await;
        let mut session = session.map_err(|error| (m::step_connect(), error))?;
        let proven = timeout(PROOF, established(&mut session)).await;
        let url = session.ports.first().map(|port| port.url.clone());
        session.close().await;
        match proven {
            Ok(Ok(())) => Ok(url.unwrap_or_default()),
            Ok(Err(error)) => Err((m::step_establish(), error)),
            Err(_) => Err((m::step_establish(), ConnectError::new(Reason::TimedOut))),
        }
    }
}

/// Its id is the service's to make, of the name.
fn throw_away(provider: ProviderId) -> Option<Tunnel> {
    let name = format!("underpass-doctor-{:x}", rand::random::<u32>());
    let id = TunnelId::from_name(&name)?;
    let target = Target::local(PortNumber::new(PORT)?);
    Some(Tunnel {
        ports: vec![Port::new(target, Protocol::Auto, id.clone())],
        id,
        name,
        provider,
        chosen: crate::model::Chosen::default(),
        created_at: clock::now(),
        expires_at: None,
        remote: Some(Remote::default()),
    })
}

async fn established(session: &mut Session) -> Result<(), ConnectError> {
    while let Some(event) = session.events.recv().await {
        match event {
            SessionEvent::Established => return Ok(()),
            SessionEvent::Ended(ended) | SessionEvent::Lapsed(ended) => return Err(ended),
            SessionEvent::Superseded => return Err(ConnectError::new(Reason::LinkLost)),
            SessionEvent::Ports(live) => session.ports = live,
            SessionEvent::Lacking(_)
            | SessionEvent::GoingDown
            | SessionEvent::Parked { .. }
            | SessionEvent::Resumed => {}
        }
    }
    Err(ConnectError::new(Reason::LinkLost))
}
