//! What a person typed, checked: the same rules for the window, the command line and the files.

use super::{PortNumber, Target, TunnelId};
use serde::{Deserialize, Serialize};

/// A field of a dialog.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Field {
    /// The tunnel's name.
    Name,
    /// The port, or `HOST:PORT`.
    Target,
    /// Who is to carry it.
    Provider,
    /// The protocol.
    Protocol,
    /// The public TCP port.
    PublicPort,
    /// A join link.
    JoinLink,
}

/// Why a field cannot be taken as it stands.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum FieldError {
    /// Nothing was typed.
    Empty,
    /// Not a number from 1 to 65535.
    NotAPort {
        /// What was typed.
        typed: String,
    },
    /// Neither `PORT` nor `HOST:PORT`.
    NotATarget {
        /// What was typed.
        typed: String,
    },
    /// No letter or digit that a host name may hold.
    UnusableName {
        /// What was typed.
        typed: String,
    },
    /// A tunnel of that id is there already.
    NameExists {
        /// The id.
        id: TunnelId,
    },
    /// The tunnel has that port already.
    PortExists {
        /// The port.
        port: PortNumber,
    },
    /// No join link.
    NotAJoinLink {
        /// What is wrong with it.
        fault: super::InvalidJoinLink,
    },
    /// A public port goes with `tcp` alone.
    PublicPortNeedsTcp,
    /// The provider has no `tcp` of its own.
    NoTcp,
    /// Nobody is signed in at the provider, or its program is not there.
    NotReady,
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

/// Reads `PORT` or `HOST:PORT` (`[::1]:PORT` for an IPv6 address).
///
/// # Errors
/// `Empty`, `NotAPort` when the port is wrong, `NotATarget` when the host is.
pub fn parse_target(typed: &str) -> Result<Target, FieldError> {
    let text = typed.trim();
    let Some((host, port)) = text.rsplit_once(':') else {
        return parse_port(text).map(Target::local);
    };
    let bare = host.strip_prefix('[').and_then(|h| h.strip_suffix(']'));
    let valid = match bare {
        Some(address) => address.parse::<std::net::Ipv6Addr>().is_ok(),
        None => {
            !host.is_empty()
                && host
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b".-_".contains(&b))
        }
    };
    if !valid {
        return Err(FieldError::NotATarget {
            typed: text.to_owned(),
        });
    }
    Ok(Target {
        host: bare.unwrap_or(host).to_ascii_lowercase(),
        port: parse_port(port)?,
    })
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
        for bad in [":80", "::1:80", "a b:80", "[zz]:80", "http://x:80"] {
            assert!(
                matches!(shown(bad), Err(FieldError::NotATarget { .. })),
                "{bad}"
            );
        }
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
    }
}
