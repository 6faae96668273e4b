//! What can be chosen at a provider: plain specifications, of which every place is made that shows or
//! takes an option, and what was chosen.

use super::{HealthOverrides, TunnelId};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The longest value of an option, in bytes.
const LONGEST: usize = 4_096;

/// An option of a provider.
#[derive(Clone, Copy, Debug)]
pub struct OptionSpec {
    /// Its name in files and for `--set`.
    pub key: &'static str,
    /// The text that says what it is, by its key in `i18n`.
    pub label: &'static str,
    pub kind: OptionKind,
    /// What holds while nobody has said anything.
    pub default: &'static str,
    pub scope: OptionScope,
    /// Nothing works without it.
    pub required: bool,
    /// Few need it: it is shown once it is asked for.
    pub advanced: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OptionScope {
    /// All tunnels of the provider: it is among the settings.
    Provider,
    Tunnel,
}

/// What an option takes.
#[derive(Clone, Copy, Debug)]
pub enum OptionKind {
    /// One of these, each with the key of the text that names it.
    Choice(&'static [(&'static str, &'static str)]),
    /// `on` or `off`.
    Switch,
    Number {
        min: u64,
        max: u64,
    },
    Text(TextSpec),
    /// Text that nobody may see: it is kept in the keychain, and is in no argument, log or file beside
    /// that.
    Secret(TextSpec),
    /// The path of a file, which is read when the tunnel is hosted.
    File,
}

/// What text an option takes.
#[derive(Clone, Copy, Debug)]
pub struct TextSpec {
    /// One that it takes, to be shown where something else was typed.
    pub example: &'static str,
    pub takes: fn(&str) -> bool,
}

impl OptionSpec {
    /// An option of its provider's that one can leave as it is.
    pub const fn new(key: &'static str, label: &'static str, kind: OptionKind) -> Self {
        Self {
            key,
            label,
            kind,
            default: match kind {
                OptionKind::Switch => "off",
                _ => "",
            },
            scope: OptionScope::Provider,
            required: false,
            advanced: false,
        }
    }

    /// The same, where few need it.
    #[must_use]
    pub const fn advanced(self) -> Self {
        Self {
            advanced: true,
            ..self
        }
    }

    /// The same, of each tunnel.
    #[must_use]
    pub const fn of_tunnel(self) -> Self {
        Self {
            scope: OptionScope::Tunnel,
            ..self
        }
    }

    /// Whether `value` can be taken.
    pub fn takes(&self, value: &str) -> bool {
        if value.len() > LONGEST || value.contains('\0') {
            return false;
        }
        match self.kind {
            OptionKind::Choice(values) => values.iter().any(|(taken, _)| *taken == value),
            OptionKind::Switch => matches!(value, "on" | "off"),
            OptionKind::Number { min, max } => value
                .parse()
                .is_ok_and(|number: u64| (min..=max).contains(&number)),
            OptionKind::Text(text) | OptionKind::Secret(text) => (text.takes)(value),
            OptionKind::File => !value.is_empty(),
        }
    }

    /// What it takes, in words that are the same in every language: values, a range, an example.
    pub fn values(&self) -> String {
        match self.kind {
            OptionKind::Choice(values) => {
                let values: Vec<&str> = values.iter().map(|(value, _)| *value).collect();
                values.join(", ")
            }
            OptionKind::Switch => "on, off".to_owned(),
            OptionKind::Number { min, max } => format!("{min}-{max}"),
            OptionKind::Text(text) | OptionKind::Secret(text) => text.example.to_owned(),
            OptionKind::File => "FILE".to_owned(),
        }
    }

    /// Whether what is chosen is kept where nobody sees it.
    pub const fn is_secret(&self) -> bool {
        matches!(self.kind, OptionKind::Secret(_))
    }
}

/// What is set for a provider: text by the keys of its options.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProviderOptions(pub BTreeMap<String, String>);

impl ProviderOptions {
    /// What holds for an option: what is set, where it can be taken.
    pub fn get<'o>(&'o self, option: &'o OptionSpec) -> &'o str {
        let set = self.text(option.key);
        set.filter(|set| option.takes(set))
            .unwrap_or(option.default)
    }

    pub fn text(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(String::as_str)
    }

    /// These, and for one tunnel what was chosen for it.
    #[must_use]
    pub fn with(mut self, chosen: &Chosen) -> Self {
        let options = chosen.options.iter();
        self.0
            .extend(options.map(|(key, value)| (key.clone(), value.clone())));
        self
    }
}

/// What was chosen for one tunnel at its provider.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Chosen {
    /// The name of the account that carries it; empty for the one without a name.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub account: String,
    /// The options that differ from what holds for the provider, by their keys.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub options: BTreeMap<String, String>,
    /// The keys of those that are secret: nothing is hosted without what the keychain has of them.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub secrets: BTreeSet<String>,
    /// How it is looked after, where that is set for itself.
    #[serde(skip_serializing_if = "HealthOverrides::is_empty")]
    pub health: HealthOverrides,
}

impl Chosen {
    /// Under this key a form says which account it is to be.
    pub const ACCOUNT: &'static str = "account";

    /// The name under which what is secret of a tunnel is kept.
    pub fn secret_name(tunnel: &TunnelId, key: &str) -> String {
        format!("option/{tunnel}/{key}")
    }

    /// Nothing was.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: TextSpec = TextSpec {
        example: "a.example",
        takes: |text| text.contains('.'),
    };

    #[test]
    fn each_kind_takes_what_it_is_for_and_nothing_that_is_too_long() {
        let long = format!("a.{}", "x".repeat(LONGEST));
        for (kind, good, bad) in [
            (OptionKind::Choice(&[("a", "key")]), "a", "b"),
            (OptionKind::Switch, "on", "yes"),
            (OptionKind::Number { min: 3, max: 7 }, "7", "8"),
            (OptionKind::Number { min: 3, max: 7 }, "3", "-3"),
            (OptionKind::Text(TEXT), "a.b", "ab"),
            (OptionKind::Text(TEXT), "a.b", long.as_str()),
            (OptionKind::Secret(TEXT), "a.b", "a.b\0"),
            (OptionKind::File, "/a/b", ""),
        ] {
            let option = OptionSpec::new("key", "label", kind);
            assert!(option.takes(good), "{kind:?} {good}");
            assert!(!option.takes(bad), "{kind:?} {bad:?}");
            assert!(!option.values().is_empty());
            assert_eq!(option.is_secret(), matches!(kind, OptionKind::Secret(_)));
        }
    }

    #[test]
    fn what_is_chosen_for_a_tunnel_counts_more_than_what_is_set_for_all() {
        let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        let all = ProviderOptions([pair("a", "1"), pair("b", "2")].into());
        let chosen = Chosen {
            options: [pair("b", "3")].into(),
            ..Chosen::default()
        };
        let both = all.with(&chosen);
        assert_eq!((both.text("a"), both.text("b")), (Some("1"), Some("3")));
    }

    #[test]
    fn what_was_not_chosen_is_in_no_file() {
        let empty = serde_json::to_string(&Chosen::default());
        assert_eq!(empty.expect("it is written"), "{}");
    }
}
