//! Everything a person can ask for. Each clickable thing in the view carries one of these.

use super::{
    Access, AccountId, HealthKey, HealthScope, PortKey, Protocol, ProviderId, Reach, Secret,
    Setting, Target, TunnelId,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a person asks for. Text in it is as typed; it is checked where it is handled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "do")]
pub enum Action {
    /// Keep this tunnel served.
    Host { tunnel: TunnelId },
    /// Stop serving it.
    Stop { tunnel: TunnelId },
    /// Make a new connection now.
    Reconnect { tunnel: TunnelId },
    /// Host here what another machine hosts.
    TakeOver { tunnel: TunnelId },
    /// Probe this port now.
    CheckNow { key: PortKey },
    /// Put the public URL on the clipboard.
    CopyUrl { key: PortKey },
    /// Open the public URL in the browser.
    OpenUrl { key: PortKey },
    /// Show this port in the detail panel, and the window with it.
    Details { key: PortKey },
    /// Show this port in the detail panel, or close the panel if it is there already.
    Select { key: PortKey },
    /// Close the detail panel.
    Deselect,
    /// Show a dialog.
    OpenDialog { dialog: DialogKind },
    /// Look what could be taken over from another program's file, or from those in the usual places.
    LookForImports {
        /// As typed.
        file: String,
    },
    /// Take this one over too, or not.
    PickImport { at: usize, on: bool },
    /// Take over what is picked.
    Import,
    /// Save all settings and tunnels to a file, without secrets.
    SaveBackup {
        /// As typed.
        file: String,
    },
    /// Put the dialog away.
    CloseDialog,
    /// The empty window's one field: make a tunnel for this port and host it.
    Share {
        /// `PORT` or `HOST:PORT`.
        target: String,
        /// Who is to carry it; for the internet, by its way without an account.
        #[serde(default)]
        provider: ProviderId,
        /// Whom it is for; those whom the provider reaches where it is not said.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reach: Option<Reach>,
    },
    /// Make a tunnel, and host it.
    CreateTunnel {
        name: String,
        /// Who is to carry it.
        #[serde(default)]
        provider: ProviderId,
        /// Whom it is for; those whom the provider reaches where it is not said.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reach: Option<Reach>,
        /// Who may visit, where the provider lets one choose.
        #[serde(default)]
        access: Access,
        /// `PORT` or `HOST:PORT`.
        target: String,
        protocol: Protocol,
        /// The public TCP port asked for, or nothing.
        public_port: String,
        /// What was chosen of the provider's options, by key.
        #[serde(default)]
        options: BTreeMap<String, Secret>,
    },
    /// Add a port to a tunnel.
    AddPort {
        tunnel: TunnelId,
        /// `PORT` or `HOST:PORT`.
        target: String,
        protocol: Protocol,
        /// The public TCP port asked for, or nothing.
        public_port: String,
    },
    /// Say what a port speaks.
    ChangeProtocol { key: PortKey, protocol: Protocol },
    /// Have a port lead elsewhere; its URL stays.
    ChangeTarget { key: PortKey, target: Target },
    /// Call a tunnel by another name. Its id and its URLs stay.
    Rename { tunnel: TunnelId, name: String },
    /// Say who may visit a tunnel: already confirmed.
    SetAccess { tunnel: TunnelId, access: Access },
    /// Prolong a tunnel's life at its provider.
    Renew { tunnel: TunnelId },
    /// Take a tunnel that its provider no longer has off the list.
    Forget { tunnel: TunnelId },
    /// Ask the providers what the accounts have.
    Refresh,
    /// Sign in at the provider.
    SignIn {
        account: AccountId,
        /// By which of the ways that the provider offers.
        way: String,
        /// With a code that is typed on another device, instead of in this computer's browser.
        device: bool,
    },
    /// Give the sign-in that is under way up.
    CancelSignIn { account: AccountId },
    /// Sign out: already confirmed.
    SignOut { account: AccountId },
    /// Put the code that is to be typed on the clipboard.
    CopyDeviceCode { account: AccountId },
    /// Open the page where the code is typed.
    OpenDevicePage { account: AccountId },
    /// Put the command that installs the provider's program on the clipboard.
    CopyInstallCommand { provider: ProviderId },
    /// Open the page that says how to install it.
    OpenInstallPage { provider: ProviderId },
    /// Keep the token of an account.
    KeepToken { account: AccountId, token: Secret },
    /// Forget it.
    ForgetToken { account: AccountId },
    /// Set an option of a provider.
    SetOption {
        provider: ProviderId,
        key: String,
        value: String,
    },
    /// Say how what is hosted is looked after; nothing typed has what is set elsewhere hold again.
    SetHealth {
        scope: HealthScope,
        set: BTreeMap<HealthKey, String>,
    },
    /// Set an option of a tunnel's provider, and host the tunnel with it.
    HostWith {
        tunnel: TunnelId,
        key: String,
        value: String,
    },
    /// Delete a tunnel: already confirmed.
    DeleteTunnel { tunnel: TunnelId },
    /// Remove a port: already confirmed.
    RemovePort { key: PortKey },
    /// Change a setting.
    Set { setting: Setting },
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
    DismissNotice { id: u64 },
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

impl Action {
    /// The same with what was typed, where it asks for that.
    #[must_use]
    pub fn with_text(self, typed: &str) -> Self {
        let text = typed.to_owned();
        match self {
            Self::Share {
                provider, reach, ..
            } => Self::Share {
                target: text,
                provider,
                reach,
            },
            Self::SaveBackup { .. } => Self::SaveBackup { file: text },
            Self::LookForImports { .. } => Self::LookForImports { file: text },
            Self::KeepToken { account, .. } => Self::KeepToken {
                account,
                token: Secret::new(typed),
            },
            Self::JoinRelay { .. } => Self::JoinRelay {
                link: Secret::new(typed),
            },
            Self::SetOption { provider, key, .. } => Self::SetOption {
                provider,
                key,
                value: text,
            },
            Self::SetHealth { scope, set } => Self::SetHealth {
                scope,
                set: set.into_keys().map(|key| (key, text.clone())).collect(),
            },
            other => other,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum DialogKind {
    /// A new tunnel.
    CreateTunnel,
    /// A new port.
    AddPort { tunnel: TunnelId },
    /// Really delete the tunnel?
    DeleteTunnel { tunnel: TunnelId },
    /// Really remove the port?
    RemovePort { key: PortKey },
    /// Pick another protocol.
    ChangeProtocol { key: PortKey },
    /// Really let anybody visit the tunnel?
    MakePublic { tunnel: TunnelId },
    /// An account: install help, sign-in, who is signed in.
    Account { account: AccountId },
    /// Really sign out?
    SignOut { account: AccountId },
    /// The public URL as a QR code.
    QrCode { key: PortKey },
    /// How a port is looked after.
    Health { key: PortKey },
    /// What could be taken over from other programs.
    Import,
    /// Theme, language, autostart, relay.
    Settings,
    /// Version, licence, "Made with Slint".
    About,
}
