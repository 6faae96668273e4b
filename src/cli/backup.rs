//! `underpass backup` and `underpass restore`: all settings and tunnels as one file, without secrets.

use super::console::{Console, Failure};
use super::exit::Exit;
use super::import::alone;
use crate::app::RELAY_TOKEN;
use crate::base::clock;
use crate::base::files::{self, Unusable};
use crate::model::{AccountId, Chosen, NoticeKind, Settings, Tunnel};
use crate::provider::registry;
use crate::secrets::Secrets;
use crate::store::{Backup, Home, Restored, SavedTunnels};
use crate::view::fold::{import_reason, notice_text};
use crate::view::{Msg, messages as m};
use clap::Args;
use serde::Serialize;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub(crate) struct BackupArgs {
    /// File to write; only you can read it
    file: PathBuf,
    /// Overwrite an existing file
    #[arg(long)]
    force: bool,
    /// Print one JSON object instead of text
    #[arg(long)]
    json: bool,
}

#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub(crate) struct RestoreArgs {
    /// A file that `underpass backup` made
    file: PathBuf,
    /// Only show what would be done
    #[arg(long)]
    dry_run: bool,
    /// Print one JSON object per line instead of text
    #[arg(long)]
    json: bool,
}

/// A line for programs.
#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
enum Line<'a> {
    Backup {
        file: &'a Path,
        tunnels: usize,
    },
    /// What was there before.
    Before {
        file: &'a Path,
    },
    Tunnel {
        tunnel: &'a str,
        outcome: &'a str,
    },
    Secret {
        #[serde(skip_serializing_if = "Option::is_none")]
        tunnel: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        provider: Option<&'a str>,
        /// The option, or whose token it is.
        key: &'a str,
        outcome: &'a str,
    },
}

pub(crate) fn backup(home: &Home, args: &BackupArgs) -> ExitCode {
    let console = Console::of(home).for_programs(args.json);
    console.end(write(home, &console, args))
}

fn write(home: &Home, console: &Console, args: &BackupArgs) -> Result<(), Failure> {
    let path = &args.file;
    let shown = || path.display().to_string();
    if !args.force && path.symlink_metadata().is_ok() {
        return Err(Failure::Because(m::backup_there(shown())));
    }
    let made = present(home)?;
    let written = made.write(path);
    written.map_err(|error| {
        Failure::Because(m::backup_not_written(
            import_reason(&files::trouble(&error)),
            shown(),
        ))
    })?;
    let count = made.tunnels.len();
    let line = Line::Backup {
        file: path,
        tunnels: count,
    };
    console.line(args.json, &line, || m::backup_done(count, shown()));
    Ok(())
}

/// What there is now. A home that cannot be read whole makes no backup: it would be taken for one.
fn present(home: &Home) -> Result<Backup, Failure> {
    let (settings, tunnels) = (home.settings().peek(), home.tunnels().peek());
    let notices = [&settings.notice, &tunnels.notice];
    let notices: Vec<&NoticeKind> = notices.into_iter().flatten().collect();
    if !notices.is_empty() {
        let said = notices.into_iter().flat_map(refusal);
        return Err(Failure::As(Exit::Failed, said.collect()));
    }
    Ok(Backup {
        made_at: clock::now(),
        settings: settings.value,
        tunnels: tunnels.value,
    })
}

/// What is wrong with a file, and what to do; of a newer version's the notice says that itself.
fn refusal(notice: &NoticeKind) -> Vec<Msg> {
    let is_newer = matches!(notice, NoticeKind::FileTooNew { .. });
    let file = notice.lost_of().filter(|_| !is_newer);
    let said = notice_text(notice).into_iter();
    said.chain(file.map(m::backup_lacks)).collect()
}

pub(crate) fn restore(home: &Home, args: &RestoreArgs) -> ExitCode {
    let console = Console::of(home).for_programs(args.json);
    let restoring = Restoring {
        home,
        console: &console,
        args,
    };
    console.end(restoring.run())
}

struct Restoring<'a> {
    home: &'a Home,
    console: &'a Console,
    args: &'a RestoreArgs,
}

impl Restoring<'_> {
    fn run(&self) -> Result<(), Failure> {
        let path = &self.args.file;
        let read = Backup::read(path).map_err(|unusable| Failure::Because(said(path, unusable)))?;
        let takes = !self.args.dry_run;
        let _alone = takes.then(|| alone(self.home)).transpose()?;
        let present = present(self.home)?;
        let restored = read.restored(&present.settings, &present.tunnels);
        if takes {
            let kept = self.take(&restored, &present);
            self.tell_before(&kept.map_err(Failure::Because)?);
        }
        self.tell(&restored);
        Ok(())
    }

    /// Takes all of it or nothing; what was there before is kept in a backup of its own.
    fn take(&self, restored: &Restored, present: &Backup) -> Result<PathBuf, Msg> {
        let before = format!("before-restore-{}.json", present.made_at.0);
        let before = self.home.file(&before);
        let saved = SavedTunnels::of(self.home, present.tunnels.clone());
        let added = present
            .write(&before)
            .and_then(|()| saved.add(&restored.added));
        added.map_err(|error| not_taken(&error, Ok(()), &before))?;
        match self.home.settings().save(&restored.settings) {
            Ok(()) => Ok(before),
            Err(error) => Err(not_taken(&error, saved.remove(&restored.added), &before)),
        }
    }

    fn tell_before(&self, before: &Path) {
        let line = Line::Before { file: before };
        let said = || m::restore_before(before.display().to_string());
        self.console.line(self.args.json, &line, said);
    }

    fn tell(&self, restored: &Restored) {
        let dry = self.args.dry_run;
        let all = restored.added.iter().map(|tunnel| (tunnel, true));
        let all = all.chain(restored.kept.iter().map(|tunnel| (tunnel, false)));
        for (tunnel, is_new) in all {
            let line = Line::Tunnel {
                tunnel: tunnel.id.as_str(),
                outcome: if is_new { "new" } else { "there" },
            };
            let name = tunnel.name.as_str();
            self.console.line(self.args.json, &line, || {
                if is_new {
                    m::restore_added(name)
                } else {
                    m::restore_kept(name)
                }
            });
        }
        let secrets = Secrets::open(self.home.path(), self.home.is_private());
        for tunnel in &restored.added {
            self.tell_missing(tunnel, &secrets);
        }
        self.tell_missing_tokens(restored, &secrets);
        if self.args.json {
            return;
        }
        let count = restored.added.len();
        self.console.say(&if dry {
            m::restore_settings_would()
        } else {
            m::restore_settings()
        });
        self.console.say(&if dry {
            m::restore_would(count)
        } else {
            m::restore_done(count)
        });
    }

    /// What is secret of a tunnel and not here.
    fn tell_missing(&self, tunnel: &Tunnel, secrets: &Secrets) {
        for key in &tunnel.chosen.secrets {
            let name = Chosen::secret_name(&tunnel.id, key);
            if is_missing(secrets, &name) {
                let line = Line::Secret {
                    tunnel: Some(tunnel.id.as_str()),
                    provider: None,
                    key,
                    outcome: "missing",
                };
                let name = tunnel.name.as_str();
                let said = || m::restore_secret_of(key.as_str(), name);
                self.console.line(self.args.json, &line, said);
            }
        }
    }

    /// The tokens of accounts, and of the relay that was joined.
    fn tell_missing_tokens(&self, restored: &Restored, secrets: &Secrets) {
        let catalog = registry::catalog();
        let with_token = |tunnel: &&Tunnel| catalog.of(tunnel.provider).token.is_some();
        let needed = restored.added.iter().filter(with_token);
        let needed: std::collections::BTreeSet<AccountId> = needed.map(Tunnel::account).collect();
        for account in needed {
            if is_missing(secrets, &account.secret_name()) {
                let provider = account.provider.as_str();
                let line = Line::Secret {
                    tunnel: None,
                    provider: Some(provider),
                    key: "token",
                    outcome: "missing",
                };
                let name = catalog.of(account.provider).name;
                let named = format!("{name} {}", account.name);
                let said = || m::restore_secret_token(named.trim(), provider);
                self.console.line(self.args.json, &line, said);
            }
        }
        let Settings { relay, .. } = &restored.settings;
        if let Some(joined) = &relay.joined
            && is_missing(secrets, RELAY_TOKEN)
        {
            let address = joined.split('#').next().unwrap_or(joined);
            let line = Line::Secret {
                tunnel: None,
                provider: None,
                key: "relay-token",
                outcome: "missing",
            };
            let said = || m::restore_secret_relay(address);
            self.console.line(self.args.json, &line, said);
        }
    }
}

/// Why nothing was taken; or, where what was taken could not be taken back, where all that was before is.
fn not_taken(error: &io::Error, undone: io::Result<()>, before: &Path) -> Msg {
    match undone {
        Ok(()) => m::restore_not_taken(error.to_string()),
        Err(left) => {
            tracing::error!(%error, %left, "a restore is half undone");
            let before = before.display().to_string();
            m::restore_half_taken(before, error.to_string(), left.to_string())
        }
    }
}

/// One that cannot be asked for is not known to be missing.
fn is_missing(secrets: &Secrets, name: &str) -> bool {
    matches!(secrets.get(name), Ok(None))
}

fn said(path: &Path, unusable: Unusable) -> Msg {
    let path = path.display().to_string();
    let detail = match unusable {
        Unusable::TooNew(_) => return m::restore_too_new(path),
        Unusable::Absent => io::Error::from(io::ErrorKind::NotFound).to_string(),
        Unusable::Unreadable(error) => error.to_string(),
        Unusable::Corrupt(detail) => detail,
    };
    m::restore_unreadable(detail, path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{ProviderId, TunnelId, UnixMillis};
    use std::fs;

    fn tunnel(id: &str) -> Tunnel {
        Tunnel {
            id: TunnelId::new(id).expect("an id"),
            name: id.to_owned(),
            provider: ProviderId::RELAY,
            ports: vec![],
            chosen: Chosen::default(),
            created_at: UnixMillis(1),
            expires_at: None,
            remote: None,
        }
    }

    fn home() -> (tempfile::TempDir, Home) {
        let dir = tempfile::tempdir().expect("a folder");
        let home = Home::at(dir.path()).expect("a home");
        home.tunnels().save(&vec![tunnel("web")]).expect("saved");
        (dir, home)
    }

    #[test]
    fn what_would_lack_a_tunnel_is_no_backup() {
        let (dir, home) = home();
        let console = Console::of_system();
        present(&home).expect("it is whole");
        let path = home.tunnels().path();
        let text = fs::read_to_string(&path).expect("there");
        let text = text.replacen('[', r#"[{"id":"spoilt"},"#, 1);
        fs::write(&path, &text).expect("written");
        let args = BackupArgs {
            file: dir.path().join("b.json"),
            force: false,
            json: false,
        };
        write(&home, &console, &args).expect_err("it would lack one");
        assert!(!args.file.exists());
        assert_eq!(fs::read_to_string(&path).expect("there"), text);
        let notice = home.tunnels().peek().notice.expect("it is told");
        let said: Vec<&str> = refusal(&notice).iter().map(|msg| msg.id).collect();
        assert_eq!(said, ["banner-entries-unread", "backup-lacks"]);
    }

    #[test]
    fn a_restore_that_fails_is_undone_or_says_where_to_find_what_was() {
        let (_dir, home) = home();
        let console = Console::of_system();
        let restoring = Restoring {
            home: &home,
            console: &console,
            args: &RestoreArgs {
                file: PathBuf::new(),
                dry_run: false,
                json: false,
            },
        };
        let there = present(&home).expect("it is whole");
        let restored = Restored {
            settings: Settings::default(),
            added: vec![tunnel("api"), tunnel("db")],
            kept: vec![],
        };
        // Nothing can be written in its place.
        fs::create_dir(home.settings().path()).expect("made");
        let failed = restoring.take(&restored, &there).expect_err("it fails");
        assert_eq!(failed.id, "restore-not-taken");
        assert_eq!(home.tunnels().peek().value, there.tunnels);

        let error = || io::Error::other("the disk is full");
        let before = Path::new("/home/before-restore-7.json");
        let half = not_taken(&error(), Err(error()), before);
        let text = console.text(&half);
        assert!(text.contains("/home/before-restore-7.json"), "{text}");
        assert!(!text.contains("everything is as it was"), "{text}");
    }
}
