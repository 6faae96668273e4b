//! Changes of the saved tunnels from the command line: the same step as the window's, so that the
//! same rules hold.

use crate::app::{Begin, Command, Event, State, update};
use crate::cli::ChosenOptions;
use crate::model::{
    Action, Field, FieldError, Pending, Tunnel, UnixMillis, parse_name, parse_target,
};
use crate::store::Rows;
use std::collections::BTreeSet;

use crate::model::TunnelId;

/// Tunnels, and the step that changes them.
pub(super) struct Inventory {
    state: State,
}

/// What is to be saved after a change.
#[derive(Debug)]
pub(super) struct Changed {
    pub(super) tunnels: Vec<Tunnel>,
    /// What is hosted after it, if that is something else.
    pub(super) hosted: Option<BTreeSet<TunnelId>>,
    /// The row cache after it, if that is something else.
    pub(super) rows: Option<Rows>,
}

impl Changed {
    /// Gives the port that `action` made what was chosen for it.
    pub(super) fn choose(&mut self, action: &Action, options: &ChosenOptions) {
        let (id, target) = match action {
            Action::CreateTunnel { name, target, .. } => {
                (parse_name(name).ok().map(|(_, id)| id), target)
            }
            Action::AddPort { tunnel, target, .. } => (Some(tunnel.clone()), target),
            _ => return,
        };
        let number = parse_target(target).ok().map(|target| target.port);
        let tunnels = self.tunnels.iter_mut();
        let ports = tunnels.filter(|tunnel| Some(&tunnel.id) == id.as_ref());
        for port in ports.flat_map(|tunnel| &mut tunnel.ports) {
            if Some(port.number) == number {
                options.apply(&mut port.options);
            }
        }
    }
}

/// What is wrong with what was typed.
pub(super) type Wrong = Vec<(Field, FieldError)>;

impl Inventory {
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

    /// Changes what the action says, as if it were saved already.
    pub(super) fn change(&mut self, at: UnixMillis, action: Action) -> Result<Changed, Wrong> {
        let commands = update(&mut self.state, at, Event::Act(action));
        let asked = commands.into_iter().find_map(|command| match command {
            Command::ChangeInventory { change, tunnels } => Some((change, tunnels)),
            _ => None,
        });
        let Some((change, tunnels)) = asked else {
            let dialog = self.state.inputs.dialog.take();
            return Err(dialog.map(|dialog| dialog.errors).unwrap_or_default());
        };
        // The window hosts what it makes; nothing is hosted by a command that only saves.
        let is_new = matches!(change, Pending::Create(_));
        let done = Event::Changed {
            change,
            error: None,
            made: None,
        };
        let followed = update(&mut self.state, at, done);
        let mut changed = Changed {
            tunnels,
            hosted: None,
            rows: None,
        };
        for command in followed {
            match command {
                Command::SaveHosted(hosted) if !is_new => changed.hosted = Some(hosted),
                Command::SaveRows(rows) => changed.rows = Some(rows),
                _ => {}
            }
        }
        Ok(changed)
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
