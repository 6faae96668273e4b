//! Why a port is as it is and whose side it is on: one sentence a status, one a reason.

use super::amount::{ago, attempt, countdown, latency, left, span};
use super::scene::{Group, Scene, Slot};
use super::status::{Probed, Status};
use crate::model::{
    Diagnosis, Holder, Lack, Life, Outage, Phase, ProbeReport, Protocol, PublicAnswer, Reason,
    ServiceFault, UnixMillis, Unprobed, UrlFault, VISITORS_AT_ONCE,
};
use crate::view::{Badge, Msg, messages as m};

/// The badge's word, short enough for a row.
pub(super) fn word(badge: Badge) -> Msg {
    match badge {
        Badge::Stopped => m::badge_stopped(),
        Badge::Creating => m::badge_creating(),
        Badge::Elsewhere => m::badge_elsewhere(),
        Badge::Private => m::badge_private(),
        Badge::Working => m::badge_working(),
        Badge::Slow => m::badge_slow(),
        Badge::Full => m::badge_full(),
        Badge::Unchecked => m::badge_unchecked(),
        Badge::Busy => m::badge_busy(),
        Badge::Checking => m::badge_checking(),
        Badge::Connecting => m::badge_connecting(),
        Badge::Held => m::badge_held(),
        Badge::NoNetwork => m::badge_no_network(),
        Badge::Reconnecting => m::badge_reconnecting(),
        Badge::ServiceDown => m::badge_service_down(),
        Badge::OverQuota => m::badge_over_quota(),
        Badge::Unreachable => m::badge_unreachable(),
        Badge::TakenOver => m::badge_taken_over(),
        Badge::SignIn => m::badge_sign_in(),
        Badge::Failed => m::badge_failed(),
    }
}

/// The same where there is more room.
pub(super) fn full_word(badge: Badge) -> Msg {
    match badge {
        Badge::Held => m::badge_held_full(),
        badge => word(badge),
    }
}

/// The sentence under the badge.
pub(super) fn why(scene: &Scene, group: &Group, slot: &Slot) -> Msg {
    match slot.status {
        Status::Creating => m::why_creating(),
        Status::Stopped => stopped(group),
        Status::Elsewhere => m::why_elsewhere(),
        Status::PortAwaited => m::why_port_awaited(),
        Status::PortLacking(reason) => fault(reason),
        Status::Life(life) => lived(life, group, scene.now),
        Status::Unprobed(why) => unprobed(why),
        Status::Probed(probed) => checked(scene, group, slot, probed),
    }
}

fn lived(life: &Life, group: &Group, now: UnixMillis) -> Msg {
    let ports = group.slots.len();
    match life {
        Life::Stopped => m::why_starting(),
        Life::Up { since, proven, .. } => {
            let age = span(now.since(*since));
            if group.offers.watches.is_some() {
                m::why_unrouted_watched(age)
            } else if *proven {
                m::why_unrouted(age)
            } else {
                m::why_unproven(age)
            }
        }
        Life::Parked {
            since, until, open, ..
        } => m::why_held(hold(*open, *until, now), m::lost_link(ago(now, *since))),
        Life::Connecting {
            phase,
            outage: None,
            ..
        } => connecting(*phase, ports),
        Life::Connecting {
            attempt,
            outage: Some(outage),
            ..
        } => reconnecting(outage, *attempt, None, now),
        Life::Waiting {
            attempt,
            next_at,
            outage,
        } => reconnecting(outage, *attempt, Some(*next_at), now),
        Life::SignIn(Outage {
            since,
            reason: Reason::TokenRefused,
        }) => m::why_sign_in(ago(now, *since)),
        Life::Displaced(Outage { since, reason }) => match reason {
            Reason::HostedHere { .. } => fault(reason),
            _ => m::why_taken_over(*since),
        },
        Life::Quota { next_at, outage } => match left(now, *next_at) {
            Some(span) => m::why_quota_next(fault(&outage.reason), span),
            None => m::why_quota_now(fault(&outage.reason)),
        },
        Life::SignIn(outage) | Life::Failed(outage) => fault(&outage.reason),
    }
}

fn reconnecting(outage: &Outage, number: u32, next_at: Option<UnixMillis>, now: UnixMillis) -> Msg {
    match &outage.reason {
        Reason::Offline => m::fault_offline(),
        reason => {
            let lost = lost(reason, outage.since, now);
            m::why_reconnecting(lost, next_try(number, next_at, now))
        }
    }
}

/// Why a port is not checked.
pub fn unprobed(why: Unprobed) -> Msg {
    match why {
        Unprobed::Off => m::why_unchecked_off(),
        Unprobed::RelaysOwn => m::why_unchecked_relays_own(),
    }
}

fn checked(scene: &Scene, group: &Group, slot: &Slot, probed: Probed) -> Msg {
    let (report, target) = (probed.report, slot.port.target.to_string());
    let policy = || scene.inputs.health(group.tunnel, Some(slot.port)).policy;
    match &report.diagnosis {
        Diagnosis::Works
            if report
                .status()
                .is_some_and(|code| group.offers.probe.is_limit(code)) =>
        {
            m::why_too_often(ago(scene.now, report.at), group.offers.name)
        }
        Diagnosis::Works => working(report, scene.now),
        Diagnosis::Private => m::why_private(),
        Diagnosis::Unexpected { status } => {
            let expected = policy().request.expected.to_string();
            m::why_unexpected(expected, status.to_string(), target)
        }
        Diagnosis::Slow => m::why_slow(span(policy().timing.probe_timeout)),
        Diagnosis::Full => m::why_full(VISITORS_AT_ONCE),
        Diagnosis::UnknownName { host } => m::why_unchecked_name(host),
        Diagnosis::NotAsked => m::why_unchecked(),
        Diagnosis::Busy => m::why_busy(target),
        Diagnosis::ServiceDown { fault, accepts } => {
            service_down(*fault, *accepts, &target, slot.port.protocol)
        }
        Diagnosis::Down {
            cause: UrlFault::Failed(Reason::Offline),
            ..
        } => m::fault_offline(),
        Diagnosis::Down { cause, service, .. } => {
            let check = check(probed, policy().dead_after);
            unreachable(probed, cause, *service, target, check)
        }
    }
}

fn stopped(group: &Group) -> Msg {
    match group.lack {
        None if group.offers.watches.is_some() => m::why_stopped_watched(),
        None => m::why_stopped(),
        Some(Lack::Program) => m::why_stopped_program(group.offers.name),
        Some(Lack::Token) => m::why_stopped_token(group.offers.name),
        Some(Lack::SignIn) => m::why_stopped_sign_in(),
        Some(Lack::Patience) => m::why_stopped_signing_in(),
    }
}

fn connecting(phase: Phase, ports: usize) -> Msg {
    match phase {
        Phase::Authorising => m::why_authorising(),
        Phase::ConnectingRelay => m::why_connecting(),
        Phase::ForwardingPorts => m::why_forwarding(ports),
    }
}

fn working(report: &ProbeReport, now: UnixMillis) -> Msg {
    let ago = ago(now, report.at);
    match report.public {
        PublicAnswer::Status {
            code, latency_us, ..
        } => m::why_working(ago, latency(latency_us), code.to_string()),
        PublicAnswer::Accepted { latency_us } => m::why_working_tcp(ago, latency(latency_us)),
        PublicAnswer::NotAsked | PublicAnswer::Failed { .. } => m::why_working_plain(ago),
    }
}

/// What a probe found wrong with the local service at `target`, and what to do: the same sentence in
/// the window and in the terminal.
pub fn service_down(fault: ServiceFault, accepts: bool, target: &str, protocol: Protocol) -> Msg {
    match fault {
        ServiceFault::Refused if accepts => m::why_refused_once(target),
        // It was silent for a visitor, and what accepts now is slow rather than absent.
        ServiceFault::TimedOut if accepts => m::why_no_answer(target),
        fault => service(fault, target, protocol),
    }
}

/// Whose side, what is wrong, and what to do.
fn service(fault: ServiceFault, target: &str, protocol: Protocol) -> Msg {
    match fault {
        ServiceFault::Refused => m::why_nothing_listens(target),
        ServiceFault::TimedOut => m::why_no_reaction(target),
        ServiceFault::NoAnswer => m::why_no_answer(target),
        ServiceFault::Busy => m::why_busy(target),
        ServiceFault::UnknownName => m::why_unknown_name(target),
        ServiceFault::Unreachable => m::why_no_way(target),
        ServiceFault::UntrustedCertificate { fingerprint } => {
            m::why_untrusted_certificate(fingerprint.to_string(), target)
        }
        ServiceFault::ChangedCertificate { fingerprint } => {
            m::why_changed_certificate(fingerprint.to_string(), target)
        }
        ServiceFault::TlsRefused => m::why_tls_refused(target),
        ServiceFault::NotTls => m::why_not_https(target),
        ServiceFault::NameRefused => m::why_name_refused(target),
        ServiceFault::NotHttp => match protocol {
            Protocol::Http => m::why_not_http(target),
            Protocol::Https => m::why_not_https(target),
            Protocol::Auto | Protocol::Tcp => m::why_not_web(target),
        },
        ServiceFault::HostFull => m::why_host_full(),
        ServiceFault::NotPermitted => m::why_not_permitted(target),
        ServiceFault::Loop => m::why_loop(target),
        ServiceFault::Other => m::why_service_down(target),
    }
}

/// The how many-th check in a row found it dead, of those after which it counts as that.
fn check(probed: Probed, dead_after: u32) -> Msg {
    let downs = probed.downs.max(1);
    if probed.report.diagnosis.is_against_session() && downs <= dead_after {
        m::check_of(downs, dead_after)
    } else {
        m::check_many(downs)
    }
}

fn unreachable(
    probed: Probed,
    cause: &UrlFault,
    service: Option<ServiceFault>,
    target: String,
    check: Msg,
) -> Msg {
    match (service, cause) {
        (Some(ServiceFault::Refused), _) => m::why_both_refused(target),
        (Some(ServiceFault::TimedOut | ServiceFault::NoAnswer | ServiceFault::Busy), _) => {
            m::why_both_silent(target)
        }
        (Some(_), _) => m::why_both(target),
        (None, UrlFault::NoHost) => m::why_url_no_host(check),
        (None, UrlFault::UnknownTunnel) => m::why_url_unknown(check),
        // The session is not cut for it, and visitors may be luckier.
        (None, UrlFault::Failed(_)) if !probed.routed => m::why_url_never(),
        (None, UrlFault::Failed(_)) => m::why_url_dead(check),
    }
}

/// Who broke the connection, and how long there has been none.
fn lost(reason: &Reason, since: UnixMillis, now: UnixMillis) -> Msg {
    let ago = ago(now, since);
    match reason {
        Reason::LinkLost => m::lost_link(ago),
        Reason::LinkSilent => m::lost_silent(ago),
        Reason::RelayShutDown => m::lost_shut_down(ago),
        Reason::Zombie => m::lost_zombie(ago),
        Reason::Forced => m::lost_forced(ago),
        Reason::Woke => m::lost_woke(ago),
        // Nothing broke: the attempts since then fail.
        reason => m::lost_fault(fault(reason), span(now.since(since))),
    }
}

/// What is held, and for how long.
pub fn hold(open: u64, until: UnixMillis, now: UnixMillis) -> Msg {
    match countdown(now, until) {
        Some(span) => m::held_for(open, span),
        None => m::held_over(),
    }
}

fn next_try(number: u32, next_at: Option<UnixMillis>, now: UnixMillis) -> Msg {
    match next_at.and_then(|at| left(now, at)) {
        Some(span) => m::next_in(attempt(number), span),
        None => m::next_now(attempt(number)),
    }
}

/// What is wrong, and what to do where something helps.
pub fn fault(reason: &Reason) -> Msg {
    match reason {
        Reason::Offline => m::fault_offline(),
        Reason::UnknownHost { host } => m::fault_unknown_host(host),
        Reason::RelayUnreachable { address } => m::fault_relay_unreachable(address),
        Reason::ProxyFailed { address, detail } => m::fault_proxy_failed(address, detail),
        Reason::NotARelay { address } => m::fault_not_a_relay(address),
        Reason::CertificateMismatch { address } => m::fault_certificate_mismatch(address),
        Reason::VersionMismatch { theirs, ours } => {
            m::fault_version_mismatch(ours.to_string(), theirs.to_string())
        }
        Reason::TokenRefused => m::fault_token_refused(),
        Reason::NameTaken { name } => m::fault_name_taken(name),
        Reason::NameReserved { name } => m::fault_name_reserved(name),
        Reason::TooManyNames { limit } => m::fault_too_many_names(*limit),
        Reason::TooManyPublicPorts { limit } => m::fault_too_many_public_ports(*limit),
        Reason::HostedElsewhere => m::fault_hosted_elsewhere(),
        Reason::HostedHere {
            process: Some(process),
            by,
        } => match by {
            Some(Holder::Desktop) => m::fault_hosted_here_desktop(process.to_string()),
            Some(Holder::Host | Holder::Background) | None => {
                m::fault_hosted_here(process.to_string())
            }
        },
        Reason::HostedHere { process: None, .. } => m::fault_hosted_here_too(),
        Reason::TakenOver => m::fault_taken_over(),
        Reason::PublicPortTaken { port } => m::fault_public_port_taken(port.to_string()),
        Reason::PublicPortOutside { port, first, last } => {
            m::fault_public_port_outside(first.to_string(), last.to_string(), port.to_string())
        }
        Reason::StillHeld { place } => m::fault_still_held(place),
        Reason::NoPublicPorts => m::fault_no_public_ports(),
        Reason::TooManyTunnels { limit } => m::fault_too_many_tunnels(*limit),
        Reason::TooManySessions => m::fault_too_many_sessions(),
        Reason::QuotaUsedUp { until: Some(at) } => m::fault_quota_until(*at),
        Reason::QuotaUsedUp { until: None } => m::fault_quota(),
        Reason::LinkLost => m::fault_link_lost(),
        Reason::LinkSilent => m::fault_link_silent(),
        Reason::RelayShutDown => m::fault_relay_shut_down(),
        Reason::TimedOut => m::fault_timed_out(),
        Reason::Zombie => m::fault_zombie(),
        Reason::Forced => m::fault_forced(),
        Reason::Woke => m::fault_woke(),
        Reason::EmbeddedRelay { detail } => m::fault_embedded_relay(detail),
        Reason::SignedOut => m::fault_signed_out(),
        Reason::TokenMissing { provider } => m::fault_token_missing(provider),
        Reason::TokenInvalid { provider, detail } => m::fault_token_invalid(detail, provider),
        Reason::OptionsInvalid { provider, detail } => m::fault_options_invalid(detail, provider),
        Reason::TunnelGone => m::fault_tunnel_gone(),
        Reason::Refused { detail } => m::fault_refused(detail),
        Reason::ServiceTrouble { status: 0 } => m::fault_service_trouble(),
        Reason::ServiceTrouble { status } => m::fault_service_status(status.to_string()),
        Reason::ProtocolFault { detail } => m::fault_protocol(detail),
        Reason::NoProvider { provider } => m::fault_no_provider(provider),
        Reason::HostKeyUnknown {
            address,
            fingerprint,
        } => m::fault_host_key_unknown(address, fingerprint),
        Reason::HostKeyChanged {
            address,
            fingerprint,
        } => m::fault_host_key_changed(address, fingerprint),
        Reason::HostKeyRevoked {
            address,
            fingerprint,
        } => m::fault_host_key_revoked(address, fingerprint),
        Reason::KeysRefused { address, detail } => m::fault_keys_refused(address, detail),
        Reason::NotInstalled { program } => m::fault_not_installed(program),
        Reason::ProgramFailed { program, detail } => m::fault_program_failed(detail, program),
        Reason::ProgramExited { program, detail } => m::fault_program_exited(detail, program),
        Reason::NotReady { provider, detail } => m::fault_not_ready(detail, provider),
        Reason::Other { detail } => m::fault_other(detail),
    }
}

/// The same in a word or two.
pub(super) fn cause(reason: &Reason) -> Msg {
    match reason {
        Reason::Offline => m::cause_offline(),
        Reason::UnknownHost { .. }
        | Reason::ProxyFailed { .. }
        | Reason::LinkLost
        | Reason::LinkSilent
        | Reason::TimedOut => m::cause_network(),
        Reason::RelayUnreachable { .. }
        | Reason::NotARelay { .. }
        | Reason::CertificateMismatch { .. }
        | Reason::VersionMismatch { .. }
        | Reason::ServiceTrouble { .. }
        | Reason::ProtocolFault { .. }
        | Reason::RelayShutDown => m::cause_relay(),
        Reason::TokenRefused | Reason::TokenMissing { .. } | Reason::TokenInvalid { .. } => {
            m::cause_token()
        }
        Reason::OptionsInvalid { .. } => m::cause_options(),
        Reason::HostKeyUnknown { .. }
        | Reason::HostKeyChanged { .. }
        | Reason::HostKeyRevoked { .. } => m::cause_host_key(),
        Reason::SignedOut | Reason::KeysRefused { .. } => m::cause_sign_in(),
        Reason::TunnelGone | Reason::Refused { .. } => m::cause_provider(),
        Reason::NameTaken { .. } | Reason::NameReserved { .. } => m::cause_name(),
        Reason::HostedElsewhere | Reason::TakenOver => m::cause_machine(),
        Reason::HostedHere { .. } => m::cause_process(),
        Reason::PublicPortTaken { .. }
        | Reason::PublicPortOutside { .. }
        | Reason::StillHeld { .. }
        | Reason::NoPublicPorts
        | Reason::TooManyTunnels { .. }
        | Reason::TooManyNames { .. }
        | Reason::TooManyPublicPorts { .. }
        | Reason::TooManySessions
        | Reason::QuotaUsedUp { .. } => m::cause_limit(),
        Reason::Zombie => m::cause_zombie(),
        Reason::Forced => m::cause_forced(),
        Reason::Woke => m::cause_woke(),
        Reason::EmbeddedRelay { .. }
        | Reason::NotInstalled { .. }
        | Reason::NoProvider { .. }
        | Reason::ProgramFailed { .. }
        | Reason::ProgramExited { .. }
        | Reason::NotReady { .. }
        | Reason::Other { .. } => m::cause_here(),
    }
}
