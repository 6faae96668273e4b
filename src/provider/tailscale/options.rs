//! What can be chosen of a Funnel, checked.

use super::offers::OFFERS;
use crate::model::ProviderOptions;

/// The public ports that Funnel has.
pub(super) const PORTS: [u16; 3] = [443, 8443, 10_000];

/// What was chosen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Options {
    /// The public port; `None` for the first that is free.
    pub(super) port: Option<u16>,
    /// A TCP service gets TLS as its visitors send it.
    pub(super) raw: bool,
}

impl Options {
    /// What was chosen, or a sentence on what is wrong with it.
    pub(super) fn parse(chosen: &ProviderOptions) -> Result<Self, String> {
        for (key, value) in &chosen.0 {
            match OFFERS.option(key) {
                Some(option) if option.takes(value) => {}
                Some(option) => return Err(format!("{key} takes {}", option.values())),
                None => return Err(format!("{key}: this version does not know it")),
            }
        }
        Ok(Self {
            port: chosen.text("port").and_then(|port| port.parse().ok()),
            raw: chosen.text("tcp") == Some("raw"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_set_is_taken_or_refused_with_what_can_be() {
        let parse = |key: &str, value: &str| {
            let pair = (key.to_owned(), value.to_owned());
            Options::parse(&ProviderOptions([pair].into_iter().collect()))
        };
        assert_eq!(
            Options::parse(&ProviderOptions::default()),
            Ok(Options::default())
        );
        assert_eq!(
            parse("port", "8443").map(|options| options.port),
            Ok(Some(8443))
        );
        assert_eq!(parse("port", "auto").map(|options| options.port), Ok(None));
        assert!(parse("tcp", "raw").is_ok_and(|options| options.raw));
        let refused = parse("port", "80").expect_err("Funnel has no such port");
        assert!(refused.contains("443, 8443, 10000"), "{refused}");
        assert!(parse("of-later", "on").is_err());
    }
}
