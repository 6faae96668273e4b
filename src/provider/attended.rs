//! A session that a task attends to: what the engine asks of it goes to the task, what happens comes
//! back. It knows nothing of what the task does.

use super::{BoxFuture, Session, SessionEvent, SessionPart, TrafficBoard};
use crate::model::{LivePort, Port};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;
use tokio_util::task::AbortOnDropHandle;

/// Events that wait for the engine.
const EVENT_QUEUE: usize = 16;

pub(super) enum Order {
    SetPorts(Vec<Port>),
    Check,
    Drop,
    /// Whoever waits for the goodbye is told when it is said.
    Close(oneshot::Sender<()>),
}

/// The end of the task.
pub(super) struct TaskEnd {
    pub orders: mpsc::UnboundedReceiver<Order>,
    pub events: mpsc::Sender<SessionEvent>,
}

/// The end of the engine.
pub(super) struct EngineEnd {
    orders: mpsc::UnboundedSender<Order>,
    events: mpsc::Receiver<SessionEvent>,
}

/// Both ends of a session.
pub(super) fn ends() -> (EngineEnd, TaskEnd) {
    let (sender, orders) = mpsc::unbounded_channel();
    let (events, receiver) = mpsc::channel(EVENT_QUEUE);
    let engine = EngineEnd {
        orders: sender,
        events: receiver,
    };
    (engine, TaskEnd { orders, events })
}

impl TaskEnd {
    /// The engine reads its events all the time. Should it not, the visitors must not wait for it.
    pub fn tell(&self, event: SessionEvent) {
        if self.events.try_send(event).is_err() {
            tracing::warn!("the engine does not read its events");
        }
    }

    /// The last event: nothing is left that would have to wait.
    pub async fn end(self, event: SessionEvent) {
        // An engine that is gone wants to know nothing.
        let _ = self.events.send(event).await;
    }
}

impl EngineEnd {
    /// The session of this task, which owns everything of it and says goodbye within `goodbye`.
    pub fn session(
        self,
        task: AbortOnDropHandle<()>,
        ports: Vec<LivePort>,
        traffic: Arc<TrafficBoard>,
        goodbye: Duration,
    ) -> Session {
        let part = Part {
            orders: self.orders,
            goodbye,
            _task: task,
        };
        Session {
            ports,
            events: self.events,
            traffic,
            part: Box::new(part),
        }
    }
}

#[cfg(test)]
impl EngineEnd {
    /// All that is told, up to the end.
    pub async fn told(mut self) -> Vec<SessionEvent> {
        let mut told = Vec::new();
        while let Some(event) = self.events.recv().await {
            told.push(event);
        }
        told
    }
}

struct Part {
    orders: mpsc::UnboundedSender<Order>,
    goodbye: Duration,
    _task: AbortOnDropHandle<()>,
}

impl Part {
    /// A task that is gone has said so by its last event.
    fn ask(&self, order: Order) {
        let _ = self.orders.send(order);
    }
}

impl SessionPart for Part {
    fn set_ports(&self, ports: Vec<Port>) {
        self.ask(Order::SetPorts(ports));
    }

    fn check_link(&self) {
        self.ask(Order::Check);
    }

    fn drop_link(&self) {
        self.ask(Order::Drop);
    }

    fn goodbye_within(&self) -> Duration {
        self.goodbye
    }

    fn close(self: Box<Self>) -> BoxFuture<'static, ()> {
        Box::pin(async move {
            let (done, closed) = oneshot::channel();
            self.ask(Order::Close(done));
            let _ = timeout(self.goodbye, closed).await;
        })
    }
}
