//! Identities as types of their own, so that a port is never mistaken for a count.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::num::NonZeroU16;
use std::str::FromStr;

/// A tunnel's id: a DNS label (`a-z`, `0-9`, inner `-`), so that it can stand in a public host name,
/// or several with dots between them (`web.usw2`: what Dev Tunnels calls its own). 1 to 40 bytes
/// without a dot, 80 with one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TunnelId(String);

impl TunnelId {
    /// The longest id in bytes. A label may have 63; the rest is room for `-PORT` behind it.
    pub const MAX_LEN: usize = 40;

    /// The longest id with dots, in bytes: a name of 60, a dot, and a cluster.
    pub const MAX_DOTTED: usize = 80;

    /// The longest part before the first of those dots, in bytes.
    pub const MAX_STEM: usize = 60;

    /// Takes `text` as an id when it already is a valid label, or several with dots between them.
    ///
    /// # Errors
    /// The text itself, when it is empty, too long or holds anything but `a-z`, `0-9` and inner `-`.
    pub fn new(text: impl Into<String>) -> Result<Self, String> {
        let text = text.into();
        let valid = if text.contains('.') {
            text.len() <= Self::MAX_DOTTED && text.split('.').all(is_label)
        } else {
            text.len() <= Self::MAX_LEN && is_label(&text)
        };
        if valid { Ok(Self(text)) } else { Err(text) }
    }

    /// Takes `text` as an id when it is one label: what our own relay puts into host names.
    ///
    /// # Errors
    /// The text itself, when [`Self::new`] would not have it, or it has a dot.
    pub fn label(text: impl Into<String>) -> Result<Self, String> {
        let text = text.into();
        if text.contains('.') {
            return Err(text);
        }
        Self::new(text)
    }

    /// Makes an id of whatever the person called the tunnel: `Mein Büro` becomes `mein-buro`.
    /// `None` when nothing is left that a host name may hold.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::new(slug(name, Self::MAX_LEN)).ok()
    }

    /// What a provider whose ids have dots is asked for as the id of a tunnel of this name: the part
    /// before the dot, which the provider puts its own behind. Whoever looks for the tunnel of a name
    /// compares this with [`Self::stem`]. `None` as in [`Self::from_name`].
    #[must_use]
    pub fn stem_of(name: &str) -> Option<String> {
        Some(slug(name, Self::MAX_STEM)).filter(|stem| !stem.is_empty())
    }

    /// The part before the first dot; the whole where there is none.
    #[must_use]
    pub fn stem(&self) -> &str {
        self.0.split('.').next().unwrap_or(&self.0)
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A label of at most so many bytes, or nothing.
fn slug(name: &str, longest: usize) -> String {
    let ascii = deunicode::deunicode(name).to_ascii_lowercase();
    let mut label = String::new();
    for c in ascii.chars() {
        match c {
            'a'..='z' | '0'..='9' => label.push(c),
            _ if !label.is_empty() && !label.ends_with('-') => label.push('-'),
            _ => {}
        }
    }
    label.truncate(longest);
    label.truncate(label.trim_end_matches('-').len());
    label
}

fn is_label(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && !text.starts_with('-')
        && !text.ends_with('-')
}

impl TryFrom<String> for TunnelId {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        Self::new(text).map_err(|text| format!("{text:?} is no tunnel id"))
    }
}

impl From<TunnelId> for String {
    fn from(id: TunnelId) -> Self {
        id.0
    }
}

impl fmt::Display for TunnelId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A TCP port, 1 to 65535.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PortNumber(NonZeroU16);

/// What was given is not a port.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a port: a port is a number from 1 to 65535")]
pub struct InvalidPort(pub String);

impl PortNumber {
    /// `None` for 0, which means "any free port" to the system and nothing to us.
    #[must_use]
    pub const fn new(number: u16) -> Option<Self> {
        match NonZeroU16::new(number) {
            Some(number) => Some(Self(number)),
            None => None,
        }
    }

    /// The port as the system's calls want it.
    #[must_use]
    pub const fn get(self) -> u16 {
        self.0.get()
    }
}

impl FromStr for PortNumber {
    type Err = InvalidPort;
    fn from_str(text: &str) -> Result<Self, InvalidPort> {
        let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        digits
            .then(|| text.parse().ok())
            .flatten()
            .and_then(Self::new)
            .ok_or_else(|| InvalidPort(text.to_owned()))
    }
}

impl fmt::Display for PortNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// One port of one tunnel: what a row of the window stands for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PortKey {
    /// The tunnel.
    pub tunnel: TunnelId,
    /// The local port in it.
    pub port: PortNumber,
}

impl PortKey {
    /// Names `port` of `tunnel`.
    #[must_use]
    pub fn new(tunnel: &TunnelId, port: PortNumber) -> Self {
        Self {
            tunnel: tunnel.clone(),
            port,
        }
    }
}

/// Pairs an audited *up* with its *down*.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RunId(pub String);

/// Counts an engine's sessions from 1. A probe carries the number it began under, so that one which
/// began before the current session can be told apart.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct SessionNumber(pub u64);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_become_labels() {
        let id = |name| TunnelId::from_name(name).map(String::from);
        assert_eq!(id("Mein Büro"), Some("mein-buro".to_owned()));
        assert_eq!(id("  --a  b--"), Some("a-b".to_owned()));
        assert_eq!(id("…"), None);
        assert_eq!(id(""), None);
    }

    #[test]
    fn what_is_asked_for_is_what_is_looked_for() {
        for name in [
            "dot.ted",
            "Mein Büro",
            "a".repeat(55).as_str(),
            "b-".repeat(40).as_str(),
            "web",
        ] {
            let asked = TunnelId::stem_of(name).expect("there is something in it");
            assert!(asked.len() <= TunnelId::MAX_STEM, "{asked}");
            // As the provider names it, and as somebody reads that off its list.
            let id = TunnelId::new(format!("{asked}.usw2")).expect("an id");
            assert_eq!(id.stem(), asked);
            assert_eq!(TunnelId::stem_of(&asked).as_deref(), Some(id.stem()));
        }
        assert_eq!(TunnelId::stem_of("dot.ted").as_deref(), Some("dot-ted"));
        assert_eq!(
            TunnelId::stem_of("a".repeat(55).as_str()).map(|s| s.len()),
            Some(55)
        );
        assert_eq!(TunnelId::stem_of("…"), None);
    }

    #[test]
    fn an_id_may_have_dots_and_a_label_may_not() {
        let id = |text: &str| TunnelId::new(text).is_ok();
        let label = |text: &str| TunnelId::label(text).is_ok();
        assert!(id("web.usw2") && !label("web.usw2"));
        assert!(id("web") && label("web"));
        let long = "a".repeat(41);
        assert!(!id(&long) && id(&format!("{long}.usw2")));
        for bad in ["", ".", "web.", ".usw2", "a..b", "a-.b", "A.b"] {
            assert!(!id(bad) && !label(bad), "{bad}");
        }
        assert!(!id(&format!("{}.b", "a".repeat(79))));
    }

    #[test]
    fn ports_are_digits_from_1_to_65535() {
        for bad in ["", "0", "70000", "abc", "+80", " 80", "80 ", "-1", "8e1"] {
            assert_eq!(bad.parse::<PortNumber>(), Err(InvalidPort(bad.to_owned())));
        }
        assert_eq!(
            "65535".parse::<PortNumber>().map(PortNumber::get),
            Ok(65535)
        );
    }

    proptest! {
        #[test]
        fn any_name_gives_a_valid_id_or_none(name in ".*") {
            if let Some(id) = TunnelId::from_name(&name) {
                prop_assert_eq!(TunnelId::new(id.as_str()), Ok(id.clone()));
            }
        }
    }
}
