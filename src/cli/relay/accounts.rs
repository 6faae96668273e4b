//! `underpass relay account`: who may host at a relay of this machine. The relay need not run; one
//! that runs takes the change within a second.

use super::args::{AccountChange, AddressArgs, RelayArgs, RelayCommand};
use crate::cli::console::{Console, print, print_json};
use crate::model::Secret;
use crate::relay::{Accounts, Whereabouts};
use crate::view::messages as m;
use serde::Serialize;
use std::path::Path;

/// What a program reads. A join link is a secret: it goes to standard output and nowhere else.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case", tag = "event")]
enum Line<'a> {
    Account { name: &'a str, id: &'a str },
    Added { name: &'a str, join: &'a str },
    Rotated { name: &'a str, join: &'a str },
    Removed { name: &'a str },
}

/// Changes the accounts of the relay that keeps its data in `data`.
pub(super) fn change(
    data: &Path,
    RelayCommand::Account { change }: RelayCommand,
    args: &RelayArgs,
    console: &Console,
) -> anyhow::Result<()> {
    let mut accounts = Accounts::of_relay(data)?;
    // What was typed, before the command or behind it, else what the relay was started with last.
    let join = |at: AddressArgs, token: &Secret| {
        let at = args.whereabouts(at).or(Whereabouts::last(data));
        at.join_link(data, token).map(|link| link.reveal())
    };
    match change {
        AccountChange::List => {
            for account in accounts.list()? {
                let (name, id) = (&*account.name, &*account.id);
                if args.json {
                    print_json(&Line::Account { name, id });
                } else {
                    print(name);
                }
            }
        }
        AccountChange::Remove { name } => {
            accounts.remove(&name)?;
            let line = Line::Removed { name: &name };
            console.line(args.json, &line, || m::cli_account_removed(name.as_str()));
        }
        AccountChange::Add { name, address } => {
            let join = &join(address, &accounts.add(&name)?)?;
            let line = Line::Added { name: &name, join };
            console.line(args.json, &line, || m::cli_account_added(name.as_str()));
            if !args.json {
                print(join);
            }
        }
        AccountChange::Rotate { name, address } => {
            let join = &join(address, &accounts.rotate(&name)?)?;
            let line = Line::Rotated { name: &name, join };
            console.line(args.json, &line, || m::cli_account_rotated(name.as_str()));
            if !args.json {
                print(join);
            }
        }
    }
    Ok(())
}
