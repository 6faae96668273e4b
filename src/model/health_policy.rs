//! How one tunnel or port is looked after: [`resolve`] lays what is set in each place over the other, the
//! nearest last, and reads each value once.

use super::{
    HealthKey, HealthPlace, HealthSettings, Layer, Offers, PortNumber, StatusRanges, Timing,
    Tunnel, probes_a_month,
};
use std::time::Duration;

/// The longest path of a probe, in bytes.
const LONGEST_PATH: usize = 1_024;

/// The longest time that may be set.
const LONGEST_TIME: Duration = Duration::from_hours(24);

/// The most `Down` probes in a row that may be waited for.
const MOST_DOWNS: u32 = 100;

/// `Down` probes in a row after which a URL counts as dead, unless something else is set: the machine
/// replaces the session if the local port answers, the window counts up to it, and programs are told of a
/// URL that never routed.
pub const DEAD_AFTER_DOWNS: u32 = 3;

/// By what a web service is asked: methods that change nothing (RFC 9110, 9.2.1) and that services answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ProbeMethod {
    #[default]
    Head,
    Get,
    Options,
}

impl ProbeMethod {
    pub const ALL: [Self; 3] = [Self::Head, Self::Get, Self::Options];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Head => "HEAD",
            Self::Get => "GET",
            Self::Options => "OPTIONS",
        }
    }
}

/// How a web service is asked, and which answers are right.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProbeRequest {
    pub method: ProbeMethod,
    /// With its query; the URL's own where nothing is set.
    pub path: Option<String>,
    pub expected: StatusRanges,
}

/// What the program runs with.
#[derive(Clone, Debug, PartialEq)]
pub struct HealthPolicy {
    pub probes: bool,
    pub timing: Timing,
    pub request: ProbeRequest,
    /// So many `Down` probes in a row, and a URL counts as dead.
    pub dead_after: u32,
}

impl Default for HealthPolicy {
    fn default() -> Self {
        Self {
            probes: true,
            timing: Timing::default(),
            request: ProbeRequest::default(),
            dead_after: DEAD_AFTER_DOWNS,
        }
    }
}

impl HealthPolicy {
    pub(super) fn set(&mut self, key: HealthKey, text: &str) -> Option<()> {
        let text = text.trim();
        match key {
            HealthKey::Probe => {
                self.probes = match text {
                    "on" => true,
                    "off" => false,
                    _ => return None,
                }
            }
            HealthKey::Interval => self.timing.probe_interval = duration(text)?,
            HealthKey::Timeout => self.timing.probe_timeout = duration(text)?,
            HealthKey::Method => {
                let is = |method: &ProbeMethod| method.as_str().eq_ignore_ascii_case(text);
                self.request.method = ProbeMethod::ALL.into_iter().find(is)?;
            }
            HealthKey::Path => self.request.path = Some(path(text)?.to_owned()),
            HealthKey::Expect => self.request.expected = text.parse().ok()?,
            HealthKey::Watchdog => {
                let downs = text.parse().ok();
                self.dead_after = downs.filter(|downs| (1..=MOST_DOWNS).contains(downs))?;
            }
            HealthKey::BackoffInitial => self.timing.backoff_initial = duration(text)?,
            HealthKey::BackoffCap => self.timing.backoff_cap = duration(text)?,
        }
        Some(())
    }

    /// What holds for a key, as it is typed.
    pub fn text(&self, key: HealthKey) -> String {
        match key {
            HealthKey::Probe => if self.probes { "on" } else { "off" }.to_owned(),
            HealthKey::Interval => duration_text(self.timing.probe_interval),
            HealthKey::Timeout => duration_text(self.timing.probe_timeout),
            HealthKey::Method => self.request.method.as_str().to_owned(),
            HealthKey::Path => self.request.path.clone().unwrap_or_else(|| "/".to_owned()),
            HealthKey::Expect => self.request.expected.to_string(),
            HealthKey::Watchdog => self.dead_after.to_string(),
            HealthKey::BackoffInitial => duration_text(self.timing.backoff_initial),
            HealthKey::BackoffCap => duration_text(self.timing.backoff_cap),
        }
    }
}

/// A path that goes into a request as it is: it stays at its host, and says nothing beyond itself.
fn path(text: &str) -> Option<&str> {
    let is_plain = |byte: u8| byte.is_ascii_graphic() && byte != b'#' && byte != b'\\';
    let is_path = text.starts_with('/') && !text.starts_with("//");
    (is_path && text.len() <= LONGEST_PATH && text.bytes().all(is_plain)).then_some(text)
}

/// The units of time that are typed, in milliseconds, the longest first.
const UNITS: [(&str, u64); 4] = [("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];

/// `500ms`, `30s`, `5m`, `1h`; a number alone is seconds.
fn duration(text: &str) -> Option<Duration> {
    let end = text.find(|c: char| !c.is_ascii_digit());
    let (number, unit) = text.split_at(end.unwrap_or(text.len()));
    let unit = if unit.is_empty() {
        "s"
    } else {
        unit.trim_start()
    };
    let (_, millis) = UNITS.into_iter().find(|(name, _)| *name == unit)?;
    let time = Duration::from_millis(number.parse::<u64>().ok()?.checked_mul(millis)?);
    (Duration::from_millis(1)..=LONGEST_TIME)
        .contains(&time)
        .then_some(time)
}

/// In the longest unit that needs no fraction, as it is typed.
pub fn duration_text(time: Duration) -> String {
    let millis = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    let whole = |(_, unit): &(&str, u64)| millis % unit == 0;
    let (name, unit) = UNITS.into_iter().find(whole).unwrap_or(("ms", 1));
    format!("{}{name}", millis / unit)
}

/// What holds, where each of it is set, and what cannot be used of what is set.
#[derive(Clone, Debug, PartialEq)]
pub struct ResolvedHealth {
    pub policy: HealthPolicy,
    /// By the keys' order.
    from: [HealthPlace; HealthKey::ALL.len()],
    /// What lies beneath holds instead.
    pub invalid: Vec<InvalidHealth>,
}

/// Why something that is set cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidHealth {
    #[error("{key} ({value:?}, {place}) takes {}", key.takes())]
    NotTaken {
        key: HealthKey,
        value: String,
        place: HealthPlace,
    },
    #[error("{key} (set for port {port}) is of a whole tunnel, whose ports share one connection")]
    OfTunnel { key: HealthKey, port: PortNumber },
    #[error("backoff-initial ({initial}) must not be more than backoff-cap ({cap}), {place}")]
    InitialAboveCap {
        initial: String,
        cap: String,
        place: HealthPlace,
    },
}

impl InvalidHealth {
    /// Whether it is set for a tunnel or a port of it, and not for more.
    const fn is_of_tunnel(&self) -> bool {
        match self {
            Self::NotTaken { place, .. } | Self::InitialAboveCap { place, .. } => {
                matches!(place, HealthPlace::Tunnel | HealthPlace::Port(_))
            }
            Self::OfTunnel { .. } => true,
        }
    }
}

impl ResolvedHealth {
    pub const fn place(&self, key: HealthKey) -> HealthPlace {
        self.from[key as usize]
    }

    /// What is asked in a month of 30 days at this pace, of a provider where that is known; nothing where
    /// nobody asks.
    pub fn probes_a_month(&self, offers: Option<&Offers>) -> u64 {
        if !self.policy.probes {
            return 0;
        }
        let said = self.policy.timing.probe_interval;
        probes_a_month(offers.map_or(said, |offers| self.interval(offers)))
    }

    /// Between two probes at this provider, which may want them to be rare: what was said for one port is
    /// kept all the same.
    pub fn interval(&self, offers: &Offers) -> Duration {
        let said = self.policy.timing.probe_interval;
        match self.place(HealthKey::Interval) {
            HealthPlace::Port(_) => said,
            _ => said.max(offers.probe.least_interval()),
        }
    }

    fn take(&mut self, (place, set): Layer<'_>) {
        let before = self.clone();
        for (key, text) in &set.0 {
            // A later version may know more of them.
            let Ok(key) = key.parse::<HealthKey>() else {
                continue;
            };
            match place {
                HealthPlace::Port(port) if !key.is_of_port() => {
                    self.invalid.push(InvalidHealth::OfTunnel { key, port });
                }
                _ if self.policy.set(key, text).is_some() => self.from[key as usize] = place,
                _ => self.invalid.push(InvalidHealth::NotTaken {
                    key,
                    value: text.clone(),
                    place,
                }),
            }
        }
        let timing = &mut self.policy.timing;
        if timing.backoff_initial > timing.backoff_cap {
            self.invalid.push(InvalidHealth::InitialAboveCap {
                initial: duration_text(timing.backoff_initial),
                cap: duration_text(timing.backoff_cap),
                place,
            });
            timing.backoff_initial = before.policy.timing.backoff_initial;
            timing.backoff_cap = before.policy.timing.backoff_cap;
            for key in [HealthKey::BackoffInitial, HealthKey::BackoffCap] {
                self.from[key as usize] = before.from[key as usize];
            }
        }
    }
}

/// Lays what is set over what comes with the program and what the settings' durations say, the nearest
/// last. What cannot be used is left out and told, so that there is always something to run with.
pub fn resolve<'a>(base: Timing, layers: impl IntoIterator<Item = Layer<'a>>) -> ResolvedHealth {
    let policy = HealthPolicy {
        timing: base,
        ..HealthPolicy::default()
    };
    let usual = Timing::default();
    let mut from = [HealthPlace::Default; HealthKey::ALL.len()];
    for (key, is_usual) in [
        (
            HealthKey::Interval,
            base.probe_interval == usual.probe_interval,
        ),
        (
            HealthKey::Timeout,
            base.probe_timeout == usual.probe_timeout,
        ),
        (
            HealthKey::BackoffInitial,
            base.backoff_initial == usual.backoff_initial,
        ),
        (HealthKey::BackoffCap, base.backoff_cap == usual.backoff_cap),
    ] {
        if !is_usual {
            from[key as usize] = HealthPlace::All;
        }
    }
    let mut resolved = ResolvedHealth {
        policy,
        from,
        invalid: vec![],
    };
    for layer in layers {
        if !layer.1.is_empty() {
            resolved.take(layer);
        }
    }
    resolved
}

/// What is set and cannot be used, each once.
pub fn invalid_health(base: Timing, set: &HealthSettings, tunnels: &[Tunnel]) -> Vec<String> {
    let providers = set.providers.keys().filter_map(|id| id.parse().ok());
    let mut told: Vec<String> = vec![];
    for provider in [None].into_iter().chain(providers.map(Some)) {
        let found = resolve(base, set.layers(provider)).invalid;
        told.extend(found.iter().map(ToString::to_string));
    }
    for tunnel in tunnels {
        let ports = tunnel.ports.iter().map(Some);
        for port in [None].into_iter().chain(ports) {
            let found = set.resolve(base, tunnel, port).invalid;
            let own = found.iter().filter(|it| it.is_of_tunnel());
            told.extend(own.map(|it| format!("{}: {it}", tunnel.id)));
        }
    }
    let mut seen = std::collections::BTreeSet::new();
    told.retain(|line| seen.insert(line.clone()));
    told
}

#[cfg(test)]
#[path = "health_policy_tests.rs"]
mod tests;
