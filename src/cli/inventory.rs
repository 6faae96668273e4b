//! Changes of the saved tunnels from the command line: the same step as the window's, so that the
//! same rules hold.

use crate::app::{Begin, Command, Event, State, update};
use crate::model::{Action, Field, FieldError, Pending, Tunnel, TunnelId, UnixMillis};
use crate::provider::Row;
use crate::store::Rows;
use std::collections::BTreeSet;

/// Tunnels, and the step that changes them.
pub(super) struct SavedInventory {
    state: State,
}

/// What is to be saved beside a change.
#[derive(Debug, Default)]
pub(super) struct FollowUp {
    /// What is hosted after it, if that is something else.
    pub(super) hosted: Option<BTreeSet<TunnelId>>,
    /// The row cache after it, if that is something else.
    pub(super) rows: Option<Rows>,
    /// The names of secrets that open nothing any more.
    pub(super) secrets: Vec<String>,
}

/// What is wrong with what was typed.
pub(super) type FieldErrors = Vec<(Field, FieldError)>;

impl SavedInventory {
    pub(super) fn new(begin: Begin, at: UnixMillis) -> Self {
        Self {
            state: State::new(begin, at),
        }
    }

    pub(super) fn tunnels(&self) -> &[Tunnel] {
        &self.state.inputs.tunnels
    }

    /// The tunnel of this id, or of this name.
    pub(super) fn find(&self, typed: &str) -> Option<&Tunnel> {
        find(self.tunnels(), typed)
    }

    /// The change that an action asks for, and the tunnel before it.
    pub(super) fn propose(
        &mut self,
        at: UnixMillis,
        action: Action,
    ) -> Result<(Pending, Tunnel), FieldErrors> {
        let commands = update(&mut self.state, at, Event::Act(action));
        let asked = commands.into_iter().find_map(|command| match command {
            Command::Change { change, known, .. } => Some((change, *known)),
            _ => None,
        });
        asked.ok_or_else(|| {
            let dialog = self.state.inputs.dialog.take();
            dialog.map(|dialog| dialog.errors).unwrap_or_default()
        })
    }

    /// The change was made: the tunnel as it is now.
    pub(super) fn commit(
        &mut self,
        at: UnixMillis,
        change: Pending,
        made: Option<Tunnel>,
    ) -> FollowUp {
        // The window hosts what it makes; nothing is hosted by a command that only saves.
        let is_new = matches!(change, Pending::Create(_));
        let result = Ok(made.map(Row::new).map(Box::new));
        let done = Event::Changed { change, result };
        let mut follow_up = FollowUp::default();
        for command in update(&mut self.state, at, done) {
            match command {
                Command::SaveHosted(hosted) if !is_new => follow_up.hosted = Some(hosted),
                Command::SaveRows(rows) => follow_up.rows = Some(rows),
                Command::ForgetSecret(name) => follow_up.secrets.push(name),
                _ => {}
            }
        }
        follow_up
    }

    /// Changes what an action says, here alone.
    pub(super) fn change(&mut self, at: UnixMillis, action: Action) -> Result<(), FieldErrors> {
        let (change, known) = self.propose(at, action)?;
        let mut made = vec![known];
        change.apply(&mut made);
        self.commit(at, change, made.pop());
        Ok(())
    }
}

/// The tunnel of this id; else of this name, in any spelling that makes the same id.
pub(super) fn find<'t>(tunnels: &'t [Tunnel], typed: &str) -> Option<&'t Tunnel> {
    let typed = typed.trim();
    let by = |is: &dyn Fn(&Tunnel) -> bool| tunnels.iter().find(|tunnel| is(tunnel));
    let id = TunnelId::from_name(typed);
    by(&|tunnel| tunnel.id.as_str() == typed)
        .or_else(|| by(&|tunnel| tunnel.name == typed))
        .or_else(|| by(&|tunnel| Some(&tunnel.id) == id.as_ref()))
}
