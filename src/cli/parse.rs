//! What the arguments of several commands are read with.

use crate::model::{Catalog, Offers, ProviderId};
use clap::builder::TypedValueParser;
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
