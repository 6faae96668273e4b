//! `underpass account`: as it is typed, and what it means.

use super::resolve::{find, words};
use crate::model::{AccountId, Catalog, Offers, ProviderId};
use clap::{Args, Subcommand};

const EXAMPLES: &str = "\
Examples:
  underpass account list
  underpass account add NAME < token.txt   the token comes from standard input, or is asked for
  underpass account add NAME --name work   a second account at the same provider
  underpass host 3000 --provider NAME --account work

A token is kept in the system's keychain, else in a file that only you can read. It is never an
argument: other programs see those.";

/// `underpass account`, as typed.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(super) struct RawAccounts {
    /// One JSON object a line instead of text
    #[arg(long, global = true)]
    json: bool,

    #[command(subcommand)]
    command: RawAccountsCommand,
}

#[derive(Debug, Subcommand)]
enum RawAccountsCommand {
    /// List the accounts, and how far this computer is with each
    List {
        /// Those of this provider alone
        provider: Option<ProviderId>,
    },
    /// Keep an account's token, from standard input or typed when asked for
    Add {
        /// Whose: one of those that `underpass providers` lists
        provider: ProviderId,
        /// What to call the account, where there are several: letters, digits, '-', '_' and '.'
        #[arg(long)]
        name: Option<String>,
    },
    /// Forget an account's token
    Remove {
        /// Whose
        provider: ProviderId,
        /// Which, where there are several
        #[arg(long)]
        name: Option<String>,
    },
    /// Sign in with the provider's own program
    SignIn {
        /// Where
        provider: ProviderId,
        /// Through whom; `underpass providers NAME` lists them [default: the one of last time]
        #[arg(long, value_name = "WAY")]
        with: Option<String>,
        /// With a code that is typed on another device, instead of in this computer's browser
        #[arg(long)]
        device: bool,
    },
    /// Sign out with the provider's own program
    SignOut {
        /// Where
        provider: ProviderId,
    },
}

/// `underpass account`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountsArgs {
    /// What to do.
    pub task: AccountsTask,
    /// JSON lines.
    pub json: bool,
}

/// What to do with accounts at providers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AccountsTask {
    /// Show them.
    List {
        /// Those of this provider alone.
        provider: Option<ProviderId>,
    },
    /// Keep a token.
    Add(AccountId),
    /// Forget a token.
    Remove(AccountId),
    /// Sign in.
    SignIn {
        /// Where.
        provider: ProviderId,
        /// By which of the provider's ways; the one of last time unless said.
        way: Option<String>,
        /// With a code.
        device: bool,
    },
    /// Sign out.
    SignOut {
        /// Where.
        provider: ProviderId,
    },
}

/// What it means, or what is wrong with it.
pub(super) fn resolve(raw: RawAccounts, providers: &Catalog) -> Result<AccountsArgs, String> {
    let task = match raw.command {
        RawAccountsCommand::List { provider } => {
            if let Some(provider) = provider {
                find(providers, provider)?;
            }
            AccountsTask::List { provider }
        }
        RawAccountsCommand::Add { provider, name } => {
            AccountsTask::Add(with_token(providers, provider, name)?)
        }
        RawAccountsCommand::Remove { provider, name } => {
            AccountsTask::Remove(with_token(providers, provider, name)?)
        }
        RawAccountsCommand::SignIn {
            provider,
            with,
            device,
        } => {
            let offers = with_sign_in(providers, provider)?;
            if let Some(way) = &with
                && !offers.sign_in.iter().any(|there| there.key == way)
            {
                let ways = words(offers.sign_in.iter().map(|way| way.key));
                return Err(format!("--with takes {ways}, not {way:?}"));
            }
            AccountsTask::SignIn {
                provider,
                way: with,
                device,
            }
        }
        RawAccountsCommand::SignOut { provider } => {
            with_sign_in(providers, provider)?;
            AccountsTask::SignOut { provider }
        }
    };
    Ok(AccountsArgs {
        task,
        json: raw.json,
    })
}

/// An account of a provider that takes tokens.
fn with_token(
    providers: &Catalog,
    id: ProviderId,
    name: Option<String>,
) -> Result<AccountId, String> {
    let offers = find(providers, id)?;
    if offers.token.is_none() {
        return Err(if offers.sign_in.is_empty() {
            format!("{id} has no accounts")
        } else {
            format!("{id} takes no token: `underpass account sign-in {id}` signs you in")
        });
    }
    Ok(AccountId {
        provider: id,
        name: check_name(name)?,
    })
}

/// What an account is called; empty where nothing was said.
pub(super) fn check_name(typed: Option<String>) -> Result<String, String> {
    match typed {
        Some(name) if !AccountId::is_name(&name) => Err(format!(
            "{name:?} cannot be an account's name: it takes 1 to 64 letters, digits, '-', '_' and '.'"
        )),
        typed => Ok(typed.unwrap_or_default()),
    }
}

fn with_sign_in(providers: &Catalog, id: ProviderId) -> Result<&'static Offers, String> {
    let offers = find(providers, id)?;
    if !offers.sign_in.is_empty() {
        return Ok(offers);
    }
    Err(if offers.token.is_some() {
        format!("{id} signs nobody in: `underpass account add {id}` keeps your token")
    } else {
        format!("{id} has no accounts")
    })
}
