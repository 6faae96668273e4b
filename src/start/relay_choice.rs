//! Which relay the settings and the keychain name.

use crate::app::{RELAY_TOKEN, RelayChoice};
use crate::model::{JoinLink, RelaySettings};
use crate::secrets::Secrets;

/// The relay that was joined, with its token; the embedded one when none was.
#[must_use]
pub fn relay_choice(settings: &RelaySettings, secrets: &Secrets) -> RelayChoice {
    let Some(address) = &settings.joined else {
        return RelayChoice::Embedded;
    };
    let token = secrets.get(RELAY_TOKEN).unwrap_or_else(|error| {
        tracing::warn!(%error, "the joined relay's token cannot be read");
        None
    });
    let link = token.and_then(|token| {
        let link = format!("{}{}@{address}", JoinLink::SCHEME, token.expose());
        link.parse().ok()
    });
    match link {
        Some(link) => RelayChoice::Joined(link),
        None => RelayChoice::TokenMissing,
    }
}

/// `HOST:PORT#FINGERPRINT` of a join link: what the settings keep of it.
#[must_use]
pub(super) fn without_token(link: &JoinLink) -> Option<String> {
    let shown = link.to_string();
    let (_, address) = shown.rsplit_once('@')?;
    Some(address.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Secret;

    #[test]
    fn the_token_and_the_address_make_the_link_again() {
        let dir = tempfile::tempdir().expect("a folder");
        let secrets = Secrets::open(dir.path(), true);
        let link: JoinLink = format!("underpass://t@relay.example:7443#{}", "0a".repeat(32))
            .parse()
            .expect("a link");
        let mut settings = RelaySettings::default();
        assert_eq!(relay_choice(&settings, &secrets), RelayChoice::Embedded);
        settings.joined = without_token(&link);
        assert_eq!(relay_choice(&settings, &secrets), RelayChoice::TokenMissing);
        secrets.set(RELAY_TOKEN, &Secret::new("t")).expect("kept");
        assert_eq!(relay_choice(&settings, &secrets), RelayChoice::Joined(link));
    }
}
