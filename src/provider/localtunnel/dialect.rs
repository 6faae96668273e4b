//! What a probe of a localtunnel URL sends, and what the server's own pages say. Pure.

use crate::model::{Header, ProbeDialect, RelayVerdict};

/// Without it the public server shows a page of its own to whoever looks like a browser, once a week.
pub(super) const HEADERS: [(&str, &str); 1] = [("bypass-tunnel-reminder", "1")];

/// The public server says here that nobody hosts the name. npm's own server has only a 404 for it, which a
/// service may have as well.
const STATUS: &str = "x-localtunnel-status";

/// See the module.
#[derive(Debug)]
pub struct Dialect;

impl ProbeDialect for Dialect {
    fn headers(&self) -> &'static [(&'static str, &'static str)] {
        &HEADERS
    }

    fn verdict(&self, _: u16, header: Header<'_>) -> Option<RelayVerdict> {
        let is_gone = |said: &str| said.eq_ignore_ascii_case("tunnel unavailable");
        match header(STATUS) {
            Some(said) if is_gone(said.trim()) => Some(RelayVerdict::NoHost),
            _ => header(RelayVerdict::HEADER).and_then(RelayVerdict::parse),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ServiceFault;

    #[test]
    fn the_server_s_own_pages_are_told_from_the_service_s() {
        let own = RelayVerdict::Service(ServiceFault::Refused);
        let value = own.header_value();
        for (name, value, expected) in [
            (STATUS, "Tunnel Unavailable", Some(RelayVerdict::NoHost)),
            (STATUS, " tunnel unavailable ", Some(RelayVerdict::NoHost)),
            (STATUS, "other", None),
            (RelayVerdict::HEADER, &value, Some(own)),
            ("server", "nginx", None),
        ] {
            let said = Dialect.verdict(503, &|asked| Some(value).filter(|_| asked == name));
            assert_eq!(said, expected, "{name}: {value}");
        }
    }
}
