//! What is secret of a tunnel and its account: where it comes from, and that it gets nowhere else.

use crate::model::{AccountId, Chosen, Secret, TunnelId};
use crate::secrets::Secrets;
use std::sync::Arc;

/// ngrok's own variable for the token, which its agent reads too.
pub const TOKEN_VARIABLE: &str = "NGROK_AUTHTOKEN";

/// Gets what is secret from where it is kept, each time it is needed: it may have been changed
/// meanwhile. May wait for a person.
pub trait SecretSource: Send + Sync {
    /// The account's token, if there is one.
    ///
    /// # Errors
    /// A sentence on why that is not known.
    fn token(&self) -> Result<Option<Secret>, String>;

    /// What was chosen for an option of a tunnel that is secret.
    ///
    /// # Errors
    /// A sentence on why it is not to be had.
    fn option(&self, tunnel: &TunnelId, key: &str) -> Result<Option<Secret>, String>;
}

/// What is kept on this computer.
#[derive(Debug)]
pub struct Kept {
    secrets: Arc<Secrets>,
    account: AccountId,
}

impl Kept {
    /// Of this account.
    pub fn new(secrets: Arc<Secrets>, account: &AccountId) -> Self {
        Self {
            secrets,
            account: account.clone(),
        }
    }

    fn get(&self, name: &str) -> Result<Option<Secret>, String> {
        self.secrets.get(name).map_err(|error| error.to_string())
    }
}

impl SecretSource for Kept {
    /// Of the account without a name, the environment's until that is kept and where it cannot be.
    fn token(&self) -> Result<Option<Secret>, String> {
        let kept = self.get(&self.account.secret_name());
        let is_unnamed = self.account.name.is_empty();
        match is_unnamed.then(token_from_env).flatten() {
            Some(given) => Ok(kept.ok().flatten().or(Some(given))),
            None => kept,
        }
    }

    fn option(&self, tunnel: &TunnelId, key: &str) -> Result<Option<Secret>, String> {
        self.get(&Chosen::secret_name(tunnel, key))
    }
}

fn token_from_env() -> Option<Secret> {
    let text = std::env::var(TOKEN_VARIABLE).ok()?;
    is_token(&text).then(|| Secret::new(&text))
}

/// Whether it can be a token: one word of printable characters.
pub(super) fn is_token(text: &str) -> bool {
    let text = text.trim();
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// What was said, without the token.
pub(super) fn without(token: &Secret, said: &str) -> String {
    match token.expose() {
        "" => said.to_owned(),
        token => said.replace(token, "***"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_one_word_and_is_never_shown() {
        for text in [" 2abc_DEF\n", "x"] {
            assert!(is_token(text), "{text:?}");
        }
        let token = Secret::new(" 2abc_DEF\n");
        for none in ["", "  ", "two words", "2abc\u{e9}"] {
            assert!(!is_token(none), "{none:?}");
        }
        let said = without(&token, "the token 2abc_DEF is no good");
        assert_eq!(said, "the token *** is no good");
        assert_eq!(without(&Secret::new(""), "as it is"), "as it is");
    }
}
