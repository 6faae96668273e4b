//! This computer's file of tunnels as an inventory: whatever is asked of it is done on the lane of files.

use super::lane::{Lane, Late};
use crate::model::{Pending, Reason, Tunnel};
use crate::provider::{Answer, Inventory, Row};
use crate::store::SavedTunnels;
use std::io;
use std::sync::Arc;
use tokio::sync::oneshot;

pub(super) struct FileInventory {
    tunnels: Arc<SavedTunnels>,
    lane: Arc<Lane>,
    /// What is told when the disk takes its time.
    on_late: Box<dyn Fn() -> Late + Send + Sync>,
}

impl FileInventory {
    pub(super) fn new(
        tunnels: Arc<SavedTunnels>,
        lane: Arc<Lane>,
        on_late: impl Fn() -> Late + Send + Sync + 'static,
    ) -> Self {
        Self {
            tunnels,
            lane,
            on_late: Box::new(on_late),
        }
    }
}

impl Inventory for FileInventory {
    fn list(&self, _: Vec<Tunnel>) -> Answer<Vec<Row>> {
        let rows = self.tunnels.all().into_iter().map(Row::new).collect();
        Box::pin(std::future::ready(Ok(rows)))
    }

    fn show(&self, id: String) -> Answer<Row> {
        let found = self.tunnels.all().into_iter().find(|t| t.id.as_str() == id);
        Box::pin(std::future::ready(
            found.map(Row::new).ok_or(Reason::TunnelGone),
        ))
    }

    fn change(&self, change: Pending, known: Tunnel) -> Answer<Option<Row>> {
        let (done, waits) = oneshot::channel();
        let tunnels = Arc::clone(&self.tunnels);
        let job = move || {
            // Who asked may have given up.
            let _ = done.send(tunnels.change(&change, &known));
        };
        self.lane.run(job, (self.on_late)());
        Box::pin(async move {
            let ended = |_| Err(io::Error::other("its thread ended"));
            let made = waits.await.unwrap_or_else(ended);
            made.map(|made| made.map(Row::new))
                .map_err(|error| Reason::Other {
                    detail: error.to_string(),
                })
        })
    }
}
