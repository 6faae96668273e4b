//! Dev Tunnels as a provider: the account through its program, and our own connector.
//!
//! The program is waited for on a thread of its own: an engine's thread carries bytes, and the app's
//! draws.

use super::probe::Dialect;
use super::{
    Base, DevTunnelConnector, Identity, Inventory as Commands, Limit, Minted, Minting, Offer,
    Scope, Shown, TokenSource,
};
use crate::model::{
    AccountId, AccountState, Inventory as Kept, LivePort, Offers, OptionKind, OptionSpec, Pending,
    Program, Protocol, ProviderId, ProviderOptions, ReachBy, Reason, SignInWay, Tunnel, TunnelId,
};
use crate::provider::registry::BuiltIn;
use crate::provider::{
    Account, Answer, ConnectError, Connector, Inventory, OnCode, ProbeMarks, Provider, Row,
};
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use tokio::runtime::Runtime;
use tokio::task::JoinHandle;

/// Which of its protocols are offered to its relay.
const OFFER: OptionSpec = OptionSpec {
    default: "both",
    ..OptionSpec::new(
        "offer",
        "devtunnel-offer",
        OptionKind::Choice(&[
            ("both", "devtunnel-offer-both"),
            ("v1", "devtunnel-offer-v1"),
        ]),
    )
};

/// What Dev Tunnels can do and needs.
pub static OFFERS: Offers = Offers {
    id: ProviderId::literal("devtunnel"),
    name: "Dev Tunnels",
    // With `auto`, its own clients can use TCP.
    protocols: &[Protocol::Auto, Protocol::Http, Protocol::Https],
    inventory: Kept::AtProvider,
    program: Some(Program {
        name: super::cli::PROGRAM,
        install_command: INSTALL_COMMAND,
        sign_in_command: "devtunnel user login",
        install_page: "https://learn.microsoft.com/azure/developer/dev-tunnels/get-started",
    }),
    sign_in: &[
        SignInWay {
            key: Identity::Microsoft.key(),
            name: "Microsoft",
        },
        SignInWay {
            key: Identity::GitHub.key(),
            name: "GitHub",
        },
    ],
    token: None,
    access: true,
    renewal: true,
    protocol_is_fixed: true,
    joins: false,
    port_options: false,
    encrypted: true,
    reach: ReachBy::Internet,
    without_account: None,
    probe: &Dialect,
    trial: true,
    watches: None,
    accepts: None,
    imports: &[],
    options: &[OFFER],
};

/// Where the service is that every cluster is reached through.
const SERVICE: (&str, u16) = ("global.rel.tunnels.api.visualstudio.com", 443);

/// Installs the program on this kind of computer.
const INSTALL_COMMAND: &str = if cfg!(target_os = "windows") {
    "winget install Microsoft.devtunnel"
} else if cfg!(target_os = "macos") {
    "brew install --cask devtunnel"
} else {
    "curl -sL https://aka.ms/DevTunnelCliInstall | bash"
};

/// The provider. One account: that of its program's sign-in.
struct DevTunnels(Arc<ThroughProgram>);

/// How it is listed.
pub const BUILT_IN: BuiltIn = BuiltIn {
    offers: &OFFERS,
    make: |_| Arc::new(DevTunnels::from_env()),
    discreet: &[],
};

impl DevTunnels {
    /// Through the program that the environment names, or the one on the PATH.
    fn from_env() -> Self {
        Self(Arc::new(ThroughProgram {
            commands: Commands::from_env(),
            runtime: OnceLock::new(),
        }))
    }
}

impl Provider for DevTunnels {
    fn offers(&self) -> &'static Offers {
        &OFFERS
    }

    fn inventory(&self, _: &AccountId) -> Option<Arc<dyn Inventory>> {
        Some(Arc::clone(&self.0) as _)
    }

    fn service(&self) -> Result<Option<(String, u16)>, String> {
        Ok(Some(match Base::from_env()? {
            Base::Cluster => (SERVICE.0.to_owned(), SERVICE.1),
            Base::At(url) => (
                url.host_str().unwrap_or_default().to_owned(),
                url.port_or_known_default().unwrap_or_default(),
            ),
        }))
    }

    fn connector(
        &self,
        _: &AccountId,
        options: &ProviderOptions,
        _: ProbeMarks,
    ) -> Box<dyn Connector> {
        let source: Arc<dyn TokenSource> = Arc::clone(&self.0) as _;
        let offer = match options.get(&OFFER) {
            "v1" => Offer::V1,
            _ => Offer::Both,
        };
        Box::new(DevTunnelConnector::new(source).with_offer(offer))
    }
}

/// The account through the provider's own program.
struct ThroughProgram {
    commands: Commands,
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
    fn ask<T: Send + 'static, F>(&self, work: impl FnOnce(Commands) -> F) -> Answer<T>
    where
        F: Future<Output = Result<T, ConnectError>> + Send + 'static,
    {
        let answer = self.spawn(work(self.commands.clone()));
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
        program: super::cli::PROGRAM.to_owned(),
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
        let (commands, tunnel) = (self.commands.clone(), tunnel.clone());
        self.spawn(async move {
            let (token, lifetime) = commands.mint(&tunnel, scope.as_str()).await?;
            Ok(Minted { token, lifetime })
        })
    }
}

impl Inventory for ThroughProgram {
    fn list(&self, known: Vec<Tunnel>) -> Answer<Vec<Row>> {
        self.ask(|commands| async move {
            let listed = commands.list(&known).await?;
            Ok(listed.into_iter().map(Row::new).collect())
        })
    }

    fn show(&self, id: String) -> Answer<Row> {
        self.ask(|commands| async move { Ok(map_shown(commands.show_asked(&id).await?)) })
    }

    fn change(&self, change: Pending, known: Tunnel) -> Answer<Option<Row>> {
        self.ask(|commands| async move {
            if let Some(done) = make(&commands, change).await? {
                return Ok(done);
            }
            // One targeted question; without its answer the change stands as it was asked for.
            let shown = commands.show_asked(known.id.as_str()).await;
            Ok(shown.ok().map(map_shown))
        })
    }

    fn account(&self) -> Option<&dyn Account> {
        Some(self)
    }
}

/// Makes the change; what is known after it, where that is all.
async fn make(commands: &Commands, change: Pending) -> Result<Option<Option<Row>>, ConnectError> {
    match change {
        Pending::Create(asked) => return Ok(Some(Some(create(commands, asked).await?))),
        Pending::Delete(id) => {
            return match commands.delete(&id).await {
                // Somebody else deleted it: it is gone, as was asked for.
                Err(error) if error.reason != Reason::TunnelGone => Err(error),
                Ok(()) | Err(_) => Ok(Some(None)),
            };
        }
        // Its own proxy does that, always; how a tunnel is looked after is known here alone; and a port's
        // number there is that of its service.
        Pending::SetHostHeader(..)
        | Pending::SetHealth(..)
        | Pending::Rename(..)
        | Pending::ChangeTarget(..) => return Ok(Some(None)),
        Pending::AddPort(id, port) => {
            commands.add_port(&id, port.number, port.protocol).await?;
        }
        Pending::RemovePort(key) => commands.remove_port(&key.tunnel, key.port).await?,
        Pending::ChangeProtocol(key, protocol) => {
            let changed = commands.change_protocol(&key.tunnel, key.port, protocol);
            changed.await?;
        }
        Pending::SetAccess(id, access) => commands.set_access(&id, access).await?,
        Pending::Renew(id) => {
            commands.renew(&id).await?;
        }
    }
    Ok(None)
}

async fn create(commands: &Commands, asked: Tunnel) -> Result<Row, ConnectError> {
    let access = asked.remote.as_ref().map(|remote| remote.access);
    let mut ports = asked.ports.iter().map(|port| (port.number, port.protocol));
    let first = ports.next();
    let access = access.unwrap_or_default();
    let mut made = commands.create(&asked.name, "", first, access).await?;
    for (number, protocol) in ports {
        let port = commands.add_port(&made.id, number, protocol).await?;
        made.ports.push(port);
    }
    Ok(Row::new(made))
}

impl Account for ThroughProgram {
    fn preflight(&self) -> Pin<Box<dyn Future<Output = AccountState> + Send>> {
        let answer = self.ask(|commands| async move { Ok(commands.preflight().await) });
        Box::pin(async move {
            answer.await.unwrap_or_else(|reason| AccountState::Failed {
                reason,
                since: crate::base::clock::now(),
            })
        })
    }

    fn limits(&self) -> Answer<Vec<(String, String)>> {
        self.ask(|commands| async move {
            let limits = commands.limits().await?.limits;
            let line = |limit: Limit| (limit.name, format!("{} / {}", limit.used, limit.limit));
            Ok(limits.into_iter().map(line).collect())
        })
    }

    fn sign_in(&self, way: String, device: bool, on_code: OnCode) -> Answer<()> {
        self.ask(|commands| async move {
            let identity = Identity::of(&way);
            let signed_in = commands.sign_in(identity, device, on_code).await;
            signed_in.map(|_| ())
        })
    }

    fn sign_out(&self) -> Answer<()> {
        self.ask(|commands| async move { commands.sign_out().await })
    }

    fn version(&self) -> Answer<String> {
        self.ask(|commands| async move { commands.version().await })
    }
}

fn map_shown(shown: Shown) -> Row {
    let live = shown.urls.into_iter().map(|(number, url)| LivePort {
        number,
        url,
        lan_url: None,
        relays_own: false,
    });
    Row {
        live: live.collect(),
        metrics: shown.metrics,
        tunnel: shown.tunnel,
    }
}
