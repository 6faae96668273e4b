//! Events for the app from before it runs: the window comes first.

use crate::app::{Event, Mailbox};
use parking_lot::Mutex;
use std::sync::Arc;

/// The app's mailbox, or what waits for it. Cloning it shares it.
#[derive(Clone, Debug, Default)]
pub(super) struct Post(Arc<Mutex<Line>>);

#[derive(Debug)]
enum Line {
    Waiting(Vec<Event>),
    Open(Mailbox),
}

impl Default for Line {
    fn default() -> Self {
        Self::Waiting(Vec::new())
    }
}

impl Post {
    /// The app runs: what has waited is delivered, in order.
    pub(super) fn open(&self, mailbox: &Mailbox) {
        let mut line = self.0.lock();
        let before = std::mem::replace(&mut *line, Line::Open(mailbox.clone()));
        if let Line::Waiting(events) = before {
            for event in events {
                mailbox.send(event);
            }
        }
    }

    pub(super) fn send(&self, event: Event) {
        let mut line = self.0.lock();
        match &mut *line {
            // As many as a person clicks in the blink of an eye.
            Line::Waiting(events) => events.push(event),
            Line::Open(mailbox) => mailbox.send(event),
        }
    }
}
