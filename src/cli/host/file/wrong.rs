//! What can be wrong with the file of `host --file`, and the words for it. It knows no file, only what was
//! found and on which line.

use crate::cli::RELAY_VARIABLE;
use crate::cli::parse::list;
use crate::model::ProviderId;
use crate::view::{Msg, messages as m};

/// What is wrong, from this line on.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Wrong {
    pub(super) line: usize,
    pub(super) fault: Fault,
}

/// Where a key stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Above the first tunnel.
    Whole,
    Tunnel,
}

/// What is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    NotUtf8,
    /// It has more bytes than are read.
    TooLarge,
    /// It has more values than are kept.
    TooMuch,
    Syntax,
    NoTunnel,
    NoTable,
    JoinLink,
    NoRelay,
    /// The relay is for a reach that needs none.
    RelayBesideReach,
    /// A key that would hold a secret.
    SecretKey(String),
    /// The secret of an option.
    SecretValue(String),
    /// A key that stands above the first tunnel.
    OfWhole(String),
    /// A key that stands in a tunnel.
    OfTunnel(String),
    Unknown {
        place: Place,
        key: String,
        keys: &'static [&'static str],
    },
    UnknownMeant {
        place: Place,
        key: String,
        meant: &'static str,
    },
    NotOneValue(String),
    NotSwitch(String),
    NotTable(String),
    NotTarget(&'static str),
    /// A saved tunnel stands there.
    Saved(&'static str),
    Empty(&'static str),
    /// This key, beside another that says the same.
    Beside(&'static str),
    SameName {
        id: String,
        before: usize,
    },
    /// An option of a provider, which another tunnel has otherwise.
    Differs {
        key: String,
        provider: ProviderId,
        before: usize,
    },
    /// A value, in the words of what reads it.
    Value {
        key: String,
        detail: String,
    },
    /// The same, of all of a tunnel.
    Said(String),
}

impl Fault {
    /// On this line.
    pub(super) fn at(self, line: usize) -> Wrong {
        Wrong { line, fault: self }
    }

    /// What is wrong, and what to write instead.
    pub(super) fn msg(&self) -> Msg {
        match self {
            Self::NotUtf8 => m::cli_file_not_utf8(),
            Self::TooLarge => m::cli_file_too_large(),
            Self::TooMuch => m::cli_file_too_much(),
            Self::Syntax => m::cli_file_syntax(),
            Self::NoTunnel => m::cli_file_no_tunnel(),
            Self::NoTable => m::cli_file_no_table(),
            Self::JoinLink => m::cli_file_join_link(RELAY_VARIABLE),
            Self::NoRelay => m::cli_file_relay_takes(),
            Self::RelayBesideReach => m::cli_file_relay_beside_reach(),
            Self::SecretKey(key) => m::cli_file_secret_key(key),
            Self::SecretValue(key) => m::cli_file_secret_value(key),
            Self::OfWhole(key) => m::cli_file_of_whole(key),
            Self::OfTunnel(key) => m::cli_file_of_tunnel(key),
            Self::Unknown { place, key, keys } => {
                let keys = list(keys.iter().copied());
                match place {
                    Place::Whole => m::cli_file_unknown(key, keys),
                    Place::Tunnel => m::cli_file_unknown_of_tunnel(key, keys),
                }
            }
            Self::UnknownMeant { place, key, meant } => match place {
                Place::Whole => m::cli_file_unknown_meant(key, *meant),
                Place::Tunnel => m::cli_file_unknown_meant_of_tunnel(key, *meant),
            },
            Self::NotOneValue(key) => m::cli_file_one_value(key),
            Self::NotSwitch(key) => m::cli_file_switch(key),
            Self::NotTable(key) => m::cli_file_takes_table(key),
            Self::NotTarget(key) => m::cli_file_target(*key),
            Self::Saved(key) => m::cli_file_saved(*key),
            Self::Empty(key) => m::cli_file_empty(*key),
            Self::Beside(key) => m::cli_file_beside(*key),
            Self::SameName { id, before } => m::cli_file_same_name(before.to_string(), id),
            Self::Differs {
                key,
                provider,
                before,
            } => m::cli_file_differs(before.to_string(), key, provider.as_str()),
            Self::Value { key, detail } => m::cli_failed(detail, key),
            Self::Said(detail) => m::doctor_found(detail),
        }
    }
}
