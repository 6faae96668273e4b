//! What the person may change. The file's form is lenient; [`Timing`] is what the program runs with.

use super::{AlertKind, AlertSettings, HealthSettings, OptionSpec, ProviderId, ProviderOptions};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use std::time::Duration;

/// Light, dark, or as the system says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Theme {
    /// Follows the system, live.
    #[default]
    System,
    Light,
    Dark,
}

/// The language of every text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Language {
    /// English (United States): the source of all messages.
    #[default]
    #[serde(rename = "en-US")]
    EnUs,
    /// Portuguese (Brazil).
    #[serde(rename = "pt-BR")]
    PtBr,
}

impl Language {
    pub const ALL: [Self; 2] = [Self::EnUs, Self::PtBr];

    /// Its BCP 47 tag, which is its folder in `i18n/`.
    pub const fn tag(self) -> &'static str {
        match self {
            Self::EnUs => "en-US",
            Self::PtBr => "pt-BR",
        }
    }

    /// Its own name in itself.
    pub const fn endonym(self) -> &'static str {
        match self {
            Self::EnUs => "English",
            Self::PtBr => "Português (Brasil)",
        }
    }

    /// The language that serves a system locale (`pt_BR.UTF-8`) best.
    pub fn from_locale(locale: &str) -> Self {
        if locale.to_ascii_lowercase().starts_with("pt") {
            Self::PtBr
        } else {
            Self::EnUs
        }
    }
}

/// How our own relay is reached.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RelaySettings {
    /// `HOST:PORT#FINGERPRINT` of the relay that was joined (its token is in the keychain); the
    /// embedded one when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub joined: Option<String>,
    /// The embedded relay listens on the local network too, not on loopback alone.
    pub lan: bool,
    /// The embedded relay's HTTP port; 0 for any free one.
    pub http_port: u16,
    /// The first and last of the embedded relay's public TCP ports; 0 to 0 for any free ones.
    pub tcp_ports: (u16, u16),
}

impl Default for RelaySettings {
    fn default() -> Self {
        Self {
            joined: None,
            lan: false,
            http_port: 7480,
            tcp_ports: (7500, 7599),
        }
    }
}

/// Durations as the file has them, in milliseconds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TimingSettings {
    /// Between two probes of a port. At least 1.
    pub probe_interval_ms: u64,
    /// When a probe is given up. At least 1.
    pub probe_timeout_ms: u64,
    /// The wait before the second attempt. At least 1, at most `backoff_cap_ms`.
    pub backoff_initial_ms: u64,
    pub backoff_cap_ms: u64,
    /// How far a wait may stray from its value either way, in per cent: 0 to 50.
    pub jitter_percent: u8,
}

impl Default for TimingSettings {
    fn default() -> Self {
        Self {
            probe_interval_ms: 30_000,
            probe_timeout_ms: 5_000,
            backoff_initial_ms: 1_000,
            backoff_cap_ms: 60_000,
            jitter_percent: 10,
        }
    }
}

/// The settings file. Unknown fields are ignored, absent ones have their defaults.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    pub theme: Theme,
    /// `None` follows the system's locale.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<Language>,
    /// Start, minimised to the tray, when the person signs in to the computer.
    pub autostart: bool,
    /// How our own relay is reached.
    pub relay: RelaySettings,
    /// Durations.
    pub timing: TimingSettings,
    /// How what is hosted is looked after; laid over the durations.
    #[serde(skip_serializing_if = "HealthSettings::is_empty")]
    pub health: HealthSettings,
    /// Which notices the desktop shows.
    pub notices: AlertSettings,
    /// What is set for each provider, by its id; and whatever a later version has written beside it,
    /// which is kept as it is.
    #[serde(flatten)]
    pub others: BTreeMap<String, Value>,
}

impl Settings {
    pub fn set(&mut self, setting: Setting) {
        match setting {
            Setting::Theme(theme) => self.theme = theme,
            Setting::Language(language) => self.language = language,
            Setting::Autostart(on) => self.autostart = on,
            Setting::Lan(on) => self.relay.lan = on,
            Setting::Notice(kind, on) => self.notices.set(kind, on),
        }
    }

    /// What is set for a provider, as far as it is text.
    pub fn options(&self, provider: ProviderId) -> ProviderOptions {
        let set = self
            .others
            .get(provider.as_str())
            .and_then(Value::as_object);
        let text =
            |(key, value): (&String, &Value)| Some((key.clone(), value.as_str()?.to_owned()));
        ProviderOptions(set.into_iter().flatten().filter_map(text).collect())
    }

    /// What holds for an option: what is set, where it can be taken.
    pub fn option(&self, provider: ProviderId, option: &OptionSpec) -> String {
        self.options(provider).get(option).to_owned()
    }

    pub fn set_option(&mut self, provider: ProviderId, key: &str, value: &str) {
        let set = self.others.entry(provider.to_string()).or_default();
        if !set.is_object() {
            *set = Value::Object(serde_json::Map::new());
        }
        set[key] = Value::from(value);
    }
}

/// One of what the person may set in the window, and to what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Setting {
    Theme(Theme),
    /// The language of all text; `None` for the system's.
    Language(Option<Language>),
    /// Whether the program starts with the person's session.
    Autostart(bool),
    /// Whether the embedded relay listens on the local network.
    Lan(bool),
    /// Whether the desktop shows notices of a kind.
    Notice(AlertKind, bool),
}

/// The durations the program runs with: checked once, when the settings are read.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Timing {
    pub probe_interval: Duration,
    pub probe_timeout: Duration,
    pub backoff_initial: Duration,
    pub backoff_cap: Duration,
    /// How far a wait may stray from its value either way, as a fraction: 0.0 to 0.5.
    pub jitter: f64,
}

/// Why the durations in a settings file cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSettings {
    #[error("{field} must be at least 1 ms")]
    TooShort { field: &'static str },
    #[error("backoff_initial_ms ({initial_ms}) must not be more than backoff_cap_ms ({cap_ms})")]
    InitialAboveCap {
        /// `backoff_initial_ms`.
        initial_ms: u64,
        /// `backoff_cap_ms`.
        cap_ms: u64,
    },
    #[error("jitter_percent ({percent}) must be from 0 to 50")]
    Jitter { percent: u8 },
}

impl TimingSettings {
    /// Checks the durations.
    ///
    /// # Errors
    /// The first field that cannot be used.
    pub fn resolve(&self) -> Result<Timing, InvalidSettings> {
        let checked = |field, millis| match millis {
            0 => Err(InvalidSettings::TooShort { field }),
            millis => Ok(Duration::from_millis(millis)),
        };
        if self.jitter_percent > 50 {
            return Err(InvalidSettings::Jitter {
                percent: self.jitter_percent,
            });
        }
        let timing = Timing {
            probe_interval: checked("probe_interval_ms", self.probe_interval_ms)?,
            probe_timeout: checked("probe_timeout_ms", self.probe_timeout_ms)?,
            backoff_initial: checked("backoff_initial_ms", self.backoff_initial_ms)?,
            backoff_cap: checked("backoff_cap_ms", self.backoff_cap_ms)?,
            jitter: f64::from(self.jitter_percent) / 100.0,
        };
        if timing.backoff_initial > timing.backoff_cap {
            return Err(InvalidSettings::InitialAboveCap {
                initial_ms: self.backoff_initial_ms,
                cap_ms: self.backoff_cap_ms,
            });
        }
        Ok(timing)
    }
}

impl Default for Timing {
    fn default() -> Self {
        let defaults = TimingSettings::default();
        Self {
            probe_interval: Duration::from_millis(defaults.probe_interval_ms),
            probe_timeout: Duration::from_millis(defaults.probe_timeout_ms),
            backoff_initial: Duration::from_millis(defaults.backoff_initial_ms),
            backoff_cap: Duration::from_millis(defaults.backoff_cap_ms),
            jitter: f64::from(defaults.jitter_percent) / 100.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_valid_and_the_same_in_both_forms() {
        assert_eq!(TimingSettings::default().resolve(), Ok(Timing::default()));
    }

    #[test]
    fn each_bad_duration_is_named() {
        let reject = |change: fn(&mut TimingSettings)| {
            let mut settings = TimingSettings::default();
            change(&mut settings);
            settings.resolve().expect_err("it is invalid").to_string()
        };
        assert!(reject(|s| s.probe_interval_ms = 0).contains("probe_interval_ms"));
        assert!(reject(|s| s.probe_timeout_ms = 0).contains("probe_timeout_ms"));
        assert!(reject(|s| s.backoff_cap_ms = 0).contains("backoff_cap_ms"));
        assert!(reject(|s| s.jitter_percent = 51).contains("51"));
        let both = reject(|s| s.backoff_initial_ms = 90_000);
        assert!(
            both.contains("backoff_initial_ms (90000)") && both.contains("backoff_cap_ms (60000)")
        );
    }

    #[test]
    fn a_file_may_lack_fields_and_have_unknown_ones() {
        let read: Settings = serde_json::from_str(
            r#"{"theme":"dark","later":1,"timing":{"probe_interval_ms":250}}"#,
        )
        .expect("it is lenient");
        assert_eq!(read.theme, Theme::Dark);
        assert_eq!(read.timing.probe_interval_ms, 250);
        assert_eq!(read.timing.probe_timeout_ms, 5_000);
        let written = serde_json::to_value(&read).expect("it is written");
        assert_eq!(
            written["later"], 1,
            "what a later version keeps there stays"
        );
    }

    #[test]
    fn what_is_set_for_a_provider_is_read_by_its_id_as_ever() {
        let old = r#"{"acme":{"offer":"v1","identity":"github","later":1}}"#;
        let mut read: Settings = serde_json::from_str(old).expect("it is lenient");
        let acme: ProviderId = "acme".parse().expect("an id");
        let kind = crate::model::OptionKind::Choice(&[("both", ""), ("v1", "")]);
        let offer = OptionSpec {
            default: "both",
            ..OptionSpec::new("offer", "", kind)
        };
        assert_eq!(read.option(acme, &offer), "v1");
        read.set_option(acme, "offer", "nonsense");
        assert_eq!(read.option(acme, &offer), "both", "it is not to be had");
        assert_eq!(read.options(acme).text("identity"), Some("github"));
        assert_eq!(read.option(ProviderId::RELAY, &offer), "both");
        assert_eq!(read.others["acme"]["later"], 1);
    }
}
