//! Notices on the desktop, for a person who does not look at the window: what they are about, which of
//! them are wanted, and how a tunnel is as far as they tell.

use super::{PortNumber, Protocol, Reason, ServiceFault, TunnelId};
use serde::{Deserialize, Serialize};

/// What a notice on the desktop tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AlertKind {
    /// Nothing goes on before somebody signs in.
    SignIn,
    /// Another machine has the tunnel.
    TakenOver,
    /// The provider's limit is used up.
    Quota,
    /// Visitors have not got through for more than a minute, or will not before something is changed.
    Down,
    /// A tunnel has another URL than it had.
    UrlChanged,
    /// Visitors get through again.
    Back,
}

impl AlertKind {
    /// All of them, in the order of the settings.
    pub const ALL: [Self; 6] = [
        Self::SignIn,
        Self::Down,
        Self::Back,
        Self::TakenOver,
        Self::Quota,
        Self::UrlChanged,
    ];
}

/// Which notices the desktop shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[expect(clippy::struct_excessive_bools, reason = "a switch each")]
pub struct AlertSettings {
    pub sign_in: bool,
    pub down: bool,
    pub back: bool,
    pub taken_over: bool,
    pub quota: bool,
    pub url_changed: bool,
}

impl Default for AlertSettings {
    /// All of them: each is rare, and of something that nobody sees otherwise.
    fn default() -> Self {
        Self {
            sign_in: true,
            down: true,
            back: true,
            taken_over: true,
            quota: true,
            url_changed: true,
        }
    }
}

impl AlertSettings {
    pub const fn wants(&self, kind: AlertKind) -> bool {
        match kind {
            AlertKind::SignIn => self.sign_in,
            AlertKind::Down => self.down,
            AlertKind::Back => self.back,
            AlertKind::TakenOver => self.taken_over,
            AlertKind::Quota => self.quota,
            AlertKind::UrlChanged => self.url_changed,
        }
    }

    pub const fn set(&mut self, kind: AlertKind, on: bool) {
        let is = match kind {
            AlertKind::SignIn => &mut self.sign_in,
            AlertKind::Down => &mut self.down,
            AlertKind::Back => &mut self.back,
            AlertKind::TakenOver => &mut self.taken_over,
            AlertKind::Quota => &mut self.quota,
            AlertKind::UrlChanged => &mut self.url_changed,
        };
        *is = on;
    }
}

/// Names a notice on the desktop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum AlertId {
    /// Of tunnels, told when it was time for it.
    Told(u64),
    /// The notice of this number, of what was refused.
    Refused(u64),
}

/// A notice that is on the desktop, or was until the person put it away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alert {
    /// Counts up.
    pub id: u64,
    pub kind: AlertKind,
    /// Each tunnel once; never none.
    pub about: Vec<About>,
}

/// A tunnel that a notice is about, as it was when that was told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct About {
    pub tunnel: TunnelId,
    /// Which port, where it is about one of several.
    pub port: Option<PortNumber>,
    /// What is wrong; nothing for good news.
    pub why: Option<Cause>,
}

/// What keeps visitors out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause {
    /// There is no session.
    Reason(Reason),
    /// The link is down, and what it held is kept.
    Held,
    /// The local service is not reached.
    Service { fault: ServiceFault, accepts: bool },
    /// The local service answers otherwise than it should.
    Answer { status: u16 },
    /// The public URL is dead.
    Url,
}

/// How a tunnel is, for somebody who does not look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// The person does not want it hosted.
    Idle,
    /// It begins, because the person said so or the program started.
    Starting,
    /// It is not known yet whether visitors get through.
    Unsure,
    Well,
    /// It is hosted, and nobody asks whether its URL works.
    Unasked,
    Bad(Trouble),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// Under which notice it falls.
    pub kind: AlertKind,
    /// It does not pass by itself, so that waiting for that is in vain.
    pub stays: bool,
    pub port: Option<PortNumber>,
    pub why: Cause,
}

/// A tunnel, and how it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stance {
    pub tunnel: TunnelId,
    pub standing: Standing,
    /// The URLs that its session serves.
    pub urls: Vec<ServedUrl>,
}

/// A URL, and what it is of: another protocol's is another by the person's will.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServedUrl {
    pub port: PortNumber,
    pub protocol: Protocol,
    pub url: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Settings;

    #[test]
    fn a_file_from_before_has_all_and_one_may_name_some() {
        let read = |text| {
            serde_json::from_str::<Settings>(text)
                .expect("it is lenient")
                .notices
        };
        assert_eq!(read(r#"{"theme":"dark"}"#), AlertSettings::default());
        let some = read(r#"{"notices":{"down":false,"later":true}}"#);
        for kind in AlertKind::ALL {
            assert_eq!(some.wants(kind), kind != AlertKind::Down);
        }
    }
}
