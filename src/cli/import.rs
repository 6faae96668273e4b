//! `underpass import`: takes over tunnels from the configuration of other programs.

use super::console::{Console, Failure, print, print_json};
use crate::app::tokens;
use crate::base::clock;
use crate::import::{self, Plan};
use crate::model::{
    AccountId, Catalog, Folders, Found, ImportSource, Offers, Outcome, Pending, Planned, Secret,
    Tunnel, Why,
};
use crate::platform::{AcquireError, Instance};
use crate::provider::registry;
use crate::secrets::Secrets;
use crate::store::{Home, SavedTunnels};
use crate::view::fold::{file_error, import_reason, notice_text};
use crate::view::{Msg, messages as m};
use clap::Args;
use serde::Serialize;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

const EXAMPLES: &str = "\
Examples:
  underpass import                         what there is in the usual places; nothing is changed
  underpass import --all                   takes all of that over
  underpass import ~/frpc.toml --dry-run   what would be made of this file

Nothing that is there is changed. A tunnel that does the same is not made again; of another one with a
name that is taken the name gets a number. Tokens and passwords go to the keychain.";

#[derive(Args, Clone, Debug, PartialEq, Eq)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ImportArgs {
    /// A file of another program, as ~/.ssh/config or frpc.toml; docs/import.md names them all
    file: Option<PathBuf>,
    /// Import everything found in the usual places
    #[arg(long, conflicts_with = "file")]
    all: bool,
    /// Only show what would be done
    #[arg(long)]
    dry_run: bool,
    /// Print one JSON object per line instead of text
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(home: &Home, args: &ImportArgs) -> ExitCode {
    let console = Console::of(home).for_programs(args.json);
    let done = Import {
        home,
        console: &console,
        catalog: registry::catalog(),
        json: args.json,
    }
    .run(args);
    console.end(done)
}

struct Import<'a> {
    home: &'a Home,
    console: &'a Console,
    catalog: Catalog,
    json: bool,
}

/// A line for programs.
#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
enum Entry<'a> {
    Tunnel {
        file: &'a Path,
        line: usize,
        name: &'a str,
        provider: &'a str,
        target: String,
        protocol: &'a str,
        /// What becomes of it.
        outcome: &'a str,
        tunnel: &'a str,
    },
    Skipped {
        file: &'a Path,
        #[serde(skip_serializing_if = "Option::is_none")]
        line: Option<usize>,
        #[serde(skip_serializing_if = "Option::is_none")]
        name: Option<&'a str>,
        reason: &'a str,
        text: String,
    },
    Token {
        file: &'a Path,
        provider: &'a str,
        outcome: &'a str,
    },
    Account {
        provider: &'a str,
        outcome: &'a str,
    },
}

impl Import<'_> {
    fn run(&self, args: &ImportArgs) -> Result<(), Failure> {
        let folders = import::folders().unwrap_or_default();
        let sources = self.sources(args, &folders)?;
        // Without a file nothing is done but what was asked for.
        let takes = !args.dry_run && (args.all || args.file.is_some());
        let _alone = takes.then(|| alone(self.home)).transpose()?;
        let tunnels = if takes {
            self.home.tunnels().load()
        } else {
            self.home.tunnels().peek()
        };
        if let Some(notice) = tunnels.notice.as_ref().and_then(notice_text) {
            self.console.error(&notice);
        }
        if self.home.tunnels().is_newer() {
            return Err(Failure::Because(m::cli_file_too_new("tunnels.json")));
        }
        let accounts = self.home.accounts().peek().value;
        let mut plan = Plan::beside(&tunnels.value, &self.catalog, &accounts, clock::now());
        let mut taking = Taking {
            home: self.home,
            secrets: takes.then(|| Secrets::open(self.home.path(), self.home.is_private())),
            saved: SavedTunnels::of(self.home, tunnels.value.clone()),
            accounts: accounts.clone(),
        };
        let mut made = 0;
        for source in &sources {
            made += self.source(source, &mut plan, &mut taking)?;
        }
        self.accounts();
        if !self.json {
            self.console.say(&summary(&sources, takes, made));
        }
        Ok(())
    }

    fn sources(&self, args: &ImportArgs, folders: &Folders) -> Result<Vec<ImportSource>, Failure> {
        let Some(file) = &args.file else {
            return Ok(import::look(&self.catalog, folders));
        };
        let path = std::path::absolute(file)?;
        let read = import::read(&self.catalog, &path, folders);
        let read = read.map_err(|error| Failure::Because(file_error(&error)))?;
        Ok(vec![read])
    }

    /// Tells what is in a file, and takes it over: how many tunnels that makes.
    fn source(
        &self,
        source: &ImportSource,
        plan: &mut Plan<'_>,
        taking: &mut Taking<'_>,
    ) -> Result<usize, Failure> {
        let path = &source.path;
        if !self.json {
            let path = path.display().to_string();
            self.console.say(&m::cli_import_file(path, source.format));
        }
        for (account, token) in &source.import.tokens {
            self.token(path, account, token, taking)?;
        }
        let mut made = 0;
        for found in &source.import.found {
            let planned = plan.add(found.clone());
            if let Outcome::New { tunnel, secrets } = &planned.outcome {
                taking.take(tunnel, secrets)?;
                made += 1;
            }
            self.planned(path, &planned);
        }
        for skipped in &source.import.skipped {
            self.skipped(path, skipped.line, &skipped.what, &skipped.why);
        }
        Ok(made)
    }

    /// A token is kept unless the account has one, be it from a file that was read before this one.
    fn token(
        &self,
        path: &Path,
        account: &AccountId,
        token: &Secret,
        taking: &mut Taking<'_>,
    ) -> Result<(), Failure> {
        let is_there = taking.accounts.contains(account);
        if !is_there && let Some(secrets) = &taking.secrets {
            tokens::keep(self.home, secrets, account, token)?;
        }
        taking.accounts.insert(account.clone());
        if self.json {
            print_json(&Entry::Token {
                file: path,
                provider: account.provider.as_str(),
                outcome: if is_there { "there" } else { "new" },
            });
        } else {
            let provider = self.catalog.of(account.provider).name;
            let text = token_text(provider, is_there, taking.secrets.is_some());
            print(&format!("  {}", self.console.text(&text)));
        }
        Ok(())
    }

    fn planned(&self, path: &Path, planned: &Planned) {
        let Found {
            line,
            name,
            provider,
            target,
            protocol,
            ..
        } = &planned.found;
        let (outcome, tunnel) = match &planned.outcome {
            Outcome::New { tunnel, .. } => ("new", tunnel.id.as_str()),
            Outcome::There { id, .. } => ("there", id.as_str()),
            Outcome::Refused(why) => return self.skipped(path, *line, name, why),
        };
        if self.json {
            return print_json(&Entry::Tunnel {
                file: path,
                line: *line,
                name,
                provider: provider.as_str(),
                target: target.to_string(),
                protocol: protocol.as_str(),
                outcome,
                tunnel,
            });
        }
        let carrier = provider.as_str();
        let (target, protocol) = (target.to_string(), protocol.as_str());
        let text = match &planned.outcome {
            Outcome::There { name, .. } => m::cli_import_there(name.as_str(), target),
            _ => m::cli_import_tunnel(protocol, carrier, target, tunnel),
        };
        print(&format!("  {}", self.console.text(&text)));
    }

    fn skipped(&self, path: &Path, line: usize, what: &str, why: &Why) {
        let text = self.console.text(&import_reason(why));
        if self.json {
            return print_json(&Entry::Skipped {
                file: path,
                line: (line > 0).then_some(line),
                name: Some(what).filter(|what| !what.is_empty()),
                reason: why.code,
                text,
            });
        }
        let text = match what {
            "" => text,
            what => format!("{what}: {text}"),
        };
        let text = match line {
            0 => m::cli_import_skipped_whole(text),
            line => m::cli_import_skipped(format!("{line}: {text}")),
        };
        print(&format!("  {}", self.console.text(&text)));
    }

    /// What is in accounts is listed by itself, whichever program made it.
    fn accounts(&self) {
        for offers in self.catalog.remote() {
            let Offers { id, name, .. } = offers;
            if self.json {
                print_json(&Entry::Account {
                    provider: id.as_str(),
                    outcome: "there",
                });
            } else {
                self.console.say(&m::import_in_account(*name, id.as_str()));
            }
        }
    }
}

fn token_text(provider: &str, is_there: bool, takes: bool) -> Msg {
    match (is_there, takes) {
        (true, _) => m::cli_import_token_there(provider),
        (false, true) => m::cli_import_token(provider),
        (false, false) => m::cli_import_token_would(provider),
    }
}

/// What came of all of it. A token alone is something, too.
fn summary(sources: &[ImportSource], takes: bool, made: usize) -> Msg {
    let mut imports = sources.iter().map(|source| &source.import);
    if imports.all(|it| it.found.is_empty() && it.tokens.is_empty()) {
        m::cli_import_none()
    } else if takes {
        m::cli_import_done(made)
    } else {
        m::cli_import_would(made)
    }
}

/// Where what is taken over goes; nowhere without the secrets.
struct Taking<'a> {
    home: &'a Home,
    secrets: Option<Secrets>,
    saved: SavedTunnels,
    /// Those that have a token, or would by now.
    accounts: BTreeSet<AccountId>,
}

impl Taking<'_> {
    /// A tunnel is there only with all that is secret of it, and that only with the tunnel.
    fn take(&self, tunnel: &Tunnel, secrets: &[(String, Secret)]) -> Result<(), Failure> {
        let Some(kept) = &self.secrets else {
            return Ok(());
        };
        let forget = || {
            for (name, _) in secrets {
                if let Err(error) = kept.delete(name) {
                    tracing::warn!(name, %error, "a secret of no tunnel may be left");
                }
            }
        };
        let taken = (|| {
            for (name, secret) in secrets {
                kept.set(name, secret)?;
            }
            self.saved
                .change(&Pending::Create(tunnel.clone()), tunnel)?;
            tracing::info!(tunnel = %tunnel.id, home = %self.home.path().display(), "imported");
            Ok(())
        })();
        taken.inspect_err(|_: &Failure| forget())
    }
}

/// Nobody else changes the home meanwhile.
pub(super) fn alone(home: &Home) -> Result<impl Sized, Failure> {
    match Instance::keep_away(home.path()) {
        Ok(alone) => Ok(alone),
        Err(AcquireError::AlreadyRunning(_)) => Err(Failure::in_use(m::cli_app_runs())),
        Err(AcquireError::Io(error)) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{PortNumber, ProviderId, Target};

    const ACCOUNT: AccountId = AccountId::only(ProviderId::SAMPLE);

    /// A file that has these tokens of the one account, and nothing else.
    fn source(tokens: &[&str]) -> ImportSource {
        let tokens = tokens.iter().map(|token| (ACCOUNT, Secret::new(token)));
        ImportSource {
            path: "/a/sample.yml".into(),
            format: "sample.yml",
            import: crate::model::Import {
                tokens: tokens.collect(),
                ..crate::model::Import::default()
            },
        }
    }

    /// The token that is kept once these files are taken over.
    fn kept(sources: &[ImportSource], takes: bool) -> Option<Secret> {
        let dir = tempfile::tempdir().expect("a folder");
        let home = Home::at(dir.path()).expect("a home");
        let (console, catalog) = (Console::of_system(), Catalog::sample());
        let (accounts, secrets) = (BTreeSet::new(), Secrets::open(dir.path(), true));
        let mut plan = Plan::beside(&[], &catalog, &accounts, clock::now());
        let mut taking = Taking {
            home: &home,
            secrets: takes.then(|| Secrets::open(dir.path(), true)),
            saved: SavedTunnels::of(&home, vec![]),
            accounts: BTreeSet::new(),
        };
        let import = Import {
            home: &home,
            console: &console,
            catalog: Catalog::sample(),
            json: true,
        };
        for source in sources {
            let made = import.source(source, &mut plan, &mut taking);
            assert_eq!(made.expect("it is taken"), 0);
        }
        secrets.get(&ACCOUNT.secret_name()).expect("it is read")
    }

    #[test]
    fn of_several_tokens_of_an_account_the_first_is_kept() {
        let first = Some(Secret::new("new"));
        assert_eq!(kept(&[source(&["new"]), source(&["old"])], true), first);
        assert_eq!(kept(&[source(&["new", "old"])], true), first);
        assert_eq!(kept(&[source(&["new"])], false), None, "nobody said so");
    }

    #[test]
    fn what_is_only_looked_at_is_not_said_to_be_kept() {
        let text = |is_there, takes| token_text("Sample", is_there, takes).id;
        assert_eq!(text(false, false), "cli-import-token-would");
        assert_eq!(text(false, true), "cli-import-token");
        assert_eq!(text(true, false), "cli-import-token-there");
    }

    #[test]
    fn a_file_with_a_token_alone_is_not_empty() {
        let said = |source, takes| summary(&[source], takes, 0).id;
        assert_eq!(said(source(&[]), true), "cli-import-none");
        assert_eq!(said(source(&["t"]), true), "cli-import-done");
        assert_eq!(said(source(&["t"]), false), "cli-import-would");
        let target = Target::local(PortNumber::new(80).expect("not 0"));
        let mut web = source(&[]);
        let found = Found::new(1, "web", ProviderId::SAMPLE, target);
        web.import.found.push(found);
        assert_eq!(said(web, false), "cli-import-would");
    }
}
