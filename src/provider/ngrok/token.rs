//! The account's token: where it comes from, and that it gets nowhere else.

use crate::model::Secret;
use std::sync::Arc;

/// ngrok's own variable for it, which its agent reads too.
pub const TOKEN_VARIABLE: &str = "NGROK_AUTHTOKEN";

/// Gets the token from where it is kept, each time it is needed: it may have been changed meanwhile.
pub type TokenSource = Arc<dyn Fn() -> Option<Secret> + Send + Sync>;

/// The token that the environment has, to be kept in the keychain once.
#[must_use]
pub fn token_from_env() -> Option<Secret> {
    std::env::var(TOKEN_VARIABLE)
        .ok()
        .and_then(|text| usable(&text))
}

/// A token is one word of printable characters.
fn usable(text: &str) -> Option<Secret> {
    let token = Secret::new(text);
    let is_word = token.expose().bytes().all(|byte| byte.is_ascii_graphic());
    (is_word && !token.expose().is_empty()).then_some(token)
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
        let token = usable(" 2abc_DEF\n").expect("it is one");
        assert_eq!(token.expose(), "2abc_DEF");
        for none in ["", "  ", "two words", "2abc\u{e9}"] {
            assert!(usable(none).is_none(), "{none:?}");
        }
        let said = without(&token, "the token 2abc_DEF is no good");
        assert_eq!(said, "the token *** is no good");
        assert_eq!(without(&Secret::new(""), "as it is"), "as it is");
    }
}
