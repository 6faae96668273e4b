//! The one way through the program: an [`Event`] comes in, [`update`] (pure) changes the facts and
//! says what to do, the performer does it, the view is folded and shown.
//!
//! Everything that happens is an `Event`; everything the program does is a [`Command`]. This room
//! may use every other but the shell, which is handed in as a [`crate::view::Renderer`].

mod alerts;
mod answers;
mod begin;
mod claims;
mod embedded;
mod errands;
mod event;
mod imports;
mod keychain;
mod lane;
mod past;
mod perform;
mod probed;
mod run;
mod saved;
mod state;
pub mod tokens;
mod update;

pub use answers::answer_in;
pub use begin::relay_choice;
pub use embedded::{EmbeddedAt, RelayChoice, RelayDirectory};
pub use event::{AskNumber, Command, Event, Poll};
pub use perform::RELAY_TOKEN;
pub use run::{App, AppError, Inbox, Mailbox, Options, Profile};

pub use state::{Begin, State};
pub use update::update;
