//! `--set KEY=VALUE`: the options of a provider.

use super::parse::list;
use crate::model::{Offers, OptionKind, OptionScope, OptionSpec};
use std::collections::BTreeMap;
use std::path::{PathBuf, absolute};

/// What was set for a provider, by its options' keys.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Set {
    /// What holds for all its tunnels.
    pub(crate) provider: BTreeMap<String, String>,
    /// What holds for what is hosted now.
    pub(crate) tunnel: BTreeMap<String, String>,
    /// Where what is secret of it is to be read.
    pub(crate) secrets: BTreeMap<String, SecretFrom>,
}

/// Where a secret is to be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum SecretFrom {
    /// Standard input.
    Stdin,
    /// A file.
    File(PathBuf),
}

/// Reads what was typed. `is_new` where a tunnel is made, which lacks nothing then.
pub(super) fn read(offers: &Offers, typed: &[String], is_new: bool) -> Result<Set, String> {
    let mut set = Set::default();
    for typed in typed {
        let (key, value) = typed
            .split_once('=')
            .ok_or_else(|| "--set takes KEY=VALUE".to_owned())?;
        let option = offers.option(key).ok_or_else(|| {
            let keys = list(offers.options.iter().map(|option| option.key));
            let has = if keys.is_empty() { "nothing" } else { &keys };
            format!("{} has no option {key:?}: it has {has}", offers.id)
        })?;
        let again = set.tunnel.contains_key(key)
            || set.provider.contains_key(key)
            || set.secrets.contains_key(key);
        if again {
            return Err(format!("{key} is set twice: put all of it into one"));
        }
        set.take(option, value)?;
    }
    let lacking = |option: &&OptionSpec| option.required && !set.tunnel.contains_key(option.key);
    match offers.options_of(OptionScope::Tunnel).find(lacking) {
        Some(option) if is_new => Err(format!(
            "{} needs --set {}={}",
            offers.id,
            option.key,
            option.values()
        )),
        Some(_) | None => Ok(set),
    }
}

impl Set {
    fn take(&mut self, option: &OptionSpec, value: &str) -> Result<(), String> {
        let key = option.key.to_owned();
        if option.is_secret() {
            self.secrets.insert(key, secret(option, value)?);
            return Ok(());
        }
        if !option.takes(value) {
            let (key, takes) = (option.key, option.values());
            return Err(match option.kind {
                // It may hold a secret where none is expected.
                OptionKind::Text(_) => format!("{key} takes text as {takes}"),
                _ => format!("{key} takes {takes}, not {value:?}"),
            });
        }
        let value = match option.kind {
            // The program that reads it may be another one, in another folder.
            OptionKind::File => match absolute(value) {
                Ok(path) => path.to_string_lossy().into_owned(),
                Err(error) => return Err(format!("{}: {error}", option.key)),
            },
            _ => value.to_owned(),
        };
        match option.scope {
            OptionScope::Provider => self.provider.insert(key, value),
            OptionScope::Tunnel => self.tunnel.insert(key, value),
        };
        Ok(())
    }
}

/// Other programs see what is typed: where a secret is is said, never the secret.
fn secret(option: &OptionSpec, value: &str) -> Result<SecretFrom, String> {
    match value.strip_prefix('@') {
        Some("-") => Ok(SecretFrom::Stdin),
        Some(path) if !path.is_empty() => Ok(SecretFrom::File(PathBuf::from(path))),
        Some(_) | None => Err(format!(
            "{key} is a secret, and other programs see what is typed: --set {key}=@FILE reads it from a \
             file, --set {key}=@- from standard input",
            key = option.key
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::TextSpec;

    const TEXT: TextSpec = TextSpec {
        example: "app.example.org",
        takes: |text| text.contains('.'),
    };

    fn offers(required: bool) -> Offers {
        const ALL: &[OptionSpec] = &options(false);
        const REQUIRED: &[OptionSpec] = &options(true);
        Offers {
            options: if required { REQUIRED } else { ALL },
            ..Offers::RELAY
        }
    }

    const fn options(required: bool) -> [OptionSpec; 4] {
        [
            OptionSpec::new("pooling", "", OptionKind::Switch),
            OptionSpec {
                required,
                ..OptionSpec::new("domain", "", OptionKind::Text(TEXT)).of_tunnel()
            },
            OptionSpec::new("auth", "", OptionKind::Secret(TEXT)).of_tunnel(),
            OptionSpec::new("policy", "", OptionKind::File).of_tunnel(),
        ]
    }

    fn set(typed: &[&str]) -> Result<Set, String> {
        let typed: Vec<String> = typed.iter().map(|&typed| typed.to_owned()).collect();
        read(&offers(false), &typed, true)
    }

    #[test]
    fn each_goes_where_it_holds() {
        let set = set(&["pooling=on", "domain=a.b", "auth=@/x", "policy=p.yml"]);
        let set = set.expect("all of them are right");
        assert_eq!(set.provider["pooling"], "on");
        assert_eq!(set.tunnel["domain"], "a.b");
        assert!(std::path::Path::new(&set.tunnel["policy"]).is_absolute());
        assert_eq!(set.secrets["auth"], SecretFrom::File("/x".into()));
    }

    #[test]
    fn what_is_wrong_is_said_with_what_is_right() {
        for (typed, said) in [
            ("pooling", "KEY=VALUE"),
            ("pooling=maybe", "on, off"),
            ("domain=x", "app.example.org"),
            ("pooling", "KEY=VALUE"),
            ("nothing=x", "pooling, domain, auth, policy"),
            ("auth=anna:hunter22", "@FILE"),
            ("auth=@", "@FILE"),
        ] {
            let error = set(&[typed]).expect_err(typed);
            assert!(error.contains(said), "{error}");
            assert!(!error.contains("hunter22"), "it is a secret");
        }
    }

    #[test]
    fn nothing_that_was_said_is_forgotten_for_what_is_said_again() {
        for twice in [["domain=a.b", "domain=c.d"], ["auth=@/x", "auth=@/y"]] {
            assert!(set(&twice).expect_err("it is twice").contains("twice"));
        }
    }

    #[test]
    fn a_new_tunnel_lacks_nothing_and_one_that_is_there_may() {
        let lacking = read(&offers(true), &[], true).expect_err("it is required");
        assert!(
            lacking.contains("--set domain=app.example.org"),
            "{lacking}"
        );
        assert!(read(&offers(true), &[], false).is_ok());
    }
}
