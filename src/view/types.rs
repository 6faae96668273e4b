//! The view's shape. Renderers draw it and skip what did not change.

use super::{DialogView, Msg, ReachChoices};
use crate::model::{Action, AlertId, ClockShift, Language, PortKey, Theme, TunnelId};
use serde::Serialize;
use std::time::Duration;

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct View {
    /// The language of all text.
    pub language: Language,
    /// Light, dark or the system's.
    pub theme: Theme,
    /// Leads from the moments in it to the wall clock.
    #[serde(skip)]
    pub clock_shift: ClockShift,
    /// How often it changes by the passing of time alone; never, mostly.
    #[serde(skip)]
    pub tick: Option<Duration>,
    pub window: WindowView,
    /// What the desktop tells whoever does not look at the window.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub alerts: Vec<AlertView>,
    pub tray: TrayView,
}

/// A port's state in one word and shape. The order is the order of urgency: the tray shows the
/// greatest of what should be hosted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Badge {
    Stopped,
    Creating,
    /// Hosted by another machine, and that is fine.
    Elsewhere,
    /// Works; visitors must sign in.
    Private,
    Working,
    /// Works, and the way out of this computer is full.
    Slow,
    /// Works, and has no room for another visitor.
    Full,
    /// Hosted; whether it works is not found out.
    Unchecked,
    /// Hosted; the URL does not answer yet.
    Checking,
    /// The first attempt.
    Connecting,
    /// The service is at another visitor's request.
    Busy,
    /// The link is down; the connections are held until there is another one.
    Held,
    /// This computer is offline.
    NoNetwork,
    /// A later attempt.
    Reconnecting,
    /// The relay works, the local service does not.
    ServiceDown,
    /// The provider's limit is used up.
    OverQuota,
    /// The public URL is dead while the link seems up.
    Unreachable,
    /// Another machine took it.
    TakenOver,
    /// The sign-in has expired.
    SignIn,
    /// Nothing helps but a change.
    Failed,
}

impl Badge {
    /// All of them, least urgent first.
    pub const ALL: [Self; 20] = [
        Self::Stopped,
        Self::Creating,
        Self::Elsewhere,
        Self::Private,
        Self::Working,
        Self::Slow,
        Self::Full,
        Self::Unchecked,
        Self::Checking,
        Self::Connecting,
        Self::Busy,
        Self::Held,
        Self::NoNetwork,
        Self::Reconnecting,
        Self::ServiceDown,
        Self::OverQuota,
        Self::Unreachable,
        Self::TakenOver,
        Self::SignIn,
        Self::Failed,
    ];

    /// Its shape as a character: colour is never the only sign.
    pub const fn shape(self) -> &'static str {
        match self {
            Self::Working => "●",
            Self::Private | Self::Slow => "◐",
            Self::Creating | Self::Unchecked | Self::Checking | Self::Connecting => "◌",
            Self::ServiceDown => "▲",
            Self::Held | Self::Reconnecting => "↻",
            Self::Unreachable | Self::NoNetwork | Self::Failed => "✕",
            Self::SignIn => "⚷",
            Self::TakenOver | Self::Elsewhere => "⇄",
            Self::OverQuota | Self::Full | Self::Busy => "◔",
            Self::Stopped => "○",
        }
    }

    /// Whether it counts as "starting" in the header: it has not worked yet and is about to.
    pub const fn is_starting(self) -> bool {
        matches!(self, Self::Creating | Self::Checking | Self::Connecting)
    }

    /// Whether it counts as "not checked" in the header: it is hosted, and nobody says that it works.
    pub const fn is_unchecked(self) -> bool {
        matches!(self, Self::Unchecked)
    }

    /// Whether it counts as "held" in the header: it mends itself and cuts nobody off.
    pub const fn is_held(self) -> bool {
        matches!(self, Self::Held)
    }

    /// Whether it counts as "recovering" in the header: it does not work and mends itself.
    pub const fn is_recovering(self) -> bool {
        matches!(
            self,
            Self::Busy | Self::NoNetwork | Self::Reconnecting | Self::Unreachable
        )
    }

    /// Whether it counts as "working" in the header.
    pub const fn works(self) -> bool {
        matches!(
            self,
            Self::Working | Self::Private | Self::Slow | Self::Full
        )
    }

    /// Whether it counts as "needs you" in the header: only the person can mend it.
    pub const fn needs_you(self) -> bool {
        matches!(
            self,
            Self::ServiceDown | Self::OverQuota | Self::TakenOver | Self::SignIn | Self::Failed
        )
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Button {
    pub label: Msg,
    pub action: Action,
    pub enabled: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WindowView {
    /// "3 working", "1 needs you": what is shown below, counted.
    pub header: Header,
    /// A card a tunnel.
    pub cards: Vec<Card>,
    /// The selected port.
    pub panel: Option<Panel>,
    pub dialog: Option<DialogView>,
    /// Whom the first tunnel may be for, while there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_run: Option<ReachChoices>,
    /// Lines above the cards.
    pub banners: Vec<Banner>,
    /// The short-lived line at the bottom.
    pub toast: Option<Msg>,
    /// Behind the window's own menu button.
    pub menu: Vec<Button>,
    /// The program ends; nothing else can be clicked any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quitting: Option<Msg>,
}

/// The header's counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Header {
    /// Rows that work.
    pub working: usize,
    /// Rows that only the person can mend.
    pub needs_you: usize,
    /// All in one line: also the tray's tooltip.
    pub line: Msg,
    /// The counts as chips, each with its badge's colour and shape.
    pub chips: Vec<(Badge, Msg)>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Card {
    pub tunnel: TunnelId,
    pub name: String,
    pub provider: Msg,
    /// Who can visit, in a few words, where that is known.
    pub access: Option<Msg>,
    /// Anyone on the internet who has the URL can visit: shown with a mark.
    pub public: bool,
    /// What is left until the provider lets it go.
    pub expiry: Option<Msg>,
    /// Host or Stop.
    pub primary: Button,
    /// Behind the `▾`: add a port, delete, reconnect.
    pub menu: Vec<Button>,
    /// A row a port; none for a tunnel without ports.
    pub rows: Vec<Row>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Row {
    pub key: PortKey,
    pub badge: Badge,
    pub word: Msg,
    /// The port's number, or `HOST:PORT` when it is not on this computer.
    pub port: String,
    /// `http`, `https`, `tcp`, `auto`.
    pub protocol: String,
    pub url: Option<String>,
    /// The URL without its scheme, elided in the middle.
    pub short_url: String,
    /// Copy and open; disabled while there is no URL.
    pub copy: Button,
    pub open: Button,
    /// Behind the `⋯`: details, change protocol, QR code, remove.
    pub menu: Vec<Button>,
    pub select: Action,
    pub selected: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Panel {
    pub key: PortKey,
    /// `frontend : 3000`.
    pub title: String,
    pub badge: Badge,
    pub word: Msg,
    /// Why, and whose side: one sentence.
    pub sentence: Msg,
    pub remedy: Option<Button>,
    pub url: Option<String>,
    /// Who can open it: one sentence.
    pub reach: Option<Msg>,
    /// The click by which more people can.
    pub widen: Option<Button>,
    /// The URL for other machines of this network.
    pub lan_url: Option<String>,
    /// Copy, open, QR code.
    pub url_buttons: Vec<Button>,
    /// Label and value: last probe, local service, next try, connections, bytes.
    pub facts: Vec<(Msg, Msg)>,
    /// Latency of the last probes, each from 0.0 to 1.0 of `latency_max`; negative for none.
    pub latency: Vec<f32>,
    /// What 1.0 stands for.
    pub latency_max: Option<Msg>,
    /// Bytes a second, in and out, over the last minute, each from 0.0 to 1.0 of `traffic_max`.
    pub traffic: Vec<f32>,
    /// What 1.0 stands for.
    pub traffic_max: Option<Msg>,
    /// The share of the last samples that worked, with the bar's parts in order.
    pub uptime: Option<(Msg, Vec<Badge>)>,
    /// The last transitions, newest first: the time and what happened.
    pub timeline: Vec<TimelineEntry>,
    /// At the bottom: Reconnect, Host or Stop.
    pub buttons: Vec<Button>,
    /// The `✕`.
    pub close: Action,
}

/// One line of the timeline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TimelineEntry {
    /// When: local time of day.
    pub at: Msg,
    /// How long ago.
    pub ago: Msg,
    pub badge: Badge,
    pub text: Msg,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Banner {
    pub badge: Badge,
    pub text: Msg,
    pub remedy: Option<Button>,
    /// Puts it away.
    pub dismiss: Action,
}

/// A notice on the desktop. One that is new is shown, one that changes is changed in its place, one that is
/// gone is taken away; what was in front of the person's eyes in the window is not shown again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AlertView {
    pub id: AlertId,
    pub title: Msg,
    pub body: Msg,
    /// Where the desktop has such.
    pub buttons: Vec<Button>,
    /// What a click beside the buttons does; some desktops show it as one of them.
    pub open: Button,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TrayView {
    /// The worst state of what should be hosted; `None` when nothing is.
    pub worst: Option<Badge>,
    pub tooltip: Msg,
    pub menu: Vec<TrayItem>,
}

/// An entry of the tray's menu.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum TrayItem {
    /// A line that cannot be clicked.
    Label(Msg),
    /// A line that can.
    Button(Button),
    /// A line that opens a menu.
    Submenu {
        /// What it says, with its state's shape.
        label: Msg,
        badge: Badge,
        items: Vec<TrayItem>,
    },
    /// A line between groups.
    Separator,
}
