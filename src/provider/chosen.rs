//! What was chosen at a provider, checked against what it offers: files are written by other versions
//! and by hand.

use super::{ConnectError, HostOrder, Tokens};
use crate::model::{Chosen, Offers, OptionSpec, ProviderOptions, Reason, Secret, TunnelId};
use crate::secrets::Secrets;
use std::sync::Arc;

/// Gets what is secret of a tunnel, by the key of its option, each time it is needed: it may have been
/// changed meanwhile. May wait for a person.
pub(super) type SecretSource =
    Arc<dyn Fn(&TunnelId, &str) -> Result<Option<Secret>, String> + Send + Sync>;

/// What was chosen is none of it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{key}: {why}")]
pub struct Rejected {
    /// For what.
    pub key: String,
    /// What it takes.
    pub why: String,
}

impl Rejected {
    pub(super) fn new(key: &str, why: impl Into<String>) -> Self {
        let (key, why) = (key.to_owned(), why.into());
        Self { key, why }
    }
}

/// What was chosen cannot be had.
pub(super) fn invalid(offers: &Offers, detail: impl Into<String>) -> ConnectError {
    let (provider, detail) = (offers.name.to_owned(), detail.into());
    ConnectError::new(Reason::OptionsInvalid { provider, detail })
}

/// Each thing that was chosen. What is not understood may be what was to keep strangers out.
pub(super) fn known<'a>(
    offers: &'static Offers,
    chosen: &'a ProviderOptions,
) -> impl Iterator<Item = Result<(&'static OptionSpec, &'a str), Rejected>> {
    chosen
        .0
        .iter()
        .map(|(key, value)| match offers.option(key) {
            None => Err(Rejected::new(key, "this version does not know it")),
            Some(option) if option.is_secret() => {
                let why = "a secret is not kept here: set it again";
                Err(Rejected::new(key, why))
            }
            Some(option) => Ok((option, value.as_str())),
        })
}

/// Whether each of it is known and can be taken.
pub(super) fn check(offers: &'static Offers, chosen: &ProviderOptions) -> Result<(), ConnectError> {
    let taken = |(option, value): (&OptionSpec, &str)| {
        let why = || format!("it takes {}", option.values());
        let takes = option.takes(value);
        takes
            .then_some(())
            .ok_or_else(|| Rejected::new(option.key, why()))
    };
    let mut all = known(offers, chosen).map(|chosen| chosen.and_then(taken));
    all.try_for_each(|checked| checked.map_err(|it| invalid(offers, it.to_string())))
}

/// What is kept on this computer.
pub(super) fn kept(secrets: Arc<Secrets>) -> SecretSource {
    Arc::new(move |tunnel, key| {
        let kept = secrets.get(&Chosen::secret_name(tunnel, key));
        kept.map_err(|error| error.to_string())
    })
}

/// All that is secret of what was chosen for a tunnel. Without one of them a stranger might be let in, or
/// take the place of whoever is meant.
pub(super) async fn collect(
    offers: &'static Offers,
    source: &SecretSource,
    order: &HostOrder,
) -> Result<Tokens, ConnectError> {
    let (source, tunnel) = (Arc::clone(source), order.tunnel.clone());
    let keys = order.secrets.clone();
    let collecting = tokio::task::spawn_blocking(move || {
        let mut tokens = Tokens::default();
        for key in &keys {
            let kept = source(&tunnel, key);
            let kept = kept.map_err(|detail| ConnectError::new(Reason::Other { detail }))?;
            let (Some(option), Some(kept)) = (offers.option(key), kept) else {
                let gone = format!("{key}: what was kept of it is gone; set it again");
                return Err(invalid(offers, gone));
            };
            tokens.by_scope.insert(option.key, kept);
        }
        Ok(tokens)
    });
    collecting.await.unwrap_or_else(|panicked| {
        let detail = panicked.to_string();
        Err(ConnectError::new(Reason::Other { detail }))
    })
}
