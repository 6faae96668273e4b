//! What an account may have at a relay, as it is typed. The defaults are the relay's own: a test of the
//! program that runs it holds both together.

use clap::{Args, value_parser};

/// `underpass relay`, under *Accounts* in its help.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
#[command(next_help_heading = "Accounts")]
pub struct QuotaArgs {
    /// Names that an account has, those it hosts and those kept for it while it is away
    #[arg(long, value_name = "N", default_value_t = 1_000, value_parser = value_parser!(u32).range(1..))]
    pub max_names_per_account: u32,

    /// Public TCP ports that an account has, those that are served and those kept for it while it is
    /// away
    #[arg(long, value_name = "N", default_value_t = 25, value_parser = value_parser!(u32).range(..=65_535))]
    pub max_public_ports_per_account: u32,

    /// A name that nobody gets, besides www, mail, ns, wpad and the like and the relay's own; with a *
    /// at its end all that begin so. It may be given several times
    #[arg(long = "reserve-name", value_name = "NAME", value_parser = parse_pattern)]
    pub reserve_names: Vec<String>,
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
