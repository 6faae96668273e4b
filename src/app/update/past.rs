//! What the audit log has of the tunnel in the panel.

use super::Update;
use crate::app::event::Command;
use crate::model::{AuditEvent, Past, TunnelId};

impl Update<'_> {
    /// Has the log read for the tunnel in the panel, once: what is written from then on is added here.
    pub(super) fn follow_past(&mut self) {
        let inputs = &mut self.state.inputs;
        let Some(key) = inputs.selected.as_ref() else {
            inputs.past = None;
            return;
        };
        let known = inputs.past.as_ref();
        if known.is_some_and(|past| past.tunnel == key.tunnel) {
            return;
        }
        self.state.last_past += 1;
        let (tunnel, asked) = (key.tunnel.clone(), self.state.last_past);
        inputs.past = Some(Past::asked(tunnel.clone(), asked));
        self.commands.push(Command::ReadPast { tunnel, asked });
    }

    /// The log was read.
    pub(super) fn handle_past(&mut self, asked: u64, events: Vec<AuditEvent>) {
        let past = self.state.inputs.past.as_mut();
        if let Some(past) = past.filter(|past| past.asked == asked && !past.read) {
            past.take(events);
        }
    }

    /// A record of a tunnel was written.
    pub(super) fn add_past(&mut self, tunnel: &TunnelId, event: AuditEvent) {
        let past = self.state.inputs.past.as_mut();
        if let Some(past) = past.filter(|past| past.tunnel == *tunnel) {
            past.push(event);
        }
    }
}
