//! What one inner session does with what its client asks.

use super::HANGS_UP_WITHIN;
use super::stream::{Inlet, Outlet, Pool, Stream, queue};
use crate::provider::devtunnel::visitors::{Reached, Refusal, Visitors};
use russh::server::{Auth, ChannelOpenHandle, Handle, Msg, Session};
use russh::{Channel, ChannelId, ChannelOpenFailure, ChannelWriteHalf, Disconnect};
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use tokio::sync::{oneshot, watch};
use tokio::task::JoinSet;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

/// The address that is said to be forwarded.
const LOOPBACK: &str = "127.0.0.1";

/// So many channels a session may hold open.
const MOST_CHANNELS: usize = 1024;

/// Who is served.
pub(super) enum Kind {
    /// A client of the first version, with all ports.
    Client {
        visitors: Arc<Visitors>,
        ports: watch::Receiver<Vec<u16>>,
    },
    /// One visitor, whose service waits. Taken by the one channel there is.
    Visitor { reached: Option<Reached> },
}

pub(super) struct Handler {
    kind: Kind,
    pool: Pool,
    signed_in: Option<oneshot::Sender<()>>,
    inlets: HashMap<ChannelId, Inlet>,
    tasks: JoinSet<()>,
    /// Breaks what carries the session.
    cut: CancellationToken,
}

impl Handler {
    pub(super) fn new(
        kind: Kind,
        pool: Pool,
        signed_in: oneshot::Sender<()>,
        cut: CancellationToken,
    ) -> Self {
        Self {
            kind,
            pool,
            signed_in: Some(signed_in),
            inlets: HashMap::new(),
            tasks: JoinSet::new(),
            cut,
        }
    }

    /// Takes a channel for a port in, or refuses it, on a task of its own.
    fn serve_port(&mut self, channel: Channel<Msg>, port: u32, reply: ChannelOpenHandle) {
        let visitors = match &self.kind {
            Kind::Client { visitors, .. } => Ok(Arc::clone(visitors)),
            Kind::Visitor { .. } => Err(ChannelOpenFailure::AdministrativelyProhibited),
        };
        let opened = visitors.and_then(|visitors| Ok((visitors, self.open(&channel)?)));
        self.tasks.spawn(async move {
            let (visitors, outlet) = match opened {
                Ok(opened) => opened,
                Err(failure) => return reply.reject(failure).await,
            };
            match visitors.reach(port).await {
                Ok(reached) => {
                    reply.accept().await;
                    carry(channel, outlet, reached).await;
                }
                Err(refusal) => reply.reject(map_refusal(refusal)).await,
            }
        });
    }

    /// Makes the queue of a channel that is not confirmed yet.
    fn open(&mut self, channel: &Channel<Msg>) -> Result<Outlet, ChannelOpenFailure> {
        while self.tasks.try_join_next().is_some() {}
        self.inlets.retain(|_, inlet| !inlet.is_over());
        if self.inlets.len() >= MOST_CHANNELS {
            return Err(ChannelOpenFailure::ResourceShortage);
        }
        let (inlet, outlet) = queue(&self.pool);
        self.inlets.insert(channel.id(), inlet);
        Ok(outlet)
    }
}

fn map_refusal(refusal: Refusal) -> ChannelOpenFailure {
    match refusal {
        Refusal::NotServed => ChannelOpenFailure::AdministrativelyProhibited,
        Refusal::ConnectFailed => ChannelOpenFailure::ConnectFailed,
        Refusal::Shortage => ChannelOpenFailure::ResourceShortage,
    }
}

async fn carry(channel: Channel<Msg>, outlet: Outlet, reached: Reached) {
    let writer = split(channel);
    let gone = outlet.gone();
    let mut stream = Stream {
        outlet,
        writer: Box::pin(writer.make_writer()),
    };
    tokio::select! {
        () = reached.carry(&mut stream) => {}
        () = gone => {}
    }
    drop(stream);
    let _ = writer.close().await;
}

/// Without the reading half the library queues nothing: what comes goes to [`Handler::data`].
fn split(channel: Channel<Msg>) -> ChannelWriteHalf<Msg> {
    let (_, writer) = channel.split();
    writer
}

/// Tells the client of the ports, one at a time, for as long as it is there.
async fn forward(client: Handle, mut ports: watch::Receiver<Vec<u16>>) {
    let mut told = BTreeSet::new();
    loop {
        let wanted: BTreeSet<u16> = ports.borrow_and_update().iter().copied().collect();
        for port in told.difference(&wanted).copied().collect::<Vec<_>>() {
            let answer = client.cancel_forward_tcpip(LOOPBACK.to_owned(), u32::from(port));
            let _ = answer.await;
            told.remove(&port);
        }
        for port in wanted.difference(&told).copied().collect::<Vec<_>>() {
            let answer = client.forward_tcpip(LOOPBACK.to_owned(), u32::from(port));
            if answer.await.is_err() {
                tracing::debug!(port, "a client does not want a port");
            }
            told.insert(port);
        }
        if ports.changed().await.is_err() {
            return;
        }
    }
}

impl russh::server::Handler for Handler {
    type Error = russh::Error;

    /// Who got as far as here has shown the relay what it wanted to see.
    async fn auth_none(&mut self, _: &str) -> Result<Auth, Self::Error> {
        Ok(Auth::Accept)
    }

    async fn auth_succeeded(&mut self, session: &mut Session) -> Result<(), Self::Error> {
        if let Some(signed_in) = self.signed_in.take() {
            let _ = signed_in.send(());
        }
        if let Kind::Client { ports, .. } = &self.kind {
            self.tasks.spawn(forward(session.handle(), ports.clone()));
        }
        Ok(())
    }

    /// The one channel of a visitor; some clients of the first version open one that they never use.
    async fn channel_open_session(
        &mut self,
        channel: Channel<Msg>,
        reply: ChannelOpenHandle,
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        let reached = match &mut self.kind {
            Kind::Client { .. } => {
                reply.accept().await;
                return Ok(());
            }
            Kind::Visitor { reached } => reached.take(),
        };
        let Some(reached) = reached else {
            reply
                .reject(ChannelOpenFailure::AdministrativelyProhibited)
                .await;
            return Ok(());
        };
        match self.open(&channel) {
            Ok(outlet) => {
                let (client, cut) = (session.handle(), self.cut.clone());
                self.tasks.spawn(async move {
                    reply.accept().await;
                    carry(channel, outlet, reached).await;
                    // There is nothing else in it. Behind the close, in the same queue.
                    let (over, text) = (Disconnect::ByApplication, "the connection is over");
                    let _ = client
                        .disconnect(over, text.to_owned(), String::new())
                        .await;
                    sleep(HANGS_UP_WITHIN).await;
                    cut.cancel();
                });
            }
            Err(failure) => reply.reject(failure).await,
        }
        Ok(())
    }

    async fn channel_open_direct_tcpip(
        &mut self,
        channel: Channel<Msg>,
        _: &str,
        port_to_connect: u32,
        _: &str,
        _: u32,
        reply: ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), Self::Error> {
        self.serve_port(channel, port_to_connect, reply);
        Ok(())
    }

    async fn channel_open_forwarded_tcpip(
        &mut self,
        channel: Channel<Msg>,
        _: &str,
        port_to_connect: u32,
        _: &str,
        _: u32,
        reply: ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), Self::Error> {
        self.serve_port(channel, port_to_connect, reply);
        Ok(())
    }

    async fn data(
        &mut self,
        channel: ChannelId,
        data: &[u8],
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        let Some(inlet) = self.inlets.get(&channel) else {
            return Ok(());
        };
        if !inlet.put(data).await {
            tracing::warn!("a service takes nothing, and loses its visitor");
            self.inlets.remove(&channel);
            session.close(channel)?;
        }
        Ok(())
    }

    async fn channel_eof(
        &mut self,
        channel: ChannelId,
        _: &mut Session,
    ) -> Result<(), Self::Error> {
        if let Some(inlet) = self.inlets.get_mut(&channel) {
            inlet.end();
        }
        Ok(())
    }

    async fn channel_close(
        &mut self,
        channel: ChannelId,
        _: &mut Session,
    ) -> Result<(), Self::Error> {
        self.inlets.remove(&channel);
        Ok(())
    }
}
