//! From an address to a server that has let us in: the way there, through other servers where that is
//! wanted, each with its key checked and its own signing in.

use super::address::Address;
use super::announce::Announcer;
use super::auth::{self, Who};
use super::connector::Plan;
use super::errors;
use super::handler::{Ears, Handler};
use super::host_key::HostKeys;
use super::keys::Files;
use super::link::{Leash, Link};
use super::queue::Gate;
use crate::link::Transport;
use crate::model::Reason;
use crate::provider::ConnectError;
use crate::provider::dial;
use russh::client::{Config, Handle, Msg};
use russh::{ChannelOpenFailure, ChannelWriteHalf, SshId, compression};
use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;

/// What a visitor may send ahead.
const WINDOW: u32 = 2 * 1024 * 1024;

/// What is read from disks before a server is asked.
pub(super) struct Prepared {
    pub(super) keys: Arc<HostKeys>,
    pub(super) files: Files,
}

/// A server that has let us in.
pub(super) struct Connection {
    pub(super) at: Address,
    pub(super) handle: Arc<Handle<Handler>>,
    pub(super) ears: Ears,
    /// Where the service announces; it ends with this.
    pub(super) talk: Option<ChannelWriteHalf<Msg>>,
    leash: Leash,
    /// The server before it, whose connection carries this one.
    _before: Option<Box<Self>>,
}

impl Connection {
    /// Reaches the server of a plan.
    pub(super) async fn make(plan: &Plan, prepared: &Prepared) -> Result<Self, ConnectError> {
        let (mut before, mut stream) = (None, None);
        for at in &plan.options.jumps {
            let hop =
                Self::reach(plan, prepared, at, (before, stream), Announcer::default()).await?;
            let next = plan.after(at);
            stream = Some(hop.lead_to(next, plan.patience.answer).await?);
            before = Some(Box::new(hop));
        }
        let voice = Announcer::new(plan.rule.clone()).hiding(plan.hidden());
        Self::reach(plan, prepared, &plan.at, (before, stream), voice).await
    }

    async fn reach(
        plan: &Plan,
        prepared: &Prepared,
        at: &Address,
        (before, stream): (Option<Box<Self>>, Option<Box<dyn Transport>>),
        voice: Announcer,
    ) -> Result<Self, ConnectError> {
        let stream = match stream {
            Some(stream) => stream,
            None => dial(plan, at).await?,
        };
        let gate = Gate::default();
        let (link, stream) = Link::over(stream, gate.clone());
        let leash = Leash(link);
        let keys = Arc::clone(&prepared.keys);
        let config = Arc::new(config(&keys, at, plan.patience.beat));
        let (handler, ears) = Handler::new(at.clone(), keys, voice, gate);
        let greeting = russh::client::connect_stream(config, stream, handler);
        let greeted = timeout(plan.patience.greeting, greeting).await;
        let mut handle = match greeted {
            Ok(Ok(handle)) => handle,
            Ok(Err(error)) => {
                let refusal = ears.shared.refusal.lock().take();
                return Err(refusal.unwrap_or_else(|| errors::not_greeted(&error, at)));
            }
            Err(_) => return Err(ConnectError::new(Reason::TimedOut)),
        };
        // What is the server's own is none of those before it.
        let is_server = *at == plan.at;
        let who = Who {
            at,
            user: plan.user_of(at),
            files: &prepared.files,
            agent: plan.agent.as_deref(),
            password: plan.options.password.as_ref().filter(|_| is_server),
            blank_password: is_server && plan.options.service().blank_password,
            dismissed: &ears.shared.dismissed,
        };
        match timeout(plan.patience.sign_in, auth::sign_in(&mut handle, &who)).await {
            Ok(signed_in) => signed_in.map_err(|error| better(plan, error, &ears))?,
            Err(_) => return Err(ConnectError::with(Reason::TimedOut, "while signing in")),
        }
        Ok(Self {
            at: at.clone(),
            handle: Arc::new(handle),
            ears,
            talk: None,
            leash,
            _before: before,
        })
    }

    pub(super) fn link(&self) -> &Link {
        &self.leash.0
    }

    /// A connection from this server to the next one.
    async fn lead_to(
        &self,
        next: &Address,
        within: Duration,
    ) -> Result<Box<dyn Transport>, ConnectError> {
        let (host, port) = (next.host.clone(), u32::from(next.port));
        let opening = self
            .handle
            .channel_open_direct_tcpip(host, port, "127.0.0.1", 0);
        let reason = match timeout(within, opening).await {
            Ok(Ok(channel)) => return Ok(Box::new(channel.into_stream())),
            Ok(Err(russh::Error::ChannelOpenFailure(ChannelOpenFailure::ConnectFailed))) => {
                Reason::RelayUnreachable {
                    address: next.place(),
                }
            }
            Ok(Err(russh::Error::ChannelOpenFailure(_))) => Reason::Refused {
                detail: format!("{} leads nobody to {}", self.at.place(), next.place()),
            },
            Ok(Err(error)) => return Err(errors::lost(&error)),
            Err(_) => Reason::TimedOut,
        };
        Err(ConnectError::with(
            reason,
            format!("by way of {}", self.at.place()),
        ))
    }

    /// Begins the session in which a service announces, and asks this of it.
    pub(super) async fn talk(
        &mut self,
        command: Option<String>,
        within: Duration,
    ) -> Result<(), ConnectError> {
        let asking = async {
            let channel = self.handle.channel_open_session().await?;
            // Nothing comes before it is asked for. There is one such session.
            let _ = self.ears.shared.talk.set(channel.id());
            // Without the reading half the library queues nothing: what comes goes to the handler.
            let (_, writer) = channel.split();
            match command {
                Some(command) => writer.exec(true, command).await?,
                None => writer.request_shell(true).await?,
            }
            Ok(writer)
        };
        match timeout(within, asking).await {
            Ok(Ok(writer)) => {
                self.talk = Some(writer);
                Ok(())
            }
            Ok(Err(russh::Error::ChannelOpenFailure(_))) => {
                Err(ConnectError::new(Reason::Refused {
                    detail: format!("{} begins no session", self.at.place()),
                }))
            }
            Ok(Err(error)) => Err(errors::lost(&error)),
            Err(_) => Err(ConnectError::new(Reason::TimedOut)),
        }
    }
}

/// What the server said when it hung up says it better than that it did.
fn better(plan: &Plan, error: ConnectError, ears: &Ears) -> ConnectError {
    let complaint = plan.complaint(ears);
    if complaint.is_none() && error.reason != Reason::LinkLost {
        return error;
    }
    let detail = format!("{} {}", error.detail, ears.said());
    ConnectError::with(complaint.unwrap_or(error.reason), detail)
}

async fn dial(plan: &Plan, at: &Address) -> Result<Box<dyn Transport>, ConnectError> {
    let dialling = dial::connect(&at.host, at.port, &plan.proxies);
    match timeout(plan.patience.dial, dialling).await {
        Ok(dialled) => dialled.map_err(|fault| fault.into_error(&at.host, at.place())),
        Err(_) => Err(ConnectError::new(Reason::TimedOut)),
    }
}

fn config(keys: &HostKeys, at: &Address, beat: Duration) -> Config {
    Config {
        client_id: SshId::Standard(Cow::Borrowed(concat!(
            "SSH-2.0-underpass_",
            env!("CARGO_PKG_VERSION")
        ))),
        window_size: WINDOW,
        keepalive_interval: Some(beat),
        // How long a silence may be is the session's to say.
        keepalive_max: 0,
        preferred: russh::Preferred {
            compression: Cow::Borrowed(&[compression::NONE]),
            ..keys.preferred(at)
        },
        ..Config::default()
    }
}
