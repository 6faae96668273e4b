//! Reads what the program begins with: every file of the home, and the relay it uses.

use super::{Begin, RELAY_TOKEN, RelayChoice, tokens};
use crate::base::files::Loaded;
use crate::model::{JoinLink, Language, NoticeKind, Settings};
use crate::platform;
use crate::provider::registry;
use crate::secrets::Secrets;
use crate::store::Home;

impl Begin {
    /// What the home has, with a notice for each file that was not as it should be.
    #[must_use]
    pub fn load(home: &Home) -> Self {
        let mut notices = home.check_settings(&registry::catalog());
        for wrong in &notices {
            tracing::warn!(?wrong, "the settings hold what cannot be used");
        }
        let settings = keep(&mut notices, home.settings().load());
        let accounts = keep(&mut notices, home.accounts().load());
        let mut begin = Self {
            tunnels: keep(&mut notices, home.tunnels().load()),
            hosted: keep(&mut notices, home.hosted().load()),
            rows: keep(&mut notices, home.rows().load()),
            install: keep(&mut notices, home.install_id()),
            tokens: tokens::known(accounts, &registry::catalog(), |name| {
                std::env::var(name).ok()
            }),
            settings,
            ..Self::default()
        };
        if let Some(locale) = platform::system_locale() {
            begin.appearance.language = Language::from_locale(&locale);
        }
        begin.notices = notices;
        begin
    }
}

/// The relay that the settings and the kept token name.
#[must_use]
pub fn relay_choice(settings: &Settings, secrets: &Secrets) -> RelayChoice {
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

fn keep<T>(notices: &mut Vec<NoticeKind>, loaded: Loaded<T>) -> T {
    notices.extend(loaded.notice);
    loaded.value
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Secret;

    #[test]
    fn a_list_of_accounts_that_cannot_be_read_is_told_as_any_other_file() {
        let dir = tempfile::tempdir().expect("a folder");
        let home = Home::at(dir.path()).expect("a home");
        std::fs::write(home.file("accounts.json"), "garbage {{{").expect("written");
        let begin = Begin::load(&home);
        let [NoticeKind::FileCorrupt { file, kept_as }] = &begin.notices[..] else {
            panic!("{:?}", begin.notices);
        };
        assert_eq!(file, "accounts.json");
        let kept = std::fs::read_to_string(home.file(kept_as)).expect("it is kept aside");
        assert_eq!(kept, "garbage {{{");
        assert_eq!(Begin::load(&home).notices, [], "it is told once");
    }

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
