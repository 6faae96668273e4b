//! `underpass account`: who one is at the providers.

use super::console::{Console, Failure};
use super::host::remote::why;
use super::parse::{self, Unquoted, find, list};
use super::{prompt, runtime};
use crate::app::tokens;
use crate::model::{
    AccountId, AccountState, Catalog, DeviceCode, Offers, ProviderId, Reason, Secret,
};
use crate::provider::{Account, Answer, registry};
use crate::secrets::{Kind, Secrets};
use crate::store::Home;
use crate::view::fold::{fault, notice_text};
use crate::view::{Msg, messages as m};
use clap::{Args, Subcommand};
use serde::Serialize;
use std::io::{self, IsTerminal as _};
use std::process::ExitCode;
use std::sync::Arc;

const EXAMPLES: &str = "\
Examples:
  underpass account list
  underpass account add NAME < token.txt   the token comes from standard input, or is asked for
  underpass account add NAME --name work   a second account at the same provider
  underpass host 3000 --provider NAME --account work

A token is kept in the system's keychain, else in a file that only you can read. It is never an
argument: other programs see those.";

#[derive(Args, Clone, Debug, PartialEq, Eq)]
#[command(after_help = EXAMPLES)]
pub(crate) struct AccountArgs {
    /// Print one JSON object per line instead of text
    #[arg(long, global = true)]
    json: bool,

    #[command(subcommand)]
    command: AccountCommand,
}

#[derive(Clone, Debug, PartialEq, Eq, Subcommand)]
enum AccountCommand {
    /// List accounts and their state on this computer
    List {
        /// Only the accounts at this provider
        #[arg(value_parser = parse::provider(), hide_possible_values = true)]
        provider: Option<ProviderId>,
    },
    /// Save an account's token, read from standard input or typed at a prompt
    Add {
        /// Provider; `underpass providers` lists them
        #[arg(value_parser = parse::provider(), hide_possible_values = true)]
        provider: ProviderId,
        /// Name for the account, if there are several: letters, digits, '-', '_' and '.'
        #[arg(long, value_parser = Unquoted(read_name))]
        name: Option<String>,
    },
    /// Forget an account's token
    Remove {
        /// Provider
        #[arg(value_parser = parse::provider(), hide_possible_values = true)]
        provider: ProviderId,
        /// Name of the account, if there are several
        #[arg(long, value_parser = Unquoted(read_name))]
        name: Option<String>,
    },
    /// Sign in with the provider's own program
    SignIn {
        /// Provider
        #[arg(value_parser = parse::provider(), hide_possible_values = true)]
        provider: ProviderId,
        /// Identity provider; `underpass providers NAME` lists them [default: the one used last]
        #[arg(long, value_name = "WAY")]
        with: Option<String>,
        /// Use a code that you enter on another device, instead of this computer's browser
        #[arg(long)]
        device: bool,
    },
    /// Sign out with the provider's own program
    SignOut {
        /// Provider
        #[arg(value_parser = parse::provider(), hide_possible_values = true)]
        provider: ProviderId,
    },
}

impl AccountArgs {
    pub(super) fn check(&self, providers: &Catalog) -> Result<(), String> {
        match &self.command {
            AccountCommand::List { provider: None } => Ok(()),
            AccountCommand::List { provider: Some(id) } => find(providers, *id).map(|_| ()),
            AccountCommand::Add { provider, .. } | AccountCommand::Remove { provider, .. } => {
                check_token(find(providers, *provider)?)
            }
            AccountCommand::SignIn { provider, with, .. } => {
                check_sign_in(find(providers, *provider)?, with.as_deref())
            }
            AccountCommand::SignOut { provider } => {
                check_sign_in(find(providers, *provider)?, None)
            }
        }
    }
}

/// Whether its accounts are kept by a token.
fn check_token(offers: &Offers) -> Result<(), String> {
    let id = offers.id;
    if offers.token.is_some() {
        return Ok(());
    }
    Err(if offers.sign_in.is_empty() {
        format!("{id} has no accounts")
    } else {
        format!("{id} takes no token: `underpass account sign-in {id}` signs you in")
    })
}

/// Whether it signs people in, this way.
fn check_sign_in(offers: &Offers, way: Option<&str>) -> Result<(), String> {
    let id = offers.id;
    let mut ways = offers.sign_in.iter().map(|way| way.key);
    match way {
        _ if offers.sign_in.is_empty() => Err(if offers.token.is_some() {
            format!("{id} has no sign-in: add your token with `underpass account add {id}`")
        } else {
            format!("{id} has no accounts")
        }),
        Some(way) if !ways.clone().any(|there| there == way) => {
            let ways = list(ways.by_ref());
            Err(format!("--with takes {ways}, not {way:?}"))
        }
        Some(_) | None => Ok(()),
    }
}

/// What an account is called.
pub(super) fn read_name(typed: &str) -> Result<String, String> {
    if AccountId::is_name(typed) {
        return Ok(typed.to_owned());
    }
    Err(format!(
        "{typed:?} can't be an account name: use 1 to 64 letters, digits, '-', '_' and '.'"
    ))
}

/// An account for programs.
#[derive(Serialize)]
struct Line<'a> {
    provider: &'a str,
    account: &'a str,
    /// `token`, or how far a sign-in is.
    state: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<&'a str>,
}

pub(crate) fn run(home: &Home, args: AccountArgs) -> ExitCode {
    let accounts = Accounts {
        home,
        console: Console::of(home).for_programs(args.json),
        json: args.json,
    };
    let account = |provider, name: Option<String>| AccountId {
        provider,
        name: name.unwrap_or_default(),
    };
    let done = match args.command {
        AccountCommand::List { provider } => accounts.list(provider),
        AccountCommand::Add { provider, name } => accounts.add(&account(provider, name)),
        AccountCommand::Remove { provider, name } => accounts.remove(&account(provider, name)),
        AccountCommand::SignIn {
            provider,
            with,
            device,
        } => accounts.sign_in(provider, with, device),
        AccountCommand::SignOut { provider } => accounts.sign_out(provider),
    };
    accounts.console.end(done)
}

struct Accounts<'a> {
    home: &'a Home,
    console: Console,
    json: bool,
}

impl Accounts<'_> {
    fn secrets(&self) -> Secrets {
        Secrets::open(self.home.path(), self.home.is_private())
    }

    fn list(&self, provider: Option<ProviderId>) -> Result<(), Failure> {
        let catalog = registry::catalog();
        let variable = |name: &str| std::env::var(name).ok();
        let listed = self.home.accounts().peek();
        if let Some(notice) = listed.notice.as_ref().and_then(notice_text) {
            self.console.error(&notice);
        }
        let kept = tokens::known(listed.value, &catalog, variable);
        let asked = |offers: &&'static Offers| provider.is_none_or(|id| id == offers.id);
        let mut is_empty = true;
        for offers in catalog.iter().filter(asked).filter(|o| o.has_accounts()) {
            if offers.is_remote() {
                is_empty = false;
                self.show_signed_in(offers)?;
            }
            for account in kept.iter().filter(|kept| kept.provider == offers.id) {
                is_empty = false;
                self.show(account, "token", None, &m::account_token());
            }
        }
        if is_empty && !self.json {
            self.console.say(&m::cli_accounts_none());
        }
        Ok(())
    }

    fn show(&self, account: &AccountId, state: &str, user: Option<&str>, text: &Msg) {
        let (id, name) = (account.provider.as_str(), account.name.as_str());
        let line = Line {
            provider: id,
            account: name,
            state,
            user,
        };
        self.console.line(self.json, &line, || {
            let whose = format!("{id} {name}");
            m::cli_account_line(whose.trim_end(), text.clone())
        });
    }

    /// How far this computer is with the account of a provider's own program.
    fn show_signed_in(&self, offers: &'static Offers) -> Result<(), Failure> {
        let state = self.with_account(offers.id, |account| {
            let asked = account.preflight();
            Box::pin(async { Ok(asked.await) })
        })?;
        let account = AccountId::only(offers.id);
        let program = offers.program.map_or("", |program| program.name);
        let (word, user, text) = match &state {
            AccountState::Ready { user, via } => (
                "signed-in",
                Some(user.as_str()),
                m::account_ready(user.as_str(), via.as_str()),
            ),
            AccountState::NotInstalled => {
                let program = program.to_owned();
                let reason = Reason::NotInstalled { program };
                ("not-installed", None, fault(&reason))
            }
            AccountState::Failed { reason, .. } => ("failed", None, fault(reason)),
            AccountState::Unknown | AccountState::SignedOut | AccountState::SigningIn { .. } => {
                ("signed-out", None, m::account_signed_out())
            }
        };
        self.show(&account, word, user, &text);
        Ok(())
    }

    fn add(&self, account: &AccountId) -> Result<(), Failure> {
        let spec = registry::catalog().of(account.provider).token;
        // Only accounts of providers that take tokens get here.
        let spec = spec.ok_or_else(|| Failure::Because(m::cli_accounts_none()))?;
        let token = self.read_token(account.provider, spec.page)?;
        if !(spec.takes)(token.expose()) {
            return Err(Failure::Because(m::cli_token_wrong(spec.page)));
        }
        let text = match tokens::keep(self.home, &self.secrets(), account, &token)? {
            Kind::Keychain => m::account_token_keychain(),
            Kind::File => m::account_token_file(),
        };
        self.show(account, "token", None, &text);
        Ok(())
    }

    /// From standard input; a person at a terminal is asked, and nothing of it is shown.
    fn read_token(&self, provider: ProviderId, page: &str) -> io::Result<Secret> {
        if io::stdin().is_terminal() {
            prompt::ask(
                &self
                    .console
                    .text(&m::cli_token_ask(page, provider.as_str())),
            )
        } else {
            prompt::read_all(io::stdin().lock())
        }
    }

    fn remove(&self, account: &AccountId) -> Result<(), Failure> {
        if !tokens::forget(self.home, &self.secrets(), account)? {
            let (name, id) = (account.name.as_str(), account.provider.as_str());
            return Err(Failure::not_found(if name.is_empty() {
                m::cli_no_account_of(id)
            } else {
                m::cli_no_such_account(name, id)
            }));
        }
        self.show(account, "removed", None, &m::account_removed());
        Ok(())
    }

    fn sign_in(&self, id: ProviderId, way: Option<String>, device: bool) -> Result<(), Failure> {
        let offers = registry::catalog().of(id);
        let settings = self.home.settings().peek().value;
        let last = || Some(offers.last_way(&settings.options(id))?.key.to_owned());
        let way = way.or_else(last).unwrap_or_default();
        let (console, json) = (Console::new(&settings), self.json);
        let tell = move |code: DeviceCode| {
            console.line(json, &code, || {
                m::cli_device_code(code.code.as_str(), code.url.as_str())
            });
        };
        self.with_account(id, |account| account.sign_in(way, device, Box::new(tell)))?;
        self.show_signed_in(offers)
    }

    fn sign_out(&self, id: ProviderId) -> Result<(), Failure> {
        self.with_account(id, |account| account.sign_out())?;
        self.show_signed_in(registry::catalog().of(id))
    }

    /// Asks the one account of a provider that signs people in.
    fn with_account<T>(
        &self,
        id: ProviderId,
        ask: impl FnOnce(&dyn Account) -> Answer<T>,
    ) -> Result<T, Failure> {
        let offers = registry::catalog().of(id);
        let because = |reason| why(offers, &reason);
        let providers = registry::remote(&Arc::new(self.secrets()));
        let inventory = providers.inventory(&AccountId::only(id)).map_err(because)?;
        let account = inventory.account().ok_or_else(|| {
            let provider = id.to_string();
            because(Reason::NoProvider { provider })
        })?;
        runtime()?.block_on(ask(account)).map_err(because)
    }
}
