//! What the arguments of several commands are read with.

use crate::model::{Catalog, InvalidProvider, Offers, Protocol, ProviderId};
use crate::provider::registry;
use clap::builder::{PossibleValue, StringValueParser, TypedValueParser};
use clap::error::ErrorKind;
use std::ffi::OsStr;

/// Reads a word that must not be quoted where it is wrong, as it may hold a secret: the error says the
/// whole of what is wrong.
#[derive(Clone)]
pub(super) struct Unquoted<T>(pub(super) fn(&str) -> Result<T, String>);

impl<T: Clone + Send + Sync + 'static> TypedValueParser for Unquoted<T> {
    type Value = T;

    fn parse_ref(
        &self,
        command: &clap::Command,
        _: Option<&clap::Arg>,
        word: &OsStr,
    ) -> Result<T, clap::Error> {
        let read = match word.to_str() {
            Some(word) => (self.0)(word),
            None => Err("what was typed is not UTF-8".to_owned()),
        };
        let kind = ErrorKind::ValueValidation;
        read.map_err(|wrong| command.clone().error(kind, wrong))
    }
}

/// Reads one of some words as the word itself is read, and tells completions which there are.
#[derive(Clone)]
pub(super) struct OneOf<T> {
    words: fn() -> Vec<&'static str>,
    read: fn(&str) -> Result<T, String>,
}

/// A protocol.
pub(super) fn protocol() -> OneOf<Protocol> {
    OneOf {
        words: || Protocol::ALL.map(Protocol::as_str).into(),
        read: str::parse,
    }
}

/// A provider of this build.
pub(super) fn provider() -> OneOf<ProviderId> {
    OneOf {
        words: || {
            registry::catalog()
                .iter()
                .map(|offers| offers.id.as_str())
                .collect()
        },
        read: |word| {
            word.parse()
                .map_err(|wrong: InvalidProvider| wrong.to_string())
        },
    }
}

impl<T: Clone + Send + Sync + 'static> TypedValueParser for OneOf<T> {
    type Value = T;

    fn parse_ref(
        &self,
        command: &clap::Command,
        arg: Option<&clap::Arg>,
        word: &OsStr,
    ) -> Result<T, clap::Error> {
        let read = self.read;
        let parser = StringValueParser::new().try_map(move |word: String| read(&word));
        parser.parse_ref(command, arg, word)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        let words = (self.words)().into_iter();
        Some(Box::new(words.map(PossibleValue::new)))
    }
}

/// The provider, or which there are.
pub(super) fn find(providers: &Catalog, id: ProviderId) -> Result<&'static Offers, String> {
    providers.find(id).ok_or_else(|| {
        let there = list(providers.iter().map(|offers| offers.id.as_str()));
        format!(
            "unknown provider {:?} (this build has {there})",
            id.as_str()
        )
    })
}

/// One after the other.
pub(super) fn list<'w>(words: impl Iterator<Item = &'w str>) -> String {
    words.collect::<Vec<_>>().join(", ")
}
