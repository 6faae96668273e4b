//! One word for two answers. Pure.

use crate::model::{Health, LocalAnswer, PublicAnswer, Reason, RelayVerdict, ServiceFault};

/// Makes one word of what the local port and the public URL did.
///
/// An answer of the person's own service is `Operational` whatever its status: a 503 it gives itself
/// is its business. Only the relay's own pages, told apart by their header, speak of the tunnel.
/// While the session's link is `alive`, an answer that is late is only late.
#[must_use]
pub fn classify(local: LocalAnswer, public: &PublicAnswer, alive: bool) -> Health {
    match public {
        PublicAnswer::Status {
            verdict: Some(verdict),
            ..
        } => match verdict {
            RelayVerdict::Service(_) => Health::ServiceDown,
            RelayVerdict::Full => Health::Full,
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
        PublicAnswer::Failed {
            reason: Reason::TimedOut,
        } if alive => match local {
            LocalAnswer::Accepts | LocalAnswer::NotAsked => Health::Slow,
            LocalAnswer::Failed(_) => Health::ServiceDown,
        },
        PublicAnswer::Failed { .. } => Health::Down,
    }
}

/// The same for a port whose visitors speak no HTTP. Its relay has no page to say that there is no place
/// for another one: while the session's link is `alive`, a connection that is reset says so.
#[must_use]
pub(super) fn classify_raw(local: LocalAnswer, public: &PublicAnswer, alive: bool) -> Health {
    match public {
        PublicAnswer::Failed {
            reason: Reason::LinkLost,
        } if alive => Health::Full,
        _ => classify(local, public, alive),
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
                    classify(local, &status(code, None), false),
                    Health::Operational,
                    "{code}"
                );
            }
        }
    }

    #[test]
    fn the_relay_s_own_pages_tell_whose_side_it_is() {
        let word = |verdict| classify(LocalAnswer::Accepts, &status(502, Some(verdict)), true);
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
        assert_eq!(word(RelayVerdict::Full), Health::Full);
        assert_eq!(word(RelayVerdict::NoHost), Health::Down);
        assert_eq!(word(RelayVerdict::UnknownTunnel), Health::Down);
    }

    #[test]
    fn a_name_that_does_not_resolve_here_says_nothing_of_visitors() {
        let reason = Reason::UnknownHost {
            host: "web.example".to_owned(),
        };
        let failed = PublicAnswer::Failed { reason };
        for alive in [false, true] {
            let word = |local| classify(local, &failed, alive);
            assert_eq!(word(LocalAnswer::Accepts), Health::Unchecked);
            assert_eq!(word(LocalAnswer::NotAsked), Health::Unchecked);
            assert_eq!(word(REFUSED), Health::ServiceDown);
        }
    }

    #[test]
    fn a_tcp_port_is_as_good_as_its_service() {
        let accepted = PublicAnswer::Accepted { latency_us: 1 };
        let word = |local| classify(local, &accepted, false);
        assert_eq!(word(LocalAnswer::Accepts), Health::Operational);
        assert_eq!(word(REFUSED), Health::ServiceDown);
    }

    #[test]
    fn a_late_answer_is_slow_over_a_link_that_lives_and_else_dead() {
        let failed = |reason| PublicAnswer::Failed { reason };
        let late = failed(Reason::TimedOut);
        let word = |local, alive| classify(local, &late, alive);
        assert_eq!(word(LocalAnswer::Accepts, true), Health::Slow);
        assert_eq!(word(LocalAnswer::NotAsked, true), Health::Slow);
        assert_eq!(word(LocalAnswer::Accepts, false), Health::Down);
        assert_eq!(word(REFUSED, true), Health::ServiceDown);
        assert_eq!(word(REFUSED, false), Health::Down);
        assert_eq!(word(SILENT, false), Health::ServiceDown);
        let lost = failed(Reason::LinkLost);
        assert_eq!(classify(LocalAnswer::Accepts, &lost, true), Health::Down);
    }

    #[test]
    fn a_tcp_port_that_keeps_nobody_is_full_over_a_link_that_lives_and_else_dead() {
        let lost = PublicAnswer::Failed {
            reason: Reason::LinkLost,
        };
        let word = |local, alive| classify_raw(local, &lost, alive);
        assert_eq!(word(LocalAnswer::Accepts, true), Health::Full);
        assert_eq!(word(LocalAnswer::NotAsked, true), Health::Full);
        assert_eq!(word(LocalAnswer::Accepts, false), Health::Down);
        let accepted = PublicAnswer::Accepted { latency_us: 1 };
        let word = classify_raw(REFUSED, &accepted, true);
        assert_eq!(word, Health::ServiceDown);
    }
}
