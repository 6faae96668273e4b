//! The pure step from one event to changed facts and the commands that follow. No clock, no I/O.
//!
//! A file has one feature, as methods of [`Update`]: a step under way, which changes the facts and notes
//! commands in order. Files call downwards alone, so that each can be read with those below it:
//!
//! | file | what | calls |
//! |---|---|---|
//! | `act` | what the person asks for | all below |
//! | `engine` | what an engine reports | `held`, `probe`, `account`, `quit`, `life` |
//! | `held` | connections that are held over a break | `probe`, `life` |
//! | `probe` | which probes run, and what they saw | `inventory`, `life` |
//! | `health` | how what is hosted is looked after | `inventory`, `settings` |
//! | `import` | what other programs have | `inventory` |
//! | `inventory` | changes of what there is | `account`, `asks`, `listing`, `host`, `life`, `typed` |
//! | `sign_in` | signing in and out | `account`, `asks`, `listing`, `host`, `settings` |
//! | `account` | how an account is, and its answers | `asks`, `listing`, `host`, `life` |
//! | `asks` | when an account is asked what | |
//! | `listing` | what an inventory says | `host`, `life` |
//! | `settings`, `quit` | the relay in use; the end | `host` |
//! | `host` | starting and stopping | `life` |
//! | `life` | what is written down of a tunnel | `past` |
//! | `past` | what the audit log has of the tunnel in the panel | |
//! | `typed` | what was typed, checked | |
//! | `alerts` | what the desktop is told of all that | |

mod account;
mod act;
mod alerts;
mod asks;
mod engine;
mod health;
mod held;
mod host;
mod import;
mod inventory;
mod life;
mod listing;
mod past;
mod probe;
mod quit;
mod reach;
mod settings;
mod sign_in;
#[cfg(test)]
mod tests;
mod typed;

use super::event::{Command, Event};
use super::state::State;
use crate::engine::EngineCommand;
use crate::model::{NoticeKind, Toast, TunnelId, UnixMillis};
use std::time::Duration;

pub(super) use asks::next_poll;

/// How long a toast stays.
const TOAST: Duration = Duration::from_secs(4);

/// Takes one event: the commands that follow from it, in order.
pub fn update(state: &mut State, at: UnixMillis, event: Event) -> Vec<Command> {
    if at.since(state.toast_since) >= TOAST {
        state.inputs.toast = None;
    }
    let mut update = Update {
        state,
        at,
        commands: vec![],
    };
    let woke = event == Event::Woke;
    update.take(event);
    update.follow_timing();
    update.follow_plans();
    update.follow_watch();
    update.follow_panel();
    update.follow_past();
    update.follow_alerts(woke);
    update.commands
}

/// A step under way.
struct Update<'s> {
    state: &'s mut State,
    at: UnixMillis,
    /// What follows, in order.
    commands: Vec<Command>,
}

impl Update<'_> {
    fn take(&mut self, event: Event) {
        match event {
            Event::Started => {
                self.resume_all();
                self.begin_asking();
            }
            // What is asked for now would not be done to its end.
            Event::Act(_) if self.state.inputs.quitting.is_some() => {}
            Event::Act(action) => self.act(action),
            Event::DropLink { tunnel } => self.tell(&tunnel, EngineCommand::DropLink),
            Event::Engine {
                tunnel,
                engine,
                event,
            } => self.handle_engine(&tunnel, engine, event),
            Event::Probed(report) => self.handle_probed(report),
            Event::Changed { change, result } => self.handle_changed(&change, result),
            Event::Account { account, state } => self.handle_account(&account, state),
            Event::Listed {
                account,
                asked,
                result,
            } => self.handle_listed(&account, asked, result),
            Event::Shown {
                asked,
                tunnel,
                result,
            } => self.handle_shown(asked, &tunnel, result),
            Event::DeviceCode { account, code } => self.handle_code(&account, code),
            Event::SignedIn { account, result } => self.handle_signed_in(&account, result),
            Event::SignedOut { account, result } => self.handle_signed_out(&account, result),
            Event::Due(poll) => self.handle_due(poll),
            Event::Joined { link, error } => self.handle_joined(&link, error),
            Event::Past { asked, events } => self.handle_past(asked, events),
            Event::ImportsRead { asked, result } => self.handle_imports(asked, result),
            Event::ProgramsFound { missing } => self.state.inputs.missing_programs = missing,
            Event::BackupSaved(result) => self.show_toast(Toast::Backup { result }),
            Event::Noticed(kind) => self.notice(kind),
            Event::Woke => self.tell_all(&EngineCommand::Woke),
            // What is relative to now is told anew, no more.
            Event::Tick => {}
            Event::WindowShown(shown) => {
                self.state.inputs.appearance.window_shown = shown;
                if shown {
                    self.find_programs();
                    self.freshen();
                }
            }
            Event::TrayHost(present) => self.handle_tray_host(present),
            Event::DesktopRefused { detail } => self.show_toast(Toast::DesktopRefused { detail }),
        }
    }

    fn handle_tray_host(&mut self, present: bool) {
        self.state.inputs.appearance.tray_host = present;
        if present {
            let is_it = |kind: &NoticeKind| *kind == NoticeKind::NoTrayHost;
            self.state.drop_notices(is_it);
        } else {
            self.notice(NoticeKind::NoTrayHost);
        }
    }

    fn notice(&mut self, kind: NoticeKind) {
        self.state.add_notice(kind, self.at);
    }

    fn show_toast(&mut self, toast: Toast) {
        self.state.inputs.toast = Some(toast);
        self.state.toast_since = self.at;
    }

    fn tell(&mut self, tunnel: &TunnelId, command: EngineCommand) {
        if self.state.engines.contains_key(tunnel) {
            self.commands.push(Command::Tell(tunnel.clone(), command));
        }
    }

    fn tell_all(&mut self, command: &EngineCommand) {
        let running = self.state.engines.keys();
        let told = running.map(|tunnel| Command::Tell(tunnel.clone(), command.clone()));
        self.commands.extend(told);
    }
}
