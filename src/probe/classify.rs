//! One diagnosis of two answers. Pure.

use crate::model::{
    Diagnosis, LocalAnswer, PublicAnswer, Reason, RelayVerdict, ServiceFault, StatusRanges,
    UrlFault,
};

/// Makes one value of what the local port and the public URL did.
///
/// An answer of the person's own service is `Works` whatever its status, unless the person `expected`
/// others: a 503 it gives itself is its business, and never the session's. Only the relay's own pages, told
/// apart by their header, speak of the tunnel. While the session's link is `alive`, an answer that is late
/// is only late.
pub fn classify(
    local: LocalAnswer,
    public: &PublicAnswer,
    alive: bool,
    expected: &StatusRanges,
) -> Diagnosis {
    let down = |cause| Diagnosis::Down {
        cause,
        service: local.fault(),
        alive,
    };
    match public {
        PublicAnswer::Status {
            verdict: Some(verdict),
            ..
        } => match verdict {
            RelayVerdict::Service(fault) => service_down(*fault, local),
            RelayVerdict::Full => Diagnosis::Full,
            RelayVerdict::NoHost => down(UrlFault::NoHost),
            RelayVerdict::UnknownTunnel => down(UrlFault::UnknownTunnel),
        },
        PublicAnswer::Status {
            login_wall: true, ..
        } => Diagnosis::Private,
        PublicAnswer::Status { code, .. } if !expected.contains(*code) => {
            Diagnosis::Unexpected { status: *code }
        }
        PublicAnswer::Status { .. } => Diagnosis::Works,
        PublicAnswer::Accepted { .. } => unless_down(local, Diagnosis::Works),
        PublicAnswer::NotAsked => unless_down(local, Diagnosis::NotAsked),
        // Visitors have other name servers: it may well work for them.
        PublicAnswer::Failed {
            reason: Reason::UnknownHost { host },
        } => unless_down(local, Diagnosis::UnknownName { host: host.clone() }),
        // Where the service does not answer here either, the URL only waits for it.
        PublicAnswer::Failed {
            reason: Reason::TimedOut,
        } if alive || is_silent(local) => unless_down(local, Diagnosis::Slow),
        PublicAnswer::Failed { reason } => down(UrlFault::Failed(reason.clone())),
    }
}

/// What stood in the way of the probe that came through the relay. Where that found the service
/// refusing or silent, one that went there directly says more of now.
const fn service_down(said: ServiceFault, local: LocalAnswer) -> Diagnosis {
    let fault = match (said, local) {
        (ServiceFault::Refused | ServiceFault::TimedOut, LocalAnswer::Failed(now)) => now,
        (said, _) => said,
    };
    Diagnosis::ServiceDown {
        fault,
        accepts: matches!(local, LocalAnswer::Accepts),
    }
}

/// A service that accepts, and says nothing while others are connected to it, serves one after the
/// other: it is busy, not down.
pub(super) fn unless_busy(local: LocalAnswer, others: u64) -> LocalAnswer {
    if local == LocalAnswer::Failed(ServiceFault::NoAnswer) && others > 0 {
        return LocalAnswer::Failed(ServiceFault::Busy);
    }
    local
}

fn unless_down(local: LocalAnswer, otherwise: Diagnosis) -> Diagnosis {
    match local.fault() {
        Some(ServiceFault::Busy) => Diagnosis::Busy,
        Some(fault) => Diagnosis::ServiceDown {
            fault,
            accepts: false,
        },
        None => otherwise,
    }
}

/// The same for a port whose visitors speak no HTTP. Its relay has no page to say that there is no place
/// for another one: while the session's link is `alive`, a connection that is reset says so.
pub(super) fn classify_raw(local: LocalAnswer, public: &PublicAnswer, alive: bool) -> Diagnosis {
    match public {
        PublicAnswer::Failed {
            reason: Reason::LinkLost,
        } if alive => Diagnosis::Full,
        _ => classify(local, public, alive, &StatusRanges::default()),
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
    use crate::model::Health;

    const REFUSED: LocalAnswer = LocalAnswer::Failed(ServiceFault::Refused);
    const SILENT: LocalAnswer = LocalAnswer::Failed(ServiceFault::TimedOut);

    fn health(local: LocalAnswer, public: &PublicAnswer, alive: bool) -> Health {
        classify(local, public, alive, &StatusRanges::default()).health()
    }

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
                    health(local, &status(code, None), false),
                    Health::Operational,
                    "{code}"
                );
            }
        }
    }

    #[test]
    fn an_answer_that_is_not_expected_is_the_service_s_and_never_against_the_session() {
        let expected: StatusRanges = "200-299,401".parse().expect("codes");
        for (code, right) in [
            (200, true),
            (299, true),
            (401, true),
            (300, false),
            (500, false),
        ] {
            for alive in [false, true] {
                let answer = status(code, None);
                let diagnosis = classify(LocalAnswer::Accepts, &answer, alive, &expected);
                let wrong = Diagnosis::Unexpected { status: code };
                assert_eq!(diagnosis, if right { Diagnosis::Works } else { wrong });
                assert!(diagnosis.routes() && !diagnosis.is_against_session());
            }
        }
        // What the relay says of itself, and a login page, are no answers of the service.
        let page = status(503, Some(RelayVerdict::NoHost));
        let found = classify(LocalAnswer::Accepts, &page, true, &expected);
        assert_eq!(found.health(), Health::Down);
        let wall = PublicAnswer::Status {
            code: 302,
            latency_us: 1,
            verdict: None,
            login_wall: true,
        };
        let found = classify(LocalAnswer::Accepts, &wall, true, &expected);
        assert_eq!(found, Diagnosis::Private);
    }

    #[test]
    fn the_relay_s_own_pages_tell_whose_side_it_is() {
        let word = |verdict| health(LocalAnswer::Accepts, &status(502, Some(verdict)), true);
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
            let word = |local| health(local, &failed, alive);
            assert_eq!(word(LocalAnswer::Accepts), Health::Unchecked);
            assert_eq!(word(LocalAnswer::NotAsked), Health::Unchecked);
            assert_eq!(word(REFUSED), Health::ServiceDown);
        }
    }

    #[test]
    fn a_tcp_port_is_as_good_as_its_service() {
        let accepted = PublicAnswer::Accepted { latency_us: 1 };
        let word = |local| health(local, &accepted, false);
        assert_eq!(word(LocalAnswer::Accepts), Health::Operational);
        assert_eq!(word(REFUSED), Health::ServiceDown);
    }

    #[test]
    fn a_late_answer_is_slow_over_a_link_that_lives_and_else_dead() {
        let failed = |reason| PublicAnswer::Failed { reason };
        let late = failed(Reason::TimedOut);
        let word = |local, alive| health(local, &late, alive);
        assert_eq!(word(LocalAnswer::Accepts, true), Health::Slow);
        assert_eq!(word(LocalAnswer::NotAsked, true), Health::Slow);
        assert_eq!(word(LocalAnswer::Accepts, false), Health::Down);
        assert_eq!(word(REFUSED, true), Health::ServiceDown);
        assert_eq!(word(REFUSED, false), Health::Down);
        assert_eq!(word(SILENT, false), Health::ServiceDown);
        let lost = failed(Reason::LinkLost);
        assert_eq!(health(LocalAnswer::Accepts, &lost, true), Health::Down);
    }

    #[test]
    fn a_service_that_is_silent_while_it_serves_others_is_busy() {
        let silent = LocalAnswer::Failed(ServiceFault::NoAnswer);
        let late = PublicAnswer::Failed {
            reason: Reason::TimedOut,
        };
        for alive in [false, true] {
            let word = |others| health(unless_busy(silent, others), &late, alive);
            assert_eq!(word(0), Health::ServiceDown);
            assert_eq!(word(1), Health::Busy);
        }
        for local in [LocalAnswer::Accepts, LocalAnswer::NotAsked, REFUSED] {
            assert_eq!(unless_busy(local, 1), local);
        }
    }

    #[test]
    fn a_tcp_port_that_keeps_nobody_is_full_over_a_link_that_lives_and_else_dead() {
        let lost = PublicAnswer::Failed {
            reason: Reason::LinkLost,
        };
        let word = |local, alive| classify_raw(local, &lost, alive).health();
        assert_eq!(word(LocalAnswer::Accepts, true), Health::Full);
        assert_eq!(word(LocalAnswer::NotAsked, true), Health::Full);
        assert_eq!(word(LocalAnswer::Accepts, false), Health::Down);
        let accepted = PublicAnswer::Accepted { latency_us: 1 };
        let word = classify_raw(REFUSED, &accepted, true).health();
        assert_eq!(word, Health::ServiceDown);
    }
}
