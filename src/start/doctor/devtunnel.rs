//! What of Dev Tunnels works here: the program, the account, the service; and, where that is asked
//! for, hosting a tunnel that is made for it and thrown away.

use super::{Check, said};
use crate::app::{Account, DevTunnels};
use crate::base::clock;
use crate::model::{
    AccountState, Offer, Port, PortNumber, Protocol, ProviderId, Reason, Remote, Target, Tunnel,
    TunnelId, install_command,
};
use crate::provider::devtunnel::Base;
use crate::provider::{ConnectError, HostOrder, Session, SessionEvent};
use crate::start::devtunnels;
use crate::view::fold::fault;
use crate::view::{Msg, messages as m};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::timeout;

/// How long the service may take to accept a connection.
const ANSWER: Duration = Duration::from_secs(5);

/// How long a session may take to prove itself.
const PROOF: Duration = Duration::from_secs(30);

/// Where the service is that every cluster is reached through.
const SERVICE: (&str, u16) = ("global.rel.tunnels.api.visualstudio.com", 443);

/// The port of the throw-away tunnel; nobody visits it.
const PORT: u16 = 3000;

/// All of them; nothing is tried behind what failed.
pub(super) async fn all(offer: Offer, write: bool) -> Vec<Check> {
    let parts = devtunnels::real();
    let account = &*parts.account;
    let mut checks = vec![service().await];
    match account.version().await {
        Ok(version) => checks.push(Check::ok(
            "devtunnel-program",
            m::doctor_devtunnel_program(),
            m::doctor_version(version),
        )),
        Err(reason) => {
            checks.push(failed(
                "devtunnel-program",
                m::doctor_devtunnel_program(),
                &reason,
            ));
            return checks;
        }
    }
    let signed_in = sign_in(account).await;
    let ready = signed_in.status == super::Status::Ok;
    checks.push(signed_in);
    if ready {
        checks.push(list(account).await);
        checks.extend(limits(account).await);
        checks.push(if write {
            hosting(&parts, offer).await
        } else {
            Check::ok(
                "devtunnel-hosting",
                m::doctor_devtunnel_write(),
                m::doctor_not_tried(),
            )
        });
    }
    checks
}

fn failed(word: &'static str, name: Msg, reason: &Reason) -> Check {
    Check::fail(word, name, fault(reason), advice(reason))
}

fn advice(reason: &Reason) -> Msg {
    match reason {
        Reason::NotInstalled { .. } => m::advice_devtunnel_program(install_command()),
        Reason::SignedOut => m::advice_devtunnel_sign_in(),
        _ => m::advice_devtunnel_service(),
    }
}

/// Whether anything accepts a connection where the service is. Behind a proxy it may not, and hosting
/// works all the same.
async fn service() -> Check {
    let (word, name) = ("devtunnel-service", m::doctor_devtunnel_service());
    let (host, port) = match Base::from_env() {
        Ok(Base::Cluster) => (SERVICE.0.to_owned(), SERVICE.1),
        Ok(Base::At(url)) => (
            url.host_str().unwrap_or_default().to_owned(),
            url.port_or_known_default().unwrap_or_default(),
        ),
        Err(wrong) => return Check::fail(word, name, said(wrong), m::advice_devtunnel_service()),
    };
    let address = format!("{host}:{port}");
    let host = host.trim_matches(['[', ']']).to_owned();
    let silent = |detail: String| {
        let detail = m::doctor_service_silent(address.as_str(), detail);
        let (name, advice) = (m::doctor_devtunnel_service(), m::advice_devtunnel_service());
        Check::warn(word, name, detail, advice)
    };
    match timeout(ANSWER, TcpStream::connect((host.as_str(), port))).await {
        Ok(Ok(_)) => Check::ok(word, name, m::doctor_service_answers(address.as_str())),
        Ok(Err(error)) => silent(error.to_string()),
        Err(_) => silent(Reason::TimedOut.code().to_owned()),
    }
}

async fn sign_in(account: &dyn Account) -> Check {
    let (word, name) = ("devtunnel-account", m::doctor_devtunnel_account());
    match account.preflight().await {
        AccountState::Ready { user, via } => Check::ok(word, name, m::account_ready(user, via)),
        AccountState::Failed { reason, .. } => failed(word, name, &reason),
        AccountState::NotInstalled => {
            let program = "devtunnel".to_owned();
            failed(word, name, &Reason::NotInstalled { program })
        }
        AccountState::Unknown | AccountState::SignedOut | AccountState::SigningIn { .. } => {
            let advice = m::advice_devtunnel_sign_in();
            Check::fail(word, name, m::account_signed_out(), advice)
        }
    }
}

async fn list(account: &dyn Account) -> Check {
    let (word, name) = ("devtunnel-list", m::doctor_devtunnel_list());
    match account.list(vec![]).await {
        Ok(listed) => Check::ok(word, name, m::doctor_tunnels_found(listed.len())),
        Err(reason) => failed(word, name, &reason),
    }
}

/// A line a limit.
async fn limits(account: &dyn Account) -> Vec<Check> {
    let (word, name) = ("devtunnel-limits", m::doctor_devtunnel_limits);
    match account.limits().await {
        Ok(limits) => limits
            .into_iter()
            .map(|(what, amount)| Check::ok(word, name(), m::doctor_limit(amount, what)))
            .collect(),
        Err(reason) => vec![Check::warn(word, name(), fault(&reason), advice(&reason))],
    }
}

/// Makes a tunnel, hosts it until its session has proven itself, and deletes it.
async fn hosting(parts: &DevTunnels, offer: Offer) -> Check {
    let (word, name) = ("devtunnel-hosting", m::doctor_devtunnel_write());
    let made = match throw_away() {
        Some(tunnel) => parts.account.create(tunnel).await,
        // A name and a port that are none: there is nothing to make.
        None => Err(Reason::TunnelGone),
    };
    let made = match made {
        Ok(made) => made.tunnel,
        Err(reason) => {
            let detail = m::doctor_not_hosted(fault(&reason), m::step_create());
            return Check::fail(word, name, detail, advice(&reason));
        }
    };
    let hosted = host(parts, offer, &made).await;
    if let Err(reason) = parts.account.delete(made.id.clone()).await {
        let id = made.id.as_str();
        let detail = m::doctor_left_behind(fault(&reason), id);
        return Check::fail(word, name, detail, m::advice_devtunnel_delete(id));
    }
    match hosted {
        Ok(url) => Check::ok(word, name, m::doctor_hosted(url)),
        Err((step, error)) => {
            let detail = m::doctor_not_hosted(fault(&error.reason), step);
            Check::fail(word, name, detail, m::advice_devtunnel_write())
        }
    }
}

/// Its id is the service's to make, of the name.
fn throw_away() -> Option<Tunnel> {
    let name = format!("underpass-doctor-{:x}", rand::random::<u32>());
    let id = TunnelId::from_name(&name)?;
    let number = PortNumber::new(PORT)?;
    Some(Tunnel {
        ports: vec![Port {
            number,
            protocol: Protocol::Auto,
            target: Target::local(number),
            label: id.clone(),
            public_port: None,
            options: crate::model::PortOptions::default(),
        }],
        id,
        name,
        provider: ProviderId::DevTunnel,
        created_at: clock::now(),
        expires_at: None,
        remote: Some(Remote::default()),
    })
}

/// Its URL, or the step at which it failed.
async fn host(
    parts: &DevTunnels,
    offer: Offer,
    tunnel: &Tunnel,
) -> Result<String, (Msg, ConnectError)> {
    let connector = (parts.connector)(offer);
    let order = HostOrder {
        provider: tunnel.provider,
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

async fn established(session: &mut Session) -> Result<(), ConnectError> {
    while let Some(event) = session.events.recv().await {
        match event {
            SessionEvent::Established => return Ok(()),
            SessionEvent::Ended(ended) | SessionEvent::Lapsed(ended) => return Err(ended),
            SessionEvent::Superseded => return Err(ConnectError::new(Reason::LinkLost)),
            SessionEvent::Ports(live) => session.ports = live,
            SessionEvent::GoingDown | SessionEvent::Parked { .. } | SessionEvent::Resumed => {}
        }
    }
    Err(ConnectError::new(Reason::LinkLost))
}
