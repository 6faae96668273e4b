//! What a process says of itself and of the tunnels it has: plain data, as it goes over the channel and
//! as `underpass status --json` prints it. docs/control.md has every field.

use crate::base::json_words::{HealthWords, StateWords};
use crate::model::{ClockShift, Life, UnixMillis};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// What one process says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProcessStatus {
    #[serde(flatten)]
    pub holder: HolderStatus,
    /// The program's version.
    pub version: String,
    /// Every tunnel that it could host, those that are stopped included.
    pub tunnels: Vec<TunnelStatus>,
}

/// A process that hosts, or could.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HolderStatus {
    /// `desktop`, or `host` in a terminal.
    pub by: Cow<'static, str>,
    pub pid: u32,
    /// When it began to answer (RFC 3339).
    pub running_since: String,
}

/// A tunnel.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TunnelStatus {
    /// Its id.
    pub tunnel: String,
    pub name: String,
    pub provider: String,
    #[serde(flatten)]
    pub state: StateWords,
    /// Since when it is in that state (RFC 3339), where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    pub ports: Vec<PortStatus>,
}

/// A port of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PortStatus {
    pub port: u16,
    pub target: String,
    pub protocol: Cow<'static, str>,
    /// Where it is served now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Where other machines of this network reach it, when that differs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lan_url: Option<String>,
    /// Who can open the URL, where that is known: `here`, `network` or `internet`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reach: Option<Cow<'static, str>>,
    /// What the probes found, as in a `health` line.
    #[serde(default, flatten, skip_serializing_if = "Option::is_none")]
    pub health: Option<HealthWords>,
    /// Why it is not served beside the others of its tunnel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lacking: Option<Lacking>,
}

/// Why a port is not served.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lacking {
    pub reason: Cow<'static, str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

impl TunnelStatus {
    /// Nobody hosts it.
    pub fn is_stopped(&self) -> bool {
        self.state.state == "stopped"
    }

    /// The same when it is over.
    #[must_use]
    pub fn stopped(self) -> Self {
        let at = UnixMillis::default();
        let ports = self.ports.into_iter().map(|port| PortStatus {
            url: None,
            lan_url: None,
            reach: None,
            health: None,
            lacking: None,
            ..port
        });
        Self {
            state: StateWords::of(&Life::Stopped, false, at, ClockShift::default()),
            since: None,
            ports: ports.collect(),
            ..self
        }
    }
}
