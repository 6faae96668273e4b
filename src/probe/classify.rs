//! One word for two answers. Pure.

use crate::model::{Health, LocalAnswer, PublicAnswer, Reason, RelayVerdict, ServiceFault};

/// Makes one word of what the local port and the public URL did.
///
/// An answer of the person's own service is `Operational` whatever its status: a 503 it gives itself
/// is its business. Only the relay's own pages, told apart by their header, speak of the tunnel.
#[must_use]
pub fn classify(local: LocalAnswer, public: &PublicAnswer) -> Health {
    match public {
        PublicAnswer::Status {
            verdict: Some(verdict),
            ..
        } => match verdict {
            RelayVerdict::Service(_) => Health::ServiceDown,
            RelayVerdict::NoHost | RelayVerdict::UnknownTunnel => Health::Down,
        },
        PublicAnswer::Status { verdict: None, .. } => Health::Operational,
        PublicAnswer::Accepted { .. } => match local {
            LocalAnswer::Accepts | LocalAnswer::NotAsked => Health::Operational,
            LocalAnswer::Failed(_) => Health::ServiceDown,
        },
        PublicAnswer::NotAsked => match local {
            LocalAnswer::Accepts | LocalAnswer::NotAsked => Health::Unchecked,
            LocalAnswer::Failed(_) => Health::ServiceDown,
        },
        // Visitors have other name servers: it may well work for them.
        PublicAnswer::Failed {
            reason: Reason::UnknownHost { .. },
        } => match local {
            LocalAnswer::Accepts | LocalAnswer::NotAsked => Health::Unchecked,
            LocalAnswer::Failed(_) => Health::ServiceDown,
        },
        // The service does not answer here either: the URL only waits for it.
        PublicAnswer::Failed {
            reason: Reason::TimedOut,
        } if is_silent(local) => Health::ServiceDown,
        PublicAnswer::Failed { .. } => Health::Down,
    }
}

/// Whether the service keeps whoever asks it waiting.
fn is_silent(local: LocalAnswer) -> bool {
    match local.fault() {
        Some(
            ServiceFault::TimedOut
            | ServiceFault::NoAnswer
            | ServiceFault::Busy
            | ServiceFault::NotTls,
        ) => true,
        Some(_) | None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REFUSED: LocalAnswer = LocalAnswer::Failed(ServiceFault::Refused);
    const SILENT: LocalAnswer = LocalAnswer::Failed(ServiceFault::TimedOut);

    fn status(code: u16, verdict: Option<RelayVerdict>) -> PublicAnswer {
        PublicAnswer::Status {
            code,
            latency_us: 1,
            verdict,
            login_wall: false,
        }
    }

    #[test]
    fn any_answer_of_the_service_itself_is_operational() {
        for code in [200, 204, 301, 401, 404, 429, 500, 502, 503, 504] {
            for local in [LocalAnswer::Accepts, REFUSED, SILENT] {
                assert_eq!(
                    classify(local, &status(code, None)),
                    Health::Operational,
                    "{code}"
                );
            }
        }
    }

    #[test]
    fn the_relay_s_own_pages_tell_whose_side_it_is() {
        let word = |verdict| classify(LocalAnswer::Accepts, &status(502, Some(verdict)));
        assert_eq!(
            word(RelayVerdict::Service(ServiceFault::Refused)),
            Health::ServiceDown
        );
        assert_eq!(
            word(RelayVerdict::Service(ServiceFault::NotHttp)),
            Health::ServiceDown
        );
        assert_eq!(
            word(RelayVerdict::Service(ServiceFault::TimedOut)),
            Health::ServiceDown
        );
        assert_eq!(word(RelayVerdict::NoHost), Health::Down);
        assert_eq!(word(RelayVerdict::UnknownTunnel), Health::Down);
    }

    #[test]
    fn a_name_that_does_not_resolve_here_says_nothing_of_visitors() {
        let reason = Reason::UnknownHost {
            host: "web.example".to_owned(),
        };
        let failed = PublicAnswer::Failed { reason };
        assert_eq!(classify(LocalAnswer::Accepts, &failed), Health::Unchecked);
        assert_eq!(classify(LocalAnswer::NotAsked, &failed), Health::Unchecked);
        assert_eq!(classify(REFUSED, &failed), Health::ServiceDown);
    }

    #[test]
    fn a_tcp_port_is_as_good_as_its_service() {
        let accepted = PublicAnswer::Accepted { latency_us: 1 };
        assert_eq!(
            classify(LocalAnswer::Accepts, &accepted),
            Health::Operational
        );
        assert_eq!(classify(REFUSED, &accepted), Health::ServiceDown);
        let failed = PublicAnswer::Failed {
            reason: Reason::TimedOut,
        };
        assert_eq!(classify(LocalAnswer::Accepts, &failed), Health::Down);
        assert_eq!(classify(REFUSED, &failed), Health::Down);
        assert_eq!(classify(SILENT, &failed), Health::ServiceDown);
    }
}
