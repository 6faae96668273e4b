//! What an event says of itself, before it gets a place in the chain.

pub use crate::model::AuditKind as Kind;
use crate::model::{JoinLink, ProviderId, Reason, RunId, SessionNumber, TunnelId, UnixMillis};

/// Why it happened.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Cause {
    /// The person wanted it hosted.
    Started,
    /// It came back by itself.
    Reconnected,
    /// The person asked for a new connection.
    ManualReconnect,
    /// The person stopped it, or quit.
    Stopped,
    /// New tokens were due: the next session was made before this one ended.
    Renewed,
    Failed(Reason),
}

impl Cause {
    pub fn word(&self) -> String {
        let word = match self {
            Self::Started => "started",
            Self::Reconnected => "reconnected",
            Self::ManualReconnect => "manual_reconnect",
            Self::Stopped => "stopped",
            Self::Renewed => "renewed",
            Self::Failed(reason) => return failure_word(reason),
        };
        word.to_owned()
    }
}

/// The few words that mean the same with every provider; else the reason's own.
fn failure_word(reason: &Reason) -> String {
    match reason {
        Reason::LinkLost | Reason::LinkSilent | Reason::RelayShutDown => "dropped".to_owned(),
        Reason::HostedElsewhere | Reason::HostedHere { .. } | Reason::TakenOver => {
            "displaced".to_owned()
        }
        Reason::TokenRefused
        | Reason::TokenMissing { .. }
        | Reason::TokenInvalid { .. }
        | Reason::KeysRefused { .. } => "sign_in".to_owned(),
        Reason::QuotaUsedUp { .. } => "quota".to_owned(),
        Reason::Forced => "manual_reconnect".to_owned(),
        other => other.code().replace('-', "_"),
    }
}

/// What is written down of one event; the chain adds its number and hashes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// By the clock of the app's facts.
    pub at: UnixMillis,
    pub kind: Kind,
    pub tunnel: TunnelId,
    pub provider: ProviderId,
    /// Why it happened, where that is not plain.
    pub cause: Option<Cause>,
    pub urls: Vec<String>,
    /// What the system or the provider said of a failure. Cleaned before it is written.
    pub error: Option<String>,
    /// Pairs an up with its down.
    pub run: RunId,
    /// The session's number in this run of the tunnel.
    pub session: Option<SessionNumber>,
}

impl Entry {
    /// What went wrong: the reason's own code and what was said of it.
    pub fn error_text(&self) -> Option<String> {
        let code = match &self.cause {
            Some(Cause::Failed(reason)) => Some(reason.code()),
            _ => None,
        };
        let said = self.error.as_deref().map(clean).filter(|s| !s.is_empty());
        match (code, said) {
            (Some(code), Some(said)) => Some(format!("{code}: {said}")),
            (Some(code), None) => Some(code.to_owned()),
            (None, said) => said,
        }
    }

    pub(super) fn clean_urls(&self) -> Vec<String> {
        let urls = self.urls.iter().take(MAX_URLS);
        urls.map(|url| clean(url)).collect()
    }
}

/// The most URLs of one event: keeps a line within what a reader takes.
const MAX_URLS: usize = 16;

/// The longest text of an event, in characters.
const MAX_TEXT: usize = 400;

/// The text in one line, not too long, and without what stands before the `@` of a URL: that is
/// where join links and proxies have their secrets.
fn clean(text: &str) -> String {
    let line: String = text
        .trim()
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    let words: Vec<String> = line.split(' ').map(clean_word).collect();
    let cleaned = words.join(" ");
    match cleaned.char_indices().nth(MAX_TEXT) {
        Some((end, _)) => format!("{}…", &cleaned[..end]),
        None => cleaned,
    }
}

fn clean_word(word: &str) -> String {
    // The token of a join link may hold any character but a space, so all before the last `@` goes.
    if let Some(start) = word.find(JoinLink::SCHEME)
        && let Some(at) = word.rfind('@').filter(|at| *at > start)
    {
        let before = clean_urls(&word[..start]);
        return format!("{}{}***{}", before, JoinLink::SCHEME, &word[at..]);
    }
    clean_urls(word)
}

fn clean_urls(word: &str) -> String {
    let mut parts = word.split("://");
    let mut cleaned = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find(['/', '#', '?']).unwrap_or(part.len());
        let (authority, rest) = part.split_at(end);
        cleaned.push_str("://");
        match authority.rsplit_once('@') {
            Some((_, host)) => cleaned.extend(["***@", host, rest]),
            None => cleaned.push_str(part),
        }
    }
    cleaned
}

/// A new id for an up and its down: random.
pub fn new_run_id() -> RunId {
    RunId(format!("{:032x}", rand::random::<u128>()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_words_are_those_of_the_behaviours() {
        let failed = |reason| Cause::Failed(reason).word();
        assert_eq!(Cause::Started.word(), "started");
        assert_eq!(failed(Reason::LinkSilent), "dropped");
        assert_eq!(failed(Reason::TakenOver), "displaced");
        assert_eq!(failed(Reason::TokenRefused), "sign_in");
        assert_eq!(failed(Reason::QuotaUsedUp { until: None }), "quota");
        assert_eq!(failed(Reason::Zombie), "zombie");
        assert_eq!(failed(Reason::NoPublicPorts), "no_public_ports");
    }

    #[test]
    fn secrets_before_an_at_sign_are_taken_out() {
        let cases = [
            (
                "bad link underpass://s3cret@relay:7443#ab",
                "bad link underpass://***@relay:7443#ab",
            ),
            (
                "http://u:s3cret@p/x@y, tcp://h:1",
                "http://***@p/x@y, tcp://h:1",
            ),
            (
                "http://u:s3cret@h,underpass://t@r",
                "http://***@h,underpass://***@r",
            ),
            ("a\nb\u{7}c", "a b c"),
            ("http://plain:80/", "http://plain:80/"),
            ("://a@b://s3cret@d", "://***@b://***@d"),
        ];
        for (text, expected) in cases {
            assert_eq!(clean(text), expected);
        }
        assert_eq!(clean(&"é".repeat(900)).chars().count(), MAX_TEXT + 1);
    }

    proptest! {
        #[test]
        fn a_token_in_a_join_link_never_gets_through(before in "[a-z ]{0,9}", token in "s3[!-~]{1,20}X", after in "[ -~]{0,20}") {
            let text = format!("{before}underpass://{token}@relay:1{after}");
            prop_assert!(!clean(&text).contains(&token));
        }
    }
}
