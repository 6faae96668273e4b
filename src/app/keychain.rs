//! What is done with secrets: on the lane of the keychain, which may wait for its own prompt.

use super::event::Event;
use super::lane::Late;
use super::perform::{Performer, RELAY_TOKEN};
use super::tokens;
use crate::model::{AccountId, JoinLink, NoticeKind, Secret};
use crate::secrets::{Secrets, SecretsError};
use crate::store::Home;
use std::sync::Arc;

impl Performer {
    pub(super) fn join(&mut self, link: JoinLink) {
        let (secrets, relay) = (
            Arc::clone(&self.parts.secrets),
            Arc::clone(&self.parts.relay),
        );
        let (late, mailbox) = (self.keychain_is_late(), self.parts.mailbox.clone());
        let keep = move || {
            let kept = secrets.set(RELAY_TOKEN, &link.token);
            let error = kept.err().map(|error| NoticeKind::SecretNotKept {
                detail: error.to_string(),
            });
            relay.join(link.clone());
            mailbox.send(Event::Joined { link, error });
        };
        self.lanes.keychain.run(keep, late);
    }

    pub(super) fn leave_relay(&mut self) {
        self.parts.relay.leave();
        let secrets = Arc::clone(&self.parts.secrets);
        let late = self.keychain_is_late();
        let forget = move || {
            if let Err(error) = secrets.delete(RELAY_TOKEN) {
                tracing::warn!(%error, "the joined relay's token could not be deleted");
            }
        };
        self.lanes.keychain.run(forget, late);
    }

    pub(super) fn keep_secret(&mut self, name: String, secret: Secret) {
        // The engine may ask for it before the keychain has it.
        self.parts.secrets.lend(name.clone(), secret.clone());
        self.with_secrets(move |_, secrets| secrets.set(&name, &secret).map(|_| ()));
    }

    pub(super) fn keep_token(&mut self, account: AccountId, token: Secret) {
        self.parts
            .secrets
            .lend(account.secret_name(), token.clone());
        self.with_secrets(move |home, secrets| {
            tokens::keep(home, secrets, &account, &token).map(|_| ())
        });
    }

    /// Keeps the environment's token once an account is needed that has none.
    pub(super) fn import_token(&mut self, account: &AccountId) {
        if let Some(offers) = self.parts.providers.catalog().find(account.provider)
            && offers.token.is_some()
            && account.name.is_empty()
        {
            let variable = |name: &str| std::env::var(name).ok();
            self.in_keychain(move |home, secrets| tokens::import(home, secrets, offers, variable));
        }
    }

    /// Does something with the keychain where that may take its time, and tells what went wrong.
    pub(super) fn with_secrets(
        &mut self,
        does: impl FnOnce(&Home, &Secrets) -> Result<(), SecretsError> + Send + 'static,
    ) {
        self.in_keychain(move |home, secrets| {
            let error = does(home, secrets).err()?;
            Some(NoticeKind::SecretNotKept {
                detail: error.to_string(),
            })
        });
    }

    fn in_keychain(
        &mut self,
        does: impl FnOnce(&Home, &Secrets) -> Option<NoticeKind> + Send + 'static,
    ) {
        let (home, secrets) = (self.parts.home.clone(), Arc::clone(&self.parts.secrets));
        let (late, mailbox) = (self.keychain_is_late(), self.parts.mailbox.clone());
        let job = move || {
            if let Some(notice) = does(&home, &secrets) {
                mailbox.send(Event::Noticed(notice));
            }
        };
        self.lanes.keychain.run(job, late);
    }

    fn keychain_is_late(&self) -> Late {
        let detail =
            "the keychain does not answer yet; it may be asking for its password".to_owned();
        self.late(NoticeKind::SecretNotKept { detail })
    }
}
