//! `underpass account`: who one is at the providers.

use super::host::remote;
use super::speech::{Speech, complain, print_json};
use super::{prompt, runtime};
use crate::app::tokens;
use crate::cli::{AccountsArgs, AccountsTask};
use crate::model::{AccountId, AccountState, Offers, ProviderId, Reason, Secret};
use crate::provider::{Account, registry};
use crate::secrets::{Kind, Secrets};
use crate::store::Home;
use crate::view::fold::fault;
use crate::view::{Msg, messages as m};
use serde::Serialize;
use std::io::{self, IsTerminal as _};
use std::process::ExitCode;
use std::sync::Arc;

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

pub(crate) fn run(home: &Home, args: &AccountsArgs) -> ExitCode {
    let command = Command {
        home,
        speech: Speech::of(home),
        json: args.json,
    };
    let done = match &args.task {
        AccountsTask::List { provider } => command.list(*provider),
        AccountsTask::Add(account) => command.add(account),
        AccountsTask::Remove(account) => command.remove(account),
        AccountsTask::SignIn {
            provider,
            way,
            device,
        } => command.sign_in(*provider, way.as_deref(), *device),
        AccountsTask::SignOut { provider } => command.sign_out(*provider),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            complain(&why);
            ExitCode::FAILURE
        }
    }
}

struct Command<'c> {
    home: &'c Home,
    speech: Speech,
    json: bool,
}

impl Command<'_> {
    fn secrets(&self) -> Secrets {
        Secrets::open(self.home.path(), self.home.is_private())
    }

    fn list(&self, provider: Option<ProviderId>) -> Result<(), String> {
        let catalog = registry::catalog();
        let variable = |name: &str| std::env::var(name).ok();
        let kept = tokens::known(self.home, &catalog, variable);
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
            self.speech.say(&m::cli_accounts_none());
        }
        Ok(())
    }

    fn show(&self, account: &AccountId, state: &str, user: Option<&str>, text: &Msg) {
        let (id, name) = (account.provider.as_str(), account.name.as_str());
        if self.json {
            return print_json(&Line {
                provider: id,
                account: name,
                state,
                user,
            });
        }
        let whose = if name.is_empty() {
            id.to_owned()
        } else {
            format!("{id} {name}")
        };
        self.speech.say(&m::cli_account_line(whose, text.clone()));
    }

    /// How far this computer is with the account of a provider's own program.
    fn show_signed_in(&self, offers: &'static Offers) -> Result<(), String> {
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
                let reason = crate::model::Reason::NotInstalled { program };
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

    fn add(&self, account: &AccountId) -> Result<(), String> {
        let spec = registry::catalog().of(account.provider).token;
        // Only accounts of providers that take tokens get here.
        let spec = spec.ok_or_else(|| self.speech.text(&m::cli_accounts_none()))?;
        let read = self.read_token(account.provider, spec.page);
        let text = read.map_err(|error| error.to_string())?;
        if !(spec.takes)(text.expose()) {
            return Err(self.speech.text(&m::cli_token_wrong(spec.page)));
        }
        let kept = tokens::keep(self.home, &self.secrets(), account, &text);
        let kind = kept.map_err(|error| error.to_string())?;
        let text = match kind {
            Kind::Keychain => m::account_token_keychain(),
            Kind::File => m::account_token_file(),
        };
        self.show(account, "token", None, &text);
        Ok(())
    }

    /// From standard input; a person at a terminal is asked, and nothing of it is shown.
    fn read_token(&self, provider: ProviderId, page: &str) -> io::Result<Secret> {
        if io::stdin().is_terminal() {
            prompt::ask(&self.speech.text(&m::cli_token_ask(page, provider.as_str())))
        } else {
            prompt::read_all(io::stdin().lock())
        }
    }

    fn remove(&self, account: &AccountId) -> Result<(), String> {
        let forgotten = tokens::forget(self.home, &self.secrets(), account);
        if !forgotten.map_err(|error| error.to_string())? {
            let (name, id) = (account.name.as_str(), account.provider.as_str());
            let text = if name.is_empty() {
                m::cli_no_account_of(id)
            } else {
                m::cli_no_such_account(name, id)
            };
            return Err(self.speech.text(&text));
        }
        self.show(account, "removed", None, &m::account_removed());
        Ok(())
    }

    fn sign_in(&self, id: ProviderId, way: Option<&str>, device: bool) -> Result<(), String> {
        let offers = registry::catalog().of(id);
        let settings = self.home.settings().peek().value;
        let last = || offers.last_way(&settings.options(id)).map(|way| way.key);
        let way = way.or_else(last).unwrap_or_default().to_owned();
        let speech = Speech::of(self.home);
        let json = self.json;
        self.with_account(id, |account| {
            let tell = move |code: crate::model::DeviceCode| {
                if json {
                    print_json(&code);
                } else {
                    speech.say(&m::cli_device_code(code.code, code.url));
                }
            };
            account.sign_in(way, device, Box::new(tell))
        })?;
        self.show_signed_in(offers)
    }

    fn sign_out(&self, id: ProviderId) -> Result<(), String> {
        self.with_account(id, |account| account.sign_out())?;
        self.show_signed_in(registry::catalog().of(id))
    }

    /// Asks the one account of a provider that signs people in.
    fn with_account<T>(
        &self,
        id: ProviderId,
        ask: impl FnOnce(&dyn Account) -> crate::provider::Answer<T>,
    ) -> Result<T, String> {
        let offers = registry::catalog().of(id);
        let because = |reason| self.speech.text(&remote::why(offers, &reason));
        let providers = registry::remote(Arc::new(self.secrets()));
        let inventory = providers.inventory(&AccountId::only(id)).map_err(because)?;
        let runtime = runtime().map_err(|error| error.to_string())?;
        let account = inventory.account().ok_or_else(|| {
            let provider = id.to_string();
            because(Reason::NoProvider { provider })
        })?;
        let answer = runtime.block_on(ask(account));
        answer.map_err(because)
    }
}
