//! How much anyone may ask of a relay, as it is typed. The defaults are the relay's own: a test holds
//! both together.

use crate::link::resume::Caps;
use crate::relay::{Limits, VisitorLimits};
use clap::{Args, value_parser};
use std::time::Duration;

/// `underpass relay`, under *Limits* in its help.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
#[command(next_help_heading = "Limits")]
pub(crate) struct LimitArgs {
    /// Visitor connections in total; one more ends the idlest of the address with the most. Lower if
    /// the process can't open that many files
    #[arg(long, value_name = "N", default_value_t = 10_000, value_parser = value_parser!(u32).range(1..))]
    pub(super) max_visitors: u32,

    /// Visitor connections from one address (an IPv6 /64 counts as one)
    #[arg(long, value_name = "N", default_value_t = 2_500, value_parser = value_parser!(u32).range(1..))]
    pub(super) max_visitors_per_address: u32,

    /// Concurrent requests and connections to all ports of a tunnel, of the 1,024 a link carries; one
    /// more ends one of the port with the most
    #[arg(long, value_name = "N", default_value_t = 1_000, value_parser = value_parser!(u32).range(1..=1_024))]
    pub(super) max_streams_per_tunnel: u32,

    /// Concurrent requests and connections to one port of a tunnel
    #[arg(long, value_name = "N", default_value_t = 1_000, value_parser = value_parser!(u32).range(1..=1_024))]
    pub(super) max_streams_per_port: u32,

    /// Concurrent requests and connections from one address to one port of a tunnel
    #[arg(long, value_name = "N", default_value_t = 1_000, value_parser = value_parser!(u32).range(1..=1_024))]
    pub(super) max_streams_per_address: u32,

    /// Unauthenticated host connections in total
    #[arg(long, value_name = "N", default_value_t = 1_024, value_parser = value_parser!(u32).range(1..))]
    pub(super) max_handshakes: u32,

    /// Unauthenticated host connections from one address
    #[arg(long, value_name = "N", default_value_t = 256, value_parser = value_parser!(u32).range(1..))]
    pub(super) max_handshakes_per_address: u32,

    /// Tunnels that an account can host at once
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = value_parser!(u32).range(1..))]
    pub(super) max_tunnels_per_account: u32,

    /// Ports per tunnel
    #[arg(long, value_name = "N", default_value_t = 64, value_parser = value_parser!(u32).range(1..=1_024))]
    pub(super) max_ports_per_tunnel: u32,

    /// Seconds a host may take to authenticate
    #[arg(long, value_name = "SECONDS", default_value_t = 10, value_parser = value_parser!(u32).range(1..=600))]
    pub(super) handshake_timeout: u32,

    /// Seconds a visitor may take to send a request's header
    #[arg(long, value_name = "SECONDS", default_value_t = 10, value_parser = value_parser!(u32).range(1..=3_600))]
    pub(super) head_timeout: u32,

    /// Seconds a visitor's connection may stay idle between requests
    #[arg(long, value_name = "SECONDS", default_value_t = 75, value_parser = value_parser!(u32).range(1..=86_400))]
    pub(super) idle_timeout: u32,

    /// Seconds a request's body may pause while the service hasn't answered yet
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = value_parser!(u32).range(1..=3_600))]
    pub(super) body_timeout: u32,

    /// The same for a visitor who waits for the service to ask for the body (Expect: 100-continue)
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = value_parser!(u32).range(1..=3_600))]
    pub(super) expect_timeout: u32,

    /// Concurrent requests to one port whose bodies haven't started to arrive
    #[arg(long, value_name = "N", default_value_t = 64, value_parser = value_parser!(u32).range(1..=1_024))]
    pub(super) max_bodies_ahead: u32,

    /// Seconds an event stream waits for a service that is down, instead of being answered with an
    /// error, which would end it for good
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = value_parser!(u32).range(0..=3_600))]
    pub(super) event_stream_patience: u32,

    /// Seconds a host may take to answer for a visitor, and a visitor waits for a broken link
    #[arg(long, value_name = "SECONDS", default_value_t = 10, value_parser = value_parser!(u32).range(1..=600))]
    pub(super) open_timeout: u32,

    /// KiB the system may buffer for a visitor who doesn't read, beyond those in flight
    #[arg(long, value_name = "KIB", default_value_t = 128, value_parser = value_parser!(u32).range(1..=1_048_576))]
    pub(super) max_unsent: u32,

    /// Seconds a visitor may go without reading before it is disconnected (Linux)
    #[arg(long, value_name = "SECONDS", default_value_t = 300, value_parser = value_parser!(u32).range(1..=86_400))]
    pub(super) write_stall: u32,

    /// Minutes a broken link and its visitors' connections are kept for its host to resume
    #[arg(long, value_name = "MINUTES", default_value_t = 10, value_parser = value_parser!(u32).range(1..=1_440))]
    pub(super) keep_parked: u32,

    /// MiB that broken links may hold in total
    #[arg(long, value_name = "MIB", default_value_t = 512, value_parser = value_parser!(u32).range(1..=1_048_576))]
    pub(super) max_parked: u32,

    /// MiB that the broken links of one account may hold
    #[arg(long, value_name = "MIB", default_value_t = 64, value_parser = value_parser!(u32).range(1..=1_048_576))]
    pub(super) max_parked_per_account: u32,

    /// Seconds after a restart that visitors wait for previously connected hosts
    #[arg(long, value_name = "SECONDS", default_value_t = 10, value_parser = value_parser!(u32).range(0..=600))]
    pub(super) return_within: u32,

    /// MiB that log files may take in total
    #[arg(long, value_name = "MIB", default_value_t = 64, value_parser = value_parser!(u32).range(1..=1_048_576))]
    pub(super) max_log: u32,
}

/// What was asked for.
pub(super) fn limits_of(args: &LimitArgs) -> Limits {
    let seconds = |seconds: u32| Duration::from_secs(seconds.into());
    let usual = Limits::default();
    Limits {
        visitors: VisitorLimits {
            connections: args.max_visitors as usize,
            connections_per_network: args.max_visitors_per_address as usize,
            streams_per_link: args.max_streams_per_tunnel as usize,
            streams_per_port: args.max_streams_per_port as usize,
            streams_per_network: args.max_streams_per_address as usize,
            head_timeout: seconds(args.head_timeout),
            idle_timeout: seconds(args.idle_timeout),
            body_timeout: seconds(args.body_timeout),
            expect_timeout: seconds(args.expect_timeout),
            bodies_ahead: args.max_bodies_ahead as usize,
            event_stream_patience: seconds(args.event_stream_patience),
            write_stall: seconds(args.write_stall),
            unsent: args.max_unsent * 1_024,
        },
        open_timeout: seconds(args.open_timeout),
        return_within: seconds(args.return_within),
        handshake_timeout: seconds(args.handshake_timeout),
        unauthenticated: args.max_handshakes as usize,
        unauthenticated_per_network: args.max_handshakes_per_address as usize,
        sessions_per_account: args.max_tunnels_per_account,
        ports_per_tunnel: args.max_ports_per_tunnel as usize,
        parking: Caps {
            retention: 60 * seconds(args.keep_parked),
            // A displaced session and the one in its place overlap for a moment.
            sessions_per_account: 2 * args.max_tunnels_per_account as usize,
            bytes_per_account: args.max_parked_per_account as usize * 1024 * 1024,
            bytes: args.max_parked as usize * 1024 * 1024,
            ..usual.parking
        },
        ..usual
    }
}

/// `underpass relay`, under *Accounts* in its help.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
#[command(next_help_heading = "Accounts")]
pub(crate) struct QuotaArgs {
    /// Names per account: those it hosts and those reserved for it while it is away
    #[arg(long, value_name = "N", default_value_t = 1_000, value_parser = value_parser!(u32).range(1..))]
    pub(super) max_names_per_account: u32,

    /// Public TCP ports per account: those in use and those reserved for it while it is away
    #[arg(long, value_name = "N", default_value_t = 25, value_parser = value_parser!(u32).range(..=65_535))]
    pub(super) max_public_ports_per_account: u32,

    /// Names in total that stay reserved after their hosts have left; one more costs the account with
    /// the most its oldest
    #[arg(long, value_name = "N", default_value_t = 100_000, value_parser = value_parser!(u32).range(1..=100_000))]
    pub(super) max_kept_names: u32,

    /// Hours a name and a public port stay reserved after the host has left
    #[arg(long, value_name = "HOURS", default_value_t = 24, value_parser = value_parser!(u32).range(1..=8_760))]
    pub(super) keep_names: u32,

    /// Name that no host may use, besides www, mail, ns, wpad and the like and the relay's own; with a
    /// * at its end, all names that start like this. Can be repeated
    #[arg(long = "reserve-name", value_name = "NAME", value_parser = parse_pattern)]
    pub(super) reserve_names: Vec<String>,
}

/// A label, or the beginning of some and a `*`.
fn parse_pattern(text: &str) -> Result<String, String> {
    let stem = text.strip_suffix('*').unwrap_or(text);
    let usable = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
    if stem.is_empty() || !stem.bytes().all(usable) {
        return Err("it takes letters, digits and '-', and a '*' at the end".to_owned());
    }
    Ok(text.to_ascii_lowercase())
}

/// The limits, with what was asked for accounts.
pub(super) fn with_quotas(limits: &Limits, quotas: &QuotaArgs) -> Limits {
    Limits {
        names_per_account: quotas.max_names_per_account,
        public_ports_per_account: quotas.max_public_ports_per_account,
        known_labels: quotas.max_kept_names as usize,
        reserved_for: Duration::from_hours(quotas.keep_names.into()),
        ..*limits
    }
}
