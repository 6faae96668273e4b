//! Every fact the view is made of. `app::update` changes it; `view::fold` reads it; nobody else.

use super::{
    AccountFacts, AccountId, Alert, Catalog, ClockShift, DialogKind, Field, FieldError, FileError,
    HealthOverrides, HealthScope, ImportFacts, Lacking, Language, Life, LivePort, Offers, Past,
    Pending, PendingWord, Port, PortKey, PortNumber, ProbeReport, ProviderId, Reason,
    RelaySettings, ResolvedHealth, Settings, Timing, Traffic, Tunnel, TunnelId, UnixMillis,
    resolve,
};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Inputs {
    /// As saved.
    pub settings: Settings,
    /// As checked.
    pub timing: Timing,
    pub appearance: Appearance,
    /// The inventory, in the order it is shown.
    pub tunnels: Vec<Tunnel>,
    /// Changes on their way to the inventory, shown as if done.
    pub pending: Vec<Pending>,
    /// What is hosted, or was since the start.
    pub hosts: BTreeMap<TunnelId, Host>,
    /// What the probes saw.
    pub probes: BTreeMap<PortKey, ProbeFacts>,
    /// The relay in use.
    pub relay: RelayFacts,
    pub providers: Catalog,
    /// Every account that there may be.
    pub accounts: BTreeMap<AccountId, AccountFacts>,
    pub tokens: BTreeSet<AccountId>,
    /// Providers whose program was looked for and is not on this computer. Others may lack theirs, too.
    pub missing_programs: BTreeSet<ProviderId>,
    /// The port in the detail panel.
    pub selected: Option<PortKey>,
    /// What the audit log has of its tunnel.
    pub past: Option<Past>,
    pub dialog: Option<Dialog>,
    /// What could be taken over from other programs, while that is looked at.
    pub import: Option<ImportFacts>,
    /// The short-lived line at the bottom.
    pub toast: Option<Toast>,
    /// What the person should know beyond a tunnel's state.
    pub notices: Vec<Notice>,
    /// What the desktop shows for whoever does not look.
    pub alerts: Vec<Alert>,
    /// The program ends: how many engines still say goodbye.
    pub quitting: Option<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Appearance {
    /// The system's language.
    pub language: Language,
    /// Somebody shows tray icons.
    pub tray_host: bool,
    /// The window is on screen.
    pub window_shown: bool,
    /// What goes through all that is hosted is on screen, each second: in a terminal.
    pub traffic_shown: bool,
    /// Leads from the moments of these facts to the wall clock.
    pub clock_shift: ClockShift,
}

impl Default for Appearance {
    fn default() -> Self {
        Self {
            language: Language::default(),
            tray_host: true,
            window_shown: false,
            traffic_shown: false,
            clock_shift: ClockShift::default(),
        }
    }
}

impl Inputs {
    pub fn language(&self) -> Language {
        self.settings.language.unwrap_or(self.appearance.language)
    }

    pub fn tunnel(&self, id: &TunnelId) -> Option<&Tunnel> {
        self.tunnels.iter().find(|tunnel| tunnel.id == *id)
    }

    /// Who carries the tunnel of this id, one that is being made included.
    pub fn provider(&self, id: &TunnelId) -> ProviderId {
        let coming = self.pending.iter().find_map(|pending| match pending {
            Pending::Create(tunnel) if tunnel.id == *id => Some(tunnel),
            _ => None,
        });
        let tunnel = self.tunnel(id).or(coming);
        tunnel.map(|tunnel| tunnel.provider).unwrap_or_default()
    }

    /// What the provider offers that carries the tunnel of this id.
    pub fn offers(&self, id: &TunnelId) -> &'static Offers {
        self.providers.of(self.provider(id))
    }

    /// The URL of a tunnel that somebody else serves.
    pub fn watched_url(&self, id: &TunnelId) -> Option<&str> {
        let tunnel = self.tunnel(id)?;
        let key = self.providers.of(tunnel.provider).watches?;
        tunnel.chosen.options.get(key).map(String::as_str)
    }

    /// The account that the tunnel of this id is in; `None` where it is in a file of this computer.
    pub fn account_of(&self, id: &TunnelId) -> Option<AccountId> {
        let offers = self.offers(id);
        offers.is_remote().then(|| AccountId::only(offers.id))
    }

    /// The account of a provider that is meant where nobody says which: the one without a name where it
    /// is there or none is, else the first.
    pub fn usual_account(&self, provider: ProviderId) -> AccountId {
        let mut kept = self.tokens.iter().filter(|kept| kept.provider == provider);
        // The one without a name is before all others.
        let first = kept.next().cloned();
        first.unwrap_or(AccountId::only(provider))
    }

    /// What is known of an account; nothing, of one that nobody has asked about.
    pub fn account(&self, id: &AccountId) -> &AccountFacts {
        static UNKNOWN: AccountFacts = AccountFacts::unknown();
        self.accounts.get(id).unwrap_or(&UNKNOWN)
    }

    pub fn account_mut(&mut self, id: &AccountId) -> &mut AccountFacts {
        self.accounts.entry(id.clone()).or_default()
    }

    /// What lacks before the tunnels of a provider work.
    pub fn lacks(&self, provider: ProviderId) -> Option<super::Lack> {
        let offers = self.providers.of(provider);
        if offers.token.is_some() && !self.tokens.iter().any(|kept| kept.provider == provider) {
            return Some(super::Lack::Token);
        }
        let account = offers
            .is_remote()
            .then(|| self.account(&AccountId::only(provider)));
        account.and_then(|account| account.state.lacks())
    }

    /// The same for a tunnel that is to be made; a program that is not there counts, which says nothing
    /// of tunnels that run already.
    pub fn lacks_for_new(&self, provider: ProviderId) -> Option<super::Lack> {
        let is_missing = self.missing_programs.contains(&provider);
        let program = is_missing.then_some(super::Lack::Program);
        self.lacks(provider).or(program)
    }

    /// How a tunnel is looked after, or a port of it.
    pub fn health(&self, tunnel: &Tunnel, port: Option<&Port>) -> ResolvedHealth {
        self.settings.health.resolve(self.timing, tunnel, port)
    }

    /// The same beyond single tunnels: for all of them, or those of a provider.
    pub fn usual_health(&self, provider: Option<ProviderId>) -> ResolvedHealth {
        resolve(self.timing, self.settings.health.layers(provider))
    }

    /// What is set for itself there, with changes that are on their way.
    pub fn own_health(&self, scope: &HealthScope) -> HealthOverrides {
        let set = &self.settings.health;
        let (id, number) = match scope {
            HealthScope::All => return set.all.clone(),
            HealthScope::Provider(id) => return set.of(*id).cloned().unwrap_or_default(),
            HealthScope::Tunnel(id) => (id, None),
            HealthScope::Port(key) => (&key.tunnel, Some(key.port)),
        };
        let coming = self.pending.iter().rev().find_map(|pending| match pending {
            Pending::SetHealth(of, port, health) if of == id && *port == number => Some(health),
            _ => None,
        });
        let known = || {
            let tunnel = self.tunnel(id)?;
            Some(match number {
                None => &tunnel.chosen.health,
                Some(number) => &tunnel.port(number)?.options.health,
            })
        };
        coming.or_else(known).cloned().unwrap_or_default()
    }

    /// The URL of a port: as served now, or as it was served last.
    pub fn url(&self, key: &PortKey) -> Option<&str> {
        Some(&self.live_port(key)?.url)
    }

    /// The one for other machines of this network.
    pub fn lan_url(&self, key: &PortKey) -> Option<&str> {
        self.live_port(key)?.lan_url.as_deref()
    }

    /// The URL to pass on: the one for the local network where there is one, which leads here on this
    /// computer too.
    pub fn url_to_share(&self, key: &PortKey) -> Option<&str> {
        self.lan_url(key).or_else(|| self.url(key))
    }

    /// A port as it is served now, or as it was last.
    pub fn live_port(&self, key: &PortKey) -> Option<&LivePort> {
        let host = self.hosts.get(&key.tunnel)?;
        host.live.iter().find(|live| live.number == key.port)
    }
}

/// A tunnel that is hosted, or was since the start.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Host {
    /// The person wants it hosted.
    pub wanted: bool,
    /// What the engine last said.
    pub life: Life,
    /// Its ports as last served; kept after a stop, so that the URL stays on screen.
    pub live: Vec<LivePort>,
    /// Those that its session was asked for and cannot serve.
    pub lacking: Lacking,
    /// What went through each port: the last minute, one sample a second while it is watched.
    pub traffic: BTreeMap<PortNumber, VecDeque<Traffic>>,
    /// The last transitions, oldest first.
    pub history: VecDeque<Transition>,
}

/// One line of the timeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transition {
    pub at: UnixMillis,
    /// The new life; `None` when it is `health` that changed.
    pub life: Option<Life>,
    /// A port's new health; `None` when it is `life` that changed.
    pub health: Option<(PortNumber, super::Health)>,
    /// How long the state before it had lasted, in milliseconds.
    pub after_ms: u64,
}

/// What the probes of one port saw.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ProbeFacts {
    /// The last report of the current session's link; `None` until there is one.
    pub last: Option<ProbeReport>,
    /// A probe the person asked for is under way.
    pub checking: bool,
    /// `Down` reports in a row.
    pub downs: u32,
    /// The URL has routed since the program started.
    pub routed: bool,
    /// The last results, oldest first.
    pub samples: VecDeque<Sample>,
}

/// One probe, as the charts need it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sample {
    pub at: UnixMillis,
    /// The public URL's latency, in microseconds, if it answered.
    pub latency_us: Option<u64>,
    /// The one word.
    pub health: super::Health,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RelayFacts {
    /// `HOST:PORT` of the joined relay; the embedded one when absent.
    pub joined: Option<String>,
    /// The embedded relay listens on the local network too.
    pub lan: bool,
}

impl RelayFacts {
    /// What the settings say of the relay in use.
    pub fn of(settings: &RelaySettings) -> Self {
        let joined = settings.joined.as_deref();
        Self {
            joined: joined.map(|link| link.split('#').next().unwrap_or(link).to_owned()),
            lan: settings.lan,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dialog {
    pub kind: DialogKind,
    pub errors: Vec<(Field, FieldError)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Toast {
    /// A URL went to the clipboard.
    Copied { url: String },
    /// A tunnel or port is gone.
    Deleted { name: String },
    /// So many tunnels were taken over from other programs.
    Imported { count: usize },
    /// All settings and tunnels are in this file, or why not.
    Backup { result: Result<String, FileError> },
    /// A tunnel lives longer now.
    Renewed { name: String },
    /// The desktop would not do it.
    DesktopRefused { detail: String },
}

/// Something the person should know beyond a tunnel's state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Counts up; names it for dismissal.
    pub id: u64,
    /// Since when.
    pub at: UnixMillis,
    pub kind: NoticeKind,
}

/// What a notice is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoticeKind {
    /// A file could not be read, was kept aside, and the defaults are in force.
    FileCorrupt {
        file: String,
        /// What it is called now.
        kept_as: String,
    },
    /// A file was written by a newer version: it is left as it is, and nothing is saved in its place.
    FileTooNew { file: String },
    /// A file could not be read, and was left as it is by somebody who only wants to know.
    FileUnreadable { file: String },
    /// Some of a file's entries could not be read by somebody who only wants to know.
    EntriesUnread { file: String, count: usize },
    /// Some of a file's entries could not be read; a copy was kept aside, and the others are in force.
    EntriesDropped {
        file: String,
        count: usize,
        /// What the copy is called.
        kept_as: String,
    },
    /// A settings file holds a key that nobody knows.
    SettingUnknown {
        file: String,
        key: String,
        /// The key that may be meant.
        meant: Option<String>,
        /// It is still there when the settings were saved.
        kept: bool,
    },
    /// A settings file holds a value of another kind than its key's.
    SettingMistyped { file: String, key: String },
    /// A file could not be written: what is on screen is not on disk.
    FileNotSaved { file: String, detail: String },
    /// A token or password could be kept nowhere: it is good for this run alone.
    SecretNotKept { detail: String },
    /// The token of an environment variable is kept from now on.
    TokenImported {
        account: AccountId,
        variable: String,
    },
    /// An environment variable holds another token than the one that is kept, and used.
    TokenIgnored {
        account: AccountId,
        variable: String,
    },
    /// The settings held values that cannot be used; the defaults are in force for them.
    SettingsInvalid { detail: String },
    /// The audit log could not be written.
    AuditNotWritten { detail: String },
    /// The embedded relay's visitors come by another port than the person expects.
    PortTaken {
        /// The port that could not be had.
        wanted: PortNumber,
        /// The one it is now.
        port: PortNumber,
        detail: String,
    },
    /// The home cannot be written: nothing of this run is kept.
    NothingSaved { detail: String },
    /// Nobody shows tray icons: closing minimises.
    NoTrayHost,
    /// No keychain: secrets are in a file that only this user can read.
    NoKeychain,
    /// The program ended without being told to, the last time.
    Crashed {
        /// Something was hosted then, and is hosted again.
        hosting: bool,
    },
    /// A session could not be resumed: the connections that it held are cut.
    HeldLost { tunnel: TunnelId, open: u64 },
    /// The provider did not take a change, and what is shown went back to what is.
    ChangeRefused {
        account: AccountId,
        /// What it would have done.
        change: PendingWord,
        /// What the tunnel is called.
        name: String,
        reason: Reason,
    },
    /// Something about an account did not work: the sign-in, or its list.
    AccountTrouble { account: AccountId, reason: Reason },
    /// A tunnel needs the person.
    NeedsYou { tunnel: TunnelId, reason: Reason },
}

impl NoticeKind {
    /// The file of ours of which not all is known, if it is about one.
    pub fn lost_of(&self) -> Option<&str> {
        match self {
            Self::FileCorrupt { file, .. }
            | Self::FileTooNew { file }
            | Self::FileUnreadable { file }
            | Self::EntriesUnread { file, .. }
            | Self::EntriesDropped { file, .. } => Some(file),
            _ => None,
        }
    }
}
