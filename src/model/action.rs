//! Everything a person can ask for. Each clickable thing in the view carries one of these.

use super::{Access, AccountId, Language, PortKey, Protocol, ProviderId, Secret, Theme, TunnelId};
use serde::{Deserialize, Serialize};

/// What a person asks for. Text in it is as typed; it is checked where it is handled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "do")]
pub enum Action {
    /// Keep this tunnel served.
    Host {
        /// Which.
        tunnel: TunnelId,
    },
    /// Stop serving it.
    Stop {
        /// Which.
        tunnel: TunnelId,
    },
    /// Make a new connection now.
    Reconnect {
        /// Which.
        tunnel: TunnelId,
    },
    /// Host here what another machine hosts.
    TakeOver {
        /// Which.
        tunnel: TunnelId,
    },
    /// Probe this port now.
    CheckNow {
        /// Which.
        key: PortKey,
    },
    /// Put the public URL on the clipboard.
    CopyUrl {
        /// Of which port.
        key: PortKey,
    },
    /// Open the public URL in the browser.
    OpenUrl {
        /// Of which port.
        key: PortKey,
    },
    /// Show this port in the detail panel, and the window with it.
    Details {
        /// Which.
        key: PortKey,
    },
    /// Show this port in the detail panel, or close the panel if it is there already.
    Select {
        /// Which.
        key: PortKey,
    },
    /// Close the detail panel.
    Deselect,
    /// Show a dialog.
    OpenDialog {
        /// Which.
        dialog: DialogKind,
    },
    /// Put the dialog away.
    CloseDialog,
    /// The empty window's one field: make a tunnel for this port and host it.
    Share {
        /// `PORT` or `HOST:PORT`.
        target: String,
    },
    /// Make a tunnel, and host it.
    CreateTunnel {
        /// Its name.
        name: String,
        /// Who is to carry it.
        #[serde(default)]
        provider: ProviderId,
        /// Who may visit, where the provider lets one choose.
        #[serde(default)]
        access: Access,
        /// `PORT` or `HOST:PORT`.
        target: String,
        /// What it speaks.
        protocol: Protocol,
        /// The public TCP port asked for, or nothing.
        public_port: String,
    },
    /// Add a port to a tunnel.
    AddPort {
        /// To which.
        tunnel: TunnelId,
        /// `PORT` or `HOST:PORT`.
        target: String,
        /// What it speaks.
        protocol: Protocol,
        /// The public TCP port asked for, or nothing.
        public_port: String,
    },
    /// Say what a port speaks.
    ChangeProtocol {
        /// Which port.
        key: PortKey,
        /// What it speaks.
        protocol: Protocol,
    },
    /// Say who may visit a tunnel: already confirmed.
    SetAccess {
        /// Which.
        tunnel: TunnelId,
        /// Who.
        access: Access,
    },
    /// Prolong a tunnel's life at its provider.
    Renew {
        /// Which.
        tunnel: TunnelId,
    },
    /// Take a tunnel that its provider no longer has off the list.
    Forget {
        /// Which.
        tunnel: TunnelId,
    },
    /// Ask the providers what the accounts have.
    Refresh,
    /// Sign in at the provider.
    SignIn {
        /// To which account.
        account: AccountId,
        /// By which of the ways that the provider offers.
        way: String,
        /// With a code that is typed on another device, instead of in this computer's browser.
        device: bool,
    },
    /// Give the sign-in that is under way up.
    CancelSignIn {
        /// To which account.
        account: AccountId,
    },
    /// Sign out: already confirmed.
    SignOut {
        /// Of which account.
        account: AccountId,
    },
    /// Put the code that is to be typed on the clipboard.
    CopyDeviceCode {
        /// Of which account's sign-in.
        account: AccountId,
    },
    /// Open the page where the code is typed.
    OpenDevicePage {
        /// Of which account's sign-in.
        account: AccountId,
    },
    /// Put the command that installs the provider's program on the clipboard.
    CopyInstallCommand {
        /// Whose.
        provider: ProviderId,
    },
    /// Open the page that says how to install it.
    OpenInstallPage {
        /// Whose.
        provider: ProviderId,
    },
    /// Set an option of a provider.
    SetOption {
        /// Whose.
        provider: ProviderId,
        /// Which.
        key: String,
        /// To what.
        value: String,
    },
    /// Delete a tunnel: already confirmed.
    DeleteTunnel {
        /// Which.
        tunnel: TunnelId,
    },
    /// Remove a port: already confirmed.
    RemovePort {
        /// Which.
        key: PortKey,
    },
    /// Light, dark or the system's.
    SetTheme {
        /// Which.
        theme: Theme,
    },
    /// The language of all text; `None` for the system's.
    SetLanguage {
        /// Which.
        language: Option<Language>,
    },
    /// Whether the embedded relay listens on the local network.
    SetLan {
        /// Whether it does.
        on: bool,
    },
    /// Whether the program starts with the person's session.
    SetAutostart {
        /// Whether it does.
        on: bool,
    },
    /// Use the relay that this join link names.
    JoinRelay {
        /// The link as pasted: its token must not print.
        link: Secret,
    },
    /// Go back to the embedded relay.
    LeaveRelay,
    /// Put the toast away.
    DismissToast,
    /// Put a notice away.
    DismissNotice {
        /// Its number.
        id: u64,
    },
    /// Show the window, or hide it when it is in front.
    ToggleWindow,
    /// Show the window.
    OpenWindow,
    /// The window's close button.
    CloseWindow,
    /// Stop serving everything.
    StopAll,
    /// End the program.
    Quit,
}

/// Which dialog.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum DialogKind {
    /// A new tunnel.
    CreateTunnel,
    /// A new port.
    AddPort {
        /// Of which tunnel.
        tunnel: TunnelId,
    },
    /// Really delete the tunnel?
    DeleteTunnel {
        /// Which.
        tunnel: TunnelId,
    },
    /// Really remove the port?
    RemovePort {
        /// Which.
        key: PortKey,
    },
    /// Pick another protocol.
    ChangeProtocol {
        /// Of which port.
        key: PortKey,
    },
    /// Really let anybody visit the tunnel?
    MakePublic {
        /// Which.
        tunnel: TunnelId,
    },
    /// An account: install help, sign-in, who is signed in.
    Account {
        /// Which.
        account: AccountId,
    },
    /// Really sign out?
    SignOut {
        /// Of which account.
        account: AccountId,
    },
    /// The public URL as a QR code.
    QrCode {
        /// Of which port.
        key: PortKey,
    },
    /// Theme, language, autostart, relay.
    Settings,
    /// Version, licence, "Made with Slint".
    About,
}
