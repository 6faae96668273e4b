//! Counts what went through each port over all sessions of one engine.

use crate::model::{PortNumber, Traffic};
use crate::provider::Session;
use std::collections::BTreeMap;

/// What went through the sessions before the one there is.
#[derive(Debug, Default)]
pub(super) struct Tally(BTreeMap<PortNumber, Traffic>);

impl Tally {
    /// The counts, those of the sessions there are included.
    pub(super) fn with<'s>(
        &self,
        sessions: impl IntoIterator<Item = &'s Session>,
    ) -> BTreeMap<PortNumber, Traffic> {
        let mut all = self.0.clone();
        let counts = sessions.into_iter().map(|session| session.traffic.read());
        for (port, now) in counts.flatten() {
            let traffic = all.entry(port).or_default();
            traffic.open += now.open;
            traffic.total += now.total;
            traffic.bytes_in += now.bytes_in;
            traffic.bytes_out += now.bytes_out;
            traffic.failed += now.failed;
            traffic.fault = now.fault;
            traffic.certificate = now.certificate.or(traffic.certificate);
        }
        all
    }

    /// Keeps the counts of a session that is let go.
    pub(super) fn retire(&mut self, session: &Session) {
        self.0 = self.with([session]);
        for traffic in self.0.values_mut() {
            traffic.open = 0;
            traffic.fault = None;
        }
    }

    /// The connections that are open in a session.
    pub(super) fn open(session: &Session) -> u64 {
        let ports = session.traffic.read();
        ports.values().map(|traffic| traffic.open).sum()
    }
}
