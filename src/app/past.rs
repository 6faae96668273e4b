//! The audit log's records of one tunnel, as facts.

use crate::audit::{self, Record};
use crate::base::clock;
use crate::model::{AuditEvent, AuditKind, ClockShift, Past, TunnelId, UnixMillis};
use std::io;
use std::path::Path;

/// The last records of this tunnel, oldest first. Their times of day become this program's moments.
pub(super) fn read(log: &Path, tunnel: &TunnelId) -> io::Result<Vec<AuditEvent>> {
    let shift = clock::shift();
    let records = audit::recent(log, tunnel.as_str(), Past::MOST)?;
    Ok(records
        .into_iter()
        .filter_map(|record| event(record, shift))
        .collect())
}

/// `None` for what another version wrote and this one cannot tell.
fn event(record: Record, shift: ClockShift) -> Option<AuditEvent> {
    let wall: jiff::Timestamp = record.at.parse().ok()?;
    let wall = UnixMillis(u64::try_from(wall.as_millisecond()).ok()?);
    Some(AuditEvent {
        at: shift.undo(wall),
        kind: AuditKind::from_word(&record.kind)?,
        reason: record.reason,
        error: record.error,
    })
}
