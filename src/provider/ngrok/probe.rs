//! What a probe of an ngrok URL sends, what an answer of the edge says, and what probing costs. Pure.

use crate::model::{Header, ProbeDialect, RelayVerdict, ServiceFault};
use std::time::Duration;

/// Without it the free plan shows a page of its own to whoever looks like a browser.
pub const HEADERS: [(&str, &str); 1] = [("ngrok-skip-browser-warning", "1")];

/// Stands on each page of the edge's own, and can stand on no other: what a service sends under this
/// name never gets through.
pub const CODE_HEADER: &str = "ngrok-error-code";

/// So many HTTP requests a month are free, and every probe is one.
pub const FREE_REQUESTS: u64 = 20_000;

/// How often a URL is probed, beside once when its session is established and whenever somebody asks.
/// Each 30 s would use a month's requests up within a week; between probes the heartbeat and the local
/// port keep the badge true.
pub const EVERY: Duration = Duration::from_mins(15);

/// What a page of the edge's own says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Page {
    /// Nobody hosts the URL.
    Offline,
    /// The host was reached, its service was not.
    ServiceDown,
    /// The service's answer is no HTTP.
    Garbled,
    /// The way works: a browser is asked whether it wants to go it.
    Interstitial,
    /// ngrok has closed the URL.
    Banned,
    /// More than the plan has.
    Limited,
    /// Something else.
    Other,
}

impl Page {
    /// Reads the value of [`CODE_HEADER`]; without that header it is the service's own answer.
    pub fn parse(code: &str) -> Self {
        let number = code.trim().strip_prefix("ERR_NGROK_");
        match number.and_then(|number| number.parse().ok()) {
            Some(3200_u32) => Self::Offline,
            Some(8012) => Self::ServiceDown,
            Some(3004) => Self::Garbled,
            Some(6024) => Self::Interstitial,
            Some(3208) => Self::Banned,
            Some(700..=799) => Self::Limited,
            Some(_) | None => Self::Other,
        }
    }

    /// The same in the words that all probes are judged by; `None` where the way to the service works,
    /// or where it cannot be told whose fault it is.
    pub const fn verdict(self) -> Option<RelayVerdict> {
        match self {
            Self::Offline => Some(RelayVerdict::NoHost),
            Self::Banned => Some(RelayVerdict::UnknownTunnel),
            Self::ServiceDown => Some(RelayVerdict::Service(ServiceFault::Refused)),
            Self::Garbled => Some(RelayVerdict::Service(ServiceFault::NotHttp)),
            Self::Limited => Some(RelayVerdict::Full),
            Self::Interstitial | Self::Other => None,
        }
    }
}

/// See the module.
#[derive(Debug)]
pub struct Dialect;

impl ProbeDialect for Dialect {
    fn headers(&self) -> &'static [(&'static str, &'static str)] {
        &HEADERS
    }

    fn least_interval(&self) -> Duration {
        EVERY
    }

    fn requests_a_month(&self) -> Option<u64> {
        Some(FREE_REQUESTS)
    }

    /// By the headers alone: of the edge's own page, or of the one that the host itself sends where
    /// its service is down.
    fn verdict(&self, _: u16, header: Header<'_>) -> Option<RelayVerdict> {
        match header(CODE_HEADER) {
            Some(code) => Page::parse(code).verdict(),
            None => header(RelayVerdict::HEADER).and_then(RelayVerdict::parse),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::probes_a_month;

    /// What an answer with this header says.
    fn said(name: &str, value: &str) -> Option<RelayVerdict> {
        Dialect.verdict(200, &|asked| Some(value).filter(|_| asked == name))
    }

    #[test]
    fn the_edge_s_own_pages_are_told_from_the_service_s() {
        use RelayVerdict::{Full, NoHost, Service, UnknownTunnel};
        for (code, expected) in [
            ("ERR_NGROK_3200", Some(NoHost)),
            (" ERR_NGROK_3200 ", Some(NoHost)),
            ("ERR_NGROK_8012", Some(Service(ServiceFault::Refused))),
            ("ERR_NGROK_3004", Some(Service(ServiceFault::NotHttp))),
            ("ERR_NGROK_6024", None),
            ("ERR_NGROK_3208", Some(UnknownTunnel)),
            ("ERR_NGROK_727", Some(Full)),
            ("ERR_NGROK_1", None),
            ("nonsense", None),
        ] {
            assert_eq!(said(CODE_HEADER, code), expected, "{code}");
        }
        assert_eq!(said("server", "nginx"), None, "the service's own answer");
        let own = Service(ServiceFault::Refused);
        let value = own.header_value();
        assert_eq!(said(RelayVerdict::HEADER, &value), Some(own));
        assert_eq!(Dialect.headers()[0].0, "ngrok-skip-browser-warning");
    }

    #[test]
    fn probing_says_what_it_costs() {
        assert_eq!(probes_a_month(Dialect.least_interval()), 2_880);
        let each_half_minute = probes_a_month(Duration::from_secs(30));
        assert!(
            Dialect
                .requests_a_month()
                .is_some_and(|all| each_half_minute > 4 * all)
        );
    }
}
