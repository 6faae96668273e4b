//! The service of the freedesktop.org notification specification. Not through notify-rust: it waits for a
//! click with a thread and a connection for each notice, listens only after that is shown, and waits for
//! ever for a service that does not answer.

use super::{Act, Board, Came, DesktopError, Note, Service, Standing};
use crate::model::Action;
use std::collections::HashMap;
use std::sync::Arc;
use std::thread;
use std::time::Duration;
use zbus::blocking::{Connection, MessageIterator, connection::Builder};
use zbus::names::OwnedUniqueName;
use zbus::zvariant::Value;
use zbus::{MatchRule, Message, message::Type};

/// How long the desktop may take to answer.
const LIMIT: Duration = Duration::from_secs(5);

/// Signals that wait for us: each is a click or a notice put away.
const QUEUE: usize = 64;

const BUS: &str = "org.freedesktop.DBus";
const NAME: &str = "org.freedesktop.Notifications";
const PATH: &str = "/org/freedesktop/Notifications";

/// The specification's word for a click beside the buttons.
const DEFAULT: &str = "default";

/// A notice on the desktop: a service that comes after another one counts anew.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    server: OwnedUniqueName,
    id: u32,
}

pub(super) struct Desktop {
    /// Where the bus is; the session's where nothing is said.
    address: Option<String>,
    bus: Option<Connection>,
    board: Board<Place>,
    act: Act,
    came: Came,
}

impl Desktop {
    pub(super) fn new(address: Option<String>, board: Board<Place>, act: Act, came: Came) -> Self {
        Self {
            address,
            bus: None,
            board,
            act,
            came,
        }
    }

    /// The connection, made anew where the last one has broken; clicks are listened for before there is
    /// something to click.
    fn bus(&mut self) -> zbus::Result<Connection> {
        if let Some(bus) = self.bus.as_ref().filter(|bus| !bus.is_closed()) {
            return Ok(bus.clone());
        }
        let builder = match &self.address {
            Some(address) => Builder::address(address.as_str())?,
            None => Builder::session()?,
        };
        let bus = builder.method_timeout(LIMIT).build()?;
        let rule = MatchRule::builder().msg_type(Type::Signal);
        let rule = rule.interface(NAME)?.path(PATH)?.build();
        let signals = MessageIterator::for_match_rule(rule, &bus, Some(QUEUE))?;
        let (board, act) = (Arc::clone(&self.board), Arc::clone(&self.act));
        let hear = move || {
            for signal in signals {
                match signal {
                    Ok(signal) => {
                        if let Some(action) = take(&signal, &board) {
                            act(action);
                        }
                    }
                    Err(error) => return tracing::debug!(%error, "the bus is gone"),
                }
            }
        };
        let thread = thread::Builder::new().name("notices".into());
        thread.spawn(hear).map_err(zbus::Error::from)?;
        self.await_service(&bus)?;
        self.bus = Some(bus.clone());
        Ok(bus)
    }

    /// Hears when a service comes, which is later than us in a session that is just starting.
    fn await_service(&self, bus: &Connection) -> zbus::Result<()> {
        let rule = MatchRule::builder().msg_type(Type::Signal).sender(BUS)?;
        let rule = rule.interface(BUS)?.member("NameOwnerChanged")?;
        let rule = rule.arg(0, NAME)?.build();
        let signals = MessageIterator::for_match_rule(rule, bus, Some(QUEUE))?;
        let came = Arc::clone(&self.came);
        let hear = move || {
            for signal in signals.map_while(Result::ok) {
                let owner: zbus::Result<(String, String, String)> = signal.body().deserialize();
                if owner.is_ok_and(|(_, _, new)| !new.is_empty()) {
                    came();
                }
            }
        };
        let thread = thread::Builder::new().name("notices come".into());
        thread.spawn(hear).map(drop).map_err(zbus::Error::from)
    }

    fn try_show(&mut self, note: &Note, instead: Option<&Place>) -> zbus::Result<Place> {
        let bus = self.bus()?;
        let able = bus.call_method(Some(NAME), PATH, Some(NAME), "GetCapabilities", &())?;
        let server = able
            .header()
            .sender()
            .map(|server| server.to_owned().into());
        let server: OwnedUniqueName = server.ok_or(zbus::Error::InvalidReply)?;
        let able: Vec<String> = able.body().deserialize()?;
        let is_able = |what: &str| able.iter().any(|able| able == what);
        let body = if is_able("body-markup") {
            escape(&note.body)
        } else {
            note.body.clone()
        };
        let buttons = note.buttons.iter().enumerate();
        let buttons = buttons.flat_map(|(at, (label, _))| [at.to_string(), label.clone()]);
        let buttons: Vec<String> = if is_able("actions") {
            let open = [DEFAULT.to_owned(), note.open.0.clone()];
            open.into_iter().chain(buttons).collect()
        } else {
            Vec::new()
        };
        let instead = instead.filter(|place| place.server == server);
        let instead = instead.map_or(0, |place| place.id);
        let hints = HashMap::from([("urgency", Value::U8(1))]);
        let (program, icon) = ("Underpass", "underpass");
        let call = (
            program,
            instead,
            icon,
            &note.title,
            body,
            buttons,
            hints,
            -1_i32,
        );
        let id = bus.call_method(Some(&server), PATH, Some(NAME), "Notify", &call)?;
        let id = id.body().deserialize()?;
        Ok(Place { server, id })
    }
}

impl Service for Desktop {
    type Place = Place;

    fn show(&mut self, note: &Note, instead: Option<&Place>) -> Result<Place, DesktopError> {
        self.try_show(note, instead).map_err(DesktopError::new)
    }

    fn withdraw(&mut self, place: &Place) -> Result<(), DesktopError> {
        let closed = self.bus().and_then(|bus| {
            let to = Some(&place.server);
            bus.call_method(to, PATH, Some(NAME), "CloseNotification", &place.id)
        });
        closed.map(drop).map_err(DesktopError::new)
    }
}

/// What a signal of the service is about: the action of a click, if it is one in a notice of ours.
fn take(signal: &Message, board: &Board<Place>) -> Option<Action> {
    let header = signal.header();
    let server = header.sender()?.as_str();
    let body = signal.body();
    let of = |id: u32| move |place: &Place| place.id == id && place.server.as_str() == server;
    match header.member()?.as_str() {
        "NotificationClosed" => {
            let (id, _why): (u32, u32) = body.deserialize().ok()?;
            let mut board = board.lock();
            let mut shown = board.values_mut();
            let closed = shown.find(|shown| shown.place.shown().is_some_and(of(id)))?;
            closed.place = Standing::PutAway;
            None
        }
        "ActionInvoked" => {
            let (id, key): (u32, String) = body.deserialize().ok()?;
            let board = board.lock();
            let mut shown = board.values();
            let clicked = shown.find(|shown| shown.place.shown().is_some_and(of(id)))?;
            if key == DEFAULT {
                return Some(clicked.note.open.1.clone());
            }
            let button = clicked.note.buttons.get(key.parse::<usize>().ok()?)?;
            Some(button.1.clone())
        }
        _ => None,
    }
}

/// A name with `<` in it would be lost where text is marked up.
fn escape(body: &str) -> String {
    let body = body.replace('&', "&amp;");
    body.replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
#[path = "bus_tests.rs"]
mod tests;
