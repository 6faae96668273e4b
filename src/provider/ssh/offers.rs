//! What SSH carries, takes and needs, and the way from that to a connector.

use super::connector::SshConnector;
use super::import;
use super::options::{self, Options};
use crate::model::{
    AccountId, Header, Inventory, Offers, OptionKind, OptionSpec, ProbeDialect, Protocol,
    ProviderId, ProviderOptions, ReachBy, RelayVerdict, TextSpec, UrlLasts, WithoutAccount,
};
use crate::provider::registry::BuiltIn;
use crate::provider::{BoxFuture, ConnectError, Connector, ProbeMarks, Provider, Rejected, chosen};
use crate::secrets::Secrets;
use std::sync::Arc;

/// The words for the services, each with the text that names it.
const SERVICES: [(&str, &str); 9] = [
    ("server", "ssh-service-server"),
    ("localhost.run", "ssh-service-localhost-run"),
    ("serveo", "ssh-service-serveo"),
    ("pinggy", "ssh-service-pinggy"),
    ("srv.us", "ssh-service-srv-us"),
    ("tuns.sh", "ssh-service-tuns-sh"),
    ("sish", "ssh-service-sish"),
    ("ngrok-ssh", "ssh-service-ngrok"),
    ("frps", "ssh-service-frps"),
];

/// What it offers.
pub static OFFERS: Offers = Offers {
    id: ProviderId::literal("ssh"),
    name: "SSH",
    protocols: &Protocol::ALL,
    inventory: Inventory::Here,
    joins: false,
    reach: ReachBy::Server("server"),
    without_account: Some(WithoutAccount {
        rank: 2,
        name: "localhost.run",
        protocols: &[Protocol::Auto, Protocol::Http, Protocol::Https],
        options: &[("service", "localhost.run")],
        url_lasts: UrlLasts::Hours,
    }),
    probe: &Dialect,
    accepts: Some("accepted"),
    options: &[
        text(
            "server",
            "ssh-server",
            "ssh://anna@example.org:22",
            options::is_server,
        ),
        option("service", "ssh-service", OptionKind::Choice(&SERVICES)),
        option("identity", "ssh-identity", OptionKind::File),
        secret("passphrase", "ssh-passphrase", "PASSPHRASE"),
        secret("password", "ssh-password", "PASSWORD"),
        text(
            "host-key",
            "ssh-host-key",
            "SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU",
            options::are_pins,
        ),
        OptionSpec::new(
            "accepted",
            "ssh-accepted",
            OptionKind::Text(TextSpec {
                example: "example.org:22 SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU",
                takes: options::are_accepted,
            }),
        ),
        option("known-hosts", "ssh-known-hosts", OptionKind::File).advanced(),
        option(
            "remote-port",
            "ssh-remote-port",
            OptionKind::Number {
                min: 1,
                max: 65_535,
            },
        ),
        text("name", "ssh-name", "myname", options::is_plain).advanced(),
        text(
            "jump",
            "ssh-jump",
            "ssh://anna@gate.example.org",
            options::are_jumps,
        )
        .advanced(),
        text(
            "socket",
            "ssh-socket",
            "/run/user/1000/web.sock",
            options::is_socket,
        )
        .advanced(),
        text(
            "command",
            "ssh-command",
            "http --proxy_name web --token {token}",
            options::is_plain,
        )
        .advanced(),
        secret("token", "ssh-token", "TOKEN").advanced(),
        text("domain", "ssh-domain", "example.org", options::is_domain).advanced(),
    ],
    imports: &[import::FORMAT],
    ..Offers::RELAY
};

const fn option(key: &'static str, label: &'static str, kind: OptionKind) -> OptionSpec {
    OptionSpec::new(key, label, kind).of_tunnel()
}

const fn text(
    key: &'static str,
    label: &'static str,
    example: &'static str,
    takes: fn(&str) -> bool,
) -> OptionSpec {
    option(key, label, OptionKind::Text(TextSpec { example, takes }))
}

const fn secret(key: &'static str, label: &'static str, example: &'static str) -> OptionSpec {
    let takes = options::is_secret;
    option(key, label, OptionKind::Secret(TextSpec { example, takes }))
}

/// Servers say nothing of tunnels; the page that the host itself sends where its service is down does.
#[derive(Debug)]
struct Dialect;

impl ProbeDialect for Dialect {
    fn verdict(&self, _: u16, header: Header<'_>) -> Option<RelayVerdict> {
        header(RelayVerdict::HEADER).and_then(RelayVerdict::parse)
    }
}

/// SSH, with the secrets that are kept on this computer.
struct Ssh(Arc<Secrets>);

/// How it is listed.
pub const BUILT_IN: BuiltIn = BuiltIn {
    offers: &OFFERS,
    make: |secrets| Arc::new(Ssh(Arc::clone(secrets))),
    discreet: &["russh"],
};

/// What was chosen, checked.
fn parse(chosen: &ProviderOptions) -> Result<Options, Rejected> {
    let mut options = Options::default();
    for chosen in chosen::known(&OFFERS, chosen) {
        let (option, value) = chosen?;
        options.set(option.key, value.trim())?;
    }
    Ok(options)
}

impl Provider for Ssh {
    fn offers(&self) -> &'static Offers {
        &OFFERS
    }

    fn try_without_account(&self) -> BoxFuture<'_, Result<(), ConnectError>> {
        Box::pin(async {
            let way = OFFERS.without_account.map_or(&[][..], |way| way.options);
            let set = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
            let options = parse(&ProviderOptions(way.iter().map(set).collect()));
            let source = chosen::kept(Arc::clone(&self.0));
            SshConnector::new(source, options).try_once().await
        })
    }

    fn connector(
        &self,
        _: &AccountId,
        options: &ProviderOptions,
        _: ProbeMarks,
    ) -> Box<dyn Connector> {
        let source = chosen::kept(Arc::clone(&self.0));
        Box::new(SshConnector::new(source, parse(options)))
    }
}

#[cfg(test)]
mod tests {
    use super::super::services;
    use super::*;

    #[test]
    fn each_option_takes_what_the_connector_takes() {
        for option in OFFERS.options {
            let set = |value: &str| Options::default().set(option.key, value).is_ok();
            let example = match option.kind {
                OptionKind::Text(text) | OptionKind::Secret(text) => text.example,
                OptionKind::Number { .. } => "8080",
                OptionKind::File => "/a/file",
                OptionKind::Choice(values) => values[0].0,
                OptionKind::Switch => "on",
            };
            assert!(option.takes(example) && set(example), "{}", option.key);
        }
        let keys: Vec<&str> = services::ALL.iter().map(|service| service.key).collect();
        let words: Vec<&str> = SERVICES.iter().map(|(word, _)| *word).collect();
        assert_eq!(words, keys);
    }

    #[test]
    fn what_is_set_becomes_options_or_says_what_is_wrong() {
        let set = |key: &str, value: &str| {
            let pair = (key.to_owned(), value.to_owned());
            parse(&ProviderOptions([pair].into_iter().collect()))
        };
        assert!(set("server", "a.example").is_ok());
        for (key, value) in [("of-later", "on"), ("password", "x"), ("server", "a b")] {
            assert!(set(key, value).is_err(), "{key}");
        }
    }
}
