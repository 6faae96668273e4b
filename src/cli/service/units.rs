//! The units, made of those in docs/systemd: what is documented is what is installed. Pure.

use super::args::RelayUnitArgs;
use super::quote::{assignment, command_line};
use std::net::SocketAddr;

/// How each file begins that is ours to replace and to remove.
pub(super) const OURS: &str = "# Written by `underpass service install`";

const HOST: &str = include_str!("../../../docs/systemd/underpass-host.service");
const RELAY: &str = include_str!("../../../docs/systemd/underpass-relay.service");
const RELAY_LINK: &str = include_str!("../../../docs/systemd/underpass-relay-link.socket");
const RELAY_HTTP: &str = include_str!("../../../docs/systemd/underpass-relay-http.socket");

/// A unit, by the name of its file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Unit {
    pub(super) name: &'static str,
    pub(super) text: String,
}

/// What is installed together: the service first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Kind {
    /// Tunnels of this user
    Host,
    /// The public end, for the whole system
    Relay,
}

impl Kind {
    pub(super) const ALL: [Self; 2] = [Self::Host, Self::Relay];

    pub(super) const fn names(self) -> &'static [&'static str] {
        match self {
            Self::Host => &["underpass-host.service"],
            Self::Relay => &[
                "underpass-relay.service",
                "underpass-relay-link.socket",
                "underpass-relay-http.socket",
            ],
        }
    }

    /// The service among them.
    pub(super) const fn service(self) -> &'static str {
        match self {
            Self::Host => "underpass-host.service",
            Self::Relay => "underpass-relay.service",
        }
    }

    /// A user's, and not the whole system's.
    pub(super) const fn is_users(self) -> bool {
        matches!(self, Self::Host)
    }

    /// What shows its log.
    pub(super) const fn log(self) -> &'static str {
        match self {
            Self::Host => "journalctl --user -u underpass-host",
            Self::Relay => "sudo journalctl -u underpass-relay",
        }
    }
}

/// A user's service that hosts by these words; `home` is the one that `UNDERPASS_HOME` names.
pub(super) fn host(program: &str, words: &[String], home: Option<&str>) -> Vec<Unit> {
    let words = std::iter::once("host").chain(words.iter().map(String::as_str));
    let mut lines = vec![format!("ExecStart={}", command_line(program, words))];
    if let Some(home) = home {
        let variable = assignment("UNDERPASS_HOME", home);
        lines.push(format!("Environment={variable}"));
    }
    let lines = lines.join("\n");
    vec![unit(Kind::Host.service(), HOST, "ExecStart=", &lines)]
}

/// The system's service of a relay, and its sockets.
pub(super) fn relay(program: &str, args: &RelayUnitArgs) -> Vec<Unit> {
    let words = args.words();
    let words = std::iter::once("relay").chain(words.iter().map(String::as_str));
    let line = format!("ExecStart={}", command_line(program, words));
    let socket = |name, template, at: Option<SocketAddr>| match at {
        Some(at) => unit(
            name,
            template,
            "ListenStream=",
            &format!("ListenStream={at}"),
        ),
        None => marked(name, template),
    };
    vec![
        unit(Kind::Relay.service(), RELAY, "ExecStart=", &line),
        socket("underpass-relay-link.socket", RELAY_LINK, args.listen),
        socket("underpass-relay-http.socket", RELAY_HTTP, args.http),
    ]
}

/// The template with another line in place of the one that begins so.
fn unit(name: &'static str, template: &str, begins: &str, line: &str) -> Unit {
    let lines = template.lines();
    let lines = lines.map(|was| if was.starts_with(begins) { line } else { was });
    let text = lines.collect::<Vec<_>>().join("\n");
    marked(name, &(text + "\n"))
}

fn marked(name: &'static str, text: &str) -> Unit {
    let text = format!("{OURS}: `underpass service uninstall` removes it.\n{text}");
    Unit { name, text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_templates_have_one_line_each_that_is_replaced() {
        let count = |text: &str, begins: &str| {
            let lines = text.lines().filter(|line| line.starts_with(begins));
            lines.count()
        };
        for (text, begins) in [
            (HOST, "ExecStart="),
            (RELAY, "ExecStart="),
            (RELAY_LINK, "ListenStream="),
            (RELAY_HTTP, "ListenStream="),
        ] {
            assert_eq!(count(text, begins), 1, "{begins}");
        }
        let names = |units: Vec<Unit>| units.iter().map(|unit| unit.name).collect::<Vec<_>>();
        assert_eq!(names(host("/u", &[], None)), Kind::Host.names());
        let args = RelayUnitArgs::default();
        assert_eq!(names(relay("/u", &args)), Kind::Relay.names());
    }

    #[test]
    fn what_was_typed_takes_the_place_of_the_example() {
        let words = ["shop".to_owned(), "Mein Büro".to_owned()];
        let [unit] = host("/opt/a b/underpass", &words, Some("/h 100%"))
            .try_into()
            .expect("one");
        assert!(unit.text.starts_with(OURS), "{}", unit.text);
        let exec = "\nExecStart=\"/opt/a b/underpass\" host shop \"Mein Büro\"\n\
                    Environment=\"UNDERPASS_HOME=/h 100%%\"\n";
        assert!(unit.text.contains(exec), "{}", unit.text);
        assert!(unit.text.contains("\nWantedBy=default.target\n"));
        let args = RelayUnitArgs {
            advertise: Some("relay.example.org".to_owned()),
            http: Some("127.0.0.1:7480".parse().expect("an address")),
            ..RelayUnitArgs::default()
        };
        let units = relay("/usr/local/bin/underpass", &args);
        let exec = "\nExecStart=/usr/local/bin/underpass relay --advertise relay.example.org\n";
        assert!(units[0].text.contains(exec), "{}", units[0].text);
        assert!(units[1].text.contains("\nListenStream=0.0.0.0:7443\n"));
        assert!(units[2].text.contains("\nListenStream=127.0.0.1:7480\n"));
    }
}
