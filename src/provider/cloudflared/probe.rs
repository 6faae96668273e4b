//! What an answer of Cloudflare's edge says of a tunnel. Pure.

use crate::model::{Header, ProbeDialect, RelayVerdict};

/// The edge's own status where a name is known and no connector serves it. No service of a person's
/// answers so by itself: it is not among the registered ones.
const NO_CONNECTOR: u16 = 530;

/// See the module.
#[derive(Debug)]
pub struct Dialect;

impl ProbeDialect for Dialect {
    fn verdict(&self, status: u16, header: Header<'_>) -> Option<RelayVerdict> {
        let is_edge = || header("server").is_some_and(|server| server == "cloudflare");
        if status == NO_CONNECTOR && is_edge() {
            return Some(RelayVerdict::NoHost);
        }
        // Of the page that this computer itself sends where the service is down.
        header(RelayVerdict::HEADER).and_then(RelayVerdict::parse)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ServiceFault;

    #[test]
    fn the_edge_s_own_answer_is_told_from_the_service_s() {
        let said = |status, name: &str, value: &str| {
            Dialect.verdict(status, &|asked| Some(value).filter(|_| asked == name))
        };
        assert_eq!(
            said(530, "server", "cloudflare"),
            Some(RelayVerdict::NoHost)
        );
        assert_eq!(said(530, "server", "nginx"), None);
        assert_eq!(said(502, "server", "cloudflare"), None);
        let own = RelayVerdict::Service(ServiceFault::Refused);
        let value = own.header_value();
        assert_eq!(said(502, RelayVerdict::HEADER, &value), Some(own));
    }
}
