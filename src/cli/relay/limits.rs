//! How much anyone may ask of a relay, as it is typed. The defaults are the relay's own: a test of
//! the program that runs it holds both together.

use clap::{Args, value_parser};

/// `underpass relay`, under *Limits* in its help.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
#[command(next_help_heading = "Limits")]
pub struct LimitArgs {
    /// Visitors' connections, in all; one more ends the idlest of the address that has most. Fewer
    /// where the process may not open as many files
    #[arg(long, value_name = "N", default_value_t = 10_000, value_parser = value_parser!(u32).range(1..))]
    pub max_visitors: u32,

    /// Visitors' connections of one address (an IPv6 /64 counts as one)
    #[arg(long, value_name = "N", default_value_t = 2_500, value_parser = value_parser!(u32).range(1..))]
    pub max_visitors_per_address: u32,

    /// Requests and connections under way to all ports of a tunnel, of the 1,024 a link carries; one
    /// more ends one of the port that has most
    #[arg(long, value_name = "N", default_value_t = 1_000, value_parser = value_parser!(u32).range(1..=1_024))]
    pub max_streams_per_tunnel: u32,

    /// Requests and connections under way to one port of a tunnel
    #[arg(long, value_name = "N", default_value_t = 1_000, value_parser = value_parser!(u32).range(1..=1_024))]
    pub max_streams_per_port: u32,

    /// Requests and connections under way from one address to one port of a tunnel
    #[arg(long, value_name = "N", default_value_t = 1_000, value_parser = value_parser!(u32).range(1..=1_024))]
    pub max_streams_per_address: u32,

    /// Hosts' connections that have shown no token yet, in all
    #[arg(long, value_name = "N", default_value_t = 1_024, value_parser = value_parser!(u32).range(1..))]
    pub max_handshakes: u32,

    /// Hosts' connections of one address that have shown no token yet
    #[arg(long, value_name = "N", default_value_t = 256, value_parser = value_parser!(u32).range(1..))]
    pub max_handshakes_per_address: u32,

    /// Tunnels that an account hosts at once
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = value_parser!(u32).range(1..))]
    pub max_tunnels_per_account: u32,

    /// Ports of a tunnel
    #[arg(long, value_name = "N", default_value_t = 64, value_parser = value_parser!(u32).range(1..=1_024))]
    pub max_ports_per_tunnel: u32,

    /// Seconds a host's connection may take until it has shown its token
    #[arg(long, value_name = "SECONDS", default_value_t = 10, value_parser = value_parser!(u32).range(1..=600))]
    pub handshake_timeout: u32,

    /// Seconds a visitor may take for the head of a request
    #[arg(long, value_name = "SECONDS", default_value_t = 10, value_parser = value_parser!(u32).range(1..=3_600))]
    pub head_timeout: u32,

    /// Seconds a visitor's connection may wait for the next request
    #[arg(long, value_name = "SECONDS", default_value_t = 75, value_parser = value_parser!(u32).range(1..=86_400))]
    pub idle_timeout: u32,

    /// Seconds a visitor may take nothing of what waits for it, before it is cut off (Linux)
    #[arg(long, value_name = "SECONDS", default_value_t = 300, value_parser = value_parser!(u32).range(1..=86_400))]
    pub write_stall: u32,

    /// Minutes a broken link is kept for its host to resume it, visitors' connections included
    #[arg(long, value_name = "MINUTES", default_value_t = 10, value_parser = value_parser!(u32).range(1..=1_440))]
    pub keep_parked: u32,

    /// MiB that broken links may hold, in all
    #[arg(long, value_name = "MIB", default_value_t = 512, value_parser = value_parser!(u32).range(1..=1_048_576))]
    pub max_parked: u32,

    /// MiB that the log files may take, in all
    #[arg(long, value_name = "MIB", default_value_t = 64, value_parser = value_parser!(u32).range(1..=1_048_576))]
    pub max_log: u32,
}
