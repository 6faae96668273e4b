//! The only place of effects: does what `update` says, and reports back by events.

use super::claims::Claim;
use super::embedded::RelayDirectory;
use super::errands::Errands;
use super::event::{Command, EngineNumber, Event};
use super::imports::{self, Imports};
use super::lane::{Lane, Late};
use super::past;
use super::probed::Probed;
use super::run::{Mailbox, Profile};
use super::saved::FileInventory;
use super::tokens;
use crate::audit::{AuditLog, Entry};
use crate::base::clock;
use crate::base::local;
use crate::engine::{Engine, EngineCommand, EngineEvent, EngineParts};
use crate::model::{Life, NoticeKind, Outage, Reason, RelaySettings, Timing, Tunnel, TunnelId};
use crate::platform::{self, Autostart, Clipboard};
use crate::probe::{Ask, Asker, Knock, Peek, Prober, SetupError};
use crate::provider::{HostOrder, Registry};
use crate::secrets::Secrets;
use crate::store::{Backup, Home, SavedTunnels};
use crate::view::Renderer;
use futures_util::future::join_all;
use std::collections::HashMap;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

/// The name of the joined relay's token among the secrets.
pub const RELAY_TOKEN: &str = "relay-token";

/// What the performer is made of.
pub(super) struct Parts {
    pub(super) home: Home,
    pub(super) profile: Profile,
    pub(super) tunnels: Arc<SavedTunnels>,
    pub(super) mailbox: Mailbox,
    pub(super) relay: Arc<RelayDirectory>,
    pub(super) secrets: Arc<Secrets>,
    pub(super) providers: Registry,
}

/// An engine that runs.
struct Running {
    engine: Engine,
    number: EngineNumber,
    claim: Claim,
}

pub(super) struct Performer {
    pub(super) parts: Parts,
    audit: AuditLog,
    imports: Imports,
    prober: Prober,
    engines: HashMap<TunnelId, Running>,
    probed: Probed,
    /// Engines that say goodbye.
    leaving: Vec<Engine>,
    clipboard: Option<Clipboard>,
    pub(super) lanes: Lanes,
    errands: Errands,
}

/// How long a write of one small file may take before the person is told.
const FILES_LIMIT: Duration = Duration::from_secs(10);
/// The same for a line of the audit log, which other programs may hold for a while.
const AUDIT_LIMIT: Duration = Duration::from_secs(10);
/// The same for the keychain, which may ask the person for its password.
const KEYCHAIN_LIMIT: Duration = Duration::from_mins(1);
/// The same for the desktop; each of its services has a shorter limit of its own.
const DESKTOP_LIMIT: Duration = Duration::from_secs(10);

/// Whatever may hang, off the app's thread, a lane a kind.
pub(super) struct Lanes {
    files: Arc<Lane>,
    audit: Lane,
    pub(super) keychain: Lane,
    desktop: Lane,
}

impl Lanes {
    fn new() -> Self {
        Self {
            files: Arc::new(Lane::new("files", FILES_LIMIT)),
            audit: Lane::new("audit", AUDIT_LIMIT),
            keychain: Lane::new("keychain jobs", KEYCHAIN_LIMIT),
            desktop: Lane::new("desktop jobs", DESKTOP_LIMIT),
        }
    }

    /// Waits until all that was asked for is done.
    async fn drained(&mut self) {
        tokio::join!(
            self.files.drained(),
            self.audit.drained(),
            self.keychain.drained(),
            self.desktop.drained(),
        );
    }
}

impl Performer {
    /// Must be called within the runtime that the probes are to run on.
    pub(super) fn new(parts: Parts) -> Result<Self, SetupError> {
        let asker = Asker::new(clock::now)?;
        let probed = Probed::default();
        let sessions = probed.clone();
        let ask: Ask = Arc::new(move |plan, doubt| {
            let asker = asker.clone();
            let session = sessions.session(&plan.key.tunnel);
            Box::pin(async move { asker.ask(&plan, doubt, &session).await })
        });
        let peek: Peek = Arc::new(|plan| {
            let seen = || local::listens(&plan.target);
            plan.local.then(seen).flatten()
        });
        let knock: Knock = Arc::new(|plan| Box::pin(async move { Asker::knock(&plan).await }));
        let mailbox = parts.mailbox.clone();
        parts
            .relay
            .on_notice(move |notice| mailbox.send(Event::Noticed(notice)));
        let mailbox = parts.mailbox.clone();
        let emit = Arc::new(move |report| mailbox.send(Event::Probed(report)));
        let lanes = Lanes::new();
        let (tunnels, files) = (Arc::clone(&parts.tunnels), Arc::clone(&lanes.files));
        let mailbox = parts.mailbox.clone();
        let disk_is_late = move || late(&mailbox, disk_is_late("tunnels"));
        let here = Arc::new(FileInventory::new(tunnels, files, disk_is_late));
        Ok(Self {
            audit: AuditLog::open(parts.home.audit_log()),
            prober: Prober::new(ask, emit, peek, knock),
            engines: HashMap::new(),
            probed,
            leaving: Vec::new(),
            clipboard: None,
            lanes,
            imports: Imports::new(),
            errands: Errands::new(parts.providers.clone(), here, parts.mailbox.clone()),
            parts,
        })
    }

    /// Does one command, or has it done; `Break` begins the program's end.
    pub(super) fn perform(
        &mut self,
        command: Command,
        renderer: &mut dyn Renderer,
    ) -> ControlFlow<()> {
        match command {
            Command::StartEngine {
                engine,
                order,
                timing,
            } => self.start_engine(engine, *order, timing),
            Command::Tell(tunnel, command) => self.tell(&tunnel, command),
            Command::StopEngine(tunnel) => self.stop_engine(&tunnel),
            Command::Probe(plan) => self.prober.start(plan),
            Command::StopProbe(key) => self.prober.stop(&key),
            Command::CheckNow(key) => self.prober.check_now(&key),
            Command::Change {
                account,
                change,
                known,
            } => self.errands.change(account, change, *known),
            Command::SaveListed(listed) => self.save_listed(listed),
            Command::AskAccount {
                account,
                asked,
                preflight,
                known,
            } => self.errands.ask_account(account, asked, preflight, known),
            Command::Preflight(account) => self.errands.preflight(account),
            Command::AskTunnel {
                account,
                asked,
                tunnel,
            } => self.errands.ask_tunnel(&account, asked, tunnel),
            Command::SignIn {
                account,
                way,
                device,
            } => self.errands.sign_in(account, way, device),
            Command::CancelSignIn(account) => self.errands.cancel_sign_in(&account),
            Command::SignOut(account) => self.errands.sign_out(account),
            Command::SaveSettings(settings) => {
                self.save("settings", move |home| {
                    home.settings().save_or_notice(&settings)
                });
            }
            Command::SaveHosted(hosted) => {
                self.save("hosted", move |home| home.hosted().save_or_notice(&hosted));
            }
            Command::SaveRows(rows) => {
                self.save("rows", move |home| home.rows().save_or_notice(&rows));
            }
            Command::Audit(entry) => self.append(entry),
            Command::ReadPast { tunnel, asked } => self.read_past(tunnel, asked),
            Command::ReadImports { asked, file } => {
                let catalog = self.parts.providers.catalog();
                let mailbox = self.parts.mailbox.clone();
                self.imports.read(mailbox, catalog, asked, file);
            }
            Command::FindPrograms => self.find_programs(),
            Command::SaveBackup { file, backup } => self.save_backup(file, *backup),
            Command::Copy(text) => self.copy(text),
            Command::OpenUrl(url) => self.ask_desktop(move || platform::open_url(&url)),
            Command::SetAutostart(on) => self.set_autostart(on),
            Command::KeepSecret(name, secret) => self.keep_secret(name, secret),
            Command::ForgetSecret(name) => {
                self.with_secrets(move |_, secrets| secrets.delete(&name));
            }
            Command::KeepToken(account, token) => self.keep_token(account, token),
            Command::ForgetToken(account) => self.with_secrets(move |home, secrets| {
                tokens::forget(home, secrets, &account).map(|_| ())
            }),
            Command::JoinRelay(link) => self.join(link),
            Command::LeaveRelay => self.leave_relay(),
            Command::RestartRelay(settings) => self.restart_relay(settings),
            Command::Window(op) => renderer.window(op),
            Command::Quit => return ControlFlow::Break(()),
        }
        ControlFlow::Continue(())
    }

    /// Every goodbye (all at once), the changes that are half made, then the end of the embedded relay.
    /// What is waited for belongs to it: the performer goes on serving the loop meanwhile.
    pub(super) fn farewell(&mut self) -> impl Future<Output = ()> + use<> {
        let mut leaving = std::mem::take(&mut self.leaving);
        leaving.extend(self.engines.drain().map(|(_, running)| running.engine));
        let changes = self.errands.finish();
        let relay = Arc::clone(&self.parts.relay);
        async move {
            let ends = join_all(leaving.into_iter().map(Engine::stop));
            tokio::join!(changes, ends);
            relay.shut_down().await;
        }
    }

    /// Waits until all that was written and asked for is done; the caller bounds it.
    pub(super) async fn drained(&mut self) {
        self.lanes.drained().await;
        if let Some(clipboard) = self.clipboard.clone() {
            // Takes 1 s at most; what goes wrong is in the log.
            let _ = tokio::task::spawn_blocking(move || clipboard.hand_over()).await;
        }
    }

    fn start_engine(&mut self, number: EngineNumber, order: HostOrder, timing: Timing) {
        let tunnel = order.tunnel.clone();
        let claim = match Claim::make(&self.parts.home, &order, self.parts.profile.holder()) {
            Ok(claim) => claim,
            Err(state) => return self.report_end(&tunnel, number, state),
        };
        self.import_token(&order.account);
        let mailbox = self.parts.mailbox.clone();
        let (name, claimed) = (tunnel.clone(), claim.clone());
        let (liveness, probes) = self.probed.begin(&tunnel);
        let started = Engine::spawn(EngineParts {
            connector: self
                .parts
                .providers
                .connector(&order.account, &order.options, probes),
            liveness,
            order,
            timing,
            clock: clock::now,
            with_sleep: clock::with_sleep,
            emit: Box::new(move |event| {
                claimed.follow(&event);
                mailbox.send(Event::Engine {
                    tunnel: name.clone(),
                    engine: number,
                    event,
                });
            }),
        });
        match started {
            Ok(engine) => {
                let running = Running {
                    engine,
                    number,
                    claim,
                };
                if let Some(old) = self.engines.insert(tunnel, running) {
                    self.leave(old.engine);
                }
            }
            Err(error) => {
                let life = Life::Failed(Outage {
                    since: clock::now(),
                    reason: Reason::Other {
                        detail: error.to_string(),
                    },
                });
                self.report_end(&tunnel, number, life);
            }
        }
    }

    /// An engine ended before it began.
    fn report_end(&self, tunnel: &TunnelId, engine: EngineNumber, life: Life) {
        for event in [EngineEvent::Life(life), EngineEvent::Finished] {
            self.parts.mailbox.send(Event::Engine {
                tunnel: tunnel.clone(),
                engine,
                event,
            });
        }
    }

    fn tell(&self, tunnel: &TunnelId, command: EngineCommand) {
        let Some(running) = self.engines.get(tunnel) else {
            return;
        };
        if command == EngineCommand::Reconnect
            && let Err(state) = running.claim.renew()
        {
            return self.parts.mailbox.send(Event::Engine {
                tunnel: tunnel.clone(),
                engine: running.number,
                event: EngineEvent::Life(state),
            });
        }
        running.engine.tell(command);
    }

    fn stop_engine(&mut self, tunnel: &TunnelId) {
        self.probed.end(tunnel);
        if let Some(running) = self.engines.remove(tunnel) {
            self.leave(running.engine);
        }
    }

    fn leave(&mut self, engine: Engine) {
        engine.tell(EngineCommand::Stop);
        self.leaving.retain(|engine| !engine.is_finished());
        self.leaving.push(engine);
    }

    fn save_listed(&mut self, listed: Vec<Tunnel>) {
        let tunnels = Arc::clone(&self.parts.tunnels);
        let providers = self.parts.providers.catalog();
        self.save("tunnels", move |_| {
            let kept = tunnels.keep(listed, |provider| providers.of(provider).is_remote());
            kept.err()
                .map(|error| not_saved("tunnels", error.to_string()))
        });
    }

    fn find_programs(&self) {
        let (providers, mailbox) = (self.parts.providers.clone(), self.parts.mailbox.clone());
        let find = move || {
            let missing = providers.missing_programs();
            mailbox.send(Event::ProgramsFound { missing });
        };
        // Nobody waits for it: until it is known they count as there.
        self.lanes.desktop.run(find, Box::new(|| {}));
    }

    fn save_backup(&self, file: String, backup: Backup) {
        let mailbox = self.parts.mailbox.clone();
        let late = self.late(disk_is_late("backup"));
        let save = move || {
            let saved = imports::save(&backup, &file);
            mailbox.send(Event::BackupSaved(saved));
        };
        self.lanes.files.run(save, late);
    }

    /// What is on the desktop's screen is kept; a headless host leaves the desktop's files alone.
    fn save(
        &mut self,
        file: &'static str,
        save: impl FnOnce(&Home) -> Option<NoticeKind> + Send + 'static,
    ) {
        if self.parts.profile == Profile::Headless {
            return;
        }
        let (home, mailbox) = (self.parts.home.clone(), self.parts.mailbox.clone());
        let late = self.late(disk_is_late(file));
        let save = move || {
            if let Some(notice) = save(&home) {
                mailbox.send(Event::Noticed(notice));
            }
        };
        self.lanes.files.replace(file, save, late);
    }

    /// Tells the person so.
    pub(super) fn late(&self, notice: NoticeKind) -> Late {
        late(&self.parts.mailbox, notice)
    }

    fn append(&mut self, entry: Entry) {
        let not_written = |detail: String| NoticeKind::AuditNotWritten { detail };
        let late = self.late(not_written(
            "another program keeps the audit log locked, or the disk does not answer yet"
                .to_owned(),
        ));
        // The log is read beside others: by the wall clock.
        let entry = Entry {
            at: clock::shift().apply(entry.at),
            ..entry
        };
        let (audit, mailbox) = (self.audit.clone(), self.parts.mailbox.clone());
        let append = move || {
            if let Err(error) = audit.append(&entry) {
                tracing::warn!(%error, "audit log not written");
                mailbox.send(Event::Noticed(not_written(error.to_string())));
            }
        };
        self.lanes.audit.run(append, late);
    }

    fn read_past(&self, tunnel: TunnelId, asked: u64) {
        let (audit, mailbox) = (self.audit.clone(), self.parts.mailbox.clone());
        let read = move || match past::read(audit.path(), &tunnel) {
            Ok(events) => mailbox.send(Event::Past { asked, events }),
            Err(error) => tracing::warn!(%error, "audit log not read"),
        };
        // Nobody waits for it: what is said of it comes when it comes.
        self.lanes.audit.run(read, Box::new(|| {}));
    }

    fn copy(&mut self, text: String) {
        if self.clipboard.is_none() {
            match Clipboard::start() {
                Ok(clipboard) => self.clipboard = Some(clipboard),
                Err(error) => tracing::warn!(%error, "no thread for the clipboard"),
            }
        }
        if let Some(clipboard) = self.clipboard.clone() {
            self.ask_desktop(move || clipboard.copy(&text));
        }
    }

    fn set_autostart(&mut self, on: bool) {
        if self.parts.home.is_private() {
            // The autostart entry belongs to the person's own home, not to this one.
            tracing::warn!("autostart is left alone with a home of its own");
            return;
        }
        self.ask_desktop(move || {
            Autostart::for_this_program().and_then(|autostart| autostart.set(on))
        });
    }

    fn ask_desktop(
        &mut self,
        ask: impl FnOnce() -> Result<(), platform::DesktopError> + Send + 'static,
    ) {
        let mailbox = self.parts.mailbox.clone();
        let refused = move |detail: String| {
            tracing::warn!(detail, "the desktop refused");
            mailbox.send(Event::DesktopRefused { detail });
        };
        let late = refused.clone();
        self.lanes.desktop.run(
            move || {
                if let Err(error) = ask() {
                    refused(error.to_string());
                }
            },
            Box::new(move || late("the desktop does not answer yet".to_owned())),
        );
    }

    fn restart_relay(&self, settings: RelaySettings) {
        self.parts.relay.set(settings);
        let relay = Arc::clone(&self.parts.relay);
        // Also when nobody asks for the new one.
        tokio::spawn(async move { relay.end_outdated().await });
    }
}

fn late(mailbox: &Mailbox, notice: NoticeKind) -> Late {
    let mailbox = mailbox.clone();
    Box::new(move || mailbox.send(Event::Noticed(notice)))
}

fn disk_is_late(file: &str) -> NoticeKind {
    not_saved(file, "the disk does not answer yet".to_owned())
}

fn not_saved(file: &str, detail: String) -> NoticeKind {
    let file = format!("{file}.json");
    NoticeKind::FileNotSaved { file, detail }
}
