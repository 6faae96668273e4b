//! The only place of effects: does what `update` says, and reports back by events.

use super::account::DevTunnels;
use super::embedded::RelayDirectory;
use super::errands::Errands;
use super::event::{Command, EngineNumber, Event};
use super::run::{Mailbox, Profile};
use crate::audit::{AuditLog, Entry};
use crate::base::local;
use crate::clock;
use crate::engine::{Engine, EngineCommand, EngineParts};
use crate::model::{
    JoinLink, NoticeKind, Offer, Pending, ProviderId, RelaySettings, Timing, Tunnel, TunnelId,
};
use crate::platform::{self, Autostart, Clipboard};
use crate::probe::{Ask, Asker, Peek, Prober, SetupError};
use crate::provider::relay::RelayConnector;
use crate::provider::{Connector, HostOrder};
use crate::secrets::Secrets;
use crate::store::Home;
use crate::view::Renderer;
use std::collections::HashMap;
use std::io;
use std::ops::ControlFlow;
use std::sync::Arc;

/// The name of the joined relay's token among the secrets.
pub const RELAY_TOKEN: &str = "relay-token";

/// What the performer is made of.
pub(super) struct Parts {
    pub(super) home: Home,
    pub(super) profile: Profile,
    pub(super) timing: Timing,
    pub(super) mailbox: Mailbox,
    pub(super) relay: Arc<RelayDirectory>,
    pub(super) secrets: Arc<Secrets>,
    pub(super) devtunnels: DevTunnels,
    /// Which protocols its relay is offered.
    pub(super) offer: Offer,
}

pub(super) struct Performer {
    parts: Parts,
    audit: AuditLog,
    prober: Prober,
    engines: HashMap<TunnelId, Engine>,
    /// Engines that say goodbye.
    leaving: Vec<Engine>,
    clipboard: Option<Clipboard>,
    errands: Errands,
}

impl Performer {
    /// Must be called within the runtime that the probes are to run on.
    ///
    /// # Errors
    /// The TLS library cannot be set up.
    pub(super) fn new(parts: Parts) -> Result<Self, SetupError> {
        let asker = Asker::new(clock::now)?;
        let ask: Ask = Arc::new(move |plan, doubt| {
            let asker = asker.clone();
            Box::pin(async move { asker.ask(&plan, doubt).await })
        });
        let peek: Peek = Arc::new(|plan| local::listens(&plan.target) == Some(true));
        let mailbox = parts.mailbox.clone();
        let emit = Arc::new(move |report| mailbox.send(Event::Probed(report)));
        Ok(Self {
            audit: AuditLog::open(parts.home.audit_log()),
            prober: Prober::new(ask, emit, peek),
            engines: HashMap::new(),
            leaving: Vec::new(),
            clipboard: None,
            errands: Errands::new(&parts.devtunnels, parts.mailbox.clone()),
            parts,
        })
    }

    /// Does one command; `Break` ends the program.
    pub(super) fn perform(
        &mut self,
        command: Command,
        renderer: &mut dyn Renderer,
    ) -> ControlFlow<()> {
        match command {
            Command::StartEngine { engine, order } => self.start_engine(engine, order),
            Command::Tell(tunnel, command) => self.tell(&tunnel, command),
            Command::StopEngine(tunnel) => self.stop_engine(&tunnel),
            Command::Probe(plan) => self.prober.start(plan),
            Command::StopProbe(key) => self.prober.stop(&key),
            Command::CheckNow(key) => self.prober.check_now(&key),
            Command::ChangeInventory { change, tunnels } => self.change(change, &tunnels),
            Command::SaveTunnels(tunnels) => {
                self.save(|home| home.tunnels().save_or_notice(&tunnels));
            }
            Command::AskAccount {
                asked,
                preflight,
                known,
            } => self.errands.ask_account(asked, preflight, known),
            Command::Preflight => self.errands.preflight(),
            Command::AskTunnel { asked, known } => self.errands.ask_tunnel(asked, known),
            Command::ChangeAccount { change, known } => self.errands.change(change, known),
            Command::SignIn { identity, device } => self.errands.sign_in(identity, device),
            Command::CancelSignIn => self.errands.cancel_sign_in(),
            Command::SignOut => self.errands.sign_out(),
            Command::SaveSettings(settings) => {
                self.parts.offer = settings.devtunnel.offer;
                self.save(|home| home.settings().save_or_notice(&settings));
            }
            Command::SaveHosted(hosted) => {
                self.save(|home| home.hosted().save_or_notice(&hosted));
            }
            Command::SaveRows(rows) => self.save(|home| home.rows().save_or_notice(&rows)),
            Command::Audit(entry) => self.append(&entry),
            Command::Copy(text) => self.copy(&text),
            Command::OpenUrl(url) => self.refused(platform::open_url(&url)),
            Command::SetAutostart(on) => self.set_autostart(on),
            Command::JoinRelay(link) => self.join(link),
            Command::LeaveRelay => self.leave_relay(),
            Command::RestartRelay(settings) => self.restart_relay(settings),
            Command::Window(op) => renderer.window(op),
            Command::Quit => return ControlFlow::Break(()),
        }
        ControlFlow::Continue(())
    }

    /// Waits for every goodbye (all at once; as long as their providers may take) and for changes that
    /// are half made, then ends the embedded relay.
    pub(super) async fn finish(mut self) {
        self.leaving
            .extend(self.engines.drain().map(|(_, engine)| engine));
        for engine in &self.leaving {
            engine.tell(EngineCommand::Stop);
        }
        // Before this thread waits for others: it is the one that makes them.
        self.errands.finish().await;
        for engine in self.leaving {
            engine.stop_and_wait();
        }
        self.parts.relay.shut_down().await;
    }

    fn start_engine(&mut self, number: EngineNumber, order: HostOrder) {
        let tunnel = order.tunnel.clone();
        let mailbox = self.parts.mailbox.clone();
        let name = tunnel.clone();
        let started = Engine::spawn(EngineParts {
            connector: self.connector(order.provider),
            order,
            timing: self.parts.timing,
            clock: clock::now,
            emit: Box::new(move |event| {
                mailbox.send(Event::Engine {
                    tunnel: name.clone(),
                    engine: number,
                    event,
                });
            }),
        });
        match started {
            Ok(engine) => {
                if let Some(old) = self.engines.insert(tunnel, engine) {
                    self.leave(old);
                }
            }
            Err(error) => self.report_no_thread(&tunnel, number, &error),
        }
    }

    fn connector(&self, provider: ProviderId) -> Box<dyn Connector> {
        match provider {
            ProviderId::Relay => Box::new(RelayConnector::new(Arc::clone(&self.parts.relay) as _)),
            ProviderId::DevTunnel => (self.parts.devtunnels.connector)(self.parts.offer),
        }
    }

    fn report_no_thread(&self, tunnel: &TunnelId, engine: EngineNumber, error: &io::Error) {
        use crate::engine::EngineEvent;
        use crate::model::{HostState, Reason};
        let state = HostState::Failed {
            since: clock::now(),
            reason: Reason::Other {
                detail: error.to_string(),
            },
        };
        for event in [EngineEvent::State(state), EngineEvent::Finished] {
            self.parts.mailbox.send(Event::Engine {
                tunnel: tunnel.clone(),
                engine,
                event,
            });
        }
    }

    fn tell(&self, tunnel: &TunnelId, command: EngineCommand) {
        if let Some(engine) = self.engines.get(tunnel) {
            engine.tell(command);
        }
    }

    fn stop_engine(&mut self, tunnel: &TunnelId) {
        if let Some(engine) = self.engines.remove(tunnel) {
            self.leave(engine);
        }
    }

    fn leave(&mut self, engine: Engine) {
        engine.tell(EngineCommand::Stop);
        self.leaving.retain(|engine| !engine.is_finished());
        self.leaving.push(engine);
    }

    fn change(&self, change: Pending, tunnels: &Vec<Tunnel>) {
        let error = match self.parts.profile {
            Profile::Desktop => self.parts.home.tunnels().save_or_notice(tunnels),
            Profile::Headless => None,
        };
        self.parts.mailbox.send(Event::Changed {
            change,
            error,
            made: None,
        });
    }

    /// What is on the desktop's screen is kept; a headless host leaves the desktop's files alone.
    fn save(&self, save: impl FnOnce(&Home) -> Option<NoticeKind>) {
        if self.parts.profile == Profile::Headless {
            return;
        }
        if let Some(notice) = save(&self.parts.home) {
            self.parts.mailbox.send(Event::Noticed(notice));
        }
    }

    fn append(&self, entry: &Entry) {
        if let Err(error) = self.audit.append(entry) {
            tracing::warn!(%error, "audit log not written");
            self.parts
                .mailbox
                .send(Event::Noticed(NoticeKind::AuditNotWritten {
                    detail: error.to_string(),
                }));
        }
    }

    fn copy(&mut self, text: &str) {
        if self.clipboard.is_none() {
            match Clipboard::start() {
                Ok(clipboard) => self.clipboard = Some(clipboard),
                Err(error) => tracing::warn!(%error, "no thread for the clipboard"),
            }
        }
        if let Some(clipboard) = &self.clipboard {
            self.refused(clipboard.copy(text));
        }
    }

    fn set_autostart(&self, on: bool) {
        if self.parts.home.is_private() {
            // The autostart entry belongs to the person's own home, not to this one.
            tracing::warn!("autostart is left alone with a home of its own");
            return;
        }
        self.refused(Autostart::for_this_program().and_then(|autostart| autostart.set(on)));
    }

    fn refused(&self, done: Result<(), platform::DesktopError>) {
        if let Err(error) = done {
            tracing::warn!(%error, "the desktop refused");
            self.parts.mailbox.send(Event::DesktopRefused {
                detail: error.to_string(),
            });
        }
    }

    fn join(&self, link: JoinLink) {
        let kept = self.parts.secrets.set(RELAY_TOKEN, &link.token);
        let error = kept.err().map(|error| NoticeKind::FileNotSaved {
            file: RELAY_TOKEN.to_owned(),
            detail: error.to_string(),
        });
        self.parts.relay.join(link.clone());
        self.parts.mailbox.send(Event::Joined { link, error });
    }

    fn leave_relay(&self) {
        if let Err(error) = self.parts.secrets.delete(RELAY_TOKEN) {
            tracing::warn!(%error, "the joined relay's token could not be deleted");
        }
        self.parts.relay.leave();
    }

    fn restart_relay(&self, settings: RelaySettings) {
        self.parts.relay.set(settings);
        let relay = Arc::clone(&self.parts.relay);
        // Also when nobody asks for the new one.
        tokio::spawn(async move { relay.end_outdated().await });
    }
}
