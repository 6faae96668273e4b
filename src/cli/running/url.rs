//! `underpass url` and `underpass open`: where a tunnel is served now.

use super::gather::Found;
use super::{Speaker, Trouble};
use crate::cli::complete;
use crate::cli::console::{print, print_json};
use crate::cli::exit::Exit;
use crate::model::PortNumber;
use crate::platform::open_url;
use crate::shell::text::printable;
use crate::store::Home;
use crate::view::messages as m;
use clap::Args;
use serde::Serialize;
use std::process::ExitCode;

#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub(crate) struct UrlArgs {
    /// The tunnel, by id or name
    #[arg(add = complete::tunnels())]
    name: String,

    /// Only this port's
    #[arg(long)]
    port: Option<PortNumber>,

    /// One JSON object a port instead of its URL alone
    #[arg(long)]
    json: bool,
}

#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub(crate) struct OpenArgs {
    #[command(flatten)]
    of: UrlArgs,
}

/// A URL, for programs.
#[derive(Debug, PartialEq, Eq, Serialize)]
struct Served {
    tunnel: String,
    port: u16,
    url: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    lan_url: Option<String>,
}

pub(crate) fn url(home: &Home, args: &UrlArgs) -> ExitCode {
    let speaker = Speaker::new(home, args.json);
    let done = served(home, args, &speaker);
    speaker.end(done.map(|served| {
        for served in &served {
            if speaker.json {
                print_json(served);
            } else {
                // The one that gets furthest.
                print(&printable(served.lan_url.as_ref().unwrap_or(&served.url)));
            }
        }
    }))
}

pub(crate) fn open(home: &Home, args: &OpenArgs) -> ExitCode {
    let speaker = Speaker::new(home, args.of.json);
    let done = served(home, &args.of, &speaker).and_then(|served| {
        // The first port is the one that a tunnel was made for.
        let Some(first) = served.first() else {
            return Ok(());
        };
        open_url(&first.url).map_err(|error| {
            let msg = m::cli_failed(error.to_string(), m::cli_open_failed(first.url.as_str()));
            Trouble::failed("failed", msg)
        })?;
        if speaker.json {
            print_json(first);
        }
        Ok(())
    });
    speaker.end(done)
}

fn served(home: &Home, args: &UrlArgs, speaker: &Speaker) -> Result<Vec<Served>, Trouble> {
    let found = speaker.gather(home)?;
    urls(&found, args)
}

/// The URLs of what was typed; there is one at least.
fn urls(found: &Found, args: &UrlArgs) -> Result<Vec<Served>, Trouble> {
    let rows = found.of(&args.name);
    let Some(first) = rows.first() else {
        return Err(Trouble::unknown(&args.name, found));
    };
    let id = first.id();
    let number = args.port.map(PortNumber::get);
    let ports: Vec<_> = rows.iter().flat_map(|row| &row.tunnel.ports).collect();
    if let Some(number) = number
        && ports.iter().all(|port| port.port != number)
    {
        let msg = m::cli_no_such_port(id, number.to_string());
        return Err(Trouble {
            exit: Exit::NotFound,
            word: "unknown-port",
            msg,
        });
    }
    let wanted = ports
        .into_iter()
        .filter(|port| number.is_none_or(|number| port.port == number));
    let served = wanted.filter_map(|port| {
        Some(Served {
            tunnel: id.to_owned(),
            port: port.port,
            url: port.url.clone()?,
            lan_url: port.lan_url.clone(),
        })
    });
    let served: Vec<Served> = served.collect();
    if !served.is_empty() {
        return Ok(served);
    }
    let is_hosted = rows.iter().any(|row| row.host.is_some());
    Err(if is_hosted {
        Trouble::failed("no-url", m::cli_no_url(id))
    } else {
        Trouble::failed("not-hosted", m::cli_not_hosted_start(id))
    })
}
