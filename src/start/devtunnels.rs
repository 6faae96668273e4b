//! Dev Tunnels as it is outside of tests: the account through its program, and our own connector.
//!
//! The program is waited for on a thread of its own: an engine's thread carries bytes, and the app's
//! draws.

use crate::app::{Account, Answer, DevTunnels, Reported};
use crate::model::{
    self, Access, AccountState, DeviceCode, Identity, LivePort, Port, PortKey, Protocol, Reason,
    Tunnel, TunnelId,
};
use crate::provider::devtunnel::{
    DevTunnelConnector, Inventory, Minted, Minting, Offer, Scope, Shown, TokenSource, keep,
};
use crate::provider::{ConnectError, Connector};
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use tokio::runtime::Runtime;
use tokio::task::JoinHandle;

/// The real one.
pub(super) fn real() -> DevTunnels {
    let program = Arc::new(ThroughProgram {
        inventory: Inventory::from_env(),
        runtime: OnceLock::new(),
    });
    let source: Arc<dyn TokenSource> = Arc::clone(&program) as _;
    DevTunnels {
        account: program,
        connector: Arc::new(move |offer| {
            let connector = DevTunnelConnector::new(Arc::clone(&source));
            Box::new(connector.with_offer(map_offer(offer))) as Box<dyn Connector>
        }),
    }
}

fn map_offer(offer: model::Offer) -> Offer {
    match offer {
        model::Offer::Both => Offer::Both,
        model::Offer::V1 => Offer::V1,
    }
}

/// The account through the provider's own program.
struct ThroughProgram {
    inventory: Inventory,
    /// Made with the first thing that is asked.
    runtime: OnceLock<Option<Runtime>>,
}

impl Drop for ThroughProgram {
    fn drop(&mut self) {
        // Whatever still runs is ended with it; the last owner may be a task of another runtime.
        if let Some(runtime) = self.runtime.take().flatten() {
            runtime.shutdown_background();
        }
    }
}

impl ThroughProgram {
    fn spawn<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T, ConnectError>> + Send + 'static,
    ) -> Pin<Box<dyn Future<Output = Result<T, ConnectError>> + Send>> {
        let runtime = self.runtime.get_or_init(|| {
            let made = make_runtime();
            made.inspect_err(|error| tracing::error!(%error, "no thread for Dev Tunnels"))
                .ok()
        });
        let Some(runtime) = runtime else {
            let failed = program_failed("the system gives no thread");
            return Box::pin(std::future::ready(Err(failed)));
        };
        let task = Task(runtime.spawn(work));
        Box::pin(async move { task.end().await })
    }

    /// The same for whoever wants to know no more than the reason.
    fn ask<T: Send + 'static, F>(&self, work: impl FnOnce(Inventory) -> F) -> Answer<T>
    where
        F: Future<Output = Result<T, ConnectError>> + Send + 'static,
    {
        let answer = self.spawn(work(self.inventory.clone()));
        Box::pin(async move {
            answer.await.map_err(|error| {
                let reason = error.reason.code();
                tracing::info!(reason, detail = error.detail, "Dev Tunnels did not do it");
                error.reason
            })
        })
    }
}

fn make_runtime() -> io::Result<Runtime> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .thread_name("devtunnel")
        .enable_all()
        .build()
}

fn program_failed(detail: &str) -> ConnectError {
    ConnectError::new(Reason::ProgramFailed {
        program: "devtunnel".to_owned(),
        detail: detail.to_owned(),
    })
}

/// Work on the thread; dropping it gives the work up.
struct Task<T>(JoinHandle<Result<T, ConnectError>>);

impl<T> Drop for Task<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl<T> Task<T> {
    async fn end(mut self) -> Result<T, ConnectError> {
        let ended = (&mut self.0).await;
        ended.unwrap_or_else(|_| Err(program_failed("its thread ended")))
    }
}

impl TokenSource for ThroughProgram {
    fn mint<'a>(&'a self, tunnel: &'a TunnelId, scope: Scope) -> Minting<'a> {
        let (inventory, tunnel) = (self.inventory.clone(), tunnel.clone());
        self.spawn(async move {
            let (token, lifetime) = inventory.mint(&tunnel, scope.as_str()).await?;
            Ok(Minted { token, lifetime })
        })
    }
}

impl Account for ThroughProgram {
    fn preflight(&self) -> Pin<Box<dyn Future<Output = AccountState> + Send>> {
        let answer = self.ask(|inventory| async move { Ok(inventory.preflight().await) });
        Box::pin(async move {
            answer.await.unwrap_or_else(|reason| AccountState::Failed {
                reason,
                since: crate::base::clock::now(),
            })
        })
    }

    fn list(&self, known: Vec<Tunnel>) -> Answer<Vec<Reported>> {
        self.ask(|inventory| async move {
            let listed = inventory.list(&known).await?;
            Ok(listed.into_iter().map(Reported::new).collect())
        })
    }

    fn show(&self, id: String, known: Option<Tunnel>) -> Answer<Reported> {
        self.ask(|inventory| async move {
            let shown = inventory.show_asked(&id).await?;
            Ok(map_shown(shown, known.as_ref()))
        })
    }

    fn create(&self, asked: Tunnel) -> Answer<Reported> {
        self.ask(|inventory| async move {
            let access = asked.remote.as_ref().map(|remote| remote.access);
            let mut ports = asked.ports.iter().map(|port| (port.number, port.protocol));
            let first = ports.next();
            let access = access.unwrap_or_default();
            let mut made = inventory.create(&asked.name, "", first, access).await?;
            for (number, protocol) in ports {
                let port = inventory.add_port(&made.id, number, protocol).await?;
                made.ports.push(port);
            }
            Ok(Reported::new(made))
        })
    }

    fn delete(&self, id: TunnelId) -> Answer<()> {
        self.ask(|inventory| async move { inventory.delete(&id).await })
    }

    fn add_port(&self, id: TunnelId, port: Port) -> Answer<()> {
        self.ask(|inventory| async move {
            let added = inventory.add_port(&id, port.number, port.protocol).await;
            added.map(|_| ())
        })
    }

    fn remove_port(&self, key: PortKey) -> Answer<()> {
        self.ask(|inventory| async move { inventory.remove_port(&key.tunnel, key.port).await })
    }

    fn change_protocol(&self, key: PortKey, protocol: Protocol) -> Answer<()> {
        self.ask(|inventory| async move {
            let changed = inventory.change_protocol(&key.tunnel, key.port, protocol);
            changed.await.map(|_| ())
        })
    }

    fn set_access(&self, id: TunnelId, access: Access) -> Answer<()> {
        self.ask(|inventory| async move { inventory.set_access(&id, access).await })
    }

    fn renew(&self, id: TunnelId) -> Answer<()> {
        self.ask(|inventory| async move { inventory.renew(&id).await.map(|_| ()) })
    }

    fn limits(&self) -> Answer<Vec<(String, String)>> {
        self.ask(|inventory| async move {
            let limits = inventory.limits().await?.limits;
            let line = |limit: crate::provider::devtunnel::Limit| {
                (limit.name, format!("{} / {}", limit.used, limit.limit))
            };
            Ok(limits.into_iter().map(line).collect())
        })
    }

    fn sign_in(
        &self,
        identity: Identity,
        device: bool,
        on_code: Box<dyn Fn(DeviceCode) + Send + Sync>,
    ) -> Answer<()> {
        self.ask(|inventory| async move {
            let signed_in = inventory.sign_in(identity, device, on_code).await;
            signed_in.map(|_| ())
        })
    }

    fn sign_out(&self) -> Answer<()> {
        self.ask(|inventory| async move { inventory.sign_out().await })
    }

    fn version(&self) -> Answer<String> {
        self.ask(|inventory| async move { inventory.version().await })
    }
}

fn map_shown(shown: Shown, known: Option<&Tunnel>) -> Reported {
    let live = shown.urls.into_iter().map(|(number, url)| LivePort {
        number,
        url,
        lan_url: None,
        relays_own: false,
    });
    Reported {
        live: live.collect(),
        metrics: shown.metrics,
        tunnel: match known {
            Some(known) => keep(known, shown.tunnel),
            None => shown.tunnel,
        },
    }
}
