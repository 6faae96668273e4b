//! Hears from a service where it serves each port, or what stands in the way.

use super::announce::Found;
use super::connection::Connection;
use super::connector::Plan;
use super::forwards::Forward;
use super::handler::{Ears, Signal};
use super::services::Way;
use crate::model::Reason;
use crate::provider::ConnectError;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// An address with TLS follows the one without within this time, if there is one.
const WITH_TLS_WITHIN: Duration = Duration::from_millis(300);

impl Plan {
    /// Has the service say where it serves each port.
    pub(super) async fn hear_of_all(
        &self,
        connection: &mut Connection,
        forwards: &mut [Forward],
    ) -> Result<(), ConnectError> {
        if !self.options.service().announces() {
            if self.options.command.is_some() {
                connection
                    .talk(self.command(), self.patience.answer)
                    .await?;
            }
            return Ok(());
        }
        connection
            .talk(self.command(), self.patience.answer)
            .await?;
        let mut until = Instant::now() + self.patience.announcement;
        loop {
            let lacks = forwards.iter().any(|forward| forward.url.is_empty());
            let has_tls = forwards
                .iter()
                .all(|forward| !forward.url.starts_with("http:"));
            if !lacks && has_tls {
                return Ok(());
            }
            if !lacks {
                until = until.min(Instant::now() + WITH_TLS_WITHIN);
            }
            match timeout_at(until, self.next(connection)).await {
                Ok(Ok(found)) => {
                    note(forwards, &found, self.options.service().web, true);
                }
                Ok(Err(error)) => return Err(error),
                Err(_) if !lacks => return Ok(()),
                Err(_) => {
                    let last = connection.ears.shared.voice.lock().end_line();
                    let noted = last.is_some_and(|it| {
                        note(forwards, &it, self.options.service().web, true).is_some()
                    });
                    if !noted {
                        return Err(self.unheard(connection));
                    }
                }
            }
        }
    }

    /// Nothing was said that is an address.
    fn unheard(&self, connection: &Connection) -> ConnectError {
        let said = connection.ears.said();
        let detail = if said.is_empty() {
            "connected, and it does not say where it serves the port".to_owned()
        } else {
            format!("connected, and it names no address of a tunnel; it says: {said}")
        };
        let reason = self.complaint(&connection.ears);
        ConnectError::new(reason.unwrap_or(Reason::Refused { detail }))
    }

    /// What the service has said of trouble that has a name.
    pub(super) fn complaint(&self, ears: &Ears) -> Option<Reason> {
        let service = self.options.service();
        let voice = ears.shared.voice.lock();
        let is_taken = voice.lines().any(|line| service.is_taken(line));
        is_taken.then_some(Reason::HostedElsewhere)
    }

    /// What the service says next that is an address.
    async fn next(&self, connection: &mut Connection) -> Result<Found, ConnectError> {
        let ears = &mut connection.ears;
        let signal = tokio::select! {
            biased;
            Some(signal) = ears.signals.recv() => signal,
            Some(signal) = ears.over.recv() => signal,
            else => Signal::Over(ConnectError::new(Reason::LinkLost)),
        };
        let said = ears.said();
        match signal {
            Signal::Announced(found) => Ok(found),
            Signal::Over(error) => {
                let reason = self.complaint(ears).unwrap_or(error.reason);
                let detail = format!("{} {said}", error.detail);
                Err(ConnectError::with(reason, detail))
            }
            Signal::Silenced => {
                let detail = format!("it ended the session, and says: {said}");
                let reason = self.complaint(ears);
                Err(ConnectError::new(
                    reason.unwrap_or(Reason::Refused { detail }),
                ))
            }
        }
    }
}

/// Takes an address down for its port; gives the one it had if that was another. Unless `may_change`, an
/// address that a port has stays.
pub(super) fn note(
    forwards: &mut [Forward],
    found: &Found,
    way: Way,
    may_change: bool,
) -> Option<String> {
    let forward = match (way, found.number) {
        (Way::Counted, Some(number)) => {
            let mut forwards = forwards.iter_mut();
            forwards.find(|it| it.asked_port() == Some(number))?
        }
        _ => forwards.first_mut()?,
    };
    if !may_change && !forward.url.is_empty() {
        return None;
    }
    let host = |url: &str| url.split_once("://").map(|(_, host)| host.to_owned());
    let is_same = host(&forward.url) == host(&found.url);
    // The one with TLS is the better one of the same place.
    if forward.url == found.url || is_same && forward.url.starts_with("https:") {
        return None;
    }
    Some(std::mem::replace(&mut forward.url, found.url.clone()))
}
