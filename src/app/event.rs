//! Everything that happens, and everything the program does.

use crate::audit;
use crate::engine::{EngineCommand, EngineEvent};
use crate::model::{
    AccountId, AccountState, Action, AuditEvent, DeviceCode, FileError, ImportSource, JoinLink,
    NoticeKind, Pending, PortKey, ProbeReport, ProviderId, Reason, RelaySettings, Secret, Settings,
    Timing, Tunnel, TunnelId,
};
use crate::probe::ProbePlan;
use crate::provider::{HostOrder, Row};
use crate::store::{Backup, Rows};
use crate::view::WindowOp;
use std::collections::BTreeSet;

/// Numbers the engines of this run, so that a report of one that was stopped is told apart.
pub type EngineNumber = u64;

/// Numbers the questions to the account and the changes in it, so that an answer is told apart
/// that is older than a change.
pub type AskNumber = u64;

/// What is asked again and again while somebody looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Poll {
    /// What the account has.
    List,
    /// What is counted of the tunnel in the panel.
    Panel,
    /// What is hosted here, or waits for a sign-in, where no list tells of it.
    Hosted,
    /// Nothing: it is time to tell what waited for that.
    Alerts,
}

/// Something happened.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// The program began: what was hosted is hosted again.
    Started,
    /// The person asked for something.
    Act(Action),
    /// The person asked for a link to be broken (headless: `drop ID`).
    DropLink { tunnel: TunnelId },
    /// An engine reported.
    Engine {
        tunnel: TunnelId,
        engine: EngineNumber,
        event: EngineEvent,
    },
    /// A probe ended.
    Probed(ProbeReport),
    /// The inventory took a change, or did not.
    Changed {
        change: Pending,
        /// The tunnel as it is now, with its real id, where the inventory says so; or why it was not
        /// taken.
        result: Result<Option<Box<Row>>, Reason>,
    },
    /// It was found out how far this computer is with an account.
    Account {
        account: AccountId,
        state: AccountState,
    },
    /// An account's tunnels, or why they cannot be had.
    Listed {
        account: AccountId,
        asked: AskNumber,
        result: Result<Vec<Row>, Reason>,
    },
    /// One tunnel of the account, or why it cannot be had.
    Shown {
        asked: AskNumber,
        tunnel: TunnelId,
        result: Result<Box<Row>, Reason>,
    },
    /// A sign-in waits for this code.
    DeviceCode {
        account: AccountId,
        /// The code, and where it is typed.
        code: DeviceCode,
    },
    SignedIn {
        account: AccountId,
        /// How far this computer is with it now, or why it is not.
        result: Result<AccountState, Reason>,
    },
    SignedOut {
        account: AccountId,
        /// Why it is signed in still.
        result: Result<(), Reason>,
    },
    /// It is time to ask the provider again.
    Due(Poll),
    /// The joined relay's token is kept, or could not be.
    Joined {
        link: JoinLink,
        /// Why its token could not be kept.
        error: Option<NoticeKind>,
    },
    /// What the audit log has of a tunnel.
    Past { asked: u64, events: Vec<AuditEvent> },
    /// What could be taken over from other programs, or why a file cannot be read.
    ImportsRead {
        asked: AskNumber,
        result: Result<Vec<ImportSource>, FileError>,
    },
    /// Which providers lack their program on this computer.
    ProgramsFound { missing: BTreeSet<ProviderId> },
    /// All settings and tunnels are in this file, or why not.
    BackupSaved(Result<String, FileError>),
    /// Something the person should know.
    Noticed(NoticeKind),
    /// The computer slept, or its network changed.
    Woke,
    /// A moment passed and what is shown is relative to now.
    Tick,
    /// The window came on screen, or left it.
    WindowShown(bool),
    /// Somebody shows tray icons, or nobody does.
    TrayHost(bool),
    /// The desktop would not do something.
    DesktopRefused { detail: String },
}

/// Something to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    StartEngine {
        engine: EngineNumber,
        order: Box<HostOrder>,
        /// The waits between its attempts.
        timing: Timing,
    },
    /// Tell a tunnel's current engine something.
    Tell(TunnelId, EngineCommand),
    /// Stop a tunnel's current engine; it says goodbye by itself.
    StopEngine(TunnelId),
    Probe(ProbePlan),
    StopProbe(PortKey),
    CheckNow(PortKey),
    /// Change what an inventory has: an account, or the file of this computer.
    Change {
        /// Which; the file, where the provider keeps none.
        account: AccountId,
        change: Pending,
        /// The tunnel before it; the new one itself for one that is made.
        known: Box<Tunnel>,
    },
    /// Keep what all accounts have: a provider said something else of it.
    SaveListed(Vec<Tunnel>),
    AskAccount {
        account: AccountId,
        asked: AskNumber,
        /// Find out first how far this computer is with the account.
        preflight: bool,
        /// What is known of its tunnels.
        known: Vec<Tunnel>,
    },
    /// Find out how far this computer is with an account, and no more.
    Preflight(AccountId),
    AskTunnel {
        account: AccountId,
        asked: AskNumber,
        tunnel: TunnelId,
    },
    SignIn {
        account: AccountId,
        /// By which of the provider's ways.
        way: String,
        /// With a code that is typed elsewhere.
        device: bool,
    },
    /// Give the sign-in that is under way up.
    CancelSignIn(AccountId),
    SignOut(AccountId),
    SaveSettings(Settings),
    SaveHosted(BTreeSet<TunnelId>),
    SaveRows(Rows),
    Audit(audit::Entry),
    /// Read what the audit log has of a tunnel, after all that was to be written before.
    ReadPast {
        tunnel: TunnelId,
        asked: u64,
    },
    /// Find out what could be taken over from another program's file, or from those in the usual places.
    ReadImports {
        asked: AskNumber,
        file: Option<String>,
    },
    /// Look which providers' programs are on this computer; none is run.
    FindPrograms,
    /// Save this to a file that a person has named.
    SaveBackup {
        file: String,
        backup: Box<Backup>,
    },
    /// Put text on the clipboard.
    Copy(String),
    OpenUrl(String),
    /// Start with the person's session, or do not.
    SetAutostart(bool),
    /// Keep a secret under this name; it is good from now on.
    KeepSecret(String, Secret),
    ForgetSecret(String),
    /// Keep the token of an account; it is good from now on.
    KeepToken(AccountId, Secret),
    ForgetToken(AccountId),
    /// Keep this link's token, then use its relay.
    JoinRelay(JoinLink),
    /// Forget the joined relay's token and use the embedded relay.
    LeaveRelay,
    /// Run the embedded relay by these settings from now on.
    RestartRelay(RelaySettings),
    Window(WindowOp),
    Quit,
}
