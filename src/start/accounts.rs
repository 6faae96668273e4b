//! `underpass relay account`: who may host at a relay of this machine. The relay need not run; one
//! that runs takes the change at once.

use super::relay::data_dir;
use super::speech::{Speech, complain, print};
use crate::cli::{AccountArgs, AccountChange};
use crate::relay::{Accounts, RelayConfig, join_link};
use crate::store::Home;
use crate::view::messages as m;
use std::path::Path;
use std::process::ExitCode;

pub(super) fn run(home: &Home, args: AccountArgs) -> ExitCode {
    let speech = Speech::of(home);
    let changed = data_dir(home, args.data.as_deref())
        .map_err(anyhow::Error::from)
        .and_then(|data| change(&data, args.change, &speech));
    match changed {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&error.to_string());
            ExitCode::FAILURE
        }
    }
}

fn change(data: &Path, change: AccountChange, speech: &Speech) -> anyhow::Result<()> {
    make_dir(data)?;
    let mut accounts = Accounts::open(data)?;
    match change {
        AccountChange::List => {
            for name in accounts.list() {
                print(name);
            }
        }
        AccountChange::Remove { name } => {
            accounts.remove(&name)?;
            speech.say(&m::cli_account_removed(name));
        }
        AccountChange::Add {
            name,
            listen,
            advertise,
        } => {
            let config = RelayConfig {
                link: listen,
                advertise,
                ..RelayConfig::local(data)
            };
            let token = accounts.add(&name)?;
            let link = join_link(&config, &token)?;
            speech.say(&m::cli_account_added(name));
            print(&link.reveal());
        }
    }
    Ok(())
}

/// For its owner alone, as a relay makes it.
fn make_dir(path: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}
