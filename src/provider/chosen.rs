//! What was chosen at a provider, checked against what it offers: files are written by other versions
//! and by hand.

use super::{ConnectError, HostOrder, Tokens};
use crate::model::{Chosen, Offers, ProviderOptions, Reason, Secret, TunnelId};
use crate::secrets::Secrets;
use std::sync::Arc;

/// Gets what is secret of a tunnel, by the key of its option, each time it is needed: it may have been
/// changed meanwhile. May wait for a person.
pub(super) type SecretSource =
    Arc<dyn Fn(&TunnelId, &str) -> Result<Option<Secret>, String> + Send + Sync>;

/// What was chosen cannot be had.
pub(super) fn invalid(offers: &Offers, detail: impl Into<String>) -> ConnectError {
    let (provider, detail) = (offers.name.to_owned(), detail.into());
    ConnectError::new(Reason::OptionsInvalid { provider, detail })
}

/// Whether each thing that was chosen is known and can be taken.
pub(super) fn check(offers: &Offers, chosen: &ProviderOptions) -> Result<(), ConnectError> {
    for (key, value) in &chosen.0 {
        let why = match offers.option(key) {
            None => "this version does not know it".to_owned(),
            Some(option) if option.is_secret() => {
                "a secret is not kept here: set it again".to_owned()
            }
            Some(option) if !option.takes(value) => format!("it takes {}", option.values()),
            Some(_) => continue,
        };
        return Err(invalid(offers, format!("{key}: {why}")));
    }
    Ok(())
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
