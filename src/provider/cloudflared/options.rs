//! What can be chosen of a tunnel, checked.

use super::offers::OFFERS;
use crate::model::{ProviderOptions, Secret};
use crate::provider::{ConnectError, Tokens, chosen};
use std::path::PathBuf;

/// What was chosen.
#[derive(Clone, Debug, Default)]
pub(super) struct Options {
    pub(super) hostname: Option<String>,
    pub(super) credentials: Option<PathBuf>,
    pub(super) protocol: String,
}

/// Which kind of tunnel it is.
#[derive(Clone, Debug)]
pub(super) enum Kind {
    /// Without an account, with a URL that is new each time.
    Quick,
    /// What leads where is said in Cloudflare's dashboard.
    Token {
        token: Secret,
        hostname: Option<String>,
    },
    /// What leads where is said by us.
    Credentials { file: PathBuf, hostname: String },
}

impl Options {
    /// What was chosen, or a sentence on what is wrong with it.
    pub(super) fn parse(chosen: &ProviderOptions) -> Result<Self, String> {
        for (key, value) in &chosen.0 {
            match OFFERS.option(key) {
                Some(option) if option.is_secret() => {
                    return Err(format!("{key}: a secret is not kept here: set it again"));
                }
                Some(option) if option.takes(value) => {}
                Some(option) => return Err(format!("{key} takes {}", option.values())),
                None => return Err(format!("{key}: this version does not know it")),
            }
        }
        let text = |key: &str| chosen.text(key).map(|text| text.trim().to_owned());
        Ok(Self {
            hostname: text("hostname").filter(|name| !name.is_empty()),
            credentials: text("credentials").map(PathBuf::from),
            protocol: text("protocol").unwrap_or_else(|| "auto".to_owned()),
        })
    }

    /// The kind that this makes, with what is secret of it.
    pub(super) fn kind(&self, tokens: &Tokens) -> Result<Kind, ConnectError> {
        let invalid = |detail: &str| Err(chosen::invalid(&OFFERS, detail));
        let token = tokens.by_scope.get("token").cloned();
        match (token, &self.credentials, &self.hostname) {
            (Some(_), Some(_), _) => invalid("a token and credentials do not go together"),
            (Some(token), None, hostname) => Ok(Kind::Token {
                token,
                hostname: hostname.clone(),
            }),
            (None, Some(file), Some(hostname)) => Ok(Kind::Credentials {
                file: file.clone(),
                hostname: hostname.clone(),
            }),
            (None, Some(_), None) => {
                invalid("credentials need the hostname that leads to the tunnel: set hostname too")
            }
            (None, None, Some(_)) => invalid(
                "hostname: a tunnel without token or credentials gets a name of its own; set one of them too",
            ),
            (None, None, None) => Ok(Kind::Quick),
        }
    }
}

/// Whether it can be a tunnel's token: base64 of a JSON object.
pub(super) fn is_token(text: &str) -> bool {
    let text = text.trim();
    let taken = |byte: u8| byte.is_ascii_alphanumeric() || b"+/=-_".contains(&byte);
    (40..=4_000).contains(&text.len()) && text.starts_with("eyJ") && text.bytes().all(taken)
}

/// Whether it is a name to be reached under.
pub(super) fn is_hostname(text: &str) -> bool {
    let text = text.trim();
    let is_label = |label: &str| {
        let taken = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        (1..=63).contains(&label.len()) && label.bytes().all(taken) && !label.starts_with('-')
    };
    text.len() <= 253 && text.contains('.') && text.split('.').all(is_label)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(set: &[(&str, &str)]) -> Result<Options, String> {
        let set = set
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
        Options::parse(&ProviderOptions(set.collect()))
    }

    #[test]
    fn what_does_not_go_together_says_so() {
        let mut with_token = Tokens::default();
        with_token.by_scope.insert("token", Secret::new("eyJ"));
        let none = Tokens::default();
        let kind = |set: &[(&str, &str)], tokens: &Tokens| {
            options(set).expect("each is good").kind(tokens)
        };
        assert!(matches!(kind(&[], &none), Ok(Kind::Quick)));
        assert!(matches!(kind(&[], &with_token), Ok(Kind::Token { .. })));
        let (name, file) = (("hostname", "a.b.org"), ("credentials", "/f"));
        assert!(matches!(
            kind(&[name, file], &none),
            Ok(Kind::Credentials { .. })
        ));
        for (set, tokens) in [
            (&[name][..], &none),
            (&[file][..], &none),
            (&[file, name][..], &with_token),
        ] {
            let error = kind(set, tokens).expect_err("it cannot be had");
            assert!(
                error
                    .reason
                    .detail()
                    .is_some_and(|detail| !detail.is_empty())
            );
        }
        for bad in [
            ("hostname", "nowhere"),
            ("protocol", "h3"),
            ("of-later", "on"),
            ("token", "eyJ"),
        ] {
            assert!(options(&[bad]).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_token_is_not_a_command_and_a_hostname_is_no_url() {
        let token = format!("eyJhIjoi{}", "x".repeat(100));
        assert!(is_token(&token) && is_token(&format!(" {token}\n")));
        for bad in [
            "",
            "eyJ",
            "cloudflared service install eyJhIjoi",
            &"x".repeat(100),
        ] {
            assert!(!is_token(bad), "{bad}");
        }
        assert!(is_hostname("app.example.org"));
        for bad in ["", "app", "https://a.b", "a..b", "-a.b", "a.b/c", "*.a.b"] {
            assert!(!is_hostname(bad), "{bad}");
        }
    }
}
