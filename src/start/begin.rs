//! Reads what the program begins with: every file of the home, and the relay it uses.

use crate::app::{Begin, RELAY_TOKEN, RelayChoice, tokens};
use crate::base::files::Loaded;
use crate::model::{JoinLink, NoticeKind, Settings};
use crate::platform;
use crate::provider::registry;
use crate::secrets::Secrets;
use crate::store::Home;

/// The facts at the begin, with a notice for each file that was not as it should be.
pub(super) fn load(home: &Home) -> Begin {
    let mut notices = Vec::new();
    let settings = keep(&mut notices, home.settings().load());
    let locale = platform::system_locale();
    let mut begin = Begin {
        tunnels: keep(&mut notices, home.tunnels().load()),
        hosted: keep(&mut notices, home.hosted().load()),
        rows: keep(&mut notices, home.rows().load()),
        install: keep(&mut notices, home.install_id()),
        tokens: tokens::known(home, &registry::catalog(), |name| std::env::var(name).ok()),
        settings,
        ..Begin::default()
    };
    if let Some(locale) = locale {
        begin.appearance.language = crate::model::Language::from_locale(&locale);
    }
    begin.notices = notices;
    begin
}

/// The relay that the settings and the kept token name.
pub(super) fn relay_choice(settings: &Settings, secrets: &Secrets) -> RelayChoice {
    let Some(joined) = &settings.relay.joined else {
        return RelayChoice::Embedded;
    };
    let token = match secrets.get(RELAY_TOKEN) {
        Ok(token) => token,
        Err(error) => {
            tracing::warn!(%error, "the joined relay's token cannot be read");
            None
        }
    };
    let link = token.and_then(|token| {
        let whole = format!("{}{}@{joined}", JoinLink::SCHEME, token.expose());
        whole.parse().ok()
    });
    link.map_or(RelayChoice::TokenMissing, RelayChoice::Joined)
}

#[cfg(feature = "window")]
/// Secrets that are in a file where a keychain should be are worth saying.
pub(super) fn keychain_notice(home: &Home, secrets: &Secrets) -> Option<NoticeKind> {
    let expected = !home.is_private();
    (expected && secrets.kind() == crate::secrets::Kind::File).then_some(NoticeKind::NoKeychain)
}

fn keep<T>(notices: &mut Vec<NoticeKind>, loaded: Loaded<T>) -> T {
    notices.extend(loaded.notice);
    loaded.value
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
        let mut settings = Settings::default();
        assert_eq!(relay_choice(&settings, &secrets), RelayChoice::Embedded);
        settings.relay.joined = link
            .to_string()
            .rsplit_once('@')
            .map(|(_, rest)| rest.to_owned());
        assert_eq!(relay_choice(&settings, &secrets), RelayChoice::TokenMissing);
        secrets.set(RELAY_TOKEN, &Secret::new("t")).expect("kept");
        assert_eq!(relay_choice(&settings, &secrets), RelayChoice::Joined(link));
    }
}
