//! What people of other tunnel programs type, put into our words before they are read: `underpass 3000`,
//! `http 3000`, `-p 3000`, `help host`. And where a word is none of ours, which of ours does that.

use super::CommandLine;
use clap::CommandFactory as _;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use std::ffi::OsString;

/// The command that a target alone means.
const HOST: &str = "host";

const PROTOCOLS: [&str; 3] = ["http", "https", "tcp"];

/// Options of other programs that a target stands behind. They are none of ours, so that neither help
/// nor completions have them.
const TARGET_OPTIONS: [&str; 3] = ["-p", "--port", "--url"];

/// Words of other programs, and what to type here instead.
const OTHERS: &[(&[&str], &str)] = &[
    (
        &[
            "bind", "connect", "expose", "forward", "funnel", "lcl", "local", "lt", "publish",
            "quick", "run", "serve", "share", "tls", "tunnel", "up",
        ],
        "`underpass host PORT` gives a local port a URL",
    ),
    (
        &[
            "auth",
            "authenticate",
            "authtoken",
            "login",
            "signin",
            "user",
        ],
        "`underpass account sign-in PROVIDER` signs in, `underpass account add PROVIDER` keeps a token; \
         `underpass join LINK` joins a relay",
    ),
    (
        &["logout", "signout"],
        "`underpass account sign-out PROVIDER` signs out, `underpass account remove PROVIDER` forgets a token",
    ),
    (
        &["server", "daemon", "frps"],
        "`underpass relay` runs the public end on a server",
    ),
    (
        &["ls", "list", "ps", "endpoints", "tunnel-list"],
        "`underpass status` lists what is hosted, `underpass tunnels list` the saved tunnels",
    ),
    (
        &["add", "create", "new", "reserve"],
        "`underpass tunnels create NAME PORT` saves a tunnel",
    ),
    (
        &["delete", "remove", "release", "rm"],
        "`underpass tunnels delete NAME` deletes a saved tunnel",
    ),
    (
        &["info", "show"],
        "`underpass tunnels show NAME` shows a saved tunnel",
    ),
    (
        &["update", "upgrade", "self-update"],
        "it does not update itself: install the new version over this one",
    ),
    (&["version", "ver"], "`underpass --version` says it"),
    (
        &["completion", "shell-completion"],
        "`underpass completions SHELL` prints them",
    ),
    (
        &["diagnose", "check", "troubleshoot", "netcheck"],
        "`underpass doctor` finds out what works on this machine",
    ),
    (
        &["gui", "ui", "window", "app", "tray"],
        "`underpass` without a command opens the window",
    ),
];

/// The words as ours, the program's name first.
pub(super) fn translate(mut words: Vec<OsString>) -> Vec<OsString> {
    let Some(at) = first(&words) else {
        return words;
    };
    let word = words[at].to_string_lossy().into_owned();
    if word == "help" {
        words.remove(at);
        words.push("--help".into());
    } else if is_protocol(&word) {
        words[at] = HOST.into();
        say_protocol(&mut words, at + 1, &word);
    } else if word == HOST {
        let follows = |place: usize| words.get(place).and_then(|word| word.to_str());
        let protocol = follows(at + 1).filter(|word| is_protocol(word));
        // Else it is a saved tunnel that is called so.
        let protocol = protocol.filter(|_| follows(at + 2).is_some_and(is_target));
        if let Some(protocol) = protocol.map(str::to_owned) {
            words.remove(at + 1);
            say_protocol(&mut words, at + 1, &protocol);
        }
    } else if is_target(&word) || is_option_of_host(&word) {
        words.insert(at, HOST.into());
    }
    if words.get(at).is_some_and(|word| word == HOST) {
        let rest = words.split_off(at + 1);
        words.extend(rest.into_iter().filter_map(bare_target));
    }
    words
}

/// The word without the option that says it is a target: nothing is left of the option alone.
fn bare_target(word: OsString) -> Option<OsString> {
    let Some(text) = word.to_str() else {
        return Some(word);
    };
    if TARGET_OPTIONS.contains(&text) {
        return None;
    }
    let joined = |option: &&str| {
        let rest = text.strip_prefix(option)?;
        match (rest.strip_prefix('='), option.starts_with("--")) {
            (Some(target), _) => Some(target),
            (None, true) => None,
            (None, false) => Some(rest),
        }
    };
    let target = TARGET_OPTIONS.iter().find_map(joined);
    Some(target.map_or(word.clone(), Into::into))
}

/// Where the first word is that is no option of the program itself.
fn first(words: &[OsString]) -> Option<usize> {
    let is_ours = |word: &str| {
        let verbose = |rest: &str| !rest.is_empty() && rest.chars().all(|c| c == 'v');
        word == "--verbose" || word.strip_prefix('-').is_some_and(verbose)
    };
    let mut words = words.iter().enumerate().skip(1);
    words
        .find(|(_, word)| !is_ours(&word.to_string_lossy()))
        .map(|(at, _)| at)
}

fn is_protocol(word: &str) -> bool {
    PROTOCOLS
        .iter()
        .any(|known| known.eq_ignore_ascii_case(word))
}

/// No command and no saved tunnel is written like that.
fn is_target(word: &str) -> bool {
    let is_number = !word.is_empty() && word.chars().all(|c| c.is_ascii_digit());
    is_number || (word.contains(':') && !word.starts_with('-'))
}

/// Says the protocol as an option; `http https://HOST` means what the URL says.
fn say_protocol(words: &mut Vec<OsString>, at: usize, protocol: &str) {
    let is_url = |word: &OsString| word.to_string_lossy().contains("://");
    if !protocol.eq_ignore_ascii_case("tcp") && words[at..].iter().any(is_url) {
        return;
    }
    let option = format!("--protocol={}", protocol.to_ascii_lowercase());
    words.insert(at, option.into());
}

/// Whether it is an option that a port is hosted with: `-p 3000`, `--name shop 3000`.
fn is_option_of_host(word: &str) -> bool {
    if bare_target(word.into()).is_none_or(|bare| bare != word) {
        return true;
    }
    let command = CommandLine::command();
    let Some(host) = command.find_subcommand(HOST) else {
        return false;
    };
    let long = word.strip_prefix("--");
    let long = long.map(|long| long.split('=').next().unwrap_or(long));
    let short = word.strip_prefix('-').and_then(|rest| rest.chars().next());
    host.get_arguments().any(|option| match long {
        Some(long) => {
            let aliases = option.get_all_aliases().unwrap_or_default();
            option.get_long() == Some(long) || aliases.contains(&long)
        }
        None => short.is_some() && option.get_short() == short,
    })
}

/// What is wrong with the words, with the way to ours where another program's were typed.
pub(super) fn explain(wrong: clap::Error) -> clap::Error {
    let kind = ErrorKind::InvalidSubcommand;
    let Some(ContextValue::String(typed)) = wrong.get(ContextKind::InvalidSubcommand) else {
        return wrong;
    };
    let text = match ours(typed) {
        Some(ours) => format!("there is no command {typed:?}: {ours}"),
        None if wrong.get(ContextKind::SuggestedSubcommand).is_some() => return wrong,
        None => format!(
            "there is no command {typed:?}; `underpass --help` lists them, and `underpass host NAME` hosts \
             a saved tunnel"
        ),
    };
    CommandLine::command().error(kind, text)
}

/// What does here what another program's command does there.
fn ours(typed: &str) -> Option<&'static str> {
    let typed = typed.to_ascii_lowercase();
    let row = OTHERS.iter().find(|(words, _)| words.contains(&&*typed));
    row.map(|(_, ours)| *ours)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn translated(words: &str) -> String {
        let words = std::iter::once("underpass").chain(words.split_whitespace());
        let words = translate(words.map(Into::into).collect());
        let words = words.iter().skip(1).map(|word| word.to_string_lossy());
        words.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn what_others_type_is_put_into_our_words() {
        let cases = [
            ("3000", "host 3000"),
            ("-vv 3000 --json", "-vv host 3000 --json"),
            (":3000", "host :3000"),
            ("nas.lan:80", "host nas.lan:80"),
            ("http://localhost:3000/", "host http://localhost:3000/"),
            ("3000:8080", "host 3000:8080"),
            ("http 3000", "host --protocol=http 3000"),
            ("TCP nas:22", "host --protocol=tcp nas:22"),
            ("http https://localhost:8443", "host https://localhost:8443"),
            ("tcp tcp://nas:22", "host --protocol=tcp tcp://nas:22"),
            ("host http 3000", "host --protocol=http 3000"),
            ("host http", "host http"),
            ("host http --json", "host http --json"),
            ("-p 3000", "host 3000"),
            ("-p3000", "host 3000"),
            ("--port=3000", "host 3000"),
            ("--url http://localhost:1", "host http://localhost:1"),
            ("--subdomain shop 3000", "host --subdomain shop 3000"),
            ("--provider bore 3000", "host --provider bore 3000"),
            ("help", "--help"),
            ("help host", "host --help"),
            // Ours stay as they are.
            ("", ""),
            ("--minimised", "--minimised"),
            ("--help", "--help"),
            ("-h", "-h"),
            ("-V", "-V"),
            ("doctor", "doctor"),
            ("tunnels show 3000", "tunnels show 3000"),
            ("shop", "shop"),
            ("-1", "-1"),
            ("--", "--"),
        ];
        for (typed, ours) in cases {
            assert_eq!(translated(typed), ours, "{typed}");
        }
    }

    #[test]
    fn no_word_of_ours_is_taken_for_another_programs() {
        let command = CommandLine::command();
        for (words, _) in OTHERS {
            for word in *words {
                assert!(command.find_subcommand(word).is_none(), "{word} is ours");
                assert!(!is_protocol(word) && *word != "help", "{word}");
            }
        }
    }
}
