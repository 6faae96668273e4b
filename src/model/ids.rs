//! Identities as types of their own, so that a port is never mistaken for a count.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::num::NonZeroU16;
use std::str::FromStr;

/// A tunnel's id: a DNS label (`a-z`, `0-9`, inner `-`), so that it can stand in a public host name,
/// or several with dots between them (`web.usw2`: what providers call theirs). 1 to 63 bytes
/// without a dot (RFC 1035), 80 with one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TunnelId(String);

impl TunnelId {
    /// The longest id without dots, in bytes: what a label of a host name may have.
    pub const MAX_LEN: usize = 63;

    /// The longest id that a name becomes, in bytes: there is room for `-PORT` behind it.
    const MAX_OF_NAME: usize = Self::MAX_LEN - "-65535".len();

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
    pub fn from_name(name: &str) -> Option<Self> {
        Self::new(cut(&slug(name), Self::MAX_OF_NAME)).ok()
    }

    /// This id with `suffix` behind it, which is made of what an id may hold.
    pub fn with_suffix(&self, suffix: &str) -> Option<Self> {
        let stem = cut(&self.0, Self::MAX_LEN.checked_sub(suffix.len())?);
        Self::new(format!("{stem}{suffix}")).ok()
    }

    /// What a provider whose ids have dots is asked for as the id of a tunnel of this name: the part
    /// before the dot, which the provider puts its own behind. Whoever looks for the tunnel of a name
    /// compares this with [`Self::stem`]. `None` as in [`Self::from_name`].
    pub fn stem_of(name: &str) -> Option<String> {
        let mut stem = slug(name);
        stem.truncate(Self::MAX_STEM);
        stem.truncate(stem.trim_end_matches('-').len());
        Some(stem).filter(|stem| !stem.is_empty())
    }

    /// The part before the first dot; the whole where there is none.
    pub fn stem(&self) -> &str {
        self.0.split('.').next().unwrap_or(&self.0)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A label of whatever length, or nothing.
fn slug(name: &str) -> String {
    let ascii = deunicode::deunicode(name).to_ascii_lowercase();
    let mut label = String::new();
    for c in ascii.chars() {
        match c {
            'a'..='z' | '0'..='9' => label.push(c),
            _ if !label.is_empty() && !label.ends_with('-') => label.push('-'),
            _ => {}
        }
    }
    label.truncate(label.trim_end_matches('-').len());
    label
}

/// The text itself where it is no longer than `room`, else its beginning and a digest of all of it: two
/// that begin alike stay two.
fn cut(text: &str, room: usize) -> String {
    if text.len() <= room {
        return text.to_owned();
    }
    let digest = format!("-{:08x}", digest(text));
    let stem = &text[..room.saturating_sub(digest.len())];
    format!("{}{digest}", stem.trim_end_matches('-'))
}

/// FNV-1a, folded: the same on every computer and in every version. Nobody is kept from finding two texts
/// with one digest, who would only collide with themselves.
fn digest(text: &str) -> u32 {
    let fold = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325, fold);
    let [high, low] = [hash >> 32, hash & 0xffff_ffff];
    u32::try_from(high ^ low).unwrap_or_default()
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
        Self::new(text).map_err(|text| format!("{text:?} isn't a tunnel id"))
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
    pub const fn new(number: u16) -> Option<Self> {
        match NonZeroU16::new(number) {
            Some(number) => Some(Self(number)),
            None => None,
        }
    }

    /// The port as the system's calls want it.
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
    pub tunnel: TunnelId,
    pub port: PortNumber,
}

impl PortKey {
    /// Names `port` of `tunnel`.
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
    fn what_is_cut_off_still_tells_two_names_apart() {
        let id = |name: &str| TunnelId::from_name(name).expect("a name");
        let long = "a-very-long-name-of-a-review-application-for-a-branch-called-";
        let (one, two) = (id(&format!("{long}one")), id(&format!("{long}two")));
        assert_ne!(one, two);
        assert_eq!(one, id(&format!("{long}one")), "each stays as it is");
        let whole = "x".repeat(57);
        assert_eq!(id(&whole).as_str(), whole);
        assert!(one.as_str().len() <= 57);
        let (a, b) = (one.with_suffix("-65535"), two.with_suffix("-65535"));
        assert_eq!(a.expect("there is room").as_str(), format!("{one}-65535"));
        let longest = TunnelId::new("y".repeat(63)).expect("a label");
        let other = TunnelId::new(format!("{}z", "y".repeat(62))).expect("a label");
        let suffixed = [longest, other].map(|id| id.with_suffix("-80").expect("it is cut"));
        assert!(suffixed[0] != suffixed[1] && b.is_some());
        assert!(suffixed.iter().all(|id| id.as_str().ends_with("-80")));
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
        let long = "a".repeat(64);
        assert!(label(&long[1..]));
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
        fn any_suffix_leaves_room_for_itself(stem in "[a-z0-9-]{1,63}", suffix in "-[0-9]{1,5}") {
            if let Ok(id) = TunnelId::new(stem) {
                let longer = id.with_suffix(&suffix).expect("there is room");
                prop_assert!(longer.as_str().ends_with(&suffix));
            }
        }

        #[test]
        fn any_name_gives_a_valid_id_or_none(name in ".*") {
            if let Some(id) = TunnelId::from_name(&name) {
                prop_assert_eq!(TunnelId::new(id.as_str()), Ok(id.clone()));
            }
        }
    }
}
