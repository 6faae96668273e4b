//! What a person typed, checked: the same rules for the window, the command line and the files.

use super::{HealthKey, PortNumber, Protocol, ProviderId, Target, TunnelId};
use serde::{Deserialize, Serialize};
use std::net::{IpAddr, Ipv6Addr};

/// A field of a dialog.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Field {
    Name,
    /// The port, or `HOST:PORT`.
    Target,
    /// Whom a new tunnel is for.
    Reach,
    Provider,
    Protocol,
    PublicPort,
    JoinLink,
    Token,
    /// An option of the provider that is picked: its place in what that offers.
    Option {
        /// From 0.
        at: usize,
    },
    /// How what is hosted is looked after.
    Health {
        key: HealthKey,
        /// Whose tunnels; what is set for all, or for the port in the dialog, where there is none.
        provider: Option<ProviderId>,
    },
}

/// Why a field cannot be taken as it stands.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum FieldError {
    /// An option takes something else.
    NotTaken {
        /// Its values, its range or an example.
        takes: String,
    },
    /// The first wait between attempts is longer than the longest.
    InitialAboveCap { initial: String, cap: String },
    /// Nothing was typed.
    Empty,
    /// Not a number from 1 to 65535.
    NotAPort { typed: String },
    /// Neither `PORT` nor `HOST:PORT`.
    NotATarget { typed: String },
    /// Two ports, as Docker has them.
    TwoPorts { typed: String },
    /// A URL with a path: a tunnel carries all of them.
    TargetHasPath {
        /// What was typed before it.
        typed: String,
    },
    /// A URL with a user or password.
    TargetHasUser,
    /// It is a listener of ours, or the port's own public one.
    OwnListener { typed: String },
    /// No letter or digit that a host name may hold.
    UnusableName { typed: String },
    /// A tunnel of that id is there already.
    NameExists { id: TunnelId },
    /// The tunnel has that port already.
    PortExists { port: PortNumber },
    /// No join link.
    NotAJoinLink {
        /// What is wrong with it.
        fault: super::InvalidJoinLink,
    },
    /// A public port goes with `tcp` alone.
    PublicPortNeedsTcp,
    /// The provider carries other protocols than this.
    NotCarried {
        provider: String,
        carries: Vec<super::Protocol>,
    },
    /// Nobody is signed in at the provider, or its program is not there.
    NotReady,
    /// The embedded relay listens on the network: what it carries is not for this computer alone.
    OpenToNetwork,
    /// A relay was joined: nothing new goes through the embedded one.
    RelayJoined {
        /// `HOST:PORT` of it.
        address: String,
    },
    /// Whom the provider's URLs are for is not up to this computer.
    NotForThose { provider: String },
    /// No way without an account carries this from here.
    NoWay,
}

/// The longest name a tunnel may have, in characters.
const MAX_NAME: usize = 64;

/// Reads a tunnel's name: the name, trimmed, and the id made of it.
///
/// # Errors
/// `Empty`, or `UnusableName` when it is too long or gives no id.
pub fn parse_name(typed: &str) -> Result<(String, TunnelId), FieldError> {
    let name = typed.trim();
    if name.is_empty() {
        return Err(FieldError::Empty);
    }
    let fits = name.chars().count() <= MAX_NAME && !name.chars().any(char::is_control);
    let id = TunnelId::from_name(name).filter(|_| fits);
    let id = id.ok_or_else(|| FieldError::UnusableName {
        typed: name.to_owned(),
    })?;
    Ok((name.to_owned(), id))
}

/// Reads a port.
///
/// # Errors
/// `Empty` or `NotAPort`.
pub fn parse_port(typed: &str) -> Result<PortNumber, FieldError> {
    match typed.trim() {
        "" => Err(FieldError::Empty),
        text => text.parse().map_err(|_| FieldError::NotAPort {
            typed: text.to_owned(),
        }),
    }
}

/// Where a port leads, as it was typed: what a URL says of the protocol is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypedTarget {
    pub target: Target,
    /// What the URL's scheme says.
    pub protocol: Option<Protocol>,
}

/// Where a URL leads, whatever its path.
pub fn parse_url_target(url: &str) -> Option<TypedTarget> {
    let (scheme, rest) = url.trim().split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    parse_typed_target(&format!("{scheme}://{authority}")).ok()
}

/// Reads what people type and paste for a local service: `3000`, `:3000`, `localhost:3000`,
/// `nas.lan:80`, `[::1]:80`, and the same as a URL with no path but `/`. An address that stands for
/// all of this computer's (`0.0.0.0`) is `localhost`.
///
/// # Errors
/// What is wrong with it: see [`FieldError`].
pub fn parse_typed_target(typed: &str) -> Result<TypedTarget, FieldError> {
    let text = typed.trim();
    let not_a_target = || FieldError::NotATarget {
        typed: text.to_owned(),
    };
    if text.contains('@') {
        // It is not quoted: there may be a password in it.
        return Err(FieldError::TargetHasUser);
    }
    let (protocol, rest) = match text.split_once("://") {
        Some((scheme, rest)) => {
            let protocol = scheme.parse().ok().filter(|p| *p != Protocol::Auto);
            (Some(protocol.ok_or_else(not_a_target)?), rest)
        }
        None => (None, text),
    };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    if !matches!(path, "" | "/") {
        return Err(FieldError::TargetHasPath {
            typed: authority.to_owned(),
        });
    }
    let target = parse_authority(authority, protocol).map_err(|fault| fault.about(text))?;
    Ok(TypedTarget { target, protocol })
}

/// Reads `PORT` or `HOST:PORT`; a URL needs no port where its scheme has one.
fn parse_authority(text: &str, protocol: Option<Protocol>) -> Result<Target, FieldError> {
    let usual = match protocol {
        Some(Protocol::Http) => Some("80"),
        Some(Protocol::Https) => Some("443"),
        Some(Protocol::Tcp | Protocol::Auto) | None => None,
    };
    let bracketed = text.starts_with('[') && text.ends_with(']');
    let not_a_target = || FieldError::NotATarget {
        typed: text.to_owned(),
    };
    let (host, port) = match (text.rsplit_once(':').filter(|_| !bracketed), usual) {
        (Some(split), _) => split,
        (None, Some(_)) if text.is_empty() => return Err(not_a_target()),
        (None, Some(usual)) => (text, usual),
        (None, None) if bracketed => return Err(not_a_target()),
        (None, None) => return parse_port(text).map(Target::local),
    };
    let port_number = parse_port(port);
    if host.is_empty() {
        return port_number.map(Target::local);
    }
    if host.bytes().all(|b| b.is_ascii_digit()) && port_number.is_ok() {
        return Err(FieldError::TwoPorts {
            typed: text.to_owned(),
        });
    }
    let port = port_number?;
    match parse_target_host(host) {
        Some(host) => Ok(Target { host, port }),
        None => Err(not_a_target()),
    }
}

/// A name or an address; those that stand for all of this computer's are `localhost`.
fn parse_target_host(host: &str) -> Option<String> {
    let bare = host.strip_prefix('[').and_then(|h| h.strip_suffix(']'));
    let valid = match bare {
        Some(address) => address.parse::<Ipv6Addr>().is_ok(),
        None => host
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b".-_".contains(&b)),
    };
    let host = bare.unwrap_or(host).to_ascii_lowercase();
    let any = host.parse::<IpAddr>().is_ok_and(|ip| ip.is_unspecified());
    let host = if any {
        Target::LOCALHOST.to_owned()
    } else {
        host
    };
    valid.then_some(host)
}

impl FieldError {
    /// The same about all that was typed.
    fn about(self, text: &str) -> Self {
        let typed = text.to_owned();
        match self {
            Self::NotATarget { .. } => Self::NotATarget { typed },
            other => other,
        }
    }
}

/// The target alone of [`parse_typed_target`].
pub fn parse_target(typed: &str) -> Result<Target, FieldError> {
    parse_typed_target(typed).map(|typed| typed.target)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn targets() {
        let shown = |typed| parse_target(typed).map(|target| target.to_string());
        assert_eq!(shown("3000"), Ok("localhost:3000".to_owned()));
        assert_eq!(shown(" nas.lan:80 "), Ok("nas.lan:80".to_owned()));
        assert_eq!(shown("[::1]:80"), Ok("[::1]:80".to_owned()));
        assert_eq!(shown(""), Err(FieldError::Empty));
        for bad in ["0", "70000", "abc", "host:", "host:0"] {
            assert!(
                matches!(
                    shown(bad),
                    Err(FieldError::NotAPort { .. } | FieldError::Empty)
                ),
                "{bad}"
            );
        }
        for bad in [
            "::1:80",
            "a b:80",
            "[zz]:80",
            "ftp://x:80",
            "auto://x:80",
            "[::1]",
        ] {
            assert!(
                matches!(shown(bad), Err(FieldError::NotATarget { .. })),
                "{bad}"
            );
        }
    }

    #[test]
    fn what_is_pasted_for_a_local_service_is_taken() {
        let shown = |text| {
            let typed = parse_typed_target(text).expect(text);
            (typed.target.to_string(), typed.protocol)
        };
        for text in [
            "3000",
            ":3000",
            "localhost:3000/",
            "LOCALHOST:3000",
            "0.0.0.0:3000",
            "[::]:3000",
        ] {
            assert_eq!(shown(text), ("localhost:3000".to_owned(), None), "{text}");
        }
        for (text, target, protocol) in [
            ("http://localhost:3000", "localhost:3000", Protocol::Http),
            ("HTTP://localhost:3000/", "localhost:3000", Protocol::Http),
            ("https://nas.lan", "nas.lan:443", Protocol::Https),
            ("http://[::1]/", "[::1]:80", Protocol::Http),
            ("https://[::1]:8443/", "[::1]:8443", Protocol::Https),
            ("tcp://db:5432", "db:5432", Protocol::Tcp),
        ] {
            assert_eq!(shown(text), (target.to_owned(), Some(protocol)), "{text}");
        }
    }

    #[test]
    fn what_makes_no_sense_as_a_target_says_what_to_type() {
        let wrong = |text| parse_typed_target(text).expect_err(text);
        let typed = |text: &str| text.to_owned();
        assert_eq!(
            wrong("33000:8080"),
            FieldError::TwoPorts {
                typed: typed("33000:8080")
            }
        );
        for text in ["http://u:secret@localhost:3000/", "me@localhost:3000"] {
            assert_eq!(wrong(text), FieldError::TargetHasUser, "{text}");
        }
        for text in [
            "http://localhost:3000/app",
            "localhost:3000/?q",
            "localhost:3000#top",
        ] {
            let typed = typed("localhost:3000");
            assert_eq!(wrong(text), FieldError::TargetHasPath { typed }, "{text}");
        }
        assert!(matches!(wrong("tcp://db"), FieldError::NotAPort { .. }));
        assert!(matches!(
            wrong("http://"),
            FieldError::NotATarget { .. } | FieldError::Empty
        ));
    }

    #[test]
    fn names() {
        assert_eq!(
            parse_name(" Mein Büro ").map(|(name, id)| (name, id.to_string())),
            Ok(("Mein Büro".to_owned(), "mein-buro".to_owned()))
        );
        assert_eq!(parse_name("  "), Err(FieldError::Empty));
        for bad in ["…", "a\nb", &"a".repeat(65)] {
            assert!(
                matches!(parse_name(bad), Err(FieldError::UnusableName { .. })),
                "{bad}"
            );
        }
    }

    proptest! {
        #[test]
        fn a_target_that_is_read_reads_back_the_same(typed in "\\PC{0,30}(:[0-9]{1,5})?") {
            if let Ok(target) = parse_target(&typed) {
                prop_assert_eq!(parse_target(&target.to_string()), Ok(target));
            }
        }

        #[test]
        fn no_password_is_quoted(scheme in "([a-z]{3,5}://)?", user in "[a-z]{1,8}", password in "[a-z0-9]{12}", rest in "[a-z:/0-9]{0,12}") {
            let typed = format!("{scheme}{user}:{password}@{rest}");
            if let Err(error) = parse_typed_target(&typed) {
                prop_assert!(!format!("{error:?}").contains(&password), "{error:?}");
            }
        }
    }
}
