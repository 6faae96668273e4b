//! `underpass relay account`: who may host at a relay of this machine. The relay need not run; one
//! that runs takes the change within a second.

use super::data_dir;
use crate::cli::speech::{Speech, complain, print, print_json};
use crate::cli::{AccountArgs, AccountChange, LinkAddress};
use crate::model::Secret;
use crate::relay::{Accounts, Whereabouts};
use crate::store::Home;
use crate::view::messages as m;
use serde::Serialize;
use std::path::Path;
use std::process::ExitCode;

/// What a program reads. A join link is a secret: it goes to standard output and nowhere else.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case", tag = "event")]
enum Line<'a> {
    Account { name: &'a str, id: &'a str },
    Added { name: &'a str, join: &'a str },
    Rotated { name: &'a str, join: &'a str },
    Removed { name: &'a str },
}

pub(crate) fn run(home: &Home, args: &AccountArgs) -> ExitCode {
    let speech = Speech::of(home);
    let changed = data_dir(home, args.data.as_deref())
        .map_err(anyhow::Error::from)
        .and_then(|data| change(&data, args, &speech));
    match changed {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&error.to_string());
            ExitCode::FAILURE
        }
    }
}

fn change(data: &Path, args: &AccountArgs, speech: &Speech) -> anyhow::Result<()> {
    let mut accounts = Accounts::of_relay(data)?;
    match &args.change {
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
            accounts.remove(name)?;
            if args.json {
                print_json(&Line::Removed { name });
            } else {
                speech.say(&m::cli_account_removed(name.as_str()));
            }
        }
        AccountChange::Add { name, at } => {
            let token = accounts.add(name)?;
            let join = &join(data, at, &token)?;
            if args.json {
                print_json(&Line::Added { name, join });
            } else {
                speech.say(&m::cli_account_added(name.as_str()));
                print(join);
            }
        }
        AccountChange::Rotate { name, at } => {
            let token = accounts.rotate(name)?;
            let join = &join(data, at, &token)?;
            if args.json {
                print_json(&Line::Rotated { name, join });
            } else {
                speech.say(&m::cli_account_rotated(name.as_str()));
                print(join);
            }
        }
    }
    Ok(())
}

/// The link as it is handed to a person.
fn join(data: &Path, typed: &LinkAddress, token: &Secret) -> anyhow::Result<String> {
    let typed = Whereabouts {
        link: typed.listen,
        advertise: typed.advertise.clone(),
    };
    let link = typed.or(Whereabouts::last(data)).join_link(data, token)?;
    Ok(link.reveal())
}
