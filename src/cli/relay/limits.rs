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
    /// Visitors' connections, in all; one more ends the idlest of the address that has most. Fewer
    /// where the process may not open as many files
    #[arg(long, value_name = "N", default_value_t = 10_000, value_parser = value_parser!(u32).range(1..))]
    pub(super) max_visitors: u32,

    /// Visitors' connections of one address (an IPv6 /64 counts as one)
    #[arg(long, value_name = "N", default_value_t = 2_500, value_parser = value_parser!(u32).range(1..))]
    pub(super) max_visitors_per_address: u32,

    /// Requests and connections under way to all ports of a tunnel, of the 1,024 a link carries; one
    /// more ends one of the port that has most
    #[arg(long, value_name = "N", default_value_t = 1_000, value_parser = value_parser!(u32).range(1..=1_024))]
    pub(super) max_streams_per_tunnel: u32,

    /// Requests and connections under way to one port of a tunnel
    #[arg(long, value_name = "N", default_value_t = 1_000, value_parser = value_parser!(u32).range(1..=1_024))]
    pub(super) max_streams_per_port: u32,

    /// Requests and connections under way from one address to one port of a tunnel
    #[arg(long, value_name = "N", default_value_t = 1_000, value_parser = value_parser!(u32).range(1..=1_024))]
    pub(super) max_streams_per_address: u32,

    /// Hosts' connections that have shown no token yet, in all
    #[arg(long, value_name = "N", default_value_t = 1_024, value_parser = value_parser!(u32).range(1..))]
    pub(super) max_handshakes: u32,

    /// Hosts' connections of one address that have shown no token yet
    #[arg(long, value_name = "N", default_value_t = 256, value_parser = value_parser!(u32).range(1..))]
    pub(super) max_handshakes_per_address: u32,

    /// Tunnels that an account hosts at once
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = value_parser!(u32).range(1..))]
    pub(super) max_tunnels_per_account: u32,

    /// Ports of a tunnel
    #[arg(long, value_name = "N", default_value_t = 64, value_parser = value_parser!(u32).range(1..=1_024))]
    pub(super) max_ports_per_tunnel: u32,

    /// Seconds a host's connection may take until it has shown its token
    #[arg(long, value_name = "SECONDS", default_value_t = 10, value_parser = value_parser!(u32).range(1..=600))]
    pub(super) handshake_timeout: u32,

    /// Seconds a visitor may take for the head of a request
    #[arg(long, value_name = "SECONDS", default_value_t = 10, value_parser = value_parser!(u32).range(1..=3_600))]
    pub(super) head_timeout: u32,

    /// Seconds a visitor's connection may wait for the next request
    #[arg(long, value_name = "SECONDS", default_value_t = 75, value_parser = value_parser!(u32).range(1..=86_400))]
    pub(super) idle_timeout: u32,

    /// Seconds in which nothing of a request's body may come, while the service has not answered yet
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = value_parser!(u32).range(1..=3_600))]
    pub(super) body_timeout: u32,

    /// The same where the visitor waits to be asked for the body, and the service does not ask
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = value_parser!(u32).range(1..=3_600))]
    pub(super) expect_timeout: u32,

    /// Requests under way to one port of whose bodies nothing has come yet
    #[arg(long, value_name = "N", default_value_t = 64, value_parser = value_parser!(u32).range(1..=1_024))]
    pub(super) max_bodies_ahead: u32,

    /// Seconds an event stream waits for a service that is away, instead of an answer that would end
    /// it for good
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = value_parser!(u32).range(0..=3_600))]
    pub(super) event_stream_patience: u32,

    /// Seconds a host may take to answer for a visitor, and a visitor waits for a link that is broken
    #[arg(long, value_name = "SECONDS", default_value_t = 10, value_parser = value_parser!(u32).range(1..=600))]
    pub(super) open_timeout: u32,

    /// KiB that may wait in the system for a visitor who reads nothing, beyond those on their way
    #[arg(long, value_name = "KIB", default_value_t = 128, value_parser = value_parser!(u32).range(1..=1_048_576))]
    pub(super) max_unsent: u32,

    /// Seconds a visitor may take nothing of what waits for it, before it is cut off (Linux)
    #[arg(long, value_name = "SECONDS", default_value_t = 300, value_parser = value_parser!(u32).range(1..=86_400))]
    pub(super) write_stall: u32,

    /// Minutes a broken link is kept for its host to resume it, visitors' connections included
    #[arg(long, value_name = "MINUTES", default_value_t = 10, value_parser = value_parser!(u32).range(1..=1_440))]
    pub(super) keep_parked: u32,

    /// MiB that broken links may hold, in all
    #[arg(long, value_name = "MIB", default_value_t = 512, value_parser = value_parser!(u32).range(1..=1_048_576))]
    pub(super) max_parked: u32,

    /// MiB that the broken links of one account may hold
    #[arg(long, value_name = "MIB", default_value_t = 64, value_parser = value_parser!(u32).range(1..=1_048_576))]
    pub(super) max_parked_per_account: u32,

    /// Seconds after a restart in which visitors wait for the hosts that were there before
    #[arg(long, value_name = "SECONDS", default_value_t = 10, value_parser = value_parser!(u32).range(0..=600))]
    pub(super) return_within: u32,

    /// MiB that the log files may take, in all
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
    /// Names that an account has, those it hosts and those kept for it while it is away
    #[arg(long, value_name = "N", default_value_t = 1_000, value_parser = value_parser!(u32).range(1..))]
    pub(super) max_names_per_account: u32,

    /// Public TCP ports that an account has, those that are served and those kept for it while it is
    /// away
    #[arg(long, value_name = "N", default_value_t = 25, value_parser = value_parser!(u32).range(..=65_535))]
    pub(super) max_public_ports_per_account: u32,

    /// Names that are kept though their hosts have left, of all accounts; one more costs the account that
    /// has most its oldest
    #[arg(long, value_name = "N", default_value_t = 100_000, value_parser = value_parser!(u32).range(1..=100_000))]
    pub(super) max_kept_names: u32,

    /// Hours a name and a public port stay their account's after the host has left
    #[arg(long, value_name = "HOURS", default_value_t = 24, value_parser = value_parser!(u32).range(1..=8_760))]
    pub(super) keep_names: u32,

    /// A name that nobody gets, besides www, mail, ns, wpad and the like and the relay's own; with a *
    /// at its end all that begin so. It may be given several times
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
