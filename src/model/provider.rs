//! Who carries a tunnel, and what is to be known of a provider to decide by it: open ids and plain
//! data, so that nobody outside a provider's own room has to know its name.

use super::{
    ConfigFormat, OptionScope, OptionSpec, OwnDialect, ProbeDialect, Protocol, ProviderOptions,
    ReachBy,
};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// The longest id of a provider, in bytes.
const LONGEST: usize = 23;

/// The name of a provider in files, on the command line and in the audit log: `a-z`, `0-9` and `-`,
/// 1 to 23 bytes, a letter first. It is open: a tunnel of a provider that this build lacks keeps its
/// own.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProviderId {
    /// Zeros behind the text.
    text: [u8; LONGEST],
}

/// What is typed or written is no provider's id.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{typed:?} can't be a provider: use letters, digits and -, at most 23")]
pub struct InvalidProvider {
    typed: String,
}

impl ProviderId {
    /// Our own relay: the embedded one, or the one that was joined.
    pub const RELAY: Self = Self::literal("relay");

    /// The id of a provider that is built in.
    ///
    /// # Panics
    /// When it is none: at build, where it is used for a constant.
    pub const fn literal(id: &str) -> Self {
        match Self::read(id) {
            Some(id) => id,
            None => panic!("no provider can have this id"),
        }
    }

    const fn read(id: &str) -> Option<Self> {
        let from = id.as_bytes();
        if from.is_empty() || from.len() > LONGEST || !from[0].is_ascii_lowercase() {
            return None;
        }
        let mut text = [0; LONGEST];
        let mut at = 0;
        while at < from.len() {
            match from[at] {
                byte @ (b'a'..=b'z' | b'0'..=b'9' | b'-') => text[at] = byte,
                _ => return None,
            }
            at += 1;
        }
        Some(Self { text })
    }

    /// As it is written.
    pub fn as_str(&self) -> &str {
        let end = self.text.iter().position(|byte| *byte == 0);
        // It is ASCII: nothing else is ever put into it.
        std::str::from_utf8(&self.text[..end.unwrap_or(LONGEST)]).unwrap_or_default()
    }
}

impl Default for ProviderId {
    fn default() -> Self {
        Self::RELAY
    }
}

impl FromStr for ProviderId {
    type Err = InvalidProvider;
    fn from_str(typed: &str) -> Result<Self, InvalidProvider> {
        let refused = || InvalidProvider {
            typed: typed.to_owned(),
        };
        Self::read(typed).ok_or_else(refused)
    }
}

impl fmt::Display for ProviderId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for ProviderId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.as_str())
    }
}

impl Serialize for ProviderId {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for ProviderId {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// One identity at one provider. A person may have several at each, by names of their own.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct AccountId {
    pub provider: ProviderId,
    /// What the person calls it; empty for the only one.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
}

impl AccountId {
    /// The longest name, in bytes.
    const LONGEST: usize = 64;

    /// Whether an account can be called so: 1 to 64 letters, digits, `-`, `_` and `.`.
    pub fn is_name(name: &str) -> bool {
        let taken = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        (1..=Self::LONGEST).contains(&name.len()) && name.bytes().all(taken)
    }

    /// The name under which its token is kept.
    pub fn secret_name(&self) -> String {
        format!("token/{}/{}", self.provider, self.name)
    }

    /// The account at a provider that has no name.
    pub const fn only(provider: ProviderId) -> Self {
        Self {
            provider,
            name: String::new(),
        }
    }
}

/// Where a provider's tunnels are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Inventory {
    /// In a file of this computer: they are what the person made here.
    Here,
    /// At the provider, in an account: it names them, counts who hosts them, and changes are asked of it.
    AtProvider,
}

/// A program that must be there before anything works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Program {
    pub name: &'static str,
    /// The command that installs it on this kind of computer.
    pub install_command: &'static str,
    /// The command that signs a person in with it; empty where nobody has to.
    pub sign_in_command: &'static str,
    /// The page that says how else.
    pub install_page: &'static str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignInWay {
    /// Its name in files, in `a-z` and `-`.
    pub key: &'static str,
    /// Who signs the person in, as they call themselves.
    pub name: &'static str,
}

/// A secret that stands for a person at a provider, as an access token does.
#[derive(Clone, Copy, Debug)]
pub struct TokenSpec {
    /// The environment variable that the provider's own programs read it from.
    pub variable: &'static str,
    /// The page where a person finds it.
    pub page: &'static str,
    pub takes: fn(&str) -> bool,
}

/// How long a URL that somebody without an account is given stays the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UrlLasts {
    /// Each start gives another one.
    Run,
    /// It is changed after some hours.
    Hours,
    /// Each start gives another one; after a drop of the link the same one is asked for.
    Asked,
}

/// The way through a provider for somebody who has no account there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WithoutAccount {
    /// Its place in the order in which ways are tried, the first is 1; `docs/sharing.md` has the
    /// reasons.
    pub rank: u8,
    /// What one calls it.
    pub name: &'static str,
    /// What a port may speak there.
    pub protocols: &'static [Protocol],
    /// The options by which it is had.
    pub options: &'static [(&'static str, &'static str)],
    pub url_lasts: UrlLasts,
}

/// What a provider carries and can do, and what it needs: plain data that everybody decides by.
#[derive(Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a fact of its own, which another provider may have without the others"
)]
pub struct Offers {
    pub id: ProviderId,
    /// What it is called, in every language. Empty for our own relay, which has a word of its own.
    pub name: &'static str,
    /// What a port may speak.
    pub protocols: &'static [Protocol],
    /// Where its tunnels are listed.
    pub inventory: Inventory,
    /// What must be installed first.
    pub program: Option<Program>,
    /// How one signs in; none where nobody has to.
    pub sign_in: &'static [SignInWay],
    /// The token that an account needs to be kept here; none where there is none.
    pub token: Option<TokenSpec>,
    /// A person may say who can visit.
    pub access: bool,
    /// A tunnel ends by itself, and its life can be prolonged.
    pub renewal: bool,
    /// A port that is to speak something else is deleted and made anew: its URL may change.
    pub protocol_is_fixed: bool,
    /// A person may say which relay of this kind carries the tunnel.
    pub joins: bool,
    /// A port's service can be asked by another name, and told of its visitors by the PROXY protocol.
    pub port_options: bool,
    /// What goes between this computer and the provider is encrypted. What goes between visitors and
    /// the provider, the URL tells.
    pub encrypted: bool,
    /// What tells who can open its URLs.
    pub reach: ReachBy,
    /// It gives URLs that anybody on the internet can open to somebody without an account.
    pub without_account: Option<WithoutAccount>,
    /// How its URLs are asked.
    pub probe: &'static dyn ProbeDialect,
    /// A tunnel can be made, hosted and deleted to see whether that works.
    pub trial: bool,
    /// Somebody else serves its URLs, which are watched and never hosted: the key of the option that
    /// says which URL that is.
    pub watches: Option<&'static str>,
    /// The key of the option that lists the servers' keys which a person has accepted, `HOST:PORT` and
    /// the fingerprint each, with commas between.
    pub accepts: Option<&'static str>,
    /// What may be set for it.
    pub options: &'static [OptionSpec],
    /// The configuration files of other programs whose tunnels it can carry.
    pub imports: &'static [ConfigFormat],
}

/// Each provider has one, and an id of its own.
impl PartialEq for Offers {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl Eq for Offers {}

impl Offers {
    /// The key under which the last way to sign in is kept.
    pub const LAST_WAY: &'static str = "identity";

    /// Our own relay.
    pub const RELAY: Self = Self {
        id: ProviderId::RELAY,
        name: "",
        protocols: &Protocol::ALL,
        inventory: Inventory::Here,
        program: None,
        sign_in: &[],
        token: None,
        access: false,
        renewal: false,
        protocol_is_fixed: false,
        joins: true,
        port_options: true,
        encrypted: true,
        reach: ReachBy::Relay,
        without_account: None,
        probe: &OwnDialect,
        trial: false,
        watches: None,
        accepts: None,
        options: &[],
        imports: &[],
    };

    /// Whether its tunnels are in an account at the provider.
    pub const fn is_remote(&self) -> bool {
        matches!(self.inventory, Inventory::AtProvider)
    }

    /// Whether anybody has an account there.
    pub const fn has_accounts(&self) -> bool {
        self.is_remote() || self.token.is_some()
    }

    pub fn option(&self, key: &str) -> Option<&'static OptionSpec> {
        self.options.iter().find(|option| option.key == key)
    }

    /// What can be set of this scope.
    pub fn options_of(&self, scope: OptionScope) -> impl Iterator<Item = &'static OptionSpec> {
        let options = self.options.iter();
        options.filter(move |option| option.scope == scope)
    }

    /// The way to sign in that was taken last, else the first there is.
    pub fn last_way(&self, options: &ProviderOptions) -> Option<&'static SignInWay> {
        let last = options.text(Self::LAST_WAY);
        let ways = self.sign_in.iter();
        let taken = ways.clone().find(|way| Some(way.key) == last);
        taken.or_else(|| self.sign_in.first())
    }

    pub fn carries(&self, protocol: Protocol) -> bool {
        self.protocols.contains(&protocol)
    }
}

/// What stands for a provider that this build lacks: its tunnels are kept and shown as they are.
static ABSENT: Offers = Offers {
    protocols: &[],
    joins: false,
    port_options: false,
    reach: ReachBy::Url,
    ..Offers::RELAY
};

static RELAY: Offers = Offers::RELAY;

/// The providers of this build, in the order a person picks from. Cheap to clone.
#[derive(Clone, Debug, PartialEq)]
pub struct Catalog(Arc<[&'static Offers]>);

impl Default for Catalog {
    fn default() -> Self {
        Self::new([&RELAY])
    }
}

impl Catalog {
    /// These, each with an id of its own.
    pub fn new(offers: impl IntoIterator<Item = &'static Offers>) -> Self {
        Self(offers.into_iter().collect())
    }

    /// What is offered by the provider of this id; nothing, by one that is not there.
    pub fn of(&self, id: ProviderId) -> &'static Offers {
        self.find(id).unwrap_or(&ABSENT)
    }

    /// The same, for whoever must know whether it is there.
    pub fn find(&self, id: ProviderId) -> Option<&'static Offers> {
        self.iter().find(|offers| offers.id == id)
    }

    pub fn iter(&self) -> impl Iterator<Item = &'static Offers> {
        self.0.iter().copied()
    }

    /// The ways for somebody without an account, in the order in which they are tried.
    pub fn without_account(&self) -> Vec<(&'static Offers, WithoutAccount)> {
        let ways = self.iter();
        let mut ways: Vec<_> = ways
            .filter_map(|offers| Some((offers, offers.without_account?)))
            .collect();
        ways.sort_by_key(|(_, way)| way.rank);
        ways
    }

    /// Those that keep their tunnels in an account.
    pub fn remote(&self) -> impl Iterator<Item = &'static Offers> {
        self.iter().filter(|offers| offers.is_remote())
    }
}

#[cfg(test)]
#[path = "provider_tests.rs"]
mod tests;
